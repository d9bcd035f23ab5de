//! The word that allows changes.

use super::boxes::{Item, boxed, keys_line};
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::dialogs::unlock::{Unlock, WORD};
use crate::tui::view::canvas::{Canvas, Cursor};
use crate::tui::view::theme::Theme;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &Unlock, theme: &Theme) -> Cursor {
    let context = &facts.setup.context;
    let about = format!("The context {context} is read-only. Type {WORD} to allow changes for 10 minutes.");
    let mut items = vec![
        Item::Words(about, theme.text),
        Item::Blank,
        Item::Fact("server", facts.place_words(), theme.dim),
        Item::Field("type PROD", &open.field, true),
        Item::Blank,
    ];
    if let Some(note) = &open.note {
        items.push(Item::Words(format!("! {note}"), theme.bad));
    }
    items.push(keys_line(facts, open));
    boxed(canvas, facts.size(), theme, "Read-only", &items)
}
