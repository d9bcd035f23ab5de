//! A form with one name.

use super::boxes::{Item, boxed, keys_or_waiting, note};
use crate::tui::model::dialogs::NameForm;
use crate::tui::model::dialogs::interaction::{Facts, Naming};
use crate::tui::view::canvas::{Canvas, Cursor};
use crate::tui::view::theme::Theme;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &NameForm, theme: &Theme) -> Cursor {
    let title = match &open.naming {
        Naming::NewProject => "New project".to_owned(),
        Naming::FirstProject => "Your first key: name its project".to_owned(),
        Naming::Project(project) => format!("Rename project {}", project.name),
    };
    let mut items = vec![
        Item::Field("name", &open.form.field, true),
        Item::Fact("server", facts.place_words(), theme.dim),
    ];
    note(&mut items, open.form.note.as_deref(), theme);
    items.push(keys_or_waiting(facts, open, open.form.sending.then_some("Saving…"), theme));
    boxed(canvas, facts.size(), theme, &title, &items)
}
