//! The frame around the pages of somebody who is signed in: navigation, person, content.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::icon::{Glyph, Icon};
use super::organisation::{Banner, BrandMark, OrganisationLinks};
use super::pulse::PulseBars;
use super::shortcuts::Shortcuts;
use crate::context::{context, signed_in};
use crate::shell::Title;

/// A page of the navigation.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) href: &'static str,
    pub(crate) glyph: Glyph,
    pub(crate) text: &'static str,
    /// The letter that goes there after `g`.
    pub(crate) key: char,
}

/// The navigation, in its order.
pub(crate) const PLACES: [Place; 8] = [
    Place { href: "/", glyph: Glyph::Overview, text: "Overview", key: 'o' },
    Place { href: "/requests", glyph: Glyph::Requests, text: "Requests", key: 'r' },
    Place { href: "/approvals", glyph: Glyph::Approvals, text: "Approvals", key: 'a' },
    Place { href: "/profiles", glyph: Glyph::Profiles, text: "Profiles", key: 'p' },
    Place { href: "/history", glyph: Glyph::History, text: "History", key: 'h' },
    Place { href: "/tenants", glyph: Glyph::Tenants, text: "Tenants", key: 't' },
    Place { href: "/permissions", glyph: Glyph::Permissions, text: "Permissions", key: 'm' },
    Place { href: "/settings", glyph: Glyph::Settings, text: "Settings", key: 's' },
];

/// The frame. `title` is the tab's title; the page draws its own heading.
#[component]
pub(crate) fn Frame(#[prop(into)] title: String, children: Children) -> impl IntoView {
    let person = signed_in().map(|(_, session)| session.person);
    let now = context().now();
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this era are exact in a double")]
    let server_now = now.as_millisecond() as f64;
    let person = person.map(|person| {
        view! {
            <div class="person">
                <span class="badge" aria-hidden="true">{person.initials()}</span>
                <span class="who"><strong>{person.name.clone()}</strong><span class="quiet">{person.username.clone()}</span></span>
                <form method="post" action="/auth/sign-out">
                    <button class="icon-button" title="Sign out"><Icon glyph=Glyph::SignOut/><span class="for-readers">"Sign out"</span></button>
                </form>
            </div>
        }
    });
    let here = use_location().pathname.get_untracked();
    let waiting = context().waiting;
    let notify = context().settings.notify.then_some("");
    let places = PLACES.map(|place| {
        let current = (here == place.href).then_some("page");
        let count = (place.href == "/approvals" && waiting > 0).then_some(waiting);
        view! {
            <a href=place.href aria-current=current data-go=place.key.to_string()>
                <Icon glyph=place.glyph/>{place.text}
                {count.map(|count| view! { <span class="count-badge"><span class="for-readers">": "</span>{count}<span class="for-readers">" waiting for you"</span></span> })}
            </a>
        }
    });
    view! {
        <Title text=title/>
        <a class="skip" href="#content">"Skip to content"</a>
        <div class="frame" data-notify=notify>
            <header class="side">
                <a class="brand" href="/"><BrandMark/></a>
                <button type="button" class="find" data-palette="" aria-haspopup="dialog" aria-label="Find a role, a page or an action">
                    <Icon glyph=Glyph::Search/><span>"Find"</span><kbd>"Ctrl K"</kbd>
                </button>
                <nav aria-label="Main">
                    {places.collect_view()}
                </nav>
                {person}
            </header>
            <div class="content">
                <Banner/>
                <PulseBars/>
                <main id="content" tabindex="-1">{children()}</main>
                <OrganisationLinks/>
            </div>
        </div>
        <Shortcuts/>
        <crate::islands::Clockwork server_now=server_now/>
        <crate::islands::Expiry server_now=server_now source="/events/ends".into()/>
        <crate::islands::Copy/>
        <crate::islands::Keys palette="/palette".into()/>
    }
}
