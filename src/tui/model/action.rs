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
    /// To the next row, also while the detail has the screen.
    NextRow,
    /// To the row before, also while the detail has the screen.
    PreviousRow,
    /// The detail a few lines down.
    ScrollDown,
    /// The detail a few lines up.
    ScrollUp,
    /// Open the row: a project's keys, a key's detail.
    Open,
    /// Show the keys of the selected key's project.
    OpenProject,
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
    /// Clear the screen and draw all of it.
    Redraw,
    /// To the next view.
    NextView,
    /// To the view before.
    PreviousView,
    /// To a view by its number, 1 to 4.
    View(u8),
    /// Make a key or a project.
    New,
    /// Make a key, from whatever view.
    NewKey,
    /// Rename.
    Rename,
    /// Revoke.
    Revoke,
    /// Make a successor for the key.
    Rotate,
    /// Delete the project.
    DeleteProject,
    /// Mark the row, or take its mark away.
    Mark,
    /// Begin a range of marks, or end it.
    Range,
    /// Mark every row that the filter matches.
    MarkAll,
    /// Filter as typed.
    Filter,
    /// Choose an action, a project or a key by its name.
    Palette,
    /// Choose an order.
    Sort,
    /// Turn the order round.
    Reverse,
    /// Choose the columns of the view.
    Columns,
    /// Show the keys.
    Help,
    /// Stop live updates, or go on.
    Freeze,
    /// Ask the server again.
    Refresh,
    /// Copy the mask.
    CopyMask,
    /// Choose what to copy.
    CopyMenu,
    /// A longer idle threshold.
    Longer,
    /// A shorter idle threshold.
    Shorter,
    /// Show or hide the detail pane.
    Pane,
    /// The table over the whole width, or with its panes.
    Wide,
    /// Take the mouse, or give it back.
    Mouse,
    /// Write what is shown into a file.
    Export,
    /// Show the messages.
    Messages,
    /// Show the contexts, to go to another one.
    Contexts,
    /// In a dialog: do it.
    Submit,
    /// In a dialog: leave it.
    Cancel,
    /// In a dialog: to its next field.
    NextField,
    /// In a dialog: to the field before.
    PreviousField,
    /// In a confirmation: yes.
    Confirm,
    /// In a confirmation: no.
    Decline,
    /// In a dialog: choose this, or take the choice back.
    Toggle,
    /// In the choice of columns: this one further up.
    MoveUp,
    /// In the choice of columns: this one further down.
    MoveDown,
    /// In the choice of columns: the usual ones.
    Reset,
    /// At keys that were shown before: this one is stored.
    Stored,
    /// At keys that were shown before: all of them are stored.
    StoredAll,
    /// At keys that were shown before: revoke all of them.
    RevokeAll,
    /// At a new key: copy it again.
    CopyAgain,
    /// At a new key: choose as what to copy it.
    CopyAs,
    /// At a new key: write it into a file.
    WriteFile,
}

/// Where keys are read: the same key may mean something else in each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// In the tables.
    Table,
    /// In dialogs, and in the filter while one types.
    Dialog,
    /// While a new key is shown.
    NewKey,
}

impl Scope {
    const ALL: [Scope; 3] = [Scope::Table, Scope::Dialog, Scope::NewKey];
}

/// Each action with its name for the configuration and what it does in words, in the order of the help. Its keys
/// stand in `assets/keymap.toml`.
pub const ACTIONS: &[(Action, &str, &str)] = &[
    (Action::Up, "up", "one row up"),
    (Action::Down, "down", "one row down"),
    (Action::First, "first", "to the first row"),
    (Action::Last, "last", "to the last row"),
    (Action::PageUp, "page-up", "a screen up"),
    (Action::PageDown, "page-down", "a screen down"),
    (Action::HalfUp, "half-up", "half a screen up"),
    (Action::HalfDown, "half-down", "half a screen down"),
    (Action::NextRow, "next-row", "next row, also from its detail"),
    (Action::PreviousRow, "previous-row", "row before, also from its detail"),
    (Action::ScrollDown, "scroll-down", "scroll the detail down"),
    (Action::ScrollUp, "scroll-up", "scroll the detail up"),
    (Action::Open, "open", "open: a project's keys, a key's detail"),
    (Action::OpenProject, "open-project", "all keys of this key's project"),
    (Action::Detail, "detail", "detail of the row"),
    (Action::Back, "back", "close what is open, then marks, the filter, then go back"),
    (Action::Close, "close", "close; at the root, quit"),
    (Action::Quit, "quit", "leave from anywhere"),
    (Action::Suspend, "suspend", "suspend (resume with fg)"),
    (Action::Redraw, "redraw", "clear the screen and draw it again"),
    (Action::NextView, "next-view", "next view"),
    (Action::PreviousView, "previous-view", "view before"),
    (Action::View(1), "projects", "Projects"),
    (Action::View(2), "keys", "Keys of all projects"),
    (Action::View(3), "stale", "Stale keys"),
    (Action::View(4), "audit", "Audit log"),
    (Action::New, "new", "new key, or project"),
    (Action::NewKey, "new-key", "new key of the project, from any view"),
    (Action::Rename, "rename", "rename"),
    (Action::Revoke, "revoke", "revoke the marked keys, or this one"),
    (Action::Rotate, "rotate", "rotate: a successor for this key"),
    (Action::DeleteProject, "delete-project", "delete this project"),
    (Action::Mark, "mark", "mark this key, or unmark it"),
    (Action::Range, "range", "begin a range of marks, or end it"),
    (Action::MarkAll, "mark-all", "mark every key that the filter matches"),
    (Action::Filter, "filter", "filter, as typed"),
    (Action::Palette, "palette", "command palette: any action, project or key by its name"),
    (Action::Sort, "sort", "sort by: the menu of orders"),
    (Action::Reverse, "reverse", "reverse the order"),
    (Action::Columns, "columns", "choose columns"),
    (Action::Longer, "longer", "longer idle threshold (Stale)"),
    (Action::Shorter, "shorter", "shorter idle threshold (Stale)"),
    (Action::CopyMask, "copy-mask", "copy the mask"),
    (Action::CopyMenu, "copy-menu", "copy the mask, the id, the name …"),
    (Action::Export, "export", "export what is shown: CSV, JSON, Markdown"),
    (Action::Refresh, "refresh", "ask the server again"),
    (Action::Freeze, "freeze", "freeze live updates, or go on"),
    (Action::Pane, "pane", "detail pane on or off, from 100 columns"),
    (Action::Wide, "wide", "wide table on or off, from 100 columns"),
    (Action::Mouse, "mouse", "mouse on or off"),
    (Action::Messages, "messages", "messages"),
    (Action::Contexts, "contexts", "contexts: go to another server"),
    (Action::Help, "help", "this help"),
    (Action::Submit, "submit", "in a dialog: do it; at a new key: I have stored it"),
    (Action::Cancel, "cancel", "in a dialog: leave it"),
    (Action::NextField, "next-field", "in a dialog: its next field"),
    (Action::PreviousField, "previous-field", "in a dialog: the field before"),
    (Action::Confirm, "confirm", "in a confirmation: yes, do it"),
    (Action::Decline, "decline", "in a confirmation: no, leave it"),
    (Action::Toggle, "toggle", "in a dialog: choose this, or take the choice back"),
    (Action::MoveUp, "move-up", "in the choice of columns: move up"),
    (Action::MoveDown, "move-down", "in the choice of columns: move down"),
    (Action::Reset, "reset", "in the choice of columns: default"),
    (Action::Stored, "stored", "at keys shown before: I have this one"),
    (Action::StoredAll, "stored-all", "at keys shown before: I have all of them"),
    (Action::RevokeAll, "revoke-all", "at keys shown before: revoke all of them"),
    (Action::CopyAgain, "copy-again", "at a new key: copy it again"),
    (Action::CopyAs, "copy-as", "at a new key: copy it as a line of a script, an address …"),
    (Action::WriteFile, "write-file", "at a new key: write it into a file"),
];

impl Action {
    /// The action with this name.
    pub fn named(name: &str) -> Option<Action> {
        ACTIONS.iter().find(|(_, known, _)| *known == name).map(|(action, ..)| *action)
    }

    /// Its name for the configuration.
    pub fn name(self) -> &'static str {
        ACTIONS.iter().find(|(action, ..)| *action == self).map_or("", |(_, name, _)| name)
    }

    /// What it does, in words.
    pub fn words(self) -> &'static str {
        ACTIONS.iter().find(|(action, ..)| *action == self).map_or("", |(.., words)| words)
    }

    /// Whether it moves through a list: it may be repeated by holding its key.
    pub const fn moves(self) -> bool {
        matches!(
            self,
            Action::Up
                | Action::Down
                | Action::First
                | Action::Last
                | Action::PageUp
                | Action::PageDown
                | Action::HalfUp
                | Action::HalfDown
                | Action::NextRow
                | Action::PreviousRow
                | Action::ScrollDown
                | Action::ScrollUp
                | Action::MoveUp
                | Action::MoveDown
        )
    }

    /// Whether it takes something away for ever: no Ctrl chord may do that, for those are typed by habit.
    pub const fn destroys(self) -> bool {
        matches!(self, Action::Revoke | Action::RevokeAll | Action::DeleteProject | Action::Confirm)
    }

    /// Whether its keys are read there.
    pub const fn works_in(self, scope: Scope) -> bool {
        match self {
            Action::Quit | Action::Suspend | Action::Redraw => true,
            Action::Submit | Action::Cancel | Action::NextField | Action::PreviousField => {
                !matches!(scope, Scope::Table)
            }
            Action::Confirm
            | Action::Decline
            | Action::Toggle
            | Action::MoveUp
            | Action::MoveDown
            | Action::Reset
            | Action::Stored
            | Action::StoredAll
            | Action::RevokeAll => {
                matches!(scope, Scope::Dialog)
            }
            Action::CopyAgain | Action::CopyAs | Action::WriteFile => matches!(scope, Scope::NewKey),
            _ => matches!(scope, Scope::Table),
        }
    }

    /// Whether one key cannot be that of both.
    pub(super) fn meets(self, other: Action) -> bool {
        Scope::ALL.into_iter().any(|scope| self.works_in(scope) && other.works_in(scope))
    }
}
