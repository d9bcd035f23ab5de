//! Views of the same bytes in which a key can be read as it is.
//!
//! | view | what is undone |
//! |---|---|
//! | loose | zeros between letters (UTF-16, UTF-32), full-width letters, colors and other terminal sequences, zero-width characters, `%5F`, `\u005f`, `\x5f`, `\_`, `&#95;`, `=5F`, `+AF8-` and soft line breaks |
//! | dense | blanks and line breaks: wrapped text |
//! | bare | everything but letters, digits and `_`: quotes, `+` between parts of a string, HTML tags |
//! | of the dense one | base64, also of UTF-16, and hexadecimal digits |

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use memchr::memmem;
use zeroize::Zeroizing;

use crate::secret::{KEY_LEN, Secret};

/// Escapes may be escaped themselves: a URL in JSON in a URL.
pub(super) const NESTED: usize = 3;
/// What every key begins with.
pub(super) const BEGIN: &[u8] = b"redir_";

/// Bytes made of a window, and where each comes from.
pub(super) struct View<'a> {
    bytes: Bytes<'a>,
    at: Origin,
}

enum Bytes<'a> {
    Window(&'a [u8]),
    Made(Zeroizing<Vec<u8>>),
}

enum Origin {
    /// The window itself, which begins here.
    Same,
    Each(Vec<u32>),
}

impl<'a> View<'a> {
    /// The window itself.
    pub(super) fn window(bytes: &'a [u8]) -> View<'a> {
        View { bytes: Bytes::Window(bytes), at: Origin::Same }
    }

    /// An empty view with room.
    pub(super) fn new(room: usize) -> View<'static> {
        View {
            bytes: Bytes::Made(Zeroizing::new(Vec::with_capacity(room))),
            at: Origin::Each(Vec::with_capacity(room)),
        }
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Window(bytes) => bytes,
            Bytes::Made(bytes) => bytes,
        }
    }

    /// Where a byte begins in the window.
    pub(super) fn origin(&self, at: usize) -> usize {
        match &self.at {
            Origin::Same => at,
            Origin::Each(each) => each.get(at).map_or(0, |at| *at as usize),
        }
    }

    /// Appends a byte that comes from there.
    pub(super) fn push(&mut self, byte: u8, at: usize) {
        if let (Bytes::Made(bytes), Origin::Each(each)) = (&mut self.bytes, &mut self.at) {
            bytes.push(byte);
            each.push(at as u32);
        }
    }

    fn pop(&mut self) {
        if let (Bytes::Made(bytes), Origin::Each(each)) = (&mut self.bytes, &mut self.at) {
            bytes.pop();
            each.pop();
        }
    }
}

fn parse(candidate: &[u8]) -> Option<Secret> {
    std::str::from_utf8(candidate).ok().and_then(|text| Secret::parse(text).ok())
}

/// Keys that can be read as they are.
pub(super) fn plain(view: &View<'_>, found: &mut Vec<(usize, Secret)>) {
    static FINDER: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(BEGIN));
    static EBCDIC: LazyLock<memmem::Finder<'static>> =
        LazyLock::new(|| memmem::Finder::new(b"\x99\x85\x84\x89\x99\x6d"));
    let bytes = view.bytes();
    for at in FINDER.find_iter(bytes) {
        if let Some(key) = bytes.get(at..at + KEY_LEN).and_then(parse) {
            found.push((view.origin(at), key));
        }
    }
    for at in EBCDIC.find_iter(bytes) {
        let letters = bytes.get(at..at + KEY_LEN).into_iter().flatten().map(|byte| ebcdic(*byte));
        if let Some(key) = parse(&Zeroizing::new(letters.collect::<Vec<u8>>())) {
            found.push((view.origin(at), key));
        }
    }
}

/// The letters of a key, which all variants of EBCDIC have at the same places.
fn ebcdic(byte: u8) -> u8 {
    match byte {
        0x81..=0x89 => byte - 0x81 + b'a',
        0x91..=0x99 => byte - 0x91 + b'j',
        0xa2..=0xa9 => byte - 0xa2 + b's',
        0xc1..=0xc9 => byte - 0xc1 + b'A',
        0xd1..=0xd9 => byte - 0xd1 + b'J',
        0xe2..=0xe9 => byte - 0xe2 + b'S',
        0xf0..=0xf9 => byte - 0xf0 + b'0',
        0x6d => b'_',
        _ => b'?',
    }
}

/// The view with its escapes undone, once and again: an escape may be escaped itself.
pub(super) fn undone(view: &View<'_>) -> impl Iterator<Item = View<'static>> {
    std::iter::successors(loose(view), |last| loose(last)).take(NESTED)
}

/// Undoes escapes and takes out what is not seen; nothing when there is none of it.
pub(super) fn loose(from: &View<'_>) -> Option<View<'static>> {
    let bytes = from.bytes();
    if !bytes.iter().any(|byte| matches!(byte, 0 | 8 | 0x1b | b'%' | b'=' | b'\\' | b'&' | b'+' | 0x80..)) {
        return None;
    }
    let mut view = View::new(bytes.len());
    let mut at = 0;
    let mut changed = false;
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at + 1..];
        let (out, length) = match byte {
            0 => (None, 1),
            8 => {
                // A letter that is struck twice, or underlined.
                view.pop();
                (None, 1)
            }
            0x1b => (None, 1 + sequence(rest)),
            // The same as one byte, or in UTF-8.
            0x9b if view.bytes().last().is_none_or(u8::is_ascii) => (None, 1 + control(rest)),
            0xc2 if rest.first() == Some(&0x9b) => (None, 2 + control(&rest[1..])),
            0xc2 if rest.first() == Some(&0xad) => (None, 2),
            0xe2 | 0xef if unseen(&bytes[at..]) => (None, 3),
            0xef => full_width(rest).map_or((Some(byte), 1), |byte| (Some(byte), 3)),
            // UTF-7.
            b'+' if rest.starts_with(b"AF8-") => (Some(b'_'), 5),
            b'%' => escaped(rest, 2, 16).map_or((Some(byte), 1), |byte| (Some(byte), 3)),
            b'=' => match rest {
                [b'\n', ..] => (None, 2),
                [b'\r', b'\n', ..] => (None, 3),
                _ => escaped(rest, 2, 16).map_or((Some(byte), 1), |byte| (Some(byte), 3)),
            },
            b'\\' => backslash(rest),
            b'&' => entity(rest),
            _ => (Some(byte), 1),
        };
        changed |= length != 1 || out != Some(byte);
        if let Some(out) = out {
            view.push(out, from.origin(at));
        }
        at += length;
    }
    changed.then_some(view)
}

/// The letter that a full-width one (U+FF01 to U+FF5E) stands for.
fn full_width(rest: &[u8]) -> Option<u8> {
    match rest {
        [0xbc, low @ 0x81..=0xbf, ..] => Some(low - 0x81 + 0x21),
        [0xbd, low @ 0x80..=0x9e, ..] => Some(low - 0x80 + 0x60),
        _ => None,
    }
}

/// How long a sequence for terminals is after its ESC.
fn sequence(rest: &[u8]) -> usize {
    /// A longer text is none: something else begins with ESC.
    const MOST: usize = 4096;
    match rest.first() {
        Some(b'[') => 1 + control(&rest[1..]),
        Some(b']' | b'P' | b'X' | b'^' | b'_') => {
            let text = &rest[..rest.len().min(MOST)];
            text.iter().position(|byte| matches!(byte, 7 | 0x1b)).map_or(1, |end| {
                end + usize::from(text[end] == 7) + 2 * usize::from(rest[end..].starts_with(b"\x1b\\"))
            })
        }
        Some(0x20..=0x2f) => {
            let middle = rest.iter().take_while(|byte| matches!(byte, 0x20..=0x2f)).count();
            (middle + 1).min(rest.len())
        }
        Some(0x30..=0x7e) => 1,
        _ => 0,
    }
}

/// How long the rest of a control sequence is: parameters and one last letter.
fn control(rest: &[u8]) -> usize {
    let parameters = rest.iter().take_while(|byte| matches!(byte, 0x20..=0x3f)).count();
    parameters + usize::from(rest.get(parameters).is_some_and(|byte| matches!(byte, 0x40..=0x7e)))
}

/// Zero-width and directional characters in UTF-8.
pub(super) fn unseen(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [0xe2, 0x80, 0x8b..=0x8f | 0xaa..=0xae, ..] | [0xe2, 0x81, 0xa0..=0xaf, ..] | [0xef, 0xbb, 0xbf, ..]
    )
}

/// The byte that so many digits say.
fn escaped(digits: &[u8], count: usize, base: u32) -> Option<u8> {
    let digits = digits.get(..count)?;
    if !digits.iter().all(|digit| char::from(*digit).is_digit(base)) {
        return None;
    }
    let number = u32::from_str_radix(std::str::from_utf8(digits).ok()?, base).ok()?;
    // Keys are ASCII; other characters only need to be no part of one.
    Some(u8::try_from(number).unwrap_or(b'?'))
}

/// What a backslash and what follows it stand for, and how long that is.
pub(super) fn backslash(rest: &[u8]) -> (Option<u8>, usize) {
    let as_it_is = (Some(b'\\'), 1);
    let number = |skip: usize, count: usize, base: u32| {
        let byte = rest.get(skip..).and_then(|digits| escaped(digits, count, base));
        byte.map_or(as_it_is, |byte| (Some(byte), 1 + skip + count))
    };
    match rest {
        [b'u' | b'x', b'{', digits @ ..] => {
            let count = digits.iter().take(8).take_while(|digit| digit.is_ascii_hexdigit()).count();
            match (digits.get(count), escaped(digits, count, 16)) {
                (Some(b'}'), Some(byte)) if count > 0 => (Some(byte), 1 + 2 + count + 1),
                _ => as_it_is,
            }
        }
        [b'u', ..] => number(1, 4, 16),
        [b'U', ..] => number(1, 8, 16),
        [b'x', ..] => number(1, 2, 16),
        [b'0'..=b'7', ..] => number(0, 3, 8),
        [b'n' | b'r' | b't', ..] => (Some(b'\n'), 2),
        // A line that goes on.
        [b'\n', ..] => (None, 2),
        [b'\r', b'\n', ..] => (None, 3),
        [punctuation, ..] if punctuation.is_ascii_punctuation() => (Some(*punctuation), 2),
        _ => as_it_is,
    }
}

/// What `&` and what follows it stand for in HTML and XML, and how long that is.
pub(super) fn entity(rest: &[u8]) -> (Option<u8>, usize) {
    let as_it_is = (Some(b'&'), 1);
    if let [b'#', digits @ ..] = rest {
        // Browsers read it without the semicolon too, and with zeros before it.
        let (skip, base) = if matches!(digits.first(), Some(b'x' | b'X')) { (1, 16) } else { (0, 10) };
        let digits = &digits[skip..];
        let count = digits.iter().take(10).take_while(|digit| char::from(**digit).is_digit(base)).count();
        let end = usize::from(digits.get(count) == Some(&b';'));
        return match escaped(digits, count, base) {
            Some(byte) if count > 0 => (Some(byte), 2 + skip + count + end),
            _ => as_it_is,
        };
    }
    let Some(end) = rest.iter().take(12).position(|byte| *byte == b';') else { return as_it_is };
    match &rest[..end] {
        b"lowbar" | b"UnderBar" => (Some(b'_'), 2 + end),
        b"amp" => (Some(b'&'), 2 + end),
        b"shy" => (None, 2 + end),
        _ => as_it_is,
    }
}

/// Without blanks and line breaks.
pub(super) fn dense(from: &View<'_>) -> View<'static> {
    let bytes = from.bytes();
    let mut view = View::new(bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        if !byte.is_ascii_whitespace() {
            view.push(*byte, from.origin(at));
        }
    }
    view
}

/// Letters, digits and `_` alone: strings put together of parts, and text between HTML tags.
pub(super) fn bare(from: &View<'_>) -> View<'static> {
    /// The longest tag that is taken out.
    const TAG: usize = 200;
    let bytes = from.bytes();
    let mut view = View::new(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'<' && bytes.get(at + 1).is_some_and(|next| next.is_ascii_alphabetic() || *next == b'/') {
            let text = &bytes[at + 1..bytes.len().min(at + TAG)];
            if let Some(end) = text.iter().position(|byte| matches!(byte, b'>' | b'<' | b'\n'))
                && text[end] == b'>'
            {
                at += end + 2;
                continue;
            }
        }
        if byte.is_ascii_alphanumeric() || byte == b'_' {
            view.push(byte, from.origin(at));
        }
        at += 1;
    }
    view
}

/// A beginning of a key as base64 or hexadecimal digits write it.
struct Pattern {
    text: Vec<u8>,
    form: Form,
}

#[derive(Clone, Copy)]
enum Form {
    Plain,
    /// Of two digits a byte.
    Hex,
    /// So many bytes stand before the key in its first group of three; each letter has so many bytes, and its own is
    /// the one at this place.
    Base64 {
        before: usize,
        width: usize,
        place: usize,
    },
}

/// Where the first letter stands in a group that begins with other bytes.
const CORE: [usize; 3] = [0, 2, 3];

static PATTERNS: LazyLock<(Vec<Pattern>, AhoCorasick)> = LazyLock::new(|| {
    let mut patterns = vec![Pattern { text: BEGIN.to_vec(), form: Form::Plain }];
    for digits in ["72656469725f", "72656469725F"] {
        patterns.push(Pattern { text: digits.into(), form: Form::Hex });
    }
    for (width, place) in [(1, 0), (2, 0), (2, 1)] {
        let mut wide = vec![0; BEGIN.len() * width];
        for (at, byte) in BEGIN.iter().enumerate() {
            wide[at * width + place] = *byte;
        }
        for (before, core) in CORE.into_iter().enumerate() {
            let bytes = [vec![0; before], wide.clone()].concat();
            let letters = bytes.len() * 8 / 6;
            let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &bytes);
            let text = text.as_bytes()[core..letters].to_vec();
            patterns.push(Pattern { text, form: Form::Base64 { before, width, place } });
        }
    }
    let finder =
        AhoCorasick::new(patterns.iter().map(|pattern| &pattern.text)).expect("a few short patterns");
    (patterns, finder)
});

/// What keys begin with in a view without blanks.
pub(super) fn beginnings() -> impl Iterator<Item = &'static [u8]> {
    PATTERNS.0.iter().map(|pattern| &pattern.text[..])
}

/// Keys in a view without blanks: as they are, in base64, in hexadecimal digits.
pub(super) fn wrapped(view: &View<'_>, found: &mut Vec<(usize, Secret)>) {
    let (patterns, finder) = &*PATTERNS;
    let bytes = view.bytes();
    for hit in finder.find_overlapping_iter(bytes) {
        let start = hit.start();
        let key = match patterns[hit.pattern().as_usize()].form {
            Form::Plain => bytes.get(start..start + KEY_LEN).and_then(parse),
            Form::Hex => bytes.get(start..start + 2 * KEY_LEN).and_then(|digits| {
                let bytes = digits.chunks_exact(2).map(|two| escaped(two, 2, 16));
                bytes.collect::<Option<Vec<u8>>>().map(Zeroizing::new).and_then(|bytes| parse(&bytes))
            }),
            Form::Base64 { before, width, place } => start.checked_sub(CORE[before]).and_then(|group| {
                let bytes = base64_bytes(&bytes[group..], before + width * KEY_LEN);
                let letters = bytes.get(before..)?.chunks_exact(width).map(|letter| letter[place]);
                parse(&Zeroizing::new(letters.collect::<Vec<u8>>()))
            }),
        };
        if let Some(key) = key {
            found.push((view.origin(start), key));
        }
    }
}

/// The value of a letter of base64, of either alphabet.
pub(super) const fn base64(letter: u8) -> Option<u8> {
    Some(match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

/// The values of all letters of base64; 0 for other bytes.
pub(super) static VALUES: [u8; 256] = {
    let mut values = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        if let Some(value) = base64(byte as u8) {
            values[byte] = value;
        }
        byte += 1;
    }
    values
};

/// So many bytes of base64 of either alphabet, or fewer where it ends.
pub(super) fn base64_bytes(text: &[u8], count: usize) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(count + 3));
    let (mut bits, mut held) = (0_u32, 0);
    for letter in text {
        let Some(value) = base64(*letter) else { break };
        bits = (bits << 6 | u32::from(value)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
        if bytes.len() == count {
            break;
        }
    }
    bytes
}
