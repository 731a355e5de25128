//! `/permissions`: what the portal may do, and what is missing.
//!
//! The rows come from the table of scopes in `identity`; what was granted comes from the lists that came with the person's own tokens.
//! `/permissions.json` has the same for machines.

use leptos::prelude::*;
use pim::tokens::{Audience, TokenError};
use portal::Session;

use crate::components::consent::ConsentLink;
use crate::components::frame::Frame;
use crate::context::{Permission, signed_in};

/// Whether the person's token carries a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The service lists it.
    Granted,
    /// The service does not list it, or nobody consented.
    Missing,
    /// The service did not say.
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

    const fn class(self) -> &'static str {
        match self {
            Self::Granted => "mark good",
            Self::Missing => "mark bad",
            Self::Unknown => "mark waiting",
        }
    }

    /// For machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
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
pub async fn standings(session: &Session, permissions: &[Permission]) -> Vec<(Permission, Standing)> {
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

/// What is missing and what that stops; `None` when nothing is.
pub(crate) fn shortfall(all: &[(Permission, Standing)]) -> Option<AnyView> {
    let missing: Vec<_> =
        all.iter().filter(|(_, standing)| *standing == Standing::Missing).map(|(one, _)| one).collect();
    let count = match missing.len() {
        0 => return None,
        1 => "1 permission is missing. ".to_owned(),
        many => format!("{many} permissions are missing. "),
    };
    let items = missing.into_iter().map(|one| {
        view! { <li><code>{one.scope.clone()}</code>" What does not work: "{one.without}" What still does: "{one.still}</li> }
    });
    Some(
        view! {
            <div class="notice warn-ground" role="status">
                <div><strong>{count}</strong>"An administrator grants it with the link below; sign in again afterwards."<ul>{items.collect_view()}</ul></div>
            </div>
        }
        .into_any(),
    )
}

/// What is deliberately not asked for, and why not.
pub const NOT_ASKED_FOR: [(&str, &str); 5] = [
    ("Application permissions, of any kind", "Nothing can be done while nobody is signed in."),
    (
        "Directory.AccessAsUser.All, Directory.Read.All",
        "The whole directory, where role requests are enough.",
    ),
    ("Mail, Calendars, Files, Sites", "No page needs them."),
    (
        "User.ReadWrite, Group.ReadWrite, Application.ReadWrite",
        "The portal changes role requests and nothing else.",
    ),
    ("A client secret or a certificate", "Whoever had it could act without a person."),
];

/// How it shows, and who fixes it how.
const TROUBLE: [(&str, &str); 5] = [
    (
        "Missing service principal",
        "Sign-in says that the application was not found in the directory (AADSTS700016). An administrator opens the link above once; that creates it.",
    ),
    (
        "Restricted user consent",
        "Sign-in says that approval from an administrator is needed (AADSTS90094 or 65001). A Privileged Role Administrator or Global Administrator opens the link above.",
    ),
    (
        "Assignment required",
        "Sign-in says that the account is not assigned to the application (AADSTS50105). An administrator assigns the person or a group under Enterprise applications, Users and groups.",
    ),
    (
        "Blocked by Conditional Access",
        "Sign-in says that a policy blocked it (AADSTS53003). A Conditional Access Administrator finds the policy in the sign-in log by the correlation id.",
    ),
    (
        "Granted, and still missing here",
        "A token keeps the list that it was issued with. Sign out and in again; what is missing then was not granted.",
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
            let service = match one.audience {
                None => "Sign-in",
                Some(Audience::Graph) => "Microsoft Graph",
                Some(Audience::Azure) => "Azure",
            };
            let planes = if one.planes.is_empty() { "Every sign-in".to_owned() } else { one.planes.join(", ") };
            view! {
                <tr>
                    <th scope="row"><code>{one.scope}</code><span class="place">{service}</span></th>
                    <td data-label="State"><span class=standing.class()>{standing.words()}</span></td>
                    <td data-label="For">{planes}</td>
                    <td data-label="What for">{one.purpose}</td>
                    <td data-label="Who can consent">{one.consent}</td>
                    <td data-label="Without it">{one.without}<span class="place">"Still works: "{one.still}</span></td>
                </tr>
            }
        }).collect_view();
        let trouble = TROUBLE.map(|(name, text)| view! { <dt>{name}</dt><dd>{text}</dd> }).collect_view();
        let avoided = NOT_ASKED_FOR.map(|(name, text)| view! { <dt>{name}</dt><dd>{text}</dd> }).collect_view();
        view! {
            <Frame title="Permissions">
                <div class="page-head"><h1>"Permissions"</h1><a class="button" href="/permissions.json" download="pim-permissions.json">"As JSON"</a></div>
                {shortfall}
                <p class="prose">"Delegated permissions only: the portal acts as you, while you are signed in. Granted or missing is read from the list that came with your own tokens."</p>
                <div class="panel scroll" tabindex="0" role="region" aria-label="Permissions">
                    <table class="permissions cards">
                        <thead><tr><th scope="col">"Permission"</th><th scope="col">"State"</th><th scope="col">"For"</th><th scope="col">"What for"</th><th scope="col">"Who can consent"</th><th scope="col">"Without it"</th></tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
                <div class="prose">
                    <h2>"Granting"</h2>
                    <ConsentLink/>
                    <h2>"Revoking"</h2>
                    <p>"An administrator takes away everything by deleting the application under Enterprise applications in the Microsoft Entra admin center, and single permissions by changing the application's delegated grants (oauth2PermissionGrants) with Microsoft Graph or PowerShell; the admin center shows them under Permissions. Who consented for themselves alone takes that back under My Apps."</p>
                    <p>"Tokens already issued hold until they expire, an hour or a little more; then only what the column “Without it” names stops, and the rest goes on."</p>
                    <h2>"Deliberately not asked for"</h2>
                    <dl>{avoided}</dl>
                    <p>"Whether Microsoft answers now, and which call failed last: "<a href="/status">"status"</a>"."</p>
                    <h2>"When sign-in does not work"</h2>
                    <dl>{trouble}</dl>
                </div>
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
