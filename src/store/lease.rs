//! The rules by which a node may serve: who gets a lease, and whom a change waits for.
//!
//! Plain functions over plain values. The memory of one process, the tables of many and the model in
//! `tests/it/store/lease_model.rs` call these and no others, so what is checked is what runs.
//!
//! Why a change that was answered is true on every node: a change waits for each row that was live at its commit,
//! until the row shows its revision, or one lease and [`GRACE`] have passed. A lease that began before the commit has
//! ended by then. A renewal after the commit reads a head that holds the change; it gives a lease from its own
//! beginning only to a node that has applied that head, and one from the beginning of the renewal before only to a
//! node that has applied the head which *that* one read. The first such renewal was before the commit, and each later
//! one asks for the change. A node whose row is not live gets none until it has applied the newest head.

use std::time::Duration;

use crate::wire::audit::Head;

/// The default length of a lease.
pub const DEFAULT_LEASE: Duration = Duration::from_secs(10);
/// The longest one that can be chosen.
pub const LONGEST_LEASE: Duration = Duration::from_secs(20);
/// What a wait takes beyond a lease: the time to notice that it ended.
pub const GRACE: Duration = Duration::from_millis(200);

/// A place in the history of changes.
pub trait Place {
    /// Whether everything up to `other` is part of this.
    fn reaches(&self, other: &Self) -> bool;
}

/// In one process nobody else writes history: the revision says it all.
impl Place for u64 {
    fn reaches(&self, other: &u64) -> bool {
        self >= other
    }
}

/// Whoever applied a head has compared every hash on the way there.
impl Place for Head {
    fn reaches(&self, other: &Head) -> bool {
        self.seq > other.seq || self == other
    }
}

/// What a renewal finds, under the lock that every change takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Renewing<'a, P> {
    /// The newest place there is.
    pub head: &'a P,
    /// What the node has applied.
    pub applied: &'a P,
    /// The head that its previous committed renewal read, if there was one.
    pub previous: Option<&'a P>,
    /// Whether changes wait for the node: then none was answered without it since it went live.
    pub live: bool,
    /// Whether the node is being removed.
    pub forgotten: bool,
}

/// What a renewal gives, once its commit is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grant {
    /// One lease from before this renewal was sent; changes wait for the node from now on.
    Whole,
    /// One lease from before the previous committed renewal was sent.
    Previous,
    /// Nothing: the lease there is ends by itself.
    None,
}

/// What a renewal gives.
pub fn grant<P: Place>(renewing: Renewing<'_, P>) -> Grant {
    let Renewing { head, applied, previous, live, forgotten } = renewing;
    if forgotten {
        Grant::None
    } else if applied.reaches(head) {
        Grant::Whole
    } else if live && previous.is_some_and(|previous| applied.reaches(previous)) {
        Grant::Previous
    } else {
        Grant::None
    }
}

/// Whether a history is the one of which `applied` was read: `hash` is what it has at that place, if it is so long.
pub fn continues(hash: Option<&str>, applied: &Head) -> bool {
    if applied.seq == 0 { *applied == Head::genesis() } else { hash == Some(applied.hash.as_str()) }
}

/// What is known of a node that a change waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Waiting {
    /// It has applied the change.
    Confirmed,
    /// It may still serve without the change.
    Pending,
    /// Its lease has ended without the change: it serves nothing.
    Expired,
    /// It has left in order, which it does after it stopped serving, or it was removed after its lease: it serves nothing,
    /// and it never will.
    Gone,
}

/// What is known of a node that was live at the commit of `revision`. `applied` is what its row shows now, unless
/// it is leaving or gone. `since` is the time since the commit was known.
pub fn waiting(applied: Option<u64>, revision: u64, since: Duration, lease: Duration) -> Waiting {
    match applied {
        Some(applied) if applied >= revision => Waiting::Confirmed,
        Some(_) if since <= lease + GRACE => Waiting::Pending,
        Some(_) => Waiting::Expired,
        None => Waiting::Gone,
    }
}

/// Whether a row stops being live after a change was waited for: it shows an older revision, and its lease has ended.
pub fn falls_out(applied: u64, revision: u64) -> bool {
    applied < revision
}
