//! What happened: keys, time, answers, signals. Plain values, without a crate behind them.

use std::fmt;

use zeroize::Zeroizing;

use super::change_batch::ChangeBatch;
use super::effect::RequestId;
use crate::wire::audit::{self, Head};
use crate::wire::findings::FindingCounts;
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::key_groups::KeyGroups;
use crate::wire::keys::{Caller, CreatedKey, Key, KeyReceipt, Receipt, RevokedKeys, UsageDay};
use crate::wire::nodes::Node;
use crate::wire::page::Page;
use crate::wire::problem::Code;
use crate::wire::projects::Project;
use crate::wire::reviews::{Executed, Review, ReviewItem};
use crate::wire::rotations::Rotation;
use crate::wire::session::Session;
use crate::wire::time::Timestamp;

/// Something that happened. The runtime sends a [`Event::Tick`] with the time before whatever happened then.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// The loop begins: the first frame is drawn, nothing was asked of anybody yet.
    Started,
    /// What is wrong with the configuration, in the order of its lines; the dashboard does without it.
    Warned(Vec<String>),
    /// A key was pressed.
    Key(KeyPress),
    /// A line break in the middle of text that came at once, as a terminal without bracketed paste types what is
    /// pasted. Where no text is typed it is the key that it holds.
    LineBreak(KeyPress),
    /// The terminal pasted a text.
    Paste(Pasted),
    /// The mouse was used.
    Mouse(Mouse),
    /// The terminal has this size now: columns, rows.
    Resize(u16, u16),
    /// It is this late.
    Tick(Timestamp),
    /// The clock was set, by so many milliseconds: what lasts for a while ends no sooner and no later for it.
    ClockSet(i64),
    /// A request was answered, or not.
    Replied(RequestId, Result<Reply, Failure>),
    /// The terminal has said how its background looks.
    Background {
        /// Whether it is light.
        light: bool,
    },
    /// The theme is in the configuration file: its name, and the path.
    ThemeSaved(&'static str, String),
    /// Why chosen columns, filters or a theme could not be kept.
    NotSaved(String),
    /// What became of a copy.
    Clipboard(CopyKind, ClipboardOutcome),
    /// What became of writing this key to a file: the path, or why not.
    SecretFile(KeyId, Result<String, String>),
    /// Keys that an earlier dashboard showed and that nobody said to have stored; active still.
    Unsaved(Vec<Key>),
    /// What became of writing rows to a file: the path, or why not.
    Exported {
        /// How many rows.
        rows: usize,
        /// The path, or why not.
        result: Result<String, String>,
    },
    /// The terminal's window got the focus.
    FocusGained,
    /// The terminal's window lost the focus.
    FocusLost,
    /// The process is about to be stopped (Ctrl-Z).
    Suspended,
    /// The process was to be stopped, and was not.
    NotSuspended(Unsuspended),
    /// The process goes on after a stop; the screen was cleared.
    Resumed,
    /// A server answered who we are.
    Connected {
        /// Who asks, and what the server is like.
        session: Session,
        /// Where it is.
        place: Place,
    },
    /// What the stream of events told.
    Changes(Box<ChangeBatch>),
    /// No server could be reached, or it refused us.
    ConnectFailed(Failure),
}

/// Why the process is not suspended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unsuspended {
    /// No shell would continue it.
    NoShell,
    /// It serves an Edge API, where keys are looked up and revoked.
    ServesEdge,
}

/// Where a server is, as the header shows it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Place {
    /// A URL, `embedded`, or the socket's owner.
    pub server: String,
    /// Where its Edge API listens, if one does.
    pub edge: Option<String>,
    /// Another process of this machine answers, by its socket.
    pub by_socket: bool,
}

/// A key as the terminal reports it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyPress {
    /// Which key.
    pub code: KeyCode,
    /// Ctrl was held.
    pub ctrl: bool,
    /// Alt was held.
    pub alt: bool,
    /// Shift was held; for characters the character itself says it.
    pub shift: bool,
    /// Whether the terminal repeats a held key.
    pub kind: PressKind,
}

impl KeyPress {
    /// A plain press of a key.
    pub const fn plain(code: KeyCode) -> KeyPress {
        KeyPress { code, ctrl: false, alt: false, shift: false, kind: PressKind::Press }
    }

    /// A plain press of a character.
    pub const fn char(c: char) -> KeyPress {
        KeyPress::plain(KeyCode::Char(c))
    }

    /// A character with Ctrl.
    pub const fn ctrl(c: char) -> KeyPress {
        KeyPress { ctrl: true, ..KeyPress::char(c) }
    }
}

/// Which key was pressed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeyCode {
    /// The character produced, whatever was held for it.
    Char(char),
    /// Return.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift-Tab.
    BackTab,
    /// Deletes to the left.
    Backspace,
    /// Deletes to the right.
    Delete,
    /// Arrow.
    Up,
    /// Arrow.
    Down,
    /// Arrow.
    Left,
    /// Arrow.
    Right,
    /// To the beginning.
    Home,
    /// To the end.
    End,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// F1 to F12.
    F(u8),
    /// A key that means nothing here.
    Other,
}

/// Whether a key was pressed or is repeated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PressKind {
    /// Pressed.
    Press,
    /// Held: only motion and typing act on it.
    Repeat,
}

/// What the mouse did, and where on the screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mouse {
    /// What it did.
    pub kind: MouseKind,
    /// Columns from the left.
    pub x: u16,
    /// Rows from the top.
    pub y: u16,
}

/// What the mouse did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MouseKind {
    /// Its left button was pressed.
    Click,
    /// Its wheel was turned up.
    WheelUp,
    /// Its wheel was turned down.
    WheelDown,
}

/// A pasted text: it may hold a whole key, so it is wiped with its last handle and `Debug` shows none of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Pasted(Zeroizing<String>);

impl Pasted {
    /// Takes a text over.
    pub fn new(text: String) -> Pasted {
        Pasted(Zeroizing::new(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Pasted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pasted({} bytes)", self.0.len())
    }
}

/// The keys that are related to a key by rotation.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Related {
    /// The one that it replaces.
    pub replaces: Option<Key>,
    /// The newest one that replaces it and is not revoked.
    pub replacement: Option<Key>,
}

/// An evidence pack that was created.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PackCreated {
    /// Where it is.
    pub path: String,
    /// What it holds, or the first thing that is wrong with it.
    pub verified: Result<VerifiedPack, String>,
}

/// What a pack that verifies holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifiedPack {
    /// The head of its audit log.
    pub head: Head,
    /// How many keys it lists.
    pub keys: u64,
    /// How many of them are in scope.
    pub in_scope: u64,
}

/// The answer to a [`super::effect::Request`], one variant for each of its.
#[derive(Clone, PartialEq, Debug)]
pub enum Reply {
    /// Who asks.
    Session(Session),
    /// A page of projects, with its `ETag`.
    Projects {
        /// The rows.
        page: Page<Project>,
        /// To be sent back when the same page is asked for again.
        etag: Option<String>,
    },
    /// The project as it is, read or after it was made or renamed.
    Project(Project),
    /// The project is deleted, with the receipt, which older servers do not send.
    ProjectDeleted(ProjectId, Option<Receipt>),
    /// A page of keys, with its `ETag`.
    Keys {
        /// The rows.
        page: Page<Key>,
        /// To be sent back when the same page is asked for again.
        etag: Option<String>,
    },
    /// Keys by creator, project, state or owner.
    KeyGroups(KeyGroups),
    /// The page asked for is as it was.
    NotModified,
    /// One key, read or edited.
    Key(Key),
    /// A key was made: the one answer that holds its secret.
    KeyMade {
        /// The key and its full text.
        created: CreatedKey,
        /// What else there is to know: an unseen key that was revoked because its answer was lost.
        notice: Option<String>,
    },
    /// A key is revoked.
    Revoked(KeyReceipt),
    /// A key is paused.
    Paused(KeyReceipt),
    /// A key is resumed.
    Resumed(KeyReceipt),
    /// The keys that are related to a key by rotation.
    Related(Box<Related>),
    /// How far a guided rotation is; none where there is none.
    Rotation(Option<Box<Rotation>>),
    /// How many keys have each finding.
    Findings(FindingCounts),
    /// What became of many keys.
    KeysRevoked(RevokedKeys),
    /// Use by day, oldest first.
    Usage(Vec<UsageDay>),
    /// Callers, latest first.
    Callers(Vec<Caller>),
    /// A page of audit events, with its `ETag`.
    AuditEvents {
        /// The rows.
        page: Page<audit::Event>,
        /// To be sent back when the same page is asked for again.
        etag: Option<String>,
    },
    /// The keys with a handle and last four; mostly one or none.
    Found(Vec<Key>),
    /// A page of reviews, with its `ETag`.
    Reviews {
        /// The rows.
        page: Page<Review>,
        /// To be sent back when the same page is asked for again.
        etag: Option<String>,
    },
    /// A review, read or after it was started or changed.
    Review(Box<Review>),
    /// Keys of a review with their decisions.
    ReviewItems(Page<ReviewItem>),
    /// A decision is saved.
    Decided(Box<ReviewItem>),
    /// A decision is undone.
    Undecided,
    /// The nodes.
    Nodes(Vec<Node>),
    /// A node is forgotten.
    NodeForgotten,
    /// What a review has done, or would do.
    Executed(Box<Executed>),
    /// An evidence pack is on this machine.
    PackCreated(Box<PackCreated>),
}

/// Why a request was not answered with what was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// What kind of failure: it decides what the dashboard does.
    pub kind: FailureKind,
    /// For people: what was wrong and what to do.
    pub text: String,
    /// For programs, if the server said it.
    pub code: Option<Code>,
}

/// What kind of failure a request met.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FailureKind {
    /// No connection; the request did not reach the server.
    Unreachable,
    /// No answer in time to a request that changes nothing.
    TimedOut,
    /// A write was sent and its answer was lost.
    OutcomeUnknown,
    /// No token is known for the server, so nobody was asked.
    NoToken,
    /// 401: no token, or not a good one.
    Unauthenticated,
    /// 403: the role or the plan does not allow it.
    Forbidden,
    /// 404.
    NotFound,
    /// 409.
    Conflict,
    /// 400, 413 and the like: what was sent is wrong.
    Invalid,
    /// 5xx, with the request's id for the server's log.
    Server {
        /// The id.
        request_id: Option<String>,
    },
    /// Something answers there, but not Keydeck.
    NotKeydeck,
}

/// What was copied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CopyKind {
    /// The text of this key.
    Secret(KeyId),
    /// A mask or another public text, by what it is called.
    Public(&'static str),
}

/// What became of a copy, truthfully.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClipboardOutcome {
    /// The system's clipboard took it, and is cleared after so many seconds if that was arranged.
    Copied {
        /// Seconds until it is cleared.
        clears_in: Option<u64>,
    },
    /// The terminal was told; whether it took it cannot be known.
    SentToTerminal,
    /// A program of the user's has taken it; where it put it cannot be known.
    Handed {
        /// Its name.
        program: String,
    },
    /// Copying is off.
    Off,
    /// It did not work.
    Failed(String),
}

impl ClipboardOutcome {
    /// Whether the text went out, as far as is known.
    pub const fn is_made(&self) -> bool {
        !matches!(self, ClipboardOutcome::Off | ClipboardOutcome::Failed(_))
    }
}
