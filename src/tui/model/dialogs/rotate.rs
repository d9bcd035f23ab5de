//! A key's successor: what it is called.

use crate::tui::model::action::Action;
use crate::tui::model::effect::Request;
use crate::tui::model::event::{Failure, Reply};
use crate::tui::model::field::Field;
use crate::tui::model::hints::{Hint, Input, Text};
use crate::tui::model::interaction::{DialogLogic, Facts, Step};
use crate::tui::model::wording::outcome;
use crate::wire::keys::Key;
use crate::wire::text;
use crate::wire::time::Timestamp;

/// The form for a successor.
#[derive(Clone, PartialEq, Debug)]
pub struct RotateForm {
    /// The key that is succeeded, as it was when the form opened.
    pub key: Key,
    /// The successor's name; empty for the old one with the next free number.
    pub field: Field,
    /// Why it was refused.
    pub error: Option<String>,
    /// It was sent.
    pub sending: bool,
    opened: Timestamp,
}

impl RotateForm {
    /// An empty form.
    pub fn new(key: Key, opened: Timestamp) -> RotateForm {
        RotateForm { key, opened, field: Field::default(), error: None, sending: false }
    }

    fn request(&self) -> Result<Request, String> {
        if let Some(refused) = self.field.refused_secret() {
            return Err(refused);
        }
        let name = match self.field.text().trim() {
            "" => None,
            name => Some(text::name(name).map_err(|bad| format!("the name {bad}"))?),
        };
        Ok(Request::RotateKey { id: self.key.id, name })
    }
}

impl DialogLogic for RotateForm {
    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        match input {
            Input::Do(Action::Cancel) => return vec![Step::Close],
            _ if self.sending => {}
            // Without a name to be typed, one key press alone would make it.
            Input::Do(_) if self.field.text().is_empty() && facts.too_fast(self.opened) => {
                let again = facts.key(Action::Submit);
                self.error = Some(format!("too fast: nobody can have read this yet; press {again} again"));
            }
            Input::Do(_) => match self.request() {
                Ok(request) => {
                    (self.sending, self.error) = (true, None);
                    return vec![Step::Ask(request)];
                }
                Err(error) => self.error = Some(error),
            },
            Input::Edit(edit) => {
                self.error = None;
                return self.field.edit(edit).map(Step::Offer).into_iter().collect();
            }
        }
        Vec::new()
    }

    fn replied(&mut self, _: Facts<'_>, asked: &Request, answer: Result<&Reply, &Failure>) -> Vec<Step> {
        match answer {
            Ok(_) => vec![Step::Close],
            Err(failure) => {
                (self.sending, self.error) = (false, Some(outcome(asked, failure)));
                Vec::new()
            }
        }
    }

    fn hints(&self) -> Vec<Hint> {
        let leaves = Hint::new(&[Action::Cancel], "leaves");
        if self.sending {
            return vec![Hint::silent(leaves.actions)];
        }
        vec![Hint::new(&[Action::Submit], "makes the successor and shows it once"), leaves]
    }

    fn text(&self) -> Text {
        if self.sending { Text::Waiting } else { Text::Typed }
    }
}
