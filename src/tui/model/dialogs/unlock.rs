//! The word that allows changes in a locked context, and what goes on once it was typed.

use crate::tui::model::action::Action;
use crate::tui::model::dialogs::interaction::{DialogLogic, Facts, Step};
use crate::tui::model::field::Field;
use crate::tui::model::hints::{Hint, Input, Text};

/// What has to be typed.
pub const WORD: &str = "PROD";

/// What was typed so far.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Unlock {
    /// The word.
    pub field: Field,
    /// What was wanted. Each of its steps opens a dialog of its own, and none is a deed.
    then: Vec<Step>,
    /// What is wrong with the word.
    pub note: Option<String>,
}

impl Unlock {
    /// Goes on with these steps once changes are allowed.
    pub fn before(then: Vec<Step>) -> Unlock {
        Unlock { then, ..Unlock::default() }
    }
}

impl DialogLogic for Unlock {
    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        match input {
            Input::Do(Action::Cancel) => return vec![Step::Close],
            Input::Do(_) if self.field.text().trim() == WORD => {
                let mut steps = vec![Step::Close, Step::Allow];
                steps.append(&mut self.then);
                return steps;
            }
            Input::Do(_) => {
                let cancel = facts.key(Action::Cancel);
                self.note = Some(format!("Type {WORD} in capitals, or press {cancel} to cancel."));
            }
            Input::Edit(edit) => {
                self.note = None;
                return self.field.edit(edit).map(Step::Offer).into_iter().collect();
            }
        }
        Vec::new()
    }

    fn hints(&self) -> Vec<Hint> {
        vec![Hint::new(&[Action::Submit], "unlock for 10 min"), Hint::new(&[Action::Cancel], "cancel")]
    }

    fn text(&self) -> Text {
        Text::Typed
    }
}
