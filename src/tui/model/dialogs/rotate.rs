//! A key's successor: what it is called.

use super::form::{Form, Meanwhile};
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::OpenDialog;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, Notice, Step};
use crate::tui::model::effect::Request;
use crate::tui::model::event::Reply;
use crate::tui::model::hints::{Hint, Input, Text};
use crate::wire::keys::Key;
use crate::wire::time::Timestamp;

/// The form for a successor.
#[derive(Clone, PartialEq, Debug)]
pub struct RotateForm {
    /// The key that is succeeded, as it is now.
    pub key: Key,
    /// The successor's name; empty for the old one with the next free number.
    pub form: Form,
    opened: Timestamp,
}

impl RotateForm {
    /// An empty form.
    pub fn new(key: Key, opened: Timestamp) -> RotateForm {
        RotateForm { key, opened, form: Form::default() }
    }
}

impl DialogLogic for RotateForm {
    fn opened(&mut self, _: Facts<'_>) -> Vec<Step> {
        vec![Step::Ask(Request::Rotation(self.key.id))]
    }

    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let (id, opened) = (self.key.id, self.opened);
        self.form.on(input, |form| {
            // Without a name to be typed, one key press alone would make it.
            if form.field.text().is_empty() && facts.too_fast(opened) {
                return Err(facts.too_fast_words(Action::Submit));
            }
            let empty = form.field.text().trim().is_empty();
            let name = if empty { None } else { Some(form.name()?) };
            Ok(Some(Request::RotateKey { id, name }))
        })
    }

    fn replied(&mut self, _: Facts<'_>, asked: &Request, answer: Answer<'_>) -> Vec<Step> {
        if let Request::Rotation(_) = asked {
            // Whoever is typing a name wants another replacement.
            let idle = !self.form.sending && self.form.field.text().is_empty();
            return match answer {
                Ok(Reply::Rotation(Some(rotation))) if idle && rotation.has_replacement() => {
                    let guide = OpenDialog::Guide(self.key.clone(), Some(rotation.clone()));
                    vec![Step::Close, Step::Open(guide)]
                }
                _ => Vec::new(),
            };
        }
        self.form.replied(asked, answer)
    }

    fn notified(&mut self, facts: Facts<'_>, notice: &Notice) -> Option<Vec<Step>> {
        match notice {
            Notice::Changes if self.form.watches() => {
                let changed = self.form.follow(Meanwhile::to_key(&mut self.key, facts));
                if changed {
                    // What was typed before this could be read was meant for the old name.
                    self.opened = facts.now;
                }
                changed.then(Vec::new)
            }
            Notice::Unheard => self.form.look(Request::Key(self.key.id)),
            _ => None,
        }
    }

    fn watches(&self) -> bool {
        self.form.watches()
    }

    fn hints(&self) -> Vec<Hint> {
        self.form.hints(Hint::new(&[Action::Submit], "create replacement"))
    }

    fn text(&self) -> Text {
        self.form.text()
    }
}
