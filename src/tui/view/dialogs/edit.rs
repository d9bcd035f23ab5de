//! The form for a key's name, owner and purpose.

use super::boxes::{Item, boxed, keys_or_waiting, note, place};
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::dialogs::{EditFocus, EditForm};
use crate::tui::view::canvas::{Canvas, Cursor};
use crate::tui::view::theme::Theme;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &EditForm, theme: &Theme) -> Cursor {
    let focus = |field| open.focus == field;
    let mut items = vec![
        Item::Field("name", &open.form.field, focus(EditFocus::Name)),
        Item::Field("owner", &open.owner, focus(EditFocus::Owner)),
        Item::Field("purpose", &open.purpose, focus(EditFocus::Purpose)),
        Item::Fact("project", open.key.project_name.to_string(), theme.text),
        place(facts, theme),
    ];
    note(&mut items, open.form.note.as_deref(), theme);
    items.push(keys_or_waiting(facts, open, open.form.sending.then_some("Saving…"), theme));
    boxed(canvas, facts.size(), theme, &format!("Edit key {}", open.key.full_name()), &items)
}
