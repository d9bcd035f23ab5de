//! What a line of text does not take: line breaks, control characters and what cannot be seen. They are removed,
//! and that is said at once.

use std::borrow::Cow;
use std::collections::BTreeSet;

use zeroize::Zeroizing;

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

    /// What was removed, in a sentence; none when nothing was.
    pub(super) fn removed_words(&self) -> Option<String> {
        words(self.removed.iter().copied())
    }
}

/// The same of one character.
pub(super) fn removed_char(c: char) -> Option<String> {
    words([Removed::of(c)])
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
