//! Search, planes, filters and layout of the eligible roles: one form whose fields are the keys of a [`View`], so that it works by page load;
//! the filter island reads the same fields.

use leptos::prelude::*;

use super::search::SearchField;
use crate::context::Context;
use crate::view::choices::{Choice, Column};
use crate::view::{Layout, View};

#[component]
pub(crate) fn Toolbar(context: Context, view: View) -> impl IntoView {
    let link = |id: String, text: String| {
        let planes = if id.is_empty() { Vec::new() } else { vec![id.clone()] };
        let current = (view.planes == planes).then_some("true");
        let href = View { planes, ..view.clone() }.address("/");
        view! { <a class="chip" href=href data-plane-filter=id aria-current=current>{text}" "<span class="n"></span></a> }
    };
    let all = link(String::new(), "All".into());
    let planes =
        context.portal.planes().map(|plane| link(plane.id.to_string(), plane.short.into())).collect_view();
    let chosen = view.planes.iter().cloned();
    let chosen = chosen.map(|plane| view! { <input type="hidden" name="plane" value=plane/> }).collect_view();
    let count = Some(view.filters()).filter(|count| *count > 0);
    let layout = view.layout.clone();
    let unfiltered = View { layout: view.layout.clone(), has_own: view.has_own, ..View::default() };
    view! {
        <form class="toolbar" id="search-form" method="get" action="/" role="search" data-own=view.has_own.then_some("")>
            // What Enter presses, before the buttons that move columns.
            <button class="first-button" tabindex="-1" aria-hidden="true"></button>
            <SearchField label="Search eligible roles" hint="Role, scope or group" value=view.search.clone() has_key=true/>
            <span data-planes="">{chosen}</span>
            <button class="button without-script">"Search"</button>
            <nav class="chips" aria-label="Planes">{all}{planes}</nav>
            <details class="menu">
                <summary class="button">"Filter"<span class="filter-count" data-filter-count="">{count}</span></summary>
                <div class="menu-panel">
                    <Boxes legend="Asks for" name="asks" chosen=view.asks.clone() always=true/>
                    <Boxes legend="Holds for" name="scope" chosen=view.scopes.clone()/>
                    <Boxes legend="Environment, by its name" name="env" chosen=view.environments.clone()/>
                    <Boxes legend="Only" name="only" chosen=view.only.clone() always=true/>
                    <div class="menu-foot">
                        <a href=unfiltered.address("/") data-no-filters="">"Clear filters"</a>
                        <button class="button without-script">"Apply"</button>
                    </div>
                </div>
            </details>
            <details class="menu">
                <summary class="button">"View"</summary>
                <div class="menu-panel">
                    <Pick label="Sort by" name="sort" chosen=layout.sort/>
                    <Pick label="Group by" name="group" chosen=layout.group/>
                    <fieldset>
                        <legend>"Columns"</legend>
                        <ul class="columns-shown">{column_lines(&layout.columns)}</ul>
                    </fieldset>
                    <div class="menu-foot">
                        <button class="button" form="keep-view" name="step" value="keep">"Make this my default"</button>
                        {view.has_own.then(|| view! { <button class="plain" form="keep-view" name="step" value="forget">"Forget my default"</button> })}
                        <button class="button without-script">"Apply"</button>
                    </div>
                </div>
            </details>
        </form>
        <form id="keep-view" method="post" action="/do/keep-view"><input type="hidden" name="view" value=keeping(&view)/></form>
    }
}

/// A query that says the layout in any case: what is kept must not depend on what was kept before.
fn keeping(view: &View) -> String {
    View { has_own: true, ..view.clone() }.query()
}

/// A set of boxes. Only what occurs among the rows is offered, unless `always`; the style sheet sees to that, because rows come later.
#[component]
fn Boxes<C: Choice + Send + Sync>(
    legend: &'static str,
    name: &'static str,
    chosen: Vec<C>,
    #[prop(optional)] always: bool,
) -> impl IntoView {
    let boxes = C::ALL.iter().map(|one| {
        let (slug, checked) = (one.slug(), chosen.contains(one));
        view! {
            <label class="box" data-offer=(!always).then_some(slug)>
                <input type="checkbox" name=name value=slug checked=checked/>{one.label()}
            </label>
        }
    });
    view! { <fieldset><legend>{legend}</legend>{boxes.collect_view()}</fieldset> }
}

#[component]
fn Pick<C: Choice + Send + Sync>(label: &'static str, name: &'static str, chosen: C) -> impl IntoView {
    let options = C::ALL.iter().map(|one| {
        view! { <option value=one.slug() selected=*one == chosen>{one.label()}</option> }
    });
    view! { <label class="field-of-menu">{label}<select name=name>{options.collect_view()}</select></label> }
}

/// The columns: those that are shown in their order, then the rest.
fn column_lines(shown: &[Column]) -> AnyView {
    let hidden = Layout::default().columns.into_iter().filter(|column| !shown.contains(column));
    let all = shown.iter().copied().chain(hidden);
    let line = |column: Column| {
        let (slug, label) = (column.slug(), column.label());
        view! {
            <li>
                <label class="box"><input type="checkbox" name="col" value=slug checked=shown.contains(&column)/>{label}</label>
                <button class="icon-button" name="move" value=format!("{slug}:up") aria-label=format!("Move {label} to the left")>"↑"</button>
                <button class="icon-button" name="move" value=format!("{slug}:down") aria-label=format!("Move {label} to the right")>"↓"</button>
            </li>
        }
    };
    all.map(line).collect_view().into_any()
}
