//! The log: a file of this user's, two files of 5 MB at most, or standard error for `serve`.
//!
//! Every line passes one last filter that masks whole keys, whatever wrote it, and is written by a thread of its
//! own. Where the log is standard error, all that is said there goes the same way.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::lines::{Lines, Stderr};
use crate::secret;
use crate::wire::text;

/// The size that neither of the two files exceeds.
pub const MAX_BYTES: u64 = 5_000_000;

/// The most characters of a line for people: a server may send megabytes.
pub const LINE_MAX: usize = 4000;

/// How long the end of the process waits for the log.
const LAST_FLUSH: Duration = Duration::from_millis(500);

/// The log of this process.
static LOG: OnceLock<Log> = OnceLock::new();

struct Log {
    lines: Lines,
    /// It goes to standard error.
    shown: bool,
    /// Each of its lines is JSON.
    json: bool,
}

/// Where lines go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// `keydeck.log` in this directory.
    File(PathBuf),
    /// Standard error, in lines for people.
    Stderr,
    /// Standard error, a JSON object a line.
    Json,
    /// There is none: nothing is written.
    Nowhere,
}

/// Starts the log. A log that cannot be written is said once on standard error and then done without:
/// it must not keep anybody from revoking a key.
pub fn start(place: &Place, level: Option<&str>) {
    let default =
        || Targets::new().with_default(tracing::Level::WARN).with_target("keydeck", tracing::Level::INFO);
    let filter = match level.map(str::parse::<Targets>) {
        None => default(),
        Some(Ok(filter)) => filter,
        Some(Err(error)) => {
            say(&format!("KEYDECK_LOG: {error}; expected a level (info) or targets (keydeck=debug)"));
            default()
        }
    };
    let (started, shown) = match place {
        Place::Nowhere => return,
        Place::Stderr | Place::Json => (Stderr::open().and_then(Lines::start), true),
        Place::File(directory) => (Rotating::open(directory, MAX_BYTES).and_then(Lines::start), false),
    };
    let lines = match (started, place) {
        (Ok(lines), _) => lines,
        (Err(error), Place::File(directory)) => {
            return say(&format!("cannot write a log in {}: {error}", directory.display()));
        }
        (Err(error), _) => return say(&format!("cannot write a log: {error}")),
    };
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_ansi(false);
    let queue = lines.clone();
    let writer = move || Masked(queue.clone());
    let started = match place {
        Place::Json => registry.with(layer.json().flatten_event(true).with_writer(writer)).try_init(),
        _ => registry.with(layer.with_writer(writer)).try_init(),
    };
    // A second start in one process (tests) keeps the first log.
    if started.is_ok() {
        let _ = LOG.set(Log { lines, shown, json: *place == Place::Json });
    }
}

/// Prints a message for people on standard error, where it does not mix with data. Where standard
/// error is the log, it becomes a line of the log: an event where these are JSON.
pub fn say(line: &str) {
    let line = text::inert(&text::cut(&text::plain(line), LINE_MAX)).into_owned();
    let plain = format!("keydeck: {line}\n");
    match LOG.get().filter(|log| log.shown) {
        Some(log) if log.json => {
            if let Some(warning) = line.strip_prefix("warning: ") {
                tracing::warn!("{warning}");
            } else {
                tracing::error!("{line}");
            }
        }
        // The queue takes every line.
        Some(log) => {
            let _ = Masked(log.lines.clone()).write_all(plain.as_bytes());
        }
        // When standard error is closed, nobody is left to tell.
        None => {
            let _ = io::stderr().write_all(plain.as_bytes());
        }
    }
}

/// Waits until all lines of the log are written, for a moment at most: to be called before the process ends.
pub fn flush() {
    if let Some(log) = LOG.get() {
        log.lines.flush(LAST_FLUSH);
    }
}

/// Masks each whole key in what passes, and escapes what could act on a terminal that shows it: control characters
/// and those that change the direction of writing. The log writes each line in one call.
#[derive(Debug)]
pub struct Masked<W>(pub W);

impl<W: Write> Write for Masked<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.0.write_all(escaped(&secret::masked(&text)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A line of the log with each hostile character as `\uXXXX`, which JSON reads too; its own line break stays.
fn escaped(line: &str) -> Cow<'_, str> {
    let (body, end) = line.strip_suffix('\n').map_or((line, ""), |body| (body, "\n"));
    if !body.contains(text::is_hostile) {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len() + 32);
    for c in body.chars() {
        if text::is_hostile(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out.push_str(end);
    Cow::Owned(out)
}

/// `keydeck.log`, and the one before it as `keydeck.log.1`. Several processes may write to it at a time.
#[derive(Debug)]
pub struct Rotating {
    path: PathBuf,
    file: File,
    most: u64,
}

impl Rotating {
    /// Opens or makes the file with mode 0600; the directory is made when missing.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn open(directory: &Path, most: u64) -> io::Result<Rotating> {
        crate::config::dirs::create_private(directory).map_err(io::Error::other)?;
        let path = directory.join("keydeck.log");
        Ok(Rotating { file: open(&path)?, path, most })
    }

    fn make_room(&mut self, bytes: u64) -> io::Result<()> {
        if self.file.metadata()?.len().saturating_add(bytes) <= self.most {
            return Ok(());
        }
        // Another process may have turned the files already: then the one at the path has room.
        let current = open(&self.path)?;
        if current.metadata()?.len().saturating_add(bytes) <= self.most {
            self.file = current;
            return Ok(());
        }
        std::fs::rename(&self.path, self.path.with_extension("log.1"))?;
        self.file = open(&self.path)?;
        Ok(())
    }
}

impl Write for Rotating {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A line that is larger than a file is cut: the bound holds for every line.
        let cut = &bytes[..bytes.len().min(usize::try_from(self.most).unwrap_or(usize::MAX))];
        self.make_room(cut.len() as u64)?;
        self.file.write_all(cut)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // A pipe at its place must not be waited for, neither to open it nor to write to it. A symbolic link would
        // lead the lines into another file.
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOFOLLOW;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    options.open(path).map_err(|error| {
        if path.is_symlink() {
            io::Error::other(format!("{} is a symbolic link; remove it", path.display()))
        } else {
            error
        }
    })
}
