//! API keys over the management API.

use keydeck::client::Via;
use keydeck::secret::{Secret, check};
use keydeck::store::{DayCount, KeyUsage};
use serde_json::json;

use crate::support::api::{Api, ask};

#[tokio::test]
async fn a_new_key_comes_with_its_secret_once() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let what = format!("POST /v1/projects/{project}/keys");
    let answer = api.ask(&what, r#"{"name":" Web ","mode":"test"}"#).await;
    assert_eq!((answer.status, answer.header("content-type")), (201, "application/json"));
    let made = answer.json();
    let secret = Secret::parse(made["secret"].as_str().expect("a secret")).expect("well-formed");
    assert_eq!(check(secret.reveal()), Ok(keydeck::secret::Kind::Test));
    assert_eq!(made.as_object().map(serde_json::Map::len), Some(2));
    let key = &made["key"];
    assert_eq!(key["hint"], secret.hint().to_string());
    assert_eq!(
        json!([
            key["name"],
            key["mode"],
            key["status"],
            key["confirmed"],
            key["projectName"],
            key["createdBy"]
        ]),
        json!(["Web", "test", "active", true, "shop", "token:root"])
    );
    for member in ["lastUsedAt", "lastUsedFrom", "revokedAt", "revokedBy", "revokeReason", "rotatedFrom"] {
        assert!(key.as_object().expect("an object")[member].is_null(), "{member}");
    }
    let id = key["id"].as_str().expect("an id");
    for path in
        ["/v1/keys", "/v1/keys?status=all", "/v1/audit-events", "/v1/projects", &format!("/v1/keys/{id}")]
    {
        let again = api.ask(&format!("GET {path}"), "").await;
        assert_eq!(again.status, 200);
        assert!(!again.text.contains(secret.reveal()), "{path} tells the secret again");
        assert!(!again.text.contains(&secret.reveal()[15..37]), "{path} tells a part of it");
    }
}

#[tokio::test]
async fn a_list_is_not_sent_again_while_it_is_the_same() {
    let api = Api::start().await;
    api.key(api.project("shop").await, "web").await;
    let review = api.ask("POST /v1/reviews", r#"{"name":"Q1"}"#).await.json();
    let items = format!("GET /v1/reviews/{}/items", review["id"].as_str().expect("an id"));
    let bearer = ("authorization", format!("Bearer {}", api.admin.reveal()));
    let ask = async |route: &str, known: &str| {
        let headers = [bearer.clone(), ("if-none-match", known.to_owned())];
        ask(&api.router, route, &headers, "").await
    };
    let mut lists = Vec::new();
    for route in ["GET /v1/keys", "GET /v1/projects", "GET /v1/audit-events", "GET /v1/reviews", &items] {
        let tag = api.ask(route, "").await.header("etag").to_owned();
        for known in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
            let again = ask(route, &known).await;
            assert_eq!((again.status, again.text.as_str()), (304, ""), "{route}");
            assert_eq!(again.header("etag"), tag, "{route}");
        }
        lists.push((route, tag));
    }
    api.key(api.project("blog").await, "web").await;
    let web = api.ask("GET /v1/keys?filter=project:shop", "").await.json()["items"][0]["id"].clone();
    let item = format!("PUT {}/{}", &items[4..], web.as_str().expect("an id"));
    assert_eq!(api.ask(&item, r#"{"decision":"keep","version":0}"#).await.status, 200);
    for (route, tag) in lists {
        let changed = ask(route, &tag).await;
        assert_eq!((changed.status, changed.header("content-type")), (200, "application/json"), "{route}");
        assert!(changed.json()["total"].as_u64() >= Some(1), "{route}");
        assert_ne!(changed.header("etag"), tag, "{route}");
    }
}

#[tokio::test]
async fn keys_are_found_by_filter_project_status_and_handle() {
    let api = Api::start().await;
    let (shop, blog) = (api.project("shop").await, api.project("blog").await);
    let (web, secret) = api.key(shop, "web").await;
    api.key(shop, "app").await;
    let (old, _) = api.key(blog, "web").await;
    api.client(Via::Embedded).revoke_key(old.id, None).await.expect("revoked");
    let handle = format!("handle={}&last4={}", secret.handle(), secret.last4());
    for (query, names) in [
        (String::new(), vec!["web", "app"]),
        ("sort=name".to_owned(), vec!["app", "web"]),
        ("sort=-name&limit=1".to_owned(), vec!["web"]),
        ("status=all&sort=name".to_owned(), vec!["app", "web", "web"]),
        ("status=revoked".to_owned(), vec!["web"]),
        (format!("project={blog}"), vec![]),
        ("filter=name%3Aap".to_owned(), vec!["app"]),
        ("filter=status:revoked+project:blog".to_owned(), vec!["web"]),
        ("filter=&cursor=&limit=".to_owned(), vec!["web", "app"]),
        (handle, vec!["web"]),
    ] {
        let page = api.ask(&format!("GET /v1/keys?{query}"), "").await.json();
        let found: Vec<_> = page["items"].as_array().expect("rows").iter().map(|key| &key["name"]).collect();
        assert_eq!(found, names, "{query}");
    }
    let usage = api.ask(&format!("GET /v1/keys/{}/usage?days=2", web.id), "").await.json();
    assert_eq!(usage[1], json!({ "date": "2026-01-15", "allowed": 0, "limited": 0, "refused": 0 }));
    let month = api.ask(&format!("GET /v1/keys/{}/usage", web.id), "").await.json();
    assert_eq!(month.as_array().map(Vec::len), Some(30));
    assert_eq!(api.ask(&format!("GET /v1/keys/{}/callers", web.id), "").await.json(), json!([]));
}

#[tokio::test]
async fn a_revocation_is_answered_with_its_receipt_and_a_repeat_likewise() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let (key, _) = api.key(project, "web").await;
    let what = format!("POST /v1/keys/{}/revoke", key.id);
    let first = api.ask(&what, r#"{"reason":" leaked "}"#).await;
    let (seq, revoked) = (api.seq().await, first.json());
    assert_eq!(
        json!([revoked["key"]["status"], revoked["key"]["confirmed"], revoked["key"]["revokeReason"]]),
        json!(["revoked", true, "leaked"])
    );
    let receipt = &revoked["receipt"];
    assert_eq!(
        json!([receipt["revision"], receipt["confirmedBy"], receipt["nodes"], receipt["expired"]]),
        json!([seq, 1, 1, []])
    );
    assert_eq!(receipt["slowest"]["node"], "here");
    assert_eq!(first.header("keydeck-audit-head").split(':').next(), Some(seq.to_string().as_str()));
    api.advance(60_000);
    let again = api.ask(&what, r#"{"reason":"another"}"#).await.json();
    assert_eq!(again["key"], revoked["key"]);
    assert_eq!(again["receipt"]["revision"], receipt["revision"]);
    assert_eq!(api.seq().await, seq, "a repeat changes nothing");
}

#[tokio::test]
async fn a_list_has_daily_requests_only_where_they_are_asked_for() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let (web, _) = api.key(project, "web").await;
    let usage = KeyUsage {
        key: web.id,
        last_used: None,
        refusals: Vec::new(),
        days: vec![DayCount { day: api.now().day() - 2, allowed: 7, limited: 1, refused: 2 }],
        callers: Vec::new(),
        others: None,
    };
    api.store.record_usage(&[usage], api.now()).await.expect("written");
    for path in ["/v1/keys", "/v1/keys?daily=false", &format!("/v1/keys/{}", web.id)] {
        let answer = api.ask(&format!("GET {path}"), "").await;
        assert!(answer.status == 200 && !answer.text.contains("daily"), "{path}: {}", answer.text);
    }
    let answer = api.ask("GET /v1/keys?daily=true", "").await;
    let daily = answer.json()["items"][0]["daily"].clone();
    let mut expected = vec![0; 30];
    expected[27] = 7;
    assert_eq!(daily, json!(expected));
    let answer = api.ask("GET /v1/keys?daily=yes", "").await;
    assert_eq!((answer.status, answer.json()["field"].clone()), (400, json!("daily")));
}
