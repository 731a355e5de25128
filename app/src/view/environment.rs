//! What an environment is called by: a guess by name, and by nothing else. Microsoft knows no such thing; people name subscriptions,
//! resource groups, management groups and groups after it, mostly with one of these words.

use super::choices::Environment;

/// The words, as they stand between separators and digits. The first list that has one of them wins: better called production than not.
const WORDS: [(Environment, &[&str]); 3] = [
    (Environment::Production, &["prod", "production", "prd", "live"]),
    (Environment::Test, &["test", "tst", "qa", "uat", "stage", "staging"]),
    (Environment::Development, &["dev", "development", "sandbox"]),
];

/// What the name of a place suggests. Of the steps of a path ("Subscription / resource group") the last that suggests anything counts.
pub(crate) fn guess(place: &str) -> Option<Environment> {
    place.rsplit(" / ").find_map(|step| {
        let step = step.to_lowercase();
        let has = |words: &[&str]| step.split(|c: char| !c.is_alphabetic()).any(|word| words.contains(&word));
        WORDS.iter().find(|(_, words)| has(words)).map(|(environment, _)| *environment)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_called_what_its_last_telling_step_is_called() {
        for (place, environment) in [
            ("Contoso Production", Some(Environment::Production)),
            ("Contoso Production / rg-data", Some(Environment::Production)),
            ("Contoso Production / rg-lab-test", Some(Environment::Test)),
            ("Platform / rg-prod01", Some(Environment::Production)),
            ("PRD-test", Some(Environment::Production)),
            ("Contoso Sandbox", Some(Environment::Development)),
            ("Product catalogue", None),
            ("Developers", None),
            ("", None),
        ] {
            assert_eq!(guess(place), environment, "{place}");
        }
    }
}
