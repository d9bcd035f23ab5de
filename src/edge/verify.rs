//! Who asks, before what they ask: the key of a request, its project, its rate limit.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};

use super::answer::{self, Answer};
use super::keyring::Record;
use super::limit::Grant;
use super::query::{Query, decode};
use super::tally::Outcome;
use super::{MAX_PATH, State, address};
use crate::secret::{self, Kind};
use crate::wire::problem::Code;

pub(super) static API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// The revision that a node must have applied to answer.
static AT_LEAST: HeaderName = HeaderName::from_static("keydeck-at-least");
static PROJECT_ID: HeaderName = HeaderName::from_static("x-project-id");

/// A request whose key is good and within its limit.
pub(super) struct Verified {
    /// The key.
    pub(super) record: Arc<Record>,
    /// Whether the request names the key's project; otherwise it names none.
    pub(super) names_project: bool,
    /// What is left of the window; none when there is no limit.
    pub(super) grant: Option<Grant>,
}

/// Verifies the key of a request and notes its use; otherwise the answer that says why not.
pub(super) fn verify(
    state: &State,
    peer: IpAddr,
    request: &Parts,
    query: &Query<'_>,
) -> Result<Verified, Box<Answer>> {
    let refused = |code| Box::new(answer::unauthorized(code));
    let text = key_text(&request.headers).map_err(refused)?;
    if !state.follower.is_live() {
        state.lapsed.notify_one();
        // A malformed key is invalid on every node.
        if !matches!(secret::check(text), Ok(Kind::Live | Kind::Test)) {
            return Err(refused(Code::InvalidApiKey));
        }
        let text = "This node cannot verify keys now. Retry, or use another node.";
        return Err(Box::new(answer::unavailable(text)));
    }
    let Some(record) = state.keyring.find(text) else {
        return Err(refused(Code::InvalidApiKey));
    };
    let now = (state.clock)();
    let from = address::client(peer, &request.headers, &state.trusted_proxies);
    let named = named(query, &request.headers, record.project().text());
    if !record.is_active() || !state.modes.serve(record.kind()) || named == Named::Another {
        state.usage.note(&record, Outcome::Refused, now, from);
        return Err(refused(Code::InvalidApiKey));
    }

    // Not counted as a use, because nothing is looked up. The key is verified, so the answer tells of its limit.
    let early = match query.path {
        Some(path) if too_long(path) => Err(Box::new(answer::path_too_long())),
        _ => check_at_least(state, &request.headers),
    };
    if let Err(mut answer) = early {
        let grant = state.limit.map(|limit| record.project().window.look(limit, (state.uptime)(), now));
        answer::rate_limit(answer.headers_mut(), grant.as_ref());
        return Err(answer);
    }

    // From here on, whatever the answer, it is a use.
    let grant = state.limit.map(|limit| record.project().window.take(limit, (state.uptime)(), now));
    if let Some(grant) = grant.filter(|grant| !grant.allowed) {
        state.usage.note(&record, Outcome::Limited, now, from);
        let mut answer = answer::too_many(&grant);
        answer::rate_limit(answer.headers_mut(), Some(&grant));
        return Err(Box::new(answer));
    }
    state.usage.note(&record, Outcome::Allowed, now, from);
    Ok(Verified { record, names_project: named == Named::This, grant })
}

/// Whether the node has applied the revision that the request asks for, if it asks.
pub(super) fn check_at_least(state: &State, headers: &HeaderMap) -> Result<(), Box<Answer>> {
    let asked = once(headers, &AT_LEAST).map(|text| text.map(revision));
    match asked {
        Ok(None) => Ok(()),
        Ok(Some(Some(revision))) if state.follower.applied() >= revision => Ok(()),
        Ok(Some(Some(_))) => {
            state.lapsed.notify_one();
            let text = "This node has not applied that revision yet. Retry, or use another node.";
            Err(Box::new(answer::unavailable(text)))
        }
        Ok(Some(None)) | Err(_) => {
            let text = "Invalid header Keydeck-At-Least. Send the revision of a receipt, such as 42.";
            Err(Box::new(answer::problem(Code::InvalidField, text)))
        }
    }
}

fn too_long(path: &str) -> bool {
    path.len() > MAX_PATH && decode(path).is_none_or(|path| path.len() > MAX_PATH)
}

/// A revision; one beyond all numbers is one that nobody has applied.
fn revision(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
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
