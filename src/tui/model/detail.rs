//! What is shown of the selected key beside its row: who uses it, and how much.

use super::dialogs::Dialog;
use super::effect::{Effect, Request};
use super::state::{State, What};
use super::timers::{REFRESH, REST};
use crate::wire::id::KeyId;
use crate::wire::keys::{Caller, UsageDay};
use crate::wire::time::Timestamp;

/// Days of use that are shown.
pub const DAYS: u32 = 30;

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
    /// Where anything of it failed, all of it is asked for again.
    pub(super) fn ask_failed_again(&mut self, now: Timestamp) {
        if matches!(self.callers, Some(Err(_))) || matches!(self.usage, Some(Err(_))) {
            (self.callers, self.usage) = (None, None);
            self.due = Some(now);
        }
    }
}

impl State {
    /// Once the server answers again, what it could not be asked before is asked: a failure that is over is not shown
    /// for ever.
    pub(super) fn ask_failed_again(&mut self, fx: &mut Vec<Effect>) {
        if !std::mem::take(&mut self.link.back) {
            return;
        }
        self.detail.ask_failed_again(self.now);
        let mut failed = Vec::new();
        for dialog in self.dialogs.iter_mut() {
            match dialog {
                Dialog::Revoke(open) if matches!(open.callers, Some(Err(_))) => {
                    open.callers = None;
                    failed.push((What::DialogCallers(open.key.id), open.key.id));
                }
                Dialog::Bulk(open) => {
                    let again = open.callers.iter_mut().filter(|asked| matches!(asked.callers, Some(Err(_))));
                    for asked in again {
                        asked.callers = None;
                        failed.push((What::BulkCallers(asked.key), asked.key));
                    }
                }
                _ => {}
            }
        }
        for (what, id) in failed {
            self.ask(fx, what, Request::Callers(id));
        }
    }

    /// Follows the selection: what was asked for another key is no longer wanted.
    pub(super) fn follow_selection(&mut self, fx: &mut Vec<Effect>) {
        let visible = self.screen().is_some_and(|screen| screen.detail.is_some());
        let wanted = if visible { self.selected_key().map(|key| (key.id, key.last_used_at)) } else { None };
        let Some((id, used)) = wanted else {
            self.detail.due = None;
            return;
        };
        if self.detail.key != Some(id) {
            self.cancel(fx, |what| matches!(what, What::Callers(_) | What::Usage(_)));
            self.detail =
                Detail { key: Some(id), as_of: used, due: Some(self.now + REST), ..Detail::default() };
        } else if self.detail.as_of != used {
            self.detail.as_of = used;
            let soon = self.detail.asked.map_or(self.now, |asked| (asked + REFRESH).max(self.now));
            self.detail.due = Some(self.detail.due.map_or(soon, |due| due.min(soon)));
        } else if self.detail.callers.is_none()
            && self.detail.due.is_none()
            && !self.awaits(|what| matches!(what, What::Callers(_)))
        {
            self.detail.due = Some(self.now + REST);
        }
    }

    /// Asks for the detail once it is due.
    pub(super) fn detail_due(&mut self, fx: &mut Vec<Effect>) {
        let Some(id) = self.detail.key.filter(|_| self.detail.due.is_some_and(|due| self.now >= due)) else {
            return;
        };
        self.detail.due = None;
        self.detail.asked = Some(self.now);
        self.cancel(fx, |what| matches!(what, What::Callers(_) | What::Usage(_)));
        self.ask(fx, What::Callers(id), Request::Callers(id));
        self.ask(fx, What::Usage(id), Request::Usage { id, days: DAYS });
    }
}
