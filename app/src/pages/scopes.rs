//! `/activate/{selection}/scopes?role=…`: at which scopes below its own a role is to be activated.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use pim::child_scope::ChildScope;
use pim::ids::SelectionId;
use pim::listing::Coverage;
use portal::narrow::{MOST_SCOPES, Narrowing};
use portal::selection::RowKey;

use crate::components::failure;
use crate::components::frame::Frame;
use crate::components::search::SearchField;
use crate::context::signed_in;
use crate::pages::not_found::NotFound;
use crate::words;

/// Scopes on one page.
const PAGE: usize = 50;

/// Where in the list the person is.
struct View {
    search: String,
    /// From 0.
    page: usize,
}

/// The page.
#[component]
pub(crate) fn Scopes() -> impl IntoView {
    let Some((context, session)) = signed_in() else { return ().into_any() };
    let params = use_params_map().get_untracked();
    let query = use_query_map().get_untracked();
    let id = params.get("selection").and_then(|text| text.parse::<SelectionId>().ok());
    let row = query.get("role").and_then(|text| RowKey::parse(&text));
    let view = View {
        search: query.get("q").unwrap_or_default(),
        page: query.get("page").and_then(|page| page.parse().ok()).unwrap_or_default(),
    };
    Suspend::new(async move {
        let Some((id, row)) = id.zip(row) else { return view! { <NotFound/> }.into_any() };
        let Ok(selection) = context.portal.selection(&session, id).await else {
            return view! { <NotFound/> }.into_any();
        };
        match context.portal.narrowing(&session, &selection, &row).await {
            Ok(narrowing) => page(id, row, &narrowing, view),
            Err(error) => {
                let (why, todo) = failure::words(&error);
                view! {
                    <Frame title="Scopes">
                        <div class="page-head"><h1>"Scopes"</h1><a class="button" href=format!("/activate/{id}")>"Back"</a></div>
                        <p class="notice warn-ground" role="status">{format!("The scopes could not be read: {why}. {todo} The role can be activated where it is eligible all the same.")}</p>
                    </Frame>
                }
                .into_any()
            }
        }
    })
    .into_any()
}

fn page(id: SelectionId, row: RowKey, narrowing: &Narrowing, view: View) -> AnyView {
    let Narrowing { role, below, chosen } = narrowing;
    let names = &role.eligibility.names;
    let wanted = words::Wanted::new(&view.search);
    let fits = |child: &&ChildScope| {
        let text = format!("{} {} {}", child.name, child.kind, child.path.join(" ")).to_lowercase();
        wanted.is_in(&text)
    };
    let found: Vec<&ChildScope> = below.rows.iter().filter(fits).collect();
    let pages = found.len().div_ceil(PAGE).max(1);
    let at = view.page.min(pages - 1);
    let shown: Vec<&ChildScope> = found.iter().skip(at * PAGE).take(PAGE).copied().collect();
    let is_chosen = |child: &ChildScope| chosen.iter().any(|one| one.scope == child.scope);
    // What is chosen and not on this page goes along, so that searching loses nothing.
    let elsewhere = chosen.iter().filter(|one| !shown.iter().any(|child| child.scope == one.scope));
    let keep = elsewhere
        .map(|one| {
            view! {
                <li><label class="pick"><input type="checkbox" name="keep[]" value=one.scope.to_string() checked=true/>
                    <span><strong>{one.name.clone()}</strong><span class="place">{one.kind.clone()}" · chosen before"</span></span></label></li>
            }
        })
        .collect_view();
    let rows = shown
        .iter()
        .map(|child| {
            let place = std::iter::once(child.kind.clone()).chain(child.path.clone()).collect::<Vec<_>>().join(" · ");
            view! {
                <li><label class="pick"><input type="checkbox" name="scopes[]" value=child.scope.to_string() checked=is_chosen(child)/>
                    <span><strong>{child.name.clone()}</strong><span class="place">{place}</span></span></label></li>
            }
        })
        .collect_view();
    let nothing =
        found.is_empty().then(|| view! { <li class="note">"Nothing matches. Try fewer words."</li> });
    let missing = match below.coverage {
        Coverage::ScopeByScope { asked, unanswered } if unanswered > 0 => Some(view! {
            <p class="notice warn-ground" role="status">{format!("{unanswered} of {asked} scopes did not answer; what lies below them is missing.")}</p>
        }),
        _ => None,
    };
    let address = |page: usize| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("role", &row.to_string());
        if !view.search.is_empty() {
            query.append_pair("q", &view.search);
        }
        query.append_pair("page", &page.to_string());
        format!("/activate/{id}/scopes?{}", query.finish())
    };
    let turn = (pages > 1).then(|| {
        view! {
            <nav class="after" aria-label="Pages">
                {(at > 0).then(|| view! { <a class="button" href=address(at.saturating_sub(1))>"Previous"</a> })}
                <span class="quiet">{format!("Page {} of {pages}", at + 1)}</span>
                {(at + 1 < pages).then(|| view! { <a class="button" href=address(at + 1)>"Next"</a> })}
            </nav>
        }
    });
    let heading = format!("Scopes of {}", names.title);
    let explanation = format!(
        "Eligible at {}. Ticked scopes are activated one by one, up to {MOST_SCOPES}; without any, the role is activated where it is eligible.",
        names.place
    );
    let counted = format!("{} of {}", found.len(), below.rows.len());
    let key = row.to_string();
    view! {
        <Frame title=heading.clone()>
            <div class="page-head">
                <div><p class="crumbs"><a href="/">"Overview"</a>" / "<a href=format!("/activate/{id}")>"Activate"</a>" / Scopes"</p><h1>{heading}</h1></div>
                <a class="button" href=format!("/activate/{id}")>"Back"</a>
            </div>
            <p>{explanation}</p>
            {missing}
            <form class="toolbar panel" method="get" action=format!("/activate/{id}/scopes") role="search">
                <input type="hidden" name="role" value=key.clone()/>
                <SearchField label="Search scopes" hint="Subscription, resource group" value=view.search/>
                <button class="button">"Search"</button>
                <span class="quiet">{counted}</span>
            </form>
            <form method="post" action="/do/narrow">
                <input type="hidden" name="selection" value=id.to_string()/>
                <input type="hidden" name="row" value=key/>
                <ul class="panel picks">{keep}{rows}{nothing}</ul>
                {turn}
                <p class="after"><button class="button primary">"Use ticked scopes"</button><span class="quiet">"Turning a page or searching keeps only what was used before."</span></p>
            </form>
        </Frame>
    }
    .into_any()
}
