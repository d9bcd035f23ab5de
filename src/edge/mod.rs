//! The Edge API: lookups answered from memory, at once and without a store.
//!
//! | module | what |
//! |---|---|
//! | [`connections`] | how many connections there may be, and how they are accepted and served |
//! | [`serve`] | connections to answers: limits of size, routes |
//! | `verify` | who asks: the key of a request, its project, its rate limit |
//! | [`lookup`] | `GET /v1/lookup`, and the order of its errors |
//! | [`export_route`], [`export`] | `GET /v1/export`: a deployment in the formats of other programs |
//! | [`revoke`], [`revoker`] | `POST /v1/revoke`: a key revokes itself |
//! | [`query`] | the query string, decoded as forms are |
//! | [`keyring`] | is this text a key, and whose? |
//! | [`projects`] | what a node knows of a project: its window and its live rules |
//! | [`limit`] | requests a minute |
//! | [`ruleset`] | which rule a path meets |
//! | [`versions`] | older deployments, on demand |
//! | [`usage`], [`tally`], [`flush`] | who used which key, counted in memory, written in batches |
//! | `settle` | how far that is written, for other processes |
//! | [`metrics`] | what a node counts |
//! | [`document`] | what the OpenAPI document says of it |
//! | [`address`] | where a request came from |
//! | [`answer`] | statuses, headers, bodies |
//! | [`node`], [`load`] | from the store to memory: the start, the change feed, the lease |
//!
//! The path of a lookup holds no store handle: it reads [`State`], which other tasks keep up to date.

pub mod address;
pub mod answer;
pub mod connections;
pub mod document;
pub mod export;
pub mod export_route;
pub mod flush;
pub mod keyring;
pub mod limit;
pub mod load;
pub mod lookup;
pub mod metrics;
pub mod node;
pub mod projects;
pub mod query;
pub mod revoke;
pub mod revoker;
pub mod ruleset;
pub mod serve;
mod settle;
pub mod tally;
pub mod usage;
mod verify;
pub mod versions;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ipnet::IpNet;
use prometheus_client::registry::Registry;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::connections::{Connections, Limits};
pub use self::serve::{run, run_apart};
use crate::secret::Kind;
use crate::store::changes::Follower;
use crate::store::{SharedStore, StoreError};
use crate::wire::audit::Head;
use crate::wire::keys::USAGE_PRECISION;
use crate::wire::session::Plan;
use crate::wire::time::{Clock, Timestamp, Uptime, system_uptime};

/// The most bytes of a path, both of a request and to look up.
pub const MAX_PATH: usize = 8 * 1024;
/// How long a shutdown waits for the last uses to be written.
const LAST_FLUSH: Duration = Duration::from_secs(5);
/// How long it takes at most to tell the others that the node is leaving.
const LAST_WORD: Duration = Duration::from_secs(1);

/// Which keys a node serves.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Modes {
    /// Production keys alone.
    Live,
    /// Test keys alone.
    Test,
    /// All keys.
    #[default]
    Both,
}

impl Modes {
    /// Whether keys of this kind are served; management tokens never are.
    pub const fn serve(self, kind: Kind) -> bool {
        matches!(
            (self, kind),
            (Modes::Live | Modes::Both, Kind::Live) | (Modes::Test | Modes::Both, Kind::Test)
        )
    }
}

/// How a node is to run.
#[derive(Clone)]
pub struct EdgeConfig {
    /// Its name in receipts and sessions.
    pub name: String,
    /// Where it runs, in words.
    pub region: Option<String>,
    /// Which keys it serves.
    pub modes: Modes,
    /// How many requests a minute it allows a project.
    pub plan: Plan,
    /// The proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How many connections it takes.
    pub connections: Limits,
    /// Current time by the server's clock.
    pub clock: Clock,
    /// What measures the minute of a rate limit.
    pub uptime: Uptime,
    /// How long uses are gathered before they are written; at most [`EdgeConfig::FLUSH_MAX`] is taken.
    pub flush_every: Duration,
}

impl EdgeConfig {
    /// The default of `flush_every`.
    pub const FLUSH_EVERY: Duration = Duration::from_secs(1);
    /// A last use is at most [`USAGE_PRECISION`] seconds late; one of them is for writing it.
    pub const FLUSH_MAX: Duration = Duration::from_secs(USAGE_PRECISION.get() as u64 - 1);

    /// The defaults, for a node of this name.
    pub fn new(name: impl Into<String>, clock: Clock) -> EdgeConfig {
        EdgeConfig {
            name: name.into(),
            region: None,
            modes: Modes::default(),
            plan: Plan::default(),
            trusted_proxies: Vec::new(),
            connections: Limits::default(),
            clock,
            uptime: system_uptime(),
            flush_every: EdgeConfig::FLUSH_EVERY,
        }
    }
}

/// Why a node could not start, or could not follow.
#[derive(Debug, thiserror::Error)]
pub enum EdgeError {
    /// The store did not give what the node needs.
    #[error("the Edge API cannot read the store: {0}")]
    Store(#[from] StoreError),
    /// The store took too long.
    #[error("the store did not respond to the Edge API within {0:?}")]
    Slow(Duration),
    /// The history of the database is another than the node has applied.
    #[error(
        "the history of the database was replaced: this node has applied {applied}, which it does not contain"
    )]
    Replaced {
        /// What the node has applied.
        applied: Head,
        /// The end of what is there now.
        head: Head,
    },
    /// The feed names something that the store does not have.
    #[error("the change feed refers to {0}, which is not in the store")]
    Inconsistent(String),
}

/// What a lookup reads. No store is in it.
pub struct State {
    keyring: keyring::Keyring,
    usage: usage::UsageLog,
    counts: Arc<metrics::Counts>,
    versions: versions::Versions,
    /// Where a key asks to be revoked.
    revocations: mpsc::Sender<revoke::Ask>,
    /// How long a lease lasts: a receipt takes no longer.
    lease: Duration,
    follower: Follower,
    /// Wakes the node: a request met a lease that has ended.
    lapsed: Notify,
    /// Wakes who tells other processes how far usage is written.
    settled: Notify,
    region: Option<String>,
    started_at: Timestamp,
    modes: Modes,
    /// Requests a minute and project; none is "no limit".
    limit: Option<u32>,
    trusted_proxies: Vec<IpNet>,
    clock: Clock,
    uptime: Uptime,
}

/// A running node.
pub struct Edge {
    store: SharedStore,
    state: Arc<State>,
    connections: Arc<Connections>,
    tasks: TaskTracker,
    stop: CancellationToken,
    /// Whether all usage was written, in the end.
    flushed: Mutex<Option<JoinHandle<bool>>>,
}

impl Edge {
    /// Loads keys and deployments, enters the change feed, and keeps following it until
    /// [`Edge::shutdown`]. `address` is what sessions show of it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn start(
        store: SharedStore,
        config: EdgeConfig,
        address: Option<SocketAddr>,
    ) -> Result<Arc<Edge>, EdgeError> {
        let built = Built::new(&store, config, address);
        let place = node::enter(&store, &built.state).await?;
        Ok(built.run(store, node::Entered::At(place)))
    }

    /// The same, but comes back at once: keys and deployments are loaded in the background, and a store that cannot
    /// be read is tried again. Until all is loaded the node has no lease: every request is answered 503, and no
    /// receipt waits for it.
    pub fn begin(store: SharedStore, config: EdgeConfig, address: Option<SocketAddr>) -> Arc<Edge> {
        Built::new(&store, config, address).run(store, node::Entered::No)
    }

    /// Whether it serves: it holds all keys, and its lease is live.
    pub fn serves(&self) -> bool {
        self.state.follower.is_live()
    }

    /// The Edge API as a router, for who has no socket. Requests carry their peer as axum's
    /// `ConnectInfo<SocketAddr>`.
    pub fn router(self: &Arc<Edge>) -> axum::Router {
        serve::router(Arc::clone(&self.state))
    }

    /// The connections of its listener.
    pub fn connections(&self) -> Arc<Connections> {
        Arc::clone(&self.connections)
    }

    /// Enters what this node counts.
    pub fn register(&self, registry: &mut Registry) {
        registry.register_collector(Box::new(Arc::clone(&self.state.counts)));
    }

    /// Writes the last uses and leaves the change feed. From now on every lookup is answered 503.
    pub async fn shutdown(&self) {
        self.state.follower.leave();
        self.stop.cancel();
        if let Some(ledger) = self.store.ledger() {
            // Whoever revokes need not wait for it. Where this fails, they wait for the end of its lease.
            let _ = tokio::time::timeout(LAST_WORD, ledger.leave(self.state.follower.id())).await;
        }
        if tokio::time::timeout(LAST_FLUSH, self.tasks.wait()).await.is_err() {
            tracing::warn!("cannot save the last usage within {LAST_FLUSH:?}; it is lost");
            return;
        }
        let flushed = self.flushed.lock().unwrap_or_else(PoisonError::into_inner).take();
        let all = match flushed {
            Some(flushed) => flushed.await.unwrap_or(false),
            None => false,
        };
        // A node whose usage was lost stays in the tables until it is forgotten: its last uses are unknown.
        if let Some(ledger) = self.store.ledger()
            && all
        {
            let _ = tokio::time::timeout(LAST_WORD, ledger.remove(self.state.follower.id())).await;
        }
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A node that does nothing yet.
struct Built {
    state: Arc<State>,
    connections: Arc<Connections>,
    asks: mpsc::Receiver<versions::Ask>,
    revoke_asks: mpsc::Receiver<revoke::Ask>,
    flush_every: Duration,
}

impl Built {
    fn new(store: &SharedStore, config: EdgeConfig, address: Option<SocketAddr>) -> Built {
        let address = address.map(|address| address.to_string());
        let (versions, asks) = versions::channel();
        let (revocations, revoke_asks) = revoke::channel();
        let state = Arc::new(State {
            keyring: keyring::Keyring::default(),
            usage: usage::UsageLog::default(),
            counts: Arc::default(),
            versions,
            revocations,
            lease: store.changes().lease(),
            follower: store.changes().register_empty(&config.name, address),
            lapsed: Notify::new(),
            settled: Notify::new(),
            region: config.region,
            started_at: (config.clock)(),
            modes: config.modes,
            limit: config.plan.limits().requests_per_minute,
            trusted_proxies: config.trusted_proxies.clone(),
            clock: config.clock,
            uptime: config.uptime,
        });
        Built {
            state,
            connections: Connections::new(config.connections, config.trusted_proxies),
            asks,
            revoke_asks,
            flush_every: config.flush_every.min(EdgeConfig::FLUSH_MAX),
        }
    }

    fn run(self, store: SharedStore, entered: node::Entered) -> Arc<Edge> {
        let Built { state, connections, asks, revoke_asks, flush_every } = self;
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let edge =
            Edge { store: Arc::clone(&store), state, connections, tasks, stop, flushed: Mutex::default() };
        let (state, stop) = (&edge.state, &edge.stop);
        edge.tasks.spawn(node::follow(Arc::clone(&store), Arc::clone(state), entered, stop.clone()));
        edge.tasks.spawn(load::answer_asks(Arc::clone(&store), Arc::clone(state), asks, stop.clone()));
        edge.tasks.spawn(revoker::answer_asks(Arc::clone(&store), revoke_asks, stop.clone()));
        let uses = store.changes().flush_requests();
        edge.tasks.spawn(settle::run(Arc::clone(&store), Arc::clone(state), stop.clone()));
        let flush = flush::run(store, Arc::clone(state), flush_every, uses, stop.clone());
        *edge.flushed.lock().unwrap_or_else(PoisonError::into_inner) = Some(edge.tasks.spawn(flush));
        edge.tasks.close();
        Arc::new(edge)
    }
}
