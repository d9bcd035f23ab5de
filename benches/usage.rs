//! Usage of many keys written to a database, in batches as a node writes them: time and CPU time a key. The first
//! round creates the rows of each key, the later ones update them.
//!
//! On SQLite, and on PostgreSQL where `KEYDECK_TEST_POSTGRES` names a server (its CPU time is not in the figures).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use keydeck::store::sql::{Options, SqlStore, sqlite_url};
use keydeck::store::{By, CallerCount, DayCount, KeyUsage, Projects as _, Usage as _};
use keydeck::wire::id::{KeyId, ProjectId};
use keydeck::wire::time::{Timestamp, system_clock};
use rustix::time::{ClockId, clock_gettime};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Executor as _};

/// As many as a node puts into a transaction.
const BATCH: usize = 2000;
const ROUNDS: usize = 4;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
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
    let run = async |statement: String| {
        let mut db = AnyConnection::connect(admin).await.expect("the server");
        db.execute(AssertSqlSafe(statement)).await.expect("done");
        db.close().await.expect("closed");
    };
    run(format!("create schema {schema}")).await;
    let sign = if admin.contains('?') { '&' } else { '?' };
    measure("PostgreSQL", &format!("{admin}{sign}options[search_path]={schema}"), keys).await;
    run(format!("drop schema {schema} cascade")).await;
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
            last_refused: None,
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

/// Keys as the store writes them, many a statement. Nobody has their text.
async fn fill(url: &str, project: ProjectId, keys: usize) {
    let bytes = |length: usize| {
        let hex = "00".repeat(length);
        if url.starts_with("sqlite:") { format!("x'{hex}'") } else { format!("decode('{hex}', 'hex')") }
    };
    let (salt, digest) = (bytes(16), bytes(32));
    let mut db = AnyConnection::connect(url).await.expect("the database");
    let mut tx = db.begin().await.expect("a transaction");
    let numbers: Vec<usize> = (0..keys).collect();
    for numbers in numbers.chunks(1000) {
        let rows = numbers.iter().map(|number| {
            let id = KeyId::from_number(*number as u128);
            format!(
                "('{id}', '{project}', 'key {number}', 'key {number}', 0, '{number:08}', '{:04}', 1, {salt}, {digest}, \
                 0, 1, 'local:bench', 0, '', 1, 0, '', '', 1, '', 0, 0, '')",
                number % 10_000,
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
}
