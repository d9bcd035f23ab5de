//! Which file it is, whatever it is called.

use std::fs::File;
use std::io;
use std::path::Path;

/// Device and inode. Two paths with the same identity name the same file: hard links and bind mounts do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Identity {
    /// The device.
    pub device: u64,
    /// The number of the file on that device.
    pub inode: u64,
}

impl Identity {
    /// The file at a path, links followed. None where the system numbers no files.
    ///
    /// # Errors
    /// When nothing can be found at the path.
    pub fn at(path: &Path) -> io::Result<Option<Identity>> {
        std::fs::metadata(path).map(|found| Identity::of(&found))
    }

    /// An open file.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn of_file(file: &File) -> io::Result<Option<Identity>> {
        file.metadata().map(|found| Identity::of(&found))
    }

    #[cfg(unix)]
    #[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
    fn of(found: &std::fs::Metadata) -> Option<Identity> {
        use std::os::unix::fs::MetadataExt as _;
        Some(Identity { device: found.dev(), inode: found.ino() })
    }

    #[cfg(not(unix))]
    fn of(_: &std::fs::Metadata) -> Option<Identity> {
        None
    }
}
