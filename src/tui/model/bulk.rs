//! Revoking the marked keys: which are meant, and what the answer means for the lists.

use std::collections::HashSet;
use std::sync::Arc;

use super::action::Action;
use super::effect::{Effect, Request};
use super::interaction::OpenDialog;
use super::lists;
use super::messages::{Level, number};
use super::requests::Asker;
use super::state::State;
use super::tabs::View;
use super::wording::receipt_line;
use crate::wire::id::KeyId;
use crate::wire::keys::{Key, Outcome, RevokeKeys, RevokedKeys};

/// How many keys that were used meanwhile are read anew, so that the next try knows their last use.
const READ_ANEW: usize = 50;

impl State {
    /// Opens the confirmation for the marked keys of the view. Says whether there are any.
    pub(super) fn revoke_marked(&mut self, fx: &mut Vec<Effect>) -> bool {
        let view = self.view;
        if self.list_of(view).is_some_and(|list| list.marks.range.is_some()) {
            self.end_range();
        }
        let Some(list) = self.list_of(view) else { return false };
        let (gathering, stale) = (list.marks.gather.is_some(), list.idle_days.is_some());
        let marks = &list.marks;
        let marked = marks.iter().map(|marked| (Arc::clone(&marked.key), marked.hidden));
        let targets: Vec<(Arc<Key>, bool)> = marked.collect();
        if gathering {
            let back = self.setup.keymap.hint(Action::Back);
            self.say(
                Level::Info,
                format!("keys are still being marked: wait for the rest, or stop it with {back}"),
            );
            return true;
        }
        match targets.as_slice() {
            [] => return false,
            [(key, false)] => self.open_dialog(fx, OpenDialog::Revoke((**key).clone())),
            _ => self.open_dialog(fx, OpenDialog::Bulk { stale, targets }),
        }
        true
    }

    /// A part was answered: what is dead is marked no longer, whoever still looks.
    pub(super) fn keys_revoked(
        &mut self,
        fx: &mut Vec<Effect>,
        asked: &RevokeKeys,
        done: &RevokedKeys,
        heard: bool,
    ) {
        let with = |wanted: &[Outcome]| -> HashSet<KeyId> {
            let results = done.results.iter().filter(|result| wanted.contains(&result.outcome));
            results.map(|result| result.id).collect()
        };
        let now = self.server_now();
        let by = self.link.session.as_ref().map(|session| session.principal.clone());
        let (revoked, dead) = (with(&[Outcome::Revoked]), with(&[Outcome::Revoked, Outcome::Already]));
        for list in [&mut self.views.keys, &mut self.views.stale] {
            for id in &dead {
                list.marks.remove(*id);
            }
            list.revoked(&revoked, (now, by.as_deref(), asked.reason.as_deref()));
        }
        let used = done.results.iter().filter(|result| result.outcome == Outcome::UsedSince);
        for result in used.take(READ_ANEW) {
            self.ask(fx, Asker::Dashboard, Request::Key(result.id));
        }
        if !heard {
            let receipt = done.receipt.as_ref().map(receipt_line);
            let count = number(revoked.len() as u64);
            self.say(Level::Good, format!("✕ {count} keys revoked {}", receipt.unwrap_or_default()));
            self.ask_anew(fx);
        }
        self.dirty();
    }

    /// Rows and counts have changed in many places.
    pub(super) fn ask_anew(&mut self, fx: &mut Vec<Effect>) {
        self.timers.refresh = self.now;
        if self.views.stale.list.rows.is_loaded() {
            lists::load(self, fx, View::Stale, super::list::Slot::First);
        }
        if self.views.projects.list.rows.is_loaded() {
            lists::refresh(self, fx, View::Projects);
        }
        lists::settle(self);
    }
}
