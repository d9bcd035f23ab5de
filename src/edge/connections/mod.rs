//! The open connections of a listener: how many there may be, and which one makes room for a new one.
//!
//! Nothing here is shared between requests: a request stores into the atomics of its own connection. The lock
//! is taken when a connection opens or closes.

pub mod connection;
pub mod listener;
pub mod metrics;

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ipnet::IpNet;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use self::connection::{Connection, Timeouts};

/// How many connections beyond the limit may be closing at a time.
const CLOSING: usize = 32;
/// How long a listener waits for a connection that it closes.
const CLOSES_WITHIN: Duration = Duration::from_millis(50);

/// How many connections a listener takes, and how long they may be silent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// All together.
    pub total: usize,
    /// From one IPv4 address or IPv6 /64 network. Trusted proxies have no such limit.
    pub per_address: usize,
    /// How long they may be silent.
    pub timeouts: Timeouts,
}

impl Limits {
    /// The most connections of a listener, however many files may be open.
    pub const MOST: usize = 10_000;

    /// So many connections, half of them from one address, with the default timeouts.
    pub fn of(total: usize) -> Limits {
        let total = total.clamp(1, Limits::MOST);
        Limits { total, per_address: total.div_ceil(2), timeouts: Timeouts::default() }
    }

    /// The same without a limit for each address.
    pub fn from_anywhere(self) -> Limits {
        Limits { per_address: self.total, ..self }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits::of(Limits::MOST)
    }
}

/// All open connections of a listener.
#[derive(Debug)]
pub struct Connections {
    limits: Limits,
    trusted: Vec<IpNet>,
    start: Instant,
    open: Mutex<Open>,
    left: Notify,
    refused: AtomicU64,
    displaced: AtomicU64,
}

#[derive(Default, Debug)]
struct Open {
    next: u64,
    all: HashMap<u64, Arc<Connection>>,
    /// How many of all are about to close.
    closing: usize,
    queue: Queue,
    addresses: HashMap<IpAddr, Address>,
}

#[derive(Default, Debug)]
struct Address {
    open: usize,
    closing: usize,
    queue: Queue,
}

/// Connections by the time since when they were idle when it was filled. One that is still idle since then has
/// been so for longer than any that is not in it.
type Queue = VecDeque<(u64, Arc<Connection>)>;

impl Connections {
    /// None yet. Connections of `trusted` proxies are limited together only.
    pub fn new(limits: Limits, trusted: Vec<IpNet>) -> Arc<Connections> {
        Arc::new(Connections {
            limits,
            trusted,
            start: Instant::now(),
            open: Mutex::default(),
            left: Notify::new(),
            refused: AtomicU64::new(0),
            displaced: AtomicU64::new(0),
        })
    }

    /// What limits them.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// How many are open now.
    pub fn open(&self) -> usize {
        self.lock().all.len()
    }

    /// How many were refused because all others were at work.
    pub fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }

    /// How many were closed to make room for others.
    pub fn displaced(&self) -> u64 {
        self.displaced.load(Relaxed)
    }

    /// Takes a new connection in. Where there are too many, the one that was idle for the longest is closed for
    /// it; where none is idle it is refused.
    pub fn admit(self: &Arc<Connections>, peer: Option<IpAddr>, stop: &CancellationToken) -> Option<Slot> {
        let address = peer.map(|peer| peer.to_canonical());
        let limited = address.filter(|peer| !self.trusted.iter().any(|proxy| proxy.contains(peer)));
        let address = limited.map(network);
        let mut open = self.lock();
        let of_it = address.and_then(|address| open.addresses.get(&address));
        let many = of_it.is_some_and(|of_it| of_it.open - of_it.closing >= self.limits.per_address);
        let full = open.all.len() - open.closing >= self.limits.total;
        let room = (!many && !full) || open.displace(if many { address } else { None });
        if (many || full) && room {
            self.displaced.fetch_add(1, Relaxed);
        }
        if !room || open.all.len() >= self.limits.total + CLOSING {
            self.refused.fetch_add(1, Relaxed);
            return None;
        }
        open.next += 1;
        let connection = Arc::new(Connection::new(open.next, address, self.start, stop.child_token()));
        open.all.insert(connection.id, Arc::clone(&connection));
        if let Some(address) = address {
            open.addresses.entry(address).or_default().open += 1;
        }
        Some(Slot { connections: Arc::clone(self), connection })
    }

    /// Closes the connection that was idle for the longest: no file is left for a new one.
    pub(super) fn make_room(&self) {
        if self.lock().displace(None) {
            self.displaced.fetch_add(1, Relaxed);
        }
    }

    /// Waits a moment until those that were closed for others have gone.
    pub(super) async fn settle(&self) {
        let over = || self.lock().all.len() > self.limits.total;
        if over() {
            let gone = async {
                while over() {
                    self.left.notified().await;
                }
            };
            // A connection that was given a request at the last moment answers it first.
            let _ = tokio::time::timeout(CLOSES_WITHIN, gone).await;
        }
    }

    /// Waits until one has gone, or a moment.
    pub(super) async fn one_gone(&self) {
        let _ = tokio::time::timeout(CLOSES_WITHIN, self.left.notified()).await;
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Has a connection closed, of this address or of any. False when none may be.
    fn displace(&mut self, address: Option<IpAddr>) -> bool {
        let of_it = |connection: &Arc<Connection>| address.is_none() || connection.address == address;
        let queue = match address.and_then(|address| self.addresses.get_mut(&address)) {
            Some(of_it) => &mut of_it.queue,
            None => &mut self.queue,
        };
        let mut chosen = longest_idle(queue);
        if chosen.is_none() {
            let all = self.all.values().filter(|connection| of_it(connection));
            let mut idle: Vec<_> = all
                .filter_map(|connection| Some((connection.idle_since()?, Arc::clone(connection))))
                .collect();
            idle.sort_unstable_by_key(|(since, connection)| (*since, connection.id));
            *queue = idle.into();
            chosen = longest_idle(queue);
        }
        // Who follows a stream goes on where it was cut off.
        let streams = || {
            let all = self.all.values().filter(|connection| of_it(connection));
            all.filter_map(|connection| Some((connection.streaming_since()?, connection)))
                .min_by_key(|(since, _)| *since)
                .map(|(_, connection)| Arc::clone(connection))
        };
        let Some(connection) = chosen.or_else(streams) else { return false };
        connection.displace();
        self.closing += 1;
        if let Some(of_it) = connection.address.and_then(|address| self.addresses.get_mut(&address)) {
            of_it.closing += 1;
        }
        true
    }
}

/// The first of the queue that did nothing since it was filled.
fn longest_idle(queue: &mut Queue) -> Option<Arc<Connection>> {
    while let Some((since, connection)) = queue.pop_front() {
        if connection.idle_since() == Some(since) {
            return Some(connection);
        }
    }
    None
}

/// The place of an open connection among the others, for as long as it lives.
#[derive(Debug)]
pub struct Slot {
    connections: Arc<Connections>,
    connection: Arc<Connection>,
}

impl Slot {
    /// What limits it.
    pub(super) fn timeouts(&self) -> &Timeouts {
        &self.connections.limits.timeouts
    }

    /// The connection, for what outlives a borrow.
    pub fn connection(&self) -> Arc<Connection> {
        Arc::clone(&self.connection)
    }
}

impl Deref for Slot {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.connections.lock();
        let displaced = usize::from(self.connection.close());
        open.all.remove(&self.connection.id);
        open.closing -= displaced;
        if let Some(address) = self.connection.address {
            let of_it = open.addresses.get_mut(&address);
            let last = of_it.is_some_and(|of_it| {
                of_it.open -= 1;
                of_it.closing -= displaced;
                of_it.open == 0
            });
            if last {
                open.addresses.remove(&address);
            }
        }
        drop(open);
        self.connections.left.notify_one();
    }
}

/// An IPv6 caller has a whole /64 of addresses.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from(u128::from(v6) & !u128::from(u64::MAX))),
    }
}
