//! Opens dialogs, calls them with what they may look at, and carries out what they want.

use super::dialogs::Dialog;
use super::dialogs::stack::DialogId;
use super::effect::{Effect, Request};
use super::event::{Failure, Reply};
use super::hints::{Input, Pointed};
use super::interaction::{DialogLogic, Facts, Notice, OpenDialog, Step};
use super::lists;
use super::messages::Level;
use super::requests::Asker;
use super::state::State;
use super::views::keys::KeysView;
use crate::wire::keys::Status;

impl State {
    /// What a dialog or a view may look at.
    pub(in crate::tui) fn facts(&self) -> Facts<'_> {
        Facts {
            now: self.now,
            server_now: self.server_now(),
            setup: &self.setup,
            link: &self.link,
            read_only: self.read_only(),
            view: self.view,
            projects: &self.views.projects.list.rows,
            keys: &self.views.keys.list.rows,
            stale: &self.views.stale.list.rows,
            detail: &self.detail,
            all_keys: self.key_list().is_some_and(KeysView::holds_all),
            news: &self.live.waiting,
            marks: self.key_list().map(|list| &list.marks),
            messages: &self.messages,
        }
    }

    /// Opens a dialog. One that changes something does not open where nothing may be changed: it is said why, or
    /// asked for the word that allows it.
    pub(super) fn open_dialog(&mut self, fx: &mut Vec<Effect>, what: OpenDialog) {
        if let Some(why) = self.read_only().filter(|_| what.changes()) {
            let helps = self.locked() && !self.setup.read_only && !self.link.auditor();
            if helps {
                self.open_dialog(fx, OpenDialog::Unlock(vec![Step::Open(what)]));
            } else {
                self.say(Level::Warn, why);
            }
            return;
        }
        match what {
            OpenDialog::Revoke(key) if key.status == Status::Revoked => {
                let by = key.revoked_by.as_deref().unwrap_or("somebody");
                let words = format!("{} is revoked already, by {by}; it never works again", key.name);
                self.say(Level::Info, words);
            }
            what => {
                // A project may be chosen there: all of them are wanted.
                self.views.projects.want_all |= matches!(what, OpenDialog::Palette);
                let dialog = Dialog::of(what, self.facts());
                let id = self.dialogs.push(dialog);
                self.with_dialog(fx, id, |dialog, facts| dialog.opened(facts));
            }
        }
        self.dirty();
    }

    /// Gives the topmost dialog what was pressed or pasted.
    pub(super) fn give_dialog(&mut self, fx: &mut Vec<Effect>, input: Input<'_>) {
        if let Some(id) = self.dialogs.top() {
            self.with_dialog(fx, id, |dialog, facts| dialog.on(facts, input));
        }
    }

    /// Gives a dialog the answer to what it asked. Says whether it is still open.
    pub(super) fn answer_dialog(
        &mut self,
        fx: &mut Vec<Effect>,
        id: DialogId,
        asked: &Request,
        answer: Result<&Reply, &Failure>,
    ) -> bool {
        self.with_dialog(fx, id, |dialog, facts| dialog.replied(facts, asked, answer))
    }

    /// Tells the open dialogs what happened outside. Says whether it was something of one of them.
    pub(super) fn notify(&mut self, fx: &mut Vec<Effect>, notice: &Notice) -> bool {
        let mut heard = false;
        for id in self.dialogs.ids() {
            let Some((at, mut dialog)) = self.dialogs.take(id) else { continue };
            let facts = self.facts();
            let steps = dialog.logic_mut().notified(facts, notice);
            self.dialogs.put(id, (at, dialog));
            if let Some(steps) = steps {
                heard = true;
                self.dirty();
                self.carry_out(fx, Some(id), steps);
            }
        }
        heard
    }

    /// Gives the topmost dialog what the mouse did.
    pub(super) fn point_at_dialog(&mut self, fx: &mut Vec<Effect>, pointed: Pointed) {
        if let Some(id) = self.dialogs.top() {
            self.with_dialog(fx, id, |dialog, facts| dialog.pointed(facts, pointed));
        }
    }

    pub(super) fn with_dialog(
        &mut self,
        fx: &mut Vec<Effect>,
        id: DialogId,
        call: impl FnOnce(&mut dyn DialogLogic, Facts<'_>) -> Vec<Step>,
    ) -> bool {
        let Some((at, mut dialog)) = self.dialogs.take(id) else { return false };
        let steps = call(dialog.logic_mut(), self.facts());
        self.dialogs.put(id, (at, dialog));
        self.dirty();
        self.carry_out(fx, Some(id), steps);
        true
    }

    pub(super) fn carry_out(&mut self, fx: &mut Vec<Effect>, from: Option<DialogId>, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Ask(request) => {
                    self.ask(fx, from.map_or(Asker::Dashboard, Asker::Dialog), request);
                }
                Step::AskIn(context, request) => {
                    self.ask_in(fx, Some(context), from.map_or(Asker::Dashboard, Asker::Dialog), request);
                }
                Step::Say(level, words) => self.say(level, words),
                Step::NothingSelected(words) => self.say_nothing_selected(words),
                Step::Open(what) => self.open_dialog(fx, what),
                Step::Close => {
                    if let Some(id) = from {
                        self.close_dialog(fx, id);
                    }
                }
                Step::Do(action) => self.act(fx, action),
                Step::Scope(id, name) => self.open_project(fx, id, name),
                Step::GoTo(mask, keys) => {
                    // Nothing stays in the way, but a key that is shown once.
                    self.dialogs.retain(|dialog| dialog.logic().shows_secret());
                    self.go_to(fx, mask, keys);
                }
                Step::Offer(mask) => self.offer(fx, mask),
                Step::Rows(wanted) => {
                    if let Some(id) = from {
                        self.give_rows(fx, id, wanted);
                    }
                }
                Step::Forget => from.into_iter().for_each(|id| self.forget_reads(fx, id)),
                Step::Find => self.find(fx),
                Step::OfferReplacement(key) => self.offer_replacement(&key),
                Step::Allow => self.allow(),
                Step::Sort(sort) => self.sort_by(fx, sort),
                Step::Switch(at) => self.switch(fx, at),
                Step::Reload => {
                    self.timers.refresh = self.now;
                    lists::settle(self);
                }
                Step::ReadAgain => self.ask_anew(fx),
                Step::Effect(effect) => fx.push(effect),
            }
        }
    }

    pub(super) fn close_dialog(&mut self, fx: &mut Vec<Effect>, id: DialogId) {
        let seeks = self.dialogs.take(id).is_some_and(|(_, dialog)| dialog.logic().seeks().is_some());
        if seeks {
            self.views.keys.list.forget_texts();
            self.views.stale.list.forget_texts();
        }
        self.forget_reads(fx, id);
        self.dirty();
    }

    /// Takes back what a dialog asked and only reads.
    fn forget_reads(&mut self, fx: &mut Vec<Effect>, id: DialogId) {
        self.requests.cancel(fx, |asker| asker == Asker::Dialog(id));
    }
}
