//! What the kept OpenAPI document says may be answered.

use std::sync::LazyLock;

use serde_json::Value;

pub(crate) static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../assets/openapi.json")).expect("JSON"));

/// Asserts that an error answer of a route is in the document: its status, and its code among those of that
/// status. Of paths and methods that are not there it says so in general.
pub(crate) fn assert_documented(method: &str, address: &str, status: u16, code: &str) {
    let path = address.split('?').next().expect("a path");
    let Some(operation) = operation(method, path) else {
        assert!(
            matches!(code, "NOT_FOUND" | "METHOD_NOT_ALLOWED" | "SECRET_IN_TEXT"),
            "{method} {path}: {code}"
        );
        return;
    };
    let codes = operation["responses"][status.to_string()]["x-codes"].as_array();
    let known = codes.is_some_and(|codes| codes.iter().any(|known| known == code));
    assert!(known, "{method} {path}: {status} {code} is not in the document");
}

/// What the document says of a method at an address; HEAD is said with GET.
fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let method = if method == "HEAD" { "get".to_owned() } else { method.to_lowercase() };
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    // A path without parameters beats one with them.
    let item = paths.get(path).or_else(|| {
        let fits = |template: &str| {
            let (mut given, mut known) = (path.split('/'), template.split('/'));
            loop {
                match (given.next(), known.next()) {
                    (None, None) => return true,
                    (Some(given), Some(known)) if given == known => {}
                    (Some(given), Some(known)) if known.starts_with('{') && !given.is_empty() => {}
                    _ => return false,
                }
            }
        };
        paths.iter().find(|(template, _)| fits(template)).map(|(_, item)| item)
    })?;
    item.get(&method)
}
