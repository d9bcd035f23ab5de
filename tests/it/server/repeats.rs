//! `Idempotency-Key`: what makes a secret is made once, and a closed key makes nothing.

use keydeck::secret::Secret;
use keydeck::wire::problem::Code;
use serde_json::Value;

use crate::support::api::{Answer, Api, ask};

async fn send(api: &Api, token: &Secret, what: &str, key: &str, body: &str) -> Answer {
    let headers = [
        ("authorization", format!("Bearer {}", token.reveal())),
        ("content-type", "application/json".to_owned()),
        ("idempotency-key", key.to_owned()),
    ];
    ask(&api.router, what, &headers, body.to_owned()).await
}

#[tokio::test]
async fn a_repeat_makes_nothing_and_tells_no_secret() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let (old, _) = api.key(project, "old").await;
    for (what, noun, body, same, other) in [
        (
            format!("POST /v1/projects/{project}/keys"),
            "key",
            r#"{"name":"web","mode":"test"}"#,
            r#" { "mode": "test", "name": "web" } "#,
            r#"{"name":"web","mode":"live"}"#,
        ),
        (format!("POST /v1/keys/{}/rotate", old.id), "key", "", "{}", r#"{"name":"next"}"#),
        (
            "POST /v1/tokens".to_owned(),
            "token",
            r#"{"name":"ci","role":"auditor"}"#,
            r#"{"role":"auditor","name":"ci"}"#,
            r#"{"name":"ci","role":"admin"}"#,
        ),
    ] {
        let first = send(&api, &api.admin, &what, "k-1", body).await;
        assert_eq!(first.status, 201, "{first:?}");
        let (first, seq) = (first.json(), api.seq().await);
        let again = send(&api, &api.admin, &what, "k-1", same).await;
        assert_eq!((again.status, again.code()), (200, Code::SecretNotRepeatable.to_string()), "{again:?}");
        let again = again.json();
        assert_eq!((&again["secret"], &again[noun]["id"]), (&Value::Null, &first[noun]["id"]));
        let mismatch = send(&api, &api.admin, &what, "k-1", other).await;
        assert_eq!((mismatch.status, mismatch.code().as_str()), (409, "IDEMPOTENCY_MISMATCH"));
        assert_eq!(mismatch.json()["field"], "idempotency-key");
        assert_eq!(api.seq().await, seq, "nothing was made again");
    }
}

#[tokio::test]
async fn a_key_belongs_to_its_token_and_route_for_a_day() {
    let api = Api::start().await;
    let (shop, blog) = (api.project("shop").await, api.project("blog").await);
    let what = format!("POST /v1/projects/{shop}/keys");
    let body = r#"{"name":"web"}"#;
    assert_eq!(send(&api, &api.admin, &what, "k", body).await.status, 201);
    let elsewhere = format!("POST /v1/projects/{blog}/keys");
    assert_eq!(send(&api, &api.admin, &elsewhere, "k", body).await.code(), "IDEMPOTENCY_MISMATCH");
    // Another token's key is another key; what is in the way then is the name.
    assert_eq!(send(&api, &api.member, &what, "k", body).await.code(), "NAME_TAKEN");
    assert_eq!(
        send(&api, &api.member, &what, "k", r#"{"name":"app"}"#).await.status,
        201,
        "a refused call used no key up"
    );
    api.advance(24 * 3_600_000 - 1);
    assert_eq!(send(&api, &api.admin, &what, "k", body).await.status, 200);
    api.advance(1);
    assert_eq!(send(&api, &api.admin, &what, "k", body).await.code(), "NAME_TAKEN", "it is forgotten");
    let secret = "redir_live_7kf2Q9w3ErTy5UiOp1AsDf8GhJ2I1YZq";
    assert_eq!(send(&api, &api.admin, &what, secret, body).await.code(), "SECRET_IN_TEXT");
    for bad in ["", &"x".repeat(256)] {
        assert_eq!(send(&api, &api.admin, &what, bad, body).await.code(), "INVALID_FIELD");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_once_with_one_key_make_one() {
    let api = std::sync::Arc::new(Api::start().await);
    let project = api.project("shop").await;
    let before = api.seq().await;
    let tasks = (0..50).map(|_| {
        let api = std::sync::Arc::clone(&api);
        let what = format!("POST /v1/projects/{project}/keys");
        tokio::spawn(async move { send(&api, &api.admin, &what, "one", r#"{"name":"web"}"#).await })
    });
    let mut ids = std::collections::BTreeSet::new();
    let mut secrets = 0;
    for task in tasks.collect::<Vec<_>>() {
        let answer = task.await.expect("an answer");
        assert!(answer.status == 201 || answer.status == 200, "{answer:?}");
        let json = answer.json();
        secrets += usize::from(json["secret"].is_string());
        ids.insert(json["key"]["id"].as_str().expect("an id").to_owned());
    }
    assert_eq!((secrets, ids.len(), api.seq().await), (1, 1, before + 1));
}

const CLOSE: &str = "POST /v1/idempotency/close";

#[tokio::test]
async fn who_closes_a_key_learns_what_it_created_and_a_late_request_creates_nothing() {
    let api = Api::start().await;
    let shop = api.project("shop").await;
    let (old, _) = api.key(shop, "old").await;
    for (what, noun, body) in [
        (format!("POST /v1/projects/{shop}/keys"), "key", r#"{"name":"web"}"#),
        (format!("POST /v1/keys/{}/rotate", old.id), "key", ""),
        ("POST /v1/tokens".to_owned(), "token", r#"{"name":"ci","role":"auditor"}"#),
    ] {
        let made = send(&api, &api.admin, &what, &what, body).await.json();
        let seq = api.seq().await;
        // Another caller's key of the same text is another key.
        assert_eq!(send(&api, &api.member, CLOSE, &what, "").await.code(), "NOT_FOUND");
        api.advance(2 * 24 * 3_600_000);
        for body in ["", "{}"] {
            let closed = send(&api, &api.admin, CLOSE, &what, body).await;
            assert_eq!(closed.status, 200, "{closed:?}");
            assert_eq!(closed.header("keydeck-audit-head").split(':').next(), Some(&*seq.to_string()));
            let (closed, made) = (closed.json(), &made[noun]);
            let of_a_key = noun == "key";
            let expected = serde_json::json!({
                "kind": noun, "id": made["id"], "name": made["name"], "at": made["createdAt"],
                "project": of_a_key.then_some(shop),
            });
            assert_eq!(closed, expected);
        }
        let late = send(&api, &api.admin, &what, &what, body).await;
        assert_eq!((late.status, late.code().as_str()), (409, "IDEMPOTENCY_CLOSED"), "{late:?}");
        assert_eq!(late.json()["field"], "idempotency-key");

        let unused = format!("unused {what}");
        for _ in 0..2 {
            let nothing = send(&api, &api.admin, CLOSE, &unused, "").await;
            assert_eq!((nothing.status, nothing.code().as_str()), (404, "NOT_FOUND"), "{nothing:?}");
            assert_eq!(nothing.json()["field"], "idempotency-key", "unlike a route that is not there");
        }
        let late = send(&api, &api.admin, &what, &unused, body).await;
        assert_eq!((late.status, late.code().as_str()), (409, "IDEMPOTENCY_CLOSED"), "{late:?}");
        assert_eq!(api.seq().await, seq, "nothing was created, and no event tells of it");
    }
}

#[tokio::test]
async fn to_close_a_key_takes_a_key_and_a_member() {
    let api = Api::start().await;
    assert_eq!(send(&api, &api.auditor, CLOSE, "k", "").await.code(), "READ_ONLY");
    let none = api.ask(CLOSE, "").await;
    assert_eq!((none.code().as_str(), &none.json()["field"]), ("INVALID_FIELD", &"idempotency-key".into()));
    let secret = "redir_live_7kf2Q9w3ErTy5UiOp1AsDf8GhJ2I1YZq";
    assert_eq!(send(&api, &api.member, CLOSE, secret, "").await.code(), "SECRET_IN_TEXT");
    assert_eq!(send(&api, &api.member, CLOSE, "k", r#"{"key":"k"}"#).await.code(), "INVALID_FIELD");
    assert_eq!(send(&api, &api.member, CLOSE, "k", "").await.code(), "NOT_FOUND");
}
