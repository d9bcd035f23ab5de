//! Contexts: the other places one can go to without leaving, and what one must type before changing anything
//! in a locked one.

use std::time::Duration;

use super::effect::Effect;
use super::lists;
use super::messages::Level;
use super::state::State;
use crate::wire::time::Timestamp;

/// For so long a locked context allows changes once somebody has said so.
pub const ALLOWED: Duration = Duration::from_mins(10);

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
        let old = self.setup.contexts.here().map(|old| old.title.clone()).unwrap_or_default();
        let mut setup = self.setup.clone();
        setup.contexts.at = at;
        setup.context.clone_from(&context.title);
        setup.prod = context.prod;
        setup.now = self.now;
        let continues = self.leave(fx, setup);
        fx.push(Effect::SetTitle(self.title()));
        fx.push(Effect::Switch(context.name));
        let prod = if context.prod { " PROD" } else { "" };
        self.say(Level::Info, format!("in {}{prod} now", context.title));
        if continues {
            let words = format!("a change in {old} is under way: what comes of it is said here");
            self.say(Level::Warn, words);
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
