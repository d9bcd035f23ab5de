//! The filter line of a list: what is typed, and what of it holds.

use std::fmt::Debug;

use super::super::action::Action;
use super::super::field::Field;
use super::super::keymap::Keymap;
use super::Row;
use crate::secret;
use crate::tui::wrap::{width as text_width, wrap};
use crate::wire::filter::{AsOf, BadFilter, EventTest, Language, Terms, Test, status_term};
use crate::wire::text::{fold_search, sentence};

/// Columns of the sign before what is typed.
pub const SIGN: u16 = 2;

/// What is wrong with what is typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mark {
    /// Columns from the beginning of the field to the wrong character.
    pub column: u16,
    /// What is wrong, and what may be typed instead.
    pub words: String,
    /// Where the words are.
    pub place: Place,
}

/// Where words stand beside the mark of a wrong character.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// To the right of it.
    Behind,
    /// To the left of it.
    Before,
    /// On rows of their own below it.
    Below,
}

/// What is typed, which filter holds, and what is wrong with what is typed.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct FilterLine {
    /// What is typed.
    pub field: Field,
    /// Whether keys go into it.
    pub editing: bool,
    /// The filter that the list shows: the last text that could be read.
    pub applied: String,
    /// Why what is typed cannot be read.
    pub error: Option<BadFilter>,
    /// Where it cannot be read: the terms before the wrong one.
    pub whole: Option<String>,
    /// The filter that the loaded rows were asked for with.
    pub asked: String,
    /// The filter of the first page that was asked for and did not come yet.
    pub asking: Option<String>,
    /// The server did not answer: what is shown is what the filter lets through of the loaded rows.
    pub loaded_only: bool,
}

/// A filter in the language of a list.
pub trait Query: Clone + PartialEq + Debug + Default {
    /// Reads a text.
    ///
    /// # Errors
    /// What is wrong with it, and the terms before that.
    fn parse(text: &str) -> Result<Self, (BadFilter, String)>;
    /// Whether it lets everything through.
    fn is_empty(&self) -> bool;
}

impl<L: Language> Query for Terms<L>
where
    Terms<L>: Clone + PartialEq + Debug,
{
    fn parse(text: &str) -> Result<Terms<L>, (BadFilter, String)> {
        Terms::parse(text).map_err(|error| {
            let whole = Terms::<L>::before(text, &error).0.to_owned();
            (error, whole)
        })
    }

    fn is_empty(&self) -> bool {
        Terms::is_empty(self)
    }
}

/// A row of a list that can be filtered.
pub trait Entry: Row {
    /// The filter that such a list has.
    type Query: Query;
    /// What else of the loaded rows decides whether one passes.
    type Names: Clone + PartialEq + std::fmt::Debug;
    /// Whether the server can filter them; else all rows are loaded for it.
    const FILTERED_BY_SERVER: bool = true;
    /// Whether the loaded rows alone are searched while the server does not answer.
    const SEARCHED_OFFLINE: bool = false;

    /// Puts the folded text in which words are looked for behind another.
    fn push_text(&self, texts: &mut String);
    /// What the loaded rows say of each other.
    fn names(rows: &[Self]) -> Self::Names;
    /// Whether a filter lets a row with this text through.
    fn passes(&self, query: &Self::Query, text: &str, names: &Self::Names, as_of: AsOf) -> bool;

    /// Whether all that a filter lets through passes an older one too, on the same rows.
    fn narrows(_query: &Self::Query, _older: &Self::Query) -> bool {
        false
    }
}

/// Plain words, folded, for a list without a language: each has to be in the text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Words(Vec<String>);

impl Words {
    /// Whether all of them are in a folded text.
    pub fn are_in(&self, text: &str) -> bool {
        self.0.iter().all(|word| text.contains(word))
    }
}

impl Query for Words {
    fn parse(text: &str) -> Result<Words, (BadFilter, String)> {
        // As a word, a term that asks for something that only keys have would find nothing.
        if let Some((at, name)) = key_field(text) {
            let column = text[..at].chars().count() + 1;
            let reason = format!("{name} filters keys only; use it in the Keys view");
            let whole = text[..at].trim_end_matches('!').trim().to_owned();
            return Err((BadFilter { column, reason }, whole));
        }
        Ok(Words(text.split_whitespace().map(fold_search).collect()))
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FilterLine {
    /// Reads what is typed: the filter, if it is another one than before. One that cannot be read leaves the list as
    /// it is.
    pub fn read<Q: Query>(&mut self) -> Option<Q> {
        // What is secret of a cut key finds nothing, and is neither sent nor kept: its start finds the key.
        let text = secret::public_starts(self.field.text());
        match Q::parse(&text) {
            Ok(query) => {
                (self.error, self.whole) = (None, None);
                let text = text.trim();
                let changed = self.applied != text;
                text.clone_into(&mut self.applied);
                changed.then_some(query)
            }
            Err((error, whole)) => {
                (self.error, self.whole) = (Some(error), Some(whole));
                None
            }
        }
    }

    /// Lets a filter hold that was shown before, though what is typed cannot be read.
    pub fn hold<Q: Query>(&mut self, text: &str) -> Q {
        text.clone_into(&mut self.applied);
        Q::parse(text).unwrap_or_default()
    }

    /// Why nothing can be done with all that the filter lets through: it is not what is typed.
    pub fn not_applied(&self, keymap: &Keymap) -> Option<String> {
        self.error.as_ref().map(|_| refusal(keymap))
    }

    /// Whether the wrong term has the name of no field, as `ios:`. The word before its sign was no beginning of a
    /// field then, so that what it found stays.
    pub(in crate::tui::model) fn names_nothing(&self, before: &str) -> bool {
        let (Some(error), Some(whole)) = (&self.error, &self.whole) else { return false };
        let text = self.field.text();
        let at = text.char_indices().nth(error.column - 1).map_or(text.len(), |(at, _)| at);
        let name = text[at..].split([':', '<', '>']).next().unwrap_or_default();
        let begins = text[..at].trim_end_matches('!').trim() == whole;
        begins
            && !name.starts_with('"')
            && !is_field(name)
            && !is_meant(name)
            && !before.is_empty()
            && text.trim().starts_with(before)
    }

    /// Whether what is shown is all that the filter lets through, if all rows are loaded.
    pub fn suffices(&self) -> bool {
        self.asked.is_empty() || self.asked == self.applied
    }

    /// Forgets the request for the whole list, if it was for another filter than that of the loaded rows. Says whether
    /// it was.
    pub fn supersede(&mut self) -> bool {
        self.asking.take_if(|asking| *asking != self.asked).is_some()
    }

    /// The filter that the list shows, for a title; empty without one. Where the field holds another one that cannot
    /// be read, the older one still applies.
    pub fn words(&self) -> String {
        match &*self.applied {
            "" => String::new(),
            applied if self.error.is_some() => format!("still: {applied}"),
            applied => format!("filter: {applied}"),
        }
    }

    /// The term that asks for the state whose word stands before the cursor, and where that word begins and ends.
    pub fn offer(&self) -> Option<(std::ops::Range<usize>, &'static str)> {
        let end = self.field.cursor();
        let (before, after) = self.field.text().split_at(end);
        if before.contains('"') || after.chars().next().is_some_and(|c| !c.is_whitespace()) {
            return None;
        }
        let words = || before.char_indices().rev().filter(|(_, c)| c.is_whitespace());
        // `in use` are two words.
        let starts = [words().nth(1), words().next()].map(|at| at.map_or(0, |(at, c)| at + c.len_utf8()));
        starts.into_iter().find_map(|start| Some((start..end, status_term(&before[start..])?)))
    }

    /// Puts the offered term in the place of its word. Says whether there was one.
    pub(in crate::tui::model) fn take_offer(&mut self) -> bool {
        let Some((range, term)) = self.offer() else { return false };
        let letters = self.field.text()[range].chars().count();
        for _ in 0..letters {
            self.field.backspace();
        }
        self.field.insert_str(term);
        true
    }

    /// Rows of the screen that it takes, on a screen of this width: what is typed, and below it what can be typed or
    /// what is wrong. 0 while it is not to be seen.
    pub fn rows(&self, width: u16) -> u16 {
        match self.mark(width) {
            Some(Mark { place: Place::Below, words, .. }) => {
                2 + wrap(&words, width.saturating_sub(SIGN)).len() as u16
            }
            Some(_) => 2,
            None if self.editing => 2,
            None => 0,
        }
    }

    /// What is wrong with what is typed, and where that is shown on a screen of this width.
    pub fn mark(&self, width: u16) -> Option<Mark> {
        let error = self.error.as_ref()?;
        let width = width.saturating_sub(SIGN);
        let column = self.field.column_of(width, error.column.saturating_sub(1));
        let (behind, before) = (width.saturating_sub(column + 2), column.saturating_sub(1));
        let words = sentence(&error.reason);
        let fits = |room: u16| text_width(&words) <= room.into();
        let place = match (fits(behind), fits(before)) {
            (true, _) => Place::Behind,
            (false, true) => Place::Before,
            // What may be typed instead stands at the end: the words get rows of their own rather than being cut.
            (false, false) => Place::Below,
        };
        Some(Mark { column, words, place })
    }

    /// Sets a suggested filter: the first letter that the user types replaces it.
    pub fn suggest(&mut self, text: &str) {
        self.set(text);
        self.field = Field::suggesting(text);
    }

    /// Puts a text in its place and leaves it.
    pub fn set(&mut self, text: &str) {
        self.field.clear();
        self.field.insert_str(text);
        self.editing = false;
        (self.error, self.whole) = (None, None);
    }
}

/// What is said of an action that needs a filter that can be read.
pub(in crate::tui::model) fn refusal(keymap: &Keymap) -> String {
    format!("Fix the filter first, or press {} to clear it.", keymap.hint(Action::Cancel))
}

/// Whether this is the name of a field, of keys or of events.
fn is_field(name: &str) -> bool {
    is_field_of::<Test>(name) || is_field_of::<EventTest>(name)
}

/// Whether a field is meant by this wrong name.
fn is_meant(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    Test::meant(&name).or_else(|| EventTest::meant(&name)).is_some()
}

fn is_field_of<T: Language>(name: &str) -> bool {
    // A wrong name is told by its own column, a missing value by the one behind the sign.
    !name.is_empty() && Terms::<T>::parse(&format!("{name}:")).is_err_and(|error| error.column > 1)
}

/// The first term that asks for a field of keys, such as `status:stale`: where it begins, and its name.
fn key_field(text: &str) -> Option<(usize, &str)> {
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let start = at + (word.len() - word.trim_start_matches('!').len());
        at += word.len();
        let word = word.trim_start_matches('!');
        let Some((name, _)) = word.split_once([':', '<', '>']).filter(|(name, _)| !name.contains('"')) else {
            continue;
        };
        if is_field_of::<Test>(name) {
            return Some((start, &text[start..=start + name.len()]));
        }
    }
    None
}
