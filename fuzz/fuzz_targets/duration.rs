//! ISO 8601 durations of policies and requests: what is read is written back as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pim::duration::ActivationDuration;

fuzz_target!(|text: &str| {
    if let Ok(duration) = text.parse::<ActivationDuration>() {
        assert!(duration.minutes() > 0);
        assert_eq!(duration.to_string().parse::<ActivationDuration>().ok(), Some(duration));
    }
});
