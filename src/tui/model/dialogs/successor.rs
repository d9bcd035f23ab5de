//! What comes next, once a key's successor is stored: the old key works until it is revoked.

use crate::tui::model::action::Action;
use crate::tui::model::dialogs::OpenDialog;
use crate::tui::model::dialogs::interaction::{DialogLogic, Facts, Step};
use crate::tui::model::hints::{Hint, Input};
use crate::tui::model::messages::Level;
use crate::tui::model::wording::kept_words;
use crate::wire::keys::Key;

/// The dialog.
#[derive(Clone, PartialEq, Debug)]
pub struct Successor {
    /// The key that was replaced; it is not revoked.
    pub old: Key,
    /// The successor's name.
    pub name: String,
}

impl DialogLogic for Successor {
    fn on(&mut self, _: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let old = self.old.clone();
        match input {
            Input::Do(Action::Submit) => vec![Step::Close, Step::GoTo(old.hint, vec![old])],
            Input::Do(Action::Revoke) => vec![Step::Close, Step::Open(OpenDialog::Revoke(old))],
            // The old key is selected then: behind the guide it is the one that is revoked.
            Input::Do(Action::Guide) => vec![
                Step::Close,
                Step::GoTo(old.hint, vec![old.clone()]),
                Step::Open(OpenDialog::Guide(old, None)),
            ],
            Input::Do(_) => {
                vec![Step::Close, Step::Say(Level::Info, kept_words(&old))]
            }
            Input::Edit(_) => Vec::new(),
        }
    }

    fn hints(&self) -> Vec<Hint> {
        vec![
            Hint::new(&[Action::Submit], "show the old key"),
            Hint::new(&[Action::Guide], "guide me"),
            Hint::new(&[Action::Revoke], "revoke it now"),
            Hint::new(&[Action::Cancel], "later"),
        ]
    }
}
