//! Every action from the keyboard: single keys on a page, `g` and a letter for other pages, and the palette.
//!
//! | key | does |
//! |---|---|
//! | `j`, `k` | the next and the previous row |
//! | `x` | ticks the row |
//! | `a`, `d` | activates or deactivates what is ticked, or the row |
//! | `o`, Enter | opens and closes the row |
//! | `s` | makes the row a favourite, or none |
//! | `r` | reads everything anew |
//! | `g`, then a letter | goes to the page with that `data-go` |
//! | `1` to `9` | fills the page that asks to confirm with that profile |
//! | `?` | shows the keys |
//! | Ctrl Enter, ⌘ Enter | confirms, from within any field of that page |
//! | Ctrl K, ⌘ K | opens the palette |
//!
//! Nothing happens while somebody types. Without it every link and button is reached with Tab. To add a key, add it to
//! [`browser::pressed`] and to the list in `components::shortcuts`.

use leptos::prelude::*;

/// Listens on the document. `palette` is where the palette's entries are.
#[island]
pub(crate) fn Keys(palette: String) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| browser::start(palette.clone()));
    #[cfg(not(feature = "hydrate"))]
    let _ = palette;
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::cell::Cell;
    use std::rc::Rc;

    use js_sys::Date;
    use leptos::prelude::*;
    use leptos::wasm_bindgen::JsCast;
    use web_sys::{
        Element, HtmlDialogElement, HtmlElement, HtmlFormElement, HtmlInputElement, KeyboardEvent,
    };

    use crate::islands::{dom, palette};

    /// How long `g` waits for its letter, in milliseconds.
    const PATIENCE: f64 = 1_500.0;

    /// Rows, in the order of the page.
    const ROWS: &str = "tr[data-row]:not([hidden]), tr[data-held]";

    pub(super) fn start(source: String) {
        // When `g` was pressed.
        let going = Rc::new(Cell::new(0.0));
        let clicked = source.clone();
        window_event_listener(leptos::ev::click, move |event| {
            if dom::around(&event, "[data-palette]").is_some() {
                palette::open(&clicked);
            }
        });
        window_event_listener(leptos::ev::keydown, move |event| {
            let is_palette = event.key().eq_ignore_ascii_case("k") && (event.ctrl_key() || event.meta_key());
            let is_confirmation = event.key() == "Enter" && (event.ctrl_key() || event.meta_key());
            if is_confirmation && dom::around(&event, "form.activate").is_some() {
                event.prevent_default();
                if let Some(button) = dom::one("form.activate .primary") {
                    press(&button);
                }
            } else if is_palette && !event.alt_key() && !event.shift_key() {
                event.prevent_default();
                palette::open(&source);
            } else if !is_busy(&event) && pressed(&event, &going) {
                event.prevent_default();
            }
        });
    }

    /// Whether the key belongs to something else: a field, a dialog, the browser.
    fn is_busy(event: &KeyboardEvent) -> bool {
        event.ctrl_key()
            || event.meta_key()
            || event.alt_key()
            || dom::around(event, "input:not([type=checkbox]):not([type=radio]), textarea, select").is_some()
            || dom::one("dialog[open]").is_some()
    }

    /// Does what the key stands for. Returns whether it stands for anything here.
    fn pressed(event: &KeyboardEvent, going: &Cell<f64>) -> bool {
        let key = event.key();
        let is_going = Date::now() - going.replace(0.0) < PATIENCE;
        if is_going && key.len() == 1 && key.as_bytes()[0].is_ascii_alphabetic() {
            return dom::one(&format!("[data-go={:?}]", key.to_ascii_lowercase()))
                .is_some_and(|link| press(&link));
        }
        match key.as_str() {
            "g" => going.set(Date::now()),
            "j" => return step(1),
            "k" => return step(-1),
            "x" => return current().is_some_and(|row| tick(&row)),
            "o" => return press_in_row("[name=toggle]"),
            // On a button or a link Enter is theirs.
            "Enter" => {
                let row = current().filter(|row| document().active_element().as_ref() == Some(row));
                return row.is_some() && press_in_row("[name=toggle]");
            }
            "s" => return press_in_row(":is([name=star], [name=unstar])"),
            "a" => return submit("form[action='/do/select']", "data-row"),
            "d" => return submit("form[action='/deactivate']", "data-held"),
            "r" => return dom::one("form[action='/do/refresh'] button").is_some_and(|button| press(&button)),
            "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" => {
                drop(window().location().set_href(&format!("/activate?profile=%23{key}")));
            }
            "?" => return dom::one("#shortcuts").is_some_and(|dialog| show(&dialog)),
            _ => return false,
        }
        true
    }

    fn press_in_row(selector: &str) -> bool {
        current().is_some_and(|row| dom::all_in(&row, selector).first().is_some_and(press))
    }

    fn press(element: &Element) -> bool {
        element.dyn_ref::<HtmlElement>().map(HtmlElement::click).is_some()
    }

    fn show(dialog: &Element) -> bool {
        dialog.dyn_ref::<HtmlDialogElement>().is_some_and(|dialog| dialog.show_modal().is_ok())
    }

    /// The row that has the focus, or in which something has it.
    fn current() -> Option<Element> {
        document().active_element()?.closest(ROWS).ok().flatten()
    }

    fn step(by: i32) -> bool {
        let rows = dom::all(ROWS);
        let here = current().and_then(|row| rows.iter().position(|one| *one == row));
        let next = match (here, by) {
            (None, _) => 0,
            (Some(at), 1) => at + 1,
            (Some(at), _) => at.saturating_sub(1),
        };
        let Some(row) = rows.get(next.min(rows.len().saturating_sub(1))) else { return false };
        dom::focus(row);
        true
    }

    fn tick(row: &Element) -> bool {
        dom::all_in(row, "input[type=checkbox]").first().is_some_and(press)
    }

    /// Sends a form of rows, with the current row where none is ticked.
    fn submit(form: &str, kind: &str) -> bool {
        let Some(form) = dom::one(form) else { return false };
        let ticked = |form: &Element| {
            dom::all_in(form, "input[data-tick]")
                .iter()
                .any(|tick| tick.dyn_ref::<HtmlInputElement>().is_some_and(HtmlInputElement::checked))
        };
        if !ticked(&form)
            && let Some(row) = current().filter(|row| row.has_attribute(kind))
        {
            tick(&row);
        }
        ticked(&form) && form.dyn_ref::<HtmlFormElement>().is_some_and(|form| form.request_submit().is_ok())
    }
}
