//! Who may do what: every route with every kind of caller.

use axum::http::Method;
use keydeck::client::Via;
use keydeck::secret::Secret;
use keydeck::server::{LocalCaller, ROUTES, Right, Route, local};
use keydeck::wire::keys::{Mode, NewKey};
use keydeck::wire::paths::{IDEMPOTENCY_CLOSE, NODE_FORGET, NODES_ACCEPT_HISTORY, SESSION};
use keydeck::wire::reviews::{Decide, Decision, NewReview, Scope};
use keydeck::wire::rotations::StartRotation;
use keydeck::wire::tokens::Role;

use crate::support::api::{Answer, Api, ask};
use crate::support::document::assert_documented;
use crate::support::packs;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Caller {
    None,
    Malformed,
    ApiKey,
    Unknown,
    Revoked,
    Twice,
    Auditor,
    Member,
    Admin,
    Local,
}

const CALLERS: [Caller; 10] = [
    Caller::None,
    Caller::Malformed,
    Caller::ApiKey,
    Caller::Unknown,
    Caller::Revoked,
    Caller::Twice,
    Caller::Auditor,
    Caller::Member,
    Caller::Admin,
    Caller::Local,
];

#[tokio::test]
async fn each_route_answers_each_kind_of_caller_as_its_right_says() {
    let api = Api::start().await;
    let (_, revoked) = api.revoked_token().await;
    for caller in CALLERS {
        for route in ROUTES {
            let (path, body) = valid(&api, route, caller, &revoked).await;
            let before = api.seq().await;
            let answer = call(&api, caller, &revoked, &format!("{} {path}", route.method), body).await;
            let expected = expected(caller, route);
            let what = format!("{caller:?} {} {}: {answer:?}", route.method, route.path);
            if let Some((status, code)) = expected {
                assert_eq!((answer.status, answer.code().as_str()), (status, code), "{what}");
                assert_documented(route.method.as_str(), &path, status, code);
                assert_eq!(api.seq().await, before, "a refused call changed something: {what}");
                assert_eq!(answer.headers.contains_key("www-authenticate"), status == 401, "{what}");
            } else if route.path == NODE_FORGET {
                // The only node of this server is itself. Whoever may ask is told so.
                assert_eq!((answer.status, answer.code().as_str()), (409, "ONLY_NODE"), "{what}");
            } else {
                assert!((200..300).contains(&answer.status), "{what}");
                let (wrote, writes) = (api.seq().await > before, !route.method.is_safe());
                // To close an idempotency key changes nothing that is audited.
                assert_eq!(wrote, writes && route.path != IDEMPOTENCY_CLOSE, "{what}");
                let tells = writes || route.path == SESSION;
                assert_eq!(answer.headers.contains_key("keydeck-audit-head"), tells, "{what}");
            }
        }
    }
}

#[tokio::test]
async fn the_local_user_cannot_be_claimed_over_a_network() {
    let api = Api::start().await;
    for header in
        ["keydeck-local", "keydeck-local-token", "x-local-user", "x-forwarded-user", "x-remote-user"]
    {
        let claim = [(header, "local:ann".to_owned())];
        let answer = ask(&api.router, "GET /v1/session", &claim, "").await;
        assert_eq!(answer.code(), "UNAUTHENTICATED", "{header}");
    }
    let bearer = [("authorization", "Bearer local:ann".to_owned())];
    assert_eq!(ask(&api.router, "GET /v1/session", &bearer, "").await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn a_local_caller_who_only_reads_is_held_to_it() {
    let api = Api::start().await;
    let reader = local(api.router.clone(), LocalCaller { user: "bob".into(), role: Role::Auditor });
    let session = ask(&reader, "GET /v1/session", &[], "").await.json();
    assert_eq!(
        (session["principal"].as_str(), session["role"].as_str()),
        (Some("local:bob"), Some("auditor"))
    );
    let before = api.seq().await;
    assert_eq!(ask(&reader, "POST /v1/projects", &[], "").await.code(), "READ_ONLY");
    assert_eq!(ask(&reader, "GET /v1/tokens", &[], "").await.code(), "FORBIDDEN");
    // A header changes nothing: who comes through the socket is who the system says.
    let token = [("authorization", format!("Bearer {}", api.admin.reveal()))];
    assert_eq!(ask(&reader, "POST /v1/projects", &token, "").await.code(), "READ_ONLY");
    assert_eq!(api.seq().await, before);
}

#[tokio::test]
async fn each_route_is_listed_once_and_unlisted_methods_are_refused_with_those_allowed() {
    let api = Api::start().await;
    for (at, route) in ROUTES.iter().enumerate() {
        let same =
            ROUTES[at + 1..].iter().find(|other| (&other.method, other.path) == (&route.method, route.path));
        assert!(same.is_none(), "{} {} is there twice", route.method, route.path);
        let path = route.path.replace("{id}", "key_00000000000000000000000000").replace("{version}", "1");
        let answer = api.ask(&format!("TRACE {path}"), "").await;
        assert_eq!((answer.status, answer.code().as_str()), (405, "METHOD_NOT_ALLOWED"), "{}", route.path);
        let allowed: Vec<_> = answer.header("allow").split(',').map(str::trim).collect();
        assert!(allowed.contains(&route.method.as_str()), "{}: {allowed:?}", route.path);
    }
}

#[tokio::test]
async fn a_revoked_token_opens_nothing_from_the_moment_of_the_answer() {
    let api = Api::start().await;
    let client = api.client(Via::Embedded);
    let made = client.create_token("brief", Role::Member).await.expect("a token");
    assert_eq!(api.ask_as(Some(&made.secret), "GET /v1/session", "").await.status, 200);
    let revoked = client.revoke_token(made.token.id).await.expect("revoked");
    assert_eq!(api.ask_as(Some(&made.secret), "GET /v1/session", "").await.code(), "INVALID_TOKEN");
    assert_eq!((revoked.receipt.confirmed_by, revoked.receipt.nodes), (1, 1));
}

/// What a route takes from a caller who may: a path with ids that exist, and a body. A route that is not
/// here fails the test: it has no stated meaning for each caller.
async fn valid(api: &Api, route: &Route, caller: Caller, revoked: &Secret) -> (String, String) {
    let unique = format!("{caller:?} {} {}", route.method, route.path);
    let project = async || api.project(&unique).await.to_string();
    let key = async || {
        let project = api.project(&unique).await;
        let new = NewKey::named("web", Mode::Live);
        api.client(Via::Embedded).create_key(project, &new).await.expect("a key").key.id.to_string()
    };
    let token = async || {
        let made = api.client(Via::Embedded).create_token(&unique, Role::Member).await.expect("a token");
        made.token.id.to_string()
    };
    if route.path == IDEMPOTENCY_CLOSE {
        // Each caller closes the key with which it has created something.
        if expected(caller, route).is_none() {
            let create = format!("POST /v1/projects/{}/keys", project().await);
            let mut headers = credentials(api, caller, revoked);
            headers.extend([JSON, CLOSED].map(|(name, value)| (name, value.to_owned())));
            let made = ask(router(api, caller), &create, &headers, r#"{"name":"web"}"#).await;
            assert_eq!(made.status, 201, "{made:?}");
        }
        return (route.path.to_owned(), String::new());
    }
    if route.path == NODE_FORGET {
        let nodes = api.client(Via::Embedded).nodes().await.expect("nodes");
        return (route.path.replace("{id}", &nodes[0].id.to_string()), String::new());
    }
    if route.path == NODES_ACCEPT_HISTORY {
        let head = api.client(Via::Embedded).session().await.expect("a session").audit_head;
        return (route.path.to_owned(), format!(r#"{{"head":"{head}"}}"#));
    }
    if route.path == "/v1/keys/revoke" {
        return (route.path.to_owned(), format!(r#"{{"ids":["{}"]}}"#, key().await));
    }
    let (id, body) = match (route.method.as_str(), route.path) {
        ("GET", "/v1/session" | "/v1/projects" | "/v1/keys" | "/v1/audit-events" | "/v1/tokens") => {
            (String::new(), "")
        }
        ("GET", "/v1/nodes") => (String::new(), ""),
        ("GET", "/v1/keys/groups") => (String::new(), ""),
        ("GET", "/v1/events") => (String::new(), ""),
        ("GET", "/v1/openapi.json" | "/metrics" | "/healthz" | "/readyz") => (String::new(), ""),
        ("POST", "/v1/projects") => (
            String::new(),
            match caller {
                Caller::Member => r#"{"name":"by member"}"#,
                Caller::Admin => r#"{"name":"by admin"}"#,
                _ => r#"{"name":"by other"}"#,
            },
        ),
        ("POST", "/v1/tokens") => (
            String::new(),
            match caller {
                Caller::Admin => r#"{"name":"by admin","role":"auditor"}"#,
                _ => r#"{"name":"by other","role":"auditor"}"#,
            },
        ),
        ("GET", "/v1/reviews") => (String::new(), ""),
        ("POST", "/v1/reviews") => {
            key().await;
            (String::new(), r#"{"name":"quarter"}"#)
        }
        ("GET", "/v1/reviews/{id}" | "/v1/reviews/{id}/items") => (review(api, key().await).await, ""),
        ("PATCH", "/v1/reviews/{id}") => {
            (started_by(api, caller, route, revoked, key().await).await, r#"{"name":"half-year"}"#)
        }
        ("PUT", "/v1/reviews/{id}/items/{key}") => {
            let key = key().await;
            let id = review(api, key.clone()).await;
            return (
                route.path.replace("{id}", &id).replace("{key}", &key),
                r#"{"decision":"skip","version":0}"#.to_owned(),
            );
        }
        ("DELETE", "/v1/reviews/{id}/items/{key}") => {
            let key = key().await;
            let id = review(api, key.clone()).await;
            let skip = Decide { decision: Decision::Skip, until: None, reason: None, version: 0 };
            let (review, item) = (id.parse().expect("an id"), key.parse().expect("an id"));
            api.client(Via::Embedded).decide(review, item, &skip).await.expect("a decision");
            return (route.path.replace("{id}", &id).replace("{key}", &key), String::new());
        }
        ("POST", "/v1/reviews/{id}/execute") => {
            // The hash of no decisions.
            let none = r#"{"decisions":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}"#;
            (review(api, key().await).await, none)
        }
        ("POST", "/v1/reviews/{id}/sign") => {
            let (review, head) = packs::executed(api, &format!("\"{}\"", key().await)).await;
            let body = format!(r#"{{"head":"{head}","samePerson":true}}"#);
            return (route.path.replace("{id}", &review.id.to_string()), body);
        }
        ("POST", "/v1/reports") => (String::new(), ""),
        ("GET", "/v1/findings") => (String::new(), ""),
        ("GET", "/v1/projects/{id}" | "/v1/projects/{id}/rules" | "/v1/projects/{id}/deployments") => {
            (project().await, "")
        }
        ("PATCH", "/v1/projects/{id}") => (
            project().await,
            match caller {
                Caller::Member => r#"{"name":"renamed by member"}"#,
                Caller::Admin => r#"{"name":"renamed by admin"}"#,
                _ => r#"{"name":"renamed by other"}"#,
            },
        ),
        ("DELETE", "/v1/projects/{id}") => (project().await, ""),
        ("POST", "/v1/projects/{id}/keys") => (project().await, r#"{"name":"web"}"#),
        ("PUT", "/v1/projects/{id}/rules") => (project().await, r#"[{"source":"/a","destination":"/b"}]"#),
        ("POST", "/v1/projects/{id}/deployments") => (project().await, ""),
        ("GET", "/v1/projects/{id}/deployments/{version}") => {
            let project = api.project(&unique).await;
            api.client(Via::Embedded).deploy(project, false).await.expect("deployed");
            (project.to_string(), "")
        }
        ("GET", "/v1/keys/{id}" | "/v1/keys/{id}/usage" | "/v1/keys/{id}/callers") => (key().await, ""),
        ("PATCH", "/v1/keys/{id}") => (key().await, r#"{"name":"other"}"#),
        ("POST", "/v1/keys/{id}/pause") => (key().await, r#"{"reason":"test"}"#),
        ("POST", "/v1/keys/{id}/resume") => {
            let id = key().await;
            let paused = api.client(Via::Embedded).pause_key(id.parse().expect("an id"), None).await;
            paused.expect("a pause");
            (id, "")
        }
        ("POST", "/v1/keys/{id}/revoke") => (key().await, r#"{"reason":"test"}"#),
        ("POST", "/v1/keys/{id}/rotate" | "/v1/keys/{id}/rotation") => (key().await, ""),
        ("GET" | "DELETE", "/v1/keys/{id}/rotation") => {
            let id = key().await;
            let start = StartRotation::default();
            api.client(Via::Embedded)
                .start_rotation(id.parse().expect("an id"), start)
                .await
                .expect("a start");
            (id, "")
        }
        ("POST", "/v1/tokens/{id}/revoke") => (token().await, ""),
        (method, path) => panic!("{method} {path} is new: say here what a good call of it is"),
    };
    (route.path.replace("{id}", &id).replace("{version}", "1"), body.to_owned())
}

/// A review of a key.
async fn review(api: &Api, key: String) -> String {
    let scope = Scope { filter: format!("\"{key}\""), ..Scope::default() };
    let new = NewReview { name: "quarter".into(), scope, due_at: None };
    api.client(Via::Embedded).start_review(&new).await.expect("a review").id.to_string()
}

/// The same, started by the caller if they may: then they may change it, too.
async fn started_by(api: &Api, caller: Caller, route: &Route, revoked: &Secret, key: String) -> String {
    if expected(caller, route).is_some() {
        return review(api, key).await;
    }
    let mut headers = credentials(api, caller, revoked);
    headers.push((JSON.0, JSON.1.to_owned()));
    let body = r#"{"name":"quarter"}"#;
    let started = ask(router(api, caller), "POST /v1/reviews", &headers, body).await;
    assert_eq!(started.status, 201, "{started:?}");
    started.json()["id"].as_str().expect("an id").to_owned()
}

fn expected(caller: Caller, route: &Route) -> Option<(u16, &'static str)> {
    let reads = route.method == Method::GET;
    match (route.right, caller) {
        (Right::Anyone, _) | (_, Caller::Admin | Caller::Local) => None,
        (_, Caller::None) => Some((401, "UNAUTHENTICATED")),
        (_, Caller::Malformed | Caller::ApiKey | Caller::Unknown | Caller::Revoked | Caller::Twice) => {
            Some((401, "INVALID_TOKEN"))
        }
        (Right::Read | Right::Review, _) | (Right::Write, Caller::Member) => None,
        (Right::Admin, Caller::Member) => Some((403, "FORBIDDEN")),
        (Right::Admin, Caller::Auditor) if reads => Some((403, "FORBIDDEN")),
        (Right::Write | Right::Admin, Caller::Auditor) => Some((403, "READ_ONLY")),
    }
}

/// What a body of these calls is.
const JSON: (&str, &str) = ("content-type", "application/json");
/// The key that each caller closes.
const CLOSED: (&str, &str) = ("idempotency-key", "k");

async fn call(api: &Api, caller: Caller, revoked: &Secret, what: &str, body: String) -> Answer {
    let mut headers = credentials(api, caller, revoked);
    let mut add = |(name, value): (&'static str, &str)| headers.push((name, value.to_owned()));
    if !body.is_empty() {
        add(JSON);
    }
    if what.ends_with(IDEMPOTENCY_CLOSE) {
        add(CLOSED);
    }
    ask(router(api, caller), what, &headers, body).await
}

fn router(api: &Api, caller: Caller) -> &axum::Router {
    if caller == Caller::Local { &api.local } else { &api.router }
}

fn credentials(api: &Api, caller: Caller, revoked: &Secret) -> Vec<(&'static str, String)> {
    let bearer = |token: &str| ("authorization", format!("Bearer {token}"));
    match caller {
        Caller::None | Caller::Local => vec![],
        Caller::Malformed => vec![bearer("redir_mgmt_AbCdEfGhIjKlMnOpQrStUvWxYz3iKEgX")],
        Caller::ApiKey => vec![bearer("redir_live_7kf2Q9w3ErTy5UiOp1AsDf8GhJ2I1YZq")],
        Caller::Unknown => vec![bearer("redir_mgmt_AbCdEfGhIjKlMnOpQrStUvWxYz3iKEgY")],
        Caller::Revoked => vec![bearer(revoked.reveal())],
        Caller::Twice => vec![bearer(api.admin.reveal()), bearer(api.admin.reveal())],
        Caller::Auditor => vec![bearer(api.auditor.reveal())],
        Caller::Member => vec![bearer(api.member.reveal())],
        Caller::Admin => vec![bearer(api.admin.reveal())],
    }
}
