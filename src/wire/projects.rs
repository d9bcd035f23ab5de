//! Projects: they own keys, rules and deployments.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id::ProjectId;
use super::sheet::{Column, Sheet, some};
use super::time::Timestamp;

/// A project.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Its name, unique without regard to case among projects that are not archived.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// How many keys it has.
    #[serde(default)]
    #[schema(required = true)]
    pub keys: KeyCounts,
    /// The last use of any of its keys; null when none was ever used.
    pub last_used_at: Option<Timestamp>,
    /// The newest deployment; null before the first.
    pub live_version: Option<u32>,
    /// How many rules the draft holds.
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

/// How many keys a project has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct KeyCounts {
    /// Keys that work.
    #[serde(default)]
    pub active: u64,
    /// Keys that were revoked.
    #[serde(default)]
    pub revoked: u64,
    /// Active keys idle for at least the server's `stale` threshold.
    #[serde(default)]
    pub stale: u64,
}

/// The body of `POST /v1/projects` and `PATCH /v1/projects/{id}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectName {
    /// The name: 1–64 characters after trimming, none of them invisible.
    #[schema(min_length = 1, max_length = 64)]
    pub name: String,
}

impl Sheet for Project {
    const COLUMNS: &'static [Column<Project>] = &[
        Column::new("id", |project| some(project.id)),
        Column::new("name", |project| some(&project.name)),
        Column::new("active", |project| some(project.keys.active)),
        Column::new("stale", |project| some(project.keys.stale)),
        Column::new("revoked", |project| some(project.keys.revoked)),
        Column::new("rules", |project| some(project.rules)),
        Column::new("liveVersion", |project| project.live_version.and_then(some)),
        Column::new("createdAt", |project| some(project.created_at)),
        Column::new("lastUsedAt", |project| project.last_used_at.and_then(some)),
    ];
}
