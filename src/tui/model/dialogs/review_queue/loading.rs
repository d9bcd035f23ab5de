//! Which keys are loaded, and what is requested when others change them.

use super::super::review_page::has_recent_requests;
use super::super::review_rows::QueueRows;
use super::Queue;
use crate::tui::model::change_batch::key_told;
use crate::tui::model::dialogs::interaction::{Facts, Step};
use crate::tui::model::effect::Request;
use crate::wire::audit;
use crate::wire::filter::Filter;
use crate::wire::id::KeyId;
use crate::wire::keys::{Key, Sort, SortBy};
use crate::wire::page::Page;
use crate::wire::reviews::{DecisionFilter, ItemQuery, ReviewItem};
use crate::wire::text::sentence;

/// How many keys one request asks for.
const PAGE: u32 = 200;
/// The next page is asked for when the key is this near to the end of what is loaded.
const NEAR: usize = 60;
/// If others decided on more keys than these, all keys are read again.
const MAX_SINGLE_READS: usize = 10;

/// What a filter in a review asks for: a filter of keys, and perhaps a decision, as in `decision:revoke by:ann`.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn filter_and_decision(text: &str) -> Result<(String, Option<DecisionFilter>), String> {
    const FIELD: &str = "decision:";
    let (mut keys, mut decision, mut quoted) = (String::with_capacity(text.len()), None, false);
    for word in text.split_inclusive(' ') {
        match word.strip_prefix(FIELD).filter(|_| !quoted) {
            Some(_) if decision.is_some() => return Err("Only one decision can be given.".to_owned()),
            Some(name) => {
                let known = name.trim_end().parse::<DecisionFilter>();
                decision = Some(known.map_err(|error| sentence(&error.to_string()))?);
                // The columns of the rest stay.
                keys.extend(word.chars().map(|_| ' '));
            }
            None => keys.push_str(word),
        }
        quoted ^= word.matches('"').count() % 2 == 1;
    }
    Filter::parse(&keys).map_err(|error| sentence(&error.reason))?;
    Ok((keys.trim().to_owned(), decision))
}

impl Queue {
    pub(super) fn load(&mut self, from_the_first: bool) -> Vec<Step> {
        if self.loading {
            return Vec::new();
        }
        if from_the_first {
            self.aim = self.row().map(|row| row.item.key.id);
            self.rows = QueueRows::new(self.rows.decisions);
        }
        (self.loading, self.failed) = (true, None);
        // It was read when it was applied.
        let (filter, decision) = filter_and_decision(&self.filter).unwrap_or_default();
        let query = ItemQuery {
            filter,
            sort: Some(Sort { by: SortBy::Findings, descending: false }),
            limit: Some(PAGE),
            cursor: self.rows.next.clone(),
            decision,
        };
        vec![Step::Ask(Request::ReviewItems { id: self.review.id, query })]
    }

    /// Reads the keys again from the first. A decision that is not saved yet stands in a row: that comes first.
    pub(super) fn load_anew(&mut self) -> Vec<Step> {
        self.load_again = self.loading || self.rows.is_saving();
        if self.load_again { Vec::new() } else { self.load(true) }
    }

    /// Asks for what the screen lacks: the next keys, and the callers of the one that is shown.
    pub(super) fn want(&mut self, facts: Facts<'_>) -> Vec<Step> {
        let near = self.seeking || self.undoing || self.aim.is_some() || self.at + NEAR >= self.rows.len();
        let mut steps = Vec::new();
        if near && !self.rows.complete && self.failed.is_none() {
            steps.extend(self.load(false));
        }
        if let (Some(row), None) = (self.row(), self.asking) {
            let key = &row.item.key;
            let known = self.callers.as_ref().is_some_and(|(id, _)| *id == key.id);
            if !known && (self.all || has_recent_requests(key, facts.server_now)) {
                let id = key.id;
                self.asking = Some(id);
                steps.push(Step::Ask(Request::Callers(id)));
            }
        }
        steps
    }

    /// Asks how the review is.
    pub(super) fn look(&mut self) -> Option<Step> {
        let asks = !self.looking;
        self.look_again |= self.looking;
        self.looking = true;
        asks.then_some(Step::Ask(Request::Review(self.review.id)))
    }

    /// Asks how a key of the review is.
    pub(super) fn read(&self, key: KeyId) -> Step {
        let query = ItemQuery { filter: format!("\"{key}\""), ..ItemQuery::default() };
        Step::Ask(Request::ReviewItems { id: self.review.id, query })
    }

    /// Counts the decisions where all keys are loaded.
    pub(super) fn count(&mut self) {
        if self.rows.complete && self.filter.is_empty() {
            self.rows.count();
        }
    }

    /// A page of keys, or one that was read again.
    pub(super) fn came(&mut self, facts: Facts<'_>, query: &ItemQuery, page: &Page<ReviewItem>) -> Vec<Step> {
        if query.limit.is_none() {
            return page.items.iter().filter_map(|item| self.reread(facts, item)).collect();
        }
        self.loading = false;
        self.rows.take(page);
        let mut steps = self.read_late();
        self.count();
        if let Some(at) = self.aim.and_then(|key| self.rows.place(key)) {
            (self.aim, self.seeking) = (None, false);
            self.go(at);
        } else if self.rows.complete {
            self.aim = None;
        }
        if self.seeking && self.aim.is_none() {
            match self.rows.first_undecided() {
                Some(at) => {
                    self.seeking = false;
                    self.go(at);
                }
                None => self.seeking = !self.rows.complete,
            }
        }
        if self.undoing && self.rows.complete {
            steps.extend(self.undo_loaded(facts));
        }
        steps
    }

    /// Reads the keys again that others decided on while the page was loading, if the page holds an older version.
    fn read_late(&mut self) -> Vec<Step> {
        let late = std::mem::take(&mut self.late);
        let is_old = |(key, version): &(KeyId, u64)| {
            let row = self.rows.place(*key).and_then(|at| self.rows.get(at));
            row.is_some_and(|row| row.item.version < *version && !row.is_saving())
        };
        late.iter().filter(|late| is_old(late)).map(|(key, _)| self.read(*key)).collect()
    }

    /// Takes in what was told of the review and its keys.
    pub(super) fn tell(&mut self, facts: Facts<'_>) -> Vec<Step> {
        use audit::Action::{ReviewCancelled, ReviewDecided, ReviewExecuted, ReviewSigned, ReviewUpdated};
        let batch = facts.batch;
        if std::mem::replace(&mut self.heard, batch.mark()) == batch.mark() {
            return Vec::new();
        }
        if batch.reload {
            return self.load_anew();
        }
        let findings = self.review.scope.stale_days.is_none();
        let keys: Vec<KeyId> = batch.keys.keys().chain(batch.uses.keys()).copied().collect();
        for key in keys {
            self.rows.tell(key, findings, |key: &Key| key_told(key, batch));
        }
        let id = self.review.id.to_string();
        let me = facts.connection.session.as_ref().map(|session| session.principal.as_str());
        let (mut old, mut look) = (Vec::new(), false);
        for event in batch.events.iter().filter(|event| event.detail_text("review") == Some(id.as_str())) {
            match (event.action, event.key) {
                (ReviewDecided, Some(key)) => {
                    let version = event.detail.get("version").and_then(serde_json::Value::as_u64);
                    let row = self.rows.place(key).and_then(|at| self.rows.get(at));
                    let known = row.is_some_and(|row| Some(row.item.version) >= version || row.is_saving());
                    let mine = me.is_some_and(|me| event.actor == me);
                    look |= row.is_none() || !mine && !self.rows.complete;
                    if row.is_some() && !known && !old.contains(&key) {
                        old.push(key);
                    }
                    if let (None, true, Some(version)) = (row, self.loading, version) {
                        self.late.push((key, version));
                    }
                }
                (ReviewUpdated | ReviewSigned, _) => look = true,
                (ReviewExecuted | ReviewCancelled, _) => {
                    look = true;
                    old.extend(self.rows.iter().map(|row| row.item.key.id));
                }
                _ => {}
            }
        }
        let mut steps: Vec<Step> = if look { self.look().into_iter().collect() } else { Vec::new() };
        if old.len() > MAX_SINGLE_READS {
            steps.extend(self.load_anew());
        } else {
            steps.extend(old.into_iter().map(|key| self.read(key)));
        }
        steps
    }
}
