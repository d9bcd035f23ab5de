//! Whether bytes may hold a key at all, in a few nanoseconds a byte: most files need no closer look.
//!
//! It may say yes where there is none, and must not say no where the closer look would find or name something.

use std::sync::LazyLock;

use memchr::memmem;

use super::decode::{GAP_MAX, HEX_MIN, LINE_MIN};
use super::{packed, views};

/// Fewer letters of base64 in a row hold no key, compressed or not: 26 of its characters are random.
const BASE64_MIN: usize = 40;
/// So many can hold the beginning of something compressed.
const PACKED_MIN: usize = 24;
/// The same where no letter is a capital, as in a path: no base64 of so many letters is like that.
const SMALL_MIN: usize = 64;
/// Numbers in a row, and the bytes that they stand for at most, of which a key needs more.
const NUMBERS_MIN: usize = 10;
const NUMBER_BYTES_MIN: usize = 40;

/// The last up to eight letters of each beginning of a key, and which of the eight count.
struct Ends {
    /// By the last letter.
    by_last: [bool; 256],
    each: Vec<(u64, u64)>,
}

static ENDS: LazyLock<Ends> = LazyLock::new(|| {
    let mut ends = Ends { by_last: [false; 256], each: Vec::new() };
    for text in views::beginnings() {
        let tail = &text[text.len().saturating_sub(8)..];
        let value = tail.iter().fold(0, |value, letter| value << 8 | u64::from(*letter));
        ends.each.push((value, u64::MAX >> (64 - 8 * tail.len())));
        ends.by_last[usize::from(tail[tail.len() - 1])] = true;
    }
    ends
});

/// Whether a closer look at these bytes may find a key, or something that cannot be searched.
pub(super) fn may_hold(bytes: &[u8]) -> bool {
    static FINDER: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(b"redir_"));
    // Whatever is no text is left to the closer look.
    if let Err(error) = std::str::from_utf8(bytes)
        && error.error_len().is_some()
    {
        return true;
    }
    FINDER.find(bytes).is_some() || packed::is_named(bytes) || Pass::new(bytes).finds()
}

/// One pass over a text.
struct Pass<'a> {
    bytes: &'a [u8],
    /// The last eight letters, without blanks.
    last: u64,
    block: Block,
    numbers: Numbers,
}

/// Letters of base64 in a row, over the ends of lines.
#[derive(Default)]
struct Block {
    /// How many there are in the lines before this one, and whether capitals and other letters than hexadecimal digits
    /// are among them.
    before: usize,
    capitals: bool,
    beyond_hex: bool,
    /// Where this line begins and ends.
    begin: usize,
    end: usize,
    /// Whether a line ended since then.
    broken: bool,
}

impl Block {
    /// Letters stand from here to there.
    fn letters(&mut self, bytes: &[u8], from: usize, to: usize) {
        if from > self.end {
            let goes_on = self.broken && from - self.end <= GAP_MAX && self.end - self.begin >= LINE_MIN;
            if goes_on {
                (self.capitals, self.beyond_hex) = self.kinds(bytes);
                self.before += self.end - self.begin;
            } else {
                (self.before, self.capitals, self.beyond_hex) = (0, false, false);
            }
            self.begin = from;
        }
        (self.end, self.broken) = (to, false);
    }

    fn kinds(&self, bytes: &[u8]) -> (bool, bool) {
        let line = &bytes[self.begin..self.end];
        (
            self.capitals || line.iter().any(u8::is_ascii_uppercase),
            self.beyond_hex || !line.iter().all(u8::is_ascii_hexdigit),
        )
    }

    /// Whether it may hold a key, or something that is compressed.
    fn is_worth(&self, bytes: &[u8]) -> bool {
        let count = self.before + self.end - self.begin;
        if count < PACKED_MIN {
            return false;
        }
        let (capitals, beyond_hex) = self.kinds(bytes);
        let least = match (beyond_hex, capitals) {
            (false, _) => HEX_MIN,
            (true, false) => SMALL_MIN,
            (true, true) => BASE64_MIN,
        };
        if count >= least || !capitals || !beyond_hex {
            return count >= least;
        }
        // It may begin behind letters that are no part of it.
        self.before > 0
            || (0..4).any(|skip| {
                let text = bytes.get(self.begin + skip..self.end).unwrap_or_default();
                packed::begins(&views::base64_bytes(text, text.len()))
            })
    }
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

impl Pass<'_> {
    fn new(bytes: &[u8]) -> Pass<'_> {
        Pass { bytes, last: 0, block: Block::default(), numbers: Numbers::default() }
    }

    fn finds(&mut self) -> bool {
        let counts = self.bytes.iter().filter(|byte| byte.is_ascii_digit()).count() >= NUMBERS_MIN;
        self.has_rows(counts) || self.has_letters(counts)
    }

    /// Lines of uuencode, and of dumps, which begin with an offset.
    fn has_rows(&self, counts: bool) -> bool {
        let mut begin = 0;
        memchr::memchr_iter(b'\n', self.bytes).chain([self.bytes.len()]).any(|end| {
            let line = &self.bytes[begin..end];
            begin = end + 1;
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let count = line.first().map_or(0, |first| usize::from(first.wrapping_sub(0x20) & 0x3f));
            let is_coded = count > 0
                && line.len() == 1 + count.div_ceil(3) * 4
                && line.iter().all(|byte| matches!(byte, 0x20..=0x60));
            is_coded || (counts && is_row(line))
        })
    }

    fn has_letters(&mut self, counts: bool) -> bool {
        let (bytes, ends) = (self.bytes, &*ENDS);
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if byte.is_ascii_alphanumeric() {
                let from = at;
                while let Some(&byte) = bytes.get(at).filter(|byte| byte.is_ascii_alphanumeric()) {
                    if self.ends(ends, byte) {
                        return true;
                    }
                    at += 1;
                }
                self.block.letters(bytes, from, at);
                if self.block.is_worth(bytes) {
                    return true;
                }
                if counts {
                    self.numbers.word(&bytes[from..at]);
                    if self.numbers.are_many() {
                        return true;
                    }
                }
                continue;
            }
            let rest = &bytes[at + 1..];
            let mut length = 1;
            match byte {
                b'\t' | 0x0c | b'\r' | b' ' => {}
                b'\n' => self.block.broken = true,
                b'_' => {
                    if self.ends(ends, byte) || self.stands_apart(at) {
                        return true;
                    }
                    self.block.letters(bytes, at, at + 1);
                }
                b'+' if rest.starts_with(b"AF8-") => return true,
                b'-' | b'/' | b'+' => {
                    self.push(byte);
                    self.block.letters(bytes, at, at + 1);
                }
                b'\\' => match rest {
                    [b'u' | b'U' | b'x', b'{', ..] => return true,
                    [b'u' | b'U' | b'x', digits @ ..] if is_hex(digits) => return true,
                    [b'0'..=b'7', b'0'..=b'7', b'0'..=b'7', ..] => return true,
                    [b'n' | b'r' | b't', ..] => {
                        self.block.broken = true;
                        length = 2;
                    }
                    // Of `\/` the slash is left.
                    [b'/', ..] if self.block.end == at => self.block.letters(bytes, at, at + 1),
                    _ => self.block.broken = true,
                },
                b'%' if is_escape(byte, rest) => return true,
                b'=' => match rest {
                    [b'\n', ..] | [b'\r', b'\n', ..] => {}
                    _ if is_escape(byte, rest) => return true,
                    _ => self.push(byte),
                },
                b'&' => {
                    let named: [&[u8]; 4] = [b"#", b"lowbar", b"UnderBar", b"shy"];
                    let rest = rest.strip_prefix(b"amp;").unwrap_or(rest);
                    if rest.starts_with(b"amp;") || named.iter().any(|name| rest.starts_with(name)) {
                        return true;
                    }
                    self.push(byte);
                }
                0..=0x1f => return true,
                0xc2 if matches!(rest.first(), Some(0x9b | 0xad)) => return true,
                0xe2 if matches!(rest.first(), Some(0x80 | 0x81)) && is_unseen(rest) => return true,
                0xef => return true,
                _ => self.push(byte),
            }
            self.numbers.gap += length;
            at += length;
        }
        false
    }

    fn push(&mut self, byte: u8) {
        self.last = self.last << 8 | u64::from(byte);
    }

    /// Whether a beginning of a key ends with this letter.
    fn ends(&mut self, ends: &Ends, byte: u8) -> bool {
        self.push(byte);
        ends.by_last[usize::from(byte)]
            && ends.each.iter().any(|(value, counted)| self.last & counted == *value)
    }

    /// Whether `redir` stands before an underscore, with other things between its letters than letters and digits, or
    /// escaped.
    fn stands_apart(&self, underscore: usize) -> bool {
        let mut before = underscore;
        for wanted in b"redir".iter().rev() {
            loop {
                let Some(at) = before.checked_sub(1) else { return false };
                before = at;
                let byte = self.bytes[at];
                let escaped = at > 0 && self.bytes[at - 1] == b'\\';
                match byte {
                    // What stands in a tag is taken out.
                    b'>' => return true,
                    b'n' | b't' if escaped => before -= 1,
                    b'r' if escaped => return true,
                    byte if byte == *wanted => break,
                    byte if byte.is_ascii_hexdigit()
                        && at >= 2
                        && matches!(self.bytes[at - 2], b'=' | b'%')
                        && self.bytes[at - 1].is_ascii_hexdigit() =>
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
}

/// Whether two digits behind `%` or `=` stand for what may be a part of a key, or of base64, or of another escape. Of
/// a text that is escaped as a whole one follows the other.
fn is_escape(sign: u8, rest: &[u8]) -> bool {
    if !is_hex(rest) {
        return false;
    }
    let follows = rest.get(2) == Some(&sign) && is_hex(&rest[3..]);
    let digit = |at: usize| char::from(rest[at]).to_digit(16).unwrap_or(0) as u8;
    match digit(0) << 4 | digit(1) {
        b'_' | b'=' | b'\\' | b'+' | b'/' => true,
        b'%' | b'&' => sign == b'%',
        _ => follows,
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
    let line = line.trim_ascii();
    let line = line.strip_prefix(b"0x").unwrap_or(line);
    let digits = line.iter().take(17).take_while(|byte| byte.is_ascii_hexdigit()).count();
    let rest = &line[digits..];
    let rest = rest.strip_prefix(b":").unwrap_or(rest);
    (4..=16).contains(&digits) && rest.first().is_some_and(u8::is_ascii_whitespace)
}
