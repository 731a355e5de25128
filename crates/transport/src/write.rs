//! What is known after a write, for the port: shared by every plane.

use pim::error::{ErrorKind, PlaneError};
use pim::plane::{Rejection, Submission, Validation};

use crate::answer::Answer;
use crate::line::Outcome;
use crate::refusal;

/// Turns an [`Outcome`] into the port's answer. `read` reads the request out of an answer that says yes; when it cannot, the
/// request may exist all the same, and that is [`Submission::Unsure`].
///
/// An `Err` means that nothing was created.
pub fn submission<E>(
    outcome: Outcome,
    read: impl FnOnce(&Answer) -> Result<pim::request::Request, E>,
) -> Result<Submission, PlaneError> {
    match outcome {
        Outcome::NotSent(error) => refused(error),
        Outcome::Unsure { correlation_id } => {
            tracing::warn!(correlation_id, "a write without a usable answer");
            Ok(Submission::Unsure)
        }
        Outcome::Answered(answer) if answer.status.is_success() => Ok(read(&answer).map_or_else(
            |_| {
                let correlation_id = answer.correlation_id();
                tracing::warn!(correlation_id, "a write whose answer could not be read");
                Submission::Unsure
            },
            Submission::Accepted,
        )),
        Outcome::Answered(answer) => refused(refusal::of(&answer)),
    }
}

/// What a dry run says, from its answer: a request that was not created, or why it would not be.
///
/// An `Err` means that it says nothing.
pub fn validation<T>(asked: Result<T, PlaneError>) -> Result<Validation, PlaneError> {
    match asked {
        Ok(_) => Ok(Validation::Passes),
        Err(error) => match error.kind {
            ErrorKind::Rejected(violations) => Ok(Validation::Fails(violations)),
            ErrorKind::StepUpRequired(challenge) => Ok(Validation::StepUp(challenge)),
            kind => Err(PlaneError { kind, ..error }),
        },
    }
}

/// A refusal with reasons is an answer, and so is a demand for a stronger sign-in; anything else is an error.
fn refused(error: PlaneError) -> Result<Submission, PlaneError> {
    match error.kind {
        ErrorKind::Rejected(violations) => {
            Ok(Submission::Rejected(Rejection { violations, correlation_id: error.correlation_id }))
        }
        ErrorKind::StepUpRequired(challenge) => Ok(Submission::StepUp(challenge)),
        kind => Err(PlaneError { kind, ..error }),
    }
}
