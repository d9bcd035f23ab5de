//! Letters of encoded text, and texts with which keys begin: what the quick look compares.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use memchr::memmem;

use super::views;
use crate::secret::Kind;

/// So many can hold the beginning of something compressed.
pub(super) const PACKED_MIN: usize = 24;

/// A set of bytes.
pub(super) type Set = [bool; 256];

pub(super) const fn set(holds: &[Range<u8>], and: &[u8]) -> Set {
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
pub(super) const BLOCK: Set = set(&[b'0'..b'9' + 1, b'A'..b'Z' + 1, b'a'..b'z' + 1], b"+/-_\\%=");

/// Whether a byte is a letter of base64, of either alphabet.
pub(super) fn is_letter(byte: u8) -> bool {
    const LETTERS: Set = set(&[b'0'..b'9' + 1, b'A'..b'Z' + 1, b'a'..b'z' + 1], b"+/-_");
    LETTERS[usize::from(byte)]
}

/// How many bytes a line of uuencode has: its first letter says it. None for other lines.
pub(super) fn coded(line: &[u8]) -> Option<usize> {
    let count = usize::from(line.first()?.wrapping_sub(0x20) & 0x3f);
    let fits = count > 0 && line.len() == 1 + count.div_ceil(3) * 4;
    (fits && line.iter().all(|byte| matches!(byte, 0x20..=0x60))).then_some(count)
}

/// Whether a key begins here as it is. No kind of key begins with letters such as `redir_time`.
pub(super) fn begins_key(bytes: &[u8]) -> bool {
    static FINDER: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(views::BEGIN));
    FINDER.find_iter(bytes).any(|at| match bytes[at + views::BEGIN.len()..] {
        [first, second, ..] if first.is_ascii_alphanumeric() && second.is_ascii_alphanumeric() => Kind::ALL
            .iter()
            .any(|kind| kind.prefix().as_bytes()[views::BEGIN.len()..].starts_with(&[first, second])),
        _ => true,
    })
}

/// The one for a few short texts that compares many bytes at once.
pub(super) fn finder<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> AhoCorasick {
    AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(texts).expect("a few short patterns")
}
