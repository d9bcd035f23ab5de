//! The OpenAPI document of the management API: what the handlers say of themselves, and what each route
//! has by its right, its path, its parameters and its body.

use axum::http::Method;
use utoipa::openapi::header::Header;
use utoipa::openapi::path::{Operation, PathItem, Paths};
use utoipa::openapi::schema::Components;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, ServerBuilder,
};
use utoipa::{PartialSchema as _, ToSchema};

use super::auth::Right;
use super::router::{ROUTES, Route};
use crate::wire::audit::Head;
use crate::wire::events::{Changed, Confirmed, Place, Used};
use crate::wire::openapi::{never_null, refuses, whole_answers};
use crate::wire::paths::AUDIT_HEAD_HEADER;
use crate::wire::problem::{Code, Problem};
use crate::wire::schema::text;

/// What a program may know before its first call.
const ABOUT: &str = "\
Projects, API keys, redirect rules, audit log and tokens of a Keydeck server, and the Edge API that accepts \
its keys.

**Credentials.** Management calls carry `Authorization: Bearer redir_mgmt_…`. Roles: `admin` can do everything; \
`member` can manage keys, rules, deployments and projects, but cannot delete projects or manage tokens or nodes; \
`auditor` can read, review and report. Send secrets in headers only: a URL that contains a full key is rejected.

**Errors** are `{error, code, field?, requestId?}`; switch on `code`. Each operation lists the codes of each \
status, for programs under `x-codes`. Besides those, a path that does not exist is answered with 404 `NOT_FOUND` \
and a method that a path does not have 405 `METHOD_NOT_ALLOWED`, with `Allow`. After 503 `TIMEOUT` a change \
may have been applied: check before you retry.

**Lists** come in pages: send `next` as `cursor` until it is null. `total` is exact up to 10,000; beyond, it \
is 10000 and `more` is true.

**Writes** are answered when every live node has applied them, and carry the audit head in \
`Keydeck-Audit-Head`. Bodies are JSON of at most 1 MiB; no body and `{}` are the same.

**Secrets** are returned once: when a key, a replacement or a token is created.";

const TAGS: &[(&str, &str)] = &[
    ("Projects", "Projects own keys, rules and deployments."),
    ("Keys", "API keys authenticate calls to the Edge API. They are valid until revoked."),
    ("Rules", "Redirect rules: a draft, and numbered deployments that the Edge API serves."),
    ("Audit", "The audit log: who changed what, as a hash chain."),
    ("Tokens", "Management tokens authenticate calls to the management API. Admins only."),
    ("Idempotency", "Find out the outcome of a request whose answer was lost."),
    ("Server", "Server information, health and metrics."),
];

/// The document of the management API.
pub fn document() -> OpenApi {
    let mut paths = Paths::new();
    let mut components = components();
    for route in ROUTES {
        let (schemas, documented, _) = (route.handler)();
        components.schemas.extend(schemas);
        for (path, mut item) in documented.paths {
            if let Some(operation) = operation(&mut item, &route.method) {
                complete(operation, route);
            }
            match paths.paths.get_mut(&path) {
                Some(known) => known.merge_operations(item),
                None => {
                    paths.paths.insert(path, item);
                }
            }
        }
    }
    whole_answers(&mut components);
    let license = LicenseBuilder::new().name("MIT").identifier(Some("MIT")).build();
    let info = InfoBuilder::new()
        .title("Keydeck")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(license));
    let server = ServerBuilder::new()
        .url("http://127.0.0.1:7474")
        .description(Some("The management API of `keydeck serve` (`--manage`)"))
        .build();
    let tags =
        TAGS.iter().map(|(name, about)| TagBuilder::new().name(*name).description(Some(*about)).build());
    OpenApiBuilder::new()
        .info(info.build())
        .servers(Some([server]))
        .tags(Some(tags))
        .paths(paths)
        .components(Some(components))
        .security(Some([SecurityRequirement::new::<_, [&str; 0], &str>("bearer", [])]))
        .build()
}

fn components() -> Components {
    let mut bearer = Http::new(HttpAuthScheme::Bearer);
    bearer.description = Some("A management token, `redir_mgmt_…`.".to_owned());
    let mut components =
        ComponentsBuilder::new().security_scheme("bearer", SecurityScheme::Http(bearer)).build();
    schema::<Problem>(&mut components);
    // What stands in messages of events, which the document cannot say of the stream itself.
    schema::<Place>(&mut components);
    schema::<Changed>(&mut components);
    schema::<Used>(&mut components);
    schema::<Confirmed>(&mut components);
    let mut id = Header::new(text("The request id.", "^req_[0-9a-z]{26}$", "req_01kavm0f4q7w2x8c5n9e3t6r1z"));
    id.description = Some("Identifies this request in the server log.".to_owned());
    components.headers.insert("RequestId".to_owned(), id.into());
    let mut head = Header::new(Head::schema());
    head.description = Some("The audit head after this change.".to_owned());
    components.headers.insert("AuditHead".to_owned(), head.into());
    components
}

/// Adds a type and those that it is made of.
fn schema<T: ToSchema>(components: &mut Components) {
    let mut schemas = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut schemas);
    components.schemas.extend(schemas);
}

/// Adds what a route has by its right, its path, its parameters and its body.
fn complete(operation: &mut Operation, route: &Route) {
    let writes = !route.method.is_safe();
    if route.right == Right::Anyone {
        operation.security = Some(Vec::new());
    }
    let needs = match route.right {
        Right::Anyone => "No token required.",
        Right::Read => "Requires a token with any role.",
        Right::Review => "Requires a token with any role.",
        Right::Write => "Requires a token with the role `member` or `admin`.",
        Right::Admin => "Requires a token with the role `admin`.",
    };
    let about = operation.description.take().filter(|about| !about.trim().is_empty());
    operation.description = Some(match about {
        Some(about) => format!("{}\n\n{needs}", about.trim()),
        None => needs.to_owned(),
    });
    never_null(operation);
    for answer in operation.responses.responses.values_mut() {
        let RefOr::T(answer) = answer else { continue };
        if writes {
            answer
                .headers
                .insert(title(AUDIT_HEAD_HEADER), RefOr::Ref(Ref::new("#/components/headers/AuditHead")));
        }
    }
    refuses(operation, codes(route));
    for answer in operation.responses.responses.values_mut() {
        if let RefOr::T(answer) = answer {
            answer
                .headers
                .insert("X-Request-Id".to_owned(), RefOr::Ref(Ref::new("#/components/headers/RequestId")));
        }
    }
}

/// Every code that a route may refuse with.
fn codes(route: &Route) -> Vec<Code> {
    let (writes, asks) = (!route.method.is_safe(), |name: &str| route.query.contains(&name));
    let mut codes = vec![Code::SecretInText, Code::InvalidField, Code::Internal, Code::Timeout];
    let mut may = |condition: bool, more: &[Code]| {
        if condition {
            codes.extend(more);
        }
    };
    may(asks("limit"), &[Code::InvalidLimit]);
    may(asks("cursor"), &[Code::InvalidCursor]);
    may(asks("filter"), &[Code::InvalidFilter]);
    may(writes, &[Code::InvalidBody, Code::TooLarge, Code::RequestTimeout, Code::UnsupportedMediaType]);
    may(route.right != Right::Anyone, &[Code::Unauthenticated, Code::InvalidToken, Code::Unavailable]);
    may(route.right == Right::Admin, &[Code::Forbidden]);
    may(writes && route.right != Right::Anyone, &[Code::ReadOnly]);
    may(route.path.contains("{id}"), &[Code::NotFound]);
    may(true, route.refuses);
    codes
}

fn operation<'a>(item: &'a mut PathItem, method: &Method) -> Option<&'a mut Operation> {
    match method.as_str() {
        "GET" => item.get.as_mut(),
        "POST" => item.post.as_mut(),
        "PUT" => item.put.as_mut(),
        "PATCH" => item.patch.as_mut(),
        "DELETE" => item.delete.as_mut(),
        _ => None,
    }
}

/// `keydeck-audit-head` as people write it.
fn title(header: &str) -> String {
    let parts = header.split('-').map(|part| {
        let (first, rest) = part.split_at(1);
        first.to_ascii_uppercase() + rest
    });
    parts.collect::<Vec<_>>().join("-")
}
