//! `/settings`: how the person wants the portal. One form; every control says what it does.
//!
//! What was refused comes back in the address, value by value: nothing of it is secret, and what is not known is not shown.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use portal::selection::Wanted;
use portal::settings::{Density, LONGEST_MINUTES, Settings, Theme, TimeFormat};

use crate::components::frame::Frame;
use crate::context::context;

/// What the form has when it was refused: the length as it was typed.
struct Typed {
    settings: Settings,
    is_longest: bool,
    length: String,
    unit: Unit,
}

/// What a length is typed in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Minutes,
    Hours,
}

impl Unit {
    fn parse(word: &str) -> Self {
        if word == "hours" { Self::Hours } else { Self::Minutes }
    }

    /// What the form sent, in minutes; `None` when it is not a length that a role can have.
    pub(crate) fn minutes(word: &str, length: &str) -> Option<u32> {
        let number: u32 = length.trim().parse().ok()?;
        let minutes = match Self::parse(word) {
            Self::Minutes => number,
            Self::Hours => number.checked_mul(60)?,
        };
        (5..=LONGEST_MINUTES).contains(&minutes).then_some(minutes)
    }
}

impl Typed {
    fn stored(settings: Settings) -> Self {
        let (length, unit) = match settings.duration {
            Wanted::For(duration) if duration.minutes() % 60 != 0 => (duration.minutes(), Unit::Minutes),
            Wanted::For(duration) => (duration.minutes() / 60, Unit::Hours),
            Wanted::Longest => (1, Unit::Hours),
        };
        Self { is_longest: settings.duration == Wanted::Longest, length: length.to_string(), unit, settings }
    }
}

/// The page.
#[component]
pub(crate) fn SettingsPage() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let notice = query.get("notice").and_then(|slug| match slug.as_str() {
        "saved" => Some("Saved. The settings are yours, in every browser you sign in with."),
        "forgotten" => {
            Some("Deleted. Everything is as on your first day; what is still under way is seen through.")
        }
        _ => None,
    });
    let problem = query.get("problem").map(|slug| match slug.as_str() {
        "sure" => "Tick the box if everything that is kept about you is to be deleted.",
        "length" => "Write a length from 5 minutes to 24 hours, as a whole number.",
        _ => "The portal could not write to its own store, so nothing was saved. Try again.",
    });
    let is_typed = query.get("problem").is_some_and(|slug| slug != "sure");
    let typed = if is_typed {
        Typed {
            settings: Settings::named(|name| query.get(name)),
            is_longest: query.get("duration").is_none_or(|duration| duration != "own"),
            length: query.get("length").unwrap_or_default().chars().take(8).collect(),
            unit: Unit::parse(&query.get("unit").unwrap_or_default()),
        }
    } else {
        Typed::stored(context().settings)
    };
    let length_problem = problem.filter(|_| query.get("problem").is_some_and(|slug| slug == "length"));
    let said = notice.map(|text| view! { <p class="notice good-ground" role="status">{text}</p> });
    let failed = problem.map(|text| {
        let nothing = if is_typed { "Nothing was saved. " } else { "Nothing was deleted. " };
        view! { <p class="notice bad-ground" role="alert"><span><strong>{nothing}</strong>{text}</span></p> }
    });
    view! {
        <Frame title="Settings">
            <div class="page-head">
                <div><p class="crumbs"><a href="/">"Overview"</a>" / Settings"</p><h1>"Settings"</h1></div>
            </div>
            {said}{failed}
            <form class="settings" method="post" action="/do/save-settings">
                <section class="panel" aria-labelledby="looks">
                    <h2 id="looks">"Appearance"</h2>
                    {themes(typed.settings.theme)}
                    {densities(typed.settings.density)}
                    {time_formats(typed.settings.time_format)}
                </section>
                <section class="panel" aria-labelledby="activating">
                    <h2 id="activating">"Activation"</h2>
                    {duration(&typed, length_problem)}
                </section>
                <section class="panel" aria-labelledby="telling">
                    <h2 id="telling">"Notifications"</h2>
                    <label class="pick"><input type="checkbox" name="notify" value="on" checked=typed.settings.notify aria-describedby="notify-hint"/>"Tell me before a role ends"</label>
                    <p class="hint" id="notify-hint">"15 and 5 minutes before, by a notification of your browser, while a page of the portal is open. The browser asks for its own permission."</p>
                </section>
                <p class="after"><button class="button primary">"Save"</button></p>
            </form>
            {kept()}
        </Frame>
    }
}

/// What is kept about the person, and the way to have it deleted.
fn kept() -> AnyView {
    let days = context().site.history_days;
    view! {
        <div class="settings">
            <section class="panel" aria-labelledby="kept">
                <h2 id="kept">"What is kept about you"</h2>
                <ul class="kept">
                    <li>"Your settings, columns, profiles, favourites, reasons and templates, and which roles you have seen: until you delete them."</li>
                    <li>{format!("What the portal did for you, as the history shows it: {days} days after it ended.")}</li>
                    <li>"Roles that you chose and did not activate: 8 hours. Your sign-in: until you sign out, 10 hours at most."</li>
                </ul>
                <p class="hint">"All of it is encrypted, and nobody else sees it in the portal. What Microsoft records of your activations stays with Microsoft."</p>
                <form method="post" action="/do/forget-me">
                    <label class="pick"><input type="checkbox" name="sure" value="on" required=true/>"Delete all of this for good"</label>
                    <p class="after"><button class="button danger">"Delete what is kept about me"</button></p>
                </form>
            </section>
        </div>
    }
    .into_any()
}

/// A choice of which all are to be seen at once. `describe` says what each one does.
fn segments<T: Copy + PartialEq>(
    name: &'static str,
    legend: &'static str,
    hint: &'static str,
    all: &[T],
    chosen: T,
    word: impl Fn(T) -> &'static str,
    text: impl Fn(T) -> &'static str,
) -> AnyView {
    let id = format!("{name}-hint");
    let described = id.clone();
    let choices = all
        .iter()
        .map(|one| {
            view! { <label class="segment"><input type="radio" name=name value=word(*one) checked=*one == chosen/><span>{text(*one)}</span></label> }
        })
        .collect_view();
    view! {
        <fieldset class="field" aria-describedby=described>
            <legend>{legend}</legend>
            <div class="segments">{choices}</div>
            <p class="hint" id=id>{hint}</p>
        </fieldset>
    }
    .into_any()
}

fn themes(chosen: Theme) -> AnyView {
    let text = |theme| match theme {
        Theme::System => "System",
        Theme::Light => "Light",
        Theme::Dark => "Dark",
        Theme::Contrast => "High contrast",
    };
    let hint = "System is light or dark as your device is. High contrast has strong lines and ink, light or dark as your device is.";
    segments("theme", "Theme", hint, Theme::ALL, chosen, Theme::word, text)
}

fn densities(chosen: Density) -> AnyView {
    let text = |density| match density {
        Density::Comfortable => "Comfortable",
        Density::Compact => "Compact",
    };
    let hint =
        "Compact puts each role on one line where its name fits, so that more of them fit on the screen.";
    segments("density", "Rows", hint, Density::ALL, chosen, Density::word, text)
}

fn time_formats(chosen: TimeFormat) -> AnyView {
    let text = |format| match format {
        TimeFormat::Hours24 => "16:54",
        TimeFormat::Hours12 => "4:54 PM",
        TimeFormat::Browser => "As the browser",
    };
    let hint = "How times of day are written. The zone is your browser's; without JavaScript it is UTC, and 16:54 where the browser would decide.";
    segments("time_format", "Times", hint, TimeFormat::ALL, chosen, TimeFormat::word, text)
}

fn duration(typed: &Typed, problem: Option<&'static str>) -> AnyView {
    let described = if problem.is_some() { "length-problem duration-hint" } else { "duration-hint" };
    view! {
        <fieldset class="field length-choice" aria-describedby="duration-hint">
            <legend>"Usual duration"</legend>
            <label class="pick"><input type="radio" name="duration" value="longest" checked=typed.is_longest/>"As long as each role allows"</label>
            <div class="own-length">
                <label class="pick"><input type="radio" name="duration" value="own" checked=!typed.is_longest/>"This long:"</label>
                <input type="text" inputmode="numeric" name="length" size="4" maxlength="8" autocomplete="off" value=typed.length.clone()
                    aria-label="Length" aria-invalid=problem.is_some().to_string() aria-describedby=described/>
                <select name="unit" aria-label="Unit of the length">
                    <option value="minutes" selected=typed.unit == Unit::Minutes>"minutes"</option>
                    <option value="hours" selected=typed.unit == Unit::Hours>"hours"</option>
                </select>
            </div>
            {problem.map(|text| view! { <p class="problem" id="length-problem">{text}</p> })}
            <p class="hint" id="duration-hint">"What an activation begins with; you can still choose another each time. A role that allows less is shortened to what it allows."</p>
        </fieldset>
    }
    .into_any()
}
