//! Whether another program has written into the database.
//!
//! `cp backup.db keydeck.db` leaves the file what it is and changes what is in it. SQLite writes to the database
//! in one moment alone: when a commit moves its log into the file. So outside of commits the time of the last
//! change stays what it was.
//!
//! A changed time alone proves nothing: `touch` changes it, and so does a checkpoint by another program. So the
//! content decides: the header of the file and the page that holds the head of the audit log, which every
//! change of keys and tokens moves.

use std::fs::File;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// How often a changed file is looked at, and the pause: a checkpoint may be going on.
const LOOKS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(10);
/// The header of a SQLite file.
const HEADER: usize = 100;
/// The largest page of SQLite.
const MAX_PAGE: u64 = 65_536;
/// A shorter hash is none.
const HASH: usize = 32;

/// What SQLite says of the database: by that its file is known again.
#[derive(Clone, Default, Debug)]
pub(in crate::store) struct Known {
    /// The page of the table `audit_head`.
    pub(in crate::store) head_page: u64,
    /// The version of the schema, which a `VACUUM` changes.
    pub(in crate::store) schema: u32,
    /// The hash at the end of the audit log.
    pub(in crate::store) head: String,
}

/// What is known of the last change.
#[derive(Debug, Default)]
pub(super) struct Stamp(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// How many commits are going on.
    commits: u32,
    /// The file after the last one. None where the file system does not keep exact times.
    seen: Option<Seen>,
    known: Known,
}

#[derive(Debug)]
struct Seen {
    /// The time of the last change, and the size.
    at: (SystemTime, u64),
    content: Content,
}

/// The part of a file that tells two states of a database apart.
#[derive(PartialEq, Eq, Debug)]
struct Content {
    header: Vec<u8>,
    head: Vec<u8>,
}

impl Stamp {
    /// Begins to watch, before the first commit.
    pub(super) fn begin(&self, file: &File, known: Known) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.seen = exact_times(file).then(|| Seen::of(file, &known)).flatten();
        state.known = known;
    }

    /// A commit begins.
    pub(super) fn commit_begins(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).commits += 1;
    }

    /// A commit has ended. One that was given up may go on unseen: from then on nothing is compared.
    pub(super) fn commit_ended(&self, file: &File, given_up: bool) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.commits = state.commits.saturating_sub(1);
        let Some(seen) = &state.seen else { return };
        if given_up {
            state.seen = None;
        } else if now(file) != Some(seen.at) {
            state.seen = Seen::of(file, &state.known);
        }
    }

    /// The audit log has a new end, which is committed.
    pub(super) fn head(&self, hash: &str) {
        hash.clone_into(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).known.head);
    }

    /// Whether nobody else has put something else there. During a commit nothing is compared.
    pub(super) fn is_untouched(&self, file: &File) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.commits > 0 {
            return true;
        }
        for look in 0..LOOKS {
            let Some(seen) = &state.seen else { return true };
            let Some(at) = now(file) else { return true };
            if at == seen.at {
                return true;
            }
            if look > 0 {
                std::thread::sleep(PAUSE);
            }
            // The time comes first: what is written after it is noticed the next time.
            let Some(found) = Seen::of(file, &state.known) else { return true };
            let same = found.at.1 == seen.at.1 && found.content == seen.content;
            if same || found.is_current(&state.known) {
                tracing::debug!("another program touched the database file without changing its content");
                state.seen = Some(found);
                return true;
            }
        }
        false
    }
}

impl Seen {
    fn of(file: &File, known: &Known) -> Option<Seen> {
        let at = now(file)?;
        let header = read(file, 0, HEADER)?;
        let page = page_size(&header);
        let head = match known.head_page.checked_sub(1) {
            Some(before) => read(file, before * page, page as usize)?,
            None => Vec::new(),
        };
        Some(Seen { at, content: Content { header, head } })
    }

    /// Whether the file is this database with all that was committed, as after a checkpoint.
    fn is_current(&self, known: &Known) -> bool {
        let header = &self.content.header;
        let pages = number(header, 28);
        let hash = known.head.as_bytes();
        hash.len() >= HASH
            && number(header, 40) == Some(known.schema)
            && pages.is_some_and(|pages| self.at.1 >= u64::from(pages) * page_size(header))
            && self.content.head.windows(hash.len()).any(|part| part == hash)
    }
}

/// The size of a page, as the header says it.
fn page_size(header: &[u8]) -> u64 {
    match header.get(16..18) {
        Some([0, 1]) => MAX_PAGE,
        Some([high, low]) => u64::from(u16::from_be_bytes([*high, *low])),
        _ => 0,
    }
}

/// A number of the header.
fn number(header: &[u8], at: usize) -> Option<u32> {
    header.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
}

/// What is in a file from an offset on, as much as there is.
#[cfg(unix)]
fn read(file: &File, from: u64, size: usize) -> Option<Vec<u8>> {
    use std::os::unix::fs::FileExt as _;
    let mut bytes = vec![0; size];
    let mut filled = 0;
    while filled < size {
        match file.read_at(&mut bytes[filled..], from + filled as u64).ok()? {
            0 => break,
            more => filled += more,
        }
    }
    bytes.truncate(filled);
    Some(bytes)
}

#[cfg(not(unix))]
fn read(_: &File, _: u64, _: usize) -> Option<Vec<u8>> {
    None
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
