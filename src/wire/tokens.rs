//! Management tokens: the credentials of people and programs.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id::TokenId;
use super::keys::Receipt;
use super::time::Timestamp;
use super::word::{Word, known, open_word};
use crate::secret::Secret;

/// What a principal may do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Role {
    /// One that this program does not know. It is the least: a server gives it no rights.
    Other(Word),
    /// Every GET.
    Auditor,
    /// Everything with keys, rules, deployments and projects, except deleting projects and tokens.
    Member,
    /// Everything.
    Admin,
}

open_word!(Role, "What a principal may do.", Auditor = "auditor", Member = "member", Admin = "admin");

/// A management token, without its secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// Its name, unique among the tokens that work.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The mask.
    #[schema(example = "redir_mgmt_AbCd****...****KEgY")]
    pub hint: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// When it was revoked; null while it works.
    pub revoked_at: Option<Timestamp>,
    /// Who revoked it.
    pub revoked_by: Option<String>,
}

/// The body of `POST /v1/tokens`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// The name: 1–64 characters after trimming, none of them invisible.
    #[schema(min_length = 1, max_length = 64)]
    pub name: String,
    /// The role.
    #[serde(deserialize_with = "known")]
    pub role: Role,
}

/// A token with its secret: the one answer that holds it.
// No `Serialize`, as with keys.
#[derive(Clone, PartialEq, Eq, Debug, ToSchema)]
pub struct CreatedToken {
    /// The token.
    pub token: Token,
    /// Its full text: in this answer and nowhere else.
    #[schema(value_type = String, example = "redir_mgmt_AbCdEfGhIjKlMnOpQrStUvWxYz3iKEgY")]
    pub secret: Secret,
}

/// The answer to the revocation of a token.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RevokedToken {
    /// The token as it is now.
    pub token: Token,
    /// Who confirmed it.
    pub receipt: Receipt,
}
