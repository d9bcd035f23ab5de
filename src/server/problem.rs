//! What went wrong, as an answer: a store's error becomes a status, a code and a sentence.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::secret::GeneratorFailed;
use crate::store::StoreError;
use crate::wire::paths;
use crate::wire::problem::{Code, Problem};
use crate::wire::rules::{BadRules, Warnings};
use crate::wire::text::BadText;

/// A refused or failed request. The cause is for the log, never for the caller; the envelope writes the
/// body, since it alone knows the request's id.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) problem: Box<Problem>,
    pub(crate) cause: Option<String>,
    /// What `WWW-Authenticate` says.
    challenge: Option<&'static str>,
}

impl Failure {
    /// A fault of the server: the cause goes to the log.
    pub(crate) fn internal(cause: impl std::fmt::Display) -> Failure {
        let text = "internal server error; see the server log for this request id";
        Failure::from(Problem::new(Code::Internal, text)).caused(cause)
    }

    /// A field, parameter or header with a wrong value.
    pub(crate) fn field(field: &str, error: impl Into<String>) -> Failure {
        Problem::new(Code::InvalidField, error).with_field(field).into()
    }

    /// A text that holds a whole key.
    pub(crate) fn secret(field: &str) -> Failure {
        let text = format!("{field} {}", BadText::Secret);
        Problem::new(Code::SecretInText, text).with_field(field).into()
    }

    /// A name or reason that breaks the rules of texts.
    pub(crate) fn text(code: Code, field: &str, bad: BadText) -> Failure {
        match bad {
            BadText::Secret => Failure::secret(field),
            bad => Problem::new(code, format!("{field} {bad}")).with_field(field).into(),
        }
    }

    /// Rules that are wrong.
    pub(crate) fn rules(bad: BadRules, error: String) -> Failure {
        let mut problem = Problem::new(Code::InvalidRules, error);
        problem.field = bad.errors.first().map(|bad| bad.column.clone());
        problem.errors = bad.errors.into();
        problem.into()
    }

    /// Rules that are odd, where `strict` was asked for.
    pub(crate) fn warned(warnings: Warnings) -> Failure {
        let mut problem = Problem::new(Code::InvalidRules, warnings.refusal());
        problem.warnings = warnings.list.into();
        problem.into()
    }

    pub(crate) fn caused(mut self, cause: impl std::fmt::Display) -> Failure {
        self.cause = Some(cause.to_string());
        self
    }

    /// Tells how to authenticate.
    pub(crate) fn with_challenge(mut self, challenge: &'static str) -> Failure {
        self.challenge = Some(challenge);
        self
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        Failure { problem: Box::new(problem), cause: None, challenge: None }
    }
}

impl From<GeneratorFailed> for Failure {
    fn from(error: GeneratorFailed) -> Failure {
        Problem::new(Code::Unavailable, error.to_string()).into()
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        use StoreError as E;
        let (code, field) = match &error {
            E::NotFound(_) => (Code::NotFound, None),
            E::NameTaken { .. } => (Code::NameTaken, Some("name")),
            E::KeyRevoked => (Code::KeyRevoked, None),
            E::ReviewClosed(_) => (Code::ReviewClosed, None),
            E::DecisionChanged => (Code::DecisionChanged, None),
            E::UnknownPack(_) => (Code::UnknownPack, None),
            E::SamePerson => (Code::SamePerson, None),
            E::ReasonNeeded => (Code::InvalidReason, Some("reason")),
            E::EmptyScope => (Code::InvalidField, Some("scope")),
            E::ProjectArchived => (Code::ProjectArchived, None),
            E::ProjectHasActiveKeys(_) => (Code::ProjectHasActiveKeys, None),
            E::KeyLimitReached { .. } | E::RotationLimitReached { .. } => (Code::KeyLimitReached, None),
            E::IdempotencyMismatch => (Code::IdempotencyMismatch, Some(paths::IDEMPOTENCY_HEADER)),
            E::IdempotencyClosed => (Code::IdempotencyClosed, Some(paths::IDEMPOTENCY_HEADER)),
            // Handlers that make a secret answer it themselves.
            E::Repeated(_) => return Failure::internal("a repeat where none is expected"),
            E::NodeIsThis => (Code::OnlyNode, None),
            E::UnknownHead => (Code::UnknownHead, Some("head")),
            E::LastAdmin => (Code::LastAdmin, None),
            E::Filter(_) => (Code::InvalidFilter, Some("filter")),
            E::Cursor => (Code::InvalidCursor, Some("cursor")),
            E::Full | E::Unavailable(_) => (Code::Unavailable, None),
            E::Lost { file, what, .. } => {
                let text = format!(
                    "{file} was {what}; the server has stopped serving: restore the file and \
                         restart"
                );
                return Failure::from(Problem::new(Code::Unavailable, text)).caused(error);
            }
            // Clients know from this code that the change may have been made.
            E::OutcomeUnknown(_) => (Code::Timeout, None),
            // These say where the data lies or what is wrong with it: for the log alone.
            E::Served(_)
            | E::Conflict(_)
            | E::Address
            | E::AddressParameter(_)
            | E::Unusable(_)
            | E::Unreachable(_)
            | E::Newer(_)
            | E::OtherLease { .. }
            | E::LeaseChanged { .. }
            | E::Held { .. }
            | E::HeldBeside { .. }
            | E::Missing(_) => {
                let text = "the server cannot use its database; see the server log";
                return Failure::from(Problem::new(Code::Unavailable, text)).caused(error);
            }
            E::Corrupt(_) => return Failure::internal(error),
            E::Rules(bad) => return Failure::rules(bad.clone(), error.to_string()),
            E::Warned(warnings) => return Failure::warned(warnings.clone()),
        };
        let mut problem = Problem::new(code, error.to_string());
        problem.field = field.map(str::to_owned);
        let failure = Failure::from(problem);
        match std::error::Error::source(&error) {
            Some(source) if code == Code::Unavailable => failure.caused(source),
            _ => failure,
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.code.status()).expect("codes have valid statuses");
        let mut response = status.into_response();
        if let Some(challenge) = self.challenge {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response.extensions_mut().insert(self);
        response
    }
}
