//! Dates and times of day in the person's own zone, written as they chose.

use js_sys::{Date, JsString, Object, Reflect};
use leptos::prelude::document;
use leptos::wasm_bindgen::{JsCast, JsValue};

/// A time of day, in the person's time format: `data-time-format` of the document.
pub(crate) fn clock(date: &Date) -> String {
    let chosen = document().document_element().and_then(|root| root.get_attribute("data-time-format"));
    let hour_and = |hour| [("hour", hour), ("minute", "2-digit")];
    match chosen.as_deref() {
        Some("12") => format("en-US", date, &hour_and("numeric")),
        // The browser's own language and habit.
        Some("browser") => format("default", date, &hour_and("2-digit")),
        _ => format("en-GB", date, &[("hour", "2-digit"), ("minute", "2-digit"), ("hourCycle", "h23")]),
    }
}

/// The parts of a date that `options` of `Intl.DateTimeFormat` name. The page is in English, and so are its dates.
pub(crate) fn date(date: &Date, options: &[(&str, &str)]) -> String {
    format("en-GB", date, options)
}

fn format(locale: &str, date: &Date, options: &[(&str, &str)]) -> String {
    let object = Object::new();
    for (name, value) in options {
        drop(Reflect::set(&object, &JsValue::from_str(name), &JsValue::from_str(value)));
    }
    date.to_locale_string(locale, &object).unchecked_into::<JsString>().into()
}
