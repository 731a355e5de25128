//! Whatever stops the portal waits for longer than the portal takes to stop: `shutdown_delay` and `shutdown_grace` together.

/// What is wrong with the time that a text gives after `marker`, in seconds. `grace` is what `shutdown_grace` is where nobody sets it.
#[must_use]
pub fn problems(text: &str, marker: &str, grace: u32) -> Vec<String> {
    let Some(waits) = number_after(text, marker) else { return vec![format!("{marker} is not said")] };
    let delay = number_after(text, "PIM_PORTAL_SHUTDOWN_DELAY").unwrap_or(0);
    let grace = number_after(text, "PIM_PORTAL_SHUTDOWN_GRACE").unwrap_or(grace);
    if waits > delay + grace {
        Vec::new()
    } else {
        vec![format!("{marker} {waits}: the portal takes {delay} + {grace} seconds to stop")]
    }
}

/// The first number after a word.
fn number_after(text: &str, word: &str) -> Option<u32> {
    let (_, rest) = text.split_once(word)?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).find(|part| !part.is_empty())?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_waited_for_longer_than_it_takes() {
        let unit = "Environment=PIM_PORTAL_SHUTDOWN_DELAY=5\nTimeoutStopSec=16s\n";
        assert_eq!(problems(unit, "TimeoutStopSec=", 10), Vec::<String>::new());
        assert_eq!(problems(unit, "TimeoutStopSec=", 11).len(), 1);
        assert_eq!(problems(&unit.replace("=5", "=\"6\""), "TimeoutStopSec=", 10).len(), 1);
        assert_eq!(problems(unit, "stop_grace_period:", 10), ["stop_grace_period: is not said"]);
    }
}
