//! Each list walked to its end, page by page, while others write: nothing twice, nothing missing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use keydeck::wire::page::PageQuery;
use keydeck::wire::session::Plan;
use serde_json::Value;

use crate::support::api::Api;

/// How many rows each list has before the walk.
const ROWS: usize = 25;

/// All rows of a list by what names them, three a page.
async fn walk(api: &Api, list: &str, name: &str) -> Vec<String> {
    let mut rows = Vec::new();
    let mut cursor = String::new();
    let join = if list.contains('?') { '&' } else { '?' };
    loop {
        let page = api.ask(&format!("GET {list}{join}limit=3&cursor={cursor}"), "").await;
        assert_eq!(page.status, 200, "{list}: {page:?}");
        let page = page.json();
        let items = page["items"].as_array().expect("rows");
        assert!(items.len() <= 3, "{list}");
        rows.extend(items.iter().map(|row| row[name].to_string()));
        match &page["next"] {
            Value::Null => return rows,
            next => next.as_str().expect("a cursor").clone_into(&mut cursor),
        }
        // A chance for the writers, whatever the threads are.
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_list_gives_each_row_once_while_others_write() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = keydeck::store::sql::sqlite_url(&folder.path().join("keydeck.db"));
    let api = Arc::new(Api::with(&url, Plan::Enterprise).await);
    let shop = api.project("shop").await;
    let written = async |path: String, body: String| {
        let answer = api.ask(&path, &body).await;
        assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
    };
    let rules = |from: usize| {
        let rule = |n| serde_json::json!({ "source": format!("/{n}"), "destination": "/to" });
        serde_json::to_string(&(from..from + ROWS).map(rule).collect::<Vec<_>>()).expect("JSON")
    };
    written(format!("PUT /v1/projects/{shop}/rules"), rules(0)).await;
    for number in 0..ROWS {
        written(format!("POST /v1/projects/{shop}/keys"), format!(r#"{{"name":"key {number}"}}"#)).await;
        written("POST /v1/projects".into(), format!(r#"{{"name":"project {number}"}}"#)).await;
        written("POST /v1/tokens".into(), format!(r#"{{"name":"token {number}","role":"auditor"}}"#)).await;
        written(format!("POST /v1/projects/{shop}/deployments"), String::new()).await;
    }
    let lists = [
        ("/v1/keys?sort=created".to_owned(), "id"),
        ("/v1/keys?sort=-created&status=all".to_owned(), "id"),
        (format!("/v1/keys?project={shop}&filter=key"), "id"),
        ("/v1/projects".to_owned(), "id"),
        ("/v1/tokens".to_owned(), "id"),
        ("/v1/audit-events".to_owned(), "seq"),
        ("/v1/audit-events?action=key.created".to_owned(), "seq"),
        ("/v1/audit-events?filter=key".to_owned(), "seq"),
        (format!("/v1/projects/{shop}/rules"), "source"),
        (format!("/v1/projects/{shop}/deployments"), "version"),
    ];
    let mut before = Vec::new();
    for (list, name) in &lists {
        let rows = walk(&api, list, name).await;
        assert!(rows.len() >= ROWS, "{list}: {rows:?}");
        before.push(rows.into_iter().collect::<BTreeSet<_>>());
    }

    let stop = Arc::new(AtomicBool::new(false));
    let writer = {
        let (api, stop) = (Arc::clone(&api), Arc::clone(&stop));
        tokio::spawn(async move {
            let other = api.project("other").await;
            let mut number = 0;
            while !stop.load(Ordering::Relaxed) {
                number += 1;
                for (path, body) in [
                    (format!("POST /v1/projects/{shop}/keys"), format!(r#"{{"name":"key new {number}"}}"#)),
                    ("POST /v1/projects".to_owned(), format!(r#"{{"name":"new {number}"}}"#)),
                    ("POST /v1/tokens".to_owned(), format!(r#"{{"name":"new {number}","role":"member"}}"#)),
                    (format!("POST /v1/projects/{shop}/deployments"), String::new()),
                    (
                        format!("PUT /v1/projects/{other}/rules"),
                        r#"[{"source":"/x","destination":"/y"}]"#.to_owned(),
                    ),
                ] {
                    let answer = api.ask(&path, &body).await;
                    assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
                }
            }
            number
        })
    };
    for _ in 0..3 {
        for ((list, name), before) in lists.iter().zip(&before) {
            let rows = walk(&api, list, name).await;
            let once: BTreeSet<_> = rows.iter().cloned().collect();
            assert_eq!(once.len(), rows.len(), "{list}: a row came twice");
            let missing: Vec<_> = before.difference(&once).collect();
            assert!(missing.is_empty(), "{list}: {missing:?} are missing");
        }
    }
    stop.store(true, Ordering::Relaxed);
    assert!(writer.await.expect("no panic") > 0, "somebody wrote meanwhile");
    let query = PageQuery::default();
    assert!(api.store.tokens(&query).await.expect("tokens").total > ROWS as u64 + 3);
}
