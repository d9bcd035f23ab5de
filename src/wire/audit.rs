//! Audit events and the chain that binds them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::id::{EventId, KeyId, ProjectId, TokenId};
use super::keys::Receipt;
use super::schema;
use super::sheet::{Column, Sheet, some};
use super::time::Timestamp;
use super::word::Word;

/// The `previousHash` of the first event.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A change: what was done, by whom, to which object, and when.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Gap-free, in commit order, from 1; also the revision that nodes follow.
    pub seq: u64,
    /// `evt_` and a ULID.
    pub id: EventId,
    /// Time of the change, by the server's clock.
    pub at: Timestamp,
    /// The caller: `local:<user>`, `token:<name>` or `key:<masked key>`.
    pub actor: String,
    /// The action.
    pub action: Action,
    /// The project concerned, or null.
    pub project: Option<ProjectId>,
    /// The key concerned, or null.
    pub key: Option<KeyId>,
    /// Details of the action. For an actor `token:<name>`, `by` contains the token's `id` and masked form
    /// (`hint`).
    #[schema(value_type = Object)]
    pub detail: Value,
    /// The hash of the previous event. The first event has 64 zeros.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub previous_hash: String,
    /// SHA-256(previousHash ‖ body), in hex.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub hash: String,
    /// What the answer to the change said of the nodes, if it said that and it was kept: of revoked, paused and resumed
    /// keys, revoked tokens and executed reviews. Not part of the body that is hashed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Receipt>, nullable = false)]
    pub receipt: Option<Box<Receipt>>,
}

/// The token that an actor used. Names of tokens can be used again, so an event of `token:<name>` carries it as
/// `by` of its `detail`; events of older versions do not.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ActorToken {
    /// `evt_` and a ULID.
    pub id: TokenId,
    /// The token, masked.
    #[schema(example = "redir_mgmt_AbCd****...****KEgY")]
    pub hint: String,
}

impl ActorToken {
    /// The member of `detail` that holds it.
    pub const MEMBER: &'static str = "by";
}

impl Event {
    /// The token that its actor used, where the event tells it.
    pub fn actor_token(&self) -> Option<ActorToken> {
        ActorToken::deserialize(self.detail.get(ActorToken::MEMBER)?).ok()
    }

    /// A text of its detail.
    pub fn detail_text(&self, name: &str) -> Option<&str> {
        self.detail.get(name).and_then(Value::as_str)
    }

    /// The id of the review that it belongs to: that of a review itself, of a decision, of what its execution changed, or
    /// of a report on it.
    pub fn review(&self) -> Option<&str> {
        self.detail_text("review").or_else(|| self.detail.pointer("/scope/review/id").and_then(Value::as_str))
    }

    /// The bytes that are hashed and stored: RFC 8785 JSON of the event without `hash` and `receipt`.
    ///
    /// `serde_json` writes them as that RFC asks for the values that occur here: members sorted by name
    /// (all names are ASCII), no blanks, its escapes, whole numbers below 2^53.
    pub fn body(&self) -> String {
        let mut value = serde_json::to_value(self).expect("an event is JSON");
        let members = value.as_object_mut().expect("an event is an object");
        members.remove("hash");
        members.remove("receipt");
        value.to_string()
    }

    /// The hash that belongs to a body and the hash before it.
    pub fn hash_of(previous: &str, body: &str) -> String {
        let mut hasher = Sha256::new();
        hasher.update(previous.as_bytes());
        hasher.update(body.as_bytes());
        let digest: [u8; 32] = hasher.finalize().into();
        digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
            use fmt::Write as _;
            write!(hex, "{byte:02x}").expect("memory takes all bytes");
            hex
        })
    }

    /// The event with its `hash` computed.
    pub fn sealed(mut self) -> Event {
        self.hash = Event::hash_of(&self.previous_hash, &self.body());
        self
    }
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// What was done.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Action {
            $($(#[$doc])* $name,)*
            /// A value of a newer server.
            Other(Word),
        }

        impl Action {
            /// All known actions.
            pub const ALL: &'static [Action] = &[$(Action::$name,)*];

            /// The value in JSON.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Action::$name => $text,)*
                    Action::Other(word) => word.as_str(),
                }
            }
        }
    };
}

impl Action {
    /// Whether the answer to such a change carries a receipt.
    pub const fn has_receipt(self) -> bool {
        matches!(
            self,
            Action::KeyRevoked
                | Action::KeyPaused
                | Action::KeyResumed
                | Action::TokenRevoked
                | Action::ReviewExecuted
        )
    }
}

actions! {
    /// A project was created.
    ProjectCreated = "project.created";
    /// A project was renamed.
    ProjectRenamed = "project.renamed";
    /// A project was deleted. Its keys stay in the log.
    ProjectArchived = "project.archived";
    /// A key was created.
    KeyCreated = "key.created";
    /// A key was renamed.
    KeyRenamed = "key.renamed";
    /// The owner or the purpose of a key was changed, perhaps with its name.
    KeyUpdated = "key.updated";
    /// A key was paused.
    KeyPaused = "key.paused";
    /// A paused key was resumed.
    KeyResumed = "key.resumed";
    /// A review decided to keep a key.
    KeyReviewed = "key.reviewed";
    /// A key was revoked.
    KeyRevoked = "key.revoked";
    /// A replacement for a key was created.
    KeyRotated = "key.rotated";
    /// The guided rotation of a key was started, or its quiet time changed.
    RotationStarted = "rotation.started";
    /// The guided rotation of a key was cancelled. Both keys stay as they are.
    RotationCancelled = "rotation.cancelled";
    /// The guided rotation of a key ended, as the key is revoked.
    RotationFinished = "rotation.finished";
    /// The draft of the rules was replaced.
    RulesReplaced = "rules.replaced";
    /// The draft was deployed.
    RulesDeployed = "rules.deployed";
    /// An access review was started: its scope and its population are in the details.
    ReviewStarted = "review.started";
    /// The name or the due date of a review was changed.
    ReviewUpdated = "review.updated";
    /// A reviewer decided about a key, or undid the decision.
    ReviewDecided = "review.decided";
    /// The decisions of a review were executed.
    ReviewExecuted = "review.executed";
    /// A review was cancelled.
    ReviewCancelled = "review.cancelled";
    /// A review was signed: the details name the pack.
    ReviewSigned = "review.signed";
    /// An evidence pack was created: its manifest and the hashes of its files are in the details.
    ReportCreated = "report.created";
    /// A management token was created.
    TokenCreated = "token.created";
    /// A management token was revoked.
    TokenRevoked = "token.revoked";
    /// A node that will not return was removed.
    NodeForgotten = "node.forgotten";
    /// A history that replaced the one that nodes knew was accepted: the accepted head is in the details.
    HistoryAccepted = "history.accepted";
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text is not a known action.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("unknown action; expected e.g. key.revoked, project.created or rules.deployed")]
pub struct BadAction;

impl FromStr for Action {
    type Err = BadAction;

    fn from_str(text: &str) -> Result<Action, BadAction> {
        Action::ALL.iter().copied().find(|action| action.as_str() == text).ok_or(BadAction)
    }
}

impl PartialSchema for Action {
    fn schema() -> RefOr<Schema> {
        schema::words("What was done.", Action::ALL.iter().map(|action| action.as_str()))
    }
}

impl ToSchema for Action {}

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Action, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Ok(text.parse().unwrap_or_else(|_| Action::Other(Word::of(&text))))
    }
}

/// The end of the audit chain: `seq:hash`. Keep it to prove later that nothing before it was changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    /// The `seq` of the newest event; 0 if there is none.
    pub seq: u64,
    /// The hash of the newest event; 64 zeros if there is none.
    pub hash: String,
}

impl Head {
    /// The head of an empty chain.
    pub fn genesis() -> Head {
        Head { seq: 0, hash: GENESIS.to_owned() }
    }

    /// A head as people paste it: commands print it behind `Head:`.
    ///
    /// ```
    /// use keydeck::wire::audit::Head;
    ///
    /// let head = Head::genesis();
    /// assert_eq!(Head::parse_loose(&format!(" Head: {head}\n")), Ok(head));
    /// ```
    ///
    /// # Errors
    /// It is not of the form `SEQ:HASH`.
    pub fn parse_loose(text: &str) -> Result<Head, BadHead> {
        let text = text.trim();
        let label = text.get(..5).filter(|label| label.eq_ignore_ascii_case("head:"));
        label.map_or(text, |label| text[label.len()..].trim_start()).parse()
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

/// The text is not of the form `SEQ:HASH`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected SEQ:HASH (a number, a colon and 64 lower-case hex digits)")]
pub struct BadHead;

impl FromStr for Head {
    type Err = BadHead;

    fn from_str(text: &str) -> Result<Head, BadHead> {
        let (seq, hash) = text.split_once(':').ok_or(BadHead)?;
        let seq = seq.parse().map_err(|_| BadHead)?;
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if hash.len() != 64 || !hash.bytes().all(hex) {
            return Err(BadHead);
        }
        Ok(Head { seq, hash: hash.to_owned() })
    }
}

impl PartialSchema for Head {
    fn schema() -> RefOr<Schema> {
        let about = "The end of the audit chain, `seq:hash`. Keep it to prove later that nothing before it \
             was changed.";
        schema::text(about, "^[0-9]+:[0-9a-f]{64}$", &Head::genesis().to_string())
    }
}

impl ToSchema for Head {}

impl Serialize for Head {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Head {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Head, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The query of `GET /v1/audit-events`; newest first.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventQuery {
    /// A filter; empty matches all events. Plain words search the action, the actor, the values in `detail`,
    /// `seq`, the id and current name of the project and key, and the current name of the review. `action:` and `by:`
    /// match part of the action or actor; `project:` and `key:` match an id, or part of a current or former name
    /// (`key:` also matches masked keys). `at<7d` matches events of the last 7 days, `at>7d` older ones, `at<2026-11-01` events before
    /// a date (UTC). `!` negates a term, quotes group words, blanks mean "and", and an unquoted comma between the
    /// values of a field means "or": `by:ann,ben`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub filter: String,
    /// Filter by project id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    /// Filter by key id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyId>,
    /// Filter by actor (`local:<user>`, `token:<name>`, `key:<masked key>`), or by the id or masked form of a
    /// management token, which is unique even if its name was reused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Filter by action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// Only events at or after this time. Must not be in the future.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Timestamp>,
    /// Only events before this time. Must be later than `after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Timestamp>,
    /// Page size, 1–1000. Default: 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000, default = 100)]
    pub limit: Option<u32>,
    /// `next` of the previous page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Walks a chain and finds the first event that was edited, removed, reordered or added.
#[derive(Clone, Debug)]
pub struct Verifier {
    head: Head,
}

impl Default for Verifier {
    fn default() -> Verifier {
        Verifier { head: Head::genesis() }
    }
}

impl Verifier {
    /// Takes the next event, as its stored body and hash.
    ///
    /// # Errors
    /// Names the event that breaks the chain.
    pub fn take(&mut self, body: &str, hash: &str) -> Result<&Head, BrokenChain> {
        let expected = self.head.seq + 1;
        let broken = |reason| BrokenChain { seq: expected, reason };
        let event: Value = serde_json::from_str(body).map_err(|_| broken("the stored text is not JSON"))?;
        match event.get("seq").and_then(Value::as_u64) {
            Some(seq) if seq == expected => {}
            Some(seq) if seq > expected => return Err(broken("it is missing")),
            _ => return Err(broken("a different event is at this position")),
        }
        if event.get("previousHash").and_then(Value::as_str) != Some(self.head.hash.as_str()) {
            return Err(broken("it does not follow the event before it"));
        }
        if Event::hash_of(&self.head.hash, body) != hash {
            return Err(broken("its hash does not match: it was edited"));
        }
        self.head = Head { seq: expected, hash: hash.to_owned() };
        Ok(&self.head)
    }

    /// The head so far.
    pub fn head(&self) -> &Head {
        &self.head
    }
}

/// The first event that does not fit the chain.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("audit event {seq}: {reason}")]
pub struct BrokenChain {
    /// The `seq` of that event.
    pub seq: u64,
    /// Why it does not fit, as the end of a sentence.
    pub reason: &'static str,
}

impl Sheet for Event {
    const COLUMNS: &'static [Column<Event>] = &[
        Column::new("seq", |event| some(event.seq)),
        Column::new("at", |event| some(event.at)),
        Column::new("actor", |event| some(&event.actor)),
        Column::new("action", |event| some(event.action)),
        Column::new("project", |event| event.project.and_then(some)),
        Column::new("key", |event| event.key.and_then(some)),
        Column::new("detail", |event| some(&event.detail)),
        Column::new("hash", |event| some(&event.hash)),
        Column::new("name", |event| event.detail_text("name").map(str::to_owned)),
        Column::new("reason", |event| event.detail_text("reason").map(str::to_owned)),
    ];
}
