//! The keys of a dialog on the screen: each in the accent colour, with its verb behind it.

use crate::tui::layout::Area;
use crate::tui::model::dialogs::interaction::{DialogLogic, Facts};
use crate::tui::view::canvas::Canvas;
use crate::tui::view::theme::Theme;
use crate::tui::wrap::{width as wide, wrap};

/// Separates two hints.
const BETWEEN: &str = " · ";

/// A key with its verb; either may be empty.
pub(in crate::tui::view) type KeyHint = (String, String);

/// Below this size only the short hints are drawn.
const ROOMY: (u16, u16) = (60, 16);

/// The keys that a dialog takes, in fewer words on a small screen.
pub(in crate::tui::view) fn keys_of(facts: Facts<'_>, dialog: &dyn DialogLogic) -> Vec<KeyHint> {
    let (width, height) = facts.size();
    keys_in(facts, dialog, width < ROOMY.0 || height < ROOMY.1)
}

/// The same, in few words or in all of them.
pub(in crate::tui::view) fn keys_in(facts: Facts<'_>, dialog: &dyn DialogLogic, few: bool) -> Vec<KeyHint> {
    facts.keymap().hints(&dialog.hints(), dialog.text(), few)
}

/// The columns of all of them on one row.
pub(in crate::tui::view) fn width(keys: &[KeyHint]) -> u16 {
    let between = wide(BETWEEN) * keys.len().saturating_sub(1);
    (keys.iter().map(|key| wide(&words(key))).sum::<usize>() + between) as u16
}

/// How many rows they need.
pub(in crate::tui::view) fn rows(keys: &[KeyHint], room: u16) -> u16 {
    place(keys, room).iter().map(|(_, row, more)| row + more + 1).max().unwrap_or(0)
}

/// Draws them; a row is broken between two keys only, if that can be.
pub(in crate::tui::view) fn draw(canvas: &mut Canvas<'_>, area: Area, keys: &[KeyHint], theme: &Theme) {
    let mut before: Option<u16> = None;
    for (key, (x, row, more)) in keys.iter().zip(place(keys, area.width)) {
        if row >= area.height {
            break;
        }
        let (x, y) = (area.x + x, area.y + row);
        let room = (area.x + area.width).saturating_sub(x);
        if before == Some(row) {
            canvas.text(x.saturating_sub(wide(BETWEEN) as u16), y, room, BETWEEN, theme.text);
        }
        before = Some(row);
        if more > 0 {
            let height = (more + 1).min(area.height - row);
            canvas.wrapped(Area { x, y, width: room, height }, &words(key), theme.text);
            continue;
        }
        let used = canvas.text(x, y, room, &key.0, theme.key);
        let blank = u16::from(used > 0);
        canvas.text(x + used + blank, y, room.saturating_sub(used + blank), &key.1, theme.text);
    }
}

/// Column and row of each, and how many rows more it needs for itself.
fn place(keys: &[KeyHint], room: u16) -> Vec<(u16, u16, u16)> {
    let (mut x, mut y) = (0, 0);
    let mut places = Vec::with_capacity(keys.len());
    for key in keys {
        let words = words(key);
        let needed = wide(&words) as u16;
        if x > 0 && x + needed > room {
            (x, y) = (0, y + 1);
        }
        let more = if needed > room { wrap(&words, room).len().saturating_sub(1) as u16 } else { 0 };
        places.push((x, y, more));
        // Nothing follows on the rows of words that fill several.
        x = if more > 0 { room } else { x + needed + wide(BETWEEN) as u16 };
        y += more;
    }
    places
}

fn words((key, verb): &KeyHint) -> String {
    let blank = if key.is_empty() || verb.is_empty() { "" } else { " " };
    format!("{key}{blank}{verb}")
}
