//! What the execution of a review would do, or has done, as lines.

use std::collections::HashMap;

use crate::tui::model::ages::When;
use crate::tui::model::change_batch::key_told;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::dialogs::pack::{pack_command, pack_needs};
use crate::tui::model::dialogs::review_page::has_recent_requests;
use crate::tui::model::review_words::{counts, outcome_label};
use crate::tui::model::tone::Tone;
use crate::tui::model::wording::{caller_words, receipt_line};
use crate::wire::id::KeyId;
use crate::wire::keys::{Caller, Receipt, Status};
use crate::wire::reviews::{
    Decision, ExecuteResult, Review, ReviewItem, ReviewOutcome, ReviewStatus, kept_until_words, left_words,
    stopped_words, to_rotate_words, unchanged_words,
};
use crate::wire::text::number;
use crate::wire::time::Timestamp;

/// What would be done, or was.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Plan {
    /// The hash of all decisions, once the server has said it.
    pub hash: Option<String>,
    /// What would become of each key, or became of it.
    pub results: Vec<ExecuteResult>,
    /// The keys, as far as they are known.
    pub items: Vec<ReviewItem>,
    /// The callers of keys that stop working.
    pub callers: HashMap<KeyId, Result<Vec<Caller>, String>>,
    /// The receipt of all changes.
    pub receipt: Option<Receipt>,
    /// Keys that were replaced while the summary is open, each with when its replacement was created.
    replaced: Vec<(KeyId, Timestamp)>,
}

impl Plan {
    /// How many keys are revoked, and how many paused.
    pub fn kills(&self) -> (usize, usize) {
        let of = |wanted: Decision| self.stops().filter(|result| result.decision == wanted).count();
        (of(Decision::Revoke), of(Decision::Pause))
    }

    /// How many keys stop working.
    pub fn stopped(&self) -> usize {
        self.stops().count()
    }

    fn stops(&self) -> impl Iterator<Item = &ExecuteResult> {
        self.results.iter().filter(|result| {
            result.outcome == ReviewOutcome::Done
                && matches!(result.decision, Decision::Revoke | Decision::Pause)
        })
    }

    /// Finds out from the keys as they are now what would be done, for who may not ask the server. It knows more of
    /// what was changed since a decision.
    pub(super) fn expect(&mut self, facts: Facts<'_>) {
        let told = facts.batch.keys.values();
        self.replaced.extend(told.filter_map(|key| Some((key.rotated_from?, key.created_at))));
        self.replaced.sort_unstable();
        self.replaced.dedup();
        self.results = self.items.iter().filter_map(|item| self.expected(facts, item)).collect();
        self.results.sort_by_key(|result| result.id);
    }

    /// Takes in what was told of the keys.
    pub(super) fn follow(&mut self, facts: Facts<'_>) {
        for item in &mut self.items {
            if let Some(key) = key_told(&item.key, facts.batch) {
                item.key = key;
            }
        }
        self.expect(facts);
    }

    /// The outcome that a decision would have, given the present state of its key.
    fn expected(&self, facts: Facts<'_>, item: &ReviewItem) -> Option<ExecuteResult> {
        let (key, now) = (&item.key, facts.server_now);
        let decision = item.decision?;
        let used = key.last_used_at != item.last_used_at || item.last_used_at.is_some_and(|at| at > now);
        let paused = key.status == Status::Paused && key.paused_at > item.decided_at;
        let replaced = || {
            let told = |(id, at): &(KeyId, Timestamp)| *id == key.id && Some(*at) >= item.decided_at;
            facts.replaced_since(key.id, item.decided_at) || self.replaced.iter().any(told)
        };
        let outcome = match (key.status, decision) {
            (_, Decision::Ask | Decision::Skip | Decision::Other(_)) => return None,
            (Status::Revoked, _) => ReviewOutcome::AlreadyRevoked,
            (_, Decision::Rotate) if replaced() => ReviewOutcome::Done,
            (_, Decision::Rotate) => ReviewOutcome::ToRotate,
            (_, Decision::Revoke | Decision::Pause) if used => ReviewOutcome::UsedSince,
            (_, Decision::Revoke | Decision::Pause) if paused => ReviewOutcome::ChangedSince,
            (Status::Other(_), _) => ReviewOutcome::Failed,
            _ => ReviewOutcome::Done,
        };
        Some(ExecuteResult { id: key.id, decision, outcome })
    }

    /// How many undecided keys one line stands for, as they are not loaded.
    pub(super) fn not_named(&self, review: &Review) -> usize {
        let named = self.items.iter().filter(|item| item.decision.is_none()).count();
        let undecided = usize::try_from(review.decisions.undecided).unwrap_or(usize::MAX);
        if named == 0 { 0 } else { undecided.saturating_sub(named) }
    }

    /// The summary; `done` is whether it was executed, `executes` whether that can be done here.
    pub(super) fn lines(
        &self,
        facts: Facts<'_>,
        review: &Review,
        (done, executes): (bool, bool),
    ) -> Vec<(Tone, String)> {
        let mut lines = vec![(Tone::Text, counts(review.decisions))];
        if let Some(receipt) = self.receipt.as_ref().filter(|_| done) {
            lines.push((Tone::Good, format!("✓ Executed {}", receipt_line(receipt))));
        }
        if done {
            ended(facts, review, &mut lines);
        }
        let by_id: HashMap<KeyId, &ReviewItem> = self.items.iter().map(|item| (item.key.id, item)).collect();
        let of = |decision: Decision, outcome: ReviewOutcome| {
            let results = self.results.iter();
            results.filter(move |it| it.decision == decision && it.outcome == outcome).collect::<Vec<_>>()
        };
        for decision in [Decision::Revoke, Decision::Pause] {
            let results = of(decision, ReviewOutcome::Done);
            stopped(&mut lines, decision, results.len(), done);
            for result in results {
                lines.extend(self.key(facts, by_id.get(&result.id).copied(), result.id, done));
            }
        }
        let changed: Vec<&ExecuteResult> = self
            .results
            .iter()
            .filter(|it| !matches!(it.outcome, ReviewOutcome::Done | ReviewOutcome::ToRotate))
            .collect();
        section(&mut lines, changed.len(), |keys| unchanged_words(keys, done));
        for result in changed {
            let item = by_id.get(&result.id).copied();
            let (tone, label) = match item {
                Some(item) if item.is_paused_anyway(result.decision, result.outcome) => {
                    (Tone::Text, "‖ already paused".to_owned())
                }
                _ => outcome_label(result.outcome, result.decision),
            };
            let name = name(item, result.id);
            lines.push((tone, format!("  {label}  {name} ({})", result.decision.as_str())));
        }
        let rotate: Vec<&ExecuteResult> =
            self.results.iter().filter(|it| it.outcome == ReviewOutcome::ToRotate).collect();
        section(&mut lines, rotate.len(), to_rotate_words);
        for result in &rotate {
            lines.push((Tone::Text, format!("  {}", name(by_id.get(&result.id).copied(), result.id))));
        }
        if !rotate.is_empty() && !done && !executes && !facts.every_key {
            let words = "  Not all keys are loaded: a replacement may exist already.";
            lines.push((Tone::Warn, words.to_owned()));
        }
        kept(&of(Decision::Keep, ReviewOutcome::Done), &by_id, done, &mut lines);
        if !self.results.iter().any(|it| it.decision != Decision::Keep) && self.hash.is_some() {
            lines.push((Tone::Text, "No key is revoked, paused or rotated.".to_owned()));
        }
        for decision in [Decision::Ask, Decision::Skip] {
            self.left(decision, &mut lines);
        }
        self.undecided(review, done, executes, &mut lines);
        lines
    }

    /// The keys that are not changed on purpose, with what was noted on them.
    fn left(&self, decision: Decision, lines: &mut Vec<(Tone, String)>) {
        let items: Vec<&ReviewItem> =
            self.items.iter().filter(|item| item.decision == Some(decision)).collect();
        section(lines, items.len(), |keys| left_words(decision, keys));
        for item in items {
            let owner = item.key.owner.as_deref().filter(|_| decision == Decision::Ask);
            let owner = owner.map(|owner| format!(" ({owner})")).unwrap_or_default();
            let note = item.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
            lines.push((Tone::Text, format!("  {}{owner}{note}", name(Some(item), item.key.id))));
        }
    }

    fn undecided(&self, review: &Review, done: bool, executes: bool, lines: &mut Vec<(Tone, String)>) {
        let undecided = usize::try_from(review.decisions.undecided).unwrap_or(usize::MAX);
        let closes = executes && undecided > 0;
        if closes {
            let stays = if undecided == 1 { "the undecided key stays" } else { "undecided keys stay" };
            lines.push((Tone::Warn, format!("▲ Executing closes the review: {stays} undecided.")));
        }
        section(lines, undecided, |count| match (done, count) {
            (true, 1) => "1 key undecided, not changed".to_owned(),
            (true, _) => format!("{} keys undecided, not changed", number(count)),
            (false, 1) => "1 key undecided. It stays as it is".to_owned(),
            (false, _) => format!("{} keys undecided. They stay as they are", number(count)),
        });
        let named: Vec<&ReviewItem> = self.items.iter().filter(|item| item.decision.is_none()).collect();
        for item in &named {
            lines.push((Tone::Text, format!("  {}", name(Some(item), item.key.id))));
        }
        if let more @ 1.. = self.not_named(review) {
            lines.push((Tone::Text, format!("  …and {} more (↓)", number(more as u64))));
        }
    }

    /// A key that stops working, and who uses it.
    fn key(&self, facts: Facts<'_>, item: Option<&ReviewItem>, id: KeyId, done: bool) -> Vec<(Tone, String)> {
        let name = name(item, id);
        let Some(item) = item else { return vec![(Tone::Text, format!("  {name}"))] };
        let (now, absolute) = (facts.server_now, facts.absolute);
        let used = match item.key.last_used_at {
            Some(at) => format!("last used {}", When { at, now, absolute }),
            None => "never used".to_owned(),
        };
        let mut lines = vec![(Tone::Text, format!("  {name}, {used}"))];
        if !done && has_recent_requests(&item.key, now) {
            let (words, hurts) = caller_words(&item.key, self.callers.get(&id), now, false);
            lines.push((if hurts { Tone::Warn } else { Tone::Text }, format!("    {words}")));
        }
        lines
    }
}

/// The keys that stop working and were used in the last day.
pub(super) fn used_today(plan: &Plan, now: Timestamp) -> Vec<KeyId> {
    let stops = |item: &&ReviewItem| {
        matches!(item.decision, Some(Decision::Revoke | Decision::Pause))
            && item.key.status != Status::Revoked
    };
    let items = plan.items.iter().filter(stops).filter(|item| has_recent_requests(&item.key, now));
    items.map(|item| item.key.id).filter(|id| !plan.callers.contains_key(id)).collect()
}

/// Who executed and signed it, and what comes next.
fn ended(facts: Facts<'_>, review: &Review, lines: &mut Vec<(Tone, String)>) {
    let (now, absolute) = (facts.server_now, facts.absolute);
    for (verb, at, by) in [
        ("Executed", review.executed_at, &review.executed_by),
        ("Signed", review.signed_at, &review.signed_by),
    ] {
        if let Some(at) = at {
            let by = by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
            lines.push((Tone::Text, format!("{verb}{by}, {}", When { at, now, absolute })));
        }
    }
    if review.status == ReviewStatus::Executed {
        lines.push((
            Tone::Text,
            "Next: create a pack, then have a second person sign its head. As a command:".to_owned(),
        ));
        lines.push((Tone::Title, pack_command(review, facts)));
        lines.push((Tone::Text, pack_needs(facts).to_owned()));
    }
}

/// Which keys are kept, until when and why.
fn kept(
    results: &[&ExecuteResult],
    by_id: &HashMap<KeyId, &ReviewItem>,
    done: bool,
    lines: &mut Vec<(Tone, String)>,
) {
    let mut items: Vec<&ReviewItem> =
        results.iter().filter_map(|result| by_id.get(&result.id)).copied().collect();
    // Those with a date first: the others stay as they are for good.
    items.sort_by_key(|item| item.until.is_none());
    let dated = items.iter().filter(|item| item.until.is_some()).count();
    if !results.is_empty() {
        let words = kept_until_words(results.len() as u64, dated as u64, done);
        lines.push((Tone::Title, if items.is_empty() { words } else { format!("{words}:") }));
    }
    for item in items {
        let until = item.until.map(|at| format!(", until {}", at.utc().format("%Y-%m-%d")));
        let reason = item.reason.as_deref().map(|reason| format!(": {reason}"));
        let (until, reason) = (until.unwrap_or_default(), reason.unwrap_or_default());
        lines.push((Tone::Text, format!("  {}{until}{reason}", item.key.full_name())));
    }
}

/// A title above the keys that it counts, where there are any.
fn section(lines: &mut Vec<(Tone, String)>, count: usize, title: impl Fn(u64) -> String) {
    if count > 0 {
        lines.push((Tone::Title, format!("{}:", title(count as u64))));
    }
}

/// The title above the keys that stop working.
fn stopped(lines: &mut Vec<(Tone, String)>, decision: Decision, count: usize, done: bool) {
    section(lines, count, |keys| stopped_words(decision, keys, done));
}

fn name(item: Option<&ReviewItem>, id: KeyId) -> String {
    item.map_or_else(|| id.to_string(), |item| item.key.full_name())
}
