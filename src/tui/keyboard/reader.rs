//! The thread that reads the terminal.

use std::io::Stdin;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, read};
use zeroize::Zeroize as _;

use super::Decoder;
use crate::tui::incoming::Incoming;
use crate::tui::model::Event;

/// Reads the terminal in a thread of its own, which cannot be joined while a read waits, and ends with the process.
/// All keys of one read are sent at once, so that they are drawn at once. It waits for bytes by level and is
/// interrupted by no resize, so that a key that comes with one is not lost; and it wakes only for bytes and for
/// what waits for the rest of a sequence.
pub(in crate::tui) fn read_keys(sender: Sender<Incoming>) {
    std::thread::spawn(move || {
        let mut keys = Keys::new();
        loop {
            let Ok(events) = keys.read() else {
                let _ = sender.send(Incoming::InputGone);
                return;
            };
            if sender.send(Incoming::Input(events)).is_err() {
                return;
            }
        }
    });
}

/// The keys and pastes of standard input, which is a terminal in raw mode.
pub struct Keys {
    input: Stdin,
    start: Instant,
    decoder: Decoder,
    buffer: [u8; 4096],
}

impl Default for Keys {
    fn default() -> Keys {
        Keys::new()
    }
}

impl Keys {
    /// Nothing was read yet.
    pub fn new() -> Keys {
        let (input, start) = (std::io::stdin(), Instant::now());
        Keys { input, start, decoder: Decoder::default(), buffer: [0; 4096] }
    }

    /// Waits for what comes next: at least one event.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn read(&mut self) -> std::io::Result<Vec<Event>> {
        loop {
            let wait = self.decoder.deadline().map(|at| at.saturating_sub(self.start.elapsed()));
            let events = if ready(&self.input, wait)? {
                match read(&self.input, &mut self.buffer) {
                    Ok(0) => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                    Ok(count) => {
                        let events = self.decoder.take(&self.buffer[..count], self.start.elapsed());
                        // A pasted key may be among it.
                        self.buffer[..count].zeroize();
                        events
                    }
                    Err(Errno::INTR | Errno::AGAIN) => continue,
                    Err(error) => return Err(error.into()),
                }
            } else {
                self.decoder.expire(self.start.elapsed())
            };
            if !events.is_empty() {
                return Ok(events);
            }
        }
    }
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
