//! The codes of the Edge API and those that need more than one call, provoked for `errors`.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use keydeck::secret::Secret;
use keydeck::server::{Metrics, layered};
use keydeck::wire::id::ProjectId;
use serde_json::json;
use tower::ServiceExt as _;

use crate::support::api::{Answer, Api, ask};
use crate::support::document::assert_documented;
use crate::support::packs;

/// Status, code, address of the Edge API. What stands in angle brackets is filled in.
const TABLE: &str = "
404 NOT_FOUND /v1/nowhere
401 MISSING_API_KEY /v1/lookup?project=<project>&path=/a -
401 INVALID_API_KEY /v1/lookup?project=<project>&path=/a redir_live_7kf2Q9w3ErTy5UiOp1AsDf8GhJ2I1YZq
401 INVALID_API_KEY /v1/lookup?project=prj_00000000000000000000000000&path=/a
401 INVALID_API_KEY /v1/export?project=<project>&format=csv nonsense
400 DUPLICATE_PARAMETER /v1/lookup?project=<project>&path=/a&path=/b
400 MISSING_PROJECT /v1/lookup?path=/a
400 MISSING_PATH /v1/lookup?project=<project>
400 INVALID_PATH /v1/lookup?project=<project>&path=a
400 INVALID_VERSION /v1/lookup?project=<project>&path=/a&version=0
404 VERSION_NOT_FOUND /v1/lookup?project=<project>&path=/a&version=7
400 MISSING_FORMAT /v1/export?project=<project>
400 INVALID_FORMAT /v1/export?project=<project>&format=xml
404 VERSION_NOT_FOUND /v1/export?project=<project>&format=csv&version=7
414 PATH_TOO_LONG /v1/lookup?project=<project>&path=/<long>
431 HEADERS_TOO_LARGE /v1/lookup?project=<project>&path=/a <large>
";

/// Provokes each code of the Edge API; its plan is `free`. The codes.
pub(super) async fn of_the_edge(api: &Api, project: ProjectId, secret: &Secret) -> Vec<String> {
    let call = async |method: &str, address: &str, key: &str| {
        let request = Request::builder().method(method).uri(address).header("x-api-key", key);
        let Ok(answer) = api.edge.router().oneshot(request.body(Body::empty()).expect("a request")).await;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = axum::body::to_bytes(answer.into_body(), 10_000).await.expect("a body");
        let answer = Answer { status, headers, text: String::from_utf8(text.to_vec()).expect("UTF-8") };
        if status >= 400 {
            assert_documented(method, address, status, &answer.code());
        }
        answer
    };
    let mut provoked = Vec::new();
    for line in TABLE.lines().filter(|line| !line.is_empty()) {
        let mut parts = line.split(' ');
        let mut part = || parts.next().unwrap_or_default();
        let (status, code, address, key) = (part(), part(), part(), part());
        let address = address.replace("<project>", &project.to_string()).replace("<long>", &"a".repeat(9000));
        let large = "x".repeat(17_000);
        let key = match key {
            "" => secret.reveal(),
            "-" => "",
            "<large>" => &large,
            key => key,
        };
        let answer = call("GET", &address, key).await;
        assert_eq!((answer.status.to_string().as_str(), answer.code().as_str()), (status, code), "{line}");
        provoked.push(code.to_owned());
    }
    let refused = call("POST", "/v1/lookup", secret.reveal()).await;
    assert_eq!((refused.status, refused.code().as_str()), (405, "METHOD_NOT_ALLOWED"));

    let good = format!("/v1/lookup?project={project}&path=/a");
    let mut answer = call("GET", &good, secret.reveal()).await;
    for _ in 0..100 {
        if answer.status != 429 {
            answer = call("GET", &good, secret.reveal()).await;
        }
    }
    assert_eq!((answer.status, answer.code().as_str()), (429, "RATE_LIMIT_EXCEEDED"));
    provoked.push(answer.code());

    // A node that has left vouches for nothing.
    api.edge.shutdown().await;
    for address in [good.as_str(), "/readyz"] {
        let answer = call("GET", address, secret.reveal()).await;
        assert_eq!((answer.status, answer.code().as_str()), (503, "UNAVAILABLE"), "{address}");
    }
    assert_eq!(call("GET", "/healthz", "").await.status, 200);
    provoked
}

/// Provokes the codes of `Idempotency-Key`.
pub(super) async fn of_repeats(api: &Api) -> Vec<String> {
    let call = async |key: &str, body: &str| {
        let headers = [
            ("authorization", format!("Bearer {}", api.admin.reveal())),
            ("content-type", "application/json".to_owned()),
            ("idempotency-key", key.to_owned()),
        ];
        ask(&api.router, "POST /v1/tokens", &headers, body.to_owned()).await
    };
    let body = r#"{"name":"ci","role":"auditor"}"#;
    assert_eq!(call("one", body).await.status, 201);
    let (again, other) = (call("one", body).await, call("one", r#"{"name":"ci","role":"admin"}"#).await);
    assert_eq!((again.status, other.status), (200, 409));
    assert_documented("POST", "/v1/tokens", 409, &other.code());
    let closing =
        [("authorization", format!("Bearer {}", api.admin.reveal())), ("idempotency-key", "unused".into())];
    assert_eq!(ask(&api.router, "POST /v1/idempotency/close", &closing, "").await.status, 404);
    let closed = call("unused", body).await;
    assert_eq!(closed.status, 409);
    assert_documented("POST", "/v1/tokens", 409, &closed.code());
    vec![again.code(), other.code(), closed.code()]
}

/// Provokes the codes of reviews.
pub(super) async fn of_reviews(api: &Api) -> Vec<String> {
    let keys = api.ask("GET /v1/keys", "").await.json();
    let key = keys["items"][0]["id"].as_str().expect("a key").to_owned();
    let review = api.ask("POST /v1/reviews", r#"{"name":"quarter"}"#).await.json();
    let path = format!("/v1/reviews/{}", review["id"].as_str().expect("an id"));
    let item = format!("{path}/items/{key}");
    let changed = api.ask(&format!("PUT {item}"), r#"{"decision":"skip","version":7}"#).await;
    assert_eq!(changed.status, 409);
    assert_documented("PUT", &item, 409, &changed.code());
    api.ask(&format!("PATCH {path}"), r#"{"status":"cancelled"}"#).await;
    let closed = api.ask(&format!("PUT {item}"), r#"{"decision":"skip","version":0}"#).await;
    assert_eq!(closed.status, 409);
    assert_documented("PUT", &item, 409, &closed.code());
    let (executed, head) = packs::executed(api, "").await;
    let sign = format!("/v1/reviews/{}/sign", executed.id);
    let other = json!({ "head": format!("1:{}", "0".repeat(64)) }).to_string();
    let unknown = api.ask(&format!("POST {sign}"), &other).await;
    assert_eq!(unknown.status, 409);
    assert_documented("POST", &sign, 409, &unknown.code());
    let body = json!({ "head": head }).to_string();
    let same =
        ask(&api.local, &format!("POST {sign}"), &[("content-type", "application/json".to_owned())], body)
            .await;
    assert_eq!(same.status, 409, "{same:?}");
    assert_documented("POST", &sign, 409, &same.code());
    vec![changed.code(), closed.code(), unknown.code(), same.code()]
}

/// Provokes the codes of faults: a handler that panics, and one that never ends.
pub(super) async fn of_faults() -> Vec<String> {
    let router = Router::new()
        .route("/panics", get(async || -> String { panic!("with a detail") }))
        .route("/slow", get(std::future::pending::<String>));
    let router = layered(router, &Metrics::default());
    let fault = ask(&router, "GET /panics", &[], "").await;
    tokio::time::pause();
    let slow = ask(&router, "GET /slow", &[], "").await;
    assert_eq!((fault.status, slow.status), (500, 503));
    vec![fault.code(), slow.code()]
}

/// Provokes the code of a body that does not come.
pub(super) async fn of_a_slow_body(api: &Api) -> String {
    let headers = [
        ("authorization", format!("Bearer {}", api.admin.reveal())),
        ("content-type", "application/json".to_owned()),
    ];
    // The caller is known by then, so that nothing but time is missing.
    let body = futures_util::stream::once(async {
        tokio::time::pause();
        std::future::pending::<Result<String, std::convert::Infallible>>().await
    });
    let slow = ask(&api.router, "POST /v1/projects", &headers, Body::from_stream(body)).await;
    tokio::time::resume();
    assert_eq!((slow.status, &slow.json()["field"]), (408, &"body".into()), "{slow:?}");
    assert_documented("POST", "/v1/projects", 408, &slow.code());
    slow.code()
}
