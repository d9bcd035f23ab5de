//! How the files that this process may have open are shared among its listeners, so that none of them can keep
//! another one, or the database, from working.

use crate::edge::connections::Limits;

/// For the database, the log, and what the runtime needs.
const OTHERS: usize = 128;
/// The most connections of the management API, and of this user's processes.
const MOST_MANAGE: usize = 4096;
const MOST_LOCAL: usize = 512;
/// What each listener has, however few files there may be.
const LEAST: usize = 16;

/// How many connections each listener takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shares {
    /// The Edge API: what the others leave.
    pub edge: Limits,
    /// The management API. A proxy in front of it is one address, so there is no limit for each.
    pub manage: Limits,
    /// Processes of this user.
    pub local: Limits,
}

impl Shares {
    /// The shares of so many files.
    pub fn of(files: u64) -> Shares {
        let files = usize::try_from(files).unwrap_or(usize::MAX);
        let manage = (files / 8).clamp(LEAST, MOST_MANAGE);
        let local = (files / 16).clamp(LEAST, MOST_LOCAL);
        let edge = files.saturating_sub(manage + local + OTHERS).max(LEAST);
        Shares {
            edge: Limits::of(edge),
            manage: Limits::of(manage).from_anywhere(),
            local: Limits::of(local).from_anywhere(),
        }
    }
}
