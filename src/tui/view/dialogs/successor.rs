//! What comes next, once a successor is stored.

use super::boxes::{Item, boxed, keys_line, last_use};
use crate::tui::model::dialogs::Successor;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::view::canvas::{Canvas, Cursor};
use crate::tui::view::theme::Theme;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &Successor, theme: &Theme) -> Cursor {
    let (old, new) = (&open.old.name, &open.name);
    let items = [
        Item::Words(format!("{old} stays active until you revoke it."), theme.title),
        Item::Fact("last use", last_use(facts, &open.old), theme.text),
        Item::Blank,
        Item::Spare("first", format!("put {new} wherever {old} is used"), theme.text),
        Item::Spare("then", format!("watch the last use of {old} until it stands still"), theme.text),
        Item::Spare("at last", format!("revoke {old}"), theme.text),
        Item::Blank,
        keys_line(facts, open, theme),
    ];
    boxed(canvas, facts.size(), theme, "What comes next", &items);
    None
}
