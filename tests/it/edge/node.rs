//! The node: the change feed, the lease, the uses it writes.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use keydeck::edge::{Edge, EdgeConfig};
use keydeck::store::sql::sqlite_url;
use keydeck::store::{Audit as _, BulkRevoke, By, Follow as _, Keys as _, StoreError};
use keydeck::wire::audit::{Event, Head};
use keydeck::wire::id::KeyId;
use keydeck::wire::keys::{Mode, Outcome};
use keydeck::wire::time::uptime;
use sqlx::{AnyConnection, Connection as _};

use super::fixture::{START, World, exact, request, send, until};
use crate::support::troubled_store::Trouble;

/// Long enough to be renewed on a busy machine, short enough to wait for its end.
const SHORT_LEASE: Duration = Duration::from_millis(600);

#[tokio::test]
async fn what_is_acknowledged_is_served() {
    let world = World::new().await;
    let edge = world.start(world.config()).await;
    let changes = world.store.changes().clone();

    let (_, secret) = world.key_of_mode("second", Mode::Live).await;
    let receipt = changes.acknowledged(changes.newest()).await;
    assert_eq!((receipt.confirmed_by, receipt.nodes, receipt.expired.len()), (1, 1, 0));
    let answer = send(&edge, request(&world.lookup("/old")).header("x-api-key", secret.reveal())).await;
    assert_eq!(answer.status, 200, "a key made while the node runs");

    changes.acknowledged(world.deploy(&[exact("/old", "/newer")]).await).await;
    assert_eq!(world.get(&edge, &world.lookup("/old")).await.field("destination"), "/newer");
    assert_eq!(world.get(&edge, &world.lookup("/docs/")).await.status, 204, "the old rules are gone");

    let receipt = changes.acknowledged(world.revoke(world.key).await).await;
    assert_eq!(receipt.slowest.expect("a node confirmed").node, "node-1");
    assert_eq!(world.get(&edge, &world.lookup("/old")).await.code(), "INVALID_API_KEY");
}

#[tokio::test]
async fn a_revocation_is_not_answered_before_the_keyring_has_it() {
    let world = World::new().await;
    let edge = world.start(world.config()).await;
    let changes = world.store.changes().clone();
    let reads = world.store.reads.calls();
    world.store.reads.set(Trouble::Hangs);

    let revision = world.revoke(world.key).await;
    let mut answered = Box::pin(changes.acknowledged(revision));
    world.store.reads.called_after(reads).await;
    assert!((&mut answered).now_or_never().is_none(), "the node has read nothing yet, so the answer waits");
    assert!(changes.applied_by_all() < revision);
    assert_eq!(world.get(&edge, &world.lookup("/old")).await.status, 200, "not answered, not yet dead");

    world.store.reads.set(Trouble::None);
    let receipt = answered.await;
    assert_eq!((receipt.confirmed_by, receipt.nodes), (1, 1));
    assert_eq!(world.get(&edge, &world.lookup("/old")).await.code(), "INVALID_API_KEY");
}

#[tokio::test]
async fn a_node_that_cannot_follow_loses_its_lease_and_comes_back_by_itself() {
    let world = World::with_lease(SHORT_LEASE).await;
    let edge = world.start(world.config()).await;
    let changes = world.store.changes().clone();
    for trouble in [Trouble::Fails, Trouble::Hangs] {
        let (key, secret) = world.key_of_mode(&format!("{trouble:?}"), Mode::Live).await;
        changes.acknowledged(changes.newest()).await;
        let uri = world.lookup("/old");
        let ask = || send(&edge, request(&uri).header("x-api-key", secret.reveal()));
        until("it serves", || async { ask().await.status == 200 }).await;

        world.store.reads.set(trouble);
        let receipt = changes.acknowledged(world.revoke(key).await).await;
        assert_eq!((receipt.confirmed_by, receipt.nodes), (0, 1));
        assert_eq!(receipt.expired, ["node-1"]);
        let answer = ask().await;
        assert_eq!((answer.status, answer.code().as_str()), (503, "UNAVAILABLE"), "no guess");
        assert_eq!(answer.header("retry-after"), "1");
        assert_eq!(send(&edge, request(&uri)).await.status, 401, "no key is none on any node");
        let typo = send(&edge, request(&uri).header("x-api-key", "redir_live_typo")).await;
        assert_eq!((typo.status, typo.code().as_str()), (401, "INVALID_API_KEY"));
        assert_eq!(send(&edge, request("/readyz")).await.status, 503);
        assert_eq!(send(&edge, request("/healthz")).await.body, r#"{"status":"ok"}"#);

        world.store.reads.set(Trouble::None);
        until("it serves again", || async {
            assert_ne!(ask().await.status, 200, "it comes back with the revocation applied, or not at all");
            world.get(&edge, &uri).await.status == 200
        })
        .await;
        assert_eq!(send(&edge, request("/readyz")).await.status, 200);
    }
}

#[tokio::test]
async fn lookups_are_answered_while_the_store_hangs() {
    let world = World::new().await;
    let edge = world.start(world.config()).await;
    world.store.reads.set(Trouble::Hangs);
    world.store.usage.set(Trouble::Hangs);
    let reads = world.store.reads.calls();
    for path in ["/old", "/docs/a", "/none", "bad"] {
        let uri = world.lookup(path);
        let answer = world.get(&edge, &uri).now_or_never().expect("answered without waiting for anything");
        assert_ne!(answer.status, 503, "{path}");
    }
    let unknown = send(&edge, request("/v1/lookup")).now_or_never().expect("at once");
    assert_eq!(unknown.status, 401);
    assert_eq!(world.store.reads.calls(), reads, "the store was not asked");
}

#[tokio::test]
async fn a_batch_that_could_not_be_written_is_kept_and_written_once() {
    let world = World::new().await;
    let edge = world.start(world.config()).await;
    world.store.usage.set(Trouble::Fails);
    let uri = world.lookup("/old");
    for round in 1..=3 {
        let failed = world.store.usage.calls();
        world.advance(Duration::from_secs(1));
        assert_eq!(world.get(&edge, &uri).await.status, 200);
        world.store.usage.called_after(failed + 1).await;
        assert_eq!(world.counts(world.key).await, (0, 0, 0), "round {round}");
    }
    world.store.usage.set(Trouble::None);
    world.flush().await;
    assert_eq!(world.counts(world.key).await, (3, 0, 0));
    assert_eq!(world.stored(world.key).await.last_used_at, Some(world.now()));
    edge.shutdown().await;
    assert_eq!(world.counts(world.key).await, (3, 0, 0));
}

#[tokio::test]
async fn last_uses_that_cannot_be_written_are_as_late_as_the_key_says() {
    for trouble in [Trouble::Fails, Trouble::Hangs] {
        let world = World::new().await;
        let edge = world.start(world.config()).await;
        let precision = async || world.stored(world.key).await.last_used_precision.map_or(0, NonZeroU32::get);
        assert_eq!(precision().await, 5);
        world.store.usage.set(trouble);
        let used = uptime();
        assert_eq!(world.get(&edge, &world.lookup("/old")).await.status, 200);
        until("it grows", async || precision().await >= 7).await;
        assert!(uptime().saturating_sub(used) > Duration::from_secs(6), "not before it is as late");
        world.store.usage.set(Trouble::None);
        world.flush().await;
        until("it is written", async || precision().await == 5).await;
        edge.shutdown().await;
    }
}

#[tokio::test]
async fn a_last_use_in_the_future_gives_way_to_the_next_use_and_is_never_written_anew() {
    const HOUR: i64 = 3_600_000;
    let world = World::new().await;
    let edge = world.start(world.config()).await;
    let uri = world.lookup("/old");
    let right = world.now();
    world.set_clock(HOUR);
    assert_eq!(world.get(&edge, &uri).await.status, 200);
    world.flush().await;
    assert_eq!(world.stored(world.key).await.last_used_at, Some(world.now()));
    // The clock is put right; what was noted stays until the key is used again.
    world.set_clock(-HOUR);
    assert_eq!(world.stored(world.key).await.last_used_at, Some(right + Duration::from_hours(1)));
    world.advance(Duration::from_secs(5));
    assert_eq!(world.get(&edge, &uri).await.status, 200);
    world.flush().await;
    assert_eq!(world.stored(world.key).await.last_used_at, Some(right + Duration::from_secs(5)));
    world.advance(Duration::from_secs(5));
    assert_eq!(world.get(&edge, &uri).await.status, 200);
    world.flush().await;
    assert_eq!(world.stored(world.key).await.last_used_at, Some(world.now()));
    let callers = world.store.key_callers(world.key).await.expect("callers");
    assert_eq!(callers[0].last_at, world.now());

    // Noted while the clock was ahead, written when it was right again.
    world.store.usage.set(Trouble::Fails);
    world.set_clock(HOUR);
    assert_eq!(world.get(&edge, &uri).await.status, 200);
    let failed = world.store.usage.calls();
    world.store.usage.called_after(failed + 1).await;
    world.set_clock(-HOUR);
    world.store.usage.set(Trouble::None);
    world.flush().await;
    assert_eq!(world.counts(world.key).await.0, 4);
    assert_eq!(world.stored(world.key).await.last_used_at, Some(world.now()));
    edge.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn counts_are_exact_however_many_ask_at_once() {
    let world = std::sync::Arc::new(World::new().await);
    let edge = world.start(world.config()).await;
    let askers: Vec<_> = (0..8)
        .map(|_| {
            let (world, edge) = (world.clone(), edge.clone());
            tokio::spawn(async move {
                for _ in 0..250 {
                    world.advance(Duration::from_millis(1));
                    assert_eq!(world.get(&edge, &world.lookup("/old")).await.status, 200);
                }
            })
        })
        .collect();
    for asker in askers {
        asker.await.expect("no panic");
    }
    edge.shutdown().await;
    assert_eq!(world.counts(world.key).await, (2000, 0, 0));
}

#[tokio::test]
async fn a_node_that_shuts_down_writes_its_uses_and_leaves() {
    let world = World::new().await;
    let mut config = world.config();
    config.flush_every = Duration::from_hours(1);
    let edge = world.start(config).await;
    assert_eq!(world.store.changes().nodes(START).len(), 1);
    assert_eq!(world.get(&edge, &world.lookup("/old")).await.status, 200);
    edge.shutdown().await;
    assert_eq!(world.counts(world.key).await, (1, 0, 0));
    assert!(world.store.changes().nodes(START).is_empty());
    assert_eq!(world.get(&edge, &world.lookup("/old")).await.status, 503);
    let receipt = world.store.changes().acknowledged(world.revoke(world.key).await).await;
    assert_eq!((receipt.confirmed_by, receipt.nodes), (0, 0), "nobody waits for it");
}

#[tokio::test]
async fn a_node_that_cannot_read_the_store_does_not_start() {
    let world = World::new().await;
    world.store.reads.set(Trouble::Fails);
    let refused = Edge::start(world.store.clone(), world.config(), None).await;
    let Err(error) = refused else { panic!("it started") };
    assert!(matches!(&error, keydeck::edge::EdgeError::Store(StoreError::Unavailable(_))), "{error}");
    assert!(world.store.changes().nodes(START).is_empty());
}

#[tokio::test]
async fn a_node_that_loads_in_the_background_refuses_all_until_it_holds_every_key() {
    let world = World::new().await;
    let changes = world.store.changes().clone();
    let (leaked, secret) = world.key_of_mode("leaked", Mode::Live).await;
    let uri = world.lookup("/old");
    for trouble in [Trouble::Hangs, Trouble::Fails] {
        world.store.reads.set(trouble);
        let edge = Edge::begin(world.store.clone(), world.config(), None);
        until("the node to read", || async { world.store.reads.calls() > 0 }).await;
        let answer = world.get(&edge, &uri).await;
        assert_eq!((answer.status, answer.code().as_str()), (503, "UNAVAILABLE"), "not 401: the key is good");
        assert_eq!(send(&edge, request("/readyz")).await.status, 503);
        let node = changes.nodes(START).remove(0);
        assert_eq!((node.live, node.revision), (false, 0));
        // Nobody waits for a node that serves nothing.
        let receipt = changes.acknowledged(world.revoke(leaked).await).await;
        assert_eq!((receipt.confirmed_by, receipt.nodes), (0, 0));

        world.store.reads.set(Trouble::None);
        until("the node to serve", || async { world.get(&edge, &uri).await.status == 200 }).await;
        assert!(changes.nodes(START)[0].live);
        let answer = send(&edge, request(&uri).header("x-api-key", secret.reveal())).await;
        assert_eq!(answer.code(), "INVALID_API_KEY", "it was revoked while the node loaded");
        edge.shutdown().await;
    }
}

#[tokio::test]
async fn a_dropped_node_ends_its_tasks_and_leaves() {
    let world = World::new().await;
    let edge = world.start(world.config()).await;
    drop(edge);
    until("it leaves", || async { world.store.changes().nodes(START).is_empty() }).await;
}

/// Writes a change as a newer Keydeck does, whose actions and statuses this one does not know, and waits until the
/// node has applied it.
async fn write_newer(world: &World, url: &str, sql: &'static str, action: &'static str, key: KeyId) {
    let mut db = AnyConnection::connect(url).await.expect("a connection");
    sqlx::query(sql).bind(key.to_string()).execute(&mut db).await.expect("a change");
    let head: Head = world.store.audit_head().await.expect("a head");
    let body = format!(r#"{{"previousHash":"{}","written":"by a newer one"}}"#, head.hash);
    let (seq, hash) = (head.seq as i64 + 1, Event::hash_of(&head.hash, &body));
    sqlx::query("update audit_head set seq = $1, hash = $2")
        .bind(seq)
        .bind(&hash)
        .execute(&mut db)
        .await
        .expect("a head");
    sqlx::query("insert into audit_events values ($1, 0, 'token:newer', $2, $3, $4, $5, $6)")
        .bind(seq)
        .bind(action)
        .bind(world.project.to_string())
        .bind(key.to_string())
        .bind(body)
        .bind(hash)
        .execute(&mut db)
        .await
        .expect("an event");
    db.close().await.expect("closed");
    let changes = world.store.changes();
    changes.committed(seq.unsigned_abs());
    let receipt = changes.acknowledged(seq.unsigned_abs()).await;
    assert_eq!((receipt.confirmed_by, receipt.nodes), (1, 1), "{action}: the node follows on");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_newer_keydeck_writes_stops_no_node_and_lets_no_key_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = sqlite_url(&folder.path().join("keydeck.db"));
    let world = World::at(&url, Duration::from_mins(10)).await;
    let edge = world.start(world.config()).await;
    let (key, secret) = world.key_of_mode("paused", Mode::Live).await;
    world.store.changes().acknowledged(world.store.changes().newest()).await;
    let uri = world.lookup("/old");
    let ask = async |edge: &Arc<Edge>| send(edge, request(&uri).header("x-api-key", secret.reveal())).await;
    assert_eq!(ask(&edge).await.status, 200);
    for (sql, action, code) in [
        ("update api_keys set status = 2 where id = $1", "key.paused", "INVALID_API_KEY"),
        ("update api_keys set status = 0 where id = $1", "key.resumed", ""),
        ("update api_keys set algorithm = 9 where id = $1", "key.hashed", "INVALID_API_KEY"),
        ("update api_keys set algorithm = 1 where id = $1", "key.hashed", ""),
        ("update api_keys set mode = 7 where id = $1", "key.updated", "INVALID_API_KEY"),
        ("update api_keys set mode = 0 where id = $1", "key.updated", ""),
        ("update api_keys set status = 1, revoked_at = 1 where id = $1", "key.burnt", "INVALID_API_KEY"),
        // Revoked is for ever.
        ("update api_keys set status = 0 where id = $1", "key.resumed", "INVALID_API_KEY"),
        ("update api_keys set status = 2 where id = $1", "key.paused", "INVALID_API_KEY"),
    ] {
        write_newer(&world, &url, sql, action, key).await;
        let answer = ask(&edge).await;
        let told = if answer.status == 200 { String::new() } else { answer.code() };
        assert_eq!(told, code, "after {sql}: {answer:?}");
        assert_eq!(world.get(&edge, &uri).await.status, 200, "the others are served");
    }
    // A node that starts with such rows serves too, and the key can be read and revoked.
    let other =
        Edge::start(world.store.clone(), EdgeConfig { name: "node-2".into(), ..world.config() }, None);
    let other = other.await.expect("a node");
    assert_eq!(ask(&other).await.code(), "INVALID_API_KEY");
    assert_eq!(world.get(&other, &uri).await.status, 200);
    assert_eq!(world.store.key(key, world.now(), 0).await.expect("a key").status.as_str(), "unknown");
    let all = BulkRevoke::default();
    let by = By::new("local:ann", world.now());
    let outcomes = world.store.revoke_keys(&by, &[key], &all).await.expect("an answer").value;
    assert_eq!(outcomes, [Outcome::Revoked], "it was not revoked before, whatever its status meant");
}
