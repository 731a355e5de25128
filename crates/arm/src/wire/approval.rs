//! Approvals and their stages.
//! <https://learn.microsoft.com/rest/api/authorization/role-assignment-approval/get-by-id>

use pim::approval::{Decision, Verdict};
use pim::ids::PrincipalId;
use serde::{Deserialize, Serialize};
use transport::segment;
use transport::wire::said;

use super::{Resource, last};

/// An approval.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Approval {
    stages: Option<Vec<Resource<Stage>>>,
}

/// One stage of it. PIM has one; the first approver decides.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Stage {
    status: Option<String>,
    assigned_to_me: Option<bool>,
    reviewed_by: Option<Reviewer>,
    review_result: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Reviewer {
    principal_id: Option<String>,
}

/// How an approval stands, for one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nobody has decided, and the person may. The stage's id.
    Mine(String),
    /// Nobody has decided; others may.
    Others,
    /// Decided, by the person themself or by somebody.
    Decided { decision: Decision, own: bool },
    /// Nobody decided, and nobody can any more.
    Over,
}

impl Stage {
    fn decision(&self) -> Option<Decision> {
        match self.review_result.as_deref()?.to_ascii_lowercase().as_str() {
            "approve" => Some(Decision::Approve),
            "deny" => Some(Decision::Deny),
            _ => None,
        }
    }

    fn is_open(&self) -> bool {
        let closed = ["completed", "completing", "expired"];
        let status = self.status.as_deref().unwrap_or_default();
        !closed.iter().any(|closed| closed.eq_ignore_ascii_case(status))
    }

    fn reviewer(&self) -> Option<PrincipalId> {
        self.reviewed_by.as_ref()?.principal_id.as_deref()?.parse().ok()
    }
}

impl Approval {
    /// How it stands for `person`. `None`: it does not say.
    pub(crate) fn standing(&self, person: PrincipalId) -> Option<Standing> {
        let stages: Vec<(&Resource<Stage>, &Stage)> = self
            .stages
            .iter()
            .flatten()
            .filter_map(|stage| Some((stage, stage.properties.as_ref()?)))
            .collect();
        let decided = stages.iter().find_map(|(_, stage)| Some((stage.decision()?, stage.reviewer())));
        if let Some((decision, reviewer)) = decided {
            return Some(Standing::Decided { decision, own: reviewer == Some(person) });
        }
        let mut open = stages.iter().filter(|(_, stage)| stage.is_open()).peekable();
        if open.peek().is_none() {
            return (!stages.is_empty()).then_some(Standing::Over);
        }
        // Microsoft's example names a stage differently in its id and in its name, and decides it by the id.
        let id = |stage: &Resource<Stage>| {
            let id = said(stage.id.as_deref()).map(last).or_else(|| said(stage.name.as_deref()));
            id.and_then(segment).map(str::to_owned)
        };
        // What does not say whose it is may be anybody's: the service refuses a decision that is not theirs to make.
        let mine = open.find(|(_, stage)| stage.assigned_to_me != Some(false));
        mine.map_or(Some(Standing::Others), |(stage, _)| id(stage).map(Standing::Mine))
    }
}

/// A decision as it is sent. The published schema takes the properties alone, its own example and other clients put them into
/// `properties`; both forms exist.
/// <https://learn.microsoft.com/rest/api/authorization/role-assignment-approval-step/patch>
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Review<'a> {
    review_result: &'static str,
    justification: &'a str,
}

/// A decision in `properties`.
#[derive(Debug, Serialize)]
pub(crate) struct Wrapped<'a> {
    properties: &'a Review<'a>,
}

impl<'a> Review<'a> {
    pub(crate) fn new(verdict: &'a Verdict) -> Self {
        let review_result = match verdict.decision {
            Decision::Approve => "Approve",
            Decision::Deny => "Deny",
        };
        Self { review_result, justification: &verdict.reason }
    }

    pub(crate) fn wrapped(&'a self) -> Wrapped<'a> {
        Wrapped { properties: self }
    }
}
