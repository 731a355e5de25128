//! Shows at once what a chosen duration means for each role, and puts a slider over the choice. Without it the choices are there, and
//! the "Work out again" button.

use leptos::prelude::*;

/// Enhances the `wanted` choice: lines are `[data-maximum]` (minutes, empty when unknown) with `[data-length]` and
/// `[data-shortened]`; a length of a role's own stands in its `own[…][wanted]`. The slider is `[data-stops]` (minutes, ascending):
/// its last stop chooses the longest, and what is no choice goes to `[data-other]`.
#[island]
pub(crate) fn Durations() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(|_| browser::start());
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;
    use leptos::wasm_bindgen::JsCast;
    use pim::duration::words;
    use web_sys::{Element, HtmlInputElement};

    use crate::islands::dom;

    pub(super) fn start() {
        dom::on_change(apply);
        window_event_listener(leptos::ev::change, |event| {
            if dom::around(&event, "[name=wanted]").is_some() {
                apply();
            }
        });
        window_event_listener(leptos::ev::input, |event| {
            if let Some(slider) = dom::around(&event, "[data-stops]") {
                slide(&slider);
            }
            if dom::around(&event, "[data-stops], [name$='[wanted]']").is_some() {
                apply();
            }
        });
    }

    fn stops(slider: &Element) -> Vec<u32> {
        let stops = slider.get_attribute("data-stops").unwrap_or_default();
        stops.split(' ').filter_map(|minutes| minutes.parse().ok()).collect()
    }

    /// Chooses what the slider stands at.
    fn slide(slider: &Element) {
        let stops = stops(slider);
        let at: usize = slider.unchecked_ref::<HtmlInputElement>().value().parse().unwrap_or_default();
        let Some(minutes) = stops.get(at) else { return };
        let value = if at + 1 == stops.len() { "longest".to_owned() } else { minutes.to_string() };
        let Some(other) = dom::one("[data-other]") else { return };
        let Some(own) = dom::input("[data-other] input") else { return };
        let known = dom::input(&format!("[name=wanted][value='{value}']")).filter(|input| *input != own);
        dom::show(&other, known.is_none());
        own.set_disabled(known.is_some());
        if let Some(known) = known {
            known.set_checked(true);
        } else {
            own.set_value(&value);
            own.set_checked(true);
            if let Some(text) = dom::all_in(&other, "span").first() {
                dom::write(text, &words(*minutes));
            }
        }
    }

    fn apply() {
        let Some(chosen) = dom::input("[name=wanted]:checked") else { return };
        let wanted: Option<u32> = chosen.value().parse().ok();
        let mut shorter = 0;
        for line in dom::all("[data-maximum]") {
            let maximum: Option<u32> = line.get_attribute("data-maximum").and_then(|text| text.parse().ok());
            let default = line.get_attribute("data-default").and_then(|text| text.parse().ok());
            let own = line.closest("li").ok().flatten().and_then(|row| {
                let field = dom::all_in(&row, "[name$='[wanted]']").into_iter().next()?;
                field.unchecked_into::<HtmlInputElement>().value().parse().ok()
            });
            let wanted = own.or(wanted);
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
            let shortened = wanted.filter(|wanted| *wanted > length);
            shorter += u32::from(shortened.is_some());
            if let Some(text) = dom::all_in(&line, "[data-shortened]").first() {
                dom::show(text, shortened.is_some());
                dom::write(
                    text,
                    &shortened.map(|wanted| format!("shortened from {}", words(wanted))).unwrap_or_default(),
                );
            }
        }
        if let Some(slider) = dom::input("[data-stops]") {
            follow(&slider, wanted, shorter);
        }
    }

    /// Puts the slider where the choice is, and says it in words.
    fn follow(slider: &HtmlInputElement, wanted: Option<u32>, shorter: u32) {
        let stops = stops(slider);
        let last = stops.len().saturating_sub(1);
        let at = wanted.and_then(|wanted| stops.iter().position(|stop| *stop >= wanted)).unwrap_or(last);
        slider.set_value(&at.to_string());
        let mut text = match wanted {
            Some(wanted) => words(wanted),
            None => format!("Longest, {}", words(stops.get(last).copied().unwrap_or_default())),
        };
        if shorter > 0 {
            let roles = crate::words::roles(shorter as usize);
            text = format!("{text}, shortened for {roles}");
        }
        drop(slider.set_attribute("aria-valuetext", &text));
    }
}
