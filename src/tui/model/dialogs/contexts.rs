//! The list of contexts, filtered as one types.

use super::menu::{MOVES, SCROLLS, moves};
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::interaction::{DialogLogic, Facts, Step};
use crate::tui::model::field::Field;
use crate::tui::model::hints::{Hint, Input, Text};
use crate::tui::model::setup::Context;
use crate::wire::text::fold;

/// The list.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ContextList {
    /// What is typed.
    pub field: Field,
    /// Which of the contexts that match is selected.
    pub at: usize,
}

impl ContextList {
    /// With this context selected.
    pub fn at(at: usize) -> ContextList {
        ContextList { at, ..ContextList::default() }
    }

    /// The places of the contexts whose name, title or address holds every word typed.
    pub fn matches(&self, all: &[Context]) -> Vec<usize> {
        let typed = fold(self.field.text());
        let fits = |context: &Context| {
            let prod = if context.prod { "PROD" } else { "" };
            let text = fold(&format!("{}\n{}\n{}\n{prod}", context.title, context.name, context.place));
            typed.split_whitespace().all(|word| text.contains(word))
        };
        all.iter().enumerate().filter(|(_, context)| fits(context)).map(|(place, _)| place).collect()
    }
}

impl DialogLogic for ContextList {
    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let page = isize::try_from(facts.size().1.saturating_sub(5).max(1)).unwrap_or(1);
        let matches = self.matches(&facts.setup.contexts.all);
        let last = matches.len().saturating_sub(1);
        match input {
            Input::Do(Action::Submit) => {
                return match matches.get(self.at) {
                    Some(at) => vec![Step::Close, Step::Switch(*at)],
                    None => Vec::new(),
                };
            }
            Input::Do(action) => match moves(action, page) {
                Some(by) => self.at = self.at.saturating_add_signed(by).min(last),
                None => return vec![Step::Close],
            },
            Input::Edit(edit) => {
                let before = self.field.text().len();
                let masked = self.field.edit(edit);
                if self.field.text().len() != before {
                    self.at = 0;
                }
                return masked.map(Step::Offer).into_iter().collect();
            }
        }
        Vec::new()
    }

    fn hints(&self) -> Vec<Hint> {
        vec![
            Hint::words("type to filter"),
            Hint::new(&[Action::Submit], "switch"),
            Hint::new(&[Action::Cancel], "close"),
            Hint::words("add one: keydeck login URL").or(""),
            Hint::silent(MOVES),
            Hint::silent(SCROLLS),
        ]
    }

    fn text(&self) -> Text {
        Text::Chosen
    }

    fn decides(&self) -> bool {
        false
    }
}
