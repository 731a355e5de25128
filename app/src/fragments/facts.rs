//! What an eligible role is, in the marks that a [`View`](crate::view::View) filters by, and with what it is grouped.

use pim::eligibility::Eligibility;
use pim::plane::Descriptor;
use pim::policy::{ApprovalRequirement, ContextRequirement, Policy, Requirement};
use pim::target::{MemberType, Names, Target};

use crate::view::choices::{Ask, Choice, Environment, Grouping, Only, Scope};
use crate::view::environment;

/// What is told of a row.
pub(super) struct Facts {
    /// What can be searched, in lower case.
    pub(super) text: String,
    /// The slugs of what it is, with spaces between.
    pub(super) marks: String,
    pub(super) environment: Option<Environment>,
}

impl Facts {
    pub(super) fn of(plane: &Descriptor, eligibility: &Eligibility, policy: &Policy, only: &[Only]) -> Self {
        let environment = environment(&eligibility.target, &eligibility.names);
        let marks = asks(policy)
            .into_iter()
            .map(Choice::slug)
            .chain(scope(&eligibility.target).map(Choice::slug))
            .chain(environment.map(Choice::slug))
            .chain(only.iter().map(|one| one.slug()));
        Self {
            text: text(plane, &eligibility.names),
            marks: marks.collect::<Vec<_>>().join(" "),
            environment,
        }
    }
}

/// What can be searched of a row with these names, in lower case.
pub(super) fn text(plane: &Descriptor, names: &Names) -> String {
    format!("{} {} {}", names.title, names.place, plane.singular).to_lowercase()
}

/// What an activation asks for. What is not known is told beside what is.
fn asks(policy: &Policy) -> Vec<Ask> {
    let sign_in = match policy.authentication_context {
        ContextRequirement::Required(_) => Requirement::Required,
        ContextRequirement::NotRequired => Requirement::NotRequired,
        ContextRequirement::Unknown => Requirement::Unknown,
    };
    let approval = match policy.approval {
        ApprovalRequirement::Required(_) => Requirement::Required,
        ApprovalRequirement::NotRequired => Requirement::NotRequired,
        ApprovalRequirement::Unknown => Requirement::Unknown,
    };
    let rules = [
        (Ask::Approval, approval),
        (Ask::Ticket, policy.ticket),
        (Ask::SignIn, sign_in),
        (Ask::Mfa, policy.mfa),
    ];
    let is = |wanted| move |(_, one): &&(Ask, Requirement)| *one == wanted;
    let mut asks: Vec<Ask> = rules.iter().filter(is(Requirement::Required)).map(|(ask, _)| *ask).collect();
    if rules.iter().any(|rule| is(Requirement::Unknown)(&rule)) || policy.maximum_duration.is_none() {
        asks.push(Ask::Unknown);
    }
    if asks.is_empty() {
        asks.push(Ask::Nothing);
    }
    asks
}

/// What kind of thing it holds for, by the shape of its scope.
fn scope(target: &Target) -> Option<Scope> {
    let path = target.scope.as_str().to_ascii_lowercase();
    let steps: Vec<&str> = path.split('/').filter(|step| !step.is_empty()).collect();
    Some(match *steps.as_slice() {
        [] => Scope::Directory,
        ["administrativeunits", _] => Scope::Unit,
        ["providers", "microsoft.management", "managementgroups", _] => Scope::ManagementGroup,
        ["subscriptions", _] => Scope::Subscription,
        ["subscriptions", _, "resourcegroups", _] => Scope::ResourceGroup,
        ["subscriptions", _, ..] => Scope::Resource,
        [_] if path.starts_with('/') => Scope::Object,
        [_] if target.role.as_str().eq_ignore_ascii_case("owner") => Scope::Owner,
        [_] if target.role.as_str().eq_ignore_ascii_case("member") => Scope::Member,
        _ => return None,
    })
}

/// A group is called what its first line says; of anything else the first line is the role, and the second where it holds.
fn environment(target: &Target, names: &Names) -> Option<Environment> {
    let is_group = matches!(scope(target), Some(Scope::Member | Scope::Owner));
    environment::guess(if is_group { &names.title } else { &names.place })
}

/// How a row is held, in words.
pub(super) fn origin(member_type: &MemberType) -> String {
    match member_type {
        MemberType::Direct => "direct".to_owned(),
        MemberType::Group => "through a group".to_owned(),
        MemberType::Inherited => "inherited".to_owned(),
        MemberType::Other(word) => word.clone(),
    }
}

/// What a row stands under: a key to tell groups apart, and the words. Nothing, where planes are all there is.
pub(super) fn group(eligibility: &Eligibility, grouping: Grouping) -> Option<(String, String)> {
    let target = &eligibility.target;
    match grouping {
        Grouping::Plane => None,
        Grouping::Origin => {
            let words = crate::components::policy::capitalised(&origin(&eligibility.member_type));
            Some((words.clone(), words))
        }
        Grouping::Scope => {
            let path = target.scope.as_str().to_ascii_lowercase();
            let place = &eligibility.names.place;
            let subscription = path.strip_prefix("/subscriptions/").and_then(|rest| rest.split('/').next());
            Some(match (subscription, scope(target)) {
                (Some(id), _) => (id.to_owned(), place.split(" / ").next().unwrap_or_default().to_owned()),
                // Every group is a scope of its own: what they have in common is how they are held.
                (None, Some(Scope::Member | Scope::Owner)) => (place.clone(), place.clone()),
                (None, _) => (path, place.clone()),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_of_a_scope_tells_its_kind() {
        let kind = |role: &str, scope: &str| {
            super::scope(&Target { plane: "any".into(), role: role.into(), scope: scope.into() })
        };
        for (path, expected) in [
            ("/", Scope::Directory),
            ("/administrativeUnits/u-1", Scope::Unit),
            ("/a-1", Scope::Object),
            ("/providers/Microsoft.Management/managementGroups/landing", Scope::ManagementGroup),
            ("/subscriptions/s-1", Scope::Subscription),
            ("/subscriptions/s-1/resourceGroups/rg", Scope::ResourceGroup),
            ("/subscriptions/s-1/resourcegroups/rg/providers/Microsoft.Web/sites/x", Scope::Resource),
        ] {
            assert_eq!(kind("r-1", path), Some(expected), "{path}");
        }
        assert_eq!(kind("member", "g-1"), Some(Scope::Member));
        assert_eq!(kind("Owner", "g-1"), Some(Scope::Owner));
        assert_eq!(kind("r-1", "/providers/Other/things/x"), None);
    }

    #[test]
    fn what_is_not_known_is_never_nothing() {
        assert_eq!(asks(&Policy::unknown()), [Ask::Unknown]);
        let free = Policy {
            maximum_duration: pim::duration::ActivationDuration::from_minutes(60),
            justification: Requirement::Required,
            ticket: Requirement::NotRequired,
            mfa: Requirement::NotRequired,
            authentication_context: ContextRequirement::NotRequired,
            approval: ApprovalRequirement::NotRequired,
        };
        assert_eq!(asks(&free), [Ask::Nothing]);
        let strict = Policy { ticket: Requirement::Required, mfa: Requirement::Unknown, ..free };
        assert_eq!(asks(&strict), [Ask::Ticket, Ask::Unknown]);
    }
}
