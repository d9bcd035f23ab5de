//! The question before a review is cancelled.

use crate::tui::model::action::Action;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, Step};
use crate::tui::model::effect::Request;
use crate::tui::model::hints::{Hint, Input, Text};
use crate::tui::model::wording::outcome;
use crate::wire::reviews::{Review, ReviewEdit, ReviewStatus};
use crate::wire::time::Timestamp;

/// The dialog.
#[derive(Clone, PartialEq, Debug)]
pub struct CancelReview {
    /// The review.
    pub review: Review,
    /// The request was sent.
    pub sending: bool,
    /// What has to be said.
    pub note: Option<String>,
    opened: Timestamp,
}

impl CancelReview {
    /// For this review.
    pub fn new(review: Review, opened: Timestamp) -> CancelReview {
        CancelReview { review, sending: false, note: None, opened }
    }
}

impl DialogLogic for CancelReview {
    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        match input {
            Input::Do(Action::Cancel | Action::Decline | Action::Submit) => return vec![Step::Close],
            Input::Do(_) if self.sending || !self.review.is_open() => {}
            Input::Do(action) if facts.too_fast(self.opened) => {
                self.note = Some(facts.too_fast_words(action));
            }
            Input::Do(_) => {
                (self.sending, self.note) = (true, None);
                let edit = ReviewEdit { status: Some(ReviewStatus::Cancelled), ..ReviewEdit::default() };
                return vec![Step::Ask(Request::EditReview { id: self.review.id, edit })];
            }
            Input::Edit(_) => {}
        }
        Vec::new()
    }

    fn replied(&mut self, _: Facts<'_>, asked: &Request, answer: Answer<'_>) -> Vec<Step> {
        match answer {
            Ok(_) => return vec![Step::Close],
            Err(failure) => (self.sending, self.note) = (false, Some(outcome(asked, failure))),
        }
        Vec::new()
    }

    fn hints(&self) -> Vec<Hint> {
        if self.sending {
            return vec![Hint::silent(&[Action::Cancel])];
        }
        if !self.review.is_open() {
            return vec![Hint::new(&[Action::Submit, Action::Cancel], "close")];
        }
        let rest = Hint::silent(&[Action::Decline, Action::Submit]);
        vec![
            Hint::new(&[Action::Confirm], "cancel the review"),
            Hint::new(&[Action::Cancel], "keep it"),
            rest,
        ]
    }

    fn text(&self) -> Text {
        Text::Refused
    }
}
