//! What was created with an `Idempotency-Key`, for clients that did not receive the answer.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id::ProjectId;
use super::time::Timestamp;
use super::word::{Word, open_word};

/// The answer of `POST /v1/idempotency/close`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatedWith {
    /// Kind of the object created.
    pub kind: CreatedKind,
    /// Id of the key (`key_…`) or token (`tok_…`).
    pub id: String,
    /// Current name.
    pub name: String,
    /// The project of the key; null for a token.
    pub project: Option<ProjectId>,
    /// Time of creation.
    pub at: Timestamp,
}

/// The kind of thing created with an `Idempotency-Key`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CreatedKind {
    /// An API key, created or rotated.
    Key,
    /// A management token.
    Token,
    /// A value of a newer server.
    Other(Word),
}

open_word!(CreatedKind, "The kind of thing created with an `Idempotency-Key`.", Key = "key", Token = "token");
