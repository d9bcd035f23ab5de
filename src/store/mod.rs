//! The transaction boundary: what is kept, and what happens together or not at all.
//!
//! [`Store`] is one trait with a supertrait for each noun; [`sql::SqlStore`] implements it with one SQL text
//! for SQLite and PostgreSQL. Every write takes who does it and when; it changes its rows and appends its
//! audit event in one transaction that begins by moving the audit head.
//!
//! | module | what |
//! |---|---|
//! | [`sql`] | the implementation, one file a noun |
//! | [`changes`] | who follows the store and who has applied what: receipts come from here |
//! | [`fault`] | rules broken on purpose, for tests of debug builds |
//! | [`lease`] | the rules by which a node may serve, and whom a change waits for |
//! | [`nodes`] | whom a change waits for, and leases in the tables of a database |
//! | [`owner`] | one process owns a SQLite file |
//! | [`report`] | one state of the database, read for an evidence pack |
//! | [`reserve`] | disk space that is kept for revocations |
//! | [`error`] | what can go wrong |

pub mod changes;
pub mod error;
pub mod fault;
pub mod lease;
pub mod nodes;
pub mod owner;
pub mod report;
pub mod reserve;
pub mod sql;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value as Json;

pub use self::changes::NodeCard;
pub use self::error::{Result, StoreError};
pub use self::nodes::{Awaited, AwaitedNode, KeptReceipt, Ledger, Nodes, Renewal, Unsettled};
use self::report::ReportState;
use crate::secret::{Hash, MaskedKey};
use crate::wire::audit::{ActorToken, Event, EventQuery, Head};
use crate::wire::findings::FindingCounts;
use crate::wire::id::{KeyId, NodeId, ProjectId, ReviewId, TokenId};
use crate::wire::idempotency::CreatedWith;
use crate::wire::key_groups::{KeyGroupQuery, KeyGroups};
use crate::wire::keys::{Caller, Key, KeyEdit, KeyQuery, Mode, Outcome, UsageDay};
use crate::wire::page::{Page, PageQuery};
use crate::wire::projects::{KeyCounts, Project, ProjectQuery};
use crate::wire::reports::{NewReport, Sign};
use crate::wire::reviews::{Decide, Execute, Executed, ItemQuery, NewReview, Review, ReviewEdit, ReviewItem};
use crate::wire::rotations::Rotation;
use crate::wire::rules::{Deployment, NewDeployment, Rule};
use crate::wire::session::Plan;
use crate::wire::time::Timestamp;
use crate::wire::tokens::{Role, Token};

/// Everything that is kept.
pub trait Store:
    Projects
    + Keys
    + Rotations
    + Reviews
    + Reports
    + Rules
    + Audit
    + Tokens
    + Idempotency
    + Usage
    + Nodes
    + Follow
    + Send
    + Sync
    + 'static
{
}

/// A store that many tasks share.
pub type SharedStore = Arc<dyn Store>;

/// Who does a write and when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct By {
    /// `local:<user>`, `token:<name>` or `key:<mask>`.
    pub actor: String,
    /// The token of an actor `token:<name>`.
    pub token: Option<ActorToken>,
    /// The server's clock, read once for the whole write: the time of its audit event.
    pub now: Timestamp,
    /// How a repeat of it is recognised: of what makes a secret alone.
    pub once: Option<Once>,
}

impl By {
    /// Somebody, at a time.
    pub fn new(actor: impl Into<String>, now: Timestamp) -> By {
        By { actor: actor.into(), token: None, now, once: None }
    }
}

/// How a repeat of a write is recognised for 24 hours. The repeat fails with [`StoreError::Repeated`], or with
/// [`StoreError::IdempotencyMismatch`] when it asks for something else. After
/// [`Idempotency::close_idempotency_key`] any write with the key fails with [`StoreError::IdempotencyClosed`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Once {
    /// Whose keys these are: a token, or the person at this machine.
    pub scope: String,
    /// Method and route.
    pub route: String,
    /// The header `Idempotency-Key`, as the caller sent it.
    pub key: String,
    /// A hash of all that was asked.
    pub fingerprint: String,
}

/// What a write left behind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written<T> {
    /// The thing as it is now.
    pub value: T,
    /// The revision that holds this change: of an earlier write when this one changed nothing.
    pub revision: u64,
    /// The number and hash of the newest event when the write ended, for the header `Keydeck-Audit-Head`.
    pub head: Head,
    /// Whom its answer waits for.
    pub awaited: Awaited,
}

/// Projects.
#[async_trait]
pub trait Projects {
    /// Makes a project. The name has been checked by [`crate::wire::text::name`].
    async fn create_project(&self, by: &By, name: &str) -> Result<Written<Project>>;
    /// Gives it another name; the name it has already changes nothing.
    async fn rename_project(&self, by: &By, id: ProjectId, name: &str) -> Result<Written<Project>>;
    /// Archives a project: its name is free again, nothing of it is erased. With active keys it is refused,
    /// or they are revoked in the same transaction. A repeat changes nothing.
    async fn archive_project(&self, by: &By, id: ProjectId, revoke_keys: bool) -> Result<Written<()>>;
    /// One project.
    async fn project(&self, id: ProjectId, now: Timestamp) -> Result<Project>;
    /// Projects that are not archived, by folded name or in the order asked for.
    async fn projects(&self, query: &ProjectQuery, now: Timestamp) -> Result<Page<Project>>;
}

/// What the store is told of a new key: never its text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewKeyRecord {
    /// Checked by [`crate::wire::text::name`].
    pub name: String,
    /// `live` or `test`.
    pub mode: Mode,
    /// Its handle and last four characters: public, and the index of a lookup.
    pub hint: MaskedKey,
    /// Salt and digest.
    pub hash: Hash,
    /// Checked by [`crate::wire::text::owner`].
    pub owner: Option<String>,
    /// Checked by [`crate::wire::text::purpose`].
    pub purpose: Option<String>,
}

impl NewKeyRecord {
    /// With neither owner nor purpose.
    pub fn new(name: impl Into<String>, mode: Mode, hint: MaskedKey, hash: Hash) -> NewKeyRecord {
        NewKeyRecord { name: name.into(), mode, hint, hash, owner: None, purpose: None }
    }
}

/// How many rows of usage all nodes of a database that many processes share write in a second, together: each has an
/// equal share. One whose keys need more writes them less often, and says how late they are.
pub const USAGE_ROWS_PER_SECOND: u32 = 4000;

/// How long a batch of usage whose outcome is unknown is sent again; then its counts are given up. Its number is kept
/// for longer.
pub const USAGE_RETRIED: Duration = Duration::from_hours(24);

/// What holds for each key of a revocation of many.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BulkRevoke {
    /// For the audit log and the keys, at most 500 characters.
    pub reason: Option<String>,
    /// Leaves out a key that was used after this time.
    pub unused_since: Option<Timestamp>,
    /// Says what would become of each, and changes nothing.
    pub dry_run: bool,
}

/// API keys.
#[async_trait]
pub trait Keys {
    /// Makes a key, if the plan allows another (checked under the write lock).
    async fn create_key(
        &self,
        by: &By,
        project: ProjectId,
        key: &NewKeyRecord,
        plan: Plan,
    ) -> Result<Written<Key>>;
    /// Gives a key that is not revoked another name, owner or purpose, with one event; what it has already changes
    /// nothing. The texts have been checked; an empty owner or purpose is none.
    async fn edit_key(&self, by: &By, id: KeyId, edit: &KeyEdit) -> Result<Written<Key>>;
    /// Gives a key that is not revoked another name; the name it has already changes nothing.
    async fn rename_key(&self, by: &By, id: KeyId, name: &str) -> Result<Written<Key>> {
        self.edit_key(by, id, &KeyEdit::name(name)).await
    }
    /// Makes a key that succeeds another, of the same project and mode; that one stays active. Without a
    /// name it gets the old one with the next free number. A plan with a limit allows one rotation that
    /// overlaps it (checked under the write lock). The mode of `hint` is the old key's.
    async fn rotate_key(
        &self,
        by: &By,
        id: KeyId,
        name: Option<&str>,
        hint: MaskedKey,
        hash: &Hash,
        plan: Plan,
    ) -> Result<Written<Key>>;
    /// Pauses a key: nodes refuse it until it is resumed or revoked. A repeat changes nothing.
    async fn pause_key(&self, by: &By, id: KeyId, reason: Option<&str>) -> Result<Written<Key>>;
    /// Resumes a paused key; an active one stays as it is.
    async fn resume_key(&self, by: &By, id: KeyId) -> Result<Written<Key>>;
    /// Revokes an active or paused key permanently. A repeat changes nothing and returns the revision of the first.
    async fn revoke_key(&self, by: &By, id: KeyId, reason: Option<&str>) -> Result<Written<Key>>;
    /// Revokes many keys in one transaction, with one event for each that it changed; what became of each
    /// comes in the order given. The revision is the newest that revoked any of them.
    async fn revoke_keys(&self, by: &By, ids: &[KeyId], how: &BulkRevoke) -> Result<Written<Vec<Outcome>>>;
    /// One key. `confirmed` is computed against `acknowledged`: the revision all live nodes have applied.
    async fn key(&self, id: KeyId, now: Timestamp, acknowledged: u64) -> Result<Key>;
    /// Keys of one or all projects, filtered and in order; by keyset, so that nothing is twice or missing.
    async fn keys(&self, query: &KeyQuery, now: Timestamp, acknowledged: u64) -> Result<Page<Key>>;
    /// Keys by creator, project, status or owner, with exact counts; what is idle and stale is the store's threshold.
    async fn key_groups(&self, query: &KeyGroupQuery, now: Timestamp) -> Result<KeyGroups>;
    /// How many keys there are, in all projects; what is stale is the store's threshold.
    async fn key_counts(&self, now: Timestamp) -> Result<KeyCounts>;
    /// How many keys have each finding, in all projects.
    async fn finding_counts(&self, now: Timestamp) -> Result<FindingCounts>;
    /// A key's use on each of the last `days` UTC days, oldest first, days without use included.
    async fn key_usage(&self, id: KeyId, days: u32, now: Timestamp) -> Result<Vec<UsageDay>>;
    /// A key's callers, latest first; `others` is last.
    async fn key_callers(&self, id: KeyId) -> Result<Vec<Caller>>;
}

/// Guided rotations.
#[async_trait]
pub trait Rotations {
    /// Starts the guided rotation of a key that is not revoked. While one is under way, it gets the quiet time that is
    /// given; the one it has already, or none, changes nothing. Without a quiet time a new one gets the store's.
    async fn start_rotation(
        &self,
        by: &By,
        id: KeyId,
        quiet_seconds: Option<u32>,
    ) -> Result<Written<Rotation>>;
    /// Ends it and leaves both keys as they are. A repeat changes nothing.
    async fn cancel_rotation(&self, by: &By, id: KeyId) -> Result<Written<Rotation>>;
    /// How far it is; of one that has ended, how it ended.
    async fn rotation(&self, id: KeyId, now: Timestamp) -> Result<Rotation>;
}

/// Access reviews.
#[async_trait]
pub trait Reviews {
    /// Starts a review of the keys that match its scope now. The texts have been checked.
    async fn start_review(&self, by: &By, new: &NewReview) -> Result<Written<Review>>;
    /// Reviews, newest first.
    async fn reviews(&self, query: &PageQuery) -> Result<Page<Review>>;
    /// One review.
    async fn review(&self, id: ReviewId) -> Result<Review>;
    /// Gives a review another name or due date, or cancels an open one. The texts have been checked.
    async fn edit_review(&self, by: &By, id: ReviewId, edit: &ReviewEdit) -> Result<Written<Review>>;
    /// Keys of a review with their decisions. `asker` decides what is an own key where nobody has decided.
    async fn review_items(
        &self,
        id: ReviewId,
        query: &ItemQuery,
        asker: &str,
        now: Timestamp,
    ) -> Result<Page<ReviewItem>>;
    /// Decides on a key of an open review, or undoes the decision (without `decide`). A version that is given must be
    /// that of the item. The texts have been checked.
    async fn decide(
        &self,
        by: &By,
        id: ReviewId,
        key: KeyId,
        decide: Option<&Decide>,
        version: Option<u64>,
    ) -> Result<Written<ReviewItem>>;
    /// Executes the decisions with the given hash, or returns what would be done. A repeat continues an interrupted
    /// call, and changes nothing after a completed one.
    async fn execute_review(&self, by: &By, id: ReviewId, execute: &Execute) -> Result<Written<Executed>>;
}

/// Evidence packs, and the signature of a review.
#[async_trait]
pub trait Reports {
    /// Opens one state of the database, to be read for a report.
    async fn report_state(&self, new: &NewReport, now: Timestamp) -> Result<Box<dyn ReportState>>;
    /// Appends `report.created` with this detail.
    async fn append_report(&self, by: &By, detail: Json) -> Result<Written<()>>;
    /// Signs an executed review with the head of one of its packs. A repeat changes nothing.
    async fn sign_review(&self, by: &By, id: ReviewId, sign: &Sign) -> Result<Written<Review>>;
}

/// A deployment with its rules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deployed {
    /// The only one whose keys may ask for it.
    pub project: ProjectId,
    /// What a list of deployments shows of it.
    pub deployment: Deployment,
    /// The rules it serves; the shadowed ones are left out.
    pub rules: Vec<Rule>,
}

/// Rules and deployments.
#[async_trait]
pub trait Rules {
    /// Replaces the draft whole. The rules have been checked by [`crate::wire::rules::check()`].
    async fn put_rules(&self, by: &By, project: ProjectId, rules: &[Rule]) -> Result<Written<Page<Rule>>>;
    /// The draft, in the order it was put.
    async fn rules(&self, project: ProjectId, query: &PageQuery) -> Result<Page<Rule>>;
    /// Publishes the draft as the project's next version, if its rules pass [`crate::wire::rules::check()`] and,
    /// where that is `strict`, there is no warning.
    async fn deploy(&self, by: &By, project: ProjectId, strict: bool) -> Result<Written<NewDeployment>>;
    /// Deployments, newest first.
    async fn deployments(&self, project: ProjectId, query: &PageQuery) -> Result<Page<Deployment>>;
    /// One deployment with its rules.
    async fn deployed(&self, project: ProjectId, version: u32) -> Result<Deployed>;
}

/// The audit log.
#[async_trait]
pub trait Audit {
    /// The number and hash of the newest event; before the first one 0 and 64 zeros.
    async fn audit_head(&self) -> Result<Head>;
    /// Events, newest first.
    async fn audit_events(&self, query: &EventQuery, now: Timestamp) -> Result<Page<Event>>;
    /// Events after a number, in order, at most `limit`: for who follows.
    async fn audit_events_after(&self, after: u64, limit: u32) -> Result<Vec<Event>>;
    /// Stored bodies and hashes after a number, in order, at most `limit`: for the verifier.
    async fn audit_chain(&self, after: u64, limit: u32) -> Result<Vec<(String, String)>>;
}

/// What the store knows of a management token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenRecord {
    /// The token.
    pub token: Token,
    /// Salt and digest.
    pub hash: Hash,
}

/// Management tokens.
#[async_trait]
pub trait Tokens {
    /// Makes a token. The name has been checked.
    async fn create_token(
        &self,
        by: &By,
        name: &str,
        role: Role,
        hint: MaskedKey,
        hash: &Hash,
    ) -> Result<Written<Token>>;
    /// Revokes a token; a repeat changes nothing. The last admin token cannot be revoked.
    async fn revoke_token(&self, by: &By, id: TokenId) -> Result<Written<Token>>;
    /// All tokens, by creation; revoked ones too.
    async fn tokens(&self, query: &PageQuery) -> Result<Page<Token>>;
    /// Tokens that work and have this handle.
    async fn tokens_by_handle(&self, handle: &str) -> Result<Vec<TokenRecord>>;
    /// Whether any token was ever made.
    async fn has_tokens(&self) -> Result<bool>;
}

/// Idempotency keys.
#[async_trait]
pub trait Idempotency {
    /// Closes a key of this scope for 30 days, on every route, and says what was created with it in the last 30
    /// days: the newest, if there are several. No audit event, since nothing that is audited changes.
    ///
    /// A write with the key and this one are serialised: either the write is found here, or it is refused.
    async fn close_idempotency_key(
        &self,
        by: &By,
        scope: &str,
        key: &str,
    ) -> Result<Written<Option<CreatedWith>>>;
}

/// What happened with one key since the last batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyUsage {
    /// The key.
    pub key: KeyId,
    /// When and from where the newest verified request came; none if all were refused.
    pub last_used: Option<(Timestamp, IpAddr)>,
    /// Refusals of the right secret while the key was paused or revoked.
    pub refusals: Vec<Refusals>,
    /// Counts by UTC day (days since 1970).
    pub days: Vec<DayCount>,
    /// Counts by address; at most [`MAX_CALLERS`] in a batch.
    pub callers: Vec<CallerCount>,
    /// The sum of further addresses of this batch, for the caller `others`.
    pub others: Option<OtherCallers>,
}

/// Requests that were refused because of the state of their key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refusals {
    /// What the key was then, as far as the node knew.
    pub during: Refused,
    /// How many; 0 if they were counted before and only their time is sent again.
    pub count: u64,
    /// The last of them.
    pub last: Timestamp,
}

/// In which state a key refuses requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// Paused, and not paused again since.
    Paused,
    /// Paused, and paused again later.
    EarlierPause,
    /// Revoked.
    Revoked,
}

impl KeyUsage {
    /// How many rows it changes.
    pub fn rows(&self) -> u64 {
        1 + self.days.len() as u64 + self.callers.len() as u64 + u64::from(self.others.is_some())
    }
}

/// Requests of one day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DayCount {
    /// Days since 1970 in UTC.
    pub day: i64,
    /// Requests answered.
    pub allowed: u64,
    /// Uses over the rate limit.
    pub limited: u64,
    /// Refusals of the right secret.
    pub refused: u64,
}

/// Requests from one address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallerCount {
    /// The address.
    pub address: IpAddr,
    /// The first request of this batch.
    pub first_at: Timestamp,
    /// The last request of this batch.
    pub last_at: Timestamp,
    /// Allowed requests.
    pub allowed: u64,
    /// Refused requests.
    pub refused: u64,
}

/// Requests from addresses beyond [`MAX_CALLERS`], summed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OtherCallers {
    /// The first request of any of them.
    pub first_at: Timestamp,
    /// The last request of any of them.
    pub last_at: Timestamp,
    /// Allowed requests.
    pub allowed: u64,
    /// Refused requests.
    pub refused: u64,
}

/// The most callers of a key that are kept one by one; older ones are summed as `others`.
pub const MAX_CALLERS: usize = 32;

/// A batch of usage, by which a repeat of it is recognised.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BatchId {
    /// This start of the node.
    pub node: NodeId,
    /// Counts from 1. Each batch has a higher one than those before.
    pub number: u64,
}

/// Last uses and counts. These are no audit events.
#[async_trait]
pub trait Usage {
    /// Adds a batch in one transaction; last uses only move forward. But one that lies in the future at `now` was
    /// noted by a clock that was ahead: in the batch it becomes `now`, and a stored one gives way to any later use.
    /// Who follows the uses of [`changes::Changes`] is told of it.
    async fn record_usage(&self, batch: &[KeyUsage], now: Timestamp) -> Result<()>;
    /// The same, once: a batch that is there already changes nothing. So one whose outcome is unknown can be sent again
    /// under its number, with the same content. For [`changes::Need::Revocation`] a full disk does not stop it.
    async fn record_batch(
        &self,
        id: BatchId,
        batch: &[KeyUsage],
        now: Timestamp,
        need: changes::Need,
    ) -> Result<()>;
    /// This start of a node writes no further batch, and knows the outcome of each.
    async fn end_batches(&self, node: NodeId) -> Result<()>;
}

/// What a node needs of a key to verify it, revoked ones included: an old one that is still tried must show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verifier {
    /// The key.
    pub id: KeyId,
    /// Its project.
    pub project: ProjectId,
    /// Live or test, handle and last four.
    pub hint: MaskedKey,
    /// Salt and digest.
    pub hash: Hash,
    /// Whether it works.
    pub active: bool,
    /// Whether it is paused.
    pub paused: bool,
    /// Whether it was revoked, which is for ever. A key may be neither: a newer Keydeck has other statuses.
    pub revoked: bool,
}

/// A committed change that nodes follow; its revision is the audit `seq`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The audit `seq`.
    pub revision: u64,
    /// The hash of its event.
    pub hash: String,
    /// The hash of the event before it, as this one has it.
    pub previous_hash: String,
    /// What the change is about.
    pub kind: ChangeKind,
}

/// What a node must do about a change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ChangeKind {
    /// Load this key's verifier again.
    Key(KeyId),
    /// Serve this project's newest deployment.
    Deployed(ProjectId),
    /// Look whether this project has a newer deployment: something else about it changed.
    Project(ProjectId),
    /// Nothing: a token.
    Other,
}

/// What edge nodes read.
#[async_trait]
pub trait Follow {
    /// Changes after a revision, in order, at most `limit`.
    async fn changes_after(&self, revision: u64, limit: u32) -> Result<Vec<Change>>;
    /// All verifiers by id, after an id, at most `limit`: for the start. Read from a server that contains `at`.
    async fn verifiers(&self, after: Option<KeyId>, limit: u32, at: &Head) -> Result<Vec<Verifier>>;
    /// One verifier.
    async fn verifier(&self, id: KeyId) -> Result<Option<Verifier>> {
        Ok(self.verifiers_of(&[id], &Head::genesis()).await?.pop())
    }
    /// The verifiers of these keys, in any order; what is not there is left out. Read from a server that contains `at`.
    async fn verifiers_of(&self, ids: &[KeyId], at: &Head) -> Result<Vec<Verifier>>;
    /// The newest version of every project that has one.
    async fn live_versions(&self) -> Result<Vec<(ProjectId, u32)>>;
    /// Feeds of this store: how followers wake and acknowledge.
    fn changes(&self) -> &Arc<changes::Changes>;
    /// Whether each commit there is was announced to [`Follow::changes`]: no other process writes, and no
    /// commit of this one went unheard. Then a follower need not ask the store what is newest.
    fn tells_all(&self) -> bool {
        false
    }
    /// Whether what is stored is still where it was opened. A SQLite file may have been replaced, moved or
    /// deleted: from then on nothing may be answered.
    ///
    /// # Errors
    /// [`StoreError::Lost`]; [`StoreError::Newer`] after another version has migrated it, and
    /// [`StoreError::LeaseChanged`]: once and for all.
    fn standing(&self) -> Result<()> {
        Ok(())
    }
}
