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

/// The kind of the first message, with the position after which changes follow ([`Place`]).
pub const READY: &str = "ready";
/// The kind of a change ([`Changed`]).
pub const AUDIT: &str = "audit";
/// The kind of usage updates ([`Used`]), at most one message per second.
pub const USED: &str = "used";
/// The kind that follows a change once all live nodes have applied it ([`Confirmed`]).
pub const CONFIRMED: &str = "confirmed";
/// The kind sent if the requested position is unknown: earlier data may be outdated, and changes follow from
/// the position in the message ([`Place`]).
pub const RESET: &str = "reset";

/// The most keys of one message of uses.
pub const MAX_USES: usize = 1000;

/// A position in the audit log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Place {
    /// The `seq` of the last event before the stream.
    pub seq: u64,
}

/// A change, with the current state of what it changed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Changed {
    /// The change.
    pub event: audit::Event,
    /// The current state of the key concerned, or null.
    pub key: Option<Key>,
    /// The current state of the project concerned, or null. Null for `project.archived`.
    pub project: Option<Project>,
}

/// Usage of keys since the previous message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Used {
    /// One entry per key; at most 1000.
    pub uses: Vec<Use>,
    /// Entries were omitted; reload what must be exact.
    pub more: bool,
}

/// Usage of one key since the previous message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Use {
    /// Id of the key.
    pub key: KeyId,
    /// Id of its project.
    pub project: ProjectId,
    /// `lastUsedAt` of the key.
    pub last_used_at: Option<Timestamp>,
    /// IP address of the last request.
    #[schema(value_type = Option<String>)]
    pub last_used_from: Option<Arc<str>>,
    /// Requests since the previous message, by which `requests30d` has grown.
    pub requests: u64,
    /// `refusedSinceRevoked` of the key.
    pub refused_since_revoked: u64,
    /// `refusedSincePaused` of the key.
    #[serde(default)]
    #[schema(required = true)]
    pub refused_since_paused: u64,
    /// `lastRefusedAt` of the key.
    pub last_refused_at: Option<Timestamp>,
}

impl Use {
    /// Merges later usage of the same key.
    pub fn merge(&mut self, later: Use) {
        let requests = self.requests.saturating_add(later.requests);
        *self = Use { requests, ..later };
    }
}

/// Keys whose last change is confirmed by all live nodes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Confirmed {
    /// Ids of the keys.
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
