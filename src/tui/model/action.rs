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
    (Action::Up, "up", "up"),
    (Action::Down, "down", "down"),
    (Action::First, "first", "first row"),
    (Action::Last, "last", "last row"),
    (Action::PageUp, "page-up", "page up"),
    (Action::PageDown, "page-down", "page down"),
    (Action::HalfUp, "half-up", "half a page up"),
    (Action::HalfDown, "half-down", "half a page down"),
    (Action::NextRow, "next-row", "next row"),
    (Action::PreviousRow, "previous-row", "previous row"),
    (Action::ScrollDown, "scroll-down", "scroll the details down"),
    (Action::ScrollUp, "scroll-up", "scroll the details up"),
    (Action::Open, "open", "open a project's keys, or the details"),
    (Action::OpenProject, "open-project", "all keys of this project"),
    (Action::Detail, "detail", "open details"),
    (Action::Back, "back", "close / clear marks / clear filter / back"),
    (Action::Close, "close", "close, or quit"),
    (Action::Quit, "quit", "quit"),
    (Action::Suspend, "suspend", "suspend (resume with fg)"),
    (Action::Redraw, "redraw", "redraw the screen"),
    (Action::NextView, "next-view", "next view"),
    (Action::PreviousView, "previous-view", "previous view"),
    (Action::View(1), "projects", "Projects"),
    (Action::View(2), "keys", "Keys (all projects)"),
    (Action::View(3), "stale", "Stale keys"),
    (Action::View(4), "audit", "Audit log"),
    (Action::New, "new", "new key or project"),
    (Action::NewKey, "new-key", "new key, from any view"),
    (Action::Rename, "rename", "rename"),
    (Action::Revoke, "revoke", "revoke this key, or the marked keys"),
    (Action::Rotate, "rotate", "rotate (create a replacement)"),
    (Action::DeleteProject, "delete-project", "delete this project"),
    (Action::Mark, "mark", "mark or unmark this key"),
    (Action::Range, "range", "mark a range: start, then end"),
    (Action::MarkAll, "mark-all", "mark all matching keys"),
    (Action::Filter, "filter", "filter"),
    (Action::Palette, "palette", "command palette: actions, projects, keys"),
    (Action::Sort, "sort", "sort by…"),
    (Action::Reverse, "reverse", "reverse the sort order"),
    (Action::Columns, "columns", "choose columns"),
    (Action::Longer, "longer", "raise the idle threshold (Stale)"),
    (Action::Shorter, "shorter", "lower the idle threshold (Stale)"),
    (Action::CopyMask, "copy-mask", "copy the masked key"),
    (Action::CopyMenu, "copy-menu", "copy… (masked key, id, name)"),
    (Action::Export, "export", "export this view: CSV, JSON, Markdown"),
    (Action::Refresh, "refresh", "refresh"),
    (Action::Freeze, "freeze", "turn live updates off/on"),
    (Action::Pane, "pane", "detail pane on/off (100+ columns)"),
    (Action::Wide, "wide", "wide table on/off (100+ columns)"),
    (Action::Mouse, "mouse", "mouse on/off"),
    (Action::Messages, "messages", "messages"),
    (Action::Contexts, "contexts", "switch context"),
    (Action::Help, "help", "help"),
    (Action::Submit, "submit", "dialog: submit, or done with a new key"),
    (Action::Cancel, "cancel", "dialog: cancel"),
    (Action::NextField, "next-field", "dialog: next field"),
    (Action::PreviousField, "previous-field", "dialog: previous field"),
    (Action::Confirm, "confirm", "dialog: yes"),
    (Action::Decline, "decline", "dialog: no"),
    (Action::Toggle, "toggle", "dialog: select or clear"),
    (Action::MoveUp, "move-up", "columns: move up"),
    (Action::MoveDown, "move-down", "columns: move down"),
    (Action::Reset, "reset", "columns: reset to default"),
    (Action::Stored, "stored", "unsaved keys: I have this one"),
    (Action::StoredAll, "stored-all", "unsaved keys: I have all of them"),
    (Action::RevokeAll, "revoke-all", "unsaved keys: revoke all of them"),
    (Action::CopyAgain, "copy-again", "new key: copy"),
    (Action::CopyAs, "copy-as", "new key: copy as a shell line, curl…"),
    (Action::WriteFile, "write-file", "new key: save to file"),
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
