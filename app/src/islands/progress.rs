//! Follows a batch of operations live. Without it a link loads the page again.

use leptos::prelude::*;

/// Listens to `source` and puts in each new state of the lines.
#[island]
pub(crate) fn Progress(source: String) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| super::late::browser::listen(&source));
    #[cfg(not(feature = "hydrate"))]
    let _ = source;
}
