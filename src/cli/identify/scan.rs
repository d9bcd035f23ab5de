//! Finds whole keys in a stream of any bytes and any length, and says in which line each begins.
//!
//! A key is looked for as it stands and in what `views` makes of the bytes. The checksum decides, so
//! that nothing is found that is no key.

use std::io::{self, Read};

use zeroize::Zeroizing;

use super::views;
use crate::files::Wide;
use crate::secret::{Hint, KEY_LEN};

/// How much is looked at in one go.
const CHUNK: usize = 256 * 1024;
/// How much of it is looked at again with what follows: no key is longer, however it is written.
const OVERLAP: usize = 16 * 1024;

/// A whole key in a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hit {
    /// 1 is the first line.
    pub line: u64,
    /// Its mask.
    pub mask: Hint,
}

/// Reads a stream to its end.
///
/// # Errors
/// When it cannot be read. What was found until then has been told.
pub fn keys_in(input: &mut dyn Read, found: &mut dyn FnMut(Hit)) -> io::Result<()> {
    let mut buffer = Zeroizing::new(vec![0; CHUNK + OVERLAP]);
    // What the buffer holds, where it begins in the stream, and what was found in the part that is looked at again.
    let (mut filled, mut base) = (0, 0_u64);
    let mut told: Vec<(u64, Hint)> = Vec::new();
    let mut lines = Lines { wide: None, line: 1 };
    loop {
        let read = match input.read(&mut buffer[filled..]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        filled += read;
        let window = &buffer[..filled];
        if base == 0 {
            lines.wide = Wide::of(window);
        }
        let mut done = 0;
        let mut line = lines.line;
        for (at, mask) in views::keys_in(window) {
            let place = base + at as u64;
            if told.iter().any(|(other, of)| *of == mask && other.abs_diff(place) < KEY_LEN as u64) {
                continue;
            }
            line += lines.breaks(window, base, done, at);
            done = at;
            told.push((place, mask));
            found(Hit { line, mask });
        }
        if read == 0 {
            return Ok(());
        }
        let begun = filled.saturating_sub(OVERLAP);
        lines.line += lines.breaks(window, base, 0, begun);
        base += begun as u64;
        told.retain(|(place, _)| *place >= base);
        buffer.copy_within(begun..filled, 0);
        filled -= begun;
    }
}

/// The keys in a text that is there as a whole: each once.
pub fn keys_in_text(bytes: &[u8]) -> Vec<Hint> {
    let mut keys: Vec<Hint> = Vec::new();
    for (_, mask) in views::keys_in(bytes) {
        if !keys.contains(&mask) {
            keys.push(mask);
        }
    }
    keys
}

/// Counts lines as an editor does that knows the encoding.
struct Lines {
    wide: Option<Wide>,
    line: u64,
}

impl Lines {
    /// The line breaks that begin in a part of a window.
    fn breaks(&self, window: &[u8], base: u64, from: usize, to: usize) -> u64 {
        let unit: &[u8] = match self.wide {
            None => return memchr::memchr_iter(b'\n', &window[from..to.max(from)]).count() as u64,
            Some(Wide::Utf16Le) => b"\n\0",
            Some(Wide::Utf16Be) => b"\0\n",
            Some(Wide::Utf32Le) => b"\n\0\0\0",
            Some(Wide::Utf32Be) => b"\0\0\0\n",
        };
        let width = unit.len();
        let begin = (base as usize).wrapping_add(from) % width;
        let first = from + if begin == 0 { 0 } else { width - begin };
        (first..to).step_by(width).filter(|at| window[*at..].starts_with(unit)).count() as u64
    }
}
