//! Keys and reviews as the audit log tells them: an event after the other, from the first on.
//!
//! Whoever has the log needs no database to know every key that was ever created, with its name, project, owner,
//! status and reviews. A pack is verified with it.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde::Deserialize as _;
use serde_json::Value;

use super::audit::{Action, Event};
use super::id::{KeyId, ProjectId, ReviewId};
use super::keys::Key;
use super::reviews::{Decision, ReviewItem, ReviewOutcome};
use super::time::Timestamp;

/// The columns of `keys.csv` that the audit log proves, in their order.
pub const PROVED: [&str; 21] = [
    "id",
    "projectId",
    "project",
    "name",
    "hint",
    "mode",
    "status",
    "owner",
    "purpose",
    "createdAt",
    "createdBy",
    "rotatedFrom",
    "pausedAt",
    "pausedBy",
    "pauseReason",
    "revokedAt",
    "revokedBy",
    "revokeReason",
    "reviewedAt",
    "reviewedBy",
    "keepUntil",
];

/// The columns of `keys.csv` that follow: statements of the server, which `report.created` binds.
pub const STATED: [&str; 6] =
    ["lastUsedAt", "lastUsedPrecision", "requests30d", "findings", "inScope", "decision"];

/// The columns of `decisions.csv`.
pub const DECIDED: [&str; 17] = [
    "review",
    "key",
    "project",
    "name",
    "decision",
    "until",
    "reason",
    "decidedBy",
    "decidedAt",
    "ownKey",
    "lastUsedAt",
    "lastUsedPrecision",
    "findings",
    "outcome",
    "revision",
    "executedAt",
    "executedBy",
];

/// Cells of a row; none is an empty one.
pub type Cells = Vec<Option<String>>;

/// A key, as the log tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplayedKey {
    project: ProjectId,
    name: String,
    hint: String,
    mode: String,
    owner: Option<String>,
    purpose: Option<String>,
    created: (Timestamp, String),
    rotated_from: Option<String>,
    paused: Option<(Timestamp, String, Option<String>)>,
    revoked: Option<(Timestamp, String, Option<String>)>,
    reviewed: Option<(Timestamp, String)>,
    keep_until: Option<Timestamp>,
}

/// A decision on a key, as the log tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplayedDecision {
    /// The `seq` of its event.
    pub seq: u64,
    /// What was decided.
    pub decision: Decision,
    /// Until when it is to be kept.
    pub until: Option<Timestamp>,
    /// Why.
    pub reason: Option<String>,
    /// By whom.
    pub decided_by: String,
    /// When.
    pub decided_at: Timestamp,
    /// Whether the reviewer created the key.
    pub own_key: bool,
    /// The last use that the reviewer saw.
    pub last_used_at: Option<Timestamp>,
    /// Its precision in seconds.
    pub precision: Option<u64>,
    /// The codes of the findings that the reviewer saw.
    pub findings: String,
}

/// Something that was done: the event, its time and its actor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Done {
    /// The `seq` of the event.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
}

impl Done {
    /// How long after a decision it was done. None is not known: the clock was set back in between.
    pub fn after(&self, decided: Timestamp) -> Option<Duration> {
        (self.at >= decided).then(|| decided.age(self.at))
    }
}

/// A review, as the log tells it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReplayedReview {
    /// How many keys are in its scope.
    pub in_scope: u64,
    /// Its decisions.
    pub decisions: BTreeMap<KeyId, ReplayedDecision>,
    /// The decisions that were carried out.
    pub done: BTreeMap<KeyId, Done>,
    /// Whether it was executed.
    pub executed: bool,
}

/// The state that a log leads to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Replay {
    projects: HashMap<ProjectId, String>,
    keys: BTreeMap<KeyId, ReplayedKey>,
    reviews: BTreeMap<ReviewId, ReplayedReview>,
    /// The replacements of keys, by the key that was replaced.
    replacements: HashMap<String, Vec<Done>>,
}

impl Replay {
    /// Takes the next event.
    ///
    /// # Errors
    /// Why it cannot have happened, as the end of a sentence.
    pub fn take(&mut self, event: &Event) -> Result<(), String> {
        match event.action {
            Action::ProjectCreated | Action::ProjectRenamed => {
                let project = event.project.ok_or("names no project")?;
                self.projects.insert(project, text(event, "name").ok_or("has no name")?);
            }
            Action::KeyCreated | Action::KeyRotated => self.create(event)?,
            Action::KeyRenamed => {
                self.key(event)?.name = text(event, "name").ok_or("has no name")?;
            }
            Action::KeyUpdated => {
                let key = self.key(event)?;
                if let Some(name) = text(event, "name") {
                    key.name = name;
                }
                if event.detail.get("owner").is_some() {
                    key.owner = text(event, "owner");
                }
                if event.detail.get("purpose").is_some() {
                    key.purpose = text(event, "purpose");
                }
            }
            Action::KeyPaused => {
                self.key(event)?.paused = Some((event.at, event.actor.clone(), text(event, "reason")));
                self.reviewed(event)?;
            }
            Action::KeyResumed => self.key(event)?.paused = None,
            Action::KeyRevoked => {
                self.key(event)?.revoked = Some((event.at, event.actor.clone(), text(event, "reason")));
                self.reviewed(event)?;
            }
            Action::KeyReviewed => {
                self.key(event)?.keep_until = time(&event.detail, "until");
                self.reviewed(event)?;
            }
            Action::ReviewStarted => {
                let in_scope = event.detail.pointer("/population/inScope").and_then(Value::as_u64);
                let in_scope = in_scope.ok_or("has no population")?;
                self.reviews.insert(review(event)?, ReplayedReview { in_scope, ..ReplayedReview::default() });
            }
            Action::ReviewDecided => self.decided(event)?,
            Action::ReviewExecuted => self.review_of(event)?.executed = true,
            _ => {}
        }
        Ok(())
    }

    /// All keys, with their [`PROVED`] cells, in the order of their ids.
    pub fn keys(&self) -> impl Iterator<Item = (KeyId, Cells)> + '_ {
        self.keys.iter().map(|(id, key)| (*id, key.cells(*id, self.projects.get(&key.project))))
    }

    /// How many keys there are.
    pub fn count(&self) -> usize {
        self.keys.len()
    }

    /// A review.
    pub fn review(&self, id: ReviewId) -> Option<&ReplayedReview> {
        self.reviews.get(&id)
    }

    /// The first replacement of a key that was created after an event. Times do not tell: a clock may be set back.
    pub fn replacement(&self, key: &str, since: u64) -> Option<&Done> {
        self.replacements.get(key)?.iter().find(|done| done.seq > since)
    }

    fn create(&mut self, event: &Event) -> Result<(), String> {
        let id = event.key.ok_or("names no key")?;
        let project = event.project.ok_or("names no project")?;
        if !self.projects.contains_key(&project) {
            return Err(format!("names the project {project}, which was never created"));
        }
        let rotated_from = text(event, "rotatedFrom");
        if let Some(old) = &rotated_from {
            let done = Done { seq: event.seq, at: event.at, by: event.actor.clone() };
            self.replacements.entry(old.clone()).or_default().push(done);
        }
        let key = ReplayedKey {
            project,
            name: text(event, "name").ok_or("has no name")?,
            hint: text(event, "hint").ok_or("has no hint")?,
            mode: text(event, "mode").ok_or("has no mode")?,
            owner: text(event, "owner"),
            purpose: text(event, "purpose"),
            created: (event.at, event.actor.clone()),
            rotated_from,
            paused: None,
            revoked: None,
            reviewed: None,
            keep_until: None,
        };
        if self.keys.insert(id, key).is_some() {
            return Err(format!("creates {id} a second time"));
        }
        Ok(())
    }

    fn key(&mut self, event: &Event) -> Result<&mut ReplayedKey, String> {
        let id = event.key.ok_or("names no key")?;
        self.keys.get_mut(&id).ok_or_else(|| format!("names the key {id}, which was never created"))
    }

    fn review_of(&mut self, event: &Event) -> Result<&mut ReplayedReview, String> {
        let id = review(event)?;
        self.reviews.get_mut(&id).ok_or_else(|| format!("names the review {id}, which was never started"))
    }

    /// What carried out a decision of a review is a review of the key, too.
    fn reviewed(&mut self, event: &Event) -> Result<(), String> {
        if event.detail.get("review").is_none_or(Value::is_null) {
            return Ok(());
        }
        let at = time(&event.detail, "decidedAt").ok_or("has no decidedAt")?;
        let by = text(event, "decidedBy").ok_or("has no decidedBy")?;
        let id = event.key.ok_or("names no key")?;
        let until = time(&event.detail, "until");
        let word = text(event, "decision").unwrap_or_default();
        let review = self.review_of(event)?;
        let decision = review.decisions.get(&id).ok_or("executes a decision that was never made")?;
        if (decision.decision.as_str(), decision.decided_at, &decision.decided_by, decision.until)
            != (word.as_str(), at, &by, until)
        {
            return Err("executes a decision other than the one that was made".to_owned());
        }
        review.done.insert(id, Done { seq: event.seq, at: event.at, by: event.actor.clone() });
        self.key(event)?.reviewed = Some((at, by));
        Ok(())
    }

    fn decided(&mut self, event: &Event) -> Result<(), String> {
        let id = event.key.ok_or("names no key")?;
        let detail = &event.detail;
        let findings = detail.get("findings").and_then(Value::as_array);
        let codes: Vec<&str> = findings.into_iter().flatten().filter_map(Value::as_str).collect();
        let decision = match detail.get("decision") {
            None | Some(Value::Null) => None,
            Some(word) => Some(Decision::deserialize(word).map_err(|_| "has no decision")?),
        };
        let decision = decision.map(|decision| ReplayedDecision {
            seq: event.seq,
            decision,
            until: time(detail, "until"),
            reason: text(event, "reason"),
            decided_by: event.actor.clone(),
            decided_at: event.at,
            own_key: detail.get("ownKey") == Some(&Value::Bool(true)),
            last_used_at: time(detail, "lastUsedAt"),
            precision: detail.get("lastUsedPrecision").and_then(Value::as_u64),
            findings: codes.join(" "),
        });
        let review = self.review_of(event)?;
        match decision {
            Some(decision) => review.decisions.insert(id, decision),
            None => review.decisions.remove(&id),
        };
        Ok(())
    }
}

impl ReplayedKey {
    fn cells(&self, id: KeyId, project: Option<&String>) -> Cells {
        let status = match (&self.revoked, &self.paused) {
            (Some(_), _) => "revoked",
            (None, Some(_)) => "paused",
            (None, None) => "active",
        };
        let who = |what: &Option<(Timestamp, String, Option<String>)>| {
            what.clone().map_or([None, None, None], |(at, by, why)| [Some(at.to_string()), Some(by), why])
        };
        let [paused_at, paused_by, pause_reason] = who(&self.paused);
        let [revoked_at, revoked_by, revoke_reason] = who(&self.revoked);
        vec![
            Some(id.to_string()),
            Some(self.project.to_string()),
            project.cloned(),
            Some(self.name.clone()),
            Some(self.hint.clone()),
            Some(self.mode.clone()),
            Some(status.to_owned()),
            self.owner.clone(),
            self.purpose.clone(),
            Some(self.created.0.to_string()),
            Some(self.created.1.clone()),
            self.rotated_from.clone(),
            paused_at,
            paused_by,
            pause_reason,
            revoked_at,
            revoked_by,
            revoke_reason,
            self.reviewed.as_ref().map(|(at, _)| at.to_string()),
            self.reviewed.as_ref().map(|(_, by)| by.clone()),
            self.keep_until.map(|until| until.to_string()),
        ]
    }
}

/// The cells of a key that the log proves, as the store has them.
pub fn proved_cells(key: &Key) -> Cells {
    let text = |text: &Option<std::sync::Arc<str>>| text.as_deref().map(str::to_owned);
    let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
    vec![
        Some(key.id.to_string()),
        Some(key.project_id.to_string()),
        Some(key.project_name.to_string()),
        Some(key.name.clone()),
        Some(key.hint.to_string()),
        Some(key.mode.as_str().to_owned()),
        Some(key.status.as_str().to_owned()),
        text(&key.owner),
        text(&key.purpose),
        Some(key.created_at.to_string()),
        Some(key.created_by.to_string()),
        key.rotated_from.map(|id| id.to_string()),
        time(key.paused_at),
        text(&key.paused_by),
        text(&key.pause_reason),
        time(key.revoked_at),
        text(&key.revoked_by),
        text(&key.revoke_reason),
        time(key.reviewed_at),
        text(&key.reviewed_by),
        time(key.keep_until),
    ]
}

/// The row of a key in `keys.csv`.
pub fn key_cells(key: &Key, in_scope: bool, decision: Option<Decision>) -> Cells {
    let mut cells = proved_cells(key);
    cells.extend([
        key.last_used_at.map(|at| at.to_string()),
        key.last_used_precision.map(|seconds| seconds.to_string()),
        Some(key.requests30d.to_string()),
        Some(super::findings::codes(&key.findings)).filter(|codes| !codes.is_empty()),
        Some(in_scope.to_string()),
        decision.map(|decision| decision.as_str().to_owned()),
    ]);
    cells
}

/// The row of a key in `decisions.csv`; `done` is what carried the decision out.
pub fn decision_cells(review: ReviewId, item: &ReviewItem, done: Option<&Done>) -> Cells {
    let key = &item.key;
    let mut cells =
        vec![Some(review.to_string()), Some(key.id.to_string()), Some(key.project_name.to_string())];
    cells.push(Some(key.name.clone()));
    let Some(decision) = item.decision else {
        cells.resize(DECIDED.len(), None);
        return cells;
    };
    // A person rotates, before the execution or after it, and may have revoked the old key by then.
    let outcome =
        if decision == Decision::Rotate && done.is_some() { Some(ReviewOutcome::Done) } else { item.outcome };
    let seen = super::findings::codes(&item.findings);
    cells.extend([
        Some(decision.as_str().to_owned()),
        item.until.map(|until| until.to_string()),
        item.reason.clone(),
        item.decided_by.clone(),
        item.decided_at.map(|at| at.to_string()),
        Some(item.own_key.to_string()),
        item.last_used_at.map(|at| at.to_string()),
        item.last_used_precision.map(|seconds| seconds.to_string()),
        Some(seen).filter(|codes| !codes.is_empty()),
        outcome.map(|outcome| outcome.as_str().to_owned()),
        done.map(|done| done.seq.to_string()),
        done.map(|done| done.at.to_string()),
        done.map(|done| done.by.clone()),
    ]);
    cells
}

impl ReplayedDecision {
    /// The cells of `decisions.csv` from `decision` to `findings`.
    pub fn cells(&self) -> Cells {
        vec![
            Some(self.decision.as_str().to_owned()),
            self.until.map(|until| until.to_string()),
            self.reason.clone(),
            Some(self.decided_by.clone()),
            Some(self.decided_at.to_string()),
            Some(self.own_key.to_string()),
            self.last_used_at.map(|at| at.to_string()),
            self.precision.map(|seconds| seconds.to_string()),
            Some(self.findings.clone()).filter(|codes| !codes.is_empty()),
        ]
    }
}

fn review(event: &Event) -> Result<ReviewId, String> {
    text(event, "review").and_then(|id| id.parse().ok()).ok_or_else(|| "names no review".to_owned())
}

fn text(event: &Event, name: &str) -> Option<String> {
    event.detail_text(name).map(str::to_owned)
}

fn time(detail: &Value, name: &str) -> Option<Timestamp> {
    Timestamp::deserialize(detail.get(name)?).ok()
}
