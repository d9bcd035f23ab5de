//! What the dashboard has said: the newest in the message line for a while, the last hundred on request.

use std::collections::VecDeque;
use std::time::Duration;

use crate::wire::text;
pub use crate::wire::text::number;
use crate::wire::time::Timestamp;

/// How grave a message is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// Something was done, or answers a key.
    Info,
    /// Something good was done.
    Good,
    /// Something needs an eye.
    Warn,
    /// Something did not work.
    Bad,
}

/// One message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// When it was said.
    pub at: Timestamp,
    /// How grave it is.
    pub level: Level,
    /// The words. Masked: no whole key is in it.
    pub text: String,
}

/// The last messages.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Messages {
    list: VecDeque<Message>,
    until: Option<Timestamp>,
    /// The newest one answers a key of the view, however grave it is.
    of_view: bool,
    /// The newest one is about a pasted text.
    of_paste: bool,
    /// How many were said since the start.
    said: u64,
}

/// What is said until the answer to a refresh comes.
pub(super) const REFRESHING: &str = "Refreshing…";

const KEPT: usize = 100;

impl Messages {
    /// Says something: it is kept, and shown until its time is over or something else is said.
    pub fn say(&mut self, at: Timestamp, level: Level, text: impl Into<String>) {
        let text: String = text.into();
        let text = crate::secret::masked(&text::plain(&text)).into_owned();
        // What is said again and again is one message.
        if self.list.back().is_some_and(|last| last.text == text) {
            self.list.pop_back();
        }
        if self.list.len() == KEPT {
            self.list.pop_front();
        }
        let seconds = match level {
            Level::Info => 5,
            Level::Good => 15,
            Level::Warn | Level::Bad => 30,
        };
        self.until = Some(at + Duration::from_secs(seconds));
        self.of_paste = false;
        self.of_view = matches!(level, Level::Info | Level::Good);
        self.said += 1;
        self.list.push_back(Message { at, level, text });
    }

    /// Says why a key of the view is refused: in another view that is no news.
    pub(super) fn refuse(&mut self, at: Timestamp, why: impl Into<String>) {
        self.say(at, Level::Warn, why);
        self.of_view = true;
    }

    /// Says what a pasted text is instead of a key.
    pub(super) fn say_of_paste(&mut self, at: Timestamp, level: Level, why: impl Into<String>) {
        self.say(at, level, why);
        self.of_paste = true;
    }

    /// A whole key came: what was said of a pasted text before is taken off the line. Says whether it was there.
    pub(super) fn withdraw_of_paste(&mut self) -> bool {
        let shown = self.of_paste && self.until.is_some();
        if shown {
            self.until = None;
        }
        shown
    }

    /// Keeps something that is on the screen already, such as the state of the connection: it is not shown a second
    /// time. What comes again is one message, of the last time.
    pub fn note(&mut self, at: Timestamp, level: Level, text: impl Into<String>) {
        let text: String = text.into();
        let text = crate::secret::masked(&text::plain(&text)).into_owned();
        let on_line = self.list.back_mut().filter(|last| self.until.is_some() && last.text == text);
        if let Some(message) = on_line {
            message.at = at;
            return;
        }
        let shown = usize::from(self.until.is_some());
        if let Some(before) = self.list.iter().rposition(|message| message.text == text) {
            self.list.remove(before);
        } else if self.list.len() == KEPT {
            self.list.pop_front();
        }
        // Before the one that is on the line.
        let place = self.list.len().saturating_sub(shown);
        self.list.insert(place, Message { at, level, text });
    }

    /// Takes a message off the line whose reason is over; it stays among the others. Says whether it was there.
    pub fn withdraw(&mut self, text: &str) -> bool {
        let shown = self.current().is_some_and(|last| last.text == text);
        if shown {
            self.until = None;
        }
        shown
    }

    /// Takes the newest one back, to say it in other words.
    pub(super) fn take_back(&mut self) {
        self.list.pop_back();
    }

    /// How many were said since the start.
    pub(super) fn said(&self) -> u64 {
        self.said
    }

    /// Another view is shown: what was said about the one before is taken off the line, unless it is a warning of more
    /// than a refused key.
    pub(super) fn leave_view(&mut self) {
        if self.of_view {
            self.until = None;
        }
    }

    /// The message to be shown now.
    pub fn current(&self) -> Option<&Message> {
        self.until.and(self.list.back())
    }

    /// The same while the connection is lost since then: an answer to a key of a view, said before, is no longer news.
    /// What was done, and what failed, is.
    pub(super) fn current_since(&self, lost: Option<Timestamp>) -> Option<&Message> {
        let passed = |message: &&Message| {
            self.of_view && message.level != Level::Good && lost.is_some_and(|since| message.at < since)
        };
        self.current().filter(|message| !passed(message))
    }

    /// When it is over.
    pub fn until(&self) -> Option<Timestamp> {
        self.until
    }

    /// The clock was set: it is over as long from now as it was before.
    pub fn shift(&mut self, shift: impl Fn(&mut Timestamp)) {
        self.until.iter_mut().for_each(shift);
    }

    /// Takes it off the line when its time is over. Says whether it did.
    pub fn expire(&mut self, now: Timestamp) -> bool {
        let over = self.until.is_some_and(|until| now >= until);
        if over {
            self.until = None;
        }
        over
    }

    /// All of them, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Message> {
        self.list.iter().rev()
    }
}

/// A number of requests: `1 request`, `2,154 requests`.
pub fn requests(count: u64) -> String {
    format!("{} {}", number(count), if count == 1 { "request" } else { "requests" })
}
