//! Rules and their deployments.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::App;
use super::auth::Principal;
use super::body::{self, BadJson, Json as Body, Media, Nothing};
use super::path::{Id, Version};
use super::problem::Failure;
use super::query::Params;
use super::write;
use crate::secret;
use crate::store::Deployed;
use crate::wire::audit::{Action, EventQuery};
use crate::wire::id::{EventId, ProjectId};
use crate::wire::page::{MAX_LIMIT, Page, PageQuery};
use crate::wire::paths;
use crate::wire::problem::{Code, Problem};
use crate::wire::rules::{self, BadRule, DeployedRules, Deployment, Row, Rule};

/// Lists the rules of a project's draft
///
/// In the order they were put. With `Accept: text/csv` the whole draft comes as CSV, without pages.
#[utoipa::path(
    get, path = paths::PROJECT_RULES, tag = "Rules", operation_id = "listRules",
    params(("id" = ProjectId, Path, description = "The project"), PageQuery),
    responses((status = 200, description = "A page of rules, or all of them as CSV",
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
        return Ok(Json(app.store().rules(project, &query).await?).into_response());
    }
    if query != PageQuery::default() {
        let text = "CSV is the whole draft; leave limit and cursor out, or ask for JSON";
        return Err(Failure::field(if query.limit.is_some() { "limit" } else { "cursor" }, text));
    }
    let rules = whole_draft(&app, project).await?;
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], rules::to_csv(&rules)).into_response())
}

/// Replaces the rules of a project's draft
///
/// All of them: a bad row rejects the whole draft, and the error names row, column and reason. Nothing is
/// served from a draft until it is deployed. CSV has the columns `source,destination,status,match,priority`,
/// the last three of them optional. At most 64 MiB.
#[utoipa::path(
    put, path = paths::PROJECT_RULES, tag = "Rules", operation_id = "putRules",
    params(("id" = ProjectId, Path, description = "The project")),
    request_body(description = "Every rule of the draft",
        content((RulesBody = "application/json"), (String = "text/csv"))),
    responses((status = 200, description = "The first page of the draft as it is now", body = Page<Rule>))
)]
pub(crate) async fn put_rules(
    State(app): State<App>,
    principal: Principal,
    Id(project): Id<ProjectId>,
    Draft(rules): Draft,
) -> Result<Response, Failure> {
    write::spawned(async move {
        let written = app.store().put_rules(&app.by(&principal), project, &rules).await?;
        Ok(write::answer(StatusCode::OK, &written.head, &written.value))
    })
    .await
}

/// Lists a project's deployments
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

/// Shows a deployment with its rules
///
/// All of them, without pages.
#[utoipa::path(
    get, path = paths::PROJECT_DEPLOYMENT, tag = "Rules", operation_id = "getDeployment",
    params(
        ("id" = ProjectId, Path, description = "The project"),
        ("version" = u32, Path, description = "The deployment's number", minimum = 1, maximum = 2_147_483_647)
    ),
    responses((status = 200, description = "The deployment and its rules", body = DeployedRules))
)]
pub(crate) async fn deployment(
    State(app): State<App>,
    Version(project, version): Version,
) -> Result<Json<DeployedRules>, Failure> {
    let Deployed { deployment, rules: items, .. } = app.store().deployed(project, version).await?;
    Ok(Json(DeployedRules { deployment, items }))
}

/// Publishes a project's draft
///
/// As its next version, which never changes. Answered when every node serves it.
#[utoipa::path(
    post, path = paths::PROJECT_DEPLOYMENTS, tag = "Rules", operation_id = "deploy",
    params(("id" = ProjectId, Path, description = "The project")),
    request_body(content = Option<Nothing>, description = "Nothing, or an empty object"),
    responses((status = 201, description = "The deployment", body = Deployment))
)]
pub(crate) async fn deploy(
    State(app): State<App>,
    principal: Principal,
    Id(project): Id<ProjectId>,
    Body(Nothing {}): Body<Nothing>,
) -> Result<Response, Failure> {
    write::spawned(async move {
        let written = app.store().deploy(&app.by(&principal), project).await?;
        app.changes().acknowledged(written.revision).await;
        Ok(write::answer(StatusCode::CREATED, &written.head, &written.value))
    })
    .await
}

/// A list of rules, or an object that holds one as `items` or as `rules`.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "for the document: the body is read with the row of each error")]
pub(crate) enum RulesBody {
    /// The list itself.
    List(Vec<Rule>),
    /// The form in which the list is answered.
    #[schema(title = "Items")]
    Items {
        /// The rules.
        items: Vec<Rule>,
    },
    /// The same under its own name.
    #[schema(title = "Rules")]
    Rules {
        /// The rules.
        rules: Vec<Rule>,
    },
}

/// A whole draft, checked.
pub(crate) struct Draft(Vec<Rule>);

impl<S: Send + Sync> FromRequest<S> for Draft {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Draft, Failure> {
        let media = Media::of(request.headers());
        let body = body::read(request, body::RULES_LIMIT).await?;
        if body.is_empty() {
            // An empty body is `{}`, which is no draft: one does not lose all rules by mistake.
            return Err(no_list());
        }
        let media = media.ok_or_else(|| body::unsupported("application/json or text/csv"))?;
        // Many megabytes are read and compared here: not on the threads that serve others.
        let checked = tokio::task::spawn_blocking(move || checked(media, &body));
        checked.await.unwrap_or_else(|error| Err(Failure::internal(error))).map(Draft)
    }
}

fn checked(media: Media, body: &Bytes) -> Result<Vec<Rule>, Failure> {
    let rules = match media {
        Media::Csv => rules::from_csv(body).map_err(|bad| {
            if body::holds_key(body) { secret_in(bad.row, bad.column) } else { refused(&bad) }
        })?,
        Media::Json => from_json(body)?,
    };
    for (at, rule) in rules.iter().enumerate() {
        for (column, text) in [("source", &rule.source), ("destination", &rule.destination)] {
            if secret::holds(text) {
                return Err(secret_in(at + 1, column));
            }
        }
    }
    rules::check(&rules).map_err(|bad| refused(&bad))?;
    Ok(rules)
}

/// A whole key in a row; 0 is the header of CSV.
fn secret_in(row: usize, column: &str) -> Failure {
    let mut failure = Failure::secret(column);
    failure.problem.error = format!("row {row}, {}", failure.problem.error);
    failure
}

/// What [`RulesBody`] says.
fn from_json(body: &[u8]) -> Result<Vec<Rule>, Failure> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wrapped {
        items: Option<Vec<Row>>,
        rules: Option<Vec<Row>>,
    }
    let plain = |rows: Vec<Row>| rows.into_iter().map(|Row(rule)| rule).collect();
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'[') {
        return body::json(body).map(plain).map_err(|bad| bad_row(&bad, body));
    }
    if first != Some(&b'{') {
        return Err(if body::holds_key(body) { Failure::secret("body") } else { no_list() });
    }
    let wrapped: Wrapped = body::json(body).map_err(|bad| bad_row(&bad, body))?;
    match (wrapped.items, wrapped.rules) {
        (Some(rows), None) | (None, Some(rows)) => Ok(plain(rows)),
        (None, None) => Err(no_list()),
        (Some(_), Some(_)) => Err(Failure::field("rules", "items and rules mean the same; send one of them")),
    }
}

fn no_list() -> Failure {
    let text = "the body holds no list of rules; send [] or {\"items\": []} to have none";
    Problem::new(Code::InvalidBody, text).with_field("items").into()
}

/// JSON of a wrong form: with its row when it lies in one.
fn bad_row(bad: &BadJson, body: &[u8]) -> Failure {
    let mut failure = bad.failure(body);
    if let (Some(row), Code::InvalidField | Code::InvalidBody) = (bad.row(), failure.problem.code) {
        let column = bad.field().unwrap_or_else(|| "the row".to_owned());
        failure.problem.error = format!("row {row}, {column}: {}", bad.reason());
        failure.problem.code = Code::InvalidRules;
        failure.problem.field = Some(column);
    }
    failure
}

fn refused(bad: &BadRule) -> Failure {
    Problem::new(Code::InvalidRules, bad.to_string()).with_field(bad.column).into()
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
    Err(Problem::new(Code::Unavailable, "the draft is being replaced again and again; try again later")
        .into())
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
