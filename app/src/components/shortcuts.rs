//! The dialogs that keys open: what the keys are, and the palette.

use leptos::prelude::*;

use super::frame::PLACES;

/// Keys of the pages, in the order of the help.
const KEYS: [(&str, &str); 14] = [
    ("Ctrl K", "Find a role, a page or an action"),
    ("/", "Search"),
    ("j and k", "Next and previous row"),
    ("x", "Tick the row"),
    ("o or Enter", "Open or close the row"),
    ("s", "Make the row a favourite, or none"),
    ("a", "Activate ticked, or the row"),
    ("d", "Deactivate ticked, or the row"),
    ("r", "Read everything anew"),
    ("1 to 9", "Use that profile"),
    ("Ctrl Enter", "Confirm the activation"),
    ("g, then a letter", "Go to a page"),
    ("?", "Show these keys"),
    ("Esc", "Close, or empty the search"),
];

/// The dialogs. They are closed until a key opens them, so that nothing is lost without JavaScript.
#[component]
pub(crate) fn Shortcuts() -> impl IntoView {
    let keys = KEYS.map(|(key, text)| view! { <div><dt><kbd>{key}</kbd></dt><dd>{text}</dd></div> });
    let places = PLACES.map(
        |place| view! { <div><dt><kbd>{format!("g {}", place.key)}</kbd></dt><dd>{place.text}</dd></div> },
    );
    view! {
        <dialog id="shortcuts" class="shortcuts" aria-labelledby="shortcuts-title">
            <form method="dialog"><h2 id="shortcuts-title">"Keyboard shortcuts"</h2><button class="button">"Close"</button></form>
            <dl>{keys.collect_view()}{places.collect_view()}</dl>
        </dialog>
        <dialog id="palette" class="palette" aria-label="Find a role, a page or an action">
            <input id="palette-field" type="text" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-autocomplete="list"
                aria-label="Find a role, a page or an action" placeholder="Role, page or action" autocomplete="off" spellcheck="false"/>
            <p id="palette-status" class="quiet" role="status">"Reading the list…"</p>
            <div id="palette-list" role="listbox" aria-label="What was found"></div>
            <form id="palette-form" method="post" action="/do/select" hidden=true><input type="hidden" name="rows[]"/></form>
        </dialog>
    }
}
