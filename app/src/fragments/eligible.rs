//! What a person may activate on one plane, with the policy matrix.

use std::cmp::Reverse;

use jiff::Timestamp;
use leptos::prelude::*;
use pim::context::AuthenticationContext;
use pim::error::PlaneError;
use pim::plane::Descriptor;
use pim::policy::{ApprovalRequirement, ContextRequirement, Requirement};
use portal::familiar::{Familiar, Uses};
use portal::overview::{EligibleRole, EligibleRoles, Held, Standing};
use portal::prolong::Ended;
use portal::selection::RowKey;

use super::details::details;
use super::facts::{self, Facts};
use super::{HEAD, Part, coverage_note, section_heading, width};
use crate::components::failure::ListFailure;
use crate::components::policy::policy_cell;
use crate::components::time::{At, On, ago};
use crate::view::View;
use crate::view::choices::{Choice, Column, Only, Sort};

/// What is drawn of one plane.
pub(super) struct Roles<'a> {
    pub(super) eligible: &'a EligibleRoles,
    /// For each eligible role whether the person can ask for it to be kept.
    pub(super) can_prolong: &'a [bool],
    /// What they are to the person.
    pub(super) familiar: &'a Familiar,
    /// How often they were used; counted only where that is looked at.
    pub(super) uses: &'a Uses,
    /// For the rows that are open.
    pub(super) contexts: &'a [AuthenticationContext],
    /// What the person was eligible for until lately.
    pub(super) ended: &'a [Ended],
}

pub(super) fn rows(
    plane: &Descriptor,
    told: &Roles<'_>,
    held: Option<&Held>,
    view: &View,
    now: Timestamp,
) -> AnyView {
    let Roles { eligible, can_prolong, familiar, ended, .. } = *told;
    let EligibleRoles { roles, coverage } = eligible;
    let sieve = view.sieve();
    let mut drawn: Vec<Row<'_>> = roles
        .iter()
        .enumerate()
        .map(|(index, role)| {
            let target = &role.eligibility.target;
            let mut only = Vec::new();
            only.extend(familiar.is_favourite(target).then_some(Only::Favourites));
            only.extend(familiar.is_new(target).then_some(Only::New));
            let facts = Facts::of(plane, &role.eligibility, &role.policy.policy(), &only);
            Row {
                index,
                role,
                group: facts::group(&role.eligibility, view.layout.group),
                fits: sieve.lets_through(plane.id.as_str(), &facts.text, &facts.marks),
                facts,
                only,
                standing: held.map_or(Standing::Free, |held| held.standing(&role.eligibility.target, now)),
                ends_soon: can_prolong.get(index).copied().unwrap_or_default(),
            }
        })
        .collect();
    // They come by name, and what is equal stays in that order.
    drawn.sort_by_cached_key(|row| {
        let group = row.group.as_ref().map(|(key, words)| (words.to_lowercase(), key.clone()));
        let until = row.role.eligibility.until;
        let order = match view.layout.sort {
            Sort::Name => (false, None, Reverse(0)),
            Sort::Favourites => (!row.only.contains(&Only::Favourites), None, Reverse(0)),
            Sort::Ends => (until.is_none(), until, Reverse(0)),
            Sort::Used => (false, None, Reverse(told.uses.of(&row.role.eligibility.target))),
        };
        (group, order)
    });
    let any_fits = drawn.iter().any(|row| row.fits);
    let rows = drawn
        .chunk_by(|a, b| group_key(a) == group_key(b))
        .map(|group| {
            let heading = group.first().and_then(|row| row.group.as_ref()).map(|(_, words)| {
                let hidden = !group.iter().any(|row| row.fits);
                view! {
                    <tr role="row" class="group" data-heading="" hidden=hidden><th role="rowheader" colspan=width(view) scope="rowgroup">{words.clone()}</th></tr>
                }
            });
            view! { {heading}{group.iter().map(|one| row(plane, one, told, view, now)).collect_view()} }
        })
        .collect_view();
    let mut ended_fits = false;
    let ended = ended
        .iter()
        .map(|row| {
            let text = facts::text(plane, &row.names);
            let fits = sieve.lets_through(plane.id.as_str(), &text, "");
            ended_fits |= fits;
            ended_row(plane, row, text, fits, view, now)
        })
        .collect_view();
    let empty = roles.is_empty().then(
        || view! { <tr role="row" class="note"><td role="cell" colspan=width(view)>{plane.empty}</td></tr> },
    );
    let hidden = !(view.has_plane(plane.id.as_str()) && (any_fits || ended_fits || roles.is_empty()));
    view! {
        <tbody role="rowgroup" id=Part::Eligible.element(plane) data-section=plane.id.to_string() hidden=hidden>
            {section_heading(plane, view)}
            {rows}
            {empty}
            {ended}
            {coverage_note(*coverage, width(view))}
        </tbody>
    }
    .into_any()
}

/// What is drawn of one role.
struct Row<'a> {
    index: usize,
    role: &'a EligibleRole,
    facts: Facts,
    only: Vec<Only>,
    group: Option<(String, String)>,
    fits: bool,
    standing: Standing,
    ends_soon: bool,
}

fn group_key<'r>(row: &'r Row<'_>) -> Option<&'r str> {
    row.group.as_ref().map(|(key, _)| key.as_str())
}

fn row(plane: &Descriptor, row: &Row<'_>, told: &Roles<'_>, view: &View, now: Timestamp) -> AnyView {
    let EligibleRole { eligibility, policy } = row.role;
    let known = policy.policy();
    let id = format!("pick-{}-{}", plane.id, row.index);
    let name = format!("{}, {}", eligibility.names.title, eligibility.names.place);
    let key = RowKey::new(&plane.id, eligibility.id.as_str()).to_string();
    let is_open = view.open.contains(&key);
    let below = is_open.then(|| {
        let uses = told.uses.of(&eligibility.target);
        details(&key, row.role, told.contexts, uses, width(view), !row.fits)
    });
    let is_favourite = row.only.contains(&Only::Favourites);
    let star = view! {
        <button class="icon-button star" form="starring" name=if is_favourite { "unstar" } else { "star" } value=key.clone()
            aria-pressed=is_favourite.to_string() aria-label=format!("Favourite: {name}")></button>
    };
    let new = row.only.contains(&Only::New).then(|| view! { <span class="mark working">"New"</span> });
    let toggle = view! {
        <button class="icon-button toggle" form="opening" name="toggle" value=key.clone()
            aria-expanded=is_open.to_string() aria-label=format!("Details of {name}")></button>
    };
    let is_free = row.standing == Standing::Free;
    let tick = is_free.then(|| {
        let unknown = known.maximum_duration.is_none() || known.justification == Requirement::Unknown;
        view! {
            <input type="checkbox" id=id.clone() name="rows[]" data-tick=""
                value=key
                data-approval=matches!(known.approval, ApprovalRequirement::Required(_)).then_some("")
                data-step-up=matches!(known.authentication_context, ContextRequirement::Required(_)).then_some("")
                data-unknown=unknown.then_some("")
                aria-label=name/>
        }
    });
    let privileged =
        eligibility.privileged.then(|| view! { <span class="mark privileged">"Privileged"</span> });
    let environment = row.facts.environment.map(|environment| {
        view! { <span class="mark environment" title="A guess by its name">{environment.label()}</span> }
    });
    let condition = eligibility.condition.as_ref().map(|condition| {
        view! { <span title=condition.expression.clone()>" · with a condition"</span> }
    });
    let title = if is_free {
        view! { <label for=id class="title">{eligibility.names.title.clone()}</label> }.into_any()
    } else {
        view! { <span class="title">{eligibility.names.title.clone()}</span> }.into_any()
    };
    let cells = view.layout.columns.iter().map(|column| {
        let cell = match column {
            Column::Until => until(plane, row),
            of_policy => policy_cell(*of_policy, policy),
        };
        view! { <td role="cell" class=column.slug() data-label=column.label()>{cell}</td> }
    });
    view! {
        <tr role="row" data-row="" data-text=row.facts.text.clone() data-is=row.facts.marks.clone() tabindex="-1" hidden=!row.fits>
            <td role="cell" class="tick">{tick}</td>
            <th role="rowheader" class="role" scope="row">
                <span class="row-buttons">{star}{toggle}</span>
                {title}{new}{privileged}{environment}{state(row.standing, now)}
                <span class="place"><bdi>{eligibility.names.place.clone()}</bdi>" · "<span class="quiet">{facts::origin(&eligibility.member_type)}</span>{condition}</span>
            </th>
            {cells.collect_view()}
        </tr>
        {below}
    }
    .into_any()
}

/// Whether it is in use, in words; nothing where it is free.
fn state(standing: Standing, now: Timestamp) -> AnyView {
    match standing {
        Standing::Free => ().into_any(),
        Standing::Active(Some(until)) => {
            view! { <span class="mark good">"Active until "<At at=until now=now/></span> }.into_any()
        }
        Standing::Active(None) => view! { <span class="mark good">"Active"</span> }.into_any(),
        Standing::Waiting => view! { <span class="mark waiting">"Waiting"</span> }.into_any(),
        Standing::Scheduled(_) => view! { <span class="mark waiting">"Scheduled"</span> }.into_any(),
    }
}

/// Until when the person may activate it, and the way to have that prolonged.
fn until(plane: &Descriptor, row: &Row<'_>) -> AnyView {
    let eligibility = &row.role.eligibility;
    let Some(until) = eligibility.until else { return "Permanent".into_any() };
    let extend =
        row.ends_soon.then(|| ask(plane, eligibility.id.as_str(), "Extend", &eligibility.names.title));
    view! { <On at=until/>" "{extend} }.into_any()
}

/// An eligibility that is no more: it cannot be ticked and is not counted, only asked for.
fn ended_row(
    plane: &Descriptor,
    row: &Ended,
    text: String,
    fits: bool,
    view: &View,
    now: Timestamp,
) -> AnyView {
    let ago = ago(now.duration_since(row.until).as_secs());
    view! {
        <tr role="row" class="quiet" data-ended="" data-text=text hidden=!fits>
            <td role="cell" class="tick"></td>
            <th role="rowheader" class="role" scope="row">
                <span class="title">{row.names.title.clone()}</span><span class="mark">"Ended lately"</span>
                <span class="place"><bdi>{row.names.place.clone()}</bdi></span>
            </th>
            <td role="cell" colspan=view.layout.columns.len().to_string()>
                "Ended on "<On at=row.until/>", "{ago}". "{ask(plane, row.request.as_str(), "Ask to renew", &row.names.title)}
            </td>
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

/// The columns' heads.
pub(super) fn head(view: &View) -> AnyView {
    let columns = view.layout.columns.iter();
    let columns = columns.map(
        |column| view! { <th role="columnheader" scope="col" class=column.slug()>{column.label()}</th> },
    );
    view! {
        <thead role="rowgroup" id=HEAD>
            <tr role="row">
                <th role="columnheader" class="tick" scope="col"><input type="checkbox" data-all="" aria-label="Choose all shown roles"/></th>
                <th role="columnheader" class="role" scope="col">"Role"</th>
                {columns.collect_view()}
            </tr>
        </thead>
    }
    .into_any()
}

pub(super) fn failure(plane: Descriptor, error: PlaneError, view: &View) -> AnyView {
    let id = Part::Eligible.element(&plane);
    let hidden = !view.has_plane(plane.id.as_str());
    let section = plane.id.to_string();
    let heading = section_heading(&plane, view);
    let (retry, width) = (view.address("/"), width(view));
    view! {
        <tbody role="rowgroup" id=id data-section=section data-unread="" hidden=hidden>
            {heading}
            <tr role="row"><td role="cell" colspan=width><ListFailure plane=plane what="eligible roles" error=error retry=retry/></td></tr>
        </tbody>
    }
    .into_any()
}
