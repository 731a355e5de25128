//! What is said to people, for the server and for the islands alike.

/// How long is left: "23 min left".
#[must_use]
pub(crate) fn left(seconds: i64) -> String {
    match seconds {
        ..=0 => "ended".into(),
        1..60 => "less than a minute left".into(),
        _ => format!("{} left", pim::duration::words(whole_minutes(seconds))),
    }
}

/// How many roles are active and when the first of them ends: "4 roles, the first ends in 23 min". Only the browser counts.
#[cfg(any(feature = "hydrate", test))]
#[must_use]
pub(crate) fn active(count: usize, first_seconds: i64) -> String {
    let first = match first_seconds {
        ..60 => "in less than a minute".into(),
        seconds => format!("in {}", pim::duration::words(whole_minutes(seconds))),
    };
    let which = if count == 1 { "ends" } else { "the first ends" };
    format!("{}, {which} {first}", roles(count))
}

/// How long something has been so: " · 12 min". Nothing in the first minute. Only the browser counts.
#[cfg(any(feature = "hydrate", test))]
#[must_use]
pub(crate) fn lasting(seconds: i64) -> String {
    if seconds < 60 {
        return String::new();
    }
    format!(" · {}", pim::duration::words(whole_minutes(seconds)))
}

/// How long until something may be done: "4:38".
#[must_use]
pub(crate) fn countdown(seconds: i64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// "1 role", "3 roles".
#[must_use]
pub(crate) fn roles(count: usize) -> String {
    if count == 1 { "1 role".into() } else { format!("{count} roles") }
}

/// How many of a selection do what.
#[cfg(any(feature = "ssr", test))]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked {
    /// Will be sent.
    pub(crate) ready: usize,
    /// Start at once.
    pub(crate) at_once: usize,
    /// Ask for a stronger sign-in that was not made yet.
    pub(crate) sign_ins: usize,
    /// Need approval.
    pub(crate) approvals: usize,
    /// Have rules that could not be read.
    pub(crate) unknown: usize,
    /// Start later.
    pub(crate) later: usize,
    /// Will not be sent.
    pub(crate) left_out: usize,
}

/// A selection summed up: "One asks you to sign in again, two need approval." Empty when nothing will be sent. A role that does two
/// things is counted in both.
#[cfg(any(feature = "ssr", test))]
#[must_use]
pub(crate) fn sum_up(asked: Asked) -> String {
    let Asked { ready, at_once, sign_ins, approvals, unknown, later, left_out } = asked;
    if ready == 0 {
        return String::new();
    }
    let subject = |count: usize| match count {
        _ if count != ready || left_out > 0 => number(count),
        1 => "it".into(),
        2 => "both".into(),
        all => format!("all {}", number(all)),
    };
    let clause = |count: usize, one: &str, many: &str| {
        (count > 0).then(|| format!("{} {}", subject(count), if count == 1 { one } else { many }))
    };
    let left = match left_out {
        0 => None,
        1 => Some("one is left out".into()),
        many => Some(format!("{} are left out", number(many))),
    };
    let clauses = [
        clause(at_once, "starts at once", "start at once"),
        clause(sign_ins, "asks you to sign in again", "ask you to sign in again"),
        clause(approvals, "needs approval", "need approval"),
        clause(unknown, "has rules that could not be read", "have rules that could not be read"),
        clause(later, "starts later", "start later"),
        left,
    ];
    let text = clauses.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

/// "one" to "twelve", then figures.
#[cfg(any(feature = "ssr", test))]
fn number(count: usize) -> String {
    const WORDS: [&str; 12] =
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    count.checked_sub(1).and_then(|at| WORDS.get(at)).map_or_else(|| count.to_string(), ToString::to_string)
}

/// What a selection will ask for, in one sentence without a full stop. Empty when it asks for nothing. Only the browser
/// knows what is ticked.
#[cfg(any(feature = "hydrate", test))]
#[must_use]
pub(crate) fn asks(approvals: usize, sign_ins: usize, unknown: usize) -> String {
    let clause = |count: usize, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("one {one}")),
        n => Some(format!("{n} {many}")),
    };
    [
        clause(sign_ins, "asks for a stronger sign-in", "ask for a stronger sign-in"),
        clause(approvals, "waits for approval", "wait for approval"),
        clause(unknown, "has rules that could not be read", "have rules that could not be read"),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join(", ")
}

/// Time left below this is a warning.
pub(crate) const SHORT_SECONDS: i64 = 30 * 60;

fn whole_minutes(seconds: i64) -> u32 {
    u32::try_from(seconds / 60).unwrap_or(u32::MAX)
}

/// Words that are looked for, ready to be compared with many texts.
pub(crate) struct Wanted(Vec<Word>);

struct Word {
    text: String,
    letters: Vec<char>,
    /// How many letters may be wrong.
    slips: usize,
}

impl Wanted {
    /// All words of `typed`.
    #[must_use]
    pub(crate) fn new(typed: &str) -> Self {
        let word = |text: &str| {
            let letters: Vec<char> = text.chars().collect();
            let slips = match letters.len() {
                ..5 => 0,
                5..8 => 1,
                _ => 2,
            };
            Word { text: text.to_owned(), letters, slips }
        };
        Self(typed.to_lowercase().split_whitespace().map(word).collect())
    }

    /// Whether every word stands somewhere in `text`, which is lower case, or nearly so: with one slip in a word of five letters or more,
    /// two from eight on.
    #[must_use]
    pub(crate) fn is_in(&self, text: &str) -> bool {
        let ones = text.split(|c: char| !c.is_alphanumeric());
        self.0.iter().all(|word| {
            text.contains(&word.text)
                || (word.slips > 0
                    && ones.clone().any(|one| begins_nearly_with(one, &word.letters, word.slips)))
        })
    }
}

/// Whether `text` begins with `word` but for at most `slips` letters that are wrong, missing, too many, or swapped with their neighbour.
fn begins_nearly_with(text: &str, word: &[char], slips: usize) -> bool {
    // A letter has a byte at least.
    if text.len() + slips < word.len() {
        return false;
    }
    // Rows of the usual table of distances (optimal string alignment), against every beginning of `text`.
    let mut before: Vec<usize> = vec![0; word.len() + 1];
    let mut last: Vec<usize> = (0..=word.len()).collect();
    let mut next = before.clone();
    let mut best = last[word.len()];
    let mut previous = None;
    for (i, letter) in text.chars().take(word.len() + slips).enumerate() {
        next[0] = i + 1;
        for (j, wanted) in word.iter().enumerate() {
            let mut cost = (last[j] + usize::from(letter != *wanted)).min(last[j + 1] + 1).min(next[j] + 1);
            if j > 0 && letter == word[j - 1] && previous == Some(*wanted) {
                cost = cost.min(before[j - 1] + 1);
            }
            next[j + 1] = cost;
        }
        best = best.min(next[word.len()]);
        // What follows costs no less than the cheapest of the last two rows.
        if best <= slips || last.iter().chain(&next).all(|cost| *cost > slips) {
            break;
        }
        previous = Some(letter);
        std::mem::swap(&mut before, &mut last);
        std::mem::swap(&mut last, &mut next);
    }
    best <= slips
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(text: &str, typed: &str) -> bool {
        Wanted::new(typed).is_in(text)
    }

    #[test]
    fn time_left_reads_like_speech() {
        assert_eq!(left(23 * 60 + 40), "23 min left");
        assert_eq!(left(3 * 3600 + 12 * 60), "3 h 12 min left");
        assert_eq!(left(59), "less than a minute left");
        assert_eq!(left(-5), "ended");
        assert_eq!(countdown(278), "4:38");
        assert_eq!(lasting(59), "");
        assert_eq!(lasting(60), " · 1 min");
        assert_eq!(lasting(2 * 3600 + 359), " · 2 h 5 min");
        assert_eq!(active(4, 1390), "4 roles, the first ends in 23 min");
        assert_eq!(active(1, 12), "1 role, ends in less than a minute");
    }

    #[test]
    fn a_selection_sums_up_what_it_asks() {
        assert_eq!(asks(1, 1, 0), "one asks for a stronger sign-in, one waits for approval");
        assert_eq!(asks(0, 0, 2), "2 have rules that could not be read");
        assert_eq!(asks(0, 0, 0), "");
    }

    #[test]
    fn a_plan_is_summed_up_for_one_for_two_and_for_many() {
        let nothing = Asked::default();
        let table = [
            (nothing, ""),
            (Asked { left_out: 2, ..nothing }, ""),
            (Asked { ready: 1, at_once: 1, ..nothing }, "It starts at once."),
            (Asked { ready: 2, at_once: 2, ..nothing }, "Both start at once."),
            (Asked { ready: 5, at_once: 5, ..nothing }, "All five start at once."),
            (Asked { ready: 30, at_once: 30, ..nothing }, "All 30 start at once."),
            (
                Asked { ready: 1, sign_ins: 1, approvals: 1, ..nothing },
                "It asks you to sign in again, it needs approval.",
            ),
            (
                Asked { ready: 3, sign_ins: 1, approvals: 2, ..nothing },
                "One asks you to sign in again, two need approval.",
            ),
            (
                Asked { ready: 4, at_once: 1, sign_ins: 1, approvals: 1, unknown: 1, ..nothing },
                "One starts at once, one asks you to sign in again, one needs approval, one has rules that could not be read.",
            ),
            (Asked { ready: 2, later: 2, approvals: 1, ..nothing }, "One needs approval, both start later."),
            (Asked { ready: 1, at_once: 1, left_out: 1, ..nothing }, "One starts at once, one is left out."),
            (
                Asked { ready: 14, unknown: 13, at_once: 1, left_out: 3, ..nothing },
                "One starts at once, 13 have rules that could not be read, three are left out.",
            ),
        ];
        for (asked, expected) in table {
            assert_eq!(sum_up(asked), expected);
        }
    }

    #[test]
    fn all_words_have_to_match_in_any_order() {
        assert!(matches("key vault administrator prod-payments", "prod key"));
        assert!(!matches("key vault administrator", "prod key"));
        assert!(matches("anything", "  "));
    }

    #[test]
    fn a_slip_of_the_finger_is_forgiven_and_another_word_is_not() {
        let text = "key vault administrator prod-payments azure role";
        for typed in ["adminstrator", "admnistrator", "valut", "paymnets", "administraotr prod", "vauld"] {
            assert!(matches(text, typed), "{typed}");
        }
        for typed in ["kex", "reader", "vector", "prof", "administer reader"] {
            assert!(!matches(text, typed), "{typed}");
        }
    }
}
