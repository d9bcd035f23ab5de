//! What changes keys: the bodies of requests, and their answers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Key, Mode};
use crate::secret::Secret;
use crate::wire::id::KeyId;
use crate::wire::time::Timestamp;
use crate::wire::word::{Word, known, open_word};

/// The body of `POST /v1/projects/{id}/keys`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// Name, 1–64 characters after trimming, without invisible characters.
    #[schema(min_length = 1, max_length = 64)]
    pub name: String,
    /// Default: `live`.
    #[serde(default, deserialize_with = "known")]
    pub mode: Mode,
    /// Who is responsible for the key: 1–64 characters after trimming, without invisible characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub owner: Option<String>,
    /// What the key is for, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub purpose: Option<String>,
}

impl NewKey {
    /// A key of this name, with neither owner nor purpose.
    pub fn named(name: impl Into<String>, mode: Mode) -> NewKey {
        NewKey { name: name.into(), mode, owner: None, purpose: None }
    }
}

/// The body of `PATCH /v1/keys/{id}`. A field that is absent stays as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyEdit {
    /// New name, 1–64 characters after trimming, without invisible characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "not_null")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 64)]
    pub name: Option<String>,
    /// New owner, 1–64 characters after trimming, without invisible characters; null or empty clears it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    #[schema(value_type = Option<String>, required = false, max_length = 64)]
    pub owner: Option<Option<String>>,
    /// New purpose, at most 200 characters; null or empty clears it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    #[schema(value_type = Option<String>, required = false, max_length = 200)]
    pub purpose: Option<Option<String>>,
}

impl KeyEdit {
    /// Another name, and nothing else.
    pub fn name(name: impl Into<String>) -> KeyEdit {
        KeyEdit { name: Some(name.into()), ..KeyEdit::default() }
    }

    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        *self == KeyEdit::default()
    }
}

/// Null is a value here, and not the same as absent.
#[expect(clippy::option_option, reason = "absent, null and a text are three answers")]
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A new key with its secret, which no other answer contains.
// There is no `Serialize`: the server writes the body into memory that it wipes.
#[derive(Clone, PartialEq, Eq, Debug, ToSchema)]
pub struct CreatedKey {
    /// The new key, or the key concerned.
    pub key: Key,
    /// The whole secret. It cannot be retrieved again.
    #[schema(value_type = String, example = "redir_live_7kf2Q9w3ErTy5UiOp1AsDf8GhJ2I1YZq")]
    pub secret: Secret,
}

/// The body of `POST /v1/keys/{id}/revoke`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeKey {
    /// Reason, at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub reason: Option<String>,
}

/// The body of `POST /v1/keys/{id}/pause`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseKey {
    /// Reason, at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub reason: Option<String>,
}

/// The body of `POST /v1/keys/{id}/resume`: it has no fields.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResumeKey {}

/// The answer when a key is revoked, paused or resumed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct KeyReceipt {
    /// The current state of the key.
    pub key: Key,
    /// The nodes that confirmed it.
    pub receipt: Receipt,
}

/// The body of `POST /v1/keys/{id}/rotate`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateKey {
    /// Name of the replacement. Default: the old name with the next free number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 64)]
    pub name: Option<String>,
}

/// The reason in the revocation of a key whose project was deleted.
pub const PROJECT_DELETED: &str = "the project was deleted";

/// The most keys that are revoked at once.
pub const BULK_MAX: usize = 1000;

/// The body of `POST /v1/keys/revoke`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevokeKeys {
    /// Ids of the keys, at most 1000.
    #[schema(min_items = 1, max_items = 1000)]
    pub ids: Vec<KeyId>,
    /// Reason, at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub reason: Option<String>,
    /// Return the outcome for each key without revoking any.
    #[serde(default)]
    pub dry_run: bool,
    /// Skip keys used after this time, which must not be in the future. Null is refused, so that a program that
    /// fails to compute a time does not revoke keys in use.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "not_null")]
    #[schema(value_type = Timestamp, required = false)]
    pub unused_since: Option<Timestamp>,
}

fn not_null<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// The answer to a bulk revocation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RevokedKeys {
    /// One result per key, in the order of the request. A duplicate id has one result.
    pub results: Vec<RevokeResult>,
    /// One receipt for all keys; null if none is revoked, or for a dry run.
    pub receipt: Option<Receipt>,
}

/// The result for one key of a bulk revocation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RevokeResult {
    /// The new key, or the key concerned.
    pub id: KeyId,
    /// Whether it was revoked, or why not.
    pub outcome: Outcome,
}

/// The outcome for one key of a bulk revocation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// Revoked by this request.
    Revoked,
    /// Already revoked.
    Already,
    /// Used after `unusedSince`, so not revoked.
    UsedSince,
    /// No key has this id.
    NotFound,
    /// A value of a newer server.
    Other(Word),
}

open_word!(
    Outcome,
    "The outcome for one key of a bulk revocation.",
    Revoked = "revoked",
    Already = "already",
    UsedSince = "usedSince",
    NotFound = "notFound",
);

/// Proof that a revocation is in effect: the nodes that have applied it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// The audit `seq` of the change.
    pub revision: u64,
    /// Number of nodes that have applied it.
    pub confirmed_by: u32,
    /// Number of nodes with a valid lease at the commit, without those that have left in order since.
    pub nodes: u32,
    /// The last node to confirm; null if there was none.
    pub slowest: Option<Slowest>,
    /// Names of nodes whose lease expired instead; they answer 503.
    pub expired: Vec<String>,
}

impl Receipt {
    /// Who confirmed a change, in the past tense: `confirmed by 2 of 3 nodes, slowest eu-1 12 ms; eu-2 was silent;
    /// its lease had ended`.
    pub fn kept_words(&self) -> String {
        if self.nodes == 0 {
            return "no node was serving keys".to_owned();
        }
        let nodes = if self.nodes == 1 { "node" } else { "nodes" };
        let confirmed = format!("confirmed by {} of {} {nodes}", self.confirmed_by, self.nodes);
        let slowest =
            self.slowest.as_ref().map(|slowest| format!(", slowest {} {} ms", slowest.node, slowest.ms));
        let silent = match self.expired.as_slice() {
            [] => String::new(),
            [node] => format!("; {node} was silent; its lease had ended"),
            nodes => format!("; {} were silent; their leases had ended", nodes.join(", ")),
        };
        [confirmed, slowest.unwrap_or_default(), silent].concat()
    }
}

/// The node that confirmed last.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Slowest {
    /// Name of the node.
    pub node: String,
    /// Milliseconds from the commit to its confirmation.
    pub ms: u64,
}
