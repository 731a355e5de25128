//! A plane, as a small square beside its word for one of its roles.

use leptos::prelude::*;
use pim::plane::Descriptor;

/// The mark of `plane`.
pub(crate) fn plane_mark(plane: &Descriptor) -> AnyView {
    view! { <span class=format!("plane plane-{}", plane.id)>{plane.singular}</span> }.into_any()
}
