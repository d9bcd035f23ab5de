//! The list of contexts, filtered as one types.

use crate::tui::model::action::Action;
use crate::tui::model::field::Field;
use crate::tui::model::hints::{Hint, Input, Text};
use crate::tui::model::interaction::{DialogLogic, Facts, Step};
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
        let page = usize::from(facts.size().1.saturating_sub(5)).max(1);
        let matches = self.matches(&facts.setup.contexts.all);
        let last = matches.len().saturating_sub(1);
        match input {
            Input::Do(Action::Down | Action::NextField) => self.at = (self.at + 1).min(last),
            Input::Do(Action::Up | Action::PreviousField) => self.at = self.at.saturating_sub(1),
            Input::Do(Action::PageDown) => self.at = (self.at + page).min(last),
            Input::Do(Action::PageUp) => self.at = self.at.saturating_sub(page),
            Input::Do(Action::First) => self.at = 0,
            Input::Do(Action::Last) => self.at = last,
            Input::Do(Action::Submit) => {
                return match matches.get(self.at) {
                    Some(at) => vec![Step::Close, Step::Switch(*at)],
                    None => Vec::new(),
                };
            }
            Input::Do(_) => return vec![Step::Close],
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
            Hint::new(&[Action::Submit], "switches"),
            Hint::new(&[Action::Cancel], "closes"),
            Hint::words("new: keydeck login URL").or(""),
            Hint::silent(&[
                Action::Down,
                Action::NextField,
                Action::Up,
                Action::PreviousField,
                Action::PageDown,
                Action::PageUp,
                Action::First,
                Action::Last,
            ]),
        ]
    }

    fn text(&self) -> Text {
        Text::Chosen
    }

    fn decides(&self) -> bool {
        false
    }
}
