//! What shall be done outside. Plain values: the runtime performs them, tests compare them.

use super::saved_filters::{FilterChange, FilterScope};
use crate::secret::Secret;
use crate::wire::audit::EventQuery;
use crate::wire::id::{KeyId, NodeId, ProjectId, ReviewId};
use crate::wire::key_groups::KeyGroupQuery;
use crate::wire::keys::{Key, KeyEdit, KeyQuery, NewKey, RevokeKeys};
use crate::wire::page::PageQuery;
use crate::wire::projects::ProjectQuery;
use crate::wire::reports::{NewReport, Sign};
use crate::wire::reviews::{Decide, Execute, ItemQuery, NewReview, ReviewEdit};
use crate::wire::time::Timestamp;

/// Names one request, so that its answer finds who asked. Never used twice in one run.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// Something to be done outside the model.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// Find the server and ask who we are; answered by `Connected` or `ConnectFailed`.
    Connect,
    /// Follow what happens after a place in the audit log, in place of what was followed before; answered by
    /// `News` for as long as the dashboard runs.
    Follow(u64),
    /// Ask the server; answered by `Replied` with the same id.
    Request(RequestId, Request),
    /// From now on the server is the one of this context: find it and ask who we are, like `Connect`.
    Switch(String),
    /// Ask the server of a context that was left; answered by `Replied` with the same id.
    RequestIn(String, RequestId, Request),
    /// The answer is no longer wanted. Writes are never cancelled.
    Cancel(RequestId),
    /// Copy a text; answered by `Clipboard`.
    Copy(CopyText),
    /// Write a key to a new file of mode 0600, never over an existing one; answered by `SecretFile`.
    WriteSecretFile {
        /// Which key it is.
        key: KeyId,
        /// A file name without a folder, of letters, digits, `-`, `_` and `.`.
        name: String,
        /// Where somebody typed that it is to go; else into the working directory.
        place: Option<String>,
        /// What to write, with a line break after it.
        secret: Secret,
    },
    /// Look for keys that an earlier dashboard showed and that nobody said to have stored; answered by
    /// `Unsaved` when there are any.
    FindUnsaved,
    /// This key is stored, or works no more: it is not asked for again.
    Stored(KeyId),
    /// This key is asked for again at the next start.
    StoredLater(KeyId),
    /// Keep which columns each view shows.
    SaveColumns(String),
    /// Write this theme into the configuration file; answered by `ThemeSaved` or `NotSaved`.
    SaveTheme(&'static str),
    /// Change the file of saved filters.
    ChangeFilters(FilterScope, FilterChange),
    /// Write rows to a new file, never over an existing one; answered by `Exported`.
    WriteExport {
        /// A file name without a folder, of letters, digits, `-` and `.`.
        name: String,
        /// Where somebody typed that it is to go; else into the working directory, under the next free name.
        place: Option<String>,
        /// What to write.
        text: String,
        /// How many rows are in it.
        rows: usize,
    },
    /// The key is gone from the state: draw blank, clear both of the terminal's buffers, draw again.
    Wipe,
    /// Clicks and the wheel of the mouse are wanted from the terminal, or no longer.
    CaptureMouse(bool),
    /// The terminal's title.
    SetTitle(String),
    /// Clear the screen and draw all of it.
    Redraw,
    /// Give the terminal back and stop the process until it is continued.
    Suspend,
    /// Leave.
    Quit,
}

/// What to copy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CopyText {
    /// A whole key: which one, and its text.
    Secret(KeyId, Secret),
    /// A whole key with public text before and after it, such as a line of a script.
    Around {
        /// Which key it is.
        key: KeyId,
        /// What stands before it.
        before: String,
        /// The key.
        secret: Secret,
        /// What stands after it.
        after: String,
    },
    /// A mask or another text that anybody may see: what it is called, and the text.
    Public(&'static str, String),
}

/// A key whose related keys are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RelatedTo {
    /// The key.
    pub id: KeyId,
    /// Its project, in which its replacements are.
    pub project: ProjectId,
    /// When it was created: it was replaced later.
    pub created_at: Timestamp,
    /// The key that it replaces.
    pub rotated_from: Option<KeyId>,
}

impl RelatedTo {
    /// For this key.
    pub fn key(key: &Key) -> RelatedTo {
        let Key { id, project_id: project, created_at, .. } = *key;
        RelatedTo { id, project, created_at, rotated_from: key.rotated_from }
    }
}

/// One variant for each call of the client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// `GET /v1/session`.
    Session,
    /// `GET /v1/projects`; with an `ETag` the answer may be `NotModified`.
    Projects {
        /// One page.
        query: ProjectQuery,
        /// That of the page as it is loaded; none asks for all of it.
        etag: Option<String>,
    },
    /// `POST /v1/projects`.
    CreateProject {
        /// As typed: the server trims it, and refuses one that is taken.
        name: String,
    },
    /// `PATCH /v1/projects/{id}`.
    RenameProject {
        /// The project, which may be deleted meanwhile: `NotFound` then.
        id: ProjectId,
        /// As typed: the server trims it, and refuses one that is taken.
        name: String,
    },
    /// `GET /v1/projects/{id}`.
    Project(ProjectId),
    /// `DELETE /v1/projects/{id}`.
    DeleteProject {
        /// The project, whose name is free again afterwards.
        id: ProjectId,
        /// Revoke its active keys; without this it is refused when there are any.
        revoke_keys: bool,
    },
    /// `GET /v1/keys`; with an `ETag` the answer may be `NotModified`.
    Keys {
        /// One page: filter, order and cursor.
        query: KeyQuery,
        /// That of the page as it is loaded; none asks for all of it.
        etag: Option<String>,
    },
    /// `GET /v1/keys/groups`.
    KeyGroups(KeyGroupQuery),
    /// `GET /v1/keys/{id}`.
    Key(KeyId),
    /// The key that one replaces, and the one that replaces it.
    Related(RelatedTo),
    /// `POST /v1/projects/{id}/keys`.
    CreateKey {
        /// The project that owns it; it cannot be moved later.
        project: ProjectId,
        /// Name, mode, owner and purpose; the answer holds the secret, once.
        key: NewKey,
    },
    /// `PATCH /v1/keys/{id}`.
    EditKey {
        /// An active or paused key.
        id: KeyId,
        /// The changed fields alone: another edit meanwhile keeps the others.
        edit: KeyEdit,
    },
    /// `POST /v1/keys/{id}/pause`.
    PauseKey {
        /// A key that is not revoked; pausing a paused one changes nothing.
        id: KeyId,
        /// For the audit log, at most 500 characters.
        reason: Option<String>,
    },
    /// `POST /v1/keys/{id}/resume`.
    ResumeKey(KeyId),
    /// `POST /v1/keys/{id}/rotate`.
    RotateKey {
        /// The key that stays active beside its replacement.
        id: KeyId,
        /// The successor's name; none for the old one with the next free number.
        name: Option<String>,
    },
    /// `GET /v1/keys/{id}/rotation`.
    Rotation(KeyId),
    /// `POST /v1/keys/{id}/rotation`.
    StartRotation(KeyId),
    /// `DELETE /v1/keys/{id}/rotation`.
    CancelRotation(KeyId),
    /// `POST /v1/keys/{id}/revoke`.
    RevokeKey {
        /// A key; revoking a revoked one changes nothing, and waits for the nodes all the same.
        id: KeyId,
        /// For the audit log, at most 500 characters.
        reason: Option<String>,
    },
    /// `POST /v1/keys/revoke`.
    RevokeKeys(RevokeKeys),
    /// `GET /v1/findings`.
    Findings,
    /// `GET /v1/keys/{id}/usage`.
    Usage {
        /// A key, revoked ones too.
        id: KeyId,
        /// How many UTC days, the last of them today.
        days: u32,
    },
    /// `GET /v1/keys/{id}/callers`.
    Callers(KeyId),
    /// `GET /v1/audit/events`; with an `ETag` the answer may be `NotModified`.
    AuditEvents {
        /// One page.
        query: EventQuery,
        /// That of the page as it is loaded; none asks for all of it.
        etag: Option<String>,
    },
    /// `GET /v1/keys?status=all&handle=&last4=`: whose text was pasted; only public parts of it are asked for.
    FindKey {
        /// The four characters after the prefix.
        handle: String,
        /// The last four characters.
        last4: String,
    },
    /// `GET /v1/reviews`; with an `ETag` the answer may be `NotModified`.
    Reviews {
        /// One page.
        query: PageQuery,
        /// That of the page as it is loaded; none asks for all of it.
        etag: Option<String>,
    },
    /// `GET /v1/reviews/{id}`.
    Review(ReviewId),
    /// `POST /v1/reviews`.
    StartReview(NewReview),
    /// `PATCH /v1/reviews/{id}`.
    EditReview {
        /// An open review, of this caller or for an admin.
        id: ReviewId,
        /// Name, due date, or that it is cancelled.
        edit: ReviewEdit,
    },
    /// `POST /v1/reviews/{id}/sign`.
    SignReview {
        /// An executed review.
        id: ReviewId,
        /// The head of a pack that was created after the execution.
        sign: Sign,
    },
    /// `GET /v1/reviews/{id}/items`.
    ReviewItems {
        /// A review, closed ones too.
        id: ReviewId,
        /// One page: filter, order and cursor.
        query: ItemQuery,
    },
    /// `PUT /v1/reviews/{id}/items/{key}`.
    Decide {
        /// An open review: `REVIEW_CLOSED` otherwise.
        review: ReviewId,
        /// A key of its population.
        key: KeyId,
        /// With the version that was seen: `DECISION_CHANGED` if someone else has decided since.
        decide: Decide,
    },
    /// `DELETE /v1/reviews/{id}/items/{key}`.
    Undecide {
        /// An open review: `REVIEW_CLOSED` otherwise.
        review: ReviewId,
        /// A key of its population.
        key: KeyId,
        /// The version of the item whose decision is undone.
        version: u64,
    },
    /// `GET /v1/nodes`.
    Nodes,
    /// `POST /v1/nodes/{id}/forget`; answered after one lease.
    ForgetNode {
        /// A node whose lease has ended; a live one joins again.
        id: NodeId,
        /// For what is said of the answer: the row is gone by then.
        name: String,
    },
    /// `POST /v1/reviews/{id}/execute`.
    ExecuteReview {
        /// An open review; executing closes it.
        id: ReviewId,
        /// As a dry run, or with the hash that one returned.
        execute: Execute,
    },
    /// `POST /v1/reports`; what comes is verified and saved.
    CreatePack {
        /// Which keys are in scope.
        report: NewReport,
        /// The usual name of the file.
        name: String,
        /// The path that was typed; none for the usual name, or the next one that is free.
        place: Option<String>,
    },
}

impl Request {
    /// Whether its answer holds a secret that is in no other.
    pub fn makes_secret(&self) -> bool {
        matches!(self, Request::CreateKey { .. } | Request::RotateKey { .. })
    }

    /// Whether it is answered only when every node has confirmed it.
    pub fn waits_for_nodes(&self) -> bool {
        matches!(
            self,
            Request::RevokeKey { .. }
                | Request::RevokeKeys(_)
                | Request::PauseKey { .. }
                | Request::ResumeKey(_)
                | Request::DeleteProject { .. }
                | Request::ExecuteReview { .. }
        )
    }

    /// Whether it changes something on the server.
    pub fn writes(&self) -> bool {
        matches!(
            self,
            Request::CreateProject { .. }
                | Request::RenameProject { .. }
                | Request::CreateKey { .. }
                | Request::EditKey { .. }
                | Request::PauseKey { .. }
                | Request::ResumeKey(_)
                | Request::RevokeKey { .. }
                | Request::RevokeKeys(_)
                | Request::RotateKey { .. }
                | Request::StartRotation(_)
                | Request::CancelRotation(_)
                | Request::DeleteProject { .. }
                | Request::StartReview(_)
                | Request::EditReview { .. }
                | Request::SignReview { .. }
                | Request::Decide { .. }
                | Request::Undecide { .. }
                | Request::ForgetNode { .. }
                | Request::CreatePack { .. }
                | Request::ExecuteReview { execute: Execute { dry_run: false, .. }, .. }
        )
    }
}
