//! The settings of what a reason and a ticket have to be, read into [`portal::rules::Rules`]: patterns are compiled here, once.

use portal::rules::{JustificationRules, Pattern, PatternError, Rules, TicketRules};
use portal::selection::LONGEST_TICKET;

use crate::config::{PREFIX, line};

const LONGEST_MESSAGE: usize = 200;
/// More would leave too little room below the longest reason.
const GREATEST_LENGTH: usize = 200;
const MOST_FILLERS: usize = 100;
const MOST_SYSTEMS: usize = 20;

/// The settings as written.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) justification_pattern: Option<String>,
    pub(crate) justification_message: Option<String>,
    pub(crate) justification_min_length: Option<usize>,
    pub(crate) justification_fillers: Vec<String>,
    pub(crate) ticket_pattern: Option<String>,
    pub(crate) ticket_message: Option<String>,
    pub(crate) ticket_example: Option<String>,
    pub(crate) ticket_systems: Vec<String>,
}

impl Written {
    /// Checks all of it; what is wrong is added to `problems`.
    pub(crate) fn check(self, problems: &mut Vec<String>) -> Rules {
        let justification = pattern(
            "JUSTIFICATION",
            self.justification_pattern.as_deref(),
            self.justification_message.as_deref(),
            Pattern::somewhere,
            problems,
        );
        let ticket = pattern(
            "TICKET",
            self.ticket_pattern.as_deref(),
            self.ticket_message.as_deref(),
            Pattern::whole,
            problems,
        );
        let shortest = self.justification_min_length.unwrap_or_default();
        if shortest > GREATEST_LENGTH {
            problems.push(format!("{PREFIX}JUSTIFICATION_MIN_LENGTH is more than {GREATEST_LENGTH}"));
        }
        let fillers = words("JUSTIFICATION_FILLERS", &self.justification_fillers, MOST_FILLERS, problems);
        let systems = words("TICKET_SYSTEMS", &self.ticket_systems, MOST_SYSTEMS, problems);
        let rules = Rules {
            justification: JustificationRules { pattern: justification, shortest, fillers },
            ticket: TicketRules { pattern: ticket, example: None, systems },
        };
        let Some(example) = self.ticket_example else { return rules };
        if rules.ticket.pattern.is_none() {
            problems.push(format!(
                "{PREFIX}TICKET_EXAMPLE goes with {PREFIX}TICKET_PATTERN: set that, or remove it"
            ));
        } else if rules.ticket.problem(&example, "").is_some_and(|problem| !problem.is_system) {
            problems.push(format!("{PREFIX}TICKET_EXAMPLE does not match {PREFIX}TICKET_PATTERN"));
        }
        if let Some(example) = line(&example, LONGEST_TICKET) {
            Rules { ticket: TicketRules { example: Some(example), ..rules.ticket }, ..rules }
        } else {
            problems.push(format!(
                "{PREFIX}TICKET_EXAMPLE has to be one line of 1 to {LONGEST_TICKET} characters"
            ));
            rules
        }
    }
}

/// A pattern and its message, which go together.
fn pattern(
    key: &str,
    pattern: Option<&str>,
    message: Option<&str>,
    compile: fn(&str, &str) -> Result<Pattern, PatternError>,
    problems: &mut Vec<String>,
) -> Option<Pattern> {
    let Some(pattern) = pattern else {
        if message.is_some() {
            problems.push(format!(
                "{PREFIX}{key}_MESSAGE goes with {PREFIX}{key}_PATTERN: set that, or remove it"
            ));
        }
        return None;
    };
    let message = message.and_then(|message| line(message, LONGEST_MESSAGE));
    if message.is_none() {
        problems.push(format!(
            "{PREFIX}{key}_MESSAGE is missing: say in one line of at most {LONGEST_MESSAGE} characters what the pattern asks for"
        ));
    }
    match compile(pattern, &message?) {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            problems.push(format!("{PREFIX}{key}_PATTERN {error}"));
            None
        }
    }
}

fn words(key: &str, written: &[String], most: usize, problems: &mut Vec<String>) -> Vec<String> {
    let words: Vec<String> = written.iter().filter_map(|word| line(word, LONGEST_TICKET)).collect();
    if words.len() < written.len() || words.len() > most {
        problems.push(format!(
            "{PREFIX}{key} has to be at most {most} texts of 1 to {LONGEST_TICKET} characters"
        ));
    }
    words
}
