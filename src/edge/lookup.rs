//! `GET /v1/lookup`, and the order of its errors.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};

use super::answer::{self, Answer};
use super::keyring::Record;
use super::query::{Query, decode};
use super::usage::Outcome;
use super::{State, address};
use crate::wire::problem::Code;
use crate::wire::rules::canonical_path;

/// The most bytes of a path, both of a request and to look up.
pub const MAX_PATH: usize = 8 * 1024;

pub(super) static API_KEY: HeaderName = HeaderName::from_static("x-api-key");
static PROJECT_ID: HeaderName = HeaderName::from_static("x-project-id");

/// Answers a lookup.
pub async fn lookup(state: &State, peer: IpAddr, request: &Parts) -> Answer {
    if !state.follower.is_live() {
        state.lapsed.notify_one();
        return answer::unavailable(
            "This node cannot vouch for its keys now; try again, or ask another node.",
        );
    }
    let query = Query::parse(request.uri.query().unwrap_or(""));
    if query.path.is_some_and(too_long) {
        return path_too_long();
    }
    let text = match key_text(&request.headers) {
        Ok(text) => text,
        Err(code) => return answer::unauthorized(code),
    };
    let Some(record) = state.keyring.find(text) else {
        return answer::unauthorized(Code::InvalidApiKey);
    };
    let now = (state.clock)();
    let from = address::client(peer, &request.headers, &state.trusted_proxies);
    let named = named(&query, &request.headers, record.project().text());
    if !record.is_active() || !state.modes.serve(record.kind()) || named == Named::Another {
        state.usage.note(&record, Outcome::Refused, now, from);
        return answer::unauthorized(Code::InvalidApiKey);
    }

    // From here on the key is verified: whatever the answer, it is a use.
    let grant = state.limit.map(|limit| record.project().window.take(limit, now));
    let limited = grant.filter(|grant| !grant.allowed);
    let outcome = if limited.is_some() { Outcome::Limited } else { Outcome::Allowed };
    state.usage.note(&record, outcome, now, from);
    let mut answer = match &limited {
        Some(grant) => answer::too_many(grant),
        None => redirect(state, &record, &query, named).await,
    };
    answer::rate_limit(answer.headers_mut(), grant.as_ref());
    answer
}

/// The answer to a verified key.
async fn redirect(state: &State, record: &Arc<Record>, query: &Query<'_>, named: Named) -> Answer {
    if let Some(name) = query.duplicate {
        return answer::problem(
            Code::DuplicateParameter,
            format!("The parameter {name} came twice; give it once."),
        );
    }
    if named == Named::None {
        return answer::problem(
            Code::MissingProject,
            "Name the project with the parameter project or the header X-Project-ID.",
        );
    }
    let Some(path) = query.path.filter(|path| !path.is_empty()) else {
        return answer::problem(Code::MissingPath, "Give the path to look up, as in path=/old-page.");
    };
    let path = match decode(path).as_deref().map(canonical_path) {
        Some(Ok(path)) => path,
        Some(Err(error)) => {
            return answer::problem(Code::InvalidPath, format!("The path to look up {error}."));
        }
        None => {
            return answer::problem(
                Code::InvalidPath,
                "The path to look up has percent sequences that are broken or not UTF-8.",
            );
        }
    };
    let version = match query.version.filter(|version| !version.is_empty()) {
        None => None,
        Some(text) => match version(text) {
            Some(version) => Some(version),
            None => {
                return answer::problem(
                    Code::InvalidVersion,
                    "The version is a whole number from 1 to 2147483647.",
                );
            }
        },
    };

    let live = record.project().live();
    let newest = live.as_ref().map_or(0, |live| live.version());
    let found = match (version, &*live) {
        (None, None) => None,
        (None, Some(live)) => live.answer(&path),
        (Some(version), Some(live)) if version == newest => live.answer(&path),
        (Some(version), _) if version > newest => return no_such_version(version),
        (Some(version), _) => {
            drop(live);
            match state.versions.get(record.project().id(), version).await {
                Ok(Some(ruleset)) => ruleset.answer(&path),
                Ok(None) => return no_such_version(version),
                Err(_) => {
                    return answer::unavailable("This deployment cannot be read now; try again.");
                }
            }
        }
    };
    found.map_or_else(answer::nothing, answer::json)
}

/// The key of a request: `X-API-Key`, else `Authorization: Bearer`. An empty one counts as none.
fn key_text(headers: &HeaderMap) -> Result<&str, Code> {
    let key = once(headers, &API_KEY)?;
    let authorization = once(headers, &AUTHORIZATION)?;
    once(headers, &PROJECT_ID)?;
    if let Some(key) = key {
        return Ok(key);
    }
    let (scheme, token) = authorization.and_then(|text| text.split_once(' ')).ok_or(Code::MissingApiKey)?;
    let token = token.trim();
    if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() {
        Ok(token)
    } else {
        Err(Code::MissingApiKey)
    }
}

/// A header that may come once; an empty one counts as none.
pub(super) fn once<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Code> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(Code::InvalidApiKey);
    }
    match first.map(|value| value.to_str()) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
        Some(Err(_)) => Err(Code::InvalidApiKey),
    }
}

/// Which project a request names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Named {
    None,
    This,
    Another,
}

/// Whether the request names this project: `project` beats `projectId` beats `X-Project-ID`. Of a
/// parameter that came twice one value suffices; it is refused as a duplicate after that.
fn named(query: &Query<'_>, headers: &HeaderMap, project: &str) -> Named {
    for (name, first) in [("project", query.project), ("projectId", query.project_id)] {
        let is_this = |value: &str| decode(value).is_some_and(|value| value == project);
        match first {
            None => {}
            Some(first) if is_this(first) => return Named::This,
            Some(first) => {
                if query.duplicate == Some(name) && query.values(name).any(is_this) {
                    return Named::This;
                }
                if !first.is_empty() || query.values(name).any(|value| !value.is_empty()) {
                    return Named::Another;
                }
            }
        }
    }
    match once(headers, &PROJECT_ID) {
        Ok(None) => Named::None,
        Ok(Some(text)) if text == project => Named::This,
        Ok(Some(_)) | Err(_) => Named::Another,
    }
}

fn version(text: &str) -> Option<u32> {
    if text.len() > 10 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|version| (1..=i32::MAX as u32).contains(version))
}

fn no_such_version(version: u32) -> Answer {
    answer::problem(Code::VersionNotFound, format!("The project has no deployment {version}."))
}

fn too_long(path: &str) -> bool {
    path.len() > MAX_PATH && decode(path).is_none_or(|path| path.len() > MAX_PATH)
}

pub(super) fn path_too_long() -> Answer {
    answer::problem(Code::PathTooLong, "The path is longer than 8 KiB.")
}
