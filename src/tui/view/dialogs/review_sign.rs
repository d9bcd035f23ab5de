//! The signature of an executed review.

use super::boxes::{Item, boxed, keys_or_waiting, note, place};
use crate::tui::model::action::Action;
use crate::tui::model::ages::Age;
use crate::tui::model::dialogs::SignReview;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::dialogs::pack::{pack_command, pack_needs};
use crate::tui::model::message_line::{signed, tone};
use crate::tui::model::review_words::counts;
use crate::tui::view::canvas::{Canvas, Cursor};
use crate::tui::view::theme::Theme;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &SignReview, theme: &Theme) -> Cursor {
    let review = &open.review;
    let mut items = vec![
        Item::Fact("review", review.name.clone(), theme.title),
        place(facts, theme),
        Item::Fact("decisions", counts(review.decisions), theme.text),
    ];
    if let Some(words) = open.not_done_words() {
        items.push(Item::Fact("not done", format!("▲ {words}"), theme.warn));
    }
    if let (Some(at), Some(by)) = (review.executed_at, &review.executed_by) {
        let age = Age { at, now: facts.server_now };
        items.push(Item::Spare("executed", format!("{age} by {by}"), theme.text));
    }
    items.push(Item::Blank);
    let starts = open.form.field.text().is_empty();
    if starts {
        let create = facts.key(Action::Export);
        let words = format!(
            "Press {create} to create a pack here, or run this command. Read the report, then sign its head."
        );
        items.push(Item::Words(words, theme.text));
        items.push(Item::Words(pack_command(review, facts), theme.title));
        items.push(Item::Note(pack_needs(facts).to_owned(), theme.text));
    } else {
        items.push(Item::Words(
            "You sign the pack with this head. Read its report first.".to_owned(),
            theme.text,
        ));
    }
    if let Some((level, words)) = &open.copied {
        items.push(Item::Words(signed(*level, words), theme.style(tone(*level))));
    } else if starts {
        // The field takes letters, so that its key is no hint of the dialog.
        items.push(Item::Words(format!("{} copy the command", facts.key(Action::CopyMask)), theme.text));
    }
    items.push(Item::Field("head", &open.form.field, true));
    note(&mut items, open.form.note.as_deref(), theme);
    items.push(keys_or_waiting(facts, open, open.form.sending.then_some("Signing…"), theme));
    boxed(canvas, facts.size(), theme, "Sign this review", &items)
}
