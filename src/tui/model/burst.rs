//! Text typed right after the `y` of a confirmation, such as the rest of a reason that begins with y. It runs no commands
//! of the view below.

use std::time::Duration;

use super::event::{KeyCode, KeyPress};
use crate::wire::time::Timestamp;

/// Keys that follow one another faster than this are one text.
const TOGETHER: Duration = Duration::from_millis(300);
/// Once it is known to be text, it goes on after a pause up to this long, as between two words.
const PAUSE: Duration = Duration::from_secs(1);

/// The keys behind one that confirmed something.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Burst {
    /// When the last of them was pressed; none where no text can go on.
    last: Option<Timestamp>,
    /// The first of them: a command unless another key follows at once.
    held: Option<KeyPress>,
    /// They are a text: all of them are ignored.
    ignores: bool,
    /// The same, until that is said.
    unsaid: bool,
    /// The key that confirmed.
    after: String,
    /// How many messages there were before it.
    said: u64,
}

impl Burst {
    /// The key with this name confirmed something.
    pub(super) fn begin(&mut self, now: Timestamp, after: String, said: u64) {
        *self = Burst { last: Some(now), after, said, ..Burst::default() };
    }

    /// When the key that is held becomes a command.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.held.and(self.last).map(|last| last + TOGETHER)
    }

    /// The clock was set.
    pub(super) fn shift(&mut self, shift: impl Fn(&mut Timestamp)) {
        self.last.iter_mut().for_each(shift);
    }

    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        let pause = if self.ignores { PAUSE } else { TOGETHER };
        self.last.is_none_or(|last| now < last || last.age(now) >= pause)
    }

    /// Whether this key is the next of the text. One alone is held back; where a second follows, both are ignored.
    pub(super) fn takes(&mut self, key: KeyPress, now: Timestamp) -> bool {
        let types = match key.code {
            KeyCode::Char(_) => !key.ctrl && !key.alt,
            KeyCode::Enter | KeyCode::Backspace => true,
            _ => false,
        };
        if !types || self.is_over(now) {
            return false;
        }
        // A digit or a sign begins no rest of a word.
        let goes_on = matches!(key.code, KeyCode::Char(c) if c.is_alphabetic() || c == ' ');
        if !self.ignores && self.held.is_none() && !goes_on {
            return false;
        }
        self.last = Some(now);
        if self.ignores {
            return true;
        }
        if self.held.is_some() {
            self.ignore();
        } else {
            self.held = Some(key);
        }
        true
    }

    /// What was typed so far is a text.
    pub(super) fn ignore(&mut self) {
        (self.held, self.ignores, self.unsaid) = (None, true, true);
    }

    /// Ends it; gives the key that is a command after all.
    pub(super) fn end(&mut self) -> Option<KeyPress> {
        (self.last, self.ignores) = (None, false);
        self.held.take()
    }

    /// What has to be said of ignored keys, and how many messages there were before them.
    pub(super) fn words(&mut self) -> Option<(String, u64)> {
        let unsaid = std::mem::take(&mut self.unsaid);
        unsaid.then(|| (format!("The text typed right after {} was ignored.", self.after), self.said))
    }
}
