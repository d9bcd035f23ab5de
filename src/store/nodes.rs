//! Nodes: whom a change waits for, and how leases are kept where many processes share a database.

use std::ops::RangeInclusive;
use std::time::Duration;

use async_trait::async_trait;

use super::changes::{Follower, Need, NodeCard};
use super::lease::Grant;
use super::{By, Result, StoreError, Written};
use crate::wire::audit::Head;
use crate::wire::id::NodeId;
use crate::wire::keys::Receipt;
use crate::wire::nodes::Node;
use crate::wire::time::{Timestamp, uptime};

/// The nodes of a store, and what they owe to each other.
#[async_trait]
pub trait Nodes {
    /// Waits until each node that was live at a commit has applied it or has lost its lease. A caller may give up:
    /// it changes nothing.
    async fn confirm(&self, awaited: &Awaited) -> Receipt;
    /// Writes the receipts that wait to be kept, for an answer that is evidence. [`Nodes::listen`] does it all the time.
    async fn write_receipts(&self) -> Result<()>;
    /// Keeps the receipts of executed reviews that a killed process had not written: asks the nodes again. The receipt
    /// of an execution that is still in progress replaces what is kept here.
    async fn recover_receipts(&self, now: Timestamp) -> Result<()>;
    /// The newest change there is, with the nodes that are live now.
    async fn newest_change(&self) -> Result<Awaited>;
    /// All nodes, oldest first.
    async fn nodes(&self) -> Result<Vec<Node>>;
    /// Removes a node that will not return: bars its renewals, waits until its lease has ended, then removes it.
    /// Changes wait for it until then. A repeat waits again.
    async fn forget_node(&self, by: &By, id: NodeId) -> Result<Written<()>>;
    /// Lets nodes serve the history that is in the database now. It must contain `head`.
    async fn accept_history(&self, by: &By, head: &Head) -> Result<Written<()>>;
    /// The tables of the nodes, where many processes share the database. None where one process has all in memory.
    fn ledger(&self) -> Option<&dyn Ledger> {
        None
    }
    /// Has every node write the usage that it has noted so far, for who decides by last uses. The nodes of this process
    /// have five seconds, then the others.
    ///
    /// # Errors
    /// Which node has not written it.
    async fn settle_usage(&self, need: Need) -> std::result::Result<(), Unsettled>;
    /// Hears of what other processes commit, tells them of what this one does, and writes receipts, for as long as it is
    /// polled.
    async fn listen(&self) {
        std::future::pending::<()>().await;
    }
}

/// The nodes in the tables of a database that many processes share.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// The node has applied everything up to `applied`, which is part of this history.
    async fn acknowledge(&self, node: &Follower, applied: &Head) -> Result<()>;
    /// Takes the lock that every change takes, to renew the lease of a node that has applied everything up to `applied`.
    async fn begin_renewal(&self, applied: &Head) -> Result<Box<dyn Renewal>>;
    /// The node serves no more. It has usage to write.
    async fn leave(&self, node: NodeId) -> Result<()>;
    /// A node that has left has written its usage.
    async fn remove(&self, node: NodeId) -> Result<()>;
    /// How far a node has written its usage: up to a time by the clock of the database, and all that it had noted when
    /// it saw this number of who waits for it.
    async fn note_usage(&self, node: NodeId, until: i64, fence: i64) -> Result<()>;
    /// The hashes of the events by which a history was accepted in place of another.
    async fn acceptances(&self) -> Result<Vec<String>>;
}

/// A renewal that has the lock. Dropped, it changes nothing.
#[async_trait]
pub trait Renewal: Send {
    /// The newest head there is.
    fn head(&self) -> &Head;
    /// Whether what the node has applied is part of this history: [`super::lease::continues`].
    fn continues(&self) -> bool;
    /// Writes the node's row, by the rules of [`super::lease::grant`]. What is granted counts from the moment before the
    /// renewal began, or before the previous one did, once this has come back.
    async fn finish(
        self: Box<Self>,
        node: &Follower,
        card: &NodeCard,
        applied: &Head,
        previous: Option<&Head>,
    ) -> Result<Grant>;
}

/// Why it is not known that all usage is written.
#[derive(Debug, thiserror::Error)]
pub enum Unsettled {
    /// A node of this process cannot write it.
    #[error("recent usage cannot be saved")]
    Here,
    /// These nodes have not written it.
    #[error("recent usage of {} is not saved", .0.join(", "))]
    Nodes(Vec<String>),
    /// The tables of the nodes cannot be read.
    #[error("it is unknown whether recent usage is saved")]
    Unknown(#[source] StoreError),
}

impl Unsettled {
    /// What to do about it, as the end of a sentence.
    pub fn advice(&self) -> &'static str {
        match self {
            Unsettled::Here => "try again; if that does not help, see the server log",
            Unsettled::Nodes(_) => {
                "try again; if a node does not return, run `keydeck nodes forget` with its name, which discards its \
                 unsaved usage"
            }
            Unsettled::Unknown(_) => "try again",
        }
    }
}

/// Whom the answer to a change waits for.
#[derive(Clone, Debug)]
pub struct Awaited {
    /// The revision that holds the change.
    pub revision: u64,
    /// The audit head after it: a database that does not contain it knows nothing of the change.
    pub head: Head,
    /// The nodes that were live at its commit, where they are in the tables of the database.
    pub nodes: Vec<AwaitedNode>,
    /// When the commit was known, by [`crate::wire::time::uptime`].
    pub since: Duration,
    /// The first event of the change, where the receipt is kept beside the audit log: not of a repeat, which has none,
    /// and not where the answer carries no receipt.
    pub first_seq: Option<u64>,
    /// Events that the same answer is about and that others may stand behind, each from the first to the last. In most
    /// changes there are none.
    pub earlier: Vec<RangeInclusive<u64>>,
}

/// The same change with the same nodes, whenever it was known.
impl PartialEq for Awaited {
    fn eq(&self, other: &Awaited) -> bool {
        self.revision == other.revision && self.nodes == other.nodes
    }
}

impl Eq for Awaited {}

impl Awaited {
    /// The same change, whose answer carries no receipt.
    pub fn unkept(self) -> Awaited {
        Awaited { first_seq: None, earlier: Vec::new(), ..self }
    }

    /// The same answer is about these events, too, in order. Mostly nothing came in between, and all is one range.
    pub fn begin_with(&mut self, mut earlier: Vec<RangeInclusive<u64>>) {
        if let Some(last) = earlier.pop_if(|last| Some(*last.end() + 1) == self.first_seq) {
            self.first_seq = Some(*last.start());
        }
        self.earlier = earlier;
    }

    /// A change that no node follows.
    pub fn nobody(revision: u64) -> Awaited {
        Awaited {
            revision,
            head: Head::genesis(),
            nodes: Vec::new(),
            since: uptime(),
            first_seq: None,
            earlier: Vec::new(),
        }
    }
}

/// A receipt that is kept beside the audit log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptReceipt {
    /// The first event that it is about. The last one is its revision.
    pub first_seq: u64,
    /// As it was answered.
    pub receipt: Receipt,
}

/// A node that was live at a commit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AwaitedNode {
    /// Its id.
    pub id: NodeId,
    /// Its label.
    pub name: String,
    /// Whether it is being removed: its row goes away once its lease has ended.
    pub forgotten: bool,
}
