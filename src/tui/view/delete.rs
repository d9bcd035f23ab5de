//! The confirmation of a project's deletion: how many keys die with it.

use super::canvas::{Canvas, number};
use super::dialogs::{Item, boxed, place_words};
use super::theme::Theme;
use crate::tui::model::State;
use crate::tui::model::ages::Age;
use crate::tui::model::dialog::DeleteDialog;

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    state: &State,
    open: &DeleteDialog,
    theme: &Theme,
) -> Option<(u16, u16)> {
    let project = &open.project;
    let used = match project.last_used_at {
        Some(at) => Age { at, now: state.server_now() }.to_string(),
        None => "never".into(),
    };
    let (keys, style) = match project.keys.active {
        0 if open.has_keys => ("▲ its active keys are revoked with it, for ever".into(), theme.warn),
        0 => ("none of them is active".into(), theme.text),
        1 => ("▲ 1 active key is revoked with it, for ever".into(), theme.warn),
        many => (format!("▲ {} active keys are revoked with it, for ever", number(many)), theme.warn),
    };
    let mut items = vec![
        Item::Fact("project", project.name.clone(), theme.title),
        Item::Fact("server", place_words(state), if state.setup.prod { theme.bad } else { theme.text }),
        Item::Fact("keys", keys, style),
        Item::Fact("last use", used, theme.text),
        Item::Spare("rules", format!("{} no longer served", number(project.rules)), theme.text),
        Item::Spare("", "Its keys stay listed, for audits; its name is free again.".into(), theme.dim),
    ];
    if open.needs_name() {
        items.push(Item::Blank);
        items.push(Item::Field("its name", &open.field, true));
    }
    if let Some(note) = &open.note {
        items.push(Item::Words(format!("! {note}"), theme.bad));
    }
    items.push(Item::Blank);
    let help = match (open.sending.is_some(), open.needs_name()) {
        (true, _) => "deleting: waiting until every node has confirmed …",
        (false, true) => "its name and Enter delete it, Esc leaves it as it is",
        (false, false) => "y deletes it, Esc leaves it as it is",
    };
    items.push(Item::Words(state.said(help), theme.dim));
    boxed(canvas, state.setup.size, theme, "Delete this project?", &items)
}
