//! Schemas that the OpenAPI document has of types which are written as text.

use serde_json::json;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};

/// A text that matches a pattern, with an example.
pub(crate) fn text(about: &str, pattern: &str, example: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(about))
        .pattern(Some(pattern))
        .examples([json!(example)])
        .into()
}

/// One of these words.
pub(crate) fn words<'a>(about: &str, words: impl IntoIterator<Item = &'a str>) -> RefOr<Schema> {
    let words: Vec<_> = words.into_iter().map(|word| json!(word)).collect();
    ObjectBuilder::new().schema_type(Type::String).description(Some(about)).enum_values(Some(words)).into()
}
