//! What can be copied of a row.

use super::menu::{MOVES, Pick, choose};
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::interaction::{DialogLogic, Facts, Step};
use crate::tui::model::effect::{CopyText, Effect};
use crate::tui::model::hints::{Hint, Input};

/// The texts of a row that anybody may see.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CopyMenu {
    /// What they are called, and the texts.
    pub items: Vec<(&'static str, String)>,
    /// Which is marked.
    pub at: usize,
}

impl DialogLogic for CopyMenu {
    fn on(&mut self, _: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        match choose(input, self.at, self.items.len()) {
            Pick::Mark(at) => self.at = at,
            Pick::Take(at) => {
                let item = self.items.get(at).cloned();
                let copy = item.map(|(name, text)| Step::Effect(Effect::Copy(CopyText::Public(name, text))));
                return copy.into_iter().chain([Step::Close]).collect();
            }
            Pick::Close => return vec![Step::Close],
            Pick::Nothing => {}
        }
        Vec::new()
    }

    fn hints(&self) -> Vec<Hint> {
        vec![
            Hint::new(&[Action::Submit], format!("or 1–{} copy", self.items.len())),
            Hint::new(&[Action::Cancel], "close"),
            Hint::silent(MOVES),
            Hint::silent(&[Action::CopyMenu]),
        ]
    }
}
