//! The palette: a field and a list of everything that can be reached or done, narrowed while one types. The entries come from the server
//! when it is opened for the first time; an entry leads to an address, sends a form of one role, or presses a button of the page.

use std::cell::RefCell;

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{
    Element, HtmlDialogElement, HtmlElement, HtmlFormElement, HtmlInputElement, KeyboardEvent, Response,
};

use super::dom;
use crate::words;

/// How many entries are shown at a time.
const MOST: usize = 40;

thread_local! {
    /// Whether the entries are there or on their way.
    static ASKED: RefCell<bool> = const { RefCell::new(false) };
}

/// Opens the palette; fetches its entries from `source` the first time.
pub(super) fn open(source: &str) {
    let Some(dialog) = dom::one("#palette").and_then(|one| one.dyn_into::<HtmlDialogElement>().ok()) else {
        return;
    };
    if dialog.open() {
        dialog.close();
        return;
    }
    drop(dialog.show_modal());
    if let Some(field) = dom::input("#palette-field") {
        field.set_value("");
        dom::focus(&field);
    }
    if !ASKED.replace(true) {
        let source = source.to_owned();
        leptos::task::spawn_local(async move {
            if fetch(&source).await.is_none() {
                ASKED.set(false);
                say("The list could not be read. Close this and try again.");
            }
            narrow();
        });
        listen();
    }
    narrow();
}

async fn fetch(source: &str) -> Option<()> {
    let answer = wasm_bindgen_futures::JsFuture::from(window().fetch_with_str(source)).await.ok()?;
    let answer: Response = answer.dyn_into().ok()?;
    if !answer.ok() || answer.redirected() {
        return None;
    }
    let markup = wasm_bindgen_futures::JsFuture::from(answer.text().ok()?).await.ok()?.as_string()?;
    dom::one("#palette-list")?.set_inner_html(&markup);
    Some(())
}

fn listen() {
    window_event_listener(leptos::ev::input, |event| {
        if dom::around(&event, "#palette-field").is_some() {
            narrow();
        }
    });
    window_event_listener(leptos::ev::keydown, |event| {
        if dom::around(&event, "#palette-field").is_some() && pressed(&event) {
            event.prevent_default();
        }
    });
    window_event_listener(leptos::ev::click, |event| {
        if let Some(entry) = dom::around(&event, "#palette-list [role=option]") {
            choose(&entry);
        }
    });
}

fn pressed(event: &KeyboardEvent) -> bool {
    match event.key().as_str() {
        "ArrowDown" => step(1),
        "ArrowUp" => step(-1),
        "Enter" => {
            if let Some(entry) = dom::one("#palette-list [aria-selected=true]") {
                choose(&entry);
            }
        }
        _ => return false,
    }
    true
}

/// Shows the entries that fit what was typed, and chooses the first.
fn narrow() {
    let typed = dom::input("#palette-field").map(|field| field.value()).unwrap_or_default();
    let wanted = words::Wanted::new(&typed);
    let mut shown = 0;
    for entry in dom::all("#palette-list [role=option]") {
        let fits = shown < MOST && wanted.is_in(&entry.get_attribute("data-text").unwrap_or_default());
        dom::show(&entry, fits);
        shown += usize::from(fits);
    }
    for group in dom::all("#palette-list [role=group]") {
        let any = !dom::all_in(&group, "[role=option]:not([hidden])").is_empty();
        dom::show(&group, any);
    }
    mark(dom::one("#palette-list [role=option]:not([hidden])").as_ref());
    if !dom::all("#palette-list [role=option]").is_empty() {
        say(&if shown == 0 { "Nothing matches.".to_owned() } else { String::new() });
    }
}

fn say(text: &str) {
    if let Some(status) = dom::one("#palette-status") {
        dom::write(&status, text);
    }
}

fn step(by: isize) {
    let shown = dom::all("#palette-list [role=option]:not([hidden])");
    let here = shown.iter().position(|one| one.get_attribute("aria-selected").as_deref() == Some("true"));
    let last = shown.len().saturating_sub(1);
    let next = here.map_or(0, |at| at.checked_add_signed(by).unwrap_or(last));
    mark(shown.get(if next > last { 0 } else { next }));
}

/// Makes `entry` the chosen one, for the eye and for screen readers.
fn mark(entry: Option<&Element>) {
    for other in dom::all("#palette-list [aria-selected=true]") {
        drop(other.set_attribute("aria-selected", "false"));
    }
    let Some(field) = dom::one("#palette-field") else { return };
    match entry {
        Some(entry) => {
            drop(entry.set_attribute("aria-selected", "true"));
            drop(field.set_attribute("aria-activedescendant", &entry.id()));
            entry.scroll_into_view_with_bool(false);
        }
        None => drop(field.remove_attribute("aria-activedescendant")),
    }
}

fn choose(entry: &Element) {
    let value = |name: &str| entry.get_attribute(name);
    if let Some(address) = value("data-href") {
        drop(window().location().set_href(&address));
    } else if let Some(row) = value("data-role-row") {
        let field = dom::one("#palette-form input").and_then(|one| one.dyn_into::<HtmlInputElement>().ok());
        if let Some(field) = field {
            field.set_value(&row);
        }
        let form = dom::one("#palette-form").and_then(|one| one.dyn_into::<HtmlFormElement>().ok());
        drop(form.map(|form| form.request_submit()));
    } else if let Some(selector) = value("data-press") {
        close();
        if let Some(button) = dom::one(&selector).and_then(|one| one.dyn_into::<HtmlElement>().ok()) {
            button.click();
        }
    } else if let Some(selector) = value("data-dialog") {
        close();
        let dialog = dom::one(&selector).and_then(|one| one.dyn_into::<HtmlDialogElement>().ok());
        drop(dialog.map(|dialog| dialog.show_modal()));
    }
}

fn close() {
    if let Some(dialog) = dom::one("#palette").and_then(|one| one.dyn_into::<HtmlDialogElement>().ok()) {
        dialog.close();
    }
}
