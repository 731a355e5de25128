//! The bars that appear when the portal cannot be reached, refuses to tell what changes, or the session is about to end; hidden until the island
//! [`Pulse`](crate::islands::Pulse) shows them. They stand beside the page and take no focus: whoever types goes on typing.

use leptos::prelude::*;

use crate::context::{SessionEnds, context};
use crate::islands::Pulse;

/// The bars, and the island that shows them.
#[component]
pub(crate) fn PulseBars() -> impl IntoView {
    let context = context();
    let Some(SessionEnds { idle, last }) = context.ends else { return ().into_any() };
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this era are exact in a double")]
    let millis = |at: jiff::Timestamp| at.as_millisecond() as f64;
    view! {
        <p class="connection warn-ground" role="status" data-connection="" hidden=true>
            <span data-text="" hidden=true>"No connection to the portal. What you see is from "<time data-lost=""></time>"; it goes on by itself."</span>
        </p>
        <p class="connection" role="status" data-live-off="" hidden=true>
            <span data-text="" hidden=true>"Live updates are off: what you see stays as it is. "<a href="">"Load it again"</a></span>
        </p>
        <div class="session-bar" role="region" aria-label="Your session" data-session="" hidden=true>
            <div role="alert">
                <p data-session-is="idle" hidden=true>"You will be signed out at "<time data-ends=""></time>", because nothing was done for almost an hour."</p>
                <p data-session-is="last" hidden=true>"You will be signed out at "<time data-ends=""></time>": a session lasts ten hours at most. Roles that you chose to activate and what you sent are kept; what you typed and did not send is not."</p>
                <p data-session-is="gone" hidden=true>"You are signed out: the session has ended, or you signed out in another tab. What you chose and sent is kept."</p>
            </div>
            <div class="several-buttons">
                <button type="button" class="button primary" data-session-stay="" hidden=true>"Stay signed in"</button>
                <a class="button primary" href="/sign-in" data-session-again="" hidden=true>"Sign in again"</a>
                <form method="post" action="/auth/sign-out" data-session-out="" hidden=true><button class="button">"Sign out"</button></form>
            </div>
        </div>
        <Pulse server_now=millis(context.now()) idle=millis(idle) last=millis(last)/>
    }
    .into_any()
}

/// The offer to notify before a role ends, which is the person's setting. Hidden where the browser takes no notifications from a page; the island
/// [`Expiry`](crate::islands::Expiry) shows which of it holds.
#[component]
pub(crate) fn NotifyOffer() -> impl IntoView {
    view! {
        <p class="notify-offer quiet" data-notify-offer="" hidden=true>
            <span data-notify-is="off" hidden=true><button type="button" class="plain" data-notify-set="on">"Notify me before a role ends"</button></span>
            <span data-notify-is="on" hidden=true>"Notified 15 and 5 minutes before a role ends, while the portal is open. "<button type="button" class="plain" data-notify-set="off">"Stop"</button></span>
            <span data-notify-is="ask" hidden=true>"Your settings say to notify you before a role ends; this browser was not asked yet. "<button type="button" class="plain" data-notify-set="on">"Allow it"</button></span>
            <span data-notify-is="blocked" hidden=true>"To be notified before a role ends, allow notifications of this site in your browser: it blocks them. "<button type="button" class="plain" data-notify-set="off">"Stop"</button></span>
        </p>
    }
}
