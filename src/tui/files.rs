//! Files that the user asked for. They are always new: nothing that exists is overwritten.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::files;
use crate::pack::DraftError;
use crate::secret::Secret;
use crate::wire::text;

/// Writes an export: to the place that was typed, else into the working directory, under the next name that is free.
/// Gives the path.
pub(super) fn write_export(name: &str, place: Option<&str>, text: &str) -> Result<String, String> {
    if let Some(place) = place {
        return write_new(&resolve(place, name)?, text.as_bytes(), false);
    }
    write_new(&numbered(name)?, text.as_bytes(), false)
}

/// Where a pack goes: to the place that was typed, else into the working directory, under the next name that is free.
pub(super) fn pack_place(name: &str, place: Option<&str>) -> Result<PathBuf, String> {
    place.map_or_else(|| numbered(name), |place| resolve(place, name))
}

/// Why a pack was not saved, in words.
pub(super) fn pack_words(error: &DraftError) -> String {
    match error {
        DraftError::Exists { path, .. } => exists_words(path),
        DraftError::NoFolder { path } => no_folder_words(path),
        error => text::plain(&error.to_string()).into_owned(),
    }
}

/// Writes a key to a new file that its owner alone may read: to the place that was typed, else into the working
/// directory, under the next name that is free. Gives the path.
pub(super) fn write_secret(name: &str, place: Option<&str>, secret: &Secret) -> Result<String, String> {
    let path = match place {
        Some(place) => resolve(place, name)?,
        None => numbered(name)?,
    };
    let mut text = zeroize::Zeroizing::new(Vec::with_capacity(secret.reveal().len() + 1));
    text.extend_from_slice(secret.reveal().as_bytes());
    text.push(b'\n');
    write_new(&path, &text, true)
}

/// This name in the working directory, or the next one with a number that is free.
fn numbered(name: &str) -> Result<PathBuf, String> {
    let path = working_directory()?.join(name);
    if files::is_free(&path) {
        return Ok(path);
    }
    files::free_beside(&path)
        .ok_or_else(|| format!("{} and its numbered variants already exist", path.display()))
}

fn exists_words(path: &Path) -> String {
    let free = files::free_beside(path);
    let free = free.as_deref().and_then(Path::file_name);
    let free = free.map(|free| format!("; {} is free", free.display())).unwrap_or_default();
    format!("{} already exists; files are never overwritten{free}", path.display())
}

fn no_folder_words(path: &Path) -> String {
    let folder = path.parent().unwrap_or(path).display();
    format!("cannot write {}: the directory {folder} does not exist", path.display())
}

fn working_directory() -> Result<PathBuf, String> {
    std::env::current_dir().map_err(|error| format!("cannot find the working directory: {error}"))
}

/// The path that was typed: `~` is the home directory, and in a directory the file gets its usual name.
fn resolve(typed: &str, name: &str) -> Result<PathBuf, String> {
    let path = match typed.strip_prefix('~') {
        Some(rest)
            if rest.is_empty() || rest.starts_with('/') || rest.starts_with(std::path::MAIN_SEPARATOR) =>
        {
            let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
            let home = home.ok_or_else(|| format!("cannot expand ~ in {typed}: no home directory"))?;
            home.join(rest.trim_start_matches(['/', std::path::MAIN_SEPARATOR]))
        }
        _ => working_directory()?.join(typed),
    };
    Ok(if path.is_dir() { path.join(name) } else { path })
}

fn write_new(path: &Path, bytes: &[u8], private: bool) -> Result<String, String> {
    let shown = path.display().to_string();
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = private;
    let mut file = options.open(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => exists_words(path),
        ErrorKind::NotFound => no_folder_words(path),
        _ => format!("cannot write {shown}: {}", text::plain(&error.to_string())),
    })?;
    match file.write_all(bytes).and_then(|()| file.sync_all()) {
        Ok(()) => Ok(shown),
        Err(error) => {
            // Half a file is worse than none; why it could not be written is what matters.
            let _ = std::fs::remove_file(path);
            Err(format!("cannot write {shown}: {}", text::plain(&error.to_string())))
        }
    }
}
