//! The word that allows changes in a locked context.

use super::super::action::Action;
use super::super::field::Field;
use crate::wire::keys::Key;

/// What was typed so far.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Unlock {
    /// The word.
    pub field: Field,
    /// What somebody wanted to do: it goes on once changes are allowed.
    pub wanted: Option<Wanted>,
    /// What is wrong with it.
    pub note: Option<String>,
}

/// What is gone on with: each of them opens a dialog of its own, and none is a deed.
#[derive(Clone, PartialEq, Debug)]
pub enum Wanted {
    /// What a key of the table, or the palette, asked for.
    Action(Action),
    /// The revocation of this key, from wherever it was asked for.
    Revoke(Box<Key>),
}
