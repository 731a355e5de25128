//! What is the organisation's own on a page, and in which directory one is: its name and logo, its announcement, its links. All of it is text and addresses from
//! the server's settings, never markup.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use crate::context::{Announcement, Brand, Severity, context};

/// Logo and name. The name is what is read out.
#[component]
pub(crate) fn BrandMark() -> impl IntoView {
    brand_mark(context().site.brand.clone())
}

/// The same, for a page that is drawn without a request's context.
pub(crate) fn brand_mark(brand: Brand) -> impl IntoView {
    let logo = match brand.logo {
        Some(url) => view! { <img class="brand-logo" src=url alt="" height="24"/> }.into_any(),
        None => view! { <span class="logo"><Icon glyph=Glyph::Logo/></span> }.into_any(),
    };
    view! { {logo}<span class="brand-name">{brand.name}</span> }
}

/// What stands above every page: that this is no real cloud, and what the organisation has to say.
#[component]
pub(crate) fn Banner() -> impl IntoView {
    let site = context().site;
    let unreal = site
        .banner
        .clone()
        .map(|text| view! { <aside class="banner" aria-label="Not a real cloud">{text}</aside> });
    let said = site.brand.announcement.clone().map(|Announcement { text, severity }| {
        let (class, prefix) = match severity {
            Severity::Info => ("banner announcement", None),
            Severity::Warning => ("banner announcement warn-ground", Some("Warning")),
            Severity::Critical => ("banner announcement bad-ground", Some("Important")),
        };
        let prefix = prefix.map(|prefix| view! { <strong>{prefix}": "</strong> });
        view! { <aside class=class aria-label="Announcement">{prefix}{text}</aside> }
    });
    let elsewhere = context().elsewhere().cloned().map(|directory| {
        view! { <aside class="banner elsewhere" aria-label="Directory">"You are in "<strong>{directory.name}</strong>". "<a href="/tenants">"Change"</a></aside> }
    });
    view! { {unreal}{said}{elsewhere} }
}

/// The organisation's links; nothing where there are none.
#[component]
pub(crate) fn OrganisationLinks() -> impl IntoView {
    let links = context().site.brand.links.clone();
    (!links.is_empty()).then(|| {
        let links = links.into_iter().map(|link| view! { <a href=link.url rel="noreferrer">{link.title}</a> });
        view! { <footer class="foot"><nav aria-label="Links of your organisation">{links.collect_view()}</nav></footer> }
    })
}
