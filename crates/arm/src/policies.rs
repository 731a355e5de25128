//! Policies: one call per scope and role, several at a time, for Azure documents no batch. They are not inherited from a scope to
//! those below it.
//! <https://learn.microsoft.com/rest/api/authorization/role-management-policy-assignments>

use std::collections::HashMap;

use futures::StreamExt;
use pim::policy::{PolicyReading, Unreadable};
use pim::target::Target;
use transport::{Line, Route, rules};

use crate::scope;
use crate::wire::Resource;
use crate::wire::policy::PolicyAssignment;

/// Answers for each of `targets`.
pub(crate) async fn read(line: &Line, targets: &[Target]) -> HashMap<Target, PolicyReading> {
    let mut distinct: Vec<Target> = targets.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let readings = distinct.into_iter().map(|target| async move {
        let reading = one(line, &target).await;
        (target, reading)
    });
    futures::stream::iter(readings).buffer_unordered(line.width()).collect().await
}

async fn one(line: &Line, target: &Target) -> PolicyReading {
    let Some((scope, role)) = scope::checked(target.scope.as_str()).zip(scope::checked(target.role.as_str()))
    else {
        return PolicyReading::Unreadable(Unreadable::Missing);
    };
    let route = Route::new(
        "{scope}/providers/Microsoft.Authorization/roleManagementPolicyAssignments",
        format!(
            "{scope}/providers/Microsoft.Authorization/roleManagementPolicyAssignments\
             ?api-version=2020-10-01&$filter=roleDefinitionId eq '{role}'"
        ),
    );
    let rows: Vec<Resource<PolicyAssignment>> = match line.pages(&route).await {
        Ok(rows) => rows,
        Err(error) => return PolicyReading::Unreadable(rules::unreadable(&error)),
    };
    let row = rows.into_iter().filter_map(|row| row.properties).find(|row| row.is_for(&target.role));
    row.map_or(PolicyReading::Unreadable(Unreadable::Missing), |row| {
        rules::reading(row.effective_rules.as_deref())
    })
}
