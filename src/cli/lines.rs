//! Lines written by a thread of their own, so that whoever writes them never waits for what takes them: a
//! terminal stopped with Ctrl-S, a pipe that nobody reads, a disk that hangs.
//!
//! Not `tracing-appender`: its guard flushes at the end of `main` alone, prints to standard output where the
//! flush fails, and keeps its count of dropped lines to itself. Here every way out of the process flushes, and
//! the log says how many lines it lacks.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The most bytes that wait; beyond them lines are dropped.
const MOST: usize = 2 * 1024 * 1024;
/// How much memory is kept for the next lines.
const KEPT: usize = 64 * 1024;

/// The queue of a thread that writes. Each write is one line.
#[derive(Clone, Debug)]
pub struct Lines(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    filled: Condvar,
    emptied: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    text: Vec<u8>,
    dropped: u64,
    writing: bool,
}

impl Lines {
    /// Starts the thread.
    ///
    /// # Errors
    /// When there can be no thread.
    pub fn start(out: impl Write + Send + 'static) -> io::Result<Lines> {
        let lines = Lines(Arc::default());
        let shared = Arc::clone(&lines.0);
        thread::Builder::new().name("log".to_owned()).spawn(move || write(&shared, out))?;
        Ok(lines)
    }

    /// Waits until all lines are written, but not longer than this. Whether they are.
    pub fn flush(&self, within: Duration) -> bool {
        let unwritten = |queue: &mut Queue| queue.writing || !queue.text.is_empty();
        let waited = self.0.emptied.wait_timeout_while(self.0.lock(), within, unwritten);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut queue = self.0.lock();
        if !queue.text.is_empty() && queue.text.len() + line.len() > MOST {
            queue.dropped += 1;
        } else {
            queue.text.extend_from_slice(line);
            drop(queue);
            self.0.filled.notify_one();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write(shared: &Shared, mut out: impl Write) {
    let (mut text, mut failed) = (Vec::new(), 0);
    loop {
        let mut queue = shared.lock();
        queue.writing = false;
        while queue.text.is_empty() {
            shared.emptied.notify_all();
            queue = shared.filled.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        std::mem::swap(&mut text, &mut queue.text);
        queue.writing = true;
        let dropped = std::mem::take(&mut queue.dropped);
        drop(queue);
        // It comes first in the queue that is empty now: after the lines before it, and before those that follow.
        warn_of_dropped(dropped);
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            match out.write_all(line) {
                Ok(()) => warn_of_dropped(std::mem::take(&mut failed)),
                Err(_) => failed += 1,
            }
        }
        text.clear();
        text.shrink_to(KEPT);
    }
}

fn warn_of_dropped(dropped: u64) {
    if dropped > 0 {
        tracing::warn!("dropped {dropped} lines: the log could not be written");
    }
}

/// Standard error for a thread that may wait for it: without the lock that `std::io::stderr` holds meanwhile,
/// and whether or not it is in non-blocking mode, which another process may have set.
#[derive(Debug)]
pub struct Stderr(#[cfg(unix)] std::fs::File, #[cfg(not(unix))] io::Stderr);

impl Stderr {
    /// Standard error.
    ///
    /// # Errors
    /// When no file is left for it.
    pub fn open() -> io::Result<Stderr> {
        #[cfg(unix)]
        let stderr = std::os::fd::AsFd::as_fd(&io::stderr()).try_clone_to_owned()?.into();
        #[cfg(not(unix))]
        let stderr = io::stderr();
        Ok(Stderr(stderr))
    }
}

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.0.write(bytes) {
                #[cfg(unix)]
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    use rustix::event::{PollFd, PollFlags, poll};
                    poll(&mut [PollFd::new(&self.0, PollFlags::OUT)], None)?;
                }
                written => return written,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
