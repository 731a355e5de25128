//! Names and values to stumble over: the person with the `hostile` tenant's roles goes through the portal, and no page is the
//! worse for it. And the one with the `large` tenant's 400.

use std::time::{Duration, Instant};

use sim_tenant::tenant::{Tenant, demo, fabrikam, hostile, hostile_names, large};

use crate::support::{ADELE, Browser, Page, Portal, Sim, World};

/// An element's start tag.
struct Tag {
    element: String,
    attributes: Vec<(String, String)>,
}

/// The start tags of a page, read as a browser reads them: what stands in quotes, in a comment or in a script is none.
fn tags(body: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = body;
    while let Some((_, after)) = rest.split_once('<') {
        if let Some(comment) = after.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, rest)| rest);
        } else if after.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let (tag, behind) = tag(after);
            rest = match tag.element.as_str() {
                raw @ ("script" | "style") => {
                    behind.split_once(&format!("</{raw}")).map_or("", |(_, rest)| rest)
                }
                _ => behind,
            };
            tags.push(tag);
        } else {
            rest = after;
        }
    }
    tags
}

/// The tag at the start of `text`, and what follows it.
fn tag(text: &str) -> (Tag, &str) {
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).unwrap_or(text.len());
    let mut tag = Tag { element: text[..end].to_ascii_lowercase(), attributes: Vec::new() };
    let mut rest = text[end..].trim_start_matches(|c: char| c.is_whitespace() || c == '/');
    while let Some(first) = rest.chars().next().filter(|c| *c != '>') {
        let end = rest[first.len_utf8()..].find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/'));
        let (name, behind) = rest.split_at(end.map_or(rest.len(), |end| end + first.len_utf8()));
        let (value, behind) = match behind.strip_prefix('=') {
            Some(value) if value.starts_with(['"', '\'']) => {
                value[1..].split_once(&value[..1]).unwrap_or((&value[1..], ""))
            }
            Some(value) => {
                value.split_at(value.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(value.len()))
            }
            None => ("", behind),
        };
        tag.attributes.push((name.to_ascii_lowercase(), value.to_owned()));
        rest = behind.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
    }
    (tag, rest.strip_prefix('>').unwrap_or(rest))
}

/// What no name may do to a page.
fn assert_unharmed(page: &Page) {
    assert_eq!(page.status, 200, "{}: {}", page.path, page.text());
    let odd = |c: &char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
    };
    assert_eq!(page.body.chars().find(odd), None, "{}", page.path);
    let tags = tags(&page.body);
    let count = |element: &str| tags.iter().filter(|tag| tag.element == element).count();
    assert_eq!((count("title"), count("h1"), count("main")), (1, 1, 1), "{}", page.path);
    for element in ["img", "i", "iframe", "object", "embed", "base"] {
        assert_eq!(count(element), 0, "{element} on {}", page.path);
    }
    for tag in &tags {
        let value =
            |wanted: &str| tag.attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
        for (name, _) in &tag.attributes {
            assert!(!name.starts_with("on"), "{name} of {} on {}", tag.element, page.path);
        }
        for link in ["href", "src", "action", "formaction"].into_iter().filter_map(value) {
            assert!(
                !link.contains("javascript:") && !link.contains("evil.example"),
                "{link} on {}",
                page.path
            );
        }
        if tag.element == "script" {
            let source = value("src").is_some_and(|source| source.starts_with('/'));
            assert!(source || value("nonce").is_some(), "a script of nobody's on {}", page.path);
        }
    }
}

#[tokio::test]
async fn no_name_of_a_directory_leaves_its_place() {
    let id = |at: usize| format!("0d8c9e8e-56a0-4f2b-9a35-0000000000{at:02}");
    let directories = hostile_names().into_iter().enumerate().map(|(at, name)| Tenant {
        id: id(at),
        domain: format!("{name}.{at}.example"),
        name,
        ..fabrikam()
    });
    let sim = Sim::start_with(demo(), directories.collect()).await;
    let portal = Portal::start_with(&sim, |config| {
        // Every second one is set up, under its id.
        config.tenants.extend(
            (0..hostile_names().len())
                .step_by(2)
                .map(|at| server::tenants::Tenant { id: id(at).parse().expect("a tenant id"), name: id(at) }),
        );
    });
    let world = World { portal: portal.await, sim };
    let page = world.signed_in(ADELE).await.get("/tenants").await;
    assert_unharmed(&page);
    assert_eq!(page.body.matches("<li class=\"panel tenant\"").count(), hostile_names().len());
}

/// Ticks these rows and goes to the plan.
async fn plan(browser: &Browser, rows: &[String]) -> Page {
    let fields: Vec<_> = rows.iter().map(|row| ("rows[]", row.as_str())).collect();
    browser.submit("/do/select", &fields).await
}

#[tokio::test]
async fn no_name_leaves_its_place_on_any_page() {
    let world = World::of(hostile()).await;
    let browser = world.signed_in(ADELE).await;
    let overview = browser.get("/").await;
    assert_unharmed(&overview);
    let rows = overview.fields("rows[]");
    let plan = plan(&browser, &rows).await;
    assert_unharmed(&plan);
    let typed = [("justification", "=1+1 <b>why</b>"), ("ticket_number", "+1"), ("ticket_system", "@x")];
    let result = browser.confirm(&plan, &typed).await;
    assert_unharmed(&result);
    assert!(result.path.starts_with("/requests/"), "{}: {}", result.path, result.text());
    for path in ["/", "/approvals", "/history"] {
        assert_unharmed(&browser.get(path).await);
    }
}

#[tokio::test]
async fn no_row_is_lost_to_a_name_or_to_a_word_that_nobody_knows() {
    let world = World::of(hostile()).await;
    let page = world.signed_in(ADELE).await.overview().await;
    let rows = page.eligible();
    // One of each name on three planes, and a group that is owned in a word of its own.
    assert_eq!(rows.len(), hostile_names().len() * 3 + 1);
    for row in &rows {
        assert!(row.title.chars().any(char::is_alphanumeric), "{row:?}");
        assert!(row.asks.iter().all(|cell| !cell.is_empty()), "{row:?}");
    }
    assert_eq!(rows.iter().filter(|row| row.place == "steward").count(), 1);
    // Every fifth policy says its duration in words, and the one of the odd access is not found.
    let unparseable = (0..hostile_names().len()).filter(|at| at % 5 == 2).count() * 3;
    assert_eq!(rows.iter().filter(|row| row.asks[0] == "unknown").count(), unparseable + 1);
}

#[tokio::test]
async fn what_is_begun_under_such_a_name_is_carried_out_and_told() {
    let world = World::of(hostile()).await;
    let browser = world.signed_in(ADELE).await;
    let overview = browser.get("/").await;
    let rows = overview.fields("rows[]");
    let plan = plan(&browser, &rows).await;
    browser.confirm(&plan, &[("justification", "=1+1"), ("ticket_number", "+1")]).await;
    let csv = browser.get("/history.csv").await;
    assert_eq!(csv.status, 200);
    assert!(csv.body.contains("\"'=cmd|"), "the name is there, as text: {}", csv.body);
    for cell in csv.body.lines().flat_map(|line| line.split("\",\"")) {
        let cell = cell.trim_start_matches('"');
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
    }
}

#[tokio::test]
async fn requests_under_such_names_can_be_decided() {
    let world = World::of(hostile()).await;
    let browser = world.signed_in(ADELE).await;
    let page = browser.get("/approvals").await;
    assert_unharmed(&page);
    let rows = page.fields("rows[]");
    assert_eq!(rows.len(), 8, "four groups and four Azure roles: {}", page.text());
    let mut fields: Vec<_> = rows.iter().map(|row| ("rows[]", row.as_str())).collect();
    fields.extend([("decision", "approve"), ("reason", "</textarea><script>alert(1)</script>")]);
    let decided = browser.submit("/do/decide", &fields).await;
    assert_unharmed(&decided);
    assert!(decided.lines().iter().all(|(state, _)| state == "Done"), "{:?}", decided.lines());
}

/// Far more than it takes on a busy machine, and far less than anybody would wait.
const SANE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn four_hundred_roles_are_listed_and_forty_of_them_planned() {
    let world = World::of(large()).await;
    let browser = world.signed_in(ADELE).await;
    let begun = Instant::now();
    // What was not read in the page's own time is there when it is loaded again.
    let mut overview = browser.get("/").await;
    while overview.eligible().len() < 400 && begun.elapsed() < SANE {
        overview = browser.get("/").await;
    }
    assert_eq!(overview.eligible().len(), 400, "{:?}", begun.elapsed());
    let rows: Vec<String> = overview.fields("rows[]").into_iter().step_by(9).take(40).collect();
    assert_eq!(rows.len(), 40);
    let planned = plan(&browser, &rows).await;
    assert_eq!(planned.status, 200);
    assert!(planned.heading().contains("40"), "{}", planned.heading());
    assert!(begun.elapsed() < SANE, "{:?}", begun.elapsed());
}
