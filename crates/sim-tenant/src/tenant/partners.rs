//! Other directories that Adele can enter, for a client that serves several: she is a guest there, with an object id of its own, and may
//! activate a few roles of the same names and ids as at home.
//!
//! | seed | what was consented to |
//! |---|---|
//! | `fabrikam` | everything but the audit log |
//! | `litware` | nothing yet: an administrator has to |
//!
//! Made of the demo tenant, so that whatever mixes up two directories finds something to mix up.

use super::{Tenant, demo};
use crate::random::stable_guid;
use crate::sign_in::ConsentMode;

/// What can be activated in either, besides nothing of groups and Azure.
const ROLES: [&str; 3] = ["Global Reader", "Helpdesk Administrator", "Exchange Administrator"];

fn partner(name: &str) -> Tenant {
    let mut tenant = demo();
    let domain = format!("{}.example", name.to_lowercase());
    tenant.id = stable_guid(&["partner", name]);
    name.clone_into(&mut tenant.name);
    for persona in &mut tenant.personas {
        persona.object_id = stable_guid(&["partner", name, &persona.key]);
        persona.mail = Some(persona.account().to_owned());
        persona.upn = format!("{}#EXT#@{domain}", persona.upn.replace('@', "_"));
        persona.guest = true;
        persona.summary = format!("A guest of {name}.");
    }
    tenant.domain = domain;
    tenant.managed_identity = None;
    tenant.entra.eligible.retain(|grant| grant.who == "adele" && grant.scope == "/");
    tenant.entra.eligible.retain(|grant| ROLES.contains(&grant.role.as_str()));
    tenant.entra.activated.clear();
    tenant.entra.requested.clear();
    tenant.groups.eligible.clear();
    tenant.groups.activated.clear();
    tenant.groups.requested.clear();
    tenant.azure.eligible.clear();
    tenant.azure.activated.clear();
    tenant.azure.requested.clear();
    tenant
}

/// The `fabrikam` tenant.
#[must_use]
pub fn fabrikam() -> Tenant {
    let mut tenant = partner("Fabrikam");
    tenant.client.withheld = ["AuditLog.Read.All".to_owned()].into();
    tenant
}

/// The `litware` tenant.
#[must_use]
pub fn litware() -> Tenant {
    let mut tenant = partner("Litware");
    tenant.client.consent_mode = ConsentMode::AdminRequired;
    tenant
}
