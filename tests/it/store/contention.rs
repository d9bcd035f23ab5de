//! Changes that PostgreSQL gives up for the sake of others, and servers with another level of isolation.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use keydeck::store::sql::{Options, SqlStore};
use keydeck::store::{BulkRevoke, By, KeyUsage, Once, SharedStore, StoreError};
use keydeck::wire::keys::{KeyEdit, Outcome, Status};
use keydeck::wire::reviews::{Decide, Decision, Execute, NewReview, ReviewEdit, Scope};
use keydeck::wire::rules::{Match, Rule};
use keydeck::wire::session::Plan;
use keydeck::wire::tokens::Role;
use serde_json::json;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Executor as _};

use super::support::{NOON, ann, at, key, open, project, record, token_secret};
use crate::support::postgres;

/// A server that gives up the next changes, so many at once.
struct Troubled {
    db: AnyConnection,
}

impl Troubled {
    async fn at(url: &str) -> Troubled {
        let mut db = AnyConnection::connect(url).await.unwrap();
        db.execute("create sequence tried").await.unwrap();
        db.execute("create table trouble (tries bigint not null, code text not null)").await.unwrap();
        db.execute("insert into trouble values (0, '40001')").await.unwrap();
        db.execute(
            "create function give_up() returns trigger language plpgsql as $$ begin \
             if nextval('tried') <= (select tries from trouble) then \
             raise exception 'given up for a test' using errcode = (select code from trouble); \
             end if; return new; end $$",
        )
        .await
        .unwrap();
        // Every change begins with this row.
        db.execute(
            "create trigger give_up before update on audit_head for each row execute function give_up()",
        )
        .await
        .unwrap();
        Troubled { db }
    }

    /// From now on so many changes fail with this code.
    async fn fails(&mut self, tries: u32, code: &str) {
        let statement = format!("update trouble set tries = {tries}, code = '{code}'");
        self.db.execute("alter sequence tried restart").await.unwrap();
        sqlx::query(AssertSqlSafe(statement)).execute(&mut self.db).await.unwrap();
    }

    /// How many changes were begun since then.
    async fn tried(&mut self) -> i64 {
        sqlx::query_scalar("select last_value from tried").fetch_one(&mut self.db).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_the_database_gave_up_is_made_all_the_same() {
    let Some(database) = postgres::database("changes that are given up").await else { return };
    let store = open(&database.url).await;
    let shop = project(&store, "Shop").await;
    let blog = project(&store, "Blog").await;
    let mut keys = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        keys.push(key(&store, shop, name, NOON).await.id);
    }
    let mut troubled = Troubled::at(&database.url).await;
    // Each in turn is refused twice before it may pass.
    macro_rules! passes {
        ($change:expr) => {{
            for code in ["40P01", "40001"] {
                troubled.fails(2, code).await;
                let done = $change;
                assert!(done.is_ok(), "{} with {code}: {:?}", stringify!($change), done.err());
                assert!(troubled.tried().await >= 3, "{} did not meet the trouble", stringify!($change));
            }
        }};
    }
    let by = ann(at(1));
    let mut names = (0..).map(|number| format!("name {number}"));
    let mut name = || names.next().unwrap();
    passes!(store.create_project(&by, &name()).await);
    passes!(store.rename_project(&by, blog, &name()).await);
    passes!(store.create_key(&by, shop, &record(&name()), Plan::Enterprise).await);
    let edits = |name: String| KeyEdit { name: Some(name), ..KeyEdit::default() };
    passes!(store.edit_key(&by, keys[0], &edits(name())).await);
    passes!(store.pause_key(&by, keys[0], None).await);
    passes!(store.resume_key(&by, keys[0]).await);
    passes!({
        let next = record("next");
        store.rotate_key(&by, keys[0], Some(&name()), next.hint, &next.hash, Plan::Enterprise).await
    });
    passes!(store.start_rotation(&by, keys[1], None).await);
    passes!(store.cancel_rotation(&by, keys[1]).await);
    passes!(store.revoke_key(&by, keys[1], None).await);
    passes!(store.revoke_keys(&by, &keys[2..3], &BulkRevoke::default()).await);
    passes!({
        let secret = token_secret();
        store.create_token(&by, &name(), Role::Admin, secret.hint(), &secret.hash().unwrap()).await
    });
    let secret = token_secret();
    let (hint, hash) = (secret.hint(), secret.hash().unwrap());
    let token = store.create_token(&by, "spare", Role::Admin, hint, &hash).await.unwrap().value;
    passes!(store.revoke_token(&by, token.id).await);
    let rule = |to: &str| Rule {
        source: "/a".into(),
        destination: to.into(),
        status: 301,
        matching: Match::Exact,
        priority: 0,
    };
    passes!(store.put_rules(&by, shop, &[rule(&format!("/{}", name().replace(' ', "-")))]).await);
    passes!(store.deploy(&by, shop, false).await);
    passes!(store.close_idempotency_key(&by, "local:ann", "k").await);
    passes!(store.append_report(&by, json!({})).await);
    let head = store.audit_head().await.unwrap();
    passes!(store.accept_history(&by, &head).await);
    let review = NewReview { name: "Q1".into(), scope: Scope::default(), due_at: None };
    passes!(store.start_review(&by, &review).await);
    let review = store.start_review(&by, &review).await.unwrap().value.id;
    let named = |name: String| ReviewEdit { name: Some(name), ..ReviewEdit::default() };
    passes!(store.edit_review(&by, review, &named(name())).await);
    let decide = Decide { decision: Decision::Revoke, until: None, reason: None, version: 0 };
    passes!(store.decide(&by, review, keys[3], Some(&decide), None).await);
    let dry = Execute { dry_run: true, ..Execute::default() };
    let decisions = store.execute_review(&by, review, &dry).await.unwrap().value.decisions;
    let execute = Execute { decisions: Some(decisions), ..Execute::default() };
    passes!(store.execute_review(&by, review, &execute).await);
    assert_eq!(store.key(keys[3], NOON, 0).await.unwrap().status, Status::Revoked);
    passes!(store.archive_project(&by, shop, true).await);

    // With an idempotency key it is done once, and a repeat is told what was made.
    let once = |now| By {
        once: Some(Once {
            scope: "local:ann".into(),
            route: "keys".into(),
            key: "once".into(),
            fingerprint: "a".into(),
        }),
        ..ann(at(now))
    };
    troubled.fails(3, "40001").await;
    let made = store.create_key(&once(2), blog, &record("one"), Plan::Enterprise).await.unwrap().value;
    troubled.fails(3, "40001").await;
    let again = store.create_key(&once(3), blog, &record("one"), Plan::Enterprise).await;
    assert!(matches!(again, Err(StoreError::Repeated(id)) if id == made.id.to_string()));

    // Not for ever.
    troubled.fails(1_000_000, "40001").await;
    let head = store.audit_head().await.unwrap();
    let begun = Instant::now();
    let refused = store.create_project(&by, "never").await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(store.audit_head().await.unwrap(), head);
    troubled.db.close().await.unwrap();
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_end_the_server_does_not_know_either_is_not_called_undone() {
    let Some(database) = postgres::database("an unknown commit").await else { return };
    let store = open(&database.url).await;
    let shop = project(&store, "Shop").await;
    let web = key(&store, shop, "web", NOON).await.id;
    let mut db = AnyConnection::connect(&database.url).await.unwrap();
    db.execute(
        "create function unknown() returns trigger language plpgsql as $$ begin \
         raise exception 'unknown for a test' using errcode = '40003'; end $$",
    )
    .await
    .unwrap();
    db.execute(
        "create constraint trigger unknown after insert on audit_events initially deferred \
         for each row execute function unknown()",
    )
    .await
    .unwrap();
    let refused = store.revoke_key(&ann(NOON), web, None).await.expect_err("its end is unknown");
    assert!(matches!(refused, StoreError::OutcomeUnknown(_)), "{refused:?}");
    db.close().await.unwrap();
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_wait_for_each_other_a_revocation_is_made_all_the_same() {
    let Some(database) = postgres::database("a deadlock").await else { return };
    let store = open(&database.url).await;
    let shop = project(&store, "Shop").await;
    let web = key(&store, shop, "web", NOON).await;
    let mut other = AnyConnection::connect(&database.url).await.unwrap();
    // It is not the other one that finds out.
    other.execute("set deadlock_timeout = '1min'").await.unwrap();
    other.execute("begin").await.unwrap();
    other.execute("update api_keys set purpose = purpose").await.unwrap();
    let revoking = {
        let store = store.clone();
        tokio::spawn(async move { store.revoke_key(&ann(at(1)), web.id, None).await })
    };
    tokio::time::sleep(Duration::from_millis(300)).await;
    // The revocation has the lock of all changes and waits for the key.
    other.execute("update audit_head set seq = seq").await.expect("the revocation gave way");
    other.execute("rollback").await.unwrap();
    let revoked = revoking.await.unwrap().expect("it was tried again");
    assert_eq!(revoked.value.status, Status::Revoked);
    other.close().await.unwrap();
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_change_a_database_whose_default_is_serializable() {
    let Some(database) = postgres::database("a serializable default").await else { return };
    let url = format!("{}&options[default_transaction_isolation]=serializable", database.url);
    let first = open(&url).await;
    let second: SharedStore = SqlStore::open(&url, Options::default()).await.unwrap();
    let mut raw = AnyConnection::connect(&url).await.unwrap();
    let level: String = sqlx::query_scalar("show transaction_isolation").fetch_one(&mut raw).await.unwrap();
    assert_eq!(level, "serializable", "that is what the server would do by itself");
    raw.close().await.unwrap();
    let shop = project(&first, "Shop").await;
    let changes = (0..40).map(|number| {
        let store = if number % 2 == 0 { first.clone() } else { second.clone() };
        tokio::spawn(async move {
            let key = key(&store, shop, &format!("key {number}"), NOON).await;
            let usage = KeyUsage {
                key: key.id,
                last_used: Some((NOON, [192, 0, 2, 1].into())),
                refusals: Vec::new(),
                days: Vec::new(),
                callers: Vec::new(),
                others: None,
            };
            store.record_usage(&[usage], NOON).await.unwrap();
            if number % 4 < 2 {
                store.revoke_key(&ann(at(1)), key.id, None).await.unwrap();
            } else {
                let revoked =
                    store.revoke_keys(&ann(at(1)), &[key.id], &BulkRevoke::default()).await.unwrap();
                assert_eq!(revoked.value, [Outcome::Revoked]);
            }
        })
    });
    for done in join_all(changes).await {
        done.expect("no change is refused");
    }
    // One event each, without gaps.
    let events = first.audit_events_after(0, 1000).await.unwrap();
    let mut actions = BTreeMap::new();
    for (event, seq) in events.iter().zip(1..) {
        assert_eq!(event.seq, seq);
        *actions.entry(event.action.as_str().to_owned()).or_insert(0) += 1;
    }
    assert_eq!((actions["key.created"], actions["key.revoked"]), (40, 40));
    database.remove().await;
}
