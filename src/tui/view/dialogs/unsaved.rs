//! Keys that an earlier dashboard made and that nobody said to have stored.

use super::boxes::{Item, boxed, keys_line};
use crate::tui::model::ages::Age;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::dialogs::unsaved::{Asking, Unsaved};
use crate::tui::view::canvas::{Canvas, Cursor};
use crate::tui::view::theme::Theme;

/// At most so many keys are listed at once.
const ROWS: usize = 8;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &Unsaved, theme: &Theme) -> Cursor {
    let words = "These keys were created but never confirmed as saved. Revoke any you don't have.";
    let mut items = vec![
        Item::Words(words.into(), theme.text),
        Item::Spare("server", facts.place_words(), theme.text),
        Item::Blank,
    ];
    let now = facts.server_now;
    let from = (open.at + 1).saturating_sub(ROWS);
    for (at, key) in open.keys.iter().enumerate().skip(from).take(ROWS) {
        let (mark, style) = if at == open.at { (">", theme.title) } else { (" ", theme.text) };
        let sent = open.sending.contains(&key.id);
        let created = Age { at: key.created_at, now };
        let state = if sent { "revoking…".to_owned() } else { format!("created {created}") };
        items.push(Item::Line(format!("{mark} {} · {state}", key.full_name()), style));
    }
    let hidden = open.keys.len().saturating_sub(ROWS);
    if hidden > 0 {
        items.push(Item::Line(format!("  and {hidden} more"), theme.dim));
    }
    items.extend(open.marked().map(|key| Item::Spare("  key", key.hint.to_string(), theme.dim)));
    items.push(Item::Blank);
    if let Some(note) = &open.note {
        items.push(Item::Words(format!("! {note}"), theme.bad));
    }
    match (&open.asking, open.marked()) {
        (Asking::One(_), Some(key)) => {
            items.push(Item::Words(format!("Revoke {}?", key.full_name()), theme.bad));
        }
        (Asking::All(typed), _) => {
            let count = open.keys.len();
            items.push(Item::Words(format!("Type {count} to revoke all: {typed}"), theme.bad));
        }
        _ => {}
    }
    items.push(keys_line(facts, open));
    boxed(canvas, facts.size(), theme, "Unsaved keys from an earlier session", &items);
    None
}
