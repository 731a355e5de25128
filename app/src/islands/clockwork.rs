//! Keeps times current and puts them into the person's own zone. The server draws them in UTC and as of the page load.

use leptos::prelude::*;

/// Enhances `time[data-at]` (milliseconds since 1970, to be shown in the local zone), `[data-left]` (time until then, in words; in the title too when it is short),
/// `meter[data-left]`, `[data-since]` (time since then, in words) and `[data-countdown]`. `server_now` is the server's time in milliseconds: its clock counts, not the
/// browser's.
#[island]
pub(crate) fn Clockwork(server_now: f64) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| browser::start(server_now));
    #[cfg(not(feature = "hydrate"))]
    let _ = server_now;
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::rc::Rc;
    use std::time::Duration;

    use js_sys::Date;
    use leptos::prelude::*;
    use web_sys::Element;

    use crate::islands::{dom, times};
    use crate::words;

    pub(super) fn start(server_now: f64) {
        let ahead = server_now - Date::now();
        let title: Rc<str> = document().title().into();
        let ticking = title.clone();
        dom::on_change(move || {
            // What was written today stands: to write a time is slow, and there are hundreds.
            let today: String = Date::new(&(Date::now() + ahead).into()).to_date_string().into();
            for time in dom::all(&format!("time[data-at]:not([data-local={today:?}])")) {
                localise(&time, ahead);
                drop(time.set_attribute("data-local", &today));
            }
            tick(ahead, &ticking);
        });
        set_interval(move || tick(ahead, &title), Duration::from_secs(1));
    }

    #[expect(clippy::cast_possible_truncation, reason = "seconds of a day fit")]
    fn seconds_until(element: &Element, attribute: &str, ahead: f64) -> Option<i64> {
        let then = dom::number(element, attribute)?;
        Some(((then - Date::now() - ahead) / 1000.0).floor() as i64)
    }

    fn tick(ahead: f64, title: &str) {
        for element in dom::all("[data-left]") {
            let Some(seconds) = seconds_until(&element, "data-left", ahead) else { continue };
            if element.tag_name() == "METER" {
                #[expect(clippy::cast_precision_loss, reason = "seconds of a day are exact")]
                let value = seconds.max(0) as f64;
                drop(element.set_attribute("value", &value.to_string()));
            } else {
                dom::write(&element, &words::left(seconds));
            }
            if let Ok(Some(cell)) = element.closest("[data-time]") {
                drop(cell.class_list().toggle_with_force("short", seconds < words::SHORT_SECONDS));
            }
        }
        for element in dom::all("[data-since]") {
            let Some(seconds) = seconds_until(&element, "data-since", ahead) else { continue };
            dom::write(&element, &words::lasting(-seconds));
        }
        if let Some(count) = dom::one("[data-active-count]") {
            let ends: Vec<i64> = dom::all("strong[data-left]")
                .iter()
                .filter_map(|left| seconds_until(left, "data-left", ahead))
                .collect();
            let first = ends.iter().min().copied();
            let text = first.map(|first| words::active(ends.len(), first)).unwrap_or_default();
            dom::write(&count, &text);
            entitle(title, first.filter(|first| (0..words::SHORT_SECONDS).contains(first)));
        }
        for element in dom::all("[data-countdown]") {
            let Some(seconds) = seconds_until(&element, "data-countdown", ahead) else { continue };
            dom::show(&element, seconds > 0);
            if seconds > 0
                && let Some(text) = dom::all_in(&element, "[data-countdown-text]").first()
            {
                dom::write(text, &words::countdown(seconds));
            }
        }
    }

    /// Puts what is left of a role that ends soon in front of the tab's title, where it is seen from another tab.
    fn entitle(title: &str, seconds: Option<i64>) {
        let wanted =
            seconds.map_or_else(|| title.to_owned(), |seconds| format!("{} · {title}", words::left(seconds)));
        if wanted != document().title() {
            document().set_title(&wanted);
        }
    }

    /// "16:54" today, "14 Mar 2027" for dates, "Sat 14 Mar 16:54" for other days; the server's own text moves into the tooltip.
    fn localise(time: &Element, ahead: f64) {
        let Some(at) = dom::number(time, "data-at") else { return };
        if !time.has_attribute("title") {
            drop(time.set_attribute("title", &time.text_content().unwrap_or_default()));
        }
        let (date, now) = (Date::new(&at.into()), Date::new(&(Date::now() + ahead).into()));
        let text = if let Some(and) = time.get_attribute("data-date") {
            let day = times::date(&date, &[("day", "numeric"), ("month", "short"), ("year", "numeric")]);
            if and == "time" { format!("{day}, {}", times::clock(&date)) } else { day }
        } else if date.to_date_string() == now.to_date_string() {
            times::clock(&date)
        } else {
            let day = [("weekday", "short"), ("day", "numeric"), ("month", "short")];
            format!("{} {}", times::date(&date, &day), times::clock(&date))
        };
        dom::write(time, &text);
    }
}
