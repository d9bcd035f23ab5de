//! Finds whole keys in a stream of any bytes and any length, and says in which line each begins.
//!
//! A key is searched for as it stands and in every form that the bytes can be decoded to. The checksum decides, so
//! that nothing else is taken for a key.
//!
//! | module | what |
//! |---|---|
//! | `quick`, `signs`, `letters` | whether a window needs a closer look; whether the beginning of a key may be hidden in it |
//! | `look` | one window of the stream in every form, one inside another |
//! | `views`, `decode`, `dump` | unescaped, decoded, and as hexadecimal dumps |
//! | `packed`, `unpacked` | what is compressed: how it is recognised; its contents, up to a limit |

mod decode;
mod dump;
mod letters;
mod look;
pub(in crate::cli) mod packed;
mod quick;
mod signs;
pub(in crate::cli) mod unpacked;
mod views;

use std::io::{self, Read};

use memchr::memmem;
use zeroize::Zeroizing;

use self::look::Look;
use crate::encoding::Wide;
use crate::secret::{KEY_LEN, MaskedKey, Secret};

/// How much is looked at in one go.
const CHUNK: usize = 256 * 1024;
/// How much of it is looked at again with what follows: no key is longer, however it is written.
const OVERLAP: usize = 16 * 1024;
/// Something compressed within is kept until its end has come, up to this size.
const KEPT: usize = 4 << 20;

/// A whole key in a stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hit {
    /// 1 is the first line.
    pub line: u64,
    /// The byte of the line at which it begins, or the character where each has two or four bytes; 1 is the first.
    pub column: u64,
    /// Its mask.
    pub mask: MaskedKey,
    /// The key itself; absent where it was taken out, since nobody needs it further on.
    pub key: Option<Secret>,
}

/// What a search of a stream says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Seen {
    /// A whole key.
    Key(Hit),
    /// Why a part was not searched.
    NotSearched(String),
}

/// Why bytes are not searched of which nothing else is known: a guess.
pub const LOOKS_PACKED: &str = "looks compressed or encrypted";

/// Reads a stream to its end. `source` says what it is; `is_known` that the caller has named what it begins with.
///
/// # Errors
/// When it cannot be read. What was found until then has been told.
pub fn keys_in(
    input: &mut dyn Read,
    source: Source,
    is_known: bool,
    tell: &mut dyn FnMut(Seen),
) -> io::Result<()> {
    let depth = match source {
        Source::Live | Source::File => 0,
        Source::Within(depth) => depth,
    };
    // Most files are small, and all of it is wiped. What is unpacked comes at once, but in small parts.
    let mut buffer = Zeroizing::new(vec![0; if depth > 0 { CHUNK + OVERLAP } else { 2 * OVERLAP }]);
    // What the buffer holds, where it begins in the stream, and what was found in the part that is looked at again.
    let (mut filled, mut base) = (0, 0_u64);
    let mut told: Vec<(u64, u64, Secret)> = Vec::new();
    let mut missed: Vec<String> = Vec::new();
    let mut lines = Lines { wide: None, line: 1, begin: 0 };
    // A pipe is looked at as it comes; a file once there is much of it.
    let enough = if source == Source::Live { 0 } else { buffer.len() };
    let mut wanted = enough;
    // What was looked at already, when nothing in it waits for more.
    let mut looked = 0;
    loop {
        let read = match input.read(&mut buffer[filled..]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        filled += read;
        if read > 0 && filled < wanted {
            continue;
        }
        if read == 0 && filled == looked {
            return Ok(());
        }
        let window = &buffer[..filled];
        if base == 0 {
            lines.wide = Wide::of(window);
            lines.begin = mark(window);
        }
        let last = read == 0;
        let mut look = repeating(window, depth, last).unwrap_or_else(|| Look::through(window, depth, last));
        // By its first window, so that a file of which nothing else is known is named once.
        if base == 0
            && !is_known
            && look.missed.is_empty()
            && look.keys.is_empty()
            && packed::is_random(window)
        {
            look.missed.push((0, LOOKS_PACKED.to_owned()));
        }
        for (at, reason) in look.missed {
            if (is_known && base + at as u64 == 0) || missed.contains(&reason) {
                continue;
            }
            missed.push(reason.clone());
            tell(Seen::NotSearched(reason));
        }
        let mut done = 0;
        let (mut line, mut begin) = (lines.line, lines.begin);
        for (at, key) in look.keys {
            let place = base + at as u64;
            let breaks = lines.breaks(window, base, done, at);
            line += breaks.count;
            begin = breaks.last.map_or(begin, |last| base + last as u64);
            done = at;
            let near = |other: u64| other.abs_diff(place) < KEY_LEN as u64;
            // A line that holds it in two forms, compressed and not, holds it once.
            if told.iter().any(|(other, on, of)| (near(*other) || *on == line) && *of == key) {
                continue;
            }
            let column = place.saturating_sub(begin) / lines.width() as u64 + 1;
            told.push((place, line, key.clone()));
            tell(Seen::Key(Hit { line, column, mask: key.hint(), key: Some(key) }));
        }
        if last {
            return Ok(());
        }
        let mut begun = filled.saturating_sub(OVERLAP);
        wanted = enough;
        match look.open {
            Some(open) if filled - open < KEPT => {
                begun = begun.min(open);
                // Twice as much, so that it is not looked at for every few bytes.
                wanted = (2 * (filled - begun)).max(OVERLAP);
            }
            Some(_) => {
                let reason = format!("compressed data larger than {} MiB", KEPT >> 20);
                if !missed.contains(&reason) {
                    missed.push(reason.clone());
                    tell(Seen::NotSearched(reason));
                }
            }
            None => {}
        }
        let breaks = lines.breaks(window, base, 0, begun);
        lines.line += breaks.count;
        lines.begin = breaks.last.map_or(lines.begin, |last| base + last as u64);
        base += begun as u64;
        told.retain(|(place, line, _)| *place >= base || *line == lines.line);
        let room = if wanted > buffer.len() { wanted + OVERLAP } else { CHUNK + OVERLAP };
        if room > buffer.len() {
            // Growing in place could leave a copy behind of what may be a secret.
            let mut larger = Zeroizing::new(vec![0; room]);
            larger[..filled - begun].copy_from_slice(&buffer[begun..filled]);
            buffer = larger;
        } else {
            buffer.copy_within(begun..filled, 0);
        }
        if source != Source::Live {
            wanted = buffer.len();
        }
        filled -= begun;
        looked = if look.open.is_none() { filled } else { 0 };
    }
}

/// What a stream is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// It may come slowly, or have no end: what has come is looked at at once.
    Live,
    /// A file, or bytes in memory.
    File,
    /// Contents of something else, which stands in one less.
    Within(usize),
}

/// Whether the bytes of a whole file hold no key and nothing that cannot be searched. False where that takes a closer
/// look.
pub fn is_plain(file: &[u8]) -> bool {
    // The end of a zip archive has control characters, which take a closer look in any case.
    packed::Packed::of(&file[..file.len().min(packed::HEAD)]).is_none()
        && !quick::may_hold(file)
        && !packed::is_random(file)
}

/// The keys in a text that is there as a whole: each once.
pub fn keys_in_text(bytes: &[u8]) -> Vec<Secret> {
    let mut keys: Vec<Secret> = Vec::new();
    for (_, key) in Look::through(bytes, 0, true).keys {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// A window that repeats one short text all the way needs one look at that text: nothing is in it that is not in its
/// beginning. Files that unpack to very much are like that.
fn repeating(window: &[u8], depth: usize, last: bool) -> Option<Look> {
    const PERIOD: usize = 4096;
    let (start, rest) = (window.get(..64)?, window.get(1..)?);
    let period = 1 + memmem::find(&rest[..rest.len().min(PERIOD + 64)], start)?;
    let enough = 2 * period + PERIOD;
    if window.len() < 2 * enough || window[period..] != window[..window.len() - period] {
        return None;
    }
    let look = Look::through(&window[..enough], depth, last);
    (look.keys.is_empty() && look.open.is_none()).then_some(look)
}

/// The bytes of a byte order mark, which stand in no column.
fn mark(window: &[u8]) -> u64 {
    match window {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => 4,
        [0xef, 0xbb, 0xbf, ..] => 3,
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => 2,
        _ => 0,
    }
}

/// Counts lines as an editor does that knows the encoding.
struct Lines {
    wide: Option<Wide>,
    line: u64,
    /// Where the line begins in the stream.
    begin: u64,
}

/// The line breaks in a part of a window.
struct Breaks {
    count: u64,
    /// The first byte behind the last of them.
    last: Option<usize>,
}

impl Lines {
    /// The line breaks that begin in a part of a window.
    fn breaks(&self, window: &[u8], base: u64, from: usize, to: usize) -> Breaks {
        let part = from..to.max(from);
        let unit: &[u8] = match self.wide {
            None => {
                let last = memchr::memrchr(b'\n', &window[part.clone()]).map(|at| from + at + 1);
                return Breaks { count: memchr::memchr_iter(b'\n', &window[part]).count() as u64, last };
            }
            Some(Wide::Utf16Le) => b"\n\0",
            Some(Wide::Utf16Be) => b"\0\n",
            Some(Wide::Utf32Le) => b"\n\0\0\0",
            Some(Wide::Utf32Be) => b"\0\0\0\n",
        };
        let width = unit.len();
        let begin = (base as usize).wrapping_add(from) % width;
        let first = from + if begin == 0 { 0 } else { width - begin };
        let (mut count, mut last) = (0, None);
        for at in (first..to).step_by(width).filter(|at| window[*at..].starts_with(unit)) {
            count += 1;
            last = Some(at + width);
        }
        Breaks { count, last }
    }

    /// Bytes of a character.
    fn width(&self) -> usize {
        match self.wide {
            None => 1,
            Some(Wide::Utf16Le | Wide::Utf16Be) => 2,
            Some(Wide::Utf32Le | Wide::Utf32Be) => 4,
        }
    }
}
