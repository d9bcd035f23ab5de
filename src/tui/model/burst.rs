//! Text typed right after the `y` of a confirmation, such as the rest of a reason that begins with y. It runs no commands
//! of the view below.

use std::time::Duration;

use super::event::{KeyCode, KeyPress};
use crate::wire::time::Timestamp;

/// Keys that follow one another faster than this are one text.
const TOGETHER: Duration = Duration::from_millis(300);
/// Once it is known to be text, it goes on after a pause up to this long, as between two words.
const PAUSE: Duration = Duration::from_secs(1);
/// From so many letters on it is a text. Fewer are commands of who knows the keys, or of a program: `q` twice, or one
/// that opens a form and Enter.
const TEXT: usize = 3;
/// The rest of what people write to say yes.
const YES: &str = "es";

/// The keys behind one that confirmed something.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Burst {
    /// When the last of them was pressed; none where no text can go on.
    last: Option<Timestamp>,
    /// The first of them: commands unless more follow at once.
    held: Vec<KeyPress>,
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

    /// When the keys that are held become commands.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.last.filter(|_| !self.held.is_empty()).map(|last| last + TOGETHER)
    }

    /// The clock was set.
    pub(super) fn shift(&mut self, shift: impl Fn(&mut Timestamp)) {
        self.last.iter_mut().for_each(shift);
    }

    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        let pause = if self.ignores { PAUSE } else { TOGETHER };
        self.last.is_none_or(|last| now < last || last.age(now) >= pause)
    }

    /// Whether this key is the next of the text. The first are held back; once they are a text, all are ignored.
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
        if !self.ignores && self.held.is_empty() && !goes_on {
            return false;
        }
        // What one letter opens is answered with Enter; the Enter that ends a text ends more letters.
        if !self.ignores && key.code == KeyCode::Enter {
            return false;
        }
        self.last = Some(now);
        if self.ignores {
            return true;
        }
        self.held.push(key);
        let letters = self.held.iter().filter_map(|key| match key.code {
            KeyCode::Char(c) => Some(c.to_ascii_lowercase()),
            _ => None,
        });
        if self.held.len() == TEXT || letters.eq(YES.chars()) {
            self.ignore();
        }
        true
    }

    /// What was typed so far is a text.
    pub(super) fn ignore(&mut self) {
        (self.held, self.ignores, self.unsaid) = (Vec::new(), true, true);
    }

    /// Ends it; gives the keys that are commands after all.
    pub(super) fn end(&mut self) -> Vec<KeyPress> {
        (self.last, self.ignores) = (None, false);
        std::mem::take(&mut self.held)
    }

    /// What has to be said of ignored keys, and how many messages there were before them.
    pub(super) fn words(&mut self) -> Option<(String, u64)> {
        let unsaid = std::mem::take(&mut self.unsaid);
        unsaid.then(|| (format!("The text typed right after {} was ignored.", self.after), self.said))
    }
}
