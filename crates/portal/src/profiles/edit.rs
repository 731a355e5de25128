//! Changing a profile: its name, what the confirm page is filled with, its roles, and its place among the others.

use pim::ids::ProfileId;

use super::{Defaults, MOST_ROLES, Profile, ProfileError, ProfileRole, Profiles, checked, is_free};
use crate::selection::{Fields, Selection};
use crate::{Portal, Session};

/// A direction in the person's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Towards the first.
    Up,
    /// Towards the last.
    Down,
}

impl ProfileRole {
    /// Names the role in a form.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{} {} {}", self.target.plane, self.target.role, self.target.scope)
    }
}

impl Portal {
    /// Gives a profile another name and other defaults.
    pub async fn edit_profile(
        &self,
        session: &Session,
        id: ProfileId,
        name: &str,
        defaults: Defaults,
    ) -> Result<(), ProfileError> {
        let name = checked(name)?;
        let Defaults { wanted, justification, ticket_number, ticket_system } = defaults;
        let fields = Fields { wanted, justification, ticket_number, ticket_system, ..Fields::default() };
        let defaults = Defaults::of(fields.bounded());
        self.change_profiles(session, id, |profiles, at| {
            let edited = Profile { name: name.clone(), defaults: defaults.clone(), ..profiles[at].clone() };
            is_free(profiles, &edited)?;
            profiles[at] = edited;
            Ok(())
        })
        .await
    }

    /// Takes the role with this [`ProfileRole::key`] out of a profile. The last one stays: a profile without roles is none.
    pub async fn remove_from_profile(
        &self,
        session: &Session,
        id: ProfileId,
        key: &str,
    ) -> Result<(), ProfileError> {
        self.change_profiles(session, id, |profiles, at| {
            let roles = &mut profiles[at].roles;
            if roles.len() == 1 {
                return Err(ProfileError::Roles);
            }
            roles.retain(|role| role.key() != key);
            Ok(())
        })
        .await
    }

    /// Adds the roles of `selection` that a profile does not have yet.
    pub async fn add_to_profile(
        &self,
        session: &Session,
        selection: &Selection,
        id: ProfileId,
    ) -> Result<(), ProfileError> {
        let new = self.roles_of(session, selection).await?;
        self.change_profiles(session, id, |profiles, at| {
            let roles = &mut profiles[at].roles;
            for role in &new {
                if !roles.iter().any(|known| known.target.same_as(&role.target)) {
                    roles.push(role.clone());
                }
            }
            if roles.len() > MOST_ROLES { Err(ProfileError::Roles) } else { Ok(()) }
        })
        .await
    }

    /// Moves a profile by one place; the first stays first, and the last last.
    pub async fn move_profile(
        &self,
        session: &Session,
        id: ProfileId,
        direction: Direction,
    ) -> Result<(), ProfileError> {
        self.change_profiles(session, id, |profiles, at| {
            let to = match direction {
                Direction::Up => at.saturating_sub(1),
                Direction::Down => (at + 1).min(profiles.len() - 1),
            };
            profiles.swap(at, to);
            Ok(())
        })
        .await
    }

    /// Changes the profiles of which the one at the given place has this id.
    pub(super) async fn change_profiles(
        &self,
        session: &Session,
        id: ProfileId,
        change: impl Fn(&mut Vec<Profile>, usize) -> Result<(), ProfileError>,
    ) -> Result<(), ProfileError> {
        self.change_personal(session, |Profiles(profiles)| {
            let at = profiles.iter().position(|profile| profile.id == id).ok_or(ProfileError::NotFound)?;
            change(profiles, at)
        })
        .await
    }
}
