//! The parts of pages that stand alone: drawn into the page when ready in time, sent by event when not.
//!
//! [`part_view`] reads a part and says how it is drawn; `held`, `eligible` and `lines` draw. To add a part, add a variant to
//! [`Part`] and a module that draws it.

mod details;
mod eligible;
mod facts;
mod held;
mod lines;
mod mine;
mod next;
mod palette;

use std::sync::Arc;

use leptos::prelude::*;
use pim::ids::BatchId;
use pim::listing::Coverage;
use pim::plane::Descriptor;
use pim::policy::ApprovalRequirement;
use portal::Session;
use portal::familiar::Familiar;
use portal::overview::EligibleRole;
use portal::selection::RowKey;

use crate::components::policy::approvers_in_words;
use crate::context::Context;
use crate::view::View;
use crate::view::choices::Sort;

pub(crate) use lines::{demand, lines};
pub(crate) use mine::mine;
pub(crate) use next::Next;

/// The element with the heads of the columns.
const HEAD: &str = "eligible-columns";

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
    view: View,
) -> Option<(String, String)> {
    if element == HEAD {
        return Some((element.to_owned(), draw(context, move || columns(&view))));
    }
    let (plane, part) = context.portal.planes().find_map(|plane| {
        let part = [Part::Held, Part::Eligible].into_iter().find(|part| part.element(plane) == element)?;
        Some((plane.clone(), part))
    })?;
    let part = part_view(context.clone(), session, plane, part, view).await;
    Some((element.to_owned(), draw(context, part)))
}

/// A batch as it is now.
pub struct Batch {
    /// Markup of its lines, for the element `lines`.
    pub lines: String,
    /// Markup of what it leads to, for the element `next`.
    pub next: String,
    /// Whether all operations are at their end.
    pub is_done: bool,
}

/// A batch as the journal has it. With `ask`, the service is asked first.
pub async fn batch_parts(context: Context, session: Session, batch: BatchId, ask: bool) -> Option<Batch> {
    let operations = if ask {
        context.portal.track(&session, batch).await
    } else {
        context.portal.operations(&session, batch).await
    };
    let operations = operations.ok()?;
    let is_done = operations.iter().all(|operation| operation.state.is_final());
    let next = Next::read(&context, &session, &operations).await;
    let lines = lines(&context, &session, operations).await;
    Some(Batch { lines: draw(context.clone(), lines), next: draw(context, move || next.view()), is_done })
}

/// The person's own requests: the element's id and its markup.
pub async fn requests_part(context: Context, session: Session) -> (&'static str, String) {
    let view = mine::mine(&context, &session).await;
    (mine::ELEMENT, draw(context, view))
}

/// Everything that is known of a role that the person may activate, as a row to stand below its own. `None` where there is no such role.
pub async fn role_details(context: Context, session: Session, row: &str, view: View) -> Option<String> {
    let key = RowKey::parse(row)?;
    let eligible = context.portal.eligible(&session, &key.plane).await.ok()?;
    let role = eligible.roles.iter().find(|role| role.eligibility.id.as_str() == key.row)?.clone();
    let contexts = context.portal.contexts(&session).await;
    let uses = context.portal.uses(&session).await.of(&role.eligibility.target);
    let key = key.to_string();
    Some(draw(context, move || details::details(&key, &role, &contexts, uses, width(&view), false)))
}

/// The palette's entries.
pub async fn palette_entries(context: Context, session: Session) -> String {
    let entries = palette::entries(&context, &session).await;
    draw(context, entries)
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
    view: View,
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
                Ok(held) => {
                    held::rows(&plane, &held, named.as_deref().map_or(&[], |n| n.roles.as_slice()), now)
                }
                Err(error) => held::failure(plane, error, view.address("/")),
            })
        }
        Part::Eligible => {
            let eligible = context.portal.eligible(&session, &plane.id).await;
            let held = context.portal.held(&session, &plane.id).await.ok();
            let prolong: Vec<bool> = eligible
                .as_ref()
                .map(|all| all.roles.iter().map(|role| context.portal.can_prolong(role).is_some()).collect())
                .unwrap_or_default();
            let ended = context.portal.ended(&session, &plane.id).await.unwrap_or_default();
            let familiar = match &eligible {
                Ok(eligible) => context.portal.familiar(&session, &plane.id, eligible).await,
                Err(_) => Familiar::default(),
            };
            let uses = if view.layout.sort == Sort::Used || !view.open.is_empty() {
                context.portal.uses(&session).await
            } else {
                Arc::default()
            };
            let contexts =
                if view.open.is_empty() { Arc::default() } else { context.portal.contexts(&session).await };
            Box::new(move || match eligible {
                Ok(eligible) => {
                    let roles = eligible::Roles {
                        eligible: &eligible,
                        can_prolong: &prolong,
                        familiar: &familiar,
                        uses: &uses,
                        contexts: &contexts,
                        ended: &ended,
                    };
                    eligible::rows(&plane, &roles, held.as_deref(), &view, now)
                }
                Err(error) => eligible::failure(plane, error, &view),
            })
        }
    }
}

/// What stands in a part's place until it arrives.
pub(crate) fn placeholder(plane: &Descriptor, part: Part, view: &View) -> AnyView {
    let id = part.element(plane);
    let text = match part {
        Part::Held => format!("{}: active roles are still loading. ", plane.title),
        Part::Eligible => format!("{} are still loading. ", plane.title),
    };
    let refresh = view.address("/");
    let line = view! { <span class="loading">{text}</span><a href=refresh>"Load again"</a> };
    match part {
        Part::Held => view! { <tbody id=id data-late=""><tr class="note role-row"><td colspan="5">{line}</td></tr></tbody> }.into_any(),
        Part::Eligible => view! {
            <tbody role="rowgroup" id=id data-late="" data-unread="" data-section=plane.id.to_string() hidden=!view.has_plane(plane.id.as_str())>
                {section_heading(plane, view)}
                <tr role="row" class="note"><td role="cell" colspan=width(view)>{line}</td></tr>
            </tbody>
        }
        .into_any(),
    }
}

fn section_heading(plane: &Descriptor, view: &View) -> AnyView {
    view! {
        <tr role="row" class="section"><th role="rowheader" colspan=width(view) scope="rowgroup"><span class=format!("plane plane-{}", plane.id)>{plane.title}</span></th></tr>
    }
    .into_any()
}

/// What may be missing from a list, and why.
fn coverage_note(coverage: Coverage, columns: String) -> Option<AnyView> {
    let Coverage::ScopeByScope { asked, unanswered } = coverage else { return None };
    let text = if unanswered == 0 {
        format!(
            "Microsoft would not list everything at once, so {asked} scopes were asked one by one. Roles at scopes that you cannot see are missing."
        )
    } else {
        format!("{unanswered} of {asked} scopes did not answer. Roles that only they know are missing.")
    };
    Some(view! { <tr role="row" class="note"><td role="cell" colspan=columns><span class="warn">{text}</span></td></tr> }.into_any())
}

/// How many columns the eligible roles have: a box, the role, and what the view shows.
fn width(view: &View) -> String {
    (2 + view.layout.columns.len()).to_string()
}

/// The heads of the columns.
pub(crate) fn columns(view: &View) -> AnyView {
    eligible::head(view)
}

/// Who has to approve a role, in words; `None` when nobody has to.
fn approvers_of(role: &EligibleRole) -> Option<String> {
    match role.policy.policy().approval {
        ApprovalRequirement::Required(approvers) => Some(approvers_in_words(&approvers)),
        _ => None,
    }
}
