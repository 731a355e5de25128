//! The entries a tenant consists of; see the module above for how they refer to each other.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::odd::Odd;
use crate::policy::Policy;
use crate::sign_in::ConsentMode;

fn yes() -> bool {
    true
}

fn root() -> String {
    "/".to_owned()
}

fn direct() -> String {
    "Direct".to_owned()
}

/// A tenant.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// The tenant (directory) id, a GUID.
    pub id: String,
    /// The organisation's name; Azure's list of directories has none for an empty one.
    pub name: String,
    /// The verified domain.
    pub domain: String,
    /// The one registered application.
    pub client: Client,
    /// Rows per page of each kind of list; small, so that clients have to page.
    #[serde(default)]
    pub paging: Paging,
    /// Who can sign in.
    pub personas: Vec<Persona>,
    /// Policies by name.
    pub policies: BTreeMap<String, Policy>,
    /// Authentication contexts by id.
    #[serde(default)]
    pub authentication_contexts: BTreeMap<String, String>,
    /// Directory roles and who holds them.
    pub entra: Entra,
    /// Groups and who may join them.
    pub groups: Groups,
    /// Azure scopes and roles and who holds them.
    pub azure: Azure,
    /// The identity of the machine that a client runs on, where it runs in Azure.
    #[serde(default)]
    pub managed_identity: Option<ManagedIdentity>,
    /// What answers carry against the documentation; nothing unless a seed says so.
    #[serde(default)]
    pub odd: Odd,
}

/// The application registration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// The application (client) id.
    pub id: String,
    /// The name on the consent page.
    pub name: String,
    /// Delegated Graph scopes in `requiredResourceAccess`.
    pub graph_scopes: Vec<String>,
    /// Delegated Azure scopes in `requiredResourceAccess`.
    pub azure_scopes: Vec<String>,
    /// Scopes that no token carries, whoever consented.
    #[serde(default)]
    pub withheld: BTreeSet<String>,
    /// Who may consent.
    #[serde(default)]
    pub consent_mode: ConsentMode,
    /// The platform of the redirect URIs.
    #[serde(default)]
    pub platform: Platform,
    /// Whose assertions are taken in the place of a secret.
    #[serde(default)]
    pub federated_credentials: Vec<FederatedCredential>,
}

/// The platform of an application's redirect URIs: it decides whether the client authenticates itself.
/// See <https://learn.microsoft.com/entra/identity-platform/reply-url>.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// "Mobile and desktop applications": a public client.
    #[default]
    Public,
    /// "Web": a confidential client.
    Web,
}

/// A federated identity credential.
/// See <https://learn.microsoft.com/graph/api/resources/federatedidentitycredential>.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FederatedCredential {
    /// `iss` of the assertion.
    pub issuer: String,
    /// `sub`.
    pub subject: String,
    /// `aud`.
    pub audience: String,
}

/// A user-assigned managed identity.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManagedIdentity {
    /// The client id, by which it is asked for.
    pub client_id: String,
    /// The object id of its service principal: the subject of its tokens.
    pub principal_id: String,
}

/// Rows per page.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Paging {
    /// Entra lists.
    pub entra: usize,
    /// Group lists.
    pub groups: usize,
    /// Policy lists.
    pub policies: usize,
    /// Azure lists.
    pub azure: usize,
    /// Audit logs, unless `$top` asks for less.
    pub audit: usize,
}

impl Default for Paging {
    fn default() -> Self {
        Self { entra: 8, groups: 4, policies: 10, azure: 6, audit: 30 }
    }
}

/// Somebody who can sign in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "independent traits of a person, each a line of the seed")]
pub struct Persona {
    /// The short name other entries use.
    pub key: String,
    /// The user principal name.
    pub upn: String,
    /// The display name.
    pub display_name: String,
    /// The directory object id (`oid`, PIM's `principalId`).
    pub object_id: String,
    /// One sentence for whoever picks an account.
    pub summary: String,
    /// The job title in `/me`.
    #[serde(default)]
    pub job_title: Option<String>,
    /// The mail address, when it is not the UPN.
    #[serde(default)]
    pub mail: Option<String>,
    /// A guest of the tenant.
    #[serde(default)]
    pub guest: bool,
    /// Signs in with multifactor authentication.
    #[serde(default = "yes")]
    pub mfa: bool,
    /// May give consent for the whole tenant.
    #[serde(default)]
    pub global_administrator: bool,
    /// May read security settings (authentication contexts, Conditional Access, audit logs).
    #[serde(default)]
    pub security_reader: bool,
    /// Every PIM read and write is refused on all three planes.
    #[serde(default)]
    pub forbidden: bool,
    /// Names of groups the person is a permanent member of.
    #[serde(default)]
    pub member_of: Vec<String>,
}

/// Directory roles.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entra {
    /// Role definitions with their policies.
    pub roles: Vec<DirectoryRole>,
    /// Administrative units.
    #[serde(default)]
    pub administrative_units: Vec<Named>,
    /// Applications (service principals) a role can be scoped to.
    #[serde(default)]
    pub applications: Vec<Named>,
    /// Who may activate what.
    #[serde(default)]
    pub eligible: Vec<EntraGrant>,
    /// Who has what without activating.
    #[serde(default)]
    pub assigned: Vec<EntraGrant>,
    /// What is active at the start, `until` the activation ends (eight hours when missing); each is among `eligible`.
    #[serde(default)]
    pub activated: Vec<EntraGrant>,
    /// What somebody asked for just before the start and waits for an approver; each is among `eligible`.
    #[serde(default)]
    pub requested: Vec<EntraGrant>,
}

/// A directory role definition.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryRole {
    /// The template id; for built-in roles also the role definition id.
    pub id: String,
    /// The display name.
    pub name: String,
    /// The description.
    #[serde(default)]
    pub description: String,
    /// The policy's name.
    pub policy: String,
    /// Made by the organisation, not by Microsoft.
    #[serde(default)]
    pub custom: bool,
}

/// Something with an id and a name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The object id.
    pub id: String,
    /// The display name.
    pub name: String,
}

/// A directory role in somebody's hands.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntraGrant {
    /// The persona's key.
    pub who: String,
    /// The role's name.
    pub role: String,
    /// `/`, or the name of an administrative unit or application.
    #[serde(default = "root")]
    pub scope: String,
    /// How long from the simulator's start, ISO 8601; permanent when missing.
    #[serde(default)]
    pub until: Option<String>,
    /// How long before the simulator's start it ended, ISO 8601: nothing lists it any more but the requests.
    #[serde(default)]
    pub ended: Option<String>,
    /// `Direct`, `Group` or `Inherited`.
    #[serde(default = "direct")]
    pub member_type: String,
    /// The group it comes through, for `Group`.
    #[serde(default)]
    pub through: Option<String>,
    /// List the group's id as `principalId` instead of the person's: sources disagree on which Graph does.
    #[serde(default)]
    pub listed_as_group: bool,
}

/// Groups under PIM.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Groups {
    /// The groups.
    pub list: Vec<Group>,
    /// Who may activate what.
    #[serde(default)]
    pub eligible: Vec<GroupGrant>,
    /// Who has what without activating.
    #[serde(default)]
    pub assigned: Vec<GroupGrant>,
    /// What is active at the start, `until` the activation ends (eight hours when missing); each is among `eligible`.
    #[serde(default)]
    pub activated: Vec<GroupGrant>,
    /// What somebody asked for just before the start and waits for an approver; each is among `eligible`.
    #[serde(default)]
    pub requested: Vec<GroupGrant>,
}

/// A group.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The object id.
    pub id: String,
    /// The display name.
    pub name: String,
    /// The description.
    #[serde(default)]
    pub description: String,
    /// The policy's name for members; `None` for a group that PIM does not manage.
    #[serde(default)]
    pub member_policy: Option<String>,
    /// The policy's name for owners.
    #[serde(default)]
    pub owner_policy: Option<String>,
    /// `$expand=group` answers a null display name, as one client reports.
    #[serde(default)]
    pub nameless: bool,
}

/// Membership or ownership in somebody's hands.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupGrant {
    /// The persona's key.
    pub who: String,
    /// The group's name.
    pub group: String,
    /// `member` or `owner`.
    pub access: String,
    /// How long from the simulator's start, ISO 8601; permanent when missing.
    #[serde(default)]
    pub until: Option<String>,
    /// How long before the simulator's start it ended, ISO 8601: nothing lists it any more but the requests.
    #[serde(default)]
    pub ended: Option<String>,
}

/// Azure.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Azure {
    /// Management groups, subscriptions, resource groups, resources.
    pub scopes: Vec<AzureScope>,
    /// Role definitions.
    pub roles: Vec<AzureRole>,
    /// Who may activate what.
    #[serde(default)]
    pub eligible: Vec<AzureGrant>,
    /// Who has what without activating.
    #[serde(default)]
    pub assigned: Vec<AzureGrant>,
    /// What is active at the start, `until` the activation ends (eight hours when missing); each is among `eligible`.
    #[serde(default)]
    pub activated: Vec<AzureGrant>,
    /// What somebody asked for just before the start and waits for an approver; each is among `eligible`.
    #[serde(default)]
    pub requested: Vec<AzureGrant>,
}

/// An Azure scope.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AzureScope {
    /// The short name other entries use.
    pub key: String,
    /// The full resource id, starting with `/`.
    pub id: String,
    /// The display name.
    pub name: String,
    /// `managementgroup`, `subscription`, `resourcegroup`, or a resource type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The key of the scope above, where the id does not tell (a subscription in a management group).
    #[serde(default)]
    pub parent: Option<String>,
    /// Keys of personas who may not read role management policies here.
    #[serde(default)]
    pub policies_hidden_from: Vec<String>,
}

/// An Azure role definition.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AzureRole {
    /// The GUID.
    pub id: String,
    /// The display name.
    pub name: String,
    /// `CustomRole` instead of `BuiltInRole`.
    #[serde(default)]
    pub custom: bool,
}

/// An Azure role in somebody's hands.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AzureGrant {
    /// The persona's key.
    pub who: String,
    /// The role's name.
    pub role: String,
    /// The scope's key.
    pub scope: String,
    /// The policy's name; the first grant of a (scope, role) pair decides for all.
    pub policy: String,
    /// How long from the simulator's start, ISO 8601; permanent when missing.
    #[serde(default)]
    pub until: Option<String>,
    /// How long before the simulator's start it ended, ISO 8601: nothing lists it any more but the requests.
    #[serde(default)]
    pub ended: Option<String>,
    /// `Direct`, `Group` or `Inherited`.
    #[serde(default = "direct")]
    pub member_type: String,
    /// The group it comes through, for `Group`.
    #[serde(default)]
    pub through: Option<String>,
    /// List the group as the principal instead of the person.
    #[serde(default)]
    pub listed_as_group: bool,
    /// An ABAC condition; its version is 2.0.
    #[serde(default)]
    pub condition: Option<String>,
}
