//! Whether bytes may hold a key at all, in about two nanoseconds a byte: most files need no closer look.
//!
//! It may say yes where there is none, and must not say no where the closer look would find one. Each form has a test
//! of its own, which skips what cannot be part of it: one that looks at each byte in turn takes five times as long.
//! Where line breaks are escaped, as in JSON, the text without escapes is tested as well.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use zeroize::Zeroizing;

use super::decode::{self, GAP_MAX, HEX_MIN, LINE_MIN};
use super::views::View;
use super::{packed, views};

/// Fewer letters of base64 in a row hold no key, compressed or not: 26 of its characters are random.
const BASE64_MIN: usize = 40;
/// So many can hold the beginning of something compressed.
const PACKED_MIN: usize = 24;
/// Base64 of so many letters has more capitals than this, and a path or a name mostly has not.
const CAPITALS_MIN: usize = 4;
/// The same where few letters are capitals: base32 in small letters.
const SMALL_MIN: usize = 64;
/// Numbers in a row, and the bytes that they stand for at most, of which a key needs more.
const NUMBERS_MIN: usize = 10;
const NUMBER_BYTES_MIN: usize = 40;
/// So long is the shortest row of such numbers: an odd digit each, and something between them.
const NUMBERS_SPAN: usize = 64;

/// A set of bytes.
type Set = [bool; 256];

const fn set(holds: &[Range<u8>], and: &[u8]) -> Set {
    let mut set = [false; 256];
    let mut each = 0;
    while each < holds.len() {
        let mut byte = holds[each].start;
        while byte < holds[each].end {
            set[byte as usize] = true;
            byte += 1;
        }
        each += 1;
    }
    each = 0;
    while each < and.len() {
        set[and[each] as usize] = true;
        each += 1;
    }
    set
}

/// Letters of base64, and the signs that begin an escape.
const BLOCK: Set = set(&[b'0'..b'9' + 1, b'A'..b'Z' + 1, b'a'..b'z' + 1], b"+/-_\\%=");
/// Bytes of a row of numbers and of what separates them: all but the letters that no number has.
const NUMBERS: Set = {
    let mut set = set(&[0..b'g', b'x'..0xff], b"xX\xff");
    let mut byte = b'G';
    while byte <= b'Z' {
        set[byte as usize] = byte == b'X';
        byte += 1;
    }
    set[b'y' as usize] = false;
    set[b'z' as usize] = false;
    set
};

/// Whether a closer look at these bytes may find a key.
pub(super) fn may_hold(bytes: &[u8]) -> bool {
    if shows(bytes) {
        return true;
    }
    if !has_escaped_breaks(bytes) {
        return false;
    }
    // What goes on in the next line does so only where the escapes are undone.
    let mut view = View::window(bytes);
    for _ in 0..views::NESTED {
        let Some(loose) = views::loose(&view) else { return false };
        if shows(loose.bytes()) {
            return true;
        }
        view = loose;
    }
    false
}

/// The same of a text without escaped line breaks.
fn shows(bytes: &[u8]) -> bool {
    // Whatever is no text is left to the closer look.
    if let Err(error) = std::str::from_utf8(bytes)
        && error.error_len().is_some()
    {
        return true;
    }
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit());
    let counts = digits.take(NUMBERS_MIN).count() == NUMBERS_MIN;
    has_controls(bytes)
        || is_named(bytes)
        || has_beginnings(bytes)
        || has_signs(bytes)
        || has_blocks(bytes)
        || (counts && has_numbers(bytes))
        || has_rows(bytes, counts)
}

/// Whether a line break is escaped: as in JSON, in a URL, or at the end of a line that goes on.
fn has_escaped_breaks(bytes: &[u8]) -> bool {
    memchr::memchr3_iter(b'\\', b'%', b'=', bytes).any(|at| {
        matches!(
            (bytes[at], &bytes[at + 1..]),
            (b'\\', [b'n' | b'r' | b't' | b'\n' | b'\r', ..])
                | (b'=', [b'\n', ..] | [b'\r', b'\n', ..] | [b'0', b'A' | b'D', ..])
                | (b'%', [b'0', b'A' | b'a' | b'D' | b'd' | b'9', ..])
        )
    })
}

/// Whether a control character is there that is no blank.
fn has_controls(bytes: &[u8]) -> bool {
    // Without leaving early, so that many bytes are compared at once.
    bytes.iter().fold(false, |found, byte| found | matches!(byte, 0..=0x08 | 0x0b | 0x0e..=0x1f))
}

/// Whether a key begins here as it is, or in UTF-7; or something that cannot be searched.
fn is_named(bytes: &[u8]) -> bool {
    static FINDER: LazyLock<AhoCorasick> = LazyLock::new(|| finder(["redir_", "+AF8-"].map(str::as_bytes)));
    FINDER.is_match(bytes) || packed::is_named(bytes)
}

/// The beginnings of a key in base64 and hexadecimal digits, with blanks anywhere between.
fn has_beginnings(bytes: &[u8]) -> bool {
    /// What is searched at once, and how much of it again with what follows: no beginning is longer.
    const CHUNK: usize = 8192;
    const AGAIN: usize = 15;
    static FINDER: LazyLock<AhoCorasick> = LazyLock::new(|| finder(views::beginnings()));
    let mut dense = Zeroizing::new([0_u8; AGAIN + CHUNK]);
    let mut kept = 0;
    bytes.chunks(CHUNK).any(|chunk| {
        let mut end = kept;
        for byte in chunk {
            dense[end] = *byte;
            end += usize::from(!matches!(byte, b'\t' | b'\n' | 0x0c | b'\r' | b' '));
        }
        let found = FINDER.is_match(&dense[..end]);
        let begin = end.saturating_sub(AGAIN);
        dense.copy_within(begin..end, 0);
        kept = end - begin;
        found
    })
}

/// The one for a few short texts that compares many bytes at once.
fn finder<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> AhoCorasick {
    AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(texts).expect("a few short patterns")
}

/// Whether an escape may hide a letter of a key.
fn has_signs(bytes: &[u8]) -> bool {
    let rest = |at: usize| &bytes[at + 1..];
    memchr::memchr_iter(b'\\', bytes).any(|at| match rest(at) {
        [b'u' | b'U' | b'x', b'{', ..] => true,
        [b'u' | b'U' | b'x', digits @ ..] => is_hex(digits),
        [b'0'..=b'7', b'0'..=b'7', b'0'..=b'7', ..] => true,
        _ => false,
    }) || memchr::memchr2_iter(b'%', b'=', bytes).any(|at| is_escape(bytes, at, rest(at)))
        || memchr::memchr_iter(b'&', bytes).any(|at| {
            let rest = rest(at).strip_prefix(b"amp;").unwrap_or(rest(at));
            rest.starts_with(b"amp;") || is_entity(rest)
        })
        || memchr::memchr_iter(b'_', bytes).any(|at| stands_apart(bytes, at))
        || (!bytes.is_ascii()
            && memchr::memchr3_iter(0xc2, 0xe2, 0xef, bytes).any(|at| match (bytes[at], rest(at)) {
                (0xc2, [0x9b | 0xad, ..]) | (0xef, _) => true,
                (0xe2, rest) => is_unseen(rest),
                _ => false,
            }))
}

/// Whether what follows `&` may name a character that matters; its number sign may be escaped.
fn is_entity(rest: &[u8]) -> bool {
    let named: [&[u8]; 4] = [b"#", b"lowbar", b"UnderBar", b"shy"];
    let escaped = matches!(rest, [b'=' | b'%', digits @ ..] if is_hex(digits));
    escaped || named.iter().any(|name| rest.starts_with(name))
}

/// The next row of so many bytes of a set or more, as long as it is. It looks at the last of so many bytes first, and
/// goes on behind one that is not of the set.
fn row(bytes: &[u8], from: usize, set: &Set, least: usize) -> Option<Range<usize>> {
    let is_in = |byte: &u8| set[usize::from(*byte)];
    let mut begin = from;
    while let Some(row) = bytes.get(begin..begin + least) {
        let Some(out) = row.iter().rposition(|byte| !is_in(byte)) else {
            let end = begin + least;
            return Some(begin..end + bytes[end..].iter().take_while(|byte| is_in(byte)).count());
        };
        begin += out + 1;
    }
    None
}

/// Whether a block of base64 or of hexadecimal digits is there that may hold a key, or something that is compressed.
fn has_blocks(bytes: &[u8]) -> bool {
    let mut block = Block::new();
    let mut at = 0;
    while let Some(row) = row(bytes, at, &BLOCK, LINE_MIN) {
        at = row.end;
        let after = &bytes[row.end..bytes.len().min(row.end + GAP_MAX)];
        if row.len() < PACKED_MIN && !after.contains(&b'\n') {
            // Too few letters, and they do not go on in the next line.
            continue;
        }
        block.clear();
        let mut line = row.start;
        loop {
            let end = block.read(bytes, line);
            at = end;
            if block.is_worth() {
                return true;
            }
            match decode::gap(&bytes[end..]) {
                Some(gap) if end - line >= LINE_MIN => line = end + gap,
                _ => break,
            }
        }
        at = at.max(row.start + 1);
    }
    false
}

fn is_letter(byte: u8) -> bool {
    const LETTERS: Set = set(&[b'0'..b'9' + 1, b'A'..b'Z' + 1, b'a'..b'z' + 1], b"+/-_");
    LETTERS[usize::from(byte)]
}

/// Letters of base64 in a row, over the ends of lines.
struct Block {
    count: usize,
    capitals: usize,
    beyond_hex: bool,
    lines: usize,
    /// The first of them.
    first: Zeroizing<[u8; BASE64_MIN]>,
}

impl Block {
    fn new() -> Block {
        Block { count: 0, capitals: 0, beyond_hex: false, lines: 0, first: Zeroizing::new([0; BASE64_MIN]) }
    }

    fn clear(&mut self) {
        (self.count, self.capitals, self.beyond_hex, self.lines) = (0, 0, false, 0);
    }

    /// Reads the letters from here on, and says where they end.
    fn read(&mut self, bytes: &[u8], from: usize) -> usize {
        let mut at = from;
        self.lines += 1;
        while let Some(&byte) = bytes.get(at) {
            let (letter, length) = match byte {
                _ if is_letter(byte) => (byte, 1),
                b'\\' if bytes[at + 1..].starts_with(b"/") => (b'/', 2),
                b'%' | b'=' => match &bytes[at + 1..] {
                    [b'2', b'B' | b'b', ..] => (b'+', 3),
                    [b'2', b'F' | b'f', ..] => (b'/', 3),
                    _ => break,
                },
                _ => break,
            };
            if let Some(first) = self.first.get_mut(self.count) {
                *first = letter;
            }
            self.count += 1;
            self.capitals += usize::from(letter.is_ascii_uppercase());
            self.beyond_hex |= !letter.is_ascii_hexdigit();
            at += length;
        }
        at
    }

    fn is_worth(&self) -> bool {
        let least = match (self.beyond_hex, self.capitals) {
            (false, _) => HEX_MIN,
            (true, 0..CAPITALS_MIN) => SMALL_MIN,
            (true, _) => BASE64_MIN,
        };
        self.count >= least
            || (self.count >= PACKED_MIN && self.capitals > 0 && self.beyond_hex && self.begins_packed())
    }

    /// Whether something compressed begins. It may do so behind letters that are no part of it.
    fn begins_packed(&self) -> bool {
        let first = &self.first[..self.count.min(BASE64_MIN)];
        (0..4).any(|skip| {
            let text = &first[skip..];
            let may_begin = packed::may_begin(views::base64_bytes(&text[..2], 1)[0]);
            (may_begin && packed::begins(&views::base64_bytes(text, text.len())))
                || (self.lines > 1
                    && skip == 0
                    && !packed::inside(&views::base64_bytes(text, text.len())).is_empty())
        })
    }
}

/// Whether bytes are written as numbers in a row.
fn has_numbers(bytes: &[u8]) -> bool {
    let mut at = 0;
    while let Some(row) = row(bytes, at, &NUMBERS, NUMBERS_SPAN) {
        at = row.end;
        let mut numbers = Numbers::default();
        for part in bytes[row].chunk_by(|a, b| a.is_ascii_alphanumeric() == b.is_ascii_alphanumeric()) {
            if part[0].is_ascii_alphanumeric() {
                numbers.word(part);
            } else {
                numbers.gap = part.len();
            }
            if numbers.are_many() {
                return true;
            }
        }
    }
    false
}

/// Numbers in a row.
#[derive(Default)]
struct Numbers {
    count: usize,
    bytes: usize,
    gap: usize,
}

impl Numbers {
    fn word(&mut self, word: &[u8]) {
        let digits = match word {
            [b'0', b'x' | b'X', rest @ ..] | [b'x', rest @ ..] => rest,
            word => word,
        };
        let is_number = matches!(digits.len(), 1..=8 | 16) && digits.iter().all(u8::is_ascii_hexdigit);
        if !is_number || self.gap > GAP_MAX {
            (self.count, self.bytes) = (0, 0);
        }
        if is_number {
            self.count += 1;
            self.bytes += digits.len().div_ceil(2);
        }
        self.gap = 0;
    }

    fn are_many(&self) -> bool {
        self.count >= NUMBERS_MIN && self.bytes >= NUMBER_BYTES_MIN
    }
}

/// Lines of uuencode, and of dumps, which begin with an offset.
fn has_rows(bytes: &[u8], counts: bool) -> bool {
    let mut begin = 0;
    let mut is_found = |end: usize| {
        let line = &bytes[begin..end];
        begin = end + 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let count = line.first().map_or(0, |first| usize::from(first.wrapping_sub(0x20) & 0x3f));
        let is_coded = count > 0
            && line.len() == 1 + count.div_ceil(3) * 4
            && line.iter().all(|byte| matches!(byte, 0x20..=0x60));
        is_coded || (counts && is_row(line))
    };
    memchr::memchr_iter(b'\n', bytes).any(&mut is_found) || is_found(bytes.len())
}

/// Whether `redir` stands before an underscore, with other things between its letters than letters and digits, or
/// escaped.
fn stands_apart(bytes: &[u8], underscore: usize) -> bool {
    let mut before = underscore;
    for wanted in b"redir".iter().rev() {
        loop {
            let Some(at) = before.checked_sub(1) else { return false };
            before = at;
            let byte = bytes[at];
            let escaped = at > 0 && bytes[at - 1] == b'\\';
            match byte {
                // The closer look removes tags.
                b'>' => return true,
                b'n' | b't' if escaped => before -= 1,
                b'r' if escaped => return true,
                byte if byte == *wanted => break,
                byte if byte.is_ascii_hexdigit()
                    && at >= 2
                    && matches!(bytes[at - 2], b'=' | b'%')
                    && bytes[at - 1].is_ascii_hexdigit() =>
                {
                    return true;
                }
                b'_' => return false,
                byte if byte.is_ascii_alphanumeric() => return false,
                _ => {}
            }
        }
    }
    true
}

/// Whether two digits behind `%` or `=` stand for what may be a part of a key, or of another escape. Of a text that is
/// escaped as a whole one follows the other.
fn is_escape(bytes: &[u8], at: usize, rest: &[u8]) -> bool {
    let [first, second, after @ ..] = rest else { return false };
    if !is_hex(rest) {
        return false;
    }
    let digit = |digit: u8| char::from(digit).to_digit(16).unwrap_or(0) as u8;
    let sign = bytes[at];
    match digit(*first) << 4 | digit(*second) {
        b'_' => stands_apart(bytes, at),
        b'\\' => matches!(
            after,
            [b'u' | b'U' | b'x' | b'n' | b'r' | b't', ..] | [b'0' | b'1', b'0'..=b'7', b'0'..=b'7', ..]
        ),
        // One that is escaped itself, or base64 that ends.
        b'=' => is_escape(bytes, at, after),
        b'+' => after.starts_with(b"AF8-"),
        b'%' => sign == b'%' || is_escape(bytes, at, after),
        b'&' => sign == b'%' || after.starts_with(b"amp") || is_entity(after),
        // What terminals do not show, between the letters of a key.
        0 | 8 | 0x1b | 0x9b => {
            [&b"r"[..], b"re", b"red", b"redi"].iter().any(|begin| bytes[..at].ends_with(begin))
        }
        _ => after.first() == Some(&sign) && is_hex(&after[1..]),
    }
}

fn is_hex(rest: &[u8]) -> bool {
    rest.len() >= 2 && rest[..2].iter().all(u8::is_ascii_hexdigit)
}

/// Zero-width and directional characters, behind the first of their three bytes.
fn is_unseen(rest: &[u8]) -> bool {
    matches!(rest, [0x80, 0x8b..=0x8f | 0xaa..=0xae, ..] | [0x81, 0xa0..=0xaf, ..])
}

/// Whether a line begins with an offset, as those of a dump do.
fn is_row(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    let line = line.strip_prefix(b"0x").unwrap_or(line);
    let digits = line.iter().take(17).take_while(|byte| byte.is_ascii_hexdigit()).count();
    if !(4..=16).contains(&digits) {
        return false;
    }
    let rest = &line[digits..];
    let rest = rest.strip_prefix(b":").unwrap_or(rest);
    rest.first().is_some_and(u8::is_ascii_whitespace) && !rest.trim_ascii_start().is_empty()
}
