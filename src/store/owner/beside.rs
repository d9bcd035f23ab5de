//! The files that SQLite keeps beside a database, locked like the database itself.
//!
//! SQLite finds its `-wal` and `-shm` by the path of the database alone. Where a database is replaced while it is
//! in use, whoever opens the new file would take up the log of the old one, and two processes would write into
//! it. So an owner locks these files too, and a newcomer that finds them locked keeps out.
//!
//! SQLite takes no lock of the system's on a `-wal`. On a `-shm` it does, which on Linux are of another kind than
//! `flock`; elsewhere the `-shm` stays unlocked. Its descriptor must outlive each connection of SQLite's.

use std::fs::File;
use std::path::Path;

use super::OwnedHere;
use super::identity::Identity;
use super::lock::{Holder, UnlockOnDrop, lock_or_holder};

/// The files that this process holds beside its database.
#[derive(Debug, Default)]
pub(super) struct Beside(Vec<Held>);

#[derive(Debug)]
struct Held {
    identity: Identity,
    // In this order: the number of a file that is closed may be another file's at once.
    _here: OwnedHere,
    _file: UnlockOnDrop,
}

impl Beside {
    /// Locks the files that are there and not locked yet. The error is who holds one of them.
    pub(super) fn take(&mut self, database: &Path) -> Result<(), Holder> {
        for ending in endings(database) {
            self.take_one(&super::with_ending(database, ending))?;
        }
        Ok(())
    }

    #[cfg(unix)]
    fn take_one(&mut self, path: &Path) -> Result<(), Holder> {
        use std::fs::OpenOptions;
        let Ok(Some(identity)) = Identity::at(path) else { return Ok(()) };
        // A descriptor of a file that SQLite has open here must not be closed: that would end its locks.
        if self.0.iter().any(|held| held.identity == identity) {
            return Ok(());
        }
        if OwnedHere::contains(identity) {
            return Err(Holder { pid: std::process::id(), database: None });
        }
        // What cannot be opened is for SQLite to complain about.
        let mut options = OpenOptions::new();
        let Ok(file) = super::no_follow(options.read(true).write(true)).open(path).map(UnlockOnDrop::new)
        else {
            return Ok(());
        };
        let Ok(Some(identity)) = Identity::of_file(&file) else { return Ok(()) };
        match lock_or_holder(&file, identity) {
            Ok(None) => {}
            Ok(Some(pid)) => return Err(Holder { pid, database: None }),
            Err(error) => {
                tracing::debug!(%error, path = %path.display(), "not locked: the file system does not \
                     support locks");
            }
        }
        self.0.push(Held { identity, _file: file, _here: OwnedHere::enter(identity) });
        Ok(())
    }

    // On Windows a lock would keep SQLite itself out.
    #[cfg(not(unix))]
    fn take_one(&mut self, _: &Path) -> Result<(), Holder> {
        Ok(())
    }
}

/// The files to lock beside a database.
fn endings(database: &Path) -> &'static [&'static str] {
    let folder = database.parent().and_then(|folder| File::open(folder).ok());
    if folder.is_some_and(|folder| super::lock::lockable(&folder)) { &["-wal", "-shm"] } else { &["-wal"] }
}
