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

    /// Takes a key out. The marked one stays marked; where it is the one that goes, nothing more is asked about it.
    pub fn remove(&mut self, id: KeyId) {
        self.sending.retain(|(_, other)| *other != id);
        let marked = self.marked().map(|key| key.id);
        let known = self.keys.len();
        self.keys.retain(|key| key.id != id);
        let at = self.keys.iter().position(|key| Some(key.id) == marked);
        self.at = at.unwrap_or(self.at).min(self.keys.len().saturating_sub(1));
        let counted = matches!(self.asking, Asking::All(_)) && known != self.keys.len();
        if counted || (at.is_none() && matches!(self.asking, Asking::One(_))) {
            self.asking = Asking::No;
        }
    }
}
