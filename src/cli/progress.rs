//! Progress of long work: a line on standard error, where that is a terminal.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;

use crate::client::Watch;

/// Back to the beginning of the line, which is cleared.
const CLEAR: &[u8] = b"\r\x1b[K";

/// A line that is replaced as work goes on, and cleared when this is dropped.
pub struct Progress {
    terminal: bool,
    shown: bool,
}

impl Progress {
    /// Nothing is shown yet.
    pub fn new() -> Progress {
        let able = std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Progress { terminal: able && io::stderr().is_terminal(), shown: false }
    }

    /// Replaces the line.
    pub fn show(&mut self, words: &str) {
        if self.terminal {
            self.shown = true;
            // Standard error may be gone; the work goes on.
            let _ = io::stderr().write_all(&[CLEAR, words.as_bytes()].concat());
        }
    }

    /// Clears the line.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = io::stderr().write_all(CLEAR);
        }
    }
}

impl Default for Progress {
    fn default() -> Progress {
        Progress::new()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Shows how many rows of a list of several pages are loaded.
pub fn of_lists() -> Watch {
    let progress = std::sync::Mutex::new(Progress::new());
    Arc::new(move |loaded| {
        let mut progress = progress.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match loaded {
            Some((rows, total)) => progress.show(&format!("Loading… {rows} of {total}")),
            None => progress.clear(),
        }
    })
}
