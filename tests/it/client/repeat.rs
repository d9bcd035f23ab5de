//! Answers that are lost on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, Response};
use axum::middleware::{self, Next};
use keydeck::client::{Client, Transport, Via};
use keydeck::wire::keys::{KeyQuery, Mode, NewKey, Status, StatusQuery};
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
            let broken =
                futures_util::stream::once(async { Err::<Vec<u8>, _>(std::io::Error::other("cut")) });
            Response::new(Body::from_stream(broken))
        }
    });
    Client::new(Transport::embedded(api.local.clone().layer(layer)))
}

#[tokio::test]
async fn an_unseen_key_is_revoked_and_another_is_made() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let client = losing(&api, 1, true);
    let new = NewKey { name: "web".into(), mode: Mode::Live };
    let made = client.make_key(project, &new).await.expect("made");
    assert_eq!((made.made.key.name.as_str(), made.made.secret.hint()), ("web", made.made.key.hint));
    let query = KeyQuery { status: Some(StatusQuery::Revoked), ..KeyQuery::default() };
    let unseen = client.keys(&query).await.expect("keys").items;
    assert_eq!((unseen.len(), unseen[0].status), (1, Status::Revoked));
    assert!(unseen[0].revoke_reason.as_deref().expect("a reason").contains("nobody has seen"));
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
    let new = NewKey { name: "web".into(), mode: Mode::Live };
    let made = losing(&api, 1, false).make_key(project, &new).await.expect("made");
    assert_eq!(made.notice, None);
    let all = KeyQuery { status: Some(StatusQuery::All), ..KeyQuery::default() };
    assert_eq!(api.client(Via::Embedded).keys(&all).await.expect("keys").items, [made.made.key]);
    // Who loses every answer is told that nobody knows.
    let other = NewKey { name: "app".into(), mode: Mode::Live };
    let lost = losing(&api, 9, true).make_key(project, &other).await.expect_err("lost");
    assert!(lost.outcome_unknown());
    // A refusal is a refusal.
    let taken = losing(&api, 1, false).make_key(project, &new).await.expect_err("taken");
    assert!(!taken.outcome_unknown(), "{taken}");
}
