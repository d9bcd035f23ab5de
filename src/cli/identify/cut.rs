//! Keys that were cut: a prefix and too few characters. The search finds whole keys alone.

use std::io::{self, Read};
use std::mem;

use memchr::memmem;
use zeroize::Zeroizing;

use crate::secret::{BODY_LEN, HANDLE_LEN, KEY_LEN, Kind, PREFIX_LEN};

/// What every prefix begins with.
const BEGINNING: &[u8] = b"redir_";
/// So many are told of one text.
const MOST: usize = 20;
/// So many bytes are looked at in one go.
const CHUNK: usize = 4096;

/// A key that was cut.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CutKey {
    /// The line in which it begins; 1 is the first.
    pub line: u64,
    /// Its public part: the prefix, and the handle as far as it is there.
    pub shown: String,
    /// How many characters are left of [`KEY_LEN`].
    pub length: usize,
}

/// Passes bytes on, and notes the keys in them that were cut.
pub(super) struct CutKeys<R> {
    input: R,
    /// What is not decided yet: a key may go on behind it. Never grows beyond its capacity, so that it is wiped whole.
    tail: Zeroizing<Vec<u8>>,
    line: u64,
    found: Vec<CutKey>,
}

impl<R: Read> CutKeys<R> {
    pub(super) fn new(input: R) -> CutKeys<R> {
        let tail = Zeroizing::new(Vec::with_capacity(CHUNK + 2 * KEY_LEN));
        CutKeys { input, tail, line: 1, found: Vec::new() }
    }

    /// Those that were found up to here, where the text ends.
    pub(super) fn found(&mut self) -> Vec<CutKey> {
        self.look(true);
        mem::take(&mut self.found)
    }

    fn look(&mut self, is_end: bool) {
        let mut done = self.tail.len().saturating_sub(BEGINNING.len() - 1);
        let mut lines = Lines { line: self.line, counted: 0 };
        for at in memmem::find_iter(&self.tail, BEGINNING) {
            let text = &self.tail[at..];
            if text.len() <= KEY_LEN && !is_end {
                done = at;
                break;
            }
            done = done.max(at + 1);
            if let Some(length) = cut(text).filter(|_| self.found.len() < MOST) {
                let shown = &text[..length.min(PREFIX_LEN + HANDLE_LEN)];
                let shown = String::from_utf8_lossy(shown).into_owned();
                self.found.push(CutKey { line: lines.at(&self.tail, at), shown, length });
            }
        }
        self.line = lines.at(&self.tail, done);
        self.tail.drain(..done);
    }
}

impl<R: Read> Read for CutKeys<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        for bytes in buffer[..read].chunks(CHUNK) {
            self.tail.extend_from_slice(bytes);
            self.look(false);
        }
        Ok(read)
    }
}

/// How long the key is with which the text begins, if it was cut. A masked key and a placeholder such as
/// `redir_live_YOUR_KEY` were not.
fn cut(text: &[u8]) -> Option<usize> {
    Kind::ALL.into_iter().find(|kind| text.starts_with(kind.prefix().as_bytes()))?;
    let body = text.get(PREFIX_LEN..)?;
    let letters = body.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let is_masked = letters <= HANDLE_LEN && matches!(body.get(letters), Some(b'*' | b'.' | 0xE2));
    let is_placeholder = matches!(body.get(letters), Some(b'_' | b'-'));
    let is_cut = (1..BODY_LEN).contains(&letters) && !is_masked && !is_placeholder;
    is_cut.then_some(PREFIX_LEN + letters)
}

/// Counts the lines up to places in a text, which follow each other.
struct Lines {
    line: u64,
    counted: usize,
}

impl Lines {
    fn at(&mut self, text: &[u8], at: usize) -> u64 {
        self.line += memchr::memchr_iter(b'\n', &text[self.counted..at]).count() as u64;
        self.counted = at;
        self.line
    }
}
