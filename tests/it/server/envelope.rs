//! What all answers have in common.

use axum::Router;
use axum::routing::get;
use keydeck::server::{Metrics, ROUTES, layered};

use crate::support::api::{Api, ask};

#[tokio::test]
async fn each_answer_has_an_id_of_its_own_and_is_never_cached() {
    let api = Api::start().await;
    let mut ids = std::collections::HashSet::new();
    for route in ROUTES {
        let answer = api.ask(&format!("{} {}", route.method, route.path.replace("{id}", "x")), "").await;
        assert_eq!(answer.header("cache-control"), "no-store", "{}", route.path);
        assert!(answer.header("x-request-id").starts_with("req_"));
        assert!(ids.insert(answer.header("x-request-id").to_owned()), "an id came twice");
    }
    // A caller's own id is not taken over: it could hold anything.
    let given = [("x-request-id", "mine".to_owned())];
    assert_ne!(ask(&api.router, "GET /healthz", &given, "").await.header("x-request-id"), "mine");
}

#[tokio::test]
async fn a_panic_is_answered_500_and_tells_nothing() {
    let router = Router::new().route("/panics", get(async || -> String { panic!("with a detail") }));
    let router = layered(router, &Metrics::default());
    let answer = ask(&router, "GET /panics", &[], "").await;
    assert_eq!((answer.status, answer.code().as_str()), (500, "INTERNAL"));
    assert_eq!(answer.json()["requestId"], answer.header("x-request-id"));
    assert!(!answer.text.contains("detail"), "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_takes_too_long_is_answered_503() {
    let router = Router::new().route("/slow", get(std::future::pending::<String>));
    let router = layered(router, &Metrics::default());
    let answer = ask(&router, "GET /slow", &[], "").await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "TIMEOUT"));
}

#[tokio::test]
async fn head_answers_like_get_without_a_body() {
    let api = Api::start().await;
    let answer = api.ask("HEAD /v1/session", "").await;
    assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    let answer = api.ask_as(None, "HEAD /v1/session", "").await;
    assert_eq!((answer.status, answer.text.as_str()), (401, ""));
}
