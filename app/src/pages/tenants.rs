//! `/tenants`: the directories that the person can enter, what was consented to in each, and the way there.
//!
//! Of the directory they are in, the person's own tokens tell; of the others, what was seen at the last sign-in there
//! ([`portal::directories`]). Which directories their account is in, Azure tells: its list is a help and never in the way, as it may be
//! late, incomplete or not to be had. The search is a form, so that forty of them need no script.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use pim::directory::Directory as Own;
use pim::ids::TenantId;
use portal::Session;
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

/// How long the page waits for Azure's list, counted from the request. What is later than that is there when the page is loaded again.
const PATIENCE: Duration = Duration::from_secs(2);

/// The page.
#[component]
pub(crate) fn Tenants() -> impl IntoView {
    let Some((context, session)) = signed_in() else { return ().into_any() };
    let wanted = use_query_map().get_untracked().get("q").unwrap_or_default();
    Suspend::new(async move {
        let (all, own) = tokio::join!(standings(&session, &context.site.permissions), own(&context, &session));
        let entries = entries(&context.site.directories, own.as_ref());
        let seen = context.portal.consents_seen().await.unwrap_or_default();
        let (here, others): (Vec<&Entry>, _) =
            entries.iter().partition(|entry| entry.id() == session.caller.tenant);
        let others = others_view(&context, others, &seen, own.is_some(), &wanted);
        let is = |wanted: Standing| all.iter().any(|(_, standing)| *standing == wanted);
        let (state, class) = if is(Standing::Missing) {
            ("Partly authorised", "mark waiting")
        } else if is(Standing::Unknown) {
            ("Unknown: not every service said what it granted", "mark waiting")
        } else {
            ("Authorised", "mark good")
        };
        let here = here.first().copied();
        // Of a single directory, the configuration need not have said what it is called.
        let name = here.and_then(|here| if has_others(&context) { Some(here.name()) } else { here.own_name() });
        let name = name.map(str::to_owned);
        let domain = here.and_then(Entry::domain).map(str::to_owned);
        view! {
            <Frame title="Tenants">
                <div class="page-head"><h1>"Tenants"</h1></div>
                {shortfall(&all)}
                <section class="panel tenant">
                    <h2>"The directory you are signed in to"</h2>
                    <dl>
                        {name.map(|name| view! { <dt>"Name"</dt><dd>{name}</dd> })}
                        {domain.map(|domain| view! { <dt>"Domain"</dt><dd>{domain}</dd> })}
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

/// Those that the person's account is in, by id; `None` where Azure does not tell, or not in time.
async fn own(context: &Context, session: &Session) -> Option<HashMap<TenantId, Own>> {
    let reading = context.portal.own_directories(session);
    let found = tokio::time::timeout_at(context.began + PATIENCE, reading).await.ok()?.ok()?;
    Some(found.iter().map(|own| (own.id, own.clone())).collect())
}

fn has_others(context: &Context) -> bool {
    context.site.directories.len() > 1
}

/// A directory as the page tells of it: one that the portal is set up for, one that the account is in, or both.
enum Entry<'a> {
    SetUp(&'a Directory, Option<&'a Own>),
    NotSetUp(&'a Own),
}

impl Entry<'_> {
    fn id(&self) -> TenantId {
        match self {
            Self::SetUp(directory, _) => directory.id,
            Self::NotSetUp(own) => own.id,
        }
    }

    fn own(&self) -> Option<&Own> {
        match self {
            Self::SetUp(_, own) => *own,
            Self::NotSetUp(own) => Some(own),
        }
    }

    fn own_name(&self) -> Option<&str> {
        self.own()?.name.as_deref()
    }

    fn domain(&self) -> Option<&str> {
        self.own()?.domains.first().map(String::as_str)
    }

    /// What the configuration calls it. Where that has no name for it either, Azure's stands for the id.
    fn name(&self) -> &str {
        match self {
            Self::SetUp(directory, _) if !directory.is_nameless() => &directory.name,
            Self::SetUp(directory, _) => self.own_name().unwrap_or(&directory.name),
            Self::NotSetUp(_) => self.own_name().or(self.domain()).unwrap_or("Without a name"),
        }
    }

    /// Whether each word that is `wanted` is in a name, the id or a domain.
    fn is_wanted(&self, wanted: &str) -> bool {
        let domains = self.own().map(|own| own.domains.join(" ")).unwrap_or_default();
        let names = [self.name(), self.own_name().unwrap_or_default()].join(" ");
        let text = format!("{names} {} {domains}", self.id()).to_lowercase();
        wanted.to_lowercase().split_whitespace().all(|word| text.contains(word))
    }
}

/// All of them, by name.
fn entries<'a>(set_up: &'a [Directory], own: Option<&'a HashMap<TenantId, Own>>) -> Vec<Entry<'a>> {
    let is_set_up = |own: &&Own| set_up.iter().any(|directory| directory.id == own.id);
    let not_set_up = own.into_iter().flat_map(HashMap::values).filter(|own| !is_set_up(own));
    let mut entries: Vec<Entry> = set_up
        .iter()
        .map(|directory| Entry::SetUp(directory, own.and_then(|own| own.get(&directory.id))))
        .chain(not_set_up.map(Entry::NotSetUp))
        .collect();
    entries.sort_by_cached_key(|entry| (entry.name().to_lowercase(), entry.id().to_string()));
    entries
}

/// The others: where the person can go, and where their account is besides. `is_told`: whether Azure told which these are.
fn others_view(
    context: &Context,
    mut others: Vec<&Entry>,
    seen: &BTreeMap<TenantId, Seen>,
    is_told: bool,
    wanted: &str,
) -> AnyView {
    let search = (others.len() >= SEARCHED || !wanted.is_empty()).then(|| {
        view! {
            <form method="get" action="/tenants" role="search" class="find-tenant">
                <SearchField label="Search directories" hint="Name, domain or id" value=wanted.to_owned()/>
                <button class="button">"Search"</button>
            </form>
        }
    });
    others.retain(|entry| entry.is_wanted(wanted));
    let is_none = others.is_empty() && !wanted.is_empty();
    let set_up = others.iter().filter_map(|entry| match entry {
        Entry::SetUp(directory, _) => Some(row(directory, entry, is_told, seen, &context.site.permissions)),
        Entry::NotSetUp(_) => None,
    });
    let set_up: Vec<AnyView> = set_up.collect();
    let not_set_up: Vec<AnyView> = others
        .iter()
        .filter(|entry| matches!(entry, Entry::NotSetUp(_)))
        .map(|entry| bare_row(entry))
        .collect();
    let count =
        has_others(context).then(|| view! { <span class="quiet">{format!(" {}", set_up.len())}</span> });
    let single = (!has_others(context)).then(|| {
        view! { <p class="prose">"This portal is configured for this one directory, so there is none to switch to. Whoever runs it can list others in its configuration (allowed_tenants); an account is needed in each."</p> }
    });
    let untold = (!is_told).then(|| {
        view! { <p class="prose quiet">"Which directories your account is in could not be read from Azure. This page tells only of those that the portal is set up for."</p> }
    });
    // Of a portal for one directory, these are only good to know.
    let is_open = has_others(context) || !wanted.is_empty();
    view! {
        <h2 class="tenants-head">"Other directories"{count}</h2>
        {single}
        {untold}
        {search}
        {is_none.then(|| view! { <p class="prose">"None of them is called that. "<a href="/tenants">"Show all"</a></p> })}
        <ul class="tenants">{set_up}</ul>
        {besides(not_set_up, is_open)}
    }
    .into_any()
}

/// Those that the account is in and the portal is not set up for.
fn besides(rows: Vec<AnyView>, is_open: bool) -> Option<AnyView> {
    let title = match rows.len() {
        0 => return None,
        1 => "Your account is in 1 directory that this portal is not set up for".to_owned(),
        count => format!("Your account is in {count} directories that this portal is not set up for"),
    };
    let view = view! {
        <details class="tenants-besides" open=is_open>
            <summary><h2>{title}</h2></summary>
            <p class="prose">"Nothing can be activated there from here. Whoever runs the portal can add them to its configuration (allowed_tenants)."</p>
            <ul class="tenants">{rows}</ul>
        </details>
    };
    Some(view.into_any())
}

fn bare_row(entry: &Entry) -> AnyView {
    let id = entry.id().to_string();
    let name = entry.name().to_owned();
    let domain = entry.domain().map(|domain| view! { <p class="quiet">{domain.to_owned()}</p> });
    view! {
        <li class="panel tenant">
            <h3>{name.clone()}</h3>
            {domain}
            <p class="with-copy">"Directory id "<code>{id.clone()}</code><CopyButton text=id what=format!("the directory id of {name}")/></p>
        </li>
    }
    .into_any()
}

/// Whether the account is in it, where Azure told.
fn membership(entry: &Entry, is_told: bool) -> Option<AnyView> {
    let view = match entry.own() {
        Some(_) => {
            let domain = entry.domain().map(|domain| format!(" {domain}"));
            view! { <p><span class="mark good">"✓ Your account is in it"</span><span class="quiet">{domain}</span></p> }.into_any()
        }
        None if is_told => {
            view! { <p>"Azure does not list it for your account. Somebody there has to invite you first; a new invitation can take a while to show."</p> }
                .into_any()
        }
        None => return None,
    };
    Some(view)
}

/// What the consent is, in words; and each missing permission with what stops.
fn told(
    seen: Option<&Seen>,
    permissions: &[Permission],
) -> (&'static str, &'static str, Vec<(String, &'static str)>) {
    match seen.map(|seen| &seen.consent) {
        None => ("Consent not known: nobody has signed in there yet", "mark", Vec::new()),
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

fn row(
    directory: &Directory,
    entry: &Entry,
    is_told: bool,
    seen: &BTreeMap<TenantId, Seen>,
    permissions: &[Permission],
) -> AnyView {
    let (id, name) = (directory.id.to_string(), entry.name().to_owned());
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
                <h3>{name.clone()}</h3>
                <form method="post" action="/auth/tenant">
                    <input type="hidden" name="tenant" value=id.clone()/>
                    <button class="button">"Switch"<span class="for-readers">{format!(" to {name}")}</span></button>
                </form>
            </div>
            {membership(entry, is_told)}
            <p><span class=class>{state}</span>" "{at}</p>
            {refused}
            <ul class="stops">{stops}</ul>
            <details>
                <summary>"Link for its administrator"</summary>
                <CopyField id=format!("consent-{id}") label=format!("Link for an administrator of {name}") text=directory.admin_consent_url.clone()/>
                <p class="with-copy">"Directory id "<code>{id.clone()}</code></p>
            </details>
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0d8c9e8e-56a0-4f2b-9a35-0c1e5a1c8f22";

    fn directory(name: &str) -> Directory {
        Directory { id: ID.parse().unwrap(), name: name.to_owned(), admin_consent_url: String::new() }
    }

    fn own(name: Option<&str>) -> Own {
        let domains = vec!["fabrikam.example".to_owned(), "shop.example".to_owned()];
        Own { id: ID.parse().unwrap(), name: name.map(str::to_owned), domains }
    }

    #[test]
    fn a_search_finds_words_of_names_of_domains_and_of_the_id() {
        let (directory, own) = (directory("Fabrikam Retail"), own(Some("Fabrikam Ltd")));
        let entry = Entry::SetUp(&directory, Some(&own));
        for wanted in ["", "retail fab", "0D8C9E8E", " ", "ltd", "Shop.example", "retail fabrikam.example"] {
            assert!(entry.is_wanted(wanted), "{wanted:?}");
        }
        assert!(!entry.is_wanted("contoso"));
        assert!(!Entry::SetUp(&directory, None).is_wanted("ltd"));
    }

    #[test]
    fn azure_s_name_stands_for_an_id_and_not_for_the_organisation_s_own() {
        let (named, bare) = (directory("Fabrikam Retail"), directory(ID));
        let (told, nameless) = (own(Some("Fabrikam Ltd")), own(None));
        for (entry, name) in [
            (Entry::SetUp(&named, Some(&told)), "Fabrikam Retail"),
            (Entry::SetUp(&bare, Some(&told)), "Fabrikam Ltd"),
            (Entry::SetUp(&bare, Some(&nameless)), ID),
            (Entry::SetUp(&bare, None), ID),
            (Entry::NotSetUp(&told), "Fabrikam Ltd"),
            (Entry::NotSetUp(&nameless), "fabrikam.example"),
        ] {
            assert_eq!(entry.name(), name);
        }
    }
}
