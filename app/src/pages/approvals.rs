//! `/approvals`: what waits for the person's decision, on all planes, many at once. With `?request=plane:id`, the address that a requester
//! passes on, that request stands first; when it does not wait here, the page says why as far as it is known.

use std::sync::Arc;

use jiff::Timestamp;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use pim::approval::Waiting;
use pim::error::{ErrorKind, PlaneError};
use pim::plane::Descriptor;
use portal::selection::RowKey;

use crate::actions::APPROVALS_FORM;
use crate::components::failure::ListFailure;
use crate::components::frame::Frame;
use crate::components::justification::JustificationField;
use crate::components::plane::plane_mark;
use crate::components::time::At;
use crate::context::signed_in;

/// The page.
#[component]
pub(crate) fn Approvals() -> impl IntoView {
    let Some((context, session)) = signed_in() else { return ().into_any() };
    let query = use_query_map().get_untracked();
    let chosen: Vec<String> = query.get_all("role").unwrap_or_default();
    let slug = query.get("problem");
    let asked_for = query.get("request").and_then(|key| RowKey::parse(&key));
    Suspend::new(async move {
        let keeps = slug.as_deref().is_some_and(|slug| slug != "gone");
        let typed = if keeps { context.portal.typed(&session, APPROVALS_FORM).await } else { String::new() };
        let missing = || "Write a reason: it is kept with the decision.".to_owned();
        let problem = slug.map(|slug| match slug.as_str() {
            "gone" => "What you chose does not wait any more: somebody else decided, or it was withdrawn."
                .to_owned(),
            "no-reason" | "rules" => {
                context.portal.rules().justification.problem(&typed).unwrap_or_else(missing)
            }
            _ => "Nothing was chosen. Tick at least one request.".to_owned(),
        });
        let mut lists = context.portal.waiting_everywhere(&session).await;
        let is_missing =
            |lists: &[Queue]| asked_for.as_ref().is_some_and(|key| !lists.iter().any(|list| has(list, key)));
        // It may have been made after the lists were read that are kept.
        if is_missing(&lists) {
            lists = context.portal.waiting_anew(&session).await;
        }
        let notice = match &asked_for {
            Some(key) if !lists.iter().any(|list| has(list, key)) => {
                Some(absent(key, &lists, context.portal.is_own_request(&session, &key.plane, &key.row).await))
            }
            _ => None,
        };
        page(lists, &Marked { chosen, asked_for }, typed, problem, notice, context.now())
    })
    .into_any()
}

/// What the address marks.
struct Marked {
    /// Rows to tick.
    chosen: Vec<String>,
    /// The request that a link led to.
    asked_for: Option<RowKey>,
}

impl Marked {
    fn is_asked_for(&self, plane: &Descriptor, waiting: &Waiting) -> bool {
        self.asked_for.as_ref().is_some_and(|key| {
            key.plane == plane.id && key.row.eq_ignore_ascii_case(waiting.request.as_str())
        })
    }
}

/// Whether the request waits on this plane.
fn has((plane, waiting): &Queue, key: &RowKey) -> bool {
    let all = waiting.as_ref().map_or(&[][..], |all| all.as_slice());
    plane.id == key.plane && all.iter().any(|one| key.row.eq_ignore_ascii_case(one.request.as_str()))
}

/// Why the request that a link led to is not on the page.
fn absent(key: &RowKey, lists: &[Queue], is_own: bool) -> AnyView {
    let unread = lists.iter().any(|(plane, waiting)| plane.id == key.plane && waiting.is_err());
    let text = if is_own {
        "The link leads to a request of your own: somebody else has to decide it. "
    } else if unread {
        "Whether the request that the link leads to still waits could not be read: its plane does not answer, see below. "
    } else {
        "The request that the link leads to does not wait for you. It was decided or withdrawn meanwhile, or you are not one of its approvers. "
    };
    let way = is_own.then(|| view! { <a href="/requests">"See your requests"</a> });
    view! { <p class="notice warn-ground" role="status"><span>{text}{way}</span></p> }.into_any()
}

/// What waits on one plane.
type Queue = (Descriptor, Result<Arc<Vec<Waiting>>, PlaneError>);

fn page(
    lists: Vec<Queue>,
    marked: &Marked,
    typed: String,
    problem: Option<String>,
    notice: Option<AnyView>,
    now: Timestamp,
) -> AnyView {
    let said = problem.clone();
    let count: usize =
        lists.iter().filter_map(|(_, waiting)| waiting.as_ref().ok()).map(|all| all.len()).sum();
    let is_whole = lists.iter().all(|(_, waiting)| waiting.is_ok());
    // The one that a link led to stands first.
    let first = lists.iter().find_map(|(plane, waiting)| {
        let one = waiting.as_ref().ok()?.iter().find(|one| marked.is_asked_for(plane, one))?;
        Some(row(plane, one, marked, now))
    });
    let parts = lists
        .into_iter()
        .map(|(plane, waiting)| match waiting {
            Ok(waiting) => waiting
                .iter()
                .filter(|one| !marked.is_asked_for(&plane, one))
                .map(|one| row(&plane, one, marked, now))
                .collect_view()
                .into_any(),
            Err(error) => unread(plane, error),
        })
        .collect_view();
    let nothing = (count == 0 && is_whole).then(|| view! { <li class="note">"Nothing waits for you. What others ask for and you may decide stands here."</li> });
    let form = (count > 0).then(|| {
        view! {
            <JustificationField name="reason" hint="for all that are ticked; the requester reads it" typed=typed required=true problem=problem/>
            <p class="after">
                <button class="button primary" name="decision" value="approve">"Approve ticked"</button>
                <button class="button danger" name="decision" value="deny">"Deny ticked"</button>
                <span class="quiet">"The first decision counts: one approver is enough."</span>
            </p>
        }
    });
    let heading = match count {
        0 => "Approvals".to_owned(),
        1 => "1 request waits for you".to_owned(),
        many => format!("{many} requests wait for you"),
    };
    view! {
        <Frame title="Approvals">
            <div class="page-head">
                <div><p class="crumbs"><a href="/">"Overview"</a>" / Approvals"</p><h1>{heading}</h1></div>
                <form method="post" action="/do/refresh"><input type="hidden" name="page" value="/approvals"/><button class="button">"Refresh"</button></form>
            </div>
            {notice}
            {said.filter(|_| count == 0).map(|text| view! { <p class="notice warn-ground" role="status">{text}</p> })}
            <form method="post" action="/do/decide">
                <ul class="panel approvals">{first}{parts}{nothing}</ul>
                {form}
            </form>
        </Frame>
    }
    .into_any()
}

fn row(plane: &Descriptor, waiting: &Waiting, marked: &Marked, now: Timestamp) -> AnyView {
    let key = RowKey::new(&plane.id, waiting.id.as_str()).to_string();
    let requester = &waiting.requester;
    let who = requester
        .name
        .clone()
        .or_else(|| requester.username.clone())
        .or_else(|| requester.id.map(|id| id.to_string()))
        .unwrap_or_else(|| "Somebody".into());
    let address = requester.username.clone().filter(|username| *username != who);
    let reason = waiting.justification.clone().filter(|reason| !reason.is_empty());
    let ticket = waiting.ticket.as_ref().filter(|ticket| !ticket.number.is_empty()).map(|ticket| {
        let system = if ticket.system.is_empty() { String::new() } else { format!(" ({})", ticket.system) };
        view! { <span>{format!("Ticket {}{system}", ticket.number)}</span> }
    });
    let for_long = waiting.duration.map(|duration| format!("for {}", duration.words()));
    let from =
        waiting.start.filter(|start| *start > now).map(|start| view! { "from "<At at=start now=now/>" " });
    let is_asked_for = marked.is_asked_for(plane, waiting);
    let checked = is_asked_for || marked.chosen.contains(&key);
    let mark = is_asked_for.then(|| view! { <span class="mark">"The link led here"</span> });
    let class = if is_asked_for { "approval asked-for" } else { "approval" };
    let label = format!("{}, {}, for {who}", waiting.names.title, waiting.names.place);
    view! {
        <li class=class>
            <input type="checkbox" name="rows[]" value=key checked=checked aria-label=label/>
            <div class="role"><strong>{waiting.names.title.clone()}</strong><span class="place">{waiting.names.place.clone()}</span>{plane_mark(plane)}" "{mark}</div>
            <div class="gives"><strong>{who}</strong>{address.map(|text| view! { <span class="quiet">{text}</span> })}
                <span>{from}{for_long}</span>
                {waiting.created.map(|created| view! { <span class="quiet">"asked "<At at=created now=now/></span> })}
            </div>
            <div class="gives">{match reason {
                Some(reason) => view! { <q>{reason}</q> }.into_any(),
                None => view! { <span class="quiet">"No reason given"</span> }.into_any(),
            }}{ticket}</div>
        </li>
    }
    .into_any()
}

fn unread(plane: Descriptor, error: PlaneError) -> AnyView {
    let page = plane.admin_page.clone().filter(|_| matches!(error.kind, ErrorKind::Forbidden { .. }));
    let link = page.map(|page| {
        view! { <p class="quiet">"Decide on them "<a href=page rel="noreferrer" target="_blank">"in Microsoft's admin center"</a>"."</p> }
    });
    view! { <li class="note"><ListFailure plane=plane what="requests that wait for you" error=error retry="/approvals".into()/>{link}</li> }.into_any()
}
