//! Paths of a database: the one that is meant, and what is wrong with it.

use std::fs::{DirBuilder, OpenOptions};
use std::path::{Path, PathBuf};

use crate::store::{Result, StoreError};

/// A path with more at its end.
pub(in crate::store) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut path = path.to_owned().into_os_string();
    path.push(ending);
    PathBuf::from(path)
}

/// The one path of a file, however it was written: through links, with `..`, relative.
pub(super) fn canonical(path: &Path, create: bool) -> Result<PathBuf> {
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
            "{} is a directory; choose a file in it, such as keydeck.db",
            path.display()
        )));
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if create {
        create_folder(folder)
            .map_err(|error| unusable(folder, "cannot create the directory of the database", &error))?;
    }
    let folder = match folder.canonicalize() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !create => return Err(missing(&path)),
        folder => folder.map_err(|error| {
            unusable(folder_of(&path), "cannot use the directory of the database", &error)
        })?,
    };
    let path = folder.join(name);
    if path.is_dir() {
        return Err(StoreError::Unusable(format!(
            "{} is a directory; choose a file in it, such as {}",
            path.display(),
            path.join("keydeck.db").display()
        )));
    }
    Ok(path)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

/// Creates a folder and those above it that are missing, for this user alone.
fn create_folder(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Files that are created are this user's alone.
pub(in crate::store) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// What is wrong with a path, and what to do about it.
pub(in crate::store) fn unusable(path: &Path, what: &str, error: &std::io::Error) -> StoreError {
    use std::io::ErrorKind;
    let (why, then) = match error.kind() {
        ErrorKind::PermissionDenied => ("permission denied", "check its owner and mode"),
        ErrorKind::ReadOnlyFilesystem => ("the disk is read-only", "choose a file on another disk"),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => return StoreError::Full,
        ErrorKind::NotADirectory => ("part of the path is not a directory", "choose another file"),
        ErrorKind::NotFound => ("part of the path is missing", "choose another file"),
        _ => {
            return StoreError::Unusable(format!("{}: {what}: {error}; check the path", path.display()));
        }
    };
    StoreError::Unusable(format!("{}: {what}: {why}; {then}", path.display()))
}

/// The database is not there, and none shall be created.
pub(super) fn missing(path: &Path) -> StoreError {
    StoreError::Missing(path.display().to_string())
}
