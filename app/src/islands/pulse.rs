//! Says when the portal cannot be reached, when the session is about to end, and when it has ended, in another tab too. Without it the next
//! page says so.

use leptos::prelude::*;

/// The server's time, when the session ends without use, and when it ends in any case; all in milliseconds since 1970. Shows
/// `[data-connection]` and `[data-session]`.
#[island]
pub(crate) fn Pulse(server_now: f64, idle: f64, last: f64) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| browser::start(server_now, idle, last));
    #[cfg(not(feature = "hydrate"))]
    let _ = (server_now, idle, last);
}

/// Asks at once how things stand: for an island that notices that something is wrong.
#[cfg(feature = "hydrate")]
pub(crate) fn ask() {
    browser::tell(browser::ASK);
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::cell::Cell;
    use std::rc::Rc;
    use std::time::Duration;

    use js_sys::{Date, Reflect};
    use leptos::prelude::*;
    use leptos::task::spawn_local;
    use leptos::wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{Event, RequestInit, Response};

    use crate::islands::dom;

    /// The event that asks to ask.
    pub(super) const ASK: &str = "pim:ask";
    /// How long before its end a session says so, in milliseconds.
    const AHEAD: f64 = 300_000.0;
    const TICK: Duration = Duration::from_secs(5);

    /// What is known.
    #[derive(Clone)]
    struct Known {
        /// How far the server's clock is ahead of the browser's.
        ahead: f64,
        idle: Rc<Cell<f64>>,
        last: Rc<Cell<f64>>,
        is_gone: Rc<Cell<bool>>,
        is_lost: Rc<Cell<bool>>,
    }

    pub(super) fn tell(name: &str) {
        if let Ok(event) = Event::new(name) {
            drop(window().dispatch_event(&event));
        }
    }

    pub(super) fn start(server_now: f64, idle: f64, last: f64) {
        let known = Known {
            ahead: server_now - Date::now(),
            idle: Rc::new(Cell::new(idle)),
            last: Rc::new(Cell::new(last)),
            is_gone: Rc::default(),
            is_lost: Rc::default(),
        };
        for name in [ASK, "offline", "online", "visibilitychange"] {
            let known = known.clone();
            window_event_listener_untyped(name, move |_| {
                if !document().hidden() {
                    known.ask(false);
                }
            });
        }
        let staying = known.clone();
        window_event_listener(leptos::ev::click, move |event| {
            if dom::around(&event, "[data-session-stay]").is_some() {
                staying.ask(true);
            }
        });
        set_interval(
            move || {
                // What another tab did counts as well, so the server is asked before anything is said.
                if known.is_lost.get() || (!known.is_gone.get() && known.left() < AHEAD) {
                    known.ask(false);
                }
            },
            TICK,
        );
    }

    impl Known {
        fn left(&self) -> f64 {
            self.idle.get().min(self.last.get()) - Date::now() - self.ahead
        }

        /// Asks when the session ends; with `is_use`, this counts as use.
        fn ask(&self, is_use: bool) {
            let known = self.clone();
            spawn_local(async move {
                match asked(is_use).await {
                    Answer::Ends(idle, last) => {
                        known.idle.set(idle);
                        known.last.set(last);
                        known.is_gone.set(false);
                        known.lost(false);
                    }
                    Answer::SignedOut => {
                        known.is_gone.set(true);
                        known.lost(false);
                    }
                    Answer::Nothing => known.lost(true),
                }
                known.show();
            });
        }

        fn lost(&self, is_lost: bool) {
            if self.is_lost.replace(is_lost) != is_lost
                && let Some(bar) = dom::one("[data-connection]")
            {
                for time in dom::all("[data-lost]") {
                    date(&time, Date::now() + self.ahead);
                }
                dom::show(&bar, is_lost);
                // Shown inside a live region that is there already, so that it is read aloud.
                for text in dom::all_in(&bar, "[data-text]") {
                    dom::show(&text, is_lost);
                }
            }
        }

        fn show(&self) {
            let Some(bar) = dom::one("[data-session]") else { return };
            let is = if self.is_gone.get() {
                "gone"
            } else if self.left() >= AHEAD {
                ""
            } else if self.last.get() <= self.idle.get() {
                "last"
            } else {
                "idle"
            };
            dom::show(&bar, !is.is_empty());
            for time in dom::all_in(&bar, "[data-ends]") {
                date(&time, self.idle.get().min(self.last.get()));
            }
            for text in dom::all_in(&bar, "[data-session-is]") {
                dom::show(&text, text.get_attribute("data-session-is").as_deref() == Some(is));
            }
            let visible = [
                ("[data-session-stay]", is == "idle"),
                ("[data-session-again]", is == "gone"),
                ("[data-session-out]", is != "gone"),
            ];
            for (selector, shown) in visible {
                for element in dom::all_in(&bar, selector) {
                    dom::show(&element, shown);
                }
            }
            if let Some(link) = dom::one("[data-session-again]") {
                let location = window().location();
                let here = location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
                let way = js_sys::encode_uri_component(&here);
                drop(link.set_attribute("href", &format!("/sign-in?return_to={way}")));
            }
        }
    }

    /// Has a time written by the clockwork, with its UTC in the tooltip.
    fn date(time: &web_sys::Element, at: f64) {
        let utc: String = Date::new(&at.into()).to_iso_string().into();
        let text = at.to_string();
        if time.get_attribute("data-at").as_deref() != Some(text.as_str()) {
            drop(time.set_attribute("data-at", &text));
            drop(time.set_attribute("title", &utc));
            drop(time.remove_attribute("data-local"));
            dom::page_changed();
        }
    }

    enum Answer {
        Ends(f64, f64),
        SignedOut,
        Nothing,
    }

    async fn asked(is_use: bool) -> Answer {
        let init = RequestInit::new();
        init.set_method(if is_use { "POST" } else { "GET" });
        let path = if is_use { "/session" } else { "/events/session" };
        let Ok(answer) = JsFuture::from(window().fetch_with_str_and_init(path, &init)).await else {
            return Answer::Nothing;
        };
        let Ok(answer) = answer.dyn_into::<Response>() else { return Answer::Nothing };
        // A form that is not signed in is sent to the sign-in page.
        if answer.status() == 401 || answer.redirected() {
            return Answer::SignedOut;
        }
        ends(answer).await.unwrap_or(Answer::Nothing)
    }

    async fn ends(answer: Response) -> Option<Answer> {
        if !answer.ok() {
            return None;
        }
        let told: JsValue = JsFuture::from(answer.json().ok()?).await.ok()?;
        let read = |name: &str| Reflect::get(&told, &name.into()).ok()?.as_f64();
        Some(Answer::Ends(read("idle")?, read("last")?))
    }
}
