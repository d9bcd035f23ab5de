//! How a run ends: an exit code that programs may rely on, and one line for people.

use std::fmt;
use std::process::ExitCode;

use super::log;
use crate::client::{ClientError, process};
use crate::config::ConfigError;
use crate::store::StoreError;
use crate::wire::problem::{Code, Problem};
use crate::wire::text;

/// What the number means that the process ends with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// It failed.
    Failed = 1,
    /// The command line, the environment or the configuration is wrong.
    Usage = 2,
    /// Not authenticated, or not allowed.
    Denied = 3,
    /// There is no such thing.
    NotFound = 4,
    /// A conflict, a limit, or a file that another process holds.
    Conflict = 5,
    /// The server or the database does not answer.
    Unreachable = 6,
    /// `audit stale --fail` found stale keys.
    Stale = 7,
    /// SIGHUP came.
    HungUp = 129,
    /// SIGINT came, or Ctrl-C was pressed.
    Interrupted = 130,
    /// SIGTERM came.
    Terminated = 143,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// What went wrong, in one line that says what to do next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// Without the leading `keydeck: `; empty when all has been said.
    pub message: String,
}

impl Failure {
    /// A failure with its text.
    pub fn new(exit: Exit, message: impl Into<String>) -> Failure {
        Failure { exit, message: message.into() }
    }

    /// A task of this process panicked.
    pub fn fault() -> Failure {
        Failure::new(Exit::Failed, "a fault in the program; what happened is in the log")
    }

    /// The command line is wrong.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::new(Exit::Usage, message)
    }
}

impl fmt::Display for Failure {
    /// One line, whatever servers and files put into it: cut, made inert, whole keys masked.
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
            | StoreError::ProjectArchived
            | StoreError::Repeated(_)
            | StoreError::IdempotencyMismatch
            | StoreError::IdempotencyClosed
            | StoreError::KeyLimitReached { .. }
            | StoreError::RotationLimitReached { .. }
            | StoreError::ProjectHasActiveKeys(_)
            | StoreError::LastAdmin
            | StoreError::Held { .. }
            | StoreError::HeldBeside { .. }
            | StoreError::Served(_) => Exit::Conflict,
            StoreError::Filter(_) | StoreError::Cursor | StoreError::Address => Exit::Usage,
            StoreError::Unavailable(cause) | StoreError::OutcomeUnknown(cause) => {
                tracing::error!(%cause, "the database did not answer");
                Exit::Unreachable
            }
            StoreError::Unreachable(_) => Exit::Unreachable,
            StoreError::Unusable(_)
            | StoreError::Newer(_)
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
        let then = match (problem.code, problem.request_id) {
            (Code::Internal, Some(id)) => format!("; the server's log has the cause under request id {id}"),
            (Code::Unauthenticated, _) => "; set KEYDECK_TOKEN or KEYDECK_TOKEN_FILE".to_owned(),
            (Code::ProjectHasActiveKeys, _) => " (--revoke-keys)".to_owned(),
            (Code::InvalidToken, _) => "; look at KEYDECK_TOKEN, KEYDECK_TOKEN_FILE, token_file".to_owned(),
            _ => String::new(),
        };
        let message = format!("{}{then}", problem.error);
        Failure::new(exit, message)
    }
}

/// The exit code that goes with a code of the API.
pub fn exit_of(code: Code) -> Exit {
    match code {
        // Limits are 403 and 429 on the wire, yet no right would help.
        Code::KeyLimitReached | Code::RateLimitExceeded => Exit::Conflict,
        // The file is wrong, not the command.
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
