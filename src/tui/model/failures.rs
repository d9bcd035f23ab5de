//! What was not answered, in words that say what it means and what to do.

use super::dialogs::stack::DialogId;
use super::effect::{Effect, Request};
use super::event::{Failure, FailureKind};
use super::link::Status;
use super::list::Slot;
use super::lists;
use super::messages::Level;
use super::state::{Pending, State, What};
use super::wording::{outcome, words};

impl State {
    pub(super) fn failed(&mut self, fx: &mut Vec<Effect>, pending: &Pending, failure: &Failure) {
        let (what, _id) = (pending.what, pending.id);
        match failure.kind {
            FailureKind::Unreachable | FailureKind::TimedOut | FailureKind::NotKeydeck => {
                self.lose(failure.clone());
            }
            // A server that cannot read its own rows is as good as lost: what is shown grows old.
            FailureKind::Server { .. } if matches!(what, What::List(..)) => {
                self.lose(failure.clone());
            }
            FailureKind::Unauthenticated => self.refuse(failure.clone()),
            // One that fails at anything has not come back: its database may be gone.
            FailureKind::OutcomeUnknown | FailureKind::Server { .. } => {}
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
                let (now, height) = (self.server_now(), self.height());
                let window = self.window_mut(view);
                if window.failed(slot, now) {
                    if slot == Slot::First {
                        window.arrive(height);
                    }
                    lists::settle(self);
                }
            }
            What::Gather(view) => self.gather_failed(view, failure),
            What::Callers(_) => self.detail.callers = Some(Err(words)),
            What::Usage(_) => self.detail.usage = Some(Err(words)),
            // What was merely to be read anew stays as it was.
            What::Key => {}
            What::Dialog(asker) => self.dialog_failed(fx, asker, &pending.request, failure),
            What::Session => self.say(Level::Bad, words),
        }
    }

    /// A dialog's request failed: the dialog says it, and where it is closed, the message line.
    fn dialog_failed(&mut self, fx: &mut Vec<Effect>, asker: DialogId, asked: &Request, failure: &Failure) {
        let revokes = matches!(asked, Request::RevokeKey { .. } | Request::RevokeKeys(_));
        if failure.kind == FailureKind::OutcomeUnknown && asked.writes() && !revokes {
            self.timers.refresh = self.now;
        }
        let heard = self.answer_dialog(fx, asker, asked, Err(failure));
        if !heard && asked.writes() {
            self.say(Level::Bad, outcome(asked, failure));
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
