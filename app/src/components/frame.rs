//! The frame around the pages of somebody who is signed in: navigation, person, content.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::icon::{Glyph, Icon};
use crate::context::{context, signed_in};
use crate::shell::{Banner, Title};

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
    let link = |href: &'static str, glyph: Glyph, text: &'static str| {
        let current = (here == href).then_some("page");
        view! { <a href=href aria-current=current><Icon glyph=glyph/>{text}</a> }
    };
    view! {
        <Title text=title/>
        <a class="skip" href="#content">"Skip to content"</a>
        <div class="frame">
            <header class="side">
                <a class="brand" href="/"><span class="logo"><Icon glyph=Glyph::Logo/></span>"PIM portal"</a>
                <nav aria-label="Main">
                    {link("/", Glyph::Overview, "Overview")}
                    {link("/approvals", Glyph::Approvals, "Approvals")}
                    {link("/history", Glyph::History, "History")}
                </nav>
                {person}
            </header>
            <div class="content">
                <Banner/>
                <main id="content" tabindex="-1">{children()}</main>
            </div>
        </div>
        <crate::islands::Clockwork server_now=server_now/>
    }
}
