//! The OpenAPI document: current, whole, and served as it is kept.

use std::collections::BTreeSet;
use std::path::Path;

use keydeck::server::{ROUTES, Right};
use keydeck::wire::openapi::merged;
use serde_json::Value;

use crate::support::api::Api;
use crate::support::imports::sources;

const KEPT: &str = include_str!("../../../assets/openapi.json");

/// The document as the code makes it.
fn made() -> String {
    let document = merged(keydeck::server::document(), keydeck::edge::document::document());
    document.to_pretty_json().expect("a document is JSON") + "\n"
}

fn parsed() -> Value {
    serde_json::from_str(&made()).expect("JSON")
}

/// Each operation: method, path, what is said of it.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = ["get", "post", "put", "patch", "delete"].into_iter();
        methods.filter_map(move |method| Some((method.to_uppercase(), path.clone(), item.get(method)?)))
    });
    operations.collect()
}

#[test]
fn the_kept_document_is_what_the_code_says() {
    let made = made();
    if std::env::var_os("KEYDECK_OPENAPI").is_some_and(|value| value == "write") {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/openapi.json");
        std::fs::write(file, &made).expect("the document is written");
        return;
    }
    let line = made.lines().zip(KEPT.lines()).position(|(made, kept)| made != kept);
    assert!(
        made == KEPT,
        "assets/openapi.json is not what the code says (first at line {:?}); write it anew with\n\
         KEYDECK_OPENAPI=write cargo test --test it server::document",
        line.map(|line| line + 1)
    );
}

#[test]
fn each_route_is_documented_with_its_right_and_its_parameters() {
    let document = parsed();
    let operations = operations(&document);
    for route in ROUTES {
        let (method, path) = (route.method.as_str(), route.path);
        let found = operations.iter().find(|(m, p, _)| (m.as_str(), p.as_str()) == (method, path));
        let (.., operation) = found.unwrap_or_else(|| panic!("{method} {path} is not in the document"));
        let public = operation["security"].as_array().is_some_and(Vec::is_empty);
        assert_eq!(public, route.right == Right::Anyone, "{method} {path}: security");
        let named = |place: &str| {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let there = parameters.filter(|parameter| parameter["in"] == place);
            there.map(|parameter| parameter["name"].as_str().expect("a name")).collect::<BTreeSet<_>>()
        };
        assert_eq!(named("query"), route.query.iter().copied().collect(), "{method} {path}: parameters");
        assert_eq!(named("path").contains("id"), path.contains("{id}"), "{method} {path}: id");
        let refusals = operation["responses"].as_object().expect("responses").values();
        let refused = refusals.flat_map(|answer| answer["x-codes"].as_array().into_iter().flatten());
        let refused: BTreeSet<_> = refused.map(|code| code.as_str().expect("a code")).collect();
        let unsaid: Vec<_> = route.refuses.iter().filter(|code| !refused.contains(code.as_str())).collect();
        assert!(unsaid.is_empty(), "{method} {path}: {unsaid:?} are not in {refused:?}");
    }
    let own = operations.iter().filter(|(.., operation)| operation["tags"][0] != "Edge API").count();
    assert_eq!(own, ROUTES.len(), "the document has routes that are not there");
}

#[test]
fn everything_is_described() {
    let document = parsed();
    let mut missing = Vec::new();
    let said = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        if !said(&operation["summary"]) || !said(&operation["description"]) {
            missing.push(format!("{method} {path}"));
        }
        assert!(ids.insert(operation["operationId"].to_string()), "{method} {path}: its id is there twice");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            if !said(&parameter["description"]) {
                missing.push(format!("{method} {path}, parameter {}", parameter["name"]));
            }
        }
        for (status, answer) in operation["responses"].as_object().expect("responses") {
            if !said(&answer["description"]) {
                missing.push(format!("{method} {path}, {status}"));
            }
        }
    }
    for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
        if !said(&schema["description"]) {
            missing.push(format!("schema {name}"));
        }
        for (member, about) in schema["properties"].as_object().into_iter().flatten() {
            let inside = about["oneOf"].as_array().is_some_and(|kinds| said(&kinds[0]["description"]));
            if !said(&about["description"]) && !inside {
                missing.push(format!("schema {name}, {member}"));
            }
        }
    }
    assert!(missing.is_empty(), "without a description:\n{}", missing.join("\n"));
    assert_eq!(document["info"]["license"]["name"], "MIT");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    let text = document.to_string();
    let mut rest = text.as_str();
    while let Some(at) = rest.find("\"$ref\":\"#") {
        rest = &rest[at + 9..];
        let pointer = &rest[..rest.find('"').expect("its end")];
        assert!(document.pointer(pointer).is_some(), "{pointer} leads nowhere");
    }
}

#[tokio::test]
async fn it_is_served_as_it_is_kept_to_any_token() {
    let api = Api::start().await;
    for token in [&api.admin, &api.member, &api.auditor] {
        let answer = api.ask_as(Some(token), "GET /v1/openapi.json", "").await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
        assert!(answer.text == KEPT, "another text is served");
    }
    assert_eq!(api.ask_as(None, "GET /v1/openapi.json", "").await.status, 401);
}

#[test]
fn no_two_types_have_one_name_in_the_document() {
    let mut names = BTreeSet::new();
    for (file, text) in sources() {
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            if !(line.starts_with("#[derive(") && line.contains("ToSchema")) {
                continue;
            }
            let of_item = lines[at + 1..].iter().take_while(|line| !line.is_empty()).map(|line| {
                let given = line.strip_prefix("#[schema(as = ");
                let own = || line.split_once("struct ").or(line.split_once("enum ")).map(|(_, name)| name);
                given.or_else(own)
            });
            let name = of_item.flatten().next().expect("a name");
            let name = name.split(|c: char| !c.is_alphanumeric()).next().expect("a word");
            assert!(names.insert(name.to_owned()), "{file}: another type is {name} in the document already");
        }
    }
    assert!(names.len() > 50, "{names:?}");
}
