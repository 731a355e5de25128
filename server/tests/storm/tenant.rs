//! A tenant with as many people as there are operations, each eligible for the same ten roles on three planes.

use std::fmt::Write as _;

use sim_tenant::tenant::{DEMO_CLIENT_ID, DEMO_TENANT_ID, Tenant};

use crate::weather::Weather;

/// The ten roles: plane, and the name that pages show.
pub(crate) const ROLES: [(&str, &str); 10] = [
    ("entra", "Directory role 0"),
    ("entra", "Directory role 1"),
    ("entra", "Directory role 2"),
    ("entra", "Directory role 3"),
    ("groups", "Group 0"),
    ("groups", "Group 1"),
    ("groups", "Group 2"),
    ("azure", "Azure role 0"),
    ("azure", "Azure role 1"),
    ("azure", "Azure role 2"),
];

/// The sign-in name of person `number`.
pub(crate) fn upn(number: usize) -> String {
    format!("person{number}@storm.example")
}

/// Their object id.
pub(crate) fn object_id(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

/// The id of role `index`, as the ledger names it.
pub(crate) fn role_id(index: usize) -> String {
    format!("0000000a-0000-4000-8000-{index:012x}")
}

pub(crate) fn of(weather: &Weather) -> Tenant {
    let mut text = format!(
        r#"
id = "{DEMO_TENANT_ID}"
name = "Storm"
domain = "storm.example"
[client]
id = "{DEMO_CLIENT_ID}"
name = "PIM Portal (storm)"
graph_scopes = ["User.Read", "RoleManagement.ReadWrite.Directory", "PrivilegedAccess.ReadWrite.AzureADGroup",
  "RoleManagementPolicy.Read.AzureADGroup", "Policy.Read.All", "AdministrativeUnit.Read.All", "AuditLog.Read.All"]
azure_scopes = ["user_impersonation"]
[policies.plain]
maximum = "PT8H"
justification = true
[[azure.scopes]]
key = "sub"
id = "/subscriptions/0000000b-0000-4000-8000-000000000001"
name = "Storm"
type = "subscription"
"#
    );
    for (index, (plane, name)) in ROLES.iter().enumerate() {
        let id = role_id(index);
        let entry = match *plane {
            "entra" => format!("[[entra.roles]]\nid = \"{id}\"\nname = \"{name}\"\npolicy = \"plain\"\n"),
            "groups" => {
                format!("[[groups.list]]\nid = \"{id}\"\nname = \"{name}\"\nmember_policy = \"plain\"\n")
            }
            _ => format!("[[azure.roles]]\nid = \"{id}\"\nname = \"{name}\"\n"),
        };
        text.push_str(&entry);
    }
    for number in 0..weather.operations {
        let (upn, id) = (upn(number), object_id(number));
        write!(
            text,
            "[[personas]]\nkey = \"p{number}\"\nupn = \"{upn}\"\ndisplay_name = \"Person {number}\"\nobject_id = \"{id}\"\nsummary = \"\"\n"
        )
        .expect("a string takes it");
        for (plane, name) in ROLES {
            let grant = match plane {
                "entra" => format!("[[entra.eligible]]\nwho = \"p{number}\"\nrole = \"{name}\"\n"),
                "groups" => {
                    format!(
                        "[[groups.eligible]]\nwho = \"p{number}\"\ngroup = \"{name}\"\naccess = \"member\"\n"
                    )
                }
                _ => format!(
                    "[[azure.eligible]]\nwho = \"p{number}\"\nrole = \"{name}\"\nscope = \"sub\"\npolicy = \"plain\"\n"
                ),
            };
            text.push_str(&grant);
        }
    }
    Tenant::from_toml(&text).expect("a tenant")
}
