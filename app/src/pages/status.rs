//! `/status`: whether each plane works now, and which call failed last: what support asks for.
//!
//! The planes are asked anew when the page is opened. What Microsoft answered is told as status and code, never as text.

use std::time::Duration;

use jiff::Timestamp;
use leptos::prelude::*;
use pim::error::PlaneError;
use pim::ids::PlaneId;
use pim::plane::Descriptor;
use portal::status::Failure;
use portal::{Portal, Session};

use crate::components::copy::CopyField;
use crate::components::failure;
use crate::components::frame::Frame;
use crate::components::time::At;
use crate::context::signed_in;

/// How long the page waits for a plane.
const PATIENCE: Duration = Duration::from_secs(6);

/// How a plane stands now.
enum Now {
    Works,
    Fails(PlaneError),
    NoAnswer,
}

async fn look(portal: Portal, session: Session, plane: PlaneId) -> Now {
    match tokio::time::timeout(PATIENCE, portal.held(&session, &plane)).await {
        Ok(Ok(_)) => Now::Works,
        Ok(Err(error)) => Now::Fails(error),
        Err(_) => Now::NoAnswer,
    }
}

/// `/status`.
#[component]
pub(crate) fn StatusPage() -> impl IntoView {
    let Some((context, session)) = signed_in() else { return ().into_any() };
    Suspend::new(async move {
        context.portal.forget(&session).await;
        let planes: Vec<Descriptor> = context.portal.planes().cloned().collect();
        let looks = planes.iter().map(|plane| look(context.portal.clone(), session.clone(), plane.id.clone()));
        let looks: Vec<_> = looks.map(tokio::spawn).collect();
        let mut seen = Vec::new();
        for (plane, look) in planes.into_iter().zip(looks) {
            seen.push((plane, look.await.unwrap_or(Now::NoAnswer)));
        }
        let now = context.now();
        let planes = seen.into_iter().map(|(plane, look)| {
            let failure = context.status.last_failure(session.caller.principal, &plane.id);
            section(&plane, look, failure, now)
        });
        let planes = planes.collect_view();
        view! {
            <Frame title="Status">
                <div class="page-head"><h1>"Status"</h1><a class="button" href="/status">"Look again"</a></div>
                <p class="prose">"Whether Microsoft answers the portal on your behalf, as of now, and which of your calls failed last. Support at Microsoft finds a call by its correlation id; whoever runs the portal finds it in the log."</p>
                {planes}
            </Frame>
        }
    })
    .into_any()
}

fn section(plane: &Descriptor, look: Now, failure: Option<Failure>, now: Timestamp) -> AnyView {
    let id = plane.id.as_str().to_owned();
    let works = matches!(look, Now::Works);
    let (mark, class, todo) = match look {
        Now::Works => ("✓ Works now", "mark good", None),
        Now::Fails(error) => {
            let (why, todo) = failure::words(&error);
            ("✗ Fails now", "mark bad", Some(format!("{why}. {todo}")))
        }
        Now::NoAnswer => ("? No answer yet", "mark waiting", Some("It takes longer than usual.".to_owned())),
    };
    let failed = match failure {
        Some(failure) => told(&id, failure, works, now),
        None => view! { <p class="quiet">"No call has failed lately."</p> }.into_any(),
    };
    view! {
        <section class="panel tenant" aria-labelledby=format!("status-{id}")>
            <h2 id=format!("status-{id}")>{plane.title}</h2>
            <p data-plane=id.clone()><span class=class>{mark}</span>{todo.map(|todo| format!(" {todo}"))}</p>
            {failed}
        </section>
    }
    .into_any()
}

fn told(plane: &str, failure: Failure, works: bool, now: Timestamp) -> AnyView {
    let Failure { call, since, last, times, worked_again } = failure;
    let answered = match (call.status, &call.code) {
        (Some(status), Some(code)) => format!("{status} {code}"),
        (Some(status), None) => status.to_string(),
        (None, _) => "Nothing".to_owned(),
    };
    // What stands in for a list that is refused is not asked for again once the list can be read.
    let not_again = if works { "Not asked for again" } else { "Not since" };
    let again = worked_again.map_or_else(
        || view! { {not_again} }.into_any(),
        |at| view! { "Since "<At at=at now=now/> }.into_any(),
    );
    let often = if times == 1 { "once".to_owned() } else { format!("{times} times") };
    let field = |name: &str, label: &'static str, id: String| {
        view! { <CopyField id=format!("{name}-{plane}") label=label text=id/> }
    };
    let ids =
        call.correlation_id.map(|id| field("correlation", "Correlation id, for Microsoft's support", id));
    view! {
        <h3>"The call that failed last"</h3>
        <dl>
            <dt>"Call"</dt><dd><code>{format!("{} {}", call.method, call.route)}</code></dd>
            <dt>"Since"</dt><dd><At at=since now=now/>{format!(", {often}")}</dd>
            <dt>"Last"</dt><dd><At at=last now=now/></dd>
            <dt>"Microsoft answered"</dt><dd><code>{answered}</code></dd>
            <dt>"Works again"</dt><dd>{again}</dd>
        </dl>
        {ids}
        {field("client", "The portal's own id for the call", call.client_request_id)}
    }
    .into_any()
}
