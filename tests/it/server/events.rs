//! `GET /v1/events`: where it begins, what it tells, and when it ends.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use futures_util::FutureExt as _;
use http_body_util::BodyExt as _;
use keydeck::client::Via;
use keydeck::client::events::{Frame, Parser};
use keydeck::secret::Secret;
use keydeck::server::{self, Metrics, ServerConfig};
use keydeck::store::KeyUsage;
use keydeck::wire::events::Used;
use keydeck::wire::id::KeyId;
use keydeck::wire::session::{Plan, Thresholds};
use keydeck::wire::time::Timestamp;
use keydeck::wire::tokens::Role;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::api::{Api, ask};
use crate::support::troubled_store::{Trouble, TroubledStore};

/// A stream as it is sent, message by message.
struct Listening {
    body: Body,
    parser: Parser,
    frames: VecDeque<Frame>,
}

impl Listening {
    /// To this server, as the person at this machine.
    async fn to(api: &Api, last: Option<&str>) -> Listening {
        Listening::on(&api.local, None, last).await
    }

    async fn on(router: &Router, token: Option<&Secret>, last: Option<&str>) -> Listening {
        let mut request = Request::get("/v1/events");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {}", token.reveal()));
        }
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let request = request.body(Body::empty()).expect("a request");
        let Ok(response) = router.clone().oneshot(request).await;
        assert_eq!(response.status(), 200);
        for (name, value) in [
            ("content-type", "text/event-stream"),
            ("cache-control", "no-store"),
            ("x-accel-buffering", "no"),
        ] {
            assert_eq!(response.headers()[name], value);
        }
        Listening { body: response.into_body(), parser: Parser::default(), frames: VecDeque::new() }
    }

    /// The next message; none at the end.
    async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                return Some(frame);
            }
            let bytes = self.body.frame().await?.expect("a body").into_data().expect("data");
            assert!(self.parser.feed(&bytes, &mut self.frames));
        }
    }

    /// The id and the data of the next message of a kind; others are passed over.
    async fn next_of(&mut self, kind: &str) -> (String, Value) {
        loop {
            let frame = self.next().await.expect("the stream goes on");
            if frame.kind == kind {
                return (frame.id.unwrap_or_default(), serde_json::from_str(&frame.data).expect("JSON"));
            }
        }
    }
}

fn id(seq: u64) -> String {
    seq.to_string()
}

#[tokio::test]
async fn it_begins_at_the_head_and_each_change_carries_what_it_changed() {
    let api = Api::start().await;
    let shop = api.project("shop").await;
    let head = api.seq().await;
    let mut listening = Listening::to(&api, None).await;
    let (place, data) = listening.next_of("ready").await;
    assert_eq!((place, data["seq"].as_u64()), (id(head), Some(head)));

    let (key, _) = api.key(shop, "web").await;
    let (place, data) = listening.next_of("audit").await;
    assert_eq!((place, data["event"]["seq"].as_u64()), (id(head + 1), Some(head + 1)));
    assert_eq!(data["event"]["action"], "key.created");
    assert_eq!(
        (data["key"]["id"].as_str(), data["key"]["name"].as_str()),
        (Some(&*key.id.to_string()), Some("web"))
    );
    assert_eq!(
        (data["project"]["name"].as_str(), data["project"]["keys"]["active"].as_u64()),
        (Some("shop"), Some(1))
    );

    let client = api.client(Via::Embedded);
    client.revoke_key(key.id, Some("leaked")).await.expect("revoked");
    client.create_token("ci", Role::Auditor).await.expect("a token");
    client.delete_project(shop, false).await.expect("deleted");
    let (_, revoked) = listening.next_of("audit").await;
    assert_eq!(
        (revoked["key"]["status"].as_str(), revoked["key"]["revokeReason"].as_str()),
        (Some("revoked"), Some("leaked"))
    );
    let (_, token) = listening.next_of("audit").await;
    assert_eq!(
        (&token["event"]["action"], &token["key"], &token["project"]),
        (&"token.created".into(), &Value::Null, &Value::Null)
    );
    let (place, archived) = listening.next_of("audit").await;
    assert_eq!(
        (&archived["event"]["action"], &archived["project"]),
        (&"project.archived".into(), &Value::Null)
    );
    assert_eq!(place, id(api.seq().await));
}

#[tokio::test]
async fn who_was_cut_off_goes_on_after_the_last_event_they_saw() {
    let api = Api::start().await;
    for name in ["a", "b", "c"] {
        api.project(name).await;
    }
    let head = api.seq().await;
    let mut listening = Listening::to(&api, Some(&(head - 2).to_string())).await;
    assert_eq!(listening.next_of("ready").await.0, id(head - 2));
    for (seq, name) in [(head - 1, "b"), (head, "c")] {
        let (place, data) = listening.next_of("audit").await;
        assert_eq!((place, data["project"]["name"].as_str()), (id(seq), Some(name)));
    }
    let mut listening = Listening::to(&api, Some("0")).await;
    assert_eq!(listening.next_of("audit").await.0, id(1), "from the beginning");
}

#[tokio::test]
async fn a_place_that_is_unknown_here_is_a_reset_and_then_the_head() {
    let api = Api::start().await;
    let head = api.seq().await;
    let newer = (head + 1).to_string();
    for last in [newer.as_str(), "18446744073709551615", "99999999999999999999999", "-1", "x", "1,2", "0x1"] {
        let mut listening = Listening::to(&api, Some(last)).await;
        let first = listening.next().await.expect("a message");
        assert_eq!((first.kind.as_str(), first.id), ("reset", Some(id(head))), "{last}");
        assert_eq!(first.data, format!("{{\"seq\":{head}}}"));
    }
    let mut listening = Listening::to(&api, Some("x")).await;
    api.project("shop").await;
    assert_eq!(listening.next_of("audit").await.0, id(head + 1));
    let mut listening = Listening::to(&api, Some("")).await;
    assert_eq!(listening.next().await.expect("a message").kind, "ready", "an empty one is none");
}

#[tokio::test]
async fn a_revocation_that_a_node_has_still_to_apply_is_confirmed_when_it_has() {
    let api = Api::start().await;
    let shop = api.project("shop").await;
    let (key, _) = api.key(shop, "web").await;
    api.until_followed().await;
    let mut listening = Listening::to(&api, None).await;
    // A node that does not follow for a while.
    let slow = api.store.changes().register("slow", None, api.seq().await);
    let client = api.client(Via::Embedded);
    let revoking = tokio::spawn(async move { client.revoke_key(key.id, None).await });
    let (_, revoked) = listening.next_of("audit").await;
    assert_eq!(
        (revoked["key"]["status"].as_str(), revoked["key"]["confirmed"].as_bool()),
        (Some("revoked"), Some(false))
    );
    assert!(listening.next_of("confirmed").now_or_never().is_none(), "not before it is true");
    slow.acknowledge(api.seq().await);
    let (place, confirmed) = listening.next_of("confirmed").await;
    assert_eq!((place.as_str(), confirmed["keys"][0].as_str()), ("", Some(&*key.id.to_string())));
    revoking.await.expect("no panic").expect("revoked");
}

#[tokio::test]
async fn who_was_cut_off_before_a_confirmation_hears_of_it_when_they_come_again() {
    let api = Api::start().await;
    let shop = api.project("shop").await;
    let (key, _) = api.key(shop, "web").await;
    api.until_followed().await;
    let slow = api.store.changes().register("slow", None, api.seq().await);
    let client = api.client(Via::Embedded);
    let revoking = tokio::spawn(async move { client.revoke_key(key.id, None).await });
    api.until_revoked(key.id).await;
    let seen = id(api.seq().await);
    // Not applied yet when they come again; and applied while they were away.
    let mut early = Listening::to(&api, Some(&seen)).await;
    let early = tokio::spawn(async move { early.next_of("confirmed").await });
    let head = api.seq().await;
    assert!(!early.is_finished(), "not before it is true");
    slow.acknowledge(head);
    assert_eq!(early.await.expect("no panic").1["keys"], json!([key.id]));
    revoking.await.expect("no panic").expect("revoked");
    let mut late = Listening::to(&api, Some(&seen)).await;
    assert_eq!(late.next_of("confirmed").await.1["keys"], json!([key.id]));
}

fn used(key: KeyId, at: i64) -> KeyUsage {
    let from: IpAddr = Ipv4Addr::new(192, 0, 2, 1).into();
    KeyUsage {
        key,
        last_used: Some((Timestamp::from_millis(1_768_478_400_000 + at), from)),
        refusals: Vec::new(),
        days: vec![],
        callers: vec![],
        others: None,
    }
}

#[tokio::test]
async fn uses_come_at_most_once_a_second_for_all_keys() {
    let api = Api::start().await;
    let shop = api.project("shop").await;
    let keys = [api.key(shop, "a").await.0.id, api.key(shop, "b").await.0.id];
    let mut listening = Listening::to(&api, None).await;
    assert_eq!(listening.next().await.expect("a message").kind, "ready");
    api.store.record_usage(&[used(keys[0], 1)], api.now()).await.expect("written");
    let (place, first) = listening.next_of("used").await;
    assert_eq!(
        (place.as_str(), first["uses"].as_array().map(Vec::len)),
        ("", Some(1)),
        "the first comes at once"
    );
    assert_eq!(first["uses"][0]["lastUsedAt"], "2026-01-15T12:00:00.001Z");
    assert_eq!(first["uses"][0]["lastUsedFrom"], "192.0.2.1");
    let begun = tokio::time::Instant::now();
    for at in 2..14 {
        api.store.record_usage(&[used(keys[at as usize % 2], at)], api.now()).await.expect("written");
    }
    let (_, second) = listening.next_of("used").await;
    assert!(begun.elapsed() > Duration::from_millis(500), "{:?}", begun.elapsed());
    let second: Used = serde_json::from_value(second).expect("uses");
    let times: Vec<_> =
        second.uses.iter().map(|one| (one.key, one.last_used_at.expect("used").millis() % 1000)).collect();
    assert_eq!(
        (times, second.more),
        (vec![(keys[0], 12), (keys[1], 13)], false),
        "each key once, as it is last"
    );
    assert!(listening.next_of("used").now_or_never().is_none(), "nothing is told twice");
}

#[tokio::test]
async fn uses_beyond_what_a_message_holds_are_said_to_be_left_out() {
    let api = Api::start().await;
    let shop = api.project("shop").await;
    let key = api.key(shop, "a").await.0.id;
    let mut listening = Listening::to(&api, None).await;
    assert_eq!(listening.next().await.expect("a message").kind, "ready");
    // Nobody takes anything meanwhile: what is kept for the listener is bounded.
    for at in 1..200 {
        api.store.record_usage(&[used(key, at)], api.now()).await.expect("written");
    }
    let (_, told) = listening.next_of("used").await;
    assert_eq!((told["more"].as_bool(), told["uses"].as_array().map(Vec::len)), (Some(true), Some(1)));
    assert_eq!(told["uses"][0]["lastUsedAt"], "2026-01-15T12:00:00.199Z", "the newest is there");
}

#[tokio::test]
async fn it_ends_with_the_token_of_who_listens_and_tells_nothing_after_that() {
    let api = Api::start().await;
    let client = api.client(Via::Embedded);
    let made = client.create_token("brief", Role::Auditor).await.expect("a token");
    let mut listening = Listening::on(&api.router, Some(&made.secret), None).await;
    let mut other = Listening::on(&api.router, Some(&api.auditor), None).await;
    client.create_project("before").await.expect("a project");
    assert_eq!(listening.next_of("audit").await.1["project"]["name"], "before");
    client.revoke_token(made.token.id).await.expect("revoked");
    client.create_project("after").await.expect("a project");
    assert_eq!(listening.next().await, None);
    for action in ["project.created", "token.revoked", "project.created"] {
        assert_eq!(other.next_of("audit").await.1["event"]["action"], action, "another's goes on");
    }
}

#[tokio::test]
async fn a_token_that_is_revoked_while_a_stream_is_opened_opens_none() {
    let api = Api::start().await;
    let store = TroubledStore::new(Arc::clone(&api.store));
    let config = ServerConfig {
        plan: Plan::Enterprise,
        thresholds: Thresholds::default(),
        clock: Arc::new(|| Timestamp::from_millis(1_768_478_400_000)),
        version: "0.1.0-test",
        metrics: Metrics::default(),
    };
    let router = server::router(store.clone(), config);
    let client = api.client(Via::Embedded);
    let made = client.create_token("brief", Role::Auditor).await.expect("a token");
    store.heads.set(Trouble::Hangs);
    let bearer = [("authorization", format!("Bearer {}", made.secret.reveal()))];
    let opening = tokio::spawn(async move { ask(&router, "GET /v1/events", &bearer, "").await });
    // The token was read, the place in the log was not.
    store.heads.called_after(0).await;
    client.revoke_token(made.token.id).await.expect("revoked");
    store.heads.set(Trouble::None);
    let answer = opening.await.expect("no panic");
    assert_eq!((answer.status, answer.code().as_str()), (401, "INVALID_TOKEN"));
    assert!(answer.header("www-authenticate").contains("invalid_token"));
}

#[tokio::test]
async fn it_ends_when_the_server_is_about_to() {
    let api = Api::start().await;
    let mut listening = Listening::to(&api, None).await;
    assert_eq!(listening.next().await.expect("a message").kind, "ready");
    assert!(listening.next().now_or_never().is_none());
    api.store.changes().end();
    assert_eq!(listening.next().await, None);
    let mut late = Listening::to(&api, None).await;
    assert_eq!(late.next().await, None);
}

#[tokio::test]
async fn while_nothing_happens_it_shows_that_it_lives() {
    let api = Api::start().await;
    let mut listening = Listening::to(&api, None).await;
    assert_eq!(listening.next().await.expect("a message").kind, "ready");
    // From here on time passes as soon as everybody waits.
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let bytes = listening.body.frame().await.expect("a comment").expect("a body").into_data().expect("data");
    assert!(bytes.starts_with(b":") && bytes.ends_with(b"\n\n"), "{bytes:?}");
    assert_eq!(begun.elapsed().as_secs(), 2);
}
