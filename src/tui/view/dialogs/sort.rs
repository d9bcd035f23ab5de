//! The menu of orders.

use super::boxes::{frame, keys_words};
use crate::tui::layout::{self, Area};
use crate::tui::model::dialogs::SortMenu;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::views::keys::sort_words;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::theme::Theme;

/// Draws it; gives the place of the chosen order.
pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, menu: &SortMenu, theme: &Theme) -> (u16, u16) {
    let area = layout::sort_menu(facts.size());
    frame(canvas, area, theme, "Sort by");
    let (x, width) = (area.x + 2, area.width.saturating_sub(4));
    for (row, sort) in menu.sorts.iter().enumerate() {
        let place = Area { x, y: area.y + 1 + row as u16, width, height: 1 };
        let chosen = row == menu.cursor;
        let style = if chosen { theme.selected } else { theme.text };
        canvas.fill(place, style);
        canvas.text(x, place.y, 1, if chosen { ">" } else { " " }, style);
        let present = if *sort == menu.present { " ✓" } else { "" };
        canvas.print(
            x + 2,
            place.y,
            width.saturating_sub(2),
            format_args!("{}{present}", sort_words(*sort)),
            style,
        );
    }
    let y = area.y + area.height.saturating_sub(2);
    canvas.text(x, y, width, &keys_words(facts, menu), theme.text);
    (x, area.y + 1 + menu.cursor as u16)
}
