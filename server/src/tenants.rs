//! The directories that may be signed in to besides the organisation's own, as set, and going from one to another.
//!
//! Each has a sign-in, a vault and a session of its own in one browser; the cookie is the same. Switching to one that the person is
//! signed in to needs nothing of Microsoft; otherwise it is a sign-in there.

use axum::Extension;
use axum::Form;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use pim::ids::TenantId;
use serde::Deserialize;
use tower_sessions::Session;

use crate::config::{PREFIX, line};
use crate::wiring::State;
use crate::{auth, session};

const MOST: usize = 200;
const LONGEST_NAME: usize = 60;

/// A directory that may be signed in to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// What pages call it.
    pub name: String,
}

/// A list in the file, of ids or tables with `id` and `name`; `Name=id` or `id` with commas in the environment.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Written {
    List(Vec<WrittenTenant>),
    Words(String),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum WrittenTenant {
    Id(String),
    Named(Named),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {
    id: String,
    name: String,
}

impl Written {
    fn read(self) -> Vec<(String, Option<String>)> {
        match self {
            Self::List(tenants) => tenants
                .into_iter()
                .map(|tenant| match tenant {
                    WrittenTenant::Id(id) => (id, None),
                    WrittenTenant::Named(Named { id, name }) => (id, Some(name)),
                })
                .collect(),
            Self::Words(words) => words
                .split(',')
                .map(|word| match word.rsplit_once('=') {
                    Some((name, id)) => (id.trim().to_owned(), Some(name.to_owned())),
                    None => (word.trim().to_owned(), None),
                })
                .collect(),
        }
    }
}

/// Checks the list; what is wrong is added to `problems`. The organisation's own tenant stands first, whether the list has it (for its
/// name) or not.
pub(crate) fn check(
    written: Option<Written>,
    home: Option<TenantId>,
    problems: &mut Vec<String>,
) -> Vec<Tenant> {
    let mut tenants: Vec<Tenant> =
        home.map(|id| Tenant { id, name: "Your organisation's directory".to_owned() }).into_iter().collect();
    let written = written.map(Written::read).unwrap_or_default();
    if written.len() > MOST {
        problems.push(format!("{PREFIX}ALLOWED_TENANTS has more than {MOST} directories"));
    }
    let mut seen = Vec::new();
    for (id, name) in written {
        let Ok(id) = id.parse::<TenantId>() else {
            problems.push(format!(
                "{PREFIX}ALLOWED_TENANTS has something that is not a GUID: write the ids of tenants, not domain names"
            ));
            continue;
        };
        let name = match name.as_deref().map(|name| line(name, LONGEST_NAME)) {
            Some(None) => {
                problems.push(format!(
                    "{PREFIX}ALLOWED_TENANTS has a name that is not one line of 1 to {LONGEST_NAME} characters: {id}"
                ));
                continue;
            }
            Some(Some(name)) => Some(name),
            None => None,
        };
        if seen.contains(&id) {
            problems.push(format!("{PREFIX}ALLOWED_TENANTS has {id} twice"));
            continue;
        }
        seen.push(id);
        match tenants.iter_mut().find(|tenant| tenant.id == id) {
            Some(own) => own.name = name.unwrap_or_else(|| own.name.clone()),
            None => tenants.push(Tenant { id, name: name.unwrap_or_else(|| id.to_string()) }),
        }
    }
    tenants
}

/// What the page of tenants posts.
#[derive(Deserialize)]
pub struct Switch {
    tenant: TenantId,
}

/// `POST /auth/tenant`: to another directory, at once where the person is signed in to it.
pub async fn switch(
    Extract(state): Extract<State>,
    Extension(context): Extension<app::Context>,
    session: Session,
    headers: HeaderMap,
    Form(Switch { tenant }): Form<Switch>,
) -> Response {
    let Some(here) = context.session else { return Redirect::to("/sign-in").into_response() };
    if !state.config.tenants.iter().any(|known| known.id == tenant) {
        return Redirect::to("/sign-in/failed?problem=tenant").into_response();
    }
    if here.person.tenant == tenant {
        return Redirect::to("/").into_response();
    }
    match session::switch(&state, &session, tenant).await {
        Ok(true) => Redirect::to("/").into_response(),
        Ok(false) => auth::begin_at(&state, tenant, &headers, Some(&here.person.username)).await,
        Err(_) => {
            let text = "The portal's store does not answer. Try again in a minute.";
            (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: &str = "3b3a1a4a-9c5d-4d3f-8a55-2f6a3b0f9c11";
    const OTHER: &str = "0d8c9e8e-56a0-4f2b-9a35-0c1e5a1c8f22";

    fn checked(words: &str) -> (Vec<(String, String)>, String) {
        let mut problems = Vec::new();
        let written = Some(Written::Words(words.to_owned()));
        let tenants = check(written, HOME.parse().ok(), &mut problems);
        let tenants = tenants.into_iter().map(|tenant| (tenant.id.to_string(), tenant.name)).collect();
        (tenants, problems.join("\n"))
    }

    #[test]
    fn the_own_tenant_is_first_and_takes_its_name_from_the_list() {
        let (tenants, problems) = checked(&format!("Fabrikam={OTHER}, Contoso={HOME}"));
        assert_eq!(problems, "");
        let expected = [(HOME, "Contoso"), (OTHER, "Fabrikam")];
        assert_eq!(tenants, expected.map(|(id, name)| (id.to_owned(), name.to_owned())));
        let (tenants, _) = checked(OTHER);
        assert_eq!(tenants[0].1, "Your organisation's directory");
        assert_eq!(tenants[1].1, OTHER, "without a name, its id");
    }

    #[test]
    fn what_is_no_tenant_is_refused() {
        assert!(checked("fabrikam.com").1.contains("not a GUID"));
        assert!(checked(&format!("{OTHER},{OTHER}")).1.contains("twice"));
        assert!(checked(&format!("={OTHER}")).1.contains("a name"));
        assert!(checked(&vec![OTHER; 201].join(",")).1.contains("more than 200"));
    }
}
