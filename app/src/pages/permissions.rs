//! `/permissions` and `/tenants`: what the portal may do, what is missing, and in which directory.
//!
//! The rows come from the table of scopes in `identity`; what was granted comes from the lists that came with the person's own tokens.

use leptos::prelude::*;
use pim::tokens::{Audience, TokenError};
use portal::Session;

use crate::components::consent::ConsentLink;
use crate::components::frame::Frame;
use crate::context::{Permission, context, signed_in};

/// Whether the person's token carries a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Granted,
    Missing,
    Unknown,
}

impl Standing {
    const fn words(self) -> &'static str {
        match self {
            Self::Granted => "✓ Granted",
            Self::Missing => "✗ Missing",
            Self::Unknown => "? Unknown",
        }
    }
}

/// What the sign-in service listed for one audience.
type Listed = Result<Option<Vec<String>>, TokenError>;

fn standing(scope: &str, listed: &Listed) -> Standing {
    match listed {
        Ok(Some(names)) if names.iter().any(|name| name.eq_ignore_ascii_case(scope)) => Standing::Granted,
        Ok(Some(_)) | Err(TokenError::ConsentRequired) => Standing::Missing,
        _ => Standing::Unknown,
    }
}

/// Every permission with its standing. The sign-in's own are granted: without them nobody would be signed in.
async fn standings(session: &Session, permissions: &[Permission]) -> Vec<(Permission, Standing)> {
    let tokens = &session.caller.tokens;
    let graph = tokens.granted(Audience::Graph).await;
    let needs_azure = permissions.iter().any(|permission| permission.audience == Some(Audience::Azure));
    let azure = if needs_azure { tokens.granted(Audience::Azure).await } else { Ok(None) };
    let of = |permission: &Permission| match permission.audience {
        None => Standing::Granted,
        Some(Audience::Graph) => standing(&permission.scope, &graph),
        Some(Audience::Azure) => standing(&permission.scope, &azure),
    };
    permissions.iter().map(|permission| (permission.clone(), of(permission))).collect()
}

/// What is missing, in one sentence; `None` when nothing is.
fn shortfall(all: &[(Permission, Standing)]) -> Option<String> {
    let missing: Vec<_> =
        all.iter().filter(|(_, standing)| *standing == Standing::Missing).map(|(one, _)| one).collect();
    let names: Vec<_> = missing.iter().map(|one| one.scope.as_str()).collect();
    let without: Vec<_> = missing.iter().map(|one| one.without).collect();
    let count = match missing.len() {
        0 => return None,
        1 => "1 permission is".to_owned(),
        many => format!("{many} permissions are"),
    };
    Some(format!("{count} missing: {}. What does not work: {}", names.join(", "), without.join(" ")))
}

/// How it shows, and who fixes it how.
const TROUBLE: [(&str, &str); 4] = [
    (
        "Missing service principal",
        "Sign-in says that the application was not found in the directory. An administrator opens the link above once; that creates it.",
    ),
    (
        "Restricted user consent",
        "Sign-in says that approval from an administrator is needed. A Privileged Role Administrator or Global Administrator opens the link above.",
    ),
    (
        "Assignment required",
        "Sign-in says that the account is not assigned to the application. An administrator assigns the person or a group under Enterprise applications, Users and groups.",
    ),
    (
        "Blocked by Conditional Access",
        "Sign-in says that a policy blocked it. A Conditional Access Administrator finds the policy in the sign-in log by the correlation id.",
    ),
];

/// `/permissions`.
#[component]
pub(crate) fn Permissions() -> impl IntoView {
    let Some((context, session)) = signed_in() else { return ().into_any() };
    Suspend::new(async move {
        let all = standings(&session, &context.site.permissions).await;
        let shortfall = shortfall(&all);
        let rows = all.into_iter().map(|(one, standing)| {
            let plane = match one.audience {
                None => "Sign-in",
                Some(Audience::Graph) => "Microsoft Graph",
                Some(Audience::Azure) => "Azure",
            };
            view! { <tr><th scope="row"><code>{one.scope}</code></th><td>{standing.words()}</td><td>{plane}</td><td>{one.purpose}</td><td>{one.consent}</td><td>{one.without}</td></tr> }
        }).collect_view();
        let trouble = TROUBLE.map(|(name, text)| view! { <dt>{name}</dt><dd>{text}</dd> }).collect_view();
        view! {
            <Frame title="Permissions">
                <div class="page-head"><h1>"Permissions"</h1></div>
                {shortfall.map(|text| view! { <p class="notice warn-ground">{text}</p> })}
                <p>"Delegated permissions only: the portal acts as you, while you are signed in. Granted or missing is read from the list that came with your own tokens."</p>
                <div class="scroll" tabindex="0" role="region" aria-label="Permissions">
                    <table class="permissions">
                        <thead><tr><th scope="col">"Permission"</th><th scope="col">"State"</th><th scope="col">"Service"</th><th scope="col">"What for"</th><th scope="col">"Who can consent"</th><th scope="col">"Without it"</th></tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
                <ConsentLink/>
                <h2>"Revoking"</h2>
                <p>"An administrator revokes permissions in the Microsoft Entra admin center under Enterprise applications, Permissions. Tokens already issued hold until they expire; then only what the column “Without it” names stops."</p>
                <h2>"Deliberately not asked for"</h2>
                <p>"Application permissions: nothing can be done while nobody is signed in. Directory.AccessAsUser.All, Directory.Read.All, mail, calendars, files and sites: no page needs them. User.ReadWrite, Group.ReadWrite and Application.ReadWrite: the portal changes role requests and nothing else."</p>
                <h2>"When sign-in does not work"</h2>
                <dl>{trouble}</dl>
            </Frame>
        }
    })
    .into_any()
}

/// `/tenants`.
#[component]
pub(crate) fn Tenants() -> impl IntoView {
    let Some((_, session)) = signed_in() else { return ().into_any() };
    let site = context().site;
    Suspend::new(async move {
        let all = standings(&session, &site.permissions).await;
        let unknown = all.iter().any(|(_, standing)| *standing == Standing::Unknown);
        let state = match shortfall(&all) {
            Some(text) => format!("Partly authorised. {text}"),
            None if unknown => "Unknown: not every service said what it granted.".to_owned(),
            None => "Authorised".to_owned(),
        };
        view! {
            <Frame title="Tenants">
                <div class="page-head"><h1>"Tenants"</h1></div>
                <h2>"The directory you are signed in to"</h2>
                <dl>
                    <dt>"Directory id"</dt><dd><code>{session.caller.tenant.to_string()}</code></dd>
                    <dt>"Consent"</dt><dd>{state}</dd>
                </dl>
                <ConsentLink/>
                <h2>"Other directories"</h2>
                <p>"This portal is configured for one directory. Whoever runs it sets the tenant id in its configuration; another directory needs a portal of its own."</p>
            </Frame>
        }
    })
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_missing_only_where_the_service_said_so() {
        let listed = Ok(Some(vec!["User.Read".to_owned()]));
        assert_eq!(standing("User.Read", &listed), Standing::Granted);
        assert_eq!(standing("Policy.Read.All", &listed), Standing::Missing);
        assert_eq!(standing("User.Read", &Ok(None)), Standing::Unknown);
        assert_eq!(standing("User.Read", &Err(TokenError::Unavailable)), Standing::Unknown);
        assert_eq!(standing("User.Read", &Err(TokenError::ConsentRequired)), Standing::Missing);
    }
}
