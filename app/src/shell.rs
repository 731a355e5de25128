//! The document around every page, and which page stands at which address.

use leptos::attr::custom::custom_attribute;
use leptos::html;
use leptos::prelude::*;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};
use portal::settings::{Settings, Theme};

use crate::context::{Context, Site, context};
use crate::escape::escaped;
use crate::pages::{
    activate::Activate,
    approvals::Approvals,
    consented::Consented,
    deactivate::Deactivate,
    extend::Extend,
    history::History,
    mine::Mine,
    not_found::NotFound,
    overview::Overview,
    permissions::Permissions,
    profiles::{Profiles, UseProfile},
    requests::Requests,
    scopes::Scopes,
    settings::SettingsPage,
    sign_in::SignIn,
    sign_in_failed::SignInFailed,
    tenants::Tenants,
};

/// The whole document.
#[must_use]
pub fn document() -> impl IntoView {
    let (site, settings) =
        use_context::<Context>().map(|context| (context.site, context.settings)).unwrap_or_default();
    let Settings { theme, density, time_format, .. } = settings;
    let boot = site.boot.clone().map(|url| view! { <script type="module" src=url></script> });
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.word() data-density=density.word() data-time-format=time_format.word()>
            <head>
                <Head site=(*site).clone() theme=theme/>
                {boot}
                <leptos_meta::MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// What every page's head begins with.
#[component]
pub(crate) fn Head(site: Site, theme: Theme) -> impl IntoView {
    // The browser draws its own controls and the empty page by this, before the style sheet is there.
    let scheme = match theme {
        Theme::Light => "light",
        Theme::Dark => "dark",
        Theme::System | Theme::Contrast => "light dark",
    };
    // The macro does not know that a `meta` may have it.
    let media_of = |media| custom_attribute("media", media);
    let colours_around = theme_colours(theme)
        .into_iter()
        .map(|(media, colour)| html::meta().name("theme-color").add_any_attr(media_of(media)).content(colour))
        .collect_view();

    // After the portal's own, which it overrides.
    let colours = site.brand.stylesheet.map(|url| view! { <link rel="stylesheet" href=url/> });
    view! {
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <meta name="color-scheme" content=scheme/>
        {colours_around}
        <meta name="description" content="Activate and deactivate roles of Microsoft Entra Privileged Identity Management"/>
        <link rel="icon" href=site.icon type="image/svg+xml"/>
        <link rel="manifest" href="/manifest.webmanifest"/>
        <link rel="stylesheet" href=site.stylesheet/>
        {colours}
    }
}

/// The style sheet's `--ground`, light and dark: what a browser paints around the page with.
const GROUND: (&str, &str) = ("#f6f7f9", "#0f1216");
/// The same in high contrast.
const CONTRAST_GROUND: (&str, &str) = ("#ffffff", "#000000");

/// The colours around the page, each with when it holds.
fn theme_colours(theme: Theme) -> Vec<(Option<&'static str>, &'static str)> {
    let (light, dark) = if theme == Theme::Contrast { CONTRAST_GROUND } else { GROUND };
    match theme {
        Theme::Light => vec![(None, light)],
        Theme::Dark => vec![(None, dark)],
        Theme::System | Theme::Contrast => {
            vec![(Some("(prefers-color-scheme: light)"), light), (Some("(prefers-color-scheme: dark)"), dark)]
        }
    }
}

/// All pages. They stream in document order, so that they can be read as they arrive, with or without JavaScript.
#[component]
pub fn App() -> impl IntoView {
    leptos_meta::provide_meta_context();
    view! {
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/") view=Overview ssr=SsrMode::InOrder/>
                <Route path=path!("/activate") view=UseProfile ssr=SsrMode::Async/>
                <Route path=path!("/profiles") view=Profiles ssr=SsrMode::Async/>
                <Route path=path!("/activate/:selection") view=Activate ssr=SsrMode::Async/>
                <Route path=path!("/activate/:selection/scopes") view=Scopes ssr=SsrMode::Async/>
                <Route path=path!("/approvals") view=Approvals ssr=SsrMode::Async/>
                <Route path=path!("/extend") view=Extend ssr=SsrMode::Async/>
                <Route path=path!("/history") view=History ssr=SsrMode::Async/>
                <Route path=path!("/deactivate") view=Deactivate ssr=SsrMode::Async/>
                <Route path=path!("/requests") view=Mine ssr=SsrMode::Async/>
                <Route path=path!("/requests/:batch") view=Requests ssr=SsrMode::Async/>
                <Route path=path!("/permissions") view=Permissions ssr=SsrMode::Async/>
                <Route path=path!("/settings") view=SettingsPage ssr=SsrMode::Async/>
                <Route path=path!("/tenants") view=Tenants ssr=SsrMode::Async/>
                <Route path=path!("/sign-in") view=SignIn ssr=SsrMode::Async/>
                <Route path=path!("/sign-in/consented") view=Consented ssr=SsrMode::Async/>
                <Route path=path!("/sign-in/failed") view=SignInFailed ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
}

/// Answers with a status other than 200.
pub(crate) fn answer_with(status: http::StatusCode) {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(status);
    }
}

/// What the page is called, in the browser's tab.
#[component]
pub(crate) fn Title(#[prop(into)] text: String) -> impl IntoView {
    let name = context().site.brand.name.clone();
    view! { <leptos_meta::Title text=escaped(&format!("{text} · {name}"))/> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_colours_around_the_page_are_those_of_the_style_sheet() {
        let tokens = include_str!("../../style/1-tokens.css");
        let grounds: Vec<_> =
            tokens.lines().filter_map(|line| line.trim().strip_prefix("--ground: ")).collect();
        let written = [GROUND, CONTRAST_GROUND].map(|(light, dark)| format!("light-dark({light}, {dark});"));
        assert_eq!(grounds, written);
    }
}
