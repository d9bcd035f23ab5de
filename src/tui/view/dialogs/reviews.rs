//! Which open review to continue.

use super::boxes::{Item, boxed, keys_line, note};
use crate::tui::model::ages::Due;
use crate::tui::model::dialogs::ReviewMenu;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::view::canvas::{Canvas, Cursor};
use crate::tui::view::theme::Theme;

/// How many reviews are shown.
const SHOWN: usize = 9;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &ReviewMenu, theme: &Theme) -> Cursor {
    let mut items = Vec::new();
    match &open.open {
        None if open.note.is_some() => {}
        None => items.push(Item::Line("Loading…".to_owned(), theme.text)),
        Some(reviews) => {
            let top = open.at.min(reviews.len()).saturating_sub(SHOWN);
            for (at, review) in reviews.iter().enumerate().skip(top).take(SHOWN + 1) {
                // One of the two tells reviews of one name apart, and both are too long for a line.
                let when = match review.due_at {
                    Some(at) => match (Due { at, now: facts.server_now, absolute: facts.absolute }).label() {
                        (true, due) => due,
                        (false, due) => format!("due {due}"),
                    },
                    None => format!("started {}", review.started_at.utc().date_naive()),
                };
                let (decided, all) = (review.decided(), review.population.in_scope);
                let words = format!("{} · {decided}/{all} decided · {when}", review.name);
                items.push(line(at == open.at, &words, theme));
            }
            items.push(line(open.at == reviews.len(), "Start a new review", theme));
        }
    }
    note(&mut items, open.note.as_deref(), theme);
    items.push(keys_line(facts, open));
    boxed(canvas, facts.size(), theme, "Continue a review", &items)
}

fn line(chosen: bool, words: &str, theme: &Theme) -> Item<'static> {
    let style = if chosen { theme.selected } else { theme.text };
    Item::Line(format!("{} {words}", if chosen { ">" } else { " " }), style)
}
