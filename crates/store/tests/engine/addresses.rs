//! What the store can and cannot open.

use std::sync::Arc;

use store::{KeyRing, OpenError, Store};

use crate::common::clock;

#[tokio::test]
async fn an_address_that_is_not_supported_says_what_is_without_repeating_a_password() {
    for address in ["mysql://portal:hunter2@db/x", "portal:hunter2@db/portal", "/var/lib/portal.db"] {
        let opened = Store::open(address, KeyRing::ephemeral(), Arc::new(clock())).await;
        let error = opened.expect_err("opened");
        assert!(matches!(error, OpenError::Unsupported { .. }), "{error}");
        let message = error.to_string();
        assert!(message.contains("sqlite:") && !message.contains("hunter2"), "{message}");
    }
    let missing =
        Store::open("sqlite:///nowhere/at/all/portal.db", KeyRing::ephemeral(), Arc::new(clock())).await;
    assert!(matches!(missing, Err(OpenError::Connect(_))));
}
