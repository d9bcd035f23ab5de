//! Whether another program has written into the database.
//!
//! `cp backup.db keydeck.db` leaves the file what it is and changes what is in it. SQLite writes to the database
//! in one moment alone: when a commit moves its log into the file. So outside of commits the time of the last
//! change stays what it was.

use std::fs::File;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// What is known of the last change.
#[derive(Debug, Default)]
pub(super) struct Stamp(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// How many commits are going on.
    commits: u32,
    /// Time and size after the last one. None where the file system does not keep exact times.
    seen: Option<(SystemTime, u64)>,
}

impl Stamp {
    /// Begins to watch, before the first commit.
    pub(super) fn begin(&self, file: &File) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.seen = exact_times(file).then(|| now(file)).flatten();
    }

    /// A commit begins.
    pub(super) fn commit_begins(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).commits += 1;
    }

    /// A commit has ended. One that was given up may go on unseen: from then on nothing is compared.
    pub(super) fn commit_ended(&self, file: &File, given_up: bool) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.commits = state.commits.saturating_sub(1);
        if state.seen.is_some() {
            state.seen = now(file).filter(|_| !given_up);
        }
    }

    /// Whether nobody else has written. During a commit nothing is compared.
    pub(super) fn is_untouched(&self, file: &File) -> bool {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.commits > 0 || state.seen.is_none() || now(file).is_none_or(|now| Some(now) == state.seen)
    }
}

fn now(file: &File) -> Option<(SystemTime, u64)> {
    let found = file.metadata().ok()?;
    Some((found.modified().ok()?, found.len()))
}

/// File systems of this machine whose times change with a write, and not some time after it.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn exact_times(file: &File) -> bool {
    /// ext2 to ext4, XFS, btrfs, tmpfs, F2FS, overlayfs.
    const LOCAL: [u32; 6] = [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0xf2f5_2010, 0x794c_7630];
    rustix::fs::fstatfs(file).is_ok_and(|found| LOCAL.contains(&(found.f_type as u32)))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn exact_times(_: &File) -> bool {
    false
}
