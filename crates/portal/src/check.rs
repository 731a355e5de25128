//! A dry run on demand: what the service says to each activation of a plan, without sending any.
//!
//! It is bounded, because it asks the service once for each role: [`MOST_CHECKS`] roles, some at a time, within one span of time.

use std::time::Duration;

use futures::stream::{self, StreamExt};
use pim::error::PlaneError;
use pim::plane::Validation;
use tokio::time::{Instant, timeout_at};

use crate::plan::{Line, Plan};
use crate::{Portal, Session};

/// How many activations are checked at most.
pub const MOST_CHECKS: usize = 40;
/// How many are asked about at the same time.
const AT_ONCE: usize = 6;
/// How long the person waits for all of it.
const PATIENCE: Duration = Duration::from_secs(12);

/// What a check of one activation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// The service answered.
    Said(Validation),
    /// It could not be asked.
    Failed(PlaneError),
    /// It did not answer in time.
    Late,
    /// Not asked: it begins when what is active now ends, and until then the service refuses whatever overlaps.
    Continues,
    /// Not asked: there are more than [`MOST_CHECKS`].
    TooMany,
}

impl Portal {
    /// Asks the service about every line of `plan`, in its order; `None` for those that would not be sent. Nothing is created by it.
    pub async fn check(&self, session: &Session, plan: &Plan) -> Vec<Option<Check>> {
        let deadline = Instant::now() + PATIENCE;
        let mut asked = 0;
        let checks = plan.lines.iter().map(|line| {
            let known = if !line.is_ready() {
                Some(None)
            } else if line.continues {
                Some(Some(Check::Continues))
            } else {
                asked += 1;
                (asked > MOST_CHECKS).then_some(Some(Check::TooMany))
            };
            async move {
                if let Some(known) = known {
                    return known;
                }
                let said = timeout_at(deadline, self.check_one(session, line)).await;
                Some(said.unwrap_or(Check::Late))
            }
        });
        let checks: Vec<_> = checks.collect();
        stream::iter(checks).buffered(AT_ONCE).collect().await
    }

    async fn check_one(&self, session: &Session, line: &Line) -> Check {
        let Some(plane) = self.plane(&line.target.plane) else { return Check::Late };
        let mut caller = session.caller.clone();
        // As it would be sent: with the stronger sign-in where one was made.
        if let Some(challenge) = &line.challenge
            && caller.tokens.stronger_token(challenge).await.is_ok()
        {
            caller = caller.stronger(challenge.clone());
        }
        match plane.validate(&caller, &self.draft(line)).await {
            Ok(said) => Check::Said(said),
            Err(error) => Check::Failed(error),
        }
    }
}
