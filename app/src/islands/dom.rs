//! The few things every island does with the document.
#![cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only the browser touches the document"))]

use leptos::prelude::document;
use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement, HtmlSelectElement};

/// The event that says that rows came or went.
const CHANGED: &str = "pim:changed";
/// The event that says that other rows are shown.
const NARROWED: &str = "pim:narrowed";

/// Everything that matches `selector`.
pub(crate) fn all(selector: &str) -> Vec<Element> {
    within(document().query_selector_all(selector))
}

/// Everything inside `element` that matches `selector`.
pub(crate) fn all_in(element: &Element, selector: &str) -> Vec<Element> {
    within(element.query_selector_all(selector))
}

fn within(found: Result<web_sys::NodeList, leptos::wasm_bindgen::JsValue>) -> Vec<Element> {
    let Ok(list) = found else { return Vec::new() };
    (0..list.length()).filter_map(|i| list.item(i)?.dyn_into().ok()).collect()
}

/// The first that matches `selector`.
pub(crate) fn one(selector: &str) -> Option<Element> {
    document().query_selector(selector).ok().flatten()
}

/// The input that matches `selector`.
pub(crate) fn input(selector: &str) -> Option<HtmlInputElement> {
    one(selector)?.dyn_into().ok()
}

/// The element that an event happened to, or the nearest one around it that matches `selector`.
pub(crate) fn around(event: &Event, selector: &str) -> Option<Element> {
    let target: Element = event.target()?.dyn_into().ok()?;
    target.closest(selector).ok().flatten()
}

/// Puts the focus there.
pub(crate) fn focus(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        drop(element.focus());
    }
}

/// Shows or hides.
pub(crate) fn show(element: &Element, shown: bool) {
    let done = if shown { element.remove_attribute("hidden") } else { element.set_attribute("hidden", "") };
    // Neither call can fail for a literal attribute name.
    drop(done);
}

/// Writes `text` only when it differs: an unchanged live region stays silent.
pub(crate) fn write(element: &Element, text: &str) {
    if element.text_content().as_deref() != Some(text) {
        element.set_text_content(Some(text));
    }
}

/// An attribute as a number.
pub(crate) fn number(element: &Element, attribute: &str) -> Option<f64> {
    element.get_attribute(attribute)?.parse().ok()
}

/// What the fields inside `form` say, in their order, as a query.
pub(crate) fn query_of(form: &Element) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for field in all_in(form, "input:not([type=checkbox]), input:checked, select") {
        let value = match field.dyn_ref::<HtmlInputElement>() {
            Some(input) => input.value(),
            None => field.dyn_ref::<HtmlSelectElement>().map(HtmlSelectElement::value).unwrap_or_default(),
        };
        query.append_pair(&field.get_attribute("name").unwrap_or_default(), &value);
    }
    query.finish()
}

/// `page` with the query of the address in the browser's bar.
pub(crate) fn with_query(page: &str) -> String {
    format!("{page}{}", leptos::prelude::window().location().search().unwrap_or_default())
}

/// Runs `look` now, and again whenever the page changed.
pub(crate) fn on_change(look: impl Fn() + 'static) {
    look();
    leptos::prelude::window_event_listener_untyped(CHANGED, move |_| look());
}

/// Runs `look` whenever other rows are shown than before.
pub(crate) fn on_narrowed(look: impl Fn() + 'static) {
    leptos::prelude::window_event_listener_untyped(NARROWED, move |_| look());
}

/// Tells every island that rows came or went.
pub(crate) fn page_changed() {
    tell(CHANGED);
}

/// Tells whoever goes by what is shown that it is something else now. Nothing came or went, so nobody has to look at the whole page.
pub(crate) fn narrowed() {
    tell(NARROWED);
}

fn tell(name: &str) {
    if let Ok(event) = Event::new(name) {
        drop(leptos::prelude::window().dispatch_event(&event));
    }
}
