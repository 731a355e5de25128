//! Lets a start be chosen in the person's own zone, and shows it in theirs and in UTC. Without it the field is in UTC.

use leptos::prelude::*;

/// Enhances `#start`: `data-start` (milliseconds since 1970) fills it in the person's zone, and `start_offset` tells the server
/// which zone that is at the chosen time.
#[island]
pub(crate) fn Start() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(|_| browser::start());
}

#[cfg(feature = "hydrate")]
mod browser {
    use js_sys::Date;
    use leptos::prelude::*;

    use crate::islands::{dom, times};

    pub(super) fn start() {
        let (Some(field), Some(offset)) = (dom::input("#start"), dom::input("input[name=start_offset]"))
        else {
            return;
        };
        if let Some(at) = dom::number(&field, "data-start") {
            field.set_value(&local(&Date::new(&at.into())));
        }
        if let Some(zone) = dom::one("[data-zone-name]") {
            dom::write(&zone, "in your own time");
        }
        let note = {
            let field = field.clone();
            move || {
                let chosen = field.value();
                let date = Date::new(&chosen.as_str().into());
                let is_time = !chosen.is_empty() && !date.get_time().is_nan();
                // Minutes that UTC is ahead, at that time: summer time counts.
                let minutes = if is_time { -date.get_timezone_offset() } else { 0.0 };
                offset.set_value(&minutes.to_string());
                if let Some(both) = dom::one("[data-start-both]") {
                    let text = if is_time {
                        let utc = date.to_iso_string().as_string().unwrap_or_default();
                        let utc = utc.get(..16).unwrap_or_default().replace('T', " ");
                        let day = chosen.split('T').next().unwrap_or_default();
                        format!("{day} {} your time, {utc} UTC", times::clock(&date))
                    } else {
                        String::new()
                    };
                    dom::write(&both, &text);
                }
            }
        };
        note();
        window_event_listener(leptos::ev::input, move |event| {
            if dom::around(&event, "#start").is_some() {
                note();
            }
        });
    }

    /// As `datetime-local` wants it.
    fn local(date: &Date) -> String {
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}",
            date.get_full_year(),
            date.get_month() + 1,
            date.get_date(),
            date.get_hours(),
            date.get_minutes()
        )
    }
}
