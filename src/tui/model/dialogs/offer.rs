//! Whose key was pasted: only its public parts are kept and asked for.

use crate::secret::Hint;
use crate::wire::keys::Key;

/// What is known of it.
#[derive(Clone, PartialEq, Debug)]
pub enum Found {
    /// It is being looked for.
    Looking,
    /// These have its mask; mostly it is one.
    Keys(Vec<Key>),
    /// None of ours has it.
    Unknown,
    /// It is a management token.
    Token,
    /// It could not be looked for.
    Failed(String),
}

/// The offer to go to a key or revoke it.
#[derive(Clone, PartialEq, Debug)]
pub struct Offer {
    /// The mask.
    pub hint: Hint,
    /// What is known of it.
    pub found: Found,
    /// `x` was pressed before it was found: the revocation opens when it is.
    pub revoke: bool,
    /// Enter was pressed before it was found.
    pub go: bool,
}

impl Offer {
    /// Looks for it.
    pub fn new(hint: Hint, found: Found) -> Offer {
        Offer { hint, found, revoke: false, go: false }
    }
}
