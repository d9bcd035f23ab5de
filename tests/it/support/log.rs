//! What a test's own thread logs.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing::{Dispatch, Level};

/// A log in memory.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// What writes into it. Make two: with one alone, an event that another test's thread meets first would be
    /// switched off for all.
    pub(crate) fn dispatch(&self, level: Level) -> Dispatch {
        let writer = self.clone();
        let fmt = tracing_subscriber::fmt().with_max_level(level).with_ansi(false);
        Dispatch::new(fmt.with_writer(move || writer.clone()).finish())
    }

    /// What was logged so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no panic").clone()).expect("UTF-8")
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
