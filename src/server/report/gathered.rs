//! What is counted and collected for the reports while events and keys pass.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize as _;
use serde_json::Value;

use crate::store::KeptReceipt;
use crate::store::report::{ReportAbout, ReportKey};
use crate::wire::findings;
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::Receipt;
use crate::wire::replay::Done;
use crate::wire::reports::{Counted, ReportCounts};
use crate::wire::reviews::{Decision, Decisions, ReviewItem};
use crate::wire::time::Timestamp;

/// How many keys are named in a list of the summary; all of them are in the files.
pub(super) const NAMED: usize = 100;

/// What was collected so far.
pub(super) struct Gathered {
    now: Timestamp,
    /// The id of the review.
    review: Option<String>,
    /// The counts of the manifest.
    pub(super) counts: ReportCounts,
    /// How many decisions each reviewer made.
    pub(super) reviewers: BTreeMap<String, u64>,
    /// Who carried decisions out.
    pub(super) executors: BTreeSet<String>,
    /// Keys without a decision; the first of them by name.
    pub(super) undecided: Vec<String>,
    /// Decisions on keys that the reviewer created.
    pub(super) own: u64,
    /// Seconds from each decision to the event that carried it out.
    pub(super) delays: Vec<u64>,
    /// What has changed since the earlier pack: what, which key, and how.
    pub(super) changes: Vec<(&'static str, String, String)>,
    /// The receipts by revision, in a report about a review.
    receipts: Vec<KeptReceipt>,
    /// The latest decisions: the `seq` of the event.
    decided: HashMap<KeyId, u64>,
    carried_out: HashMap<KeyId, Done>,
    replacements: HashMap<String, Vec<Done>>,
    /// The names of the projects in the scope of the review.
    projects: HashMap<String, String>,
    since: Option<(u64, Timestamp)>,
    changed: HashMap<KeyId, Changed>,
}

/// What happened to a key since the earlier pack.
#[derive(Default)]
struct Changed {
    created: bool,
    revoked: Option<String>,
    paused: Option<String>,
    /// The owner before; an empty text is none.
    owner_before: Option<String>,
}

impl Gathered {
    pub(super) fn new(about: &ReportAbout, now: Timestamp) -> Gathered {
        let review = about.review.as_ref().map(|(review, _)| review);
        let decisions = review.map(|_| Decisions::default());
        let counts = ReportCounts { decisions, ..ReportCounts::default() };
        let projects = review.map(|review| review.scope.projects.iter());
        let projects = projects.into_iter().flatten().map(|id| (id.to_string(), String::new()));
        Gathered {
            now,
            projects: projects.collect(),
            review: review.map(|review| review.id.to_string()),
            counts,
            reviewers: BTreeMap::new(),
            executors: BTreeSet::new(),
            undecided: Vec::new(),
            own: 0,
            delays: Vec::new(),
            changes: Vec::new(),
            receipts: Vec::new(),
            decided: HashMap::new(),
            carried_out: HashMap::new(),
            replacements: HashMap::new(),
            since: about.previous.as_ref().map(|previous| (previous.as_of.seq, previous.created_at)),
            changed: HashMap::new(),
        }
    }

    /// Takes the stored text of an event.
    pub(super) fn event(&mut self, seq: u64, body: &str) {
        // The id may also stand in a name or a reason: what is read decides.
        let may_be_of_review = self.review.as_ref().is_some_and(|id| body.contains(id.as_str()));
        let replaces = self.review.is_some() && body.contains("\"rotatedFrom\"");
        let is_later = self.since.is_some_and(|(since, _)| seq > since);
        let names_project = !self.projects.is_empty() && body.contains("\"project.");
        if !may_be_of_review && !replaces && !is_later && !names_project {
            return;
        }
        let Ok(event) = serde_json::from_str::<Value>(body) else { return };
        let text = |name: &str| event.get(name).and_then(Value::as_str);
        let detail = |name: &str| event.pointer(&format!("/detail/{name}")).and_then(Value::as_str);
        let of_review = may_be_of_review && detail("review") == self.review.as_deref();
        let Ok(at) = Timestamp::deserialize(&event["at"]) else { return };
        let by = text("actor").unwrap_or_default().to_owned();
        let key = text("key").and_then(|key| key.parse::<KeyId>().ok());
        let action = text("action").unwrap_or_default();
        if let ("project.created" | "project.renamed", Some(project), Some(name)) =
            (action, text("project"), detail("name"))
            && let Some(known) = self.projects.get_mut(project)
        {
            name.clone_into(known);
        }
        let done = Done { seq, at, by: by.clone() };
        if let (true, "review.decided", Some(key)) = (of_review, action, key) {
            self.decided.insert(key, seq);
        }
        if of_review && matches!(action, "key.revoked" | "key.paused" | "key.reviewed") {
            self.executors.insert(by.clone());
            key.map(|key| self.carried_out.insert(key, done.clone()));
        }
        if let Some(old) = detail("rotatedFrom").filter(|_| replaces) {
            self.replacements.entry(old.to_owned()).or_default().push(done);
        }
        let (true, Some(key)) = (is_later, key) else { return };
        match action {
            "key.created" | "key.rotated" => self.changed.entry(key).or_default().created = true,
            "key.revoked" => self.changed.entry(key).or_default().revoked = Some(by),
            "key.paused" => self.changed.entry(key).or_default().paused = Some(by),
            "key.resumed" => self.changed.entry(key).or_default().paused = None,
            "key.updated" => {
                if let Some(before) = event.pointer("/detail/before/owner") {
                    let before = before.as_str().unwrap_or_default().to_owned();
                    self.changed.entry(key).or_default().owner_before.get_or_insert(before);
                }
            }
            _ => {}
        }
    }

    /// What a project of the scope was called when the report was created; its id if no event tells.
    pub(super) fn project(&self, id: ProjectId) -> String {
        let id = id.to_string();
        self.projects.get(&id).filter(|name| !name.is_empty()).cloned().unwrap_or(id)
    }

    /// Takes the next receipt.
    pub(super) fn receipt(&mut self, kept: KeptReceipt) {
        if self.review.is_some() {
            self.receipts.push(kept);
        }
    }

    /// The receipt of an event.
    pub(super) fn receipt_of(&self, seq: u64) -> Option<&Receipt> {
        let at = self.receipts.partition_point(|kept| kept.receipt.revision < seq);
        self.receipts.get(at).filter(|kept| kept.first_seq <= seq).map(|kept| &kept.receipt)
    }

    /// Counts a key.
    pub(super) fn key(&mut self, row: &ReportKey) {
        let key = &row.key;
        let codes = findings::codes(&key.findings);
        let counted = Counted {
            status: key.status.as_str(),
            in_scope: row.in_scope,
            idle_since: key.idle_since(),
            owned: key.owner.is_some(),
            purposed: key.purpose.is_some(),
            reviewed_at: key.reviewed_at,
            findings: &codes,
        };
        self.counts.add(&counted, self.now);
        let Some((_, since)) = self.since else { return };
        let name = format!("{}/{}", key.project_name, key.name);
        let woke = row.woke_at.is_some_and(|woke| woke >= since);
        let mut change = |what, how: String| self.changes.push((what, name.clone(), how));
        if woke {
            change("Used again", "after at least 30 idle days".to_owned());
        }
        let Some(changed) = self.changed.remove(&key.id) else { return };
        if changed.created {
            change("New", format!("created by {}", key.created_by));
        }
        if let Some(by) = changed.revoked {
            change("Gone", format!("revoked by {by}"));
        } else if let Some(by) = changed.paused {
            change("Paused", format!("paused by {by}"));
        }
        let owner = key.owner.as_deref().unwrap_or_default();
        if let Some(before) = changed.owner_before.filter(|before| before != owner) {
            let or_none = |owner: &str| if owner.is_empty() { "none".to_owned() } else { owner.to_owned() };
            change("Owner changed", format!("{} → {}", or_none(&before), or_none(owner)));
        }
    }

    /// What carried out the decision on a key of the review.
    pub(super) fn done(&self, item: &ReviewItem) -> Option<Done> {
        if item.decision == Some(Decision::Rotate) {
            let since = self.decided.get(&item.key.id)?;
            let replacements = self.replacements.get(&item.key.id.to_string())?;
            return replacements.iter().find(|done| done.seq > *since).cloned();
        }
        self.carried_out.get(&item.key.id).cloned()
    }

    /// Counts a decision.
    pub(super) fn item(&mut self, item: &ReviewItem, done: Option<&Done>) {
        if let Some(decisions) = &mut self.counts.decisions {
            *decisions.of(item.decision) += 1;
        }
        let Some(by) = item.decision.and(item.decided_by.clone()) else {
            if self.undecided.len() < NAMED {
                self.undecided.push(format!("{}/{}", item.key.project_name, item.key.name));
            }
            return;
        };
        *self.reviewers.entry(by).or_default() += 1;
        self.own += u64::from(item.own_key);
        if let Some(delay) = item.decided_at.zip(done).and_then(|(at, done)| done.after(at)) {
            self.delays.push(delay.as_secs());
        }
    }
}
