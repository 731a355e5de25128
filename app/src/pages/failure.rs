//! What stands where a page should be, when the server refuses or fails before any page is drawn. It needs no session and no store.

use http::StatusCode;
use leptos::prelude::*;
use portal::settings::Theme;

use crate::components::organisation::brand_mark;
use crate::context::Site;
use crate::shell::Head;

/// What happened and what to do, for one status: the heading, the sentence, and where the way leads.
fn words(status: StatusCode) -> (&'static str, &'static str, (&'static str, &'static str)) {
    const OVERVIEW: (&str, &str) = ("/", "Go to the overview");
    const REQUESTS: (&str, &str) = ("/requests", "See your requests");
    match status.as_u16() {
        401 => (
            "You are not signed in",
            "Your session has ended, or you signed out in another tab. Nothing was done.",
            ("/sign-in", "Sign in"),
        ),
        403 => (
            "This did not come from the portal",
            "Your browser says that another site sent this form, so nothing was done. Open the page in the portal and try again.",
            OVERVIEW,
        ),
        404 => (
            "There is nothing here",
            "The address is wrong, or what stood here was used up, has expired, or belongs to somebody else.",
            OVERVIEW,
        ),
        405 => (
            "This address takes a form",
            "It cannot be opened by itself. Nothing was done: go to the page that leads here and press its button.",
            OVERVIEW,
        ),
        413 => (
            "That is too much at once",
            "A form of the portal holds 256 kB. Nothing was done: choose fewer roles at a time, or a smaller file.",
            OVERVIEW,
        ),
        429 => (
            "Too many sign-ins",
            "More sign-ins were begun from your address than anybody makes by hand. Nothing was done: wait a minute, then sign in again.",
            ("/sign-in", "Sign in"),
        ),
        400..=499 => (
            "This could not be understood",
            "The address or the form is not as the portal made it. Nothing was done: load the page again and repeat it.",
            OVERVIEW,
        ),
        503 => (
            "The portal's store does not answer",
            "Nothing was done. Try again in a minute; if it stays so, tell whoever runs the portal.",
            OVERVIEW,
        ),
        _ => (
            "The portal made a mistake",
            "What you asked for may or may not have been sent: look at your requests before you repeat it. If it happens again, tell whoever runs the portal, with the id below.",
            REQUESTS,
        ),
    }
}

/// The page for `status`. `id` is the request's, as it stands in the log.
#[must_use]
pub fn failure_page(site: &Site, status: StatusCode, id: Option<&str>) -> String {
    let (heading, text, (href, way)) = words(status);
    let id = id.map(|id| {
        view! { <details class="ids" open=status.is_server_error()><summary>"For support"</summary>"Status "<code>{status.as_u16()}</code>", request id "<code>{id.to_owned()}</code></details> }
    });
    let owner = Owner::new();
    owner.with(|| {
        view! {
            <!DOCTYPE html>
            <html lang="en">
                <head>
                    <Head site=site.clone() theme=Theme::System/>
                    <title>{format!("{heading} · {}", site.brand.name)}</title>
                </head>
                <body>
                    <main class="lone" id="content">
                        <p class="brand">{brand_mark(site.brand.clone())}</p>
                        <h1>{heading}</h1>
                        <p>{text}</p>
                        <p class="after"><a class="button primary" href=href>{way}</a></p>
                        {id}
                    </main>
                </body>
            </html>
        }
        .to_html()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_does_not_claim_that_nothing_was_sent_and_a_refusal_does() {
        let page = |status| failure_page(&Site::default(), status, Some("an-id"));
        let mistake = page(StatusCode::INTERNAL_SERVER_ERROR);
        assert!(mistake.contains("may or may not have been sent") && mistake.contains("an-id"), "{mistake}");
        for status in [400, 401, 403, 405, 413, 415, 503] {
            let page = page(StatusCode::from_u16(status).unwrap());
            assert!(page.contains("othing was done"), "{status}: {page}");
        }
    }
}
