//! The form for a new key.

use super::boxes::{Item, boxed, keys_or_waiting, note};
use crate::tui::model::dialogs::{NewKeyFocus, NewKeyForm};
use crate::tui::model::interaction::Facts;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::theme::Theme;
use crate::wire::keys::Mode;

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    facts: Facts<'_>,
    form: &NewKeyForm,
    theme: &Theme,
) -> Option<(u16, u16)> {
    let focused = |focus: NewKeyFocus| if form.focus == focus { theme.field } else { theme.text };
    let mode = match form.mode {
        Mode::Live | Mode::Other(_) => "(●) live   ( ) test",
        Mode::Test => "( ) live   (●) test",
    };
    let project = if form.choose { format!("< {} >", form.project.1) } else { form.project.1.clone() };
    let mut items = vec![
        Item::Field("name", &form.field, form.focus == NewKeyFocus::Name),
        Item::Fact("mode", mode.into(), focused(NewKeyFocus::Mode)),
        Item::Fact("project", project, focused(NewKeyFocus::Project)),
        Item::Fact("server", facts.place_words(), theme.dim),
    ];
    note(&mut items, form.error.as_deref(), theme);
    items.push(keys_or_waiting(facts, form, form.sending.then_some("asking the server …"), theme));
    boxed(canvas, facts.size(), theme, "New key", &items)
}
