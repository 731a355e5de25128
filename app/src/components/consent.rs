//! The link by which an administrator grants the permissions for the whole organisation.

use leptos::prelude::*;

use super::copy::CopyField;
use crate::context::{Directory, context};

/// The link, to hand on or to open: for `directory`, or else for the one that the person is in.
#[component]
pub(crate) fn ConsentLink(#[prop(optional_no_strip)] directory: Option<Directory>) -> AnyView {
    let directory = directory.or_else(|| context().directory().cloned());
    let Some(Directory { admin_consent_url: url, .. }) = directory else { return ().into_any() };
    view! {
        <CopyField id="consent-link" label="Link for an administrator" text=url.clone()/>
        <p class="after"><a class="button" href=url rel="noreferrer">"Grant the permissions for the organisation"</a></p>
    }
    // The page's type would be too deep for whoever compiles it.
    .into_any()
}
