//! The summary of a review, and what became of its keys.

use super::border::Border;
use super::boxes::{Button, draw_buttons, input};
use super::keys::{self, keys_of};
use crate::tui::layout::{self, Area};
use crate::tui::model::Action;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::dialogs::{ExecuteDialog, ExecutePhase};
use crate::tui::model::message_line::{signed, tone};
use crate::tui::view::canvas::{Canvas, Cursor, number};
use crate::tui::view::theme::Theme;
use crate::wire::text::sentence;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &ExecuteDialog, theme: &Theme) -> Cursor {
    let area = layout::review_summary(facts.size());
    let few = facts.size().1 < 16;
    let stops = open.phase == ExecutePhase::Asking && !open.is_over() && open.stopped() > 0;
    let title = match open.phase {
        _ if !open.review.is_open() => format!("Result of {}", open.review.name),
        _ if open.refused.is_some() => format!("Summary of {}", open.review.name),
        ExecutePhase::Sending => format!("Executing {}", open.review.name),
        ExecutePhase::Asking | ExecutePhase::Done => format!("Execute {}?", open.review.name),
    };
    let border = if stops { Border::Danger } else { Border::Plain };
    border.draw(canvas, area, theme, &title);
    let (x, width) = (area.x + 2, area.width.saturating_sub(4));
    let (lines, top) = open.lines(facts);
    let rows = open.visible(facts);
    for (row, (tone, words)) in lines.iter().skip(top).take(rows).enumerate() {
        canvas.text(x, area.y + 1 + row as u16, width, words, theme.style(*tone));
    }
    let mut y = area.y + 1 + rows as u16;
    if lines.len() > rows {
        let last = (top + rows).min(lines.len());
        let position = format!("{}–{} of {}", top + 1, last, number(open.total(lines.len()) as u64));
        canvas.right(x, y, width, &position, theme.dim);
    }
    if !few {
        let style = if facts.setup.prod { theme.bad } else { theme.dim };
        let room = width.saturating_sub(16);
        canvas.text(x, y, room, &format!("server    {}", facts.place_words()), style);
        y += 1;
    }
    let mut cursor = None;
    if let Some(note) = &open.note {
        let height = if few { 1 } else { 2 };
        canvas.wrapped(Area { x, y, width, height }, &format!("! {note}"), theme.bad);
    } else if let Some((level, words)) = &open.copied {
        canvas.text(x, y, width, &signed(*level, words), theme.style(tone(*level)));
    } else if let Some(why) = open.refusal().filter(|_| open.review.is_open()) {
        canvas.wrapped(Area { x, y, width, height: 2 }, why, theme.warn);
    } else if open.phase == ExecutePhase::Sending {
        let words = open.waiting_words(facts);
        canvas.wrapped(Area { x, y, width, height: if few { 1 } else { 2 } }, &words, theme.warn);
    } else if open.is_planning() {
        canvas.text(x, y, width, "Checking what would be done…", theme.text);
    } else if stops && !few {
        let words = "A revocation cannot be undone. A pause can.";
        canvas.text(x, y, width, words, theme.text);
    }
    let bottom = (area.y + area.height).saturating_sub(2);
    if stops && open.stopped() >= 2 {
        let y = bottom.saturating_sub(if few { 1 } else { 2 });
        let label = format!("Type {} to confirm", open.stopped());
        let used = canvas.text(x, y, width, &label, theme.title) + 1;
        cursor =
            Some(input(canvas, (x + used, y, 8.min(width.saturating_sub(used))), &open.count, true, theme));
    }
    if !few && open.phase == ExecutePhase::Asking && !open.is_over() {
        let confirm = facts.key(Action::Confirm);
        let verb = sentence(&open.verb());
        let verb = verb.trim_end_matches('.');
        let text = if open.stopped() < 2 { format!("{confirm}  {verb}") } else { verb.to_owned() };
        let buttons = [
            Button { text: "Cancel".into(), focus: false, danger: false },
            Button { text, focus: open.stopped() >= 2, danger: stops },
        ];
        draw_buttons(canvas, Area { x, y: bottom.saturating_sub(1), width, height: 1 }, &buttons, theme);
    }
    keys::draw(canvas, Area { x, y: bottom, width, height: 1 }, &keys_of(facts, open), theme);
    cursor
}
