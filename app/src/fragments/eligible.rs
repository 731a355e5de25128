//! What a person may activate on one plane, with the policy matrix.

use jiff::Timestamp;
use leptos::prelude::*;
use pim::error::PlaneError;
use pim::plane::Descriptor;
use pim::policy::{ApprovalRequirement, ContextRequirement, Requirement};
use pim::target::MemberType;
use portal::overview::{EligibleRole, EligibleRoles, Held, Standing};
use portal::prolong::Ended;
use portal::selection::RowKey;

use super::{Narrowed, Part, coverage_note, in_plane, section_heading};
use crate::components::failure::ListFailure;
use crate::components::policy::PolicyCells;
use crate::components::time::{At, On, ago};
use crate::words;

/// What is drawn of one plane.
pub(super) struct Roles<'a> {
    pub(super) eligible: &'a EligibleRoles,
    /// For each eligible role whether the person can ask for it to be kept.
    pub(super) can_prolong: &'a [bool],
    /// What the person was eligible for until lately.
    pub(super) ended: &'a [Ended],
}

pub(super) fn rows(
    plane: &Descriptor,
    Roles { eligible, can_prolong, ended }: &Roles<'_>,
    held: Option<&Held>,
    narrowed: &Narrowed,
    now: Timestamp,
) -> AnyView {
    let EligibleRoles { roles, coverage } = eligible;
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
            let ends_soon = can_prolong.get(index).copied().unwrap_or_default();
            row(plane, index, role, standing, text, fits, ends_soon, now)
        })
        .collect_view();
    let mut ended_shown = 0;
    let ended = ended
        .iter()
        .map(|row| {
            let text = format!("{} {} {}", row.names.title, row.names.place, plane.singular).to_lowercase();
            let fits = in_plane && words::matches(&text, &wanted);
            ended_shown += usize::from(fits);
            ended_row(plane, row, text, fits, now)
        })
        .collect_view();
    let has_rows = shown + ended_shown > 0;
    let empty = roles.is_empty().then(|| view! { <tr class="note"><td colspan="9">{plane.empty}</td></tr> });
    view! {
        <tbody id=Part::Eligible.element(plane) data-section=plane.id.to_string() hidden=!(in_plane && (has_rows || roles.is_empty()))>
            {section_heading(plane)}
            {rows}
            {empty}
            {ended}
            {coverage_note(*coverage, 9)}
        </tbody>
    }
    .into_any()
}

#[expect(clippy::too_many_arguments, reason = "a row is all of this")]
fn row(
    plane: &Descriptor,
    index: usize,
    role: &EligibleRole,
    standing: Standing,
    text: String,
    fits: bool,
    ends_soon: bool,
    now: Timestamp,
) -> AnyView {
    let EligibleRole { eligibility, policy } = role;
    let known = policy.policy();
    let id = format!("pick-{}-{index}", plane.id);
    let name = format!("{}, {}", eligibility.names.title, eligibility.names.place);
    let tick = (standing == Standing::Free).then(|| {
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
        Some(until) => {
            let extend =
                ends_soon.then(|| ask(plane, eligibility.id.as_str(), "Extend", &eligibility.names.title));
            view! { <On at=until/>" "{extend} }.into_any()
        }
        None => "Permanent".into_any(),
    };
    view! {
        <tr data-row="" data-text=text tabindex="-1" hidden=!fits>
            <td class="tick">{tick}</td>
            <th class="role" scope="row">
                {title}{privileged}{state}
                <span class="place"><bdi>{eligibility.names.place.clone()}</bdi>" · "<span class="quiet">{origin}</span>{condition}</span>
            </th>
            <PolicyCells reading=policy.clone()/>
            <td class="quiet" data-label="Eligible until">{until}</td>
        </tr>
    }
    .into_any()
}

/// An eligibility that is no more: it cannot be ticked and is not counted, only asked for.
fn ended_row(plane: &Descriptor, row: &Ended, text: String, fits: bool, now: Timestamp) -> AnyView {
    let ago = ago(now.duration_since(row.until).as_secs());
    view! {
        <tr class="quiet" data-ended="" data-text=text hidden=!fits>
            <td class="tick"></td>
            <th class="role" scope="row">
                <span class="title">{row.names.title.clone()}</span><span class="mark">"Ended lately"</span>
                <span class="place">{row.names.place.clone()}</span>
            </th>
            <td colspan="6">"Ended on "<On at=row.until/>", "{ago}"."</td>
            <td>{ask(plane, row.request.as_str(), "Ask to renew", &row.names.title)}</td>
        </tr>
    }
    .into_any()
}

/// The link to the page that asks an administrator.
fn ask(plane: &Descriptor, row: &str, text: &'static str, title: &str) -> AnyView {
    let key = RowKey::new(&plane.id, row).to_string();
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("role", &key).finish();
    view! { <a class="extend" href=format!("/extend?{query}")>{text}<span class="for-readers">{format!(" {title}")}</span></a> }
        .into_any()
}

pub(super) fn failure(plane: Descriptor, error: PlaneError, narrowed: &Narrowed) -> AnyView {
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
