//! Contexts: the other places one can go to without leaving, and what one must type before changing anything
//! in a locked one.

use std::time::Duration;

use super::effect::{Effect, Request, RequestId};
use super::event::{Failure, Reply};
use super::lists;
use super::messages::Level;
use super::state::State;
use super::wording::{outcome, receipt_words};
use crate::wire::keys::Outcome;
use crate::wire::time::Timestamp;

/// For so long a locked context allows changes once somebody has said so.
pub const ALLOWED: Duration = Duration::from_mins(10);

/// A change that was under way when its context was left: what comes of it is said all the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Left {
    pub(super) id: RequestId,
    pub(super) request: Request,
    pub(super) context: String,
    pub(super) title: String,
}

impl State {
    /// Whether this context refuses changes now, though somebody could allow them.
    pub fn locked(&self) -> bool {
        self.setup.contexts.here().is_some_and(|context| context.read_only) && self.allowed_until.is_none()
    }

    /// Until when a locked context allows changes.
    pub fn allowed_until(&self) -> Option<Timestamp> {
        self.allowed_until
    }

    /// Goes to another context. Nothing of this one stays but what was said; changes that are under way go on.
    pub(super) fn switch(&mut self, fx: &mut Vec<Effect>, at: usize) {
        let Some(context) = self.setup.contexts.all.get(at).cloned() else { return };
        if at == self.setup.contexts.at {
            self.say(Level::Info, format!("this is {} already", context.title));
            return;
        }
        self.cancel_reads(fx);
        let mut setup = self.setup.clone();
        setup.contexts.at = at;
        setup.context.clone_from(&context.title);
        setup.prod = context.prod;
        setup.now = self.now;
        let under_way = self.leave(setup);
        fx.push(Effect::SetTitle(self.title()));
        fx.push(Effect::Switch(context.name));
        let prod = if context.prod { " PROD" } else { "" };
        self.say(Level::Info, format!("in {}{prod} now", context.title));
        if let Some(old) = under_way {
            let words = format!("a change in {old} is under way: what comes of it is said here");
            self.say(Level::Warn, words);
        }
    }

    /// What came of a change in a context that was left meanwhile.
    pub(super) fn replied_elsewhere(
        &mut self,
        fx: &mut Vec<Effect>,
        left: &Left,
        result: Result<Reply, Failure>,
    ) {
        let title = &left.title;
        match result {
            Ok(Reply::KeyMade { created, notice }) => {
                self.show_away(fx, created, notice, (left.context.clone(), left.title.clone()));
            }
            Ok(Reply::Revoked(revoked)) => {
                let words = receipt_words(&revoked.key, &revoked.receipt);
                self.say(Level::Good, format!("in {title}: ✕ {words}"));
            }
            Ok(Reply::Project(project)) => {
                let done =
                    if matches!(left.request, Request::CreateProject { .. }) { "made" } else { "renamed" };
                self.say(Level::Good, format!("in {title}: project {} {done}", project.name));
            }
            Ok(Reply::Key(key)) => {
                self.say(Level::Good, format!("in {title}: the key is called {} now", key.name));
            }
            Ok(Reply::KeysRevoked(done)) => {
                let gone = done.results.iter().filter(|result| result.outcome == Outcome::Revoked).count();
                self.say(Level::Good, format!("in {title}: {gone} of {} keys revoked", done.results.len()));
            }
            Ok(Reply::ProjectDeleted(_)) => {
                self.say(Level::Good, format!("in {title}: the project is deleted"));
            }
            Ok(_) => self.say(Level::Good, format!("in {title}: the change is made")),
            Err(failure) => {
                let words = outcome(&left.request, &failure);
                self.say(Level::Bad, format!("in {title}: {words}"));
            }
        }
    }

    /// Changes are allowed for a while.
    pub(super) fn allow(&mut self) {
        self.allowed_until = Some(self.now + ALLOWED);
        let title = self.setup.context.clone();
        self.say(Level::Warn, format!("changes are allowed in {title} for 10 minutes"));
    }

    /// Locks the context again when its time is over; not under the hands of who is deciding something.
    pub(super) fn lock_when_over(&mut self) {
        let over = self.allowed_until.is_some_and(|until| self.now >= until);
        if over && !self.dialogs.iter().any(|dialog| dialog.logic().decides()) {
            self.allowed_until = None;
            let title = self.setup.context.clone();
            self.say(Level::Info, format!("the 10 minutes are over: {title} is read-only again"));
            lists::settle(self);
        }
    }
}
