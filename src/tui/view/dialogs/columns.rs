//! The column chooser.

use super::border::{frame, listed};
use super::keys::{self, keys_of};
use crate::tui::layout::{self, Area};
use crate::tui::model::dialogs::ColumnChooser;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::theme::Theme;

/// Draws the dialog and returns the position of the cursor.
pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    facts: Facts<'_>,
    open: &ColumnChooser,
    theme: &Theme,
) -> (u16, u16) {
    let (size, count) = (facts.size(), open.rows.len());
    let area = layout::columns(size, count);
    let (x, width) = (area.x + 2, area.width.saturating_sub(4));
    let room = layout::column_rows(size, count);
    let top = open.top(room);
    let title = format!("Columns: {}", open.of.view);
    frame(canvas, area, theme, &listed(&title, (top, room), count));
    let dropped = open.dropped();
    for (row, (column, shown)) in open.rows.iter().enumerate().skip(top).take(room) {
        let y = area.y + 1 + (row - top) as u16;
        let here = row == open.at;
        let style = if here { theme.selected } else { theme.text };
        canvas.fill(Area { x, y, width, height: 1 }, style);
        let mark = if here { ">" } else { " " };
        let box_ = if *shown { "[x]" } else { "[ ]" };
        canvas.print(x, y, width, format_args!("{mark} {box_} {}", open.of.titles[*column]), style);
        if dropped.contains(column) {
            let style = if here { theme.selected } else { theme.warn };
            canvas.print_right(x, y, width, format_args!("no room here"), style);
        }
    }
    let last = area.y + area.height.saturating_sub(1);
    keys::draw(canvas, Area { x, y: last.saturating_sub(2), width, height: 2 }, &keys_of(facts, open), theme);
    (x, area.y + 1 + (open.at - top) as u16)
}
