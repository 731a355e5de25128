//! The parts of pages that stand alone: drawn into the page when ready in time, sent by event when not.

use leptos::prelude::*;
use pim::assignment::Assignment;
use pim::error::PlaneError;
use pim::ids::BatchId;
use pim::journal::Operation;
use pim::plane::Descriptor;
use pim::request::{Progress, Request};
use pim::target::{MemberType, Names, Target};
use portal::Session;
use portal::overview::{EligibleRole, Held, Standing};
use portal::selection::RowKey;

use crate::components::failure::ListFailure;
use crate::components::operation::OperationLine;
use crate::components::policy::{PolicyCells, approvers_in_words};
use crate::components::time::{At, Left, On};
use crate::context::Context;
use crate::words;

/// How the overview is narrowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrowed {
    /// Words that have to match.
    pub search: String,
    /// A plane's id; empty for all.
    pub plane: String,
}

impl Narrowed {
    /// The overview's address with this narrowing.
    #[must_use]
    pub fn address(&self, page: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("q", self.search.trim()), ("plane", &self.plane)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() { page.to_owned() } else { format!("{page}?{query}") }
    }
}

/// A part of the overview.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What the person holds.
    Held,
    /// What the person may activate.
    Eligible,
}

impl Part {
    /// The id of the part's element.
    #[must_use]
    pub fn element(self, plane: &Descriptor) -> String {
        match self {
            Self::Held => format!("held-{}", plane.id),
            Self::Eligible => format!("eligible-{}", plane.id),
        }
    }
}

/// Waits for a part of the overview, however long its plane takes, and returns its element's id and markup. `None` when
/// `element` names none.
pub async fn late_part(
    context: Context,
    session: Session,
    element: &str,
    narrowed: Narrowed,
) -> Option<(String, String)> {
    let (plane, part) = context.portal.planes().find_map(|plane| {
        let part = [Part::Held, Part::Eligible].into_iter().find(|part| part.element(plane) == element)?;
        Some((plane.clone(), part))
    })?;
    let view = part_view(context.clone(), session, plane, part, narrowed).await;
    Some((element.to_owned(), draw(context, view)))
}

/// The lines of a batch, and whether all are at their end.
pub async fn batch_lines(context: Context, session: Session, batch: BatchId) -> Option<(String, bool)> {
    let operations = context.portal.track(&session, batch).await.ok()?;
    let done = operations.iter().all(|operation| operation.state.is_final());
    let lines = lines(&context, &session, operations).await;
    Some((draw(context, lines), done))
}

fn draw(context: Context, view: impl FnOnce() -> AnyView) -> String {
    let owner = Owner::new();
    owner.with(|| {
        provide_context(context);
        view().to_html()
    })
}

/// A part of the overview, ready to be drawn.
pub(crate) async fn part_view(
    context: Context,
    session: Session,
    plane: Descriptor,
    part: Part,
    narrowed: Narrowed,
) -> Box<dyn FnOnce() -> AnyView + Send> {
    let now = context.now();
    match part {
        Part::Held => {
            let held = context.portal.held(&session, &plane.id).await;
            // Requests carry no names; the eligibilities they came from do.
            let waiting =
                held.as_ref().is_ok_and(|held| held.open.as_ref().is_ok_and(|open| !open.is_empty()));
            let named = if waiting { context.portal.eligible(&session, &plane.id).await.ok() } else { None };
            Box::new(move || match held {
                Ok(held) => held_rows(&plane, &held, named.as_deref().map_or(&[], |n| n.as_slice()), now),
                Err(error) => held_failure(plane, error, narrowed.address("/")),
            })
        }
        Part::Eligible => {
            let eligible = context.portal.eligible(&session, &plane.id).await;
            let held = context.portal.held(&session, &plane.id).await.ok();
            Box::new(move || match eligible {
                Ok(roles) => eligible_rows(&plane, &roles, held.as_deref(), &narrowed, now),
                Err(error) => eligible_failure(plane, error, &narrowed),
            })
        }
    }
}

fn held_rows(plane: &Descriptor, held: &Held, known: &[EligibleRole], now: jiff::Timestamp) -> AnyView {
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
    view! { <tbody id=Part::Held.element(plane)>{active}{waiting}{unread}{assigned}</tbody> }.into_any()
}

fn plane_mark(plane: &Descriptor) -> AnyView {
    view! { <span class=format!("plane plane-{}", plane.id)>{plane.singular}</span> }.into_any()
}

fn active_row(plane: &Descriptor, row: &Assignment, now: jiff::Timestamp) -> AnyView {
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
        <tr class="role-row">
            <td class="tick"><input type="checkbox" name="role" value=key data-tick="" aria-label=format!("Choose {name} to deactivate")/></td>
            <td class="role"><strong>{row.names.title.clone()}</strong><span class="place">{row.names.place.clone()}</span></td>
            <td class="state">{plane_mark(plane)}<span class="mark good">"Active"</span></td>
            <td class="left"><Left row=row.clone() now=now/></td>
            <td class="actions">{floor}<a class="button" href=format!("/deactivate?{query}")>"Deactivate"<span class="for-readers">{format!(" {name}")}</span></a></td>
        </tr>
    }
    .into_any()
}

fn waiting_row(
    plane: &Descriptor,
    request: &Request,
    known: &[EligibleRole],
    now: jiff::Timestamp,
) -> AnyView {
    let role = known.iter().find(|role| role.eligibility.target.same_as(&request.target));
    let names = role.map_or_else(|| unnamed(&request.target), |role| role.eligibility.names.clone());
    let state = match request.status.progress() {
        Progress::Granted => view! { <span class="mark waiting">"Scheduled"</span> }.into_any(),
        Progress::Working => view! { <span class="mark working">"Being provisioned"</span> }.into_any(),
        _ => view! { <span class="mark waiting">"Waiting for approval"</span> }.into_any(),
    };
    let when = match (request.status.progress(), request.start, request.created) {
        (Progress::Granted, Some(start), _) => view! { "Starts "<At at=start now=now/> }.into_any(),
        (_, _, Some(created)) => view! { "Asked "<At at=created now=now/> }.into_any(),
        _ => ().into_any(),
    };
    let approvers = role.and_then(approvers_of).filter(|_| request.status.progress() != Progress::Granted);
    view! {
        <tr class="role-row">
            <td class="tick"></td>
            <td class="role"><strong>{names.title}</strong><span class="place">{names.place}</span></td>
            <td class="state">{plane_mark(plane)}{state}</td>
            <td class="left quiet">{when}{approvers.map(|who| format!(" · {who}"))}</td>
            <td class="actions"></td>
        </tr>
    }
    .into_any()
}

fn unnamed(target: &Target) -> Names {
    Names { title: target.role.to_string(), place: target.scope.to_string() }
}

fn approvers_of(role: &EligibleRole) -> Option<String> {
    match role.policy.policy().approval {
        pim::policy::ApprovalRequirement::Required(approvers) => Some(approvers_in_words(&approvers)),
        _ => None,
    }
}

fn held_failure(plane: Descriptor, error: PlaneError, retry: String) -> AnyView {
    let id = Part::Held.element(&plane);
    view! { <tbody id=id><tr class="role-row"><td colspan="5"><ListFailure plane=plane what="active roles" error=error retry=retry/></td></tr></tbody> }
        .into_any()
}

fn eligible_failure(plane: Descriptor, error: PlaneError, narrowed: &Narrowed) -> AnyView {
    let id = Part::Eligible.element(&plane);
    let hidden = !in_plane(&plane, narrowed);
    let section = plane.id.to_string();
    let heading = section_heading(&plane);
    let retry = narrowed.address("/");
    view! {
        <tbody id=id data-section=section data-unread="" hidden=hidden>
            {heading}
            <tr><td colspan="9"><ListFailure plane=plane what="eligible roles" error=error retry=retry/></td></tr>
        </tbody>
    }
    .into_any()
}

/// What stands in a part's place until it arrives.
pub(crate) fn placeholder(plane: &Descriptor, part: Part, narrowed: &Narrowed) -> AnyView {
    let id = part.element(plane);
    let text = match part {
        Part::Held => format!("{}: active roles are still loading. ", plane.title),
        Part::Eligible => format!("{} are still loading. ", plane.title),
    };
    let refresh = narrowed.address("/");
    let line = view! { <span class="loading">{text}</span><a href=refresh>"Load again"</a> };
    match part {
        Part::Held => view! { <tbody id=id data-late=""><tr class="note role-row"><td colspan="5">{line}</td></tr></tbody> }.into_any(),
        Part::Eligible => view! {
            <tbody id=id data-late="" data-unread="" data-section=plane.id.to_string() hidden=!in_plane(plane, narrowed)>
                {section_heading(plane)}
                <tr class="note"><td colspan="9">{line}</td></tr>
            </tbody>
        }
        .into_any(),
    }
}

fn section_heading(plane: &Descriptor) -> AnyView {
    view! {
        <tr class="section"><th colspan="9" scope="rowgroup"><span class=format!("plane plane-{}", plane.id)>{plane.title}</span></th></tr>
    }
    .into_any()
}

fn in_plane(plane: &Descriptor, narrowed: &Narrowed) -> bool {
    narrowed.plane.is_empty() || narrowed.plane == plane.id.as_str()
}

fn eligible_rows(
    plane: &Descriptor,
    roles: &[EligibleRole],
    held: Option<&Held>,
    narrowed: &Narrowed,
    now: jiff::Timestamp,
) -> AnyView {
    let in_plane = in_plane(plane, narrowed);
    let wanted = narrowed.search.to_lowercase();
    let mut shown = 0;
    let rows = roles
        .iter()
        .enumerate()
        .map(|(index, role)| {
            let names = &role.eligibility.names;
            let text = format!("{} {} {}", names.title, names.place, plane.singular).to_lowercase();
            let fits = in_plane && words::matches(&text, &wanted);
            shown += usize::from(fits);
            let standing = held.map_or(Standing::Free, |held| held.standing(&role.eligibility.target, now));
            eligible_row(plane, index, role, standing, text, fits, now)
        })
        .collect_view();
    let empty = roles.is_empty().then(|| view! { <tr class="note"><td colspan="9">{plane.empty}</td></tr> });
    view! {
        <tbody id=Part::Eligible.element(plane) data-section=plane.id.to_string() hidden=!(in_plane && (shown > 0 || roles.is_empty()))>
            {section_heading(plane)}
            {rows}
            {empty}
        </tbody>
    }
    .into_any()
}

fn eligible_row(
    plane: &Descriptor,
    index: usize,
    role: &EligibleRole,
    standing: Standing,
    text: String,
    fits: bool,
    now: jiff::Timestamp,
) -> AnyView {
    let EligibleRole { eligibility, policy } = role;
    let known = policy.policy();
    let id = format!("pick-{}-{index}", plane.id);
    let name = format!("{}, {}", eligibility.names.title, eligibility.names.place);
    let tick = (standing == Standing::Free).then(|| {
        use pim::policy::{ApprovalRequirement, ContextRequirement, Requirement};
        let unknown = known.maximum_duration.is_none() || known.justification == Requirement::Unknown;
        view! {
            <input type="checkbox" id=id.clone() name="rows[]" data-tick=""
                value=RowKey::new(&plane.id, eligibility.id.as_str()).to_string()
                data-approval=matches!(known.approval, ApprovalRequirement::Required(_)).then_some("")
                data-step-up=matches!(known.authentication_context, ContextRequirement::Required(_)).then_some("")
                data-unknown=unknown.then_some("")
                aria-label=name/>
        }
    });
    let state = match standing {
        Standing::Free => ().into_any(),
        Standing::Active(Some(until)) => {
            view! { <span class="mark good">"Active until "<At at=until now=now/></span> }.into_any()
        }
        Standing::Active(None) => view! { <span class="mark good">"Active"</span> }.into_any(),
        Standing::Waiting => view! { <span class="mark waiting">"Waiting"</span> }.into_any(),
        Standing::Scheduled(_) => view! { <span class="mark waiting">"Scheduled"</span> }.into_any(),
    };
    let privileged =
        eligibility.privileged.then(|| view! { <span class="mark privileged">"Privileged"</span> });
    let origin = match &eligibility.member_type {
        MemberType::Direct => "direct".to_owned(),
        MemberType::Group => "through a group".to_owned(),
        MemberType::Inherited => "inherited".to_owned(),
        MemberType::Other(word) => word.clone(),
    };
    let condition = eligibility.condition.as_ref().map(|condition| {
        view! { <span title=condition.expression.clone()>" · with a condition"</span> }
    });
    let title = if standing == Standing::Free {
        view! { <label for=id class="title">{eligibility.names.title.clone()}</label> }.into_any()
    } else {
        view! { <span class="title">{eligibility.names.title.clone()}</span> }.into_any()
    };
    let until = match eligibility.until {
        Some(until) => view! { <On at=until/> }.into_any(),
        None => "Permanent".into_any(),
    };
    view! {
        <tr data-row="" data-text=text hidden=!fits>
            <td class="tick">{tick}</td>
            <th class="role" scope="row">
                {title}{privileged}{state}
                <span class="place">{eligibility.names.place.clone()}" · "<span class="quiet">{origin}</span>{condition}</span>
            </th>
            <PolicyCells reading=policy.clone()/>
            <td class="quiet" data-label="Eligible until">{until}</td>
        </tr>
    }
    .into_any()
}

/// The lines of a batch, ready to be drawn.
pub(crate) async fn lines(
    context: &Context,
    session: &Session,
    operations: Vec<Operation>,
) -> impl FnOnce() -> AnyView + Send + use<> {
    let now = context.now();
    let mut drawn = Vec::new();
    for operation in operations {
        let target = operation.intent.target();
        let plane =
            context.portal.planes().find(|plane| plane.id == target.plane).map_or("", |plane| plane.singular);
        let approvers = match operation.state {
            pim::journal::OperationState::PendingApproval => {
                let eligible = context.portal.eligible(session, &target.plane).await.ok();
                eligible.and_then(|all| {
                    all.iter().find(|role| role.eligibility.target.same_as(target)).and_then(approvers_of)
                })
            }
            _ => None,
        };
        drawn.push((operation, approvers, plane));
    }
    move || {
        let lines = drawn.into_iter().map(|(operation, approvers, plane)| {
            view! { <OperationLine operation=operation approvers=approvers plane=plane now=now/> }
        });
        view! { <ol id="lines" class="panel operations">{lines.collect_view()}</ol> }.into_any()
    }
}
