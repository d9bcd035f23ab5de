//! The confirmation of a revocation: what it would hit, and that it is meant.

use super::super::effect::RequestId;
use super::super::field::Field;
use super::refused_secret;
use crate::wire::keys::{Caller, Key};
use crate::wire::text;
use crate::wire::time::Timestamp;

/// Where the keys go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RevokeFocus {
    /// Leave it as it is.
    Cancel,
    /// Why.
    Reason,
    /// Do it.
    Revoke,
}

/// The dialog. Its target is fixed when it opens.
#[derive(Clone, PartialEq, Debug)]
pub struct RevokeDialog {
    /// The key as it was when the dialog opened.
    pub key: Key,
    /// When it opened.
    pub opened: Timestamp,
    /// Who used it, once that is known.
    pub callers: Option<Result<Vec<Caller>, String>>,
    /// Why, if somebody wants to say.
    pub reason: Field,
    /// Where the keys go.
    pub focus: RevokeFocus,
    /// It was sent.
    pub sending: Option<RequestId>,
    /// What has to be said: too fast, refused, lost.
    pub note: Option<String>,
}

impl RevokeDialog {
    /// For this key; Cancel has the focus.
    pub fn new(key: Key, opened: Timestamp) -> RevokeDialog {
        RevokeDialog {
            key,
            opened,
            callers: None,
            reason: Field::default(),
            focus: RevokeFocus::Cancel,
            sending: None,
            note: None,
        }
    }

    /// To the next or previous place.
    pub fn turn(&mut self, forward: bool) {
        use RevokeFocus::{Cancel, Reason, Revoke};
        self.focus = match (self.focus, forward) {
            (Cancel, true) | (Revoke, false) => Reason,
            (Reason, true) | (Cancel, false) => Revoke,
            (Revoke, true) | (Reason, false) => Cancel,
        };
    }

    /// The reason, if there is one.
    ///
    /// # Errors
    /// Why it cannot be one.
    pub fn checked_reason(&self) -> Result<Option<String>, String> {
        if let Some(refused) = refused_secret(&self.reason) {
            return Err(refused);
        }
        let reason = text::reason(self.reason.text()).map_err(|bad| format!("the reason {bad}"))?;
        Ok((!reason.is_empty()).then_some(reason))
    }
}
