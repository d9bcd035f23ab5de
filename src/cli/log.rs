//! The log: a file of this user's, two files of 5 MB at most, or standard error for `serve`.
//!
//! Every line passes one last filter that masks whole keys, whatever wrote it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::output;
use crate::secret;

/// The size that neither of the two files exceeds.
pub const MAX_BYTES: u64 = 5_000_000;

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
            output::say(&format!("KEYDECK_LOG: {error}; expected a level (info) or targets (keydeck=debug)"));
            default()
        }
    };
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_ansi(false);
    // A second start in one process (tests) keeps the first log.
    let _ = match place {
        Place::Nowhere => Ok(()),
        Place::Stderr => registry.with(layer.with_writer(|| Masked(io::stderr()))).try_init(),
        Place::Json => {
            registry.with(layer.json().flatten_event(true).with_writer(|| Masked(io::stderr()))).try_init()
        }
        Place::File(directory) => match Rotating::open(directory, MAX_BYTES) {
            Ok(file) => registry.with(layer.with_writer(Mutex::new(Masked(file)))).try_init(),
            Err(error) => {
                output::say(&format!("no log in {}: {error}", directory.display()));
                Ok(())
            }
        },
    };
}

/// Masks each whole key in what passes. The log writes each line in one call.
#[derive(Debug)]
pub struct Masked<W>(pub W);

impl<W: Write> Write for Masked<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.0.write_all(secret::masked(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
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
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
