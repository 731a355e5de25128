//! What authentication contexts are called, and which policies target them: [`ConditionalAccess`].
//! <https://learn.microsoft.com/graph/api/conditionalaccessroot-list-authenticationcontextclassreferences>,
//! <https://learn.microsoft.com/graph/api/conditionalaccessroot-list-policies>
//!
//! Names and policies are two lists with permissions of their own: what one refuses the other may still tell.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use futures::future::join;
use pim::context::{AuthenticationContext, AuthenticationContexts};
use pim::error::PlaneError;
use pim::ids::{ContextId, PlaneId};
use pim::plane::Caller;
use pim::tokens::Audience;
use serde::Deserialize;
use transport::wire::said;
use transport::{Api, Route};

const CONTEXTS: &str = "/v1.0/identity/conditionalAccess/authenticationContextClassReferences";
const POLICIES: &str = "/v1.0/identity/conditionalAccess/policies";

/// The lane of these calls: the tenant has one a second, whoever asks.
const LANE: &str = "conditional-access";

/// Authentication contexts over Microsoft Graph.
pub struct ConditionalAccess {
    api: Arc<Api>,
}

impl ConditionalAccess {
    /// Those on the Graph at `api`.
    #[must_use]
    pub fn new(api: Arc<Api>) -> Self {
        Self { api }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireContext {
    id: Option<String>,
    #[serde(default, deserialize_with = "transport::wire::name")]
    display_name: Option<String>,
    description: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePolicy {
    #[serde(default, deserialize_with = "transport::wire::name")]
    display_name: Option<String>,
    conditions: Option<Conditions>,
}

#[derive(Deserialize)]
struct Conditions {
    applications: Option<Applications>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Applications {
    include_authentication_context_class_references: Option<Vec<String>>,
}

impl WirePolicy {
    fn contexts(&self) -> impl Iterator<Item = &String> {
        let applications = self.conditions.as_ref().and_then(|conditions| conditions.applications.as_ref());
        applications
            .and_then(|applications| applications.include_authentication_context_class_references.as_ref())
            .into_iter()
            .flatten()
    }
}

#[async_trait]
impl AuthenticationContexts for ConditionalAccess {
    async fn contexts(&self, caller: &Caller) -> Result<Vec<AuthenticationContext>, PlaneError> {
        let line = self.api.line(caller, &PlaneId::from(LANE), Audience::Graph).await?;
        let (contexts, policies) = (Route::fixed(CONTEXTS), Route::fixed(POLICIES));
        let read = join(line.pages::<WireContext>(&contexts), line.pages::<WirePolicy>(&policies)).await;
        let (contexts, policies) = match read {
            (Err(error), Err(_)) => return Err(error),
            (contexts, policies) => (contexts.unwrap_or_default(), policies.unwrap_or_default()),
        };
        Ok(merge(contexts, &policies))
    }
}

/// One entry for each context that either list names, by id.
fn merge(contexts: Vec<WireContext>, policies: &[WirePolicy]) -> Vec<AuthenticationContext> {
    let mut merged: BTreeMap<String, AuthenticationContext> = BTreeMap::new();
    let nameless = |id: &str| AuthenticationContext {
        id: ContextId::from(id),
        name: None,
        description: None,
        policies: Vec::new(),
    };
    for wire in contexts {
        let Some(id) = said(wire.id.as_deref()) else { continue };
        let context = merged.entry(id.to_owned()).or_insert_with(|| nameless(id));
        context.name = said(wire.display_name.as_deref()).map(str::to_owned);
        context.description = said(wire.description.as_deref()).map(str::to_owned);
    }
    for policy in policies {
        let Some(name) = said(policy.display_name.as_deref()) else { continue };
        for id in policy.contexts() {
            merged.entry(id.clone()).or_insert_with(|| nameless(id)).policies.push(name.to_owned());
        }
    }
    merged.into_values().collect()
}
