//! What a batch leads to: roles that its groups brought. A part of its own, because nobody should wait for it to learn what became of
//! the batch.

use leptos::prelude::*;
use pim::ids::BatchId;
use pim::journal::Operation;
use portal::Session;
use portal::overview::EligibleRole;
use portal::selection::RowKey;

use crate::context::Context;

/// What a batch leads to, as far as it is known.
#[derive(Default)]
pub(crate) struct Next {
    batch: Option<BatchId>,
    led_to: Option<Vec<EligibleRole>>,
}

impl Next {
    /// All of it.
    pub(crate) async fn read(context: &Context, session: &Session, operations: &[Operation]) -> Self {
        let led_to = Some(context.portal.led_to(session, operations).await);
        Self { batch: operations.first().map(|operation| operation.batch), led_to }
    }

    /// What is known soon.
    pub(crate) async fn soon(context: &Context, session: &Session, operations: &[Operation]) -> Self {
        let led_to = context.portal.led_to_soon(session, operations).await;
        Self { batch: operations.first().map(|operation| operation.batch), led_to }
    }

    /// Whether all of it is known.
    pub(crate) fn is_known(&self) -> bool {
        self.led_to.is_some()
    }

    /// Its element.
    pub(crate) fn view(&self) -> AnyView {
        let inner = match (self.batch, &self.led_to) {
            (Some(batch), Some(led_to)) => led_to_view(batch, led_to),
            (Some(batch), None) => Some(
                view! {
                    <p class="quiet">"What your groups lead to is still being read. "<a href=format!("/requests/{batch}")>"Load again"</a></p>
                }
                .into_any(),
            ),
            _ => None,
        };
        view! { <div id="next">{inner}</div> }.into_any()
    }
}

/// Roles that the groups of the batch lead to.
fn led_to_view(batch: BatchId, led_to: &[EligibleRole]) -> Option<AnyView> {
    if led_to.is_empty() {
        return None;
    }
    let rows = led_to.iter().map(|role| {
        let eligibility = &role.eligibility;
        let key = RowKey::new(&eligibility.target.plane, eligibility.id.as_str()).to_string();
        view! {
            <li><label class="pick"><input type="checkbox" name="rows[]" value=key checked=true/>
                <span><strong>{eligibility.names.title.clone()}</strong><span class="place">{eligibility.names.place.clone()}</span></span></label></li>
        }
    });
    Some(
        view! {
            <form method="post" action="/do/select-led-to" class="panel led-to">
                <h2>"You can activate next"</h2>
                <p class="quiet">"These roles are yours through a group."</p>
                <input type="hidden" name="batch" value=batch.to_string()/>
                <ul>{rows.collect_view()}</ul>
                <button class="button">"Activate ticked…"</button>
            </form>
        }
        .into_any(),
    )
}
