//! Keys that an earlier dashboard showed and that nobody said to have stored: revoke them, or say that they are.

use super::super::effect::RequestId;
use crate::wire::id::KeyId;
use crate::wire::keys::Key;
use crate::wire::time::Timestamp;

/// What waits for a second key press.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Asking {
    /// Nothing.
    No,
    /// Whether to revoke the marked key, since then.
    One(Timestamp),
    /// Whether to revoke all of them: what was typed of their number.
    All(String),
}

/// The dialog.
#[derive(Clone, PartialEq, Debug)]
pub struct Unstored {
    /// The keys that are active still.
    pub keys: Vec<Key>,
    /// Which is marked.
    pub at: usize,
    /// When it opened.
    pub opened: Timestamp,
    /// What waits for a second key press.
    pub asking: Asking,
    /// Revocations that were sent.
    pub sending: Vec<(RequestId, KeyId)>,
    /// What has to be said.
    pub note: Option<String>,
}

impl Unstored {
    /// For these keys.
    pub fn new(keys: Vec<Key>, opened: Timestamp) -> Unstored {
        Unstored { keys, at: 0, opened, asking: Asking::No, sending: Vec::new(), note: None }
    }

    /// The marked key.
    pub fn marked(&self) -> Option<&Key> {
        self.keys.get(self.at)
    }

    /// Takes a key out.
    pub fn remove(&mut self, id: KeyId) {
        self.sending.retain(|(_, other)| *other != id);
        self.keys.retain(|key| key.id != id);
        self.at = self.at.min(self.keys.len().saturating_sub(1));
    }
}
