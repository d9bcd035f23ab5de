//! Access reviews: who decided what on which keys, and when.
//!
//! The keys of a review are fixed at its start. Reviewers decide on them one by one; nothing happens to a key until
//! someone confirms the summary of all decisions.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::{IntoParams, ToSchema};

use super::audit::Head;
use super::findings::Finding;
use super::id::{KeyId, ProjectId, ReviewId};
use super::keys::{Key, Receipt, Sort, Status};
use super::sheet::{Column, Sheet, some};
use super::text::number;
use super::time::Timestamp;
use super::word::{Word, known, open_word};

/// An access review: a fixed set of keys, and what was decided about each.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// `rev_` and a ULID.
    pub id: ReviewId,
    /// 1–64 characters. Several reviews may have the same name.
    pub name: String,
    /// What selected its keys at the start.
    pub scope: Scope,
    /// When it should be executed; null without a due date. Nothing happens by itself then.
    pub due_at: Option<Timestamp>,
    /// When its keys were fixed, by the server's clock.
    pub started_at: Timestamp,
    /// Actor who started it.
    pub started_by: String,
    /// The point in the audit log at which its population was fixed.
    pub as_of: AsOf,
    /// How many keys it covers, of how many.
    pub population: Population,
    /// How many keys have each decision.
    pub decisions: Decisions,
    /// `open`, `executed`, `signed` or `cancelled`.
    pub status: ReviewStatus,
    /// When its decisions were executed; null before.
    pub executed_at: Option<Timestamp>,
    /// Actor who executed it; null before.
    pub executed_by: Option<String>,
    /// When an evidence pack of it was signed; null before.
    pub signed_at: Option<Timestamp>,
    /// Actor who signed; null before.
    pub signed_by: Option<String>,
}

/// What selects the keys of a review.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scope {
    /// Ids of projects; empty for all.
    #[serde(default)]
    pub projects: Vec<ProjectId>,
    /// A filter of keys; empty for all keys that are not revoked.
    #[serde(default)]
    pub filter: String,
    /// Days after which a key is stale in this review. Default: the server's threshold.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 36500)]
    pub stale_days: Option<u32>,
}

impl Sheet for Review {
    const COLUMNS: &'static [Column<Review>] = &[
        Column::new("id", |review| some(review.id)),
        Column::new("name", |review| some(&review.name)),
        Column::new("status", |review| some(review.status.as_str())),
        Column::new("dueAt", |review| review.due_at.and_then(some)),
        Column::new("inScope", |review| some(review.population.in_scope)),
        Column::new("undecided", |review| some(review.decisions.undecided)),
        Column::new("keep", |review| some(review.decisions.keep)),
        Column::new("revoke", |review| some(review.decisions.revoke)),
        Column::new("rotate", |review| some(review.decisions.rotate)),
        Column::new("pause", |review| some(review.decisions.pause)),
        Column::new("ask", |review| some(review.decisions.ask)),
        Column::new("skip", |review| some(review.decisions.skip)),
        Column::new("filter", |review| some(&review.scope.filter)),
        Column::new("startedAt", |review| some(review.started_at)),
        Column::new("startedBy", |review| some(&review.started_by)),
        Column::new("executedAt", |review| review.executed_at.and_then(some)),
        Column::new("executedBy", |review| review.executed_by.as_ref().and_then(some)),
        Column::new("signedAt", |review| review.signed_at.and_then(some)),
        Column::new("signedBy", |review| review.signed_by.as_ref().and_then(some)),
    ];
}

impl Review {
    /// Whether reviewers can decide on its keys.
    pub fn is_open(&self) -> bool {
        self.status == ReviewStatus::Open
    }

    /// How many of its keys have a decision.
    pub fn decided(&self) -> u64 {
        self.population.in_scope.saturating_sub(self.decisions.undecided)
    }

    /// Whether it is open although its due date has passed.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.is_open() && self.due_at.is_some_and(|due| due <= now)
    }
}

/// What the execution of a review means for this many undecided keys; none where all are decided.
pub fn undecided_words(undecided: u64) -> Option<String> {
    let are = if undecided == 1 { "is" } else { "are" };
    Some(format!("{} {are} undecided. {}", keys(undecided), closing_words(undecided)?))
}

/// What executing means for these keys.
const fn closing_words(undecided: u64) -> Option<&'static str> {
    match undecided {
        0 => None,
        1 => Some("Executing closes the review: it cannot be decided any more."),
        _ => Some("Executing closes the review: they cannot be decided any more."),
    }
}

/// How many keys the execution revokes or pauses, or has: `3 keys will be revoked`.
pub fn stopped_words(decision: Decision, count: u64, done: bool) -> String {
    let deed = if decision == Decision::Pause { "paused" } else { "revoked" };
    let will = if done { "" } else { "will be " };
    format!("{} {will}{deed}", keys(count))
}

/// How many keys the execution leaves as they are because that was decided, or has left.
///
/// ```
/// # use keydeck::wire::reviews::kept_words;
/// assert_eq!(kept_words(1234, false), "1,234 keys will be kept");
/// assert_eq!(kept_words(1, true), "1 key kept");
/// ```
pub fn kept_words(count: u64, done: bool) -> String {
    let will = if done { "" } else { "will be " };
    format!("{} {will}kept", keys(count))
}

/// The same where some of them are kept until a date, which stands below.
///
/// ```
/// # use keydeck::wire::reviews::kept_until_words;
/// assert_eq!(kept_until_words(3, 2, false), "3 keys will be kept, 2 of them until a date");
/// assert_eq!(kept_until_words(2, 2, true), "2 keys kept");
/// ```
pub fn kept_until_words(count: u64, dated: u64, done: bool) -> String {
    let words = kept_words(count, done);
    match dated {
        1.. if dated < count => format!("{words}, {} of them until a date", number(dated)),
        _ => words,
    }
}

/// What becomes of a decision that is not simply carried out; none for that, and for a value of a newer server.
pub const fn outcome_words(outcome: ReviewOutcome) -> Option<&'static str> {
    match outcome {
        ReviewOutcome::UsedSince => Some("used since the decision"),
        ReviewOutcome::ChangedSince => Some("changed since the decision"),
        ReviewOutcome::AlreadyRevoked => Some("already revoked"),
        ReviewOutcome::ToRotate => Some("to be rotated"),
        ReviewOutcome::Failed => Some("failed"),
        ReviewOutcome::Done | ReviewOutcome::Other(_) => None,
    }
}

/// What became of a decision that was carried out.
pub const fn done_words(decision: Decision) -> &'static str {
    match decision {
        Decision::Keep => "kept",
        Decision::Revoke => "revoked",
        Decision::Pause => "paused",
        Decision::Rotate => "rotated",
        Decision::Ask | Decision::Skip | Decision::Other(_) => "no change",
    }
}

/// How many keys are not changed although that was decided.
pub fn unchanged_words(count: u64, done: bool) -> String {
    format!("{} {}", keys(count), if done { "not changed" } else { "will not be changed" })
}

/// How many keys were to be revoked or paused and are not.
///
/// ```
/// assert_eq!(keydeck::wire::reviews::not_stopped_words(1), "1 key was not revoked or paused");
/// assert_eq!(keydeck::wire::reviews::not_stopped_words(1234), "1,234 keys were not revoked or paused");
/// ```
pub fn not_stopped_words(count: u64) -> String {
    format!("{} {} not revoked or paused", keys(count), if count == 1 { "was" } else { "were" })
}

/// How many keys are left for a person to rotate.
pub fn to_rotate_words(count: u64) -> String {
    let (it, secrets) = if count == 1 { ("it", "secret") } else { ("them", "secrets") };
    format!("{} to rotate. Rotate {it} yourself to receive the new {secrets}", keys(count))
}

/// How many keys are not changed on purpose: their owners are asked, or they are skipped.
pub fn left_words(decision: Decision, count: u64) -> String {
    match (decision, count) {
        (Decision::Ask, 1) => format!("{} whose owner is to be asked", keys(count)),
        (Decision::Ask, _) => format!("{} whose owners are to be asked", keys(count)),
        _ => format!("{} skipped", keys(count)),
    }
}

fn keys(count: u64) -> String {
    format!("{} {}", number(count), if count == 1 { "key" } else { "keys" })
}

/// A point in the audit log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct AsOf {
    /// The `seq` of the last event before it.
    pub seq: u64,
    /// The hash of that event.
    pub hash: String,
}

impl From<Head> for AsOf {
    fn from(head: Head) -> AsOf {
        AsOf { seq: head.seq, hash: head.hash }
    }
}

/// How many keys there were at the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Population {
    /// All keys that were ever created.
    pub keys: u64,
    /// Those in the scope.
    pub in_scope: u64,
}

/// How many keys have each decision.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Decisions {
    /// Keys that stay as they are.
    pub keep: u64,
    /// Keys that the execution revokes.
    pub revoke: u64,
    /// Keys that a person replaces.
    pub rotate: u64,
    /// Keys that the execution pauses.
    pub pause: u64,
    /// Keys whose owner is to be asked; the execution leaves them.
    pub ask: u64,
    /// Keys left undecided on purpose.
    pub skip: u64,
    /// Keys that nobody has decided on.
    pub undecided: u64,
}

impl Decisions {
    /// The count of one decision.
    pub fn of(&mut self, decision: Option<Decision>) -> &mut u64 {
        match decision {
            Some(Decision::Keep) => &mut self.keep,
            Some(Decision::Revoke) => &mut self.revoke,
            Some(Decision::Rotate) => &mut self.rotate,
            Some(Decision::Pause) => &mut self.pause,
            Some(Decision::Ask) => &mut self.ask,
            Some(Decision::Skip) => &mut self.skip,
            Some(Decision::Other(_)) | None => &mut self.undecided,
        }
    }
}

/// The status of a review.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ReviewStatus {
    /// Reviewers can decide on its keys.
    Open,
    /// Its decisions were executed.
    Executed,
    /// A pack that was created after the execution was signed.
    Signed,
    /// Ended without an execution; no key was changed.
    Cancelled,
    /// A value of a newer server.
    Other(Word),
}

open_word!(
    ReviewStatus,
    "The status of a review.",
    Open = "open",
    Executed = "executed",
    Signed = "signed",
    Cancelled = "cancelled",
);

/// A decision on a key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Decision {
    /// Keep it as it is.
    Keep,
    /// Revoke it.
    Revoke,
    /// A person replaces it.
    Rotate,
    /// Pause it.
    Pause,
    /// Ask its owner.
    Ask,
    /// Leave it undecided on purpose.
    Skip,
    /// A value of a newer server.
    Other(Word),
}

open_word!(
    Decision,
    "A decision on a key.",
    Keep = "keep",
    Revoke = "revoke",
    Rotate = "rotate",
    Pause = "pause",
    Ask = "ask",
    Skip = "skip",
);

impl Decision {
    /// All of them.
    pub const ALL: [Decision; 6] =
        [Decision::Keep, Decision::Revoke, Decision::Rotate, Decision::Pause, Decision::Ask, Decision::Skip];
}

/// A key of a review.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReviewItem {
    /// The key as it is now.
    pub key: Key,
    /// Its findings by the threshold of the review: those at the decision, or now if there is none.
    #[schema(value_type = Vec<Finding>)]
    pub findings: Box<[Finding]>,
    /// Null if the key is undecided.
    pub decision: Option<Decision>,
    /// With `keep`: when the key is to be reviewed again; null without a limit.
    pub until: Option<Timestamp>,
    /// What the reviewer wrote, or null.
    pub reason: Option<String>,
    /// Actor who decided; null if the key is undecided.
    pub decided_by: Option<String>,
    /// When the decision was made; null if the key is undecided.
    pub decided_at: Option<Timestamp>,
    /// Changes with every decision. Send it with yours.
    pub version: u64,
    /// Whether the reviewer created the key (before a decision: whether the caller did).
    pub own_key: bool,
    /// The last use that the reviewer saw, or the last use now if there is no decision; null if never used.
    pub last_used_at: Option<Timestamp>,
    /// The real last use may have been this many seconds later.
    pub last_used_precision: Option<u32>,
    /// What became of the decision; null until the review is executed.
    #[serde(default)]
    #[schema(required = true)]
    pub outcome: Option<ReviewOutcome>,
}

impl ReviewItem {
    /// Whether the execution does not pause the key only because someone else has paused it since the decision.
    pub fn is_paused_anyway(&self, decision: Decision, outcome: ReviewOutcome) -> bool {
        let left = matches!(outcome, ReviewOutcome::UsedSince | ReviewOutcome::ChangedSince);
        left && decision == Decision::Pause && self.key.status == Status::Paused
    }
}

/// Decisions that the execution did not carry out, by the outcome.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NotDone(Vec<(ReviewOutcome, u64)>);

impl NotDone {
    /// The decisions that may not be carried out.
    pub const DECISIONS: [Decision; 3] = [Decision::Revoke, Decision::Pause, Decision::Rotate];

    /// Counts more keys of the review.
    pub fn count(&mut self, items: &[ReviewItem]) {
        for item in items {
            let (Some(outcome), Some(decision)) = (item.outcome, item.decision) else { continue };
            if matches!(outcome, ReviewOutcome::Done | ReviewOutcome::AlreadyRevoked)
                || item.is_paused_anyway(decision, outcome)
            {
                continue;
            }
            match self.0.iter_mut().find(|(other, _)| *other == outcome) {
                Some((_, count)) => *count += 1,
                None => self.0.push((outcome, 1)),
            }
        }
    }

    /// `1 used since the decision · 2 to be rotated`; none where all was carried out.
    pub fn words(&self) -> Option<String> {
        let words = |(outcome, count): &(ReviewOutcome, u64)| {
            format!("{} {}", number(*count), outcome_words(*outcome).unwrap_or(outcome.as_str()))
        };
        let all: Vec<String> = self.0.iter().map(words).collect();
        (!all.is_empty()).then(|| all.join(" · "))
    }
}

/// The body of `POST /v1/reviews`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewReview {
    /// 1–64 characters after trimming, without invisible characters.
    #[schema(min_length = 1, max_length = 64)]
    pub name: String,
    /// What selects its keys. Default: all that are not revoked.
    #[serde(default, deserialize_with = "object")]
    pub scope: Scope,
    /// Due date, in the future.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
}

/// The body of `PATCH /v1/reviews/{id}`. A field that is absent stays as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReviewEdit {
    /// New name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 64)]
    pub name: Option<String>,
    /// New due date, in the future; null clears it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    #[schema(value_type = Option<Timestamp>, required = false)]
    pub due_at: Option<Option<Timestamp>>,
    /// `cancelled` cancels an open review.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "known_status")]
    pub status: Option<ReviewStatus>,
}

/// An object and nothing else: structs are read from arrays, too.
fn object<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Scope, D::Error> {
    let members = serde_json::Map::deserialize(deserializer)?;
    Scope::deserialize(serde_json::Value::Object(members)).map_err(serde::de::Error::custom)
}

/// Null is a value here, and not the same as absent.
#[expect(clippy::option_option, reason = "absent, null and a time are three requests")]
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Timestamp>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

fn known_status<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<ReviewStatus>, D::Error> {
    known(deserializer).map(Some)
}

/// The query of `GET /v1/reviews/{id}/items`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ItemQuery {
    /// A filter of keys, as in `GET /v1/keys`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub filter: String,
    /// Filter by decision: `keep`, `revoke`, `rotate`, `pause`, `ask`, `skip` or `undecided`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>)]
    pub decision: Option<DecisionFilter>,
    /// Sort order, as in `GET /v1/keys`. Default: `created`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub sort: Option<Sort>,
    /// Page size, 1–1000. Default: 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000, default = 100)]
    pub limit: Option<u32>,
    /// `next` of the previous page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A decision, or none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DecisionFilter(pub Option<Decision>);

/// A text that is no decision.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected {}", BadDecision::EXPECTED)]
pub struct BadDecision;

impl BadDecision {
    /// What to write instead.
    pub const EXPECTED: &'static str = "keep, revoke, rotate, pause, ask, skip or undecided";
}

impl std::str::FromStr for DecisionFilter {
    type Err = BadDecision;

    fn from_str(text: &str) -> Result<DecisionFilter, BadDecision> {
        if text == "undecided" {
            return Ok(DecisionFilter(None));
        }
        let known = Decision::ALL.into_iter().find(|decision| decision.as_str() == text);
        known.map(|decision| DecisionFilter(Some(decision))).ok_or(BadDecision)
    }
}

impl Serialize for DecisionFilter {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.map_or("undecided", Decision::as_str))
    }
}

impl<'de> Deserialize<'de> for DecisionFilter {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<DecisionFilter, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The body of `PUT /v1/reviews/{id}/items/{key}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// What is to happen to the key when the review is executed.
    #[serde(deserialize_with = "known")]
    pub decision: Decision,
    /// With `keep`: time until which it is to be kept, in the future.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// At most 500 characters. Required to keep a key that has a finding of high severity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub reason: Option<String>,
    /// The `version` of the item that was decided on.
    pub version: u64,
}

/// The body of `DELETE /v1/reviews/{id}/items/{key}`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Undecide {
    /// The `version` of the decision to undo. Default: whatever the decision is.
    #[serde(default)]
    pub version: Option<u64>,
}

/// The body of `POST /v1/reviews/{id}/execute`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Execute {
    /// Return what would be done without doing it.
    #[serde(default)]
    pub dry_run: bool,
    /// The hash of all decisions that the dry run returned. Required unless it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decisions: Option<String>,
}

/// The results of an execution or a dry run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Executed {
    /// As it is afterwards; a dry run leaves it as it was.
    pub review: Review,
    /// The hash of all decisions. Send it to execute them.
    pub decisions: String,
    /// One result for each key that is to be kept, revoked, rotated or paused, by key id.
    pub results: Vec<ExecuteResult>,
    /// One receipt for all keys; null for a dry run.
    pub receipt: Option<Receipt>,
}

/// The result for one key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ExecuteResult {
    /// `key_` and a ULID.
    pub id: KeyId,
    /// What was decided about the key.
    pub decision: Decision,
    /// What was done, or would be done by a dry run.
    pub outcome: ReviewOutcome,
}

/// The outcome of a decision.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ReviewOutcome {
    /// Executed.
    Done,
    /// Used after the last use that the reviewer saw, so neither revoked nor paused.
    UsedSince,
    /// Changed by someone else since the decision, so neither revoked nor paused.
    ChangedSince,
    /// Revoked already.
    AlreadyRevoked,
    /// To be rotated by a person, who receives the new secret.
    ToRotate,
    /// Not carried out: a newer version of the server gave the key a status that this one does not know.
    Failed,
    /// A value of a newer server.
    Other(Word),
}

open_word!(
    ReviewOutcome,
    "The outcome of a decision.",
    Done = "done",
    UsedSince = "usedSince",
    ChangedSince = "changedSince",
    AlreadyRevoked = "alreadyRevoked",
    ToRotate = "toRotate",
    Failed = "failed",
);

/// The hash of all decisions of a review, to which a confirmation is bound.
#[derive(Default)]
pub struct DecisionsHash(Sha256);

impl DecisionsHash {
    /// Adds the decision about a key; in the order of key ids.
    pub fn add(&mut self, key: KeyId, decision: Decision, version: u64) {
        self.0.update(format!("{key} {} {version}\n", decision.as_str()));
    }

    /// The hash of all that was added, in hex.
    pub fn hex(self) -> String {
        use std::fmt::Write as _;
        let digest: [u8; 32] = self.0.finalize().into();
        digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}
