//! Guided rotation: a key is given up once its replacement is in use and nobody has used the old key for a while.
//!
//! The state follows from what happened, so it is the same for everyone and survives restarts:
//!
//! | state | when |
//! |---|---|
//! | `pending` | there is no replacement, or it has not been used |
//! | `replacementUsed` | the replacement is in use, and the old key was used within the quiet time |
//! | `quiet` | the replacement is in use, and the old key was not used for the quiet time |
//! | `done` | the old key was revoked |
//! | `cancelled` | someone ended the guide; the keys stay as they are |

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id::KeyId;
use super::keys::Caller;
use super::time::Timestamp;
use super::word::{Word, open_word};

/// How long a key must be quiet by default: 24 hours.
pub const QUIET_SECONDS: u32 = 24 * 3600;
/// The longest quiet time: a year.
pub const QUIET_SECONDS_MAX: u32 = 365 * 24 * 3600;

/// The progress of the guided rotation of a key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rotation {
    /// The old key.
    pub key: KeyId,
    /// `pending`, `replacementUsed`, `quiet`, `done` or `cancelled`.
    pub state: RotationState,
    /// The key that replaces it: the newest that was created by rotating it and is not revoked. Null if there is none.
    pub replacement: Option<KeyId>,
    /// The name of the replacement, or null.
    pub replacement_name: Option<String>,
    /// The first request with the replacement, or null.
    pub replacement_used_at: Option<Timestamp>,
    /// Since when the old key has not been used: its last use plus the precision of that, or its creation if it was
    /// never used. While it is paused, refused requests count too. Null when the rotation has ended.
    pub quiet_since: Option<Timestamp>,
    /// When it will have been quiet for long enough. Null when the rotation has ended.
    pub quiet_until: Option<Timestamp>,
    /// Seconds for which the old key must not be used.
    pub quiet_seconds: u32,
    /// Who has used the old key within the quiet time, most recent first.
    pub callers: Vec<Caller>,
    /// Time of the start.
    pub started_at: Timestamp,
    /// Actor who started it.
    pub started_by: String,
    /// Time of the end, or null.
    pub ended_at: Option<Timestamp>,
    /// Actor who ended it, or null.
    pub ended_by: Option<String>,
}

impl Rotation {
    /// Whether it is under way, and a replacement has been created.
    pub fn has_replacement(&self) -> bool {
        let ended = matches!(self.state, RotationState::Done | RotationState::Cancelled);
        !ended && self.replacement.is_some()
    }
}

/// The progress of a guided rotation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RotationState {
    /// The replacement is not in use.
    Pending,
    /// The replacement is in use, the old key too.
    ReplacementUsed,
    /// Nobody uses the old key any more.
    Quiet,
    /// The old key was revoked.
    Done,
    /// It was cancelled.
    Cancelled,
    /// A value of a newer server.
    Other(Word),
}

open_word!(
    RotationState,
    "How far a guided rotation is.",
    Pending = "pending",
    ReplacementUsed = "replacementUsed",
    Quiet = "quiet",
    Done = "done",
    Cancelled = "cancelled",
);

/// The body of `POST /v1/keys/{id}/rotation`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartRotation {
    /// Seconds for which the old key must not be used. Default: the server's setting, 24 hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 31_536_000)]
    pub quiet_seconds: Option<u32>,
}

/// What decides how far a rotation is that has not ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Since when the old key has not been used.
    pub quiet_since: Timestamp,
    /// For how long it must not be.
    pub quiet: Duration,
    /// Whether the replacement was used.
    pub replacement_used: bool,
}

impl Progress {
    /// When the old key will have been quiet for long enough.
    pub fn quiet_until(self) -> Timestamp {
        self.quiet_since + self.quiet
    }

    /// How far it is.
    pub fn state(self, now: Timestamp) -> RotationState {
        match (self.replacement_used, now >= self.quiet_until()) {
            (false, _) => RotationState::Pending,
            (true, false) => RotationState::ReplacementUsed,
            (true, true) => RotationState::Quiet,
        }
    }
}
