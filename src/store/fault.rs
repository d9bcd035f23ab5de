//! Faults on purpose, to show that the tests of a whole fleet would find them. A release build has none.

/// A rule that is broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// A node serves although its lease has ended.
    Lease,
    /// A renewal reads the head without the lock.
    Renewal,
}

/// Whether this process was started with a fault, for a test.
#[cfg(debug_assertions)]
pub fn is_broken(fault: Fault) -> bool {
    static FAULT: std::sync::OnceLock<Option<Fault>> = std::sync::OnceLock::new();
    let given = || match std::env::var("KEYDECK_TEST_FAULT").as_deref() {
        Ok("lease") => Some(Fault::Lease),
        Ok("renewal") => Some(Fault::Renewal),
        _ => None,
    };
    *FAULT.get_or_init(given) == Some(fault)
}

/// Never, in a release build.
#[cfg(not(debug_assertions))]
pub const fn is_broken(_: Fault) -> bool {
    false
}
