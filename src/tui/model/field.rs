//! A line of text that somebody types or pastes. A whole key never stays in it: it becomes its mask at once.

use zeroize::Zeroize;

use crate::secret::{self, MaskedKey, Secret};
use crate::tui::wrap::width as columns;
use crate::wire::text;

/// The most bytes a field holds; what is longer is cut, and was refused long before.
const CAPACITY: usize = 16 * 1024;

/// A line that is edited.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Field {
    text: String,
    /// In bytes, on a character's border.
    cursor: usize,
    masked: Option<MaskedKey>,
    /// The text is a suggestion: what is typed first replaces it, as it does with selected text.
    suggested: bool,
}

impl Field {
    /// A field with a text in it and the cursor behind it.
    pub fn with(text: &str) -> Field {
        let mut field = Field::default();
        field.insert_str(text);
        field
    }

    /// The same with a suggestion: the first letter that is typed replaces it, moving the cursor keeps it.
    pub fn suggesting(text: &str) -> Field {
        Field { suggested: !text.is_empty(), ..Field::with(text) }
    }

    /// Whether the next letter replaces the text.
    pub fn is_suggestion(&self) -> bool {
        self.suggested
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The cursor's place, in bytes.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Where the text before the cursor begins to be seen in so many columns, in bytes of its inert form.
    pub(in crate::tui) fn scrolled(&self, width: u16) -> usize {
        let before = text::inert(&self.text[..self.cursor]);
        // One column is left for the cursor behind the text.
        let room = usize::from(width.saturating_sub(1));
        let mut start = 0;
        if columns(&before) > room {
            for (at, _) in before.char_indices() {
                start = at;
                if columns(&before[at..]) <= room {
                    break;
                }
            }
        }
        start
    }

    /// How many columns from the left a character is drawn in a field of this width; at an end of it when it is not
    /// to be seen.
    pub(in crate::tui) fn column_of(&self, width: u16, character: usize) -> u16 {
        let before = text::inert(&self.text[..self.cursor]);
        let off = columns(&before[..self.scrolled(width)]);
        let until: String = self.text.chars().take(character).collect();
        let at = columns(&text::inert(&until)).saturating_sub(off);
        (at as u16).min(width.saturating_sub(1))
    }

    /// The mask of the last whole key that was put in, while it still stands there.
    pub fn masked(&self) -> Option<MaskedKey> {
        self.masked.filter(|hint| self.text.contains(&hint.to_string()))
    }

    /// Takes what was typed or pasted. Gives the mask of the whole key that it completed, if it did.
    pub fn edit(&mut self, edit: Edit<'_>) -> Option<MaskedKey> {
        let moves = matches!(edit, Edit::Left | Edit::Right | Edit::Home | Edit::End);
        if std::mem::take(&mut self.suggested) && !moves {
            self.clear();
        }
        match edit {
            Edit::Insert(c) => return self.insert(c),
            Edit::Paste(text) => return self.insert_str(text),
            Edit::Backspace => return self.backspace(),
            Edit::Delete => return self.delete(),
            Edit::DeleteWord => return self.delete_word(),
            Edit::Clear => self.clear(),
            Edit::Left | Edit::Right => self.step(edit == Edit::Right),
            Edit::Home | Edit::End => self.jump(edit == Edit::End),
        }
        None
    }

    /// Why its text is refused, if a whole or a cut key was put into it.
    pub fn refused_secret(&self) -> Option<String> {
        if self.masked().is_some() {
            let words = "An API key was detected and replaced by its masked key. Remove it from this field.";
            return Some(words.to_owned());
        }
        secret::holds_part(&self.text).then(|| text::sentence(text::PART_OF_KEY))
    }

    /// The reason that was typed, if there is one.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn reason(&self) -> Result<Option<String>, String> {
        self.refused_secret().map_or(Ok(()), Err)?;
        let reason = text::reason(self.text()).map_err(|bad| format!("The reason {bad}."))?;
        Ok((!reason.is_empty()).then_some(reason))
    }

    /// The owner that was typed, if there is one.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn owner(&self) -> Result<Option<String>, String> {
        self.refused_secret().map_or(Ok(()), Err)?;
        text::owner(self.text()).map_err(|bad| format!("The owner {bad}."))
    }

    /// The purpose that was typed, if there is one.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn purpose(&self) -> Result<Option<String>, String> {
        self.refused_secret().map_or(Ok(()), Err)?;
        text::purpose(self.text()).map_err(|bad| format!("The purpose {bad}."))
    }

    /// The place for a file that was typed; `name` is an example of one.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn file_place(&self, name: &str) -> Result<String, String> {
        match self.text().trim() {
            "" => Err(format!("Type a path, such as ~/{name}.")),
            _ if self.masked().is_some() => Err("A path cannot contain a key.".to_owned()),
            place => Ok(place.to_owned()),
        }
    }

    /// Types a character. Gives the mask of the whole key that it completed, if it did.
    pub fn insert(&mut self, c: char) -> Option<MaskedKey> {
        self.insert_str(c.encode_utf8(&mut [0; 4]))
    }

    /// Pastes a text. Gives the mask of the first whole key that is in the field now.
    pub fn insert_str(&mut self, text: &str) -> Option<MaskedKey> {
        let room = CAPACITY.saturating_sub(self.text.len());
        let mut end = text.len().min(room);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        // Growing would leave a copy of the old text behind in freed memory.
        if self.text.capacity() < self.text.len() + end {
            let mut roomy = String::with_capacity((self.text.len() + end).max(256).next_power_of_two());
            roomy.push_str(&self.text);
            self.text.zeroize();
            self.text = roomy;
        }
        self.text.insert_str(self.cursor, &text[..end]);
        self.cursor += end;
        self.mask()
    }

    fn mask(&mut self) -> Option<MaskedKey> {
        let found = secret::find(&self.text)?;
        let hint = Secret::parse(&self.text[found]).ok()?.hint();
        let before = secret::masked(&self.text[..self.cursor]).len();
        let masked = secret::masked(&self.text).into_owned();
        self.text.zeroize();
        self.text = masked;
        // A key that was completed by typing in its middle ends behind the cursor.
        self.cursor = before.min(self.text.len());
        while !self.text.is_char_boundary(self.cursor) {
            self.cursor += 1;
        }
        self.masked = Some(hint);
        Some(hint)
    }

    /// Deletes the character before the cursor; what then stands together may be a whole key too.
    pub fn backspace(&mut self) -> Option<MaskedKey> {
        let start = self.text[..self.cursor].char_indices().next_back()?.0;
        self.text.remove(start);
        self.cursor = start;
        self.mask()
    }

    /// Deletes the character under the cursor.
    pub fn delete(&mut self) -> Option<MaskedKey> {
        if self.cursor < self.text.len() {
            self.text.remove(self.cursor);
        }
        self.mask()
    }

    /// Deletes the word before the cursor.
    pub fn delete_word(&mut self) -> Option<MaskedKey> {
        let kept = self.text[..self.cursor].trim_end();
        let start = kept
            .rfind(char::is_whitespace)
            .map_or(0, |at| at + kept[at..].chars().next().map_or(1, char::len_utf8));
        self.text.replace_range(start..self.cursor, "");
        self.cursor = start;
        self.mask()
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.text.zeroize();
        self.cursor = 0;
        self.masked = None;
        self.suggested = false;
    }

    /// Moves by characters.
    pub fn step(&mut self, right: bool) {
        let step = if right {
            self.text[self.cursor..].chars().next().map(char::len_utf8)
        } else {
            self.text[..self.cursor].chars().next_back().map(char::len_utf8)
        };
        let step = step.unwrap_or(0);
        self.cursor = if right { self.cursor + step } else { self.cursor - step };
    }

    /// To the beginning or the end.
    pub fn jump(&mut self, end: bool) {
        self.cursor = if end { self.text.len() } else { 0 };
    }
}

/// What is done to a line of text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edit<'a> {
    /// A character was typed.
    Insert(char),
    /// A text was pasted.
    Paste(&'a str),
    /// The character before the cursor goes.
    Backspace,
    /// The character under the cursor goes.
    Delete,
    /// The word before the cursor goes.
    DeleteWord,
    /// All of it goes.
    Clear,
    /// The cursor moves one character to the left.
    Left,
    /// The cursor moves one character to the right.
    Right,
    /// The cursor moves to the beginning.
    Home,
    /// The cursor moves to the end.
    End,
}

/// The last characters typed, wherever they went: a terminal without bracketed paste types a pasted key, and
/// the first of its characters are commands of a table. `Debug` shows none of it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Typed(String);

impl Typed {
    /// Takes a character; gives the mask of the whole key that it completed.
    pub fn take(&mut self, c: char) -> Option<MaskedKey> {
        if !c.is_ascii_alphanumeric() && c != '_' {
            self.forget();
            return None;
        }
        if self.0.capacity() == 0 {
            self.0.reserve_exact(2 * secret::KEY_LEN);
        }
        if self.0.len() == 2 * secret::KEY_LEN {
            let kept = self.0[secret::KEY_LEN..].to_owned();
            self.forget();
            self.0.push_str(&kept);
            let mut kept = kept;
            kept.zeroize();
        }
        self.0.push(c);
        let at = secret::find(&self.0)?;
        let hint = Secret::parse(&self.0[at]).ok()?.hint();
        self.forget();
        Some(hint)
    }

    /// Forgets all of it.
    pub fn forget(&mut self) {
        if !self.0.is_empty() {
            self.0.zeroize();
        }
    }
}

impl std::fmt::Debug for Typed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Typed(..)")
    }
}
