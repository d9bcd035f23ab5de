//! A database that fails over to its standby, and one whose history was replaced.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::json;

use super::harness::{Fleet, History, NODES};
use crate::support::cluster::Flow;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_failover_to_a_synchronous_standby_the_promise_holds_and_nothing_is_lost() {
    let Some(fleet) = Fleet::start("a failover").await else { return };
    let keys = Arc::new(fleet.keys(60).await);
    let standby = fleet.cluster.synchronous_standby().await;
    let history = History::of(keys.len());
    let watch = history.watch_all(&fleet, &keys, 1);
    let revoke = async |key: usize| {
        history.focus.store(key, Ordering::Relaxed);
        let path = format!("/v1/keys/{}/revoke", keys[key].id);
        let until = Instant::now() + Duration::from_mins(1);
        for attempt in 0.. {
            if let Ok((200, _)) = fleet.call((key + attempt) % NODES, "POST", &path, json!({})).await {
                return history.died(key);
            }
            assert!(Instant::now() < until, "key {key} cannot be revoked");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    for key in 0..20 {
        revoke(key).await;
    }
    fleet.cluster.down();
    standby.promote();
    for proxy in &fleet.proxies {
        proxy.lead_to(standby.address());
        proxy.set(Flow::Breaks);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    for proxy in &fleet.proxies {
        proxy.set(Flow::Passes);
    }
    for key in 20..40 {
        revoke(key).await;
    }
    for node in 0..NODES {
        fleet.ready(node).await;
    }
    watch.end().await;
    assert_eq!(history.violations(), Vec::<String>::new());
    for (at, key) in keys.iter().enumerate() {
        for node in 0..NODES {
            let expected = if at < 40 { 401 } else { 400 };
            assert_eq!(fleet.accepts(node, key).await, Some(expected), "key {at} at node {node}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_deposed_primary_still_runs_its_nodes_answer_nothing_that_the_new_one_has_not_heard() {
    let Some(fleet) = Fleet::start("two primaries").await else { return };
    let keys = Arc::new(fleet.keys(40).await);
    let standby = fleet.cluster.synchronous_standby().await;
    for node in 0..NODES {
        fleet.ready(node).await;
    }
    let history = History::of(keys.len());
    let watch = history.watch_all(&fleet, &keys, 1);
    let path = |key: usize| format!("/v1/keys/{}/revoke", keys[key].id);
    for key in 0..5 {
        history.focus.store(key, Ordering::Relaxed);
        fleet.ok(key % NODES, "POST", &path(key), json!({})).await;
        history.died(key);
    }
    // The first node is led to the new primary. The old one runs on, and the two others still use it.
    standby.promote();
    fleet.proxies[0].lead_to(standby.address());
    fleet.proxies[0].set(Flow::Breaks);
    tokio::time::sleep(Duration::from_millis(100)).await;
    fleet.proxies[0].set(Flow::Passes);
    // What is asked of the old one is never answered: nobody has confirmed its commit.
    let deposed = {
        let (fleet, path) = (Arc::clone(&fleet), path(39));
        tokio::spawn(async move { fleet.call(1, "POST", &path, json!({})).await })
    };
    let until = Instant::now() + Duration::from_mins(1);
    for key in 5..15 {
        history.focus.store(key, Ordering::Relaxed);
        loop {
            if let Ok((200, answer)) = fleet.call(0, "POST", &path(key), json!({})).await {
                history.died(key);
                let receipt = &answer["receipt"];
                assert_eq!(receipt["confirmedBy"], json!(1), "the others cannot hear of it: {receipt}");
                break;
            }
            assert!(Instant::now() < until, "key {key} cannot be revoked:\n{}", fleet.said(0));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        for node in 1..NODES {
            assert_ne!(fleet.accepts(node, &keys[key]).await, Some(400), "key {key} at node {node}");
        }
    }
    for node in 1..NODES {
        assert_eq!(fleet.accepts(node, &keys[20]).await, Some(503), "node {node} cannot renew its lease");
    }
    let answered = tokio::time::timeout(Duration::from_secs(25), deposed).await.expect("an end");
    let status = answered.expect("no panic").ok().map(|(status, _)| status);
    assert_ne!(status, Some(200), "a deposed primary has answered a change");
    // The others are led to the new one, too, and go on there.
    for node in 1..NODES {
        fleet.proxies[node].lead_to(standby.address());
        fleet.proxies[node].set(Flow::Breaks);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    for node in 1..NODES {
        fleet.proxies[node].set(Flow::Passes);
        fleet.ready(node).await;
    }
    watch.end().await;
    assert_eq!(history.violations(), Vec::<String>::new());
    for node in 0..NODES {
        for (at, key) in keys.iter().enumerate() {
            let expected = if at < 15 { 401 } else { 400 };
            assert_eq!(fleet.accepts(node, key).await, Some(expected), "key {at} at node {node}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_serve_no_history_that_lacks_what_they_know_until_somebody_accepts_it() {
    let Some(fleet) = Fleet::start("a replaced history").await else { return };
    let keys = fleet.keys(4).await;
    fleet.cluster.back_up();
    for node in 0..NODES {
        fleet.ready(node).await;
    }
    fleet.ok(0, "POST", &format!("/v1/keys/{}/revoke", keys[0].id), json!({})).await;
    fleet.cluster.restore();
    // The key that was revoked is active in the older history. No node may serve it.
    let until = Instant::now() + Duration::from_secs(30);
    for node in 0..NODES {
        while fleet.accepts(node, &keys[1]).await != Some(503) || !fleet.said(node).contains("accept-history")
        {
            assert_ne!(
                fleet.accepts(node, &keys[0]).await,
                Some(400),
                "node {node} serves a key that was revoked"
            );
            assert!(Instant::now() < until, "node {node} serves on:\n{}", fleet.said(node));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    // Whatever is written meanwhile does not make it right.
    fleet.ok(0, "POST", "/v1/projects", json!({"name": "in the other history"})).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    for node in 0..NODES {
        assert_eq!(fleet.accepts(node, &keys[1]).await, Some(503), "node {node}");
    }
    let head = fleet.ok(0, "GET", "/v1/session", json!(null)).await["auditHead"].clone();
    fleet.ok(1, "POST", "/v1/nodes/accept-history", json!({"head": head})).await;
    for node in 0..NODES {
        fleet.ready(node).await;
        assert_eq!(
            fleet.accepts(node, &keys[0]).await,
            Some(400),
            "it is active in the history that was accepted"
        );
    }
    let receipt =
        fleet.ok(2, "POST", &format!("/v1/keys/{}/revoke", keys[0].id), json!({})).await["receipt"].clone();
    assert_eq!((&receipt["confirmedBy"], &receipt["nodes"]), (&json!(3), &json!(3)), "{receipt}");
    for node in 0..NODES {
        assert_eq!(fleet.accepts(node, &keys[0]).await, Some(401), "node {node}");
    }
}
