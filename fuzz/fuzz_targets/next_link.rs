//! Links to the next page: a token goes to its own host and nowhere else.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transport::{Api, Limits, Page};
use url::Url;

fuzz_target!(|body: &[u8]| {
    let Ok(page) = serde_json::from_slice::<Page<serde_json::Value>>(body) else { return };
    let Some(link) = page.next.and_then(|link| Url::parse(&link).ok()) else { return };
    let base = Url::parse("https://graph.microsoft.com").expect("an address");
    let api = Api::new(transport::client(), base.clone(), Limits::default());
    if api.is_ours(&link) {
        assert_eq!(
            (link.scheme(), link.host_str(), link.port_or_known_default()),
            ("https", base.host_str(), Some(443))
        );
        assert!(link.username().is_empty() && link.password().is_none());
    }
});
