//! Notifies before a role ends, from any page of the portal that is open. Without it the overview says how much time is left.
//!
//! Browsers take a notification from a page only while that page is open; there is no service worker that would go on after it. Some, on
//! phones, take none from a page at all: then nothing is offered.

use leptos::prelude::*;

/// Reads from `source` which roles end when, while the person wants to be told. Serves `[data-notify-offer]`.
#[island]
pub(crate) fn Expiry(server_now: f64, source: String) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| browser::start(server_now, source.clone()));
    #[cfg(not(feature = "hydrate"))]
    let _ = (server_now, source);
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::time::Duration;

    use js_sys::{Array, Date, Reflect};
    use leptos::prelude::*;
    use leptos::task::spawn_local;
    use leptos::wasm_bindgen::closure::Closure;
    use leptos::wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{
        Notification, NotificationOptions, NotificationPermission, RequestInit, Response, Storage,
        UrlSearchParams,
    };

    use crate::islands::dom;

    /// When a notification is given, in minutes before the end; the nearest first.
    const BEFORE: [f64; 2] = [5.0, 15.0];
    const MINUTE: f64 = 60_000.0;
    /// How often it is looked whether one is due, and how often the ends are read.
    const TICK: Duration = Duration::from_secs(10);
    const READ: Duration = Duration::from_mins(5);
    /// Where this browser keeps what was told.
    const TOLD: &str = "pim-told";

    /// A role that ends.
    struct End {
        key: String,
        name: String,
        until: f64,
    }

    pub(super) fn start(server_now: f64, source: String) {
        if !Reflect::has(&window(), &"Notification".into()).unwrap_or_default() {
            return;
        }
        let ahead = server_now - Date::now();
        let ends: Rc<RefCell<Vec<End>>> = Rc::default();
        let read = {
            let ends = ends.clone();
            move || {
                if !is_wanted() || Notification::permission() != NotificationPermission::Granted {
                    return;
                }
                let (ends, source) = (ends.clone(), source.clone());
                spawn_local(async move {
                    if let Some(told) = fetch(&source).await {
                        ends.replace(told);
                        notify(&ends.borrow(), ahead);
                    }
                });
            }
        };
        read();
        offer();
        dom::on_change(lead_to);
        set_interval(read.clone(), READ);
        set_interval(move || notify(&ends.borrow(), ahead), TICK);
        window_event_listener(leptos::ev::click, move |event| {
            let Some(button) = dom::around(&event, "[data-notify-set]") else { return };
            let on = button.get_attribute("data-notify-set").as_deref() == Some("on");
            let read = read.clone();
            spawn_local(async move {
                if on && let Ok(asked) = Notification::request_permission() {
                    drop(JsFuture::from(asked).await);
                }
                if keep(on).await.is_some() {
                    want(on);
                    offer();
                    read();
                }
            });
        });
    }

    fn storage() -> Option<Storage> {
        window().local_storage().ok().flatten()
    }

    fn kept(key: &str) -> String {
        storage().and_then(|storage| storage.get_item(key).ok().flatten()).unwrap_or_default()
    }

    /// Whether the person wants to be told, by their settings.
    fn is_wanted() -> bool {
        dom::one("[data-notify]").is_some()
    }

    /// The settings say so from now on.
    fn want(on: bool) {
        if let Some(frame) = dom::one(".frame") {
            drop(if on {
                frame.set_attribute("data-notify", "")
            } else {
                frame.remove_attribute("data-notify")
            });
        }
    }

    /// Keeps it in the person's settings.
    async fn keep(on: bool) -> Option<()> {
        let content = UrlSearchParams::new().ok()?;
        content.append("notify", if on { "on" } else { "off" });
        let post = RequestInit::new();
        post.set_method("POST");
        post.set_body(&JsValue::from(content));
        let sent = window().fetch_with_str_and_init("/do/notify", &post);
        let answer: Response = JsFuture::from(sent).await.ok()?.dyn_into().ok()?;
        (answer.ok() && !answer.redirected()).then_some(())
    }

    /// Shows what there is to say about it, where the page has a place for it.
    fn offer() {
        let state = match Notification::permission() {
            _ if !is_wanted() => "off",
            NotificationPermission::Denied => "blocked",
            NotificationPermission::Granted => "on",
            _ => "ask",
        };
        for place in dom::all("[data-notify-offer]") {
            dom::show(&place, true);
            for one in dom::all_in(&place, "[data-notify-is]") {
                dom::show(&one, one.get_attribute("data-notify-is").as_deref() == Some(state));
            }
        }
    }

    async fn fetch(source: &str) -> Option<Vec<End>> {
        let answer: Response = JsFuture::from(window().fetch_with_str(source)).await.ok()?.dyn_into().ok()?;
        if !answer.ok() {
            return None;
        }
        let told: Array = JsFuture::from(answer.json().ok()?).await.ok()?.dyn_into().ok()?;
        let read = |one: JsValue| {
            let text = |name: &str| Reflect::get(&one, &name.into()).ok()?.as_string();
            Some(End {
                key: text("key")?,
                name: text("name")?,
                until: Reflect::get(&one, &"until".into()).ok()?.as_f64()?,
            })
        };
        Some(told.iter().filter_map(read).collect())
    }

    /// Gives each notification that is due and was not given, by whatever tab.
    fn notify(ends: &[End], ahead: f64) {
        if !is_wanted() {
            return;
        }
        let now = Date::now() + ahead;
        for end in ends {
            let minutes = (end.until - now) / MINUTE;
            let Some(before) = BEFORE.into_iter().find(|before| minutes <= *before) else { continue };
            let tag = format!("{} {} {before}", end.until, end.key);
            let told = kept(TOLD);
            if minutes <= 0.0 || told.lines().any(|line| line == tag) {
                continue;
            }
            // What has ended is not told again anyway.
            let still = told.lines().filter(|line| {
                let until = line.split(' ').next().and_then(|until| until.parse::<f64>().ok());
                until.is_some_and(|until| until > now)
            });
            let told: Vec<&str> = still.chain([tag.as_str()]).collect();
            if let Some(storage) = storage() {
                drop(storage.set_item(TOLD, &told.join("\n")));
            }
            give(end, minutes, &tag);
        }
    }

    /// Two tabs at the same moment give one: the tag is the same.
    fn give(end: &End, minutes: f64, tag: &str) {
        let options = NotificationOptions::new();
        options.set_tag(tag);
        options.set_body("Select this to continue it in the portal.");
        let title = format!("{} ends in {} min", end.name, minutes.ceil());
        let Ok(notification) = Notification::new_with_options(&title, &options) else { return };
        let way = format!("/#continue={}", js_sys::encode_uri_component(&end.key));
        let clicked = Closure::<dyn Fn()>::new(move || {
            drop(window().focus());
            drop(window().location().set_href(&way));
            // On the overview itself the address leads nowhere else, and no page is loaded.
            lead_to();
        });
        notification.set_onclick(Some(clicked.as_ref().unchecked_ref()));
        clicked.forget();
    }

    /// Puts the focus on the button that continues the role that the address names, as soon as it is there.
    fn lead_to() {
        let hash = window().location().hash().unwrap_or_default();
        let Some(key) =
            hash.strip_prefix("#continue=").and_then(|key| js_sys::decode_uri_component(key).ok())
        else {
            return;
        };
        let key: String = key.into();
        let buttons = dom::all("button[formaction='/do/continue']");
        if let Some(button) =
            buttons.iter().find(|one| one.get_attribute("value").as_deref() == Some(key.as_str()))
        {
            dom::focus(button);
            // Once: a list that is drawn anew later must not take the focus.
            let path = window().location().pathname().unwrap_or_default();
            if let Ok(history) = window().history() {
                drop(history.replace_state_with_url(&JsValue::NULL, "", Some(&path)));
            }
        }
    }
}
