//! Keys that an earlier dashboard made and that nobody said to have stored.

use super::boxes::{Item, boxed};
use crate::tui::model::State;
use crate::tui::model::ages::Age;
use crate::tui::model::dialogs::unstored::{Asking, Unstored};
use crate::tui::view::canvas::Canvas;
use crate::tui::view::theme::Theme;

/// At most so many keys are listed at once.
const ROWS: usize = 8;

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    state: &State,
    open: &Unstored,
    theme: &Theme,
) -> Option<(u16, u16)> {
    let words = "An earlier dashboard made these keys. Nobody said to have stored them, and of some the answer may \
                 never have been read. Revoke what nobody holds.";
    let mut items = vec![
        Item::Words(words.into(), theme.text),
        Item::Spare("server", state.facts().place_words(), theme.text),
        Item::Blank,
    ];
    let now = state.server_now();
    let from = (open.at + 1).saturating_sub(ROWS);
    for (at, key) in open.keys.iter().enumerate().skip(from).take(ROWS) {
        let (mark, style) = if at == open.at { (">", theme.title) } else { (" ", theme.text) };
        let sent = open.sending.iter().any(|(_, id)| *id == key.id);
        let made = Age { at: key.created_at, now };
        let becomes = if sent { "revoking …".to_owned() } else { format!("made {made}") };
        items.push(Item::Line(format!("{mark} {} of {} · {becomes}", key.name, key.project_name), style));
    }
    let hidden = open.keys.len().saturating_sub(ROWS);
    if hidden > 0 {
        items.push(Item::Line(format!("  and {hidden} more"), theme.dim));
    }
    items.extend(open.marked().map(|key| Item::Spare("  mask", key.hint.to_string(), theme.dim)));
    items.push(Item::Blank);
    if let Some(note) = &open.note {
        items.push(Item::Words(format!("! {note}"), theme.bad));
    }
    match (&open.asking, open.marked()) {
        (Asking::One(_), Some(key)) => {
            items.push(Item::Words(
                format!("{} {}, {}", state.said("y revokes"), key.name, state.said("Esc leaves it")),
                theme.bad,
            ));
        }
        (Asking::All(typed), _) => {
            let count = open.keys.len();
            items.push(Item::Words(
                format!("Type {count} {} {typed}", state.said("and Enter to revoke all of them:")),
                theme.bad,
            ));
        }
        _ => items.push(Item::Words(
            state.said("Esc ask me at the next start   x revoke   X revoke all   h I have it   A I have all"),
            theme.key,
        )),
    }
    boxed(canvas, state.setup.size, theme, "Not known to be stored", &items);
    None
}
