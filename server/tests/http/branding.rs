//! The organisation's own name, logo, colours, links and announcement: on every page, as text, and harmless.

use std::collections::HashMap;
use std::path::Path;

use server::config::Config;
use sim_tenant::tenant::demo;

use crate::support::{ADELE, Portal, Sim};

/// What the server makes of these settings.
fn read(file: Option<&Path>, settings: &[(&str, &str)]) -> Result<Config, String> {
    let needed = [
        ("PUBLIC_URL", "https://pim.example.com"),
        ("TENANT_ID", "3b3a1a4a-9c5d-4d3f-8a55-2f6a3b0f9c11"),
        ("CLIENT_ID", "0d8c9e8e-56a0-4f2b-9a35-0c1e5a1c8f22"),
    ];
    let all = needed.iter().chain(settings);
    let environment: HashMap<_, _> =
        all.map(|(key, value)| (format!("PIM_PORTAL_{key}"), (*value).to_owned())).collect();
    Config::read(file, environment).map_err(|error| error.to_string())
}

const SVG: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><script>alert(1)</script><path d="M0 0h8v8z"/></svg>"#;

async fn branded(sim: &Sim, settings: &[(&str, &str)]) -> Portal {
    let branding = read(None, settings).expect("settings").branding;
    Portal::start_with(sim, |config| config.branding = branding).await
}

#[tokio::test]
async fn every_page_is_the_organisation_s_and_markup_in_it_is_text() {
    let sim = Sim::start(demo()).await;
    let settings = [
        ("PORTAL_NAME", "Contoso <b>& sons</b>"),
        ("LINKS", "Help <i>desk</i>=https://help.example.com/a?b=\"c\",Rules=https://rules.example.com"),
        ("ANNOUNCEMENT", "Maintenance </aside><script>alert(1)</script> tonight"),
        ("ANNOUNCEMENT_SEVERITY", "warning"),
    ];
    let portal = branded(&sim, &settings).await;
    let (stranger, adele) = (portal.browser(), portal.signed_in(ADELE).await);
    for page in [
        stranger.get("/sign-in").await,
        stranger.get("/sign-in/failed?problem=clock").await,
        adele.get("/").await,
        adele.get("/settings").await,
        adele.get("/nowhere").await,
    ] {
        let text = page.text();
        assert!(
            page.body.contains("Contoso &lt;b&gt;&amp; sons&lt;/b&gt;</title>"),
            "{}: {}",
            page.path,
            page.body
        );
        assert!(
            text.contains("Warning: Maintenance </aside><script>alert(1)</script> tonight"),
            "{}: {text}",
            page.path
        );
        for markup in ["<b>", "<i>", "<script>alert", "PIM portal"] {
            assert!(!page.body.contains(markup), "{markup} on {}", page.path);
        }
        if !page.path.starts_with("/sign-in/failed") {
            assert!(text.contains("Contoso <b>& sons</b>"), "{}: {text}", page.path);
            assert_eq!(page.link("Rules").as_deref(), Some("https://rules.example.com/"), "{}", page.path);
            assert_eq!(
                page.link("Help <i>desk</i>").as_deref(),
                Some("https://help.example.com/a?b=%22c%22")
            );
        }
    }
}

#[tokio::test]
async fn a_logo_and_colours_are_there_before_anybody_signs_in_and_can_do_nothing() {
    let sim = Sim::start(demo()).await;
    let directory = tempfile::tempdir().expect("a directory");
    let logo = directory.path().join("logo.svg");
    std::fs::write(&logo, SVG).expect("a file");
    let path = logo.to_str().expect("a path");
    let portal =
        branded(&sim, &[("LOGO_FILE", path), ("ACCENT_LIGHT", "#8a1538"), ("ACCENT_DARK", "#ffb1c4")]).await;
    let stranger = portal.browser();
    let door = stranger.get("/sign-in").await;
    let address = |beginning: &str| {
        let found = door.body.split('"').find(|text| text.starts_with(beginning));
        found.unwrap_or_else(|| panic!("{beginning}: {}", door.body)).to_owned()
    };
    let logo = stranger.get(&address("/brand/logo-")).await;
    assert_eq!((logo.status, logo.header("content-type"), &*logo.body), (200, "image/svg+xml", SVG));
    let policy = logo.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"), "{policy}");
    assert!(!policy.contains("script"), "{policy}");
    let colours = stranger.get(&address("/brand/colours-")).await;
    assert_eq!((colours.status, colours.header("content-type")), (200, "text/css; charset=utf-8"));
    assert!(colours.body.contains("--accent: light-dark(#8a1538, #ffb1c4)"), "{}", colours.body);
    for file in [&logo, &colours] {
        assert_eq!(file.header("x-content-type-options"), "nosniff");
        assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
    }
    assert_ne!(stranger.get("/brand/logo-0000000000000000.svg").await.status, 200, "and nothing else is");
    let page = portal.signed_in(ADELE).await.get("/").await;
    assert!(page.body.contains(&address("/brand/logo-")), "the same everywhere");
}

#[test]
fn a_file_says_the_same_and_every_wrong_value_is_refused_by_its_key() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("settings.toml");
    let written = "portal_name = \"Contoso PIM\"\naccent_light = \"#8a1538\"\nannouncement = \"Hello\"\n\
                   links = [{ title = \"Help\", url = \"https://help.example.com\" }]\n";
    std::fs::write(&file, written).expect("a file");
    let brand =
        read(Some(&file), &[("ANNOUNCEMENT", "From the environment")]).expect("settings").branding.brand;
    assert_eq!((brand.name.as_str(), brand.links[0].title.as_str()), ("Contoso PIM", "Help"));
    assert_eq!(brand.announcement.expect("one").text, "From the environment");

    let wrong = [
        ("PORTAL_NAME", ""),
        ("LOGO_FILE", "/nowhere/logo.png"),
        ("ACCENT_LIGHT", "#ffff00"),
        ("ACCENT_DARK", "blue"),
        ("LINKS", "Help=http://help.example.com"),
        ("ANNOUNCEMENT", "  "),
        ("ANNOUNCEMENT_SEVERITY", "loud"),
    ];
    let problems = read(None, &wrong).expect_err("all of it is wrong");
    for (key, _) in wrong {
        assert!(problems.contains(&format!("PIM_PORTAL_{key}")), "{key}: {problems}");
    }
    let unknown = "links = [{ title = \"Help\", url = \"https://help.example.com\", colour = \"red\" }]\n";
    std::fs::write(&file, unknown).expect("a file");
    assert!(read(Some(&file), &[]).expect_err("unknown").contains("links"));
}
