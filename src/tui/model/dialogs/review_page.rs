//! Everything that is needed to decide on a key of a review, as lines.

use std::fmt::Write as _;

use crate::tui::layout::Area;
use crate::tui::model::ages::{Condition, late_words};
use crate::tui::model::detail_text::{DetailWriter, Page, Side, tried_words};
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::dialogs::review_rows::QueueRow;
use crate::tui::model::messages::number;
use crate::tui::model::review_words::{decided_words, decision_label, outcome_label};
use crate::tui::model::tone::Tone;
use crate::tui::model::wording::caller_words;
use crate::wire::id::KeyId;
use crate::wire::keys::{Caller, Key, Status};
use crate::wire::time::{DAY_MS, Timestamp};

/// The callers of a key, once they are known.
pub type Callers = Option<(KeyId, Result<Vec<Caller>, String>)>;

/// In the last day, allowed or refused: then the callers matter.
pub(super) fn has_recent_requests(key: &Key, now: Timestamp) -> bool {
    let lately = |at: Timestamp| now.millis() - at.millis() < DAY_MS;
    key.last_used_at.is_some_and(lately) || key.last_refused_at.is_some_and(lately)
}

/// Writes the page of a key; `all` is whether to write what does not fit on a small screen.
pub(super) fn page(
    facts: Facts<'_>,
    area: Area,
    row: &QueueRow,
    callers: &Callers,
    (all, top): (bool, usize),
) -> Page {
    let mut page = DetailWriter::new(area, facts.setup.zone.clone(), (facts.server_now, facts.absolute));
    page.alone = true;
    let (item, key) = (&row.item, &row.item.key);
    decision(&mut page, row);
    page.fact("key", &key.hint.to_string(), Tone::Text);
    match &key.owner {
        Some(owner) => page.fact("owner", owner, Tone::Text),
        None => page.fact("owner", "none", Tone::Dim),
    }
    if let Some(purpose) = &key.purpose {
        page.fact("purpose", purpose, Tone::Text);
    }
    status(&mut page, facts, key);
    let own = if item.own_key { " · ▲ you created this key" } else { "" };
    if all {
        page.time("created", Some(key.created_at), Some(&key.created_by));
        if item.own_key {
            page.fact("", "▲ you created this key", Tone::Warn);
        }
        page.used(key.last_used_at, key.last_used_precision);
        if let Some(from) = &key.last_used_from {
            page.fact("last IP", from, Tone::Text);
        }
    } else {
        let tone = if item.own_key { Tone::Warn } else { Tone::Text };
        let (date, when) = (key.created_at.utc().format("%Y-%m-%d"), page.when(key.created_at));
        page.fact("created", &format!("{date} ({when}) by {}{own}", key.created_by), tone);
        let late = late_words(key.last_used_at, key.last_used_precision, page.now());
        page.parts("last used", [used_words(&page, key)].into_iter().chain(late), " ");
    }
    page.fact("requests", &format!("{} in 30 days", number(key.requests30d)), Tone::Text);
    let known = callers.as_ref().filter(|(id, _)| *id == key.id).map(|(_, callers)| callers);
    if all {
        reviewed(&mut page, key);
        page.fact("id", &key.id.to_string(), Tone::Dim);
        page.section("Recent callers", Side::Right);
        page.callers(key, known, "");
    } else {
        let none = Ok(Vec::new());
        let known = if has_recent_requests(key, page.now()) { known } else { Some(&none) };
        let (words, hurts) = caller_words(key, known, page.now(), false);
        page.fact("callers", &words, if hurts { Tone::Warn } else { Tone::Text });
        reviewed(&mut page, key);
    }
    page.section("Findings", if all { Side::Left } else { Side::Right });
    if item.findings.is_empty() {
        page.line("None.", Tone::Text);
    }
    page.findings(&item.findings);
    page.finish(format!("{} · {}", key.name, key.project_name), "name", top)
}

/// What was decided by whom, what changed since then, and what became of it.
fn decision(page: &mut DetailWriter, row: &QueueRow) {
    let item = &row.item;
    if row.is_saving() {
        let (tone, label) = decision_label(row.shown());
        page.fact("decision", &format!("{label} · saving…"), tone);
        return;
    }
    let (tone, _) = decision_label(item.decision);
    let words = decided_words(item, page.now(), page.absolute());
    page.fact("decision", &words, tone);
    if let (Some(outcome), Some(decision)) = (item.outcome, item.decision) {
        let (tone, label) = outcome_label(outcome, decision);
        page.fact("outcome", &label, tone);
    } else if item.decision.is_some() && item.key.last_used_at != item.last_used_at {
        let used = item.key.last_used_at.map(|at| page.when(at).to_string()).unwrap_or_default();
        page.fact("", &format!("▲ used {used}, since the decision"), Tone::Bad);
    }
}

fn status(page: &mut DetailWriter, facts: Facts<'_>, key: &Key) {
    let condition = Condition::of(key, facts.thresholds(), page.now());
    let (name, by, at, why) = match key.status {
        Status::Revoked => ("revoked", &key.revoked_by, key.revoked_at, &key.revoke_reason),
        Status::Paused => ("paused", &key.paused_by, key.paused_at, &key.pause_reason),
        Status::Active | Status::Other(_) => {
            return page.fact("status", condition.label(), Tone::Condition(condition));
        }
    };
    let mut words = condition.label().to_owned();
    if let Some(by) = by {
        let _ = write!(words, " by {by}");
    }
    if let Some(at) = at {
        let _ = write!(words, ", {}", page.when(at));
    }
    if let Some(why) = why {
        let _ = write!(words, ": {why}");
    }
    page.fact("status", &words, Tone::Condition(condition));
    if let Some(tried) = tried_words(key, name, page.absolute(), page.now()) {
        page.fact("refused", &tried, Tone::Warn);
    }
}

fn used_words(page: &DetailWriter, key: &Key) -> String {
    let Some(at) = key.last_used_at else { return "never".to_owned() };
    let when = page.when(at);
    let date = if page.absolute() { String::new() } else { at.utc().format("%Y-%m-%d (").to_string() };
    let mut words = format!("{date}{when}{}", if page.absolute() { "" } else { ")" });
    if let Some(from) = &key.last_used_from {
        let _ = write!(words, " from {from}");
    }
    words
}

fn reviewed(page: &mut DetailWriter, key: &Key) {
    let Some(at) = key.reviewed_at else { return page.fact("reviewed", "never", Tone::Text) };
    let mut words = page.when(at).to_string();
    if let Some(by) = &key.reviewed_by {
        let _ = write!(words, " by {by}");
    }
    if let Some(until) = key.keep_until {
        let _ = write!(words, ", to be kept until {}", until.utc().format("%Y-%m-%d"));
    }
    page.fact("reviewed", &words, Tone::Text);
}
