//! Text that stands for other bytes: base64, base32, hexadecimal digits, uuencode. Each block of it is decoded as a
//! whole, so that what is in there can be encoded or compressed again.

use super::views::{View, base64};
use super::{letters, packed};

/// Encoded and compressed text is opened so deep.
pub(super) const DEPTH: usize = 6;

/// Shorter ones hold no key, and no compressed one either.
const BASE64_MIN: usize = 24;
const BASE32_MIN: usize = 64;
pub(super) const HEX_MIN: usize = 80;
/// A block goes on in the next line behind a line of at least so many letters,
pub(super) const LINE_MIN: usize = 16;
/// where the gap is at most this long: a line break, quotes, indentation. The same between two numbers: a comma.
pub(super) const GAP_MAX: usize = 24;

/// An encoding of so many bits a letter.
struct Encoding {
    value: fn(u8) -> Option<u8>,
    bits: u32,
    min: usize,
    /// How many letters make whole bytes. A block may begin behind letters that are no part of it.
    group: usize,
}

const ENCODINGS: [Encoding; 5] = [
    Encoding { value: base64, bits: 6, min: BASE64_MIN, group: 4 },
    Encoding { value: hex, bits: 4, min: HEX_MIN, group: 2 },
    Encoding { value: base32, bits: 5, min: BASE32_MIN, group: 1 },
    Encoding { value: base32_lower, bits: 5, min: BASE32_MIN, group: 1 },
    Encoding { value: base32_hex, bits: 5, min: BASE32_MIN, group: 1 },
];

/// What the encoded blocks of a view stand for. `worth` says whether bytes look like anything.
pub(super) fn decoded(view: &View<'_>, worth: impl Fn(&[u8]) -> bool, found: &mut Vec<View<'static>>) {
    for encoding in &ENCODINGS {
        for block in (Blocks { bytes: view.bytes(), at: 0, encoding }) {
            for skip in 0..encoding.group {
                let child = decode(view, block.get(skip..).unwrap_or_default(), encoding);
                let good = worth(child.bytes());
                // Where nothing is to be seen, a binary form may still hold a key in one of its fields.
                if good || (skip == 0 && encoding.bits != 5) {
                    found.push(child);
                }
                if good {
                    break;
                }
            }
        }
    }
    uuencoded(view, found);
}

fn decode(view: &View<'_>, letters: &[usize], encoding: &Encoding) -> View<'static> {
    let bytes = view.bytes();
    let mut child = View::new(letters.len() * encoding.bits as usize / 8 + 1);
    let (mut held, mut bits) = (0_u32, 0);
    for at in letters {
        let Some(value) = (encoding.value)(bytes[*at]) else { continue };
        held = (held << encoding.bits | u32::from(value)) & 0xffff;
        bits += encoding.bits;
        if bits >= 8 {
            bits -= 8;
            child.push((held >> bits) as u8, view.origin(*at));
        }
    }
    child
}

/// Blocks of letters of an encoding, as the places of the letters.
struct Blocks<'a> {
    bytes: &'a [u8],
    at: usize,
    encoding: &'a Encoding,
}

impl Iterator for Blocks<'_> {
    type Item = Vec<usize>;

    fn next(&mut self) -> Option<Vec<usize>> {
        let is_letter = |byte: &u8| (self.encoding.value)(*byte).is_some();
        loop {
            let begin = self.at + self.bytes.get(self.at..)?.iter().position(is_letter)?;
            let mut letters = Vec::new();
            let mut at = begin;
            loop {
                let count = self.bytes[at..].iter().take_while(|byte| is_letter(byte)).count();
                letters.extend(at..at + count);
                at += count;
                match gap(&self.bytes[at..]) {
                    Some(gap) if count >= LINE_MIN && self.bytes.get(at + gap).is_some_and(is_letter) => {
                        at += gap;
                    }
                    _ => break,
                }
            }
            self.at = at;
            if letters.len() >= self.encoding.min {
                return Some(letters);
            }
        }
    }
}

/// How much stands between two lines of a block.
pub(super) fn gap(rest: &[u8]) -> Option<usize> {
    let mut blank = true;
    for (at, byte) in rest.iter().enumerate().take(GAP_MAX) {
        if byte.is_ascii_alphanumeric() || (blank && matches!(byte, b'+' | b'/' | b'-' | b'_')) {
            return (at > 0 && rest[..at].contains(&b'\n')).then_some(at);
        }
        if !byte.is_ascii() || *byte == b'=' {
            return None;
        }
        blank &= byte.is_ascii_whitespace();
    }
    None
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

fn base32(letter: u8) -> Option<u8> {
    match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'2'..=b'7' => Some(letter - b'2' + 26),
        _ => None,
    }
}

fn base32_lower(letter: u8) -> Option<u8> {
    if letter.is_ascii_uppercase() { None } else { base32(letter.to_ascii_uppercase()) }
}

fn base32_hex(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'A'..=b'V' => Some(letter - b'A' + 10),
        _ => None,
    }
}

/// Lines of uuencode: the first letter of each says how many bytes it has, and its length agrees.
pub(super) fn uuencoded(view: &View<'_>, found: &mut Vec<View<'static>>) {
    let bytes = view.bytes();
    let mut child: Option<View<'static>> = None;
    let mut at = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let begin = at;
        at += line.len();
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let Some(count) = letters::coded(text) else {
            found.extend(child.take());
            continue;
        };
        let child = child.get_or_insert_with(|| View::new(1024));
        for (group, letters) in text[1..].chunks_exact(4).enumerate() {
            let value = letters
                .iter()
                .fold(0_u32, |value, letter| value << 6 | u32::from(letter.wrapping_sub(0x20) & 0x3f));
            for (place, byte) in value.to_be_bytes()[1..].iter().enumerate() {
                if group * 3 + place < count {
                    child.push(*byte, view.origin(begin + 1 + group * 4));
                }
            }
        }
    }
    found.extend(child);
}

/// Whether decoded bytes look like something.
pub(super) fn is_worth(bytes: &[u8]) -> bool {
    packed::begins(bytes) || is_text(bytes)
}

/// Whether most bytes are letters, blanks, or zeros between letters. Of random ones two fifths are.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    let sample = &bytes[..bytes.len().min(4096)];
    let printed =
        sample.iter().filter(|byte| matches!(byte, 0 | b'\t' | b'\n' | b'\r' | 0x1b | 0x20..=0x7e)).count();
    printed * 10 >= sample.len() * 7
}
