//! Profiles: used, changed, read from a file.

use leptos::prelude::*;
use portal::profiles::edit::Direction;
use portal::profiles::exchange::Imported;
use portal::profiles::{Defaults, ProfileError};
use portal::selection::Wanted;

use super::{caller, duration, go};
use crate::pages::profiles;

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
