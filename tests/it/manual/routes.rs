//! Routes, error codes and audit actions.

use keydeck::wire::audit::Action;
use keydeck::wire::problem::Code;

use super::{chapter, documents, quoted, read, typed};

/// Method and path of each route of both APIs.
pub(super) fn routes() -> Vec<(String, String)> {
    let document: serde_json::Value = serde_json::from_str(&read("assets/openapi.json")).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    let routes = paths.iter().flat_map(|(path, operations)| {
        let methods = operations.as_object().expect("operations").keys();
        // Beside the methods may be the servers of the path.
        let methods = methods.filter(|method| *method != "servers");
        methods.map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
    });
    routes.collect()
}

pub(super) fn is_path(path: &str, pattern: &str) -> bool {
    let path = path.split(['?', '"', ' ']).next().unwrap_or_default();
    let (path, pattern): (Vec<_>, Vec<_>) = (path.split('/').collect(), pattern.split('/').collect());
    path.len() == pattern.len()
        && path.iter().zip(&pattern).all(|(part, wanted)| part == wanted || wanted.starts_with('{'))
}

#[test]
fn each_route_that_the_documents_call_exists_and_the_manual_has_all_of_them() {
    let routes = routes();
    let (mut wrong, mut called) = (Vec::new(), 0);
    for (file, text) in documents() {
        for line in typed(&text).into_iter().filter(|line| line.starts_with("curl ")) {
            called += 1;
            let url = &line[line.find("http://").unwrap_or_else(|| panic!("{line}: no URL")) + 7..];
            let path = &url[url.find('/').expect("a path")..];
            let method = if line.contains("-X POST") || line.contains(" -d ") { "POST" } else { "GET" };
            if !routes.iter().any(|(known, pattern)| known == method && is_path(path, pattern)) {
                wrong.push(format!("{file}: {line}"));
            }
        }
        for code in quoted(&text) {
            let Some((method, path)) = code.split_once(" /") else { continue };
            if !["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method) {
                continue;
            }
            let path = format!("/{path}");
            if !routes.iter().any(|(known, pattern)| known == method && is_path(&path, pattern)) {
                wrong.push(format!("{file}: {code}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(called > 4, "{called} calls");
    let api = quoted(&chapter("api"));
    let is_there = |(method, path): &&(String, String)| {
        api.iter().any(|code| code.split('?').next() == Some(&format!("{method} {path}")))
    };
    let missing: Vec<_> = routes.iter().filter(|route| !is_there(route)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_manual_has_each_error_code_and_each_audit_action() {
    let (api, security) = (chapter("api"), chapter("security"));
    let codes = Code::ALL.iter().map(|code| code.as_str()).filter(|code| !api.contains(code));
    let actions =
        Action::ALL.iter().map(|action| action.as_str()).filter(|action| !security.contains(action));
    let missing: Vec<&str> = codes.chain(actions).collect();
    assert!(missing.is_empty(), "{missing:?}");
    // Who replays the audit log from the manual alone meets every action.
    let evidence = chapter("evidence");
    let replay = evidence.split("## Replay").nth(1).expect("a section");
    let missing: Vec<&str> = Action::ALL
        .iter()
        .map(|action| action.as_str())
        .filter(|action| !replay.contains(&format!("`{action}`")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
