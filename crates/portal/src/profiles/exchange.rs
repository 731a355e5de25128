//! Profiles as a file, to be kept, handed on, or brought to another portal. The form is versioned; what is read is checked in full before
//! any of it is saved, and every problem is named with its place.

use std::collections::BTreeSet;

use pim::child_scope::ChildScope;
use pim::duration::ActivationDuration;
use pim::ids::ProfileId;
use pim::target::{Names, Target};
use serde::{Deserialize, Serialize};

use super::{
    Defaults, LONGEST_NAME, MOST_PROFILES, MOST_ROLES, Profile, ProfileError, ProfileRole, Profiles, is_free,
};
use crate::selection::{LONGEST_JUSTIFICATION, LONGEST_TICKET, Wanted};
use crate::{Portal, Session};

/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;
/// The longest file that is taken, in bytes.
pub const LONGEST_FILE: usize = 200 * 1024;
/// How many problems are named at most.
const MOST_PROBLEMS: usize = 20;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    profiles: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Entry {
    name: String,
    roles: Vec<RoleEntry>,
    /// Whole minutes; as long as each policy allows where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    minutes: Option<u32>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    reason: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    ticket_number: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    ticket_system: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RoleEntry {
    plane: String,
    role: String,
    scope: String,
    title: String,
    place: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    narrowed_to: Vec<Narrowed>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Narrowed {
    scope: String,
    name: String,
}

impl Entry {
    fn of(profile: &Profile) -> Self {
        let Defaults { wanted, justification, ticket_number, ticket_system } = profile.defaults.clone();
        let role = |role: &ProfileRole| RoleEntry {
            plane: role.target.plane.to_string(),
            role: role.target.role.to_string(),
            scope: role.target.scope.to_string(),
            title: role.names.title.clone(),
            place: role.names.place.clone(),
            narrowed_to: role
                .narrowed
                .iter()
                .map(|child| Narrowed { scope: child.scope.to_string(), name: child.name.clone() })
                .collect(),
        };
        Self {
            name: profile.name.clone(),
            roles: profile.roles.iter().map(role).collect(),
            minutes: match wanted {
                Wanted::For(duration) => Some(duration.minutes()),
                Wanted::Longest => None,
            },
            reason: justification,
            ticket_number,
            ticket_system,
        }
    }

    fn problems(&self, planes: &BTreeSet<String>) -> Vec<String> {
        let mut problems = Vec::new();
        let too_long = |text: &str, most: usize| text.chars().count() > most;
        if self.name.trim().is_empty() || too_long(self.name.trim(), LONGEST_NAME) {
            problems.push(format!("its name has to have 1 to {LONGEST_NAME} characters"));
        }
        if self.roles.is_empty() || self.roles.len() > MOST_ROLES {
            problems.push(format!("it has to have 1 to {MOST_ROLES} roles"));
        }
        if self.minutes.is_some_and(|minutes| ActivationDuration::from_minutes(minutes).is_none()) {
            problems.push("its minutes are no length that a role can be active for".to_owned());
        }
        if too_long(&self.reason, LONGEST_JUSTIFICATION) {
            problems.push(format!("its reason is longer than {LONGEST_JUSTIFICATION} characters"));
        }
        if too_long(&self.ticket_number, LONGEST_TICKET) || too_long(&self.ticket_system, LONGEST_TICKET) {
            problems.push(format!("its ticket is longer than {LONGEST_TICKET} characters"));
        }
        for (index, role) in self.roles.iter().enumerate() {
            if !planes.contains(&role.plane) {
                problems.push(format!("role {}: there is no plane of that name", index + 1));
            }
            if role.role.is_empty() || role.scope.is_empty() || role.title.is_empty() {
                problems.push(format!("role {}: role, scope and title must not be empty", index + 1));
            }
        }
        problems
    }

    fn read(self) -> Profile {
        let role = |role: RoleEntry| ProfileRole {
            target: Target {
                plane: role.plane.as_str().into(),
                role: role.role.as_str().into(),
                scope: role.scope.as_str().into(),
            },
            names: Names { title: role.title, place: role.place },
            narrowed: role
                .narrowed_to
                .into_iter()
                .map(|child| ChildScope {
                    scope: child.scope.as_str().into(),
                    name: child.name,
                    kind: String::new(),
                    path: Vec::new(),
                })
                .collect(),
        };
        Profile {
            id: ProfileId::random(),
            name: self.name.trim().to_owned(),
            roles: self.roles.into_iter().map(role).collect(),
            defaults: Defaults {
                wanted: self
                    .minutes
                    .and_then(ActivationDuration::from_minutes)
                    .map_or(Wanted::Longest, Wanted::For),
                justification: self.reason,
                ticket_number: self.ticket_number,
                ticket_system: self.ticket_system,
            },
            last_used: None,
        }
    }
}

/// What came of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Imported {
    /// So many profiles were added.
    Added(usize),
    /// Nothing was: these are the problems, each with its place.
    Refused(Vec<String>),
}

impl Portal {
    /// All profiles of the person, as a JSON file.
    pub async fn export_profiles(&self, session: &Session) -> Result<String, ProfileError> {
        let profiles = self.profiles(session).await?;
        let file = File { version: VERSION, profiles: profiles.iter().map(Entry::of).collect() };
        serde_json::to_string_pretty(&file).map_err(|_| pim::records::StoreError.into())
    }

    /// Adds the profiles of a file to the person's own, all or none.
    pub async fn import_profiles(&self, session: &Session, text: &str) -> Result<Imported, ProfileError> {
        let refused = |problem: String| Ok(Imported::Refused(vec![problem]));
        if text.len() > LONGEST_FILE {
            return refused(format!("The file is longer than {} kB.", LONGEST_FILE / 1024));
        }
        let file: File = match serde_json::from_str(text) {
            Ok(file) => file,
            Err(error) => {
                let place = format!("line {}, column {}", error.line(), error.column());
                return refused(format!("It is not a file of profiles: something is wrong at {place}."));
            }
        };
        if file.version != VERSION {
            return refused(format!("Its version is {}; this portal reads version {VERSION}.", file.version));
        }
        let planes: BTreeSet<String> = self.planes().map(|plane| plane.id.to_string()).collect();
        let mut problems: Vec<String> = Vec::new();
        for (index, entry) in file.profiles.iter().enumerate() {
            problems.extend(
                entry
                    .problems(&planes)
                    .into_iter()
                    .map(|problem| format!("Profile {}: {problem}.", index + 1)),
            );
        }
        if file.profiles.is_empty() {
            problems.push("There is no profile in it.".to_owned());
        }
        if !problems.is_empty() {
            problems.truncate(MOST_PROBLEMS);
            return Ok(Imported::Refused(problems));
        }
        let new: Vec<Profile> = file.profiles.into_iter().map(Entry::read).collect();
        let added = self
            .change_personal(session, |Profiles(profiles)| {
                for profile in &new {
                    if profiles.len() >= MOST_PROFILES {
                        return Err(ProfileError::TooMany);
                    }
                    is_free(profiles, profile).map_err(|_| ProfileError::NameTaken)?;
                    profiles.push(profile.clone());
                }
                Ok(())
            })
            .await;
        match added {
            Ok(()) => Ok(Imported::Added(new.len())),
            Err(ProfileError::NameTaken) => refused(
                "One of its names is taken, by a profile of yours or twice in the file. Rename it, and import again."
                    .to_owned(),
            ),
            Err(ProfileError::TooMany) => {
                refused(format!("There would be more than {MOST_PROFILES} profiles. Delete some first."))
            }
            Err(error) => Err(error),
        }
    }
}
