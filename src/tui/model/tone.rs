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
    /// A bar of requests that were answered.
    Allowed,
    /// A bar of requests that were rate-limited or refused.
    Rejected,
    /// As keys in this condition are.
    Condition(Condition),
}

impl Tone {
    /// Whether it says how something is, and not how much that matters here.
    pub const fn is_state(self) -> bool {
        matches!(self, Tone::Good | Tone::Warn | Tone::Bad | Tone::Condition(_))
    }
}
