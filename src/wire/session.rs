//! Who is asking, and what the server is like.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::audit::Head;
use super::keys::Key;
use super::rotations::QUIET_SECONDS;
use super::time::Timestamp;
use super::tokens::Role;
use super::word::{Word, open_word};

/// The answer of `GET /v1/session`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The caller: `local:<user>` or `token:<name>`.
    pub principal: String,
    /// Role of the caller.
    pub role: Role,
    /// Plan of the server.
    pub plan: Plan,
    /// Limits of the plan.
    pub limits: Limits,
    /// Version of the server.
    pub server_version: String,
    /// Nodes that serve the Edge API.
    #[serde(default)]
    pub nodes: Vec<Node>,
    /// Idle days after which an active key counts as idle, and as stale.
    #[serde(default)]
    pub thresholds: Thresholds,
    /// Head of the audit log.
    pub audit_head: Head,
    /// Current time by the server's clock.
    pub now: Timestamp,
}

/// A node: a process that serves the Edge API.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = SessionNode)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// Label of the node.
    pub name: String,
    /// Address of its Edge API, or null.
    pub edge: Option<String>,
    /// The newest revision applied by the node.
    pub revision: u64,
    /// Whether the node has a valid lease.
    pub live: bool,
}

/// The limits of a project.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Plan {
    /// One active key per project, 100 requests per minute.
    Free,
    /// 1,000 requests per minute.
    Pro,
    /// No limits.
    #[default]
    Enterprise,
    /// A value of a newer server.
    Other(Word),
}

open_word!(Plan, "The limits of a project.", Free = "free", Pro = "pro", Enterprise = "enterprise");

impl Plan {
    /// The limits of the plan.
    pub const fn limits(self) -> Limits {
        match self {
            Plan::Free => Limits { active_keys_per_project: Some(1), requests_per_minute: Some(100) },
            Plan::Pro => Limits { active_keys_per_project: None, requests_per_minute: Some(1000) },
            Plan::Enterprise | Plan::Other(_) => {
                Limits { active_keys_per_project: None, requests_per_minute: None }
            }
        }
    }
}

/// The limits of a plan; null means unlimited.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Active keys per project.
    pub active_keys_per_project: Option<u32>,
    /// Edge API requests per minute, for each project and node.
    pub requests_per_minute: Option<u32>,
}

/// Idle days after which an active key counts as idle, and as stale. Settings of the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Thresholds {
    /// Days until a key is idle. Default: 30.
    pub warn_days: u32,
    /// Days until a key is stale. Default: 90.
    pub stale_days: u32,
    /// Days after which a key must be reviewed again. Default: 90.
    #[serde(default = "review_every_default")]
    #[schema(required = true)]
    pub review_every_days: u32,
    /// Seconds for which a key must not be used before a guided rotation offers to revoke it. Default: 24 hours.
    #[serde(default = "quiet_default")]
    #[schema(required = true)]
    pub quiet_seconds: u32,
}

const fn quiet_default() -> u32 {
    QUIET_SECONDS
}

const fn review_every_default() -> u32 {
    90
}

impl Default for Thresholds {
    fn default() -> Thresholds {
        Thresholds {
            warn_days: 30,
            stale_days: 90,
            review_every_days: review_every_default(),
            quiet_seconds: QUIET_SECONDS,
        }
    }
}

impl Thresholds {
    /// How fresh an active key is.
    pub fn freshness(self, key: &Key, now: Timestamp) -> Freshness {
        let idle_since = key.certainly_idle_since();
        if idle_since <= self.stale_before(now) {
            Freshness::Stale
        } else if idle_since <= self.idle_before(now) {
            Freshness::Idle
        } else {
            Freshness::Fresh
        }
    }

    /// An active key whose last use, or creation, is not after this time is idle or stale.
    pub fn idle_before(self, now: Timestamp) -> Timestamp {
        now - days(self.warn_days)
    }

    /// A key whose last review, or creation, is before this time is due for a review.
    pub fn review_before(self, now: Timestamp) -> Timestamp {
        now - days(self.review_every_days)
    }

    /// An active key whose last use, or creation, is not after this time is stale.
    pub fn stale_before(self, now: Timestamp) -> Timestamp {
        now - days(self.stale_days)
    }
}

/// How long an active key has been idle, in words.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Freshness {
    /// Used lately.
    Fresh,
    /// Idle for `warn` days.
    Idle,
    /// Idle for `stale` days.
    Stale,
}

const fn days(days: u32) -> Duration {
    Duration::from_secs(days as u64 * 86_400)
}
