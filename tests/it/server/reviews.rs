//! Access reviews over the management API.

use keydeck::server::LocalCaller;
use keydeck::wire::tokens::Role;
use serde_json::{Value, json};

use crate::support::api::Api;
use crate::support::hostile::WHOLE_KEY;

#[tokio::test]
async fn a_review_goes_from_its_start_to_its_execution() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let (web, _) = api.key(project, "web").await;
    let (app, _) = api.key(project, "app").await;
    let started = api.ask("POST /v1/reviews", r#"{"name":" Q1 ","dueAt":"2026-02-01T00:00:00Z"}"#).await;
    assert_eq!(started.status, 201, "{}", started.text);
    let review = started.json();
    assert_eq!(
        json!([review["name"], review["status"], review["startedBy"]]),
        json!(["Q1", "open", "token:root"])
    );
    assert_eq!(review["population"], json!({ "keys": 2, "inScope": 2 }));
    assert_eq!(review["scope"], json!({ "projects": [], "filter": "", "staleDays": null }));
    assert_eq!(review["decisions"]["undecided"], 2);
    assert!(
        review["asOf"]["hash"].as_str().is_some_and(|hash| hash.len() == 64)
            && review["asOf"]["seq"].is_u64()
    );
    let path = format!("/v1/reviews/{}", review["id"].as_str().expect("an id"));

    // An auditor decides; a member executes.
    let item = format!("PUT {path}/items/{}", web.id);
    let decided =
        api.ask_as(Some(&api.auditor), &item, r#"{"decision":"revoke","reason":"unused","version":0}"#).await;
    assert_eq!(decided.status, 200, "{}", decided.text);
    let decided = decided.json();
    assert_eq!(
        json!([
            decided["decision"],
            decided["decidedBy"],
            decided["version"],
            decided["ownKey"],
            decided["key"]["id"]
        ]),
        json!(["revoke", "token:reader", 1, false, web.id])
    );
    let late = api.ask(&item, r#"{"decision":"keep","version":0}"#).await;
    assert_eq!((late.status, late.code().as_str()), (409, "DECISION_CHANGED"));
    api.ask(&format!("PUT {path}/items/{}", app.id), r#"{"decision":"keep","version":0}"#).await;
    let undone = api.ask(&format!("DELETE {path}/items/{}", app.id), "").await;
    assert_eq!((undone.status, undone.text.as_str()), (204, ""));
    let listed = api.ask(&format!("GET {path}/items?decision=undecided"), "").await.json();
    assert_eq!((&listed["total"], &listed["items"][0]["key"]["id"]), (&json!(1), &json!(app.id)));
    assert_eq!(listed["items"][0]["version"], 2);

    let execute = format!("POST {path}/execute");
    let forbidden = api.ask_as(Some(&api.auditor), &execute, r#"{"dryRun":true}"#).await;
    assert_eq!((forbidden.status, forbidden.code().as_str()), (403, "READ_ONLY"));
    let missing = api.ask(&execute, "{}").await;
    assert_eq!((missing.status, &missing.json()["field"]), (400, &json!("decisions")));
    let planned = api.ask_as(Some(&api.member), &execute, r#"{"dryRun":true}"#).await.json();
    assert_eq!(planned["results"], json!([{ "id": web.id, "decision": "revoke", "outcome": "done" }]));
    assert_eq!(planned["receipt"], Value::Null);
    let wrong =
        api.ask_as(Some(&api.member), &execute, &json!({ "decisions": "0".repeat(64) }).to_string()).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (409, "DECISION_CHANGED"));
    let body = json!({ "decisions": planned["decisions"] }).to_string();
    let done = api.ask_as(Some(&api.member), &execute, &body).await.json();
    assert_eq!(done["results"], planned["results"]);
    assert_eq!((&done["receipt"]["confirmedBy"], &done["receipt"]["nodes"]), (&json!(1), &json!(1)));
    assert_eq!(
        (&done["review"]["status"], &done["review"]["executedBy"]),
        (&json!("executed"), &json!("token:worker"))
    );
    let key = api.ask(&format!("GET /v1/keys/{}", web.id), "").await.json();
    assert_eq!(
        json!([key["status"], key["revokedBy"], key["reviewedBy"], key["revokeReason"]]),
        json!(["revoked", "token:worker", "token:reader", "unused"])
    );
    let closed = api.ask(&format!("PUT {path}/items/{}", app.id), r#"{"decision":"keep","version":2}"#).await;
    assert_eq!((closed.status, closed.code().as_str()), (409, "REVIEW_CLOSED"));
}

#[tokio::test]
async fn wrong_reviews_and_decisions_are_refused_and_change_nothing() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let (web, _) = api.key(project, "web").await;
    api.advance(100 * 86_400_000);
    let review = api.ask("POST /v1/reviews", r#"{"name":"Q1"}"#).await.json();
    let id = review["id"].as_str().expect("an id");
    let seq = api.seq().await;
    for (body, status, code, field) in [
        ("{}", 400, "INVALID_FIELD", "name"),
        (r#"{"name":""}"#, 400, "INVALID_NAME", "name"),
        (r#"{"name":"x","dueAt":"2026-01-01T00:00:00Z"}"#, 400, "INVALID_FIELD", "dueAt"),
        (r#"{"name":"x","scope":{"filter":"used:often"}}"#, 400, "INVALID_FILTER", "filter"),
        (r#"{"name":"x","scope":{"filter":"nothing"}}"#, 400, "INVALID_FIELD", "scope"),
        (r#"{"name":"x","scope":{"staleDays":0}}"#, 400, "INVALID_FIELD", "scope.staleDays"),
    ] {
        let refused = api.ask("POST /v1/reviews", body).await;
        let told = (refused.status, refused.code(), refused.json()["field"].clone());
        assert_eq!(told, (status, code.to_owned(), json!(field)), "{body}: {}", refused.text);
    }
    let unknown = r#"{"name":"x","scope":{"projects":["prj_00000000000000000000000009"]}}"#;
    assert_eq!(api.ask("POST /v1/reviews", unknown).await.status, 404);
    let item = format!("PUT /v1/reviews/{id}/items/{}", web.id);
    for (body, code, field) in [
        (r#"{"decision":"burn","version":0}"#, "INVALID_FIELD", "decision"),
        (r#"{"decision":"skip","until":"2027-01-01T00:00:00Z","version":0}"#, "INVALID_FIELD", "until"),
        (r#"{"decision":"keep","until":"2026-01-01T00:00:00Z","version":0}"#, "INVALID_FIELD", "until"),
        (r#"{"decision":"keep","version":0}"#, "INVALID_REASON", "reason"),
        (r#"{"decision":"keep"}"#, "INVALID_FIELD", "version"),
    ] {
        let refused = api.ask(&item, body).await;
        let told = (refused.status, refused.code(), refused.json()["field"].clone());
        assert_eq!(told, (400, code.to_owned(), json!(field)), "{body}: {}", refused.text);
    }
    // Only who started it and admins change a review.
    let edit = format!("PATCH /v1/reviews/{id}");
    let member = api.ask_as(Some(&api.member), &edit, r#"{"name":"mine"}"#).await;
    assert_eq!((member.status, member.code().as_str()), (403, "FORBIDDEN"));
    let status = api.ask(&edit, r#"{"status":"signed"}"#).await;
    assert_eq!((status.status, &status.json()["field"]), (400, &json!("status")));
    assert_eq!(api.seq().await, seq, "nothing was changed");
    // Absent leaves the due date, null clears it.
    let due = "2027-01-31T00:00:00.000Z";
    for (body, after) in [
        (json!({ "dueAt": due }), json!(due)),
        (json!({ "name": "Q1 again" }), json!(due)),
        (json!({ "dueAt": null }), Value::Null),
    ] {
        let edited = api.ask(&edit, &body.to_string()).await;
        assert_eq!((edited.status, &edited.json()["dueAt"]), (200, &after), "{body}");
    }
    let cancelled = api.ask(&edit, r#"{"status":"cancelled"}"#).await;
    assert_eq!(cancelled.json()["status"], "cancelled");
}

#[tokio::test]
async fn a_local_user_who_only_reads_reviews_nothing() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    api.key(project, "web").await;
    let reader = LocalCaller { user: "ann".into(), role: Role::Auditor };
    let read_only = keydeck::server::local(api.router.clone(), reader);
    let refused = crate::support::api::ask(&read_only, "POST /v1/reviews", &[], r#"{"name":"Q1"}"#).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "READ_ONLY"));
}

#[tokio::test]
async fn a_filter_that_holds_a_whole_key_is_refused_and_stored_nowhere() {
    let api = Api::start().await;
    api.key(api.project("shop").await, "web").await;
    let seq = api.seq().await;
    let encoded = WHOLE_KEY.replacen('r', "%72", 1);
    for filter in [WHOLE_KEY.to_owned(), format!("!{WHOLE_KEY}"), format!("!name:\"{WHOLE_KEY}\""), encoded] {
        let body = json!({ "name": "x", "scope": { "filter": filter } }).to_string();
        let refused = api.ask("POST /v1/reviews", &body).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "SECRET_IN_TEXT"), "{}", refused.text);
        assert_eq!(refused.json()["field"], "scope.filter");
        assert!(!refused.text.contains(&WHOLE_KEY[12..]), "{}", refused.text);
    }
    assert_eq!(api.seq().await, seq, "no event tells of it");
    assert_eq!(api.ask("GET /v1/reviews", "").await.json()["total"], 0);
}

#[tokio::test]
async fn the_version_to_undo_stands_in_the_body_or_in_the_url() {
    let api = Api::start().await;
    let (web, _) = api.key(api.project("shop").await, "web").await;
    let review = api.ask("POST /v1/reviews", r#"{"name":"Q1"}"#).await.json();
    let item = format!("/v1/reviews/{}/items/{}", review["id"].as_str().expect("an id"), web.id);
    for (version, reason) in [(0, "mine"), (1, "another's")] {
        let body = json!({ "decision": "keep", "reason": reason, "version": version }).to_string();
        assert_eq!(api.ask(&format!("PUT {item}"), &body).await.status, 200);
    }
    for (query, body) in [("", r#"{"version":1}"#), ("?version=1", ""), ("?version=2", r#"{"version":1}"#)] {
        let late = api.ask(&format!("DELETE {item}{query}"), body).await;
        assert_eq!((late.status, late.code().as_str()), (409, "DECISION_CHANGED"), "{query} {body}");
    }
    for body in [r#"{"version":2,"decision":"x"}"#, r#"{"version":"2"}"#, "["] {
        assert_eq!(api.ask(&format!("DELETE {item}"), body).await.status, 400, "{body}");
    }
    assert_eq!(api.ask(&format!("DELETE {item}"), r#"{"version":2}"#).await.status, 204);
    let path = item.rsplit_once('/').expect("a path").0;
    let listed = api.ask(&format!("GET {path}"), "").await.json();
    assert_eq!(listed["items"][0]["decision"], Value::Null);
}

#[tokio::test]
async fn a_key_that_was_rotated_after_the_execution_is_done() {
    let api = Api::start().await;
    let (web, _) = api.key(api.project("shop").await, "web").await;
    let review = api.ask("POST /v1/reviews", r#"{"name":"Q1"}"#).await.json();
    let path = format!("/v1/reviews/{}", review["id"].as_str().expect("an id"));
    let item = format!("PUT {path}/items/{}", web.id);
    api.ask(&item, r#"{"decision":"rotate","version":0}"#).await;
    let plan = api.ask(&format!("POST {path}/execute"), r#"{"dryRun":true}"#).await.json();
    let body = json!({ "decisions": plan["decisions"] }).to_string();
    let executed = api.ask(&format!("POST {path}/execute"), &body).await.json();
    assert_eq!(executed["results"][0]["outcome"], "toRotate");
    let outcome =
        async || api.ask(&format!("GET {path}/items"), "").await.json()["items"][0]["outcome"].clone();
    assert_eq!(outcome().await, "toRotate");
    assert_eq!(api.ask(&format!("POST /v1/keys/{}/rotate", web.id), "").await.status, 201);
    assert_eq!(outcome().await, "done");
}
