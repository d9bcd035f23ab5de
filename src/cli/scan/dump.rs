//! Bytes written as numbers: lists of them in a program, and the dumps of xxd, hexdump, od, Wireshark and tcpdump.

use super::decode::GAP_MAX;
use super::views::{self, View};
use crate::secret::Secret;

/// Fewer numbers hold no key, even with four bytes each.
pub(super) const NUMBERS_MIN: usize = 10;

/// What the dumps and lists of a view stand for.
pub(super) fn decoded(view: &View<'_>, found: &mut Vec<View<'static>>, keys: &mut Vec<(usize, Secret)>) {
    // Ten numbers need ten digits at least.
    if view.bytes().iter().filter(|byte| byte.is_ascii_digit()).take(NUMBERS_MIN).count() < NUMBERS_MIN {
        return;
    }
    numbers(view, found);
    if let Some(columns) = columns(view) {
        numbers(&columns, found);
        // `od -c` writes letters, each in a column.
        views::plain(&views::dense(&columns), keys);
    }
}

/// The view without the offsets that begin the lines of a dump, and without the text at their ends.
pub(super) fn columns(view: &View<'_>) -> Option<View<'static>> {
    let bytes = view.bytes();
    let mut out: Option<View<'static>> = None;
    let mut at = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let begin = at;
        at += line.len();
        let Some((from, to)) = row(line) else { continue };
        let out = out.get_or_insert_with(|| View::new(bytes.len()));
        for (place, byte) in line.iter().enumerate().take(to).skip(from) {
            out.push(*byte, view.origin(begin + place));
        }
        out.push(b'\n', view.origin(begin + to - 1));
    }
    out
}

/// What follows the offset of a line, if it begins with one, and whether a colon ends it.
pub(super) fn behind_offset(line: &[u8]) -> Option<(&[u8], bool)> {
    let line = line.trim_ascii_start();
    let line = line.strip_prefix(b"0x").unwrap_or(line);
    let digits = line.iter().take(17).take_while(|byte| byte.is_ascii_hexdigit()).count();
    let rest = &line[digits..];
    let colon = rest.strip_prefix(b":");
    (4..=16).contains(&digits).then_some((colon.unwrap_or(rest), colon.is_some()))
}

/// The range of the numbers in a line that begins with an offset.
fn row(line: &[u8]) -> Option<(usize, usize)> {
    let line = line.trim_ascii_end();
    let (behind, colon) = behind_offset(line)?;
    let rest = behind.trim_ascii_start();
    if rest.len() == behind.len() || rest.is_empty() {
        return None;
    }
    let from = line.len() - rest.len();
    let find = |needle: &[u8]| rest.windows(needle.len()).position(|text| text == needle);
    let text = if colon { find(b"  ") } else { find(b" |").or_else(|| find(b" >")).or_else(|| find(b"   ")) };
    // The columns of `od -c` are three blanks apart; those of bytes are less.
    let numbers =
        text.filter(|end| rest[..*end].iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b' '));
    let enough = numbers.filter(|end| *end >= 2 && (colon || rest[*end..].len() < 4 || *end >= 8));
    Some((from, from + enough.unwrap_or(rest.len())))
}

/// The digits of a number, without `0x`. None for other words.
pub(super) fn number(word: &[u8]) -> Option<&[u8]> {
    let digits = match word {
        [b'0', b'x' | b'X', rest @ ..] | [b'x', rest @ ..] => rest,
        word => word,
    };
    (matches!(digits.len(), 1..=8 | 16) && digits.iter().all(u8::is_ascii_hexdigit)).then_some(digits)
}

/// Runs of numbers, in each way in which their digits can be meant.
pub(super) fn numbers(view: &View<'_>, found: &mut Vec<View<'static>>) {
    let bytes = view.bytes();
    let mut run: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let gap = bytes[at..].iter().take_while(|byte| !byte.is_ascii_alphanumeric()).count();
        if gap > GAP_MAX {
            meanings(view, &std::mem::take(&mut run), found);
        }
        at += gap;
        let length = bytes[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let word = &bytes[at..at + length];
        if let Some(digits) = number(word) {
            run.push((at + length - digits.len(), at + length));
        } else if length > 0 {
            meanings(view, &std::mem::take(&mut run), found);
        }
        at += length;
    }
    meanings(view, &run, found);
}

fn meanings(view: &View<'_>, run: &[(usize, usize)], found: &mut Vec<View<'static>>) {
    if run.len() < NUMBERS_MIN {
        return;
    }
    let bytes = view.bytes();
    let word = |(from, to): (usize, usize)| std::str::from_utf8(&bytes[from..to]).unwrap_or_default();
    let all = |good: &dyn Fn(&str) -> bool| run.iter().all(|range| good(word(*range)));
    let radix = |text: &str, radix: u32| text.chars().all(|c| c.is_digit(radix));
    let mut child = |base: u32, width: &dyn Fn(&str) -> usize, reversed: bool| {
        let mut child = View::new(run.len() * 2);
        for range in run {
            let text = word(*range);
            let width = width(text);
            let value = u64::from_str_radix(text, base).unwrap_or(0).to_le_bytes();
            for place in 0..width.min(8) {
                let place = if reversed { place } else { width - 1 - place };
                child.push(value[place], view.origin(range.0));
            }
        }
        found.push(child);
    };
    let one = |_: &str| 1;
    let pairs = |text: &str| text.len() / 2;
    if all(&|text| text.len() == 8 && radix(text, 2)) {
        return child(2, &one, false);
    }
    if all(&|text| text.len() % 2 == 0) {
        child(16, &pairs, false);
        if !all(&|text| text.len() == 2) {
            child(16, &pairs, true);
        }
    } else if all(&|text| text.len() <= 2) {
        child(16, &one, false);
    }
    if all(&|text| text.len() == 3 && radix(text, 8)) {
        child(8, &one, false);
    }
    if all(&|text| text.len() == 6 && radix(text, 8)) {
        child(8, &|_| 2, true);
    }
    if all(&|text| text.len() <= 3 && text.parse::<u8>().is_ok()) {
        child(10, &one, false);
    }
}
