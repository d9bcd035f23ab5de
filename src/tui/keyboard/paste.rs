//! A bracketed paste: text until its end mark, whatever is in it and however long it takes.

use std::time::Duration;

use zeroize::{Zeroize, Zeroizing};

use crate::tui::model::Pasted;

/// How long a paste may stand still before it is taken as it is. What comes behind that is still its rest, unless it
/// is a single key: then the end mark was lost.
pub const STALL: Duration = Duration::from_secs(1);
/// The most bytes of a paste that are kept; the rest is read and dropped.
pub const LIMIT: usize = 1024 * 1024;

const END: &[u8] = b"\x1b[201~";

/// A paste whose end was not read yet.
#[derive(Default)]
pub(super) struct Paste {
    content: Zeroizing<Vec<u8>>,
    /// How much of the end mark stands behind the content.
    matched: usize,
    /// When it has stood still for too long; none after that.
    until: Option<Duration>,
}

/// A paste may hold a key, so that none of it is shown.
impl std::fmt::Debug for Paste {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Paste({} bytes)", self.content.len())
    }
}

impl Paste {
    pub(super) fn new(until: Duration) -> Paste {
        Paste { until: Some(until), ..Paste::default() }
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.until
    }

    /// Whether what was read now belongs to it. Single keys, pressed by somebody who waits, do not keep it open.
    pub(super) fn goes_on(&mut self, is_one_key: bool, flows: bool, now: Duration) -> bool {
        let stalled = self.until.is_none();
        if stalled && is_one_key && self.matched == 0 {
            return false;
        }
        if stalled || flows || !is_one_key {
            self.until = Some(now + STALL);
        }
        true
    }

    /// Takes a byte, and says whether it was the last one of the end mark.
    pub(super) fn push(&mut self, byte: u8) -> bool {
        if byte == END[self.matched] {
            self.matched += 1;
            return self.matched == END.len();
        }
        // ESC stands in the mark once, at its beginning.
        for kept in END.iter().take(self.matched) {
            self.keep(*kept);
        }
        self.matched = usize::from(byte == END[0]);
        if self.matched == 0 {
            self.keep(byte);
        }
        false
    }

    /// The text so far, where nothing has come for too long.
    pub(super) fn interrupt(&mut self) -> Option<Pasted> {
        self.until = None;
        self.text()
    }

    fn keep(&mut self, byte: u8) {
        if self.content.len() == LIMIT {
            return;
        }
        if self.content.len() == self.content.capacity() {
            // Growing would leave a copy of the old text behind in freed memory.
            let mut roomy = Vec::with_capacity((2 * self.content.capacity()).clamp(256, LIMIT));
            roomy.extend_from_slice(&self.content);
            self.content.zeroize();
            *self.content = roomy;
        }
        self.content.push(byte);
    }

    /// The text, if there is any.
    pub(super) fn text(&mut self) -> Option<Pasted> {
        let bytes = std::mem::take(&mut *self.content);
        if bytes.is_empty() {
            return None;
        }
        Some(Pasted::new(String::from_utf8(bytes).unwrap_or_else(|error| {
            let bytes = Zeroizing::new(error.into_bytes());
            String::from_utf8_lossy(&bytes).into_owned()
        })))
    }
}
