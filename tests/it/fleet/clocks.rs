//! A node whose clock on the wall jumps by an hour, forwards and back: its lease ends early, never late.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;

use super::harness::{Fleet, History, LEASE};
use crate::support::cluster::Flow;

const HOUR_MS: i64 = 3_600_000;
/// The node whose clock jumps.
const NODE: usize = 2;

fn set(clock: &Path, ms: i64) {
    // Whole at each moment: it is read with every request.
    let next = clock.with_extension("next");
    std::fs::write(&next, ms.to_string()).expect("written");
    std::fs::rename(next, clock).expect("renamed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_clock_jumps_by_an_hour_accepts_no_key_that_was_revoked_meanwhile() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = dir.path().join("clock");
    set(&clock, 0);
    let variable = ("KEYDECK_TEST_CLOCK", clock.display().to_string());
    let Some(fleet) = Fleet::with("clocks that jump", vec![variable]).await else { return };
    let keys = Arc::new(fleet.keys(8).await);
    let history = History::of(keys.len());
    let watch = history.watch_all(&fleet, &keys, 1);
    let living = keys.len() - 1;

    // Each jump while the node hears nothing of the database, and a key is revoked meanwhile.
    for (key, ms) in [HOUR_MS, 0, -HOUR_MS, 0].into_iter().enumerate() {
        fleet.proxies[NODE].set(Flow::Stands);
        set(&clock, ms);
        history.focus.store(key, Ordering::Relaxed);
        let path = format!("/v1/keys/{}/revoke", keys[key].id);
        let receipt = fleet.ok(0, "POST", &path, json!({})).await["receipt"].clone();
        history.died(key);
        assert_eq!(receipt["expired"], json!(["node-2"]), "{receipt}");
        for dead in &keys[..=key] {
            assert_ne!(fleet.accepts(NODE, dead).await, Some(400), "after a jump to {ms} ms");
        }
        assert_eq!(fleet.accepts(NODE, &keys[living]).await, Some(503), "its lease has ended");
        fleet.proxies[NODE].set(Flow::Passes);
        fleet.ready(NODE).await;
        assert_eq!(fleet.accepts(NODE, &keys[key]).await, Some(401));
        assert_eq!(fleet.accepts(NODE, &keys[living]).await, Some(400), "the clock alone stops no node");
    }

    // A jump forwards ends the lease at once, and the clock that is put right brings it not to life again.
    fleet.proxies[NODE].set(Flow::Stands);
    tokio::time::sleep(Duration::from_millis(100)).await;
    set(&clock, HOUR_MS);
    assert_eq!(fleet.accepts(NODE, &keys[living]).await, Some(503));
    set(&clock, 0);
    assert_eq!(fleet.accepts(NODE, &keys[living]).await, Some(503));
    fleet.proxies[NODE].set(Flow::Passes);
    fleet.ready(NODE).await;

    // One that is set back while the node is well makes no lease longer.
    set(&clock, -HOUR_MS);
    tokio::time::sleep(LEASE).await;
    fleet.proxies[NODE].set(Flow::Stands);
    tokio::time::sleep(LEASE + Duration::from_millis(200)).await;
    assert_eq!(fleet.accepts(NODE, &keys[living]).await, Some(503));
    fleet.proxies[NODE].set(Flow::Passes);
    fleet.ready(NODE).await;

    watch.end().await;
    assert_eq!(history.violations(), Vec::<String>::new());
}
