//! What the user wants.

/// A wish of the user, as the keymap reads it from a key. Typing in a field is none: it goes to the field.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    /// One row up, or one line where the detail has the screen.
    Up,
    /// One row down, or one line where the detail has the screen.
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
    /// Show the audit events of the selected key or project.
    History,
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
    /// To a view by its number, 1 to 6.
    View(u8),
    /// Make a key or a project.
    New,
    /// Make a key, from whatever view.
    NewKey,
    /// Rename a project; edit a key's name, owner and purpose.
    Rename,
    /// Pause the key, or resume it.
    Pause,
    /// Show the revoked and paused keys that are still tried.
    StillTried,
    /// Start an access review, or continue one.
    Review,
    /// Execute the decisions of a review.
    Execute,
    /// In a review: keep the key.
    Keep,
    /// In a review: ask the owner of the key.
    Ask,
    /// In a review: leave the key undecided on purpose.
    Skip,
    /// In a review: undo my last decision.
    Undo,
    /// Revoke keys; forget a node.
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
    /// Choose among the saved filters of the view.
    Filters,
    /// Choose an action, a project or a key by its name.
    Palette,
    /// Choose an order.
    Sort,
    /// Turn the order round.
    Reverse,
    /// Choose the columns of the view.
    Columns,
    /// Count the keys by creator, project, state or owner.
    Group,
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
    /// Show times in UTC instead of ages, or the other way round.
    Times,
    /// Show or hide the detail pane.
    Pane,
    /// The table over the whole width, or with its panes.
    Wide,
    /// Take the mouse, or give it back.
    Mouse,
    /// Choose a theme.
    Theme,
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
    /// In the groups: by creator.
    ByCreator,
    /// In the groups: by project.
    ByProject,
    /// In the groups: by state.
    ByState,
    /// In the groups: by owner.
    ByOwner,
    /// At a rotation: start the guide, or end it.
    Guide,
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
    /// In the queue of a review.
    Review,
}

impl Scope {
    const ALL: [Scope; 4] = [Scope::Table, Scope::Dialog, Scope::NewKey, Scope::Review];
}

/// What the help gathers actions under: what one wants to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Group {
    /// Create, change, mark, copy.
    Keys,
    /// Filter, order, columns.
    Find,
    /// Views, details, contexts.
    GoTo,
    /// Access reviews.
    Reviews,
    /// Rows and pages.
    Move,
    /// The program itself.
    Dashboard,
    /// Keys that only dialogs take.
    Dialogs,
}

impl Group {
    /// Its title in the help.
    pub const fn title(self) -> &'static str {
        match self {
            Group::Keys => "Keys and projects",
            Group::Find => "Find",
            Group::GoTo => "Go to",
            Group::Reviews => "Access reviews",
            Group::Move => "Move",
            Group::Dashboard => "Dashboard",
            Group::Dialogs => "In dialogs",
        }
    }
}

/// Each action with its name for the configuration, what it does in words (at most 32 columns), and its group: in
/// the order of the help, group by group. The keys are in `assets/keymap.toml`.
pub const ACTIONS: &[(Action, &str, &str, Group)] = &[
    (Action::New, "new", "new key or project", Group::Keys),
    (Action::NewKey, "new-key", "new key, from any view", Group::Keys),
    (Action::Revoke, "revoke", "revoke this key or marked keys", Group::Keys),
    (Action::Rotate, "rotate", "rotate (create a replacement)", Group::Keys),
    (Action::Rename, "rename", "rename; edit owner, purpose", Group::Keys),
    (Action::Pause, "pause", "pause or resume this key", Group::Keys),
    (Action::CopyMask, "copy-mask", "copy the masked key", Group::Keys),
    (Action::CopyMenu, "copy-menu", "copy… (masked key, id, name)", Group::Keys),
    (Action::Mark, "mark", "mark or unmark this key", Group::Keys),
    (Action::Range, "range", "mark a range: start, then end", Group::Keys),
    (Action::MarkAll, "mark-all", "mark all matching keys", Group::Keys),
    (Action::DeleteProject, "delete-project", "delete project, cancel review", Group::Keys),
    (Action::Filter, "filter", "filter", Group::Find),
    (Action::Filters, "filters", "saved filters", Group::Find),
    (Action::Palette, "palette", "command palette", Group::Find),
    (Action::StillTried, "still-tried", "show keys that are still tried", Group::Find),
    (Action::Sort, "sort", "sort by…", Group::Find),
    (Action::Reverse, "reverse", "reverse the sort order", Group::Find),
    (Action::Columns, "columns", "choose columns", Group::Find),
    (Action::Group, "group", "group by creator, owner and more", Group::Find),
    (Action::Longer, "longer", "raise the idle threshold (Stale)", Group::Find),
    (Action::Shorter, "shorter", "lower the idle threshold (Stale)", Group::Find),
    (Action::View(1), "projects", "Projects", Group::GoTo),
    (Action::View(2), "keys", "Keys (all projects)", Group::GoTo),
    (Action::View(3), "stale", "Stale keys", Group::GoTo),
    (Action::View(4), "audit", "Audit log", Group::GoTo),
    (Action::View(5), "reviews", "Access reviews", Group::GoTo),
    (Action::View(6), "nodes", "Nodes", Group::GoTo),
    (Action::NextView, "next-view", "next view", Group::GoTo),
    (Action::PreviousView, "previous-view", "previous view", Group::GoTo),
    (Action::Open, "open", "open a project, or the details", Group::GoTo),
    (Action::OpenProject, "open-project", "all keys of this project", Group::GoTo),
    (Action::Detail, "detail", "open details", Group::GoTo),
    (Action::History, "history", "audit log of this key or project", Group::GoTo),
    (Action::Back, "back", "close, clear or go back", Group::GoTo),
    (Action::Contexts, "contexts", "switch context", Group::GoTo),
    (Action::Review, "review", "start or continue a review", Group::Reviews),
    (Action::Execute, "execute", "execute a review, then sign it", Group::Reviews),
    (Action::Keep, "keep", "in a review: keep", Group::Reviews),
    (Action::Ask, "ask", "in a review: ask the owner", Group::Reviews),
    (Action::Skip, "skip", "in a review: skip", Group::Reviews),
    (Action::Undo, "undo", "in a review: undo last decision", Group::Reviews),
    (Action::Up, "up", "up, or scroll open details", Group::Move),
    (Action::Down, "down", "down, or scroll open details", Group::Move),
    (Action::PageUp, "page-up", "page up", Group::Move),
    (Action::PageDown, "page-down", "page down", Group::Move),
    (Action::HalfUp, "half-up", "half a page up", Group::Move),
    (Action::HalfDown, "half-down", "half a page down", Group::Move),
    (Action::First, "first", "first row", Group::Move),
    (Action::Last, "last", "last row", Group::Move),
    (Action::NextRow, "next-row", "next row, also in open details", Group::Move),
    (Action::PreviousRow, "previous-row", "previous row, also in details", Group::Move),
    (Action::ScrollDown, "scroll-down", "scroll the details down", Group::Move),
    (Action::ScrollUp, "scroll-up", "scroll the details up", Group::Move),
    (Action::Help, "help", "help", Group::Dashboard),
    (Action::Export, "export", "export as CSV, JSON, Markdown", Group::Dashboard),
    (Action::Refresh, "refresh", "refresh", Group::Dashboard),
    (Action::Freeze, "freeze", "turn live updates off/on", Group::Dashboard),
    (Action::Messages, "messages", "messages", Group::Dashboard),
    (Action::Pane, "pane", "detail pane on/off (100+ wide)", Group::Dashboard),
    (Action::Wide, "wide", "wide table on/off (100+ wide)", Group::Dashboard),
    (Action::Times, "times", "times in UTC, or relative", Group::Dashboard),
    (Action::Mouse, "mouse", "mouse on/off", Group::Dashboard),
    (Action::Theme, "theme", "choose a theme", Group::Dashboard),
    (Action::Redraw, "redraw", "redraw the screen", Group::Dashboard),
    (Action::Suspend, "suspend", "suspend (resume with fg)", Group::Dashboard),
    (Action::Close, "close", "close, or quit", Group::Dashboard),
    (Action::Quit, "quit", "quit", Group::Dashboard),
    (Action::Submit, "submit", "submit, or done with a new key", Group::Dialogs),
    (Action::Cancel, "cancel", "cancel", Group::Dialogs),
    (Action::NextField, "next-field", "next field", Group::Dialogs),
    (Action::PreviousField, "previous-field", "previous field", Group::Dialogs),
    (Action::Toggle, "toggle", "select or clear", Group::Dialogs),
    (Action::Confirm, "confirm", "yes", Group::Dialogs),
    (Action::Decline, "decline", "no", Group::Dialogs),
    (Action::MoveUp, "move-up", "columns: move up", Group::Dialogs),
    (Action::MoveDown, "move-down", "columns: move down", Group::Dialogs),
    (Action::Reset, "reset", "columns: reset to default", Group::Dialogs),
    (Action::CopyAgain, "copy-again", "new key: copy", Group::Dialogs),
    (Action::CopyAs, "copy-as", "new key: copy as a shell line…", Group::Dialogs),
    (Action::WriteFile, "write-file", "new key: save to file", Group::Dialogs),
    (Action::ByCreator, "by-creator", "groups: by creator", Group::Dialogs),
    (Action::ByProject, "by-project", "groups: by project", Group::Dialogs),
    (Action::ByState, "by-state", "groups: by state", Group::Dialogs),
    (Action::ByOwner, "by-owner", "groups: by owner", Group::Dialogs),
    (Action::Guide, "guide", "rotation: guide me, or stop it", Group::Dialogs),
    (Action::Stored, "stored", "unsaved keys: I have this one", Group::Dialogs),
    (Action::StoredAll, "stored-all", "unsaved keys: I have them all", Group::Dialogs),
    (Action::RevokeAll, "revoke-all", "unsaved keys: revoke them all", Group::Dialogs),
];

impl Action {
    /// The action with this name.
    pub fn named(name: &str) -> Option<Action> {
        ACTIONS.iter().find(|(_, known, ..)| *known == name).map(|(action, ..)| *action)
    }

    /// Its name for the configuration.
    pub fn name(self) -> &'static str {
        ACTIONS.iter().find(|(action, ..)| *action == self).map_or("", |(_, name, ..)| name)
    }

    /// What it does, in words.
    pub fn words(self) -> &'static str {
        ACTIONS.iter().find(|(action, ..)| *action == self).map_or("", |(_, _, words, _)| words)
    }

    /// What the help shows it under.
    pub fn group(self) -> Group {
        ACTIONS.iter().find(|(action, ..)| *action == self).map_or(Group::Dashboard, |(.., group)| *group)
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
        matches!(
            self,
            Action::Revoke | Action::RevokeAll | Action::DeleteProject | Action::Confirm | Action::Execute
        )
    }

    /// Whether it works over an open dialog, which stays: it is about the whole dashboard.
    pub const fn leaves_dialogs_open(self) -> bool {
        matches!(
            self,
            Action::Help
                | Action::Palette
                | Action::Messages
                | Action::Contexts
                | Action::Theme
                | Action::Mouse
                | Action::Freeze
                | Action::Times
                | Action::Redraw
                | Action::Suspend
                | Action::Quit
        )
    }

    /// Whether its keys are read there.
    pub const fn works_in(self, scope: Scope) -> bool {
        match self {
            Action::Quit | Action::Suspend | Action::Redraw => true,
            Action::Submit | Action::Cancel | Action::NextField | Action::PreviousField => {
                matches!(scope, Scope::Dialog | Scope::NewKey)
                    || matches!((self, scope), (Action::Cancel, Scope::Review))
            }
            Action::Keep | Action::Ask | Action::Skip | Action::Undo => matches!(scope, Scope::Review),
            // As everywhere, but as decisions, or to move among the keys of the review.
            Action::Execute
            | Action::Revoke
            | Action::Rotate
            | Action::Pause
            | Action::Rename
            | Action::DeleteProject
            | Action::Filter
            | Action::Refresh
            | Action::Help
            | Action::Palette
            | Action::Open
            | Action::Times
            | Action::Up
            | Action::Down
            | Action::First
            | Action::Last
            | Action::PageUp
            | Action::PageDown
            | Action::HalfUp
            | Action::HalfDown
            | Action::ScrollUp
            | Action::ScrollDown => matches!(scope, Scope::Table | Scope::Review),
            Action::Confirm
            | Action::Decline
            | Action::Toggle
            | Action::MoveUp
            | Action::MoveDown
            | Action::Reset
            | Action::ByCreator
            | Action::ByProject
            | Action::ByState
            | Action::ByOwner
            | Action::Guide
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
