//! How far the guided rotation of a key is.

use std::time::Duration;

use super::boxes::{Item, boxed, keys_or_waiting, last_use, note, place};
use crate::tui::model::ages::Age;
use crate::tui::model::dialogs::GuideDialog;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::{refused_words, still_sending};
use crate::tui::view::canvas::{Canvas, Cursor};
use crate::tui::view::theme::Theme;
use crate::wire::keys::{Key, Status};
use crate::wire::rotations::{Rotation, RotationState as State};
use crate::wire::time::span_words;

/// Callers that are named.
const NAMED: usize = 3;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &GuideDialog, theme: &Theme) -> Cursor {
    let key = &open.key;
    let mut items = Vec::with_capacity(10);
    match &open.rotation {
        None if open.note.is_none() => items.push(Item::Words("Starting…".into(), theme.text)),
        None => {}
        Some(rotation) => {
            let (words, style) = match rotation.state {
                _ if open.stopping.is_some() => (stops(open, rotation), theme.warn),
                State::Quiet => (what_next(open, rotation), theme.warn),
                _ => (what_next(open, rotation), theme.title),
            };
            items.push(Item::Words(words, style));
            items.push(Item::Blank);
            items.push(Item::Fact("new key", new_key(facts, rotation), theme.text));
            items.push(Item::Fact("last used", last_use(facts, key), theme.text));
            if rotation.quiet_until.is_some() {
                items.push(Item::Fact("callers", used_by(facts, key, rotation), theme.text));
                // Before the replacement is in use, no quiet time counts.
                if rotation.state != State::Pending {
                    items.push(Item::Spare("quiet", quiet(facts, rotation), theme.text));
                }
            }
        }
    }
    items.push(place(facts, theme));
    note(&mut items, open.note.as_deref(), theme);
    let waits = (open.sending && open.rotation.is_some()).then_some("Ending…");
    items.push(keys_or_waiting(facts, open, waits, theme));
    boxed(canvas, facts.size(), theme, &format!("Guided rotation of {}", key.full_name()), &items)
}

/// The question whether to stop the guide.
fn stops(open: &GuideDialog, rotation: &Rotation) -> String {
    let old = &open.key.name;
    match &rotation.replacement_name {
        Some(new) => {
            format!(
                "Stop this guide? {old} and {new} stay as they are: nothing is revoked, paused or deleted."
            )
        }
        None => format!("Stop this guide? {old} stays as it is: nothing is revoked, paused or deleted."),
    }
}

fn what_next(open: &GuideDialog, rotation: &Rotation) -> String {
    let old = &open.key.name;
    let time = quiet_time(rotation);
    let new = rotation.replacement_name.as_deref();
    let by = rotation.ended_by.as_deref().unwrap_or("someone");
    match (rotation.state, new) {
        (State::Pending, None) => format!("{old} has no replacement. Create one."),
        (State::Pending, Some(new)) => {
            format!("Replace {old} with {new} wherever it is used.")
        }
        (State::ReplacementUsed, _) if open.key.status == Status::Paused => {
            format!(
                "Wait until there have been no requests with {old} for {time}. Each request restarts the wait."
            )
        }
        (State::ReplacementUsed, _) => {
            format!("Wait until {old} is unused for {time}. Each request restarts the wait.")
        }
        (State::Quiet, _) if open.key.status == Status::Paused => {
            format!("{old} was not tried for {time}. Revoke it.")
        }
        (State::Quiet, _) => format!("{old} was not used for {time}. Revoke it, or pause it first."),
        (State::Done, _) => format!("{old} was revoked by {by}. The rotation is done."),
        (State::Cancelled, _) => format!("Ended by {by}. Both keys stay as they are."),
        (State::Other(_), _) => format!("A newer server says: {}.", rotation.state.as_str()),
    }
}

fn new_key(facts: Facts<'_>, rotation: &Rotation) -> String {
    let Some(name) = &rotation.replacement_name else { return "none".into() };
    match rotation.replacement_used_at {
        None => format!("{name}, never used"),
        Some(at) => format!("{name}, first used {}", Age { at, now: facts.server_now }),
    }
}

fn used_by(facts: Facts<'_>, key: &Key, rotation: &Rotation) -> String {
    let time = quiet_time(rotation);
    if rotation.callers.is_empty() {
        return format!("none in the last {time}");
    }
    let named = rotation.callers.iter().take(NAMED);
    let age = |at| Age { at, now: facts.server_now };
    let named: Vec<String> =
        named.map(|caller| format!("{} ({})", caller.address, age(caller.last_at))).collect();
    let more = match rotation.callers.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let named = format!("{}{more}", named.join(", "));
    match still_sending(key, &rotation.callers) {
        Some(sending) if !sending.is_empty() => format!("{}: {named}", refused_words(sending.len())),
        _ => named,
    }
}

fn quiet(facts: Facts<'_>, rotation: &Rotation) -> String {
    let (Some(since), Some(until)) = (rotation.quiet_since, rotation.quiet_until) else {
        return String::new();
    };
    let (time, quiet) = (quiet_time(rotation), span_words(since.age(facts.server_now)));
    if until <= facts.server_now {
        return format!("for {quiet} ({time} needed)");
    }
    format!("for {quiet} of {time}, {} to go", span_words(facts.server_now.age(until)))
}

/// In hours up to two days, as people say it: `24 h`.
fn quiet_time(rotation: &Rotation) -> String {
    let hours = rotation.quiet_seconds / 3600;
    if rotation.quiet_seconds.is_multiple_of(3600) && (1..=48).contains(&hours) {
        return format!("{hours} h");
    }
    span_words(Duration::from_secs(rotation.quiet_seconds.into()))
}
