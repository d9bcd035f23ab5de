//! Answers that are lost on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, Response};
use axum::middleware::{self, Next};
use keydeck::client::{Client, Closed, IdempotencyKeys, Transport, Via};
use keydeck::wire::idempotency::CreatedKind;
use keydeck::wire::keys::{KeyQuery, Mode, NewKey, Status, StatusQuery};
use keydeck::wire::problem::{Code, Problem};
use keydeck::wire::tokens::Role;

use crate::support::api::Api;

/// A client whose first `lost` answers to POST never come whole, done or not.
fn losing(api: &Api, lost: u32, done: bool) -> Client {
    let left = Arc::new(AtomicU32::new(lost));
    let layer = middleware::from_fn(move |request: Request, next: Next| {
        let left = Arc::clone(&left);
        async move {
            let loses = request.method() == Method::POST
                && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
            if !loses {
                return next.run(request).await;
            }
            if done {
                next.run(request).await;
            }
            cut()
        }
    });
    Client::new(Transport::embedded(api.local.clone().layer(layer)))
}

/// An answer that breaks off.
fn cut() -> Response<Body> {
    let broken = futures_util::stream::once(async { Err::<Vec<u8>, _>(std::io::Error::other("cut")) });
    Response::new(Body::from_stream(broken))
}

#[tokio::test]
async fn an_unseen_key_is_revoked_and_another_is_made() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let client = losing(&api, 1, true);
    let new = NewKey::named("web", Mode::Live);
    let made = client.make_key(project, &new).await.expect("made");
    assert_eq!((made.made.key.name.as_str(), made.made.secret.hint()), ("web", made.made.key.hint));
    let query = KeyQuery { status: Some(StatusQuery::Revoked), ..KeyQuery::default() };
    let unseen = client.keys(&query).await.expect("keys").items;
    assert_eq!((unseen.len(), unseen[0].status), (1, Status::Revoked));
    assert!(unseen[0].revoke_reason.as_deref().expect("a reason").contains("this key was never seen"));
    let notice = made.notice.expect("it is said");
    assert!(notice.contains(&unseen[0].hint.to_string()), "{notice}");

    let client = losing(&api, 1, true);
    let next = client.make_successor(made.made.key.id, None).await.expect("made");
    assert_eq!(next.made.key.name, "web-2", "the name of the unseen one is free again");
    assert!(next.notice.is_some());
    let client = losing(&api, 1, true);
    let token = client.make_token("ci", Role::Auditor).await.expect("made");
    assert!(token.notice.expect("it is said").contains("redir_mgmt_"));
    let tokens = client.tokens_all(None).await.expect("tokens");
    assert_eq!(tokens.iter().filter(|it| it.name == "ci" && it.revoked_at.is_none()).count(), 1);
}

#[tokio::test]
async fn what_was_not_made_is_made_by_the_repeat_without_a_word() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let new = NewKey::named("web", Mode::Live);
    let made = losing(&api, 1, false).make_key(project, &new).await.expect("made");
    assert_eq!(made.notice, None);
    let all = KeyQuery { status: Some(StatusQuery::All), ..KeyQuery::default() };
    assert_eq!(api.client(Via::Embedded).keys(&all).await.expect("keys").items, [made.made.key]);
    // Who loses every answer is told that nobody knows.
    let other = NewKey::named("app", Mode::Live);
    let lost = losing(&api, 9, true).make_key(project, &other).await.expect_err("lost");
    assert!(lost.outcome_unknown());
    // A refusal is a refusal.
    let taken = losing(&api, 1, false).make_key(project, &new).await.expect_err("taken");
    assert!(!taken.outcome_unknown(), "{taken}");
}

/// What a server, or a proxy before it, says without saying whether it was done.
const NOT_LOOKED: [(u16, Code); 6] = [
    (401, Code::InvalidToken),
    (403, Code::ReadOnly),
    (429, Code::RateLimitExceeded),
    (500, Code::Internal),
    (503, Code::Unavailable),
    // Somebody has closed the key meanwhile; what was created with it before is not said.
    (409, Code::IdempotencyClosed),
];

/// A client whose first POST is done and its answer lost; the next ones are refused with this.
fn then_refusing(api: &Api, status: u16, code: Code) -> Client {
    let asked = Arc::new(AtomicU32::new(0));
    let layer = middleware::from_fn(move |request: Request, next: Next| {
        let asked = Arc::clone(&asked);
        async move {
            if request.method() != Method::POST {
                return next.run(request).await;
            }
            if asked.fetch_add(1, Ordering::SeqCst) == 0 {
                next.run(request).await;
                return cut();
            }
            let problem = serde_json::to_vec(&Problem::new(code, "not now")).expect("JSON");
            let answer = Response::builder().status(status).header("content-type", "application/json");
            answer.body(Body::from(problem)).expect("an answer")
        }
    });
    Client::new(Transport::embedded(api.local.clone().layer(layer)))
}

#[tokio::test]
async fn a_refusal_of_the_repeat_before_anybody_looked_leaves_it_open_whether_a_key_was_made() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    for (status, code) in NOT_LOOKED {
        let name = format!("web {status}");
        let new = NewKey::named(name.clone(), Mode::Live);
        let client = then_refusing(&api, status, code);
        let lost = client.make_key(project, &new).await.expect_err("lost");
        assert!(lost.outcome_unknown(), "{status}: {lost}");
        let said = lost.to_string();
        assert!(said.contains("the outcome of the change is unknown") && said.contains("not now"), "{said}");
        assert!(said.contains("revoke it"), "what to do: {said}");
        let keys = client.keys_all(&KeyQuery::default(), None).await.expect("keys");
        assert!(keys.iter().any(|key| key.name == name), "{status}: it is there, so it was right to say so");
        let lost = then_refusing(&api, status, code).make_token(&name, Role::Auditor).await;
        assert!(lost.expect_err("lost").outcome_unknown(), "{status}: tokens too");
    }
    // These come after the look: nothing was done.
    for (status, code) in [(403, Code::KeyLimitReached), (404, Code::NotFound), (409, Code::ProjectArchived)]
    {
        let new = NewKey::named(format!("app {status}"), Mode::Live);
        let refused = then_refusing(&api, status, code).make_key(project, &new).await.expect_err("refused");
        assert_eq!(refused.problem().map(|problem| problem.code), Some(code), "{refused}");
    }
}

#[tokio::test]
async fn a_key_that_was_made_unseen_and_cannot_be_revoked_is_named() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let layer = middleware::from_fn(|request: Request, next: Next| async move {
        match request.uri().path() {
            path if path.ends_with("/revoke") => cut(),
            _ => next.run(request).await,
        }
    });
    let lossy = Arc::new(AtomicU32::new(1));
    let once = middleware::from_fn(move |request: Request, next: Next| {
        let lossy = Arc::clone(&lossy);
        async move {
            let loses = request.method() == Method::POST && lossy.swap(0, Ordering::SeqCst) == 1;
            let answer = next.run(request).await;
            if loses { cut() } else { answer }
        }
    });
    let client = Client::new(Transport::embedded(api.local.clone().layer(layer).layer(once)));
    let new = NewKey::named("web", Mode::Live);
    let lost = client.make_key(project, &new).await.expect_err("lost");
    let keys = client.keys_all(&KeyQuery::default(), None).await.expect("keys");
    assert_eq!(keys.len(), 1, "it was made, and works");
    assert!(lost.outcome_unknown());
    let said = lost.to_string();
    assert!(said.contains(&keys[0].hint.to_string()) && said.contains("revoking it failed"), "{said}");
}

#[tokio::test]
async fn what_keys_that_were_kept_have_created_is_found_without_an_answer() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let keys = IdempotencyKeys::generate();
    let new = NewKey::named("web", Mode::Live);
    // The first answer is lost, so the key is revoked and another one is created, with the other key.
    let made = losing(&api, 1, true).make_key_with(&keys, project, &new).await.expect("made").made.key;
    let client = api.client(Via::Embedded);
    let mut found = Vec::new();
    for key in keys.iter() {
        let Closed::Created(created) = client.close_idempotency_key(key).await.expect("closed") else {
            panic!("nothing was created with {key}");
        };
        assert_eq!((created.kind, created.project), (CreatedKind::Key, Some(project)));
        found.push(client.key(created.id.parse().expect("an id")).await.expect("the key"));
    }
    assert_eq!(found.iter().map(|key| key.status).collect::<Vec<_>>(), [Status::Revoked, Status::Active]);
    assert_eq!(found[1].id, made.id);
    // A key that was closed before the request arrives creates nothing.
    let keys = IdempotencyKeys::generate();
    for key in keys.iter() {
        assert_eq!(client.close_idempotency_key(key).await.expect("closed"), Closed::Nothing);
    }
    let late = client.make_successor_with(&keys, made.id, None).await.expect_err("closed");
    assert_eq!(late.problem().map(|problem| problem.code), Some(Code::IdempotencyClosed));
    assert!(!late.outcome_unknown());
    assert_eq!(client.keys_all(&KeyQuery::default(), None).await.expect("keys").len(), 1);
}

#[tokio::test]
async fn a_server_without_the_route_does_not_say_that_nothing_was_created() {
    let older = axum::Router::new().fallback(|| async {
        (axum::http::StatusCode::NOT_FOUND, axum::Json(Problem::new(Code::NotFound, "route not found")))
    });
    let client = Client::new(Transport::embedded(older));
    assert_eq!(client.close_idempotency_key("k").await.expect("an answer"), Closed::Unsupported);
}
