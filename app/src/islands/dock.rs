//! Sums up the ticked roles at the bottom edge: how many, and what they will ask. Without it the dock is a plain form footer.

use leptos::prelude::*;

/// Enhances forms with `[data-dock]`: `[data-tick]` boxes, a `[data-sum]` line, `[data-clear]` and `[data-all]`.
#[island]
pub(crate) fn Dock() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(|_| browser::start());
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;
    use leptos::wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlInputElement};

    use crate::islands::dom;
    use crate::words;

    pub(super) fn start() {
        dom::on_change(sum_up_all);
        dom::on_narrowed(sum_up_all);
        window_event_listener(leptos::ev::change, |event| {
            if let Some(all) = dom::around(&event, "[data-all]") {
                let ticked = all.unchecked_into::<HtmlInputElement>().checked();
                set_all(&event, |tick| is_visible(tick).then_some(ticked));
            }
            if dom::around(&event, "[data-all], [data-tick]").is_some() {
                sum_up_all();
            }
        });
        window_event_listener(leptos::ev::click, |event| {
            if dom::around(&event, "[data-clear]").is_some() {
                event.prevent_default();
                let first = first_ticked(&event);
                set_all(&event, |_| Some(false));
                sum_up_all();
                // The dock goes, and the focus must not go with it.
                if let Some(tick) = first.or_else(|| dom::one("#search")) {
                    dom::focus(&tick);
                }
            }
        });
        // Coming back by the browser's history, ticks are restored after the islands woke up.
        window_event_listener(leptos::ev::pageshow, |_| sum_up_all());
    }

    fn set_all(event: &web_sys::Event, wanted: impl Fn(&Element) -> Option<bool>) {
        let Some(form) = dom::around(event, "[data-dock]") else { return };
        for tick in dom::all_in(&form, "[data-tick]") {
            if let Some(ticked) = wanted(&tick) {
                tick.unchecked_into::<HtmlInputElement>().set_checked(ticked);
            }
        }
    }

    fn first_ticked(event: &web_sys::Event) -> Option<Element> {
        let ticks = dom::all_in(&dom::around(event, "[data-dock]")?, "[data-tick]:checked");
        ticks.into_iter().find(is_visible)
    }

    fn is_visible(tick: &Element) -> bool {
        tick.closest("[hidden]").ok().flatten().is_none()
    }

    fn sum_up_all() {
        for form in dom::all("[data-dock]") {
            sum_up(&form);
        }
    }

    fn sum_up(form: &Element) {
        let ticked = dom::all_in(form, "[data-tick]:checked");
        let having = |mark: &str| ticked.iter().filter(|tick| tick.has_attribute(mark)).count();

        drop(form.class_list().toggle_with_force("has-selection", !ticked.is_empty()));
        drop(form.class_list().add_1("live"));
        if let Some(sum) = dom::all_in(form, "[data-sum]").first() {
            dom::write(sum, &format!("{} selected", ticked.len()));
        }
        if let Some(asks) = dom::all_in(form, "[data-asks]").first() {
            dom::write(
                asks,
                &words::asks(having("data-approval"), having("data-step-up"), having("data-unknown")),
            );
        }
        if let Some(all) = dom::all_in(form, "[data-all]").first() {
            let visible = dom::all_in(form, "[data-tick]").iter().filter(|tick| is_visible(tick)).count();
            let all = all.unchecked_ref::<HtmlInputElement>();
            let ticked_visible = ticked.iter().filter(|tick| is_visible(tick)).count();
            all.set_checked(visible > 0 && ticked_visible == visible);
            all.set_indeterminate(ticked_visible > 0 && ticked_visible < visible);
        }
    }
}
