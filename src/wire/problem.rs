//! Errors: what a person reads and what a program switches on.

use serde::{Deserialize, Serialize};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::rules::{BadRule, Warning};
use super::schema;

/// The body of every error answer of both APIs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error, ToSchema)]
#[serde(rename_all = "camelCase")]
#[error("{error}")]
pub struct Problem {
    /// For people: what was wrong and what to do.
    pub error: String,
    /// For programs.
    pub code: Code,
    /// The field, parameter or header that was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The request's id, to be found in the server's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// With `INVALID_RULES`: the rules that are wrong, in their order; at most 20.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<BadRule>)]
    pub errors: Box<[BadRule]>,
    /// With `INVALID_RULES` after `strict=true`: the warnings that were in the way; at most 1,000.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<Warning>)]
    pub warnings: Box<[Warning]>,
}

impl Problem {
    /// An error with its text.
    pub fn new(code: Code, error: impl Into<String>) -> Problem {
        Problem {
            error: error.into(),
            code,
            field: None,
            request_id: None,
            errors: Box::default(),
            warnings: Box::default(),
        }
    }

    /// Names the field that was wrong.
    pub fn with_field(mut self, field: impl Into<String>) -> Problem {
        self.field = Some(field.into());
        self
    }
}

macro_rules! codes {
    ($(#[doc = $about:literal] $name:ident = $text:literal, $status:literal;)*) => {
        /// What went wrong, for programs.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Code { $(#[doc = $about] $name,)* }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The literal in the answer.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }

            /// What it means.
            pub fn about(self) -> &'static str {
                match self { $(Code::$name => $about,)* }.trim()
            }

            /// The HTTP status that goes with it.
            pub const fn status(self) -> u16 {
                match self { $(Code::$name => $status,)* }
            }
        }
    };
}

codes! {
    /// No such route, or no such thing.
    NotFound = "NOT_FOUND", 404;
    /// The route exists with other methods.
    MethodNotAllowed = "METHOD_NOT_ALLOWED", 405;
    /// No credential was sent.
    Unauthenticated = "UNAUTHENTICATED", 401;
    /// The management token is malformed, unknown or revoked.
    InvalidToken = "INVALID_TOKEN", 401;
    /// The role does not suffice.
    Forbidden = "FORBIDDEN", 403;
    /// An auditor tried to write.
    ReadOnly = "READ_ONLY", 403;
    /// The body is no JSON of the expected form.
    InvalidBody = "INVALID_BODY", 400;
    /// A field, parameter or header has a wrong value.
    InvalidField = "INVALID_FIELD", 400;
    /// A name that breaks the rules of names.
    InvalidName = "INVALID_NAME", 400;
    /// A reason that breaks the rules of reasons.
    InvalidReason = "INVALID_REASON", 400;
    /// The text holds a whole key.
    SecretInText = "SECRET_IN_TEXT", 400;
    /// The filter cannot be read; the message names the column.
    InvalidFilter = "INVALID_FILTER", 400;
    /// The cursor is broken, or of another filter or sort.
    InvalidCursor = "INVALID_CURSOR", 400;
    /// A limit outside 1–1000.
    InvalidLimit = "INVALID_LIMIT", 400;
    /// Rules are wrong; the message names line, row, column and reason of each, as `errors` does.
    InvalidRules = "INVALID_RULES", 400;
    /// The body is larger than allowed.
    TooLarge = "BODY_TOO_LARGE", 413;
    /// The body did not arrive in time. Nothing was changed.
    RequestTimeout = "REQUEST_TIMEOUT", 408;
    /// The body is of a type that the route does not read.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", 415;
    /// Another active key, project or token has that name.
    NameTaken = "NAME_TAKEN", 409;
    /// The key is revoked, so it cannot be changed.
    KeyRevoked = "KEY_REVOKED", 409;
    /// The project is archived, so nothing can be made in it.
    ProjectArchived = "PROJECT_ARCHIVED", 409;
    /// The project has active keys.
    ProjectHasActiveKeys = "PROJECT_HAS_ACTIVE_KEYS", 409;
    /// The plan allows no further active key.
    KeyLimitReached = "KEY_LIMIT_REACHED", 403;
    /// The last admin token cannot be revoked.
    LastAdmin = "LAST_ADMIN", 409;
    /// The same idempotency key came with another body.
    IdempotencyMismatch = "IDEMPOTENCY_MISMATCH", 409;
    /// The idempotency key was closed: nothing can be created with it any more.
    IdempotencyClosed = "IDEMPOTENCY_CLOSED", 409;
    /// The secret of an idempotent create was given out before.
    SecretNotRepeatable = "SECRET_NOT_REPEATABLE", 200;
    /// The server took too long.
    Timeout = "TIMEOUT", 503;
    /// The server has a fault; the cause is in its log.
    Internal = "INTERNAL", 500;
    /// The server cannot answer now.
    Unavailable = "UNAVAILABLE", 503;
    /// Edge: no API key was sent.
    MissingApiKey = "MISSING_API_KEY", 401;
    /// Edge: the API key is not good, for whatever reason.
    InvalidApiKey = "INVALID_API_KEY", 401;
    /// Edge: too many requests in this window.
    RateLimitExceeded = "RATE_LIMIT_EXCEEDED", 429;
    /// Edge: a parameter came twice.
    DuplicateParameter = "DUPLICATE_PARAMETER", 400;
    /// Edge: no project was named.
    MissingProject = "MISSING_PROJECT", 400;
    /// Edge: no path was given.
    MissingPath = "MISSING_PATH", 400;
    /// Edge: a path without leading slash, not UTF-8, or with a broken percent sequence.
    InvalidPath = "INVALID_PATH", 400;
    /// Edge: no export format was given.
    MissingFormat = "MISSING_FORMAT", 400;
    /// Edge: no such export format.
    InvalidFormat = "INVALID_FORMAT", 400;
    /// Edge: the version is not in 1–2147483647.
    InvalidVersion = "INVALID_VERSION", 400;
    /// Edge: no such deployment.
    VersionNotFound = "VERSION_NOT_FOUND", 404;
    /// Edge: the path is longer than 8 KiB.
    PathTooLong = "PATH_TOO_LONG", 414;
    /// Edge: the headers are larger than 16 KiB.
    HeadersTooLarge = "HEADERS_TOO_LARGE", 431;
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        let about = "What went wrong, for programs. A newer server may know further codes: the status says enough then.";
        schema::words(about, Code::ALL.iter().map(|code| code.as_str()))
    }
}

impl ToSchema for Code {}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Code, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        // A newer server may know codes that this client does not: the status says enough then.
        Ok(Code::ALL.iter().copied().find(|code| code.as_str() == text).unwrap_or(Code::Internal))
    }
}
