//! A whole server in the test's own process: store, node, management API, and a client for each transport.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use keydeck::cli::listen;
use keydeck::client::{Client, Transport, Via};
use keydeck::edge::connections::{Connections, Limits};
use keydeck::edge::{Edge, EdgeConfig};
use keydeck::secret::{Kind, Secret};
use keydeck::server::{self, LocalCaller, Metrics, ServerConfig, create_token_for};
use keydeck::store::sql::{Options, SqlStore};
use keydeck::store::{By, SharedStore};
use keydeck::wire::id::{KeyId, ProjectId};
use keydeck::wire::keys::{Key, Mode, NewKey};
use keydeck::wire::session::{Plan, Thresholds};
use keydeck::wire::time::{Clock, Timestamp};
use keydeck::wire::tokens::{Role, Token};
use serde_json::Value;
use tokio::net::{TcpListener, UnixListener};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// 2026-01-15T12:00:00Z.
const NOON: i64 = 1_768_478_400_000;

/// A server and all that belongs to it.
pub(crate) struct Api {
    pub(crate) sql: Arc<SqlStore>,
    pub(crate) store: SharedStore,
    pub(crate) edge: Arc<Edge>,
    /// For callers with a token.
    pub(crate) router: Router,
    /// For the person at this machine.
    pub(crate) local: Router,
    /// Where `router` listens.
    pub(crate) address: SocketAddr,
    /// Where `local` listens.
    pub(crate) socket: std::path::PathBuf,
    /// A token of each role.
    pub(crate) admin: Secret,
    pub(crate) member: Secret,
    pub(crate) auditor: Secret,
    now: Arc<AtomicI64>,
    _folder: tempfile::TempDir,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}: {self:?}")).to_str().expect("ASCII")
    }

    /// Its `code`.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_else(|| panic!("no code: {self:?}")).to_owned()
    }
}

impl Api {
    pub(crate) async fn start() -> Api {
        Api::with("sqlite::memory:", Plan::Enterprise).await
    }

    /// The same with a database and a plan.
    pub(crate) async fn with(url: &str, plan: Plan) -> Api {
        let sql = SqlStore::open(url, Options::default()).await.expect("a store");
        let store: SharedStore = sql.clone();
        let now = Arc::new(AtomicI64::new(NOON));
        let clock: Clock = {
            let now = Arc::clone(&now);
            Arc::new(move || Timestamp::from_millis(now.load(Ordering::SeqCst)))
        };
        let config = EdgeConfig { plan, ..EdgeConfig::new("here", Arc::clone(&clock)) };
        let edge = Edge::start(Arc::clone(&store), config, None).await.expect("a node");
        let metrics = Metrics::default();
        metrics.register(|registry| edge.register(registry));
        let thresholds = Thresholds::default();
        let config = ServerConfig { plan, thresholds, clock, version: "0.1.0-test", metrics };
        let router = server::router(Arc::clone(&store), config);
        let local = server::local(router.clone(), LocalCaller { user: "ann".into(), role: Role::Admin });
        let token = async |name: &str, role| {
            let by = By::new("local:ann", Timestamp::from_millis(NOON));
            let secret = Secret::generate(Kind::Management).expect("random bytes");
            create_token_for(&store, &by, name, role, &secret).await.expect("a token");
            secret
        };
        let (admin, member, auditor) = (
            token("root", Role::Admin).await,
            token("worker", Role::Member).await,
            token("reader", Role::Auditor).await,
        );
        store.changes().acknowledged(store.changes().newest()).await;
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("keydeck.sock");
        let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = tcp.local_addr().expect("an address");
        let connections = Connections::new(Limits::default(), Vec::new());
        tokio::spawn(listen::run(tcp, None, router.clone(), connections, CancellationToken::new()));
        let unix = UnixListener::bind(&socket).expect("a socket");
        tokio::spawn(axum::serve(unix, local.clone()).into_future());
        Api { sql, store, edge, router, local, address, socket, admin, member, auditor, now, _folder: folder }
    }

    /// A client over a transport; its caller is an admin.
    pub(crate) fn client(&self, via: Via) -> Client {
        Client::new(match via {
            Via::Remote => {
                Transport::remote(&format!("http://{}", self.address), &self.admin).expect("an address")
            }
            Via::Socket => Transport::socket(&self.socket),
            Via::Embedded => Transport::embedded(self.local.clone()),
        })
    }

    /// The server's clock goes on.
    pub(crate) fn advance(&self, millis: i64) {
        self.now.fetch_add(millis, Ordering::SeqCst);
    }

    /// What its clock says.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(Ordering::SeqCst))
    }

    /// Asks as an admin with a token: a method, a blank, a path; and a JSON body.
    pub(crate) async fn ask(&self, what: &str, body: &str) -> Answer {
        self.ask_as(Some(&self.admin), what, body).await
    }

    /// Asks with a token, or none.
    pub(crate) async fn ask_as(&self, token: Option<&Secret>, what: &str, body: &str) -> Answer {
        let mut headers = vec![];
        if !body.is_empty() {
            headers.push(("content-type", "application/json".to_owned()));
        }
        if let Some(token) = token {
            headers.push(("authorization", format!("Bearer {}", token.reveal())));
        }
        ask(&self.router, what, &headers, body.to_owned()).await
    }

    /// Makes a project.
    pub(crate) async fn project(&self, name: &str) -> ProjectId {
        self.client(Via::Embedded).create_project(name).await.expect("a project").id
    }

    /// Makes a key.
    pub(crate) async fn key(&self, project: ProjectId, name: &str) -> (Key, Secret) {
        let new = NewKey::named(name, Mode::Live);
        let made = self.client(Via::Embedded).create_key(project, &new).await.expect("a key");
        (made.key, made.secret)
    }

    /// Makes a token and revokes it.
    pub(crate) async fn revoked_token(&self) -> (Token, Secret) {
        let client = self.client(Via::Embedded);
        let made = client.create_token("left", Role::Admin).await.expect("a token");
        let token = client.revoke_token(made.token.id).await.expect("revoked").token;
        (token, made.secret)
    }

    /// Waits until the store says that a key is revoked, confirmed or not.
    pub(crate) async fn until_revoked(&self, id: KeyId) {
        loop {
            let key = self.store.key(id, Timestamp::from_millis(NOON), 0).await.expect("a key");
            if key.revoked_at.is_some() {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Waits until this server's own node has applied everything.
    pub(crate) async fn until_followed(&self) {
        let changes = self.store.changes();
        while changes
            .nodes(Timestamp::from_millis(0))
            .iter()
            .any(|node| node.name == "here" && node.revision < changes.newest())
        {
            tokio::task::yield_now().await;
        }
    }

    /// The number of the newest audit event: it stands still when nothing is changed.
    pub(crate) async fn seq(&self) -> u64 {
        self.store.audit_head().await.expect("a head").seq
    }
}

/// Runs a test on each transport, each with a server of its own.
pub(crate) async fn on_each_transport(test: impl AsyncFn(&Api, Client)) {
    for via in [Via::Embedded, Via::Socket, Via::Remote] {
        let api = Api::start().await;
        let client = api.client(via);
        assert_eq!(client.kind(), via);
        test(&api, client).await;
    }
}

/// Asks a router: a method, a blank, a path; headers; a body.
pub(crate) async fn ask(
    router: &Router,
    what: &str,
    headers: &[(&str, String)],
    body: impl Into<Body>,
) -> Answer {
    let (method, path) = what.split_once(' ').expect("a method, a blank, a path");
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let Ok(response) = router.clone().oneshot(request.body(body.into()).expect("a request")).await;
    let (status, headers) = (response.status(), response.headers().clone());
    assert_ne!(status, StatusCode::CONTINUE);
    let mut body = response.into_body();
    let stream = headers.get("content-type").is_some_and(|media| media == "text/event-stream");
    // A stream of events has no end: its first message stands for it.
    let bytes = if stream && method != "HEAD" {
        body.frame().await.expect("a message").expect("a body").into_data().expect("data")
    } else {
        body.collect().await.expect("a body").to_bytes()
    };
    // A pack is compressed; nobody reads it as text.
    let text = if headers.get("content-type").is_some_and(|media| media == "application/gzip") {
        String::new()
    } else {
        String::from_utf8(bytes.to_vec()).expect("UTF-8")
    };
    Answer { status: status.as_u16(), headers, text }
}
