//! The signs that are drawn. All of them stand here, each with what is drawn instead where a terminal shows ASCII
//! alone: in another locale than UTF-8, or with other widths than ours.

use std::borrow::Cow;
use std::ffi::OsString;

use unicode_width::UnicodeWidthChar;

/// Which signs are drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Symbols {
    /// All of them.
    #[default]
    Unicode,
    /// ASCII alone; what else stands in a name is `?`, as wide as it was.
    Ascii,
}

/// The mark of a text that is cut.
const ELLIPSIS: char = '…';

/// Each sign with the one that stands for it in ASCII, as wide.
pub const SIGNS: [(char, char); 44] = [
    // Cut, and between parts of a line.
    (ELLIPSIS, '~'),
    ('·', '|'),
    ('–', '-'),
    ('—', '-'),
    ('×', 'x'),
    ('≥', '>'),
    ('≤', '<'),
    // States.
    ('●', '*'),
    ('○', 'o'),
    ('◐', '+'),
    ('▲', '!'),
    ('▼', 'v'),
    ('■', '#'),
    ('✕', 'x'),
    ('‖', '='),
    ('✓', 'v'),
    // Keys.
    ('↑', '^'),
    ('↓', 'v'),
    ('←', '<'),
    ('→', '>'),
    ('▸', '>'),
    // Borders.
    ('─', '-'),
    ('│', '|'),
    ('┌', '+'),
    ('┐', '+'),
    ('└', '+'),
    ('┘', '+'),
    // Those of a box that asks for something that cannot be undone.
    ('━', '='),
    ('┃', '#'),
    ('┏', '#'),
    ('┓', '#'),
    ('┗', '#'),
    ('┛', '#'),
    ('├', '+'),
    ('┤', '+'),
    // Numbers of requests by day.
    ('▁', '1'),
    ('▂', '2'),
    ('▃', '3'),
    ('▄', '4'),
    ('▅', '5'),
    ('▆', '6'),
    ('▇', '7'),
    ('█', '8'),
    // Requests that were rate-limited or refused.
    ('▒', 'x'),
];

impl Symbols {
    /// What the locale of these environment variables can show. Without any of them nothing is known about the
    /// terminal, as in most containers, and nearly all terminals show UTF-8; tmux then shows ASCII.
    pub fn of_locale(variable: &dyn Fn(&str) -> Option<OsString>) -> Symbols {
        let names = ["LC_ALL", "LC_CTYPE", "LANG"];
        let locale = names.into_iter().filter_map(variable).find(|value| !value.is_empty());
        let is_utf8 = |locale: OsString| {
            let locale = locale.to_string_lossy().to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        };
        let shows_all = match locale {
            Some(locale) => is_utf8(locale),
            None => variable("TMUX").is_none(),
        };
        if shows_all { Symbols::Unicode } else { Symbols::Ascii }
    }

    /// What is drawn for a sign.
    pub(super) fn sign(self, sign: char) -> char {
        match self {
            Symbols::Unicode => sign,
            Symbols::Ascii if sign.is_ascii() => sign,
            Symbols::Ascii => SIGNS.iter().find(|(known, _)| *known == sign).map_or('?', |(_, ascii)| *ascii),
        }
    }

    /// What is drawn for a cell of a chart of several rows, where a number would be read as one.
    pub(super) fn bar(self, cell: char) -> char {
        match (self, cell) {
            (Symbols::Unicode, cell) => cell,
            (Symbols::Ascii, '█' | '▇' | '▆') => '#',
            (Symbols::Ascii, '▅' | '▄' | '▃') => ':',
            (Symbols::Ascii, '▂' | '▁') => '.',
            (Symbols::Ascii, cell) => self.sign(cell),
        }
    }

    /// What is drawn for a text that has so many columns: as wide as the text, or a little wider where there is room
    /// for `...`.
    pub fn text(self, text: &str, width: usize) -> Cow<'_, str> {
        if self == Symbols::Unicode || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let narrow = self.ascii(text);
        let cut = text.chars().filter(|c| *c == ELLIPSIS).count();
        if cut > 0 && narrow.len() + 2 * cut <= width {
            return Cow::Owned(self.ascii(&text.replace(ELLIPSIS, "...")));
        }
        Cow::Owned(narrow)
    }

    fn ascii(self, text: &str) -> String {
        let mut drawn = String::with_capacity(text.len());
        for c in text.chars() {
            match c.width().unwrap_or(0) {
                // It changes the character before it.
                0 => {
                    if drawn.pop().is_some() {
                        drawn.push('?');
                    }
                }
                1 => drawn.push(self.sign(c)),
                width => drawn.extend(std::iter::repeat_n('?', width)),
            }
        }
        drawn
    }
}
