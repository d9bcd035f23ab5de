//! What is logged, and what never is.

use axum::body::Body;
use futures_util::stream;
use keydeck::client::Via;
use keydeck::secret::Secret;
use keydeck::wire::keys::{Mode, NewKey};
use tracing::Level;

use crate::support::api::{Api, ask};
use crate::support::log::Log;

#[tokio::test]
async fn a_line_tells_method_route_status_and_id_but_no_secret_address_or_body() {
    let log = Log::default();
    let (_other, dispatch) = (log.dispatch(Level::TRACE), log.dispatch(Level::TRACE));
    let _here = tracing::dispatcher::set_default(&dispatch);

    let api = Api::start().await;
    let project = api.project("shop").await;
    let made = api.ask(&format!("POST /v1/projects/{project}/keys"), r#"{"name":"web"}"#).await;
    let secret = Secret::parse(made.json()["secret"].as_str().expect("a secret")).expect("well-formed");
    let (id, text) = (made.json()["key"]["id"].as_str().expect("an id").to_owned(), secret.reveal());
    let listed = api.ask("GET /v1/keys?filter=needle-in-a-filter", "").await;
    api.ask(&format!("POST /v1/keys/{id}/revoke"), r#"{"reason":"needle-in-a-reason"}"#).await;
    api.ask(&format!("GET /v1/keys?filter={text}"), "").await;
    api.ask(&format!("GET /{text}"), "").await;
    api.ask("POST /v1/projects", &format!("{{\"name\":\"{text}\"}}")).await;
    let wrong = [("authorization", format!("Bearer {text}"))];
    ask(&api.router, "GET /v1/session", &wrong, "").await;
    let cut = Body::from_stream(stream::iter([Err::<&str, _>(std::io::Error::other("cut off"))]));
    let json = [("content-type", "application/json".to_owned())];
    assert_eq!(ask(&api.local, "POST /v1/projects", &json, cut).await.status, 400);
    for via in [Via::Remote, Via::Socket] {
        let new = NewKey::named(format!("{via:?}"), Mode::Live);
        api.client(via).create_key(project, &new).await.expect("a key");
    }

    let log = log.text();
    let line =
        log.lines().find(|line| line.contains(listed.header("x-request-id"))).expect("a line a request");
    for told in ["method=GET", "route=\"/v1/keys\"", "status=200", "ms="] {
        assert!(line.contains(told), "{told} is not in {line}");
    }
    assert!(log.contains("cut off") && !log.contains("ERROR"), "a caller's fault is told, and is no error");
    let (handle, last) = (&text[..15], &text[37..]);
    let wrong =
        log.lines().find(|line| line.contains("needle") || (line.contains(handle) && line.contains(last)));
    assert!(wrong.is_none(), "{wrong:?}");
    assert!(keydeck::secret::find(&log).is_none(), "a whole key is in the log");
    assert!(!log.contains(api.admin.reveal()), "a token is in the log");
}
