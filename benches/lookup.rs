//! A lookup among 100,000 keys and 100,000 rules: its parts, and the whole beside a bare axum route that
//! returns the same bytes and headers.
//!
//! The bar: the whole takes at most 1 / 0.80 of the bare route's time over a socket, where the kernel's share
//! is the same for both; what is measured here is what the two differ in.

use std::hint::black_box;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderName, Request, header};
use axum::routing::get;
use divan::Bencher;
use futures_util::FutureExt as _;
use keydeck::edge::keyring::Keyring;
use keydeck::edge::ruleset::Ruleset;
use keydeck::edge::{Edge, EdgeConfig};
use keydeck::secret::{Kind, Secret};
use keydeck::store::sql::{Options, SqlStore, sqlite_url};
use keydeck::store::{By, CallerCount, DayCount, KeyUsage, Projects as _, Rules as _, Usage as _, Verifier};
use keydeck::wire::id::{KeyId, ProjectId};
use keydeck::wire::rules::{Match, Rule, canonical_path};
use keydeck::wire::time::{Timestamp, system_clock};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Executor as _};
use tower::ServiceExt as _;

const KEYS: usize = 100_000;
const RULES: usize = 100_000;

fn main() {
    divan::main();
}

/// A different one for each turn, far from the one before, so that no cache helps.
fn turn(of: usize) -> usize {
    static TURN: AtomicUsize = AtomicUsize::new(0);
    TURN.fetch_add(1, Ordering::Relaxed).wrapping_mul(7919) % of
}

fn rules() -> Vec<Rule> {
    (0..RULES)
        .map(|number| Rule {
            source: format!(
                "/blog/{}/post-{number}{}",
                2000 + number % 27,
                if number % 4 == 0 { "/" } else { "" }
            ),
            destination: format!("/articles/post-{number}"),
            status: 301,
            matching: if number % 4 == 0 { Match::StartsWith } else { Match::Exact },
            priority: 0,
        })
        .collect()
}

/// Paths that meet an exact rule, a prefix rule, and none.
fn path(number: usize) -> String {
    let year = 2000 + number % 27;
    match number % 8 {
        0 => format!("/blog/{year}/post-{number}/page/2"),
        1 => format!("/blog/{year}/post-{number}/none"),
        4 => format!("/blog/{year}/post-{number}/"),
        _ => format!("/blog/{year}/post-{number}"),
    }
}

struct Keys {
    keyring: Keyring,
    secrets: Vec<Secret>,
}

static IN_MEMORY: LazyLock<Keys> = LazyLock::new(|| {
    let keyring = Keyring::default();
    let secrets = (0..KEYS as u128)
        .map(|number| {
            let secret = Secret::generate(Kind::Live).expect("random bytes");
            keyring.put(&Verifier {
                id: KeyId::from_number(number),
                project: ProjectId::from_number(number % 211),
                hint: secret.hint(),
                hash: secret.hash().expect("random bytes"),
                active: true,
                paused: false,
                revoked: false,
            });
            secret
        })
        .collect();
    Keys { keyring, secrets }
});

#[divan::bench]
fn verify_a_known_key(bencher: Bencher) {
    let keys = &*IN_MEMORY;
    bencher.bench(|| keys.keyring.find(keys.secrets[turn(KEYS)].reveal()).expect("known"));
}

#[divan::bench]
fn verify_an_unknown_key(bencher: Bencher) {
    let keys = &*IN_MEMORY;
    let strangers: Vec<Secret> =
        (0..1000).map(|_| Secret::generate(Kind::Live).expect("random bytes")).collect();
    bencher.bench(|| keys.keyring.find(strangers[turn(1000)].reveal()).is_some());
}

#[divan::bench]
fn match_a_path(bencher: Bencher) {
    let ruleset = Ruleset::compile(1, &rules());
    let paths: Vec<String> = (0..RULES).map(path).collect();
    bencher.bench(|| {
        let path = canonical_path(&paths[turn(RULES)]).expect("a good path");
        black_box(ruleset.answer(&path))
    });
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn compile_the_rules(bencher: Bencher) {
    let rules = rules();
    bencher.bench(|| Ruleset::compile(1, &rules));
}

struct Node {
    runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
    store: Arc<SqlStore>,
    edge: Arc<Edge>,
    project: ProjectId,
    secrets: Vec<Secret>,
}

static NODE: LazyLock<Node> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let url = sqlite_url(&folder.path().join("keydeck.db"));
    let (store, edge, project, secrets) = runtime.block_on(async {
        let store = SqlStore::open(&url, Options::default()).await.expect("a store");
        let by = By::new("local:bench", Timestamp::from_millis(1_795_000_000_000));
        let project = store.create_project(&by, "shop").await.expect("a project").value.id;
        store.put_rules(&by, project, &rules()).await.expect("good rules");
        store.deploy(&by, project, false).await.expect("a deployment");
        let secrets = fill(&url, project).await;
        let config = EdgeConfig::new("bench", system_clock());
        let edge = Edge::start(store.clone(), config, None).await.expect("a node");
        (store, edge, project, secrets)
    });
    Node { runtime, _folder: folder, store, edge, project, secrets }
});

/// Keys as the store writes them, many a statement.
async fn fill(url: &str, project: ProjectId) -> Vec<Secret> {
    let secrets: Vec<Secret> =
        (0..KEYS).map(|_| Secret::generate(Kind::Live).expect("random bytes")).collect();
    let mut db = AnyConnection::connect(url).await.expect("the file");
    let mut tx = db.begin().await.expect("a transaction");
    for (part, secrets) in secrets.chunks(1000).enumerate() {
        let rows = secrets.iter().enumerate().map(|(at, secret)| {
            let number = part * 1000 + at;
            let id = KeyId::from_number(number as u128);
            let hash = secret.hash().expect("random bytes");
            let hex = |bytes: &[u8]| bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
            format!(
                "('{id}', '{project}', 'key {number}', 'key {number}', 0, '{}', '{}', 1, x'{}', x'{}', 0, 1, \
                 'local:bench', 0, '', 1, 0, '', '', 1, '', 0, 0, '')",
                secret.hint().handle(),
                secret.hint().last4(),
                hex(&hash.salt),
                hex(&hash.digest),
            )
        });
        let insert = format!(
            "insert into api_keys (id, project_id, name, folded, mode, handle, last4, algorithm, salt, digest, \
             status, created_at, created_by, last_used_at, last_used_from, idle_since, revoked_at, revoked_by, \
             revoke_reason, changed_seq, rotated_from, refused_since_revoked, last_refused_at, search) values {}",
            rows.collect::<Vec<_>>().join(", ")
        );
        tx.execute(AssertSqlSafe(insert)).await.expect("keys");
    }
    tx.commit().await.expect("committed");
    secrets
}

fn request(number: usize) -> Request<Body> {
    let peer: SocketAddr = ([127, 0, 0, 1], 4711).into();
    let path = path(number - number % 8 + 2);
    Request::get(format!("/v1/lookup?project={}&path={path}", NODE.project))
        .header("x-api-key", NODE.secrets[number].reveal())
        .header("host", "127.0.0.1:7475")
        .extension(ConnectInfo(peer))
        .body(Body::empty())
        .expect("a request")
}

fn ask(router: &Router, request: Request<Body>) {
    let answer = router.clone().oneshot(request).now_or_never().expect("answered at once");
    let Ok(answer) = black_box(answer);
    assert!(answer.status().is_success());
}

#[divan::bench]
fn the_whole_lookup(bencher: Bencher) {
    let router = NODE.edge.router();
    bencher.with_inputs(|| request(turn(KEYS))).bench_values(|request| ask(&router, request));
}

#[divan::bench]
fn a_bare_axum_route(bencher: Bencher) {
    const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
    const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
    let body = r#"{"destination":"/articles/post-12345","statusCode":301,"matchType":"exact"}"#;
    let route = move || async move {
        ([(header::CONTENT_TYPE, "application/json"), (LIMIT, "unlimited"), (REMAINING, "unlimited")], body)
    };
    let router = Router::new().route("/v1/lookup", get(route));
    bencher.with_inputs(|| request(turn(KEYS))).bench_values(|request| ask(&router, request));
}

/// What the flusher does beside the lookups, for 500 of many keys: last uses alone, and everything.
#[divan::bench(args = [false, true], sample_count = 20, sample_size = 1)]
fn write_the_uses_of_500_keys(bencher: Bencher, counts: bool) {
    let node = &*NODE;
    let from = IpAddr::from([127, 0, 0, 1]);
    let batch = || {
        let at = system_clock()();
        let usage = |_| {
            let key = KeyId::from_number(turn(KEYS) as u128);
            let day = DayCount { day: at.day(), allowed: 1, ..DayCount::default() };
            let caller = CallerCount { address: from, first_at: at, last_at: at, allowed: 1, refused: 0 };
            KeyUsage {
                key,
                last_used: Some((at, from)),
                refusals: Vec::new(),
                days: Vec::from_iter(counts.then_some(day)),
                callers: Vec::from_iter(counts.then_some(caller)),
                others: None,
            }
        };
        (0..500).map(usage).collect::<Vec<KeyUsage>>()
    };
    bencher.with_inputs(batch).bench_values(|batch| {
        node.runtime.block_on(node.store.record_usage(&batch, system_clock()())).expect("written");
    });
}
