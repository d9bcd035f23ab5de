//! `keydeck migrate`: a database copied to another one, of SQLite or PostgreSQL.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use keydeck::store::sql::copy::{OTHERS, TABLES};
use keydeck::store::sql::{Options, SqlStore, sqlite_url};
use keydeck::store::{By, CallerCount, DayCount, KeyUsage, SharedStore};
use keydeck::wire::reviews::{Decide, Decision, NewReview, Scope};
use keydeck::wire::time::{Timestamp, system_clock};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};

use super::keys::json;
use crate::store::support::{key, project};
use crate::support::home::Home;
use crate::support::postgres;
use crate::support::process::{Running, assert_failed, errors, feed};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

fn url(home: &Home, name: &str) -> String {
    sqlite_url(&home.path().join(name))
}

/// So many keys with all that can be known of them: usage, callers, pauses, rotations, reviews, rules, tokens.
fn filled(home: &Home, name: &str, keys: usize) -> String {
    let url = url(home, name);
    runtime().block_on(async {
        let sql = SqlStore::open(&url, Options::default()).await.expect("a store");
        let store: SharedStore = sql.clone();
        let now = system_clock()();
        let by = By::new("local:ann", now);
        let shop = project(&store, "Shop").await;
        let blog = project(&store, "Bücher").await;
        let mut made = Vec::new();
        for number in 0..keys {
            let of = if number % 3 == 0 { blog } else { shop };
            made.push(key(&store, of, &format!("key {number} ü"), now).await);
        }
        let batch: Vec<KeyUsage> = made.iter().take(400).map(|key| usage(key.id, now)).collect();
        store.record_usage(&batch, now).await.expect("usage");
        for key in made.iter().take(20) {
            store.start_rotation(&by, key.id, Some(60)).await.expect("a rotation");
        }
        let new = NewReview { name: "Q4".into(), scope: Scope::default(), due_at: None };
        let review = store.start_review(&by, &new).await.expect("a review").value;
        for key in made.iter().skip(20).take(20) {
            let decide = Decide {
                decision: Decision::Keep,
                until: None,
                reason: Some("needed: \"it's\"".into()),
                version: 0,
            };
            store.decide(&by, review.id, key.id, Some(&decide), Some(0)).await.expect("a decision");
        }
        for key in made.iter().skip(40).take(10) {
            store.pause_key(&by, key.id, Some("why?")).await.expect("paused");
        }
        for key in made.iter().skip(50).take(10) {
            store.revoke_key(&by, key.id, Some("leaked")).await.expect("revoked");
        }
        sql.close().await;
    });
    let on = |args: &[&str]| home.ok(&[args, &["--database", &url]].concat());
    let rules =
        "source,destination,status,match,priority\n/old,/new,301,exact,1\n/blog/,/b/,302,starts_with,2\n";
    let imported =
        feed(home.command(&["rules", "import", "-", "--project", "shop", "--database", &url]), rules);
    assert!(imported.status.success(), "{}", errors(&imported));
    on(&["rules", "deploy", "--project", "shop"]);
    on(&["tokens", "create", "ops", "--role", "admin"]);
    url
}

fn usage(key: keydeck::wire::id::KeyId, now: Timestamp) -> KeyUsage {
    let address: IpAddr = Ipv4Addr::new(192, 0, 2, 7).into();
    KeyUsage {
        key,
        last_used: Some((now, address)),
        refusals: Vec::new(),
        days: vec![DayCount { day: now.day(), allowed: 5, limited: 1, refused: 0 }],
        callers: vec![CallerCount { address, first_at: now, last_at: now, allowed: 5, refused: 0 }],
        others: None,
    }
}

/// What people see of a database.
fn seen(home: &Home, url: &str) -> Vec<String> {
    [
        &["keys", "list", "--status", "all", "--output", "json"][..],
        &["projects", "list", "--output", "json"],
        &["audit", "verify", "--output", "json"],
        &["audit", "review", "items", "Q4", "--output", "json"],
        &["audit", "events", "--filter", "leaked", "--output", "json"],
        &["keys", "rotation", "shop/key 1 ü", "--output", "json"],
        &["keys", "usage", "shop/key 1 ü", "--callers", "--output", "json"],
        &["rules", "export", "--project", "shop", "--format", "csv"],
        &["tokens", "list", "--output", "json"],
    ]
    .into_iter()
    .map(|args| home.ok(&[args, &["--database", url]].concat()))
    .collect()
}

#[test]
fn a_thousand_keys_move_to_postgresql_and_back_and_everything_is_as_it_was() {
    let runtime = runtime();
    let Some(database) = runtime.block_on(postgres::database("migrate to PostgreSQL")) else { return };
    let home = Home::new();
    let from = filled(&home, "from.db", 1000);
    let before = seen(&home, &from);
    let moved = json(&home.ok(&["migrate", "--from", &from, "--to", &database.url, "--output", "json"]));
    assert_eq!(moved["tables"]["api_keys"], 1000);
    assert_eq!(moved["tables"]["review_items"], 1000);
    assert_eq!(moved["tables"]["key_rotations"], 20);
    assert_eq!(moved["head"], json(&before[2])["head"]);
    assert_eq!(seen(&home, &database.url), before, "on PostgreSQL");
    // Not a second time.
    let again = home.run(&["migrate", "--from", &from, "--to", &database.url]);
    assert_failed(&again, 5, "holds data already; choose an empty database");
    let back = url(&home, "back.db");
    home.ok(&["migrate", "--from", &database.url, "--to", &back]);
    assert_eq!(seen(&home, &back), before, "back on SQLite");
    // It goes on as usual.
    home.ok(&["keys", "create", "later", "--project", "shop", "--database", &back]);
    home.ok(&["audit", "verify", "--database", &back]);
    runtime.block_on(database.remove());
}

#[test]
fn a_migration_that_is_killed_serves_nobody_and_goes_on_behind_the_last_row() {
    let runtime = runtime();
    let home = Home::new();
    let from = filled(&home, "from.db", 300);
    let before = seen(&home, &from);
    let mut targets = vec![url(&home, "to.db")];
    let database = runtime.block_on(postgres::database("a killed migration to PostgreSQL"));
    targets.extend(database.iter().map(|database| database.url.clone()));
    for to in targets {
        let args = ["migrate", "--from", &from, "--to", &to];
        let list = ["projects", "list", "--database", &to];
        let serve = ["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0", "--database", &to];
        let mut unfinished = 0;
        let mut wait = Duration::from_millis(60);
        let begun = Instant::now();
        loop {
            let mut running = home.start(&args);
            let until = Instant::now() + wait;
            while Instant::now() < until && !running.has_ended() {
                std::thread::sleep(Duration::from_millis(2));
            }
            let ended = running.has_ended();
            if ended {
                assert!(running.wait().success(), "{}", running.said());
                break;
            }
            running.kill();
            assert!(begun.elapsed() < Duration::from_mins(2), "it never ends");
            let out = home.run(&list);
            if String::from_utf8_lossy(&out.stdout).contains("Shop") {
                // It was killed when all was done.
                break;
            }
            if !out.status.success() {
                assert_failed(&out, 5, "unfinished target of a migration");
                // On PostgreSQL its log has lines before that.
                let served = home.run(&serve);
                assert_eq!(served.status.code(), Some(5), "{}", errors(&served));
                assert!(errors(&served).contains("run `keydeck migrate` again"), "{}", errors(&served));
                unfinished += 1;
            }
            wait += Duration::from_millis(40);
        }
        assert!(unfinished > 0, "killed in the middle at least once");
        assert_eq!(seen(&home, &to), before, "{to}");
    }
    if let Some(database) = database {
        runtime.block_on(database.remove());
    }
}

#[test]
fn a_source_that_was_changed_after_a_killed_run_is_copied_anew() {
    let home = Home::new();
    let from = filled(&home, "from.db", 60);
    let to = url(&home, "to.db");
    home.ok(&["migrate", "--from", &from, "--to", &to]);
    // As a killed run leaves it, with another head than the source has later.
    let head = json(&home.ok(&["audit", "verify", "--database", &from, "--output", "json"]))["head"].clone();
    let (seq, hash) = head.as_str().expect("a head").split_once(':').expect("two parts");
    let mark = format!(
        "insert into moving values (1, 'the other one', {seq}, '{hash}', '{{\"table\":1,\"after\":[]}}'); \
         delete from usage_days"
    );
    runtime().block_on(run(&to, &mark));
    // Another database does not take it over.
    let other = filled(&home, "other.db", 3);
    let taken = home.run(&["migrate", "--from", &other, "--to", &to]);
    assert_failed(&taken, 5, "unfinished target of a migration from the other one");
    home.ok(&["keys", "create", "late", "--project", "shop", "--database", &from]);
    home.ok(&["migrate", "--from", &from, "--to", &to]);
    assert_eq!(seen(&home, &to), seen(&home, &from));
}

#[test]
fn databases_that_are_served_missing_or_wrong_are_refused_with_words() {
    let runtime = runtime();
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    let from = sqlite_url(&home.data().join("keydeck.db"));
    let (to, memory) = (url(&home, "to.db"), "sqlite::memory:");
    let missing = url(&home, "missing.db");
    for (from, to, code, words) in [
        (missing.as_str(), to.as_str(), 4, "does not exist"),
        (&from, &from, 2, "the same database"),
        (&from, memory, 2, "in-memory"),
        ("mysql://x", &to, 2, "invalid database URL"),
        (&from, "postgres://127.0.0.1:1/none", 6, "cannot reach the database 127.0.0.1:1/none"),
    ] {
        assert_failed(&home.run(&["migrate", "--from", from, "--to", to]), code, words);
    }
    assert!(!home.path().join("to.db").exists() && !home.path().join("missing.db").exists());
    let owner = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    owner.until_said("keydeck: ready");
    let out = home.run(&["migrate", "--from", &from, "--to", &to]);
    assert_failed(&out, 5, &format!("in use by process {}", owner.id()));
    drop(owner);

    let Some(database) = runtime.block_on(postgres::database("a served source")) else { return };
    let node = Running::start(home.command(&[
        "edge",
        "--edge",
        "127.0.0.1:0",
        "--name",
        "eu-1",
        "--lease",
        "1",
        "--database",
        &database.url,
    ]));
    node.until_said("keydeck: ready");
    home.ok(&["projects", "create", "shop", "--database", &database.url]);
    let args = ["migrate", "--from", &database.url, "--to", &to];
    let out = home.run(&args);
    assert_failed(&out, 5, "is served by eu-1; stop them first (`keydeck nodes list`)");
    assert_failed(&out, 5, "`keydeck nodes forget NODE --database URL`");
    assert!(!home.path().join("to.db").exists(), "nothing is left behind");
    // One that is killed may come back until somebody says that it will not.
    drop(node);
    assert_failed(&home.run(&args), 5, "is served by eu-1");
    home.ok(&["nodes", "forget", "eu-1", "--database", &database.url]);
    home.ok(&args);
    runtime.block_on(database.remove());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_column_of_each_table_is_copied() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = sqlite_url(&folder.path().join("keydeck.db"));
    SqlStore::open(&url, Options::default()).await.expect("a store").close().await;
    let mut db = AnyConnection::connect(&url).await.expect("it opens");
    let columns = "select m.name as t, c.name as c, upper(c.type) as kind, c.pk as pk from sqlite_master m \
                   join pragma_table_info(m.name) c where m.type = 'table' and m.name not like 'sqlite_%'";
    let mut there = BTreeSet::new();
    for row in sqlx::query(columns).fetch_all(&mut db).await.expect("columns") {
        let (table, column, kind): (String, String, String) = (row.get("t"), row.get("c"), row.get("kind"));
        if !OTHERS.contains(&table.as_str()) {
            there.insert((table, column, kind.replace("INTEGER", "BIGINT"), row.get::<i64, _>("pk") > 0));
        }
    }
    let mut copied = BTreeSet::new();
    for table in TABLES {
        for (kind, columns) in [("TEXT", table.texts), ("BIGINT", table.numbers), ("BLOB", table.bytes)] {
            for column in columns {
                let is_key = table.key.contains(column);
                copied.insert((table.name.to_owned(), (*column).to_owned(), kind.to_owned(), is_key));
            }
        }
    }
    assert_eq!(copied, there, "src/store/sql/copy.rs has all columns of all tables, except those of OTHERS");
    db.close().await.expect("an orderly end");
}

async fn run(url: &str, statements: &str) {
    sqlx::any::install_default_drivers();
    let mut db = AnyConnection::connect(url).await.expect("it opens");
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut db).await.expect("it runs");
    db.close().await.expect("an orderly end");
}
