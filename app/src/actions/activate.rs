//! Choosing roles, and the page that activates them.

#![expect(clippy::too_many_arguments, reason = "one argument for each field of a form")]

use jiff::Timestamp;
use leptos::prelude::*;
use pim::ids::{ScopeId, SelectionId};
use portal::activate::Confirmation;
use portal::profiles::ProfileError;
use portal::selection::{Fields, Own, RowKey, Wanted};
use portal::{PortalError, Session};
use serde::{Deserialize, Serialize};

use super::{caller, duration, go, go_to_selection, go_with, rows_from};
use crate::context::Context;
use crate::pages::{activate as page_of_activation, profiles};

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
                    format!("{page}?template={}#template-name", page_of_activation::template_slug(error))
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
