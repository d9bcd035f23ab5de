//! The question before a review is cancelled.

use super::boxes::{Item, boxed, keys_or_waiting, note, place};
use crate::tui::model::dialogs::CancelReview;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::review_words::counts;
use crate::tui::view::canvas::{Canvas, Cursor};
use crate::tui::view::theme::Theme;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &CancelReview, theme: &Theme) -> Cursor {
    let review = &open.review;
    let mut items = vec![
        Item::Fact("review", review.name.clone(), theme.title),
        place(facts, theme),
        Item::Fact("decisions", counts(review.decisions), theme.text),
        Item::Spare("started", format!("by {}", review.started_by), theme.text),
        Item::Blank,
    ];
    let words = if review.is_open() {
        "No decision will be executed. The review stays in the list and in the audit log.".to_owned()
    } else {
        format!("This review is {} and cannot be cancelled.", review.status.as_str())
    };
    items.push(Item::Words(words, theme.text));
    note(&mut items, open.note.as_deref(), theme);
    items.push(keys_or_waiting(facts, open, open.sending.then_some("Cancelling…"), theme));
    boxed(canvas, facts.size(), theme, "Cancel this review?", &items)
}
