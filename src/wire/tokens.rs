//! Management tokens: the credentials of people and programs.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id::TokenId;
use super::keys::Receipt;
use super::sheet::{Column, Sheet, some};
use super::time::Timestamp;
use super::word::{Word, known, open_word};
use crate::secret::Secret;

/// The role of a caller.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Role {
    /// A role of a newer server. It grants no rights here.
    Other(Word),
    /// Read-only.
    Auditor,
    /// May change keys, rules, deployments and projects, but not delete projects or manage tokens.
    Member,
    /// May do everything.
    Admin,
}

open_word!(Role, "What the caller may do.", Auditor = "auditor", Member = "member", Admin = "admin");

impl Role {
    /// Why a caller with this role is refused what needs another one, and what to do. The API, the command line and the
    /// dashboard say the same.
    pub fn refused(self, needed: Role) -> String {
        let needed = if needed == Role::Admin { "admin" } else { "member or admin" };
        format!("permission denied: requires the {needed} role (you are {}); ask an admin", self.as_str())
    }
}

/// A management token, without its secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// `tok_` and a ULID.
    pub id: TokenId,
    /// Name, unique among active tokens, ignoring case.
    pub name: String,
    /// Role: `admin`, `member` or `auditor`.
    pub role: Role,
    /// The masked token.
    #[schema(example = "redir_mgmt_AbCd****...****KEgY")]
    pub hint: String,
    /// Time of creation.
    pub created_at: Timestamp,
    /// Actor who created it.
    pub created_by: String,
    /// Time of revocation; null if not revoked.
    pub revoked_at: Option<Timestamp>,
    /// Actor who revoked it; null if not revoked.
    pub revoked_by: Option<String>,
}

/// The body of `POST /v1/tokens`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// Name, 1–64 characters after trimming, without invisible characters.
    #[schema(min_length = 1, max_length = 64)]
    pub name: String,
    /// `admin`, `member` or `auditor`.
    #[serde(deserialize_with = "known")]
    pub role: Role,
}

/// A new token with its secret, which no other answer contains.
// No `Serialize`, as with keys.
#[derive(Clone, PartialEq, Eq, Debug, ToSchema)]
pub struct CreatedToken {
    /// The new token.
    pub token: Token,
    /// The whole secret. It cannot be retrieved again.
    #[schema(value_type = String, example = "redir_mgmt_AbCdEfGhIjKlMnOpQrStUvWxYz3iKEgY")]
    pub secret: Secret,
}

/// The answer to the revocation of a token.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RevokedToken {
    /// The current state of the token.
    pub token: Token,
    /// The nodes that confirmed it.
    pub receipt: Receipt,
}

impl Sheet for Token {
    const COLUMNS: &'static [Column<Token>] = &[
        Column::new("id", |token| some(token.id)),
        Column::new("name", |token| some(&token.name)),
        Column::new("role", |token| some(token.role.as_str())),
        Column::new("hint", |token| some(&token.hint)),
        Column::new("createdAt", |token| some(token.created_at)),
        Column::new("createdBy", |token| some(&token.created_by)),
        Column::new("revokedAt", |token| token.revoked_at.and_then(some)),
        Column::new("revokedBy", |token| token.revoked_by.as_ref().and_then(some)),
    ];
}
