//! Each error code, provoked once, with the field that it names.

use std::collections::BTreeSet;

use keydeck::client::Via;
use keydeck::wire::problem::Code;
use keydeck::wire::session::Plan;

use super::codes;
use crate::support::api::{Answer, Api, ask};
use crate::support::document::assert_documented;

/// Status, code, field, method, path, body. What stands in angle brackets is filled in.
const TABLE: &str = r#"
404 NOT_FOUND - GET /nowhere
404 NOT_FOUND - GET /v1/keys/
404 NOT_FOUND - GET /v1/keys/key_00000000000000000000000000
404 NOT_FOUND - GET /v1/keys/no-id
404 NOT_FOUND - GET /v1/keys/<project>
404 NOT_FOUND - GET /v1/keys/<key>X
404 NOT_FOUND - GET /v1/keys/%ff
405 METHOD_NOT_ALLOWED - POST /v1/session
405 METHOD_NOT_ALLOWED - OPTIONS /v1/keys
400 INVALID_BODY body POST /v1/projects {
400 INVALID_BODY body POST /v1/projects ["shop2"]
400 INVALID_BODY body POST /v1/projects null
400 INVALID_BODY body POST /v1/projects {"name":"a"} x
400 INVALID_BODY body POST /v1/projects {"name":"<control>"}
400 INVALID_BODY body POST /v1/projects {"name":"a"
400 INVALID_FIELD name POST /v1/projects
400 INVALID_FIELD name POST /v1/projects {}
400 INVALID_FIELD name POST /v1/projects {"name":5}
400 INVALID_FIELD name POST /v1/projects {"name":null}
400 INVALID_FIELD name POST /v1/projects {"name":"a","name":"b"}
400 INVALID_FIELD nmae POST /v1/projects {"name":"a","nmae":"b"}
400 INVALID_FIELD x POST /v1/projects {"x":<deep>}
400 INVALID_FIELD name POST /v1/projects {"name":<deep>}
400 INVALID_FIELD mode POST /v1/projects/<other>/keys {"name":"a","mode":"prod"}
400 INVALID_FIELD why POST /v1/keys/<key>/revoke {"why":"x"}
400 INVALID_FIELD reason POST /v1/keys/<key>/revoke {"reason":["x"]}
400 INVALID_FIELD x POST /v1/projects/<project>/deployments {"x":1}
400 INVALID_FIELD role POST /v1/tokens {"name":"a","role":"root"}
400 INVALID_FIELD sort GET /v1/keys?sort=size
400 INVALID_FIELD sort GET /v1/projects?sort=size
400 INVALID_FIELD status GET /v1/keys?status=dead
400 INVALID_FIELD project GET /v1/keys?project=shop
400 INVALID_FIELD last4 GET /v1/keys?handle=7kf2
400 INVALID_FIELD handle GET /v1/keys?last4=7kf2
400 INVALID_FIELD handle GET /v1/keys?handle=7kf&last4=1234
400 INVALID_FIELD colour GET /v1/keys?colour=red
400 INVALID_FIELD sort GET /v1/keys?sort=name&sort=name
400 INVALID_FIELD filter GET /v1/keys?filter=%ff
400 INVALID_FIELD x GET /v1/session?x
400 INVALID_FIELD limit POST /v1/projects?limit=3 {"name":"a"}
400 INVALID_FIELD after GET /v1/audit-events?after=yesterday
400 INVALID_FIELD action GET /v1/audit-events?action=key.lost
400 INVALID_FIELD days GET /v1/keys/<key>/usage?days=0
400 INVALID_FIELD days GET /v1/keys/<key>/usage?days=91
400 INVALID_NAME name POST /v1/projects {"name":"  "}
400 INVALID_NAME name POST /v1/projects {"name":"a\u202eb"}
400 INVALID_NAME name PATCH /v1/keys/<key> {"name":"\u0000"}
400 INVALID_NAME name POST /v1/projects/<other>/keys {"name":"<long>"}
400 INVALID_NAME name POST /v1/tokens {"name":"","role":"admin"}
400 INVALID_REASON reason POST /v1/keys/<key>/revoke {"reason":"<long>"}
400 SECRET_IN_TEXT name POST /v1/projects {"name":"my <secret>"}
400 SECRET_IN_TEXT name POST /v1/projects {"name":"my \u0072<secret-rest>"}
400 SECRET_IN_TEXT - POST /v1/projects {"name":"a","<secret>":1}
400 SECRET_IN_TEXT body POST /v1/projects {"name":"<secret>"
400 SECRET_IN_TEXT name POST /v1/tokens {"name":"<secret>","role":"admin"}
400 SECRET_IN_TEXT role POST /v1/tokens {"name":"a","role":"<secret>"}
400 SECRET_IN_TEXT reason POST /v1/keys/<key>/revoke {"reason":"<secret> leaked"}
400 SECRET_IN_TEXT ids POST /v1/keys/revoke {"ids":["\u0072<secret-rest>"]}
400 SECRET_IN_TEXT body POST /v1/keys/revoke ["<secret>"]
400 SECRET_IN_TEXT url GET /v1/keys?filter=<secret>
400 SECRET_IN_TEXT url GET /v1/keys?filter=%72<secret-rest>
400 SECRET_IN_TEXT url GET /v1/audit-events?filter=<secret>
400 SECRET_IN_TEXT url GET /v1/keys/<secret>
400 SECRET_IN_TEXT url GET /nowhere/%2572<secret-rest>
400 SECRET_IN_TEXT destination PUT /v1/projects/<project>/rules [{"source":"/a","destination":"/<secret>"}]
400 INVALID_FILTER filter GET /v1/keys?filter=used:often
400 INVALID_FILTER filter GET /v1/audit-events?filter=web%20at:7d
400 INVALID_FILTER filter GET /v1/audit-events?filter=status:active
400 INVALID_CURSOR cursor GET /v1/keys?cursor=zzz
400 INVALID_CURSOR cursor GET /v1/audit-events?cursor=%00
400 INVALID_LIMIT limit GET /v1/keys?limit=0
400 INVALID_LIMIT limit GET /v1/projects?limit=1001
400 INVALID_LIMIT limit GET /v1/tokens?limit=many
400 INVALID_RULES source PUT /v1/projects/<project>/rules [{"source":"a","destination":"/b"}]
400 INVALID_BODY items PUT /v1/projects/<project>/rules
413 BODY_TOO_LARGE body POST /v1/projects {"name":"<huge>"}
409 NAME_TAKEN name POST /v1/projects {"name":"Taken"}
409 NAME_TAKEN name PATCH /v1/projects/<project> {"name":"TAKEN"}
409 NAME_TAKEN name POST /v1/tokens {"name":"ROOT","role":"admin"}
409 KEY_REVOKED - PATCH /v1/keys/<revoked> {"name":"new"}
403 KEY_LIMIT_REACHED - POST /v1/projects/<project>/keys {"name":"second"}
409 KEY_REVOKED - POST /v1/keys/<revoked>/rotate
400 INVALID_NAME name POST /v1/keys/<key>/rotate {"name":" "}
400 SECRET_IN_TEXT name POST /v1/keys/<key>/rotate {"name":"<secret>"}
409 NAME_TAKEN name POST /v1/keys/<key>/rotate {"name":"WEB"}
404 NOT_FOUND - POST /v1/keys/key_00000000000000000000000000/rotate
400 INVALID_FIELD ids POST /v1/keys/revoke
400 INVALID_FIELD ids POST /v1/keys/revoke {"ids":[]}
400 INVALID_FIELD ids POST /v1/keys/revoke {"ids":["shop/web"]}
400 INVALID_FIELD ids POST /v1/keys/revoke {"ids":[<many>]}
400 INVALID_FIELD unusedSince POST /v1/keys/revoke {"ids":["<key>"],"unusedSince":"soon"}
400 INVALID_FIELD dryRun POST /v1/keys/revoke {"ids":["<key>"],"dryRun":"yes"}
400 SECRET_IN_TEXT reason POST /v1/keys/revoke {"ids":["<key>"],"reason":"<secret>"}
409 PROJECT_HAS_ACTIVE_KEYS - DELETE /v1/projects/<project>
409 PROJECT_HAS_ACTIVE_KEYS - DELETE /v1/projects/<project>?revokeKeys=false
400 INVALID_FIELD revokeKeys DELETE /v1/projects/<project>?revokeKeys=1
404 NOT_FOUND - DELETE /v1/projects/prj_00000000000000000000000000
409 PROJECT_ARCHIVED - POST /v1/projects/<archived>/keys {"name":"new"}
409 PROJECT_ARCHIVED - PATCH /v1/projects/<archived> {"name":"new"}
409 LAST_ADMIN - POST /v1/tokens/<root>/revoke
409 ONLY_NODE - POST /v1/nodes/<node>/forget
404 NOT_FOUND - POST /v1/nodes/node_00000000000000000000000000/forget
404 NOT_FOUND - POST /v1/nodes/eu-1/forget
409 UNKNOWN_HEAD head POST /v1/nodes/accept-history {"head":"1:0000000000000000000000000000000000000000000000000000000000000000"}
409 UNKNOWN_HEAD head POST /v1/nodes/accept-history {"head":"18446744073709551615:0000000000000000000000000000000000000000000000000000000000000000"}
400 INVALID_FIELD head POST /v1/nodes/accept-history {"head":"latest"}
400 INVALID_FIELD head POST /v1/nodes/accept-history
"#;

const SECRET: &str = "redir_live_7kf2Q9w3ErTy5UiOp1AsDf8GhJ2I1YZq";

#[tokio::test]
async fn each_error_has_its_status_code_and_field_changes_nothing_and_is_documented() {
    let api = Api::with("sqlite::memory:", Plan::Free).await;
    let project = api.project("shop").await;
    api.project("taken").await;
    let (key, secret) = api.key(project, "web").await;
    let other = api.project("other").await;
    let (revoked, _) = api.key(other, "old").await;
    api.client(Via::Embedded).revoke_key(revoked.id, None).await.expect("revoked");
    let archived = api.project("gone").await;
    api.client(Via::Embedded).delete_project(archived, false).await.expect("archived");
    let tokens = api.client(Via::Embedded).tokens_all(None).await.expect("tokens");
    // By name: those of the same millisecond come in any order.
    let root = tokens.iter().find(|token| token.name == "root").expect("the admin's").id;
    let node = api.client(Via::Embedded).nodes().await.expect("nodes")[0].id;
    let fills = [
        ("<project>", project.to_string()),
        ("<other>", other.to_string()),
        ("<key>", key.id.to_string()),
        ("<archived>", archived.to_string()),
        ("<many>", vec![format!("\"{}\"", key.id); 1001].join(",")),
        ("<revoked>", revoked.id.to_string()),
        ("<root>", root.to_string()),
        ("<node>", node.to_string()),
        ("<secret>", SECRET.to_owned()),
        ("<secret-rest>", SECRET[1..].to_owned()),
        ("<control>", "\u{1}".to_owned()),
        ("<long>", "x".repeat(501)),
        ("<deep>", "[".repeat(100_000)),
        ("<huge>", "x".repeat(1024 * 1024)),
    ];
    let mut provoked = BTreeSet::new();
    let before = api.seq().await;
    for line in TABLE.lines().filter(|line| !line.is_empty()) {
        let mut parts = line.splitn(6, ' ');
        let mut part = || parts.next().unwrap_or("");
        let (status, code, field, method, path, body) = (part(), part(), part(), part(), part(), part());
        let filled =
            |text: &str| fills.iter().fold(text.to_owned(), |text, (mark, by)| text.replace(mark, by));
        let answer = api.ask(&format!("{method} {}", filled(path)), &filled(body)).await;
        assert_documented(method, &filled(path), answer.status, code);
        is_problem(&answer, line, status.parse().expect("a status"), code);
        if field != "-" {
            assert_eq!(answer.json()["field"], field, "{line}: {answer:?}");
        }
        assert!(!answer.text.contains(SECRET), "{line} repeats the key");
        provoked.insert(code.to_owned());
    }

    let bearer = ("authorization", format!("Bearer {}", api.admin.reveal()));
    for media in ["text/plain", "application/x-www-form-urlencoded", "application", ""] {
        let headers = [bearer.clone(), ("content-type", media.to_owned())];
        let answer = ask(&api.router, "POST /v1/projects", &headers, "{\"name\":\"a\"}").await;
        is_problem(&answer, media, 415, "UNSUPPORTED_MEDIA_TYPE");
    }
    provoked.insert("UNSUPPORTED_MEDIA_TYPE".to_owned());

    for (token, what, code) in [
        (None, "GET /v1/session", "UNAUTHENTICATED"),
        (Some(&api.auditor), "POST /v1/projects", "READ_ONLY"),
        (Some(&api.member), "GET /v1/tokens", "FORBIDDEN"),
    ] {
        is_problem(&api.ask_as(token, what, "").await, what, if token.is_none() { 401 } else { 403 }, code);
        provoked.insert(code.to_owned());
    }
    let broken = [("authorization", "Basic YTpi".to_owned())];
    is_problem(&ask(&api.router, "GET /v1/session", &broken, "").await, "Basic", 401, "INVALID_TOKEN");
    provoked.insert("INVALID_TOKEN".to_owned());
    provoked.insert(codes::of_a_slow_body(&api).await);
    assert_eq!(api.seq().await, before, "a refused call changed something");
    provoked.extend(codes::of_repeats(&api).await);
    provoked.extend(codes::of_reviews(&api).await);
    provoked.extend(codes::of_the_edge(&api, project, &secret).await);

    api.sql.close().await;
    is_problem(&api.ask_as(None, "GET /readyz", "").await, "readyz", 503, "UNAVAILABLE");
    is_problem(&api.ask("GET /v1/session", "").await, "session", 503, "UNAVAILABLE");
    assert_eq!(api.ask_as(None, "GET /healthz", "").await.status, 200);
    provoked.insert("UNAVAILABLE".to_owned());

    provoked.extend(codes::of_faults().await);
    let all = Code::ALL.iter().map(ToString::to_string);
    assert_eq!(all.collect::<BTreeSet<_>>(), provoked, "each code there is");
}

#[tokio::test]
async fn a_filter_error_names_the_column_and_a_limit_error_the_key_in_the_way() {
    let api = Api::with("sqlite::memory:", Plan::Free).await;
    let project = api.project("shop").await;
    api.key(project, "web").await;
    let filter = api.ask("GET /v1/keys?filter=name:a+used:often", "").await.json();
    assert!(filter["error"].as_str().expect("a text").contains("column 13"), "{filter}");
    let limit = api.ask(&format!("POST /v1/projects/{project}/keys"), "{\"name\":\"two\"}").await.json();
    assert!(limit["error"].as_str().expect("a text").contains("\"web\""), "{limit}");
}

#[tokio::test]
async fn a_cursor_of_another_sort_is_refused() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    for name in ["a", "b", "c"] {
        api.key(project, name).await;
    }
    let page = api.ask("GET /v1/keys?sort=name&limit=1", "").await.json();
    let cursor = page["next"].as_str().expect("a cursor");
    assert_eq!(api.ask(&format!("GET /v1/keys?sort=name&limit=1&cursor={cursor}"), "").await.status, 200);
    let answer = api.ask(&format!("GET /v1/keys?sort=-name&limit=1&cursor={cursor}"), "").await;
    assert_eq!(answer.code(), "INVALID_CURSOR");
}

fn is_problem(answer: &Answer, what: &str, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{what}: {answer:?}");
    assert_eq!(answer.header("content-type"), "application/json", "{what}");
    let json = answer.json();
    assert_eq!(json["requestId"], answer.header("x-request-id"), "{what}");
    assert!(json["error"].as_str().is_some_and(|text| text.len() > 5), "{what}: {json}");
    let known = ["error", "code", "field", "requestId", "errors"];
    assert!(json.as_object().expect("an object").keys().all(|name| known.contains(&name.as_str())), "{json}");
}
