//! Projects: they own keys, rules and deployments.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id::ProjectId;
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
