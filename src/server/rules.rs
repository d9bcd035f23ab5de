//! Rules and their deployments.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::App;
use super::auth::Principal;
use super::body::{self, Json as Body, Media, Nothing};
use super::path::{Id, Version};
use super::problem::Failure;
use super::query::Params;
use super::write;
use crate::store::Deployed;
use crate::wire::audit::{Action, EventQuery};
use crate::wire::id::{EventId, ProjectId};
use crate::wire::page::{MAX_LIMIT, Page, PageQuery};
use crate::wire::paths;
use crate::wire::problem::{Code, Problem};
use crate::wire::rules::warn::warnings;
use crate::wire::rules::{
    self, DeployedRules, Deployment, Draft, Form, NewDeployment, PutRules, Rule, Skipped, Unreadable,
    Warnings,
};

/// List the rules of a project's draft
///
/// In the order of the import, with sources as they are matched: without a query or fragment. With `Accept:
/// text/csv`, returns the whole draft as CSV, without pages.
#[utoipa::path(
    get, path = paths::PROJECT_RULES, tag = "Rules", operation_id = "listRules",
    params(("id" = ProjectId, Path, description = "The project"), PageQuery),
    responses((status = 200, description = "A page of rules, or all rules as CSV",
        content((Page<Rule> = "application/json"), (String = "text/csv"))))
)]
pub(crate) async fn rules(
    State(app): State<App>,
    Id(project): Id<ProjectId>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let query = params.page()?;
    if !wants_csv(&headers) {
        let page = app.store().rules(project, &query).await?;
        return Ok(Json(Page { items: in_force(page.items), ..page }).into_response());
    }
    if query != PageQuery::default() {
        let text = "CSV contains the whole draft; omit limit and cursor, or request JSON";
        return Err(Failure::field(if query.limit.is_some() { "limit" } else { "cursor" }, text));
    }
    let rules = whole_draft(&app, project).await?;
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], rules::to_csv(&rules)).into_response())
}

/// Replace the rules of a project's draft
///
/// If any row is invalid, the whole draft is rejected, and the error lists up to 20 rows with line, row, column
/// and reason. A draft is not served until it is deployed. At most 64 MiB, in UTF-8.
///
/// CSV has the columns `source,destination,status,match,priority`; the last three are optional. `from`, `to`,
/// `statusCode` and `matchType` are accepted as names, too. Without a header, columns are recognized by their
/// content. Separators are commas, semicolons, tabs or `|`. Comments (`#`), blank lines, empty rows and empty
/// columns are skipped and counted in the answer. JSON is a list, or an object with the list as `items` or
/// `rules`.
///
/// A destination is a path that begins with a single `/`, or an http or https URL with a host.
///
/// Rules that are valid but probably not intended are accepted with `warnings`, or rejected with `strict=true`.
#[utoipa::path(
    put, path = paths::PROJECT_RULES, tag = "Rules", operation_id = "putRules",
    params(
        ("id" = ProjectId, Path, description = "The project"),
        ("strict" = Option<bool>, Query, description = "Reject the draft if it has warnings")
    ),
    request_body(description = "All rules of the draft",
        content((RulesBody = "application/json"), (String = "text/csv"))),
    responses((status = 200, description = "The first page of the new draft", body = PutRules))
)]
pub(crate) async fn put_rules(
    State(app): State<App>,
    principal: Principal,
    Id(project): Id<ProjectId>,
    Strict(strict): Strict,
    Sent { rules, skipped, warnings }: Sent,
) -> Result<Response, Failure> {
    if strict && warnings.count > 0 {
        return Err(Failure::warned(warnings));
    }
    write::spawned(async move {
        let written = app.store().put_rules(&app.by(&principal), project, &rules).await?;
        let page = Page { items: in_force(written.value.items), ..written.value };
        let Warnings { list: warnings, count: warning_count } = warnings;
        let answer = PutRules { page, warnings, warning_count, skipped };
        Ok(write::answer(StatusCode::OK, &written.head, &answer))
    })
    .await
}

/// List the deployments of a project
///
/// Newest first.
#[utoipa::path(
    get, path = paths::PROJECT_DEPLOYMENTS, tag = "Rules", operation_id = "listDeployments",
    params(("id" = ProjectId, Path, description = "The project"), PageQuery),
    responses((status = 200, description = "A page of deployments", body = Page<Deployment>))
)]
pub(crate) async fn deployments(
    State(app): State<App>,
    Id(project): Id<ProjectId>,
    params: Params,
) -> Result<Json<Page<Deployment>>, Failure> {
    Ok(Json(app.store().deployments(project, &params.page()?).await?))
}

/// Get a deployment with its rules
///
/// All rules, without pages.
#[utoipa::path(
    get, path = paths::PROJECT_DEPLOYMENT, tag = "Rules", operation_id = "getDeployment",
    params(
        ("id" = ProjectId, Path, description = "The project"),
        ("version" = u32, Path, description = "The version of the deployment", minimum = 1, maximum = 2_147_483_647)
    ),
    responses((status = 200, description = "The deployment and its rules", body = DeployedRules))
)]
pub(crate) async fn deployment(
    State(app): State<App>,
    Version(project, version): Version,
) -> Result<Json<DeployedRules>, Failure> {
    let Deployed { deployment, rules: items, .. } = app.store().deployed(project, version).await?;
    Ok(Json(DeployedRules { deployment, items: in_force(items) }))
}

/// Deploy a project's draft
///
/// As the next version, which never changes. The answer is sent once all nodes serve it. A draft with invalid
/// rules, such as one accepted by an older version of Keydeck, is rejected with `errors`. Rules that are valid
/// but probably not intended are deployed with `warnings`, or rejected with `strict=true`.
#[utoipa::path(
    post, path = paths::PROJECT_DEPLOYMENTS, tag = "Rules", operation_id = "deploy",
    params(
        ("id" = ProjectId, Path, description = "The project"),
        ("strict" = Option<bool>, Query, description = "Do not deploy if there are warnings")
    ),
    request_body(content = Option<Nothing>, description = "Empty, or an empty object"),
    responses((status = 201, description = "The deployment", body = NewDeployment))
)]
pub(crate) async fn deploy(
    State(app): State<App>,
    principal: Principal,
    Id(project): Id<ProjectId>,
    Strict(strict): Strict,
    Body(Nothing {}): Body<Nothing>,
) -> Result<Response, Failure> {
    write::spawned(async move {
        let written = app.store().deploy(&app.by(&principal), project, strict).await?;
        app.store().confirm(&written.awaited.unkept()).await;
        Ok(write::answer(StatusCode::CREATED, &written.head, &written.value))
    })
    .await
}

/// Whether warnings are refused. Read before the body, which may be large.
pub(crate) struct Strict(bool);

impl<S: Send + Sync> FromRequestParts<S> for Strict {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Strict, Failure> {
        let params = Params::from_request_parts(parts, state).await?;
        Ok(Strict(params.parsed("strict", "true or false")?.unwrap_or(false)))
    }
}

/// A list of rules, or an object with the list as `items` or `rules`.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "for the document: the body is read with the line of each error")]
pub(crate) enum RulesBody {
    /// A list of rules.
    List(Vec<Rule>),
    /// An object with `items`, the form in which drafts are returned.
    #[schema(title = "Items")]
    Items {
        /// All rules of the draft.
        items: Vec<Rule>,
    },
    /// An object with `rules`.
    #[schema(title = "Rules")]
    Rules {
        /// All rules of the draft.
        rules: Vec<Rule>,
    },
}

/// A whole draft, checked, with what is odd about it.
pub(crate) struct Sent {
    rules: Vec<Rule>,
    skipped: Vec<Skipped>,
    warnings: Warnings,
}

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Sent, Failure> {
        let media = Media::of(request.headers());
        let body = body::read(request, body::RULES_LIMIT).await?;
        if body.is_empty() {
            // An empty body is `{}`, which is no draft: one does not lose all rules by mistake.
            return Err(unreadable(Unreadable::NoList, &body));
        }
        let form = match media.ok_or_else(|| body::unsupported("application/json or text/csv"))? {
            Media::Csv => Form::Csv,
            Media::Json => Form::Json,
        };
        // Many megabytes are read and compared here: not on the threads that serve others.
        let sent = tokio::task::spawn_blocking(move || {
            let Draft { rules, lines, skipped } =
                rules::read(&body, form).map_err(|error| unreadable(error, &body))?;
            let warnings = warnings(&rules, &lines);
            Ok(Sent { rules, skipped, warnings })
        });
        sent.await.unwrap_or_else(|error| Err(Failure::internal(error)))
    }
}

fn unreadable(error: Unreadable, body: &[u8]) -> Failure {
    if body::holds_key(body) || matches!(&error, Unreadable::Rules(bad) if bad.secret.is_some()) {
        return secret_in(&error);
    }
    let text = error.to_string();
    match error {
        Unreadable::File(_) => body::bad_body(&format!("the body {text}")),
        Unreadable::NoList => {
            Problem::new(Code::InvalidBody, format!("the body {text}")).with_field("items").into()
        }
        Unreadable::Member { field, .. } => Failure::field(&field, text),
        Unreadable::Rules(bad) => Failure::rules(bad, text),
    }
}

/// A whole key in a body that was refused; row 0 is the header of CSV.
fn secret_in(error: &Unreadable) -> Failure {
    let Unreadable::Rules(bad) = error else { return Failure::secret("body") };
    let Some(bad) = bad.secret.as_ref().or(bad.errors.first()) else { return Failure::secret("body") };
    let mut failure = Failure::secret(&bad.column);
    failure.problem.error = format!("row {}, {}", bad.row, failure.problem.error);
    failure
}

/// The rules of an answer as they are in force.
fn in_force(rules: Vec<Rule>) -> Vec<Rule> {
    rules.into_iter().map(Rule::in_force).collect()
}

fn wants_csv(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|range| {
            range.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case("text/csv"))
        })
}

/// All pages of a draft. When it was replaced while they were read, they are read again.
async fn whole_draft(app: &App, project: ProjectId) -> Result<Vec<Rule>, Failure> {
    for _ in 0..5 {
        let before = last_replaced(app, project).await?;
        let mut rules = Vec::new();
        let mut query = PageQuery { limit: Some(MAX_LIMIT), cursor: None };
        loop {
            let page = app.store().rules(project, &query).await?;
            rules.extend(page.items);
            match page.next {
                Some(next) => query.cursor = Some(next),
                None => break,
            }
        }
        if last_replaced(app, project).await? == before {
            return Ok(rules);
        }
    }
    Err(Problem::new(Code::Unavailable, "the draft kept changing while it was read; try again").into())
}

async fn last_replaced(app: &App, project: ProjectId) -> Result<Option<EventId>, Failure> {
    let query = EventQuery {
        project: Some(project),
        action: Some(Action::RulesReplaced),
        limit: Some(1),
        ..EventQuery::default()
    };
    Ok(app.store().audit_events(&query, app.now()).await?.items.first().map(|event| event.id))
}
