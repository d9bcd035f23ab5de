//! Exit codes, which programs rely on, and one-line errors for people.

use std::fmt;
use std::process::ExitCode;

use super::log;
use crate::client::{ClientError, process};
use crate::config::ConfigError;
use crate::store::StoreError;
use crate::wire::problem::{Code, Problem};
use crate::wire::text;

/// The exit codes of the process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// The command failed.
    Failed = 1,
    /// The command line, the environment or the configuration is invalid.
    Usage = 2,
    /// Not authenticated, or not permitted.
    Denied = 3,
    /// The project, key, token or context does not exist.
    NotFound = 4,
    /// A conflict, a limit, or a database in use by another process.
    Conflict = 5,
    /// The server or the database does not respond.
    Unreachable = 6,
    /// `audit stale --fail` found stale keys.
    Stale = 7,
    /// Ended by SIGHUP.
    HungUp = 129,
    /// Ended by SIGINT or Ctrl-C.
    Interrupted = 130,
    /// Ended by SIGTERM.
    Terminated = 143,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// Why a run failed, in one line that says what to do next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The exit code of the process.
    pub exit: Exit,
    /// Without the leading `keydeck: `. Empty when there is nothing to add to what was printed.
    pub message: String,
}

impl Failure {
    /// A failure with an exit code.
    pub fn new(exit: Exit, message: impl Into<String>) -> Failure {
        Failure { exit, message: message.into() }
    }

    /// A task of this process panicked; the panic itself is in the log.
    pub fn fault() -> Failure {
        Failure::new(Exit::Failed, "internal error; see the log for details")
    }

    /// A failure with [`Exit::Usage`].
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::new(Exit::Usage, message)
    }
}

impl fmt::Display for Failure {
    /// One line, whatever text of servers and files it contains: cut, without control characters, keys masked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = text::cut(&self.message, log::LINE_MAX).replace('\n', " ");
        f.write_str(&text::inert(&line))
    }
}

impl std::error::Error for Failure {}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Failure {
        Failure::usage(error.to_string())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        let exit = match &error {
            StoreError::NotFound(_) | StoreError::Missing(_) => Exit::NotFound,
            StoreError::NameTaken { .. }
            | StoreError::KeyRevoked
            | StoreError::ReviewClosed(_)
            | StoreError::DecisionChanged
            | StoreError::UnknownPack(_)
            | StoreError::SamePerson
            | StoreError::ProjectArchived
            | StoreError::Repeated(_)
            | StoreError::IdempotencyMismatch
            | StoreError::IdempotencyClosed
            | StoreError::KeyLimitReached { .. }
            | StoreError::RotationLimitReached { .. }
            | StoreError::ProjectHasActiveKeys(_)
            | StoreError::LastAdmin
            | StoreError::NodeIsThis
            | StoreError::UnknownHead
            | StoreError::Held { .. }
            | StoreError::HeldBeside { .. }
            | StoreError::Conflict(_)
            | StoreError::Served(_) => Exit::Conflict,
            StoreError::Filter(_)
            | StoreError::Cursor
            | StoreError::Address
            | StoreError::AddressParameter(_)
            | StoreError::ReasonNeeded
            | StoreError::OtherLease { .. }
            | StoreError::EmptyScope => Exit::Usage,
            StoreError::Unavailable(cause) | StoreError::OutcomeUnknown(cause) => {
                tracing::error!(%cause, "the database did not respond");
                Exit::Unreachable
            }
            StoreError::Unreachable(_) => Exit::Unreachable,
            StoreError::Unusable(_)
            | StoreError::Newer(_)
            | StoreError::LeaseChanged { .. }
            | StoreError::Full
            | StoreError::Lost { .. }
            | StoreError::Corrupt(_)
            | StoreError::Rules(_)
            | StoreError::Warned(_) => Exit::Failed,
        };
        let mut message = error.to_string();
        if let StoreError::Held { path, pid } | StoreError::HeldBeside { path, pid } = &error
            && process::state(*pid) == process::State::Stopped
        {
            message = process::silent(path, *pid);
        }
        Failure::new(exit, message)
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Failure {
        match error {
            ClientError::Refused { problem, .. } => problem.into(),
            ClientError::TooLarge { .. } => Failure::new(Exit::Failed, error.to_string()),
            ClientError::Address { .. } | ClientError::Authorities { .. } => {
                Failure::usage(error.to_string())
            }
            error => Failure::new(Exit::Unreachable, error.to_string()),
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        let exit = exit_of(problem.code);
        let text = text::clause(&problem.error);
        // The API's advice is for HTTP; here the same is done with flags and settings.
        let fault = text.split("; ").next().unwrap_or_default();
        let message = match (problem.code, problem.request_id) {
            (Code::Internal, Some(id)) => format!("{fault}; see the server log, request id {id}"),
            (Code::Unauthenticated, _) => format!("{fault}; set KEYDECK_TOKEN or KEYDECK_TOKEN_FILE"),
            (Code::ProjectHasActiveKeys, _) => format!("{fault}; pass --revoke-keys to revoke them too"),
            (Code::InvalidToken, _) => format!(
                "{fault}; run `keydeck login` with a new one, or check KEYDECK_TOKEN, KEYDECK_TOKEN_FILE and token_file"
            ),
            (Code::SamePerson, _) => {
                format!("{fault}; to sign it yourself anyway, pass --same-person (later packs show it)")
            }
            _ => text,
        };
        Failure::new(exit, message)
    }
}

/// The exit code for an error code of the API.
pub fn exit_of(code: Code) -> Exit {
    match code {
        // Limits are 403 and 429 in HTTP, but a different token would not help.
        Code::KeyLimitReached | Code::RateLimitExceeded => Exit::Conflict,
        // The file is invalid, not the command.
        Code::InvalidRules | Code::TooLarge => Exit::Failed,
        code => match code.status() {
            401 | 403 => Exit::Denied,
            404 => Exit::NotFound,
            409 => Exit::Conflict,
            503 => Exit::Unreachable,
            400 | 413..=431 => Exit::Usage,
            _ => Exit::Failed,
        },
    }
}
