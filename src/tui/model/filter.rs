//! The filter line of a list, and the folded texts that make it quick.

use super::action::Scope;
use super::field::Field;
use super::keymap::Keymap;
use super::rank::Fitting;
use crate::wire::filter::{
    AsOf, BadFilter, EventTest, Filter, Language, Terms, Test, push_haystack, status_term,
};
use crate::wire::keys::Key;
use crate::wire::text::fold_search;

/// What is typed, which filter holds, and what is wrong with what is typed.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct FilterLine {
    /// What is typed.
    pub field: Field,
    /// Whether keys go into it.
    pub editing: bool,
    /// The filter that the list shows: the last text that could be read.
    pub applied: String,
    /// That text, read, where it is about keys.
    pub parsed: Filter,
    /// Why what is typed cannot be read.
    pub error: Option<BadFilter>,
    /// Where it cannot be read: the terms before the wrong one.
    pub whole: Option<String>,
}

impl FilterLine {
    /// Reads what is typed. Says whether the list is to show something else now.
    pub fn read(&mut self) -> bool {
        match self.read_as() {
            Some(parsed) => {
                self.parsed = parsed;
                true
            }
            None => false,
        }
    }

    /// The same in the language of another list: the filter, if it is another one than before. One that cannot be
    /// read leaves the list as it is.
    pub fn read_as<T: Language>(&mut self) -> Option<Terms<T>> {
        match Terms::parse(self.field.text()) {
            Ok(parsed) => {
                (self.error, self.whole) = (None, None);
                let text = self.field.text().trim();
                let changed = self.applied != text;
                text.clone_into(&mut self.applied);
                changed.then_some(parsed)
            }
            Err(error) => {
                self.whole = Some(Terms::<T>::before(self.field.text(), &error).0.to_owned());
                self.error = Some(error);
                None
            }
        }
    }

    /// Lets a filter hold that was shown before, though what is typed cannot be read.
    pub fn hold(&mut self, text: &str) {
        self.parsed = self.hold_as(text);
    }

    /// The same in the language of another list.
    pub fn hold_as<T: Language>(&mut self, text: &str) -> Terms<T> {
        text.clone_into(&mut self.applied);
        Terms::parse(text).unwrap_or_default()
    }

    /// The words where what is typed is not what the list shows; what is wrong stands under it.
    pub fn not_applied(&self, keymap: &Keymap) -> Option<String> {
        self.error.as_ref().map(|_| refusal(keymap))
    }

    /// Whether the wrong term has the name of no field, as `ios:`. The word before its sign was no beginning of a
    /// field then, so that what it found stays.
    pub(super) fn names_nothing(&self, before: &str) -> bool {
        let (Some(error), Some(whole)) = (&self.error, &self.whole) else { return false };
        let text = self.field.text();
        let at = text.char_indices().nth(error.column - 1).map_or(text.len(), |(at, _)| at);
        let name = text[at..].split([':', '<', '>']).next().unwrap_or_default();
        let begins = text[..at].trim_end_matches('!').trim() == whole;
        begins
            && !name.starts_with('"')
            && !is_field(name)
            && !before.is_empty()
            && text.trim().starts_with(before)
    }

    /// The filter that the list shows, for a title; empty without one.
    pub fn words(&self) -> String {
        match (self.applied.as_str(), &self.error) {
            ("", None) => String::new(),
            ("", Some(_)) => "filter not applied".to_owned(),
            (text, None) => format!("filter: {text}"),
            (text, Some(_)) => format!("filter: {text}, the rest not applied"),
        }
    }

    /// Reads what is typed as plain words, for lists without a language. A term that asks for something that only
    /// keys have is told: as a word it would find nothing.
    pub fn read_words(&mut self) -> bool {
        let text = self.field.text().trim().to_owned();
        (self.error, self.whole) = (None, None);
        if let Some((at, name)) = key_field(self.field.text()) {
            let column = self.field.text()[..at].chars().count() + 1;
            let reason = format!("{name} filters keys; projects are found by name (go to Keys to use it)");
            self.error = Some(BadFilter { column, reason });
            self.whole = Some(self.field.text()[..at].trim_end_matches('!').trim().to_owned());
            return false;
        }
        let changed = self.applied != text;
        self.applied = text;
        changed
    }

    /// Whether every word of the filter is in a text.
    pub fn words_match(&self, text: &str) -> bool {
        let hay = fold_search(text);
        self.applied.split_whitespace().all(|word| hay.contains(&fold_search(word)))
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
    pub(super) fn take_offer(&mut self) -> bool {
        let Some((range, term)) = self.offer() else { return false };
        let letters = self.field.text()[range].chars().count();
        for _ in 0..letters {
            self.field.backspace();
        }
        self.field.insert_str(term);
        true
    }

    /// Whether it is to be seen.
    pub fn visible(&self) -> bool {
        self.editing || self.error.is_some()
    }

    /// Puts a text in its place and leaves it.
    pub fn set(&mut self, text: &str) {
        self.field.clear();
        self.field.insert_str(text);
        self.editing = false;
        (self.error, self.whole) = (None, None);
    }
}

/// What is said of a filter that cannot be read.
pub(super) fn refusal(keymap: &Keymap) -> String {
    keymap.said(Scope::Dialog, "Invalid filter: fix it at ^ or press Esc to clear it.")
}

/// Whether this is the name of a field, of keys or of events.
fn is_field(name: &str) -> bool {
    is_field_of::<Test>(name) || is_field_of::<EventTest>(name)
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

/// The folded texts of many keys, one after the other in one piece of memory.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Haystacks {
    arena: String,
    ends: Vec<usize>,
    /// Those that fitted to what was typed into the palette last.
    pub(super) fitting: Fitting,
}

impl Haystacks {
    /// Of these keys, in this order.
    pub fn of<'a>(keys: impl IntoIterator<Item = &'a Key, IntoIter: ExactSizeIterator>) -> Haystacks {
        let keys = keys.into_iter();
        let mut hay = Haystacks { arena: String::with_capacity(keys.len() * 120), ..Haystacks::default() };
        hay.ends.reserve_exact(keys.len());
        for key in keys {
            push_haystack(&mut hay.arena, key);
            hay.ends.push(hay.arena.len());
        }
        hay
    }

    /// The folded mask of the key at a place, and its id in the next line.
    pub(super) fn mask_and_id(&self, at: usize) -> &str {
        let text = self.text(at);
        // The last two lines; a name that came from elsewhere may hold line breaks.
        text.rmatch_indices('\n').nth(1).map_or("", |(end, _)| &text[end + 1..])
    }

    /// The folded names of the key at a place and of its project, and what [`Haystacks::mask_and_id`] gives.
    pub(super) fn parts(&self, at: usize) -> (&str, &str, &str) {
        let text = self.text(at);
        let (name, rest) = text.split_once('\n').unwrap_or((text, ""));
        let (project, rest) = rest.split_once('\n').unwrap_or((rest, ""));
        (name, project, rest.split_once('\n').map_or("", |(_, mask_and_id)| mask_and_id))
    }

    fn text(&self, at: usize) -> &str {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.arena[start..self.ends[at]]
    }

    /// Those of some places that a filter lets through.
    pub fn narrow(&self, filter: &Filter, keys: &[Key], places: &[u32], as_of: AsOf) -> Vec<u32> {
        let passes = |place: &u32| {
            let at = *place as usize;
            filter.matches_haystack(self.text(at), &keys[at], as_of)
        };
        places.iter().copied().filter(passes).collect()
    }

    /// The places of the keys that a filter lets through.
    pub fn matches<'a>(
        &self,
        filter: &Filter,
        keys: impl IntoIterator<Item = &'a Key>,
        as_of: AsOf,
    ) -> Vec<u32> {
        let mut start = 0;
        let mut found = Vec::new();
        for (place, (&end, key)) in self.ends.iter().zip(keys).enumerate() {
            if filter.matches_haystack(&self.arena[start..end], key, as_of) {
                found.push(place as u32);
            }
            start = end;
        }
        found
    }
}
