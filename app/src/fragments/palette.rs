//! The palette's entries: pages, actions of the page, profiles, and every role that the person may activate, as far as the lists are known.

use leptos::prelude::*;
use pim::plane::Descriptor;
use portal::Session;
use portal::overview::{EligibleRole, Standing};
use portal::selection::RowKey;

use crate::components::frame::PLACES;
use crate::context::Context;
use crate::words;

/// An action of the page that one is on: its words, and what is pressed. Only the overview has them all; what is not there does nothing.
const ACTIONS: [(&str, &str, &str); 5] = [
    ("Read everything anew", "data-press", "form[action='/do/refresh'] button"),
    ("Keyboard shortcuts", "data-dialog", "#shortcuts"),
    ("Deactivate all roles…", "data-href", "/deactivate?all=1"),
    ("Status: does Microsoft answer", "data-href", "/status"),
    ("Sign out", "data-press", "form[action='/auth/sign-out'] button"),
];

/// The entries' markup.
pub(crate) async fn entries(context: &Context, session: &Session) -> impl FnOnce() -> AnyView + Send + use<> {
    let planes: Vec<Descriptor> = context.portal.planes().cloned().collect();
    let mut roles = Vec::new();
    for plane in planes {
        let Ok(eligible) = context.portal.eligible(session, &plane.id).await else { continue };
        let held = context.portal.held(session, &plane.id).await.ok();
        let now = context.now();
        for role in &eligible.roles {
            let standing =
                held.as_ref().map_or(Standing::Free, |held| held.standing(&role.eligibility.target, now));
            if standing == Standing::Free {
                roles.push((plane.clone(), role.clone()));
            }
        }
    }
    let profiles = context.portal.profiles(session).await.unwrap_or_default();
    move || {
        let profiles = profiles.into_iter().enumerate().map(|(index, profile)| {
            let text = format!("profile {}", profile.name.to_lowercase());
            let key = (index < 9).then(|| view! { <kbd aria-hidden="true">{index + 1}</kbd> });
            view! {
                <li role="option" id=format!("palette-profile-{index}") aria-selected="false" data-text=text data-href=format!("/activate?profile={}", profile.id)>
                    <span><strong>{profile.name}</strong>" "<span class="quiet">{words::roles(profile.roles.len())}</span></span>{key}
                </li>
            }
        });
        let pages = PLACES.iter().enumerate().map(|(index, place)| {
            view! {
                <li role="option" id=format!("palette-page-{index}") aria-selected="false" data-text=place.text.to_lowercase() data-href=place.href>
                    <span>{place.text}</span><kbd aria-hidden="true">{format!("g {}", place.key)}</kbd>
                </li>
            }
        });
        let actions = ACTIONS.iter().enumerate().map(|(index, (text, attribute, value))| {
            let when = |name: &str| (*attribute == name).then_some(*value);
            view! {
                <li role="option" id=format!("palette-action-{index}") aria-selected="false" data-text=text.to_lowercase()
                    data-press=when("data-press") data-dialog=when("data-dialog") data-href=when("data-href")><span>{*text}</span></li>
            }
        });
        let roles = roles.into_iter().enumerate().map(|(index, (plane, role))| entry(index, &plane, role));
        view! {
            <ul role="group" aria-label="Pages"><li class="group" role="presentation">"Pages"</li>{pages.collect_view()}</ul>
            <ul role="group" aria-label="Actions"><li class="group" role="presentation">"Actions"</li>{actions.collect_view()}</ul>
            <ul role="group" aria-label="Profiles"><li class="group" role="presentation">"Profiles"</li>{profiles.collect_view()}</ul>
            <ul role="group" aria-label="Activate"><li class="group" role="presentation">"Activate"</li>{roles.collect_view()}</ul>
        }
        .into_any()
    }
}

fn entry(index: usize, plane: &Descriptor, role: EligibleRole) -> AnyView {
    let names = role.eligibility.names;
    let text = format!("activate {} {} {}", names.title, names.place, plane.singular).to_lowercase();
    let key = RowKey::new(&plane.id, role.eligibility.id.as_str()).to_string();
    view! {
        <li role="option" id=format!("palette-role-{index}") aria-selected="false" data-text=text data-role-row=key>
            <span><strong>{names.title}</strong>" "<span class="quiet">{names.place}</span></span>
            <span class=format!("plane plane-{}", plane.id)>{plane.short}</span>
        </li>
    }
    .into_any()
}
