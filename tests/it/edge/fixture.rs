//! A node on a real store, with one project, one key and a few rules.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use keydeck::edge::{Edge, EdgeConfig};
use keydeck::secret::Secret;
use keydeck::store::changes::{DEFAULT_LEASE, Need};
use keydeck::store::sql::{Options, SqlStore};
use keydeck::store::{By, Follow as _, Keys as _, NewKeyRecord, Projects as _, Rules as _, SharedStore};
use keydeck::wire::id::{KeyId, ProjectId};
use keydeck::wire::keys::{Key, Mode, UsageDay};
use keydeck::wire::rules::{Match, Rule};
use keydeck::wire::session::Plan;
use keydeck::wire::time::{Clock, Timestamp, Uptime};
use tower::ServiceExt as _;

use crate::support::PATIENCE;
use crate::support::troubled_store::TroubledStore;

/// The time at which everything is made.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_795_000_000_400);
/// Who asks, unless a test says otherwise.
pub(crate) const PEER: &str = "203.0.113.9";

/// A store with a project, and a clock that stands still.
pub(crate) struct World {
    pub(crate) store: Arc<TroubledStore>,
    pub(crate) project: ProjectId,
    pub(crate) key: KeyId,
    pub(crate) secret: Secret,
    now: Arc<AtomicI64>,
    /// Milliseconds since the machine started.
    uptime: Arc<AtomicI64>,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl World {
    /// With the default lease.
    pub(crate) async fn new() -> World {
        World::with_lease(DEFAULT_LEASE).await
    }

    /// A project `shop` with a key `web`, whose first deployment leads `/old` to `/new` and `/docs/…` to
    /// `https://docs.example/`.
    pub(crate) async fn with_lease(lease: Duration) -> World {
        World::at("sqlite::memory:", lease).await
    }

    /// The same in a database that others can write into.
    pub(crate) async fn at(url: &str, lease: Duration) -> World {
        let options = Options { lease: Some(lease), ..Options::default() };
        let store: SharedStore = SqlStore::open(url, options).await.expect("a store");
        let store = TroubledStore::new(store);
        let project = store.create_project(&by(), "shop").await.expect("a project").value.id;
        let now = Arc::new(AtomicI64::new(START.millis()));
        let (key, secret) = create_key(&store, project, "web", Mode::Live).await;
        let uptime = Arc::new(AtomicI64::new(1_000_000));
        let world = World { store, project, key, secret, now, uptime };
        world.deploy(&[exact("/old", "/new"), prefix("/docs/", "https://docs.example/")]).await;
        world
    }

    /// Publishes rules as the next version.
    pub(crate) async fn deploy(&self, rules: &[Rule]) -> u64 {
        self.store.put_rules(&by(), self.project, rules).await.expect("good rules");
        self.store.deploy(&by(), self.project, false).await.expect("a deployment").revision
    }

    /// Another key of the project.
    pub(crate) async fn key_of_mode(&self, name: &str, mode: Mode) -> (KeyId, Secret) {
        create_key(&self.store, self.project, name, mode).await
    }

    /// Revokes a key; the revision.
    pub(crate) async fn revoke(&self, key: KeyId) -> u64 {
        self.store.revoke_key(&by(), key, None).await.expect("revoked").revision
    }

    /// What a node's configuration is unless a test changes it.
    pub(crate) fn config(&self) -> EdgeConfig {
        let now = Arc::clone(&self.now);
        let clock: Clock = Arc::new(move || Timestamp::from_millis(now.load(Ordering::Acquire)));
        let uptime = Arc::clone(&self.uptime);
        let uptime: Uptime =
            Arc::new(move || Duration::from_millis(uptime.load(Ordering::Acquire).unsigned_abs()));
        EdgeConfig { flush_every: Duration::from_millis(1), uptime, ..EdgeConfig::new("node-1", clock) }
    }

    /// A node of this configuration.
    pub(crate) async fn start(&self, config: EdgeConfig) -> Arc<Edge> {
        Edge::start(self.store.clone(), config, None).await.expect("a node")
    }

    /// A node that allows this plan.
    pub(crate) async fn start_with(&self, plan: Plan) -> Arc<Edge> {
        self.start(EdgeConfig { plan, ..self.config() }).await
    }

    /// Time passes.
    pub(crate) fn advance(&self, span: Duration) {
        let span = i64::try_from(span.as_millis()).expect("a short span");
        self.uptime.fetch_add(span, Ordering::AcqRel);
        self.set_clock(span);
    }

    /// Somebody sets the clock, by so many milliseconds; no time passes.
    pub(crate) fn set_clock(&self, by: i64) {
        self.now.fetch_add(by, Ordering::AcqRel);
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(Ordering::Acquire))
    }

    /// The address of a lookup of this path in this project.
    pub(crate) fn lookup(&self, path: &str) -> String {
        format!("/v1/lookup?project={}&path={path}", self.project)
    }

    /// Looks a path up with the world's key.
    pub(crate) async fn get(&self, edge: &Arc<Edge>, uri: &str) -> Answer {
        send(edge, request(uri).header("x-api-key", self.secret.reveal())).await
    }

    /// Has the nodes write the usage that they have gathered.
    pub(crate) async fn flush(&self) {
        assert!(self.store.changes().flush_usage(Need::Other).await, "usage is written");
    }

    /// A key as the store has it.
    pub(crate) async fn stored(&self, key: KeyId) -> Key {
        self.store.key(key, self.now(), self.store.changes().applied_by_all()).await.expect("a key")
    }

    /// Today's counts of a key: allowed, limited, refused.
    pub(crate) async fn counts(&self, key: KeyId) -> (u64, u64, u64) {
        let days: Vec<UsageDay> = self.store.key_usage(key, 1, self.now()).await.expect("usage");
        let today = days.last().expect("today");
        (today.allowed, today.limited, today.refused)
    }
}

/// Who writes in these tests.
pub(crate) fn by() -> By {
    By::new("local:ann", START)
}

/// A new key of a project.
pub(crate) async fn create_key(
    store: &TroubledStore,
    project: ProjectId,
    name: &str,
    mode: Mode,
) -> (KeyId, Secret) {
    let secret = Secret::generate(mode.kind()).expect("random bytes");
    let hash = secret.hash().expect("random bytes");
    let record = NewKeyRecord::new(name, mode, secret.hint(), hash);
    let made = store.create_key(&by(), project, &record, Plan::Enterprise).await.expect("a key");
    (made.value.id, secret)
}

/// An exact rule.
pub(crate) fn exact(source: &str, destination: &str) -> Rule {
    Rule {
        source: source.into(),
        destination: destination.into(),
        status: 301,
        matching: Match::Exact,
        priority: 0,
    }
}

/// A prefix rule.
pub(crate) fn prefix(source: &str, destination: &str) -> Rule {
    Rule { matching: Match::StartsWith, ..exact(source, destination) }
}

/// A GET.
pub(crate) fn request(uri: &str) -> axum::http::request::Builder {
    let peer: SocketAddr = format!("{PEER}:4711").parse().expect("an address");
    Request::get(uri).extension(ConnectInfo(peer))
}

/// What a node answers to a request.
pub(crate) async fn send(edge: &Arc<Edge>, request: axum::http::request::Builder) -> Answer {
    let request = request.body(Body::empty()).expect("a request");
    let Ok(answer) = edge.router().oneshot(request).await;
    let (parts, body) = answer.into_parts();
    let body = body.collect().await.expect("a body in memory").to_bytes();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).expect("UTF-8"),
    }
}

impl Answer {
    /// The error's code, or an empty text.
    pub(crate) fn code(&self) -> String {
        self.field("code")
    }

    /// A text of the JSON body.
    pub(crate) fn field(&self, name: &str) -> String {
        let value: serde_json::Value = serde_json::from_str(&self.body).unwrap_or_default();
        value[name].as_str().unwrap_or_default().to_owned()
    }

    /// A header's text, or an empty one.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
    }
}

/// Waits until something is so that nobody tells of: that a lease has ended, that a node has left.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let waited = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waited).await.unwrap_or_else(|_| panic!("never: {what}"));
}
