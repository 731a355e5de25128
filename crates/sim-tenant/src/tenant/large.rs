//! The `large` tenant: the demo organisation grown up. Adele may activate 400 roles: 60 Entra roles, 60 groups, and 280
//! Azure roles at 250 scopes. A dozen are active, some end soon, some of her requests and of other people's wait.
//!
//! Made by counting through short lists, so that it is the same each time. The names and template ids of built-in roles
//! are Microsoft's (see [`super::demo`] for the pages), everything else is invented.

use super::{AzureGrant, AzureScope, DirectoryRole, EntraGrant, Group, GroupGrant, Named, Tenant, demo};
use crate::random::stable_guid;

const WHO: &str = "adele";

/// Directory roles besides those of the demo: template id, name, policy.
const ROLES: [(&str, &str, &str); 14] = [
    ("4d6ac14f-3453-41d0-bef9-a3e0c569773a", "License Administrator", "justification-8h"),
    ("966707d0-3269-4727-9be2-8c3a10f19b9d", "Password Administrator", "justification-1h45"),
    ("69091246-20e8-4a56-aa4d-066075b2a7a8", "Teams Administrator", "ticket-4h"),
    ("baf37b3a-610e-45da-9e62-d9d1e5e8914b", "Teams Communications Administrator", "justification-8h"),
    ("b0f54661-2d74-4c50-afa3-1ec803f12efe", "Billing Administrator", "mfa-8h"),
    ("158c047a-c907-4556-b7ef-446551a6b5f7", "Cloud Application Administrator", "approval-2h"),
    ("17315797-102d-40b4-93e0-432062caca18", "Compliance Administrator", "justification-day"),
    ("11648597-926c-4cf3-9c36-bcebb0ba8dcc", "Power Platform Administrator", "justification-24h"),
    ("5f2222b1-57c3-48ba-8ad5-d4759f1fde6f", "Security Operator", "mfa-8h"),
    ("f023fd81-a637-4b56-95fd-791ac0226033", "Service Support Administrator", "nothing-8h"),
    ("7be44c8a-adaf-4e2a-84d6-ab2649e08a13", "Privileged Authentication Administrator", "everything-30m"),
    ("7698a772-787b-4ac8-901f-60d6b08affd2", "Cloud Device Administrator", "context-1h"),
    ("45d8d3c5-c802-45c6-b32a-1d70b5e1e86e", "Identity Governance Administrator", "group-approval-4h"),
    ("c430b396-e693-46cc-96f3-db01bf8bb62a", "Attack Simulation Administrator", "nothing-1h"),
];

/// Roles that can be given for an administrative unit.
const UNIT_ROLES: [&str; 6] = [
    "User Administrator",
    "Helpdesk Administrator",
    "Authentication Administrator",
    "Groups Administrator",
    "License Administrator",
    "Password Administrator",
];

const UNITS: [&str; 5] =
    ["Amsterdam Branch", "Dublin Branch", "Boston Branch", "Seattle Branch", "Singapore Branch"];

const DEPARTMENTS: [&str; 12] = [
    "Finance",
    "Payroll",
    "Retail",
    "Logistics",
    "Research",
    "Manufacturing",
    "Marketing",
    "Legal",
    "Service Desk",
    "Data Platform",
    "Networking",
    "Security",
];

/// What a department has a group for: name, description, policy for members.
const DUTIES: [(&str, &str, &str); 5] = [
    ("Administrators", "Leads to Contributor of the production subscription.", "approval-2h"),
    ("Operators", "Leads to roles at resource groups of production.", "ticket-4h"),
    ("Developers", "Leads to Contributor of test and development.", "justification-8h"),
    ("Readers", "Leads to Reader of all three subscriptions.", "nothing-8h"),
    ("On-call", "Emergency access outside office hours.", "mfa-8h"),
];

/// Short and long name of an environment, and the policies that its roles have in turn.
const ENVIRONMENTS: [(&str, &str, &[&str]); 3] = [
    ("prod", "Production", &["approval-2h", "mfa-8h", "context-1h", "ticket-4h", "justification-1h45"]),
    ("test", "Test", &["justification-8h", "ticket-4h", "justification-day"]),
    ("dev", "Development", &["nothing-8h", "justification-24h", "nothing-1h"]),
];

const REGIONS: [&str; 5] = ["weu", "neu", "eus", "wus", "sea"];

/// What a resource group is for, and the role at it.
const WORKLOADS: [(&str, &str); 5] = [
    ("app", "Website Contributor"),
    ("data", "SQL DB Contributor"),
    ("net", "Network Contributor"),
    ("logs", "Log Analytics Reader"),
    ("vm", "Virtual Machine Contributor"),
];

/// When eligibilities end, in turn: most in months, some never, one in forty within days.
fn until(at: usize) -> Option<String> {
    const ENDS: [Option<&str>; 8] =
        [Some("P180D"), None, Some("P90D"), Some("P365D"), None, Some("P45D"), Some("P270D"), Some("P120D")];
    let end = if at % 40 == 17 { Some("P2DT6H") } else { ENDS[at % ENDS.len()] };
    end.map(str::to_owned)
}

/// When activations end, in turn.
fn activated_until(at: usize) -> String {
    ["PT4M", "PT11M", "PT24M", "PT29M"][at % 4].to_owned()
}

fn slug(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}

/// The `large` tenant.
#[must_use]
pub fn large() -> Tenant {
    let mut tenant = demo();
    if let Some(adele) = tenant.personas.iter_mut().find(|persona| persona.key == WHO) {
        "The one with many: 60 Entra roles, 60 groups, and 280 Azure roles at 250 scopes."
            .clone_into(&mut adele.summary);
    }
    if let Some(policy) = tenant.policies.get_mut("approval-2h") {
        policy.approvers.push(WHO.to_owned());
    }
    entra(&mut tenant);
    groups(&mut tenant);
    azure(&mut tenant);
    tenant
}

fn entra(tenant: &mut Tenant) {
    let entra = &mut tenant.entra;
    entra.applications.clear();
    entra.administrative_units = UNITS
        .map(|name| Named { id: stable_guid(&["large", "unit", name]), name: name.to_owned() })
        .into_iter()
        .collect();
    entra.roles.extend(ROLES.map(|(id, name, policy)| DirectoryRole {
        id: id.to_owned(),
        name: name.to_owned(),
        description: String::new(),
        policy: policy.to_owned(),
        custom: false,
    }));
    let held: Vec<String> = entra.assigned.iter().filter(|g| g.who == WHO).map(|g| g.role.clone()).collect();
    let everywhere =
        entra.roles.iter().filter(|role| !held.contains(&role.name)).map(|role| (&*role.name, "/"));
    let in_units = UNITS.iter().flat_map(|unit| UNIT_ROLES.iter().map(move |role| (*role, *unit)));
    let eligible = everywhere.chain(in_units).enumerate().map(|(at, (role, scope))| EntraGrant {
        who: WHO.to_owned(),
        role: role.to_owned(),
        scope: scope.to_owned(),
        until: until(at),
        ended: None,
        member_type: "Direct".to_owned(),
        through: None,
        listed_as_group: false,
    });
    entra.eligible = eligible.collect();
    let named = |role: &str, scope: &str| {
        entra.eligible.iter().filter(|g| g.role == role && g.scope == scope).cloned().collect::<Vec<_>>()
    };
    entra.activated = [named("Global Reader", "/"), named("User Administrator", UNITS[0])].concat();
    for (at, grant) in entra.activated.iter_mut().enumerate() {
        grant.until = Some(activated_until(at));
    }
    entra.requested = named("Cloud Application Administrator", "/");
    for grant in &mut entra.requested {
        grant.until = None;
    }
}

fn groups(tenant: &mut Tenant) {
    let groups = &mut tenant.groups;
    // Nobody activates these two: they carry roles, and approvers.
    groups.list.retain(|group| group.member_policy.is_none());
    groups.eligible.clear();
    for (at, (department, (duty, description, policy))) in DEPARTMENTS
        .iter()
        .flat_map(|department| DUTIES.iter().map(move |duty| (department, duty)))
        .enumerate()
    {
        let name = format!("{department} {duty}");
        groups.list.push(Group {
            id: stable_guid(&["large", "group", &name]),
            name: name.clone(),
            description: (*description).to_owned(),
            member_policy: Some((*policy).to_owned()),
            owner_policy: Some("approval-2h".to_owned()),
            nameless: false,
        });
        let grant = |who: &str, until| GroupGrant {
            who: who.to_owned(),
            group: name.clone(),
            access: "member".to_owned(),
            until,
            ended: None,
        };
        groups.eligible.push(grant(WHO, until(at)));
        match (*duty, *department) {
            ("Readers", "Finance" | "Retail" | "Research" | "Legal") => {
                groups.activated.push(grant(WHO, Some(activated_until(at))));
            }
            ("Administrators", "Finance" | "Logistics") => {
                groups.eligible.push(grant("alex", None));
                groups.requested.push(grant("alex", None));
            }
            ("Administrators", "Retail" | "Legal") => {
                groups.eligible.push(grant("mara", None));
                groups.requested.push(grant("mara", None));
            }
            ("Administrators", "Security") => groups.requested.push(grant(WHO, None)),
            _ => {}
        }
    }
    let known: Vec<&str> = groups.list.iter().map(|group| group.name.as_str()).collect();
    groups.assigned.retain(|grant| known.contains(&grant.group.as_str()));
}

/// A scope with the role that Adele may activate at it.
struct Place {
    scope: AzureScope,
    role: &'static str,
    policies: &'static [&'static str],
}

fn place(key: String, id: String, name: String, kind: &str, role: &'static str) -> Place {
    let scope =
        AzureScope { key, id, name, kind: kind.to_owned(), parent: None, policies_hidden_from: Vec::new() };
    Place { scope, role, policies: &["everything-30m", "group-approval-4h"] }
}

/// 250 places: 6 management groups, 36 subscriptions, 180 resource groups, 28 resources.
fn places() -> Vec<Place> {
    let mut places = Vec::new();
    for name in ["Contoso", "Platform", "Production", "Test", "Development", "Sandboxes"] {
        let key = format!("mg-{}", slug(name));
        let id = format!("/providers/Microsoft.Management/managementGroups/contoso-{}", slug(name));
        let mut group = place(key, id, format!("{name} Landing Zone"), "managementgroup", "Security Admin");
        group.scope.parent = (name != "Contoso").then(|| "mg-contoso".to_owned());
        places.push(group);
    }
    for (at, department) in DEPARTMENTS.iter().enumerate() {
        for environment in &ENVIRONMENTS {
            subscription(&mut places, department, REGIONS[at % REGIONS.len()], environment);
        }
    }
    places
}

fn subscription(
    places: &mut Vec<Place>,
    department: &str,
    region: &str,
    (short, long, policies): &(&str, &str, &'static [&'static str]),
) {
    let slug_of = slug(department);
    let key = format!("sub-{slug_of}-{short}");
    let id = format!("/subscriptions/{}", stable_guid(&["large", "subscription", &key]));
    let mut own = vec![place(key, id.clone(), format!("{department} {long}"), "subscription", "Contributor")];
    own[0].scope.parent = Some(format!("mg-{}", slug(long)));
    for (workload, role) in WORKLOADS {
        let name = format!("rg-{slug_of}-{workload}-{short}-{region}");
        let group = format!("{id}/resourceGroups/{name}");
        own.push(place(name.clone(), group.clone(), name, "resourcegroup", role));
        let resource = match (workload, *short, department) {
            ("app", "prod" | "test", _) => Some((
                "Microsoft.KeyVault/vaults",
                format!("kv-{slug_of}-{short}"),
                "Key Vault Administrator",
            )),
            ("data", "prod", "Finance" | "Payroll" | "Retail" | "Data Platform") => Some((
                "Microsoft.Storage/storageAccounts",
                format!("st{}{short}", slug_of.replace('-', "")),
                "Storage Blob Data Contributor",
            )),
            _ => None,
        };
        if let Some((kind, name, role)) = resource {
            own.push(place(name.clone(), format!("{group}/providers/{kind}/{name}"), name, kind, role));
        }
    }
    places.extend(own.into_iter().map(|place| Place { policies, ..place }));
}

fn azure(tenant: &mut Tenant) {
    let places = places();
    let grant = |(at, (place, role)): (usize, (&Place, &str))| AzureGrant {
        who: WHO.to_owned(),
        role: role.to_owned(),
        scope: place.scope.key.clone(),
        policy: place.policies[at % place.policies.len()].to_owned(),
        until: until(at),
        ended: None,
        member_type: if at % 9 == 4 { "Group" } else { "Direct" }.to_owned(),
        through: (at % 9 == 4).then(|| "Cloud Operations".to_owned()),
        listed_as_group: false,
        condition: None,
    };
    let first = places.iter().map(|place| (place, place.role));
    // Thirty subscriptions have a second role.
    let subscriptions = places.iter().filter(|place| place.scope.kind == "subscription").take(30);
    let second = subscriptions.map(|place| (place, "User Access Administrator"));
    let azure = &mut tenant.azure;
    azure.eligible = first.chain(second).enumerate().map(grant).collect();
    azure.assigned.clear();
    let free = azure.eligible.iter().filter(|g| g.policy == "nothing-8h" || g.policy == "nothing-1h");
    azure.activated = free.step_by(7).take(6).cloned().collect();
    for (at, grant) in azure.activated.iter_mut().enumerate() {
        grant.until = Some(activated_until(at));
    }
    let mut approved = azure.eligible.iter().filter(|g| g.policy == "approval-2h").cloned();
    azure.requested = approved.by_ref().take(4).map(|grant| AzureGrant { until: None, ..grant }).collect();
    // All but one are somebody else's, for Adele to decide.
    for (grant, who) in azure.requested.iter_mut().skip(1).zip(["alex", "mara", "lee"]) {
        who.clone_into(&mut grant.who);
        "Direct".clone_into(&mut grant.member_type);
        grant.through = None;
        azure.eligible.push(grant.clone());
    }
    azure.scopes = places.into_iter().map(|place| place.scope).collect();
}
