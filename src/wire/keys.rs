//! API keys, and what comes back when one is made or revoked.

use std::fmt;
use std::num::NonZeroU8;
use std::ops::{Deref, DerefMut};
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::findings::{self, Finding, Severity};
use super::id::{KeyId, ProjectId};
use super::schema;
use super::shared::Pool;
use super::sheet::{Column, Sheet, some};
use super::time::Timestamp;
use super::word::{Word, known, open_word};
use crate::secret::{Hint, Kind, Secret};

/// An API key, without its secret. In JSON it is one object, with the members of [`KeyExtra`] among the others.
///
/// Dashboards hold 100,000 of them. So what most keys do not have is apart; it is read and written as if it were not:
/// a key dereferences to it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(from = "KeyJson", into = "KeyJson")]
pub struct Key {
    /// `key_` and a ULID.
    pub id: KeyId,
    /// Id of its project.
    pub project_id: ProjectId,
    /// Name of its project.
    pub project_name: Arc<str>,
    /// Name, unique among the project's active keys, ignoring case.
    pub name: String,
    /// `live` or `test`.
    pub mode: Mode,
    /// The masked key.
    pub hint: Hint,
    /// `active`, `paused` or `revoked`.
    pub status: Status,
    /// Whether all live nodes have applied its last change.
    pub confirmed: bool,
    /// The real last use may be this many seconds later than `last_used_at`; none when the server does not tell.
    pub last_used_precision: Option<NonZeroU8>,
    /// Time of creation.
    pub created_at: Timestamp,
    /// Actor who created it.
    pub created_by: Arc<str>,
    /// Who is responsible for it.
    pub owner: Option<Arc<str>>,
    /// Time of the last request.
    pub last_used_at: Option<Timestamp>,
    /// IP address of the last request.
    pub last_used_from: Option<Arc<str>>,
    /// Requests in the last 30 UTC days, including today.
    pub requests30d: u64,
    /// What a reviewer should look at, the most severe first.
    pub findings: Box<[Finding]>,
    /// Accepted requests on each of the last 30 UTC days, oldest first; only where they were asked for.
    pub daily: Option<Arc<Vec<u64>>>,
    /// All else.
    pub extra: Extra,
}

/// What most keys do not have.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KeyExtra {
    /// What the key is for.
    pub purpose: Option<Arc<str>>,
    /// Time since when it is paused.
    pub paused_at: Option<Timestamp>,
    /// Actor who paused it.
    pub paused_by: Option<Arc<str>>,
    /// Reason given for the pause.
    pub pause_reason: Option<Arc<str>>,
    /// Time of the last review.
    pub reviewed_at: Option<Timestamp>,
    /// Actor who decided in the last review.
    pub reviewed_by: Option<Arc<str>>,
    /// Time until which the last review decided to keep it.
    pub keep_until: Option<Timestamp>,
    /// Time of revocation.
    pub revoked_at: Option<Timestamp>,
    /// Actor who revoked it.
    pub revoked_by: Option<Arc<str>>,
    /// Reason given for the revocation.
    pub revoke_reason: Option<Arc<str>>,
    /// Id of the key that this one replaces.
    pub rotated_from: Option<KeyId>,
    /// Requests that were refused since it was revoked.
    pub refused_since_revoked: u64,
    /// Requests that were refused since it was last paused.
    pub refused_since_paused: u64,
    /// Time of the last request that was refused while it was revoked or paused.
    pub last_refused_at: Option<Timestamp>,
}

static NOTHING: KeyExtra = KeyExtra {
    purpose: None,
    paused_at: None,
    paused_by: None,
    pause_reason: None,
    reviewed_at: None,
    reviewed_by: None,
    keep_until: None,
    revoked_at: None,
    revoked_by: None,
    revoke_reason: None,
    rotated_from: None,
    refused_since_revoked: 0,
    refused_since_paused: 0,
    last_refused_at: None,
};

/// A [`KeyExtra`] that takes no room while it holds nothing.
#[derive(Clone, Debug, Default)]
pub struct Extra(Option<Box<KeyExtra>>);

impl From<KeyExtra> for Extra {
    fn from(extra: KeyExtra) -> Extra {
        Extra((extra != NOTHING).then(|| Box::new(extra)))
    }
}

impl PartialEq for Extra {
    fn eq(&self, other: &Extra) -> bool {
        **self == **other
    }
}

impl Eq for Extra {}

impl Deref for Extra {
    type Target = KeyExtra;

    fn deref(&self) -> &KeyExtra {
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

impl DerefMut for Extra {
    fn deref_mut(&mut self) -> &mut KeyExtra {
        self.0.get_or_insert_default()
    }
}

impl Deref for Key {
    type Target = KeyExtra;

    fn deref(&self) -> &KeyExtra {
        &self.extra
    }
}

impl DerefMut for Key {
    fn deref_mut(&mut self) -> &mut KeyExtra {
        &mut self.extra
    }
}

impl From<KeyJson> for Key {
    fn from(json: KeyJson) -> Key {
        let extra = KeyExtra {
            purpose: json.purpose,
            paused_at: json.paused_at,
            paused_by: json.paused_by,
            pause_reason: json.pause_reason,
            reviewed_at: json.reviewed_at,
            reviewed_by: json.reviewed_by,
            keep_until: json.keep_until,
            revoked_at: json.revoked_at,
            revoked_by: json.revoked_by,
            revoke_reason: json.revoke_reason,
            rotated_from: json.rotated_from,
            refused_since_revoked: json.refused_since_revoked,
            refused_since_paused: json.refused_since_paused,
            last_refused_at: json.last_refused_at,
        };
        Key {
            id: json.id,
            project_id: json.project_id,
            project_name: json.project_name,
            name: json.name,
            mode: json.mode,
            hint: json.hint,
            status: json.status,
            confirmed: json.confirmed,
            created_at: json.created_at,
            created_by: json.created_by,
            owner: json.owner,
            last_used_at: json.last_used_at,
            last_used_from: json.last_used_from,
            requests30d: json.requests30d,
            findings: json.findings,
            daily: json.daily,
            last_used_precision: json.last_used_precision.and_then(seconds),
            extra: extra.into(),
        }
    }
}

impl From<Key> for KeyJson {
    fn from(key: Key) -> KeyJson {
        let extra = key.extra.0.map_or_else(KeyExtra::default, |extra| *extra);
        KeyJson {
            id: key.id,
            project_id: key.project_id,
            project_name: key.project_name,
            name: key.name,
            mode: key.mode,
            hint: key.hint,
            status: key.status,
            confirmed: key.confirmed,
            created_at: key.created_at,
            created_by: key.created_by,
            owner: key.owner,
            last_used_at: key.last_used_at,
            last_used_from: key.last_used_from,
            requests30d: key.requests30d,
            findings: key.findings,
            daily: key.daily,
            last_used_precision: key.last_used_precision.map(|seconds| u32::from(seconds.get())),
            purpose: extra.purpose,
            paused_at: extra.paused_at,
            paused_by: extra.paused_by,
            pause_reason: extra.pause_reason,
            reviewed_at: extra.reviewed_at,
            reviewed_by: extra.reviewed_by,
            keep_until: extra.keep_until,
            revoked_at: extra.revoked_at,
            revoked_by: extra.revoked_by,
            revoke_reason: extra.revoke_reason,
            rotated_from: extra.rotated_from,
            refused_since_revoked: extra.refused_since_revoked,
            refused_since_paused: extra.refused_since_paused,
            last_refused_at: extra.last_refused_at,
        }
    }
}

/// More than four minutes are told as that many: nobody decides on less.
fn seconds(seconds: u32) -> Option<NonZeroU8> {
    NonZeroU8::new(u8::try_from(seconds).unwrap_or(u8::MAX))
}

impl PartialSchema for Key {
    fn schema() -> RefOr<Schema> {
        KeyJson::schema()
    }
}

impl ToSchema for Key {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        KeyJson::schemas(schemas);
    }
}

/// An API key, without its secret.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Key)]
struct KeyJson {
    /// `key_` and a ULID.
    id: KeyId,
    /// Id of its project.
    project_id: ProjectId,
    /// Name of its project.
    #[schema(value_type = String)]
    project_name: Arc<str>,
    /// Name, unique among the project's active keys, ignoring case.
    name: String,
    /// `live` or `test`.
    mode: Mode,
    /// The masked key.
    #[serde(with = "hint")]
    #[schema(value_type = String, example = "redir_live_7kf2****...****x9m1")]
    hint: Hint,
    /// `active`, `paused` or `revoked`.
    status: Status,
    /// Time of creation.
    created_at: Timestamp,
    /// Actor who created it.
    #[serde(default)]
    #[schema(value_type = String, required = true)]
    created_by: Arc<str>,
    /// Who is responsible for the key, or null.
    #[serde(default)]
    #[schema(value_type = Option<String>, required = true)]
    owner: Option<Arc<str>>,
    /// What the key is for, or null.
    #[serde(default)]
    #[schema(value_type = Option<String>, required = true)]
    purpose: Option<Arc<str>>,
    /// Time of the last request; null if never used. At most `lastUsedPrecision` seconds late.
    last_used_at: Option<Timestamp>,
    /// The real last use may be this many seconds later than `lastUsedAt`.
    #[serde(default)]
    #[schema(value_type = u32, required = true)]
    last_used_precision: Option<u32>,
    /// IP address of the last request.
    #[schema(value_type = Option<String>)]
    last_used_from: Option<Arc<str>>,
    /// Time since when the key is paused; null if it is not.
    #[serde(default)]
    #[schema(required = true)]
    paused_at: Option<Timestamp>,
    /// Actor who paused it; null if it is not paused.
    #[serde(default)]
    #[schema(value_type = Option<String>, required = true)]
    paused_by: Option<Arc<str>>,
    /// Reason given for the pause, or null.
    #[serde(default)]
    #[schema(value_type = Option<String>, required = true)]
    pause_reason: Option<Arc<str>>,
    /// Time of the last review; null if never reviewed.
    #[serde(default)]
    #[schema(required = true)]
    reviewed_at: Option<Timestamp>,
    /// Actor who decided in the last review; null if never reviewed.
    #[serde(default)]
    #[schema(value_type = Option<String>, required = true)]
    reviewed_by: Option<Arc<str>>,
    /// Time until which the last review decided to keep the key, or null.
    #[serde(default)]
    #[schema(required = true)]
    keep_until: Option<Timestamp>,
    /// Time of revocation; null if not revoked.
    revoked_at: Option<Timestamp>,
    /// Actor who revoked it; null if not revoked.
    #[schema(value_type = Option<String>)]
    revoked_by: Option<Arc<str>>,
    /// Reason given for the revocation, or null.
    #[schema(value_type = Option<String>)]
    revoke_reason: Option<Arc<str>>,
    /// Whether all live nodes have applied the last change of the key. False between the commit of a revocation
    /// and its answer.
    #[serde(default)]
    #[schema(required = true)]
    confirmed: bool,
    /// Id of the key that this one replaces, or null.
    rotated_from: Option<KeyId>,
    /// Requests in the last 30 UTC days, including today.
    #[serde(default)]
    #[schema(required = true)]
    requests30d: u64,
    /// Requests with this key that were refused since it was revoked.
    #[serde(default)]
    #[schema(required = true)]
    refused_since_revoked: u64,
    /// Requests with this key that were refused since it was last paused.
    #[serde(default)]
    #[schema(required = true)]
    refused_since_paused: u64,
    /// Time of the last request that was refused while the key was revoked or paused; null if none.
    last_refused_at: Option<Timestamp>,
    /// What a reviewer should look at, the most severe first.
    #[serde(default)]
    #[schema(value_type = Vec<Finding>, required = true)]
    findings: Box<[Finding]>,
    /// Accepted requests on each of the last 30 UTC days, oldest first; the last is today. Only in a list, with
    /// `daily=true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<u64>>, nullable = false, min_items = 30, max_items = 30)]
    daily: Option<Arc<Vec<u64>>>,
}

impl Key {
    /// Since when it has been idle: the last use, or its creation when it was never used.
    pub fn idle_since(&self) -> Timestamp {
        self.last_used_at.unwrap_or(self.created_at)
    }

    /// The severity of its worst finding.
    pub fn severity(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// The key without last times in the future: what a clock that was ahead has noted happened by `now`.
    pub fn clamped(mut self, now: Timestamp) -> Key {
        self.last_used_at = self.last_used_at.map(|at| at.at_most(now));
        if let Some(last) = self.last_refused_at {
            self.last_refused_at = Some(last.at_most(now));
        }
        self
    }

    /// Holds what it has in common with other keys in one piece of memory with them.
    pub fn share(&mut self, texts: &mut Pool) {
        texts.share(&mut self.project_name);
        texts.share(&mut self.created_by);
        for finding in &mut self.findings {
            texts.share(&mut finding.text);
        }
        let some = [&mut self.owner, &mut self.last_used_from];
        some.into_iter().flatten().for_each(|text| texts.share(text));
        let Some(extra) = &mut self.extra.0 else { return };
        let some = [
            &mut extra.purpose,
            &mut extra.paused_by,
            &mut extra.pause_reason,
            &mut extra.reviewed_by,
            &mut extra.revoked_by,
            &mut extra.revoke_reason,
        ];
        some.into_iter().flatten().for_each(|text| texts.share(text));
    }
}

/// Number of days in `daily` of a key.
pub const DAILY: usize = 30;

/// The kind of requests a key is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Mode {
    /// Production.
    #[default]
    Live,
    /// Tests.
    Test,
    /// A value of a newer server.
    Other(Word),
}

open_word!(Mode, "The kind of requests a key is for.", Live = "live", Test = "test");

impl Mode {
    /// The key's prefix that goes with it. No key of an unknown mode is created or accepted here.
    pub const fn kind(self) -> Kind {
        match self {
            Mode::Live | Mode::Other(_) => Kind::Live,
            Mode::Test => Kind::Test,
        }
    }
}

/// The status of a key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Status {
    /// Accepted by the Edge API.
    Active,
    /// Refused by the Edge API until it is resumed.
    Paused,
    /// Permanently revoked.
    Revoked,
    /// One that this program does not know: not revoked, and not accepted either.
    Other(Word),
}

open_word!(Status, "The status of a key.", Active = "active", Paused = "paused", Revoked = "revoked");

/// The keys in a list, by status.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StatusQuery {
    /// Keys that are not revoked: paused ones too.
    #[default]
    Active,
    /// Revoked keys.
    Revoked,
    /// All keys.
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
    /// By findings: the highest severity first, then the longest idle.
    Findings,
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
            SortBy::Findings => "findings",
        })
    }
}

/// A text that names no order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected {}", BadSort::EXPECTED)]
pub struct BadSort;

impl BadSort {
    /// What to write instead.
    pub const EXPECTED: &'static str = "name, created, lastUsed, idle or findings (prefix with - to reverse)";
}

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
            "findings" => SortBy::Findings,
            _ => return Err(BadSort),
        };
        Ok(Sort { by, descending })
    }
}

impl PartialSchema for Sort {
    fn schema() -> RefOr<Schema> {
        let orders = [
            "name",
            "created",
            "lastUsed",
            "idle",
            "findings",
            "-name",
            "-created",
            "-lastUsed",
            "-idle",
            "-findings",
        ];
        let about = "The sort order. Prefix with `-` to reverse. In `lastUsed`, keys that were never used \
             come first; in `idle`, their age counts as idle time. `-idle` lists the longest idle key \
             first, and `findings` the keys with the most severe finding, then the longest idle ones.";
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
    /// A filter; empty matches all keys. Plain words search name, project, masked key, id and creator; `name:`,
    /// `project:`, `status:`, `mode:`, `by:`, `owner:`, `used:never`, `used>30d`, `idle>90d`, `created<7d`,
    /// `reviewed:never` and `reviewed>90d` match one field; `owner:none` matches keys without an owner, and
    /// `finding:stale` or `finding:any` keys with that finding or with any.
    /// `name=`, `project=`, `by=` and `owner=` match the whole value. `used` and `created` also take a date (UTC):
    /// `used<2026-11-01` matches keys last used before it, `created>2026-11-01` keys created on or after it. `!`
    /// negates a term, quotes group words (`""` is a quote inside quotes), and blanks mean "and". `status:` is
    /// `active`, `revoked`, `paused`, or for active keys `"in use"` (or `in-use`), `idle`, `stale` or `unused`, by
    /// the server's thresholds.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub filter: String,
    /// Filter by project id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    /// Filter by status. Default: `active`, or `all` if the filter has a `status:` term.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub status: Option<StatusQuery>,
    /// Filter by handle. Requires `last4`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(pattern = "^[0-9A-Za-z]{4}$")]
    pub handle: Option<String>,
    /// Filter by the last four characters. Requires `handle`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(pattern = "^[0-9A-Za-z]{4}$")]
    pub last4: Option<String>,
    /// Sort order. Default: `created`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub sort: Option<Sort>,
    /// Whether each key has its `daily` requests. Default: `false`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[param(required = false, default = false)]
    pub daily: bool,
    /// Page size, 1–1000. Default: 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000, default = 100)]
    pub limit: Option<u32>,
    /// `next` of the previous page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

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
    /// Number of nodes with a valid lease at the commit.
    pub nodes: u32,
    /// The last node to confirm; null if there was none.
    pub slowest: Option<Slowest>,
    /// Names of nodes whose lease expired instead; they answer 503.
    pub expired: Vec<String>,
}

/// The node that confirmed last.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Slowest {
    /// Name of the node.
    pub node: String,
    /// Milliseconds from the commit to its confirmation.
    pub ms: u64,
}

/// Usage of a key on one day.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct UsageDay {
    /// UTC date, such as `2026-11-23`.
    #[schema(format = Date)]
    pub date: String,
    /// Requests answered.
    pub allowed: u64,
    /// Requests over the rate limit (429).
    pub limited: u64,
    /// Requests refused although the key was genuine: it was revoked, or belongs to another project or mode.
    pub refused: u64,
}

/// A caller of a key. The last entry may be `others`, the sum of older addresses.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Caller {
    /// IP address, or `others`.
    pub address: String,
    /// Time of the first request.
    pub first_at: Timestamp,
    /// Time of the last request.
    pub last_at: Timestamp,
    /// Number of allowed requests.
    pub allowed: u64,
    /// Number of refused requests.
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
        Column::new("owner", |key| key.owner.as_ref().and_then(some)),
        Column::new("purpose", |key| key.purpose.as_ref().and_then(some)),
        Column::new("lastUsedAt", |key| key.last_used_at.and_then(some)),
        Column::new("lastUsedPrecision", |key| key.last_used_precision.and_then(some)),
        Column::new("lastUsedFrom", |key| key.last_used_from.as_ref().and_then(some)),
        Column::new("requests30d", |key| some(key.requests30d)),
        Column::new("rotatedFrom", |key| key.rotated_from.and_then(some)),
        Column::new("reviewedAt", |key| key.reviewed_at.and_then(some)),
        Column::new("reviewedBy", |key| key.reviewed_by.as_ref().and_then(some)),
        Column::new("keepUntil", |key| key.keep_until.and_then(some)),
        Column::new("findings", |key| some(findings::codes(&key.findings))),
        Column::new("pausedAt", |key| key.paused_at.and_then(some)),
        Column::new("pausedBy", |key| key.paused_by.as_ref().and_then(some)),
        Column::new("pauseReason", |key| key.pause_reason.as_ref().and_then(some)),
        Column::new("refusedSincePaused", |key| some(key.refused_since_paused)),
        Column::new("revokedAt", |key| key.revoked_at.and_then(some)),
        Column::new("revokedBy", |key| key.revoked_by.as_ref().and_then(some)),
        Column::new("revokeReason", |key| key.revoke_reason.as_ref().and_then(some)),
        Column::new("refusedSinceRevoked", |key| some(key.refused_since_revoked)),
        Column::new("lastRefusedAt", |key| key.last_refused_at.and_then(some)),
    ];
}
