//! Keeps an open overview true: when something changed, in whatever tab, the lists of that plane are drawn anew. Without it the page
//! is as of its loading.

use leptos::prelude::*;

/// Listens to `source` for `operation` events, and fetches the parts of the plane that each names from `parts`, as the
/// address says by then.
#[island]
pub(crate) fn Live(source: String, parts: String) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| browser::start(&source, parts.clone()));
    #[cfg(not(feature = "hydrate"))]
    let _ = (source, parts);
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::time::Duration;

    use leptos::prelude::*;
    use leptos::wasm_bindgen::JsCast;
    use leptos::wasm_bindgen::closure::Closure;
    use web_sys::{EventSource, MessageEvent};

    use crate::islands::late::browser::{listen_for, say_when_refused};
    use crate::islands::pulse;

    /// Several changes of one plane come close together: they are drawn once.
    const GATHER: Duration = Duration::from_millis(400);

    /// How long a stream may take to come back before the pulse is asked.
    const PATIENCE: Duration = Duration::from_secs(5);

    pub(super) fn start(source: &str, parts: String) {
        let Ok(events) = EventSource::new(source) else { return };
        let waiting: Rc<RefCell<Vec<String>>> = Rc::default();
        let heard = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let data = event.data().as_string().unwrap_or_default();
            let Some(plane) = plane_of(&data) else { return };
            let mut planes = waiting.borrow_mut();
            if planes.contains(&plane) {
                return;
            }
            planes.push(plane.clone());
            let (waiting, parts) = (waiting.clone(), parts.clone());
            set_timeout(
                move || {
                    waiting.borrow_mut().retain(|one| one != &plane);
                    listen_for(&parts, &[format!("held-{plane}"), format!("eligible-{plane}")]);
                },
                GATHER,
            );
        });
        drop(events.add_event_listener_with_callback("operation", heard.as_ref().unchecked_ref()));
        heard.forget();
        say_when_refused(&events);
        // A stream that breaks comes back by itself, except one that was refused: signed out, or the portal is down.
        let stream = events.clone();
        let broken = Closure::<dyn Fn()>::new(move || {
            let stream = stream.clone();
            set_timeout(
                move || {
                    if stream.ready_state() != EventSource::OPEN {
                        pulse::ask();
                    }
                },
                PATIENCE,
            );
        });
        drop(events.add_event_listener_with_callback("error", broken.as_ref().unchecked_ref()));
        broken.forget();
    }

    /// The browser's own JSON: another parser would only be downloaded for it.
    fn plane_of(data: &str) -> Option<String> {
        let change = js_sys::JSON::parse(data).ok()?;
        js_sys::Reflect::get(&change, &"plane".into()).ok()?.as_string()
    }
}
