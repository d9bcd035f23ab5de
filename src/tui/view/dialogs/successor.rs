//! What comes next, once a successor is stored.

use super::boxes::{Item, boxed, keys_line, last_use};
use crate::tui::model::dialogs::Successor;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::wording::kept_words;
use crate::tui::view::canvas::{Canvas, Cursor};
use crate::tui::view::theme::Theme;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &Successor, theme: &Theme) -> Cursor {
    let (old, new) = (&open.old.name, &open.name);
    let items = [
        Item::Words(kept_words(&open.old), theme.title),
        Item::Fact("last used", last_use(facts, &open.old), theme.text),
        Item::Blank,
        Item::Note(format!("1. Replace {old} with {new} wherever it is used."), theme.text),
        Item::Note(format!("2. Wait until {old} shows no new requests."), theme.text),
        Item::Note(format!("3. Revoke {old}."), theme.text),
        Item::Blank,
        keys_line(facts, open),
    ];
    boxed(canvas, facts.size(), theme, "Next steps", &items);
    None
}
