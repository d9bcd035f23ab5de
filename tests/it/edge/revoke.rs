//! `POST /v1/revoke`: a key revokes itself.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::http::request::Builder;
use keydeck::edge::{Edge, EdgeConfig, Modes};
use keydeck::secret::{Kind, Secret};
use keydeck::store::{Audit as _, Follow as _};
use keydeck::wire::audit::{Action, EventQuery};
use keydeck::wire::keys::{Mode, Status};
use keydeck::wire::session::Plan;

use super::fixture::{Answer, PEER, World, request, send};

#[tokio::test]
async fn a_key_revokes_itself_and_is_dead_when_that_is_answered() {
    let world = World::new().await;
    let edge = world.start(world.config()).await;
    let answer = revoke(&edge, &world.secret).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let receipt: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    let newest = world.store.changes().newest();
    assert_eq!((&receipt["revision"], &receipt["confirmedBy"]), (&newest.into(), &1.into()));
    assert_eq!((&receipt["nodes"], &receipt["expired"]), (&1.into(), &serde_json::json!([])));
    assert_eq!(world.get(&edge, &world.lookup("/old")).await.code(), "INVALID_API_KEY");
    let head = world.store.audit_head().await.expect("a head");
    assert_eq!(answer.header("keydeck-audit-head"), head.to_string());

    let key = world.stored(world.key).await;
    let mask = world.secret.hint().to_string();
    assert_eq!((key.status, key.confirmed, key.last_used_at), (Status::Revoked, true, None));
    assert_eq!(key.revoked_by, Some(format!("key:{mask}").into()));
    let query = EventQuery { action: Some(Action::KeyRevoked), ..EventQuery::default() };
    let events = world.store.audit_events(&query, key.created_at).await.expect("events").items;
    assert_eq!((events.len(), events[0].actor.clone()), (1, format!("key:{mask}")));

    let again = revoke(&edge, &world.secret).await;
    assert_eq!((again.status, again.code().as_str()), (401, "INVALID_API_KEY"), "like any revoked key");
    assert_eq!(world.store.changes().newest(), newest, "a repeat changes nothing");
}

#[tokio::test]
async fn what_is_no_good_key_revokes_nothing() {
    let world = World::new().await;
    let edge = world.start(EdgeConfig { modes: Modes::Live, ..world.config() }).await;
    let (_, test) = world.key_of_mode("test", Mode::Test).await;
    let newest = world.store.changes().newest();
    let unknown = Secret::generate(Kind::Live).expect("random bytes");
    for secret in [&unknown, &test] {
        let answer = revoke(&edge, secret).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "INVALID_API_KEY"));
    }
    let bare = send(&edge, post()).await;
    assert_eq!((bare.status, bare.code().as_str()), (401, "MISSING_API_KEY"));
    let bearer = post().header("authorization", format!("Bearer {}", world.secret.reveal()));
    assert_eq!(send(&edge, bearer).await.code(), "MISSING_API_KEY", "the key is in X-API-Key alone");
    let twice = post().header("x-api-key", world.secret.reveal()).header("x-api-key", world.secret.reveal());
    assert_eq!(send(&edge, twice).await.code(), "INVALID_API_KEY");
    let get = send(&edge, request("/v1/revoke").header("x-api-key", world.secret.reveal())).await;
    assert_eq!((get.status, get.code().as_str()), (405, "METHOD_NOT_ALLOWED"));
    assert_eq!(get.header("allow"), "POST");
    assert_eq!(world.store.changes().newest(), newest);
    assert_eq!(world.get(&edge, &world.lookup("/old")).await.status, 200);
}

#[tokio::test]
async fn no_rate_limit_holds_a_revocation_back() {
    let world = World::new().await;
    let edge = world.start_with(Plan::Free).await;
    for _ in 0..101 {
        world.get(&edge, &world.lookup("/old")).await;
    }
    assert_eq!(world.get(&edge, &world.lookup("/old")).await.status, 429);
    assert_eq!(revoke(&edge, &world.secret).await.status, 200);
}

#[tokio::test]
async fn a_node_past_its_lease_revokes_nothing() {
    let world = World::new().await;
    let edge = world.start(world.config()).await;
    edge.shutdown().await;
    let answer = revoke(&edge, &world.secret).await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "UNAVAILABLE"));
    assert_eq!(world.stored(world.key).await.status, Status::Active);
}

async fn revoke(edge: &Arc<Edge>, secret: &Secret) -> Answer {
    send(edge, post().header("x-api-key", secret.reveal())).await
}

fn post() -> Builder {
    let peer: SocketAddr = format!("{PEER}:4711").parse().expect("an address");
    Request::post("/v1/revoke").extension(ConnectInfo(peer))
}
