//! What is requested for the selected key beside its row: its callers, its usage, and its audit events.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::effect::{RelatedTo, Request};
use super::event::{Related, Reply};
use super::timers::{REFRESH, REST};
use crate::wire::audit::{Event, EventQuery};
use crate::wire::id::KeyId;
use crate::wire::keys::{Caller, Key, UsageDay};
use crate::wire::rotations::Rotation;
use crate::wire::time::Timestamp;

/// Days of use that are shown.
const DAYS: u32 = 30;

/// Audit events of a key that are shown.
const EVENTS: u32 = 10;

/// The newest audit events of a key.
#[derive(Clone, PartialEq, Debug)]
pub struct History {
    /// Newest first.
    pub events: Vec<Event>,
    /// How many there are in all; at least so many if `more`.
    pub total: u64,
    /// There are more than `total`.
    pub more: bool,
}

/// The selected key as its row shows it: what changes in it is a reason to ask again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Selected {
    to: RelatedTo,
    used: Option<Timestamp>,
    /// A digest of what audit events change.
    edits: u64,
}

impl Selected {
    pub(super) fn of(key: &Key) -> Selected {
        let mut digest = DefaultHasher::new();
        (&key.name, key.status.as_str(), key.revoked_at).hash(&mut digest);
        Selected { to: RelatedTo::key(key), used: key.last_used_at, edits: digest.finish() }
    }
}

/// Callers, usage and history of one key.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Detail {
    /// Whose.
    pub key: Option<KeyId>,
    /// Its last use when they were asked for: another one is a reason to ask again.
    pub as_of: Option<Timestamp>,
    /// Its callers, latest first, or why they did not come.
    pub callers: Option<Result<Vec<Caller>, String>>,
    /// Its use by day, oldest first, or why it did not come.
    pub usage: Option<Result<Vec<UsageDay>, String>>,
    /// Its audit events, or why they did not come.
    pub history: Option<Result<History, String>>,
    /// Its guided rotation, if it has one.
    pub rotation: Option<Box<Rotation>>,
    /// The guided rotation of the key that it replaces, if there is one.
    old: Option<Box<Rotation>>,
    /// The keys that are related to it by rotation, once they are known.
    pub related: Option<Box<Related>>,
    /// What they are related to.
    to: Option<RelatedTo>,
    /// Its row when the events were requested.
    edits: u64,
    /// The events are older than its row.
    history_old: bool,
    /// When to ask: once the selection rests.
    pub due: Option<Timestamp>,
    /// When they were asked for: a key in use is a reason to ask again, but not with each use.
    pub asked: Option<Timestamp>,
}

impl Detail {
    /// Follows the selection. `awaited` is whether its callers are. Says whether it is another key than before.
    pub(super) fn follow(&mut self, shown: Option<Selected>, awaited: bool, now: Timestamp) -> bool {
        let Some(Selected { to, used, edits }) = shown else {
            self.due = None;
            return false;
        };
        let id = to.id;
        if self.key != Some(id) {
            let due = Some(now + REST);
            *self = Detail { key: Some(id), to: Some(to), as_of: used, edits, due, ..Detail::default() };
            return true;
        }
        if self.edits != edits {
            self.edits = edits;
            self.history_old = true;
            self.due = Some(now);
        }
        if self.as_of != used {
            self.as_of = used;
            let soon = self.asked.map_or(now, |asked| (asked + REFRESH).max(now));
            self.due = Some(self.due.map_or(soon, |due| due.min(soon)));
        } else if self.callers.is_none() && self.due.is_none() && !awaited {
            self.due = Some(now + REST);
        }
        false
    }

    /// Takes in that this was done: what is about this key is asked for again.
    pub(super) fn told<'a>(&mut self, mut events: impl Iterator<Item = &'a Event>, now: Timestamp) {
        let key = self.key.map(|id| id.to_string());
        let about =
            |event: &Event| event.key == self.key || event.detail_text("rotatedFrom") == key.as_deref();
        if self.asked.is_some() && key.is_some() && events.any(about) {
            self.history_old = true;
            self.due = Some(now);
        }
    }

    /// What to ask for, once that is due.
    pub(super) fn requests(&mut self, now: Timestamp) -> Option<Vec<Request>> {
        let id = self.key.filter(|_| self.due.is_some_and(|due| now >= due))?;
        (self.due, self.asked) = (None, Some(now));
        let mut requests =
            vec![Request::Callers(id), Request::Usage { id, days: DAYS }, Request::Rotation(id)];
        requests.extend(self.replaces().map(Request::Rotation));
        if self.history_old || self.history.is_none() {
            let query = EventQuery { key: Some(id), limit: Some(EVENTS), ..EventQuery::default() };
            requests.push(Request::AuditEvents { query, etag: None });
            requests.extend(self.to.map(Request::Related));
        }
        Some(requests)
    }

    /// Takes an answer in, if it is about this key. Says whether anything is different now.
    pub(super) fn take(&mut self, asked: &Request, reply: Reply) -> bool {
        match (asked, reply) {
            (Request::Callers(id), Reply::Callers(callers)) if self.key == Some(*id) => {
                let before = self.callers.replace(Ok(callers));
                before != self.callers
            }
            (Request::Usage { id, .. }, Reply::Usage(usage)) if self.key == Some(*id) => {
                let before = self.usage.replace(Ok(usage));
                before != self.usage
            }
            (Request::Rotation(id), Reply::Rotation(rotation)) if self.key == Some(*id) => {
                let before = std::mem::replace(&mut self.rotation, rotation);
                before != self.rotation
            }
            (Request::Rotation(id), Reply::Rotation(rotation)) if self.replaces() == Some(*id) => {
                let before = std::mem::replace(&mut self.old, rotation);
                before != self.old
            }
            (Request::Related(to), Reply::Related(related)) if self.to == Some(*to) => {
                let before = self.related.replace(related);
                before != self.related
            }
            (Request::AuditEvents { query, .. }, Reply::AuditEvents { page, .. })
                if self.key == query.key =>
            {
                self.history_old = false;
                let history = History { events: page.items, total: page.total, more: page.more };
                let before = self.history.replace(Ok(history));
                before != self.history
            }
            _ => false,
        }
    }

    /// A dialog has read how far a guided rotation is, or has changed it.
    pub(super) fn rotated(&mut self, rotation: &Rotation) {
        if self.key == Some(rotation.key) {
            self.rotation = Some(Box::new(rotation.clone()));
        } else if self.replaces() == Some(rotation.key) {
            self.old = Some(Box::new(rotation.clone()));
        }
    }

    /// The unfinished guided rotation in which this key is the replacement.
    pub(super) fn replacing(&self) -> Option<&Rotation> {
        let rotation = self.old.as_deref().filter(|rotation| rotation.has_replacement());
        rotation.filter(|rotation| rotation.replacement == self.key)
    }

    /// Whether the key that rotates leads to a guide, because this key is being replaced.
    pub(super) fn is_guided(&self, key: KeyId) -> bool {
        self.key == Some(key) && self.rotation.as_deref().is_some_and(Rotation::has_replacement)
    }

    fn replaces(&self) -> Option<KeyId> {
        self.to.and_then(|to| to.rotated_from)
    }

    /// What was asked for did not come.
    pub(super) fn fail(&mut self, asked: &Request, why: String) {
        match asked {
            Request::Callers(_) => self.callers = Some(Err(why)),
            Request::AuditEvents { .. } => self.history = Some(Err(why)),
            // It is a line more where it is known, and asked for again with the rest.
            Request::Rotation(_) | Request::Related(_) => {}
            _ => self.usage = Some(Err(why)),
        }
    }

    /// Where anything of it failed, all of it is asked for again.
    pub(super) fn ask_failed_again(&mut self, now: Timestamp) {
        let failed = matches!(self.history, Some(Err(_)));
        if failed || matches!(self.callers, Some(Err(_))) || matches!(self.usage, Some(Err(_))) {
            (self.callers, self.usage) = (None, None);
            if failed {
                self.history = None;
            }
            self.due = Some(now);
        }
    }
}
