//! Projects: they own keys, rules and deployments.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::id::ProjectId;
use super::keys::{Sort, SortBy};
use super::page::PageQuery;
use super::schema;
use super::sheet::{Column, Sheet, some};
use super::time::Timestamp;

/// A project, which owns keys, rules and deployments.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Project {
    /// `prj_` and a ULID.
    pub id: ProjectId,
    /// Name, unique among projects, ignoring case.
    pub name: String,
    /// Time of creation.
    pub created_at: Timestamp,
    /// Number of keys by status.
    #[serde(default)]
    #[schema(required = true)]
    pub keys: KeyCounts,
    /// Time of the last request with any of its keys; null if none was ever used.
    pub last_used_at: Option<Timestamp>,
    /// Version of the newest deployment; null if there is none.
    pub live_version: Option<u32>,
    /// Number of rules in the draft.
    #[serde(default)]
    #[schema(required = true)]
    pub rules: u64,
}

impl Project {
    /// The project without a last use in the future: what a clock that was ahead has noted happened by `now`.
    pub fn clamped(mut self, now: Timestamp) -> Project {
        self.last_used_at = self.last_used_at.map(|at| at.at_most(now));
        self
    }
}

/// Numbers of keys of a project.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct KeyCounts {
    /// Keys that are not revoked: paused ones too.
    #[serde(default)]
    pub active: u64,
    /// Paused keys.
    #[serde(default)]
    pub paused: u64,
    /// Revoked keys.
    #[serde(default)]
    pub revoked: u64,
    /// Active keys idle for `staleDays` days or more; paused ones are left out.
    #[serde(default)]
    pub stale: u64,
}

/// The order of a list of projects: by name, creation, number of active keys, or last use.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ProjectSort(pub Sort);

impl Default for ProjectSort {
    fn default() -> ProjectSort {
        ProjectSort(Sort { by: SortBy::Name, descending: false })
    }
}

impl fmt::Display for ProjectSort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A text that names no order of projects.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected {}", BadProjectSort::EXPECTED)]
pub struct BadProjectSort;

impl BadProjectSort {
    /// What to write instead.
    pub const EXPECTED: &'static str = "name, created, keys or lastUsed (prefix with - to reverse)";
}

impl FromStr for ProjectSort {
    type Err = BadProjectSort;

    fn from_str(text: &str) -> Result<ProjectSort, BadProjectSort> {
        let (descending, column) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let by = match column {
            "name" => SortBy::Name,
            "created" => SortBy::Created,
            "keys" => SortBy::Keys,
            "lastUsed" => SortBy::LastUsed,
            _ => return Err(BadProjectSort),
        };
        Ok(ProjectSort(Sort { by, descending }))
    }
}

impl PartialSchema for ProjectSort {
    fn schema() -> RefOr<Schema> {
        let orders = ["name", "created", "keys", "lastUsed", "-name", "-created", "-keys", "-lastUsed"];
        let about = "The sort order. Prefix with `-` to reverse. `keys` is the number of active keys; in \
             `lastUsed`, projects whose keys were never used come first.";
        schema::words(about, orders)
    }
}

impl ToSchema for ProjectSort {}

impl Serialize for ProjectSort {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ProjectSort {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<ProjectSort, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The query of `GET /v1/projects`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProjectQuery {
    /// The sort order. Default: `name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub sort: Option<ProjectSort>,
    /// Page size, 1–1000. Default: 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000, default = 100)]
    pub limit: Option<u32>,
    /// `next` of the previous page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl ProjectQuery {
    /// A page in an order.
    pub fn of(page: PageQuery, sort: Option<ProjectSort>) -> ProjectQuery {
        ProjectQuery { sort, limit: page.limit, cursor: page.cursor }
    }
}

/// The body of `POST /v1/projects` and `PATCH /v1/projects/{id}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectName {
    /// Name, 1–64 characters after trimming, without invisible characters.
    #[schema(min_length = 1, max_length = 64)]
    pub name: String,
}

impl Sheet for Project {
    const COLUMNS: &'static [Column<Project>] = &[
        Column::new("id", |project| some(project.id)),
        Column::new("name", |project| some(&project.name)),
        Column::new("active", |project| some(project.keys.active)),
        Column::new("paused", |project| some(project.keys.paused)),
        Column::new("stale", |project| some(project.keys.stale)),
        Column::new("revoked", |project| some(project.keys.revoked)),
        Column::new("rules", |project| some(project.rules)),
        Column::new("liveVersion", |project| project.live_version.and_then(some)),
        Column::new("createdAt", |project| some(project.created_at)),
        Column::new("lastUsedAt", |project| project.last_used_at.and_then(some)),
    ];
}
