//! The form for a new key.

use super::boxes::{Item, boxed, keys_or_waiting, note};
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::dialogs::{NewKeyFocus, NewKeyForm};
use crate::tui::view::canvas::{Canvas, Cursor};
use crate::tui::view::theme::Theme;
use crate::wire::keys::Mode;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &NewKeyForm, theme: &Theme) -> Cursor {
    let focused = |focus: NewKeyFocus| if open.focus == focus { theme.field } else { theme.text };
    let mode = match open.mode {
        Mode::Live | Mode::Other(_) => "(●) live   ( ) test",
        Mode::Test => "( ) live   (●) test",
    };
    let project = if open.choose { format!("< {} >", open.project.1) } else { open.project.1.clone() };
    let mut items = Vec::with_capacity(10);
    if let Some(like) = &open.like {
        let words = format!("{like} is revoked and cannot be rotated. This creates a separate key.");
        items.push(Item::Words(words, theme.text));
    }
    items.extend([
        Item::Field("name", &open.form.field, open.focus == NewKeyFocus::Name),
        Item::Fact("mode", mode.into(), focused(NewKeyFocus::Mode)),
        Item::Fact("project", project, focused(NewKeyFocus::Project)),
        Item::Field("owner", &open.owner, open.focus == NewKeyFocus::Owner),
        Item::Field("purpose", &open.purpose, open.focus == NewKeyFocus::Purpose),
        Item::Fact("server", facts.place_words(), theme.dim),
    ]);
    note(&mut items, open.form.note.as_deref(), theme);
    items.push(keys_or_waiting(facts, open, open.form.sending.then_some("Creating…"), theme));
    let title = open.like.as_ref().map_or_else(|| "New key".into(), |like| format!("New key like {like}"));
    boxed(canvas, facts.size(), theme, &title, &items)
}
