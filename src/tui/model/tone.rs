//! What a text is like. The theme says how that looks.

use super::ages::Condition;

/// What a text is like, for its colour.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Tone {
    /// Words.
    Text,
    /// A heading.
    Title,
    /// A key to press.
    Key,
    /// Beside the point.
    Dim,
    /// As it should be.
    Good,
    /// To be looked at.
    Warn,
    /// To be mended.
    Bad,
    /// As keys in this condition are.
    Condition(Condition),
}
