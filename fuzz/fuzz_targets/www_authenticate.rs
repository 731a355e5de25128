//! Challenges in headers, several at a time.
#![no_main]

use http::header::{HeaderValue, WWW_AUTHENTICATE};
use libfuzzer_sys::fuzz_target;
use pim::challenge::Claims;

fuzz_target!(|values: Vec<Vec<u8>>| {
    let mut headers = http::HeaderMap::new();
    for value in values.iter().filter_map(|value| HeaderValue::from_bytes(value).ok()) {
        headers.append(WWW_AUTHENTICATE, value);
    }
    if let Some(claims) = transport::challenge::in_headers(&headers) {
        assert!(claims.as_str().len() <= Claims::LONGEST);
    }
});
