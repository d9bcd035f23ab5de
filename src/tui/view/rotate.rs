//! A key's successor: its name, and what comes next once it is stored.

use super::canvas::Canvas;
use super::dialogs::{Item, boxed, fits, note, place_words};
use super::theme::Theme;
use crate::tui::model::State;
use crate::tui::model::ages::Age;
use crate::tui::model::dialog::{RotateForm, Successor};
use crate::wire::keys::Key;

pub(super) fn form(
    canvas: &mut Canvas<'_>,
    state: &State,
    form: &RotateForm,
    theme: &Theme,
) -> Option<(u16, u16)> {
    let key = &form.key;
    let place = if state.setup.prod { theme.bad } else { theme.text };
    let mut items = vec![
        Item::Field("new name", &form.field, true),
        Item::Words(format!("empty: {} with the next free number, as {0}-2", key.name), theme.dim),
        Item::Fact("project", key.project_name.to_string(), theme.text),
        Item::Fact("server", place_words(state), place),
        Item::Spare("last use", last_use(state, key), theme.text),
        Item::Words(format!("{} stays active until you revoke it.", key.name), theme.text),
    ];
    note(&mut items, form.error.as_deref(), theme);
    let help = if form.sending.is_some() {
        "asking the server …"
    } else {
        "Enter makes the successor and shows it once, Esc leaves"
    };
    items.push(Item::Words(state.said(help), theme.dim));
    if !fits(state.setup.size, &items) {
        // What an empty name becomes is told with the successor; which key, where, and that it lives on is not.
        items.remove(1);
    }
    boxed(canvas, state.setup.size, theme, &format!("Rotate key {}", key.name), &items)
}

pub(super) fn next(
    canvas: &mut Canvas<'_>,
    state: &State,
    open: &Successor,
    theme: &Theme,
) -> Option<(u16, u16)> {
    let (old, new) = (&open.old.name, &open.name);
    let items = [
        Item::Words(format!("{old} stays active until you revoke it."), theme.title),
        Item::Fact("last use", last_use(state, &open.old), theme.text),
        Item::Blank,
        Item::Spare("first", format!("put {new} wherever {old} is used"), theme.text),
        Item::Spare("then", format!("watch the last use of {old} until it stands still"), theme.text),
        Item::Spare("at last", format!("revoke {old}"), theme.text),
        Item::Blank,
        Item::Words(
            format!(
                "{} {old}, {}",
                state.said("Enter goes to"),
                state.said("x revokes it now, Esc is for later")
            ),
            theme.dim,
        ),
    ];
    boxed(canvas, state.setup.size, theme, "What comes next", &items);
    None
}

fn last_use(state: &State, key: &Key) -> String {
    match key.last_used_at {
        Some(at) => {
            let age = Age { at, now: state.server_now() };
            format!("{age} {}", key.last_used_from.as_deref().unwrap_or(""))
        }
        None => "never".into(),
    }
}
