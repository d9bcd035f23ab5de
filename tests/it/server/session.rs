//! The session, the audit log and health.

use serde_json::json;

use crate::support::api::{Api, ask};

#[tokio::test]
async fn the_session_says_who_asks_and_what_the_server_is_like() {
    let api = Api::start().await;
    let session = api.ask_as(Some(&api.auditor), "GET /v1/session", "").await.json();
    let head = api.store.audit_head().await.expect("a head");
    assert_eq!(
        session,
        json!({
            "principal": "token:reader",
            "role": "auditor",
            "plan": "enterprise",
            "limits": { "activeKeysPerProject": null, "requestsPerMinute": null },
            "serverVersion": "0.1.0-test",
            "nodes": [{ "name": "here", "edge": null, "revision": head.seq, "live": true }],
            "thresholds": { "warnDays": 30, "staleDays": 90, "reviewEveryDays": 90, "quietSeconds": 86_400 },
            "auditHead": head.to_string(),
            "now": "2026-01-15T12:00:00.000Z",
        })
    );
    let local = ask(&api.local, "GET /v1/session", &[], "").await.json();
    assert_eq!((&local["principal"], &local["role"]), (&json!("local:ann"), &json!("admin")));
}

#[tokio::test]
async fn the_audit_log_names_each_change_and_its_actor_newest_first() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let renamed = api.ask(&format!("PATCH /v1/projects/{project}"), r#"{"name":"store"}"#).await;
    let events = api.ask(&format!("GET /v1/audit-events?project={project}"), "").await.json();
    let rows = events["items"].as_array().expect("rows");
    let told: Vec<_> = rows.iter().map(|row| json!([row["action"], row["actor"]])).collect();
    assert_eq!(told, [json!(["project.renamed", "token:root"]), json!(["project.created", "local:ann"])]);
    let head = format!("{}:{}", rows[0]["seq"], rows[0]["hash"].as_str().expect("a hash"));
    assert_eq!(renamed.header("keydeck-audit-head"), head);
    for (query, count) in [
        ("actor=token:root", 1),
        ("actor=nobody", 0),
        ("action=token.created", 3),
        (
            "after=2026-01-15T12:00:00Z&before=2026-01-15T13:00:00%2B00:00",
            rows[0]["seq"].as_u64().expect("a number"),
        ),
        ("before=2026-01-15T12:00:00Z", 0),
        ("limit=1", 1),
    ] {
        let found = api.ask(&format!("GET /v1/audit-events?{query}"), "").await.json();
        assert_eq!(found["items"].as_array().map(|rows| rows.len() as u64), Some(count), "{query}");
    }
}

#[tokio::test]
async fn the_audit_log_is_filtered_as_keys_are() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let (key, _) = api.key(project, "web").await;
    api.ask(&format!("PATCH /v1/keys/{}", key.id), r#"{"name":"front"}"#).await;
    api.ask(&format!("POST /v1/keys/{}/revoke", key.id), r#"{"reason":"In a public repository"}"#).await;
    for (filter, count) in [
        ("PUBLIC%20repo", 1),
        ("front", 3),
        ("key:web", 2),
        ("key:web%20action:revoked", 0),
        ("!by:root%20project:shop", 2),
        ("front%20at%3E1m", 0),
        ("front%20at%3C1m", 3),
        ("hint", 0),
    ] {
        let found =
            api.ask(&format!("GET /v1/audit-events?project={project}&filter={filter}"), "").await.json();
        assert_eq!(found["items"].as_array().map(Vec::len), Some(count), "{filter}: {found}");
        assert_eq!(found["total"], count, "{filter}");
    }
    let wrong = api.ask("GET /v1/audit-events?filter=web%20at%3Csoon", "").await;
    assert_eq!((wrong.status, wrong.code().as_str()), (400, "INVALID_FILTER"));
    let error = wrong.json()["error"].as_str().expect("a sentence").to_owned();
    assert!(error.starts_with("Invalid filter at column 8: expected a duration such as 90d"), "{error}");
}

#[tokio::test]
async fn health_is_for_anybody_and_tells_nothing_else() {
    let api = Api::start().await;
    for path in ["/healthz", "/readyz"] {
        let answer = api.ask_as(None, &format!("GET {path}"), "").await;
        assert_eq!((answer.status, answer.json().as_object().map(serde_json::Map::len)), (200, Some(1)));
    }
}
