//! The menu of orders.

use super::border::frame;
use super::keys::{self, keys_of};
use crate::tui::layout::{self, Area};
use crate::tui::model::dialogs::SortMenu;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::views::keys::sort_words;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::theme::Theme;

/// Draws it; gives the place of the chosen order.
pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, menu: &SortMenu, theme: &Theme) -> (u16, u16) {
    let area = layout::sort_menu(facts.size(), menu.sorts.len());
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
            format_args!("{}{present}", capital(sort_words(*sort))),
            style,
        );
    }
    let y = area.y + area.height.saturating_sub(2);
    keys::draw(canvas, Area { x, y, width, height: 1 }, &keys_of(facts, menu), theme);
    (x, area.y + 1 + menu.cursor as u16)
}

/// An order's words at the beginning of a line.
fn capital(words: &str) -> String {
    let mut rest = words.chars();
    let first = rest.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(rest).collect()
}
