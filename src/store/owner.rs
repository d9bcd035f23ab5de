//! One process owns a SQLite file.
//!
//! An owner holds two locks of the operating system's: on `<file>.lock` beside the database, and on the file
//! itself (see `lock`). Both go with the process, however it ends. The second one holds for each path of the
//! file: a hard link, a bind mount into a container, the same path after its `.lock` was deleted. The files that
//! SQLite keeps beside the database are locked as well (see `beside`).
//!
//! An owner also notices when the file at its path is no longer the one that it opened.

mod beside;
mod holder;
mod identity;
mod lock;
mod path;
mod stamp;

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use self::beside::Beside;
pub use self::identity::Identity;
use self::lock::{FileLock, Holder, LockFile, UnlockOnDrop};
pub(super) use self::lock::{is_own, linked, no_follow};
use self::path::{canonical, missing};
pub(super) use self::path::{private, unusable, with_ending};
pub(super) use self::stamp::Known;
use self::stamp::Stamp;
use super::{Result, StoreError};
use crate::wire::time::system_clock;

/// How often a database that is replaced while it is taken is taken again.
const TRIES: usize = 20;
/// The files that SQLite keeps beside a database.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// What happened to a file in which something else stands now.
pub(super) const OVERWRITTEN: &str = "overwritten by another program";

/// The right to use a SQLite file; dropping it gives the file free. It must outlive each connection of SQLite
/// to the file: closing any descriptor of a file ends the locks that SQLite holds on it in this process.
#[derive(Debug)]
pub struct Owner {
    path: PathBuf,
    identity: Option<Identity>,
    /// The `-wal` that SQLite has opened.
    wal: OnceLock<Option<Identity>>,
    stamp: Stamp,
    /// Whether the database was created, empty, to be locked.
    created: bool,
    /// The files of SQLite's that are locked, too.
    beside: Mutex<Beside>,
    // In this order: the file is closed last.
    lock: LockFile,
    _file_lock: FileLock,
    _here: Option<OwnedHere>,
    file: UnlockOnDrop,
}

/// What happened to a file that is in use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loss {
    /// The path where something else is now, or nothing.
    pub path: PathBuf,
    /// What happened to the file, as the end of a sentence.
    pub what: &'static str,
}

impl Loss {
    /// What the file was, as the begin of a sentence.
    pub fn file(&self) -> &'static str {
        if self.path.as_os_str().as_encoded_bytes().ends_with(b"-wal") {
            "the -wal file of the database"
        } else {
            "the database file"
        }
    }
}

impl Owner {
    /// Takes a SQLite file for this process. Missing folders are created (0700), and a missing database as an
    /// empty file (0600), which is removed again if nobody has written to it.
    ///
    /// # Errors
    /// [`StoreError::Held`] names the process that has it, [`StoreError::HeldBeside`] the one that had the file in
    /// whose place this one is; [`StoreError::Unusable`] says what is wrong with the path.
    pub fn acquire(path: &Path) -> Result<Owner> {
        Owner::take(&canonical(path, true)?, true)
    }

    /// The same for a database that exists: where it is missing, nothing is created.
    ///
    /// # Errors
    /// Those of [`Owner::acquire`], and [`StoreError::Missing`].
    pub fn acquire_existing(path: &Path) -> Result<Owner> {
        Owner::take(&canonical(path, false)?, false)
    }

    fn take(path: &Path, create: bool) -> Result<Owner> {
        let held = |holder: Holder| StoreError::Held {
            path: holder.database.unwrap_or_else(|| path.to_owned()).display().to_string(),
            pid: holder.pid,
        };
        let replaced =
            |holder: Holder| StoreError::HeldBeside { path: path.display().to_string(), pid: holder.pid };
        for _ in 0..TRIES {
            if !create && path.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
                // Whoever has the files beside it had the database, too.
                return Err(match Beside::default().take(path) {
                    Ok(()) => missing(path),
                    Err(holder) => replaced(holder),
                });
            }
            let lock = match LockFile::take(&with_ending(path, ".lock"), path)? {
                Ok(lock) => lock,
                Err(holder) => return Err(held(holder)),
            };
            // What this process owns by another path must not be opened: closing it would end SQLite's locks.
            let here = Identity::at(path).ok().flatten();
            if here.is_some_and(OwnedHere::contains) {
                remove_created(&lock);
                return Err(held(Holder { pid: std::process::id(), database: None }));
            }
            let mut beside = Beside::default();
            if here.is_none()
                && let Err(holder) = beside.take(path)
            {
                // Nothing is created beside the files of an owner whose database was deleted.
                remove_created(&lock);
                return Err(replaced(holder));
            }
            let (file, created) = open_database(path, create)?;
            let file = UnlockOnDrop::new(file);
            let identity = Identity::of_file(&file)
                .map_err(|error| unusable(path, "cannot open the database", &error))?;
            let file_lock = match FileLock::take(&file, identity, path)? {
                Ok(file_lock) => file_lock,
                Err(holder) => {
                    remove_created(&lock);
                    return Err(held(holder));
                }
            };
            if Identity::at(path).ok() != Some(identity) {
                continue;
            }
            if let Err(holder) = beside.take(path) {
                remove_created(&lock);
                return Err(replaced(holder));
            }
            for ending in BESIDE {
                let beside = with_ending(path, ending);
                // One that was removed meanwhile is in nobody's way.
                if let Some(refused) = linked(&beside, &std::io::Error::other("a link")) {
                    return Err(refused);
                }
            }
            return Ok(Owner {
                path: path.to_owned(),
                identity,
                wal: OnceLock::new(),
                stamp: Stamp::default(),
                created,
                beside: Mutex::new(beside),
                lock,
                _file_lock: file_lock,
                _here: identity.map(OwnedHere::enter),
                file,
            });
        }
        Err(StoreError::Unusable(format!("{} is being replaced repeatedly; try again", path.display())))
    }

    /// The database file, its folder made canonical.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the path still names the file that is locked, and its `-wal` the one that SQLite has open.
    /// What cannot be looked at counts as unchanged.
    ///
    /// # Errors
    /// What happened to the file.
    pub fn check(&self) -> std::result::Result<(), Loss> {
        still_there(&self.path, self.identity)?;
        if !self.stamp.is_untouched(&self.file) {
            return Err(Loss { path: self.path.clone(), what: OVERWRITTEN });
        }
        match self.wal.get() {
            Some(wal) => still_there(&with_ending(&self.path, "-wal"), *wal),
            None => Ok(()),
        }
    }

    /// Remembers the `-wal`, now that SQLite has opened it and keeps it open, and locks what it has created.
    ///
    /// # Errors
    /// [`StoreError::HeldBeside`] when another process was faster: SQLite must be closed again.
    pub(super) fn remember_wal(&self, known: Known) -> Result<()> {
        let taken = self.beside.lock().unwrap_or_else(PoisonError::into_inner).take(&self.path);
        taken.map_err(|holder| StoreError::HeldBeside {
            path: self.path.display().to_string(),
            pid: holder.pid,
        })?;
        if let Ok(wal) = Identity::at(&with_ending(&self.path, "-wal")) {
            // It is remembered once.
            let _ = self.wal.set(wal);
        }
        self.stamp.begin(&self.file, known);
        Ok(())
    }

    /// A commit begins, in which SQLite may write to the database.
    pub(super) fn commit_begins(&self) {
        self.stamp.commit_begins();
    }

    /// A commit has ended, or was given up and may go on.
    pub(super) fn commit_ended(&self, given_up: bool) {
        self.stamp.commit_ended(&self.file, given_up);
    }

    /// The audit log has a new end, which is committed.
    pub(super) fn committed(&self, head: &str) {
        self.stamp.head(head);
    }

    /// Empties the `-wal`, which no longer belongs to what is in the database: SQLite would write it there. What
    /// was answered since the last checkpoint is in it alone, so it is copied first. Answers where the copy is;
    /// where none can be made the `-wal` stays as it is.
    pub(super) fn save_wal(&self) -> std::io::Result<Option<PathBuf>> {
        let mut options = OpenOptions::new();
        let mut wal = no_follow(options.read(true).write(true)).open(with_ending(&self.path, "-wal"))?;
        if Identity::of_file(&wal)? != self.wal() || wal.metadata()?.len() == 0 {
            return Ok(None);
        }
        let now = system_clock()().millis() / 1000;
        let path = with_ending(&self.path, &format!("-wal.saved-{now}"));
        let mut options = OpenOptions::new();
        let mut copy = no_follow(private(options.write(true).create_new(true))).open(&path)?;
        if let Err(error) = std::io::copy(&mut wal, &mut copy).and_then(|_| copy.sync_all()) {
            // Half a copy is none.
            let _ = std::fs::remove_file(&path);
            return Err(error);
        }
        wal.set_len(0)?;
        Ok(Some(path))
    }

    /// The `-wal` that SQLite has open, once that is known.
    pub(super) fn wal(&self) -> Option<Identity> {
        self.wal.get().copied().flatten()
    }

    /// The open database: only to ask the system about it. SQLite alone reads and writes it.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Removes the lock file again, if it was created for this owner: the database is another program's.
    pub(super) fn leave_no_trace(&self) {
        remove_created(&self.lock);
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let untouched = self.created && self.file.metadata().is_ok_and(|found| found.len() == 0);
        if untouched && self.check().is_ok() {
            // Nobody has it: both locks are still held. What stays behind harms nobody.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// The files that this process owns.
static OWNED_HERE: Mutex<BTreeSet<Identity>> = Mutex::new(BTreeSet::new());

/// An entry among the files that this process owns.
#[derive(Debug)]
struct OwnedHere(Identity);

impl OwnedHere {
    fn enter(identity: Identity) -> OwnedHere {
        OWNED_HERE.lock().unwrap_or_else(PoisonError::into_inner).insert(identity);
        OwnedHere(identity)
    }

    fn contains(identity: Identity) -> bool {
        OWNED_HERE.lock().unwrap_or_else(PoisonError::into_inner).contains(&identity)
    }
}

impl Drop for OwnedHere {
    fn drop(&mut self) {
        OWNED_HERE.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

/// Whether another process has the files that SQLite keeps beside the database at this path. Nothing in this process
/// may have them open.
pub(super) fn holds_files_of(path: &Path) -> bool {
    Beside::default().take(path).is_err()
}

/// Opens the database to lock it; creates it, empty, where it is missing.
fn open_database(path: &Path, create: bool) -> Result<(File, bool)> {
    let open = |create: bool| {
        let mut options = OpenOptions::new();
        no_follow(private(options.read(true).write(true).create_new(create))).open(path)
    };
    let failed = |error: &std::io::Error| {
        linked(path, error).unwrap_or_else(|| unusable(path, "cannot open the database", error))
    };
    let (file, created) = match open(false) {
        Ok(file) => (file, false),
        Err(error) if error.kind() == ErrorKind::NotFound && create => match open(true) {
            Ok(file) => (file, true),
            // Somebody was faster.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                (open(false).map_err(|error| failed(&error))?, false)
            }
            Err(error) => return Err(failed(&error)),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(missing(path)),
        Err(error) => return Err(failed(&error)),
    };
    if !file.metadata().is_ok_and(|found| found.is_file()) {
        return Err(StoreError::Unusable(format!(
            "{} is not a regular file; choose another",
            path.display()
        )));
    }
    Ok((file, created))
}

fn still_there(path: &Path, identity: Option<Identity>) -> std::result::Result<(), Loss> {
    let what = match Identity::at(path) {
        Ok(found) if found == identity => return Ok(()),
        Ok(_) => "replaced by another file",
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            "deleted or moved away"
        }
        Err(_) => return Ok(()),
    };
    Err(Loss { path: path.to_owned(), what })
}

/// Of a database that Keydeck can use the lock stays: removing it early helps nobody. One that was created
/// beside another path of a database that is in use has no purpose.
fn remove_created(lock: &LockFile) {
    if lock.created {
        // A file that stays behind harms nobody.
        let _ = std::fs::remove_file(&lock.path);
    }
}
