//! The feed: who is live, whom a receipt waits for.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use keydeck::store::changes::Changes;
use keydeck::wire::time::{Clock, Timestamp};

const LEASE: Duration = Duration::from_mins(10);
/// Ends within a test.
const SHORT_LEASE: Duration = Duration::from_millis(300);
/// Over before anybody looks.
const NO_LEASE: Duration = Duration::ZERO;

#[tokio::test]
async fn a_receipt_waits_for_each_live_node() {
    let changes = Changes::new(7, LEASE);
    let nodes = ["a", "b"].map(|name| changes.register(name, None, 7));
    changes.committed(8);
    let mut answered = Box::pin(changes.acknowledged(8));
    assert!((&mut answered).now_or_never().is_none());
    nodes[1].acknowledge(8);
    assert!((&mut answered).now_or_never().is_none(), "one of two");
    assert_eq!(changes.applied_by_all(), 7);
    nodes[0].acknowledge(9);
    let receipt = answered.await;
    assert_eq!((receipt.revision, receipt.confirmed_by, receipt.nodes), (8, 2, 2));
    assert_eq!(receipt.slowest.expect("somebody was last").node, "a");
    assert_eq!(changes.applied_by_all(), 8, "never more than there is");
}

#[tokio::test]
async fn a_node_that_leaves_is_not_waited_for() {
    let changes = Changes::new(7, LEASE);
    let (stays, leaves) = (changes.register("stays", None, 7), changes.register("leaves", None, 7));
    changes.committed(8);
    stays.acknowledge(8);
    let mut answered = Box::pin(changes.acknowledged(8));
    assert!((&mut answered).now_or_never().is_none());
    leaves.leave();
    let receipt = answered.await;
    // It serves nothing, so it is neither missing nor silent.
    assert_eq!((receipt.confirmed_by, receipt.nodes, receipt.expired), (1, 1, Vec::new()));
    leaves.acknowledge(8);
    assert!(!leaves.renew(), "who has left stays out");
    assert_eq!(changes.nodes(Timestamp::from_millis(0)).len(), 1);
}

#[tokio::test]
async fn a_node_that_joins_behind_serves_only_when_it_has_caught_up() {
    let changes = Changes::new(7, LEASE);
    changes.committed(8);
    // A receipt for 8 that was given now did not count this node.
    let node = changes.register("late", None, 7);
    assert!(!node.is_live());
    assert_eq!(changes.acknowledged(8).await.nodes, 0);
    assert!(!node.renew());
    node.acknowledge(8);
    assert!(!node.is_live(), "only a renewal makes it live");
    assert!(node.renew() && node.is_live());
}

#[tokio::test]
async fn a_node_whose_lease_ended_must_be_current_to_serve_again() {
    let changes = Changes::new(7, NO_LEASE);
    let node = changes.register("slept", None, 7);
    assert!(!node.is_live());
    changes.committed(8);
    assert!(!node.renew(), "a receipt for 8 does not wait for it");
    node.acknowledge(8);
    assert!(node.renew());
}

#[tokio::test]
async fn a_node_that_lags_is_extended_once_and_then_must_have_followed() {
    let changes = Changes::new(7, LEASE);
    let node = changes.register("lags", None, 7);
    changes.committed(8);
    assert!(node.renew(), "it has what was newest at its registration");
    assert!(!node.renew(), "it has not what was newest at its renewal");
    assert!(node.is_live(), "until the lease it has ends");
    node.acknowledge(8);
    changes.committed(9);
    assert!(node.renew());
}

#[tokio::test]
async fn without_nodes_a_receipt_comes_at_once() {
    let changes = Changes::new(7, LEASE);
    changes.committed(8);
    let receipt = changes.acknowledged(8).await;
    assert_eq!((receipt.confirmed_by, receipt.nodes, receipt.slowest), (0, 0, None));
    assert_eq!(changes.applied_by_all(), 8);
}

#[tokio::test]
async fn one_process_alone_is_one_of_one() {
    let changes = Changes::new(4, LEASE);
    let node = changes.register("here", Some("127.0.0.1:7475".into()), 4);
    changes.committed(5);
    node.acknowledge(5);
    let receipt = changes.acknowledged(5).await;
    assert_eq!((receipt.revision, receipt.confirmed_by, receipt.nodes), (5, 1, 1));
    assert_eq!(receipt.slowest.map(|slowest| slowest.node).as_deref(), Some("here"));
    assert!(receipt.expired.is_empty());
    let nodes = changes.nodes(Timestamp::from_millis(0));
    assert_eq!((nodes[0].name.as_str(), nodes[0].revision, nodes[0].live), ("here", 5, true));
    assert_eq!(nodes[0].edge.as_deref(), Some("127.0.0.1:7475"));
}

#[tokio::test]
async fn a_node_whose_lease_ends_is_named_and_serves_no_more() {
    let changes = Changes::new(0, SHORT_LEASE);
    let here = changes.register("here", None, 0);
    let stuck = changes.register("stuck", None, 0);
    changes.committed(1);
    here.acknowledge(1);
    let receipt = changes.acknowledged(1).await;
    assert_eq!((receipt.confirmed_by, receipt.nodes, receipt.expired), (1, 2, vec!["stuck".to_owned()]));
    assert!(!stuck.is_live(), "what the receipt calls expired answers nobody");
}

#[tokio::test]
async fn a_node_that_lives_but_does_not_follow_loses_its_lease() {
    let changes = Changes::new(0, SHORT_LEASE);
    let deaf = changes.register("deaf", None, 0);
    changes.committed(1);
    // It renews all the time, as a node does whose feed is stuck.
    let renewing = async {
        loop {
            deaf.renew();
            tokio::task::yield_now().await;
        }
    };
    let receipt = tokio::select! {
        receipt = changes.acknowledged(1) => receipt,
        () = renewing => unreachable!("it never ends"),
    };
    assert_eq!(receipt.expired, ["deaf"]);
    assert!(!deaf.renew(), "a node that lapsed must be current to come back");
    deaf.acknowledge(1);
    assert!(deaf.renew() && deaf.is_live());
}

#[tokio::test]
async fn who_subscribes_sees_the_newest_commit_and_never_an_older_one() {
    let changes = Changes::new(3, LEASE);
    let mut newest = changes.subscribe();
    changes.committed(5);
    changes.committed(4);
    newest.changed().await.unwrap();
    assert_eq!((*newest.borrow_and_update(), changes.newest()), (5, 5));
    assert!(!newest.has_changed().unwrap());
}

/// A lease that the machine's own clock does not end, and a clock on the wall that somebody sets.
fn on_the_wall() -> (Arc<Changes>, Arc<AtomicI64>) {
    let now = Arc::new(AtomicI64::new(1_795_000_000_000));
    let clock: Clock = {
        let now = Arc::clone(&now);
        Arc::new(move || Timestamp::from_millis(now.load(Ordering::SeqCst)))
    };
    (Changes::with_clock(7, LEASE, clock), now)
}

#[tokio::test]
async fn a_lease_ends_on_the_wall_too_and_stays_ended_when_the_clock_is_set_back() {
    const LEASE_MS: i64 = 600_000;
    let (changes, wall) = on_the_wall();
    let node = changes.register("paused", None, 7);
    wall.fetch_add(LEASE_MS - 1, Ordering::SeqCst);
    assert!(node.is_live());
    wall.fetch_add(1, Ordering::SeqCst);
    assert!(!node.is_live(), "the machine was paused, and its uptime with it");

    // A receipt relied on that: the node must not come to life by the clock alone.
    changes.committed(8);
    let receipt = changes.acknowledged(8).await;
    assert_eq!((receipt.nodes, receipt.confirmed_by), (0, 0));
    wall.fetch_sub(LEASE_MS, Ordering::SeqCst);
    assert!(!node.is_live(), "it has not applied what was answered meanwhile");
    assert!(!node.renew());
    node.acknowledge(8);
    assert!(node.renew() && node.is_live());
}

#[tokio::test]
async fn a_node_that_is_waited_for_may_lose_its_lease_on_the_wall() {
    const LEASE_MS: i64 = 600_000;
    let (changes, wall) = on_the_wall();
    let node = changes.register("slow", None, 7);
    changes.committed(8);
    let mut answered = Box::pin(changes.acknowledged(8));
    assert!((&mut answered).now_or_never().is_none());
    wall.fetch_add(LEASE_MS, Ordering::SeqCst);
    let receipt = answered.await;
    assert_eq!((receipt.nodes, receipt.expired), (1, vec!["slow".to_owned()]));
    wall.fetch_sub(LEASE_MS, Ordering::SeqCst);
    assert!(!node.is_live());
}

#[test]
fn a_clock_on_the_wall_that_is_set_back_prolongs_no_lease() {
    let wall = Arc::new(AtomicI64::new(1_795_000_000_000));
    let now = Arc::clone(&wall);
    let clock: Clock = Arc::new(move || Timestamp::from_millis(now.load(Ordering::SeqCst)));
    let changes = Changes::with_clock(7, SHORT_LEASE, clock);
    let node = changes.register("a", None, 7);
    wall.fetch_sub(86_400_000, Ordering::SeqCst);
    while node.is_live() {
        std::thread::yield_now();
    }
}
