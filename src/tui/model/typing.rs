//! What a line of text does not take: line breaks, control characters and what cannot be seen. They are removed,
//! and that is said at once.

use std::borrow::Cow;

use zeroize::Zeroizing;

use super::dialogs::{BulkFocus, Dialog, Phase, RevokeFocus};
use super::effect::Effect;
use super::event::{KeyCode, KeyPress};
use super::hints::Text;
use super::messages::Level;
use super::state::State;
use crate::wire::text::is_hostile;

/// A text as one line, and what was removed from it.
pub(super) struct OneLine<'a> {
    text: Cow<'a, str>,
    removed: Option<&'static str>,
}

impl<'a> OneLine<'a> {
    /// One line break at the end comes along when a line is copied, and is none of the text.
    pub(super) fn of(text: &'a str) -> OneLine<'a> {
        let line = text.strip_suffix('\n').unwrap_or(text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let removed = line.chars().filter(|c| is_hostile(*c)).map(words).min();
        let text = if removed.is_none() {
            Cow::Borrowed(line)
        } else {
            let mut kept = String::with_capacity(line.len());
            kept.extend(line.chars().filter(|c| !is_hostile(*c)));
            Cow::Owned(kept)
        };
        OneLine { text, removed: removed.map(|Removed(_, words)| words) }
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

/// What was removed, in words; the lowest is told of several.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Removed(u8, &'static str);

fn words(c: char) -> Removed {
    match c {
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
            Removed(0, "Line break removed.")
        }
        '\t' => Removed(1, "Tab removed."),
        c if c.is_control() => Removed(2, "Control character removed."),
        _ => Removed(3, "Invisible character removed."),
    }
}

impl State {
    /// A line break in the middle of text that came at once: a paste without brackets. In a form it must not submit
    /// half of the text.
    pub(super) fn line_break(&mut self, fx: &mut Vec<Effect>, key: KeyPress) {
        if self.types_in_form() && self.screen().is_some() {
            self.say(Level::Warn, words('\n').1);
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
        self.say(Level::Warn, words(refused).1);
        true
    }

    /// Says what was removed from a text that went into a field.
    pub(super) fn say_removed(&mut self, line: &OneLine<'_>) {
        if let Some(words) = line.removed {
            self.say(Level::Warn, words);
        }
    }

    /// Whether text goes into a field that Enter submits.
    fn types_in_form(&self) -> bool {
        match self.dialogs.last() {
            Some(Dialog::Revoke(open)) => open.sending.is_none() && open.focus == RevokeFocus::Reason,
            Some(Dialog::Bulk(open)) => {
                open.phase == Phase::Asking && matches!(open.focus, BulkFocus::Count | BulkFocus::Reason)
            }
            Some(dialog) => dialog.logic().is_some_and(|dialog| dialog.text() == Text::Typed),
            None => false,
        }
    }

    /// Whether text goes into a line that one chooses by.
    fn types_to_choose(&self) -> bool {
        match self.dialogs.last() {
            None => self.filter_line().editing,
            Some(Dialog::Help(_) | Dialog::Palette(_)) => true,
            Some(dialog) => dialog.logic().is_some_and(|dialog| dialog.text() == Text::Chosen),
        }
    }
}
