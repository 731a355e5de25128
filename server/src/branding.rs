//! What makes the portal the organisation's own: its name, logo, accent colours, links and an announcement.
//!
//! All of it comes from the settings and is checked at start; a wrong value is refused there, by its key. Pages get [`app::Brand`].
//! The logo and the colours are files of their own under addresses that carry a hash of their content, open to whoever is not
//! signed in: the door has them too. No style attribute, no inline style: the colours are a style sheet of our own origin.
//!
//! To add something, give `Written` a key, check it here, and draw it in `app::components::organisation`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use app::{Announcement, Brand, Link, Severity};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use axum::routing::get;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::config::{PREFIX, line};

/// The largest logo, in bytes: every page loads it once.
const LARGEST_LOGO: u64 = 256 * 1024;
const LONGEST_NAME: usize = 40;
const LONGEST_TITLE: usize = 60;
const LONGEST_ANNOUNCEMENT: usize = 300;
const MOST_LINKS: usize = 8;

/// What an accent colour has to stand out from: the panel and the page's ground, as `style/1-tokens.css` has them.
const LIGHT_GROUNDS: [&str; 2] = ["#ffffff", "#f6f7f9"];
const DARK_GROUNDS: [&str; 2] = ["#161a20", "#0f1216"];
/// The portal's own accents, for whichever is not set.
const LIGHT_ACCENT: &str = "#2f5bea";
const DARK_ACCENT: &str = "#7c9bff";
/// The least contrast of text (WCAG 2.2, 1.4.3).
const LEAST_CONTRAST: f64 = 4.5;
/// How much of the accent the soft ground behind it has at most, in hundredths.
const SOFTEST: u8 = 14;

/// The organisation's own, checked.
#[derive(Clone, Debug, Default)]
pub struct Branding {
    /// What pages show.
    pub brand: Brand,
    /// What they load.
    files: Vec<BrandFile>,
}

/// A file that pages load.
#[derive(Clone, Debug)]
struct BrandFile {
    url: String,
    media_type: &'static str,
    content: Bytes,
}

/// The settings as written.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) portal_name: Option<String>,
    pub(crate) logo_file: Option<PathBuf>,
    pub(crate) accent_light: Option<String>,
    pub(crate) accent_dark: Option<String>,
    pub(crate) links: Option<Links>,
    pub(crate) announcement: Option<String>,
    pub(crate) announcement_severity: Option<String>,
}

/// A list of tables in the file, `Title=https://…` with commas in the environment.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Links {
    List(Vec<WrittenLink>),
    Words(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenLink {
    title: String,
    url: String,
}

impl Written {
    /// Checks all of it; what is wrong is added to `problems`.
    pub(crate) fn check(self, problems: &mut Vec<String>) -> Branding {
        let mut branding = Branding::default();
        if let Some(name) = self.portal_name {
            match line(&name, LONGEST_NAME) {
                Some(name) => branding.brand.name = name,
                None => problems.push(format!(
                    "{PREFIX}PORTAL_NAME has to be one line of 1 to {LONGEST_NAME} characters"
                )),
            }
        }
        if let Some(path) = self.logo_file {
            match logo(&path) {
                Ok(file) => branding.brand.logo = Some(branding.offer(file)),
                Err(problem) => problems.push(format!("{PREFIX}LOGO_FILE: {}: {problem}", path.display())),
            }
        }
        if self.accent_light.is_some() || self.accent_dark.is_some() {
            let light =
                accent("ACCENT_LIGHT", self.accent_light.as_deref(), LIGHT_ACCENT, LIGHT_GROUNDS, problems);
            let dark =
                accent("ACCENT_DARK", self.accent_dark.as_deref(), DARK_ACCENT, DARK_GROUNDS, problems);
            if let (Some(light), Some(dark)) = (light, dark) {
                branding.brand.stylesheet = Some(branding.offer(sheet(light, dark)));
            }
        }
        branding.brand.links = links(self.links, problems);
        branding.brand.announcement =
            announcement(self.announcement, self.announcement_severity.as_deref(), problems);
        branding
    }
}

impl Branding {
    /// Adds a file. Returns its address.
    fn offer(&mut self, (stem, extension, media_type, content): (&str, &str, &'static str, Bytes)) -> String {
        let mut hash = String::new();
        for byte in Sha256::digest(&content).iter().take(8) {
            let _ = write!(hash, "{byte:02x}");
        }
        let url = format!("/brand/{stem}-{hash}.{extension}");
        self.files.push(BrandFile { url: url.clone(), media_type, content });
        url
    }

    /// Routes each file. Opened by itself, an SVG is a document: its policy lets it run and load nothing.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        self.files.iter().cloned().fold(Router::new(), |router, BrandFile { url, media_type, content }| {
            let headers = [
                (header::CONTENT_TYPE, media_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (
                    header::CONTENT_SECURITY_POLICY,
                    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox",
                ),
                (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
            ];
            router.route(&url, get(move || async move { (headers, content).into_response() }))
        })
    }
}

fn logo(path: &Path) -> Result<(&'static str, &'static str, &'static str, Bytes), String> {
    let size = std::fs::metadata(path).map_err(|error| format!("cannot be read: {error}"))?.len();
    if size > LARGEST_LOGO {
        return Err(format!("is larger than {} KiB", LARGEST_LOGO / 1024));
    }
    let content = std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
    if content.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Ok(("logo", "png", "image/png", content.into()));
    }
    let is_svg = std::str::from_utf8(&content).is_ok_and(|text| {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        text.starts_with("<svg")
            || (text.starts_with(['<']) && text.contains("<svg") && !text.contains("<html"))
    });
    if is_svg {
        Ok(("logo", "svg", "image/svg+xml", content.into()))
    } else {
        Err("is neither an SVG nor a PNG".into())
    }
}

/// A colour: red, green, blue.
type Colour = [u8; 3];

fn colour(text: &str) -> Option<Colour> {
    let digits = text
        .strip_prefix('#')
        .filter(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let number = u32::from_str_radix(digits, 16).ok()?;
    let [_, red, green, blue] = number.to_be_bytes();
    Some([red, green, blue])
}

fn hex([red, green, blue]: Colour) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Relative luminance, as WCAG 2.2 defines it.
fn luminance(colour: Colour) -> f64 {
    let [red, green, blue] = colour.map(|channel| {
        let channel = f64::from(channel) / 255.0;
        if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// From 1 to 21.
fn contrast(one: Colour, other: Colour) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// An accent and the first of its grounds, the panel.
fn accent(
    key: &str,
    written: Option<&str>,
    default: &str,
    grounds: [&str; 2],
    problems: &mut Vec<String>,
) -> Option<(Colour, Colour)> {
    let Some(accent) = colour(written.unwrap_or(default).trim()) else {
        problems.push(format!("{PREFIX}{key} is not a colour: write, for one, {default}"));
        return None;
    };
    for ground in grounds {
        let against = contrast(accent, colour(ground)?);
        if against < LEAST_CONTRAST {
            problems.push(format!(
                "{PREFIX}{key} has a contrast of {against:.2} : 1 against {ground}, where text needs {LEAST_CONTRAST} : 1: choose a {} one",
                if key == "ACCENT_LIGHT" { "darker" } else { "lighter" }
            ));
            return None;
        }
    }
    Some((accent, colour(grounds[0])?))
}

/// The strongest soft ground on which the accent can still be read.
fn soft((accent, panel): (Colour, Colour)) -> Colour {
    let mixed = |hundredths: u8| {
        let mut mixed = panel;
        for (channel, (a, p)) in mixed.iter_mut().zip(accent.into_iter().zip(panel)) {
            let sum = u32::from(a) * u32::from(hundredths) + u32::from(p) * u32::from(100 - hundredths);
            *channel = u8::try_from(sum / 100).unwrap_or(u8::MAX);
        }
        mixed
    };
    (0..=SOFTEST).rev().map(mixed).find(|ground| contrast(accent, *ground) >= LEAST_CONTRAST).unwrap_or(panel)
}

fn sheet(
    light: (Colour, Colour),
    dark: (Colour, Colour),
) -> (&'static str, &'static str, &'static str, Bytes) {
    let pair = |light, dark| format!("light-dark({}, {})", hex(light), hex(dark));
    let css = format!(
        ":root {{ --accent: {}; --accent-soft: {}; }}\n",
        pair(light.0, dark.0),
        pair(soft(light), soft(dark))
    );
    ("colours", "css", "text/css; charset=utf-8", css.into())
}

fn links(written: Option<Links>, problems: &mut Vec<String>) -> Vec<Link> {
    let written: Vec<WrittenLink> = match written {
        None => Vec::new(),
        Some(Links::List(links)) => links,
        Some(Links::Words(words)) => {
            let pairs = words.split(',').filter(|pair| !pair.trim().is_empty());
            let link = |pair: &str| {
                let (title, url) = pair.split_once('=').unwrap_or((pair, ""));
                WrittenLink { title: title.trim().to_owned(), url: url.trim().to_owned() }
            };
            pairs.map(link).collect()
        }
    };
    if written.len() > MOST_LINKS {
        problems.push(format!("{PREFIX}LINKS has more than {MOST_LINKS} links"));
    }
    let mut links = Vec::new();
    for (place, WrittenLink { title, url }) in written.iter().enumerate() {
        let place = place + 1;
        let url = Url::parse(url).ok().filter(|url| url.scheme() == "https" && url.host_str().is_some());
        match (line(title, LONGEST_TITLE), url) {
            (Some(title), Some(url)) => links.push(Link { title, url: url.into() }),
            (None, _) => problems.push(format!(
                "{PREFIX}LINKS: the title of link {place} has to be one line of 1 to {LONGEST_TITLE} characters"
            )),
            (_, None) => problems.push(format!(
                "{PREFIX}LINKS: the address of link {place} has to be https, such as https://help.example.com"
            )),
        }
    }
    links
}

fn announcement(
    text: Option<String>,
    severity: Option<&str>,
    problems: &mut Vec<String>,
) -> Option<Announcement> {
    let known = match severity.unwrap_or("info") {
        "info" => Some(Severity::Info),
        "warning" => Some(Severity::Warning),
        "critical" => Some(Severity::Critical),
        _ => {
            problems
                .push(format!("{PREFIX}ANNOUNCEMENT_SEVERITY is not known: write info, warning or critical"));
            None
        }
    };
    let Some(text) = text else {
        if severity.is_some() {
            problems.push(format!(
                "{PREFIX}ANNOUNCEMENT_SEVERITY goes with {PREFIX}ANNOUNCEMENT: set that, or remove it"
            ));
        }
        return None;
    };
    let Some(text) = line(&text, LONGEST_ANNOUNCEMENT) else {
        problems.push(format!(
            "{PREFIX}ANNOUNCEMENT has to be one line of 1 to {LONGEST_ANNOUNCEMENT} characters"
        ));
        return None;
    };
    Some(Announcement { text, severity: known? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(written: Written) -> Result<Branding, String> {
        let mut problems = Vec::new();
        let branding = written.check(&mut problems);
        if problems.is_empty() { Ok(branding) } else { Err(problems.join("\n")) }
    }

    #[test]
    fn the_grounds_and_accents_are_those_of_the_style_sheet() {
        let tokens = include_str!("../../style/1-tokens.css");
        for (name, light, dark) in [
            ("panel", LIGHT_GROUNDS[0], DARK_GROUNDS[0]),
            ("ground", LIGHT_GROUNDS[1], DARK_GROUNDS[1]),
            ("accent", LIGHT_ACCENT, DARK_ACCENT),
        ] {
            assert!(tokens.contains(&format!("  --{name}: light-dark({light}, {dark});")), "{name}");
        }
    }

    #[test]
    fn contrast_is_as_the_guideline_reckons_it() {
        let between = |one, other| contrast(colour(one).unwrap(), colour(other).unwrap());
        assert!((between("#000000", "#ffffff") - 21.0).abs() < 0.001);
        // The known border case of grey text on white.
        assert!((between("#767676", "#ffffff") - 4.54).abs() < 0.01);
        assert!(between("#777777", "#ffffff") < LEAST_CONTRAST);
    }

    #[test]
    fn an_accent_has_to_be_readable_and_its_soft_ground_stays_so() {
        let accents = |light: &str, dark: &str| {
            checked(Written {
                accent_light: Some(light.into()),
                accent_dark: Some(dark.into()),
                ..Written::default()
            })
        };
        let branding = accents("#8a1538", "#ffb1c4").unwrap();
        let css = std::str::from_utf8(&branding.files[0].content).unwrap();
        assert!(
            css.starts_with(":root { --accent: light-dark(#8a1538, #ffb1c4); --accent-soft: light-dark(#"),
            "{css}"
        );
        for (accent, ground) in [("#8a1538", "#ffffff"), ("#6b6b6b", "#ffffff"), ("#808890", "#161a20")] {
            let (accent, ground) = (colour(accent).unwrap(), colour(ground).unwrap());
            assert!(contrast(accent, soft((accent, ground))) >= LEAST_CONTRAST);
        }
        assert!(
            accents("#ffcc00", "#ffb1c4")
                .unwrap_err()
                .contains("PIM_PORTAL_ACCENT_LIGHT has a contrast of 1.")
        );
        assert!(
            accents("#8a1538", "#223344").unwrap_err().contains("PIM_PORTAL_ACCENT_DARK has a contrast of")
        );
        for wrong in ["red", "#12345", "#1234567", "#gggggg", "123456", "#12345é", "#+12345", "#fff;}"] {
            assert!(
                accents(wrong, "#ffb1c4").unwrap_err().contains("ACCENT_LIGHT is not a colour"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_logo_is_an_image_of_a_bounded_size() {
        let directory = tempfile::tempdir().unwrap();
        let with = |name: &str, content: &[u8]| {
            let path = directory.path().join(name);
            std::fs::write(&path, content).unwrap();
            checked(Written { logo_file: Some(path), ..Written::default() })
        };
        let svg = b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>";
        let url = with("logo.svg", svg).unwrap().brand.logo.unwrap();
        assert!(url.starts_with("/brand/logo-") && url.split('.').next_back() == Some("svg"), "{url}");
        let url = with("logo", b"\x89PNG\r\n\x1a\nrest").unwrap().brand.logo.unwrap();
        assert_eq!(url.split('.').next_back(), Some("png"));
        for (name, content) in
            [("a", &b"GIF89a"[..]), ("b", b"<html><svg></svg></html>"), ("c", b""), ("d", b"\xff\xfe<svg")]
        {
            let refused = with(name, content).unwrap_err();
            assert!(
                refused.contains("PIM_PORTAL_LOGO_FILE") && refused.contains("neither an SVG nor a PNG"),
                "{refused}"
            );
        }
        let large = [&svg[..], &vec![b' '; 256 * 1024]].concat();
        assert!(with("large.svg", &large).unwrap_err().contains("larger than 256 KiB"));
        let nowhere = Written { logo_file: Some("/nowhere/logo.svg".into()), ..Written::default() };
        assert!(
            checked(nowhere).unwrap_err().contains("PIM_PORTAL_LOGO_FILE: /nowhere/logo.svg: cannot be read")
        );
    }

    #[test]
    fn links_are_https_and_an_announcement_is_one_line() {
        let words =
            |words: &str| checked(Written { links: Some(Links::Words(words.into())), ..Written::default() });
        let links = words("Help desk=https://help.example.com/?q=pim, Rules=https://rules.example.com")
            .unwrap()
            .brand
            .links;
        assert_eq!(
            links[0],
            Link { title: "Help desk".into(), url: "https://help.example.com/?q=pim".into() }
        );
        assert_eq!(links.len(), 2);
        for wrong in
            ["Help=http://help.example.com", "Help=javascript:alert(1)", "Help", "=https://help.example.com"]
        {
            assert!(words(wrong).unwrap_err().contains("PIM_PORTAL_LINKS"), "{wrong}");
        }
        let say = |text: &str, severity: Option<&str>| {
            checked(Written {
                announcement: Some(text.into()),
                announcement_severity: severity.map(str::to_owned),
                ..Written::default()
            })
        };
        assert_eq!(say(" Maintenance ", None).unwrap().brand.announcement.unwrap().text, "Maintenance");
        assert!(say("two\nlines", None).unwrap_err().contains("PIM_PORTAL_ANNOUNCEMENT"));
        assert!(say("Maintenance", Some("loud")).unwrap_err().contains("PIM_PORTAL_ANNOUNCEMENT_SEVERITY"));
        let alone = Written { announcement_severity: Some("info".into()), ..Written::default() };
        assert!(checked(alone).unwrap_err().contains("ANNOUNCEMENT_SEVERITY goes with"));
        let nameless = Written { portal_name: Some("  ".into()), ..Written::default() };
        assert!(checked(nameless).unwrap_err().contains("PIM_PORTAL_PORTAL_NAME"));
    }
}
