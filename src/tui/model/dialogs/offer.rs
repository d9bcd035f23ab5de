//! Whose key was pasted: only its public parts are kept and asked for.

use crate::secret::{Kind, MaskedKey};
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::OpenDialog;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, Step};
use crate::tui::model::effect::Request;
use crate::tui::model::event::Reply;
use crate::tui::model::hints::{Hint, Input};
use crate::tui::model::wording::words;
use crate::wire::keys::{Key, Status};

/// What is known of it.
#[derive(Clone, PartialEq, Debug)]
pub enum Found {
    /// It is being looked for.
    Looking,
    /// These have its mask; mostly it is one.
    Keys(Vec<Key>),
    /// None of ours has it.
    Unknown,
    /// It is a management token.
    Token,
    /// It could not be looked for.
    Failed(String),
}

/// What to do once it is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// Ask.
    Nothing,
    /// Go to it.
    Go,
    /// Open its revocation.
    Revoke,
}

/// The offer to go to a key or revoke it.
#[derive(Clone, PartialEq, Debug)]
pub struct Offer {
    /// The mask.
    pub mask: MaskedKey,
    /// What is known of it.
    pub found: Found,
    /// A key was pressed before it was found: what it does then.
    pub wanted: Wanted,
}

impl Offer {
    /// Nothing is known yet, but that a management token is no key.
    pub fn new(mask: MaskedKey) -> Offer {
        let found = if mask.kind() == Kind::Management { Found::Token } else { Found::Looking };
        Offer { mask, found, wanted: Wanted::Nothing }
    }

    fn ask(&self) -> Vec<Step> {
        match self.found {
            Found::Looking => {
                let (handle, last4) = (self.mask.handle().to_owned(), self.mask.last4().to_owned());
                vec![Step::Ask(Request::FindKey { handle, last4 })]
            }
            _ => Vec::new(),
        }
    }

    /// Goes to what was found, or opens its revocation. Which of several is meant to be revoked cannot be known
    /// without the key.
    fn take(&self, keys: &[Key], revoke: bool) -> Vec<Step> {
        match keys {
            [key] if revoke => vec![Step::Close, Step::Open(OpenDialog::Revoke(key.clone()))],
            _ => vec![Step::Close, Step::GoTo(self.mask, keys.to_vec())],
        }
    }
}

impl DialogLogic for Offer {
    fn opened(&mut self, _: Facts<'_>) -> Vec<Step> {
        self.ask()
    }

    fn on(&mut self, _: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let Input::Do(action) = input else { return Vec::new() };
        let wanted = if action == Action::Revoke { Wanted::Revoke } else { Wanted::Go };
        match &self.found {
            _ if action == Action::Cancel => vec![Step::Close],
            Found::Looking => {
                self.wanted = wanted;
                Vec::new()
            }
            Found::Keys(keys) => self.take(keys, wanted == Wanted::Revoke),
            Found::Unknown | Found::Token => vec![Step::Close],
            Found::Failed(_) => {
                self.found = Found::Looking;
                self.wanted = if wanted == Wanted::Revoke { wanted } else { Wanted::Nothing };
                self.ask()
            }
        }
    }

    fn replied(&mut self, _: Facts<'_>, _: &Request, answer: Answer<'_>) -> Vec<Step> {
        self.found = match answer {
            Ok(Reply::Found(keys)) => {
                let keys: Vec<Key> = keys.iter().filter(|key| key.hint == self.mask).cloned().collect();
                if keys.is_empty() { Found::Unknown } else { Found::Keys(keys) }
            }
            Ok(_) => return Vec::new(),
            Err(failure) => Found::Failed(words(failure)),
        };
        match &self.found {
            Found::Keys(keys) if self.wanted != Wanted::Nothing => {
                self.take(keys, self.wanted == Wanted::Revoke)
            }
            _ => Vec::new(),
        }
    }

    fn hints(&self) -> Vec<Hint> {
        let revoke = Hint::silent(&[Action::Revoke]);
        let goes = Hint::new(&[Action::Submit], "open");
        let revokes = Hint::new(&[Action::Revoke], "revoke");
        let forgets = Hint::new(&[Action::Cancel], "dismiss");
        let closes = Hint::new(&[Action::Cancel], "close");
        match &self.found {
            Found::Looking if self.wanted == Wanted::Revoke => {
                vec![forgets, revoke, Hint::silent(&[Action::Submit])]
            }
            Found::Looking => vec![goes, revokes, forgets],
            // It is revoked already, which the answer to the action says.
            Found::Keys(keys) if keys.len() == 1 && keys[0].status == Status::Revoked => {
                vec![goes, forgets, revoke]
            }
            Found::Keys(keys) if keys.len() == 1 => vec![goes, revokes, forgets],
            Found::Keys(_) => vec![Hint::new(&[Action::Submit], "show them"), forgets, revoke],
            Found::Unknown | Found::Token => vec![closes, revoke, Hint::silent(&[Action::Submit])],
            Found::Failed(_) => {
                vec![Hint::new(&[Action::Submit], "retry"), closes, revoke, Hint::silent(&[Action::Refresh])]
            }
        }
    }
}
