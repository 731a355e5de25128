//! What the organisation asks of a reason and of a ticket, beyond what Microsoft's policies ask.
//!
//! The rules come from the server's settings and are given to [`crate::Portal`] at wiring. They say what is wrong with a text that
//! is there; whether there has to be one is the policy's business. The use cases check them before anything is stored or sent,
//! and pages say them beside the field. Nothing here keeps or logs a text.
//!
//! To add a rule: a field, its check in [`JustificationRules::problem`] or [`TicketRules::problem`], and its words in `hints`.

use regex::{Regex, RegexBuilder};

/// How large a compiled pattern may be, in bytes: a match costs time in proportion to the text then, whatever was typed.
const LARGEST_PATTERN: usize = 256 * 1024;
/// The longest pattern that is read, in characters.
const LONGEST_PATTERN: usize = 500;

/// A regular expression with what people are told who do not meet it.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
    written: String,
    message: String,
}

/// The pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It is longer than is read, or becomes too large.
    #[error("is too large")]
    TooLarge,
    /// It is no regular expression.
    #[error("is not a regular expression that the portal can read")]
    Unreadable,
}

impl Pattern {
    /// One that has to be found somewhere in a text; `^` and `$` tie it to its ends.
    pub fn somewhere(written: &str, message: &str) -> Result<Self, PatternError> {
        Self::compile(written, written, message)
    }

    /// One that the whole text has to match.
    pub fn whole(written: &str, message: &str) -> Result<Self, PatternError> {
        // First by itself: what is only right inside the brackets is not a pattern.
        Self::compile(written, written, message)?;
        Self::compile(&format!("^(?:{written})$"), written, message)
    }

    fn compile(pattern: &str, written: &str, message: &str) -> Result<Self, PatternError> {
        if written.chars().count() > LONGEST_PATTERN {
            return Err(PatternError::TooLarge);
        }
        let regex =
            RegexBuilder::new(pattern).size_limit(LARGEST_PATTERN).build().map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => PatternError::TooLarge,
                _ => PatternError::Unreadable,
            })?;
        Ok(Self { regex, written: written.to_owned(), message: message.to_owned() })
    }

    fn fits(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The pattern as a browser may apply it to a whole field, where it means the same there: letters, digits, a few signs, sets of
    /// them, groups and counts. Blanks around it do not count, as they do not count here.
    #[must_use]
    pub fn for_browsers(&self) -> Option<String> {
        let is_count = |sign| matches!(sign, Some('?' | '*' | '+' | '}'));
        let mut in_set = false;
        let mut before = None;
        let mut signs = self.written.chars().peekable();
        while let Some(sign) = signs.next() {
            let is_plain = sign.is_ascii_alphanumeric() || matches!(sign, ' ' | '_' | '#');
            let fits = match sign {
                _ if is_plain => true,
                // In a set a range, which has letters or digits at both ends; elsewhere itself.
                '-' => {
                    let range = |end: Option<char>| end.is_some_and(|end| end.is_ascii_alphanumeric());
                    !in_set || (range(before) && range(signs.peek().copied()))
                }
                '[' if !in_set => {
                    in_set = true;
                    true
                }
                ']' if in_set => {
                    in_set = false;
                    true
                }
                '(' | ')' | '|' if !in_set => signs.peek() != Some(&'?') || sign != '(',
                '{' if !in_set => !is_count(before) && signs.peek().is_some_and(char::is_ascii_digit),
                '}' | ',' if !in_set => true,
                '?' | '*' | '+' if !in_set => !is_count(before),
                _ => false,
            };
            if !fits {
                return None;
            }
            before = Some(sign);
        }
        Some(format!(r"\s*(?:{})\s*", self.written))
    }
}

/// The rules.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Of a reason.
    pub justification: JustificationRules,
    /// Of a ticket.
    pub ticket: TicketRules,
}

/// What a reason has to be.
#[derive(Clone, Debug, Default)]
pub struct JustificationRules {
    /// What has to stand in it.
    pub pattern: Option<Pattern>,
    /// How many characters it has at least, blanks run together.
    pub shortest: usize,
    /// What is no reason, in any case and however often it is repeated.
    pub fillers: Vec<String>,
}

/// What a ticket has to be.
#[derive(Clone, Debug, Default)]
pub struct TicketRules {
    /// What a number looks like.
    pub pattern: Option<Pattern>,
    /// A number that is right.
    pub example: Option<String>,
    /// The systems that tickets come from; empty where any does.
    pub systems: Vec<String>,
}

/// What is wrong with a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketProblem {
    /// Whether it is about the system rather than the number.
    pub is_system: bool,
    /// What to do, in words.
    pub text: String,
}

impl JustificationRules {
    /// What is wrong with a reason that was given; `None` when nothing is, or when there is none.
    #[must_use]
    pub fn problem(&self, reason: &str) -> Option<String> {
        let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        if reason.is_empty() {
            return None;
        }
        if self.is_filler(&reason) {
            return Some("Write what it is for: that text says nothing.".into());
        }
        if reason.chars().count() < self.shortest {
            return Some(format!("Write at least {} characters.", self.shortest));
        }
        let unmet = self.pattern.as_ref().filter(|pattern| !pattern.fits(&reason));
        unmet.map(|pattern| pattern.message.clone())
    }

    fn is_filler(&self, reason: &str) -> bool {
        if self.fillers.is_empty() {
            return false;
        }
        let core = core(reason);
        // One sign again and again is a filler wherever there are any.
        core.chars().count() <= 1 || self.fillers.iter().any(|filler| self::core(filler) == core)
    }

    /// What is asked, for people; `None` when nothing is.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let mut said = Vec::new();
        if self.shortest > 1 {
            said.push(format!("At least {} characters.", self.shortest));
        }
        said.extend(self.pattern.as_ref().map(|pattern| pattern.message.clone()));
        (!said.is_empty()).then(|| said.join(" "))
    }
}

impl TicketRules {
    /// What is wrong with a ticket that was given; nothing when there is none.
    #[must_use]
    pub fn problem(&self, number: &str, system: &str) -> Option<TicketProblem> {
        let (number, system) = (number.trim(), system.trim());
        if let Some(pattern) =
            self.pattern.as_ref().filter(|pattern| !number.is_empty() && !pattern.fits(number))
        {
            return Some(TicketProblem { is_system: false, text: self.with_example(&pattern.message) });
        }
        let is_known = self.systems.is_empty() || self.systems.iter().any(|known| known == system);
        let asked = !(number.is_empty() && system.is_empty());
        (asked && !is_known).then(|| TicketProblem {
            is_system: true,
            text: "Choose the system that the ticket is in.".into(),
        })
    }

    fn with_example(&self, message: &str) -> String {
        match &self.example {
            Some(example) => format!("{message} Example: {example}."),
            None => message.to_owned(),
        }
    }

    /// What a number looks like, for people; `None` where it may be anything.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        self.pattern.as_ref().map(|pattern| self.with_example(&pattern.message))
    }
}

/// What a text comes down to: lower case, without blanks and, unless that is all it is, punctuation; letters and words that are repeated
/// stand once. "Test test!", "testtest" and "tteesstt" are "test", "..." is ".", "aaaa" is "a".
fn core(text: &str) -> String {
    let lower = text.to_lowercase();
    let is_word = lower.contains(char::is_alphanumeric);
    let between = |sign: char| if is_word { !sign.is_alphanumeric() } else { sign.is_whitespace() };
    let mut signs: Vec<char> = Vec::new();
    for word in lower.split(between) {
        let mut word = unit(&word.chars().collect::<Vec<_>>()).to_vec();
        word.dedup();
        signs.extend(word);
    }
    unit(&signs).iter().collect()
}

/// The shortest beginning that makes up the whole when it is repeated.
fn unit(signs: &[char]) -> &[char] {
    let whole = signs.len();
    let repeats = |length: &usize| {
        whole.is_multiple_of(*length)
            && signs.iter().zip(signs.iter().cycle().skip(*length)).all(|(a, b)| a == b)
    };
    &signs[..(1..=whole).find(repeats).unwrap_or(whole)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(fillers: &[&str]) -> JustificationRules {
        JustificationRules {
            fillers: fillers.iter().map(|filler| (*filler).to_owned()).collect(),
            ..JustificationRules::default()
        }
    }

    #[test]
    fn fillers_are_found_in_every_dress_and_words_that_hold_them_are_not() {
        let rules = reason(&["test", "asdf", "n/a", "because"]);
        for filler in [
            "test",
            " TEST ",
            "Test.",
            "test test test",
            "tttest",
            "asdfasdfasdf",
            "ASDF",
            "...",
            "aaa",
            "-",
            "xxxxxxx",
            "N/A",
            "na",
            "!!!",
        ] {
            assert!(rules.problem(filler).is_some(), "{filler}");
        }
        for fine in ["Testing the mail flow", "test of the payroll keys", "Patching", "asdf is broken", ""] {
            assert_eq!(rules.problem(fine), None, "{fine}");
        }
        assert_eq!(reason(&[]).problem("..."), None, "who forbids nothing gets anything");
    }

    #[test]
    fn a_reason_has_a_length_and_a_pattern() {
        let pattern = Pattern::somewhere("(INC|CHG)[0-9]{4}", "Name the incident or the change.").unwrap();
        let rules =
            JustificationRules { shortest: 12, pattern: Some(pattern), ..JustificationRules::default() };
        assert_eq!(rules.problem("a          b").as_deref(), Some("Write at least 12 characters."));
        assert_eq!(rules.problem("Patching all hosts").as_deref(), Some("Name the incident or the change."));
        assert_eq!(rules.problem("Patching for CHG0042"), None);
        assert_eq!(rules.hint().as_deref(), Some("At least 12 characters. Name the incident or the change."));
    }

    #[test]
    fn a_ticket_has_a_number_and_a_system() {
        let pattern = Pattern::whole("CHG[0-9]{4}|INC[0-9]{4}", "CHG or INC and four digits.").unwrap();
        let systems = vec!["ServiceNow".to_owned(), "Jira".to_owned()];
        let rules = TicketRules { pattern: Some(pattern), example: Some("CHG0042".into()), systems };
        assert_eq!(rules.problem(" CHG0042 ", "Jira"), None);
        assert_eq!(rules.problem("", ""), None);
        for wrong in ["CHG004", "xCHG0042", "CHG0042 and more", "chg0042"] {
            let problem = rules.problem(wrong, "Jira").unwrap();
            assert_eq!(
                (problem.is_system, problem.text.as_str()),
                (false, "CHG or INC and four digits. Example: CHG0042.")
            );
        }
        for (number, system) in [("CHG0042", ""), ("CHG0042", "Bugzilla"), ("", "Bugzilla")] {
            assert!(
                rules.problem(number, system).is_some_and(|problem| problem.is_system),
                "{number} {system}"
            );
        }
    }

    #[test]
    fn a_pattern_is_bounded_and_whole() {
        let error = |written: &str| Pattern::whole(written, "").err();
        assert_eq!(error("(a"), Some(PatternError::Unreadable));
        assert_eq!(error("a)|(b"), Some(PatternError::Unreadable));
        assert_eq!(error("(((a{100}){100}){100})"), Some(PatternError::TooLarge));
        assert_eq!(error(&"a".repeat(501)), Some(PatternError::TooLarge));
        assert!(!Pattern::whole("a|b", "").unwrap().fits("ax"), "both sides are tied to the ends");
    }

    #[test]
    fn browsers_get_a_pattern_only_where_it_means_the_same() {
        let hint = |written: &str| Pattern::whole(written, "").unwrap().for_browsers();
        assert_eq!(hint("CHG[0-9]{4}").as_deref(), Some(r"\s*(?:CHG[0-9]{4})\s*"));
        assert_eq!(hint("(INC|CHG)-[A-Z0-9]+").as_deref(), Some(r"\s*(?:(INC|CHG)-[A-Z0-9]+)\s*"));
        for other in
            [r"CHG\d{4}", "(?i)chg[0-9]+", "[^a]", ".*", "[a&&b]", "[-a]", "a{2}{3}", "a++", "é", "^CHG"]
        {
            let pattern = Pattern::somewhere(other, "");
            assert_eq!(pattern.ok().and_then(|pattern| pattern.for_browsers()), None, "{other}");
        }
    }
}
