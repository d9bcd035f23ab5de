//! What is asked for the selected key beside its row: who uses it, and how much.

use super::effect::Request;
use super::event::Reply;
use super::timers::{REFRESH, REST};
use crate::wire::id::KeyId;
use crate::wire::keys::{Caller, UsageDay};
use crate::wire::time::Timestamp;

/// Days of use that are shown.
const DAYS: u32 = 30;

/// Callers and use of one key.
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
    /// When to ask: once the selection rests.
    pub due: Option<Timestamp>,
    /// When they were asked for: a key in use is a reason to ask again, but not with each use.
    pub asked: Option<Timestamp>,
}

impl Detail {
    /// Follows the selection: the key that is shown, with its last use. `awaited` is whether its callers are. Says
    /// whether it is another key than before.
    pub(super) fn follow(
        &mut self,
        shown: Option<(KeyId, Option<Timestamp>)>,
        awaited: bool,
        now: Timestamp,
    ) -> bool {
        let Some((id, used)) = shown else {
            self.due = None;
            return false;
        };
        if self.key != Some(id) {
            *self = Detail { key: Some(id), as_of: used, due: Some(now + REST), ..Detail::default() };
            return true;
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

    /// What to ask for, once that is due.
    pub(super) fn requests(&mut self, now: Timestamp) -> Option<[Request; 2]> {
        let id = self.key.filter(|_| self.due.is_some_and(|due| now >= due))?;
        (self.due, self.asked) = (None, Some(now));
        Some([Request::Callers(id), Request::Usage { id, days: DAYS }])
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
            _ => false,
        }
    }

    /// What was asked for did not come.
    pub(super) fn fail(&mut self, asked: &Request, why: String) {
        match asked {
            Request::Callers(_) => self.callers = Some(Err(why)),
            _ => self.usage = Some(Err(why)),
        }
    }

    /// Where anything of it failed, all of it is asked for again.
    pub(super) fn ask_failed_again(&mut self, now: Timestamp) {
        if matches!(self.callers, Some(Err(_))) || matches!(self.usage, Some(Err(_))) {
            (self.callers, self.usage) = (None, None);
            self.due = Some(now);
        }
    }
}
