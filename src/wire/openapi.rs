//! What the OpenAPI documents of both APIs share: how they list errors, and what may be null.

use std::collections::BTreeMap;

use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::schema::{Components, SchemaType, Type};
use utoipa::openapi::{Content, ContentBuilder, Object, OpenApi, Ref, RefOr, ResponseBuilder, Schema};

use super::problem::Code;

/// Under this name each error answer of the document lists the codes that it may have.
pub const CODES: &str = "x-codes";

/// Adds the errors that an operation may answer: one answer a status, which tells its codes and what each
/// means. Its other answers stay.
pub fn refuses(operation: &mut Operation, codes: impl IntoIterator<Item = Code>) {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        let same = by_status.entry(code.status()).or_default();
        if !same.contains(&code) {
            same.push(code);
        }
    }
    for (status, codes) in by_status {
        let lines: Vec<_> = codes.iter().map(|code| format!("- `{code}`: {}", code.about())).collect();
        let names: Vec<_> = codes.iter().map(|code| code.as_str()).collect();
        let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let answer = ResponseBuilder::new()
            .description(lines.join("\n"))
            .content("application/json", problem)
            .extensions(Some(ExtensionsBuilder::new().add(CODES, names).build()))
            .build();
        operation.responses.responses.insert(status.to_string(), RefOr::T(answer));
    }
}

/// What is answered holds all its members, null where there is nothing to say; what is read refuses
/// members that it does not know, and an error leaves out what it has not.
pub fn whole_answers(components: &mut Components) {
    for (name, schema) in &mut components.schemas {
        match schema {
            RefOr::T(Schema::Object(object)) if name != "Problem" => whole(object),
            RefOr::T(Schema::AllOf(all)) => {
                for part in &mut all.items {
                    if let RefOr::T(Schema::Object(object)) = part {
                        whole(object);
                    }
                }
            }
            _ => {}
        }
    }
}

/// The members of answers that are there only where they were asked for.
const ON_REQUEST: [&str; 1] = ["daily"];

fn whole(object: &mut Object) {
    if object.additional_properties.is_none() {
        let always = object.properties.keys().filter(|name| !ON_REQUEST.contains(&name.as_str()));
        object.required = always.cloned().collect();
    }
}

/// Both documents in one.
pub fn merged(mut one: OpenApi, mut other: OpenApi) -> OpenApi {
    // The one kind of components that merging leaves out.
    if let (Some(into), Some(from)) = (&mut one.components, &mut other.components) {
        into.headers.append(&mut from.headers);
    }
    one.merge(other);
    one
}

/// A parameter or a body is there or not; it is never null.
pub fn never_null(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(Parameter { schema: Some(schema), .. }) = parameter {
            without_null(schema);
        }
    }
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        for content in body.content.values_mut() {
            if let RefOr::T(Content { schema: Some(schema), .. }) = content {
                without_null(schema);
            }
        }
    }
}

fn without_null(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::Object(object)) => {
            if let SchemaType::Array(types) = &object.schema_type
                && let [kind, Type::Null] | [Type::Null, kind] = types.as_slice()
            {
                object.schema_type = SchemaType::Type(kind.clone());
            }
        }
        RefOr::T(Schema::OneOf(one)) => {
            let null = |item: &RefOr<Schema>| {
                matches!(item, RefOr::T(Schema::Object(object))
                    if object.schema_type == SchemaType::Type(Type::Null))
            };
            one.items.retain(|item| !null(item));
            if let [only] = one.items.as_slice() {
                *schema = only.clone();
            }
        }
        _ => {}
    }
}
