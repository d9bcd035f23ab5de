//! Tells in the log that the process was stopped (SIGSTOP, Ctrl-Z) and continues: it answered no request in between.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

use crate::wire::time::{Clock, Timestamp};

/// How exactly it is known since when the process was stopped.
const BEAT: Duration = Duration::from_secs(1);
/// Between two beats passes more only when the process did not run.
const LATE: Duration = Duration::from_secs(2);

/// A moment when the process ran, by both clocks: the length of a pause does not go by the wall's.
#[derive(Clone, Copy)]
struct Beat {
    at: Instant,
    wall: Timestamp,
}

/// Writes a line whenever the process is continued; never comes back.
pub async fn log_pauses(clock: Clock) {
    let continued = signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()));
    let Ok(mut continued) = continued else { return std::future::pending().await };
    let beat = || Beat { at: Instant::now(), wall: clock() };
    let mut last = beat();
    // The beat before a pause, when the timer is noticed before the signal.
    let mut before: Option<Beat> = None;
    loop {
        let signalled = tokio::select! {
            biased;
            signalled = continued.recv() => signalled.is_some(),
            () = tokio::time::sleep(BEAT) => false,
        };
        if signalled {
            let since = before.take().unwrap_or(last);
            let seconds = since.at.elapsed().as_secs();
            tracing::warn!(since = %since.wall, seconds, "process resumed");
        } else {
            before = (last.at.elapsed() > LATE).then_some(last);
        }
        last = beat();
    }
}
