//! Bad input on every route, made from the document: each body and each parameter, wrong in each way. The
//! answer has its code and names the field, and nothing is changed.

use axum::body::Body;
use axum::http::Request;
use keydeck::client::Via;
use keydeck::server::{ROUTES, Route};
use keydeck::wire::audit::Verifier;
use keydeck::wire::id::{KeyId, NodeId, ProjectId, ReviewId, TokenId};
use keydeck::wire::reviews::{NewReview, Scope};
use serde_json::{Map, Value, json};
use tower::ServiceExt as _;

use crate::support::api::{Answer, Api, ask};
use crate::support::document::{DOCUMENT, assert_documented};
use crate::support::hostile::WHOLE_KEY;

/// A server with a project, a key and a token, for the ids in paths.
struct World {
    api: Api,
    project: ProjectId,
    key: KeyId,
    token: TokenId,
    review: ReviewId,
    node: NodeId,
}

impl World {
    async fn new() -> World {
        let api = Api::start().await;
        let project = api.project("shop").await;
        let (key, _) = api.key(project, "web").await;
        api.key(project, "app").await;
        let token = api.client(Via::Embedded).tokens_all(None).await.expect("tokens")[1].id;
        let new = NewReview { name: "quarter".into(), scope: Scope::default(), due_at: None };
        let review = api.client(Via::Embedded).start_review(&new).await.expect("a review").id;
        let node = api.client(Via::Embedded).nodes().await.expect("nodes")[0].id;
        World { api, project, key: key.id, token, review, node }
    }

    /// A route's path with ids that exist.
    fn path(&self, route: &Route) -> String {
        let id = match route.path.split('/').nth(2) {
            Some("projects") => self.project.to_string(),
            Some("keys") => self.key.to_string(),
            Some("reviews") => self.review.to_string(),
            Some("nodes") => self.node.to_string(),
            _ => self.token.to_string(),
        };
        route.path.replace("{id}", &id).replace("{version}", "1").replace("{key}", &self.key.to_string())
    }

    async fn send(&self, route: &Route, media: &str, body: impl Into<Body>) -> Answer {
        let headers = [
            ("authorization", format!("Bearer {}", self.api.admin.reveal())),
            ("content-type", media.to_owned()),
        ];
        ask(&self.api.router, &format!("{} {}", route.method, self.path(route)), &headers, body).await
    }

    /// Sends a body that is refused so.
    async fn refused(&self, route: &Route, media: &str, body: String, expected: (u16, &str, &str)) {
        let what: String =
            format!("{} {} {media} {body}", route.method, route.path).chars().take(200).collect();
        let before = self.api.seq().await;
        let answer = self.send(route, media, body).await;
        let json = answer.json();
        let field = json["field"].as_str().unwrap_or_default();
        assert_eq!((answer.status, answer.code().as_str(), field), expected, "{what}: {answer:?}");
        assert_documented(route.method.as_str(), &self.path(route), answer.status, &answer.code());
        assert!(!answer.text.contains(WHOLE_KEY), "{what} repeats the key");
        assert_eq!(self.api.seq().await, before, "{what} changed something");
    }
}

/// The members of a route's body, as the document tells of them; none for a route without one.
fn members(route: &Route) -> Option<Map<String, Value>> {
    let operation = &DOCUMENT["paths"][route.path][route.method.as_str().to_lowercase()];
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let named = schema["$ref"].as_str()?.trim_start_matches('#');
    let schema = DOCUMENT.pointer(named)?;
    // The list of rules has a test of its own.
    (schema["type"] == "object").then(|| schema["properties"].as_object().cloned().unwrap_or_default())
}

/// The types that a member may have.
fn types(member: &Value) -> Vec<String> {
    let of = |member: &Value| match &member["type"] {
        Value::String(one) => vec![one.clone()],
        Value::Array(some) => some.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
        // Ids, times and words stand in schemas of their own.
        _ if member["$ref"].is_string() => {
            let named = member["$ref"].as_str().unwrap_or_default().trim_start_matches('#');
            let object = DOCUMENT.pointer(named).is_some_and(|schema| schema["type"] == "object");
            vec![if object { "object" } else { "string" }.to_owned()]
        }
        _ => vec![],
    };
    match member["oneOf"].as_array() {
        Some(kinds) => kinds.iter().flat_map(of).collect(),
        None => of(member),
    }
}

/// A body that would do.
fn good(members: &Map<String, Value>) -> Map<String, Value> {
    let known = [
        ("name", json!("new")),
        ("role", json!("auditor")),
        ("decision", json!("skip")),
        ("version", json!(0)),
        ("head", json!(format!("1:{}", "0".repeat(64)))),
        ("ids", json!(["key_00000000000000000000000000"])),
    ];
    let there = known.into_iter().filter(|(name, _)| members.contains_key(*name));
    there.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The same with one member replaced or added.
fn with(members: &Map<String, Value>, name: &str, value: Value) -> String {
    let mut body = good(members);
    body.insert(name.to_owned(), value);
    Value::Object(body).to_string()
}

#[tokio::test]
async fn each_member_of_each_body_is_refused_when_it_holds_a_key_or_another_type() {
    const JSON: &str = "application/json";
    let world = World::new().await;
    let (mut bodies, mut texts) = (0, 0);
    for route in ROUTES {
        let Some(members) = members(route) else { continue };
        bodies += 1;
        for (name, member) in &members {
            let types = types(member);
            if types.iter().any(|kind| kind == "string") {
                texts += 1;
                let body = with(&members, name, json!(format!("my {WHOLE_KEY}!")));
                world.refused(route, JSON, body, (400, "SECRET_IN_TEXT", name)).await;
            }
            if types.iter().any(|kind| kind == "array") {
                let body = with(&members, name, json!([WHOLE_KEY]));
                world.refused(route, JSON, body, (400, "SECRET_IN_TEXT", name)).await;
            }
            for (kind, value) in [
                ("integer", json!(-5)),
                ("number", json!(1.5)),
                ("boolean", json!(true)),
                ("array", json!([[]])),
                ("object", json!({ "a": 1 })),
                ("null", json!(null)),
                ("string", json!("?")),
            ] {
                if !types.iter().any(|known| known == kind) {
                    let body = with(&members, name, value);
                    world.refused(route, JSON, body, (400, "INVALID_FIELD", name)).await;
                }
            }
        }
        let key = with(&members, WHOLE_KEY, json!(1));
        let answer = world.send(route, JSON, key).await;
        assert_eq!((answer.code().as_str(), answer.text.contains(WHOLE_KEY)), ("SECRET_IN_TEXT", false));
        world
            .refused(route, JSON, with(&members, "surprise", json!(1)), (400, "INVALID_FIELD", "surprise"))
            .await;
        let deep = format!("{{\"surprise\":{}", "[".repeat(100_000));
        world.refused(route, JSON, deep, (400, "INVALID_FIELD", "surprise")).await;
        let good = Value::Object(good(&members)).to_string();
        for broken in [format!("{good} {{}}"), format!("{good}x")] {
            world.refused(route, JSON, broken, (400, "INVALID_BODY", "body")).await;
        }
        if good.len() > 2 {
            let cut = good[..good.len() - 1].to_owned();
            world.refused(route, JSON, cut, (400, "INVALID_BODY", "body")).await;
        }
        for broken in ["{", "{\"", "[]", "null", "5", "\u{feff}{}", "{,}", "{'a':1}"] {
            world.refused(route, JSON, broken.to_owned(), (400, "INVALID_BODY", "body")).await;
        }
        let huge = with(&members, "surprise", json!("x".repeat(1024 * 1024)));
        world.refused(route, JSON, huge, (413, "BODY_TOO_LARGE", "body")).await;
        for media in
            ["text/plain", "text/csv", "application/x-www-form-urlencoded", "multipart/form-data", "json"]
        {
            let refused = (415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type");
            world.refused(route, media, "{}".to_owned(), refused).await;
        }
    }
    assert!(bodies >= 10 && texts >= 10, "the document has bodies: {bodies}, {texts}");
}

#[tokio::test]
async fn each_column_of_a_rule_is_refused_when_it_holds_a_key_or_another_type() {
    let world = World::new().await;
    let route = ROUTES
        .iter()
        .find(|route| route.method == "PUT" && route.path.ends_with("/rules"))
        .expect("the rules");
    let row = |name: &str, value: Value| {
        let mut row = json!({ "source": "/a", "destination": "/b" });
        row[name] = value;
        row
    };
    let good = row("status", json!(302));
    for (name, wrong) in [
        ("source", vec![json!(5), json!(null), json!("a"), json!(""), json!("/%zz"), json!("/a\u{202e}")]),
        ("destination", vec![json!(5), json!([]), json!(""), json!("x".repeat(2049))]),
        ("status", vec![json!("301"), json!(200), json!(-1), json!(99_999_999_999_u64), json!(301.5)]),
        ("match", vec![json!("prefix"), json!(1), json!(null)]),
        ("priority", vec![json!("first"), json!(9_999_999_999_u64), json!(0.5)]),
        ("surprise", vec![json!(1)]),
    ] {
        for value in wrong {
            let rows = json!([good, row(name, value.clone())]);
            for body in [rows.clone(), json!({ "items": rows }), json!({ "rules": rows })] {
                let expected = (400, "INVALID_RULES", name);
                world.refused(route, "application/json", body.to_string(), expected).await;
            }
        }
    }
    for name in ["source", "destination", "match"] {
        let body = json!([row(name, json!(format!("/{WHOLE_KEY}")))]).to_string();
        world.refused(route, "application/json", body, (400, "SECRET_IN_TEXT", name)).await;
    }
    for name in ["source", "destination"] {
        for encoded in ["%72", "%2572"] {
            let text = format!("/a/{encoded}{}", &WHOLE_KEY[1..]);
            let body = json!([row(name, json!(text))]).to_string();
            world.refused(route, "application/json", body, (400, "SECRET_IN_TEXT", name)).await;
        }
    }
    for (csv, code, field) in [
        ("source,destination\na,/b\n", "INVALID_RULES", "source"),
        ("source,destination,status\n/a,/b,many\n", "INVALID_RULES", "status"),
        ("source,destination,match\n/a,/b,prefix\n", "INVALID_RULES", "match"),
        ("source,destination,priority\n/a,/b,x\n", "INVALID_RULES", "priority"),
        ("source\n/a\n", "INVALID_RULES", "destination"),
        (&format!("source,destination\n/a,/{WHOLE_KEY}\n"), "SECRET_IN_TEXT", "destination"),
        (&format!("source,destination,status\n/a,/b,{WHOLE_KEY}\n"), "SECRET_IN_TEXT", "status"),
        (&format!("source,destination,{WHOLE_KEY}\n/a,/b,c\n"), "SECRET_IN_TEXT", "source"),
    ] {
        world.refused(route, "text/csv", csv.to_owned(), (400, code, field)).await;
    }
}

#[tokio::test]
async fn each_parameter_of_each_route_is_refused_when_it_is_wrong_twice_or_holds_a_key() {
    let world = World::new().await;
    let before = world.api.seq().await;
    let refused = async |route: &Route, query: &str, code: &str, field: &str| {
        let what = format!("{} {}?{query}", route.method, world.path(route));
        let answer = world.api.ask(&what, "").await;
        let json = answer.json();
        let named = json["field"].as_str().unwrap_or_default();
        assert_eq!((answer.status, answer.code().as_str(), named), (400, code, field), "{what}: {answer:?}");
        assert_documented(route.method.as_str(), &world.path(route), 400, code);
        assert!(!answer.text.contains(WHOLE_KEY), "{what} repeats the key");
    };
    for route in ROUTES {
        refused(route, &format!("x={WHOLE_KEY}"), "SECRET_IN_TEXT", "url").await;
        refused(route, "surprise=1", "INVALID_FIELD", "surprise").await;
        for name in route.query {
            refused(route, &format!("{name}={WHOLE_KEY}"), "SECRET_IN_TEXT", "url").await;
            refused(route, &format!("{name}=%2572{}", &WHOLE_KEY[1..]), "SECRET_IN_TEXT", "url").await;
            refused(route, &format!("{name}=1&{name}=1"), "INVALID_FIELD", name).await;
            refused(route, &format!("{name}=%ff"), "INVALID_FIELD", name).await;
            let code = match *name {
                "limit" => "INVALID_LIMIT",
                "cursor" => "INVALID_CURSOR",
                "filter" => "INVALID_FILTER",
                // Any text may be an actor's.
                "actor" => continue,
                _ => "INVALID_FIELD",
            };
            for wrong in ["used%3Aoften", "%00%3A", "-1%3A%F0%9F%94%91"] {
                if *name == "filter" && wrong != "used%3Aoften" {
                    continue;
                }
                let pair = match *name {
                    "handle" => format!("handle={wrong}&last4=abcd"),
                    "last4" => format!("last4={wrong}&handle=abcd"),
                    name => format!("{name}={wrong}"),
                };
                refused(route, &pair, code, name).await;
            }
        }
    }
    assert_eq!(world.api.seq().await, before, "a refused call changed something");
}

#[tokio::test]
async fn a_cursor_of_another_list_filter_or_sort_is_refused() {
    let world = World::new().await;
    let api = &world.api;
    api.project("blog").await;
    let rules = r#"[{"source":"/a","destination":"/b"},{"source":"/c","destination":"/d"}]"#;
    api.ask(&format!("PUT /v1/projects/{}/rules", world.project), rules).await;
    for _ in 0..2 {
        api.ask(&format!("POST /v1/projects/{}/deployments", world.project), "").await;
    }
    let lists = [
        "/v1/keys?".to_owned(),
        "/v1/keys?sort=-created&".to_owned(),
        "/v1/keys?sort=name&".to_owned(),
        "/v1/keys?status=all&".to_owned(),
        "/v1/keys?filter=a&status=all&".to_owned(),
        format!("/v1/keys?project={}&", world.project),
        "/v1/projects?".to_owned(),
        "/v1/tokens?".to_owned(),
        "/v1/audit-events?".to_owned(),
        "/v1/audit-events?actor=local:ann&".to_owned(),
        "/v1/audit-events?filter=ann&".to_owned(),
        "/v1/audit-events?filter=by:ann&".to_owned(),
        format!("/v1/projects/{}/rules?", world.project),
        format!("/v1/projects/{}/deployments?", world.project),
    ];
    let mut cursors = Vec::new();
    for list in &lists {
        let page = api.ask(&format!("GET {list}limit=1"), "").await.json();
        if let Some(next) = page["next"].as_str() {
            cursors.push((list, next.to_owned()));
        }
    }
    assert!(cursors.len() >= lists.len() - 1, "the lists have pages: {cursors:?}");
    for list in &lists {
        for (other, cursor) in &cursors {
            let answer = api.ask(&format!("GET {list}limit=1&cursor={cursor}"), "").await;
            if list == *other {
                assert_eq!(answer.status, 200, "{list}: {answer:?}");
            } else {
                assert_eq!(answer.code(), "INVALID_CURSOR", "{list} with a cursor of {other}");
            }
        }
    }
}

#[tokio::test]
async fn times_far_in_the_past_are_times_and_what_is_none_is_refused() {
    let world = World::new().await;
    let api = &world.api;
    let ids = json!([world.key]);
    for (time, good) in [
        ("0000-01-01T00:00:00Z", true),
        ("1969-12-31T23:59:59.999Z", true),
        ("2026-01-15T12:00:00%2B14:00", true),
        ("2025-12-31T23:59:60Z", true),
        ("10000-01-01T00:00:00Z", false),
        ("-0001-01-01T00:00:00Z", false),
        ("2026-02-30T00:00:00Z", false),
        ("2026-01-01T25:00:00Z", false),
        ("2026-01-01", false),
        ("1768478400", false),
        ("now", false),
    ] {
        for name in ["after", "before"] {
            let answer = api.ask(&format!("GET /v1/audit-events?{name}={time}"), "").await;
            assert_eq!(answer.status, if good { 200 } else { 400 }, "{name} {time}: {answer:?}");
            if !good {
                assert_eq!(
                    (answer.code().as_str(), &answer.json()["field"]),
                    ("INVALID_FIELD", &json!(name))
                );
            }
        }
        let body = json!({ "ids": ids, "unusedSince": time.replace("%2B", "+"), "dryRun": true }).to_string();
        let answer = api.ask("POST /v1/keys/revoke", &body).await;
        assert_eq!(answer.status, if good { 200 } else { 400 }, "{time}: {answer:?}");
    }
}

#[tokio::test]
async fn a_clock_that_jumps_breaks_nothing() {
    const DAY: i64 = 86_400_000;
    let world = World::new().await;
    let api = &world.api;
    let (used, secret) = api.key(world.project, "used").await;
    let use_it = async || {
        let address = format!("/v1/lookup?project={}&path=/a", world.project);
        let request = Request::get(address).header("x-api-key", secret.reveal()).body(Body::empty());
        let Ok(answer) = api.edge.router().oneshot(request.expect("a request")).await;
        assert_eq!(answer.status(), 204);
        assert!(api.store.changes().flush_usage(keydeck::store::changes::Need::Revocation).await);
        let key = api.ask(&format!("GET /v1/keys/{}", used.id), "").await.json();
        key["lastUsedAt"].as_str().expect("it was used").to_owned()
    };
    let mut last = use_it().await;
    for (number, days) in [40_000, -80_000, 365 * 9000, -365 * 14_000, 365 * 5000].into_iter().enumerate() {
        api.advance(days * DAY);
        let now = use_it().await;
        assert!(now >= last, "a last use moved back: {last} to {now}");
        last = now;
        for call in [
            "GET /v1/session".to_owned(),
            "GET /v1/keys?status=all&filter=idle%3E90d".to_owned(),
            "GET /v1/keys?sort=-lastUsed".to_owned(),
            "GET /v1/projects".to_owned(),
            "GET /v1/audit-events".to_owned(),
            "GET /metrics".to_owned(),
            format!("GET /v1/keys/{}/usage?days=90", used.id),
            format!("GET /v1/keys/{}/callers", used.id),
        ] {
            let answer = api.ask(&call, "").await;
            assert_eq!(answer.status, 200, "{call} after {days} days: {answer:?}");
        }
        let name = format!(r#"{{"name":"made {number}"}}"#);
        let made = api.ask(&format!("POST /v1/projects/{}/keys", world.project), &name).await;
        assert_eq!(made.status, 201, "{made:?}");
        let id = made.json()["key"]["id"].as_str().expect("an id").to_owned();
        let revoked = api.ask(&format!("POST /v1/keys/{id}/revoke"), "").await;
        assert_eq!((revoked.status, &revoked.json()["receipt"]["confirmedBy"]), (200, &json!(1)));
    }
    let mut verifier = Verifier::default();
    for (body, hash) in api.store.audit_chain(0, 1000).await.expect("the chain") {
        verifier.take(&body, &hash).expect("it holds");
    }
    assert_eq!(verifier.head().seq, api.seq().await);
}
