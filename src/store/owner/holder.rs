//! Which process holds a lock, as the system tells it.

use super::identity::Identity;

/// The process that holds the `flock` of a file. None when the system does not tell: the process may run in
/// another container.
#[cfg(target_os = "linux")]
pub(super) fn of_lock(identity: Identity) -> Option<u32> {
    holder_in(&std::fs::read_to_string("/proc/locks").ok()?, identity)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn of_lock(_: Identity) -> Option<u32> {
    None
}

/// Lines such as `7: FLOCK  ADVISORY  WRITE 1234 08:02:4321 0 EOF`.
#[cfg(target_os = "linux")]
fn holder_in(locks: &str, identity: Identity) -> Option<u32> {
    let (major, minor) = (rustix::fs::major(identity.device), rustix::fs::minor(identity.device));
    let whole = format!("{major:02x}:{minor:02x}:{}", identity.inode);
    let of_inode = format!(":{}", identity.inode);
    let held = || {
        locks.lines().filter_map(|line| {
            // One that waits for a lock has an arrow after its number.
            let mut words = line.split_whitespace().skip(1);
            if words.next() != Some("FLOCK") {
                return None;
            }
            let pid: u32 = words.nth(2)?.parse().ok().filter(|pid| *pid > 0)?;
            // The lock may have passed to a child of a process that has ended.
            std::path::Path::new("/proc").join(pid.to_string()).exists().then_some(())?;
            Some((words.next()?, pid))
        })
    };
    let exact = held().find(|(file, _)| *file == whole);
    // Some file systems (btrfs, overlayfs) show another device here than the file has.
    let alike = || {
        let mut alike = held().filter(|(file, _)| file.ends_with(&of_inode));
        alike.next().filter(|_| alike.next().is_none())
    };
    exact.or_else(alike).map(|(_, pid)| pid)
}
