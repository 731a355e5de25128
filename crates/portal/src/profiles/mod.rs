//! Named sets of roles, with what is usually typed for them.
//!
//! A profile names its roles by what they are (plane, role, scope), never by the id of an eligibility or a schedule, so it outlives a
//! renewal. All profiles of one person in one tenant are one record: their order and the uniqueness of their names hold by
//! compare-and-swap. Using a profile makes a selection and sends nothing.

pub mod edit;
pub mod exchange;

use jiff::Timestamp;
use pim::child_scope::ChildScope;
use pim::ids::{PlaneId, ProfileId};
use pim::listing::Coverage;
use pim::records::{RecordKind, StoreError};
use pim::target::{Names, Target};
use serde::{Deserialize, Serialize};

use crate::personal::Personal;
use crate::selection::{Again, Fields, RowKey, Selection, Wanted};
use crate::{Portal, PortalError, Session};

/// How many profiles one person may have in one tenant.
pub const MOST_PROFILES: usize = 50;
/// How many roles one profile may hold.
pub const MOST_ROLES: usize = 100;
/// The longest name, in characters.
pub const LONGEST_NAME: usize = 80;

/// A role of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileRole {
    /// What it is.
    pub target: Target,
    /// What it was called when the profile was saved, so that it can be named when it is gone.
    pub names: Names,
    /// Scopes below its own that it is narrowed to.
    #[serde(default)]
    pub narrowed: Vec<ChildScope>,
}

/// What the confirm page is filled with.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Defaults {
    /// How long.
    pub wanted: Wanted,
    /// Why.
    pub justification: String,
    /// Ticket number.
    pub ticket_number: String,
    /// Ticket system.
    pub ticket_system: String,
}

impl Defaults {
    /// What was typed for all roles, once.
    fn of(fields: Fields) -> Self {
        let Fields { wanted, justification, ticket_number, ticket_system, .. } = fields;
        Self { wanted, justification, ticket_number, ticket_system }
    }
}

/// A profile.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Its id, which stands in URLs and stays when it is renamed.
    pub id: ProfileId,
    /// Its name; unique for the person, whatever the case.
    pub name: String,
    /// Its roles.
    pub roles: Vec<ProfileRole>,
    /// What is usually typed.
    pub defaults: Defaults,
    /// When it was used last, to make a selection.
    #[serde(default)]
    pub last_used: Option<Timestamp>,
}

/// A person's profiles, as they are stored.
#[derive(Default, Serialize, Deserialize)]
struct Profiles(Vec<Profile>);

impl Personal for Profiles {
    const KIND: RecordKind = RecordKind::Profiles;
}

/// A profile that became a selection.
#[derive(Clone, PartialEq, Eq)]
pub struct Used {
    /// The selection, to be confirmed.
    pub selection: Selection,
    /// Roles that the person is no longer eligible for.
    pub missing: Vec<ProfileRole>,
    /// Planes that could not be read, or not all of them: of their roles that are not in the selection nothing is known.
    pub unread: Vec<PlaneId>,
}

/// Why a profile was not saved, changed or used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// No such profile of this person.
    #[error("no such profile")]
    NotFound,
    /// A name is missing.
    #[error("a name is missing")]
    NoName,
    /// The name is longer than [`LONGEST_NAME`].
    #[error("the name is too long")]
    NameTooLong,
    /// Another profile has this name.
    #[error("another profile has this name")]
    NameTaken,
    /// There are [`MOST_PROFILES`] already.
    #[error("too many profiles")]
    TooMany,
    /// A plane could not be read, so not all roles could be told: nothing was saved, rather than a part.
    #[error("a plane could not be read")]
    Unread,
    /// It would have no role, or more than [`MOST_ROLES`].
    #[error("no role, or too many")]
    Roles,
    /// The selection could not be read or made, or the store failed.
    #[error(transparent)]
    Portal(#[from] PortalError),
}

impl From<StoreError> for ProfileError {
    fn from(error: StoreError) -> Self {
        Self::Portal(error.into())
    }
}

impl Portal {
    /// The person's profiles, in their order.
    pub async fn profiles(&self, session: &Session) -> Result<Vec<Profile>, ProfileError> {
        Ok(self.personal::<Profiles>(session).await?.0)
    }

    /// Saves the roles of `selection` under `name`, with what was typed.
    pub async fn save_profile(
        &self,
        session: &Session,
        selection: &Selection,
        name: &str,
    ) -> Result<Profile, ProfileError> {
        let roles = self.roles_of(session, selection).await?;
        let defaults = Defaults::of(selection.fields.clone());
        let profile =
            Profile { id: ProfileId::random(), name: checked(name)?, roles, defaults, last_used: None };
        self.change_personal(session, |Profiles(profiles)| {
            if profiles.len() >= MOST_PROFILES {
                return Err(ProfileError::TooMany);
            }
            is_free(profiles, &profile)?;
            profiles.push(profile.clone());
            Ok(())
        })
        .await?;
        Ok(profile)
    }

    /// The roles of a selection, as a profile keeps them.
    async fn roles_of(
        &self,
        session: &Session,
        selection: &Selection,
    ) -> Result<Vec<ProfileRole>, ProfileError> {
        let mut roles: Vec<ProfileRole> = Vec::new();
        for row in &selection.rows {
            let eligible = self.eligible(session, &row.plane).await.map_err(|_| ProfileError::Unread)?;
            let found = eligible.roles.iter().find(|role| role.eligibility.id.as_str() == row.row);
            let Some(eligibility) = found.map(|role| &role.eligibility) else { continue };
            if !roles.iter().any(|role| role.target.same_as(&eligibility.target)) {
                let (target, names) = (eligibility.target.clone(), eligibility.names.clone());
                roles.push(ProfileRole { target, names, narrowed: selection.narrowed(row).to_vec() });
            }
        }
        if roles.is_empty() || roles.len() > MOST_ROLES {
            return Err(ProfileError::Roles);
        }
        Ok(roles)
    }

    /// Deletes a profile, if there is one.
    pub async fn delete_profile(&self, session: &Session, id: ProfileId) -> Result<(), ProfileError> {
        self.change_personal(session, |Profiles(profiles)| {
            profiles.retain(|profile| profile.id != id);
            Ok(())
        })
        .await
    }

    /// Makes a selection of the profile with this name or id, or at this place (`#1` is the first), filled with its defaults. Changes nothing else but when it
    /// was used last: [`PortalError::NotEligible`] when none of its roles can be found.
    pub async fn use_profile(
        &self,
        session: &Session,
        name_or_id: &str,
        reason: Option<&str>,
    ) -> Result<Used, ProfileError> {
        let profiles = self.profiles(session).await?;
        let wanted = name_or_id.trim();
        let by_id = profiles.iter().find(|profile| profile.id.to_string() == wanted);
        let by_name = || profiles.iter().find(|profile| same_name(&profile.name, wanted));
        let by_place = || {
            let place: usize = wanted.strip_prefix('#')?.parse().ok()?;
            profiles.get(place.checked_sub(1)?)
        };
        let profile = by_id.or_else(by_name).or_else(by_place).ok_or(ProfileError::NotFound)?;
        let (mut rows, mut narrowed) = (Vec::new(), Vec::new());
        let (mut missing, mut unread) = (Vec::new(), Vec::new());
        for role in &profile.roles {
            let plane = &role.target.plane;
            let Ok(eligible) = self.eligible(session, plane).await else {
                if !unread.contains(plane) {
                    unread.push(plane.clone());
                }
                continue;
            };
            match eligible.roles.iter().find(|each| each.eligibility.target.same_as(&role.target)) {
                Some(found) => {
                    let row = RowKey::new(plane, found.eligibility.id.as_str());
                    if !role.narrowed.is_empty() {
                        narrowed.push((row.clone(), role.narrowed.clone()));
                    }
                    rows.push(row);
                }
                // Where rows may be missing, absence tells nothing.
                None if eligible.coverage != Coverage::Whole => {
                    if !unread.contains(plane) {
                        unread.push(plane.clone());
                    }
                }
                None => missing.push(role.clone()),
            }
        }
        if rows.is_empty() {
            return Err(PortalError::NotEligible.into());
        }
        let Defaults { wanted, justification, ticket_number, ticket_system } = profile.defaults.clone();
        let justification = reason.map_or(justification, str::to_owned);
        let fields = Fields { wanted, justification, ticket_number, ticket_system, ..Fields::default() };
        let named = missing.iter().map(|role: &ProfileRole| role.names.clone()).collect();
        let again = Again { rows, narrowed, missing: named, fields: fields.bounded(), ..Again::default() };
        let selection = self.select_again(session, again).await?;
        let (id, now) = (profile.id, self.clock.now());
        let noted = self.change_profiles(session, id, |profiles, at| {
            profiles[at].last_used = Some(now);
            Ok(())
        });
        if noted.await.is_err() {
            // It is used all the same.
            tracing::warn!("the use of a profile could not be noted");
        }
        Ok(Used { selection, missing, unread })
    }
}

fn checked(name: &str) -> Result<String, ProfileError> {
    let name = name.trim();
    match name.chars().count() {
        0 => Err(ProfileError::NoName),
        1..=LONGEST_NAME => Ok(name.to_owned()),
        _ => Err(ProfileError::NameTooLong),
    }
}

fn same_name(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn is_free(profiles: &[Profile], wanted: &Profile) -> Result<(), ProfileError> {
    let taken = profiles.iter().any(|other| other.id != wanted.id && same_name(&other.name, &wanted.name));
    if taken { Err(ProfileError::NameTaken) } else { Ok(()) }
}
