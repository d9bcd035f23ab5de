//! The nodes of the database as the header and an open change see them.

use std::time::Duration;

use crate::wire::nodes::{Node, NodeState};
use crate::wire::text::inert;
use crate::wire::time::Timestamp;

/// A node lags that has not applied a change for so long.
const LAGS: Duration = Duration::from_secs(2);

/// The nodes, by their names, and how far the audit log was when they were asked for.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Fleet {
    nodes: Vec<Node>,
    /// When the head of the audit log was noted last, and how far it was then.
    noted: (Timestamp, u64),
    /// The head that was noted before: who has not applied that one lags, and is not merely about to apply a change.
    head_before: u64,
}

impl Fleet {
    /// Takes an answer in.
    pub fn take(&mut self, nodes: &[Node], now: Timestamp) {
        self.nodes = nodes.to_vec();
        let (at, head) = self.noted;
        if at + LAGS <= now || at > now {
            self.head_before = head;
            self.noted = (now, nodes.iter().map(|node| node.revision + node.lag).max().unwrap_or(0));
        }
    }

    /// Whether there is more than one node.
    pub fn is_many(&self) -> bool {
        self.nodes.len() > 1
    }

    /// How a node is. One that has a change to apply which was committed just now is live.
    pub fn state(&self, node: &Node, now: Timestamp) -> NodeState {
        match node.state_at(now) {
            NodeState::Behind if node.revision >= self.head_before => NodeState::Live,
            state => state,
        }
    }

    /// What the header says of the nodes, and whether it is a warning; none where there is one node.
    pub fn words(&self, now: Timestamp) -> Option<(bool, String)> {
        if !self.is_many() {
            return None;
        }
        let troubled = || self.nodes.iter().filter(|node| self.state(node, now) != NodeState::Live);
        let all = self.nodes.len();
        Some(match (troubled().count(), troubled().next()) {
            (1, Some(node)) => (true, format!("▲ {} {}", inert(&node.name), self.state(node, now).as_str())),
            (0, _) => (false, format!("{all} nodes")),
            (troubled, _) => (true, format!("▲ {} of {all} nodes live", all - troubled)),
        })
    }

    /// What is done, as `Revoking`, and how many nodes have confirmed it; `revision` is the change, once it is known.
    pub fn waiting_words(&self, doing: &str, revision: Option<u64>, now: Timestamp) -> String {
        match self.confirmed_words(revision, now) {
            Some(words) => format!("{doing}… {words}"),
            None => format!("{doing}… waiting for all nodes to confirm"),
        }
    }

    /// How many nodes have confirmed a change, and for whom it waits until when; none where there is one node, or
    /// while it is not known which change that is.
    pub fn confirmed_words(&self, revision: Option<u64>, now: Timestamp) -> Option<String> {
        let awaited = || self.nodes.iter().filter(|node| node.live);
        let all = awaited().count();
        let revision = revision.filter(|_| self.is_many() && all > 0)?;
        let missing: Vec<&Node> = awaited().filter(|node| node.revision < revision).collect();
        let confirmed = format!("{} of {all} confirmed", all - missing.len());
        let ends = missing.iter().filter_map(|node| node.lease_until).max();
        let left = ends.map_or(0, |until| until.millis() - now.millis()).max(0);
        // In tenths of a second, rounded up.
        let tenths = (left + 99) / 100;
        let left = format!("{}.{} s", tenths / 10, tenths % 10);
        Some(match (missing.as_slice(), tenths) {
            ([], _) => confirmed,
            ([node], 0) => {
                format!("{confirmed}; {} is silent, making sure that its lease has ended", inert(&node.name))
            }
            ([node], _) => format!("{confirmed}; {} is silent, its lease ends in {left}", inert(&node.name)),
            (nodes, 0) => {
                format!("{confirmed}; {} are silent, making sure that their leases have ended", nodes.len())
            }
            (nodes, _) => format!("{confirmed}; {} are silent, the last lease ends in {left}", nodes.len()),
        })
    }
}
