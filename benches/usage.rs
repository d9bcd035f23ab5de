//! Usage of many keys written to a database, in batches as a node writes them: time and CPU time a key. The first
//! round creates the rows of each key, the later ones update them.
//!
//! On SQLite, and on PostgreSQL where `KEYDECK_TEST_POSTGRES` names a server (its CPU time is not in the figures).
//!
//! `cargo bench --bench usage -- rates` measures on that server what nodes with busy keys write in a second, and how
//! late last uses are then.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use futures_util::FutureExt as _;
use keydeck::edge::{Edge, EdgeConfig};
use keydeck::secret::{Kind, Secret};
use keydeck::store::sql::{Options, SqlStore, sqlite_url};
use keydeck::store::{
    By, CallerCount, DayCount, Follow as _, KeyUsage, Nodes as _, Projects as _, Usage as _,
};
use keydeck::wire::id::{KeyId, ProjectId};
use keydeck::wire::time::{Timestamp, system_clock};
use rustix::time::{ClockId, clock_gettime};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Executor as _};
use tower::ServiceExt as _;

/// As many as a node puts into a transaction.
const BATCH: usize = 2000;
const ROUNDS: usize = 4;
/// How often each node is asked with each key.
const EVERY: Duration = Duration::from_secs(5);
/// How long nodes run before their rate is measured, and how long that is.
const WARM_UP: Duration = Duration::from_secs(8);
const WINDOW: Duration = Duration::from_secs(20);

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    if std::env::args().any(|arg| arg == "rates") {
        let admin = std::env::var("KEYDECK_TEST_POSTGRES").expect("a PostgreSQL server");
        return runtime.block_on(rates(&admin));
    }
    println!("| database | keys | round | µs a key | CPU µs a key |");
    println!("|---|---|---|---|---|");
    for keys in [2_000, 100_000] {
        let folder = tempfile::tempdir().expect("a folder");
        let url = sqlite_url(&folder.path().join("keydeck.db"));
        runtime.block_on(measure("SQLite", &url, keys));
    }
    if let Ok(admin) = std::env::var("KEYDECK_TEST_POSTGRES") {
        for keys in [2_000, 100_000] {
            runtime.block_on(on_postgres(&admin, keys));
        }
    }
}

async fn on_postgres(admin: &str, keys: usize) {
    sqlx::any::install_default_drivers();
    let schema = format!("keydeck_bench_{}_{keys}", std::process::id());
    run(admin, format!("create schema {schema}")).await;
    measure("PostgreSQL", &in_schema(admin, &schema), keys).await;
    run(admin, format!("drop schema {schema} cascade")).await;
}

fn in_schema(admin: &str, schema: &str) -> String {
    let sign = if admin.contains('?') { '&' } else { '?' };
    format!("{admin}{sign}options[search_path]={schema}")
}

async fn run(admin: &str, statement: String) {
    let mut db = AnyConnection::connect(admin).await.expect("the server");
    db.execute(AssertSqlSafe(statement)).await.expect("done");
    db.close().await.expect("closed");
}

/// What so many nodes with so many busy keys write: each node is asked with each key every five seconds.
async fn rates(admin: &str) {
    sqlx::any::install_default_drivers();
    println!("| nodes | busy keys | rows per second | `lastUsedPrecision` (s) |");
    println!("|---|---|---|---|");
    for keys in [1_000, 10_000, 100_000] {
        let schema = format!("keydeck_rates_{}_{keys}", std::process::id());
        run(admin, format!("create schema {schema}")).await;
        let url = in_schema(admin, &schema);
        let store = SqlStore::open(&url, Options::default()).await.expect("a store");
        let by = By::new("local:bench", Timestamp::from_millis(1_795_000_000_000));
        let project = store.create_project(&by, "shop").await.expect("a project").value.id;
        let secrets = Arc::new(fill(&url, project, keys).await);
        store.close().await;
        for nodes in [1, 2, 4] {
            rate(admin, &schema, nodes, &secrets).await;
        }
        run(admin, format!("drop schema {schema} cascade")).await;
    }
}

async fn rate(admin: &str, schema: &str, nodes: usize, secrets: &Arc<Vec<Secret>>) {
    let url = in_schema(admin, schema);
    let mut running = Vec::new();
    for number in 0..nodes {
        let store = SqlStore::open(&url, Options::default()).await.expect("a store");
        let heard = Arc::clone(&store);
        let listening = tokio::spawn(async move { heard.listen().await });
        let config = EdgeConfig::new(format!("node-{number}"), system_clock());
        let edge = Edge::start(store.clone(), config, None).await.expect("a node");
        running.push((store, edge, listening, number));
    }
    let busy = running.iter().map(|(_, edge, _, number)| {
        let (router, secrets, number) = (edge.router(), Arc::clone(secrets), *number);
        tokio::spawn(async move {
            loop {
                let begun = Instant::now();
                for (at, secret) in secrets.iter().enumerate() {
                    ask(&router, secret, number);
                    if at % 50 == 0 {
                        tokio::task::yield_now().await;
                    }
                }
                tokio::time::sleep(EVERY.saturating_sub(begun.elapsed())).await;
            }
        })
    });
    let busy: Vec<_> = busy.collect();
    tokio::time::sleep(WARM_UP).await;
    let (before, begun) = (rows(admin, schema).await, Instant::now());
    tokio::time::sleep(WINDOW).await;
    let written = (rows(admin, schema).await - before) as f64 / begun.elapsed().as_secs_f64();
    let late = running[0].0.changes().usage_precision();
    println!("| {nodes} | {} | {written:.0} | {late} |", secrets.len());
    busy.iter().for_each(tokio::task::JoinHandle::abort);
    for (store, edge, listening, _) in running {
        edge.shutdown().await;
        listening.abort();
        store.close().await;
    }
    // What a node had no time to write is not counted to the next measurement.
    run(admin, format!("delete from {schema}.nodes")).await;
}

/// Rows of usage that were written to a schema so far.
async fn rows(admin: &str, schema: &str) -> i64 {
    // Backends report what they have done once a second.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut db = AnyConnection::connect(admin).await.expect("the server");
    let rows = sqlx::query_scalar(
        "select cast(sum(n_tup_ins + n_tup_upd) as bigint) from pg_stat_user_tables where schemaname = $1 \
         and relname in ('api_keys', 'usage_days', 'key_callers', 'key_networks')",
    );
    let rows = rows.bind(schema).fetch_one(&mut db).await.expect("a number");
    db.close().await.expect("closed");
    rows
}

/// A request that needs no rule: it is verified and noted.
fn ask(router: &Router, secret: &Secret, node: usize) {
    let peer: SocketAddr = ([192, 0, 2, node as u8], 4711).into();
    let request = Request::get("/v1/lookup?path=/")
        .header("x-api-key", secret.reveal())
        .extension(ConnectInfo(peer))
        .body(Body::empty())
        .expect("a request");
    let answer = router.clone().oneshot(request).now_or_never().expect("answered at once");
    let Ok(_) = answer;
}

async fn measure(name: &str, url: &str, keys: usize) {
    let store = SqlStore::open(url, Options::default()).await.expect("a store");
    let by = By::new("local:bench", Timestamp::from_millis(1_795_000_000_000));
    let project = store.create_project(&by, "shop").await.expect("a project").value.id;
    fill(url, project, keys).await;
    for round in 1..=ROUNDS {
        let all = usage(keys);
        let (begun, cpu) = (Instant::now(), cpu());
        write(&store, &all).await;
        let per_key = |spent: Duration| spent.as_secs_f64() * 1e6 / keys as f64;
        println!(
            "| {name} | {keys} | {round} | {:.1} | {:.1} |",
            per_key(begun.elapsed()),
            per_key(self::cpu().saturating_sub(cpu))
        );
    }
    store.close().await;
}

async fn write(store: &Arc<SqlStore>, all: &[KeyUsage]) {
    for batch in all.chunks(BATCH) {
        store.record_usage(batch, system_clock()()).await.expect("written");
    }
}

/// One request with each key, from one of 50 addresses.
fn usage(keys: usize) -> Vec<KeyUsage> {
    let at = system_clock()();
    let usage = |number: usize| {
        let from = IpAddr::from([192, 0, 2, (number % 50) as u8]);
        KeyUsage {
            key: KeyId::from_number(number as u128),
            last_used: Some((at, from)),
            refusals: Vec::new(),
            days: vec![DayCount { day: at.day(), allowed: 1, ..DayCount::default() }],
            callers: vec![CallerCount { address: from, first_at: at, last_at: at, allowed: 1, refused: 0 }],
            others: None,
        }
    };
    (0..keys).map(usage).collect()
}

/// What this process has spent of the processors.
fn cpu() -> Duration {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(spent.tv_sec as u64, spent.tv_nsec as u32)
}

/// Keys as the store writes them, many a statement.
async fn fill(url: &str, project: ProjectId, keys: usize) -> Vec<Secret> {
    let bytes = |bytes: &[u8]| {
        let hex = bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        if url.starts_with("sqlite:") { format!("x'{hex}'") } else { format!("decode('{hex}', 'hex')") }
    };
    let mut db = AnyConnection::connect(url).await.expect("the database");
    let mut tx = db.begin().await.expect("a transaction");
    let secrets: Vec<Secret> =
        (0..keys).map(|_| Secret::generate(Kind::Live).expect("random bytes")).collect();
    for (part, secrets) in secrets.chunks(1000).enumerate() {
        let rows = secrets.iter().enumerate().map(|(at, secret)| {
            let number = part * 1000 + at;
            let id = KeyId::from_number(number as u128);
            let hash = secret.hash().expect("random bytes");
            format!(
                "('{id}', '{project}', 'key {number}', 'key {number}', 0, '{}', '{}', 1, {}, {}, \
                 0, 1, 'local:bench', 0, '', 1, 0, '', '', 1, '', 0, 0, '')",
                secret.hint().handle(),
                secret.hint().last4(),
                bytes(&hash.salt),
                bytes(&hash.digest),
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
    db.close().await.expect("closed");
    secrets
}
