//! What the tests share.

pub(crate) mod api;
pub(crate) mod certificates;
#[cfg(unix)]
pub(crate) mod cluster;
#[cfg(target_os = "linux")]
pub(crate) mod disk;
#[cfg(unix)]
pub(crate) mod display;
pub(crate) mod document;
pub(crate) mod fixtures;
pub(crate) mod home;
pub(crate) mod hostile;
pub(crate) mod imports;
pub(crate) mod key_text;
pub(crate) mod log;
pub(crate) mod newer;
pub(crate) mod packs;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod pty;
pub(crate) mod reviews;
pub(crate) mod stage;
pub(crate) mod troubled_store;

/// Says that a test did not run, past the harness, which shows only what failing tests print.
pub(crate) fn skipped(what: &str) {
    use std::io::Write as _;
    writeln!(std::io::stderr(), "SKIPPED: {what}").expect("standard error takes a line");
}

/// Where a program is, if it is installed.
pub(crate) fn program(name: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let sbin = ["/usr/sbin", "/usr/local/sbin"].map(std::path::PathBuf::from);
    std::env::split_paths(&path).chain(sbin).map(|dir| dir.join(name)).find(|path| path.is_file())
}

/// How long a condition may take on a busy machine.
pub(crate) const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// Waits until something holds that nobody tells of.
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let end = std::time::Instant::now() + PATIENCE;
    while !condition() {
        assert!(std::time::Instant::now() < end, "never: {what}");
        std::thread::park_timeout(std::time::Duration::from_millis(10));
    }
}
