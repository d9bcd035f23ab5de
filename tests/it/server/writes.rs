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
