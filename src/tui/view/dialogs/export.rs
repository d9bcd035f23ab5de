//! Writing what is shown into a file.

use super::boxes::{Item, boxed, keys_line};
use crate::tui::model::Action;
use crate::tui::model::dialogs::ExportDialog;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::view::canvas::{Canvas, Cursor, number};
use crate::tui::view::theme::Theme;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &ExportDialog, theme: &Theme) -> Cursor {
    let mut items = vec![
        Item::Fact("what", open.export.about.clone(), theme.title),
        Item::Fact("rows", open.export.rows.clone(), theme.text),
    ];
    if !open.export.filter.is_empty() {
        items.push(Item::Fact("filter", open.export.filter.clone(), theme.text));
    }
    items.push(Item::Blank);
    if open.saving {
        items.push(Item::Words("Saving…".into(), theme.text));
    } else if let Some(gathering) = &open.gathering {
        let read = number(gathering.len() as u64);
        items.push(Item::Words(format!("Loading the remaining rows… {read} so far"), theme.text));
    } else if let Some((form, place)) = &open.place {
        items.push(Item::Field("file", place, true));
        items.push(Item::Blank);
        if let Some(error) = &open.error {
            items.push(Item::Note(format!("! {error}"), theme.bad));
        }
        let about = format!(
            "Type a path for the {} file. The demo writes no files unless you name one.",
            form.name()
        );
        items.push(Item::Words(about, theme.text));
        items.push(keys_line(facts, open));
        return boxed(canvas, facts.size(), theme, "Export this view", &items);
    } else {
        for (at, (letter, name)) in open.choices().enumerate() {
            let (mark, style) = if at == open.at { (">", theme.title) } else { (" ", theme.text) };
            items.push(Item::Line(format!("{mark} {letter}  {name}"), style));
        }
        items.push(Item::Blank);
        if let Some(error) = &open.error {
            let again = facts.key(Action::Submit);
            let words = format!("! {error} Nothing was saved. Press {again} to retry.");
            items.push(Item::Words(words, theme.bad));
        }
        match (open.form(), &open.export.pack) {
            (Some(form), _) if !facts.setup.demo => {
                let place = facts.file_place(&format!("{}.{}", open.export.name, form.extension()));
                items.push(Item::Fact("file", place, theme.text));
            }
            (None, Some(pack)) => {
                items.push(Item::Fact("pack of", pack.about.clone(), theme.text));
                let words =
                    "A report, every key, every decision and the audit log, for an auditor to verify.";
                items.push(Item::Words(words.into(), theme.text));
            }
            _ => {}
        }
        items.push(Item::Words("Contains masked keys only.".into(), theme.dim));
    }
    items.push(keys_line(facts, open));
    boxed(canvas, facts.size(), theme, "Export this view", &items);
    None
}
