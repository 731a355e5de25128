//! How the portal shows who it is, to Entra and to the database: never with a secret of its own.
//!
//! | key | |
//! |---|---|
//! | `client_auth` | `none` (a public client), `assertion-file`, `managed-identity` |
//! | `assertion_file` | where the token lies; by default where Azure Workload Identity says |
//! | `managed_identity_client_id` | which identity of the machine is meant |
//!
//! Where the identity's tokens come from is no setting: the platform says it in its own variables, and a virtual machine has an address
//! that is always the same.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use managed_identity::{Endpoint, METADATA, ManagedIdentity};
use pim::clock::Clock;
use url::Url;
use uuid::Uuid;

use crate::config::PREFIX;

/// How the portal shows who it is.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// To Entra, as the registered application.
    pub client: ClientCredential,
    /// The identity that is meant by "managed identity".
    pub managed_identity: Option<MachineIdentity>,
}

/// What Entra is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ClientCredential {
    /// Nothing.
    #[default]
    None,
    /// The token in this file.
    AssertionFile(PathBuf),
    /// A token of the managed identity.
    ManagedIdentity {
        /// The audience it is for.
        audience: &'static str,
    },
}

/// A user-assigned managed identity.
#[derive(Clone, Debug)]
pub struct MachineIdentity {
    /// Its client id.
    pub client_id: String,
    /// Where its tokens come from.
    pub endpoint: Endpoint,
}

impl Credentials {
    /// What sign-in shows Entra. `machine` is what [`machine`](Self::machine) gave.
    #[must_use]
    pub fn for_sign_in(&self, machine: Option<&Arc<ManagedIdentity>>) -> identity::ClientAuth {
        match (&self.client, machine) {
            (ClientCredential::AssertionFile(path), _) => identity::ClientAuth::AssertionFile(path.clone()),
            (ClientCredential::ManagedIdentity { audience }, Some(machine)) => {
                identity::ClientAuth::ManagedIdentity {
                    identity: Arc::clone(machine),
                    audience: (*audience).to_owned(),
                }
            }
            (ClientCredential::None | ClientCredential::ManagedIdentity { .. }, _) => {
                identity::ClientAuth::None
            }
        }
    }

    /// The managed identity, if anything uses it. One for all uses: they share its tokens.
    #[must_use]
    pub fn machine(&self, clock: &Arc<dyn Clock>) -> Option<Arc<ManagedIdentity>> {
        let MachineIdentity { client_id, endpoint } = self.managed_identity.clone()?;
        Some(Arc::new(ManagedIdentity::new(endpoint, client_id, Arc::clone(clock))))
    }
}

/// What the platform says in variables of its own.
#[derive(Default)]
pub(crate) struct Surroundings {
    token_file: Option<String>,
    endpoint: Option<String>,
    header: Option<String>,
}

impl Surroundings {
    pub(crate) fn of(environment: &HashMap<String, String>) -> Self {
        let get = |name: &str| environment.get(name).filter(|value| !value.is_empty()).cloned();
        Self {
            token_file: get("AZURE_FEDERATED_TOKEN_FILE"),
            endpoint: get("IDENTITY_ENDPOINT"),
            header: get("IDENTITY_HEADER"),
        }
    }

    fn endpoint(self, problems: &mut Vec<String>) -> Option<Endpoint> {
        match (self.endpoint, self.header) {
            (None, None) => Some(Endpoint::Metadata { url: Url::parse(METADATA).ok()? }),
            (Some(url), Some(header)) if Url::parse(&url).is_ok_and(|url| url.has_host()) => {
                Some(Endpoint::AppService { url: Url::parse(&url).ok()?, header: header.into() })
            }
            _ => {
                problems.push(
                    "IDENTITY_ENDPOINT and IDENTITY_HEADER, which the platform sets together, do not belong together: \
                     leave both as they were, or remove both on a virtual machine"
                        .to_owned(),
                );
                None
            }
        }
    }
}

/// The settings as written.
#[derive(Default)]
pub(crate) struct Written<'a> {
    pub(crate) client_auth: Option<&'a str>,
    pub(crate) assertion_file: Option<PathBuf>,
    pub(crate) managed_identity_client_id: Option<&'a str>,
    pub(crate) cloud: Option<&'a str>,
}

impl Written<'_> {
    /// Checks all of it; what is wrong is added to `problems`.
    pub(crate) fn check(self, surroundings: Surroundings, problems: &mut Vec<String>) -> Credentials {
        let client = match self.client_auth {
            None | Some("none") => ClientCredential::None,
            Some("assertion-file") => {
                let file = self.assertion_file.clone().or(surroundings.token_file.clone().map(PathBuf::from));
                assertion_file(file, problems)
            }
            Some("managed-identity") => ClientCredential::ManagedIdentity { audience: audience(self.cloud) },
            Some(_) => {
                problems.push(format!(
                    "{PREFIX}CLIENT_AUTH is not known: write none, managed-identity or assertion-file"
                ));
                ClientCredential::None
            }
        };
        if self.assertion_file.is_some() && self.client_auth != Some("assertion-file") {
            problems.push(format!(
                "{PREFIX}ASSERTION_FILE goes with {PREFIX}CLIENT_AUTH=assertion-file: remove it, or set that"
            ));
        }
        let needs_machine = matches!(client, ClientCredential::ManagedIdentity { .. });
        let managed_identity = match self.managed_identity_client_id {
            Some(_) if !needs_machine => {
                problems.push(format!(
                    "{PREFIX}MANAGED_IDENTITY_CLIENT_ID goes with {PREFIX}CLIENT_AUTH=managed-identity: remove it, or set that"
                ));
                None
            }
            Some(id) if Uuid::try_parse(id).is_ok() => surroundings
                .endpoint(problems)
                .map(|endpoint| MachineIdentity { client_id: id.to_owned(), endpoint }),
            None if !needs_machine => None,
            _ => {
                problems.push(format!(
                    "{PREFIX}MANAGED_IDENTITY_CLIENT_ID is missing or not a GUID: write the client id of the user-assigned identity"
                ));
                None
            }
        };
        Credentials { client, managed_identity }
    }
}

fn assertion_file(file: Option<PathBuf>, problems: &mut Vec<String>) -> ClientCredential {
    let Some(file) = file else {
        problems.push(format!(
            "{PREFIX}ASSERTION_FILE is missing: the path of the token that is projected into the container"
        ));
        return ClientCredential::None;
    };
    if !std::fs::File::open(&file).and_then(|file| file.metadata()).is_ok_and(|found| found.is_file()) {
        problems.push(format!("{PREFIX}ASSERTION_FILE names no file that can be read: {}", file.display()));
    }
    ClientCredential::AssertionFile(file)
}

/// <https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity>
fn audience(cloud: Option<&str>) -> &'static str {
    match cloud {
        Some("usgov" | "usgov-dod") => "api://AzureADTokenExchangeUSGov",
        Some("china") => "api://AzureADTokenExchangeChina",
        _ => "api://AzureADTokenExchange",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "7c9d2a10-6f0e-4a53-8b1d-2c3d4e5f6a7b";

    fn check(written: Written<'_>, surroundings: &[(&str, &str)]) -> (Credentials, String) {
        let surroundings =
            surroundings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut problems = Vec::new();
        let checked = written.check(Surroundings::of(&surroundings), &mut problems);
        (checked, problems.join("\n"))
    }

    fn auth(client_auth: &str) -> Written<'_> {
        Written { client_auth: Some(client_auth), ..Written::default() }
    }

    #[test]
    fn a_public_client_is_the_default_and_takes_no_credential() {
        for written in [Written::default(), auth("none")] {
            let (checked, problems) = check(written, &[("AZURE_FEDERATED_TOKEN_FILE", "/nowhere")]);
            assert_eq!((checked.client, problems.as_str()), (ClientCredential::None, ""));
        }
        let file = Written { assertion_file: Some("/etc/passwd".into()), ..Written::default() };
        assert!(check(file, &[]).1.contains("ASSERTION_FILE goes with"));
        let both = Written { assertion_file: Some("/etc/passwd".into()), ..auth("managed-identity") };
        assert!(check(both, &[]).1.contains("ASSERTION_FILE goes with"));
        let identity = Written { managed_identity_client_id: Some(ID), ..auth("assertion-file") };
        assert!(check(identity, &[]).1.contains("MANAGED_IDENTITY_CLIENT_ID goes with"));
        assert!(check(auth("secret"), &[]).1.contains("CLIENT_AUTH is not known"));
    }

    #[test]
    fn an_assertion_file_has_to_be_there() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        let expected = ClientCredential::AssertionFile(path.into());
        let (checked, problems) =
            check(Written { assertion_file: Some(path.into()), ..auth("assertion-file") }, &[]);
        assert_eq!((checked.client, problems.as_str()), (expected.clone(), ""));
        let (checked, problems) = check(auth("assertion-file"), &[("AZURE_FEDERATED_TOKEN_FILE", path)]);
        assert_eq!((checked.client, problems.as_str()), (expected, ""), "where the platform says");

        assert!(check(auth("assertion-file"), &[]).1.contains("ASSERTION_FILE is missing"));
        for nothing in ["/nowhere/token", "/"] {
            let written = Written { assertion_file: Some(nothing.into()), ..auth("assertion-file") };
            assert!(check(written, &[]).1.contains("no file that can be read"), "{nothing}");
        }
    }

    #[test]
    fn a_managed_identity_is_named_and_found_where_the_platform_says() {
        let written =
            |cloud| Written { managed_identity_client_id: Some(ID), cloud, ..auth("managed-identity") };
        let (checked, problems) = check(written(None), &[]);
        assert_eq!(problems, "");
        let audience = "api://AzureADTokenExchange";
        assert_eq!(checked.client, ClientCredential::ManagedIdentity { audience });
        assert!(matches!(checked.managed_identity.unwrap().endpoint, Endpoint::Metadata { .. }));

        let platform = [("IDENTITY_ENDPOINT", "http://localhost:42356/msi/token"), ("IDENTITY_HEADER", "h")];
        let (checked, problems) = check(written(Some("usgov")), &platform);
        assert_eq!(problems, "");
        let audience = "api://AzureADTokenExchangeUSGov";
        assert_eq!(checked.client, ClientCredential::ManagedIdentity { audience });
        assert!(matches!(checked.managed_identity.unwrap().endpoint, Endpoint::AppService { .. }));

        assert!(check(written(None), &platform[..1]).1.contains("IDENTITY_HEADER"));
        assert!(check(auth("managed-identity"), &[]).1.contains("MANAGED_IDENTITY_CLIENT_ID is missing"));
        let domain = Written { managed_identity_client_id: Some("id-pim"), ..auth("managed-identity") };
        assert!(check(domain, &[]).1.contains("not a GUID"));
    }
}
