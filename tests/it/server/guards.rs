//! Guards that wrong input must not make void: it is refused with its field, and nothing is changed.

use axum::body::Body;
use axum::http::Request;
use keydeck::secret::Secret;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::api::Api;

/// Uses a key at the node, as a caller does.
async fn look_up(api: &Api, project: &str, secret: &Secret) {
    let address = format!("/v1/lookup?project={project}&path=/a");
    let request = Request::get(address).header("x-api-key", secret.reveal()).body(Body::empty());
    let Ok(answer) = api.edge.router().oneshot(request.expect("a request")).await;
    assert_eq!(answer.status(), 204);
}

async fn outcome(api: &Api, body: &Value) -> String {
    let answer = api.ask("POST /v1/keys/revoke", &body.to_string()).await;
    assert_eq!(answer.status, 200, "{body}: {answer:?}");
    answer.json()["results"][0]["outcome"].as_str().expect("an outcome").to_owned()
}

#[tokio::test]
async fn a_time_in_the_future_protects_no_key_so_it_is_refused() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let (web, secret) = api.key(project, "web").await;
    look_up(&api, &project.to_string(), &secret).await;
    let before = api.seq().await;
    // The server's clock stands at noon. A minute is what two clocks may differ.
    for since in [
        json!("2026-01-15T12:01:00.001Z"),
        json!("2026-01-15T12:30:00Z"),
        json!("2026-01-15T13:00:00+00:30"),
        json!("2026-01-15T01:00:00-14:00"),
        json!("9999-12-31T23:59:59.999Z"),
        json!("9999-12-31T23:59:59-14:00"),
        json!("10000-01-01T00:00:00Z"),
        json!("2026-01-15"),
        json!("NaN"),
        json!(""),
        json!(1_768_478_400),
        json!(-1),
        // What a program sends that computed no time.
        json!(null),
    ] {
        for dry_run in [false, true] {
            let body = json!({ "ids": [web.id], "unusedSince": since, "dryRun": dry_run });
            let answer = api.ask("POST /v1/keys/revoke", &body.to_string()).await;
            let said = answer.json();
            assert_eq!(
                (answer.status, &said["code"], &said["field"]),
                (400, &json!("INVALID_FIELD"), &json!("unusedSince")),
                "{body}: {answer:?}"
            );
        }
    }
    assert_eq!(api.seq().await, before, "nothing was changed");
    // A minute ahead is a clock that differs; an offset is no future.
    for (since, expected) in [
        ("2026-01-15T12:01:00Z", "revoked"),
        ("2026-01-15T12:00:00Z", "revoked"),
        ("2026-01-16T01:59:59+14:00", "usedSince"),
        ("2025-12-31T23:59:60Z", "usedSince"),
        ("1969-12-31T00:00:00Z", "usedSince"),
    ] {
        let body = json!({ "ids": [web.id], "unusedSince": since, "dryRun": true });
        assert_eq!(outcome(&api, &body).await, expected, "{since}");
    }
}

#[tokio::test]
async fn a_use_a_moment_before_the_call_protects_the_key_though_no_node_has_written_it() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let (web, secret) = api.key(project, "web").await;
    let (never, _) = api.key(project, "never").await;
    api.advance(1_000);
    // When the caller looked, neither had been used.
    let body = json!({ "ids": [web.id, never.id], "unusedSince": "2026-01-15T12:00:00Z" });
    api.advance(1_000);
    look_up(&api, &project.to_string(), &secret).await;
    let answer = api.ask("POST /v1/keys/revoke", &body.to_string()).await;
    let outcomes: Vec<_> = answer.json()["results"]
        .as_array()
        .expect("results")
        .iter()
        .map(|one| one["outcome"].clone())
        .collect();
    assert_eq!(outcomes, ["usedSince", "revoked"], "{answer:?}");
    look_up(&api, &project.to_string(), &secret).await;
}

#[tokio::test]
async fn a_key_that_was_never_used_was_not_used_since_any_time() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let (never, _) = api.key(project, "never").await;
    for since in ["0000-01-01T00:00:00Z", "1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00Z"] {
        let body = json!({ "ids": [never.id], "unusedSince": since, "dryRun": true });
        assert_eq!(outcome(&api, &body).await, "revoked", "{since}");
    }
}

#[tokio::test]
async fn wrong_numbers_times_and_lists_are_refused_and_change_nothing() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let (web, _) = api.key(project, "web").await;
    let before = api.seq().await;
    let many: Vec<String> = (0..1001).map(|n| format!("key_{n:026}")).collect();
    let usage = |days: &str| format!("GET /v1/keys/{}/usage?days={days}", web.id);
    let mut calls: Vec<(String, Value, &str, &str)> = vec![
        ("POST /v1/keys/revoke".into(), json!({ "ids": [] }), "INVALID_FIELD", "ids"),
        ("POST /v1/keys/revoke".into(), json!({}), "INVALID_FIELD", "ids"),
        ("POST /v1/keys/revoke".into(), json!({ "ids": many }), "INVALID_FIELD", "ids"),
        (
            "POST /v1/keys/revoke".into(),
            json!({ "ids": [web.id], "dryRun": null }),
            "INVALID_FIELD",
            "dryRun",
        ),
        ("POST /v1/keys/revoke".into(), json!({ "ids": [web.id], "dryRun": 1 }), "INVALID_FIELD", "dryRun"),
    ];
    for after in ["2026-01-15T12:01:00.001Z", "9999-12-31T23:59:59Z", "2026-01-16T12:00:00-14:00"] {
        calls.push((format!("GET /v1/audit-events?after={after}"), Value::Null, "INVALID_FIELD", "after"));
    }
    for (after, earlier) in [
        ("2026-01-15T11:00:00Z", "2026-01-15T11:00:00Z"),
        ("2026-01-15T11:00:00Z", "0000-01-01T00:00:00Z"),
        ("2026-01-15T11:00:00Z", "2026-01-15T12:00:00%2B02:00"),
    ] {
        let call = format!("GET /v1/audit-events?after={after}&before={earlier}");
        calls.push((call, Value::Null, "INVALID_FIELD", "before"));
    }
    for days in ["0", "-1", "91", "4294967296", "99999999999999999999", "1.5", "NaN", "1e1"] {
        calls.push((usage(days), Value::Null, "INVALID_FIELD", "days"));
    }
    for limit in ["0", "-1", "1001", "4294967297", "99999999999999999999", "1.5", "NaN", "inf"] {
        for list in ["keys", "projects", "tokens", "audit-events"] {
            calls.push((format!("GET /v1/{list}?limit={limit}"), Value::Null, "INVALID_LIMIT", "limit"));
        }
    }
    for span in ["999999999999d", "99999999999999999999s", "-1d", "1.5d", "NaNd", "1e3d", "d", ""] {
        for (list, field) in [("keys", "idle%3E"), ("keys", "created%3C"), ("audit-events", "at%3C")] {
            let call = format!("GET /v1/{list}?filter={field}{span}");
            calls.push((call, Value::Null, "INVALID_FILTER", "filter"));
        }
    }
    for (call, body, code, field) in calls {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = api.ask(&call, &body).await;
        let said = answer.json();
        let got = (answer.status, said["code"].as_str(), said["field"].as_str());
        assert_eq!(got, (400, Some(code), Some(field)), "{call}: {answer:?}");
    }
    assert_eq!(api.seq().await, before, "nothing was changed");
}

#[tokio::test]
async fn a_key_named_twice_is_revoked_and_answered_once() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let (web, _) = api.key(project, "web").await;
    let before = api.seq().await;
    let body = json!({ "ids": [web.id, web.id, web.id] });
    let answer = api.ask("POST /v1/keys/revoke", &body.to_string()).await.json();
    assert_eq!(answer["results"].as_array().map(Vec::len), Some(1), "{answer}");
    assert_eq!(api.seq().await, before + 1, "one event");
}

#[tokio::test]
async fn a_clock_that_was_ahead_leaves_no_last_use_in_the_future() {
    const HOUR: i64 = 3_600_000;
    let api = Api::start().await;
    let project = api.project("shop").await;
    let (web, secret) = api.key(project, "web").await;
    api.advance(24 * HOUR);
    look_up(&api, &project.to_string(), &secret).await;
    assert!(api.store.changes().flush_usage(keydeck::store::changes::Need::Revocation).await);
    api.advance(-24 * HOUR);
    let told = async || {
        let key = api.ask(&format!("GET /v1/keys/{}", web.id), "").await.json();
        let keys = api.ask("GET /v1/keys?sort=-lastUsed", "").await.json();
        let project = api.ask(&format!("GET /v1/projects/{project}"), "").await.json();
        let projects = api.ask("GET /v1/projects", "").await.json();
        let callers = api.ask(&format!("GET /v1/keys/{}/callers", web.id), "").await.json();
        let idle = api.ask("GET /v1/keys?filter=idle%3C1s", "").await.json();
        assert_eq!(idle["total"], 1, "it is idle for no time");
        vec![
            key["lastUsedAt"].clone(),
            keys["items"][0]["lastUsedAt"].clone(),
            project["lastUsedAt"].clone(),
            projects["items"][0]["lastUsedAt"].clone(),
            callers[0]["lastAt"].clone(),
        ]
    };
    let noon = json!("2026-01-15T12:00:00.000Z");
    assert_eq!(told().await, vec![noon.clone(); 5]);
    // As far as anybody knows it is in use.
    let body = json!({ "ids": [web.id], "unusedSince": "2026-01-15T12:00:00Z", "dryRun": true });
    assert_eq!(outcome(&api, &body).await, "usedSince");
    // The next use is later than what was noted, whatever its time says.
    api.advance(1_000);
    look_up(&api, &project.to_string(), &secret).await;
    assert!(api.store.changes().flush_usage(keydeck::store::changes::Need::Revocation).await);
    assert_eq!(told().await, vec![json!("2026-01-15T12:00:01.000Z"); 5]);
    api.advance(60_000);
    let later = api.ask(&format!("GET /v1/keys/{}", web.id), "").await.json();
    assert_eq!(later["lastUsedAt"], "2026-01-15T12:00:01.000Z", "it is idle since then");
    assert_eq!(
        outcome(&api, &json!({ "ids": [web.id], "unusedSince": "2026-01-15T12:00:30Z" })).await,
        "revoked"
    );
}
