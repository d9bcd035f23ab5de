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
            "the row",
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
    let notes = served.as_object_mut().expect("an object");
    assert_eq!((notes.remove("warnings"), notes.remove("warningCount")), (Some(json!([])), Some(json!(0))));
    served["items"] = json!([{ "source": "/a", "destination": "/1", "status": 301, "match": "starts_with", "priority": 1 }]);
    assert_eq!(one, served, "what was answered when it was made, with what it serves");
    for none in ["0", "3", "01", "+1", "-1", "x", "1x", "4294967297", ""] {
        let answer = api.ask(&format!("GET {path}/{none}"), "").await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "NOT_FOUND"), "{none}");
    }
    assert_eq!(api.ask(&format!("GET /v1/projects/{project}"), "").await.json()["liveVersion"], 2);
}

#[tokio::test]
async fn warnings_are_data_and_strict_refuses_them() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let rules = format!("/v1/projects/{project}/rules");
    let deployments = format!("/v1/projects/{project}/deployments");
    for (csv, code, line, rule, text) in [
        ("source,destination\n\n/?p=1,/b\n", "queryIgnored", 3, 1, "the query is ignored; this redirects /"),
        ("/x,/y\n/b/*,/n/:splat\n", "literalPattern", 2, 2, "use starts_with `/b/`"),
        ("/a,/a\n", "loop", 1, 1, "row 1"),
        ("/a,/b\n# c\n/b,/c\n", "chain", 1, 1, "row 2"),
        ("/,/welcome,301,starts_with\n", "coversDestination", 1, 1, "/welcome"),
    ] {
        put(&api, &rules, "application/json", "[]").await;
        let refused = put(&api, &format!("{rules}?strict=true"), "text/csv", csv).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "INVALID_RULES"), "{csv}");
        assert_eq!(api.ask(&format!("GET {rules}"), "").await.json()["total"], 0, "nothing was changed");
        let taken = put(&api, &format!("{rules}?strict=false"), "text/csv", csv).await;
        assert_eq!(taken.status, 200, "{taken:?}");
        for answer in [refused.json(), taken.json()] {
            let warnings = answer["warnings"].as_array().expect("warnings");
            assert_eq!(warnings.len(), 1, "{answer}");
            let warning = &warnings[0];
            assert_eq!(json!([warning["code"], warning["line"], warning["rule"]]), json!([code, line, rule]));
            assert!(warning["text"].as_str().expect("a text").contains(text), "{warning}");
        }
        assert!(refused.json()["error"].as_str().expect("a text").contains(text), "{refused:?}");
        assert_eq!(taken.json()["warningCount"], 1);
        // A draft has no lines.
        let before = api.seq().await;
        let refused = api.ask(&format!("POST {deployments}?strict=true"), "").await;
        assert_eq!(
            (refused.status, refused.code().as_str(), api.seq().await),
            (400, "INVALID_RULES", before)
        );
        let deployed = api.ask(&format!("POST {deployments}"), "").await;
        assert_eq!(deployed.status, 201);
        for answer in [refused.json(), deployed.json()] {
            let warning = &answer["warnings"][0];
            assert_eq!(json!([warning["code"], warning["line"], warning["rule"]]), json!([code, null, rule]));
        }
    }
    let fine = put(&api, &format!("{rules}?strict=true"), "text/csv", "/a,https://example.com/\n").await;
    assert_eq!((fine.status, &fine.json()["warnings"]), (200, &json!([])));
    assert_eq!(api.ask(&format!("POST {deployments}?strict=true"), "").await.status, 201);
}

#[tokio::test]
async fn what_is_shown_of_a_source_is_what_is_compared() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let rules = format!("/v1/projects/{project}/rules");
    let row =
        json!({"source": "/a?p=1", "destination": "/b?q=2", "status": 301, "match": "exact", "priority": 0});
    let put = put(&api, &rules, "application/json", &json!([row]).to_string()).await.json();
    assert_eq!(
        (&put["items"][0]["source"], &put["items"][0]["destination"]),
        (&json!("/a"), &json!("/b?q=2"))
    );
    assert_eq!(api.ask(&format!("GET {rules}"), "").await.json()["items"][0]["source"], "/a");
    assert_eq!(as_csv(&api, &rules).await.text.lines().nth(1), Some("/a,/b?q=2,301,exact,0"));
    api.ask(&format!("POST /v1/projects/{project}/deployments"), "").await;
    let deployed = api.ask(&format!("GET /v1/projects/{project}/deployments/1"), "").await.json();
    assert_eq!(deployed["items"][0]["source"], "/a");
}

#[tokio::test]
async fn every_error_is_data_and_in_the_sentence() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let path = format!("/v1/projects/{project}/rules");
    let csv = "source,destination,status,match\n/a,/b,999,exact\n/c,//d,301,foo\n";
    let answer = put(&api, &path, "text/csv", csv).await.json();
    let place = |line, row, column: &str| json!({ "line": line, "row": row, "column": column });
    let found: Vec<_> = answer["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| {
            assert!(
                answer["error"]
                    .as_str()
                    .expect("a text")
                    .contains(error["reason"].as_str().expect("a reason"))
            );
            json!({ "line": error["line"], "row": error["row"], "column": error["column"] })
        })
        .collect();
    assert_eq!(found, [place(2, 1, "status"), place(3, 2, "destination"), place(3, 2, "match")], "{answer}");
    assert_eq!(json!([answer["code"], answer["field"]]), json!(["INVALID_RULES", "status"]));
    assert!(answer["requestId"].is_string() && answer.get("warnings").is_none());
    let many = put(&api, &path, "text/csv", &"/a,b\n".repeat(99)).await.json();
    assert_eq!(many["errors"].as_array().map(Vec::len), Some(20));
    assert!(many["error"].as_str().expect("a text").ends_with("more errors."), "{many}");
    let nothing = api.ask("GET /v1/projects/prj_00000000000000000000000000/rules", "").await.json();
    assert!(nothing.get("errors").is_none(), "{nothing}");
}

#[tokio::test]
async fn each_form_is_read_with_what_was_passed_over() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let path = format!("/v1/projects/{project}/rules");
    let csv = "\u{feff}sep=;\n# one\nfrom;to\n# two\n/a;/b\n;;\n";
    let answer = put(&api, &path, "text/csv", csv).await.json();
    assert_eq!(answer["items"][0]["source"], "/a", "{answer}");
    let skipped = json!([
        { "what": "commentLines", "count": 2, "text": "2 comment lines skipped" },
        { "what": "emptyRows", "count": 1, "text": "1 empty row skipped" },
        { "what": "separatorLines", "count": 1, "text": "1 separator line skipped" }
    ]);
    assert_eq!(answer["skipped"], skipped);
    let row = r#"{"source":"/c","destination":"/d"}"#;
    for body in [format!("\u{feff}[{row}]"), format!("\u{feff}{{\"rules\":[{row}]}}")] {
        let answer = put(&api, &path, "application/json", &body).await.json();
        assert_eq!(json!([answer["items"][0]["source"], answer["skipped"]]), json!(["/c", []]), "{body}");
    }
    assert_eq!(put(&api, &path, "application/json", "\u{feff}[]").await.json()["total"], 0);
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
