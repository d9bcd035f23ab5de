//! Nodes: the processes that serve the Edge API of one database.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::audit::Head;
use super::id::NodeId;
use super::sheet::{Column, Sheet, some};
use super::time::Timestamp;

/// A node: one running process that serves the Edge API.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// Id of this start of the node: every start has its own.
    pub id: NodeId,
    /// Label of the node; two nodes may have the same.
    pub name: String,
    /// Where it runs, as it was started with, or null.
    pub region: Option<String>,
    /// Version of Keydeck.
    pub version: String,
    /// Address of its Edge API, or null.
    pub address: Option<String>,
    /// When the node started, by its clock.
    pub started_at: Timestamp,
    /// When the node last reported, by its clock.
    pub seen_at: Timestamp,
    /// Until when the node may serve unless it renews its lease, by its clock; null before its first lease.
    pub lease_until: Option<Timestamp>,
    /// Whether the node has a valid lease, so that it serves requests. Clocks may differ: it counts until two seconds
    /// after `leaseUntil`.
    pub live: bool,
    /// Whether the node is being removed: it gets no further lease.
    #[serde(default)]
    pub forgotten: bool,
    /// The newest revision applied by the node.
    pub revision: u64,
    /// How many revisions it has yet to apply.
    pub lag: u64,
    /// Requests per second to its Edge API, over its last report interval.
    pub requests_per_second: f64,
}

impl Node {
    /// What is to be said of it in one word.
    pub fn state(&self) -> NodeState {
        if self.forgotten {
            NodeState::Forgotten
        } else if !self.live {
            NodeState::Silent
        } else if self.lag > 0 {
            NodeState::Behind
        } else {
            NodeState::Live
        }
    }
}

/// By how much the clocks of a node and of who looks at it may differ.
const SKEW: Duration = Duration::from_secs(2);

/// Whether a lease has ended for whoever looks at a time. A change that waits for the node relies on its own clock
/// instead.
pub fn lease_ended(until: Option<Timestamp>, now: Timestamp) -> bool {
    until.is_some_and(|until| until + SKEW < now)
}

impl Node {
    /// The same, seen at a time: a node whose lease has ended is not live, though no change has found that out yet.
    #[must_use]
    pub fn seen_at(self, now: Timestamp) -> Node {
        Node { live: self.live && !lease_ended(self.lease_until, now), ..self }
    }

    /// Its state at a time.
    pub fn state_at(&self, now: Timestamp) -> NodeState {
        match self.state() {
            NodeState::Live | NodeState::Behind if lease_ended(self.lease_until, now) => NodeState::Silent,
            state => state,
        }
    }
}

/// What a node is like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NodeState {
    /// It serves, and has applied all changes.
    Live,
    /// It serves, and has changes to apply.
    Behind,
    /// It has no valid lease: it serves nothing, and no change waits for it.
    Silent,
    /// It is being removed.
    Forgotten,
}

impl NodeState {
    /// The word for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            NodeState::Live => "live",
            NodeState::Behind => "behind",
            NodeState::Silent => "silent",
            NodeState::Forgotten => "being forgotten",
        }
    }
}

impl Sheet for Node {
    const COLUMNS: &'static [Column<Node>] = &[
        Column::new("id", |node| some(node.id)),
        Column::new("name", |node| some(&node.name)),
        Column::new("region", |node| node.region.as_ref().and_then(some)),
        Column::new("version", |node| some(&node.version)),
        Column::new("address", |node| node.address.as_ref().and_then(some)),
        Column::new("state", |node| some(node.state().as_str())),
        Column::new("startedAt", |node| some(node.started_at)),
        Column::new("seenAt", |node| some(node.seen_at)),
        Column::new("leaseUntil", |node| node.lease_until.and_then(some)),
        Column::new("revision", |node| some(node.revision)),
        Column::new("lag", |node| some(node.lag)),
        Column::new("requestsPerSecond", |node| some(node.requests_per_second)),
    ];
}

/// The answer of `GET /v1/nodes`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Nodes {
    /// All nodes, oldest first.
    pub items: Vec<Node>,
}

/// The body of `POST /v1/nodes/accept-history`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AcceptHistory {
    /// An audit head that the database's log contains, as `SEQ:HASH`.
    pub head: Head,
}

/// The answer of `POST /v1/nodes/accept-history`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    /// The head that was accepted.
    pub head: Head,
}
