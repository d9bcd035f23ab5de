//! A key's successor: what it is called, and what comes next once it is stored.

use super::super::effect::{Request, RequestId};
use super::super::field::Field;
use super::refused_secret;
use crate::wire::keys::Key;
use crate::wire::text;
use crate::wire::time::Timestamp;

/// The form for a successor.
#[derive(Clone, PartialEq, Debug)]
pub struct RotateForm {
    /// The key that is succeeded, as it was when the form opened.
    pub key: Key,
    /// When it opened.
    pub opened: Timestamp,
    /// The successor's name; empty for the old one with the next free number.
    pub field: Field,
    /// Why it was refused.
    pub error: Option<String>,
    /// It was sent.
    pub sending: Option<RequestId>,
}

/// What comes next, once a successor is stored.
#[derive(Clone, PartialEq, Debug)]
pub struct Successor {
    /// The key that was succeeded; it is active still.
    pub old: Key,
    /// The successor's name.
    pub name: String,
}

impl RotateForm {
    /// An empty form.
    pub fn new(key: Key, opened: Timestamp) -> RotateForm {
        RotateForm { key, opened, field: Field::default(), error: None, sending: None }
    }

    /// What to send.
    ///
    /// # Errors
    /// Why the name cannot be one.
    pub fn request(&self) -> Result<Request, String> {
        if let Some(refused) = refused_secret(&self.field) {
            return Err(refused);
        }
        let name = match self.field.text().trim() {
            "" => None,
            name => Some(text::name(name).map_err(|bad| format!("the name {bad}"))?),
        };
        Ok(Request::RotateKey { id: self.key.id, name })
    }
}
