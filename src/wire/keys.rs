//! API keys, and what comes back when one is made or revoked.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::id::{KeyId, ProjectId};
use super::schema;
use super::shared::Pool;
use super::sheet::{Column, Sheet, some};
use super::time::Timestamp;
use super::word::{Word, known, open_word};
use crate::secret::{Hint, Kind, Secret};

/// An API key, without its secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// The project it belongs to.
    pub project_id: ProjectId,
    /// That project's name.
    #[schema(value_type = String)]
    pub project_name: Arc<str>,
    /// Its name, unique without regard to case among the project's active keys.
    pub name: String,
    /// Live or test.
    pub mode: Mode,
    /// The mask.
    #[serde(with = "hint")]
    #[schema(value_type = String, example = "redir_live_7kf2****...****x9m1")]
    pub hint: Hint,
    /// Active or revoked.
    pub status: Status,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    #[serde(default)]
    #[schema(value_type = String, required = true)]
    pub created_by: Arc<str>,
    /// The last use; null when it was never used. At most 5 seconds late.
    pub last_used_at: Option<Timestamp>,
    /// The address of the last use.
    #[schema(value_type = Option<String>)]
    pub last_used_from: Option<Arc<str>>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Who revoked it.
    #[schema(value_type = Option<String>)]
    pub revoked_by: Option<Arc<str>>,
    /// Why, if they said so.
    #[schema(value_type = Option<String>)]
    pub revoke_reason: Option<Arc<str>>,
    /// Whether every live node has applied the key's last change: false between a revocation's commit and
    /// its answer.
    #[serde(default)]
    #[schema(required = true)]
    pub confirmed: bool,
    /// The key that this one succeeds.
    pub rotated_from: Option<KeyId>,
    /// Uses in the last 30 UTC days, today included.
    #[serde(default)]
    #[schema(required = true)]
    pub requests30d: u64,
    /// Refused requests with the right secret since it was revoked.
    #[serde(default)]
    #[schema(required = true)]
    pub refused_since_revoked: u64,
    /// The last of them.
    pub last_refused_at: Option<Timestamp>,
}

impl Key {
    /// Since when it has been idle: the last use, or its creation when it was never used.
    pub fn idle_since(&self) -> Timestamp {
        self.last_used_at.unwrap_or(self.created_at)
    }

    /// The key without last times in the future: what a clock that was ahead has noted happened by `now`.
    pub fn clamped(mut self, now: Timestamp) -> Key {
        self.last_used_at = self.last_used_at.map(|at| at.at_most(now));
        self.last_refused_at = self.last_refused_at.map(|at| at.at_most(now));
        self
    }

    /// Holds what it has in common with other keys in one piece of memory with them.
    pub fn share(&mut self, texts: &mut Pool) {
        texts.share(&mut self.project_name);
        texts.share(&mut self.created_by);
        let some = self.last_used_from.iter_mut().chain(&mut self.revoked_by).chain(&mut self.revoke_reason);
        some.for_each(|text| texts.share(text));
    }
}

/// Which requests a key is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Mode {
    /// Production.
    #[default]
    Live,
    /// Tests.
    Test,
    /// One that this program does not know.
    Other(Word),
}

open_word!(Mode, "Which requests a key is for.", Live = "live", Test = "test");

impl Mode {
    /// The key's prefix that goes with it. No key of an unknown mode is created or accepted here.
    pub const fn kind(self) -> Kind {
        match self {
            Mode::Live | Mode::Other(_) => Kind::Live,
            Mode::Test => Kind::Test,
        }
    }
}

/// Whether a key works.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Status {
    /// It works.
    Active,
    /// It was revoked, for ever.
    Revoked,
    /// One that this program does not know, such as `paused`: not revoked, and not accepted either.
    Other(Word),
}

open_word!(Status, "Whether a key works.", Active = "active", Revoked = "revoked");

/// Which keys a list holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StatusQuery {
    /// Only those that work.
    #[default]
    Active,
    /// Only those that were revoked.
    Revoked,
    /// Both.
    All,
}

impl StatusQuery {
    /// `active`, `revoked` or `all`.
    pub const fn as_str(self) -> &'static str {
        match self {
            StatusQuery::Active => "active",
            StatusQuery::Revoked => "revoked",
            StatusQuery::All => "all",
        }
    }
}

/// The column that orders a list of keys.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SortBy {
    /// By folded name.
    Name,
    /// By creation.
    Created,
    /// By last use; never used is the oldest.
    LastUsed,
    /// By idle time: since the last use, or since the creation of a key that was never used.
    Idle,
}

impl SortBy {
    /// The usual direction of a column: the newest, the longest idle, A to Z.
    pub const fn usual(self) -> Sort {
        Sort { by: self, descending: matches!(self, SortBy::Created | SortBy::Idle) }
    }
}

/// An order: a column and a direction, then the id in the same direction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Sort {
    /// The column.
    pub by: SortBy,
    /// Largest first (written with a leading `-`).
    pub descending: bool,
}

impl Default for Sort {
    fn default() -> Sort {
        Sort { by: SortBy::Created, descending: false }
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.descending {
            f.write_str("-")?;
        }
        f.write_str(match self.by {
            SortBy::Name => "name",
            SortBy::Created => "created",
            SortBy::LastUsed => "lastUsed",
            SortBy::Idle => "idle",
        })
    }
}

/// A text that names no order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("sort is one of name, created, lastUsed, idle, -name, -created, -lastUsed, -idle")]
pub struct BadSort;

impl FromStr for Sort {
    type Err = BadSort;

    fn from_str(text: &str) -> Result<Sort, BadSort> {
        let (descending, column) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let by = match column {
            "name" => SortBy::Name,
            "created" => SortBy::Created,
            "lastUsed" => SortBy::LastUsed,
            "idle" => SortBy::Idle,
            _ => return Err(BadSort),
        };
        Ok(Sort { by, descending })
    }
}

impl PartialSchema for Sort {
    fn schema() -> RefOr<Schema> {
        let orders = ["name", "created", "lastUsed", "idle", "-name", "-created", "-lastUsed", "-idle"];
        let about = "An order; with a leading `-` the largest comes first. A key that was never used is the oldest \
                     in `lastUsed`; in `idle` its age counts: `-idle` is the longest idle first.";
        schema::words(about, orders)
    }
}

impl ToSchema for Sort {}

impl Serialize for Sort {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sort {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Sort, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The query of `GET /v1/keys`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct KeyQuery {
    /// In the filter language; empty for all. Words match name, project, mask, id and creator; `name:`,
    /// `project:`, `status:`, `mode:`, `by:`, `used:never`, `idle>90d` and `created<7d` match one thing; `!`
    /// negates, quotes join, blanks mean "and". `status:` takes `active`, `revoked`, `paused`, and for active
    /// keys `"in use"` (or `in-use`), `idle`, `stale`, `unused`, by the server's thresholds.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub filter: String,
    /// Of this project alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    /// Active when absent; all when absent and the filter has a `status:` term.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub status: Option<StatusQuery>,
    /// With this handle, together with `last4`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(pattern = "^[0-9A-Za-z]{4}$")]
    pub handle: Option<String>,
    /// With these last four characters, together with `handle`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(pattern = "^[0-9A-Za-z]{4}$")]
    pub last4: Option<String>,
    /// By creation when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub sort: Option<Sort>,
    /// 1–1000; 100 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000, default = 100)]
    pub limit: Option<u32>,
    /// `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// The body of `POST /v1/projects/{id}/keys`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// The name: 1–64 characters after trimming, none of them invisible.
    #[schema(min_length = 1, max_length = 64)]
    pub name: String,
    /// Live when absent.
    #[serde(default, deserialize_with = "known")]
    pub mode: Mode,
}

/// The body of `PATCH /v1/keys/{id}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyName {
    /// The new name: 1–64 characters after trimming, none of them invisible.
    #[schema(min_length = 1, max_length = 64)]
    pub name: String,
}

/// A key with its secret: the one answer that holds it.
// There is no `Serialize`: the server writes the body into memory that it wipes.
#[derive(Clone, PartialEq, Eq, Debug, ToSchema)]
pub struct CreatedKey {
    /// The key.
    pub key: Key,
    /// Its full text: in this answer and nowhere else.
    #[schema(value_type = String, example = "redir_live_7kf2Q9w3ErTy5UiOp1AsDf8GhJ2I1YZq")]
    pub secret: Secret,
}

/// The body of `POST /v1/keys/{id}/revoke`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeKey {
    /// Why; at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub reason: Option<String>,
}

/// The answer to a revocation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RevokedKey {
    /// The key as it is now.
    pub key: Key,
    /// Who confirmed it.
    pub receipt: Receipt,
}

/// The body of `POST /v1/keys/{id}/rotate`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateKey {
    /// The successor's name; the old one with the next free number when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 64)]
    pub name: Option<String>,
}

/// The most keys that are revoked at once.
pub const BULK_MAX: usize = 1000;

/// The body of `POST /v1/keys/revoke`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevokeKeys {
    /// Which; at most 1000.
    #[schema(min_items = 1, max_items = 1000)]
    pub ids: Vec<KeyId>,
    /// Why; at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub reason: Option<String>,
    /// Say what would become of each, and change nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Leave out a key that was used after this time, which must not be in the future. Null is refused: a program
    /// that computes no time must not revoke keys in use.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "not_null")]
    #[schema(value_type = Timestamp, required = false)]
    pub unused_since: Option<Timestamp>,
}

fn not_null<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Timestamp::deserialize(deserializer).map(Some)
}

/// The answer to a revocation of many keys.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RevokedKeys {
    /// What became of each, in the order asked; an id given twice is there once.
    pub results: Vec<RevokeResult>,
    /// Who confirmed all of them; null when none is revoked, and of a dry run.
    pub receipt: Option<Receipt>,
}

/// What became of one key of many.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RevokeResult {
    /// The key.
    pub id: KeyId,
    /// What became of it.
    pub outcome: Outcome,
}

/// What becomes of a key that is revoked among many.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// It is revoked now.
    Revoked,
    /// It was revoked before.
    Already,
    /// It was used after the time given, so it was left alone.
    UsedSince,
    /// There is no such key.
    NotFound,
    /// One that this program does not know.
    Other(Word),
}

open_word!(
    Outcome,
    "What becomes of a key that is revoked among many.",
    Revoked = "revoked",
    Already = "already",
    UsedSince = "usedSince",
    NotFound = "notFound",
);

/// Proof that a revocation holds: which nodes have applied it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// The audit `seq` of the change.
    pub revision: u64,
    /// Nodes that have applied it.
    pub confirmed_by: u32,
    /// Nodes whose lease was live at the commit.
    pub nodes: u32,
    /// The last of them to confirm; null when none had to.
    pub slowest: Option<Slowest>,
    /// Nodes that lost their lease instead of confirming: they answer 503.
    pub expired: Vec<String>,
}

/// The node that took longest to confirm.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Slowest {
    /// Its name.
    pub node: String,
    /// Milliseconds from commit to its acknowledgement.
    pub ms: u64,
}

/// A day of a key's use.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct UsageDay {
    /// The UTC day, `2026-11-23`.
    #[schema(format = Date)]
    pub date: String,
    /// Uses that were answered.
    pub allowed: u64,
    /// Uses that were over the rate limit.
    pub limited: u64,
    /// The right secret, refused: the key was revoked, or of another project or mode.
    pub refused: u64,
}

/// An address that used a key. The last of a list may be `others`: the sum of older ones.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Caller {
    /// The address, or `others`.
    pub address: String,
    /// Its first request.
    pub first_at: Timestamp,
    /// Its last request.
    pub last_at: Timestamp,
    /// Requests that were allowed.
    pub allowed: u64,
    /// Requests that were refused.
    pub refused: u64,
}

mod hint {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::secret::Hint;

    pub(super) fn serialize<S: Serializer>(hint: &Hint, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(hint)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Hint, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Sheet for Key {
    const COLUMNS: &'static [Column<Key>] = &[
        Column::new("id", |key| some(key.id)),
        Column::new("project", |key| some(&key.project_name)),
        Column::new("name", |key| some(&key.name)),
        Column::new("hint", |key| some(key.hint)),
        Column::new("mode", |key| some(key.mode.as_str())),
        Column::new("status", |key| some(key.status.as_str())),
        Column::new("createdAt", |key| some(key.created_at)),
        Column::new("createdBy", |key| some(&key.created_by)),
        Column::new("lastUsedAt", |key| key.last_used_at.and_then(some)),
        Column::new("lastUsedFrom", |key| key.last_used_from.as_ref().and_then(some)),
        Column::new("requests30d", |key| some(key.requests30d)),
        Column::new("rotatedFrom", |key| key.rotated_from.and_then(some)),
        Column::new("revokedAt", |key| key.revoked_at.and_then(some)),
        Column::new("revokedBy", |key| key.revoked_by.as_ref().and_then(some)),
        Column::new("revokeReason", |key| key.revoke_reason.as_ref().and_then(some)),
        Column::new("refusedSinceRevoked", |key| some(key.refused_since_revoked)),
        Column::new("lastRefusedAt", |key| key.last_refused_at.and_then(some)),
    ];
}
