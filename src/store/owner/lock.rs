//! The two locks of an owner: one beside the path, one on the file itself.
//!
//! The lock beside the path, `<file>.lock`, is the one that every system has. It says nothing about another
//! path of the same file, and it can be deleted. So the file itself is locked, too:
//!
//! - On Linux with `flock` on the database. Linux keeps these locks apart from the POSIX locks that SQLite
//!   takes on the same file.
//! - On macOS and the BSDs both kinds of lock conflict, even within one process: SQLite would find its own
//!   database busy. Network file systems of Linux turn `flock` into a POSIX lock, with the same effect.
//!   There, a lock file in the temporary directory, named after device and inode, stands for the file. It
//!   works for all processes of one user on one machine.
//! - On Windows a lock would keep SQLite itself from reading, and files have no inode: the path's lock is
//!   all there is.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::ops::Deref;
use std::path::{Path, PathBuf};

use super::identity::Identity;
use super::{holder, private, unusable};
use crate::store::{Result, StoreError};

/// How often a lock file that is replaced while it is taken is taken again.
const TRIES: usize = 20;

/// A file that may be locked: dropping it unlocks it. Closing it would not be enough: the lock belongs to whatever
/// has the descriptor, and a child process has it, too, until the program in it starts.
#[derive(Debug)]
pub(super) struct UnlockOnDrop(File);

impl UnlockOnDrop {
    pub(super) fn new(file: File) -> UnlockOnDrop {
        UnlockOnDrop(file)
    }
}

impl Deref for UnlockOnDrop {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

impl Drop for UnlockOnDrop {
    fn drop(&mut self) {
        // One that was not locked stays so, and what fails ends with the descriptor.
        let _ = self.0.unlock();
    }
}

/// A lock file that this process holds.
#[derive(Debug)]
pub(super) struct LockFile {
    pub(super) path: PathBuf,
    /// Whether it was created for this lock.
    pub(super) created: bool,
    _file: UnlockOnDrop,
}

/// Who holds a lock that could not be taken.
pub(super) struct Holder {
    /// 0 when unknown.
    pub(super) pid: u32,
    /// The path by which the holder knows the database, if it says so.
    pub(super) database: Option<PathBuf>,
}

impl LockFile {
    /// Takes a lock file, and writes into it who holds it: the number of this process and the database.
    pub(super) fn take(path: &Path, database: &Path) -> Result<std::result::Result<LockFile, Holder>> {
        let failed = |error: &io::Error| unusable(path, "cannot open the lock file", error);
        for _ in 0..TRIES {
            let created = !path.exists();
            let mut options = OpenOptions::new();
            let file = no_follow(private(options.read(true).write(true).create(true).truncate(false)))
                .open(path)
                .map(UnlockOnDrop::new)
                .map_err(|error| linked(path, &error).unwrap_or_else(|| failed(&error)))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(Err(named_in(&file))),
                Err(TryLockError::Error(error)) => {
                    return Err(unusable(path, "cannot lock the file", &error));
                }
            }
            // Somebody may have replaced the file between opening and locking it.
            if Identity::of_file(&file).ok() != Identity::at(path).ok() {
                continue;
            }
            sign(&file, database);
            return Ok(Ok(LockFile { path: path.to_owned(), created, _file: file }));
        }
        Err(StoreError::Unusable(format!("{} is being replaced repeatedly; try again", path.display())))
    }
}

/// Writes who holds it. The lock holds without that, on a full disk too, where a text in place still fits.
fn sign(mut file: &File, database: &Path) {
    if !file.metadata().is_ok_and(|found| is_own(&found)) {
        return;
    }
    let mut text = format!("{}\n", std::process::id()).into_bytes();
    text.extend_from_slice(database.as_os_str().as_encoded_bytes());
    text.push(b'\n');
    let _ = file.rewind().and_then(|()| file.write_all(&text)).and_then(|()| file.set_len(text.len() as u64));
}

/// Whether a file is one that this user may write to without harm: a regular file of theirs without another name.
/// Root runs on the databases of others, too.
pub(in crate::store) fn is_own(found: &std::fs::Metadata) -> bool {
    #[cfg(unix)]
    let own = {
        use std::os::unix::fs::MetadataExt as _;
        let me = rustix::process::geteuid();
        (me.is_root() || found.uid() == me.as_raw()) && found.nlink() == 1
    };
    #[cfg(not(unix))]
    let own = true;
    own && found.is_file()
}

/// Who holds a lock file: what is written in it, else what the system says.
fn named_in(file: &File) -> Holder {
    let mut text = String::new();
    // What cannot be read only leaves the holder unnamed.
    let _ = file.take(8 * 1024).read_to_string(&mut text);
    let mut lines = text.lines();
    let written = lines.next().and_then(|line| line.trim().parse().ok());
    let known = || Identity::of_file(file).ok().flatten().and_then(holder::of_lock);
    let database = lines.next().filter(|line| !line.is_empty()).map(PathBuf::from);
    Holder { pid: written.or_else(known).unwrap_or(0), database }
}

/// Locks a file, or gives the process that has it locked; 0 where the system does not name it.
///
/// # Errors
/// The file system cannot lock the file.
pub(super) fn lock_or_holder(file: &File, identity: Identity) -> std::io::Result<Option<u32>> {
    // A holder that is not named may have ended between the two questions: then the second attempt succeeds.
    for _ in 0..2 {
        match file.try_lock() {
            Ok(()) => return Ok(None),
            Err(TryLockError::WouldBlock) => {
                if let Some(pid) = holder::of_lock(identity) {
                    return Ok(Some(pid));
                }
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(Some(0))
}

/// What keeps others off the file itself.
#[derive(Debug)]
pub(super) enum FileLock {
    /// The descriptor of the database that [`super::Owner`] keeps open holds the lock.
    OnTheFile,
    /// A lock file elsewhere stands for the file.
    #[cfg(unix)]
    Elsewhere { _lock: LockFile },
    /// There is none: the path's lock is all.
    None,
}

impl FileLock {
    /// Locks a database that is open.
    pub(super) fn take(
        file: &File,
        identity: Option<Identity>,
        path: &Path,
    ) -> Result<std::result::Result<FileLock, Holder>> {
        let Some(identity) = identity else { return Ok(Ok(FileLock::None)) };
        if lockable(file) {
            return match lock_or_holder(file, identity) {
                Ok(None) => Ok(Ok(FileLock::OnTheFile)),
                Ok(Some(pid)) => Ok(Err(Holder { pid, database: None })),
                Err(error) => Err(unusable(path, "cannot lock the database", &error)),
            };
        }
        Ok(FileLock::elsewhere(identity, path))
    }

    #[cfg(unix)]
    fn elsewhere(identity: Identity, path: &Path) -> std::result::Result<FileLock, Holder> {
        let folder = match own_folder(&std::env::temp_dir()) {
            Ok(folder) => folder,
            Err(error) => {
                tracing::warn!(%error, "the database file is locked only by its path");
                return Ok(FileLock::None);
            }
        };
        let lock = folder.join(format!("{:x}-{}.lock", identity.device, identity.inode));
        match LockFile::take(&lock, path) {
            Ok(taken) => taken.map(|lock| FileLock::Elsewhere { _lock: lock }),
            Err(error) => {
                tracing::warn!(%error, "the database file is locked only by its path");
                Ok(FileLock::None)
            }
        }
    }

    #[cfg(not(unix))]
    fn elsewhere(_: Identity, _: &Path) -> std::result::Result<FileLock, Holder> {
        Ok(FileLock::None)
    }
}

/// A folder of this user alone for locks of files.
#[cfg(unix)]
fn own_folder(temporary: &Path) -> io::Result<PathBuf> {
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
    let me = rustix::process::geteuid().as_raw();
    let folder = temporary.join(format!("keydeck-{me}"));
    match std::fs::DirBuilder::new().mode(0o700).create(&folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = std::fs::symlink_metadata(&folder)?;
    if !found.is_dir() || found.uid() != me || found.mode() & 0o022 != 0 {
        return Err(io::Error::other(format!("{} is not a directory private to you", folder.display())));
    }
    Ok(folder)
}

/// Whether a lock on the file leaves SQLite's locks alone.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn lockable(file: &File) -> bool {
    /// NFS, SMB in its three versions, 9P: `flock` is a POSIX lock there.
    const SHARED: [u32; 5] = [0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42, 0x0102_1997];
    rustix::fs::fstatfs(file).is_ok_and(|found| !SHARED.contains(&(found.f_type as u32)))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn lockable(_: &File) -> bool {
    false
}

/// A symbolic link at the end of the path is an error, and nothing is followed.
pub(in crate::store) fn no_follow(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, rustix::fs::OFlags::NOFOLLOW.bits() as i32);
    options
}

/// Says so when a path could not be opened because it is a symbolic link.
pub(in crate::store) fn linked(path: &Path, error: &io::Error) -> Option<StoreError> {
    let is_link = path.symlink_metadata().is_ok_and(|found| found.is_symlink());
    (is_link && error.kind() != io::ErrorKind::PermissionDenied).then(|| {
        StoreError::Unusable(format!(
            "{} is a symbolic link, which Keydeck does not follow here; remove it and try again",
            path.display()
        ))
    })
}
