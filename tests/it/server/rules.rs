//! Rules and deployments over the management API.

use axum::body::Body;
use serde_json::json;

use crate::support::api::{Answer, Api, ask};

#[tokio::test]
async fn rules_are_put_as_an_array_an_object_or_csv_and_read_as_a_page_or_csv() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let path = format!("/v1/projects/{project}/rules");
    let row =
        json!({"source": "/a", "destination": "/b", "status": 302, "match": "starts_with", "priority": 7});
    let csv = "source,destination,status,match,priority\n/a,/b,302,starts_with,7\n";
    for (media, body) in [
        ("application/json", json!([row]).to_string()),
        ("application/json; charset=utf-8", json!({ "items": [row] }).to_string()),
        ("application/json", json!({ "rules": [row] }).to_string()),
        ("text/csv", csv.to_owned()),
        (
            "text/csv; charset=utf-8",
            "match,source,destination,priority,status\nstarts_with,/a,/b,7,302".to_owned(),
        ),
    ] {
        put(&api, &path, "application/json", "[]").await;
        let answer = put(&api, &path, media, &body).await;
        assert_eq!((answer.status, &answer.json()["items"]), (200, &json!([row])), "{media} {body}");
        assert_eq!(api.ask(&format!("GET {path}"), "").await.json()["items"], json!([row]));
        let read = as_csv(&api, &path).await;
        assert_eq!((read.header("content-type"), read.text.as_str()), ("text/csv; charset=utf-8", csv));
    }
}

#[tokio::test]
async fn a_bad_row_rejects_all_and_is_named_with_column_and_reason() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let path = format!("/v1/projects/{project}/rules");
    put(&api, &path, "text/csv", "source,destination\n/kept,/here\n").await;
    let before = api.seq().await;
    let good = r#"{"source":"/a","destination":"/b"}"#;
    for (media, body, code, field, text) in [
        (
            "application/json",
            format!("[{good},{{\"source\":\"/c\"}}]"),
            "INVALID_RULES",
            "destination",
            "row 2",
        ),
        (
            "application/json",
            format!("[{good},{{\"source\":3,\"destination\":\"/d\"}}]"),
            "INVALID_RULES",
            "source",
            "row 2",
        ),
        ("application/json", format!("{{\"items\":[{good},{good}]}}"), "INVALID_RULES", "source", "row 2"),
        ("application/json", format!("[{good},7]"), "INVALID_RULES", "the row", "row 2"),
        ("application/json", "[[]]".into(), "INVALID_RULES", "the row", "expected an object"),
        (
            "application/json",
            r#"{"items":[["/a","/b",301,"exact",0]]}"#.into(),
            "INVALID_RULES",
            "items",
            "expected an object",
        ),
        (
            "application/json",
            r#"[{"source":"/a","destination":"/b","stauts":301}]"#.into(),
            "INVALID_RULES",
            "stauts",
            "row 1",
        ),
        (
            "application/json",
            r#"[{"source":"/a","destination":"/b","status":200}]"#.into(),
            "INVALID_RULES",
            "status",
            "row 1",
        ),
        (
            "application/json",
            r#"[{"source":"/a","destination":"/b","match":"regex"}]"#.into(),
            "INVALID_RULES",
            "match",
            "exact",
        ),
        (
            "application/json",
            format!("{}{}", "[".repeat(5000), "]".repeat(5000)),
            "INVALID_RULES",
            "the row",
            "row 1",
        ),
        ("application/json", "[".into(), "INVALID_BODY", "body", "line 1"),
        ("application/json", "{}".into(), "INVALID_BODY", "items", "list of rules"),
        ("application/json", "7".into(), "INVALID_BODY", "items", "list of rules"),
        ("application/json", "{\"items\":[],\"rules\":[]}".into(), "INVALID_FIELD", "rules", "one of them"),
        ("text/csv", "source,destination\n/a,/b\nc,/d\n".into(), "INVALID_RULES", "source", "row 2"),
        ("text/csv", "source,target\n/a,/b\n".into(), "INVALID_RULES", "source", "header"),
        ("text/csv", String::new(), "INVALID_BODY", "items", "list of rules"),
        ("text/html", "<p>".into(), "UNSUPPORTED_MEDIA_TYPE", "Content-Type", "text/csv"),
    ] {
        let answer = put(&api, &path, media, &body).await;
        let problem = answer.json();
        let shown: String = body.chars().take(80).collect();
        assert_eq!(
            (&problem["code"], &problem["field"]),
            (&json!(code), &json!(field)),
            "{shown}: {answer:?}"
        );
        assert!(problem["error"].as_str().expect("a text").contains(text), "{shown}: {problem}");
    }
    assert_eq!(api.seq().await, before);
    assert_eq!(api.ask(&format!("GET {path}"), "").await.json()["items"][0]["source"], "/kept");
}

#[tokio::test]
async fn csv_holds_the_whole_draft_over_all_pages() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let path = format!("/v1/projects/{project}/rules");
    let row = |n| format!("/old/{n},/new/{n},301,exact,0");
    let rows: Vec<_> = (0..2500).map(row).collect();
    let csv = format!("source,destination,status,match,priority\n{}\n", rows.join("\n"));
    let answer = put(&api, &path, "text/csv", &csv).await.json();
    assert_eq!((answer["total"].as_u64(), answer["items"].as_array().map(Vec::len)), (Some(2500), Some(100)));
    assert_eq!(as_csv(&api, &path).await.text, csv);
    let page =
        [("authorization", format!("Bearer {}", api.admin.reveal())), ("accept", "text/csv".to_owned())];
    assert_eq!(ask(&api.router, &format!("GET {path}?limit=3"), &page, "").await.json()["field"], "limit");
}

#[tokio::test]
async fn a_deployment_gets_the_next_number_and_names_what_it_leaves_out() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let csv = "source,destination,match,priority\n/a,/1,starts_with,1\n/a/b,/2,starts_with,2\n";
    put(&api, &format!("/v1/projects/{project}/rules"), "text/csv", csv).await;
    let path = format!("/v1/projects/{project}/deployments");
    let first = api.ask(&format!("POST {path}"), "").await;
    assert_eq!(first.status, 201);
    let made = first.json();
    assert_eq!(json!([made["version"], made["rules"]]), json!([1, 1]), "{made}");
    assert_eq!(made["shadowed"], json!([{ "source": "/a/b", "coveredBy": "/a" }]));
    assert_eq!(api.ask(&format!("POST {path}"), "{}").await.json()["version"], 2);
    let list = api.ask(&format!("GET {path}"), "").await.json();
    let versions: Vec<_> =
        list["items"].as_array().expect("rows").iter().map(|row| &row["version"]).collect();
    assert_eq!(versions, [2, 1]);
    let one = api.ask(&format!("GET {path}/1"), "").await.json();
    let mut served = made.clone();
    served["items"] = json!([{ "source": "/a", "destination": "/1", "status": 301, "match": "starts_with", "priority": 1 }]);
    assert_eq!(one, served, "what was answered when it was made, with what it serves");
    for none in ["0", "3", "01", "+1", "-1", "x", "1x", "4294967297", ""] {
        let answer = api.ask(&format!("GET {path}/{none}"), "").await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "NOT_FOUND"), "{none}");
    }
    assert_eq!(api.ask(&format!("GET /v1/projects/{project}"), "").await.json()["liveVersion"], 2);
}

async fn put(api: &Api, path: &str, media: &str, body: &str) -> Answer {
    let bearer = ("authorization", format!("Bearer {}", api.admin.reveal()));
    let headers = [bearer, ("content-type", media.to_owned())];
    ask(&api.router, &format!("PUT {path}"), &headers, Body::from(body.to_owned())).await
}

async fn as_csv(api: &Api, path: &str) -> Answer {
    let bearer = ("authorization", format!("Bearer {}", api.admin.reveal()));
    let headers = [bearer, ("accept", "application/json;q=0.5, text/csv".to_owned())];
    ask(&api.router, &format!("GET {path}"), &headers, "").await
}
