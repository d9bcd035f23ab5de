//! How a list of keys is asked for: filter, status, order, page.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::wire::id::ProjectId;
use crate::wire::schema;

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
    /// By creator.
    Creator,
    /// By owner, without regard to case and accents; keys without an owner are the first.
    Owner,
    /// By folded name of the project.
    Project,
    /// By status: active, paused, revoked; in each the longest idle first.
    Status,
    /// By the number of active keys: projects alone, see [`ProjectSort`](crate::wire::projects::ProjectSort).
    Keys,
}

impl SortBy {
    /// The usual direction of a column: the newest, the longest idle, A to Z.
    pub const fn usual(self) -> Sort {
        Sort { by: self, descending: matches!(self, SortBy::Created | SortBy::Idle | SortBy::Keys) }
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
            SortBy::Creator => "creator",
            SortBy::Owner => "owner",
            SortBy::Project => "project",
            SortBy::Status => "status",
            SortBy::Keys => "keys",
        })
    }
}

/// A text that names no order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected {}", BadSort::EXPECTED)]
pub struct BadSort;

impl BadSort {
    /// What to write instead.
    pub const EXPECTED: &'static str = "name, created, lastUsed, idle, findings, creator, owner, project or status (prefix with - to reverse)";
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
            "creator" => SortBy::Creator,
            "owner" => SortBy::Owner,
            "project" => SortBy::Project,
            "status" => SortBy::Status,
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
            "creator",
            "owner",
            "project",
            "status",
            "-name",
            "-created",
            "-lastUsed",
            "-idle",
            "-findings",
            "-creator",
            "-owner",
            "-project",
            "-status",
        ];
        let about = "The sort order. Prefix with `-` to reverse. In `lastUsed`, keys that were never used \
             come first; in `idle`, their age counts as idle time. `-idle` lists the longest idle key \
             first, and `findings` the keys with the most severe finding, then the longest idle ones. \
             `owner` lists keys without an owner first. `status` lists active, paused and revoked keys, in each the longest idle first.";
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
    /// negates a term, quotes group words (`""` is a quote inside quotes), blanks mean "and", and an unquoted comma
    /// between the values of a field means "or": `owner:ann,bob`, `used:never,>90d`. `status:` is
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
