//! Revoking the marked keys: the keys of its dialog, the calls one after the other, what comes of them.

use std::collections::HashSet;
use std::sync::Arc;

use super::action::{Action, Scope};
use super::dialogs::{
    Asked, BulkDialog, BulkFocus, Dialog, Edited, Fate, Phase, bulk_parts, edit, too_fast, used_today,
};
use super::effect::{Effect, Request, RequestId};
use super::event::{Failure, FailureKind, KeyCode, KeyPress, PressKind};
use super::interaction::OpenDialog;
use super::keymap::Keymap;
use super::lists;
use super::messages::{Level, number};
use super::news::key_told;
use super::state::{State, What};
use super::tabs::View;
use super::views::keys::KeysView;
use super::wording::{outcome, receipt_line};
use crate::wire::id::KeyId;
use crate::wire::keys::{Caller, Key, Outcome, RevokedKeys};

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
        let gathering = list.marks.gather.is_some();
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
            _ => self.open_dialog(fx, OpenDialog::Bulk(view, targets)),
        }
        true
    }

    pub(super) fn open_bulk(&mut self, fx: &mut Vec<Effect>, view: View, targets: Vec<(Arc<Key>, bool)>) {
        let dialog = Dialog::of(OpenDialog::Bulk(view, targets), self.facts());
        let Dialog::Bulk(mut open) = dialog else { return };
        let now = self.server_now();
        self.cancel(fx, |what| matches!(what, What::BulkCallers(_)));
        let asked: Vec<KeyId> = used_today(open.targets.iter(), now)
            .take(super::dialogs::bulk::CALLERS_ASKED)
            .map(|target| target.key.id)
            .collect();
        for id in asked {
            open.callers.push(Asked { key: id, callers: None });
            self.ask(fx, What::BulkCallers(id), Request::Callers(id));
        }
        self.dialogs.push(Dialog::Bulk(open));
        self.dirty();
    }

    pub(super) fn bulk_callers(&mut self, id: KeyId, callers: &Result<Vec<Caller>, String>) {
        if let Some(open) = self.bulk_dialog() {
            if let Some(asked) = open.callers.iter_mut().find(|asked| asked.key == id) {
                asked.callers = Some(callers.clone());
            }
            self.dirty();
        }
    }

    fn bulk_dialog(&mut self) -> Option<&mut BulkDialog> {
        self.dialogs.iter_mut().find_map(|dialog| match dialog {
            Dialog::Bulk(open) => Some(&mut **open),
            _ => None,
        })
    }

    pub(super) fn key_bulk(&mut self, fx: &mut Vec<Effect>, key: KeyPress) {
        let (now, size) = (self.now, self.setup.size);
        let Some(Dialog::Bulk(open)) = self.dialogs.last_mut() else { return };
        let rows = usize::from(bulk_parts(open, size).rows);
        let last = open.chosen_count().saturating_sub(rows);
        let scrolled = |by: isize| open.top.min(last).saturating_add_signed(by).min(last);
        let press = key.kind == PressKind::Press && !key.ctrl && !key.alt;
        let asking = open.phase == Phase::Asking;
        match key.code {
            KeyCode::Up => open.top = scrolled(-1),
            KeyCode::Down => open.top = scrolled(1),
            KeyCode::PageUp => open.top = scrolled(-(rows as isize)),
            KeyCode::PageDown => open.top = scrolled(rows as isize),
            KeyCode::Esc if press => self.leave_bulk(fx),
            KeyCode::Enter | KeyCode::Char('q') if press && open.phase == Phase::Done => self.leave_bulk(fx),
            _ if !asking => return,
            KeyCode::Tab => open.turn(true),
            KeyCode::BackTab => open.turn(false),
            KeyCode::Char(' ') if open.focus == BulkFocus::Hidden => {
                open.with_hidden = !open.with_hidden;
                (open.top, open.note) = (0, None);
            }
            KeyCode::Char(' ') if open.focus == BulkFocus::Used => open.used_too = !open.used_too,
            KeyCode::Enter if press && too_fast(open.opened, now) => {
                open.note = Some("too fast: nobody can have read this yet; press the key again".into());
            }
            KeyCode::Enter if press => self.confirm_bulk(fx, false),
            _ if open.focus == BulkFocus::Reason => {
                if let Edited::Yes(masked) = edit(&mut open.reason, key) {
                    open.note = None;
                    self.dirty();
                    self.offer_if(fx, masked);
                }
                return;
            }
            KeyCode::Char('y') if press && open.chosen_count() == 1 => {
                if too_fast(open.opened, now) {
                    open.note = Some("too fast: nobody can have read this yet; press the key again".into());
                } else {
                    self.confirm_bulk(fx, true);
                }
            }
            KeyCode::Char(c) if press && !c.is_ascii_digit() => {
                open.note = Some(how(open, &self.setup.keymap));
            }
            _ => {
                open.focus = BulkFocus::Count;
                open.note = None;
                edit(&mut open.count, key);
            }
        }
        self.dirty();
    }

    /// Revokes, after the targets were looked at once more.
    fn confirm_bulk(&mut self, fx: &mut Vec<Effect>, one: bool) {
        let Some(Dialog::Bulk(open)) = self.dialogs.last_mut() else { return };
        if !(open.count_matches() && open.chosen_count() > 0 || one) {
            let none = open.chosen_count() == 0 && open.hidden_count() > 0;
            open.focus = if none { BulkFocus::Hidden } else { BulkFocus::Count };
            open.note = Some(how(open, &self.setup.keymap));
            return;
        }
        if let Err(error) = open.checked_reason() {
            (open.note, open.focus) = (Some(error), BulkFocus::Reason);
            return;
        }
        let Some(KeysView { marks, .. }) = self.views.of(open.view).keys() else { return };
        let before = open.targets.len();
        open.targets.retain(|target| marks.has(target.key.id));
        let gone = before - open.targets.len();
        let mut renamed = 0usize;
        for target in &mut open.targets {
            let Some(known) = marks.get(target.key.id) else { continue };
            // What was told while the dialog is open is not in the lists yet.
            let known = key_told(known, &self.live.waiting).map_or_else(|| Arc::clone(known), Arc::new);
            if known.name != target.key.name || known.project_name != target.key.project_name {
                target.key = known;
                renamed += 1;
            }
        }
        if gone + renamed > 0 {
            open.count.clear();
            let said = [(gone, "revoked or unmarked"), (renamed, "renamed")];
            let said = said.iter().filter(|(count, _)| *count > 0);
            let said: Vec<String> =
                said.map(|(count, what)| format!("{} {what}", number(*count as u64))).collect();
            let said =
                format!("{} meanwhile: look again; {}", said.join(", "), how(open, &self.setup.keymap));
            (open.note, open.focus) = (Some(said), BulkFocus::Count);
            return;
        }
        self.send_bulk(fx);
    }

    /// Sends the next part; without one, it is done.
    fn send_bulk(&mut self, fx: &mut Vec<Effect>) {
        let now = self.server_now();
        let Some(open) = self.bulk_dialog() else { return };
        // It was checked before the first part was sent, and cannot be changed since.
        let reason = open.checked_reason().unwrap_or_default();
        if let Some(part) = open.next_part(reason, now) {
            let sent = self.ask(fx, What::RevokeKeys, Request::RevokeKeys(part));
            if let Some(open) = self.bulk_dialog() {
                (open.phase, open.note) = (Phase::Sending(sent), None);
            }
        } else {
            self.finish_bulk(fx);
        }
        self.dirty();
    }

    /// A part was answered: what is dead is marked no longer, whoever still looks.
    pub(super) fn bulk_answered(&mut self, fx: &mut Vec<Effect>, id: RequestId, done: &RevokedKeys) {
        let with = |wanted: &[Outcome]| -> HashSet<KeyId> {
            let results = done.results.iter().filter(|result| wanted.contains(&result.outcome));
            results.map(|result| result.id).collect()
        };
        let now = self.server_now();
        let by = self.link.session.as_ref().map(|session| session.principal.clone());
        let reason = self.bulk_dialog().and_then(|open| open.checked_reason().unwrap_or_default());
        let (revoked, dead) = (with(&[Outcome::Revoked]), with(&[Outcome::Revoked, Outcome::Already]));
        for list in [&mut self.views.keys, &mut self.views.stale] {
            for id in &dead {
                list.marks.remove(*id);
            }
            list.revoked(&revoked, (now, by.as_deref(), reason.as_deref()));
        }
        let used = done.results.iter().filter(|result| result.outcome == Outcome::UsedSince);
        for result in used.take(READ_ANEW) {
            self.ask(fx, What::Key, Request::Key(result.id));
        }
        match self.bulk_dialog() {
            Some(open) if open.phase == Phase::Sending(id) => {
                open.take(&done.results, done.receipt.as_ref());
                self.send_bulk(fx);
            }
            _ => {
                let receipt = done.receipt.as_ref().map(receipt_line);
                let count = number(revoked.len() as u64);
                self.say(Level::Good, format!("✕ {count} keys revoked {}", receipt.unwrap_or_default()));
                self.ask_anew(fx);
            }
        }
        self.dirty();
    }

    /// A part was not answered: nothing more is sent, and what was not revoked stays marked.
    pub(super) fn bulk_failed(
        &mut self,
        fx: &mut Vec<Effect>,
        id: RequestId,
        asked: &Request,
        failure: &Failure,
    ) {
        let unknown = failure.kind == FailureKind::OutcomeUnknown;
        let words = outcome(asked, failure);
        match self.bulk_dialog() {
            Some(open) if open.phase == Phase::Sending(id) => {
                open.lose(if unknown { Fate::Unknown } else { Fate::Unsent });
                (open.stop, open.note) = (true, Some(words));
                self.finish_bulk(fx);
            }
            _ => self.say(Level::Bad, words),
        }
    }

    fn finish_bulk(&mut self, fx: &mut Vec<Effect>) {
        let Some(open) = self.bulk_dialog() else { return };
        open.finish();
        let words = open.outcome_words();
        if open.all_dead() {
            self.say(Level::Good, format!("✕ {words}"));
        } else {
            self.say(Level::Warn, words);
        }
        self.ask_anew(fx);
    }

    /// Rows and counts have changed in many places.
    fn ask_anew(&mut self, fx: &mut Vec<Effect>) {
        self.timers.refresh = self.now;
        if self.views.stale.list.rows.is_loaded() {
            lists::load(self, fx, View::Stale, super::list::Slot::First);
        }
        if self.views.projects.list.rows.is_loaded() {
            lists::refresh(self, fx, View::Projects);
        }
        lists::settle(self);
    }

    /// Esc: closes what only asks, stops what is not yet sent, and then stops looking.
    fn leave_bulk(&mut self, fx: &mut Vec<Effect>) {
        let Some(Dialog::Bulk(open)) = self.dialogs.last_mut() else { return };
        let unsent = open.fated(Fate::Unsent);
        let (sent, done) = (open.fated(Fate::Sent), open.fated(Fate::Was(Outcome::Revoked)));
        let sending = matches!(open.phase, Phase::Sending(_));
        if sending && unsent > 0 && !open.stop {
            open.stop = true;
            let words = format!(
                "stopping: {} are under way, {} will not be sent",
                number(sent as u64),
                number(unsent as u64)
            );
            open.note = Some(words);
            return;
        }
        self.dialogs.pop();
        self.cancel(fx, |what| matches!(what, What::BulkCallers(_)));
        if sending {
            let words = format!(
                "{} revoked, {} under way, {} not sent: the answer will be said here",
                number(done as u64),
                number(sent as u64),
                number(unsent as u64)
            );
            self.say(Level::Warn, words);
        }
    }
}

/// What to do to confirm.
pub(super) fn how(open: &BulkDialog, keymap: &Keymap) -> String {
    let said = |words| keymap.said(Scope::Dialog, words);
    match open.chosen_count() {
        0 if open.targets.is_empty() => said("nothing is left to revoke; Esc closes"),
        0 if open.view.shows_idle() => {
            "none of them is shown here now: Space in the box below takes them in".into()
        }
        0 => "the filter hides all of them: Space in the box below takes them in".into(),
        1 => said("y revokes it; Esc leaves it as it is"),
        many => {
            let (then, leaves) = (said("then Enter, to revoke"), said("Esc leaves them"));
            format!("type {many}, {then} {} keys; {leaves}", number(many as u64))
        }
    }
}
