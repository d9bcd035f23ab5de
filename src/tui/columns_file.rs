//! The file of chosen columns in the state directory.

use std::path::Path;

use super::state_file;

/// Size limit in bytes.
const MOST: u64 = 16 * 1024;

/// The content, empty if the file is missing, and the error if it cannot be read.
pub(super) fn read(path: &Path) -> (String, Option<String>) {
    match state_file::read(path, MOST) {
        Ok(text) => (text.unwrap_or_default(), None),
        Err(error) => {
            let why = format!("Cannot read {}: {error}. Default columns are shown.", path.display());
            (String::new(), Some(why))
        }
    }
}

/// Replaces the file.
pub(super) fn write(path: &Path, text: &str) -> Result<(), String> {
    state_file::replace(path, text)
        .map_err(|error| format!("Cannot save columns in {}: {error}", path.display()))
}
