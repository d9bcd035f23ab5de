//! Small text files in the state directory: read whole, replaced whole, readable only by their owner.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

/// The content; none if there is no such file.
///
/// # Errors
/// It cannot be read, is no file or no UTF-8, or has more than `most` bytes.
pub(super) fn read(path: &Path, most: u64) -> io::Result<Option<String>> {
    // Reading a pipe could block the first frame.
    match fs::metadata(path) {
        Ok(about) if about.is_file() => {}
        Ok(_) => return Err(io::Error::other("not a file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    }
    let mut text = String::new();
    File::open(path)?.take(most + 1).read_to_string(&mut text)?;
    if text.len() as u64 > most {
        return Err(io::Error::other(format!("larger than {} KiB", most / 1024)));
    }
    Ok(Some(text))
}

/// Replaces the file in one step: a reader or a crash finds the old content or the new one, never a part.
///
/// # Errors
/// It cannot be written; the old content is still there.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
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
