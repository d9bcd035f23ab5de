//! The confirmation of a revocation: what it would hit, said as a warning.

use super::canvas::{Canvas, number};
use super::dialogs::{Item, boxed, place_words};
use super::keys::condition_style;
use super::theme::Theme;
use crate::tui::model::State;
use crate::tui::model::ages::{Age, Condition};
use crate::tui::model::dialog::{RevokeDialog, RevokeFocus};
use crate::wire::keys::Caller;
use crate::wire::time::{DAY_MS, Timestamp};

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    state: &State,
    open: &RevokeDialog,
    theme: &Theme,
) -> Option<(u16, u16)> {
    let now = state.server_now();
    let key = &open.key;
    let condition = Condition::of(key, state.link.thresholds(), now);
    let used = match key.last_used_at {
        Some(at) => format!("{} {}", Age { at, now }, key.last_used_from.as_deref().unwrap_or("")),
        None => "never".into(),
    };
    let mut items = vec![
        Item::Fact("key", key.name.clone(), theme.title),
        Item::Fact("project", key.project_name.to_string(), theme.text),
        Item::Spare("mask", key.hint.to_string(), theme.text),
        Item::Fact("server", place_words(state), if state.setup.prod { theme.bad } else { theme.text }),
        Item::Spare("status", condition.label().into(), condition_style(condition, theme)),
        Item::Spare("last use", used, theme.text),
    ];
    let (words, hurts) = callers(open.callers.as_ref(), now);
    items.push(Item::Fact("callers", words, if hurts { theme.warn } else { theme.text }));
    items.push(Item::Field("reason", &open.reason, open.focus == RevokeFocus::Reason));
    items.push(Item::Blank);
    if let Some(note) = &open.note {
        items.push(Item::Words(format!("! {note}"), theme.bad));
    }
    if open.sending.is_some() {
        let words = "asking the server; the answer comes when every node has confirmed …";
        items.push(Item::Words(words.into(), theme.warn));
    } else {
        let button = |text: &str, focus: RevokeFocus| {
            if open.focus == focus { format!("> [{text}] <") } else { format!("  [{text}]  ") }
        };
        let cancel = button("Cancel", RevokeFocus::Cancel);
        let revoke = button("Revoke", RevokeFocus::Revoke);
        items.push(Item::Words(format!("{cancel}  {revoke}"), theme.title));
        items.push(Item::Words("y revokes it for ever, Esc cancels, Tab moves".into(), theme.dim));
    }
    boxed(canvas, state.setup.size, theme, "Revoke this key?", &items)
}

/// Who would be hurt: the callers of the last day.
fn callers(callers: Option<&Result<Vec<Caller>, String>>, now: Timestamp) -> (String, bool) {
    let callers = match callers {
        None => return ("looking who uses it …".into(), false),
        Some(Err(why)) => return (format!("not known: {why}"), true),
        Some(Ok(callers)) => callers,
    };
    let today: Vec<&Caller> = callers
        .iter()
        .filter(|caller| now.millis() - caller.last_at.millis() < DAY_MS && caller.allowed > 0)
        .collect();
    if today.is_empty() {
        return ("nobody used it in the last day".into(), false);
    }
    let named: Vec<String> = today
        .iter()
        .take(3)
        .map(|caller| {
            format!("{} ({}, {})", caller.address, number(caller.allowed), Age { at: caller.last_at, now })
        })
        .collect();
    let others = if today.len() > 3 { format!(" and {} more", today.len() - 3) } else { String::new() };
    (format!("▲ used in the last day by {}{others}", named.join(", ")), true)
}
