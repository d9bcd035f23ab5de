//! Bytes written as numbers: lists of them in a program, and the dumps of xxd, hexdump, od, Wireshark and tcpdump.

use super::views::{self, View};
use crate::secret::Secret;

/// Fewer numbers hold no key, even with four bytes each.
const NUMBERS_MIN: usize = 10;
/// So much may stand between two numbers: a comma, a line break, indentation.
const GAP_MAX: usize = 24;

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

/// Where the numbers of a line stand, if it begins with an offset.
fn row(line: &[u8]) -> Option<(usize, usize)> {
    let line = line.trim_ascii_end();
    let blank = line.len() - line.trim_ascii_start().len();
    let prefix = if line[blank..].starts_with(b"0x") { 2 } else { 0 };
    let digits = line[blank + prefix..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    if !(4..=16).contains(&digits) {
        return None;
    }
    let offset = blank + prefix + digits;
    let colon = usize::from(line.get(offset) == Some(&b':'));
    let rest = &line[offset + colon..];
    let gap = rest.len() - rest.trim_ascii_start().len();
    if gap == 0 || gap == rest.len() {
        return None;
    }
    let from = offset + colon + gap;
    let rest = &line[from..];
    let find = |needle: &[u8]| rest.windows(needle.len()).position(|text| text == needle);
    let text =
        if colon > 0 { find(b"  ") } else { find(b" |").or_else(|| find(b" >")).or_else(|| find(b"   ")) };
    // The columns of `od -c` are three blanks apart; those of bytes are less.
    let numbers =
        text.filter(|end| rest[..*end].iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b' '));
    let enough = numbers.filter(|end| *end >= 2 && (colon > 0 || rest[*end..].len() < 4 || *end >= 8));
    Some((from, from + enough.unwrap_or(rest.len())))
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
        let skip = if word.starts_with(b"0x") || word.starts_with(b"0X") {
            2
        } else {
            usize::from(word.first() == Some(&b'x'))
        };
        let digits = &word[skip..];
        if matches!(digits.len(), 1..=8 | 16) && digits.iter().all(u8::is_ascii_hexdigit) {
            run.push((at + skip, at + length));
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
