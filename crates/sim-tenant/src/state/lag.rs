//! How late the planes are: what was committed shows up after a while. `POST /lag` orders it, in simulated time; nothing lags by default.
//!
//! To extend: a field with its meaning, and the place that reads it.

use jiff::SignedDuration;
use serde::Deserialize;

use crate::wire::duration;

/// Delays of one plane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lag {
    /// From the start of an activation to its being provisioned; until then its status is a transient one.
    pub(crate) provisioning: SignedDuration,
    /// From being provisioned to the instance's being listed. Azure finds nothing to deactivate before.
    pub(crate) instance: SignedDuration,
    /// From a request's creation to its being read or listed.
    pub(crate) request: SignedDuration,
    /// From an instance's end to its vanishing from lists.
    pub(crate) removal: SignedDuration,
    /// From a deactivation to the role's being free again.
    pub(crate) settling: SignedDuration,
}

/// An order; what is left out becomes nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Order {
    /// `entra`, `groups`, `azure`, or `*`.
    pub(crate) plane: Option<String>,
    /// `realistic`: what was measured of the real services.
    pub(crate) preset: Option<String>,
    provisioning: Option<String>,
    instance: Option<String>,
    request: Option<String>,
    removal: Option<String>,
    settling: Option<String>,
}

impl Order {
    /// The delays, or what is wrong with the order.
    pub(crate) fn lag(&self) -> Result<Lag, String> {
        if let Some(preset) = &self.preset {
            return if preset == "realistic" {
                Ok(Lag::realistic())
            } else {
                Err(format!("no preset {preset}"))
            };
        }
        let read = |text: &Option<String>| match text {
            None => Ok(SignedDuration::ZERO),
            Some(text) => duration::parse(text).ok_or_else(|| format!("{text} is not an ISO 8601 duration")),
        };
        Ok(Lag {
            provisioning: read(&self.provisioning)?,
            instance: read(&self.instance)?,
            request: read(&self.request)?,
            removal: read(&self.removal)?,
            settling: read(&self.settling)?,
        })
    }
}

impl Lag {
    /// Orders of magnitude that third parties measured: an instance within a minute or so, a role busy for two after its deactivation.
    const fn realistic() -> Self {
        Self {
            provisioning: SignedDuration::from_secs(5),
            instance: SignedDuration::from_secs(45),
            request: SignedDuration::from_secs(2),
            removal: SignedDuration::from_secs(1),
            settling: SignedDuration::from_secs(120),
        }
    }
}
