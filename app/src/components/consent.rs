//! The link by which an administrator grants the permissions for the whole organisation.

use leptos::prelude::*;

use super::copy::CopyField;
use crate::context::context;

/// The link, to hand on or to open.
#[component]
pub(crate) fn ConsentLink() -> AnyView {
    let url = context().site.admin_consent_url.clone();
    view! {
        <CopyField id="consent-link" label="Link for an administrator" text=url.clone()/>
        <p class="after"><a class="button" href=url rel="noreferrer">"Grant the permissions for the organisation"</a></p>
    }
    // The page's type would be too deep for whoever compiles it.
    .into_any()
}
