//! The detail of the selected row: its lines as the model has them, as far as they are scrolled.

use super::canvas::Canvas;
use super::theme::Theme;
use crate::tui::layout::Area;
use crate::tui::model::detail_text::Page;
use crate::tui::model::tone::Tone;
use crate::tui::model::{Action, State};
use crate::tui::wrap::width;

/// Draws the detail of what is selected in the view.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Area, state: &State, theme: &Theme) {
    let keymap = &state.setup.keymap;
    let keys = format!("{} {}", keymap.hint(Action::ScrollDown), keymap.hint(Action::ScrollUp));
    // The motion keys belong to the table beside it.
    let keys = if state.detail_alone() { "" } else { keys.trim() };
    draw_page(canvas, area, &state.page(area), keys, theme);
}

/// Draws lines below their title, as far as they are scrolled; `keys` are those that scroll, where that has to be said.
pub(super) fn draw_page(canvas: &mut Canvas<'_>, area: Area, page: &Page, keys: &str, theme: &Theme) {
    let position = page
        .position()
        .map(|position| format!(" · {position}{}{keys}", if keys.is_empty() { "" } else { " · " }));
    let position = position.unwrap_or_default();
    let room = area.width.saturating_sub(width(&position) as u16);
    let mut x = area.x + canvas.text(area.x, area.y, room, &page.title, theme.title);
    let end = area.x + area.width;
    x += canvas.text(x, area.y, end.saturating_sub(x), &position, theme.dim);
    if page.is_long() && x + 1 < end {
        canvas.rule(Area { x: x + 1, y: area.y, width: end - x - 1, height: 1 }, '─', theme.dim);
    }
    for (row, line) in page.lines.iter().skip(page.top).take(page.room).enumerate() {
        let y = area.y + 1 + row as u16;
        let mut x = area.x;
        for (at, (tone, text)) in line.parts.iter().enumerate() {
            let room = (area.x + area.width).saturating_sub(x);
            // What is cut may take more columns only where nothing stands behind it.
            let last = at + 1 == line.parts.len();
            let room = if last { room } else { room.min(width(text) as u16) };
            let style = theme.style(*tone);
            x += match tone {
                Tone::Allowed | Tone::Rejected => canvas.bars(x, y, room, text, style),
                _ => canvas.text(x, y, room, text, style),
            };
        }
    }
}
