//! A server of a later version: it answers with words, members and kinds of events that this program does not know.

use std::net::SocketAddr;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use keydeck::secret::{Kind, Secret};
use keydeck::wire::audit::Event;
use keydeck::wire::reviews::{Decide, Decision, Scope};
use serde_json::{Value, json};

use super::fixtures::{World, event, key, project, receipt};
use super::reviews::Reviews;

/// A running server; it ends with its thread's runtime, when it is dropped.
pub(crate) struct Newer {
    pub(crate) url: String,
    pub(crate) token: String,
    _runtime: tokio::runtime::Runtime,
}

/// A key whose status and mode are of a later version, with members that are new and without some that are old.
pub(crate) fn quarantined() -> Value {
    let shop = project(1, "shop");
    let mut key = serde_json::to_value(key(1, "web", &shop, Some(60))).expect("JSON");
    let members = key.as_object_mut().expect("an object");
    members.extend([
        ("status".into(), json!("quarantined")),
        ("mode".into(), json!("staging")),
        ("quarantinedAt".into(), json!("2026-11-23T17:00:00Z")),
        ("findings".into(), json!([{ "code": "haunted", "severity": "dire", "since": null, "text": "?" }])),
    ]);
    for absent in ["requests30d", "confirmed", "refusedSinceRevoked", "lastRefusedAt", "rotatedFrom"] {
        members.remove(absent);
    }
    key
}

/// An event whose action is of a later version, as it is chained.
pub(crate) fn quarantining() -> Value {
    let seen = event(1, project(1, "shop").id, key(1, "web", &project(1, "shop"), None).id);
    let mut value = serde_json::to_value(seen).expect("JSON");
    value["action"] = json!("key.quarantined");
    value["previousHash"] = json!("0".repeat(64));
    value.as_object_mut().expect("an object").remove("hash");
    let hash = Event::hash_of(&"0".repeat(64), &value.to_string());
    value["hash"] = json!(hash);
    value
}

impl Newer {
    pub(crate) fn start() -> Newer {
        let mut reviews = Reviews::default();
        let others = [key(3, "cron", &project(1, "shop"), None), key(4, "feed", &project(1, "shop"), None)];
        let review = reviews.start("Q4", Scope::default(), None, &others);
        for of in &others {
            let decide = Decide { decision: Decision::Revoke, until: None, reason: None, version: 0 };
            reviews.decide(review.id, of.id, "local:ann", Some(&decide)).expect("it is open");
        }
        let (review, items) = reviews.all[0].clone();
        let outcome =
            |at: usize, outcome| json!({ "id": others[at].id, "decision": "revoke", "outcome": outcome });
        let executed = json!({
            "review": review, "decisions": "0".repeat(64), "receipt": null,
            "results": [outcome(0, "failed"), outcome(1, "postponed")],
        });
        let mut session = serde_json::to_value(World::small().session()).expect("JSON");
        session["role"] = json!("owner");
        session["plan"] = json!("galactic");
        session["regions"] = json!(["eu", "moon"]);
        session["auditHead"] = json!(format!("1:{}", quarantining()["hash"].as_str().expect("a hash")));
        let page =
            |items: Value| json!({ "items": items, "next": null, "total": 1, "more": false, "took": 1 });
        let plain = key(2, "api", &project(1, "shop"), None);
        let keys = page(json!([quarantined(), plain]));
        let project = serde_json::to_value(project(1, "shop")).expect("JSON");
        let mut counts = project;
        counts["keys"] = json!({ "active": 2, "quarantined": 1 });
        counts["colour"] = json!("red");
        let token = json!({
            "id": "tok_01m8hjesntf3wt78ev751xmz9n", "name": "root", "role": "owner",
            "hint": "redir_mgmt_AbCd****...****KEgY", "createdAt": "2026-11-23T17:00:00Z",
            "createdBy": "local:ann", "revokedAt": null, "revokedBy": null, "expiresAt": null,
        });
        let done = json!({ "results": [{ "id": plain.id, "outcome": "deferred" }], "receipt": receipt() });
        let changed = json!({ "event": quarantining(), "key": quarantined(), "project": null, "cause": "x" });
        let stream = format!(
            "event: ready\ndata: {{\"seq\":0}}\n\nevent: weather\ndata: {{\"sun\":true}}\n\n\
             event: audit\nid: 1\ndata: {changed}\n\n"
        );
        let answer = |value: Value| get(move || async move { axum::Json(value) });
        let router = Router::new()
            .route("/v1/session", answer(session))
            .route("/v1/keys", answer(keys))
            .route("/v1/projects", answer(page(json!([counts]))))
            .route("/v1/tokens", answer(page(json!([token]))))
            .route("/v1/audit-events", answer(page(json!([quarantining()]))))
            .route("/v1/reviews/{id}", answer(json!(review)))
            .route("/v1/reviews/{id}/items", answer(page(json!(items))))
            .route("/v1/reviews/{id}/execute", post(move || async move { axum::Json(executed) }))
            .route("/v1/keys/revoke", post(move || async move { axum::Json(done) }))
            .route(
                "/v1/events",
                get(move || async move { ([(CONTENT_TYPE, "text/event-stream")], stream).into_response() }),
            );
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = runtime.block_on(tokio::net::TcpListener::bind(any)).expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        runtime.spawn(async move { axum::serve(listener, router).await });
        let token = Secret::generate(Kind::Management).expect("random bytes").reveal().to_owned();
        Newer { url, token, _runtime: runtime }
    }
}
