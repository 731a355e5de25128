//! What a service asks a stronger or newer token to show: `claims`, out of a `WWW-Authenticate` header or out of an error's message.
//!
//! Two roads lead here. Continuous access evaluation answers 401 with a header, its claims in base64:
//! <https://learn.microsoft.com/entra/identity-platform/claims-challenge>,
//! <https://www.rfc-editor.org/rfc/rfc9110#name-www-authenticate>. PIM answers 400 with `&claims=` and URL-encoded JSON in the
//! message. Either may one day use the other's spelling, so [`decoded`] reads all of them; to teach it another, add a candidate
//! there and a line to its test.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;
use pim::challenge::Claims;
use url::form_urlencoded;

/// Base64 as it comes: padded or not, and with whatever is left over in its last bits. Both alphabets are made one beforehand.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The longest text that is looked at: claims of the greatest length, every byte of them escaped.
const LONGEST: usize = 4 * Claims::LONGEST;

/// The claims that an answer's headers ask for: the first that can be read, of any bearer challenge in any of the headers.
#[must_use]
pub fn in_headers(headers: &HeaderMap) -> Option<Claims> {
    headers
        .get_all(WWW_AUTHENTICATE)
        .iter()
        .flat_map(|value| parse(&String::from_utf8_lossy(value.as_bytes())))
        .filter(|challenge| challenge.scheme.eq_ignore_ascii_case("bearer"))
        .flat_map(|challenge| challenge.parameters)
        .filter(|(name, _)| name.eq_ignore_ascii_case("claims"))
        .find_map(|(_, value)| decoded(&value))
}

/// The claims after `claims=` in an error's message.
#[must_use]
pub fn in_message(message: &str) -> Option<Claims> {
    const MARKER: &str = "claims=";
    let rest = message.get(message.find(MARKER)? + MARKER.len()..)?;
    let word = rest.split(|c: char| c == '&' || c == '"' || c == '\'' || c.is_whitespace()).next()?;
    decoded(rest).or_else(|| decoded(word.trim_end_matches(['.', ',', ';'])))
}

/// Claims in any spelling: JSON as it is, URL-encoded, in base64 of either alphabet, or in base64 that is URL-encoded.
fn decoded(text: &str) -> Option<Claims> {
    let text = text.trim();
    if text.len() > LONGEST {
        return None;
    }
    let unescaped = unescaped(text);
    Claims::parse(text)
        .or_else(|| Claims::parse(&unescaped))
        // A form's spelling of a space.
        .or_else(|| Claims::parse(&self::unescaped(&text.replace('+', " "))))
        .or_else(|| Claims::parse(&from_base64(&unescaped)?))
}

/// `text` with its escapes resolved; `+` and `&` stay what they are.
fn unescaped(text: &str) -> String {
    let escaped = text.replace('&', "%26").replace('+', "%2B");
    let pair = format!("claims={escaped}");
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn from_base64(text: &str) -> Option<String> {
    let standard: String = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            other => other,
        })
        .collect();
    String::from_utf8(BASE64.decode(standard).ok()?).ok()
}

/// One challenge of a header.
#[derive(Debug, PartialEq, Eq)]
struct Challenge {
    scheme: String,
    parameters: Vec<(String, String)>,
}

/// All challenges in one header. Nothing is refused: what cannot be understood is passed over.
fn parse(header: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
        if rest.is_empty() {
            return challenges;
        }
        let (word, after) = token(rest);
        let value = after.trim_start().strip_prefix('=').filter(|_| !word.is_empty());
        if let Some(value) = value {
            let (value, after) = parameter(value.trim_start());
            if let Some(challenge) = challenges.last_mut() {
                challenge.parameters.push((word.to_owned(), value));
            }
            rest = after;
        } else if word.is_empty() {
            // A quoted string or a `=` where none may stand.
            rest = quoted(rest).map_or_else(|| &rest[1..], |(_, after)| after);
        } else {
            challenges.push(Challenge { scheme: word.to_owned(), parameters: Vec::new() });
            rest = after;
        }
    }
}

/// A word, and what follows it.
fn token(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| matches!(c, ',' | '=' | '"') || c.is_whitespace());
    text.split_at(end.unwrap_or(text.len()))
}

/// A parameter's value, and what follows it. Base64 without quotes may end in `=`.
fn parameter(text: &str) -> (String, &str) {
    quoted(text).unwrap_or_else(|| {
        let end = text.find(|c: char| c == ',' || c.is_whitespace()).unwrap_or(text.len());
        (text[..end].to_owned(), &text[end..])
    })
}

/// A quoted string with its escapes resolved, and what follows it. One that is never closed goes to the end.
fn quoted(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut value = String::new();
    let mut characters = inner.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return Some((value, &inner[at + 1..])),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    Some((value, ""))
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    /// Its base64 holds `+` and `/` in one alphabet, `-` and `_` in the other, and is padded.
    const JSON: &str = r#"{"access_token":{"acrs":{"essential":true, "value":"c1"},"x":"~~~???>>>"}}"#;

    fn headers(values: &[&str]) -> HeaderMap {
        let values = values.iter().map(|value| HeaderValue::from_str(value).unwrap());
        values.map(|value| (WWW_AUTHENTICATE, value)).collect()
    }

    fn escaped(text: &str) -> String {
        form_urlencoded::byte_serialize(text.as_bytes()).collect()
    }

    fn spellings() -> Vec<String> {
        vec![
            JSON.to_owned(),
            escaped(JSON),
            escaped(JSON).replace('+', "%20"),
            BASE64_STANDARD.encode(JSON),
            BASE64_STANDARD_NO_PAD.encode(JSON),
            BASE64_URL_SAFE.encode(JSON),
            BASE64_URL_SAFE_NO_PAD.encode(JSON),
            escaped(&BASE64_STANDARD.encode(JSON)),
        ]
    }

    #[test]
    fn reads_every_spelling_in_headers_and_in_messages() {
        let expected = Claims::parse(JSON);
        assert!(expected.is_some() && BASE64_STANDARD.encode(JSON).contains(['+', '/']));
        for spelling in spellings() {
            let inside = spelling.replace('"', "\\\"");
            let header = format!(r#"Bearer realm="", error="insufficient_claims", claims="{inside}""#);
            assert_eq!(in_headers(&headers(&[&header])), expected, "{header}");
            for message in [format!("&claims={spelling}"), format!("Sign in again: claims={spelling} ")] {
                assert_eq!(in_message(&message), expected, "{message}");
            }
        }
        let followed = format!("&claims={}&error=x. More.", escaped(JSON));
        assert_eq!(in_message(&followed), expected, "{followed}");
    }

    #[test]
    fn finds_the_bearer_challenge_among_others() {
        let good = BASE64_STANDARD.encode(JSON);
        let other = BASE64_STANDARD.encode(r#"{"other":1}"#);
        for values in [
            vec![format!(r#"Basic realm="a, Bearer claims=\"x\"", Bearer claims="{good}""#)],
            vec![format!(r#"PoP claims="{other}", nonce=abc, bEaReR realm = "" , Claims = "{good}""#)],
            vec!["Negotiate YWJj==".to_owned(), format!("Bearer claims={good}, error=insufficient_claims")],
            vec![format!(r#"Bearer error="invalid_token", Bearer claims="junk", claims="{good}""#)],
            vec![format!(r#"=, "stray", Bearer claims="{good}"#)],
        ] {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            assert_eq!(in_headers(&headers(&values)), Claims::parse(JSON), "{values:?}");
        }
        for value in [
            "",
            "Bearer",
            r#"Bearer claims="""#,
            r#"Bearer claims="bm90IGpzb24=""#,
            "claims=e30=",
            "Bearer \"",
        ] {
            assert_eq!(in_headers(&headers(&[value])), None, "{value}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_header_says_it_is_read_to_its_end(bytes in prop::collection::vec(32u8..=255, 0..200)) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let _ = in_headers(&HeaderMap::from_iter([(WWW_AUTHENTICATE, value)]));
            }
            let text = String::from_utf8_lossy(&bytes);
            prop_assert!(parse(&text).iter().all(|challenge| !challenge.scheme.is_empty()));
            let _ = in_message(&format!("claims={text}"));
        }

        #[test]
        fn what_looks_like_a_header_is_taken_apart_without_loss(
            scheme in "[A-Za-z]{1,8}",
            parameters in prop::collection::vec(("[a-z_]{1,8}", r"[ -~äß]{0,12}"), 0..6),
        ) {
            let written: Vec<String> = parameters
                .iter()
                .map(|(name, value)| {
                    format!(r#"{name}="{}""#, value.replace('\\', r"\\").replace('"', r#"\""#))
                })
                .collect();
            let header = format!("{scheme} {}", written.join(" , "));
            prop_assert_eq!(parse(&header), vec![Challenge { scheme, parameters }]);
        }

        #[test]
        fn claims_are_objects_within_their_length(text in r#"(claims=|&claims=)?([{}\[\]":,%+/=a-zA-Z0-9_-]|%7B|%7D|%22){0,200}"#) {
            if let Some(claims) = in_message(&text) {
                prop_assert!(claims.as_str().len() <= Claims::LONGEST);
                prop_assert!(serde_json::from_str::<serde_json::Value>(claims.as_str()).unwrap().is_object());
            }
        }
    }
}
