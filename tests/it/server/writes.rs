//! Writes go on without their caller, and are answered when every node has applied them.

use std::task::Poll;

use keydeck::client::Via;
use keydeck::store::sql::sqlite_url;
use keydeck::wire::session::Plan;
use sqlx::{Connection as _, Executor as _};

use crate::support::api::{Api, ask};

#[tokio::test]
async fn a_caller_who_hangs_up_before_the_commit_still_revokes() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = sqlite_url(&folder.path().join("keydeck.db"));
    let api = Api::with(&url, Plan::Enterprise).await;
    let project = api.project("shop").await;
    let (key, _) = api.key(project, "web").await;

    // Another connection holds the write lock, so the write cannot commit before its caller has left.
    let mut other = sqlx::AnyConnection::connect(&url).await.expect("a connection");
    other.execute("begin immediate").await.expect("the lock");
    let what = format!("POST /v1/keys/{}/revoke", key.id);
    // The local caller is known without the store, so the first poll already comes to the write.
    let mut call = Box::pin(ask(&api.local, &what, &[], ""));
    let first = std::future::poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await;
    assert!(first.is_pending(), "answered without a commit");
    drop(call);
    other.execute("rollback").await.expect("the lock is free");
    api.until_revoked(key.id).await;
}

#[tokio::test]
async fn a_revocation_is_answered_only_when_every_live_node_has_applied_it() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let (key, _) = api.key(project, "web").await;
    let changes = api.store.changes();
    let slow = changes.register("slow", None, changes.newest());
    let client = api.client(Via::Remote);
    let call = tokio::spawn(async move { client.revoke_key(key.id, None).await });
    api.until_revoked(key.id).await;
    api.until_followed().await;
    let between = api.client(Via::Embedded).key(key.id).await.expect("the key");
    assert_eq!((between.revoked_at.is_some(), between.confirmed), (true, false));
    assert!(!call.is_finished(), "answered although a node still accepts the key");
    slow.acknowledge(changes.newest());
    let answer = call.await.expect("no panic").expect("revoked");
    assert_eq!((answer.receipt.confirmed_by, answer.receipt.nodes), (2, 2));
    assert_eq!(answer.receipt.slowest.expect("a node").node, "slow");
    assert!(answer.key.confirmed);
}

#[tokio::test]
async fn a_new_key_and_a_deployment_are_answered_only_when_every_node_serves_them() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let changes = api.store.changes();
    let slow = changes.register("slow", None, changes.newest());
    for what in ["keys", "deployments"] {
        let before = changes.newest();
        let (router, path) = (api.local.clone(), format!("POST /v1/projects/{project}/{what}"));
        let json = [("content-type", "application/json".to_owned())];
        let body = if what == "keys" { r#"{"name":"web"}"# } else { "" };
        let call = tokio::spawn(async move { ask(&router, &path, &json, body).await });
        let mut newest = changes.subscribe();
        newest.wait_for(|newest| *newest > before).await.expect("a change");
        api.until_followed().await;
        assert!(!call.is_finished(), "{what}: answered although a node does not serve it");
        slow.acknowledge(changes.newest());
        let answer = call.await.expect("no panic");
        assert_eq!(answer.status, 201, "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_creates_at_once_on_free_never_both_succeed() {
    let folder = tempfile::tempdir().expect("a folder");
    let api = Api::with(&sqlite_url(&folder.path().join("keydeck.db")), Plan::Free).await;
    for round in 0..20 {
        let project = api.project(&format!("project {round}")).await;
        let create = |name: &'static str| {
            let router = api.local.clone();
            let json = [("content-type", "application/json".to_owned())];
            let path = format!("POST /v1/projects/{project}/keys");
            tokio::spawn(async move { ask(&router, &path, &json, format!("{{\"name\":\"{name}\"}}")).await })
        };
        let both = [create("one"), create("two")];
        let mut statuses = Vec::new();
        for answer in both {
            let answer = answer.await.expect("no panic");
            if answer.status != 201 {
                assert_eq!(answer.code(), "KEY_LIMIT_REACHED", "{answer:?}");
            }
            statuses.push(answer.status);
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 403], "round {round}");
    }
}

#[tokio::test]
async fn a_thousand_keys_are_revoked_with_one_receipt_and_an_event_each() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let mut ids = Vec::new();
    for number in 0..1000 {
        ids.push(api.key(project, &format!("key {number}")).await.0.id);
    }
    let before = api.seq().await;
    let body = serde_json::json!({ "ids": ids, "reason": "all at once" }).to_string();
    let answer = api.ask("POST /v1/keys/revoke", &body).await;
    assert_eq!((answer.status, api.seq().await), (200, before + 1000), "an event each");
    let revoked = answer.json();
    let results = revoked["results"].as_array().expect("results");
    assert!(results.len() == 1000 && results.iter().all(|row| row["outcome"] == "revoked"));
    let receipt = &revoked["receipt"];
    assert_eq!(
        (&receipt["revision"], &receipt["confirmedBy"], &receipt["nodes"]),
        (&serde_json::json!(before + 1000), &serde_json::json!(1), &serde_json::json!(1))
    );
    let events = api.ask("GET /v1/audit-events?action=key.revoked&limit=1000", "").await.json();
    let told = events["items"].as_array().expect("events").iter();
    let told: std::collections::BTreeSet<_> = told.map(|event| event["key"].to_string()).collect();
    assert_eq!((told.len(), &events["next"]), (1000, &serde_json::Value::Null), "one of each key");
    // A repeat changes nothing and tells of the same change.
    let again = api.ask("POST /v1/keys/revoke", &body).await.json();
    assert!(again["results"].as_array().expect("results").iter().all(|row| row["outcome"] == "already"));
    assert_eq!((&again["receipt"]["revision"], api.seq().await), (&receipt["revision"], before + 1000));
}
