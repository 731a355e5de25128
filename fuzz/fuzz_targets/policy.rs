//! Policy rules: what is not said is never read as "not required".
#![no_main]

use libfuzzer_sys::fuzz_target;
use pim::policy::{Policy, PolicyReading};
use transport::rules::{Rule, reading};

fuzz_target!(|body: &[u8]| {
    let Ok(rules) = serde_json::from_slice::<Vec<Rule>>(body) else { return };
    match reading(Some(&rules)) {
        PolicyReading::Known(policy) => assert!(!rules.is_empty() || policy == Policy::unknown()),
        PolicyReading::Unreadable(_) => assert!(rules.is_empty()),
    }
});
