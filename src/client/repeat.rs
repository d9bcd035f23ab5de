//! What holds a secret is made once, and seen: an answer that is lost on the way is recovered from.

use reqwest::StatusCode;
use reqwest::header::HeaderName;
use ulid::Ulid;

use super::Client;
use super::call::{Answer, Call};
use super::error::ClientError;
use crate::wire::paths::IDEMPOTENCY_HEADER;
use crate::wire::problem::Code;

/// Why a key whose answer was lost is revoked.
pub(super) const UNSEEN: &str = "its answer was lost, so nobody has seen this key";

/// What was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Made<T> {
    /// The thing with its secret.
    pub made: T,
    /// What people should know: that another one was made before, whose secret nobody has seen, and that it was
    /// revoked.
    pub notice: Option<String>,
}

/// What came of the first attempt.
pub(super) enum First {
    /// It was made, and this is the answer.
    Made(Answer),
    /// It was made unseen: what is said of it, and the error that lost its answer.
    Unseen(Answer, ClientError),
}

impl Client {
    /// Makes something with a secret. When its answer is lost, the same is asked again under the same
    /// idempotency key: either it is made now, or it was made unseen. Then the caller revokes that one and
    /// makes [`Client::another`].
    pub(super) async fn first(&self, call: &Call) -> Result<First, ClientError> {
        let key = idempotency_key();
        let lost = match self.call(once(call, &key)).await {
            Ok(answer) if answer.status == StatusCode::CREATED => return Ok(First::Made(answer)),
            Ok(answer) => return Err(answer.not_keydeck()),
            Err(error) if error.outcome_unknown() => error,
            Err(error) => return Err(error),
        };
        match self.call(once(call, &key)).await {
            Ok(answer) if answer.status == StatusCode::CREATED => Ok(First::Made(answer)),
            Ok(answer) => Ok(First::Unseen(answer, lost)),
            // The server looked whether it had been done, and then judged it anew: it had not.
            Err(refused) if judged(&refused) => Err(refused),
            Err(again) => {
                let then = format!(
                    "asked again, this came: {again}; if the list, newest first, holds it now, nobody has seen \
                     its text: revoke it"
                );
                Err(ClientError::Unseen { lost: Box::new(lost), then })
            }
        }
    }

    /// Makes another one instead of what was revoked unseen, and what to say of that.
    pub(super) async fn another(&self, call: &Call, unseen: &str) -> Result<(Answer, String), ClientError> {
        let answer = self.call(once(call, &idempotency_key())).await?;
        let notice = format!(
            "the first answer was lost on its way; {unseen}, which it held, was revoked unseen, and this one was \
             made instead"
        );
        Ok((answer, notice))
    }
}

/// The error of what was made unseen and could not be revoked.
pub(super) fn left(unseen: &str, lost: ClientError, refused: &ClientError) -> ClientError {
    let then =
        format!("{unseen} was made, nobody has seen it, and it could not be revoked ({refused}): revoke it");
    ClientError::Unseen { lost: Box::new(lost), then }
}

/// Whether a server refuses so only when it knows that this was not done before. Who is not let in, or comes
/// too often, is sent away before anybody looks.
fn judged(error: &ClientError) -> bool {
    let ClientError::Refused { problem, status } = error else { return false };
    match problem.code {
        Code::KeyLimitReached => true,
        // There was something under this idempotency key.
        Code::IdempotencyMismatch => false,
        _ => matches!(status, 400 | 404 | 409 | 413 | 415),
    }
}

fn once(call: &Call, key: &str) -> Call {
    call.clone().header(HeaderName::from_static(IDEMPOTENCY_HEADER), key)
}

/// 80 random bits beside the time.
fn idempotency_key() -> String {
    Ulid::generate().to_string()
}
