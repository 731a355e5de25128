//! Error bodies of any status: never a panic, never the service's free text.
#![no_main]

use http::{HeaderMap, StatusCode};
use libfuzzer_sys::fuzz_target;
use pim::tokens::Audience;
use transport::Answer;

fuzz_target!(|input: (u16, Vec<u8>)| {
    let (status, body) = input;
    let Ok(status) = StatusCode::from_u16(status) else { return };
    let answer = Answer { audience: Audience::Azure, status, headers: HeaderMap::new(), body };
    let error = transport::refusal::of(&answer);
    assert!(error.code.is_none_or(|code| code.len() <= 96 && !code.contains(char::is_whitespace)));
    let _ = transport::refusal::is_ambiguous(&answer);
});
