//! Which open review to continue, or to start another one. With none open the form for a new one takes its place, and
//! with one that this person has started its queue, unless other keys are looked at than it is about. In a queue letters
//! decide, so the queue of another person's review opens only when it is chosen.

use super::menu::{MOVES, Pick, choose};
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::OpenDialog;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, Notice, ReviewScope, Step};
use crate::tui::model::effect::Request;
use crate::tui::model::event::Reply;
use crate::tui::model::hints::{Hint, Input};
use crate::tui::model::wording::words;
use crate::wire::page::{MAX_LIMIT, PageQuery};
use crate::wire::reviews::{Review, ReviewStatus};

/// The menu.
#[derive(Clone, PartialEq, Debug)]
pub struct ReviewMenu {
    /// The open reviews; none until the server has answered.
    pub open: Option<Vec<Review>>,
    /// The selected line; the last one starts a new review.
    pub at: usize,
    /// Why the server gave none.
    pub note: Option<String>,
    scope: ReviewScope,
}

impl ReviewMenu {
    /// For someone who looks at these keys.
    pub fn new(scope: ReviewScope) -> ReviewMenu {
        ReviewMenu { open: None, at: 0, note: None, scope }
    }

    fn take(&self, at: usize) -> Vec<Step> {
        let chosen = self.open.as_ref().and_then(|open| open.get(at));
        let next = match chosen {
            Some(review) => OpenDialog::Queue(review.clone()),
            None => OpenDialog::NewReview(self.scope.clone()),
        };
        vec![Step::Close, Step::Open(next)]
    }
}

/// The names that are taken. Those of cancelled reviews are free.
pub(in crate::tui::model) fn names(reviews: &[Review]) -> Vec<String> {
    let count = |review: &&Review| review.status != ReviewStatus::Cancelled;
    reviews.iter().filter(count).map(|review| review.name.clone()).collect()
}

impl DialogLogic for ReviewMenu {
    fn opened(&mut self, _: Facts<'_>) -> Vec<Step> {
        self.note = None;
        let query = PageQuery { limit: Some(MAX_LIMIT), cursor: None };
        vec![Step::Ask(Request::Reviews { query, etag: None })]
    }

    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        if input == Input::Do(Action::Refresh) {
            return self.opened(facts);
        }
        let count = self.open.as_ref().map_or(0, |open| open.len() + 1);
        match choose(input, self.at, count) {
            Pick::Mark(at) => self.at = at,
            Pick::Take(at) if count > 0 => return self.take(at),
            Pick::Close => return vec![Step::Close],
            Pick::Take(_) | Pick::Nothing => {}
        }
        Vec::new()
    }

    fn replied(&mut self, facts: Facts<'_>, _: &Request, answer: Answer<'_>) -> Vec<Step> {
        match answer {
            Ok(Reply::Reviews { page, .. }) => {
                let open: Vec<Review> =
                    page.items.iter().filter(|review| review.is_open()).cloned().collect();
                self.scope.taken = names(&page.items);
                let decided = match &open[..] {
                    [] => true,
                    [only] => {
                        let me = facts.connection.session.as_ref().map(|session| &session.principal);
                        me == Some(&only.started_by) && self.scope.is_of(&only.scope)
                    }
                    _ => false,
                };
                self.open = Some(open);
                if decided {
                    return self.take(0);
                }
            }
            Ok(_) => {}
            Err(failure) => self.note = Some(words(failure)),
        }
        Vec::new()
    }

    fn notified(&mut self, facts: Facts<'_>, notice: &Notice) -> Option<Vec<Step>> {
        (*notice == Notice::Reconnected && self.note.is_some()).then(|| self.opened(facts))
    }

    fn hints(&self) -> Vec<Hint> {
        let mut hints = Vec::with_capacity(4);
        if self.open.is_some() || self.note.is_none() {
            hints.push(Hint::new(&[Action::Submit], "select"));
        }
        if self.note.is_some() {
            hints.push(Hint::new(&[Action::Refresh], "retry"));
        }
        hints.extend([Hint::new(&[Action::Cancel], "close"), Hint::silent(MOVES)]);
        hints
    }

    fn decides(&self) -> bool {
        false
    }
}
