//! The form for a new review, or another name or due date of one.

use super::boxes::{Item, boxed, keys_or_waiting, note, place};
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::dialogs::{ReviewFocus, ReviewForm};
use crate::tui::view::canvas::{Canvas, Cursor, number};
use crate::tui::view::theme::Theme;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &ReviewForm, theme: &Theme) -> Cursor {
    let focus = |field| open.focus == field;
    let mut items = vec![Item::Field("name", &open.form.field, focus(ReviewFocus::Name))];
    if open.review.is_none() {
        let project = open.project.as_ref().map_or("all projects", |(_, name)| name.as_str());
        let style = if focus(ReviewFocus::Project) { theme.field } else { theme.text };
        items.push(Item::Fact("project", format!("< {project} >"), style));
        items.push(Item::Field("filter", &open.filter, focus(ReviewFocus::Filter)));
        items.push(Item::Field("stale", &open.stale, focus(ReviewFocus::Stale)));
    }
    items.push(Item::Field("due", &open.due, focus(ReviewFocus::Due)));
    items.push(place(facts, theme));
    let days = facts.thresholds().stale_days;
    let help = match open.focus {
        ReviewFocus::Filter => {
            "Empty for all keys that are not revoked. Examples: idle>90d  owner:none".to_owned()
        }
        ReviewFocus::Stale => format!("Idle days: a number, stig, cis or pci. Empty for {days}."),
        ReviewFocus::Due => "A date (2026-12-18, its end in UTC), 2w, or none.".to_owned(),
        ReviewFocus::Name | ReviewFocus::Project if open.review.is_none() => {
            let fixed = "The keys are fixed when the review starts.";
            match open.known_count() {
                Some(1) => format!("1 key is in scope. {fixed}"),
                Some(count) => format!("{} keys are in scope. {fixed}", number(count)),
                None => fixed.to_owned(),
            }
        }
        ReviewFocus::Name | ReviewFocus::Project => String::new(),
    };
    items.push(Item::Spare("", help, theme.dim));
    note(&mut items, open.form.note.as_deref(), theme);
    let waits = if open.review.is_some() { "Saving…" } else { "Starting…" };
    items.push(keys_or_waiting(facts, open, open.form.sending.then_some(waits), theme));
    let title = if open.review.is_some() { "Edit this review" } else { "New access review" };
    boxed(canvas, facts.size(), theme, title, &items)
}
