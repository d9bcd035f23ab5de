//! The execution of a review in a server that is killed midway, and what its pack says of it.

use keydeck::secret::{Kind, Secret};
use keydeck::store::SharedStore;
use keydeck::store::sql::{Options, SqlStore, sqlite_url};
use keydeck::wire::reviews::{Decide, Decision, ItemQuery, NewReview, Scope};

use sqlx::{AnyConnection, Connection as _};

use super::keys::json;
use crate::store::support::{NOON, ann, key, project};
use crate::support::home::{Home, over_socket};
use crate::support::postgres;
use crate::support::process::{Running, errors};
use crate::support::until;

/// Five batches of an execution.
const KEYS: usize = 1_000;

/// A review that revokes every key of a project.
async fn decided(home: &Home, keys: usize) {
    decided_on(&sqlite_url(&home.data().join("keydeck.db")), keys).await;
}

async fn decided_on(url: &str, keys: usize) {
    let opened = SqlStore::open(url, Options::default()).await.expect("a store");
    let store = std::sync::Arc::clone(&opened) as SharedStore;
    let shop = project(&store, "shop").await;
    for number in 0..keys {
        key(&store, shop, &format!("key-{number}"), NOON).await;
    }
    let scope = Scope { filter: "project:shop".into(), ..Scope::default() };
    let new = NewReview { name: "Q1".into(), scope, due_at: None };
    let review = store.start_review(&ann(NOON), &new).await.expect("a review").value.id;
    let all = ItemQuery { limit: Some(1_000), ..ItemQuery::default() };
    let to = Decide { decision: Decision::Revoke, until: None, reason: None, version: 0 };
    for item in store.review_items(review, &all, "local:ann", NOON).await.expect("items").items {
        store.decide(&ann(NOON), review, item.key.id, Some(&to), None).await.expect("a decision");
    }
    opened.close().await;
}

fn serve(home: &Home) -> Running {
    let server = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    server.until_said("keydeck: ready");
    server
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_parts_of_an_execution_that_was_killed_and_continued_have_their_receipts() {
    let home = Home::new();
    home.ok(&["projects", "create", "other"]);
    home.ok(&["keys", "create", "leaked", "--project", "other"]);
    decided(&home, KEYS).await;
    let mut server = serve(&home);
    let socket = home.data().join("keydeck.sock");
    let head = || -> u64 {
        let session = json(&over_socket(&socket, "GET", "/v1/session", "").expect("an answer").body);
        session["auditHead"]["seq"]
            .as_u64()
            .or_else(|| session["auditHead"].as_str().and_then(|head| head.split(':').next()?.parse().ok()))
            .expect("a head")
    };
    let before = head();
    let mut client = home.start(&["audit", "review", "execute", "Q1", "--yes"]);
    until("a first batch is there", || head() > before);
    server.kill();
    client.wait();

    let mut server = serve(&home);
    let half = head() - before;
    assert!(half >= 200 && half < KEYS as u64, "killed midway: {half}");
    // Somebody else's revocation comes in between, with a receipt of its own.
    home.ok(&["keys", "revoke", "other/leaked", "--yes"]);
    let other = head();
    let done = home.run(&["audit", "review", "execute", "Q1", "--yes"]);
    assert!(done.status.success(), "{}", errors(&done));
    assert!(errors(&done).contains("confirmed by 1 of 1 node"), "{}", errors(&done));
    // An end in order writes the last receipts.
    assert!(server.terminate().success());

    home.ok(&["audit", "report", "--review", "Q1", "--out", "pack"]);
    home.ok(&["audit", "verify", "pack"]);
    let read = |name: &str| std::fs::read_to_string(home.path().join("pack").join(name)).expect("a file");
    let number = |row: &str, at: usize| -> u64 {
        row.split(',').nth(at).and_then(|cell| cell.parse().ok()).unwrap_or_else(|| panic!("{at}: {row}"))
    };
    let receipts = read("receipts.csv");
    let ranges: Vec<(u64, u64)> =
        receipts.lines().skip(1).map(|row| (number(row, 1), number(row, 0))).collect();
    let of = |seq: u64| ranges.iter().find(|(_, last)| *last >= seq).filter(|(first, _)| *first <= seq);
    let decisions = read("decisions.csv");
    let seqs: Vec<u64> = decisions.lines().skip(1).map(|row| number(row, 14)).collect();
    assert_eq!(seqs.len(), KEYS);
    for seq in &seqs {
        assert!(of(*seq).is_some(), "event {seq} has no receipt: {ranges:?}");
    }
    assert!(seqs.iter().any(|seq| *seq < other) && seqs.iter().any(|seq| *seq > other), "both parts");
    assert_eq!(of(other), Some(&(other, other)), "the other revocation keeps its own: {ranges:?}");
    assert!(!read("report.md").contains("receipt not kept"));
    // The audit log shows them, too.
    let first = json(&home.ok(&["audit", "events", "--key", "shop/key-0", "--output", "json"]));
    let revoked = &first["items"][0];
    assert_eq!((&revoked["action"], &revoked["receipt"]["confirmedBy"]), (&"key.revoked".into(), &1.into()));
}

/// Runs a command on this server, or on that of the file.
fn on_server(home: &Home, args: &[&str], on: Option<(&str, &Secret)>) -> std::process::Output {
    let mut command = home.command(args);
    if let Some((url, token)) = on {
        command.env("KEYDECK_SERVER", url).env("KEYDECK_TOKEN", token.reveal());
    }
    command.stdin(std::process::Stdio::null()).output().expect("the program runs")
}

/// What the pack of the review says of its decisions, the server that runs having been asked for it.
fn receipts_of_pack(home: &Home, on: Option<(&str, &Secret)>) -> String {
    let reported = on_server(home, &["audit", "report", "--review", "Q1", "--out", "pack"], on);
    assert!(reported.status.success(), "{}", errors(&reported));
    home.ok(&["audit", "verify", "pack"]);
    let read = |name: &str| std::fs::read_to_string(home.path().join("pack").join(name)).expect("a file");
    assert!(!read("report.md").contains("receipt not kept"), "{}", read("report.md"));
    read("receipts.csv")
}

/// Executes the review where the database refuses receipts, kills the server before it can write one, and lets the
/// database take receipts again.
async fn executed_and_killed(
    home: &Home,
    url: &str,
    mut server: Running,
    triggers: [&str; 2],
    on: Option<(&str, &Secret)>,
) {
    let mut db = AnyConnection::connect(url).await.expect("the database");
    sqlx::raw_sql(sqlx::AssertSqlSafe(triggers[0].to_owned())).execute(&mut db).await.expect("a trigger");
    let done = on_server(home, &["audit", "review", "execute", "Q1", "--yes"], on);
    assert!(done.status.success(), "an answer needs no receipt on the disk: {}", errors(&done));
    server.kill();
    sqlx::raw_sql(sqlx::AssertSqlSafe(triggers[1].to_owned())).execute(&mut db).await.expect("no trigger");
    db.close().await.expect("an orderly end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_before_it_keeps_the_receipt_of_a_review_asks_its_nodes_again() {
    let home = Home::new();
    home.ok(&["projects", "list"]);
    decided(&home, 3).await;
    let url = sqlite_url(&home.data().join("keydeck.db"));
    let triggers = [
        "create trigger full before insert on receipts begin select raise(abort, 'no room'); end",
        "drop trigger full",
    ];
    let server = serve(&home);
    executed_and_killed(&home, &url, server, triggers, None).await;

    let mut server = serve(&home);
    until("the receipt is kept", || {
        let events = json(&home.ok(&["audit", "events", "--output", "json"]));
        let events = events["items"].as_array().expect("a list");
        events.iter().filter(|event| event["receipt"]["confirmedBy"] == 1).count() == 4
    });
    let receipts = receipts_of_pack(&home, None);
    assert_eq!(receipts.lines().count(), 2, "one row for the three keys and the review: {receipts}");
    assert!(server.terminate().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_review_that_a_killed_server_of_postgresql_executed_has_its_receipt_in_the_pack_of_another() {
    let Some(database) = postgres::database("a killed server on PostgreSQL").await else { return };
    let home = Home::new();
    let token = Secret::generate(Kind::Management).expect("random bytes");
    let start = |name: &str| {
        let address = ["--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0", "--database", &database.url];
        let mut command = home.command(&[&["serve", "--lease", "1", "--name", name], &address[..]].concat());
        command.env("KEYDECK_ADMIN_TOKEN", token.reveal());
        let server = Running::start(command);
        let url = server.until_said("management API on ").rsplit_once(' ').expect("an address").1.to_owned();
        server.until_said("keydeck: ready");
        (server, url)
    };
    let (mut other, its_url) = start("other");
    let (killed, url) = start("killed");
    decided_on(&database.url, 3).await;
    let triggers = [
        "create function no_room() returns trigger as $$ begin raise exception 'no room'; end $$ language plpgsql; \
         create trigger no_room before insert on receipts for each row execute function no_room()",
        "drop trigger no_room on receipts",
    ];
    executed_and_killed(&home, &database.url, killed, triggers, Some((&url, &token))).await;
    // The other server has run all the time, and is not started again. What the killed one had noted is given up.
    let forgotten = on_server(&home, &["nodes", "forget", "killed"], Some((&its_url, &token)));
    assert!(forgotten.status.success(), "{}", errors(&forgotten));
    let receipts = receipts_of_pack(&home, Some((&its_url, &token)));
    assert_eq!(receipts.lines().count(), 2, "{receipts}");
    assert!(other.terminate().success());
    database.remove().await;
}
