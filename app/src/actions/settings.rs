//! The person's own settings, and what is kept about them.

use leptos::prelude::*;
use portal::settings::Settings;

use super::{caller, go};
use crate::pages::settings::Unit;

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
