//! The promise, seen from outside: no request that begins after a key's end was answered is accepted, by any node,
//! whatever happens to nodes, their ways to the database, and the database.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::json;

use super::harness::{Fleet, History, Key, LEASE, NODES};
use crate::support::cluster::Flow;

/// How long it goes on: in CI as here, longer when asked.
fn how_long() -> Duration {
    let seconds =
        std::env::var("KEYDECK_FLEET_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    Duration::from_secs(seconds)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_fails_no_node_accepts_a_key_after_its_end_was_answered() {
    let Some(fleet) = Fleet::start("a fleet under faults").await else { return };
    let keys = Arc::new(fleet.keys(5 * how_long().as_secs() as usize).await);
    let history = History::of(keys.len());
    let watch = history.watch_all(&fleet, &keys, 2);
    let until = Instant::now() + how_long();
    let faults = tokio::spawn(faults(Arc::clone(&fleet), until));
    let ends = tokio::spawn(end_keys(Arc::clone(&fleet), Arc::clone(&history), Arc::clone(&keys), until));
    let happened = faults.await.expect("no panic");
    ends.await.expect("no panic");
    for node in 0..NODES {
        fleet.ready(node).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    watch.end().await;
    let count = |number: &std::sync::atomic::AtomicU64| number.load(Ordering::Relaxed);
    println!(
        "{} requests, {} refused, {} unavailable; {} keys ended; {happened:?}",
        count(&history.requests),
        count(&history.refused),
        count(&history.unavailable),
        history.dead(),
    );
    assert_eq!(history.violations(), Vec::<String>::new());
    assert!(history.dead() >= 20, "only {} keys ended", history.dead());
    assert!(count(&history.refused) > 100, "hardly a dead key was tried");
    // Nothing that was answered is lost, and all nodes agree.
    for (at, key) in keys.iter().enumerate() {
        let shown = fleet.ok(at % NODES, "GET", &format!("/v1/keys/{}", key.id), json!(null)).await;
        if history.is_dead(at) {
            assert_ne!(shown["status"], "active", "key {at}");
            for node in 0..NODES {
                assert_eq!(fleet.accepts(node, key).await, Some(401), "key {at} at node {node}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_checker_finds_nodes_that_do_not_check_their_lease() {
    the_checker_finds("lease", Flow::Stands).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_checker_finds_renewals_without_the_lock() {
    // A renewal that was under way before the cut must not make changes wait for the node again.
    the_checker_finds("renewal", Flow::Breaks).await;
}

/// Nodes with a fault that only a debug build has: the same checker must see it.
async fn the_checker_finds(fault: &'static str, cut: Flow) {
    let Some(fleet) = Fleet::with("a broken fleet", vec![("KEYDECK_TEST_FAULT", fault.to_owned())]).await
    else {
        return;
    };
    let keys = Arc::new(fleet.keys(250).await);
    let history = History::of(keys.len());
    let watch = history.watch_all(&fleet, &keys, 2);
    let mut next = 0;
    'turns: for _ in 0..10 {
        // A node hears nothing of the database, for longer than its lease; then it comes back, while keys end.
        fleet.proxies[2].set(cut);
        for turn in 0..24 {
            history.focus.store(next, Ordering::Relaxed);
            if let Ok((200, _)) = end(&fleet, 0, &keys[next], false).await {
                history.died(next);
            }
            next += 1;
            if turn == 0 {
                // A busy machine asks that node late: the fault lasts until somebody has asked, or for so long.
                let until = Instant::now() + Duration::from_millis(500);
                while history.violations().is_empty() && Instant::now() < until {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                fleet.proxies[2].set(Flow::Passes);
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
            if !history.violations().is_empty() {
                break 'turns;
            }
        }
    }
    watch.end().await;
    assert!(!history.violations().is_empty(), "the fault {fault} was not seen");
}

/// Revokes and pauses keys at nodes that are picked by turns.
async fn end_keys(fleet: Arc<Fleet>, history: Arc<History>, keys: Arc<Vec<Key>>, until: Instant) {
    for (at, key) in keys.iter().enumerate() {
        if Instant::now() >= until {
            return;
        }
        history.focus.store(at.saturating_sub(1), Ordering::Relaxed);
        for attempt in 0.. {
            match end(&fleet, (at + attempt) % NODES, key, at % 3 == 0).await {
                Ok((200, _)) => {
                    history.died(at);
                    break;
                }
                Ok((408 | 500 | 503 | 504, _)) | Err(_) if Instant::now() < until + LEASE * 10 => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                other => panic!("key {at}: {other:?}"),
            }
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

async fn end(
    fleet: &Fleet,
    node: usize,
    key: &Key,
    pause: bool,
) -> Result<(u16, serde_json::Value), reqwest::Error> {
    let act = if pause { "pause" } else { "revoke" };
    fleet.call(node, "POST", &format!("/v1/keys/{}/{act}", key.id), json!({})).await
}

/// One fault after the other; how often each happened.
async fn faults(fleet: Arc<Fleet>, until: Instant) -> Vec<(&'static str, u32)> {
    let names =
        ["killed", "stopped", "cut off", "connections broken", "database restarted", "database read-only"];
    let mut happened: Vec<_> = names.map(|name| (name, 0)).to_vec();
    for turn in 0.. {
        if Instant::now() >= until {
            return happened;
        }
        let (fault, node) = (turn % names.len(), (turn / names.len() + turn) % NODES);
        happened[fault].1 += 1;
        match names[fault] {
            "killed" => {
                fleet.kill(node);
                tokio::time::sleep(Duration::from_millis(300)).await;
                fleet.up(node);
            }
            "stopped" => {
                fleet.signal(node, "STOP");
                tokio::time::sleep(LEASE + Duration::from_secs(1)).await;
                fleet.signal(node, "CONT");
            }
            "cut off" => {
                fleet.proxies[node].set(Flow::Stands);
                tokio::time::sleep(LEASE + Duration::from_millis(700)).await;
                fleet.proxies[node].set(Flow::Passes);
            }
            "connections broken" => {
                fleet.proxies[node].set(Flow::Breaks);
                tokio::time::sleep(Duration::from_millis(500)).await;
                fleet.proxies[node].set(Flow::Passes);
            }
            "database restarted" => {
                fleet.cluster.down();
                tokio::time::sleep(Duration::from_millis(500)).await;
                fleet.cluster.up();
            }
            _ => {
                fleet.cluster.read_only(true).await;
                tokio::time::sleep(Duration::from_secs(1)).await;
                fleet.cluster.read_only(false).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(700)).await;
        // A node that could not start while the database was away is started again, as whoever operates it does.
        for node in 0..NODES {
            fleet.up_again(node);
        }
    }
    happened
}
