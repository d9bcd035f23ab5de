//! A pack while it is received: written beside its place, verified, and moved there.

use std::fs::File;
use std::io::{self, BufWriter, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Proof, unpack, verify};
use crate::files;
use crate::wire::time::Timestamp;

/// The archive in the folder of a draft.
const ARCHIVE: &str = "pack.tar.gz";

/// A pack that is being received into a temporary folder beside its place. Dropping it removes the folder.
pub struct Draft {
    path: PathBuf,
    folder: TempDir,
    file: BufWriter<File>,
}

/// Why a pack was not saved, or does not verify.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// Files are never overwritten.
    #[error("{} already exists", path.display())]
    Exists {
        /// What exists.
        path: PathBuf,
        /// A path beside it that is free.
        free: Option<PathBuf>,
    },
    /// The directory of the place does not exist.
    #[error("cannot write {}: its directory does not exist", path.display())]
    NoFolder {
        /// The place of the pack.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot write {}: {error}", path.display())]
    Write {
        /// The place of the pack.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The archive is incomplete; nothing was kept.
    #[error("the pack is incomplete: {0}; try again")]
    Incomplete(String),
    /// The pack is saved as the server sent it, because what is wrong with it is evidence, too.
    #[error(
        "{path} was created, but does not verify: {first}; for all differences, run: keydeck audit verify {path}",
        path = path.display()
    )]
    Differs {
        /// Where it is.
        path: PathBuf,
        /// The first difference.
        first: String,
    },
}

/// The usual name of a pack that is created at this time: `keydeck-report-2026-12-01`.
pub fn usual_name(now: Timestamp) -> String {
    format!("keydeck-report-{}", now.utc().date_naive())
}

/// Whether a pack at this path is an archive; otherwise it is a directory.
fn is_archive(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    [".tar.gz", ".tgz"].iter().any(|end| name.ends_with(end))
}

impl Draft {
    /// Prepares the place, before the server creates a report for nothing.
    ///
    /// # Errors
    /// It exists, or cannot be written.
    pub fn beside(path: &Path) -> Result<Draft, DraftError> {
        let failed = |error| DraftError::Write { path: path.to_owned(), error };
        must_be_free(path)?;
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        std::fs::metadata(parent).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => DraftError::NoFolder { path: path.to_owned() },
            _ => failed(error),
        })?;
        let folder =
            tempfile::Builder::new().prefix(".keydeck-report-").tempdir_in(parent).map_err(failed)?;
        let mut options = File::options();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(folder.path().join(ARCHIVE)).map_err(failed)?;
        Ok(Draft { path: path.to_owned(), folder, file: BufWriter::new(file) })
    }

    /// Appends received bytes.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&mut self, part: &[u8]) -> Result<(), DraftError> {
        self.file.write_all(part).map_err(|error| DraftError::Write { path: self.path.clone(), error })
    }

    /// Verifies the pack and moves it to its place, as an archive or as a directory.
    ///
    /// # Errors
    /// As [`DraftError`] says.
    pub fn finish(mut self) -> Result<Proof, DraftError> {
        let path = self.path.clone();
        let failed = |error| DraftError::Write { path: path.clone(), error };
        self.file.flush().map_err(failed)?;
        self.file.get_ref().sync_all().map_err(failed)?;
        self.file.rewind().map_err(failed)?;
        let unpacked = self.folder.path().join("pack");
        std::fs::create_dir(&unpacked).map_err(failed)?;
        #[cfg(unix)]
        std::fs::set_permissions(&unpacked, std::os::unix::fs::PermissionsExt::from_mode(0o700))
            .map_err(failed)?;
        unpack(self.file.get_ref(), &unpacked).map_err(DraftError::Incomplete)?;
        let verified = verify(&unpacked, None);
        must_be_free(&path)?;
        if is_archive(&path) {
            files::publish(&self.folder.path().join(ARCHIVE), &path).map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => exists(&path),
                _ => failed(error),
            })?;
        } else {
            // This replaces no file, and no directory with anything in it.
            std::fs::rename(unpacked, &path).map_err(failed)?;
        }
        verified.map_err(|differences| {
            let first = differences.first().map(ToString::to_string).unwrap_or_default();
            DraftError::Differs { path, first }
        })
    }
}

fn must_be_free(path: &Path) -> Result<(), DraftError> {
    match std::fs::symlink_metadata(path) {
        Ok(_) => Err(exists(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(DraftError::Write { path: path.to_owned(), error }),
    }
}

fn exists(path: &Path) -> DraftError {
    DraftError::Exists { path: path.to_owned(), free: files::free_beside(path) }
}
