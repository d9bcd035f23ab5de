//! What a name or a reason may hold, how names compare, and how foreign text is made harmless.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicase::UniCase;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::secret;

/// The most characters of a name.
pub const NAME_MAX: usize = 64;
/// The most characters of a purpose.
pub const PURPOSE_MAX: usize = 200;
/// The most characters of a reason.
pub const REASON_MAX: usize = 500;

/// A number with its thousands apart: `10,000`.
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A name with a number behind it, as `web-2`; a long one is cut so that both fit.
pub fn numbered(base: &str, number: u32) -> String {
    let end = format!("-{number}");
    let start: String = base.chars().take(NAME_MAX - end.len()).collect();
    format!("{}{end}", start.trim_end())
}

/// Why a text was refused. The text itself is never repeated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadText {
    /// Nothing is left after trimming.
    #[error("is empty; enter at least one character")]
    Empty,
    /// More characters than allowed.
    #[error("has {0} characters; the maximum is {1}")]
    Long(usize, usize),
    /// A control, bidirectional or zero-width character.
    #[error("contains the invisible or control character U+{0:04X} at position {1}; remove it")]
    Invisible(u32, usize),
    /// A whole key.
    #[error("contains a whole key, which is never stored as text; revoke that key if it leaked")]
    Secret,
}

/// Why clients refuse a name or another text with a cut key in it. The API stores such a text.
pub const PART_OF_KEY: &str =
    "this looks like part of a key; use the masked key or its first characters (redir_live_7kf2)";

/// A name as it is stored: trimmed, in NFC, 1–64 characters, none of them invisible.
///
/// # Errors
/// What is wrong with it.
pub fn name(text: &str) -> Result<String, BadText> {
    check(text, NAME_MAX, false).and_then(|name| if name.is_empty() { Err(BadText::Empty) } else { Ok(name) })
}

/// A reason as it is stored: trimmed, in NFC, at most 500 characters; line breaks and tabs may stand in it.
///
/// # Errors
/// What is wrong with it.
pub fn reason(text: &str) -> Result<String, BadText> {
    check(text, REASON_MAX, true)
}

/// The owner of a key as it is stored: as a name, or none when nothing is left after trimming.
///
/// # Errors
/// What is wrong with it.
pub fn owner(text: &str) -> Result<Option<String>, BadText> {
    check(text, NAME_MAX, false).map(|owner| Some(owner).filter(|owner| !owner.is_empty()))
}

/// The purpose of a key as it is stored: trimmed, in NFC, at most 200 characters on one line, or none when nothing is
/// left after trimming.
///
/// # Errors
/// What is wrong with it.
pub fn purpose(text: &str) -> Result<Option<String>, BadText> {
    check(text, PURPOSE_MAX, false).map(|purpose| Some(purpose).filter(|purpose| !purpose.is_empty()))
}

/// The form in which names compare: full case folding, then NFC, compared bytewise on every database. `Straße` and
/// `STRASSE` are one name; `Café` and `Cafe` are two.
pub fn fold(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { case_folded(text).nfc().collect() }
}

/// The form in which texts are searched: as [`fold`], and without combining marks. `cafe` finds `Café`, and
/// `istanbul` finds `İstanbul`.
pub fn fold_search(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_search_into(&mut folded, text);
    folded
}

/// Appends what [`fold_search`] gives.
pub fn fold_search_into(out: &mut String, text: &str) {
    if text.is_ascii() {
        let start = out.len();
        out.push_str(text);
        out[start..].make_ascii_lowercase();
    } else {
        let folded = case_folded(text);
        // Decomposed, so that each mark is a character; what is left of Hangul is put together again.
        out.extend(folded.nfd().filter(|c| !is_combining_mark(*c)).nfc());
    }
}

/// Case folding as Unicode's canonical caseless matching does it: of the decomposed text.
fn case_folded(text: &str) -> String {
    UniCase::unicode(text.nfd().collect::<String>()).to_folded_case()
}

/// Whether a character moves the cursor, turns the writing direction, or cannot be seen.
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Foreign text made fit for a line of a terminal: whole keys are masked, line feeds and tabs, which a reason may have,
/// become spaces, and each other character that could move a cursor, change a colour or the writing direction, or hide,
/// becomes `�`.
pub fn inert(text: &str) -> Cow<'_, str> {
    let shown = |c: char| match c {
        '\n' | '\t' => ' ',
        c if is_hostile(c) => '\u{fffd}',
        c => c,
    };
    match secret::masked(text) {
        Cow::Borrowed(text) if !text.contains(is_hostile) => Cow::Borrowed(text),
        text => Cow::Owned(text.chars().map(shown).collect()),
    }
}

/// The same for a text of several lines: breaks and tabs stay.
pub fn inert_lines(text: &str) -> Cow<'_, str> {
    let hostile = |c: char| is_hostile(c) && !matches!(c, '\n' | '\t');
    match secret::masked(text) {
        Cow::Borrowed(text) if !text.contains(hostile) => Cow::Borrowed(text),
        text => Cow::Owned(text.chars().map(|c| if hostile(c) { '\u{fffd}' } else { c }).collect()),
    }
}

/// JSON that means the same and holds no character that could act on a terminal: each is escaped.
pub fn inert_json(json: &str) -> Cow<'_, str> {
    // Outside of its texts JSON has line breaks alone, and within them it has none.
    let hostile = |c: char| is_hostile(c) && c != '\n';
    if !json.contains(hostile) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if hostile(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// An error as the API and the dashboard write it: with a capital and a full stop.
///
/// A first word that is a name, such as `unusedSince`, `limit:` or `/data/keydeck.db`, stays as it is.
pub fn sentence(clause: &str) -> String {
    let mut out = clause.to_owned();
    let word = first_word(clause);
    // A field, as in `limit: expected a number`, keeps its name.
    let field = clause[word.len()..].starts_with(':');
    if !field && word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        out.get_mut(..1).unwrap_or_default().make_ascii_uppercase();
    }
    if !out.is_empty() && !out.ends_with(['.', '?', '!', '…']) {
        out.push('.');
    }
    out
}

/// An error as the command line writes it after `keydeck:`, and as part of a longer text: without the capital and the
/// full stop that [`sentence`] gives. Abbreviations, such as `API`, stay as they are.
pub fn clause(sentence: &str) -> String {
    let mut out = sentence.strip_suffix('.').unwrap_or(sentence).to_owned();
    let mut letters = first_word(sentence).bytes();
    let capital = letters.next().is_some_and(|byte| byte.is_ascii_uppercase());
    if capital && letters.len() > 0 && letters.all(|byte| byte.is_ascii_lowercase()) {
        out.get_mut(..1).unwrap_or_default().make_ascii_lowercase();
    }
    out
}

/// A message without the numbers of the operating system in it, such as `(os error 2)`: the words before them say the
/// same. On Windows these words end with a full stop, which goes as well.
///
/// ```
/// let message = "cannot read a: The system cannot find the file specified. (os error 2); nothing was changed";
/// let plain = "cannot read a: The system cannot find the file specified; nothing was changed";
/// assert_eq!(keydeck::wire::text::plain(message), plain);
/// ```
pub fn plain(message: &str) -> Cow<'_, str> {
    const NUMBER: &str = " (os error ";
    let mut parts = message.split(NUMBER);
    let first = parts.next().unwrap_or_default();
    if first.len() == message.len() {
        return Cow::Borrowed(message);
    }
    let mut plain = first.trim_end_matches('.').to_owned();
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        match part.split_once(')') {
            Some((_, rest)) if parts.peek().is_some() => plain.push_str(rest.trim_end_matches('.')),
            Some((_, rest)) => plain.push_str(rest),
            None => plain.extend([NUMBER, part]),
        }
    }
    Cow::Owned(plain)
}

/// Up to a blank or the punctuation that follows a word.
fn first_word(text: &str) -> &str {
    text.split([' ', ':', ',', ';', '.', '\n']).next().unwrap_or_default()
}

/// The beginning of a text that is too long to be read, and how much is left out.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}… ({} more bytes)", &text[..end], text.len() - end)),
    }
}

fn check(text: &str, most: usize, lines: bool) -> Result<String, BadText> {
    // Measured before anything is copied: a text of many megabytes is refused, not normalised.
    if text.len() > most * 16 {
        return Err(BadText::Long(text.chars().count(), most));
    }
    let text: String = text.trim().nfc().collect();
    if secret::find(&text).is_some() {
        return Err(BadText::Secret);
    }
    if let Some((at, c)) =
        text.chars().enumerate().find(|(_, c)| is_hostile(*c) && !(lines && matches!(c, '\n' | '\t')))
    {
        return Err(BadText::Invisible(u32::from(c), at + 1));
    }
    match text.chars().count() {
        count if count > most => Err(BadText::Long(count, most)),
        _ => Ok(text),
    }
}
