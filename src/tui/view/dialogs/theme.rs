//! The choice of a theme, with the states of keys as the marked one shows them.

use super::border::frame;
use super::finder::legend;
use super::keys::{self, keys_of};
use crate::tui::layout::{self, Area};
use crate::tui::model::dialogs::ThemePicker;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::theme::Theme;

/// Draws it; gives the place of the marked one.
pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    facts: Facts<'_>,
    open: &ThemePicker,
    theme: &Theme,
) -> (u16, u16) {
    let (area, rows) = layout::themes(facts.size(), open.names.len());
    frame(canvas, area, theme, "Theme");
    let (x, width) = (area.x + 2, area.width.saturating_sub(4));
    let top = open.top(rows);
    for (row, name) in open.names.iter().skip(top).take(rows).enumerate() {
        let place = Area { x, y: area.y + 1 + row as u16, width, height: 1 };
        let marked = top + row == open.cursor;
        let style = if marked { theme.selected } else { theme.text };
        canvas.fill(place, style);
        canvas.text(x, place.y, 1, if marked { ">" } else { " " }, style);
        let present = if *name == open.present { " ✓" } else { "" };
        canvas.print(x + 2, place.y, width.saturating_sub(2), format_args!("{name}{present}"), style);
    }
    let bottom = area.y + area.height.saturating_sub(2);
    legend(canvas, Area { x, y: bottom.saturating_sub(1), width, height: 1 }, theme);
    keys::draw(canvas, Area { x, y: bottom, width, height: 1 }, &keys_of(facts, open), theme);
    (x, area.y + 1 + (open.cursor - top) as u16)
}
