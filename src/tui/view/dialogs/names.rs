//! A form with one name.

use super::boxes::{Item, boxed, keys_or_waiting, note};
use crate::tui::model::dialogs::NameForm;
use crate::tui::model::interaction::{Facts, Naming};
use crate::tui::view::canvas::Canvas;
use crate::tui::view::theme::Theme;

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    facts: Facts<'_>,
    form: &NameForm,
    theme: &Theme,
) -> Option<(u16, u16)> {
    let title = match &form.naming {
        Naming::NewProject => "New project".to_owned(),
        Naming::FirstProject => "Your first key: its project".to_owned(),
        Naming::Project(_, old) => format!("Rename project {old}"),
        Naming::Key(_, old) => format!("Rename key {old}"),
    };
    let mut items =
        vec![Item::Field("name", &form.field, true), Item::Fact("server", facts.place_words(), theme.dim)];
    note(&mut items, form.error.as_deref(), theme);
    items.push(keys_or_waiting(facts, form, form.sending.then_some("asking the server …"), theme));
    boxed(canvas, facts.size(), theme, &title, &items)
}
