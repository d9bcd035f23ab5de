//! What `GET /v1/events` tells: changes as they are committed, and uses.
//!
//! Each kind of message is one of server-sent events. Those of changes carry the audit `seq` as their id, so
//! that who was cut off goes on where they were; the others carry none. Kinds that a client does not know are
//! to be ignored.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::audit;
use super::id::{KeyId, ProjectId};
use super::keys::Key;
use super::projects::Project;
use super::time::Timestamp;

/// The kind of the first message: from where on changes follow. Its data is [`Place`].
pub const READY: &str = "ready";
/// The kind of a change: its data is [`Changed`].
pub const AUDIT: &str = "audit";
/// The kind of uses, at most one message a second: its data is [`Used`].
pub const USED: &str = "used";
/// The kind that follows a change once every live node has applied it: its data is [`Confirmed`].
pub const CONFIRMED: &str = "confirmed";
/// The kind that says that the place asked for is unknown here: whatever was read before may be old, and
/// changes follow from the place in its data ([`Place`]).
pub const RESET: &str = "reset";

/// The most keys of one message of uses.
pub const MAX_USES: usize = 1000;

/// A place in the audit log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Place {
    /// The number of the newest change before what follows.
    pub seq: u64,
}

/// A change, with what it changed as it is now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Changed {
    /// The change.
    pub event: audit::Event,
    /// The key that it is about, as it is now.
    pub key: Option<Key>,
    /// The project that it is about, as it is now; null with `project.archived`.
    pub project: Option<Project>,
}

/// Keys that were used, or refused, since the message before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Used {
    /// At most 1000.
    pub uses: Vec<Use>,
    /// There were more, which are left out: read again what must be exact.
    pub more: bool,
}

/// What became of one key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Use {
    /// The key.
    pub key: KeyId,
    /// Its project.
    pub project: ProjectId,
    /// Its last use, as in the key itself.
    pub last_used_at: Option<Timestamp>,
    /// The address of the last use.
    #[schema(value_type = Option<String>)]
    pub last_used_from: Option<Arc<str>>,
    /// Uses counted since the message before: what `requests30d` has grown by.
    pub requests: u64,
    /// Refusals since it was revoked, as in the key itself.
    pub refused_since_revoked: u64,
    /// The last refusal, as in the key itself.
    pub last_refused_at: Option<Timestamp>,
}

impl Use {
    /// Takes in what became of the same key later.
    pub fn merge(&mut self, later: Use) {
        let requests = self.requests.saturating_add(later.requests);
        *self = Use { requests, ..later };
    }
}

/// Keys whose last change every live node has applied.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Confirmed {
    /// Which.
    pub keys: Vec<KeyId>,
}

/// A message, read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// Changes after this place follow.
    Ready(Place),
    /// A change.
    Changed(Box<Changed>),
    /// Uses.
    Used(Used),
    /// Confirmations.
    Confirmed(Confirmed),
    /// What was read before may be old; changes after this place follow.
    Reset(Place),
    /// Something that this program cannot read, of a kind that it knows: a newer server changed something.
    Unreadable,
}

impl Message {
    /// Reads a message; none when its kind is unknown.
    pub fn read(kind: &str, data: &str) -> Option<Message> {
        fn of<'a, T: Deserialize<'a>>(data: &'a str, message: impl FnOnce(T) -> Message) -> Message {
            serde_json::from_str(data).map_or(Message::Unreadable, message)
        }
        Some(match kind {
            READY => of(data, Message::Ready),
            AUDIT => of(data, |changed| Message::Changed(Box::new(changed))),
            USED => of(data, Message::Used),
            CONFIRMED => of(data, Message::Confirmed),
            RESET => of(data, Message::Reset),
            _ => return None,
        })
    }
}
