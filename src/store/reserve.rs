//! Disk space that is kept for revocations.
//!
//! A disk that is full must not keep a leaked key alive. Two things are set aside while there is space:
//! `<file>.reserve`, a file beside the database that is given back step by step, and the blocks of the `-wal`,
//! into which SQLite writes each change first. Where less than `LOW` is left on the disk, all other writes are
//! refused before they begin, so that none of them uses up what is set aside.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::owner::{Identity, Owner, is_own, no_follow, private, with_ending};

/// With less free space than this, the disk counts as full: a usual write needs about as much.
const LOW: u64 = 256 * 1024;
/// The size of the reserve, on a disk that is large enough.
const RESERVE: u64 = 8 * 1024 * 1024;
/// The blocks of the `-wal`: more than SQLite fills before it writes them back (1,000 pages).
const WAL: u64 = 5 * 1024 * 1024;
/// Neither takes more than this part of the disk.
const PART: u64 = 8;
/// The reserve is given back in so many steps.
const STEPS: u64 = 8;

/// Space on a disk, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Space {
    /// The size of the disk.
    pub total: u64,
    /// What this user may still write.
    pub free: u64,
}

impl Space {
    /// The space where an open file lies. None when the system does not say.
    pub fn around(file: &File) -> Option<Space> {
        #[cfg(unix)]
        {
            let found = rustix::fs::fstatvfs(file).ok()?;
            let root = rustix::process::geteuid().is_root();
            let free = if root { found.f_bfree } else { found.f_bavail };
            let space = Space {
                total: found.f_blocks.saturating_mul(found.f_frsize),
                free: free.saturating_mul(found.f_frsize),
            };
            // Some virtual file systems have no size.
            (space.total > 0).then_some(space)
        }
        #[cfg(not(unix))]
        {
            let _ = file;
            None
        }
    }

    /// Whether only revocations are written. What was taken out of a reserve counts as not free: whoever
    /// frees space gives it back to the reserve first. `reserve` is its size, if there is one.
    pub fn is_low(self, reserve: Option<u64>) -> bool {
        let missing = reserve.map_or(0, |size| self.share(RESERVE).saturating_sub(size));
        self.free < LOW.saturating_add(missing)
    }

    fn share(self, most: u64) -> u64 {
        most.min(self.total / PART)
    }
}

/// Where the reserve of a database is.
fn path_of(database: &Path) -> PathBuf {
    with_ending(database, ".reserve")
}

/// Whether the disk counts as full.
pub(super) fn is_low(owner: &Owner) -> bool {
    Space::around(owner.file()).is_some_and(|space| space.is_low(size_of(owner.path())))
}

/// The size of the reserve of a database, if there is one.
pub fn size_of(database: &Path) -> Option<u64> {
    path_of(database).symlink_metadata().ok().filter(std::fs::Metadata::is_file).map(|found| found.len())
}

/// Sets aside what is missing, where that leaves as much free space again. Space that comes back after a full
/// disk is set aside first. False when the system refused.
pub(super) fn refill(owner: &Owner) -> bool {
    let Some(space) = Space::around(owner.file()) else { return true };
    let mut kept = true;
    let mut free = space.free;
    let path = path_of(owner.path());
    for (path, size, is_wal) in
        [(with_ending(owner.path(), "-wal"), space.share(WAL), true), (path, space.share(RESERVE), false)]
    {
        let now = path.symlink_metadata().map_or(0, |found| found.len());
        let missing = size.saturating_sub(now);
        // On Apple's systems rustix sets the size when it allocates: a -wal that has grown would be cut.
        if is_wal && cfg!(target_vendor = "apple") {
            continue;
        }
        if missing == 0 || free < missing.saturating_mul(2).saturating_add(LOW) {
            continue;
        }
        let grown = if is_wal { grow_wal(owner, &path, size) } else { grow_reserve(&path, now, size) };
        match grown {
            Ok(()) => free -= missing,
            Err(error) => {
                tracing::debug!(%error, path = %path.display(), "cannot reserve disk space");
                kept = false;
            }
        }
    }
    kept
}

/// Gives a step of the reserve back to the disk. False when nothing is left of it.
pub(super) fn give_back(owner: &Owner) -> bool {
    let path = path_of(owner.path());
    let given = open_own(&path, false).and_then(|file| {
        let now = file.metadata()?.len();
        let step = Space::around(&file).map_or(RESERVE, |space| space.share(RESERVE)) / STEPS;
        file.set_len(now.saturating_sub(step.max(LOW)))?;
        Ok(now)
    });
    match given {
        Ok(0) | Err(_) => false,
        Ok(now) => {
            tracing::warn!(left = now, "disk full: using the space reserved for revocations");
            true
        }
    }
}

/// Allocates blocks of the `-wal` that SQLite has open; what is behind the last frame means nothing to it.
fn grow_wal(owner: &Owner, path: &Path, size: u64) -> io::Result<()> {
    let Some(wal) = owner.wal() else { return Ok(()) };
    let file = no_follow(OpenOptions::new().write(true)).open(path)?;
    if Identity::of_file(&file)? != Some(wal) {
        return Ok(());
    }
    allocate(&file, size)
}

fn grow_reserve(path: &Path, now: u64, size: u64) -> io::Result<()> {
    let mut file = open_own(path, true)?;
    let grown = match allocate(&file, size) {
        // Not every file system can allocate without writing.
        Err(error) if error.kind() == io::ErrorKind::Unsupported => write_noise(&mut file, now, size),
        grown => grown,
    };
    if grown.is_err() {
        // Half of it is not worth a full disk.
        let _ = file.set_len(now);
    }
    grown
}

/// Opens the reserve. What somebody else has put in its place is not touched.
fn open_own(path: &Path, create: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = no_follow(private(options.write(true).create(create).truncate(false))).open(path)?;
    if !is_own(&file.metadata()?) {
        return Err(io::Error::other("it is another file"));
    }
    Ok(file)
}

#[cfg(unix)]
fn allocate(file: &File, size: u64) -> io::Result<()> {
    #[cfg(not(any(target_os = "netbsd", target_os = "openbsd", target_os = "dragonfly")))]
    return match rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, size) {
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {
            Err(io::ErrorKind::Unsupported.into())
        }
        done => done.map_err(Into::into),
    };
    #[cfg(any(target_os = "netbsd", target_os = "openbsd", target_os = "dragonfly"))]
    {
        let _ = (file, size);
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(not(unix))]
fn allocate(_: &File, _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Writes bytes that no file system can compress away.
fn write_noise(file: &mut File, from: u64, to: u64) -> io::Result<()> {
    use std::io::{Seek as _, SeekFrom};
    file.seek(SeekFrom::Start(from))?;
    let mut noise = 0x9e37_79b9_7f4a_7c15_u64;
    let mut block = Vec::with_capacity(64 * 1024);
    let mut left = to.saturating_sub(from);
    while left > 0 {
        block.clear();
        while block.len() < 64 * 1024 {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            block.extend_from_slice(&noise.to_le_bytes());
        }
        let part = left.min(block.len() as u64);
        file.write_all(&block[..part as usize])?;
        left -= part;
    }
    file.sync_data()
}
