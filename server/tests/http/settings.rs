//! Settings: kept for one person, known before a page's first byte, and never in the way of a page.

use jiff::SignedDuration;
use pim::records::RecordKind;

use crate::support::{ADELE, ADELE_ID, ALEX, Page, World};

const CHOSEN: [(&str, &str); 7] = [
    ("theme", "dark"),
    ("density", "compact"),
    ("time_format", "12"),
    ("duration", "own"),
    ("length", "45"),
    ("unit", "minutes"),
    ("notify", "on"),
];

/// The document's first tag, up to where its head begins.
fn root(page: &Page) -> &str {
    page.element("<html", ">").unwrap_or_else(|| panic!("{} is a document", page.path))
}

fn assert_dark_and_compact(page: &Page) {
    let root = root(page);
    for word in ["data-theme=\"dark\"", "data-density=\"compact\"", "data-time-format=\"12\""] {
        assert!(root.contains(word), "{}: {root}", page.path);
    }
    assert!(page.body.contains("<meta name=\"color-scheme\" content=\"dark\""), "{}", page.path);
}

/// Whether the page tells the islands that the person wants to be told before a role ends.
fn asks_to_be_told(page: &Page) -> bool {
    let tags = page.body.split('<').filter_map(|piece| piece.split_once('>'));
    let mut frames = tags.filter(|(tag, _)| tag.contains("class=\"frame\""));
    frames.next().expect("a frame").0.contains("data-notify")
}

#[tokio::test]
async fn what_was_chosen_is_on_every_page_from_its_first_byte_and_survives_signing_out() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let before = browser.get("/").await;
    assert!(root(&before).contains("data-theme=\"system\""), "{}", root(&before));
    assert!(!asks_to_be_told(&before), "nobody asked to be told");
    assert_eq!(before.body.matches("name=\"theme-color\"").count(), 2, "light and dark");

    let saved = browser.submit("/do/save-settings", &CHOSEN).await;
    assert!(saved.text().contains("Saved."), "{}", saved.text());
    assert_dark_and_compact(&saved);
    assert_eq!(saved.field("length"), "45");
    assert!(asks_to_be_told(&saved), "the islands are told as well");
    assert!(
        saved.body.contains("<meta name=\"theme-color\" content=\"#0f1216\""),
        "one colour around a chosen theme"
    );
    browser.post("/do/notify", &[("notify", "off")]).await;
    let told = browser.get("/settings").await;
    assert!(!asks_to_be_told(&told), "the offer on the overview is the setting");
    assert_dark_and_compact(&told);

    let left = browser.post("/auth/sign-out", &[]).await;
    let signed_out = browser.get(left.location()).await;
    assert!(root(&signed_out).contains("data-theme=\"system\""), "nobody's choice is on the door");
    browser.sign_in(ADELE, "/").await;
    for path in ["/", "/history", "/profiles", "/nowhere"] {
        assert_dark_and_compact(&browser.get(path).await);
    }
    let elsewhere = world.signed_in(ADELE).await;
    assert_dark_and_compact(&elsewhere.get("/settings").await);

    let alex = world.signed_in(ALEX).await;
    assert!(root(&alex.get("/settings").await).contains("data-theme=\"system\""), "it is nobody else's");
}

#[tokio::test]
async fn a_selection_begins_with_the_usual_duration_and_each_role_is_shortened_to_its_own() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let roles = ["Global Reader, Directory"];
    let plan = browser.select(&roles).await;
    assert!(plan.text().contains("8 h of 8 h"), "the longest: {}", plan.text());
    browser.submit("/do/save-settings", &CHOSEN).await;
    let plan = browser.select(&roles).await;
    assert!(plan.text().contains("45 min of 8 h"), "{}", plan.text());

    let day = [("duration", "own"), ("length", "24"), ("unit", "hours")];
    browser.submit("/do/save-settings", &day).await;
    let plan = browser.select(&roles).await;
    assert!(
        plan.text().contains("8 h of 8 h") && plan.text().contains("shortened from 24 h"),
        "{}",
        plan.text()
    );
}

#[tokio::test]
async fn times_are_written_as_chosen() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    browser.activate(&["Global Reader, Directory"], "A look").await;
    let times = async || {
        let page = browser.overview().await;
        page.part("held-entra")
    };
    assert!(!times().await.contains("M UTC"), "24 hours: {}", times().await);
    browser.submit("/do/save-settings", &CHOSEN).await;
    let written = times().await;
    assert!(written.contains("AM UTC") || written.contains("PM UTC"), "12 hours: {written}");
}

#[tokio::test]
async fn a_length_that_no_role_can_have_saves_nothing_and_comes_back_as_it_was_typed() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    for (length, unit) in
        [("25", "hours"), ("4", "minutes"), ("ten", "minutes"), ("", "hours"), ("99999999999", "hours")]
    {
        let fields = [("theme", "light"), ("duration", "own"), ("length", length), ("unit", unit)];
        let page = browser.submit("/do/save-settings", &fields).await;
        assert!(page.text().contains("Nothing was saved. Write a length"), "{length}: {}", page.text());
        assert_eq!(page.field("length"), length.chars().take(8).collect::<String>());
        assert!(page.body.contains("id=\"length-problem\""), "the field says it");
        assert!(root(&browser.get("/").await).contains("data-theme=\"system\""), "{length}");
    }
}

#[tokio::test]
async fn a_record_that_cannot_be_read_breaks_no_page() {
    let world = World::start().await;
    let key = format!("{}/{ADELE_ID}", sim_tenant::tenant::DEMO_TENANT_ID);
    let (records, expires) = (world.portal.state.records(), "2100-01-01T00:00:00Z".parse().expect("a time"));
    let put = async |content: &[u8]| {
        records.put(RecordKind::Settings, &key, content, expires).await.expect("a store");
    };
    put(b"\"not JSON").await;
    let browser = world.signed_in(ADELE).await;
    let page = browser.get("/").await;
    assert_eq!(page.status, 200);
    assert!(root(&page).contains("data-theme=\"system\""), "{}", root(&page));
    // From a version that knows more: what is not known is as if it had not been chosen.
    put(br#"{"theme":"sepia","density":"compact","moon":{"phase":1}}"#).await;
    let page = browser.get("/").await;
    assert!(
        root(&page).contains("data-theme=\"system\"") && root(&page).contains("data-density=\"compact\"")
    );
}

#[tokio::test]
async fn no_word_of_an_address_reaches_the_page_as_it_is() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let query = "problem=length&theme=%22%3E%3Cb%3E&length=%3Cb%3Ehello%3C%2Fb%3E&duration=own";
    let page = browser.get(&format!("/settings?{query}")).await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("<b>"), "{}", page.body);
    assert_eq!(page.field("length"), "<b>hello");
}

#[tokio::test]
async fn what_is_kept_about_a_person_is_deleted_on_their_word_and_nobody_else_s() {
    let world = World::start().await;
    let (browser, alex) = (world.signed_in(ADELE).await, world.signed_in(ALEX).await);
    for one in [&browser, &alex] {
        one.submit("/do/save-settings", &CHOSEN).await;
    }
    browser.activate(&["Global Reader, Directory"], "Soon forgotten").await;
    let waiting = browser.activate(&["Release Managers, Member"], "Under way").await;

    let unsure = browser.submit("/do/forget-me", &[]).await;
    assert!(unsure.text().contains("Nothing was deleted."), "{}", unsure.text());
    assert_dark_and_compact(&unsure);
    let done = browser.submit("/do/forget-me", &[("sure", "on")]).await;
    assert!(done.text().contains("Deleted."), "{}", done.text());
    assert!(root(&done).contains("data-theme=\"system\""), "{}", root(&done));
    assert!(browser.get(&waiting.path).await.text().contains("Release Managers"), "it is seen through");
    let history: serde_json::Value =
        serde_json::from_str(&browser.get("/history.json").await.body).expect("JSON");
    let told = history["entries"].to_string();
    assert!(told.contains("Global Reader"), "Microsoft still has it: {told}");
    assert_dark_and_compact(&alex.get("/settings").await);
}

#[tokio::test]
async fn what_the_portal_did_is_deleted_when_it_is_old_enough() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let result = browser.activate(&["Global Reader, Directory"], "A year ago").await;
    let kept = world.portal.state.config.history_kept;
    assert_eq!(kept.as_hours(), 365 * 24);
    assert_eq!(world.portal.state.portal.forget_old(kept).await, Ok(0));
    assert!(browser.get(&result.path).await.text().contains("Global Reader"));
    world.wait(kept + SignedDuration::from_mins(1));
    assert_eq!(world.portal.state.portal.forget_old(kept).await, Ok(1));
}
