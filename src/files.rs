//! Files read whole up to a size, and private files written whole.
//!
//! A name may lead to a pipe (`<(…)`), and reading one waits for whoever writes it: a command that is told to end
//! does not wait for such a read. Devices and sockets are refused, since they may never end.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::encoding::Wide;

/// The most bytes of a file that holds one token.
pub const TOKEN_MAX: u64 = 64 << 10;
/// The most bytes of a file with certificates.
pub const CERTIFICATES_MAX: u64 = 16 << 20;
/// The most bytes of a configuration file.
pub const CONFIG_MAX: u64 = 4 << 20;

/// Whether nothing has this path. Where that cannot be known, it is not free.
pub fn is_free(path: &Path) -> bool {
    matches!(std::fs::symlink_metadata(path), Err(error) if error.kind() == io::ErrorKind::NotFound)
}

/// A path beside this one that is free: `pack-2`, `pack-2.tar.gz`.
pub fn free_beside(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    // A dot at the beginning begins no extension.
    let at = name.get(1..)?.find('.').map_or(name.len(), |at| at + 1);
    let (stem, extension) = name.split_at(at);
    let mut paths = (2..100).map(|number| path.with_file_name(format!("{stem}-{number}{extension}")));
    paths.find(|path| is_free(path))
}

/// Opens a file or pipe.
///
/// # Errors
/// When it is a directory, a device or a socket, or the operating system refuses.
pub fn open(path: &Path) -> io::Result<File> {
    check(path, &std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    // Another file may have come into its place.
    check(path, &file.metadata()?)?;
    Ok(file)
}

/// Opens what a folder lists as a file, with one call of the operating system. If a pipe has come into its place,
/// nothing waits for it.
///
/// # Errors
/// When the operating system refuses.
pub fn open_listed(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        (rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY).bits().cast_signed(),
    );
    options.open(path)
}

/// Reads all of a file or pipe, at most this many bytes.
///
/// # Errors
/// As [`open`]; and when it is larger.
pub fn read(path: &Path, most: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    read_all(open(path)?, most)
}

/// Reads all of a stream, at most this many bytes.
///
/// # Errors
/// When it is longer, or cannot be read.
pub fn read_all(input: impl Read, most: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    // Growing would leave copies behind of what may be a secret.
    let room = usize::try_from(most.min(TOKEN_MAX)).unwrap_or(0) + 1;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    input.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let size =
            if most >= 1 << 20 { format!("{} MiB", most >> 20) } else { format!("{} KiB", most >> 10) };
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {size}")));
    }
    Ok(bytes)
}

/// The text that the bytes are, without the byte order mark of UTF-8.
///
/// # Errors
/// What they are instead.
pub fn text(bytes: &[u8]) -> Result<&str, &'static str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Some(wide) = Wide::of(bytes) {
        return Err(match wide {
            Wide::Utf16Le | Wide::Utf16Be => "it is UTF-16 text; save it as UTF-8",
            Wide::Utf32Le | Wide::Utf32Be => "it is UTF-32 text; save it as UTF-8",
        });
    }
    std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8 text")
}

/// Writes a new file, readable only by its owner. A file that cannot be written whole is removed.
///
/// # Errors
/// When it exists, or the operating system refuses.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).inspect_err(|_| {
        let _ = std::fs::remove_file(path);
    })
}

/// Gives a finished file its name, unless something has that name.
///
/// # Errors
/// `AlreadyExists` when something has it, or the operating system refuses.
pub fn publish(draft: &Path, path: &Path) -> io::Result<()> {
    match std::fs::hard_link(draft, path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // Not every file system has hard links.
        Err(_) if !is_free(path) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => std::fs::rename(draft, path),
    }
}

/// Replaces a file in one step through `draft`, a file beside it: a reader or a crash finds the old content or the
/// new one, never a part. The new file is readable only by its owner.
///
/// # Errors
/// When the operating system refuses; the old file is then unchanged.
pub fn replace(path: &Path, draft: &Path, bytes: &[u8]) -> io::Result<()> {
    // Left over from an earlier run that was killed here.
    let _ = std::fs::remove_file(draft);
    write_new(draft, bytes)?;
    std::fs::rename(draft, path).inspect_err(|_| {
        let _ = std::fs::remove_file(draft);
    })
}

fn check(path: &Path, found: &Metadata) -> io::Result<()> {
    let refused = |what: &str| Err(io::Error::new(io::ErrorKind::InvalidInput, what.to_owned()));
    if found.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        let kind = found.file_type();
        if kind.is_socket() {
            return refused("it is a socket");
        }
        // The empty file that everybody knows.
        if (kind.is_char_device() || kind.is_block_device()) && path != Path::new("/dev/null") {
            return refused("it is a device");
        }
    }
    #[cfg(not(unix))]
    if !found.is_file() && path != Path::new("NUL") {
        return refused("it is not a file");
    }
    Ok(())
}
