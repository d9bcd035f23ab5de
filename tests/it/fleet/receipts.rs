//! Receipts of many nodes, and what a user sees of them.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::harness::{Fleet, LEASE, NODES, STUCK};
use crate::support::PATIENCE;

/// What the contract promises beyond the lease of a node that is dead.
const BEYOND: Duration = Duration::from_millis(200);
/// What a machine may add on which other tests run with more threads than it has processors: a thread that is ready
/// then waits for several turns of tens of milliseconds, at each of the handful of steps from the call to its answer.
const BUSY: Duration = Duration::from_millis(800);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_names_every_node_and_who_was_silent() {
    let Some(fleet) = Fleet::start("receipts").await else { return };
    let keys = fleet.keys(4).await;
    let revoke = |key: usize| format!("/v1/keys/{}/revoke", keys[key].id);
    let revoked = fleet.ok(1, "POST", &revoke(0), json!({})).await;
    let receipt = &revoked["receipt"];
    assert_eq!((&receipt["confirmedBy"], &receipt["nodes"]), (&json!(3), &json!(3)), "{receipt}");
    assert_eq!(receipt["expired"], json!([]));
    assert_eq!(revoked["key"]["confirmed"], json!(true));
    for node in 0..NODES {
        assert_eq!(fleet.accepts(node, &keys[0]).await, Some(401), "node {node}");
        assert_eq!(fleet.accepts(node, &keys[1]).await, Some(400), "node {node}");
    }

    // One that is stopped is waited for, until its lease has ended, and named.
    fleet.signal(2, "STOP");
    tokio::time::sleep(Duration::from_millis(300)).await;
    // It may have been stopped while it held the lock of all changes; the database ends that after 3 s.
    let stuck = if fleet.cluster.has_a_stuck_transaction().await { STUCK } else { Duration::ZERO };
    let begun = Instant::now();
    let revoked = fleet.ok(0, "POST", &revoke(1), json!({})).await;
    let (took, receipt) = (begun.elapsed(), &revoked["receipt"]);
    assert_eq!((&receipt["confirmedBy"], &receipt["nodes"]), (&json!(2), &json!(3)), "{receipt}");
    assert_eq!(receipt["expired"], json!(["node-2"]));
    assert!(took < stuck + LEASE + BEYOND + BUSY, "{took:?}, of which {stuck:?} for the database");
    // Then it is waited for no more, as soon as that is written; and a repeat has the same revision.
    let mut again = Value::Null;
    for _ in 0..5 {
        let begun = Instant::now();
        again = fleet.ok(1, "POST", &revoke(1), json!({})).await;
        assert_eq!(again["receipt"]["revision"], receipt["revision"]);
        if again["receipt"]["nodes"] == json!(2) {
            assert!(begun.elapsed() < LEASE, "{:?}", begun.elapsed());
            break;
        }
    }
    assert_eq!(again["receipt"]["nodes"], json!(2), "{again}");
    // What was answered first is kept beside the event, and every server has it; a repeat changes nothing of it.
    let log = format!("/v1/audit-events?key={}&action=key.revoked", keys[1].id);
    let mut kept = Value::Null;
    for _ in 0..50 {
        kept = fleet.ok(1, "GET", &log, json!(null)).await["items"][0]["receipt"].clone();
        if !kept.is_null() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(kept, *receipt);
    let nodes = fleet.ok(0, "GET", "/v1/nodes", json!(null)).await;
    let silent = nodes["items"].as_array().expect("a list").iter().find(|node| node["name"] == "node-2");
    assert_eq!(silent.expect("it is listed")["live"], json!(false));

    // It comes back, and refuses what was revoked meanwhile.
    fleet.signal(2, "CONT");
    fleet.ready(2).await;
    assert_eq!(fleet.accepts(2, &keys[1]).await, Some(401));
    assert_eq!(fleet.accepts(2, &keys[2]).await, Some(400));

    // One that was killed holds no lock: its connections ended with it.
    fleet.ok(0, "POST", &revoke(2), json!({})).await;
    fleet.kill(2);
    let begun = Instant::now();
    let revoked = fleet.ok(0, "POST", &revoke(3), json!({})).await;
    let (took, receipt) = (begun.elapsed(), &revoked["receipt"]);
    assert_eq!(receipt["expired"], json!(["node-2"]), "{receipt}");
    assert!(took < LEASE + BEYOND + BUSY, "{took:?}");

    // It is forgotten; it is removed after one lease.
    let id = silent.expect("it is listed")["id"].as_str().expect("an id").to_owned();
    let begun = Instant::now();
    let (status, answer) =
        fleet.call(1, "POST", &format!("/v1/nodes/{id}/forget"), json!(null)).await.expect("an answer");
    assert_eq!(status, 204, "{answer}");
    assert!(begun.elapsed() >= LEASE, "{:?}", begun.elapsed());
    let nodes = fleet.ok(0, "GET", "/v1/nodes", json!(null)).await;
    assert_eq!(nodes["items"].as_array().map(Vec::len), Some(2), "{nodes}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_node_is_live_nowhere_once_its_lease_has_ended() {
    let Some(fleet) = Fleet::start("a killed node").await else { return };
    let live = async |path: &str, list: &str| {
        let answer = fleet.ok(0, "GET", path, json!(null)).await;
        let node = answer[list].as_array().expect("a list").iter().find(|node| node["name"] == "node-2");
        node.and_then(|node| node["live"].as_bool())
    };
    let becomes = async |expected: bool| {
        for (path, list) in [("/v1/nodes", "items"), ("/v1/session", "nodes")] {
            let begun = Instant::now();
            while live(path, list).await != Some(expected) {
                assert!(begun.elapsed() < PATIENCE, "{path}: {expected}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    };
    becomes(true).await;
    fleet.kill(2);
    // No change is made, which would find out that it is silent.
    becomes(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revision_that_a_node_has_not_applied_is_not_answered() {
    let Some(fleet) = Fleet::start("Keydeck-At-Least").await else { return };
    let keys = fleet.keys(2).await;
    let revoked = fleet.ok(0, "POST", &format!("/v1/keys/{}/revoke", keys[0].id), json!({})).await;
    let revision = revoked["receipt"]["revision"].as_u64().expect("a revision");
    let ask = async |key: &str, at_least: &str| {
        let url = format!("http://127.0.0.1:{}/v1/lookup?path=/a", fleet.edge[1]);
        let asked =
            fleet.http.get(url).header("x-api-key", key).header("keydeck-at-least", at_least).send().await;
        asked.expect("an answer").status().as_u16()
    };
    assert_eq!(
        ask(&keys[1].secret, &revision.to_string()).await,
        400,
        "applied: what is wrong is the request"
    );
    assert_eq!(ask(&keys[1].secret, &(revision + 1).to_string()).await, 503);
    assert_eq!(ask(&keys[1].secret, "99999999999999999999999999").await, 503);
    assert_eq!(ask(&keys[1].secret, "soon").await, 400);
    assert_eq!(ask(&keys[0].secret, &(revision + 1).to_string()).await, 401, "a dead key is refused first");

    // An export, and a key that revokes itself, alike.
    let call = async |method: &str, path: &str, at_least: u64| {
        let url = format!("http://127.0.0.1:{}{path}", fleet.edge[1]);
        let asked =
            fleet.http.request(method.parse().expect("a method"), url).header("x-api-key", &keys[1].secret);
        let answer = asked.header("keydeck-at-least", at_least.to_string()).send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.text().await.expect("a body"))
    };
    let export = format!("/v1/export?format=csv&projectId={}", keys[1].project);
    assert_eq!(call("GET", &export, revision).await.0, 200);
    let (status, body) = call("GET", &export, revision + 1).await;
    assert!(status == 503 && body.contains("has not applied that revision yet"), "{status} {body}");
    let (status, body) = call("POST", "/v1/revoke", revision + 1).await;
    assert!(status == 503 && body.contains("has not applied that revision yet"), "{status} {body}");
    assert_eq!(fleet.accepts(1, &keys[1]).await, Some(400), "nothing was revoked");
    let (status, body) = call("POST", "/v1/revoke", revision).await;
    let receipt: Value = serde_json::from_str(&body).unwrap_or_default();
    assert!(status == 200 && receipt["revision"].as_u64() > Some(revision), "{status} {body}");
    for node in 0..NODES {
        assert_eq!(fleet.accepts(node, &keys[1]).await, Some(401), "node {node}");
    }
}
