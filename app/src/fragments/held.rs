//! What a person holds on one plane: active roles, waiting requests, and what is assigned without activation.

use jiff::Timestamp;
use leptos::prelude::*;
use pim::assignment::Assignment;
use pim::error::PlaneError;
use pim::plane::Descriptor;
use pim::request::{Progress, Request};
use pim::target::{Names, Target};
use portal::overview::{EligibleRole, Held};
use portal::selection::RowKey;

use super::{Part, approvers_of, coverage_note};
use crate::components::failure::ListFailure;
use crate::components::plane::plane_mark;
use crate::components::time::{At, Left, On};
use crate::words;

pub(super) fn rows(plane: &Descriptor, held: &Held, known: &[EligibleRole], now: Timestamp) -> AnyView {
    let active = held.active.iter().map(|row| active_row(plane, row, now)).collect_view();
    let open = held.open.as_deref().unwrap_or_default();
    let waiting = open.iter().map(|request| waiting_row(plane, request, known, now)).collect_view();
    let unread = held.open.as_ref().err().map(|_| {
        view! { <tr class="note"><td colspan="5">{format!("{}: whether requests are waiting could not be read.", plane.title)}</td></tr> }
    });
    let assigned = (!held.assigned.is_empty()).then(|| {
        let without = held.assigned.iter().map(|row| {
            view! {
                <li>{row.names.title.clone()}<span class="place">{row.names.place.clone()}</span>
                    {row.until.map(|until| view! { <span class="quiet">"until "<On at=until/></span> })}
                </li>
            }
        });
        view! {
            <tr class="note">
                <td colspan="5">
                    <details>
                        <summary>{format!("{}: {} assigned without activation", plane.title, words::roles(held.assigned.len()))}</summary>
                        <ul class="assigned">{without.collect_view()}</ul>
                    </details>
                </td>
            </tr>
        }
    });
    view! { <tbody id=Part::Held.element(plane)>{active}{waiting}{unread}{assigned}{coverage_note(held.coverage, "5".into())}</tbody> }.into_any()
}

fn active_row(plane: &Descriptor, row: &Assignment, now: Timestamp) -> AnyView {
    let key = RowKey::new(&plane.id, row.id.as_str()).to_string();
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("role", &key).finish();
    let name = format!("{}, {}", row.names.title, row.names.place);
    let floor = row.deactivatable_from().filter(|from| *from > now).map(|from| {
        let wait = words::countdown(from.duration_since(now).as_secs());
        view! {
            <span class="quiet" data-countdown=from.as_millisecond().to_string()>"possible in "<span data-countdown-text="">{wait}</span></span>
        }
    });
    view! {
        <tr class="role-row" data-held="" tabindex="-1">
            <td class="tick"><input type="checkbox" name="role" value=key.clone() data-tick="" aria-label=format!("Choose {name} to deactivate")/></td>
            <td class="role"><strong>{row.names.title.clone()}</strong><span class="place">{row.names.place.clone()}</span></td>
            <td class="state">{plane_mark(plane)}<span class="mark good">"Active"</span></td>
            <td class="left"><Left row=row.clone() now=now/></td>
            <td class="actions">{floor}<button class="plain" formaction="/do/continue" formmethod="post" name="rows[]" value=key>"Continue…"<span class="for-readers">{format!(" {name}")}</span></button><a class="button" href=format!("/deactivate?{query}")>"Deactivate"<span class="for-readers">{format!(" {name}")}</span></a></td>
        </tr>
    }
    .into_any()
}

fn waiting_row(plane: &Descriptor, request: &Request, known: &[EligibleRole], now: Timestamp) -> AnyView {
    let role = known.iter().find(|role| role.eligibility.target.same_as(&request.target));
    let names = role.map(|role| role.eligibility.names.clone()).or_else(|| request.names.clone());
    let names = names.unwrap_or_else(|| unnamed(&request.target));
    let state = match request.status.progress() {
        Progress::Granted => view! { <span class="mark waiting">"Scheduled"</span> }.into_any(),
        Progress::Working => view! { <span class="mark working">"Being provisioned"</span> }.into_any(),
        Progress::WaitingForAdministrator => {
            view! { <span class="mark waiting">"Waiting for an administrator"</span> }.into_any()
        }
        _ => view! { <span class="mark waiting">"Waiting for approval"</span> }.into_any(),
    };
    let when = match (request.status.progress(), request.start, request.created) {
        (Progress::Granted, Some(start), _) => view! { "Starts "<At at=start now=now/> }.into_any(),
        (_, _, Some(created)) => view! { "Asked "<At at=created now=now/> }.into_any(),
        _ => ().into_any(),
    };
    let is_decided =
        matches!(request.status.progress(), Progress::Granted | Progress::WaitingForAdministrator);
    let approvers = role.and_then(approvers_of).filter(|_| !is_decided);
    let name = format!("{}, {}", names.title, names.place);
    view! {
        <tr class="role-row">
            <td class="tick"></td>
            <td class="role"><strong>{names.title}</strong><span class="place">{names.place}</span></td>
            <td class="state">{plane_mark(plane)}{state}</td>
            <td class="left quiet">{when}{approvers.map(|who| format!(" · {who}"))}</td>
            <td class="actions">
                <button class="button" formaction="/do/withdraw" formmethod="post" name="request" value=RowKey::new(&plane.id, request.id.as_str()).to_string()>
                    "Withdraw"<span class="for-readers">{format!(" the request for {name}")}</span>
                </button>
            </td>
        </tr>
    }
    .into_any()
}

fn unnamed(target: &Target) -> Names {
    Names { title: target.role.to_string(), place: target.scope.to_string() }
}

pub(super) fn failure(plane: Descriptor, error: PlaneError, retry: String) -> AnyView {
    let id = Part::Held.element(&plane);
    view! { <tbody id=id><tr class="role-row"><td colspan="5"><ListFailure plane=plane what="active roles" error=error retry=retry/></td></tr></tbody> }
        .into_any()
}
