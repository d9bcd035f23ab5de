//! Errors: a message for people, a code for programs.

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
    /// Message for people: what failed, why, and what to do.
    pub error: String,
    /// Code for programs. Branch on this.
    pub code: Code,
    /// The invalid field, parameter or header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Request id, to look up in the server log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// With `INVALID_RULES`: the invalid rules, in order; at most 20.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<BadRule>)]
    pub errors: Box<[BadRule]>,
    /// With `INVALID_RULES` and `strict=true`: the warnings; at most 1,000.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<Warning>)]
    pub warnings: Box<[Warning]>,
}

impl Problem {
    /// An error with a message.
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

    /// Sets the invalid field.
    pub fn with_field(mut self, field: impl Into<String>) -> Problem {
        self.field = Some(field.into());
        self
    }
}

macro_rules! codes {
    ($(#[doc = $about:literal] $name:ident = $text:literal, $status:literal;)*) => {
        /// Error codes, for programs.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Code { $(#[doc = $about] $name,)* }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The value in JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }

            /// Its description in the OpenAPI document.
            pub fn about(self) -> &'static str {
                match self { $(Code::$name => $about,)* }.trim()
            }

            /// The HTTP status of answers with this code.
            pub const fn status(self) -> u16 {
                match self { $(Code::$name => $status,)* }
            }
        }
    };
}

codes! {
    /// The route or object does not exist.
    NotFound = "NOT_FOUND", 404;
    /// The route does not support this method.
    MethodNotAllowed = "METHOD_NOT_ALLOWED", 405;
    /// The request has no credentials.
    Unauthenticated = "UNAUTHENTICATED", 401;
    /// The management token is malformed, unknown or revoked.
    InvalidToken = "INVALID_TOKEN", 401;
    /// The role does not permit this.
    Forbidden = "FORBIDDEN", 403;
    /// Auditors can read, review and report, and change nothing else.
    ReadOnly = "READ_ONLY", 403;
    /// The body is not valid JSON, or not of the expected form.
    InvalidBody = "INVALID_BODY", 400;
    /// A field, parameter or header is invalid.
    InvalidField = "INVALID_FIELD", 400;
    /// The name is empty, too long or contains invisible characters.
    InvalidName = "INVALID_NAME", 400;
    /// The reason is too long or contains invisible characters.
    InvalidReason = "INVALID_REASON", 400;
    /// The text contains a whole key.
    SecretInText = "SECRET_IN_TEXT", 400;
    /// The filter is invalid; the message names the column.
    InvalidFilter = "INVALID_FILTER", 400;
    /// The cursor is malformed, or belongs to another filter or sort order.
    InvalidCursor = "INVALID_CURSOR", 400;
    /// The limit is not in 1–1000.
    InvalidLimit = "INVALID_LIMIT", 400;
    /// Some rules are invalid; the message and `errors` name line, row, column and reason of each.
    InvalidRules = "INVALID_RULES", 400;
    /// The body is too large.
    TooLarge = "BODY_TOO_LARGE", 413;
    /// The body did not arrive in time. Nothing was changed.
    RequestTimeout = "REQUEST_TIMEOUT", 408;
    /// The route does not accept this Content-Type.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", 415;
    /// Another active key, project or token has this name.
    NameTaken = "NAME_TAKEN", 409;
    /// The key is revoked and cannot be changed.
    KeyRevoked = "KEY_REVOKED", 409;
    /// The review is not open.
    ReviewClosed = "REVIEW_CLOSED", 409;
    /// A decision of the review was changed since it was read.
    DecisionChanged = "DECISION_CHANGED", 409;
    /// The pack does not exist, belongs to another review, or is older than the execution.
    UnknownPack = "UNKNOWN_PACK", 409;
    /// The signer decided or executed. Send `samePerson` to sign anyway.
    SamePerson = "SAME_PERSON", 409;
    /// The project is deleted and cannot be changed.
    ProjectArchived = "PROJECT_ARCHIVED", 409;
    /// The project has active keys.
    ProjectHasActiveKeys = "PROJECT_HAS_ACTIVE_KEYS", 409;
    /// The plan does not allow another active key.
    KeyLimitReached = "KEY_LIMIT_REACHED", 403;
    /// The node is the server itself, which is the only one.
    OnlyNode = "ONLY_NODE", 409;
    /// The audit log does not contain the head.
    UnknownHead = "UNKNOWN_HEAD", 409;
    /// The last admin token cannot be revoked.
    LastAdmin = "LAST_ADMIN", 409;
    /// The idempotency key was used with a different body.
    IdempotencyMismatch = "IDEMPOTENCY_MISMATCH", 409;
    /// The idempotency key is closed and cannot be used again.
    IdempotencyClosed = "IDEMPOTENCY_CLOSED", 409;
    /// A repeated request: the secret was in the first answer only.
    SecretNotRepeatable = "SECRET_NOT_REPEATABLE", 200;
    /// The server did not answer in time.
    Timeout = "TIMEOUT", 503;
    /// Internal error; the cause is in the server log.
    Internal = "INTERNAL", 500;
    /// The server is temporarily unavailable.
    Unavailable = "UNAVAILABLE", 503;
    /// Edge: the request has no API key.
    MissingApiKey = "MISSING_API_KEY", 401;
    /// Edge: the API key is not accepted. The answer does not say why.
    InvalidApiKey = "INVALID_API_KEY", 401;
    /// Edge: rate limit exceeded for this window.
    RateLimitExceeded = "RATE_LIMIT_EXCEEDED", 429;
    /// Edge: duplicate parameter.
    DuplicateParameter = "DUPLICATE_PARAMETER", 400;
    /// Edge: missing project.
    MissingProject = "MISSING_PROJECT", 400;
    /// Edge: missing path.
    MissingPath = "MISSING_PATH", 400;
    /// Edge: the path has no leading slash, is not UTF-8, or has a broken percent sequence.
    InvalidPath = "INVALID_PATH", 400;
    /// Edge: missing export format.
    MissingFormat = "MISSING_FORMAT", 400;
    /// Edge: unknown export format.
    InvalidFormat = "INVALID_FORMAT", 400;
    /// Edge: the version is not in 1–2147483647.
    InvalidVersion = "INVALID_VERSION", 400;
    /// Edge: the deployment does not exist.
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
        let about = "The error code, for programs. Newer servers may send other codes; rely on the HTTP \
             status for those.";
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
