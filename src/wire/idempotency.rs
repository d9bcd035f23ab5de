//! What was created with an `Idempotency-Key`, for clients that never read the answer.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id::ProjectId;
use super::time::Timestamp;
use super::word::{Word, open_word};

/// The answer of `POST /v1/idempotency/close`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatedWith {
    /// What it is.
    pub kind: CreatedKind,
    /// Its id.
    pub id: String,
    /// Its name now.
    pub name: String,
    /// The project of a key; null for a token.
    pub project: Option<ProjectId>,
    /// When it was created.
    pub at: Timestamp,
}

/// What can be created with an `Idempotency-Key`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CreatedKind {
    /// An API key, new or rotated.
    Key,
    /// A management token.
    Token,
    /// One that this program does not know.
    Other(Word),
}

open_word!(CreatedKind, "What can be created with an `Idempotency-Key`.", Key = "key", Token = "token");
