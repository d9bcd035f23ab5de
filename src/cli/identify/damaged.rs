//! Keys that were cut (a prefix and too few characters) or mistyped (a checksum or a prefix that does not fit). The
//! search finds whole keys alone.

use std::io::{self, Read};
use std::mem;

use memchr::memmem;
use zeroize::Zeroizing;

use crate::secret::{self, BODY_LEN, HANDLE_LEN, KEY_LEN, Kind, Malformed, MaskedKey, PREFIX_LEN};

/// What every prefix begins with.
const BEGINNING: &[u8] = b"redir_";
/// The most that are reported per file.
const MOST: usize = 20;
/// So many bytes are looked at in one go.
const CHUNK: usize = 4096;

/// A byte order mark. Columns do not count it.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// A placeholder such as `redir_live_xxxx…` has at most so many different characters.
const FEW: u32 = 4;

/// Text that looks like a key but is not valid.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DamagedKey {
    /// The line in which it begins; 1 is the first.
    pub line: u64,
    /// The byte of that line at which it begins; 1 is the first.
    pub column: u64,
    /// What may be shown of it: the mask; of a short one the prefix, and the handle as far as it is there.
    pub shown: String,
    /// What is wrong with it.
    pub damage: Damage,
}

/// What is wrong with a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Damage {
    /// It was cut: so many characters are left of [`KEY_LEN`].
    Cut(usize),
    /// Its length is right, and its checksum is not.
    Mistyped,
    /// Its prefix is almost that of this kind.
    Prefix(Kind),
}

/// Passes bytes on, and notes the damaged keys in them.
pub(super) struct DamagedKeys<R> {
    input: R,
    /// What is not decided yet: a key may go on behind it. Never grows beyond its capacity, so that it is wiped whole.
    tail: Zeroizing<Vec<u8>>,
    /// Too little was read to tell a byte order mark.
    is_start: bool,
    lines: Lines,
    found: Vec<DamagedKey>,
}

impl<R: Read> DamagedKeys<R> {
    pub(super) fn new(input: R) -> DamagedKeys<R> {
        let tail = Zeroizing::new(Vec::with_capacity(CHUNK + 2 * KEY_LEN));
        let lines = Lines { line: 1, column: 1, counted: 0 };
        DamagedKeys { input, tail, is_start: true, lines, found: Vec::new() }
    }

    /// Those that were found up to here, where the text ends.
    pub(super) fn found(&mut self) -> Vec<DamagedKey> {
        self.look(true);
        mem::take(&mut self.found)
    }

    fn look(&mut self, is_end: bool) {
        if self.is_start && self.tail.len() >= MARK.len() {
            self.is_start = false;
            if self.tail.starts_with(MARK) {
                self.tail.drain(..MARK.len());
            }
        }
        let mut done = self.tail.len().saturating_sub(BEGINNING.len() - 1);
        for at in memmem::find_iter(&self.tail, BEGINNING) {
            let text = &self.tail[at..];
            if text.len() <= KEY_LEN && !is_end {
                done = at;
                break;
            }
            done = done.max(at + 1);
            if let Some((damage, shown)) = damage(text).filter(|_| self.found.len() < MOST) {
                let (line, column) = self.lines.at(&self.tail, at);
                self.found.push(DamagedKey { line, column, shown, damage });
            }
        }
        self.lines.pass(&self.tail, done);
        self.tail.drain(..done);
    }
}

impl<R: Read> Read for DamagedKeys<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        for bytes in buffer[..read].chunks(CHUNK) {
            self.tail.extend_from_slice(bytes);
            self.look(false);
        }
        Ok(read)
    }
}

/// Whether a text holds a mistyped key, or with `cut` also one that was cut. That is rare: a few bytes decide it for
/// most texts.
pub(super) fn may_hold(text: &[u8], cut: bool) -> bool {
    memmem::find_iter(text, BEGINNING)
        .filter_map(|at| damage(&text[at..]))
        .any(|(damage, _)| cut || damage == Damage::Mistyped)
}

/// What looks like a key in a short text, but for a prefix with a typing error or in other case. In a long text there
/// would be words that look alike.
pub(super) fn with_other_prefix(text: &[u8]) -> Vec<DamagedKey> {
    let text = text.strip_prefix(MARK).unwrap_or(text);
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let mut lines = Lines { line: 1, column: 1, counted: 0 };
    let mut found = Vec::new();
    for word in text.split(|byte| !is_part(byte)).filter(|word| word.len() > BODY_LEN) {
        let Some((damage, shown)) = other_prefix(word) else { continue };
        let at = word.as_ptr() as usize - text.as_ptr() as usize;
        let (line, column) = lines.at(text, at);
        found.push(DamagedKey { line, column, shown, damage });
    }
    found
}

/// The kind whose prefix a word almost has, and what may be shown of the word.
fn other_prefix(word: &[u8]) -> Option<(Damage, String)> {
    /// So many typing errors: a letter that is wrong, missing or one too many, or two that are exchanged.
    const ERRORS_MAX: usize = 2;
    let text = std::str::from_utf8(word).ok()?;
    let (prefix, body) = text.split_at_checked(word.len() - BODY_LEN)?;
    let is_body = body.bytes().all(|byte| byte.is_ascii_alphanumeric()) && different(body.as_bytes()) > FEW;
    let is_right = |kind: &Kind| word.starts_with(kind.prefix().as_bytes());
    if !is_body || Kind::ALL.iter().any(is_right) {
        return None;
    }
    let errors = |kind: &Kind| strsim::osa_distance(&prefix.to_ascii_lowercase(), kind.prefix());
    let kind = Kind::ALL.into_iter().min_by_key(errors).filter(|kind| errors(kind) <= ERRORS_MAX)?;
    // One letter too many is one of the prefix or one of the body: behind the last separator only what is surely of
    // the prefix is shown as such.
    let (before, behind) = prefix.split_at(prefix.rfind(['_', '-']).map_or(0, |at| at + 1));
    let right = kind.prefix().trim_end_matches('_');
    let is_whole = |text: &str| behind.eq_ignore_ascii_case(text);
    let is_sure = right.split('_').any(is_whole) || is_whole(&right.replace('_', ""));
    let shown = if is_sure { prefix } else { before };
    let handle = &text[shown.len()..][..HANDLE_LEN];
    let mask = MaskedKey::new(kind, handle, &body[BODY_LEN - 4..]).ok()?.to_string();
    Some((Damage::Prefix(kind), format!("{shown}{}", &mask[PREFIX_LEN..])))
}

/// What is wrong with the key with which the text begins, and what may be shown of it. A masked key and a placeholder
/// such as `redir_live_YOUR_KEY` are right as they are.
fn damage(text: &[u8]) -> Option<(Damage, String)> {
    let kind = Kind::ALL.into_iter().find(|kind| text.starts_with(kind.prefix().as_bytes()))?;
    let body = text.get(PREFIX_LEN..)?;
    let letters = body.iter().take_while(|byte| byte.is_ascii_alphanumeric()).take(BODY_LEN + 1).count();
    let is_masked = letters <= HANDLE_LEN && matches!(body.get(letters), Some(b'*' | b'.' | 0xE2));
    let is_placeholder = matches!(body.get(letters), Some(b'_' | b'-'));
    if is_masked || is_placeholder {
        return None;
    }
    match letters {
        0 => None,
        BODY_LEN => {
            let key = std::str::from_utf8(&text[..KEY_LEN]).ok()?;
            let is_mistyped =
                secret::check(key) == Err(Malformed::Checksum) && different(&body[..BODY_LEN]) > FEW;
            let mask = MaskedKey::new(kind, &key[PREFIX_LEN..][..HANDLE_LEN], &key[KEY_LEN - 4..]).ok()?;
            is_mistyped.then(|| (Damage::Mistyped, mask.to_string()))
        }
        letters if letters < BODY_LEN => {
            let shown = &text[..PREFIX_LEN + letters.min(HANDLE_LEN)];
            Some((Damage::Cut(PREFIX_LEN + letters), String::from_utf8_lossy(shown).into_owned()))
        }
        _ => None,
    }
}

/// How many different letters and digits there are.
fn different(text: &[u8]) -> u32 {
    text.iter().fold(0_u128, |seen, byte| seen | 1 << (byte & 0x7f)).count_ones()
}

/// Counts the lines up to places in a text, which follow each other.
struct Lines {
    line: u64,
    column: u64,
    counted: usize,
}

impl Lines {
    fn at(&mut self, text: &[u8], at: usize) -> (u64, u64) {
        let part = &text[self.counted..at];
        match memchr::memrchr(b'\n', part) {
            Some(last) => {
                self.line += memchr::memchr_iter(b'\n', part).count() as u64;
                self.column = (part.len() - last) as u64;
            }
            None => self.column += part.len() as u64,
        }
        self.counted = at;
        (self.line, self.column)
    }

    /// The text now begins there.
    fn pass(&mut self, text: &[u8], at: usize) {
        self.at(text, at);
        self.counted = 0;
    }
}
