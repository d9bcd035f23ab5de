//! Whose key was pasted: only its public parts are kept and asked for.

use crate::secret::{self, Kind, MaskedKey, Secret};
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::OpenDialog;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, Step};
use crate::tui::model::effect::Request;
use crate::tui::model::event::Reply;
use crate::tui::model::hints::{Hint, Input};
use crate::tui::model::messages::Level;
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

/// Keys that a text held.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PastedKeys {
    /// The one to begin with.
    pub mask: MaskedKey,
    /// Those after it.
    pub others: Vec<MaskedKey>,
    /// How many there were in all.
    pub all: usize,
}

impl PastedKeys {
    /// The keys in a text, each once; none where there is none.
    pub fn of(text: &str) -> Option<PastedKeys> {
        let (mut keys, mut rest) = (Vec::new(), text);
        while let Some(at) = secret::find(rest) {
            if let Ok(key) = Secret::parse(&rest[at.clone()]) {
                let mask = key.hint();
                if !keys.contains(&mask) {
                    keys.push(mask);
                }
            }
            rest = &rest[at.end..];
        }
        let (mask, others) = keys.split_first()?;
        Some(PastedKeys { mask: *mask, others: others.to_vec(), all: keys.len() })
    }
}

impl From<MaskedKey> for PastedKeys {
    fn from(mask: MaskedKey) -> PastedKeys {
        PastedKeys { mask, others: Vec::new(), all: 1 }
    }
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
    /// The other keys that were in the same text, in turn.
    pub others: Vec<MaskedKey>,
    /// How many there were.
    pub all: usize,
    /// Whether keys may be revoked here.
    may_revoke: bool,
}

impl Offer {
    /// Nothing is known yet, but that a management token is no key.
    pub fn new(pasted: PastedKeys) -> Offer {
        let PastedKeys { mask, others, all } = pasted;
        let found = if mask.kind() == Kind::Management { Found::Token } else { Found::Looking };
        Offer { mask, found, wanted: Wanted::Nothing, others, all, may_revoke: true }
    }

    /// The other keys, where there are any: what becomes of one leaves them.
    fn rest(&self) -> Option<Step> {
        let (mask, others) = self.others.split_first()?;
        let pasted = PastedKeys { mask: *mask, others: others.to_vec(), all: self.all };
        Some(Step::Open(OpenDialog::Offer(pasted)))
    }

    /// Says that the other keys are not offered any more, where there are any.
    fn dropped(&self) -> Option<Step> {
        let words = match self.others.len() {
            0 => return None,
            1 => "1 more pasted key was dropped. Paste it again.".to_owned(),
            count => format!("{count} more pasted keys were dropped. Paste them again."),
        };
        Some(Step::Say(Level::Warn, words))
    }

    /// Which of the keys it is.
    pub fn number(&self) -> usize {
        self.all - self.others.len()
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
            [key] if revoke => {
                // The others wait below the revocation of this one.
                let revocation = Step::Open(OpenDialog::Revoke(key.clone()));
                [Some(Step::Close), self.rest(), Some(revocation)].into_iter().flatten().collect()
            }
            _ => {
                let goes = [Step::Close, Step::GoTo(self.mask, keys.to_vec())];
                goes.into_iter().chain(self.dropped()).collect()
            }
        }
    }
}

impl DialogLogic for Offer {
    fn opened(&mut self, facts: Facts<'_>) -> Vec<Step> {
        self.may_revoke = facts.read_only.is_none() || facts.locked_only();
        self.ask()
    }

    fn on(&mut self, _: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let Input::Do(action) = input else { return Vec::new() };
        let wanted = if action == Action::Revoke { Wanted::Revoke } else { Wanted::Go };
        match &self.found {
            _ if action == Action::Cancel => {
                [Some(Step::Close), self.dropped()].into_iter().flatten().collect()
            }
            _ if action == Action::NextField => {
                [Some(Step::Close), self.rest()].into_iter().flatten().collect()
            }
            Found::Looking => {
                self.wanted = wanted;
                Vec::new()
            }
            Found::Keys(keys) => self.take(keys, wanted == Wanted::Revoke),
            Found::Unknown | Found::Token => [Some(Step::Close), self.rest()].into_iter().flatten().collect(),
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
        let mut hints = self.hints_of_one();
        if !self.may_revoke {
            hints.retain(|hint| !hint.actions.contains(&Action::Revoke));
        }
        if !self.others.is_empty() {
            hints.insert(hints.len().min(2), Hint::new(&[Action::NextField], "next key"));
        }
        hints
    }
}

impl Offer {
    fn hints_of_one(&self) -> Vec<Hint> {
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
