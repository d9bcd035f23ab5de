//! An evidence pack: where it goes, then its head.

use super::boxes::{Item, boxed, keys_line, keys_or_waiting, note, place};
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::PackDialog;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::message_line::{signed, tone};
use crate::tui::view::canvas::{Canvas, Cursor, number};
use crate::tui::view::theme::Theme;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &PackDialog, theme: &Theme) -> Cursor {
    let scope = &open.scope;
    let mut items = vec![Item::Fact("what", scope.about.clone(), theme.title)];
    if !scope.filter.is_empty() {
        items.push(Item::Fact("filter", scope.filter.clone(), theme.text));
    }
    if let Some(created) = &open.created {
        items.push(Item::Fact("file", created.path.clone(), theme.text));
        match &created.verified {
            Ok(pack) => items.extend([
                Item::Fact(
                    "keys",
                    format!("{} ({} in scope)", number(pack.keys), number(pack.in_scope)),
                    theme.text,
                ),
                Item::Blank,
                Item::Words("Verified. Head of its audit log:".into(), theme.text),
                Item::Words(pack.head.to_string(), theme.title),
                Item::Words(
                    "Record it elsewhere: it proves that the pack is the real one.".into(),
                    theme.text,
                ),
            ]),
            Err(first) => items.extend([
                Item::Blank,
                Item::Words(format!("! This pack does not verify: {first}."), theme.bad),
                Item::Words(
                    "Saved as the server sent it. `keydeck audit verify` lists all differences.".into(),
                    theme.text,
                ),
            ]),
        }
        if let Some((level, words)) = &open.copied {
            items.push(Item::Words(signed(*level, words), theme.style(tone(*level))));
        }
        items.extend([Item::Blank, keys_line(facts, open)]);
        return boxed(canvas, facts.size(), theme, "Evidence pack created", &items);
    }
    items.extend([
        place(facts, theme),
        Item::Blank,
        Item::Field("file", &open.form.field, true),
        Item::Note("A name ending in .tar.gz is one file, any other a directory.".into(), theme.text),
        Item::Note("A report, all keys (masked), the decisions, the audit log.".into(), theme.text),
    ]);
    note(&mut items, open.form.note.as_deref(), theme);
    let waits =
        format!("Creating and verifying the pack… {} closes this; it goes on.", facts.key(Action::Cancel));
    let waits = open.form.sending.then_some(&*waits);
    items.push(keys_or_waiting(facts, open, waits, theme));
    boxed(canvas, facts.size(), theme, "Create an evidence pack", &items)
}
