//! Owner, purpose, pause and findings over the management API.

use serde_json::json;

use crate::support::api::Api;

#[tokio::test]
async fn a_key_has_an_owner_and_a_purpose_that_can_be_changed_and_cleared() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let body = r#"{"name":"web","owner":" Team Web ","purpose":"checkout"}"#;
    let made = api.ask(&format!("POST /v1/projects/{project}/keys"), body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let key = &made.json()["key"];
    assert_eq!(
        json!([key["owner"], key["purpose"], key["lastUsedPrecision"]]),
        json!(["Team Web", "checkout", 5])
    );
    assert_eq!(key["findings"], json!([]));
    let path = format!("PATCH /v1/keys/{}", key["id"].as_str().expect("an id"));
    let edited = api.ask(&path, r#"{"owner":null,"name":"front"}"#).await;
    assert_eq!(edited.status, 200, "{}", edited.text);
    let key = edited.json();
    assert_eq!(json!([key["name"], key["owner"], key["purpose"]]), json!(["front", null, "checkout"]));
    assert_eq!(key["findings"][0]["code"], "noOwner");
    assert_eq!(key["findings"][0]["severity"], "low");
    assert_eq!(key["findings"][0]["since"], key["createdAt"]);
    assert_eq!(key["findings"][0]["text"], "No owner.");

    let seq = api.seq().await;
    let long = format!(r#"{{"purpose":"{}"}}"#, "x".repeat(201));
    for (bad, field) in [
        (r#"{"name":null}"#, "name"),
        ("{}", "name"),
        (r#"{"owner":7}"#, "owner"),
        (r#"{"owner":"a\u0007b"}"#, "owner"),
        (long.as_str(), "purpose"),
        (r#"{"colour":"red"}"#, "colour"),
    ] {
        let refused = api.ask(&path, bad).await;
        assert_eq!(
            (refused.status, &refused.json()["field"]),
            (400, &json!(field)),
            "{bad}: {}",
            refused.text
        );
    }
    let secret = r#"{"owner":"redir_live_7kf2Q9w3ErTy5UiOp1AsDf8GhJ2I1YZq"}"#;
    assert_eq!(api.ask(&path, secret).await.code(), "SECRET_IN_TEXT");
    assert_eq!(api.seq().await, seq, "nothing was changed");
}

#[tokio::test]
async fn a_key_is_paused_and_resumed_with_a_receipt() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let (key, _) = api.key(project, "web").await;
    let pause = format!("POST /v1/keys/{}/pause", key.id);
    let paused = api.ask(&pause, r#"{"reason":"is it needed?"}"#).await;
    assert_eq!(paused.status, 200, "{}", paused.text);
    let answer = paused.json();
    assert_eq!(
        json!([answer["key"]["status"], answer["key"]["pauseReason"], answer["key"]["pausedBy"]]),
        json!(["paused", "is it needed?", "token:root"])
    );
    assert_eq!(answer["receipt"]["revision"], api.seq().await);
    assert!(!paused.header("keydeck-audit-head").is_empty());
    let again = api.ask(&pause, "").await;
    assert_eq!(
        again.json()["receipt"]["revision"],
        answer["receipt"]["revision"],
        "a repeat changes nothing"
    );
    let listed = api.ask("GET /v1/keys?filter=status:paused", "").await.json();
    assert_eq!((&listed["total"], &listed["items"][0]["status"]), (&json!(1), &json!("paused")));
    assert_eq!(api.ask("GET /v1/keys?status=active", "").await.json()["total"], 1);
    let (other, _) = api.key(project, "other").await;
    let (gone, _) = api.key(project, "gone").await;
    api.ask(&format!("POST /v1/keys/{}/revoke", gone.id), "").await;
    for (filter, names) in [
        ("!status:paused", "other"),
        ("!status:stale", "other web"),
        ("!status:paused+status:revoked", "gone"),
        ("!status:paused&status=all", "gone other"),
    ] {
        let listed = api.ask(&format!("GET /v1/keys?sort=name&filter={filter}"), "").await.json();
        let listed = listed["items"].as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap());
        assert_eq!(listed.collect::<Vec<_>>().join(" "), names, "{filter}");
    }
    api.ask(&format!("POST /v1/keys/{}/revoke", other.id), "").await;
    let counts = &api.ask(&format!("GET /v1/projects/{project}"), "").await.json()["keys"];
    assert_eq!(json!([counts["active"], counts["paused"]]), json!([1, 1]));

    let resume = format!("POST /v1/keys/{}/resume", key.id);
    let resumed = api.ask(&resume, "{}").await;
    assert_eq!((resumed.status, &resumed.json()["key"]["status"]), (200, &json!("active")));
    api.ask(&format!("POST /v1/keys/{}/revoke", key.id), "").await;
    for what in [&pause, &resume] {
        let late = api.ask(what, "").await;
        assert_eq!((late.status, late.code().as_str()), (409, "KEY_REVOKED"), "{what}");
    }
    assert_eq!(
        api.ask(&format!("POST /v1/keys/{}/pause", "key_00000000000000000000000009"), "").await.status,
        404
    );
}

#[tokio::test]
async fn findings_are_counted_filtered_and_sorted() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    api.key(project, "old").await;
    api.advance(100 * 86_400_000);
    api.key(project, "new").await;
    let counts = api.ask("GET /v1/findings", "").await.json();
    assert_eq!(counts["keys"], 2);
    assert_eq!(json!([counts["counts"]["stale"], counts["counts"]["noOwner"]]), json!([1, 2]));
    let listed = api.ask("GET /v1/keys?sort=findings", "").await.json();
    let names: Vec<&str> =
        listed["items"].as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["old", "new"], "the worst first");
    let stale = api.ask("GET /v1/keys?filter=finding:stale", "").await.json();
    assert_eq!(stale["total"], 1);
    let codes: Vec<&str> = stale["items"][0]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["stale", "neverUsed", "noOwner", "neverReviewed"]);
    let wrong = api.ask("GET /v1/keys?filter=finding:old", "").await;
    assert_eq!((wrong.status, wrong.code().as_str()), (400, "INVALID_FILTER"));
    assert!(wrong.text.contains("expected any, stale"), "{}", wrong.text);
}
