//! Whether bytes may hold a key at all, in a few nanoseconds a byte: most files need no closer look.
//!
//! It may say yes where there is none, and must not say no where the closer look would find one. Each form has a test
//! of its own, which skips what cannot be part of it: one that looks at each byte in turn takes five times as long.
//! What looks like an encoded block is decoded here, since long names and paths look like one, too. Where text goes on
//! behind an escaped line break, as in JSON, the text without escapes is tested as well.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::LazyLock;

use flate2::{Decompress, FlushDecompress, Status};
use memchr::memmem;
use zeroize::Zeroizing;

use super::decode::{self, GAP_MAX, HEX_MIN, LINE_MIN};
use super::dump::NUMBERS_MIN;
use super::letters::{BLOCK, PACKED_MIN, Set, begins_key, coded, is_letter, set};
use super::views::{VALUES, View};
use super::{dump, packed, signs, views};
use crate::secret::KEY_LEN;

/// Fewer letters of base64 in a row hold no key, compressed or not: 26 of its characters are random.
const BASE64_MIN: usize = 40;
/// Base64 of so many letters has more capitals than this, and a path or a name mostly has not.
const CAPITALS_MIN: usize = 4;
/// The same where few letters are capitals: base32 in small letters.
const SMALL_MIN: usize = 64;
/// Longer blocks are decoded in the usual way.
const LETTERS_MAX: usize = 512;
/// Numbers in a row that stand for fewer bytes hold no key.
const NUMBER_BYTES_MIN: usize = 40;
/// The length of the shortest row of such numbers: an odd digit each, and something between them.
const NUMBERS_SPAN: usize = 64;

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
    may_hold_at(bytes, 0)
}

/// The same for bytes within `depth` encodings.
fn may_hold_at(bytes: &[u8], depth: usize) -> bool {
    if depth >= decode::DEPTH || shows(bytes, depth) {
        return true;
    }
    // What goes on in the next line does so only where the escapes are undone.
    let window = View::window(bytes);
    let mut last: Option<View<'static>> = None;
    for _ in 0..views::NESTED {
        let view = last.as_ref().unwrap_or(&window);
        let Some(loose) = Some(view).filter(|view| signs::goes_on(view.bytes())).and_then(views::loose)
        else {
            break;
        };
        if is_encoded(loose.bytes(), depth) {
            return true;
        }
        last = Some(loose);
    }
    false
}

/// The same of a text in which nothing goes on behind an escaped line break.
fn shows(bytes: &[u8], depth: usize) -> bool {
    // Whatever is no text is left to the closer look.
    if let Err(error) = std::str::from_utf8(bytes)
        && error.error_len().is_some()
    {
        return true;
    }
    has_controls(bytes) || is_named(bytes) || signs::has_signs(bytes) || is_encoded(bytes, depth)
}

/// Whether something that may hold a key is encoded, as in base64 or a dump.
fn is_encoded(bytes: &[u8], depth: usize) -> bool {
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit());
    let counts = digits.take(NUMBERS_MIN).count() == NUMBERS_MIN;
    signs::has_beginnings(bytes)
        || has_blocks(bytes, depth)
        || (counts && has_numbers(bytes, depth))
        || has_rows(bytes, counts, depth)
}

/// Whether a control character is there that is no blank.
fn has_controls(bytes: &[u8]) -> bool {
    // Without leaving early, so that many bytes are compared at once.
    bytes.iter().fold(false, |found, byte| found | matches!(byte, 0..=0x08 | 0x0b | 0x0e..=0x1f))
}

/// Whether a key begins here as it is, or in UTF-7; or something that cannot be searched.
fn is_named(bytes: &[u8]) -> bool {
    static FINDER: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(b"+AF8-"));
    begins_key(bytes) || FINDER.find(bytes).is_some() || packed::is_named(bytes)
}

/// Whether a decoded block may hold a key.
fn may_hold_decoded(block: &View<'static>, depth: usize) -> bool {
    let bytes = block.bytes();
    let is_text = decode::is_text(bytes) && bytes.len() >= KEY_LEN;
    (is_text && text_holds(block, depth + 1)) || is_binary_worth(bytes)
}

/// Whether a closer look at decoded bytes that are no text may find a key.
fn is_binary_worth(bytes: &[u8]) -> bool {
    // Zlib has two bytes, which begin many.
    (packed::begins(bytes) && bytes[0] != 0x78)
        || begins_key(bytes)
        || signs::has_beginnings(bytes)
        || has_packed(bytes)
        || inflates(bytes)
}

/// Whether a decoded text may hold a key. It may be in UTF-16, or be a row of zeros.
fn text_holds(text: &View<'static>, depth: usize) -> bool {
    let bytes = text.bytes();
    if !has_controls(bytes) && std::str::from_utf8(bytes).is_ok() {
        return may_hold_at(bytes, depth);
    }
    if depth >= decode::DEPTH || is_named(bytes) || is_encoded(bytes, depth) {
        return true;
    }
    let mut last = None;
    for loose in views::undone(text) {
        if is_named(loose.bytes()) || is_encoded(loose.bytes(), depth) {
            return true;
        }
        last = Some(loose);
    }
    begins_key(views::bare(last.as_ref().unwrap_or(text)).bytes())
}

/// Whether decoded bytes contain something compressed or something that cannot be searched.
fn has_packed(bytes: &[u8]) -> bool {
    packed::inside(bytes).into_iter().any(|(at, inside)| match inside {
        // Two bytes begin it, which are in many bytes.
        packed::Inside::Zlib => unpacks(&bytes[at + 2..], |_| true),
        _ => true,
    })
}

/// Whether bytes are compressed without a header: all of them, since nothing else says so.
fn inflates(bytes: &[u8]) -> bool {
    unpacks(bytes, |is_end| is_end)
}

/// Whether bytes unpack to as much as a key has, up to where that is enough: it is asked after each step, and told
/// whether the end has come.
fn unpacks(bytes: &[u8], is_enough: impl Fn(bool) -> bool) -> bool {
    let Some(Ok(head)) = bytes.get(..16).map(<[u8; 16]>::try_from) else { return false };
    let bits = u128::from_le_bytes(head);
    match bits >> 1 & 3 {
        0 if head[1] != !head[3] || head[2] != !head[4] => return false,
        2 => {
            let lengths = (0..(bits >> 13 & 15) + 4).map(|at| bits >> (17 + 3 * at) & 7);
            let (used, sum) = lengths
                .filter(|length| *length > 0)
                .fold((0, 0), |(used, sum), length| (used + 1, sum + (128 >> length)));
            // Codes that leave something out, or say something twice, are none.
            if bits >> 3 & 31 > 29 || bits >> 8 & 31 > 29 || (used > 1 && sum != 128) {
                return false;
            }
        }
        3 => return false,
        _ => {}
    }
    thread_local! {
        /// Making one takes longer than most bytes need.
        static INFLATE: RefCell<Decompress> = RefCell::new(Decompress::new(false));
    }
    INFLATE.with_borrow_mut(|inflate| {
        inflate.reset(false);
        let mut unpacked = Zeroizing::new([0; 1024]);
        loop {
            let (read, made) = (inflate.total_in(), inflate.total_out());
            let rest = &bytes[usize::try_from(read).unwrap_or(bytes.len())..];
            let status = inflate.decompress(rest, &mut unpacked[..], FlushDecompress::None);
            let is_end = matches!(status, Ok(Status::StreamEnd));
            if inflate.total_out() >= KEY_LEN as u64 && is_enough(is_end) {
                return true;
            }
            let goes_on = status.is_ok() && (inflate.total_in() > read || inflate.total_out() > made);
            if is_end || !goes_on {
                return false;
            }
        }
    })
}

/// The next row of `least` bytes of a set, and of at most so many more. It looks at the last of them first, and goes on
/// behind one that is not of the set.
fn row(bytes: &[u8], from: usize, set: &Set, least: usize, most: usize) -> Option<Range<usize>> {
    let is_in = |byte: &u8| set[usize::from(*byte)];
    let mut begin = from;
    while let Some(row) = bytes.get(begin..begin + least) {
        let Some(out) = row.iter().rposition(|byte| !is_in(byte)) else {
            let end = begin + least;
            return Some(begin..end + bytes[end..].iter().take(most).take_while(|byte| is_in(byte)).count());
        };
        begin += out + 1;
    }
    None
}

/// Finds rows of letters of a block, in most texts by comparing many bytes at once.
struct Rows<'a> {
    bytes: &'a [u8],
    /// A row may begin before this place; not known from there on.
    seen: usize,
}

impl Rows<'_> {
    fn next(&mut self, mut from: usize) -> Option<Range<usize>> {
        const PART: usize = 256;
        while from >= self.seen
            && let Some(part) = self.bytes.get(from..from + PART)
        {
            let next = from + PART - LINE_MIN + 1;
            if has_row(part) {
                self.seen = next;
            } else {
                from = next;
            }
        }
        row(self.bytes, from, &BLOCK, LINE_MIN, BASE64_MIN)
    }
}

/// Whether [`LINE_MIN`] letters of a block follow each other.
fn has_row(part: &[u8]) -> bool {
    const LONGEST: usize = 256;
    // Without branches, so that many bytes are compared at once.
    let mut rows = [0_u8; LONGEST + LINE_MIN];
    for (row, byte) in rows.iter_mut().zip(part) {
        let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        let is_digit = byte.wrapping_sub(b'/') < 11;
        let is_sign = matches!(byte, b'+' | b'-' | b'_' | b'\\' | b'%' | b'=');
        *row = u8::from(is_letter | is_digit | is_sign);
    }
    for step in [1, 2, 4, 8] {
        for at in 0..LONGEST {
            rows[at] &= rows[at + step];
        }
    }
    rows[..LONGEST].iter().fold(0, |any, row| any | row) != 0
}

/// Whether a block of base64 or of hexadecimal digits is there that may hold a key, or something that is compressed.
fn has_blocks(bytes: &[u8], depth: usize) -> bool {
    let mut block = Block::new();
    let mut rows = Rows { bytes, seen: 0 };
    let mut at = 0;
    while let Some(row) = rows.next(at) {
        at = row.end;
        // Too few letters, and they do not go on in the next line.
        if row.len() < BASE64_MIN
            && decode::gap(&bytes[row.end..]).is_none()
            && (row.len() < PACKED_MIN || !begins_packed(&bytes[row.clone()]))
        {
            continue;
        }
        block.clear();
        let mut line = row.start;
        loop {
            let end = block.read(bytes, line);
            at = end;
            match decode::gap(&bytes[end..]) {
                Some(gap) if end - line >= LINE_MIN => line = end + gap,
                _ => break,
            }
        }
        at = at.max(row.start + 1);
        if block.is_worth() && block.holds(&bytes[row.start..at], depth) {
            return true;
        }
    }
    false
}

/// Letters of base64 in a row, over the ends of lines.
struct Block {
    count: usize,
    capitals: usize,
    beyond_hex: bool,
    lines: usize,
    /// Some are written as an escape.
    is_escaped: bool,
    /// The first of them.
    letters: Zeroizing<[u8; LETTERS_MAX]>,
}

impl Block {
    fn new() -> Block {
        let letters = Zeroizing::new([0; LETTERS_MAX]);
        Block { count: 0, capitals: 0, beyond_hex: false, lines: 0, is_escaped: false, letters }
    }

    fn clear(&mut self) {
        (self.count, self.capitals, self.beyond_hex) = (0, 0, false);
        (self.lines, self.is_escaped) = (0, false);
    }

    /// Reads the letters from here on, and says where they end.
    fn read(&mut self, bytes: &[u8], from: usize) -> usize {
        let mut at = from;
        self.lines += 1;
        while let Some(&byte) = bytes.get(at) {
            let (letter, length) = match byte {
                _ if is_letter(byte) => (byte, 1),
                b'\\' => match &bytes[at + 1..] {
                    [b'/', ..] => (b'/', 2),
                    [b'u', b'0', b'0', b'2', b'b' | b'B', ..] => (b'+', 6),
                    [b'u', b'0', b'0', b'2', b'f' | b'F', ..] => (b'/', 6),
                    _ => break,
                },
                b'%' | b'=' => match &bytes[at + 1..] {
                    [b'2', b'B' | b'b', ..] => (b'+', 3),
                    [b'2', b'F' | b'f', ..] => (b'/', 3),
                    _ => break,
                },
                _ => break,
            };
            if let Some(free) = self.letters.get_mut(self.count) {
                *free = letter;
            }
            self.count += 1;
            self.is_escaped |= length > 1;
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

    fn begins_packed(&self) -> bool {
        let first = &self.letters[..self.count.min(BASE64_MIN)];
        begins_packed(first)
            || (self.lines > 1 && !packed::inside(&views::base64_bytes(first, first.len())).is_empty())
    }

    /// Whether a key may be in it. Most blocks are a long name or a path.
    fn holds(&self, block: &[u8], depth: usize) -> bool {
        if let Some(letters) = self.letters.get(..self.count).filter(|_| !self.is_escaped)
            && !has_other_rows(block)
            && !decodes(letters)
        {
            return false;
        }
        let holds = |view: &View<'_>| {
            let mut decoded = Vec::new();
            decode::decoded(view, decode::is_worth, &mut decoded);
            decoded.iter().any(|view| may_hold_decoded(view, depth))
        };
        let view = View::window(block);
        holds(&view) || (self.is_escaped && views::loose(&view).is_some_and(|loose| holds(&loose)))
    }
}

/// Whether something compressed begins in base64. It may do so behind letters that are no part of it.
fn begins_packed(letters: &[u8]) -> bool {
    (0..4).any(|skip| {
        let text = &letters[skip..];
        let first = VALUES[usize::from(text[0])] << 2 | VALUES[usize::from(text[1])] >> 4;
        packed::may_begin(first) && packed::begins(&views::base64_bytes(text, text.len()))
    })
}

/// Whether base64 stands for something. It may say yes where it does not.
fn decodes(letters: &[u8]) -> bool {
    let mut decoded = Zeroizing::new([0; LETTERS_MAX]);
    (0..4).any(|skip| {
        let mut groups = letters[skip..].chunks_exact(4);
        let mut count = 0;
        let mut push = |group: &[u8]| {
            let value = |at: usize| u32::from(group.get(at).map_or(0, |letter| VALUES[usize::from(*letter)]));
            let bits = value(0) << 18 | value(1) << 12 | value(2) << 6 | value(3);
            decoded[count..count + 3].copy_from_slice(&bits.to_be_bytes()[1..]);
            count += group.len() * 6 / 8;
        };
        groups.by_ref().for_each(&mut push);
        push(groups.remainder());
        let bytes = &decoded[..count];
        (packed::may_begin(bytes[0]) && packed::begins(bytes))
            || decode::is_text(bytes)
            || (skip == 0 && is_binary_worth(bytes))
    })
}

/// Whether letters of base32 or hexadecimal digits are in a row, as many as may hold a key.
fn has_other_rows(block: &[u8]) -> bool {
    let mut counts = [0_usize; 4];
    block.iter().any(|byte| {
        let is_in = match byte {
            b'0' | b'1' | b'8' | b'9' => [true, false, false, true],
            b'2'..=b'7' => [true; 4],
            b'A'..=b'F' => [true, true, false, true],
            b'G'..=b'V' => [false, true, false, true],
            b'W'..=b'Z' => [false, true, false, false],
            b'a'..=b'f' => [true, false, true, false],
            b'g'..=b'z' => [false, false, true, false],
            b'+' | b'/' | b'-' | b'_' => [false; 4],
            // It may stand between two lines.
            _ => return false,
        };
        for (count, is_in) in counts.iter_mut().zip(is_in) {
            *count = if is_in { *count + 1 } else { 0 };
        }
        counts[0] >= HEX_MIN || counts[1..].iter().any(|count| *count >= SMALL_MIN)
    })
}

/// Whether bytes that may hold a key are written as numbers in a row.
fn has_numbers(bytes: &[u8], depth: usize) -> bool {
    let mut at = 0;
    while let Some(row) = row(bytes, at, &NUMBERS, NUMBERS_SPAN, usize::MAX) {
        at = row.end;
        let whole = whole_words(bytes, row.clone());
        // The first number may follow the letter of an escape: `\n114`.
        let with_first = row.start..whole.end.max(row.start);
        if are_a_key(&bytes[whole.clone()], depth)
            || (with_first != whole && are_a_key(&bytes[with_first], depth))
        {
            return true;
        }
    }
    false
}

/// Whether these numbers, with what separates them, may hold a key.
fn are_a_key(row: &[u8], depth: usize) -> bool {
    let mut numbers = Numbers::default();
    let many = row.chunk_by(|a, b| a.is_ascii_alphanumeric() == b.is_ascii_alphanumeric()).any(|part| {
        if part[0].is_ascii_alphanumeric() {
            numbers.word(part);
        } else {
            numbers.gap = part.len();
        }
        numbers.are_many()
    });
    if !many {
        return false;
    }
    let mut decoded = Vec::new();
    let window = View::window(row);
    dump::numbers(&window, &mut decoded);
    // What separates them may be escaped: `114%2C101`.
    views::undone(&window).for_each(|view| dump::numbers(&view, &mut decoded));
    decoded.iter().any(|view| may_hold_decoded(view, depth))
}

/// The row without the parts of words at its ends: the `c` of a `config` that follows is no number.
fn whole_words(bytes: &[u8], row: Range<usize>) -> Range<usize> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric();
    let Range { mut start, mut end } = row;
    if start > 0 && is_part(&bytes[start - 1]) {
        start += bytes[start..end].iter().take_while(|byte| is_part(byte)).count();
    }
    if bytes.get(end).is_some_and(is_part) {
        end -= bytes[start..end].iter().rev().take_while(|byte| is_part(byte)).count();
    }
    start..end
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
        let digits = dump::number(word);
        if digits.is_none() || self.gap > GAP_MAX {
            (self.count, self.bytes) = (0, 0);
        }
        if let Some(digits) = digits {
            self.count += 1;
            self.bytes += digits.len().div_ceil(2);
        }
        self.gap = 0;
    }

    fn are_many(&self) -> bool {
        self.count >= NUMBERS_MIN && self.bytes >= NUMBER_BYTES_MIN
    }
}

/// Whether lines of uuencode, or of dumps, which begin with an offset, may hold a key.
fn has_rows(bytes: &[u8], counts: bool, depth: usize) -> bool {
    if !are_there(bytes, counts) {
        return false;
    }
    let view = View::window(bytes);
    let mut decoded = Vec::new();
    decode::uuencoded(&view, &mut decoded);
    // Escapes are in some lines and not in others.
    views::undone(&view).for_each(|view| decode::uuencoded(&view, &mut decoded));
    if counts && let Some(columns) = dump::columns(&view) {
        dump::numbers(&columns, &mut decoded);
        if begins_key(views::dense(&columns).bytes()) {
            return true;
        }
    }
    decoded.iter().any(|view| may_hold_decoded(view, depth))
}

/// Whether such lines are there.
fn are_there(bytes: &[u8], counts: bool) -> bool {
    let mut begin = 0;
    let mut is_found = |end: usize| {
        let line = &bytes[begin..end];
        begin = end + 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        coded(line).is_some() || may_be_coded(line) || (counts && is_row(line))
    };
    memchr::memchr_iter(b'\n', bytes).any(&mut is_found) || is_found(bytes.len())
}

/// Whether a line may be one of uuencode in a mail, where an equals sign is escaped and long lines go on in the next.
fn may_be_coded(line: &[u8]) -> bool {
    const LEAST: usize = 24;
    line.len() >= LEAST
        // Most lines have a small letter early: a search costs more than to come to it.
        && line.iter().all(|byte| matches!(byte, 0x20..=0x60))
        && (line.ends_with(b"=") || memmem::find(line, b"=3D").is_some())
}

/// Whether a line begins with an offset, as those of a dump do.
fn is_row(mut line: &[u8]) -> bool {
    // Most lines of a program begin with many blanks.
    while let Some(rest) = line.strip_prefix(&[b' '; 8]) {
        line = rest;
    }
    let line = line.trim_ascii_start();
    dump::behind_offset(line).is_some_and(|(rest, _)| {
        rest.first().is_some_and(u8::is_ascii_whitespace) && !rest.trim_ascii_start().is_empty()
    })
}
