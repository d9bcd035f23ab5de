//! How changes reach the lists: at once, held while a decision is being made, kept while the lists are frozen.

use std::collections::HashSet;

use super::change_batch::ChangeBatch;
use super::connection::{Connection, Status};
use super::list::Slot;
use super::tabs::View;
use super::timers::{REFRESH_LIVE, Timers};
use crate::wire::audit::Action;
use crate::wire::events::Use;
use crate::wire::id::KeyId;
use crate::wire::time::Timestamp;

/// More changes than these are not caught up with one by one: the lists are asked for again.
const FAR_BEHIND: u64 = 2000;

/// How changes reach the lists.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Live {
    /// The stream of events is open: nobody has to ask whether something changed.
    pub open: bool,
    /// The user wants to see nothing change.
    pub frozen: bool,
    /// What was told and is not applied yet.
    pub waiting: ChangeBatch,
    /// The place after the last change that was told, and of which server.
    seq: Option<(String, u64)>,
    /// The stream was cut off since it was open.
    cut: bool,
    /// Something was not told one by one: an open confirmation has to ask for its key.
    pub(super) left_out: bool,
    /// Pages that are not to be seen may be old; and which one was asked for last.
    pub(super) old: bool,
    looked: Option<(View, Slot)>,
    /// Keys that were refused since it was last asked as a matter of course how many are still tried.
    pub(super) refused: HashSet<KeyId>,
}

impl Live {
    /// The last change that is known of a server.
    pub(super) fn known_seq(&self, server: &str) -> Option<u64> {
        self.seq.as_ref().filter(|(known, _)| known == server).map(|(_, seq)| *seq)
    }

    /// Where to follow what happens at a server that has just answered: from where the last changes ended.
    pub(super) fn follow(&mut self, server: &str, head: u64) -> u64 {
        let known = self.known_seq(server);
        if known.is_none() {
            // Nothing of another server is told here.
            self.waiting = ChangeBatch::default();
        }
        let near = known.filter(|seq| head.checked_sub(*seq).is_some_and(|behind| behind <= FAR_BEHIND));
        if known.is_some() && near.is_none() {
            (self.waiting.reload, self.left_out) = (true, true);
        }
        let after = near.unwrap_or(head);
        self.seq = Some((server.to_owned(), after));
        after
    }

    /// Whether there may be more or fewer keys that are still tried after these changes than were counted.
    pub(super) fn newly_tried(&mut self, batch: &ChangeBatch) -> bool {
        let refused = |one: &&Use| one.refused_since_revoked > 0 || one.refused_since_paused > 0;
        let before = self.refused.len();
        self.refused.extend(batch.uses.values().filter(refused).map(|one| one.key));
        let resumed = batch.events.iter().any(|event| event.action == Action::KeyResumed);
        resumed || self.refused.len() > before
    }

    /// Takes changes in; they are applied later. Says whether there is something to draw.
    pub(super) fn take(
        &mut self,
        mut batch: ChangeBatch,
        now: Timestamp,
        timers: &mut Timers,
        connection: &mut Connection,
    ) -> bool {
        if let (Some(seq), Some((_, known))) = (batch.seq, &mut self.seq) {
            *known = seq;
        }
        self.cut |= std::mem::take(&mut batch.cut);
        if std::mem::take(&mut batch.quiet) {
            // Whoever asks for the page finds out whether anybody is there.
            timers.refresh = now;
        } else if batch.open != Some(false) {
            connection.heard = now;
        }
        let was_open = self.open;
        match batch.open.take() {
            Some(true) => {
                // Uses are told once, and not again to who was cut off.
                batch.again |= std::mem::take(&mut self.cut);
                self.open = true;
                timers.refresh = now + REFRESH_LIVE;
                if let Status::Lost { retry_at: Some(at), .. } = &mut connection.status {
                    *at = now;
                }
            }
            Some(false) => {
                self.open = false;
                // It may be the stream alone, or the server: who asks for the page finds out.
                timers.refresh = now;
            }
            None => {}
        }
        let before = self.waiting.waiting();
        let again = batch.again;
        self.waiting.merge(batch);
        self.left_out |= again || self.waiting.reload;
        was_open != self.open || (self.frozen && self.waiting.waiting() != before)
    }

    /// Where pages may be old: whether another one has come to be seen, which is to be asked for again.
    pub(super) fn comes_to_see(&mut self, view: View, page: Slot) -> bool {
        let seen = Some((view, page));
        self.old && self.open && std::mem::replace(&mut self.looked, seen) != seen
    }
}
