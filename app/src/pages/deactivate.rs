//! `/deactivate?role=…`: what will be deactivated, and the button.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use portal::deactivate::ToDeactivate;
use portal::selection::RowKey;

use crate::components::failure;
use crate::components::frame::Frame;
use crate::components::plane::plane_mark;
use crate::components::time::{At, Left};
use crate::context::{Context, signed_in};
use crate::words;

/// The page.
#[component]
pub(crate) fn Deactivate() -> impl IntoView {
    let Some((context, session)) = signed_in() else { return ().into_any() };
    let query = use_query_map().get_untracked();
    let rows: Vec<RowKey> =
        query.get_all("role").unwrap_or_default().iter().filter_map(|text| RowKey::parse(text)).collect();
    let all = query.get("all").is_some();
    Suspend::new(async move {
        let found = if all {
            context.portal.all_active(&session).await
        } else {
            context.portal.to_deactivate(&session, &rows).await
        };
        page(&context, found)
    })
    .into_any()
}

fn page(context: &Context, found: ToDeactivate) -> AnyView {
    let now = context.now();
    let count = found.active.len();
    let heading = if count == 0 {
        "Nothing to deactivate".into()
    } else {
        format!("Deactivate {}", words::roles(count))
    };
    let active = found.active.iter().map(|row| {
        let plane = context.portal.planes().find(|plane| plane.id == row.target.plane);
        let mark = plane.map(plane_mark);
        let early = row.deactivatable_from().filter(|from| *from > now).map(|from| {
            view! { <span class="warn">"Microsoft keeps a role for at least five minutes: possible from "<At at=from now=now/>"."</span> }
        });
        view! {
            <li>
                <input type="hidden" name="rows[]" value=RowKey::new(&row.target.plane, row.id.as_str()).to_string()/>
                <div class="role"><strong>{row.names.title.clone()}</strong><span class="place">{row.names.place.clone()}</span>{mark}</div>
                <div class="gives"><Left row=row.clone() now=now/>{early}</div>
            </li>
        }
    });
    let rows = active.collect_view();
    let gone = (found.gone > 0).then(|| {
        view! { <li class="note">{format!("{} you chose: not active any more.", words::roles(found.gone))}</li> }
    });
    let unread = found.unread.iter().map(|(plane, error)| {
        let title = context.portal.planes().find(|known| &known.id == plane).map_or("", |plane| plane.title);
        let (why, todo) = failure::words(error);
        view! { <li class="note">{format!("{title}: {why}. {todo}")}</li> }
    });
    let unread = unread.collect_view();
    let early =
        found.active.iter().filter(|row| row.deactivatable_from().is_some_and(|from| from > now)).count();
    let queue = (early > 0).then(|| {
        view! {
            <p class="after">
                <label class="pick"><input type="checkbox" name="when" value="allowed" checked=true/>
                    <span>"Deactivate when allowed"<span class="place">{format!("{} cannot be deactivated yet: the portal does it as soon as Microsoft allows, while you are signed in.", words::roles(early))}</span></span></label>
            </p>
        }
    });
    let nothing = (count == 0 && found.gone == 0 && found.unread.is_empty())
        .then(|| view! { <li class="note">"None of your roles is active, or none was ticked. Tick what you want to deactivate on the overview."</li> });
    let button = if count == 0 {
        view! { <a class="button primary" href="/">"Go to the overview"</a> }.into_any()
    } else {
        view! {
            <button class="button danger">{format!("Deactivate {}", words::roles(count))}</button>
            <span class="quiet">"You can activate again as long as you are eligible."</span>
        }
        .into_any()
    };
    view! {
        <Frame title=heading.clone()>
            <div class="page-head">
                <div><p class="crumbs"><a href="/">"Overview"</a>" / Deactivate"</p><h1>{heading}</h1></div>
                <a class="button" href="/">"Back"</a>
            </div>
            <form method="post" action="/do/deactivate">
                <ul class="panel plan">{rows}{gone}{unread}{nothing}</ul>
                {queue}
                <p class="after">{button}</p>
            </form>
        </Frame>
    }
    .into_any()
}
