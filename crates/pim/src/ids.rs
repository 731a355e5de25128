//! Identifiers, one newtype per kind, so that a group's id never stands where a person's is wanted.
//!
//! GUIDs compare by value; opaque ids are kept exactly as the service wrote them and are sent back unchanged.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! guid {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

/// GUIDs that the portal itself mints.
macro_rules! minted {
    ($name:ident) => {
        impl $name {
            /// A fresh one, from the operating system's randomness.
            #[cfg(not(target_arch = "wasm32"))]
            #[must_use]
            #[expect(
                clippy::disallowed_methods,
                reason = "this module is where the portal's own ids are minted"
            )]
            pub fn random() -> Self {
                Self(Uuid::new_v4())
            }
        }
    };
}

macro_rules! opaque {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The id as the service wrote it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

guid! {
    /// A directory (tenant).
    TenantId
}
guid! {
    /// A user's object id in its tenant: what PIM calls `principalId`.
    PrincipalId
}
guid! {
    /// One write that the portal carries out, in the journal.
    OperationId
}
guid! {
    /// The operations of one confirmation.
    BatchId
}
guid! {
    /// A selection that is being prepared for confirmation.
    SelectionId
}
guid! {
    /// A named set of roles; stays when it is renamed.
    ProfileId
}
guid! {
    /// The set of tokens that one sign-in brought.
    VaultId
}

minted!(OperationId);
minted!(BatchId);
minted!(SelectionId);
minted!(ProfileId);
minted!(VaultId);

opaque! {
    /// A plane: `entra`, `groups` or `azure`. Also used in URLs, configuration and class names.
    PlaneId
}
opaque! {
    /// One row of a person's eligibilities; unique within its plane and stable between two reads.
    EligibilityId
}
opaque! {
    /// One row of a person's assignments; unique within its plane.
    AssignmentId
}
opaque! {
    /// The role of a target: a role definition id, verbatim, or `member` / `owner` for a group.
    RoleId
}
opaque! {
    /// The scope of a target: a directory scope, a group id or an Azure scope, verbatim.
    ScopeId
}
opaque! {
    /// A schedule behind an eligibility or an assignment.
    ScheduleId
}
opaque! {
    /// A role request. The portal chooses it for Azure; Microsoft Graph chooses its own.
    RequestId
}
opaque! {
    /// An approval that somebody has to decide; only its plane can read it.
    ApprovalId
}
opaque! {
    /// An authentication context: `c1` to `c99`.
    ContextId
}
