//! Claims in the message of a refusal, and what is made of them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pim::challenge::{Challenge, Claims};
use pim::tokens::Audience;

fuzz_target!(|text: &str| {
    for claims in [Claims::parse(text), transport::challenge::in_message(text)].into_iter().flatten() {
        assert!(claims.as_str().len() <= Claims::LONGEST);
        assert!(serde_json::from_str::<serde_json::Map<_, _>>(claims.as_str()).is_ok());
        let challenge = Challenge::from_claims(Audience::Graph, claims);
        assert!(challenge.contexts().all(|context| !context.as_str().is_empty()));
    }
});
