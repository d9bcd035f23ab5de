//! What holds a secret is made once, and seen: an answer that is lost on the way is recovered from.

use reqwest::StatusCode;
use reqwest::header::HeaderName;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use super::Client;
use super::call::{Answer, Call};
use super::error::ClientError;
use crate::wire::idempotency::CreatedWith;
use crate::wire::paths::{self, IDEMPOTENCY_HEADER};
use crate::wire::problem::Code;

/// Why a key whose answer was lost is revoked.
pub(super) const UNSEEN: &str = "the answer was lost, so this key was never seen";

/// The idempotency keys of one creation. A caller that keeps them before it asks can find out later what was
/// created, with [`Client::close_idempotency_key`] for each.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IdempotencyKeys {
    /// Of the request, and of its repeat where the first answer is lost.
    request: String,
    /// Of the request for another one, where what the first created is revoked unseen.
    another: String,
}

impl IdempotencyKeys {
    /// New ones: 80 random bits beside the time in each.
    pub fn generate() -> IdempotencyKeys {
        IdempotencyKeys { request: Ulid::generate().to_string(), another: Ulid::generate().to_string() }
    }

    /// In the order in which they are used.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        [self.request.as_str(), &self.another].into_iter()
    }
}

/// What the server says when an idempotency key is closed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Closed {
    /// This was created with the key.
    Created(CreatedWith),
    /// Nothing was created with it, and nothing can be any more.
    Nothing,
    /// The server does not know the route: it is older than this program.
    Unsupported,
}

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
    pub(super) async fn first(&self, call: &Call, keys: &IdempotencyKeys) -> Result<First, ClientError> {
        let lost = match self.call(once(call, &keys.request)).await {
            Ok(answer) if answer.status == StatusCode::CREATED => return Ok(First::Made(answer)),
            Ok(answer) => return Err(answer.not_keydeck()),
            Err(error) if error.outcome_unknown() => error,
            Err(error) => return Err(error),
        };
        match self.call(once(call, &keys.request)).await {
            Ok(answer) if answer.status == StatusCode::CREATED => Ok(First::Made(answer)),
            Ok(answer) => Ok(First::Unseen(answer, lost)),
            // The server looked whether it had been done, and then judged it anew: it had not.
            Err(refused) if judged(&refused) => Err(refused),
            Err(again) => {
                let then = format!(
                    "the retry failed: {again}; if it appears in the list, revoke it: its secret was never \
                     shown"
                );
                Err(ClientError::Unseen { lost: Box::new(lost), then })
            }
        }
    }

    /// Makes another one instead of what was revoked unseen, and what to say of that.
    pub(super) async fn another(
        &self,
        call: &Call,
        keys: &IdempotencyKeys,
        unseen: &str,
    ) -> Result<(Answer, String), ClientError> {
        let answer = self.call(once(call, &keys.another)).await?;
        let notice = format!(
            "the first answer was lost; {unseen} was never shown and is revoked, and this one replaces it"
        );
        Ok((answer, notice))
    }

    /// Closes an idempotency key that this client's token has sent, and says what was created with it in the last
    /// 30 days. A request with the key that is still on its way creates nothing any more.
    pub async fn close_idempotency_key(&self, key: &str) -> Result<Closed, ClientError> {
        match self.call(once(&Call::post(paths::IDEMPOTENCY_CLOSE), key)).await {
            Ok(answer) => answer.json().map(Closed::Created),
            Err(ClientError::Refused { problem, status: 404 }) => {
                // A server that has the route says that the key has created nothing.
                let knows = problem.field.as_deref() == Some(IDEMPOTENCY_HEADER);
                Ok(if knows { Closed::Nothing } else { Closed::Unsupported })
            }
            Err(error) => Err(error),
        }
    }
}

/// The error of what was made unseen and could not be revoked.
pub(super) fn left(unseen: &str, lost: ClientError, refused: &ClientError) -> ClientError {
    let then = format!("{unseen} was created but never shown, and revoking it failed ({refused}); revoke it");
    ClientError::Unseen { lost: Box::new(lost), then }
}

/// Whether a server refuses so only when it knows that this was not done before. Who is not let in, or comes
/// too often, is sent away before anybody looks.
fn judged(error: &ClientError) -> bool {
    let ClientError::Refused { problem, status } = error else { return false };
    match problem.code {
        Code::KeyLimitReached => true,
        // There was something under this idempotency key, or there may have been before it was closed.
        Code::IdempotencyMismatch | Code::IdempotencyClosed => false,
        _ => matches!(status, 400 | 404 | 409 | 413 | 415),
    }
}

fn once(call: &Call, key: &str) -> Call {
    call.clone().header(HeaderName::from_static(IDEMPOTENCY_HEADER), key)
}
