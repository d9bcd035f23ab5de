//! What the bulk dialog says about its keys: whom their revocation hurts, how far it is, what became of them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::bulk::{BulkDialog, Phase};
use super::targets::{Progress, refused_today, used_today};
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::messages::number;
use crate::tui::model::wording::still_sending;
use crate::tui::wrap::wrap;
use crate::wire::audit::{Action, Event};
use crate::wire::id::KeyId;
use crate::wire::keys::{Caller, Key, Status};
use crate::wire::session::Freshness;
use crate::wire::text::inert;
use crate::wire::time::DAY_MS;

/// Columns of the dialog, where there are so many.
pub const BULK_WIDTH: u16 = 84;
/// Columns before what has a label.
pub const BULK_LABEL: u16 = 10;

/// Words about the keys.
pub struct AboutKeys {
    /// The words.
    pub words: String,
    /// The keys are in use.
    pub hurts: bool,
}

impl BulkDialog {
    /// What there is to say about the keys; `few` words where there is one row for them.
    pub fn about_keys(&self, facts: Facts<'_>, few: bool) -> AboutKeys {
        let plain = |words: String| AboutKeys { words, hurts: false };
        match self.phase {
            Phase::Asking => self.callers_words(facts, few).unwrap_or_else(plain),
            Phase::Sending => plain(self.progress_words(facts)),
            Phase::Done => plain(self.targets.outcome_words()),
        }
    }

    /// How many of the keys are stale, where some of a list of idle keys are not.
    pub fn stale_words(&self, facts: Facts<'_>) -> Option<String> {
        let days = self.idle_days?;
        if self.phase != Phase::Asking {
            return None;
        }
        let (thresholds, now) = (facts.thresholds(), facts.server_now);
        let is_stale =
            |key: &Key| key.status == Status::Active && thresholds.freshness(key, now) == Freshness::Stale;
        let stale = self.targets.chosen().filter(|target| is_stale(&target.key)).count();
        let [fresh, stale] = [self.targets.chosen_count() - stale, stale].map(|count| number(count as u64));
        let stale_days = thresholds.stale_days;
        (fresh != "0").then(|| {
            format!("{stale} stale, {fresh} not stale (shown: idle {days}+ days; stale: {stale_days}+ days)")
        })
    }

    /// Rows that they take beside their label.
    pub(super) fn about_rows(&self, facts: Facts<'_>) -> u16 {
        let width = BULK_WIDTH.min(facts.size().0).saturating_sub(4 + BULK_LABEL);
        wrap(&inert(&self.about_keys(facts, false).words), width).len() as u16
    }

    fn progress_words(&self, facts: Facts<'_>) -> String {
        let (sent, unsent) = (self.targets.count(Progress::Pending), self.targets.count(Progress::Unsent));
        let all = self.targets.chosen_count();
        let pending =
            |id| self.targets.chosen().any(|one| one.key.id == id && one.progress == Progress::Pending);
        let ours = |event: &Event| event.action == Action::KeyRevoked && event.key.is_some_and(pending);
        let waits = facts.fleet.confirmed_words(facts.revision_of(ours), facts.server_now);
        let waits = waits.map(|words| format!("; {words}")).unwrap_or_default();
        format!(
            "{} of {} done, {} pending, {} not sent yet{waits}",
            number((all - sent - unsent) as u64),
            number(all as u64),
            number(sent as u64),
            number(unsent as u64)
        )
    }

    /// Whom it hurts: the callers of the last day, of the keys that were asked for. Where there are none, an error with
    /// what to say instead.
    fn callers_words(&self, facts: Facts<'_>, few: bool) -> Result<AboutKeys, String> {
        let chosen = self.targets.chosen_count();
        if self.targets.all.is_empty() {
            return Err("None left: all were revoked or unmarked meanwhile.".into());
        }
        if chosen == 0 {
            return Err(self.none_included());
        }
        let recent = used_today(self.targets.chosen(), facts.server_now).count();
        let refused = refused_today(self.targets.chosen(), facts.server_now).count();
        if recent == 0 {
            return only_refused(refused, chosen, few).ok_or_else(|| "None used in the last 24 h.".into());
        }
        let known = self.known_callers(facts);
        let named = known.by.iter().take(3).map(|(address, keys)| match keys {
            1 => address.clone(),
            keys => format!("{address} ({} keys)", number(*keys)),
        });
        let named: Vec<String> = named.collect();
        let [count, all] = [recent, chosen].map(|count| number(count as u64));
        let mut words = match (few, chosen) {
            (true, _) => format!("▲ {count} used in 24 h"),
            (false, 1) => "▲ Used in the last 24 h".to_owned(),
            (false, _) => format!("▲ {count} of {all} keys used in the last 24 h"),
        };
        if !named.is_empty() {
            words = format!("{words} by {}", named.join(", "));
        }
        match known.by.len().saturating_sub(named.len()) {
            0 => {}
            1 => words.push_str(" and 1 other address"),
            more => words = format!("{words} and {} other addresses", number(more as u64)),
        }
        words.push('.');
        if known.missing > 0 {
            words.push_str(" Checking callers…");
        }
        match known.failed {
            0 => {}
            1 => words.push_str(" The callers of 1 key are unavailable."),
            failed => words = format!("{words} The callers of {failed} keys are unavailable."),
        }
        match refused {
            0 => {}
            1 => words.push_str(" Requests with 1 other key were refused."),
            more => words = format!("{words} Requests with {} other keys were refused.", number(more as u64)),
        }
        if recent > known.asked {
            words = format!("{words} Only the {} most recently used keys were checked.", known.asked);
        }
        Ok(AboutKeys { words, hurts: true })
    }

    fn none_included(&self) -> String {
        let why = if self.idle_days.is_some() { "not shown here now" } else { "all hidden by the filter" };
        let names: Vec<String> =
            self.targets.all.iter().take(3).map(|target| target.key.full_name()).collect();
        let more = match self.targets.all.len() - names.len() {
            0 => String::new(),
            more => format!(" and {} more", number(more as u64)),
        };
        format!("None included ({why}): {}{more}", names.join(", "))
    }

    fn known_callers(&self, facts: Facts<'_>) -> KnownCallers {
        let now = facts.server_now;
        let mut known = KnownCallers::default();
        let mut by: BTreeMap<&str, u64> = BTreeMap::new();
        // The last used were asked for, and they stand first.
        let first = self.targets.all.iter().take(self.callers.len());
        let left_out: Vec<KeyId> = first
            .filter(|target| target.hidden && !self.targets.with_hidden)
            .map(|target| target.key.id)
            .collect();
        for one in self.callers.iter().filter(|one| !left_out.contains(&one.key)) {
            known.asked += 1;
            match &one.callers {
                None => known.missing += 1,
                Some(Err(_)) => known.failed += 1,
                Some(Ok(callers)) => {
                    let lately = |at: &Caller| at.allowed > 0 && now.millis() - at.last_at.millis() < DAY_MS;
                    // What only sends a paused key has stopped working already.
                    let target = self.targets.all.iter().find(|target| target.key.id == one.key);
                    let refused = target.and_then(|target| still_sending(&target.key, callers));
                    let works = |caller: &&Caller| !refused.as_ref().is_some_and(|all| all.contains(caller));
                    for caller in callers.iter().filter(|caller| lately(caller)).filter(works) {
                        *by.entry(&caller.address).or_default() += 1;
                    }
                }
            }
        }
        known.by = by.into_iter().map(|(address, keys)| (address.to_owned(), keys)).collect();
        known.by.sort_by_key(|(_, keys)| Reverse(*keys));
        known
    }
}

/// The words for keys that nobody used in the last day, and that somebody tried; none where nobody did. Whoever was
/// refused has the key, as the confirmation of a single one says too.
fn only_refused(refused: usize, chosen: usize, few: bool) -> Option<AboutKeys> {
    let [count, all] = [refused, chosen].map(|count| number(count as u64));
    let words = match (refused, few, chosen) {
        (0, ..) => return None,
        (_, true, _) => format!("▲ {count} refused in 24 h, none used."),
        (_, _, 1) => "▲ Only refused requests in the last 24 h.".to_owned(),
        _ => format!("▲ None used in the last 24 h. Requests with {count} of {all} keys were refused."),
    };
    Some(AboutKeys { words, hurts: true })
}

/// Callers of the last day, of the keys that were asked for.
#[derive(Default)]
struct KnownCallers {
    /// Each with the number of keys that it used, the most keys first.
    by: Vec<(String, u64)>,
    /// How many keys were asked for, how many of them are not answered yet, and how many failed.
    asked: usize,
    missing: usize,
    failed: usize,
}
