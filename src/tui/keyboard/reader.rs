//! The thread that reads the terminal.

use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, read};
use zeroize::Zeroize as _;

use super::Decoder;
use crate::tui::runtime::Incoming;

/// Reads the terminal in a thread of its own, which cannot be joined while a read waits, and ends with the process.
/// All keys of one read are sent at once, so that they are drawn at once. It waits for bytes by level and is
/// interrupted by no resize, so that a key that comes with one is not lost; and it wakes only for bytes and for
/// what waits for the rest of a sequence.
pub(in crate::tui) fn read_keys(sender: Sender<Incoming>) {
    std::thread::spawn(move || {
        let input = std::io::stdin();
        let start = Instant::now();
        let mut decoder = Decoder::default();
        let mut buffer = [0; 4096];
        loop {
            let wait = decoder.deadline().map(|at| at.saturating_sub(start.elapsed()));
            let events = match ready(&input, wait) {
                Ok(false) => decoder.expire(start.elapsed()),
                Ok(true) => match read(&input, &mut buffer) {
                    Ok(count @ 1..) => {
                        let events = decoder.take(&buffer[..count], start.elapsed());
                        // A pasted key may be among it.
                        buffer[..count].zeroize();
                        events
                    }
                    Err(Errno::INTR | Errno::AGAIN) => continue,
                    Ok(0) | Err(_) => {
                        let _ = sender.send(Incoming::InputGone);
                        return;
                    }
                },
                Err(_) => {
                    let _ = sender.send(Incoming::InputGone);
                    return;
                }
            };
            if !events.is_empty() && sender.send(Incoming::Input(events)).is_err() {
                return;
            }
        }
    });
}

/// Whether there is something to read, or the terminal is gone; false when it took too long.
fn ready(input: &std::io::Stdin, wait: Option<Duration>) -> Result<bool, Errno> {
    let wait = wait.map(|wait| Timespec {
        tv_sec: wait.as_secs().try_into().unwrap_or(i64::MAX),
        tv_nsec: wait.subsec_nanos().into(),
    });
    let mut polled = [PollFd::new(input, PollFlags::IN)];
    match poll(&mut polled, wait.as_ref()) {
        Ok(count) => Ok(count > 0),
        // Whoever waits asks again.
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error),
    }
}
