//! `/tenants`: the directories that the person can enter, what was consented to in each, and the way there.
//!
//! Of the directory they are in, the person's own tokens tell; of the others, what was seen at the last sign-in there
//! ([`portal::directories`]). The search is a form, so that forty of them need no script.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use pim::ids::TenantId;
use portal::directories::{Consent, Seen};

use crate::components::consent::ConsentLink;
use crate::components::copy::{CopyButton, CopyField};
use crate::components::frame::Frame;
use crate::components::search::SearchField;
use crate::components::time::On;
use crate::context::{Context, Directory, Permission, signed_in};
use crate::pages::permissions::{Standing, shortfall, standings};

/// From how many directories on there is a search.
const SEARCHED: usize = 6;

/// The page.
#[component]
pub(crate) fn Tenants() -> impl IntoView {
    let Some((context, session)) = signed_in() else { return ().into_any() };
    let wanted = use_query_map().get_untracked().get("q").unwrap_or_default();
    Suspend::new(async move {
        let all = standings(&session, &context.site.permissions).await;
        let others = others(&context, session.caller.tenant, &wanted).await;
        let is = |wanted: Standing| all.iter().any(|(_, standing)| *standing == wanted);
        let (state, class) = if is(Standing::Missing) {
            ("Partly authorised", "mark waiting")
        } else if is(Standing::Unknown) {
            ("Unknown: not every service said what it granted", "mark waiting")
        } else {
            ("Authorised", "mark good")
        };
        let name = context.directory().map(|here| here.name.clone()).filter(|_| has_others(&context));
        view! {
            <Frame title="Tenants">
                <div class="page-head"><h1>"Tenants"</h1></div>
                {shortfall(&all)}
                <section class="panel tenant">
                    <h2>"The directory you are signed in to"</h2>
                    <dl>
                        {name.map(|name| view! { <dt>"Name"</dt><dd>{name}</dd> })}
                        <dt>"Directory id"</dt><dd class="with-copy"><code>{session.caller.tenant.to_string()}</code><CopyButton text=session.caller.tenant.to_string() what="the directory id"/></dd>
                        <dt>"Signed in as"</dt><dd>{session.person.username.clone()}</dd>
                        <dt>"Consent"</dt><dd><span class=class>{state}</span>" "<a href="/permissions">"Every permission"</a></dd>
                    </dl>
                    <ConsentLink/>
                </section>
                {others}
            </Frame>
        }
    })
    .into_any()
}

fn has_others(context: &Context) -> bool {
    context.site.directories.len() > 1
}

/// The other directories whose name or id has `wanted` in it.
async fn others(context: &Context, here: TenantId, wanted: &str) -> AnyView {
    if !has_others(context) {
        return view! {
            <div class="prose">
                <h2>"Other directories"</h2>
                <p>"This portal is configured for this one directory, so there is none to switch to. Whoever runs it can list others in its configuration (allowed_tenants); an account is needed in each."</p>
            </div>
        }
        .into_any();
    }
    let seen = context.portal.consents_seen().await.unwrap_or_default();
    let mut others: Vec<&Directory> =
        context.site.directories.iter().filter(|one| one.id != here && is_wanted(one, wanted)).collect();
    others.sort_by_key(|one| one.name.to_lowercase());
    let count = others.len();
    let rows = others.into_iter().map(|one| row(one, &seen, &context.site.permissions)).collect_view();
    let search = (context.site.directories.len() >= SEARCHED || !wanted.is_empty()).then(|| {
        view! {
            <form method="get" action="/tenants" role="search" class="find-tenant">
                <SearchField label="Search directories" hint="Name or id" value=wanted.to_owned()/>
                <button class="button">"Search"</button>
            </form>
        }
    });
    view! {
        <h2 class="tenants-head">"Other directories"<span class="quiet">{format!(" {count}")}</span></h2>
        {search}
        {(count == 0).then(|| view! { <p class="prose">"None of them is called that. "<a href="/tenants">"Show all"</a></p> })}
        <ul class="tenants">{rows}</ul>
    }
    .into_any()
}

fn is_wanted(directory: &Directory, wanted: &str) -> bool {
    let text = format!("{} {}", directory.name, directory.id).to_lowercase();
    wanted.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

/// What the consent is, in words; and each missing permission with what stops.
fn told(
    seen: Option<&Seen>,
    permissions: &[Permission],
) -> (&'static str, &'static str, Vec<(String, &'static str)>) {
    match seen.map(|seen| &seen.consent) {
        None => ("Not known: nobody has signed in there yet", "mark", Vec::new()),
        Some(Consent::Refused) => ("✗ Not authorised", "mark bad", Vec::new()),
        Some(Consent::Granted { missing }) if missing.is_empty() => ("✓ Authorised", "mark good", Vec::new()),
        Some(Consent::Granted { missing }) => {
            let without = |name: &String| {
                permissions.iter().find(|one| one.scope == *name).map_or("", |one| one.without)
            };
            let stops = missing.iter().map(|name| (name.clone(), without(name))).collect();
            ("Partly authorised", "mark waiting", stops)
        }
    }
}

fn row(directory: &Directory, seen: &BTreeMap<TenantId, Seen>, permissions: &[Permission]) -> AnyView {
    let id = directory.id.to_string();
    let (state, class, stops) = told(seen.get(&directory.id), permissions);
    let stops = stops.into_iter().map(|(scope, without)| {
        view! { <li><code>{scope}</code>" What does not work: "{without}</li> }
    });
    let stops = stops.collect_view();
    let at = seen.get(&directory.id).map(|seen| {
        view! { <span class="quiet">"Seen on "<On at=seen.at/></span> }
    });
    let refused = seen.get(&directory.id).is_some_and(|seen| seen.consent == Consent::Refused);
    let refused = refused.then(|| {
        view! { <p>"Nothing works there until an administrator of that directory has granted the permissions. Send them the link."</p> }
    });
    view! {
        <li class="panel tenant">
            <div class="tenant-head">
                <h3>{directory.name.clone()}</h3>
                <form method="post" action="/auth/tenant">
                    <input type="hidden" name="tenant" value=id.clone()/>
                    <button class="button">"Switch"<span class="for-readers">{format!(" to {}", directory.name)}</span></button>
                </form>
            </div>
            <p><span class=class>{state}</span>" "{at}</p>
            {refused}
            <ul class="stops">{stops}</ul>
            <details>
                <summary>"Link for its administrator"</summary>
                <CopyField id=format!("consent-{id}") label=format!("Link for an administrator of {}", directory.name) text=directory.admin_consent_url.clone()/>
                <p class="with-copy">"Directory id "<code>{id.clone()}</code></p>
            </details>
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_finds_words_of_the_name_and_of_the_id() {
        let id = "0d8c9e8e-56a0-4f2b-9a35-0c1e5a1c8f22".parse().unwrap();
        let directory =
            Directory { id, name: "Fabrikam Retail".to_owned(), admin_consent_url: String::new() };
        for wanted in ["", "retail fab", "0D8C9E8E", " "] {
            assert!(is_wanted(&directory, wanted), "{wanted:?}");
        }
        assert!(!is_wanted(&directory, "contoso"));
    }
}
