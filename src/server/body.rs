//! What was sent: read up to a limit, of the right type, with each unknown or wrong field named.

use std::time::Duration;

use axum::body::{Bytes, HttpBody as _};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};
use tokio::time::{Instant, timeout_at};

use super::problem::Failure;
use crate::secret;
use crate::wire::problem::{Code, Problem};
use crate::wire::text;

/// The largest body of all routes but one.
pub(crate) const LIMIT: usize = 1024 * 1024;
/// The largest body of rules.
pub(crate) const RULES_LIMIT: usize = 64 * 1024 * 1024;
/// What is read and thrown away of a body that is too large, so that its sender comes to read the answer.
const DRAIN: usize = 8 * 1024 * 1024;

/// How long nothing of a body may come, and how long all of it may take: less than a request, so that the answer
/// says what took so long.
const SILENCE: Duration = Duration::from_secs(10);
const ARRIVAL: Duration = Duration::from_secs(25);

/// A JSON object. An empty body is the same as `{}`.
pub(crate) struct Json<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Json<T>, Failure> {
        let media = Media::of(request.headers());
        let body = read(request, LIMIT).await?;
        if body.is_empty() {
            return object(b"{}").map(Json);
        }
        if media != Some(Media::Json) {
            return Err(unsupported("application/json"));
        }
        object(&body).map(Json)
    }
}

/// The types of bodies that are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Media {
    /// `application/json`, or any type with the suffix `+json`.
    Json,
    /// `text/csv`.
    Csv,
}

impl Media {
    /// The type that the headers tell; none when it is missing, told twice, or another.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Media> {
        let mut values = headers.get_all(header::CONTENT_TYPE).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return None };
        let essence = value.to_str().ok()?.split(';').next()?.trim().to_ascii_lowercase();
        match essence.as_str() {
            "application/json" => Some(Media::Json),
            "text/csv" => Some(Media::Csv),
            other if other.starts_with("application/") && other.ends_with("+json") => Some(Media::Json),
            _ => None,
        }
    }
}

/// 415, naming what would be read.
pub(crate) fn unsupported(expected: &str) -> Failure {
    Problem::new(Code::UnsupportedMediaType, format!("unsupported Content-Type; expected {expected}"))
        .with_field("Content-Type")
        .into()
}

/// A name as it is stored, or what is wrong with it.
pub(crate) fn name(given: &str) -> Result<String, Failure> {
    text::name(given).map_err(|bad| Failure::text(Code::InvalidName, "name", bad))
}

/// An owner as it is stored; an empty one is none.
pub(crate) fn owner(given: Option<&str>) -> Result<Option<String>, Failure> {
    let checked = given.map(text::owner).transpose();
    Ok(checked.map_err(|bad| Failure::text(Code::InvalidField, "owner", bad))?.flatten())
}

/// A purpose as it is stored; an empty one is none.
pub(crate) fn purpose(given: Option<&str>) -> Result<Option<String>, Failure> {
    let checked = given.map(text::purpose).transpose();
    Ok(checked.map_err(|bad| Failure::text(Code::InvalidField, "purpose", bad))?.flatten())
}

/// A reason as it is stored; an empty one is none.
pub(crate) fn reason(given: Option<&str>) -> Result<Option<String>, Failure> {
    let checked = given.map(text::reason).transpose();
    let reason = checked.map_err(|bad| Failure::text(Code::InvalidReason, "reason", bad))?;
    Ok(reason.filter(|reason| !reason.is_empty()))
}

/// Reads a whole body of at most `limit` bytes.
pub(crate) async fn read(request: Request, limit: usize) -> Result<Bytes, Failure> {
    let too_large = || {
        Failure::from(
            Problem::new(Code::TooLarge, format!("the request body is larger than {} MiB", limit / LIMIT))
                .with_field("body"),
        )
    };
    // Who asks before sending is told at once; anybody else first comes to the end of a moderate body.
    let asks_first = request.headers().contains_key(header::EXPECT);
    let mut body = request.into_body();
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > limit.saturating_add(DRAIN) || (asks_first && announced > limit) {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(announced.min(limit));
    let mut total = 0;
    let end = Instant::now() + ARRIVAL;
    loop {
        let next = timeout_at(end.min(Instant::now() + SILENCE), body.frame()).await;
        let Some(frame) = next.map_err(|_| too_slow())? else { break };
        let frame =
            frame.map_err(|error| bad_body("incomplete request body; send it again").caused(error))?;
        let Ok(data) = frame.into_data() else { continue };
        total += data.len();
        if total <= limit {
            bytes.extend_from_slice(&data);
        } else if total > limit.saturating_add(DRAIN) {
            break;
        }
    }
    if total > limit { Err(too_large()) } else { Ok(bytes.into()) }
}

/// 408: nothing was changed, since a change needs the whole body.
fn too_slow() -> Failure {
    Problem::new(Code::RequestTimeout, "The request body did not arrive in time. Nothing was changed.")
        .with_field("body")
        .into()
}

/// Reads a JSON object into a type that refuses unknown fields.
pub(crate) fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{') {
        json(body).map_err(|bad| bad.failure(body))
    } else if holds_key(body) {
        Err(Failure::secret("body"))
    } else {
        Err(bad_body("the request body is not a JSON object; expected e.g. {\"name\": \"…\"}"))
    }
}

/// Reads JSON of any form.
fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, BadJson> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().clone();
        BadJson { path: Some(path), error: error.into_inner() }
    })?;
    reader.end().map_err(|error| BadJson { path: None, error })?;
    Ok(value)
}

/// Whether a body that was refused holds a whole key somewhere, as it stands or in JSON's escapes.
pub(crate) fn holds_key(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    if secret::holds(&text) {
        return true;
    }
    let mut parts = text.split("\\u");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match digits.and_then(char::from_u32) {
            Some(c) => {
                plain.push(c);
                plain.push_str(&part[4..]);
            }
            None => plain.push_str(part),
        }
    }
    secret::holds(&plain)
}

/// JSON that is broken, or not of the expected form.
struct BadJson {
    /// Where; none after the end.
    path: Option<Path>,
    error: serde_json::Error,
}

impl BadJson {
    /// As an answer that names the field. Nothing of the body is repeated but a field's name.
    fn failure(&self, body: &[u8]) -> Failure {
        if holds_key(body) {
            return Failure::secret(&self.field().unwrap_or_else(|| "body".to_owned()));
        }
        if self.is_broken(body) {
            let (line, column) = (self.error.line(), self.error.column());
            return bad_body(&format!("invalid JSON at line {line}, column {column}"));
        }
        match self.field() {
            Some(field) => Failure::field(&field, format!("{field}: {}", self.reason())),
            None => bad_body(&format!("request body: {}", self.reason())),
        }
    }

    /// Whether the body is no JSON at all. The reader calls it a syntax error, too, when there is a number
    /// where one of some words is expected.
    fn is_broken(&self, body: &[u8]) -> bool {
        self.error.classify() != Category::Data && serde_json::from_slice::<IgnoredAny>(body).is_err()
    }

    /// The field that is unknown, missing, there twice or of a wrong type.
    fn field(&self) -> Option<String> {
        let text = self.error.to_string();
        let quoted = ["unknown field `", "missing field `", "duplicate field `"]
            .iter()
            .find_map(|start| text.strip_prefix(start))
            .and_then(|rest| rest.split_once('`').map(|(name, _)| name.to_owned()));
        let inner = self.segments().filter_map(|segment| match segment {
            Segment::Map { key } => Some(key.clone()),
            _ => None,
        });
        let name = quoted.or_else(|| inner.last())?;
        Some(text::inert(&name).chars().take(64).collect())
    }

    fn segments(&self) -> impl Iterator<Item = &Segment> {
        self.path.iter().flat_map(Path::iter)
    }

    /// What is wrong, without repeating the value.
    fn reason(&self) -> String {
        let text = self.error.to_string();
        let text = text.rfind(" at line ").map_or(text.as_str(), |end| &text[..end]);
        if text.starts_with("missing field") {
            return "is missing".to_owned();
        }
        if text.starts_with("duplicate field") {
            return "is duplicated".to_owned();
        }
        if text.starts_with("unknown field") {
            return match text.rfind("`, expected ") {
                Some(at) => format!("is an unknown field; expected {}", &text[at + "`, expected ".len()..]),
                None => "is an unknown field; expected none".to_owned(),
            };
        }
        if self.error.classify() != Category::Data {
            return "has the wrong type".to_owned();
        }
        // The readers of ids and times say no more than what they expect; others put the value before it.
        let expected = text.rfind("expected ").map_or("another value", |at| &text[at + "expected ".len()..]);
        let expected = match expected {
            "u8" | "u16" | "u32" | "u64" | "i32" | "i64" => "an integer in range",
            other => other,
        };
        format!("has an invalid value; expected {expected}")
    }
}

/// 400: the body as a whole is wrong.
pub(crate) fn bad_body(text: &str) -> Failure {
    Problem::new(Code::InvalidBody, text).with_field("body").into()
}

/// An empty object.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}
