//! What the user wants.

/// A wish of the user, as the keymap reads it from a key. Typing in a field is none: it goes to the field.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// To the first row.
    First,
    /// To the last row.
    Last,
    /// A screen up.
    PageUp,
    /// A screen down.
    PageDown,
    /// Half a screen up.
    HalfUp,
    /// Half a screen down.
    HalfDown,
    /// Open the row: a project's keys, a key's detail.
    Open,
    /// Show the row's detail.
    Detail,
    /// Close an overlay, then the filter, then go back; never quits.
    Back,
    /// Close what is open; at the root, quit.
    Close,
    /// Leave from anywhere.
    Quit,
    /// Stop the process and give the terminal back.
    Suspend,
    /// To the next view.
    NextView,
    /// To the view before.
    PreviousView,
    /// To a view by its number, 1 to 4.
    View(u8),
    /// Make a key or a project.
    New,
    /// Rename.
    Rename,
    /// Revoke.
    Revoke,
    /// Filter as typed.
    Filter,
    /// Sort by the next column.
    Sort,
    /// Turn the order round.
    Reverse,
    /// Show the keys.
    Help,
    /// Ask the server again.
    Refresh,
    /// Copy the mask.
    CopyMask,
    /// A longer idle threshold.
    Longer,
    /// A shorter idle threshold.
    Shorter,
    /// Show or hide the detail pane.
    Pane,
    /// The table over the whole width, or with its panes.
    Wide,
    /// Show the messages.
    Messages,
}
