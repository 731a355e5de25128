//! The files a browser loads, embedded in the binary: style sheet, icons, islands.
//!
//! Code names a file by its logical name (`app.css`) and gets the address it has in this build ([`url`]), which
//! carries a hash of the content. Such an address is cached for ever; [`router`] serves it, compressed ahead of
//! time where `cargo xtask` built the assets. A plain `cargo build` embeds no islands: then `url("boot.js")` is
//! `None`, and a page leaves its script out.

use axum::{
    Router,
    body::Body,
    extract::Path,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{
            ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::{IntoResponse, Response},
    routing::get,
};

/// Every embedded file, sorted by logical name; written by `build.rs`.
static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The address changes when the content does, so a copy never goes stale.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// For the one address that cannot change.
const FOR_A_DAY: &str = "public, max-age=86400";

/// One embedded file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asset {
    /// The name the code asks for: `app.css`.
    pub logical: &'static str,
    /// The address a browser asks for: `/assets/app-9c1185a5c5e9fc54.css`.
    pub url: &'static str,
    /// The `content-type` header.
    pub content_type: &'static str,
    /// The `etag` header as it is sent: weak, because the compressed forms share it.
    pub etag: &'static str,
    /// The content.
    pub identity: &'static [u8],
    /// The content compressed with brotli, where it was compressed ahead of time.
    pub brotli: Option<&'static [u8]>,
    /// The content compressed with gzip, where it was compressed ahead of time.
    pub gzip: Option<&'static [u8]>,
}

/// The file at an address, with or without the leading `/assets/`; `None` where there is none.
#[must_use]
pub fn lookup(path: &str) -> Option<Asset> {
    let path = path.strip_prefix("/assets/").unwrap_or(path);
    ASSETS.iter().find(|asset| asset.url.strip_prefix("/assets/") == Some(path)).copied()
}

/// The address of a file in this build, by its logical name; `None` where this build does not carry it.
#[must_use]
pub fn url(logical: &str) -> Option<&'static str> {
    by_name(logical).map(|asset| asset.url)
}

/// Routes `/assets/…` and `/favicon.ico`.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{*path}", get(asset)).route("/favicon.ico", get(favicon))
}

async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    match lookup(&path) {
        Some(asset) => respond(asset, FOR_EVER, &headers),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Browsers ask for this address unbidden. Where there is no such icon, the vector one does.
async fn favicon(headers: HeaderMap) -> Response {
    match by_name("favicon.ico").or_else(|| by_name("favicon.svg")) {
        Some(asset) => respond(asset, FOR_A_DAY, &headers),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

fn by_name(logical: &str) -> Option<Asset> {
    ASSETS.iter().find(|asset| asset.logical == logical).copied()
}

fn respond(asset: Asset, caching: &'static str, request: &HeaderMap) -> Response {
    let mut headers = vec![
        (CACHE_CONTROL, caching),
        (ETAG, asset.etag),
        (VARY, "accept-encoding"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    if has_current_copy(request, asset.etag) {
        return with_headers(StatusCode::NOT_MODIFIED, headers, Body::empty());
    }
    let (encoding, content) = negotiate(asset, request);
    headers.push((CONTENT_TYPE, asset.content_type));
    headers.extend(encoding.map(|encoding| (CONTENT_ENCODING, encoding)));
    with_headers(StatusCode::OK, headers, Body::from(content))
}

fn with_headers(status: StatusCode, headers: Vec<(HeaderName, &'static str)>, body: Body) -> Response {
    let headers: HeaderMap =
        headers.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect();
    (status, headers, body).into_response()
}

fn has_current_copy(request: &HeaderMap, etag: &str) -> bool {
    fn opaque(tag: &str) -> &str {
        tag.strip_prefix("W/").unwrap_or(tag)
    }
    let tags = request.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    tags.flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || opaque(tag) == opaque(etag))
}

/// The smallest form the browser takes: brotli, gzip, as it is.
fn negotiate(asset: Asset, request: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
    let compressed = [("br", asset.brotli), ("gzip", asset.gzip)];
    compressed
        .into_iter()
        .filter(|(encoding, _)| accepts(request, encoding))
        .find_map(|(encoding, content)| content.map(|content| (Some(encoding), content)))
        .unwrap_or((None, asset.identity))
}

/// Whether `accept-encoding` names the encoding, or `*`, with a weight above zero.
fn accepts(request: &HeaderMap, encoding: &str) -> bool {
    let values = request.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let offers: Vec<(&str, f32)> = values.flat_map(|value| value.split(',')).map(offer).collect();
    let weight = |name: &str| {
        offers.iter().find(|(offered, _)| offered.eq_ignore_ascii_case(name)).map(|(_, weight)| *weight)
    };
    weight(encoding).or_else(|| weight("*")).is_some_and(|weight| weight > 0.0)
}

/// One part of `accept-encoding`: `br` or `gzip;q=0.5`.
fn offer(part: &str) -> (&str, f32) {
    let (name, parameters) = part.split_once(';').unwrap_or((part, ""));
    let weight = parameters.trim().strip_prefix("q=").map_or(1.0, |weight| weight.parse().unwrap_or(0.0));
    (name.trim(), weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHEET: Asset = Asset {
        logical: "app.css",
        url: "/assets/app-0123456789abcdef.css",
        content_type: "text/css; charset=utf-8",
        etag: "W/\"0123456789abcdef\"",
        identity: b"plain",
        brotli: Some(b"br"),
        gzip: Some(b"gz"),
    };

    fn asking(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    fn header(response: &Response, name: HeaderName) -> Option<&str> {
        response.headers().get(name).and_then(|value| value.to_str().ok())
    }

    #[test]
    fn brotli_is_preferred_then_gzip_then_the_file_as_it_is() {
        for (accept, expected) in [
            ("gzip, deflate, br, zstd", Some("br")),
            ("gzip", Some("gzip")),
            ("GZIP", Some("gzip")),
            ("br;q=0, gzip;q=0.5", Some("gzip")),
            ("*", Some("br")),
            ("br;q=0, *", Some("gzip")),
            ("identity", None),
            ("", None),
        ] {
            let (encoding, _) = negotiate(SHEET, &asking(ACCEPT_ENCODING, accept));
            assert_eq!(encoding, expected, "accept-encoding: {accept}");
        }
        assert_eq!(negotiate(SHEET, &HeaderMap::new()), (None, SHEET.identity));
        let uncompressed = Asset { brotli: None, gzip: None, ..SHEET };
        assert_eq!(negotiate(uncompressed, &asking(ACCEPT_ENCODING, "br")), (None, SHEET.identity));
    }

    #[test]
    fn a_response_may_be_kept_for_ever_and_never_guessed_at() {
        let response = respond(SHEET, FOR_EVER, &asking(ACCEPT_ENCODING, "br"));
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header(&response, CACHE_CONTROL), Some("public, max-age=31536000, immutable"));
        assert_eq!(header(&response, CONTENT_TYPE), Some("text/css; charset=utf-8"));
        assert_eq!(header(&response, CONTENT_ENCODING), Some("br"));
        assert_eq!(header(&response, ETAG), Some("W/\"0123456789abcdef\""));
        assert_eq!(header(&response, VARY), Some("accept-encoding"));
        assert_eq!(header(&response, X_CONTENT_TYPE_OPTIONS), Some("nosniff"));
    }

    #[test]
    fn a_current_copy_is_not_sent_again() {
        for tag in ["\"0123456789abcdef\"", "W/\"0123456789abcdef\"", "\"other\", \"0123456789abcdef\"", "*"]
        {
            let response = respond(SHEET, FOR_EVER, &asking(IF_NONE_MATCH, tag));
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "if-none-match: {tag}");
        }
        let response = respond(SHEET, FOR_EVER, &asking(IF_NONE_MATCH, "\"other\""));
        assert_eq!(response.status(), StatusCode::OK);
    }

    #[test]
    fn every_embedded_file_is_found_by_both_its_names() {
        for asset in ASSETS {
            assert_eq!(url(asset.logical), Some(asset.url));
            assert_eq!(lookup(asset.url), Some(*asset));
        }
        assert_eq!(url("no-such-file.css"), None);
        assert_eq!(lookup("../Cargo.toml"), None);
    }

    #[tokio::test]
    async fn the_router_serves_what_is_embedded_and_nothing_else() {
        use tower::ServiceExt as _;

        let ask = |path: &str| {
            let request = axum::http::Request::get(path).body(Body::empty()).expect("a request");
            router::<()>().oneshot(request)
        };
        for asset in ASSETS {
            let response = ask(asset.url).await.expect("infallible");
            assert_eq!(response.status(), StatusCode::OK, "{}", asset.url);
            assert_eq!(header(&response, CONTENT_TYPE), Some(asset.content_type));
        }
        let response = ask("/assets/no-such-file.css").await.expect("infallible");
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
    }
}
