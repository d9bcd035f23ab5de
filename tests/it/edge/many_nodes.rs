//! Usage where many nodes share a database.

use std::sync::Arc;
use std::time::{Duration, Instant};

use keydeck::edge::{Edge, EdgeConfig};
use keydeck::store::changes::{DEFAULT_LEASE, Need};
use keydeck::store::sql::{Options, SqlStore};
use keydeck::store::{BulkRevoke, Follow as _, Keys as _, Nodes as _, SharedStore, Unsettled};
use keydeck::wire::keys::Outcome;
use keydeck::wire::time::uptime;
use sqlx::{AnyConnection, Connection as _};
use tokio::task::JoinHandle;

use super::fixture::{START, World, by};
use crate::store::support::HandNode;
use crate::support::PATIENCE;
use crate::support::cluster::Cluster;
use crate::support::postgres;
use crate::support::troubled_store::{Trouble, TroubledStore};

/// A lease that ends within a test.
const SHORT: Duration = Duration::from_secs(1);

/// Another process: a store of its own on the same database, with a node.
struct Other {
    store: Arc<TroubledStore>,
    edge: Arc<Edge>,
    listening: JoinHandle<()>,
}

impl Other {
    /// Its node writes nothing by itself for four seconds.
    async fn start(world: &World, url: &str, name: &str) -> Other {
        let store: SharedStore = SqlStore::open(url, Options::default()).await.expect("a store");
        let store = TroubledStore::new(store);
        let listening = listen(&store);
        let config = EdgeConfig { flush_every: EdgeConfig::FLUSH_MAX, name: name.into(), ..world.config() };
        let edge = Edge::start(store.clone(), config, None).await.expect("a node");
        Other { store, edge, listening }
    }

    async fn use_key(&self, world: &World) {
        assert_eq!(world.get(&self.edge, &world.lookup("/old")).await.status, 200);
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

fn listen(store: &Arc<TroubledStore>) -> JoinHandle<()> {
    let store = Arc::clone(store);
    tokio::spawn(async move { store.listen().await })
}

async fn eventually(what: &str, mut is: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is().await {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_used_at_another_node_a_moment_ago_is_not_revoked_as_unused() {
    let Some(database) = postgres::database("a key used elsewhere").await else { return };
    let world = World::at(&database.url, DEFAULT_LEASE).await;
    let listening = listen(&world.store);
    let other = Other::start(&world, &database.url, "other").await;
    let here = world.start(world.config()).await;
    let (idle, _) = world.key_of_mode("idle", keydeck::wire::keys::Mode::Live).await;
    world.advance(Duration::from_mins(1));
    let how = BulkRevoke { unused_since: Some(START), ..BulkRevoke::default() };
    eventually("the other node knows the key", async || {
        world.get(&other.edge, &world.lookup("/old")).await.status == 200
    })
    .await;
    assert_eq!(world.stored(world.key).await.last_used_at, None, "the other node has it in memory alone");
    world.store.settle_usage(Need::Revocation).await.expect("all nodes have written it");
    let done = world.store.revoke_keys(&by(), &[world.key, idle], &how).await.expect("revoked");
    assert_eq!(done.value, [Outcome::UsedSince, Outcome::Revoked]);

    // A node that cannot write is named, and what decides by last uses is not decided.
    other.store.usage.set(Trouble::Fails);
    other.use_key(&world).await;
    let refused = world.store.settle_usage(Need::Revocation).await.expect_err("it is not written");
    assert!(matches!(&refused, Unsettled::Nodes(names) if names == &["other"]), "{refused:?}");
    assert_eq!(refused.to_string(), "recent usage of other is not saved");
    assert!(refused.advice().contains("keydeck nodes forget"), "{}", refused.advice());
    other.store.usage.set(Trouble::None);
    world.store.settle_usage(Need::Other).await.expect("it can again");
    assert_eq!(world.counts(world.key).await, (2, 0, 0));

    // A node that was killed counts until it is forgotten, though no change waits for it any more.
    let shared: SharedStore = world.store.clone();
    let gone = HandNode::enter(&shared, "gone").await;
    let mut db = AnyConnection::connect(&database.url).await.expect("the database");
    sqlx::query("update nodes set live = 0 where name = 'gone'")
        .execute(&mut db)
        .await
        .expect("its lease has ended");
    world.store.settle_usage(Need::Other).await.expect_err("its usage is unknown");
    world.store.ledger().expect("many nodes").remove(gone.follower.id()).await.expect("forgotten");
    world.store.settle_usage(Need::Other).await.expect("the others have");

    // Nobody waits for a node that has left in order.
    other.use_key(&world).await;
    other.edge.shutdown().await;
    assert_eq!(world.counts(world.key).await, (3, 0, 0), "it has written all");
    assert_eq!(world.store.nodes().await.expect("nodes").len(), 1);
    world.store.settle_usage(Need::Other).await.expect("the others have");
    here.shutdown().await;
    listening.abort();
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_precision_of_a_last_use_grows_while_a_node_has_not_written_its_own() {
    let Some(database) = postgres::database("the precision").await else { return };
    let world = World::at(&database.url, DEFAULT_LEASE).await;
    let listening = listen(&world.store);
    let other = Other::start(&world, &database.url, "other").await;
    let precision =
        async || world.stored(world.key).await.last_used_precision.map_or(0, std::num::NonZeroU32::get);
    eventually("with all written it is 5 s", async || precision().await == 5).await;
    other.store.usage.set(Trouble::Fails);
    other.use_key(&world).await;
    let noted = uptime();
    eventually("it grows", async || precision().await >= 8).await;
    let late = uptime().saturating_sub(noted);
    assert!(late > Duration::from_secs(6), "not before it is as late: {late:?}");
    other.store.usage.set(Trouble::None);
    eventually("it is written", async || precision().await == 5).await;
    assert!(world.stored(world.key).await.last_used_at.is_some());

    // What a node takes with it stays unknown until somebody forgets the node.
    other.store.usage.set(Trouble::Fails);
    other.use_key(&world).await;
    other.edge.shutdown().await;
    eventually("nobody knows its last uses", async || precision().await >= 8).await;
    let lost = world.store.nodes().await.expect("nodes");
    assert_eq!(lost.len(), 1);
    world.store.forget_node(&by(), lost[0].id).await.expect("forgotten");
    eventually("nobody is waited for", async || precision().await == 5).await;
    listening.abort();
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_lookups_ask_the_database_nothing() {
    // A server of its own: nobody else is counted.
    let Some(cluster) = Cluster::start("no query per lookup") else { return };
    let url = Cluster::url_at(cluster.address());
    let world = World::at(&url, DEFAULT_LEASE).await;
    let listening = listen(&world.store);
    let edge = world.start(EdgeConfig { flush_every: EdgeConfig::FLUSH_MAX, ..world.config() }).await;
    let transactions = async || {
        // Backends report what they have done once a second.
        tokio::time::sleep(Duration::from_secs(2)).await;
        let mut db = AnyConnection::connect(&url).await.expect("the server");
        let count: i64 = sqlx::query_scalar(
            "select cast(sum(xact_commit + xact_rollback) as bigint) from pg_stat_database",
        )
        .fetch_one(&mut db)
        .await
        .expect("a number");
        db.close().await.expect("closed");
        count
    };
    let before = transactions().await;
    let begun = Instant::now();
    let uri = world.lookup("/old");
    for _ in 0..10_000 {
        assert_eq!(world.get(&edge, &uri).await.status, 200);
    }
    let spent = transactions().await - before;
    // The lease, the feed and the usage take their few a second, however many lookups there are.
    let few = 20 * (begun.elapsed().as_secs() as i64 + 1);
    assert!(spent < few, "{spent} transactions in {:?}", begun.elapsed());
    world.flush().await;
    assert_eq!(world.counts(world.key).await, (10_000, 0, 0));
    edge.shutdown().await;
    listening.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_share_the_rate_at_which_usage_is_written() {
    let Some(database) = postgres::database("the rate").await else { return };
    let world = World::at(&database.url, DEFAULT_LEASE).await;
    assert_eq!(world.store.changes().sharing_nodes(), Some(1), "this process alone");
    let listening = listen(&world.store);
    let (one, two) =
        (Other::start(&world, &database.url, "one").await, Other::start(&world, &database.url, "two").await);
    for store in [&world.store, &one.store, &two.store] {
        eventually("each knows of both", async || store.changes().sharing_nodes() == Some(2)).await;
    }
    two.edge.shutdown().await;
    eventually("one is left", async || one.store.changes().sharing_nodes() == Some(1)).await;
    one.edge.shutdown().await;
    listening.abort();
    database.remove().await;
    assert_eq!(World::new().await.store.changes().sharing_nodes(), None, "a file has one process");
}

#[tokio::test]
async fn a_change_that_was_answered_is_confirmed_though_a_silent_node_is_not_noted_yet() {
    let Some(database) = postgres::database("a silent node").await else { return };
    let world = World::at(&database.url, SHORT).await;
    let shared: SharedStore = world.store.clone();
    let silent = HandNode::enter(&shared, "silent").await;
    let revoked = world.store.revoke_key(&by(), world.key, None).await.expect("revoked");
    assert!(!world.stored(world.key).await.confirmed, "it may still be accepted");
    let receipt = world.store.confirm(&revoked.awaited).await;
    assert_eq!((receipt.confirmed_by, receipt.nodes, receipt.expired), (0, 1, vec!["silent".to_owned()]));
    // This test has one thread: what is done after the answer has not begun.
    let acknowledged = world.store.changes().applied_by_all();
    assert_eq!(acknowledged, revoked.revision);
    assert!(world.stored(world.key).await.confirmed);
    assert!(!silent.follower.is_live());
    eventually("no further change waits for it", async || {
        world.store.newest_change().await.is_ok_and(|newest| newest.nodes.is_empty())
    })
    .await;
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_being_forgotten_is_counted_by_a_change_that_waits_for_it() {
    let Some(database) = postgres::database("a forgotten node").await else { return };
    let world = World::at(&database.url, SHORT).await;
    let (other, _) = world.key_of_mode("other", keydeck::wire::keys::Mode::Live).await;
    let shared: SharedStore = world.store.clone();
    let (stays, lost) = (HandNode::enter(&shared, "stays").await, HandNode::enter(&shared, "lost").await);
    let is_forgotten = async || {
        let nodes = world.store.nodes().await.expect("nodes");
        nodes.iter().any(|node| node.name == "lost" && node.forgotten)
    };
    let confirmed = async |key| {
        let revoked = world.store.revoke_key(&by(), key, None).await.expect("revoked");
        let head = revoked.head.clone();
        world.store.ledger().expect("many nodes").acknowledge(&stays.follower, &head).await.expect("noted");
        revoked
    };
    let expected = (1, 2, vec!["lost".to_owned()]);

    // The change comes after the removal has begun.
    let (store, id) = (world.store.clone(), lost.follower.id());
    let forgetting = tokio::spawn(async move { store.forget_node(&by(), id).await });
    eventually("it is barred", is_forgotten).await;
    let receipt = world.store.confirm(&confirmed(world.key).await.awaited).await;
    assert_eq!((receipt.confirmed_by, receipt.nodes, receipt.expired), expected);
    forgetting.await.expect("no panic").expect("forgotten");

    // The change comes before it, and somebody else removes the row.
    let lost = HandNode::enter(&shared, "lost").await;
    let revoked = confirmed(other).await;
    let store = world.store.clone();
    let waiting = tokio::spawn(async move { store.confirm(&revoked.awaited).await });
    let (store, id) = (world.store.clone(), lost.follower.id());
    let forgetting = tokio::spawn(async move { store.forget_node(&by(), id).await });
    eventually("it is barred", is_forgotten).await;
    // The change looks at the rows every 20 ms at most, so it has seen by now that the node is being forgotten.
    tokio::time::sleep(Duration::from_millis(200)).await;
    world.store.ledger().expect("many nodes").remove(id).await.expect("removed");
    let receipt = waiting.await.expect("no panic");
    assert_eq!((receipt.confirmed_by, receipt.nodes, receipt.expired), expected);
    forgetting.await.expect("no panic").expect("forgotten");
    database.remove().await;
}
