//! Who is asking, and what the server is like.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::audit::Head;
use super::time::Timestamp;
use super::tokens::Role;
use super::word::{Word, open_word};

/// The answer of `GET /v1/session`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Who asks: `local:<user>` or `token:<name>`.
    pub principal: String,
    /// What they may do.
    pub role: Role,
    /// The server's plan.
    pub plan: Plan,
    /// What the plan allows.
    pub limits: Limits,
    /// The server's version.
    pub server_version: String,
    /// The nodes that serve the Edge API.
    #[serde(default)]
    pub nodes: Vec<Node>,
    /// From how much idle time a key counts as idle and as stale.
    #[serde(default)]
    pub thresholds: Thresholds,
    /// The end of the audit chain.
    pub audit_head: Head,
    /// The server's clock.
    pub now: Timestamp,
}

/// A running process that serves the Edge API.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// Its name.
    pub name: String,
    /// The address of its Edge API.
    pub edge: Option<String>,
    /// The newest revision it has applied.
    pub revision: u64,
    /// Whether its lease is live.
    pub live: bool,
}

/// What a server allows a project.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Plan {
    /// One active key a project, 100 requests a minute.
    Free,
    /// 1,000 requests a minute.
    Pro,
    /// No limits.
    #[default]
    Enterprise,
    /// One that this program does not know.
    Other(Word),
}

open_word!(Plan, "What a server allows a project.", Free = "free", Pro = "pro", Enterprise = "enterprise");

impl Plan {
    /// What it allows.
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

/// The limits of a plan; null is "no limit".
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Active keys of one project.
    pub active_keys_per_project: Option<u32>,
    /// Requests to the Edge API, a project, a node and a minute.
    pub requests_per_minute: Option<u32>,
}

/// From how many idle days an active key counts as idle and as stale. Settings of the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Thresholds {
    /// Days until it is idle.
    pub warn_days: u32,
    /// Days until it is stale.
    pub stale_days: u32,
}

impl Default for Thresholds {
    fn default() -> Thresholds {
        Thresholds { warn_days: 30, stale_days: 90 }
    }
}

impl Thresholds {
    /// How fresh a key is that has been idle since then.
    pub fn freshness(self, idle_since: Timestamp, now: Timestamp) -> Freshness {
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
