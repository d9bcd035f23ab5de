//! What runs in this process: a store, a node that serves the Edge API, the management API, the socket.
//!
//! The embedded server of a dashboard or a command and `keydeck serve` are the same pieces, differently
//! chosen. They start in an order in which a failure changes nothing (addresses, then the database) and end
//! in an order in which nothing is lost (requests, uses, database).

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use ipnet::IpNet;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use super::database::Database;
use super::exit::{Exit, Failure};
use super::public::PublicThreads;
use super::shares::Shares;
use super::socket::Door;
use super::tls::Tls;
use super::{listen, process};
use crate::config::{PlanName, Settings};
use crate::edge::connections::{self, Connections};
use crate::edge::{self, Edge, EdgeConfig, EdgeError, Modes};
use crate::server::{self, LocalCaller, Metrics, ServerConfig};
use crate::store::changes::Need;
use crate::store::owner::Owner;
use crate::store::sql::{Options as StoreOptions, SqlStore};
use crate::store::{Follow, Nodes as _, SharedStore};
use crate::tui::NeededFor;
use crate::wire::paths;
use crate::wire::session::{Plan, Thresholds};
use crate::wire::time::{Clock, system_clock};
use crate::wire::tokens::Role;

/// Where the Edge API of a dashboard is.
pub const EDGE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 7475);
/// How long requests that have begun may take when the process is told to end.
pub const DRAIN: Duration = Duration::from_secs(5);
/// How often the database file is looked at: this long a request for a redirect may still be answered after the
/// file has been replaced or deleted. Everything else looks by itself.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// After so many looks the space for revocations is kept up.
const RESERVE_EVERY: u32 = 5;
/// The same after it failed, which it may do for good: a minute.
const RESERVE_AGAIN: u32 = 300;
/// How long the rows of a dashboard wait for its Edge API to have loaded the keys.
const EDGE_PATIENCE: Duration = Duration::from_millis(20);
/// How long a server that has lost its database still says so before it ends.
const LAST_WORDS: Duration = Duration::from_secs(3);
/// How often uses are written meanwhile.
const USES_AGAIN: Duration = Duration::from_millis(50);

/// Whether and where the Edge API is served.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EdgeMode {
    /// Not at all.
    None,
    /// A node that follows and confirms, without a port: for a command that revokes.
    Follow,
    /// Here, or at any free port of the same host when this one is taken.
    Prefer(SocketAddr),
    /// Here and nowhere else.
    Exactly(SocketAddr),
}

/// Whether this process has opened a database, and whether it serves an Edge API: both until it ends.
static OPENED: AtomicBool = AtomicBool::new(false);
static SERVES_EDGE: AtomicBool = AtomicBool::new(false);

/// What others need this process for.
pub fn needed_for() -> NeededFor {
    if SERVES_EDGE.load(Ordering::Relaxed) {
        NeededFor::Edge
    } else if OPENED.load(Ordering::Relaxed) {
        NeededFor::Database
    } else {
        NeededFor::Nothing
    }
}

/// What happens where a SQLite file does not exist.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Absent {
    /// It is created.
    Create,
    /// It is refused: an empty database is no answer where one was moved, deleted or mistyped.
    Refuse,
    /// The same; but where this user has no data directory at all, there are no keys yet, and the answer is empty.
    Empty,
}

/// What shall run.
#[derive(Clone)]
pub struct LaunchOptions {
    /// What projects are allowed.
    pub plan: Plan,
    /// From how much idle time a key is idle and stale.
    pub thresholds: Thresholds,
    /// How long a lease lasts; none is what the database says.
    pub lease: Option<Duration>,
    /// Which keys the Edge API serves.
    pub modes: Modes,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Where the Edge API is.
    pub edge: EdgeMode,
    /// Where the management API is, for callers with a token.
    pub manage: Option<SocketAddr>,
    /// What speaks TLS there; plain HTTP when absent.
    pub tls: Option<Arc<Tls>>,
    /// The node's name in receipts; none is that of the machine, and the process.
    pub name: Option<String>,
    /// Where the node runs, in words.
    pub region: Option<String>,
    /// What happens where a SQLite file does not exist.
    pub absent: Absent,
}

impl LaunchOptions {
    /// What the settings say; the rest as for a dashboard.
    pub fn of(settings: &Settings, edge: EdgeMode) -> LaunchOptions {
        LaunchOptions {
            plan: match settings.plan.value {
                PlanName::Free => Plan::Free,
                PlanName::Pro => Plan::Pro,
                PlanName::Enterprise => Plan::Enterprise,
            },
            thresholds: Thresholds {
                warn_days: settings.warn_days.value,
                stale_days: settings.stale_days.value,
                review_every_days: settings.review_every_days.value,
                quiet_seconds: settings.quiet_hours.value * 3600,
            },
            lease: None,
            modes: Modes::Both,
            trusted_proxies: Vec::new(),
            edge,
            manage: None,
            tls: None,
            name: None,
            region: None,
            absent: Absent::Refuse,
        }
    }
}

/// Addresses that are bound and a database that is open; nobody is served yet.
pub struct Opened {
    store: Arc<SqlStore>,
    database: Database,
    wanted: LaunchOptions,
    edge: Option<TcpListener>,
    manage: Option<TcpListener>,
    clock: Clock,
}

impl Opened {
    /// Binds the addresses, then opens the database. A file needs its `owner`.
    ///
    /// # Errors
    /// A taken address, or a database that cannot be used.
    pub async fn open(
        database: Database,
        owner: Option<Owner>,
        mut wanted: LaunchOptions,
    ) -> Result<Opened, Failure> {
        if matches!(database, Database::Postgres(_)) && wanted.edge == EdgeMode::Follow {
            // A node that lives as long as a command would only be waited for.
            wanted.edge = EdgeMode::None;
        }
        let edge = match wanted.edge {
            EdgeMode::None | EdgeMode::Follow => None,
            EdgeMode::Exactly(address) => Some(bind(address, "Edge API", "--edge").await?),
            EdgeMode::Prefer(address) => Some(match TcpListener::bind(address).await {
                Ok(listener) => listener,
                Err(_) => bind(SocketAddr::new(address.ip(), 0), "Edge API", "--no-edge").await?,
            }),
        };
        let manage = match wanted.manage {
            Some(address) => Some(bind(address, "management API", "--manage").await?),
            None => None,
        };
        // The node of a command ends with it, and no other process knows of it.
        let nodeless = matches!(wanted.edge, EdgeMode::None | EdgeMode::Follow);
        let options = StoreOptions { thresholds: wanted.thresholds, lease: wanted.lease, nodeless, owner };
        let url = database.url();
        // On a thread of its own: it waits for locks and disks, and its future cannot move between threads.
        let runtime = tokio::runtime::Handle::current();
        let opening = tokio::task::spawn_blocking(move || runtime.block_on(SqlStore::open(&url, options)));
        let store = opening.await.map_err(|_| Failure::fault())??;
        tracing::info!(%database, "database opened");
        Ok(Opened { store, database, wanted, edge, manage, clock: system_clock() })
    }

    /// The store.
    pub fn store(&self) -> SharedStore {
        Arc::clone(&self.store) as SharedStore
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The management API for this user, as an auditor, without a node or a socket.
    pub fn reader(&self) -> Router {
        let router = server::router(self.store(), self.server(Metrics::default()));
        server::inside(local(&router, true))
    }

    /// Closes the database, for who starts nothing.
    pub async fn close(self) {
        self.store.close().await;
    }

    fn server(&self, metrics: Metrics) -> ServerConfig {
        ServerConfig {
            plan: self.wanted.plan,
            thresholds: self.wanted.thresholds,
            clock: Arc::clone(&self.clock),
            version: env!("CARGO_PKG_VERSION"),
            metrics,
        }
    }

    /// The database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Starts the node, then serves. The node of [`EdgeMode::Prefer`] loads its keys while the management API
    /// answers already; any other has loaded them when this comes back.
    ///
    /// # Errors
    /// When the node cannot read the store.
    pub async fn start(self) -> Result<Here, Failure> {
        let store = self.store();
        let edge_address = self.edge.as_ref().and_then(|listener| listener.local_addr().ok());
        let manage_address = self.manage.as_ref().and_then(|listener| listener.local_addr().ok());
        let metrics = Metrics::default();
        let config = self.server(metrics.clone());
        let router = server::router(Arc::clone(&store), config);
        let mut here = Here {
            store: self.store,
            router,
            edge: None,
            edge_address,
            manage_address,
            end: CancellationToken::new(),
            tasks: TaskTracker::new(),
            door: None,
            public: None,
        };
        let shares = Shares::of(process::raise_file_limit());
        let manage = Connections::new(shares.manage, Vec::new());
        let local = Connections::new(shares.local, Vec::new());
        let mut listeners = vec![("management", Arc::clone(&manage)), ("local", Arc::clone(&local))];
        {
            let (store, end) = (Arc::clone(&store), here.end.clone());
            here.tasks.spawn(async move {
                tokio::select! {
                    () = end.cancelled() => {}
                    () = store.listen() => {}
                }
            });
        }
        if self.wanted.edge != EdgeMode::None {
            let clock = Arc::clone(&self.clock);
            let config = EdgeConfig {
                modes: self.wanted.modes,
                plan: self.wanted.plan,
                trusted_proxies: self.wanted.trusted_proxies,
                connections: shares.edge,
                region: self.wanted.region,
                ..EdgeConfig::new(self.wanted.name.unwrap_or_else(node_name), self.clock)
            };
            let edge = match self.wanted.edge {
                // A person waits for rows, and no request for a redirect has come yet.
                EdgeMode::Prefer(_) => {
                    let mut progress = store.changes().subscribe_progress();
                    let edge = Edge::begin(store, config, edge_address);
                    // A few thousand keys are loaded within this time: then the header need not mention the start.
                    let serves = progress.wait_for(|_| edge.serves());
                    let _ = tokio::time::timeout(EDGE_PATIENCE, serves).await;
                    edge
                }
                _ => match Edge::start(store, config, edge_address).await {
                    Ok(edge) => edge,
                    Err(error) => {
                        // In order: the owner must not give the file free before SQLite does.
                        here.store.close().await;
                        return Err(match error {
                            EdgeError::Store(error) => error.into(),
                            error => Failure::new(Exit::Failed, error.to_string()),
                        });
                    }
                },
            };
            if let Some(listener) = self.edge {
                let (serving, end) = (Arc::clone(&edge), here.end.clone());
                let run = |public| edge::run_apart(listener, serving, end, public);
                let public = match PublicThreads::start() {
                    Ok(public) => public,
                    Err(error) => {
                        edge.shutdown().await;
                        here.store.close().await;
                        return Err(Failure::new(Exit::Failed, format!("cannot start threads: {error}")));
                    }
                };
                public.spawn(&here.tasks, |many| logged("the Edge API", run(many)));
                here.public = Some(public);
            }
            metrics.register(|registry| edge.register(registry));
            here.tasks.spawn(recover_receipts(
                Arc::clone(&here.store),
                Arc::clone(&edge),
                clock,
                here.end.clone(),
            ));
            listeners.push(("edge", edge.connections()));
            here.edge = Some(edge);
        }
        metrics.register(|registry| connections::metrics::register(registry, listeners));
        if let Some(listener) = self.manage {
            let run = listen::run(listener, self.wanted.tls, here.router.clone(), manage, here.end.clone());
            here.tasks.spawn(logged("the management API", run));
        }
        if let Some(file) = self.database.file() {
            if self.wanted.edge != EdgeMode::None {
                here.store.keep_reserve();
                here.tasks.spawn(look_after(Arc::clone(&here.store), here.end.clone()));
            }
            here.open_door(file, local);
        }
        OPENED.store(true, Ordering::Relaxed);
        SERVES_EDGE.fetch_or(edge_address.is_some(), Ordering::Relaxed);
        Ok(here)
    }
}

/// What runs here.
pub struct Here {
    store: Arc<SqlStore>,
    router: Router,
    edge: Option<Arc<Edge>>,
    edge_address: Option<SocketAddr>,
    manage_address: Option<SocketAddr>,
    end: CancellationToken,
    tasks: TaskTracker,
    door: Option<Door>,
    /// What serves the Edge API.
    public: Option<PublicThreads>,
}

impl Here {
    /// Where the Edge API is.
    pub fn edge_address(&self) -> Option<SocketAddr> {
        self.edge_address
    }

    /// Where the management API is.
    pub fn manage_address(&self) -> Option<SocketAddr> {
        self.manage_address
    }

    /// The management API for this user, without any socket.
    pub fn router(&self, read_only: bool) -> Router {
        server::inside(local(&self.router, read_only))
    }

    /// Comes back when the database file has been replaced, moved or deleted, with the reason. Until a moment
    /// before, each request was answered with it.
    pub async fn lost(&self) -> Failure {
        let mut stopped = Follow::changes(self.store.as_ref()).subscribe_stop();
        // The sender lives as long as the store.
        let _ = stopped.wait_for(|stopped| *stopped).await;
        tokio::time::sleep(LAST_WORDS).await;
        match self.store.standing() {
            Err(lost) => lost.into(),
            Ok(()) => Failure::fault(),
        }
    }

    /// Says for so long that this process is not ready, and answers everything meanwhile.
    pub async fn drain(&self, time: Duration) {
        if !time.is_zero() {
            Follow::changes(self.store.as_ref()).drain();
            tracing::info!(seconds = time.as_secs(), "draining before the shutdown");
            tokio::time::sleep(time).await;
        }
    }

    /// Ends in order: no new connections, requests that have begun, uses, socket, database. The requests may
    /// take so long.
    pub async fn end(mut self, drain: Duration) {
        // Streams of events never end by themselves, and would be waited for.
        Follow::changes(self.store.as_ref()).end();
        self.end.cancel();
        self.tasks.close();
        // What was used is written at once: whoever is slow to end may outlast the patience of who ends us.
        let drained = tokio::select! {
            () = self.tasks.wait() => true,
            () = tokio::time::sleep(drain) => false,
            () = self.flush_usage() => false,
        };
        if !drained {
            tracing::warn!("closed connections with requests still running after {drain:?}");
        }
        if let Some(edge) = self.edge.take() {
            edge.shutdown().await;
        }
        drop(self.door.take());
        self.store.close().await;
        tracing::info!("database closed");
    }

    /// Has the uses written as they come, and never ends.
    async fn flush_usage(&self) {
        loop {
            Follow::changes(self.store.as_ref()).flush_usage(Need::Other).await;
            tokio::time::sleep(USES_AGAIN).await;
        }
    }

    /// Lets this user's other processes in. Without the socket they must wait until this one ends; that is
    /// no reason not to run.
    fn open_door(&mut self, file: &std::path::Path, connections: Arc<Connections>) {
        match Door::bind(file) {
            Ok(mut door) => {
                tracing::info!(socket = %door.path().display(), "local socket listening");
                let run = door.serve(for_socket(&self.router), connections, self.end.clone());
                self.tasks.spawn(logged("the socket", run));
                self.door = Some(door);
            }
            Err(error) => tracing::error!(%error, "cannot create the local socket"),
        }
    }
}

/// Looks whether the database file is still there, and keeps space for revocations, until `end`.
async fn look_after(store: Arc<SqlStore>, end: CancellationToken) {
    let mut looks = RESERVE_EVERY;
    loop {
        tokio::select! {
            () = end.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        if store.standing().is_err() {
            return;
        }
        looks -= 1;
        if looks == 0 {
            let store = Arc::clone(&store);
            let kept = tokio::task::spawn_blocking(move || store.keep_reserve()).await;
            looks = if matches!(kept, Ok(true)) { RESERVE_EVERY } else { RESERVE_AGAIN };
        }
    }
}

/// Once the node serves, keeps the receipts that a process before this one was killed before writing.
async fn recover_receipts(store: Arc<SqlStore>, edge: Arc<Edge>, clock: Clock, end: CancellationToken) {
    let mut progress = store.changes().subscribe_progress();
    let recovered = async {
        if progress.wait_for(|_| edge.serves()).await.is_ok()
            && let Err(error) = store.recover_receipts(clock()).await
        {
            tracing::warn!(%error, "receipts of executed reviews could not be kept; retrying with the next report");
        }
    };
    tokio::select! {
        () = end.cancelled() => {}
        () = recovered => {}
    }
}

/// Callers on the socket are this user; who says so in a header gets less.
fn for_socket(router: &Router) -> Router {
    let (admin, auditor) = (local(router, false), local(router, true));
    Router::new().fallback_service(tower::service_fn(move |request: Request| {
        let less = request.headers().contains_key(paths::READ_ONLY_HEADER);
        if less { auditor.clone() } else { admin.clone() }.oneshot(request)
    }))
}

fn local(router: &Router, read_only: bool) -> Router {
    let role = if read_only { Role::Auditor } else { Role::Admin };
    server::local(router.clone(), LocalCaller { user: process::user(), role })
}

async fn bind(address: SocketAddr, what: &str, flag: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::AddrInUse => "the address is in use".to_owned(),
            std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            _ => error.to_string(),
        };
        let text = format!(
            "the {what} cannot listen on {address}: {why}; stop the other program or use \
             {flag}"
        );
        Failure::new(Exit::Failed, text)
    })
}

async fn logged(what: &'static str, run: impl Future<Output = std::io::Result<()>> + Send) {
    if let Err(error) = run.await {
        tracing::error!(%error, "{what} failed");
    }
}

/// Tells nodes apart in receipts: host and process.
fn node_name() -> String {
    let host = process::host();
    format!("{host}:{}", std::process::id())
}
