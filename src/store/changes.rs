//! The feed: who follows the store, and who has applied what.
//!
//! Server and edge meet here and nowhere else. A write that commits calls [`Changes::committed`]; each node
//! wakes, applies the change and acknowledges its revision; whoever must not answer before that awaits
//! [`Changes::acknowledged`] and gets a receipt. One process alone goes the same way and reports 1 of 1.
//!
//! A node serves only while its lease is live, by the rules of [`super::lease`]. A lease ends when either clock says
//! so: the one that counts the machine's sleep, or the one on the wall.
//!
//! On SQLite one process has all of this in memory. Where many processes share a database, the rows of the nodes are
//! in its tables ([`super::Ledger`]), and this is what the process knows of them.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{broadcast, mpsc, oneshot, watch};

use super::fault::{Fault, is_broken};
use super::lease::{self, Grant, Renewing};
pub use super::lease::{DEFAULT_LEASE, GRACE};
use crate::wire::events::Use;
use crate::wire::id::NodeId;
use crate::wire::keys::{Receipt, Slowest, USAGE_PRECISION};
use crate::wire::nodes::{Node, lease_ended};
use crate::wire::session;
use crate::wire::time::{Clock, Timestamp, system_clock, uptime};

/// How long nodes may take to write the uses they hold.
const USES_PATIENCE: Duration = Duration::from_secs(5);
/// How many batches of uses are kept for one who is slow to take them; then the oldest are left out.
const USES_KEPT: usize = 16;

/// Asks to write uses now; the answer is whether it could be done.
#[derive(Debug)]
pub struct FlushRequest {
    /// Where it is said whether they could be written.
    pub reply: oneshot::Sender<bool>,
    /// What they are written for.
    pub need: Need,
}

/// What uses are written for before their time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// A revocation goes by them: a full disk does not stop it.
    Revocation,
    /// Whoever asks wants them soon.
    Other,
}

/// What a node tells of itself.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct NodeCard {
    /// Where it runs.
    pub region: Option<String>,
    /// Version of Keydeck.
    pub version: String,
    /// When it started.
    pub started_at: Timestamp,
    /// The time by its clock.
    pub now: Timestamp,
    /// Requests per second since it reported last.
    pub requests_per_second: f64,
    /// The last times of all requests before this moment are written: milliseconds by the clock of the database.
    pub usage_until: i64,
}

/// The feed of one store.
#[derive(Debug)]
pub struct Changes {
    newest: watch::Sender<u64>,
    /// Bumped whenever a node acknowledges, renews, or leaves.
    progress: watch::Sender<u64>,
    nodes: Mutex<Vec<Arc<NodeState>>>,
    /// Whom to ask to write the uses that nodes of this process hold in memory.
    writers: Mutex<Vec<mpsc::Sender<FlushRequest>>>,
    uses: broadcast::Sender<Arc<[Use]>>,
    /// Since when a request is noted in this process but not written: milliseconds of [`uptime`]; 0 if all are.
    unwritten: AtomicU64,
    ended: watch::Sender<bool>,
    /// Set when the process is about to leave and still answers.
    draining: AtomicBool,
    /// Set for good when nothing of this store may be served any more.
    stopped: watch::Sender<bool>,
    lease: Duration,
    wall: Wall,
    /// What is known of all nodes, where many processes share the database.
    shared: Option<Shared>,
}

/// What a process knows of the nodes in the tables.
#[derive(Debug, Default)]
struct Shared {
    /// What every live node had applied when it was looked at last.
    confirmed: AtomicU64,
    nodes: Mutex<Vec<SharedNode>>,
    usage: Mutex<UsageWritten>,
    /// The newest number up to which a caller waits for usage to be written.
    fence: watch::Sender<i64>,
}

/// A node in the tables.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SharedNode {
    /// What is shown of it; `live` says whether changes wait for it.
    pub node: session::Node,
    /// Until when it may serve, by its clock.
    pub lease_until: Option<Timestamp>,
}

impl SharedNode {
    fn is_live(&self, now: Timestamp) -> bool {
        self.node.live && !lease_ended(self.lease_until, now)
    }
}

/// How far usage is written, as it was when the tables were looked at last. Times are milliseconds by the clock of the
/// database.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct UsageWritten {
    /// The last times of all requests before this moment are written by all nodes. None without a node.
    pub until: Option<i64>,
    /// The time that the database told.
    pub told: i64,
    /// Milliseconds of [`uptime`] before it was asked.
    pub asked_at: i64,
    /// The same after its answer.
    pub heard_at: i64,
}

/// The clock on the wall.
struct Wall(Clock);

impl Wall {
    fn ms(&self) -> i64 {
        (self.0)().millis()
    }
}

impl fmt::Debug for Wall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wall")
    }
}

#[derive(Debug)]
struct NodeState {
    id: NodeId,
    name: String,
    edge: Option<String>,
    applied: AtomicU64,
    card: Mutex<NodeCard>,
    /// What was newest at the last renewal, and when that was.
    required: Mutex<Seen>,
    /// Milliseconds of [`uptime`] until which it may serve; 0 after it left, or after somebody relied on its end.
    lease_until: AtomicU64,
    /// The same on the wall: the uptime may stand still where the machine is itself a program that was paused.
    wall_until: AtomicI64,
}

impl NodeState {
    fn as_node(&self, newest: u64, wall: &Wall) -> Node {
        let card = self.card.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let revision = self.applied.load(Ordering::Acquire);
        Node {
            id: self.id,
            name: self.name.clone(),
            region: card.region,
            version: card.version,
            address: self.edge.clone(),
            started_at: card.started_at,
            seen_at: card.now,
            lease_until: self.lease_ends(),
            live: self.is_live(wall),
            forgotten: false,
            revision,
            lag: newest.saturating_sub(revision),
            requests_per_second: card.requests_per_second,
        }
    }

    fn lease_ends(&self) -> Option<Timestamp> {
        let until = self.wall_until.load(Ordering::Acquire);
        (self.lease_until.load(Ordering::Acquire) > 0).then(|| Timestamp::from_millis(until))
    }
}

/// A revision that was the newest at a moment.
#[derive(Clone, Copy, Debug)]
struct Seen {
    newest: u64,
    at: Moment,
}

/// A point in time by both clocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    /// Milliseconds of [`uptime`].
    uptime: u64,
    /// Milliseconds on the wall.
    wall: i64,
}

impl NodeState {
    fn is_live(&self, wall: &Wall) -> bool {
        // The end on the wall was stored first, so it belongs to this lease or to a newer one.
        let until = self.lease_until.load(Ordering::Acquire);
        if uptime_ms() < until && wall.ms() < self.wall_until.load(Ordering::Acquire) {
            return true;
        }
        // A clock on the wall that is set back must not bring it to life again; a newer lease stays.
        let _ = self.lease_until.compare_exchange(until, 0, Ordering::AcqRel, Ordering::Relaxed);
        false
    }
}

impl Changes {
    /// A feed that starts at a revision.
    pub fn new(newest: u64, lease: Duration) -> Arc<Changes> {
        Changes::with_clock(newest, lease, system_clock())
    }

    /// The same with a clock on the wall of one's own.
    pub fn with_clock(newest: u64, lease: Duration, wall: Clock) -> Arc<Changes> {
        Arc::new(Changes::made(newest, lease, wall, None))
    }

    /// A feed of a database that many processes share: who is live is in its tables.
    pub fn shared(newest: u64, lease: Duration) -> Arc<Changes> {
        Arc::new(Changes::made(newest, lease, system_clock(), Some(Shared::default())))
    }

    fn made(newest: u64, lease: Duration, wall: Clock, shared: Option<Shared>) -> Changes {
        Changes {
            newest: watch::Sender::new(newest),
            progress: watch::Sender::new(0),
            nodes: Mutex::new(Vec::new()),
            writers: Mutex::new(Vec::new()),
            uses: broadcast::Sender::new(USES_KEPT),
            unwritten: AtomicU64::new(0),
            ended: watch::Sender::new(false),
            draining: AtomicBool::new(false),
            stopped: watch::Sender::new(false),
            lease,
            wall: Wall(wall),
            shared,
        }
    }

    /// A transaction with this revision has committed.
    pub fn committed(&self, revision: u64) {
        self.newest.send_if_modified(|newest| {
            let newer = revision > *newest;
            *newest = (*newest).max(revision);
            newer
        });
    }

    /// The history was replaced by one that ends at this revision.
    pub fn rewound(&self, revision: u64) {
        self.newest.send_replace(revision);
        if let Some(shared) = &self.shared {
            shared.confirmed.store(0, Ordering::Release);
        }
        self.bump();
    }

    /// Every node that is live in the tables had applied this revision; whoever goes live later has, too.
    pub fn confirmed(&self, revision: u64) {
        if let Some(shared) = &self.shared
            && shared.confirmed.fetch_max(revision, Ordering::AcqRel) < revision
        {
            self.bump();
        }
    }

    /// The nodes as they are in the tables.
    pub fn set_nodes(&self, nodes: Vec<SharedNode>) {
        if let Some(shared) = &self.shared {
            let mut known = shared.nodes.lock().unwrap_or_else(PoisonError::into_inner);
            if *known != nodes {
                *known = nodes;
                drop(known);
                self.bump();
            }
        }
    }

    /// Now, by both clocks: to be read before a renewal is sent.
    pub fn moment(&self) -> Moment {
        Moment { uptime: uptime_ms(), wall: self.wall.ms() }
    }

    /// The newest committed revision that this process knows of.
    pub fn newest(&self) -> u64 {
        *self.newest.borrow()
    }

    /// How long a lease lasts.
    pub fn lease(&self) -> Duration {
        self.lease
    }

    /// Wakes when a newer revision is committed.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// Wakes when a node acknowledges, renews, or leaves: [`Changes::applied_by_all`] may be another then.
    pub fn subscribe_progress(&self) -> watch::Receiver<u64> {
        self.progress.subscribe()
    }

    /// Uses as they are written from now on. Who is slow to take them misses the oldest, and is told so.
    pub fn subscribe_uses(&self) -> broadcast::Receiver<Arc<[Use]>> {
        self.uses.subscribe()
    }

    /// Whether anybody wants to know of uses.
    pub fn has_usage_subscribers(&self) -> bool {
        self.uses.receiver_count() > 0
    }

    /// These uses were written.
    pub fn used(&self, uses: Vec<Use>) {
        if !uses.is_empty() {
            // It fails when the last one who wanted to know has left.
            let _ = self.uses.send(uses.into());
        }
    }

    /// The process is about to end: whoever follows for a caller lets them go.
    pub fn end(&self) {
        self.ended.send_replace(true);
    }

    /// The process is about to leave: it still answers everything, but says that it is not ready, so that load balancers
    /// send new requests elsewhere.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Whether new requests should go elsewhere.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Nothing of this store may be served any more: every lease ends now, and none begins again.
    pub fn stop(&self) {
        let nodes = self.lock();
        self.stopped.send_replace(true);
        for node in nodes.iter() {
            node.lease_until.store(0, Ordering::Release);
        }
        drop(nodes);
        self.bump();
        self.end();
    }

    /// True once nothing may be served any more.
    pub fn subscribe_stop(&self) -> watch::Receiver<bool> {
        self.stopped.subscribe()
    }

    /// True once the process is about to end.
    pub fn subscribe_end(&self) -> watch::Receiver<bool> {
        self.ended.subscribe()
    }

    /// Enters a node that has applied everything up to `applied`. Its lease begins now, or with its first
    /// renewal when something newer was committed while it loaded: a receipt given meanwhile did not wait
    /// for it.
    pub fn register(self: &Arc<Self>, name: &str, edge: Option<String>, applied: u64) -> Follower {
        self.enter(name, edge, Some(applied))
    }

    /// Enters a node that has read nothing yet. It has no lease, so no receipt waits for it; its lease begins with
    /// its first renewal.
    pub fn register_empty(self: &Arc<Self>, name: &str, edge: Option<String>) -> Follower {
        self.enter(name, edge, None)
    }

    fn enter(self: &Arc<Self>, name: &str, edge: Option<String>, applied: Option<u64>) -> Follower {
        let mut nodes = self.lock();
        let seen = self.seen();
        let current = applied.is_some_and(|applied| applied >= seen.newest) && !*self.stopped.borrow();
        let node = Arc::new(NodeState {
            id: NodeId::generate(),
            name: name.to_owned(),
            edge,
            applied: AtomicU64::new(applied.unwrap_or(0)),
            card: Mutex::default(),
            required: Mutex::new(seen),
            lease_until: AtomicU64::new(if current { seen.at.uptime + millis(self.lease) } else { 0 }),
            wall_until: AtomicI64::new(seen.at.wall.saturating_add_unsigned(millis(self.lease))),
        });
        nodes.push(Arc::clone(&node));
        drop(nodes);
        self.bump();
        Follower { changes: Arc::clone(self), node }
    }

    /// The revision that every live node has applied; the newest when there is no node.
    pub fn applied_by_all(&self) -> u64 {
        let newest = self.newest();
        if let Some(shared) = &self.shared {
            return shared.confirmed.load(Ordering::Acquire).min(newest);
        }
        self.lock()
            .iter()
            .filter(|node| self.counts(node))
            .map(|node| node.applied.load(Ordering::Acquire))
            .min()
            .map_or(newest, |applied| applied.min(newest))
    }

    /// Waits until each node whose lease is live now has applied `revision` or has lost its lease.
    pub async fn acknowledged(&self, revision: u64) -> Receipt {
        let start = uptime();
        let mut progress = self.progress.subscribe();
        let mut waiting: Vec<_> =
            self.lock().iter().filter(|node| self.counts(node)).map(Arc::clone).collect();
        let nodes = waiting.len() as u32;
        let mut receipt = Receipt { revision, confirmed_by: 0, nodes, slowest: None, expired: Vec::new() };
        loop {
            progress.borrow_and_update();
            {
                // Under the lock no renewal is under way, so what is not live now stays so until it is current.
                let nodes = self.lock();
                let ms = millis(uptime().saturating_sub(start));
                waiting.retain(|node| {
                    if node.applied.load(Ordering::Acquire) >= revision {
                        receipt.confirmed_by += 1;
                        receipt.slowest = Some(Slowest { node: node.name.clone(), ms });
                        return false;
                    }
                    if !nodes.iter().any(|known| Arc::ptr_eq(known, node)) {
                        // It has left in order: it serves nothing, and is none of those that had to confirm.
                        receipt.nodes -= 1;
                        return false;
                    }
                    if !self.counts(node) {
                        receipt.expired.push(node.name.clone());
                        return false;
                    }
                    true
                });
            }
            if waiting.is_empty() {
                return receipt;
            }
            let until =
                waiting.iter().map(|node| node.lease_until.load(Ordering::Acquire)).min().unwrap_or(0);
            let left = Duration::from_millis(until.saturating_sub(uptime_ms()) + 1);
            // The sender lives as long as self, so the only outcomes are progress and the end of a lease.
            let _ = tokio::time::timeout(left.min(GRACE), progress.changed()).await;
        }
    }

    /// Enters who gathers uses in memory: it writes them whenever it is asked to, and answers whether it could.
    pub fn flush_requests(&self) -> mpsc::Receiver<FlushRequest> {
        let (asks, asked) = mpsc::channel(16);
        self.writers.lock().unwrap_or_else(PoisonError::into_inner).push(asks);
        asked
    }

    /// Has the nodes of this process write the uses noted so far, and says whether all could. For those of all
    /// processes: [`super::Nodes::settle_usage`].
    pub async fn flush_usage(&self, need: Need) -> bool {
        let writers = {
            let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
            writers.retain(|writer| !writer.is_closed());
            writers.clone()
        };
        let all = async {
            for writer in writers {
                let (reply, written) = oneshot::channel();
                // One that has ended has written what it had.
                if writer.send(FlushRequest { reply, need }).await.is_ok()
                    && matches!(written.await, Ok(false))
                {
                    return false;
                }
            }
            true
        };
        tokio::time::timeout(USES_PATIENCE, all).await.unwrap_or(false)
    }

    /// The nodes as a session shows them at a time.
    pub fn nodes(&self, now: Timestamp) -> Vec<session::Node> {
        if let Some(shared) = &self.shared {
            let nodes = shared.nodes.lock().unwrap_or_else(PoisonError::into_inner);
            let shown = |node: &SharedNode| session::Node { live: node.is_live(now), ..node.node.clone() };
            return nodes.iter().map(shown).collect();
        }
        self.lock()
            .iter()
            .map(|node| session::Node {
                name: node.name.clone(),
                edge: node.edge.clone(),
                revision: node.applied.load(Ordering::Acquire),
                live: node.is_live(&self.wall),
            })
            .collect()
    }

    /// What the tables say of how far usage is written.
    pub fn set_usage(&self, written: UsageWritten, fence: i64) {
        if let Some(shared) = &self.shared {
            *shared.usage.lock().unwrap_or_else(PoisonError::into_inner) = written;
            shared.fence.send_if_modified(|known| std::mem::replace(known, fence) != fence);
        }
    }

    /// Since when a request is noted in this process but not written, by [`uptime`].
    pub fn set_unwritten(&self, since: Option<Duration>) {
        self.unwritten.store(since.map_or(0, |since| millis(since).max(1)), Ordering::Release);
    }

    /// How many seconds last uses are late at most: [`USAGE_PRECISION`], or longer where this process or another node
    /// has not been able to write its own for longer.
    pub fn usage_precision(&self) -> NonZeroU32 {
        let here = match self.unwritten.load(Ordering::Acquire) {
            0 => 0,
            since => uptime_ms().saturating_sub(since) as i64,
        };
        let late = self.shared.as_ref().map_or(0, |shared| {
            let usage = *shared.usage.lock().unwrap_or_else(PoisonError::into_inner);
            // Not too small: the database told its time after it was asked.
            let now = usage.told - usage.asked_at + uptime_ms() as i64;
            usage.until.map_or(0, |until| now.saturating_sub(until).max(0))
        });
        let seconds = u32::try_from((late.max(here) + 999) / 1000).unwrap_or(u32::MAX);
        USAGE_PRECISION.max(NonZeroU32::new(seconds).unwrap_or(USAGE_PRECISION))
    }

    /// A moment of [`uptime`] by the clock of the database, not too late. None where there is no such clock.
    pub fn database_time(&self, at: Duration) -> Option<i64> {
        let usage = *self.shared.as_ref()?.usage.lock().unwrap_or_else(PoisonError::into_inner);
        // The database told its time before it was heard.
        (usage.heard_at > 0).then(|| usage.told - usage.heard_at + millis(at) as i64)
    }

    /// Wakes when a caller waits for usage to be written. None where one process has the database alone.
    pub fn subscribe_fence(&self) -> Option<watch::Receiver<i64>> {
        self.shared.as_ref().map(|shared| shared.fence.subscribe())
    }

    /// How many nodes share the rate at which usage is written. None where one process has the database alone.
    pub fn sharing_nodes(&self) -> Option<usize> {
        let shared = self.shared.as_ref()?;
        let nodes = shared.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        Some(nodes.iter().filter(|node| node.node.live).count().max(1))
    }

    /// The nodes of this process, where it has all of them in memory.
    pub fn known_nodes(&self) -> Vec<Node> {
        let newest = self.newest();
        self.lock().iter().map(|node| node.as_node(newest, &self.wall)).collect()
    }

    /// Whether a node may serve. If not, its lease stays ended until it is renewed, whatever the clock on the wall
    /// says later: who asks will not wait for this node. Under the lock of the nodes.
    fn counts(&self, node: &NodeState) -> bool {
        let live = node.is_live(&self.wall);
        if !live {
            node.lease_until.store(0, Ordering::Release);
        }
        live
    }

    fn seen(&self) -> Seen {
        Seen { newest: self.newest(), at: self.moment() }
    }

    fn bump(&self) {
        self.progress.send_modify(|count| *count = count.wrapping_add(1));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<NodeState>>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A node's place in the feed; dropping it takes the node out.
#[derive(Debug)]
pub struct Follower {
    changes: Arc<Changes>,
    node: Arc<NodeState>,
}

impl Follower {
    /// The node has applied everything up to `revision`: no request that begins from now on is judged by
    /// an older state.
    pub fn acknowledge(&self, revision: u64) {
        self.node.applied.fetch_max(revision, Ordering::AcqRel);
        self.changes.bump();
    }

    /// Extends the lease of a node in memory, and says whether it did: [`lease::grant`] decides.
    pub fn renew(&self) -> bool {
        let nodes = self.changes.lock();
        let now = self.changes.seen();
        let applied = self.node.applied.load(Ordering::Acquire);
        let mut required = self.node.required.lock().unwrap_or_else(PoisonError::into_inner);
        let renewing = Renewing {
            head: &now.newest,
            applied: &applied,
            previous: Some(&required.newest),
            live: self.node.is_live(&self.changes.wall),
            // A node that has left stays out, and one that must not serve does not begin again.
            forgotten: *self.changes.stopped.borrow()
                || !nodes.iter().any(|node| Arc::ptr_eq(node, &self.node)),
        };
        let from = match lease::grant(renewing) {
            Grant::Whole => now.at,
            Grant::Previous => required.at,
            Grant::None => return false,
        };
        *required = now;
        self.prolong(from);
        drop(required);
        drop(nodes);
        self.changes.bump();
        true
    }

    /// Gives the node one lease from a moment on: what the tables granted. Not once nothing may be served any more.
    pub fn granted(&self, from: Moment) {
        let nodes = self.changes.lock();
        if !*self.changes.stopped.borrow() && nodes.iter().any(|node| Arc::ptr_eq(node, &self.node)) {
            self.prolong(from);
        }
        drop(nodes);
        self.changes.bump();
    }

    /// Ends the lease now: the node serves nothing until it gets another.
    pub fn lapse(&self) {
        let nodes = self.changes.lock();
        self.node.lease_until.store(0, Ordering::Release);
        drop(nodes);
        self.changes.bump();
    }

    /// What it had applied is no part of the history any more. Only without a lease.
    pub fn restart(&self, applied: u64) {
        self.node.applied.store(applied, Ordering::Release);
        self.changes.bump();
    }

    fn prolong(&self, from: Moment) {
        let lease = millis(self.changes.lease);
        if from.uptime + lease > self.node.lease_until.load(Ordering::Acquire) {
            self.node.wall_until.store(from.wall.saturating_add_unsigned(lease), Ordering::Release);
            self.node.lease_until.store(from.uptime + lease, Ordering::Release);
        }
    }

    /// Id of this start of the node.
    pub fn id(&self) -> NodeId {
        self.node.id
    }

    /// Label of the node.
    pub fn name(&self) -> &str {
        &self.node.name
    }

    /// Address of its Edge API.
    pub fn address(&self) -> Option<&str> {
        self.node.edge.as_deref()
    }

    /// Until when it may serve, by the clock on the wall; none without a lease.
    pub fn lease_until(&self) -> Option<Timestamp> {
        self.node.lease_ends()
    }

    /// What the node tells of itself.
    pub fn set_card(&self, card: NodeCard) {
        *self.node.card.lock().unwrap_or_else(PoisonError::into_inner) = card;
    }

    /// Whether the node may serve.
    pub fn is_live(&self) -> bool {
        self.node.is_live(&self.changes.wall) || is_broken(Fault::Lease)
    }

    /// Whether the process is about to leave, so that new requests should go elsewhere.
    pub fn is_draining(&self) -> bool {
        self.changes.is_draining()
    }

    /// Takes the node out of the feed: it serves no more, and no receipt waits for it.
    pub fn leave(&self) {
        let mut nodes = self.changes.lock();
        self.node.lease_until.store(0, Ordering::Release);
        nodes.retain(|node| !Arc::ptr_eq(node, &self.node));
        drop(nodes);
        self.changes.bump();
    }

    /// The newest revision it has acknowledged.
    pub fn applied(&self) -> u64 {
        self.node.applied.load(Ordering::Acquire)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.leave();
    }
}

fn uptime_ms() -> u64 {
    millis(uptime())
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
