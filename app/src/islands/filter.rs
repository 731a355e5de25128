//! Narrows the eligible roles as you type and tick, draws them anew when they are sorted, grouped or laid out otherwise, and keeps the
//! address in step, so that a reload or a copied link shows the same. Without it the form and the links do the same by a page load.

use leptos::prelude::*;

/// Enhances `#search-form`, whose fields are what is wanted, and the `[data-plane-filter]` links; rows are `[data-row]` with `data-text` and
/// `data-is`, in a `[data-section]` named after their plane.
#[island]
pub(crate) fn Filter() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(|_| browser::start());
}

#[cfg(feature = "hydrate")]
pub(super) mod browser {
    use std::cell::RefCell;

    use leptos::prelude::*;
    use leptos::wasm_bindgen::{JsCast, JsValue};
    use web_sys::{Element, HtmlElement, HtmlInputElement, KeyboardEvent};

    use crate::islands::dom;
    use crate::islands::index::Index;
    use crate::islands::late::browser::listen_for;
    use crate::view::View;

    /// Fields that change how rows are drawn, which only the server does.
    const LAYOUT: &str = "[name=sort], [name=group], [name=col], [name=move]";

    thread_local! {
        /// The rows of the page.
        static INDEX: RefCell<Index> = RefCell::default();
    }

    /// Writes the next of what is still to be shown or hidden, and leaves the rest to the next frame.
    fn write_more() {
        if INDEX.with_borrow_mut(Index::write_some) {
            request_animation_frame(write_more);
        }
    }

    pub(super) fn start() {
        dom::on_change(look_again);
        window_event_listener(leptos::ev::input, |event| {
            if dom::around(&event, "#search").is_some() {
                narrow();
            }
        });
        window_event_listener(leptos::ev::change, |event| {
            if dom::around(&event, "#search-form").is_none() {
            } else if dom::around(&event, LAYOUT).is_some() {
                draw_anew();
            } else if dom::around(&event, "input[type=checkbox]").is_some() {
                narrow();
            }
        });
        window_event_listener(leptos::ev::submit, |event| {
            if dom::around(&event, "#search-form").is_some() {
                event.prevent_default();
            }
        });
        window_event_listener(leptos::ev::click, |event| {
            if event.ctrl_key() || event.meta_key() || event.shift_key() {
                return;
            }
            if let Some(chosen) = dom::around(&event, "[data-plane-filter]") {
                event.prevent_default();
                choose_plane(&chosen);
                narrow();
            } else if dom::around(&event, "[data-no-filters]").is_some() {
                event.prevent_default();
                clear();
                narrow();
            } else if let Some(button) = dom::around(&event, "[name=move]") {
                event.prevent_default();
                move_column(&button);
                draw_anew();
                dom::focus(&button);
            }
            for menu in dom::all(".menu[open]") {
                if dom::around(&event, ".menu").as_ref() != Some(&menu) {
                    drop(menu.remove_attribute("open"));
                }
            }
        });
        window_event_listener(leptos::ev::keydown, |event| shortcut(&event));
    }

    /// Other rows are to be seen now: for the address, for the rows, and for whoever counts them.
    fn narrow() {
        let view = wanted();
        remember(&view);
        INDEX.with_borrow_mut(|index| index.narrow(&view));
        write_more();
        dom::narrowed();
    }

    /// The same rows are to be seen otherwise.
    fn draw_anew() {
        remember(&wanted());
        let mut parts: Vec<String> = dom::all("[data-section]").iter().map(Element::id).collect();
        parts.extend(dom::one(".eligible > thead").map(|head| head.id()));
        listen_for("/events/overview", &parts);
    }

    fn choose_plane(chosen: &Element) {
        for link in dom::all("[data-plane-filter]") {
            drop(if link == *chosen {
                link.set_attribute("aria-current", "true")
            } else {
                link.remove_attribute("aria-current")
            });
        }
        let Some(fields) = dom::one("[data-planes]") else { return };
        fields.set_inner_html("");
        let plane = chosen.get_attribute("data-plane-filter").unwrap_or_default();
        if !plane.is_empty()
            && let Ok(field) = document().create_element("input")
            && field.set_attribute("type", "hidden").is_ok()
            && field.set_attribute("name", "plane").is_ok()
            && field.set_attribute("value", &plane).is_ok()
        {
            drop(fields.append_child(&field));
        }
    }

    /// No search, no filter, all planes.
    fn clear() {
        for ticked in dom::all("#search-form :is([name=asks], [name=scope], [name=env], [name=only]):checked")
        {
            ticked.unchecked_into::<HtmlInputElement>().set_checked(false);
        }
        if let Some(search) = dom::input("#search") {
            search.set_value("");
        }
        if let Some(all) = dom::one("[data-plane-filter='']") {
            choose_plane(&all);
        }
    }

    /// The order of the lines is the order of the columns.
    fn move_column(button: &Element) {
        let Some(line) = button.closest("li").ok().flatten() else { return };
        let value = button.get_attribute("value").unwrap_or_default();
        if value.ends_with(":up") {
            if let Some(before) = line.previous_element_sibling() {
                drop(before.before_with_node_1(&line));
            }
        } else if let Some(after) = line.next_element_sibling() {
            drop(after.after_with_node_1(&line));
        }
    }

    /// `/` goes to the search, Escape empties it or closes a menu.
    fn shortcut(event: &KeyboardEvent) {
        let Some(search) = dom::input("#search") else { return };
        let typing = dom::around(event, "input, textarea, select").is_some();
        if event.key() == "/" && !typing && !event.ctrl_key() && !event.meta_key() && !event.alt_key() {
            event.prevent_default();
            drop(search.unchecked_into::<HtmlElement>().focus());
        } else if event.key() == "Escape" {
            if let Some(menu) = dom::around(event, ".menu[open]") {
                event.prevent_default();
                drop(menu.remove_attribute("open"));
                if let Some(summary) = dom::all_in(&menu, "summary").first() {
                    dom::focus(summary);
                }
            } else if dom::around(event, "#search").is_some() && !search.value().is_empty() {
                event.prevent_default();
                search.set_value("");
                narrow();
            }
        }
    }

    /// What the fields say. What only the address says, which rows are open, stays.
    fn wanted() -> View {
        let Some(form) = dom::one("#search-form") else { return View::default() };
        let mut view = View::parse(&dom::query_of(&form), "");
        view.has_own = form.has_attribute("data-own");
        view.open = View::parse(&dom::with_query(""), "").open;
        view
    }

    /// Rows came or went: reads them, and shows those that are wanted.
    fn look_again() {
        let view = wanted();
        INDEX.with_borrow_mut(|index| {
            *index = Index::read();
            index.narrow(&view);
        });
        write_more();
    }

    /// A row was opened or closed.
    pub(crate) fn remember_toggle(row: &str) {
        let mut view = wanted();
        view.toggle(row.to_owned());
        remember(&view);
    }

    /// Keeps in step what says how the page is looked at: the address, and the forms that come back to it.
    fn remember(view: &View) {
        if let Ok(history) = window().history() {
            drop(history.replace_state_with_url(&JsValue::NULL, "", Some(&view.address("/"))));
        }
        for field in dom::all("input[name=view]") {
            field.unchecked_into::<HtmlInputElement>().set_value(&view.query());
        }
    }
}
