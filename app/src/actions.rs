//! The server functions: what the forms post to. Each does one thing and sends the browser on to a page (post, redirect, get), so
//! that a reload never repeats a write. What went wrong stands on that page; nothing travels in an error parameter.

#![expect(clippy::too_many_arguments, reason = "one argument for each field of a form")]

use jiff::Timestamp;
use leptos::prelude::*;
use pim::approval::Decision;
use pim::duration::ActivationDuration;
use pim::ids::{BatchId, ScopeId, SelectionId};
use pim::records::StoreError;
use portal::activate::Confirmation;
use portal::deactivate::TooEarly;
use portal::profiles::edit::Direction;
use portal::profiles::exchange::Imported;
use portal::profiles::{Defaults, ProfileError};
use portal::selection::{Fields, Own, RowKey, Selection, Wanted};
use portal::settings::Settings;
use portal::{PortalError, Session};
use serde::{Deserialize, Serialize};

use crate::context::{Context, signed_in};
use crate::pages::settings::Unit;
use crate::pages::{activate as activate_page, profiles};
use crate::view::View;

/// Why the overview is shown instead of what was asked for. A closed list: an address can put no other words on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    NothingChosen,
    NotEligible,
    Gone,
    AgainstRules,
    StoreFailed,
}

impl Notice {
    const ALL: [(Self, &'static str); 5] = [
        (Self::NothingChosen, "nothing-chosen"),
        (Self::NotEligible, "not-eligible"),
        (Self::Gone, "gone"),
        (Self::AgainstRules, "rules"),
        (Self::StoreFailed, "store"),
    ];

    pub(crate) fn parse(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == slug).map(|(notice, _)| notice)
    }

    fn slug(self) -> &'static str {
        Self::ALL.into_iter().find(|(notice, _)| *notice == self).map_or("", |(_, slug)| slug)
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::NothingChosen => "Nothing was chosen. Tick at least one role first.",
            Self::NotEligible => "You are not eligible for any of these roles any more. Nothing was sent.",
            Self::Gone => {
                "That page is no longer there: it was used up, has expired, or belongs to somebody else. Nothing was sent."
            }
            Self::AgainstRules => "The reason is not as your organisation asks. Nothing was sent.",
            Self::StoreFailed => {
                "The portal could not write to its own store, so nothing was sent. Try again; if it stays so, tell whoever runs the portal."
            }
        }
    }
}

/// The one way on after a form. Behind a wrapper, because its signature changes with Leptos 0.9.
pub(crate) fn go(path: &str) {
    leptos_axum::redirect(path);
}

fn go_with(error: &PortalError) {
    let notice = match error {
        PortalError::NothingChosen => Notice::NothingChosen,
        PortalError::NotEligible => Notice::NotEligible,
        PortalError::NotFound => Notice::Gone,
        PortalError::AgainstRules => Notice::AgainstRules,
        PortalError::Store(_) => Notice::StoreFailed,
    };
    go(&format!("/?notice={}", notice.slug()));
}

fn caller() -> Result<(Context, Session), ServerFnError> {
    // The server's gate lets nobody else through; this is the second lock on the same door.
    signed_in().ok_or_else(|| ServerFnError::new("signed out"))
}

/// The forms whose text comes back when it is refused.
pub(crate) const APPROVALS_FORM: &str = "approvals";
pub(crate) const EXTEND_FORM: &str = "extend";

/// What is wrong with a reason that is needed, as the address says it.
fn wrong_reason(context: &Context, reason: &str) -> Option<&'static str> {
    if reason.trim().is_empty() {
        Some("no-reason")
    } else {
        context.portal.rules().justification.problem(reason).map(|_| "rules")
    }
}

fn rows_from(texts: &[String]) -> Vec<RowKey> {
    texts.iter().filter_map(|text| RowKey::parse(text)).collect()
}

/// Starts a selection.
#[server(prefix = "/do", endpoint = "select")]
pub(crate) async fn select(#[server(default)] rows: Vec<String>) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    go_to_selection(context.portal.select(&session, rows_from(&rows)).await);
    Ok(())
}

/// What was typed for one role alone.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct OwnInput {
    row: String,
    #[serde(default)]
    wanted: String,
    #[serde(default)]
    justification: String,
    #[serde(default)]
    ticket_number: String,
    #[serde(default)]
    ticket_system: String,
}

impl OwnInput {
    fn read(self) -> Option<(RowKey, Own)> {
        let said = |text: String| (!text.trim().is_empty()).then_some(text);
        let own = Own {
            duration: duration(&self.wanted),
            justification: said(self.justification),
            ticket_number: said(self.ticket_number),
            ticket_system: said(self.ticket_system),
        };
        Some((RowKey::parse(&self.row)?, own))
    }
}

fn duration(minutes: &str) -> Option<ActivationDuration> {
    minutes.parse().ok().and_then(ActivationDuration::from_minutes)
}

/// Does what a button of the activate page says: confirm, work out again, narrow a role, or remove it.
#[server(prefix = "/do", endpoint = "activate")]
pub(crate) async fn activate(
    selection: String,
    #[server(default)] step: String,
    #[server(default)] wanted: String,
    #[server(default)] justification: String,
    #[server(default)] ticket_number: String,
    #[server(default)] ticket_system: String,
    #[server(default)] start: String,
    #[server(default)] start_offset: String,
    #[server(default)] own: Vec<OwnInput>,
    #[server(default)] profile_name: String,
    #[server(default)] profile: String,
    #[server(default)] template_name: String,
) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    let Ok(id) = selection.parse() else {
        go_with(&PortalError::NotFound);
        return Ok(());
    };
    let fields = Fields {
        wanted: duration(&wanted).map_or(Wanted::Longest, Wanted::For),
        justification,
        ticket_number,
        ticket_system,
        start: local_time(&start, &start_offset),
        own: own.into_iter().filter_map(OwnInput::read).collect(),
    };
    // Enter says what the field in which it was pressed is for; a name that was typed is never taken for a confirmation.
    let step = match step.as_str() {
        "enter" if !template_name.trim().is_empty() => "save-template",
        "enter" if !profile_name.trim().is_empty() => "save-profile",
        "enter" => "confirm",
        other => other,
    };
    let named = Named { profile_name, profile, template_name };
    let next = take_step(&context, &session, id, step, fields, named).await;
    match next {
        Ok(path) => go(&path),
        Err(error) => go_with(&error),
    }
    Ok(())
}

/// What was named on the activate page.
struct Named {
    profile_name: String,
    profile: String,
    template_name: String,
}

/// Takes one step of the activate page, and returns the address of the page after it. What was typed is kept whatever the step is.
async fn take_step(
    context: &Context,
    session: &Session,
    id: SelectionId,
    step: &str,
    mut fields: Fields,
    named: Named,
) -> Result<String, PortalError> {
    let portal = &context.portal;
    let page = format!("/activate/{id}");
    let (verb, about) = step.split_once(':').unwrap_or((step, ""));
    if verb == "confirm" {
        return Ok(match portal.confirm(session, id, fields).await? {
            Confirmation::CarriedOut(batch) => format!("/requests/{batch}"),
            Confirmation::NotYet => format!("{page}#problems"),
        });
    }
    if verb == "remove" {
        let row = RowKey::parse(about).ok_or(PortalError::NotFound)?;
        let before = portal.selection(session, id).await?;
        let at = before.rows.iter().position(|one| *one == row).unwrap_or_default();
        let left = portal.deselect(session, id, &row, fields).await?.rows.len();
        // The focus goes on from the one that took its place.
        return Ok(match left.checked_sub(1) {
            Some(last) => format!("{page}#remove-{}", at.min(last)),
            None => "/".to_owned(),
        });
    }
    if verb == "use" {
        about.clone_into(&mut fields.justification);
    }
    let selection = portal.keep_fields(session, id, fields).await?;
    Ok(match verb {
        "narrow" => {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            format!("{page}/scopes?{}", query.append_pair("role", about).finish())
        }
        "save-profile" => match portal.save_profile(session, &selection, &named.profile_name).await {
            Ok(_) => "/profiles?notice=saved".to_owned(),
            Err(error) => format!("{page}?profile={}#profile-name", profiles::slug(&error)),
        },
        "add-to-profile" => {
            let added = match named.profile.parse() {
                Ok(profile) => portal.add_to_profile(session, &selection, profile).await,
                Err(_) => Err(ProfileError::NotFound),
            };
            match added {
                Ok(()) => "/profiles?notice=added".to_owned(),
                Err(error) => format!("{page}?profile={}#profile-name", profiles::slug(&error)),
            }
        }
        "check" => format!("{page}?check=1#checked"),
        "use" => format!("{page}?focus=reason"),
        "save-template" => {
            let text = &selection.fields.justification;
            match portal.save_template(session, &named.template_name, text).await {
                Ok(()) => format!("{page}?reasons=1#reasons"),
                Err(error) => {
                    format!("{page}?template={}#template-name", activate_page::template_slug(error))
                }
            }
        }
        "delete-template" => {
            portal.delete_template(session, about).await?;
            format!("{page}?reasons=1#reasons")
        }
        "forget" => {
            portal.forget_reason(session, about).await?;
            format!("{page}?reasons=1#reasons")
        }
        "forget-all" => {
            portal.forget_reasons(session).await?;
            format!("{page}?reasons=1#reasons")
        }
        _ => page,
    })
}

/// What `datetime-local` sends, with the zone's offset from UTC in minutes (east is positive); UTC where there is none. `None` for
/// anything else, which means "at once": the page shows what was understood before anything is confirmed.
fn local_time(text: &str, offset: &str) -> Option<Timestamp> {
    let local: jiff::civil::DateTime = text.trim().parse().ok()?;
    let minutes: i32 = offset.trim().parse().unwrap_or_default();
    let zone = jiff::tz::Offset::from_seconds(minutes.checked_mul(60)?).ok()?;
    zone.to_timestamp(local).ok()
}

/// Narrows a role of a selection to scopes below its own.
#[server(prefix = "/do", endpoint = "narrow")]
pub(crate) async fn narrow(
    selection: String,
    row: String,
    #[server(default)] scopes: Vec<String>,
    #[server(default)] keep: Vec<String>,
) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    let narrowed = match (selection.parse(), RowKey::parse(&row)) {
        (Ok(id), Some(row)) => {
            let scopes: Vec<ScopeId> = scopes.into_iter().chain(keep).map(ScopeId::from).collect();
            context.portal.narrow(&session, id, &row, &scopes).await
        }
        _ => Err(PortalError::NotFound),
    };
    go_to_selection(narrowed);
    Ok(())
}

/// Sends the browser to the selection that came of `made`.
fn go_to_selection(made: Result<Selection, PortalError>) {
    match made {
        Ok(selection) => go(&format!("/activate/{}", selection.id)),
        Err(error) => go_with(&error),
    }
}

/// Sends the browser to the batch that came of `made`.
fn go_to_batch(made: Result<BatchId, PortalError>) {
    match made {
        Ok(batch) => go(&format!("/requests/{batch}")),
        Err(error) => go_with(&error),
    }
}

fn batch_from(text: &str) -> Result<BatchId, PortalError> {
    text.parse().map_err(|_| PortalError::NotFound)
}

/// Selects again what was refused, with what was typed.
#[server(prefix = "/do", endpoint = "retry")]
pub(crate) async fn retry(batch: String) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    go_to_selection(match batch_from(&batch) {
        Ok(batch) => context.portal.retry(&session, batch).await,
        Err(error) => Err(error),
    });
    Ok(())
}

/// Sends what waited for a stronger sign-in that was made meanwhile.
#[server(prefix = "/do", endpoint = "resume")]
pub(crate) async fn resume(batch: String) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    go_to_batch(match batch_from(&batch) {
        Ok(batch) => context.portal.resume(&session, batch).await.map(|_| batch),
        Err(error) => Err(error),
    });
    Ok(())
}

/// Sends again what is known not to have gone through.
#[server(prefix = "/do", endpoint = "send-again")]
pub(crate) async fn send_again(batch: String) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    go_to_batch(match batch_from(&batch) {
        Ok(batch) => context.portal.send_again(&session, batch).await.map(|_| batch),
        Err(error) => Err(error),
    });
    Ok(())
}

/// Takes back an operation that was not sent.
#[server(prefix = "/do", endpoint = "take-back")]
pub(crate) async fn take_back(batch: String, operation: String) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    go_to_batch(match (batch_from(&batch), operation.parse()) {
        (Ok(batch), Ok(operation)) => {
            context.portal.take_back(&session, batch, operation).await.map(|_| batch)
        }
        _ => Err(PortalError::NotFound),
    });
    Ok(())
}

/// Queues activations of roles that are still active for the time when they end.
#[server(prefix = "/do", endpoint = "reactivate-later")]
pub(crate) async fn reactivate_later(batch: String) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    go_to_batch(match batch_from(&batch) {
        Ok(batch) => context.portal.reactivate_later(&session, batch).await,
        Err(error) => Err(error),
    });
    Ok(())
}

/// Selects roles that a group leads to.
#[server(prefix = "/do", endpoint = "select-led-to")]
pub(crate) async fn select_led_to(
    batch: String,
    #[server(default)] rows: Vec<String>,
) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    go_to_selection(match batch_from(&batch) {
        Ok(batch) => context.portal.select_led_to(&session, batch, rows_from(&rows)).await,
        Err(error) => Err(error),
    });
    Ok(())
}

/// Selects active roles that are to begin again when they end.
#[server(prefix = "/do", endpoint = "continue")]
pub(crate) async fn continue_active(#[server(default)] rows: Vec<String>) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    go_to_selection(context.portal.continue_active(&session, &rows_from(&rows)).await);
    Ok(())
}

/// Deactivates active roles; with `when` = "allowed", those that are too young as soon as that is possible.
#[server(prefix = "/do", endpoint = "deactivate")]
pub(crate) async fn deactivate(
    #[server(default)] rows: Vec<String>,
    #[server(default)] when: String,
) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    let too_early = if when == "allowed" { TooEarly::Queue } else { TooEarly::Send };
    go_to_batch(context.portal.deactivate(&session, &rows_from(&rows), too_early).await);
    Ok(())
}

/// Withdraws one of the person's own requests: `plane:id`.
#[server(prefix = "/do", endpoint = "withdraw")]
pub(crate) async fn withdraw(request: String) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    go_to_batch(match RowKey::parse(&request) {
        Some(RowKey { plane, row }) => context.portal.cancel(&session, &plane, &row.into()).await,
        None => Err(PortalError::NotFound),
    });
    Ok(())
}

/// Decides on requests that wait for the person.
#[server(prefix = "/do", endpoint = "decide")]
pub(crate) async fn decide(
    #[server(default)] rows: Vec<String>,
    #[server(default)] reason: String,
    decision: String,
) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    let decision = match decision.as_str() {
        "approve" => Decision::Approve,
        "deny" => Decision::Deny,
        _ => {
            go_with(&PortalError::NotFound);
            return Ok(());
        }
    };
    let rows = rows_from(&rows);
    let problem = if rows.is_empty() { Some("nothing-chosen") } else { wrong_reason(&context, &reason) };
    if let Some(problem) = problem {
        if context.portal.keep_typed(&session, APPROVALS_FORM, &reason).await.is_err() {
            go_with(&PortalError::Store(StoreError));
            return Ok(());
        }
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("problem", problem);
        for row in &rows {
            query.append_pair("role", &row.to_string());
        }
        go(&format!("/approvals?{}", query.finish()));
        return Ok(());
    }
    let gone = context.portal.no_longer_waiting(&session, &rows).await;
    if gone == rows.len() {
        go("/approvals?problem=gone");
        return Ok(());
    }
    match context.portal.decide(&session, &rows, decision, &reason).await {
        Ok(batch) if gone > 0 => go(&format!("/requests/{batch}?gone={gone}")),
        made => go_to_batch(made),
    }
    Ok(())
}

/// Asks an administrator to keep an eligibility for some days more.
#[server(prefix = "/do", endpoint = "prolong")]
pub(crate) async fn prolong(
    row: String,
    days: u16,
    #[server(default)] justification: String,
) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    let Some(row) = RowKey::parse(&row) else {
        go_with(&PortalError::NotFound);
        return Ok(());
    };
    if let Some(problem) = wrong_reason(&context, &justification) {
        if context.portal.keep_typed(&session, EXTEND_FORM, &justification).await.is_err() {
            go_with(&PortalError::Store(StoreError));
            return Ok(());
        }
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("role", &row.to_string()).append_pair("problem", problem);
        query.append_pair("days", &days.to_string());
        go(&format!("/extend?{}", query.finish()));
        return Ok(());
    }
    let hours = i64::from(days.clamp(1, 365)) * 24;
    let until = context.portal.clock().now().saturating_add(jiff::SignedDuration::from_hours(hours));
    go_to_batch(match until {
        Ok(until) => context.portal.prolong(&session, &row, until, &justification).await,
        Err(_) => Err(PortalError::NotFound),
    });
    Ok(())
}

/// Makes a filled selection of a profile; nothing is sent.
#[server(prefix = "/do", endpoint = "use-profile")]
pub(crate) async fn use_profile(profile: String) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    go(&profiles::used(context.portal.use_profile(&session, &profile, None).await));
    Ok(())
}

/// Changes a profile: its name and defaults, one role less, its place, or deletes it.
#[server(prefix = "/do", endpoint = "change-profile")]
pub(crate) async fn change_profile(
    profile: String,
    step: String,
    #[server(default)] name: String,
    #[server(default)] wanted: String,
    #[server(default)] reason: String,
    #[server(default)] ticket_number: String,
    #[server(default)] ticket_system: String,
) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    let portal = &context.portal;
    let (verb, about) = step.split_once(':').unwrap_or((&step, ""));
    let Ok(id) = profile.parse() else {
        go(&format!("/profiles?problem={}", profiles::slug(&ProfileError::NotFound)));
        return Ok(());
    };
    let wanted = duration(&wanted).map_or(Wanted::Longest, Wanted::For);
    let defaults = Defaults { wanted, justification: reason, ticket_number, ticket_system };
    let changed = match verb {
        "save" => portal.edit_profile(&session, id, &name, defaults).await.map(|()| "changed"),
        "remove" => portal.remove_from_profile(&session, id, about).await.map(|()| "changed"),
        "up" => portal.move_profile(&session, id, Direction::Up).await.map(|()| "moved"),
        "down" => portal.move_profile(&session, id, Direction::Down).await.map(|()| "moved"),
        "delete" => portal.delete_profile(&session, id).await.map(|()| "deleted"),
        _ => Err(ProfileError::NotFound),
    };
    go(&match (changed, verb) {
        // The focus goes on from where it was.
        (Ok(_), "up" | "down") => format!("/profiles#{verb}-{id}"),
        (Ok(notice), _) => format!("/profiles?notice={notice}"),
        (Err(error), _) => format!("/profiles?problem={}", profiles::slug(&error)),
    });
    Ok(())
}

/// Adds the profiles of a file, all or none.
#[server(prefix = "/do", endpoint = "import-profiles")]
pub(crate) async fn import_profiles(#[server(default)] file: String) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    go(&match context.portal.import_profiles(&session, &file).await {
        Ok(Imported::Added(_)) => "/profiles?notice=imported".to_owned(),
        Ok(Imported::Refused(problems)) => {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            for problem in &problems {
                query.append_pair("refused", problem);
            }
            format!("/profiles?{}", query.finish())
        }
        Err(error) => format!("/profiles?problem={}", profiles::slug(&error)),
    });
    Ok(())
}

/// Stores how the person wants the portal, all of it or nothing.
#[server(prefix = "/do", endpoint = "save-settings")]
pub(crate) async fn save_settings(
    #[server(default)] theme: String,
    #[server(default)] density: String,
    #[server(default)] time_format: String,
    #[server(default)] duration: String,
    #[server(default)] length: String,
    #[server(default)] unit: String,
    #[server(default)] notify: String,
) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    let own = (duration == "own").then(|| Unit::minutes(&unit, &length));
    let typed = [
        ("theme", theme),
        ("density", density),
        ("time_format", time_format),
        ("notify", notify),
        ("duration", duration),
        ("length", length),
        ("unit", unit),
    ];
    let settings = Settings::named(|name| match (name, own) {
        ("duration", Some(minutes)) => minutes.map(|minutes| minutes.to_string()),
        _ => typed.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()),
    });
    let problem = if own == Some(None) {
        Some("length")
    } else {
        context.portal.save_settings(&session, &settings).await.err().map(|_| "store")
    };
    go(&match problem {
        None => "/settings?notice=saved".to_owned(),
        Some(problem) => {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            format!("/settings?{}", query.extend_pairs(typed).append_pair("problem", problem).finish())
        }
    });
    Ok(())
}

/// Deletes what is kept about the person.
#[server(prefix = "/do", endpoint = "forget-me")]
pub(crate) async fn forget_me(#[server(default)] sure: String) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    if sure != "on" {
        go("/settings?problem=sure");
        return Ok(());
    }
    match context.portal.forget_person(&session).await {
        Ok(_) => go("/settings?notice=forgotten"),
        Err(_) => go("/settings?problem=store"),
    }
    Ok(())
}

/// Stores whether the person is notified before a role ends, and leaves their other settings as they are.
#[server(prefix = "/do", endpoint = "notify")]
pub(crate) async fn notify(notify: String) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    let saved = match context.portal.settings(&session).await {
        Ok(settings) => {
            let settings = Settings { notify: notify == "on", ..settings };
            context.portal.save_settings(&session, &settings).await
        }
        Err(error) => Err(error),
    };
    match saved {
        Ok(()) => go("/settings?notice=saved"),
        Err(_) => return Err(ServerFnError::new("the settings could not be stored")),
    }
    Ok(())
}

/// Forgets what was read, so that the page is fresh.
#[server(prefix = "/do", endpoint = "refresh")]
pub(crate) async fn refresh(
    #[server(default)] view: String,
    #[server(default)] page: String,
) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    context.portal.forget(&session).await;
    if matches!(page.as_str(), "/approvals" | "/requests") {
        go(&page);
    } else {
        go_to_view(&context, &session, &view).await;
    }
    Ok(())
}

/// Shows the overview as `view` says, a query.
async fn go_to_view(context: &Context, session: &Session, view: &str) {
    let own = context.portal.own_view(session).await.unwrap_or_default();
    go(&View::parse(view, &own).address("/"));
}

/// Makes a role a favourite, or none, and shows the overview as `view` says.
#[server(prefix = "/do", endpoint = "star")]
pub(crate) async fn set_favourite(
    #[server(default)] star: String,
    #[server(default)] unstar: String,
    #[server(default)] view: String,
) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    let starred = unstar.is_empty();
    let done = match RowKey::parse(if starred { &star } else { &unstar }) {
        Some(row) => context.portal.star(&session, &row, starred).await,
        None => Err(PortalError::NotFound),
    };
    match done {
        Ok(()) => go_to_view(&context, &session, &view).await,
        Err(error) => go_with(&error),
    }
    Ok(())
}

/// Keeps how the overview is sorted and grouped, and its columns, as the person's default; with `step` = "forget", keeps none.
#[server(prefix = "/do", endpoint = "keep-view")]
pub(crate) async fn keep_view(
    #[server(default)] view: String,
    #[server(default)] step: String,
) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    let layout = if step == "forget" { String::new() } else { View::parse(&view, "").layout.query() };
    match context.portal.keep_own_view(&session, &layout).await {
        Ok(()) => go_to_view(&context, &session, &view).await,
        Err(error) => go_with(&error),
    }
    Ok(())
}
