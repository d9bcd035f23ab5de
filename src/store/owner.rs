//! One process owns a SQLite file.
//!
//! The lock is one of the operating system's, on `<file>.lock` beside the database: it goes with the process
//! that holds it, however that ends, so a lock file that was left behind locks nothing.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::{Result, StoreError};

/// The right to use a SQLite file; dropping it gives the file free.
#[derive(Debug)]
pub struct Owner {
    path: PathBuf,
    /// The lock file, if it was made for this owner.
    made: Option<PathBuf>,
    // Closing the file ends the lock.
    _lock: File,
}

impl Owner {
    /// Takes a SQLite file for this process. Missing folders are made (0700); the database itself is not.
    ///
    /// # Errors
    /// [`StoreError::Held`] names the process that has it; [`StoreError::Unusable`] says what is wrong with
    /// the path.
    pub fn acquire(path: &Path) -> Result<Owner> {
        let path = canonical(path)?;
        let mut lock_path = path.clone().into_os_string();
        lock_path.push(".lock");
        let lock_path = PathBuf::from(lock_path);
        let made = !lock_path.exists();
        let mut lock = private(OpenOptions::new().read(true).write(true).create(true).truncate(false))
            .open(&lock_path)
            .map_err(|error| unusable(&lock_path, "the lock file cannot be opened", &error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // What cannot be read only leaves the holder unnamed.
                let _ = lock.read_to_string(&mut text);
                let pid = text.trim().parse().unwrap_or(0);
                return Err(StoreError::Held { path: path.display().to_string(), pid });
            }
            Err(TryLockError::Error(error)) => {
                return Err(unusable(&lock_path, "the file cannot be locked", &error));
            }
        }
        // The number only helps the next process to name this one: the lock holds without it, on a full
        // disk too.
        let _ = lock
            .set_len(0)
            .and_then(|()| lock.rewind())
            .and_then(|()| lock.write_all(format!("{}\n", std::process::id()).as_bytes()));
        Ok(Owner { path, made: made.then_some(lock_path), _lock: lock })
    }

    /// The database file, its folder made canonical.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the lock file away again, if it was made for this owner: the file is another program's.
    ///
    /// Of a file that Keydeck can use it must stay: who opened it a moment ago and who makes a new one would
    /// both hold a lock. Of a foreign file neither becomes the owner.
    pub(super) fn leave_no_trace(&self) {
        if let Some(lock) = &self.made {
            // A file that stays behind harms nobody.
            let _ = std::fs::remove_file(lock);
        }
    }
}

/// The one path of a file, however it was written: through links, with `..`, relative.
fn canonical(path: &Path) -> Result<PathBuf> {
    let mut path = path.to_owned();
    // A link whose end is missing yet is followed too: SQLite would make the file at its end.
    for _ in 0..40 {
        match std::fs::read_link(&path) {
            Ok(end) => path = path.parent().unwrap_or(Path::new("")).join(end),
            Err(_) => break,
        }
    }
    let Some(name) = path.file_name() else {
        return Err(StoreError::Unusable(format!(
            "{} names a folder; name a file in it, such as keydeck.db",
            path.display()
        )));
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    make_folder(folder)
        .map_err(|error| unusable(folder, "the folder of the database cannot be made", &error))?;
    let folder = folder
        .canonicalize()
        .map_err(|error| unusable(folder, "the folder of the database cannot be used", &error))?;
    let path = folder.join(name);
    if path.is_dir() {
        return Err(StoreError::Unusable(format!(
            "{} is a folder; name a file in it, such as {}",
            path.display(),
            path.join("keydeck.db").display()
        )));
    }
    Ok(path)
}

/// Makes a folder and those above it that are missing, for this user alone.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Files that are made are this user's alone.
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// What is wrong with a path, and what to do about it.
pub(super) fn unusable(path: &Path, what: &str, error: &std::io::Error) -> StoreError {
    use std::io::ErrorKind;
    let (why, then) = match error.kind() {
        ErrorKind::PermissionDenied => ("it is not allowed", "check who owns it and its mode"),
        ErrorKind::ReadOnlyFilesystem => ("the disk is read-only", "name a file on another one"),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => return StoreError::Full,
        ErrorKind::NotADirectory => ("a part of its path is no folder", "name another file"),
        ErrorKind::NotFound => ("a part of its path is missing", "name another file"),
        _ => {
            return StoreError::Unusable(format!("{}: {what}: {error}; check the path", path.display()));
        }
    };
    StoreError::Unusable(format!("{}: {what}: {why}; {then}", path.display()))
}
