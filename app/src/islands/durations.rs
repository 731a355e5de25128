//! Shows at once what a chosen duration means for each role. Without it the "Work out again" button does.

use leptos::prelude::*;

/// Enhances the `wanted` choice: lines are `[data-maximum]` (minutes, empty when unknown) with `[data-length]` and
/// `[data-shortened]`.
#[island]
pub(crate) fn Durations() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(|_| browser::start());
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;
    use pim::duration::words;

    use crate::islands::dom;

    pub(super) fn start() {
        dom::on_change(apply);
        window_event_listener(leptos::ev::change, |event| {
            if dom::around(&event, "[name=wanted]").is_some() {
                apply();
            }
        });
    }

    fn apply() {
        let Some(chosen) = dom::input("[name=wanted]:checked") else { return };
        let wanted: Option<u32> = chosen.value().parse().ok();
        for line in dom::all("[data-maximum]") {
            let maximum: Option<u32> = line.get_attribute("data-maximum").and_then(|text| text.parse().ok());
            let default = line.get_attribute("data-default").and_then(|text| text.parse().ok());
            let Some(length) = wanted.map_or(maximum.or(default), |w| Some(maximum.map_or(w, |m| w.min(m))))
            else {
                continue;
            };
            if let Some(text) = dom::all_in(&line, "[data-length]").first() {
                dom::write(text, &words(length));
            }
            if let Some(meter) = dom::all_in(&line, "meter").first() {
                drop(meter.set_attribute("value", &length.to_string()));
            }
            if let Some(text) = dom::all_in(&line, "[data-shortened]").first() {
                let shortened = wanted.filter(|wanted| *wanted > length);
                dom::show(text, shortened.is_some());
                dom::write(
                    text,
                    &shortened.map(|wanted| format!("shortened from {}", words(wanted))).unwrap_or_default(),
                );
            }
        }
    }
}
