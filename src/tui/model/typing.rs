//! What a line of text does not take: line breaks, control characters and what cannot be seen. They are removed,
//! and that is said at once.

use std::borrow::Cow;
use std::collections::BTreeSet;

use zeroize::Zeroizing;

use super::effect::Effect;
use super::event::{KeyCode, KeyPress};
use super::hints::Text;
use super::messages::Level;
use super::state::State;
use crate::wire::text::is_hostile;

/// A text as one line, and what was removed from it.
pub(super) struct OneLine<'a> {
    text: Cow<'a, str>,
    removed: BTreeSet<Removed>,
}

impl<'a> OneLine<'a> {
    /// One line break at the end comes along when a line is copied, and is none of the text.
    pub(super) fn of(text: &'a str) -> OneLine<'a> {
        let line = text.strip_suffix('\n').unwrap_or(text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let removed: BTreeSet<Removed> = line.chars().filter(|c| is_hostile(*c)).map(Removed::of).collect();
        let text = if removed.is_empty() {
            Cow::Borrowed(line)
        } else {
            let mut kept = String::with_capacity(line.len());
            kept.extend(line.chars().filter(|c| !is_hostile(*c)));
            Cow::Owned(kept)
        };
        OneLine { text, removed }
    }

    /// The text; it may hold a whole key.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

impl Drop for OneLine<'_> {
    fn drop(&mut self) {
        if let Cow::Owned(text) = &mut self.text {
            drop(Zeroizing::new(std::mem::take(text)));
        }
    }
}

/// A kind of character that was removed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Removed {
    LineBreak,
    Tab,
    Control,
    Invisible,
}

impl Removed {
    fn of(c: char) -> Removed {
        match c {
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Removed::LineBreak,
            '\t' => Removed::Tab,
            c if c.is_control() => Removed::Control,
            _ => Removed::Invisible,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Removed::LineBreak => "line break",
            Removed::Tab => "tab",
            Removed::Control => "control character",
            Removed::Invisible => "invisible character",
        }
    }
}

/// All that was removed in a sentence: `Line break and tab removed.`
fn words(removed: impl IntoIterator<Item = Removed>) -> Option<String> {
    let names: Vec<&str> = removed.into_iter().map(Removed::name).collect();
    let (last, others) = names.split_last()?;
    let all =
        if others.is_empty() { (*last).to_owned() } else { format!("{} and {last}", others.join(", ")) };
    let first = all.get(..1)?.to_uppercase();
    Some(format!("{first}{} removed.", &all[1..]))
}

impl State {
    /// A line break in the middle of text that came at once: a paste without brackets. In a form it must not submit
    /// half of the text.
    pub(super) fn line_break(&mut self, fx: &mut Vec<Effect>, key: KeyPress) {
        if self.types_in_form() && self.screen().is_some() {
            self.say_all_removed([Removed::LineBreak]);
        } else {
            self.key(fx, key);
        }
    }

    /// Whether this key is a character that no line of text takes; that is said then.
    pub(super) fn refuses(&mut self, key: KeyPress) -> bool {
        let refused = match key.code {
            KeyCode::Char(c) if !key.ctrl && !key.alt && is_hostile(c) => c,
            // LF, as a paste without brackets may hold it.
            KeyCode::Char('j') if key.ctrl && !key.alt && self.setup.keymap.action(key).is_none() => '\n',
            _ => return false,
        };
        if !self.types_in_form() && !self.types_to_choose() {
            return false;
        }
        self.say_all_removed([Removed::of(refused)]);
        true
    }

    /// Says what was removed from a text that went into a field.
    pub(super) fn say_removed(&mut self, line: &OneLine<'_>) {
        self.say_all_removed(line.removed.iter().copied());
    }

    fn say_all_removed(&mut self, removed: impl IntoIterator<Item = Removed>) {
        if let Some(words) = words(removed) {
            self.say(Level::Warn, words);
        }
    }

    /// Whether text goes into a field that Enter submits.
    fn types_in_form(&self) -> bool {
        match self.dialogs.last() {
            Some(dialog) => dialog.logic().text() == Text::Typed,
            None => false,
        }
    }

    /// Whether text goes into a line that one chooses by.
    fn types_to_choose(&self) -> bool {
        match self.dialogs.last() {
            None => self.filter_line().editing,
            Some(dialog) => dialog.logic().text() == Text::Chosen,
        }
    }
}
