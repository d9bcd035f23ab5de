//! What was not answered, in words that say what it means and what to do.

use super::dialog::{Dialog, Found};
use super::effect::{Effect, RequestId};
use super::event::{Failure, FailureKind};
use super::link::Status;
use super::lists;
use super::messages::Level;
use super::rows::Slot;
use super::state::{State, View, What};

impl State {
    pub(super) fn failed(&mut self, fx: &mut Vec<Effect>, what: What, id: RequestId, failure: &Failure) {
        match failure.kind {
            FailureKind::Unreachable | FailureKind::TimedOut | FailureKind::NotKeydeck => {
                self.lose(failure.clone());
            }
            // A server that cannot read its own rows is as good as lost: what is shown grows old.
            FailureKind::Server { .. } if matches!(what, What::List(..)) => {
                self.lose(failure.clone());
            }
            FailureKind::Unauthenticated => self.refuse(failure.clone()),
            FailureKind::OutcomeUnknown => {}
            _ => self.alive(),
        }
        self.dirty();
        let words = words(failure);
        match what {
            // The rows stay; the header says that they are old.
            What::List(_, Slot::Again(_)) if self.link.status != Status::Up => {}
            What::List(view, slot) => {
                self.failures.retain(|(other, _)| *other != view);
                self.failures.push((view, words.clone()));
                if self.link.status == Status::Up {
                    self.say(Level::Bad, words);
                }
                if view == View::Audit {
                    let now = self.server_now();
                    self.audit.failed(slot, now);
                    if slot == Slot::First {
                        let height = self.height();
                        self.window_mut(view).arrive(height);
                    }
                    lists::settle(self);
                }
            }
            What::Gather(view) => self.gather_failed(view, failure),
            What::Callers(_) => self.detail.callers = Some(Err(words)),
            What::Usage(_) => self.detail.usage = Some(Err(words)),
            What::DialogCallers(key) => {
                if let Some(dialog) = self.revoke_dialog(|dialog| dialog.key.id == key) {
                    dialog.callers = Some(Err(words));
                }
            }
            What::BulkCallers(key) => self.bulk_callers(key, &Err(words)),
            What::Find => {
                for dialog in &mut self.dialogs {
                    if let Dialog::Offer(offer) = dialog {
                        offer.found = Found::Failed(words.clone());
                    }
                }
            }
            What::Palette => self.palette_failed(words),
            // What was merely to be read anew stays as it was.
            What::DialogProject(_) | What::Key => {}
            What::RevokeKeys => self.bulk_failed(fx, id, failure),
            What::DeleteProject => self.delete_failed(fx, id, failure),
            What::Export => self.export_failed(id, words),
            What::Session => self.say(Level::Bad, words),
            What::RevokeUnstored(key) => self.unstored_failed(fx, key, failure, words),
            What::Create
            | What::CreateProject
            | What::Rename
            | What::Revoke
            | What::RevokeUnseen
            | What::Rotate => {
                self.write_failed(what, id, failure);
            }
        }
    }

    /// A write that failed says whether it changed anything, where it was asked for: another dialog of its kind may
    /// be open by then.
    fn write_failed(&mut self, what: What, id: RequestId, failure: &Failure) {
        if failure.kind == FailureKind::OutcomeUnknown && !matches!(what, What::Revoke | What::RevokeUnseen) {
            self.timers.refresh = self.now;
        }
        let words = outcome(what, failure);
        let mut told = false;
        for dialog in &mut self.dialogs {
            match (dialog, what) {
                (Dialog::NewKey(form), What::Create) if form.sending == Some(id) => {
                    (form.sending, form.error, told) = (None, Some(words.clone()), true);
                }
                (Dialog::Rotate(form), What::Rotate) if form.sending == Some(id) => {
                    (form.sending, form.error, told) = (None, Some(words.clone()), true);
                }
                (Dialog::Name(form), What::CreateProject | What::Rename) if form.sending == Some(id) => {
                    (form.sending, form.error, told) = (None, Some(words.clone()), true);
                }
                (Dialog::Revoke(open), What::Revoke) if open.sending == Some(id) => {
                    (open.sending, open.note, told) = (None, Some(words.clone()), true);
                }
                (Dialog::ShownOnce(open), What::RevokeUnseen) if open.revoking == Some(id) => {
                    (open.revoking, open.note, told) = (None, Some(words.clone()), true);
                }
                _ => {}
            }
        }
        if !told {
            self.say(Level::Bad, words);
        }
    }

    pub(super) fn connect_failed(&mut self, failure: Failure) {
        match failure.kind {
            FailureKind::Unauthenticated | FailureKind::Forbidden => self.refuse(failure),
            // Nothing was asked of anybody, and asking again by itself would not help.
            FailureKind::NoToken | FailureKind::Invalid => self.refuse(failure),
            _ => self.lose(failure),
        }
        self.dirty();
    }

    /// The link is lost; why is to be read among the messages too, where there is room for all of it.
    fn lose(&mut self, failure: Failure) {
        self.messages.note(self.now, Level::Bad, words(&failure));
        self.link.lose(failure, self.now);
    }

    fn refuse(&mut self, failure: Failure) {
        self.messages.note(self.now, Level::Bad, words(&failure));
        self.link.status = Status::Refused(failure);
    }
}

/// A change that failed, in words that say whether it was made.
pub(super) fn outcome(what: What, failure: &Failure) -> String {
    let unknown = failure.kind == FailureKind::OutcomeUnknown;
    let words = words(failure);
    match what {
        What::Revoke | What::RevokeUnseen | What::RevokeKeys if unknown => format!(
            "{words} — it is not known whether it was revoked: do it once more; a repeat changes nothing and brings the receipt"
        ),
        _ if unknown => {
            format!("{words} — it is not known whether it was done: look at the list before doing it again")
        }
        _ => unchanged(words),
    }
}

/// The same of a change that was not made, said once.
pub(super) fn unchanged(words: String) -> String {
    if words.contains("nothing was sent") { words } else { format!("{words} — nothing was changed") }
}

/// A failure in words, with the request's id where the server has one.
pub(in crate::tui) fn words(failure: &Failure) -> String {
    match &failure.kind {
        FailureKind::Unauthenticated => {
            format!(
                "{} — run `keydeck login`, or set KEYDECK_TOKEN, KEYDECK_TOKEN_FILE or token_file in the configuration",
                failure.text
            )
        }
        FailureKind::Forbidden => format!("not allowed: {}", failure.text),
        FailureKind::Server { request_id: Some(id) } => {
            format!("{} (request {id}, to be found in the server's log)", failure.text)
        }
        FailureKind::Server { request_id: None } => format!("the server failed: {}", failure.text),
        _ => failure.text.clone(),
    }
}
