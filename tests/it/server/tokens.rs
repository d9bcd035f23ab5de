//! Management tokens over the management API.

use keydeck::secret::{Kind, Secret};
use serde_json::json;

use crate::support::api::Api;

#[tokio::test]
async fn a_new_token_works_at_once_and_its_secret_is_told_once() {
    let api = Api::start().await;
    let answer = api.ask("POST /v1/tokens", r#"{"name":"ci","role":"member"}"#).await;
    assert_eq!(answer.status, 201);
    let made = answer.json();
    let secret = Secret::parse(made["secret"].as_str().expect("a secret")).expect("well-formed");
    assert_eq!(
        (secret.kind(), made["token"]["hint"].as_str()),
        (Kind::Management, Some(&*secret.hint().to_string()))
    );
    let session = api.ask_as(Some(&secret), "GET /v1/session", "").await.json();
    assert_eq!(json!([session["principal"], session["role"]]), json!(["token:ci", "member"]));
    for path in ["/v1/tokens", "/v1/audit-events"] {
        assert!(!api.ask(&format!("GET {path}"), "").await.text.contains(secret.reveal()), "{path}");
    }
}

#[tokio::test]
async fn a_revoked_token_stays_listed_and_a_repeat_changes_nothing() {
    let api = Api::start().await;
    let (token, secret) = api.revoked_token().await;
    assert_eq!(api.ask_as(Some(&secret), "GET /v1/session", "").await.code(), "INVALID_TOKEN");
    let before = api.seq().await;
    let again = api.ask(&format!("POST /v1/tokens/{}/revoke", token.id), "").await.json();
    assert_eq!(
        (&again["token"]["revokedBy"], &again["receipt"]["confirmedBy"]),
        (&json!("local:ann"), &json!(1))
    );
    assert_eq!(api.seq().await, before);
    let list = api.ask("GET /v1/tokens", "").await.json();
    let rows = list["items"].as_array().expect("rows").iter();
    // Made at one time of this clock, and perhaps in one millisecond: their order is not to be told.
    let names: std::collections::BTreeSet<_> = rows.filter_map(|row| row["name"].as_str()).collect();
    assert_eq!(names, ["left", "reader", "root", "worker"].into());
}
