//! The word that allows changes in a locked context.

use super::super::action::Action;
use super::super::field::Field;

/// What was typed so far.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Unlock {
    /// The word.
    pub field: Field,
    /// What somebody wanted to do, if a key of the table asked for it.
    pub wanted: Option<Action>,
    /// What is wrong with it.
    pub note: Option<String>,
}
