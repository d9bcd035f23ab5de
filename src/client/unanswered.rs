//! Writes of this process whose answer has not come: an interrupted command tells that their outcome is unknown.

use std::sync::{Mutex, PoisonError};

/// The paths of the requests.
static UNANSWERED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Notes a write before it is sent. One whose caller gives up stays noted, since it may have arrived.
pub(super) fn sent(path: &str) {
    UNANSWERED.lock().unwrap_or_else(PoisonError::into_inner).push(path.to_owned());
}

/// Takes note of an answer, or of an error that says what is known of the outcome.
pub(super) fn answered(path: &str) {
    let mut paths = UNANSWERED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(at) = paths.iter().position(|own| own == path) {
        paths.swap_remove(at);
    }
}

/// The path of a write that was sent and not answered, if there is one. All are forgotten then: it is told once.
pub fn take() -> Option<String> {
    std::mem::take(&mut *UNANSWERED.lock().unwrap_or_else(PoisonError::into_inner)).pop()
}
