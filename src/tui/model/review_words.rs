//! Access reviews in words.

use std::fmt::Write as _;

use super::ages::When;
use super::tone::Tone;
use crate::wire::findings::Severity;
use crate::wire::id::ProjectId;
use crate::wire::projects::Project;
use crate::wire::reviews::{
    Decision, Decisions, Review, ReviewItem, ReviewOutcome, ReviewStatus, done_words, outcome_words,
};
use crate::wire::time::{Timestamp, deadline, nonexistent_date, span};

/// How a review is, as glyph and word.
pub(in crate::tui) fn status(review: &Review) -> (Tone, String) {
    match review.status {
        ReviewStatus::Open => (Tone::Text, "○ open".to_owned()),
        ReviewStatus::Executed => (Tone::Good, "● executed".to_owned()),
        ReviewStatus::Signed => (Tone::Good, "✓ signed".to_owned()),
        ReviewStatus::Cancelled => (Tone::Dim, "– cancelled".to_owned()),
        ReviewStatus::Other(word) => (Tone::Text, word.as_str().to_owned()),
    }
}

/// Which keys a review is about: `shop · idle>90d`, `3 projects · idle>90d`.
pub(in crate::tui) fn scope_words(review: &Review, projects: &[Project]) -> String {
    words_of_scope(review, projects, |many| format!("{} projects", many.len()))
}

/// The same with the name of each project: `shop, blog · idle>90d`.
pub(in crate::tui) fn whole_scope_words(review: &Review, projects: &[Project]) -> String {
    words_of_scope(review, projects, |many| {
        many.iter().map(|id| project_name(projects, *id)).collect::<Vec<_>>().join(", ")
    })
}

/// The name of a project, or its id where it is not loaded.
fn project_name(projects: &[Project], id: ProjectId) -> String {
    let known = projects.iter().find(|project| project.id == id);
    known.map_or_else(|| id.to_string(), |project| project.name.clone())
}

fn words_of_scope(
    review: &Review,
    projects: &[Project],
    several: impl FnOnce(&[ProjectId]) -> String,
) -> String {
    let scope = &review.scope;
    let mut words = match &scope.projects[..] {
        [] => "all projects".to_owned(),
        [one] => project_name(projects, *one),
        many => several(many),
    };
    if !scope.filter.is_empty() {
        let _ = write!(words, " · {}", scope.filter);
    }
    words
}

/// A decision as glyph and word.
pub(in crate::tui) fn decision_label(decision: Option<Decision>) -> (Tone, &'static str) {
    match decision {
        None => (Tone::Text, "○ undecided"),
        Some(Decision::Keep) => (Tone::Good, "✓ keep"),
        Some(Decision::Revoke) => (Tone::Bad, "✕ revoke"),
        Some(Decision::Rotate) => (Tone::Warn, "● rotate"),
        Some(Decision::Pause) => (Tone::Warn, "‖ pause"),
        Some(Decision::Ask) => (Tone::Warn, "● ask the owner"),
        Some(Decision::Skip) => (Tone::Text, "○ skip"),
        Some(Decision::Other(word)) => (Tone::Text, word.as_str()),
    }
}

/// The decision on a key with who decided, when, until when and why.
pub(in crate::tui) fn decided_words(item: &ReviewItem, now: Timestamp, absolute: bool) -> String {
    let (_, label) = decision_label(item.decision);
    let mut words = label.to_owned();
    if item.decision.is_none() {
        return words;
    }
    if let Some(by) = &item.decided_by {
        let _ = write!(words, " by {by}");
    }
    if let Some(at) = item.decided_at {
        let _ = write!(words, ", {}", When { at, now, absolute });
    }
    if let Some(until) = item.until {
        let _ = write!(words, ", until {}", until.utc().format("%Y-%m-%d"));
    }
    if let Some(reason) = &item.reason {
        let _ = write!(words, ": {reason}");
    }
    words
}

/// What became of a decision, or would.
pub(in crate::tui) fn outcome_label(outcome: ReviewOutcome, decision: Decision) -> (Tone, String) {
    let words = outcome_words(outcome).unwrap_or(done_words(decision));
    let (tone, sign) = match outcome {
        ReviewOutcome::Done => (Tone::Good, "✓"),
        ReviewOutcome::UsedSince | ReviewOutcome::ChangedSince => (Tone::Bad, "▲"),
        ReviewOutcome::AlreadyRevoked => (Tone::Text, "✕"),
        ReviewOutcome::ToRotate => (Tone::Warn, "●"),
        ReviewOutcome::Failed => (Tone::Bad, "!"),
        ReviewOutcome::Other(word) => return (Tone::Text, word.as_str().to_owned()),
    };
    (tone, format!("{sign} {words}"))
}

/// How many keys have each decision: `keep 20 · revoke 3 · undecided 163`. What has none is left out.
pub(in crate::tui) fn counts(decisions: Decisions) -> String {
    let mut decisions = decisions;
    let all = Decision::ALL.map(Some).into_iter().chain([None]);
    let words = all.filter_map(|decision| {
        let count = *decisions.of(decision);
        let name = decision.map_or("undecided", Decision::as_str);
        (count > 0).then(|| format!("{name} {}", crate::wire::text::number(count)))
    });
    words.collect::<Vec<_>>().join(" · ")
}

/// Whether the key cannot be kept without a reason.
pub(in crate::tui) fn needs_reason(item: &ReviewItem) -> bool {
    item.key.findings.iter().any(|finding| finding.severity == Severity::High)
}

/// A date in the future as it is typed: `2w`, `2026-12-18` (the end of that day); none where nothing is typed.
///
/// # Errors
/// What is wrong with it, in words.
pub(in crate::tui) fn future(what: &str, text: &str, now: Timestamp) -> Result<Option<Timestamp>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let time = match (deadline(text), span(text)) {
        (Some(time), _) => time,
        (None, Ok(span)) => now + span,
        (None, Err(_)) if text.strip_prefix('-').is_some_and(|ago| span(ago).is_ok()) => {
            return Err(format!("{what}: {text} lies in the past. Type a duration from now, such as 2w."));
        }
        (None, Err(_)) => {
            if let Some(why) = nonexistent_date(text) {
                return Err(format!("{what}: {why}."));
            }
            return Err(format!("{what}: type a date such as 2026-12-18, or a duration such as 2w."));
        }
    };
    if time <= now {
        return Err(format!("{what}: {text} has passed. Choose a later date."));
    }
    Ok(Some(time))
}
