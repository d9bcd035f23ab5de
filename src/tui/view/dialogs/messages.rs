//! An overlay to read: the last messages.

use super::border::frame;
use super::keys::{self, keys_of};
use crate::tui::layout::{Area, centred};
use crate::tui::model::ages::Age;
use crate::tui::model::dialogs::MessageList;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::messages::Level;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::theme::Theme;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: MessageList, theme: &Theme) {
    let size = facts.size();
    let area = centred(size, size.0.saturating_sub(4), size.1.saturating_sub(4));
    frame(canvas, area, theme, "Messages");
    let keys = keys_of(facts, &open);
    // They stand in the border, where there is room beside the title.
    let (wide, y) = (keys::width(&keys), area.y + area.height.saturating_sub(1));
    if area.width > wide + 6 {
        let x = area.x + area.width - wide - 3;
        canvas.fill(Area { x: x - 1, y, width: wide + 2, height: 1 }, theme.text);
        keys::draw(canvas, Area { x, y, width: wide, height: 1 }, &keys, theme);
    }
    let rows = usize::from(area.height.saturating_sub(2));
    let mut none = true;
    let mut row = 0;
    for message in facts.messages.newest_first().skip(open.top) {
        if row >= rows {
            break;
        }
        none = false;
        let y = area.y + 1 + row as u16;
        let (sign, style) = match message.level {
            Level::Info => (" ", theme.text),
            Level::Good => ("✓", theme.good),
            Level::Warn => ("▲", theme.warn),
            Level::Bad => ("!", theme.bad),
        };
        let age = Age { at: message.at, now: facts.now };
        canvas.print(area.x + 2, y, 9, format_args!("{age}"), theme.dim);
        canvas.text(area.x + 12, y, 1, sign, style);
        // Here each is to be read whole.
        let (x, width) = (area.x + 14, area.width.saturating_sub(16));
        let room = Area { x, y, width, height: (rows - row) as u16 };
        row += usize::from(canvas.wrapped(room, &message.text, style));
    }
    if none {
        canvas.text(area.x + 2, area.y + 1, area.width.saturating_sub(4), "No messages yet.", theme.dim);
    }
}
