//! What the OpenAPI document says of the Edge API.

use utoipa::Path;
use utoipa::openapi::header::Header;
use utoipa::openapi::path::PathItem;
use utoipa::openapi::schema::Components;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{OpenApi, OpenApiBuilder, Ref, RefOr, Server, ServerBuilder};

use super::{export_route, lookup, revoke};
use crate::wire::openapi::{never_null, refuses, whole_answers};
use crate::wire::problem::Code;
use crate::wire::schema::text;

const TAG: &str = "Edge API";

/// The headers of every answer to a verified key.
const RATE_LIMIT: [(&str, &str, &str); 3] = [
    (
        "X-RateLimit-Limit",
        "^([0-9]+|unlimited)$",
        "Requests per minute allowed by the plan, or \
         `unlimited`.",
    ),
    (
        "X-RateLimit-Remaining",
        "^([0-9]+|unlimited)$",
        "Requests left in the current window, or \
         `unlimited`.",
    ),
    ("X-RateLimit-Reset", "^[0-9]+$", "End of the current window, in Unix seconds. Absent without a limit."),
];
/// The statuses of answers to a verified key.
const VERIFIED: [&str; 8] = ["200", "204", "304", "400", "404", "414", "429", "503"];

/// What every route refuses with.
const ALL: &[Code] = &[
    Code::MissingApiKey,
    Code::InvalidApiKey,
    Code::InvalidField,
    Code::PathTooLong,
    Code::HeadersTooLarge,
    Code::Unavailable,
];
/// What lookups and exports refuse with.
const READS: &[Code] = &[
    Code::MissingApiKey,
    Code::InvalidApiKey,
    Code::InvalidField,
    Code::RateLimitExceeded,
    Code::DuplicateParameter,
    Code::MissingProject,
    Code::InvalidVersion,
    Code::VersionNotFound,
    Code::PathTooLong,
    Code::HeadersTooLarge,
    Code::Unavailable,
];

/// The document of the Edge API, to be merged into that of the management API.
pub fn document() -> OpenApi {
    let mut components = Components::new();
    let mut key = ApiKeyValue::new("X-API-Key");
    key.description = Some("An API key, `redir_live_…` or `redir_test_…`.".to_owned());
    components.add_security_scheme("apiKey", SecurityScheme::ApiKey(ApiKey::Header(key)));
    let mut bearer = Http::new(HttpAuthScheme::Bearer);
    bearer.description = Some("The same API key. `X-API-Key` takes precedence.".to_owned());
    components.add_security_scheme("apiKeyBearer", SecurityScheme::Http(bearer));
    let retry = ("Retry-After", "^[0-9]+$", "Seconds to wait before retrying.");
    for (name, pattern, about) in RATE_LIMIT.into_iter().chain([retry]) {
        let mut header = Header::new(text(about, pattern, "100"));
        header.description = Some(about.to_owned());
        components.headers.insert(name.to_owned(), header.into());
    }
    let mut paths = utoipa::openapi::path::Paths::new();

    let either = &["apiKey", "apiKeyBearer"];
    let codes = [READS, &[Code::MissingPath, Code::InvalidPath]].concat();
    let looks_up = item::<lookup::__path_lookup>(&mut components, either, &codes);
    paths.paths.insert(lookup::__path_lookup::path(), looks_up);
    let codes = [READS, &[Code::MissingFormat, Code::InvalidFormat]].concat();
    let exports = item::<export_route::__path_export>(&mut components, either, &codes);
    paths.paths.insert(export_route::__path_export::path(), exports);
    let revokes = item::<revoke::__path_revoke>(&mut components, &["apiKey"], ALL);
    paths.paths.insert(revoke::__path_revoke::path(), revokes);
    whole_answers(&mut components);
    let about = "Redirect lookups and exports, authenticated with API keys. The Edge API has its own \
         address (`--edge`). `GET /healthz` and `GET /readyz` are available there, too.";
    let tag = TagBuilder::new().name(TAG).description(Some(about)).build();
    OpenApiBuilder::new().tags(Some([tag])).paths(paths).components(Some(components)).build()
}

fn item<P: Path + utoipa::__dev::SchemaReferences>(
    components: &mut Components,
    schemes: &[&str],
    codes: &[Code],
) -> PathItem {
    let mut schemas = Vec::new();
    P::schemas(&mut schemas);
    components.schemas.extend(schemas);
    let mut operation = P::operation();
    operation.tags = Some(vec![TAG.to_owned()]);
    let either = |scheme: &&str| SecurityRequirement::new::<_, [&str; 0], &str>(*scheme, []);
    operation.security = Some(schemes.iter().map(either).collect());
    never_null(&mut operation);
    let limited = codes.contains(&Code::RateLimitExceeded);
    refuses(&mut operation, codes.iter().copied());
    for (status, answer) in &mut operation.responses.responses {
        let RefOr::T(answer) = answer else { continue };
        let mut header = |name: &str| {
            let place = format!("#/components/headers/{name}");
            answer.headers.insert(name.to_owned(), RefOr::Ref(Ref::new(place)));
        };
        if limited && VERIFIED.contains(&status.as_str()) {
            for (name, ..) in RATE_LIMIT {
                header(name);
            }
        }
        if matches!(status.as_str(), "429" | "503") {
            header("Retry-After");
        }
    }
    let mut item = PathItem::default();
    for method in P::methods() {
        item.merge_operations(PathItem::new(method, operation.clone()));
    }
    item.servers = Some(vec![server()]);
    item
}

fn server() -> Server {
    ServerBuilder::new()
        .url("http://127.0.0.1:7475")
        .description(Some("The Edge API of `keydeck serve` (`--edge`)"))
        .build()
}
