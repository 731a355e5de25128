//! The rows of the three planes in one form. Each plane's adapter prints them in its own words.

use jiff::{SignedDuration, Timestamp};

/// Which plane a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plane {
    Entra,
    Groups,
    Azure,
}

impl Plane {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Entra, Self::Groups, Self::Azure];

    /// The name used on the control port.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Entra => "entra",
            Self::Groups => "groups",
            Self::Azure => "azure",
        }
    }
}

/// What can be activated: a role at a scope.
///
/// | plane | role | scope |
/// |---|---|---|
/// | Entra | role definition id | directory scope id |
/// | groups | `member` or `owner` | group id |
/// | Azure | full role definition id | resource id |
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) plane: Plane,
    pub(crate) role: String,
    pub(crate) scope: String,
}

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        self.plane == other.plane
            && self.role.eq_ignore_ascii_case(&other.role)
            && self.scope.eq_ignore_ascii_case(&other.scope)
    }
}

/// Somebody may activate something.
#[derive(Clone, Debug)]
pub(crate) struct Eligibility {
    /// The person.
    pub(crate) principal: String,
    /// What the list shows as the principal: the person, or the group it comes through.
    pub(crate) listed_principal: String,
    /// The id of the group it comes through: it is there while the person is a member.
    pub(crate) through: Option<String>,
    pub(crate) target: Target,
    pub(crate) member_type: String,
    pub(crate) instance_id: String,
    /// A GUID; Azure prints it as a full id.
    pub(crate) schedule_id: String,
    pub(crate) start: Timestamp,
    pub(crate) end: Option<Timestamp>,
    pub(crate) condition: Option<String>,
}

/// Somebody has something.
#[derive(Clone, Debug)]
pub(crate) struct Assignment {
    pub(crate) principal: String,
    pub(crate) target: Target,
    pub(crate) member_type: String,
    /// Made by activating, as opposed to assigned by an administrator.
    pub(crate) activated: bool,
    pub(crate) instance_id: String,
    /// The id of the request that made it.
    pub(crate) schedule_id: String,
    pub(crate) start: Timestamp,
    pub(crate) end: Option<Timestamp>,
    /// The instance id of the eligibility that was used.
    pub(crate) eligibility: Option<String>,
    pub(crate) condition: Option<String>,
    /// Printed with null dates, as Graph does for some permanent assignments.
    pub(crate) dateless: bool,
}

impl Assignment {
    /// Whether it holds at a time.
    pub(crate) fn holds(&self, now: Timestamp) -> bool {
        self.start <= now && self.end.is_none_or(|end| end > now)
    }

    /// Whether it holds at a time or will later.
    pub(crate) fn holds_or_will(&self, now: Timestamp) -> bool {
        self.end.is_none_or(|end| end > now)
    }
}

/// What a request wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Activate,
    Deactivate,
    /// Lengthen an eligibility that still runs; an administrator decides.
    Extend,
    /// Renew an eligibility that has ended; an administrator decides.
    Renew,
    /// An administrator makes somebody eligible. Nobody sends this here: every eligibility of the seed comes of it.
    Assign,
}

impl Action {
    /// Graph's spelling; Azure's begins with a capital.
    pub(crate) fn graph(self) -> &'static str {
        match self {
            Self::Activate => "selfActivate",
            Self::Deactivate => "selfDeactivate",
            Self::Extend => "selfExtend",
            Self::Renew => "selfRenew",
            Self::Assign => "adminAssign",
        }
    }

    pub(crate) fn azure(self) -> &'static str {
        match self {
            Self::Activate => "SelfActivate",
            Self::Deactivate => "SelfDeactivate",
            Self::Extend => "SelfExtend",
            Self::Renew => "SelfRenew",
            Self::Assign => "AdminAssign",
        }
    }
}

/// When something starts and for how long, as asked.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    pub(crate) start: Timestamp,
    /// `None` without end; only eligibilities may be.
    pub(crate) end: Option<Timestamp>,
    /// The ISO 8601 text that was sent, for an `afterDuration`.
    pub(crate) duration: Option<String>,
}

/// A committed request.
#[derive(Clone, Debug)]
pub(crate) struct RoleRequest {
    pub(crate) id: String,
    pub(crate) principal: String,
    pub(crate) target: Target,
    pub(crate) action: Action,
    /// The status as decided; read it through [`RoleRequest::status_at`].
    pub(crate) status: &'static str,
    pub(crate) created: Timestamp,
    pub(crate) completed: Option<Timestamp>,
    pub(crate) schedule: Option<Schedule>,
    pub(crate) justification: Option<String>,
    pub(crate) ticket_number: Option<String>,
    pub(crate) ticket_system: Option<String>,
    pub(crate) linked_eligibility: Option<String>,
    pub(crate) condition: Option<String>,
    pub(crate) validation_only: bool,
    /// What an approver decided, where one had to.
    pub(crate) review: Option<Review>,
    /// How long the plane takes to provision it.
    pub(crate) provisioning: SignedDuration,
}

/// An approver's decision.
#[derive(Clone, Debug)]
pub(crate) struct Review {
    pub(crate) approved: bool,
    pub(crate) by: String,
    pub(crate) at: Timestamp,
    pub(crate) justification: String,
}

/// Who made people eligible: nobody who signs in here.
const ADMINISTRATOR: &str = "ad314157-51c8-4d0e-8f2a-6b1e000000ff";

/// How long an approver has.
pub(crate) const APPROVAL_LIFE: SignedDuration = SignedDuration::from_hours(24);

impl RoleRequest {
    /// The status at a time: a granted request is provisioned once its start has come, and one that nobody decides on times out.
    pub(crate) fn status_at(&self, now: Timestamp) -> &'static str {
        match &self.schedule {
            _ if self.waits() && now.duration_since(self.created) >= APPROVAL_LIFE => "TimedOut",
            Some(schedule) if self.action == Action::Activate => self.activating_at(schedule, now),
            _ => self.status,
        }
    }

    /// How far an activation that nobody holds up has come.
    fn activating_at(&self, schedule: &Schedule, now: Timestamp) -> &'static str {
        let done = schedule.start.saturating_add(self.provisioning).unwrap_or(schedule.start);
        match self.status {
            "Granted" if done <= now => "Provisioned",
            "Provisioned" if done > now && self.target.plane == Plane::Azure => "ProvisioningStarted",
            "Provisioned" if done > now => "PendingProvisioning",
            status => status,
        }
    }

    /// Whether it is about an eligibility, and not about an assignment: such requests are kept apart.
    pub(crate) fn is_about_eligibility(&self) -> bool {
        matches!(self.action, Action::Extend | Action::Renew | Action::Assign)
    }

    /// The object id of who asked: the person, or the administrator who made them eligible.
    pub(crate) fn requestor(&self) -> &str {
        if self.action == Action::Assign { ADMINISTRATOR } else { &self.principal }
    }

    /// The schedule it is about: an eligibility's, or that of the assignment which it makes itself.
    pub(crate) fn target_schedule(&self) -> &str {
        self.linked_eligibility.as_deref().filter(|_| self.is_about_eligibility()).unwrap_or(&self.id)
    }

    fn waits(&self) -> bool {
        matches!(self.status, "PendingApproval" | "PendingApprovalProvisioning")
    }

    /// Whether it waits for an approver at a time.
    pub(crate) fn is_pending(&self, now: Timestamp) -> bool {
        self.waits() && now.duration_since(self.created) < APPROVAL_LIFE
    }
}
