//! The history as a file: CSV for a spreadsheet, JSON for a program.

use super::{Entry, History};

/// The columns.
const COLUMNS: [&str; 14] = [
    "at",
    "plane",
    "role",
    "place",
    "kind",
    "outcome",
    "minutes",
    "justification",
    "ticket_number",
    "ticket_system",
    "request",
    "correlation_ids",
    "timeline",
    "sources",
];

/// One line an entry, after a line of names. Times are RFC 3339 in UTC. RFC 4180.
#[must_use]
pub fn csv(history: &History) -> String {
    let mut text = String::new();
    line(&mut text, COLUMNS.map(str::to_owned).iter());
    for entry in &history.entries {
        line(&mut text, cells(entry).iter());
    }
    text
}

/// `{"entries": […], "missing": […]}`.
#[must_use]
pub fn json(history: &History) -> String {
    let missing: Vec<_> = history
        .gaps
        .iter()
        .map(|gap| {
            serde_json::json!({
                "source": gap.source,
                "plane": gap.plane.as_ref().map(pim::ids::PlaneId::as_str),
                "reason": gap.error.kind.to_string(),
            })
        })
        .collect();
    serde_json::json!({ "entries": history.entries, "missing": missing }).to_string()
}

fn cells(entry: &Entry) -> [String; 14] {
    let timeline: Vec<String> =
        entry.timeline.iter().map(|moment| format!("{} {}", moment.at, moment.what)).collect();
    let sources: Vec<String> = entry.sources.iter().map(word).collect();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        entry.at.to_string(),
        entry.plane.as_str().to_owned(),
        entry.title.clone(),
        entry.place.clone(),
        word(entry.kind),
        word(entry.outcome),
        entry.minutes.map(|minutes| minutes.to_string()).unwrap_or_default(),
        text(&entry.justification),
        text(&entry.ticket_number),
        text(&entry.ticket_system),
        text(&entry.request),
        entry.correlation_ids.join(" "),
        timeline.join("; "),
        sources.join(" "),
    ]
}

/// The word that a value is written as in JSON.
fn word(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

fn line<'c>(text: &mut String, cells: impl Iterator<Item = &'c String>) {
    let cells: Vec<String> = cells.map(|cell| quoted(cell)).collect();
    text.push_str(&cells.join(","));
    text.push_str("\r\n");
}

/// What a spreadsheet may take for the beginning of a formula, in full width too.
/// <https://owasp.org/www-community/attacks/CSV_Injection>
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// A cell in quotes. What a spreadsheet would take for a formula is made text: a reason is somebody's free words.
fn quoted(cell: &str) -> String {
    let guard = if cell.starts_with(FORMULA) { "'" } else { "" };
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_cell_can_neither_break_out_nor_calculate() {
        assert_eq!(quoted(r#"a "b", c"#), r#""a ""b"", c""#);
        assert_eq!(quoted("=HYPERLINK(1)"), r#""'=HYPERLINK(1)""#);
        assert_eq!(quoted("a\nb"), "\"a\nb\"");
    }
}
