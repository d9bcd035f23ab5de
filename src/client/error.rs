//! What can go wrong with a call, in sentences that say what to do next.

use std::time::Duration;

use crate::wire::problem::{Code, Problem};
use crate::wire::text;

/// Why a call has no answer, or a refusal for one.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ClientError {
    /// The address cannot be used; nothing was sent.
    #[error("invalid server address {address}: {reason}")]
    Address {
        /// The address as given, without what may be secret in it.
        address: String,
        /// What is wrong with it and what to write instead.
        reason: String,
    },
    /// The file with further authorities cannot be used; nothing was sent.
    #[error("cannot use the certificates in {file} (ca_file, KEYDECK_CA_FILE): {reason}")]
    Authorities {
        /// Its path, as configured.
        file: String,
        /// Why it does not fit, as the end of a sentence.
        reason: String,
    },
    /// No connection came about; nothing was sent, so nothing was changed.
    #[error("cannot reach {server}: {cause}; is the server running?")]
    Unreachable {
        /// Its URL; `the local server` for one on this machine.
        server: String,
        /// Such as `connection refused`, as the end of a sentence.
        cause: String,
    },
    /// A connection without trust; nothing was sent, so nothing was changed.
    #[error("cannot connect securely to {server}: {cause}")]
    Tls {
        /// As in [`ClientError::Unreachable`].
        server: String,
        /// What was wrong with its certificate or protocol.
        cause: String,
    },
    /// No answer in time.
    #[error("{server} did not answer within {} s; {}", after.as_secs_f32(), outcome(*outcome_unknown))]
    TimedOut {
        /// As in [`ClientError::Unreachable`].
        server: String,
        /// How long this call was waited for.
        after: Duration,
        /// It was a write that may have been made.
        outcome_unknown: bool,
    },
    /// The connection ended before the answer did.
    #[error(
        "{server} closed the connection without an answer; {}",
        outcome(*outcome_unknown)
    )]
    Broken {
        /// As in [`ClientError::Unreachable`].
        server: String,
        /// It was a write that may have been made.
        outcome_unknown: bool,
    },
    /// The process that owns the database on this machine is stopped.
    #[error("{}{}", super::process::silent("the database", *pid), stopped(*sent, *outcome_unknown))]
    Stopped {
        /// Its number, to continue it with `kill -CONT`.
        pid: u32,
        /// Whether the request reached it.
        sent: bool,
        /// It was a write that is made when the process continues.
        outcome_unknown: bool,
    },
    /// A change was answered with a 5xx that is not Keydeck's: a proxy before it gave up.
    #[error("{server} answered {status}; {}", outcome(true))]
    Unsaid {
        /// As in [`ClientError::Unreachable`].
        server: String,
        /// 500 to 599.
        status: u16,
    },
    /// Something with a secret may have been made, or was made, whose text nobody has seen and which is not
    /// revoked.
    #[error("{lost}; {then}")]
    Unseen {
        /// How its answer was lost.
        lost: Box<ClientError>,
        /// What came of asking again, and what to do.
        then: String,
    },
    /// Something answered that is not Keydeck's management API.
    #[error("{server} {answered}; check that the address is a Keydeck management API")]
    NotKeydeck {
        /// As in [`ClientError::Unreachable`].
        server: String,
        /// What it did instead, as the predicate of a sentence.
        answered: String,
    },
    /// The answer is larger than any that Keydeck gives.
    #[error("the answer of {server} is larger than {limit} MiB; request less")]
    TooLarge {
        /// As in [`ClientError::Unreachable`].
        server: String,
        /// The most that is read, in MiB.
        limit: usize,
    },
    /// The server understood and refused; nothing was changed.
    #[error("{}", text::clause(&problem.error))]
    Refused {
        /// For people, and its code for programs.
        problem: Problem,
        /// 400 to 599: with the code it decides about the exit code.
        status: u16,
    },
}

/// Why a request that was handed to a transport has no answer.
pub(super) enum SendError {
    /// Nothing was sent.
    Connect(ClientError),
    /// The connection ended after the request was sent.
    Broken,
    /// The answer is not HTTP.
    NoHttp,
    /// The process behind the socket was stopped after the request was sent.
    #[cfg(unix)]
    Stopped(u32),
}

/// What an error means for a program: its exit code depends on this.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// What was asked for is wrong in itself.
    Invalid,
    /// Not authenticated, or not allowed.
    Denied,
    /// There is no such thing.
    NotFound,
    /// Something else is in the way: a name, a state, a limit.
    Conflict,
    /// No Keydeck server was reached, or it did not answer.
    Unreachable,
    /// The server failed.
    Failed,
}

impl ClientError {
    /// What it means for a program.
    pub fn kind(&self) -> Kind {
        match self {
            ClientError::Address { .. } | ClientError::Authorities { .. } => Kind::Invalid,
            ClientError::Unreachable { .. }
            | ClientError::Tls { .. }
            | ClientError::TimedOut { .. }
            | ClientError::Broken { .. }
            | ClientError::Stopped { .. }
            | ClientError::Unsaid { .. }
            | ClientError::NotKeydeck { .. } => Kind::Unreachable,
            ClientError::Unseen { lost, .. } => lost.kind(),
            ClientError::TooLarge { .. } => Kind::Failed,
            ClientError::Refused { problem, status } => match (problem.code, status) {
                (Code::KeyLimitReached, _) | (_, 409) => Kind::Conflict,
                (_, 401 | 403) => Kind::Denied,
                (_, 404) => Kind::NotFound,
                (_, 400..=499) => Kind::Invalid,
                _ => Kind::Failed,
            },
        }
    }

    /// What the server said, if it was the server that refused.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            ClientError::Refused { problem, .. } => Some(problem),
            _ => None,
        }
    }

    /// Whether a change may have been made although no answer says so.
    pub fn outcome_unknown(&self) -> bool {
        match self {
            ClientError::TimedOut { outcome_unknown, .. }
            | ClientError::Broken { outcome_unknown, .. }
            | ClientError::Stopped { outcome_unknown, .. } => *outcome_unknown,
            ClientError::Refused { problem, .. } => problem.code == Code::Timeout,
            ClientError::Unsaid { .. } | ClientError::Unseen { .. } => true,
            _ => false,
        }
    }
}

fn outcome(unknown: bool) -> &'static str {
    if unknown {
        "the outcome of the change is unknown; check before you retry"
    } else {
        // Another change may be under way: only what was asked for here is spoken of.
        "nothing was read"
    }
}

/// What becomes of a request whose process is stopped.
fn stopped(sent: bool, writes: bool) -> &'static str {
    match (sent, writes) {
        (false, _) => "; nothing was sent",
        (true, false) => "",
        (true, true) => "; the change was sent and may be applied when the process resumes",
    }
}
