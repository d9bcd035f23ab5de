//! What reaches the loop: from the terminal, from signals, from the server, and from effects that have ended.

use super::clipboard::Text;
use super::connect::Connected;
use super::model::{CopyKind, Event};

/// What reaches the loop.
pub(super) enum Incoming {
    /// Something for the model.
    Event(Event),
    /// What was typed or pasted, all of one read.
    Input(Vec<Event>),
    /// The terminal may have another size.
    Resized,
    /// There are changes in the mailbox.
    Changes,
    /// The server of this context was found.
    Connected(String, Box<Connected>),
    /// Another process answers for this context now: where it is has to be asked.
    Moved(String),
    /// Something for the model, if it is still in this context.
    In(String, Event),
    /// The terminal is to be given a text for its clipboard.
    Osc52(CopyKind, Text),
    /// A signal asks to suspend the process.
    Stop,
    /// A signal asks to end; the exit code says which.
    Signal(u8),
    /// The terminal is gone.
    InputGone,
}
