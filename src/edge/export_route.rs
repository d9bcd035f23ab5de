//! `GET /v1/export`, and the order of its errors.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::IF_NONE_MATCH;
use axum::http::request::Parts;
use utoipa::IntoParams;

use super::State;
use super::answer::{self, Answer};
use super::export::Format;
use super::keyring::Record;
use super::query::{Query, decode};
use super::ruleset::{Export, Ruleset};
use super::verify::verify;
use crate::wire::etag;
use crate::wire::paths;
use crate::wire::problem::Code;

/// The parameters of an export.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "for the document: the query is split without copies")]
struct ExportQuery {
    /// Id of the project. Also accepted as `projectId` or the header `X-Project-ID`.
    project: String,
    /// The export format.
    #[param(inline)]
    format: Format,
    /// Version of the deployment. Default: the newest.
    #[param(minimum = 1, maximum = 2_147_483_647)]
    version: Option<u32>,
}

/// Export a deployment
///
/// For nginx, HAProxy or as CSV. Include `nginx` in a `server` block; the map formats are complete maps. Rules
/// that the target does not support become comments with the reason.
#[utoipa::path(
    get, path = paths::EXPORT, operation_id = "export",
    params(ExportQuery, ("If-None-Match" = Option<String>, Header, description = "The `ETag` of a previous \
         answer"), ("Keydeck-At-Least" = Option<u64>, Header, description = "A revision that the node must have \
         applied; otherwise it answers 503")),
    responses(
        (status = 200, description = "The file", content((String = "text/plain"), (String = "text/csv")), headers(
            ("ETag" = String, description = "Changes with each deployment"),
            ("Content-Disposition" = String, description = "The file name")
        )),
        (status = 304, description = "Not modified",
            headers(("ETag" = String, description = "The current tag")))
    )
)]
pub async fn export(state: &State, peer: IpAddr, request: &Parts) -> Answer {
    let query = Query::of_export(request.uri.query().unwrap_or(""));
    let verified = match verify(state, peer, request, &query) {
        Ok(verified) => verified,
        Err(refused) => return *refused,
    };
    let mut answer = match wanted(&query, verified.names_project) {
        Ok((format, version)) => match deployment(state, &verified.record, version).await {
            Ok(ruleset) => deliver(ruleset, format, &request.headers).await,
            Err(refused) => *refused,
        },
        Err(refused) => *refused,
    };
    answer::rate_limit(answer.headers_mut(), verified.grant.as_ref());
    answer
}

/// What is asked for.
fn wanted(query: &Query<'_>, names_project: bool) -> Result<(Format, Option<u32>), Box<Answer>> {
    if let Some(name) = query.duplicate {
        return Err(Box::new(answer::duplicate_parameter(name)));
    }
    if !names_project {
        return Err(Box::new(answer::missing_project()));
    }
    let known = || Format::ALL.map(Format::as_str).join(", ");
    let Some(format) = query.format.filter(|format| !format.is_empty()) else {
        let text = format!("Missing format. Expected one of {}.", known());
        return Err(Box::new(answer::problem(Code::MissingFormat, text)));
    };
    let Some(format) = decode(format).as_deref().and_then(Format::parse) else {
        let text = format!("Invalid format. Expected one of {}.", known());
        return Err(Box::new(answer::problem(Code::InvalidFormat, text)));
    };
    let version = query.version_number().map_err(|_| Box::new(answer::invalid_version()))?;
    Ok((format, version))
}

/// The deployment that is asked for. A project without one has an export without rules, as its lookups
/// find none.
async fn deployment(
    state: &State,
    record: &Record,
    version: Option<u32>,
) -> Result<Arc<Ruleset>, Box<Answer>> {
    let project = record.project();
    let live = project.live().clone();
    let newest = live.as_ref().map_or(0, |live| live.version());
    match (version, live) {
        (None, None) => Ok(Arc::new(Ruleset::compile(0, &[]))),
        (None, Some(live)) => Ok(live),
        (Some(version), Some(live)) if version == newest => Ok(live),
        (Some(version), _) if version > newest => Err(Box::new(answer::version_not_found(version))),
        (Some(version), _) => match state.versions.get(project.id(), version).await {
            Ok(Some(ruleset)) => Ok(ruleset),
            Ok(None) => Err(Box::new(answer::version_not_found(version))),
            Err(_) => Err(Box::new(answer::unreadable_version())),
        },
    }
}

async fn deliver(ruleset: Arc<Ruleset>, format: Format, headers: &HeaderMap) -> Answer {
    let export = if let Some(export) = ruleset.exported(format) {
        export
    } else {
        // 100,000 rules take a while: not on a thread that answers lookups.
        match tokio::task::spawn_blocking(move || ruleset.export(format)).await {
            Ok(export) => export,
            Err(_) => return answer::unreadable_version(),
        }
    };
    let Export { body, tag } = export;
    let known = headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|known| etag::matches(known, &tag));
    if known {
        answer::unchanged(body.len(), &tag)
    } else {
        answer::file(body, format.content_type(), format.file_name(), &tag)
    }
}
