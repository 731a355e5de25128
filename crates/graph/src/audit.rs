//! The directory's audit log, as far as PIM wrote it: [`DirectoryAudits`].
//! <https://learn.microsoft.com/graph/api/directoryaudit-list>,
//! <https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-use-audit-log>
//!
//! The service ends an activation by itself, so the caller is looked for among a row's targets and not only as who did it. Core
//! Directory writes a twin of each row; only PIM's own are taken. To teach it another activity, add a line to [`activity`].

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use pim::audit::{Activity, AuditEntry, AuditLog};
use pim::error::{ErrorKind, PlaneError};
use pim::ids::{PlaneId, PrincipalId, RequestId, RoleId, ScopeId};
use pim::plane::Caller;
use pim::tokens::Audience;
use serde::Deserialize;
use transport::wire::{said, timestamp, usable};
use transport::{Api, Line, Route};

const PATH: &str = "/v1.0/auditLogs/directoryAudits";

/// The lane of these calls: the log is throttled apart from the planes, to five calls in ten seconds.
const LANE: &str = "audit";

/// The audit log over Microsoft Graph.
pub struct DirectoryAudits {
    api: Arc<Api>,
}

impl DirectoryAudits {
    /// The log on the Graph at `api`.
    #[must_use]
    pub fn new(api: Arc<Api>) -> Self {
        Self { api }
    }
}

#[async_trait]
impl AuditLog for DirectoryAudits {
    async fn entries(
        &self,
        caller: &Caller,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<AuditEntry>, PlaneError> {
        let line = self.api.line(caller, &PlaneId::from(LANE), Audience::Graph).await?;
        let rows = rows(&line, caller.principal, since, until).await?;
        let about = rows.into_iter().filter(|row| row.is_pim() && row.is_about(caller.principal));
        let mut entries = usable(about, "audit entries", |row| row.entry(caller.principal));
        entries.retain(|entry| entry.at >= since && entry.at <= until);
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
        Ok(entries)
    }
}

/// The rows whose target is `person`. Where the service does not take that filter, all of PIM's rows, of which most are others'.
async fn rows(
    line: &Line,
    person: PrincipalId,
    since: Timestamp,
    until: Timestamp,
) -> Result<Vec<Row>, PlaneError> {
    // Written in whole seconds; what is outside is left out afterwards.
    let until = until.checked_add(SignedDuration::from_secs(1)).unwrap_or(until);
    let route = |more: &str| {
        let filter = format!(
            "loggedByService eq 'PIM' and activityDateTime ge {since:.0} and activityDateTime le {until:.0}{more}"
        );
        Route::new(PATH, format!("{PATH}?$filter={filter}&$orderby=activityDateTime desc&$top=100"))
    };
    let target = format!(" and targetResources/any(t:t/id eq '{person}')");
    match line.pages(&route(&target)).await {
        Err(PlaneError { kind: ErrorKind::Rejected(_), .. }) => line.pages(&route("")).await,
        answer => answer,
    }
}

/// <https://learn.microsoft.com/graph/api/resources/directoryaudit>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: Option<String>,
    category: Option<String>,
    correlation_id: Option<String>,
    result: Option<String>,
    result_reason: Option<String>,
    #[serde(default, deserialize_with = "transport::wire::name")]
    activity_display_name: Option<String>,
    activity_date_time: Option<String>,
    logged_by_service: Option<String>,
    initiated_by: Option<InitiatedBy>,
    target_resources: Option<Vec<TargetResource>>,
    additional_details: Option<Vec<Detail>>,
}

#[derive(Debug, Deserialize)]
struct InitiatedBy {
    user: Option<Initiator>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Initiator {
    id: Option<String>,
    #[serde(default, deserialize_with = "transport::wire::name")]
    display_name: Option<String>,
    user_principal_name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TargetResource {
    id: Option<String>,
    #[serde(default, deserialize_with = "transport::wire::name")]
    display_name: Option<String>,
    #[serde(rename = "type", alias = "Type")]
    kind: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Detail {
    key: Option<String>,
    value: Option<String>,
}

impl Row {
    fn is_pim(&self) -> bool {
        self.logged_by_service.as_deref().is_some_and(|service| service.eq_ignore_ascii_case("PIM"))
    }

    fn is_about(&self, person: PrincipalId) -> bool {
        let is_person = |id: Option<&str>| id.and_then(|id| id.parse().ok()) == Some(person);
        let targets = self.target_resources.iter().flatten();
        let mut people = targets
            .filter(|target| target.is("user") || target.kind.is_none())
            .map(|target| target.id.as_deref());
        people.any(is_person)
    }

    fn target(&self, kind: &str) -> Option<&TargetResource> {
        self.target_resources.iter().flatten().find(|target| target.is(kind))
    }

    fn detail(&self, key: &str) -> Option<&str> {
        let is_key =
            |detail: &&Detail| detail.key.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(key));
        let detail = self.additional_details.iter().flatten().find(is_key)?;
        said(detail.value.as_deref())
    }

    fn user(&self) -> Option<&Initiator> {
        self.initiated_by.as_ref()?.user.as_ref()
    }

    /// The service appears as a user without a sign-in name ("Azure AD PIM"), or as no user at all.
    fn by_service(&self, person: PrincipalId) -> bool {
        self.user().is_none_or(|user| {
            let own = user.id.as_deref().and_then(|id| id.parse().ok()) == Some(person);
            !own && said(user.user_principal_name.as_deref()).is_none()
        })
    }

    /// `None` without an id, a time or a plane.
    fn entry(&self, person: PrincipalId) -> Option<AuditEntry> {
        let plane = plane(self.category.as_deref()?)?;
        let is_group = plane.as_str() == "groups";
        let (role, group) = (self.target("role"), self.target("group"));
        let name = |target: Option<&TargetResource>| Some(said(target?.display_name.as_deref())?.to_owned());
        let id = |target: Option<&TargetResource>| Some(said(target?.id.as_deref())?.to_owned());
        let by_service = self.by_service(person);
        let request = self
            .detail("RoleAssignmentRequestId")
            .or_else(|| self.detail("RequestId"))
            .map(str::to_owned)
            .or_else(|| id(self.target("request")));
        Some(AuditEntry {
            id: said(self.id.as_deref())?.to_owned(),
            at: timestamp(self.activity_date_time.as_deref())?,
            activity: activity(self.activity_display_name.as_deref().unwrap_or_default()),
            succeeded: self.result.as_deref().is_some_and(|result| result.eq_ignore_ascii_case("success")),
            correlation_id: said(self.correlation_id.as_deref()).map(str::to_owned),
            request: request.map(RequestId),
            role: if is_group { access(role).map(RoleId::from) } else { id(role).map(RoleId) },
            title: if is_group { name(group) } else { None }.or_else(|| name(role)),
            scope: if is_group { id(group) } else { self.directory_scope() }.map(ScopeId),
            actor: self.user().filter(|_| !by_service).and_then(|user| {
                let name = said(user.display_name.as_deref());
                name.or_else(|| said(user.user_principal_name.as_deref())).map(str::to_owned)
            }),
            by_service,
            justification: self
                .detail("Justification")
                .or_else(|| said(self.result_reason.as_deref()))
                .map(str::to_owned),
            plane,
        })
    }

    fn directory_scope(&self) -> Option<String> {
        if let Some(unit) = self.target("administrativeunit") {
            return Some(format!("/administrativeUnits/{}", said(unit.id.as_deref())?));
        }
        if let Some(resource) = self.target("resource") {
            return said(resource.id.as_deref()).map(str::to_owned);
        }
        self.target("directory").map(|_| "/".to_owned())
    }
}

impl TargetResource {
    fn is(&self, kind: &str) -> bool {
        self.kind.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(kind))
    }
}

/// The kind of access to a group, which a row gives as its role.
fn access(role: Option<&TargetResource>) -> Option<&'static str> {
    let role = role?;
    let words = [role.id.as_deref(), role.display_name.as_deref()];
    ["member", "owner"]
        .into_iter()
        .find(|access| words.iter().flatten().any(|word| word.eq_ignore_ascii_case(access)))
}

fn plane(category: &str) -> Option<PlaneId> {
    match category.to_ascii_lowercase().as_str() {
        "rolemanagement" => Some(PlaneId::from("entra")),
        "groupmanagement" => Some(PlaneId::from("groups")),
        "resourcemanagement" => Some(PlaneId::from("azure")),
        _ => None,
    }
}

/// Compared without regard to case.
fn activity(name: &str) -> Activity {
    match name.to_ascii_lowercase().as_str() {
        "add member to role requested (pim activation)" => Activity::ActivationRequested,
        "add member to role approval requested (pim activation)" => Activity::ApprovalRequested,
        "add member to role request approved (pim activation)" => Activity::Approved,
        "add member to role request denied (pim activation)" => Activity::Denied,
        "add member to role completed (pim activation)" => Activity::Activated,
        "add member to role canceled (pim activation)" => Activity::Cancelled,
        "pim activation request expired" => Activity::RequestExpired,
        "remove member from role requested (pim deactivate)" => Activity::DeactivationRequested,
        "remove member from role completed (pim deactivate)" => Activity::Deactivated,
        "remove member from role (pim activation expired)" => Activity::Ended,
        _ => Activity::Other(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const ME: &str = "11111111-2222-3333-4444-555555555555";

    fn row(json: Value) -> Row {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn the_end_of_an_activation_is_the_service_s_and_about_the_person() {
        let me = ME.parse().unwrap();
        let row = row(json!({
            "id": "PIM_1", "category": "RoleManagement", "result": "success", "correlationId": "c-1",
            "activityDisplayName": "Remove member from role (PIM activation expired)",
            "activityDateTime": "2026-09-06T18:40:52.677024Z", "loggedByService": "PIM",
            "initiatedBy": { "app": null, "user": { "id": "9dfd627f-bdc5-4b1c-af9d-c85097fdeff8",
                "displayName": "Azure AD PIM", "userPrincipalName": null } },
            "targetResources": [
                { "id": "r-1", "displayName": "User Administrator", "type": "Role" },
                { "id": ME, "displayName": "Me", "type": "User" },
                { "id": "t", "displayName": "Contoso", "type": "Directory" } ],
            "additionalDetails": [{ "key": "RoleAssignmentRequestId", "value": "q-1" }, { "key": "oid", "value": null }],
        }));
        assert!(row.is_pim() && row.is_about(me) && !row.is_about(PrincipalId(uuid::Uuid::from_u128(7))));
        let expected = AuditEntry {
            id: "PIM_1".into(),
            at: "2026-09-06T18:40:52.677024Z".parse().unwrap(),
            plane: "entra".into(),
            activity: Activity::Ended,
            succeeded: true,
            correlation_id: Some("c-1".into()),
            request: Some("q-1".into()),
            role: Some("r-1".into()),
            title: Some("User Administrator".into()),
            scope: Some("/".into()),
            actor: None,
            by_service: true,
            justification: None,
        };
        assert_eq!(row.entry(me), Some(expected));
    }

    #[test]
    fn a_group_is_named_by_itself_and_a_failure_is_one() {
        let me = ME.parse().unwrap();
        let entry = row(json!({
            "id": "PIM_2", "category": "GroupManagement", "result": "failure", "resultReason": "why",
            "activityDisplayName": "Invented", "activityDateTime": "2026-09-06T18:40:52Z", "loggedByService": "PIM",
            "initiatedBy": { "user": { "id": ME, "displayName": "Me", "userPrincipalName": "me@x" } },
            "targetResources": [ { "id": "owner", "displayName": "Owner", "type": "Role" },
                { "id": "g-1", "displayName": "Operators", "type": "Group" },
                { "id": "q-2", "displayName": null, "type": "Request" } ],
        }))
        .entry(me)
        .unwrap();
        assert_eq!((entry.plane.as_str(), entry.title.as_deref()), ("groups", Some("Operators")));
        assert_eq!((entry.role, entry.scope), (Some("owner".into()), Some("g-1".into())));
        assert_eq!((entry.succeeded, entry.by_service, entry.actor.as_deref()), (false, false, Some("Me")));
        assert_eq!((entry.request, entry.justification.as_deref()), (Some("q-2".into()), Some("why")));
        assert_eq!(entry.activity, Activity::Other("Invented".into()));
    }

    #[test]
    fn what_has_no_plane_is_left_out() {
        let row = row(
            json!({ "id": "x", "category": "UserManagement", "activityDateTime": "2026-09-06T18:40:52Z" }),
        );
        assert_eq!(row.entry(ME.parse().unwrap()), None);
    }

    proptest! {
        #[test]
        fn whatever_an_activity_is_called_it_is_kept(name in ".{0,60}") {
            prop_assert_eq!(activity(&name), Activity::Other(name));
        }
    }
}
