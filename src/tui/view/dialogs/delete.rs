//! The confirmation of a project's deletion: how many keys die with it.

use super::border::Border;
use super::boxes::{Item, framed, keys_or_waiting, place};
use crate::tui::model::ages::Age;
use crate::tui::model::dialogs::DeleteDialog;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::view::canvas::{Canvas, Cursor, number};
use crate::tui::view::theme::Theme;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &DeleteDialog, theme: &Theme) -> Cursor {
    let project = &open.project;
    let used = match project.last_used_at {
        Some(at) => Age { at, now: facts.server_now }.to_string(),
        None => "never".into(),
    };
    let (keys, style) = match project.keys.active {
        0 if open.has_keys => ("▲ its active keys will be revoked".into(), theme.warn),
        0 => ("no active keys".into(), theme.text),
        1 => ("▲ 1 active key will be revoked".into(), theme.warn),
        many => (format!("▲ {} active keys will be revoked", number(many)), theme.warn),
    };
    let rules = match project.rules {
        0 => "none".to_owned(),
        1 => "1 rule will no longer be served".to_owned(),
        many => format!("{} rules will no longer be served", number(many)),
    };
    let mut items = vec![
        Item::Fact("project", project.name.clone(), theme.title),
        place(facts, theme),
        Item::Fact("keys", keys, style),
        Item::Fact("last used", used, theme.text),
        Item::Spare("rules", rules, theme.text),
        Item::Spare("", "Keys stay in the audit log; the name can be reused.".into(), theme.dim),
    ];
    if open.needs_name() && !open.form.pointless {
        items.push(Item::Blank);
        items.push(Item::Words(format!("Type {} to confirm.", project.name), theme.text));
        items.push(Item::Field("name", &open.form.field, true));
    }
    if let Some(note) = &open.form.note {
        items.push(Item::Words(format!("! {note}"), theme.bad));
    }
    items.push(Item::Blank);
    let waits = open.form.sending.then(|| open.waiting_words(facts));
    items.push(keys_or_waiting(facts, open, waits.as_deref(), theme));
    let border = if open.form.pointless { Border::Plain } else { Border::Danger };
    framed(canvas, facts.size(), theme, (border, "Delete this project?"), &items)
}
