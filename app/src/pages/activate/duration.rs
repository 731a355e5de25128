//! How long: presets to choose from, and a slider over them that the island `Durations` wakes up.

use leptos::prelude::*;
use pim::duration::{ActivationDuration, words as duration_words};
use portal::plan::{DEFAULT_DURATION, Plan};
use portal::selection::Wanted;

/// Lengths offered as presets, in minutes.
const PRESETS: [u32; 5] = [30, 60, 120, 240, 480];
/// The slider's steps: up to so many minutes, in steps of so many. Fine where it is short, so that a key press is worth something
/// everywhere.
const STEPS: [(u32, u32); 4] = [(60, 5), (240, 15), (480, 30), (u32::MAX, 60)];

/// The field.
pub(super) fn field(wanted: Wanted, plan: &Plan, problem: Option<String>) -> AnyView {
    let maxima = plan.ready().map(|line| line.policy.maximum_duration.unwrap_or(DEFAULT_DURATION));
    let maxima: Vec<u32> = maxima.map(ActivationDuration::minutes).collect();
    let longest = maxima.iter().copied().max().unwrap_or(DEFAULT_DURATION.minutes());
    let choice = |value: String, text: String, chosen: bool| {
        view! { <label class="segment"><input type="radio" name="wanted" value=value checked=chosen/><span>{text}</span></label> }
    };
    let chosen = match wanted {
        Wanted::For(wanted) => Some(wanted.minutes()),
        Wanted::Longest => None,
    };
    let presets = PRESETS.into_iter().filter(|minutes| *minutes < longest);
    let choices = presets
        .clone()
        .map(|minutes| choice(minutes.to_string(), duration_words(minutes), chosen == Some(minutes)))
        .collect_view();
    // What is none of the presets has a choice of its own, which the slider moves.
    let other = chosen.filter(|chosen| !presets.clone().any(|preset| preset == *chosen));
    let value = other.map(|minutes| minutes.to_string()).unwrap_or_default();
    let stops = stops(longest, &maxima).iter().map(u32::to_string).collect::<Vec<_>>();
    let last = stops.len().saturating_sub(1).to_string();
    view! {
        <fieldset class="field" id="duration">
            <legend>"Duration "<span class="hint">"each role at most its own limit"</span></legend>
            <div class="segments">
                {choices}
                <label class="segment" hidden=other.is_none() data-other=""><input type="radio" name="wanted" value=value checked=other.is_some() disabled=other.is_none()/><span>{other.map(duration_words)}</span></label>
                {choice("longest".into(), "Longest".into(), chosen.is_none())}
            </div>
            <div class="slider">
                <input type="range" min="0" max=last step="1" aria-label="Duration" data-stops=stops.join(" ")/>
                <span class="quiet" aria-hidden="true"><span>{duration_words(ActivationDuration::SHORTEST.minutes())}</span><span>{duration_words(longest)}</span></span>
            </div>
            {problem.map(|text| view! { <p class="problem">{text}</p> })}
        </fieldset>
    }
    .into_any()
}

/// Where the slider stops, in minutes, up to `longest`. Every role's own limit is one of them.
fn stops(longest: u32, maxima: &[u32]) -> Vec<u32> {
    let mut stops = maxima.to_vec();
    let mut minutes = ActivationDuration::SHORTEST.minutes();
    while minutes < longest {
        stops.push(minutes);
        let step = STEPS.iter().find(|(until, _)| minutes < *until).map_or(60, |(_, step)| *step);
        minutes += step;
    }
    stops.push(longest);
    stops.sort_unstable();
    stops.dedup();
    stops
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slider_stops_at_round_lengths_and_at_every_role_s_limit() {
        let stops = stops(600, &[105, 600, 37]);
        assert_eq!(stops.first(), Some(&5));
        assert_eq!(stops.last(), Some(&600));
        for minutes in [30, 37, 60, 75, 105, 240, 270, 480, 540] {
            assert!(stops.contains(&minutes), "{minutes}: {stops:?}");
        }
        assert!(!stops.contains(&65) && !stops.contains(&255) && !stops.contains(&510), "{stops:?}");
        assert!(stops.is_sorted() && stops.iter().all(|minutes| *minutes <= 600));
    }

    #[test]
    fn a_limit_below_the_shortest_preset_is_still_a_slider() {
        assert_eq!(super::stops(5, &[5]), [5]);
        assert_eq!(super::stops(7, &[7]), [5, 7]);
    }
}
