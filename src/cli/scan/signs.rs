//! Whether the beginning of a key may be hidden: in escapes, between other things, or in an encoding.
//!
//! A hidden beginning has an underscore in some form. Each is looked for, and what stands before it is compared letter
//! by letter. Where that may be the beginning, the text around it is read as the closer look reads it.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use memchr::memmem;
use zeroize::Zeroizing;

use super::decode::{GAP_MAX, LINE_MIN};
use super::dump;
use super::letters::{self, BLOCK, PACKED_MIN};
use super::views::{self, View};

/// How much text before and behind a sign is read without its escapes.
const AROUND: usize = 1024;
/// A beginning in base64 or hexadecimal digits is not longer.
const ENCODED_MAX: usize = 16;

/// Whether an escape, or something between its letters, may hide the beginning of a key.
pub(super) fn has_signs(bytes: &[u8]) -> bool {
    let mut around = Around { bytes, checked: 0 };
    let rest = |at: usize| &bytes[at + 1..];
    memchr::memchr_iter(b'\\', bytes).any(|at| match rest(at) {
        rest @ [b'u' | b'U' | b'x' | b'0'..=b'7', ..] => {
            let (byte, length) = views::backslash(rest);
            length > 1 && matters(byte, bytes, at, &bytes[at + length..]) && around.hides(at)
        }
        _ => false,
    }) || memchr::memchr2_iter(b'%', b'=', bytes).any(|at| {
        let byte = digits(rest(at));
        byte.is_some() && matters(byte, bytes, at, &bytes[at + 3..]) && around.hides(at)
    }) || memchr::memchr_iter(b'&', bytes).any(|at| {
        if !matches!(rest(at), [b'#' | b'a' | b'l' | b's' | b'U' | b'=' | b'%', ..]) {
            return false;
        }
        let (byte, length) = views::entity(rest(at));
        (if length > 1 {
            matters(byte, bytes, at, &bytes[at + length..])
        } else {
            has_escaped_sign(rest(at))
        }) && around.hides(at)
    }) || memchr::memchr_iter(b'_', bytes).any(|at| stands_apart(bytes, at) && around.hides(at))
        || (!bytes.is_ascii()
            && memchr::memchr3_iter(0xc2, 0xe2, 0xef, bytes).any(|at| match (bytes[at], rest(at)) {
                (0xc2, [0x9b, ..]) => is_behind_letters(&bytes[..at]) && around.hides(at),
                // An underscore of full width.
                (0xef, [0xbc, 0xbf, ..]) => around.hides(at),
                (0xc2, [0xad, ..]) => around.is_split(at, 2),
                _ => views::unseen(&bytes[at..]) && around.is_split(at, 3),
            }))
        || FIRST.find_iter(bytes).any(|at| is_escaped_behind(bytes, at) && around.hides(at))
}

/// The first letters of a key, before its first underscore.
static FIRST: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(b"redir"));

/// Whether an escape or a tag begins right behind the first letters of a key, whatever it is: `redir%5C_`, `redir%0A_`,
/// `redir\u003c/em\u003e_`.
fn is_escaped_behind(bytes: &[u8], first: usize) -> bool {
    matches!(bytes.get(first + 5), Some(b'%' | b'\\' | b'=' | b'&' | b'<' | b'+' | 0..=8 | 0x1b | 0x80..))
}

/// The text around signs, which is read once for those that are near each other.
struct Around<'a> {
    bytes: &'a [u8],
    /// Up to here, in this turn.
    checked: usize,
}

impl Around<'_> {
    /// Whether the beginning of a key can be read where the escapes around a sign are undone.
    fn hides(&mut self, at: usize) -> bool {
        if at < self.checked && at + AROUND > self.checked {
            return false;
        }
        self.checked = at + AROUND / 2;
        let text = &self.bytes[at.saturating_sub(AROUND)..self.bytes.len().min(at + AROUND)];
        let is_there = |view: &View<'_>| letters::begins_key(view.bytes());
        let window = View::window(text);
        let mut last = None;
        for loose in views::undone(&window) {
            if is_there(&loose) {
                return true;
            }
            last = Some(loose);
        }
        is_there(&views::bare(last.as_ref().unwrap_or(&window)))
    }

    /// Whether an invisible character splits the beginning of a key, or a block.
    fn is_split(&mut self, at: usize, length: usize) -> bool {
        let (before, after) = (&self.bytes[..at], &self.bytes[at + length..]);
        letters_behind(before) + letters_before(after) >= LINE_MIN
            || (before.last().is_some_and(|byte| b"redi".contains(byte)) && self.hides(at))
    }
}

/// Whether a byte that is escaped may be a part of a hidden beginning, or of another escape.
fn matters(byte: Option<u8>, bytes: &[u8], at: usize, after: &[u8]) -> bool {
    matters_in(views::NESTED, byte, bytes, at, after)
}

/// The same for an escape within others; at most `nested` are undone.
fn matters_in(nested: usize, byte: Option<u8>, bytes: &[u8], at: usize, after: &[u8]) -> bool {
    let Some(nested) = nested.checked_sub(1) else { return false };
    match byte {
        Some(b'_') => stands_apart(bytes, at),
        // An escape that is escaped itself.
        Some(b'\\') => match (after, views::backslash(after)) {
            ([b'u' | b'U' | b'x' | b'0'..=b'7', ..], (byte, length @ 2..)) => {
                matters_in(nested, byte, bytes, at, &after[length - 1..])
            }
            _ => begins_escape(after),
        },
        Some(b'%' | b'=') => match digits(after) {
            Some(byte) => matters_in(nested, Some(byte), bytes, at, &after[2..]),
            None => begins_escape(after),
        },
        Some(b'&') => match views::entity(after) {
            (byte, length @ 2..) => matters_in(nested, byte, bytes, at, &after[length - 1..]),
            _ => begins_escape(after) || has_escaped_sign(after),
        },
        Some(b'+') => after.starts_with(b"AF8-") || begins_escape(after),
        // What terminals do not show.
        Some(0 | 8 | 0x1b | 0x9b) => is_behind_letters(&bytes[..at]),
        _ => false,
    }
}

/// The byte that two hexadecimal digits say.
fn digits(text: &[u8]) -> Option<u8> {
    let digit = |at: usize| text.get(at).and_then(|digit| char::from(*digit).to_digit(16));
    Some((digit(0)? << 4 | digit(1)?) as u8)
}

fn begins_escape(text: &[u8]) -> bool {
    match text {
        [b'%' | b'=', rest @ ..] => digits(rest).is_some(),
        [b'\\', b'u' | b'U' | b'x' | b'\\' | b'0'..=b'7', ..] | [b'&', b'#', ..] => true,
        _ => false,
    }
}

/// Whether the number sign behind `&` is escaped, once or more.
fn has_escaped_sign(rest: &[u8]) -> bool {
    let [b'=' | b'%', digits @ ..] = rest else { return false };
    let mut rest = digits;
    while let [b'3', b'D' | b'd', more @ ..] | [b'2', b'5', more @ ..] = rest {
        rest = more;
    }
    rest.starts_with(b"23")
}

/// Whether the first letters of a key stand before something that terminals do not show.
fn is_behind_letters(before: &[u8]) -> bool {
    // The escape may be escaped itself.
    let before = &before[..before.iter().rposition(|byte| *byte != b'\\').map_or(0, |at| at + 1)];
    [&b"r"[..], b"re", b"red", b"redi"].iter().any(|begin| before.ends_with(begin))
}

/// Whether `redir` stands before an underscore, with other things between its letters than letters and digits, or
/// escaped.
fn stands_apart(bytes: &[u8], underscore: usize) -> bool {
    let mut before = underscore;
    // What ends neither `redir` nor an escape, before most underscores.
    if let Some(b'a'..=b'm' | b'o' | b'q' | b's' | b'u'..=b'x' | b'z' | b'A'..=b'Z') = bytes[..before].last()
    {
        return false;
    }
    for wanted in b"redir".iter().rev() {
        loop {
            let Some(at) = before.checked_sub(1) else { return false };
            before = at;
            let byte = bytes[at];
            let escaped = at > 0 && bytes[at - 1] == b'\\';
            match byte {
                b'>' => before = tag(&bytes[..at]).unwrap_or(at),
                b'n' | b't' if escaped => before -= 1,
                b'r' if escaped => return true,
                byte if byte == *wanted => break,
                b'_' => return false,
                byte if byte.is_ascii_alphanumeric() => return ends_escape(&bytes[..=at]),
                0x80.. if matches!(bytes[..=at], [.., 0xef, 0xbc | 0xbd, _]) => return true,
                _ => {}
            }
        }
    }
    true
}

/// Where the tag begins that `>` ends behind this text.
fn tag(before: &[u8]) -> Option<usize> {
    /// The closer look takes out no longer one.
    const MOST: usize = 200;
    let from = before.len().saturating_sub(MOST);
    let at = from + before[from..].iter().rposition(|byte| matches!(byte, b'<' | b'>' | b'\n'))?;
    let begins = before[at] == b'<'
        && before.get(at + 1).is_some_and(|next| next.is_ascii_alphabetic() || *next == b'/');
    begins.then_some(at)
}

/// Whether a letter or digit may be the last one of an escape.
fn ends_escape(text: &[u8]) -> bool {
    /// `\U0000005f`
    const MOST: usize = 10;
    let text = &text[text.len().saturating_sub(MOST)..];
    let Some(sign) =
        text.iter().rposition(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'{' | b'#'))
    else {
        return false;
    };
    match &text[sign..] {
        [b'%' | b'=', rest @ ..] => matches!(rest.len(), 2 | 4 | 6) && rest.iter().all(u8::is_ascii_hexdigit),
        [b'\\', b'u' | b'U' | b'x' | b'0'..=b'7', ..] | [b'&', b'#', ..] => true,
        [b'&', name @ ..] => name == b"shy" || name == b"amp",
        _ => false,
    }
}

/// How many letters of base64, or of escapes in it, end a text; not more than are of use.
fn letters_behind(text: &[u8]) -> usize {
    text.iter().rev().take(PACKED_MIN).take_while(|byte| BLOCK[usize::from(**byte)]).count()
}

/// The same at the beginning of a text.
fn letters_before(text: &[u8]) -> usize {
    text.iter().take(PACKED_MIN).take_while(|byte| BLOCK[usize::from(**byte)]).count()
}

/// The beginnings of a key in base64 and hexadecimal digits, with blanks and line breaks anywhere between.
///
/// Each in base64 has one of three letters that are rare in texts, and the one in digits has a 9.
pub(super) fn has_beginnings(bytes: &[u8]) -> bool {
    memchr::memchr3_iter(b'Q', b'X', b'Z', bytes).any(|at| {
        NEAR.before[usize::from(last(&bytes[..at]))]
            && NEAR.after[usize::from(first(&bytes[at + 1..]))]
            && is_beginning(bytes, at)
    }) || memchr::memchr_iter(b'9', bytes)
        .any(|at| last(&bytes[..at]) == b'6' && first(&bytes[at + 1..]) == b'7' && is_beginning(bytes, at))
}

/// Which bytes may come before and after a rare letter of a beginning; 0, the end of the text, may always.
struct Near {
    before: [bool; 256],
    after: [bool; 256],
}

static NEAR: LazyLock<Near> = LazyLock::new(|| {
    let mut near = Near { before: [false; 256], after: [false; 256] };
    for text in views::beginnings() {
        for at in (0..text.len()).filter(|at| matches!(text[*at], b'Q' | b'X' | b'Z')) {
            match at.checked_sub(1) {
                Some(before) => near.before[usize::from(text[before])] = true,
                None => near.before = [true; 256],
            }
            match text.get(at + 1) {
                Some(after) => near.after[usize::from(*after)] = true,
                None => near.after = [true; 256],
            }
        }
    }
    near
});

/// Whether the letter at this place belongs to one of the beginnings.
fn is_beginning(bytes: &[u8], at: usize) -> bool {
    static FINDER: LazyLock<AhoCorasick> = LazyLock::new(|| letters::finder(views::beginnings()));
    let mut text = Zeroizing::new([0; 2 * ENCODED_MAX]);
    let (mut before, mut begin) = (at, ENCODED_MAX);
    while let Some(next) = skip_back(&bytes[..before]).checked_sub(1).filter(|_| begin > 0) {
        (before, begin) = (next, begin - 1);
        text[begin] = bytes[next];
    }
    let (mut after, mut end) = (at, ENCODED_MAX);
    while let Some(byte) = bytes.get(after).filter(|_| end < text.len()) {
        text[end] = *byte;
        end += 1;
        after += 1 + skip(&bytes[after + 1..]);
    }
    FINDER.is_match(&text[begin..end])
}

/// The last byte that is no blank; 0 where there is none.
#[inline]
fn last(text: &[u8]) -> u8 {
    // Neither a blank nor the end of an escape.
    if let Some(byte @ (b'e'..=b'm' | b'u'..=b'z' | b'E'..=b'Z' | b'6'..=b'8' | b'_' | b'/' | b'(' | b'"')) =
        text.last()
    {
        return *byte;
    }
    skip_back(text).checked_sub(1).map_or(0, |at| text[at])
}

/// The first byte that is no blank; 0 where there is none.
fn first(text: &[u8]) -> u8 {
    text.get(skip(text)).copied().unwrap_or(0)
}

/// How many blanks and line breaks begin a text, escaped ones too.
fn skip(text: &[u8]) -> usize {
    let mut at = 0;
    loop {
        match text.get(at) {
            Some(byte) if byte.is_ascii_whitespace() => at += 1,
            Some(b'\\' | b'%' | b'=' | b'&') => match line_break(text, at) {
                Some(found) => at += found.length,
                None => return at,
            },
            _ => return at,
        }
    }
}

/// Where the blanks and line breaks begin that end a text, escaped ones too.
fn skip_back(text: &[u8]) -> usize {
    /// The longest escape.
    const MOST: usize = 10;
    let mut end = text.len();
    while let Some(byte) = end.checked_sub(1).map(|at| text[at]) {
        if byte.is_ascii_whitespace() {
            end -= 1;
            // A line that goes on, as in a mail.
            if byte == b'\n' {
                let before = text[..end].strip_suffix(b"\r").unwrap_or(&text[..end]);
                if let Some(before) = before.strip_suffix(b"=").or_else(|| before.strip_suffix(b"\\")) {
                    end = before.len();
                }
            }
            continue;
        }
        // The last two of an escape.
        let is_end = matches!(
            (end.checked_sub(2).map_or(0, |at| text[at]), byte),
            (b'\\' | b'C' | b'c', b'n' | b'r' | b't')
                | (b'0' | b'x' | b'X' | b'#', b'A' | b'a' | b'D' | b'd' | b'9')
                | (b'1', b'0'..=b'5')
                | (_, b';')
        );
        if !is_end {
            break;
        }
        let from = end.saturating_sub(MOST);
        let sign = text[from..end].iter().rposition(|byte| matches!(byte, b'\\' | b'%' | b'=' | b'&'));
        match sign
            .map(|sign| from + sign)
            .filter(|at| line_break(text, *at).is_some_and(|found| at + found.length == end))
        {
            Some(at) => end = at,
            None => break,
        }
    }
    end
}

/// A line break that is escaped.
#[derive(Clone, Copy)]
struct LineBreak {
    length: usize,
    /// Nothing is left of it when it is undone: the line goes on.
    is_soft: bool,
}

/// The line break that is escaped here, as in JSON, in a URL, in XML, or at the end of a line that goes on.
fn line_break(bytes: &[u8], at: usize) -> Option<LineBreak> {
    let hard = |length| Some(LineBreak { length, is_soft: false });
    let soft = |length| Some(LineBreak { length, is_soft: true });
    let rest = &bytes[at + 1..];
    match (bytes[at], rest) {
        (b'\\', [b'n' | b'r' | b't', ..]) => hard(2),
        (b'\\' | b'=', [b'\n', ..]) => soft(2),
        (b'\\' | b'=', [b'\r', b'\n', ..]) => soft(3),
        (b'\\', [b'u' | b'U' | b'x' | b'0', ..]) => match views::backslash(rest) {
            (Some(b'\t' | b'\n' | b'\r'), length) => hard(length),
            _ => None,
        },
        (b'=' | b'%', [b'0', b'A' | b'a' | b'D' | b'd' | b'9', ..]) => hard(3),
        (b'=' | b'%', [b'2', b'5', b'0', b'A' | b'a' | b'D' | b'd' | b'9', ..]) => hard(5),
        (b'=' | b'%', [b'5', b'C' | b'c', b'n' | b'r' | b't', ..]) => hard(4),
        (b'&', [b'#', ..]) => match views::entity(rest) {
            (Some(b'\t' | b'\n' | b'\r'), length) => hard(length),
            _ => None,
        },
        _ => None,
    }
}

/// Whether something that may hold a key goes on behind an escaped line break: a block, numbers, or the lines of a dump.
pub(super) fn goes_on(bytes: &[u8]) -> bool {
    let goes_on = |begin: &mut usize, at: usize| {
        let Some(found) = line_break(bytes, at) else { return false };
        let end = at + found.length;
        let line = if found.is_soft { *begin..at } else { std::mem::replace(begin, end)..at };
        joins(&bytes[..at], &bytes[end..], found) || (!found.is_soft && ends_coded(&bytes[line]))
    };
    let (mut begin, mut other) = (0, 0);
    memchr::memchr3_iter(b'\\', b'%', b'=', bytes).any(|at| goes_on(&mut begin, at))
        || memchr::memchr_iter(b'&', bytes).any(|at| goes_on(&mut other, at))
}

fn joins(before: &[u8], after: &[u8], found: LineBreak) -> bool {
    let (left, right) = (without_gap(before), behind_gap(after));
    let is_block = if found.is_soft {
        // Letters are next to it.
        before.last().is_some_and(|last| letters::is_letter(*last))
            && letters_behind(before) >= LINE_MIN
            && after.first() != Some(&b' ')
    } else {
        let (left, right) = (letters_behind(left), letters_before(right));
        left >= LINE_MIN && right > 0 && left + right >= PACKED_MIN
    };
    is_block || (ends_number(left) && begins_number(right)) || (begins_row(after) && has_line_break(after))
}

/// A text without the gap at its end, as between the lines of a block or between numbers.
fn without_gap(text: &[u8]) -> &[u8] {
    let mut end = text.len();
    while let Some(at) = end.checked_sub(1).filter(|at| text.len() - at <= 2 * GAP_MAX) {
        if text[at].is_ascii_alphanumeric() {
            if !(matches!(text[at], b'n' | b'r' | b't') && at > 0 && text[at - 1] == b'\\') {
                break;
            }
            end -= 1;
        }
        end -= 1;
    }
    &text[..end]
}

/// The same at the beginning of a text.
fn behind_gap(text: &[u8]) -> &[u8] {
    let mut begin = 0;
    while let Some(byte) = text.get(begin).filter(|_| begin <= 2 * GAP_MAX) {
        match line_break(text, begin) {
            Some(found) => begin += found.length,
            None if byte.is_ascii_alphanumeric() => break,
            None => begin += 1,
        }
    }
    &text[begin.min(text.len())..]
}

fn ends_number(text: &[u8]) -> bool {
    let count = text.iter().rev().take(18).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    dump::number(&text[text.len() - count..]).is_some()
}

fn begins_number(text: &[u8]) -> bool {
    let count = text.iter().take(18).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    dump::number(&text[..count]).is_some()
}

/// Whether a line begins as those of a dump do; a blank of it may be escaped.
fn begins_row(line: &[u8]) -> bool {
    dump::behind_offset(line)
        .is_some_and(|(rest, _)| matches!(rest, [b' ' | b'\t' | b'\\' | b'%' | b'=' | b'&' | b'+', ..]))
}

/// Whether an escaped line break ends a line: a dump that holds a key has two lines or more.
fn has_line_break(text: &[u8]) -> bool {
    /// No line of a dump is longer, with its escapes.
    const LINE_MAX: usize = 256;
    let line = &text[..text.len().min(LINE_MAX)];
    let line = &line[..memchr::memchr(b'\n', line).unwrap_or(line.len())];
    (0..line.len()).any(|at| {
        matches!(line[at], b'\\' | b'%' | b'=' | b'&')
            && line_break(line, at).is_some_and(|found| !found.is_soft)
    })
}

/// Whether a text ends with a line of uuencode, which may be escaped.
fn ends_coded(text: &[u8]) -> bool {
    let line = &text[memchr::memrchr(b'\n', text).map_or(0, |at| at + 1)..];
    // Most lines end with a small letter.
    if line.len() < 5 || !line[line.len() - 5..].iter().all(|byte| matches!(byte, 0x20..=0x60)) {
        return false;
    }
    // The line break may be escaped two or three times.
    ["", "\\", "\\\\\\"].iter().filter_map(|more| line.strip_suffix(more.as_bytes())).any(|line| {
        letters::coded(line).is_some()
            || views::undone(&View::window(line)).any(|loose| letters::coded(loose.bytes()).is_some())
    })
}
