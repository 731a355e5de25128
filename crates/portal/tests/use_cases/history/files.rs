//! The history as a file: nothing is lost in it, and nothing in it calculates.

use pim::draft::Ticket;
use pim::request::Request;
use pim::target::Names;
use portal::history::{Filter, csv, json};
use proptest::prelude::*;

use super::{MINUTE, asked, history};
use crate::world::World;

/// Reads CSV as RFC 4180 says.
fn parse(text: &str) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut cells = Vec::new();
        loop {
            let mut cell = String::new();
            rest = rest.strip_prefix('"').expect("a cell begins with a quote");
            loop {
                let quote = rest.find('"').expect("a cell ends with a quote");
                cell.push_str(&rest[..quote]);
                rest = &rest[quote + 1..];
                let Some(more) = rest.strip_prefix('"') else { break };
                cell.push('"');
                rest = more;
            }
            cells.push(cell);
            if let Some(line) = rest.strip_prefix("\r\n") {
                rest = line;
                break;
            }
            rest = rest.strip_prefix(',').expect("a cell is followed by another or by the end of its line");
        }
        lines.push(cells);
    }
    lines
}

#[tokio::test]
async fn the_files_have_every_entry_with_all_that_is_known_of_it() {
    let world = World::new();
    let now = world.clock_now();
    let ticket = Some(Ticket { number: "INC1".into(), system: "Desk".into() });
    let said = Some("He said \"now\",\r\nand again".to_owned());
    world.entra.state().requests = vec![
        Request { ticket, justification: said.clone(), ..asked(&world, "reader", "Denied", now) },
        asked(&world, "writer", "Provisioned", now - MINUTE),
    ];
    let found = history(&world, &Filter::default()).await;
    let lines = parse(&csv(&found));
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line.len() == lines[0].len()));
    let cell = |line: usize, column: &str| {
        let at = lines[0].iter().position(|name| name == column).unwrap();
        lines[line][at].clone()
    };
    for (column, expected) in [
        ("at", "2026-03-02T08:00:00Z"),
        ("plane", "entra"),
        ("role", "reader"),
        ("place", "Directory"),
        ("kind", "activation"),
        ("outcome", "refused"),
        ("minutes", "30"),
        ("justification", said.as_deref().unwrap()),
        ("ticket_number", "INC1"),
        ("ticket_system", "Desk"),
        ("request", "request-reader"),
        ("timeline", "2026-03-02T08:00:00Z Asked for"),
        ("sources", "requests"),
    ] {
        assert_eq!(cell(1, column), expected, "{column}");
    }
    assert_eq!(cell(2, "role"), "writer");

    let file: serde_json::Value = serde_json::from_str(&json(&found)).unwrap();
    let first = &file["entries"][0];
    assert_eq!((first["title"].as_str(), first["justification"].as_str()), (Some("reader"), said.as_deref()));
    assert_eq!((first["outcome"].as_str(), first["minutes"].as_u64()), (Some("refused"), Some(30)));
    assert_eq!(first["timeline"][0]["what"].as_str(), Some("Asked for"));
    assert_eq!(file["missing"], serde_json::json!([]));
    // What is the portal's own stays inside.
    assert!(first.get("batch").is_none() && first.get("key").is_none());
}

/// Whether a spreadsheet may take a cell for a formula, in any of its languages.
/// <https://owasp.org/www-community/attacks/CSV_Injection>
fn calculates(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_was_typed_stays_in_its_cell_and_does_not_calculate(
        text in prop_oneof![
            "\\PC{0,12}",
            "[-=+@\t\r\n\"',;＝＋－＠]{1,4}[a-z\"(),\r\n]{0,6}",
        ],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let found = runtime.block_on(async {
            let world = World::new();
            let mut typed = asked(&world, "reader", "Denied", world.clock_now());
            typed.justification = Some(text.clone());
            typed.names = Some(Names { title: text.clone(), place: text.clone() });
            typed.ticket = Some(Ticket { number: text.clone(), system: text.clone() });
            typed.id = text.as_str().into();
            world.entra.state().requests = vec![typed];
            history(&world, &Filter::default()).await
        });
        let lines = parse(&csv(&found));
        prop_assert_eq!(lines.len(), 2);
        prop_assert_eq!(lines[1].len(), lines[0].len());
        for cell in &lines[1] {
            prop_assert!(!calculates(cell), "{:?}", cell);
        }
        let same = |cell: &String| cell == &text || cell.strip_prefix('\'') == Some(text.as_str());
        prop_assert!(lines[1].iter().filter(|cell| same(cell)).count() >= 6);
        let file: serde_json::Value = serde_json::from_str(&json(&found)).unwrap();
        prop_assert_eq!(file["entries"][0]["title"].as_str(), Some(text.as_str()));
    }
}
