//! `/`: what is active, what can be activated, and what that would ask.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use portal::Session;

use crate::actions::Notice;
use crate::components::frame::Frame;
use crate::components::icon::{Glyph, Icon};
use crate::components::pulse::NotifyOffer;
use crate::context::{Context, signed_in};
use crate::fragments::{Narrowed, Part, part_view, placeholder};
use crate::islands::{Dock, Filter, Late, Live};

/// The page. All reads start at once; parts are drawn in document order, each as soon as it is there.
#[component]
pub(crate) fn Overview() -> impl IntoView {
    let Some((context, session)) = signed_in() else { return ().into_any() };
    let query = use_query_map().get_untracked();
    let narrowed = Narrowed {
        search: query.get("q").unwrap_or_default(),
        plane: query.get("plane").unwrap_or_default(),
    };
    let notice = query.get("notice").and_then(|slug| Notice::parse(&slug));
    context.portal.prefetch(&session);

    let held = parts(&context, &session, Part::Held, &narrowed);
    let eligible = parts(&context, &session, Part::Eligible, &narrowed);
    view! {
        <Frame title="Overview">
            <div class="page-head">
                <h1>"Overview"</h1>
                <form method="post" action="/do/refresh">
                    <input type="hidden" name="q" value=narrowed.search.clone()/>
                    <input type="hidden" name="plane" value=narrowed.plane.clone()/>
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
                    <Toolbar context=context.clone() narrowed=narrowed.clone()/>
                    <form method="post" action="/do/select" data-dock="">
                        <table class="eligible">
                            <caption class="for-readers">"Eligible roles and what each asks for"</caption>
                            <thead><tr>
                                <th class="tick" scope="col"><input type="checkbox" data-all="" aria-label="Choose all shown roles"/></th>
                                <th scope="col">"Role"</th><th scope="col">"Up to"</th><th scope="col">"Reason"</th>
                                <th scope="col">"Ticket"</th><th scope="col">"MFA"</th><th scope="col">"Sign-in"</th>
                                <th scope="col">"Approval"</th><th scope="col">"Eligible until"</th>
                            </tr></thead>
                            {eligible}
                        </table>
                        <p class="nothing">"Nothing matches. Try fewer words or all planes."</p>
                        <div class="dock">
                            <strong data-sum="">"Ticked roles"</strong>
                            <span class="asks" data-asks="" aria-live="polite"></span>
                            <button class="plain" type="button" data-clear="">"Clear"</button>
                            <button class="button primary">"Activate…"</button>
                        </div>
                    </form>
                </div>
            </section>
            <Filter/>
            <Dock/>
            <Late source=narrowed.address("/events/overview")/>
            <Live source="/events/changes".into() parts=narrowed.address("/events/overview")/>
        </Frame>
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
fn parts(context: &Context, session: &Session, part: Part, narrowed: &Narrowed) -> Vec<AnyView> {
    let planes: Vec<_> = context.portal.planes().cloned().collect();
    let draw = |plane: pim::plane::Descriptor| {
        let (context, session, narrowed) = (context.clone(), session.clone(), narrowed.clone());
        Suspend::new(async move {
            let reading = part_view(context.clone(), session, plane.clone(), part, narrowed.clone());
            match tokio::time::timeout_at(context.began + budget(part), reading).await {
                Ok(view) => view(),
                Err(_late) => placeholder(&plane, part, &narrowed),
            }
        })
        .into_any()
    };
    planes.into_iter().map(draw).collect()
}

/// Search and plane filter: a form and links, so that they work by page load as well.
#[component]
fn Toolbar(context: Context, narrowed: Narrowed) -> impl IntoView {
    let link = |id: String, text: String| {
        let href = Narrowed { plane: id.clone(), ..narrowed.clone() }.address("/");
        let current = (narrowed.plane == id).then_some("true");
        view! { <a class="chip" href=href data-plane-filter=id aria-current=current>{text}" "<span class="n"></span></a> }
    };
    let all = link(String::new(), "All".into());
    let planes =
        context.portal.planes().map(|plane| link(plane.id.to_string(), plane.short.into())).collect_view();
    view! {
        <form class="toolbar" id="search-form" method="get" action="/" role="search">
            <label class="search">
                <Icon glyph=Glyph::Search/>
                <span class="for-readers">"Search eligible roles"</span>
                <input type="search" id="search" name="q" placeholder="Role, scope or group" value=narrowed.search.clone() autocomplete="off"/>
                <kbd aria-hidden="true">"/"</kbd>
            </label>
            <input type="hidden" name="plane" value=narrowed.plane.clone()/>
            <button class="button without-script">"Search"</button>
            <nav class="chips" aria-label="Planes">{all}{planes}</nav>
        </form>
    }
}
