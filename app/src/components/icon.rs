//! Icons: one stroke each, in the colour of the text, and silent to screen readers: a word always stands beside them.

use leptos::prelude::*;

/// An icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Glyph {
    Overview,
    Requests,
    Approvals,
    History,
    Profiles,
    Tenants,
    Permissions,
    Settings,
    Search,
    Warning,
    SignOut,
    Remove,
    Up,
    Down,
    Logo,
}

impl Glyph {
    const fn path(self) -> &'static str {
        match self {
            Self::Overview => "M3 4h10v3H3zM3 9h10v3H3z",
            Self::Requests => "M14 8L2.5 3l2 5l-2 5zM4.5 8H14",
            Self::Approvals => "M3 8.5l3 3l7-7M3 14h10",
            Self::History => "M8 3a5 5 0 1 1-4.6 3M3.4 3v3h3M8 5.5V8l2 1.5",
            Self::Profiles => "M3 3h6v6H3zM11 6h2v7H6v-2M5 6h2",
            Self::Tenants => "M3 13V3h6v10M9 7h4v6M2 13h12M5 6h2M5 9h2",
            Self::Permissions => "M8 2l5 2v4q0 4-5 6q-5-2-5-6V4zM6 8l1.5 1.5L10 7",
            Self::Settings => "M2 5h6M12 5h2M2 11h2M8 11h6M10 3v4M6 9v4",
            Self::Search => "M7 3a4 4 0 1 0 0 8a4 4 0 0 0 0-8M10 10l3.5 3.5",
            Self::Warning => "M8 2.5L14 13H2zM8 6.5v3M8 11.2v.3",
            Self::SignOut => "M6 3H3v10h3M9 5l3 3l-3 3M12 8H6",
            Self::Remove => "M4 4l8 8M12 4l-8 8",
            Self::Up => "M4 10l4-4l4 4",
            Self::Down => "M4 6l4 4l4-4",
            Self::Logo => "M4 10l4-4l4 4M8 12v.2",
        }
    }
}

/// Draws an icon.
#[component]
pub(crate) fn Icon(glyph: Glyph) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
            <path d=glyph.path() fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"></path>
        </svg>
    }
}
