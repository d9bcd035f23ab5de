//! The word that allows changes in a locked context.

use super::super::field::Field;

/// What was typed so far.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Unlock {
    /// The word.
    pub field: Field,
    /// What is wrong with it.
    pub note: Option<String>,
}
