//! A key's successor: what it is called.

use super::form::{Form, Meanwhile};
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::OpenDialog;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, Notice, Step};
use crate::tui::model::effect::{RelatedTo, Request};
use crate::tui::model::event::Reply;
use crate::tui::model::hints::{Hint, Input, Text};
use crate::wire::keys::{Key, Status};
use crate::wire::rotations::Rotation;
use crate::wire::time::Timestamp;

/// The form for a successor.
#[derive(Clone, PartialEq, Debug)]
pub struct RotateForm {
    /// The key that is succeeded, as it is now.
    pub key: Key,
    /// The successor's name; empty for the old one with the next free number.
    pub form: Form,
    /// The key that replaces it already.
    pub replacement: Option<Key>,
    /// The key that it replaces itself and that is not revoked.
    pub replaces: Option<Key>,
    /// The guided rotation of that key.
    guided: Option<Box<Rotation>>,
    opened: Timestamp,
}

impl RotateForm {
    /// An empty form.
    pub fn new(key: Key, opened: Timestamp) -> RotateForm {
        RotateForm { key, opened, form: Form::default(), replacement: None, replaces: None, guided: None }
    }

    /// The key that it replaces in a guided rotation, with that rotation.
    pub fn guided(&self) -> Option<(&Key, &Rotation)> {
        let old = self.replaces.as_ref().filter(|_| self.replacement.is_none())?;
        let rotation = self.guided.as_deref().filter(|rotation| rotation.has_replacement())?;
        (rotation.replacement == Some(self.key.id)).then_some((old, rotation))
    }

    /// Where Tab leads: to the next steps of its replacement, or to the guide in which it is one itself.
    fn next(&self) -> Option<OpenDialog> {
        if let Some(new) = &self.replacement {
            return Some(OpenDialog::Successor(self.key.clone(), new.name.clone()));
        }
        let (old, rotation) = self.guided()?;
        Some(OpenDialog::Guide(old.clone(), Some(Box::new(rotation.clone()))))
    }
}

impl DialogLogic for RotateForm {
    fn opened(&mut self, _: Facts<'_>) -> Vec<Step> {
        let keys = [Some(self.key.id), self.key.rotated_from].into_iter().flatten();
        let rotations = keys.map(|key| Step::Ask(Request::Rotation(key)));
        rotations.chain([Step::Ask(Request::Related(RelatedTo::key(&self.key)))]).collect()
    }

    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        if let (Input::Do(Action::NextField), Some(next)) = (input, self.next()) {
            return if self.form.sending { Vec::new() } else { vec![Step::Close, Step::Open(next)] };
        }
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
        if let Request::Rotation(id) = asked {
            if *id != self.key.id {
                if let Ok(Reply::Rotation(rotation)) = answer {
                    self.guided.clone_from(rotation);
                }
                return Vec::new();
            }
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
        if let Request::Related(_) = asked {
            if let Ok(Reply::Related(related)) = answer {
                self.replacement.clone_from(&related.replacement);
                self.replaces = related.replaces.clone().filter(|old| old.status != Status::Revoked);
            }
            return Vec::new();
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
        let creates = Hint::new(&[Action::Submit], "create replacement");
        let (submits, next) = if self.replacement.is_some() {
            let creates = Hint::new(&[Action::Submit], "create another").or("create");
            (creates, Some(Hint::new(&[Action::NextField], "next steps").or("next")))
        } else if self.guided().is_some() {
            (creates.or("create"), Some(Hint::new(&[Action::NextField], "guide")))
        } else {
            (creates, None)
        };
        let mut hints = self.form.hints(submits);
        if let Some(next) = next.filter(|_| self.form.watches()) {
            hints.insert(1, next);
        }
        hints
    }

    fn text(&self) -> Text {
        self.form.text()
    }
}
