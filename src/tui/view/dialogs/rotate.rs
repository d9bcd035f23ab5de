//! The form for a key's successor.

use super::boxes::{Item, boxed, fits, keys_or_waiting, last_use, note, place};
use crate::tui::model::Action;
use crate::tui::model::ages::Condition;
use crate::tui::model::dialogs::RotateForm;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::wording::kept_words;
use crate::tui::view::canvas::{Canvas, Cursor};
use crate::tui::view::theme::Theme;
use crate::wire::keys::{Key, Status};
use crate::wire::text::fold;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &RotateForm, theme: &Theme) -> Cursor {
    let key = &open.key;
    let mut items = vec![
        Item::Field("new name", &open.form.field, true),
        Item::Words(default_name(facts, key), theme.dim),
        Item::Fact("project", key.project_name.to_string(), theme.text),
        place(facts, theme),
        Item::Spare("last used", last_use(facts, key), theme.text),
        Item::Words(kept_words(key), theme.text),
    ];
    if let Some(new) = &open.replacement {
        let new = facts.loaded(new.id).unwrap_or(new);
        let state = match (new.status, new.last_used_at) {
            (Status::Active, None) => "never used",
            _ => Condition::of(new, facts.thresholds(), facts.server_now).label(),
        };
        let (new, old) = (new.full_name(), key.full_name());
        let words = format!("▲ {new} already replaces {old} ({state}). Another is seldom needed.");
        items.push(Item::Words(words, theme.warn));
    } else if let Some((old, _)) = open.guided() {
        let next = facts.key(Action::NextField);
        let (new, old) = (key.full_name(), old.full_name());
        let words = format!("{new} replaces {old} (guided rotation) · {next} opens the guide");
        items.push(Item::Words(words, theme.text));
    } else if let Some(old) = &open.replaces {
        let (new, old) = (key.full_name(), old.full_name());
        let words = format!("▲ {new} replaces {old}, which is not revoked yet.");
        items.push(Item::Words(words, theme.warn));
    }
    note(&mut items, open.form.note.as_deref(), theme);
    items.push(keys_or_waiting(facts, open, open.form.sending.then_some("Creating…"), theme));
    if !fits(facts.size(), &items) {
        // What an empty name becomes is told with the successor; which key, where, and that it lives on is not.
        items.remove(1);
    }
    boxed(canvas, facts.size(), theme, &format!("Rotate key {}", key.full_name()), &items)
}

/// The names of the keys that are loaded tell which one is free; the server alone knows all of them.
fn default_name(facts: Facts<'_>, key: &Key) -> String {
    let loaded = facts.keys.all().iter().chain(facts.stale.all());
    let taken = |name: &String| {
        loaded.clone().any(|other| {
            let holds = other.project_id == key.project_id && other.status != Status::Revoked;
            holds && fold(&other.name) == fold(name)
        })
    };
    let next = key.successor_names().find(|name| !taken(name)).unwrap_or_default();
    format!("Leave empty for {next}, or the next free number.")
}
