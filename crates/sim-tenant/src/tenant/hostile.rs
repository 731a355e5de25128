//! The `hostile` tenant: everything has a name that a portal could stumble over, and answers carry what is on no list.
//!
//! Each of [`hostile_names`] is a directory role, an administrative unit, a group, an Azure role and an Azure scope, and
//! Adele may activate all of them.
//!
//! To extend: add a name to [`NAMES`], or an oddity to [`Odd`].

use super::{
    AzureGrant, AzureRole, AzureScope, DirectoryRole, EntraGrant, Group, GroupGrant, Named, Odd, Replacement,
    Tenant, demo,
};
use crate::policy::Policy;
use crate::random::stable_guid;

const WHO: &str = "adele";

/// A name that leaves as null.
const NULL: &str = "(null)";

/// Hostile names, without those that are long.
const NAMES: [&str; 33] = [
    // Markup, and ways out of where a name stands.
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(2)>",
    "' onmouseover='alert(3)",
    "</title><h1>Owned</h1>",
    "</script><svg onload=alert(4)>",
    "<!-- no end",
    "&lt;b&gt; &amp;amp; &#0;",
    "{{7*7}} ${7*7} <%= 7*7 %>",
    "javascript:alert(5)",
    "https://evil.example/?q=\"'`",
    "\\\"\\u003cscript\\u003e",
    "../../etc/passwd?x=1#y",
    // Controls.
    "Line one\r\nSet-Cookie: stolen=1",
    "Tab\tand\u{b}vertical",
    "Null\0and\u{1b}[31mred\u{7}",
    "C1 \u{85}\u{9b}31m\u{9f}",
    "Line\u{2028}and\u{2029}paragraph",
    // Directions that are never closed, or closed too often.
    "Override \u{202e}rotartsinimdA",
    "Isolates \u{2066}\u{2067}\u{2068}open",
    "Closed \u{2069}\u{2069}\u{202c}\u{202c}often",
    "\u{5de}\u{5e0}\u{5d4}\u{5dc} \u{5de}\u{5e2}\u{5e8}\u{5db}\u{5ea} (1)",
    // What cannot be seen, or takes more room than it should.
    "Zero\u{200b}width\u{200d}joined\u{feff}",
    "\u{200b}\u{200d}\u{2060}",
    "Za\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}\u{309}\u{30a}\u{30b}\u{30c}\u{30d}lgo",
    "\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466} family",
    "\u{20bb7}\u{91ce}\u{5bb6} \u{2a6a5}\u{2a6a5}",
    "   ",
    "",
    // What a spreadsheet would work out.
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    NULL,
];

/// Every hostile name, each once.
#[must_use]
pub fn hostile_names() -> Vec<String> {
    let long = ["W".repeat(256), "\u{2a6a5}".repeat(256), format!("{}{}", "<i>".repeat(85), "x")];
    NAMES.iter().map(|name| (*name).to_owned()).chain(long).collect()
}

/// Values that are on no list, by field.
fn odd() -> Odd {
    let replaced = [
        ("displayName", NULL, None),
        ("assignmentType", "Assigned", Some("Conjured")),
        ("accessId", "owner", Some("steward")),
        ("userType", "User", Some("Hologram")),
        ("principalType", "User", Some("Hologram")),
        ("maximumDuration", "PT59M", Some("a fortnight or so")),
        ("enabledRules", "Ticketing", Some("Incantation")),
        ("ruleType", "RoleManagementPolicyNotificationRule", Some("RoleManagementPolicyHoroscopeRule")),
        (
            "@odata.type",
            "#microsoft.graph.unifiedRoleManagementPolicyNotificationRule",
            Some("#microsoft.graph.unifiedRoleManagementPolicyHoroscopeRule"),
        ),
        ("status", "Provisioned", Some("Transmogrified")),
    ];
    let replaced = replaced.map(|(field, text, by)| Replacement {
        field: field.to_owned(),
        text: text.to_owned(),
        by: by.map(str::to_owned),
    });
    Odd { extras: true, replaced: replaced.into() }
}

fn policy(maximum: &str) -> Policy {
    Policy {
        maximum: maximum.to_owned(),
        justification: true,
        ticket: false,
        mfa: false,
        authentication_context: None,
        approval: false,
        approvers: Vec::new(),
        approver_groups: Vec::new(),
    }
}

/// Policies that the rows have in turn.
const POLICIES: [&str; 5] = ["plain", "plain", "unparseable", "incantation", "approved"];

/// How rows say that somebody has them, in turn; the last is on no list.
const MEMBER_TYPES: [&str; 3] = ["Direct", "Inherited", "Osmosis"];

/// The `hostile` tenant.
#[must_use]
pub fn hostile() -> Tenant {
    let names = hostile_names();
    let mut tenant = demo();
    tenant.odd = odd();
    names[0].clone_into(&mut tenant.name);
    for (persona, name) in tenant.personas.iter_mut().zip([&names[17], &names[1], &names[0], &names[18]]) {
        name.clone_into(&mut persona.display_name);
        persona.job_title = Some(names[3].clone());
    }
    tenant.authentication_contexts.values_mut().for_each(|name| names[1].clone_into(name));
    let approved =
        Policy { approval: true, approvers: vec!["alex".to_owned(), WHO.to_owned()], ..policy("PT2H") };
    tenant.policies = [
        ("plain", policy("PT8H")),
        ("unparseable", policy("PT59M")),
        ("incantation", Policy { ticket: true, ..policy("PT4H") }),
        ("approved", approved),
    ]
    .map(|(name, policy)| (name.to_owned(), policy))
    .into();
    empty(&mut tenant);
    for (at, name) in names.iter().enumerate() {
        add(&mut tenant, at, name);
    }
    // Each group gives membership; one is owned as well, in a word that is on no list.
    let owned = tenant.groups.eligible[1].clone();
    tenant.groups.eligible.push(GroupGrant { access: "owner".to_owned(), ..owned });
    begin(&mut tenant);
    tenant
}

/// Forgets what the demo has, except for the person and one subscription to put resource groups in.
fn empty(tenant: &mut Tenant) {
    tenant.entra = super::Entra::default();
    tenant.groups = super::Groups::default();
    tenant.azure.scopes.retain(|scope| scope.key == "sub-sandbox");
    tenant.azure.scopes.iter_mut().for_each(|scope| scope.parent = None);
    tenant.azure.roles.clear();
    tenant.azure.eligible.clear();
    tenant.azure.assigned.clear();
    tenant.personas.iter_mut().for_each(|persona| persona.member_of.clear());
}

/// One of everything with this name.
fn add(tenant: &mut Tenant, at: usize, name: &str) {
    let id = |kind: &str| stable_guid(&["hostile", kind, &at.to_string()]);
    let named = |kind: &str| Named { id: id(kind), name: name.to_owned() };
    let policy = POLICIES[at % POLICIES.len()].to_owned();
    let member_type = MEMBER_TYPES[at % MEMBER_TYPES.len()].to_owned();
    let description = format!("{name} {name}");
    tenant.entra.administrative_units.push(named("unit"));
    tenant.entra.roles.push(DirectoryRole {
        id: id("role"),
        name: name.to_owned(),
        description: description.clone(),
        policy: policy.clone(),
        custom: true,
    });
    tenant.entra.eligible.push(EntraGrant {
        who: WHO.to_owned(),
        role: name.to_owned(),
        scope: name.to_owned(),
        until: None,
        ended: None,
        member_type: member_type.clone(),
        through: None,
        listed_as_group: false,
    });
    tenant.groups.list.push(Group {
        id: id("group"),
        name: name.to_owned(),
        description,
        member_policy: Some(policy.clone()),
        owner_policy: Some(policy.clone()),
        nameless: false,
    });
    tenant.groups.eligible.push(GroupGrant {
        who: WHO.to_owned(),
        group: name.to_owned(),
        access: "member".to_owned(),
        until: None,
        ended: None,
    });
    let key = format!("rg-{at}");
    let above = tenant.azure.scopes[0].id.clone();
    tenant.azure.scopes.push(AzureScope {
        key: key.clone(),
        id: format!("{above}/resourceGroups/{key}"),
        name: name.to_owned(),
        kind: "resourcegroup".to_owned(),
        parent: None,
        policies_hidden_from: Vec::new(),
    });
    tenant.azure.roles.push(AzureRole { id: id("azure role"), name: name.to_owned(), custom: true });
    tenant.azure.eligible.push(AzureGrant {
        who: WHO.to_owned(),
        role: name.to_owned(),
        scope: key,
        policy,
        until: None,
        ended: None,
        member_type,
        through: None,
        listed_as_group: false,
        // An expression, not a name: it goes back verbatim.
        condition: Some(NAMES[0].to_owned()),
    });
}

/// Something assigned, something active, something that ends soon, and something that waits for Adele, on each plane that has it.
fn begin(tenant: &mut Tenant) {
    let waiting = [4, 9, 14, 19];
    let (entra, groups, azure) = (&mut tenant.entra, &mut tenant.groups, &mut tenant.azure);
    for at in [0, 5, 17] {
        entra.assigned.push(entra.eligible[at].clone());
        groups.activated.push(groups.eligible[at].clone());
        azure.activated.push(azure.eligible[at].clone());
    }
    // Markup, and a name of 256 letters.
    for at in [3, entra.eligible.len() - 3] {
        entra.eligible[at].until = Some("P2D".to_owned());
        azure.eligible[at].until = Some("P2D".to_owned());
    }
    for at in waiting {
        let (mut group, mut role) = (groups.eligible[at].clone(), azure.eligible[at].clone());
        "mara".clone_into(&mut group.who);
        "mara".clone_into(&mut role.who);
        groups.eligible.push(group.clone());
        groups.requested.push(group);
        azure.eligible.push(role.clone());
        azure.requested.push(role);
    }
}
