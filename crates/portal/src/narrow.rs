//! An activation at scopes below the eligibility's own: less power, for the same work.
//! <https://learn.microsoft.com/azure/role-based-access-control/pim-integration>

use std::sync::Arc;

use pim::child_scope::ChildScope;
use pim::error::{ErrorKind, PlaneError};
use pim::ids::{ScopeId, SelectionId};
use pim::listing::Listing;

use crate::overview::EligibleRole;
use crate::selection::{RowKey, Selection};
use crate::{Portal, PortalError, Session};

/// How many scopes one role may be narrowed to: each is a request of its own.
pub const MOST_SCOPES: usize = 50;

/// What the person chooses scopes for.
#[derive(Clone, Debug, PartialEq)]
pub struct Narrowing {
    /// The role.
    pub role: EligibleRole,
    /// What lies below it.
    pub below: Arc<Listing<ChildScope>>,
    /// What is chosen so far.
    pub chosen: Vec<ChildScope>,
}

impl Portal {
    /// Whether `role` can be activated below its own scope.
    #[must_use]
    pub fn can_narrow(&self, role: &EligibleRole) -> bool {
        let target = &role.eligibility.target;
        // Without the schedule the service cannot tell which eligibility an activation below it uses.
        role.eligibility.schedule.is_some()
            && self
                .plane(&target.plane)
                .and_then(|plane| plane.child_scopes())
                .is_some_and(|scopes| scopes.has_children(&target.scope))
    }

    /// What lies below a role of the selection.
    pub async fn narrowing(
        &self,
        session: &Session,
        selection: &Selection,
        row: &RowKey,
    ) -> Result<Narrowing, PlaneError> {
        let role = self.role(session, selection, row).await?;
        let below = self.below(session, &role).await?;
        let chosen = selection.narrowed(row).to_vec();
        Ok(Narrowing { role, below, chosen })
    }

    /// Narrows a role of the selection to `scopes`; to none: activates it where it is eligible. Scopes that do not lie below it are left
    /// out; [`PortalError::NothingChosen`] when none of them does, and the selection stays as it was.
    pub async fn narrow(
        &self,
        session: &Session,
        id: SelectionId,
        row: &RowKey,
        scopes: &[ScopeId],
    ) -> Result<Selection, PortalError> {
        let selection = self.selection(session, id).await?;
        let chosen: Vec<ChildScope> = if scopes.is_empty() {
            Vec::new()
        } else {
            let narrowing =
                self.narrowing(session, &selection, row).await.map_err(|_| PortalError::NotFound)?;
            let below = narrowing.below.rows.iter().filter(|child| scopes.contains(&child.scope));
            let chosen: Vec<ChildScope> = below.take(MOST_SCOPES).cloned().collect();
            // Narrowed to nothing, it would be activated at the whole of its scope: more than was asked for.
            if chosen.is_empty() {
                return Err(PortalError::NothingChosen);
            }
            chosen
        };
        self.amend_selection(session, id, |selection| {
            selection.narrowed.retain(|(narrowed, _)| narrowed != row);
            // Another tab may have taken the role out meanwhile.
            if !chosen.is_empty() && selection.rows.contains(row) {
                selection.narrowed.push((row.clone(), chosen.clone()));
            }
        })
        .await
    }

    async fn role(
        &self,
        session: &Session,
        selection: &Selection,
        row: &RowKey,
    ) -> Result<EligibleRole, PlaneError> {
        if !selection.rows.contains(row) {
            return Err(ErrorKind::NotFound.into());
        }
        let eligible = self.eligible(session, &row.plane).await?;
        let role = eligible.roles.iter().find(|role| role.eligibility.id.as_str() == row.row);
        role.filter(|role| self.can_narrow(role)).cloned().ok_or_else(|| ErrorKind::NotFound.into())
    }

    pub(crate) async fn below(
        &self,
        session: &Session,
        role: &EligibleRole,
    ) -> Result<Arc<Listing<ChildScope>>, PlaneError> {
        let target = role.eligibility.target.clone();
        let plane = self.plane(&target.plane).ok_or(ErrorKind::NotFound)?.clone();
        let caller = session.caller.clone();
        let key = (caller.tenant, caller.principal, target.clone());
        self.kept
            .children
            .get(key, async move {
                let scopes = plane.child_scopes().ok_or(ErrorKind::NotFound)?;
                scopes.children(&caller, &target.scope).await.map(Arc::new)
            })
            .await
    }
}

impl Selection {
    /// The scopes that `row` is narrowed to.
    #[must_use]
    pub fn narrowed(&self, row: &RowKey) -> &[ChildScope] {
        self.narrowed.iter().find(|(narrowed, _)| narrowed == row).map_or(&[], |(_, scopes)| scopes)
    }
}
