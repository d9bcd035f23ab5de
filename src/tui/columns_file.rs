//! The file of chosen columns in the state directory.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

/// Size limit in bytes.
const MOST: u64 = 16 * 1024;

/// The content, empty if the file is missing, and the error if it cannot be read.
pub(super) fn read(path: &Path) -> (String, Option<String>) {
    match text(path) {
        Ok(text) => (text, None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => (String::new(), None),
        Err(error) => {
            let why = format!("Cannot read {}: {error}. Default columns are shown.", path.display());
            (String::new(), Some(why))
        }
    }
}

fn text(path: &Path) -> io::Result<String> {
    // Reading a pipe could block the first frame.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a file"));
    }
    let mut text = String::new();
    File::open(path)?.take(MOST).read_to_string(&mut text)?;
    Ok(text)
}

/// Replaces the file in one step: a reader or a crash finds the old content or the new one, never a part.
pub(super) fn write(path: &Path, text: &str) -> Result<(), String> {
    replace(path, text).map_err(|error| format!("Cannot save columns in {}: {error}", path.display()))
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    // Another dashboard may write its own at the same time.
    let unready = path.with_extension(format!("{}.new", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(&unready)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&unready, path));
    if written.is_err() {
        let _ = fs::remove_file(&unready);
    }
    written
}
