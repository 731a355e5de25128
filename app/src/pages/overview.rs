//! `/`: what is active, what can be activated, and what that would ask.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};
use portal::Session;

use crate::actions::Notice;
use crate::components::frame::Frame;
use crate::components::pulse::NotifyOffer;
use crate::components::toolbar::Toolbar;
use crate::context::{Context, signed_in};
use crate::fragments::{Part, columns, part_view, placeholder};
use crate::islands::{Dock, Filter, Late, Live, Rows};
use crate::view::View;

/// The page. All reads start at once; parts are drawn in document order, each as soon as it is there.
#[component]
pub(crate) fn Overview() -> impl IntoView {
    let Some((context, session)) = signed_in() else { return ().into_any() };
    let query = use_location().search.get_untracked();
    let notice = use_query_map().get_untracked().get("notice").and_then(|slug| Notice::parse(&slug));
    context.portal.prefetch(&session);
    let whole = Suspend::new(async move {
        // A layout that cannot be read is no reason to show nothing.
        let own = context.portal.own_view(&session).await.unwrap_or_default();
        let view = View::parse(&query, &own);
        content(&context, &session, &view, notice)
    });
    view! { <Frame title="Overview">{whole}</Frame> }.into_any()
}

fn content(context: &Context, session: &Session, view: &View, notice: Option<Notice>) -> AnyView {
    let held = parts(context, session, Part::Held, view);
    let eligible = parts(context, session, Part::Eligible, view);
    let query = view.query();
    let opening = form_urlencoded::parse(query.as_bytes()).into_owned();
    let opening =
        opening.map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
    view! {
        <div class="page-head">
            <h1>"Overview"</h1>
            <form method="post" action="/do/refresh">
                <input type="hidden" name="view" value=view.query()/>
                <button class="button">"Refresh"</button>
            </form>
        </div>
        {notice.map(|notice| view! { <p class="notice warn-ground" role="status">{notice.text()}</p> })}
        <section aria-labelledby="active">
            <h2 id="active">"Active "<span class="quiet count" data-active-count=""></span></h2>
            <form class="panel" method="get" action="/deactivate" data-dock="">
                // A form sent by Enter presses its first button, which must not be one of a row's own.
                <button class="first-button" tabindex="-1" aria-hidden="true"></button>
                <table class="held">
                    <caption class="for-readers">"Active roles and waiting requests"</caption>
                    <thead class="for-readers"><tr>
                        <th scope="col">"Choose"</th><th scope="col">"Role"</th><th scope="col">"State"</th>
                        <th scope="col">"Time left"</th><th scope="col">"Actions"</th>
                    </tr></thead>
                    {held}
                </table>
                <p class="nothing">"No role is active. Tick one below to activate it."</p>
                <div class="several"><span data-sum="">"Ticked roles"</span><button class="button">"Deactivate ticked…"</button></div>
                <NotifyOffer/>
                <div class="all-of-them"><a href="/deactivate?all=1">"Deactivate all…"</a></div>
            </form>
        </section>
        <section aria-labelledby="eligible">
            <h2 id="eligible">"Eligible "<span class="quiet count" id="shown" aria-live="polite"></span></h2>
            <div class="panel">
                <Toolbar context=context.clone() view=view.clone()/>
                <form method="post" action="/do/select" data-dock="">
                    <table role="table" class="eligible">
                        <caption class="for-readers">"Eligible roles and what each asks for"</caption>
                        {columns(view)}
                        {eligible}
                    </table>
                    <p class="nothing">"Nothing matches. Try fewer words or filters, or all planes. "<a href="/">"Show all"</a></p>
                    <div class="dock">
                        <strong data-sum="">"Ticked roles"</strong>
                        <span class="asks" data-asks="" aria-live="polite"></span>
                        <button class="plain" type="button" data-clear="">"Clear"</button>
                        <button class="button primary">"Activate…"</button>
                    </div>
                </form>
            </div>
        </section>
        // What the buttons of rows send where no script does it in their place.
        <form id="starring" method="post" action="/do/star"><input type="hidden" name="view" value=view.query()/></form>
        <form id="opening" method="get" action="/">{opening}</form>
        <Filter/>
        <Rows/>
        <Dock/>
        <Late source="/events/overview".into()/>
        <Live source="/events/changes".into() parts="/events/overview".into()/>
    }
    .into_any()
}

/// How long the page waits for a part, counted from the request; what is not there by then arrives later. What is active stands
/// first and must not keep the eligible roles waiting; after the last part the islands wake up.
const fn budget(part: Part) -> Duration {
    match part {
        Part::Held => Duration::from_millis(800),
        Part::Eligible => Duration::from_secs(2),
    }
}

/// One part for each plane, each drawn when it is there, or as a placeholder when the page must not wait any longer.
fn parts(context: &Context, session: &Session, part: Part, view: &View) -> Vec<AnyView> {
    let planes: Vec<_> = context.portal.planes().cloned().collect();
    let draw = |plane: pim::plane::Descriptor| {
        let (context, session, view) = (context.clone(), session.clone(), view.clone());
        Suspend::new(async move {
            let reading = part_view(context.clone(), session, plane.clone(), part, view.clone());
            match tokio::time::timeout_at(context.began + budget(part), reading).await {
                Ok(drawn) => drawn(),
                Err(_late) => placeholder(&plane, part, &view),
            }
        })
        .into_any()
    };
    planes.into_iter().map(draw).collect()
}
