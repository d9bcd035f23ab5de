//! The last messages, to be read.

use super::menu::{SCROLLS, moves};
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::interaction::{DialogLogic, Facts, Step};
use crate::tui::model::hints::{Hint, Input, Pointed};

/// The messages, scrolled by so many.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MessageList {
    /// The first that is to be seen, counted from the newest.
    pub top: usize,
}

impl MessageList {
    fn scroll(&mut self, facts: Facts<'_>, by: isize) {
        // Each may take several rows, so that the last one may come to stand at the top.
        let last = facts.messages.newest_first().count().saturating_sub(1);
        self.top = self.top.saturating_add_signed(by).min(last);
    }
}

impl DialogLogic for MessageList {
    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let page = isize::try_from(facts.size().1.saturating_sub(6).max(1)).unwrap_or(1);
        let Input::Do(action) = input else { return Vec::new() };
        match moves(action, page) {
            Some(by) => self.scroll(facts, by),
            None => return vec![Step::Close],
        }
        Vec::new()
    }

    fn pointed(&mut self, facts: Facts<'_>, pointed: Pointed) -> Vec<Step> {
        if let Pointed::Wheel(by) = pointed {
            self.scroll(facts, by);
        }
        Vec::new()
    }

    fn hints(&self) -> Vec<Hint> {
        vec![
            Hint::new(&[Action::Down, Action::Up], "scroll"),
            Hint::new(&[Action::Cancel], "close"),
            Hint::silent(SCROLLS),
            Hint::silent(&[Action::HalfUp, Action::HalfDown, Action::Submit, Action::Messages]),
        ]
    }

    fn decides(&self) -> bool {
        false
    }
}
