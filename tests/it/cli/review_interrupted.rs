//! The execution of a review in a server that is killed midway, and what its pack says of it.

use keydeck::store::SharedStore;
use keydeck::store::sql::{Options, SqlStore, sqlite_url};
use keydeck::wire::reviews::{Decide, Decision, ItemQuery, NewReview, Scope};

use super::keys::json;
use crate::store::support::{NOON, ann, key, project};
use crate::support::home::{Home, over_socket};
use crate::support::process::{Running, errors};
use crate::support::until;

/// Five batches of an execution.
const KEYS: usize = 1_000;

/// A review that revokes every key of a project.
async fn decided(home: &Home) {
    let url = sqlite_url(&home.data().join("keydeck.db"));
    let opened = SqlStore::open(&url, Options::default()).await.expect("a store");
    let store = std::sync::Arc::clone(&opened) as SharedStore;
    let shop = project(&store, "shop").await;
    for number in 0..KEYS {
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
    decided(&home).await;
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
