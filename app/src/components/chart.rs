//! The history's figures: a bar for each week, and a bar for each role's hours. Every figure stands in words as well.

use jiff::tz::TimeZone;
use leptos::prelude::*;
use pim::duration::words as duration_words;
use portal::history::{Figures, RoleTime, Week};

use crate::context::Context;
use crate::words;

/// How many roles are drawn; the rest are counted.
const MOST_ROLES: usize = 6;
/// The drawing's height and the width of a week, in its own units.
const HEIGHT: usize = 60;
const WIDTH: usize = 10;

/// The figures. `is_whole` is whether every source could be read.
pub(crate) fn charts(context: &Context, figures: &Figures, is_whole: bool) -> AnyView {
    let total: usize = figures.weeks.iter().map(|week| week.activations).sum();
    if total == 0 {
        return ().into_any();
    }
    let missing = (!is_whole).then_some(" A source could not be read, so figures may be too low.");
    view! {
        <section class="figures" aria-labelledby="figures">
            <h2 id="figures">"In figures"</h2>
            <p class="quiet">{period(&figures.weeks)}" Activations that worked, as filtered; an activation counts until its end, its deactivation or now."{missing}</p>
            <div class="charts">{weeks(&figures.weeks, total)}{roles(context, &figures.roles)}</div>
        </section>
    }
    .into_any()
}

fn day(week: &Week) -> String {
    week.starts.to_zoned(TimeZone::UTC).strftime("%-d %b %Y").to_string()
}

fn period(weeks: &[Week]) -> String {
    let first = weeks.first().map(day).unwrap_or_default();
    let count = weeks.len();
    format!("{count} weeks from {first} to now, each from Monday in UTC.")
}

fn weeks(weeks: &[Week], total: usize) -> AnyView {
    let most = weeks.iter().map(|week| week.activations).max().unwrap_or(1).max(1);
    let bars = weeks.iter().enumerate().map(|(index, week)| {
        // A week with one activation beside one with a hundred is still to be seen.
        let height = if week.activations == 0 { 1 } else { (week.activations * HEIGHT / most).max(3) };
        let class = if week.activations == 0 { "none" } else { "some" };
        let title = format!("Week from {}: {}", day(week), week.activations);
        view! {
            <rect class=class x=(index * WIDTH + 1).to_string() y=(HEIGHT - height).to_string() width=(WIDTH - 2).to_string() height=height.to_string()><title>{title}</title></rect>
        }
    });
    let rows = weeks
        .iter()
        .map(|week| view! { <tr><td>{day(week)}</td><td class="num">{week.activations}</td></tr> });
    let viewbox = format!("0 0 {} {HEIGHT}", weeks.len() * WIDTH);
    let label = format!(
        "Activations in each week: {total} altogether, at most {most} in one week. The table below has every week."
    );
    view! {
        <div class="panel chart">
            <h3>"Activations per week"</h3>
            <p class="quiet">{format!("{total} altogether, at most {most} in a week")}</p>
            <svg class="bars" role="img" aria-label=label viewBox=viewbox preserveAspectRatio="none">{bars.collect_view()}</svg>
            <p class="axis quiet" aria-hidden="true"><span>{weeks.first().map(day)}</span><span>{weeks.last().map(day)}</span></p>
            <details><summary>"As a table"</summary>
                <table><caption class="for-readers">"Activations per week"</caption>
                    <thead><tr><th scope="col">"Week from"</th><th scope="col">"Activations"</th></tr></thead>
                    <tbody>{rows.collect_view()}</tbody></table>
            </details>
        </div>
    }
    .into_any()
}

fn roles(context: &Context, roles: &[RoleTime]) -> AnyView {
    let most = roles.first().map_or(1, |role| role.minutes).max(1);
    let rows = roles.iter().take(MOST_ROLES).map(|role| {
        let plane = context.portal.planes().find(|plane| plane.id == role.plane).map_or("", |plane| plane.singular);
        let minutes = u32::try_from(role.minutes).unwrap_or(u32::MAX);
        let time = if minutes == 0 { "less than a minute".to_owned() } else { duration_words(minutes) };
        let label = format!("Time of {}, {}", role.title, role.place);
        view! {
            <tr>
                <td><strong class="title">{role.title.clone()}</strong><span class="place">{role.place.clone()}</span>
                    <span class=format!("plane plane-{}", role.plane)>{plane}</span></td>
                <td class="time"><span>{time}" "<span class="quiet">{format!("in {}", times(role.activations))}</span></span>
                    <meter aria-label=label min="0" max=most.to_string() value=role.minutes.to_string()></meter></td>
            </tr>
        }
    });
    let rest = roles.len().saturating_sub(MOST_ROLES);
    let rest = (rest > 0).then(
        || view! { <p class="quiet">{format!("And {} more, for less time each.", words::roles(rest))}</p> },
    );
    view! {
        <div class="panel chart">
            <h3>"Time per role"</h3>
            <table class="role-time"><caption class="for-readers">"Time for which each role was active"</caption>
                <thead class="for-readers"><tr><th scope="col">"Role"</th><th scope="col">"Time"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody></table>
            {rest}
        </div>
    }
    .into_any()
}

fn times(activations: usize) -> String {
    if activations == 1 { "1 activation".into() } else { format!("{activations} activations") }
}
