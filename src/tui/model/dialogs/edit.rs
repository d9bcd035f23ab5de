//! A key's name, owner and purpose. What was changed goes to the server as one edit; what was left alone follows
//! what others do meanwhile.

use super::form::{Form, Meanwhile};
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, Notice, Step};
use crate::tui::model::effect::Request;
use crate::tui::model::field::{Edit, Field};
use crate::tui::model::hints::{Hint, Input, Text};
use crate::wire::keys::{Key, KeyEdit};

/// Which field is typed into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EditFocus {
    /// The name.
    Name,
    /// The owner.
    Owner,
    /// What it is for.
    Purpose,
}

const FIELDS: [EditFocus; 3] = [EditFocus::Name, EditFocus::Owner, EditFocus::Purpose];

/// The form.
#[derive(Clone, PartialEq, Debug)]
pub struct EditForm {
    /// The key as it is now.
    pub key: Key,
    /// Its name.
    pub form: Form,
    /// The owner; empty for none.
    pub owner: Field,
    /// What it is for; empty for nothing.
    pub purpose: Field,
    /// Which field is typed into.
    pub focus: EditFocus,
}

impl EditForm {
    /// The form with what the key has; the name has the focus.
    pub fn new(key: Key) -> EditForm {
        EditForm {
            form: Form::with(&key.name),
            owner: Field::with(key.owner.as_deref().unwrap_or("")),
            purpose: Field::with(key.purpose.as_deref().unwrap_or("")),
            focus: EditFocus::Name,
            key,
        }
    }

    fn turn(&mut self, forward: bool) {
        let at = FIELDS.iter().position(|field| *field == self.focus).unwrap_or(0);
        let by = if forward { 1 } else { FIELDS.len() - 1 };
        self.focus = FIELDS[(at + by) % FIELDS.len()];
    }

    fn edit(&mut self, edit: Edit<'_>) -> Vec<Step> {
        let field = match self.focus {
            EditFocus::Name => &mut self.form.field,
            EditFocus::Owner => &mut self.owner,
            EditFocus::Purpose => &mut self.purpose,
        };
        self.form.note = None;
        field.edit(edit).map(Step::Offer).into_iter().collect()
    }

    /// What differs from the key as it is.
    fn changes(&mut self) -> Result<KeyEdit, String> {
        // What is stored stays as it is, whatever would be refused now.
        let typed = |field: &Field, stored: Option<&str>| field.text() != stored.unwrap_or("");
        let (mut edit, key) = (KeyEdit::default(), &self.key);
        if typed(&self.form.field, Some(&key.name)) {
            let name = self.form.name().inspect_err(|_| self.focus = EditFocus::Name)?;
            edit.name = Some(name).filter(|name| *name != key.name);
        }
        if typed(&self.owner, key.owner.as_deref()) {
            let owner = self.owner.owner().inspect_err(|_| self.focus = EditFocus::Owner)?;
            edit.owner = Some(owner).filter(|owner| owner.as_deref() != key.owner.as_deref());
        }
        if typed(&self.purpose, key.purpose.as_deref()) {
            let purpose = self.purpose.purpose().inspect_err(|_| self.focus = EditFocus::Purpose)?;
            edit.purpose = Some(purpose).filter(|purpose| purpose.as_deref() != key.purpose.as_deref());
        }
        Ok(edit)
    }

    /// Takes in changes made elsewhere. A field that was not edited here shows the new value.
    fn follow(&mut self, facts: Facts<'_>) -> bool {
        let before = self.key.clone();
        let meanwhile = Meanwhile::to_key(&mut self.key, facts);
        if self.form.field.text() == before.name && before.name != self.key.name {
            self.form.field = Field::with(&self.key.name);
        }
        let mut changed = false;
        let mut changes = Vec::new();
        for (field, what, before, now) in [
            (&mut self.owner, "owner", before.owner.as_deref(), self.key.owner.as_deref()),
            (&mut self.purpose, "purpose", before.purpose.as_deref(), self.key.purpose.as_deref()),
        ] {
            if before == now {
                continue;
            }
            changed = true;
            changes.push(format!("{what} is now {}", now.unwrap_or("empty")));
            if field.text() == before.unwrap_or("") {
                *field = Field::with(now.unwrap_or(""));
            }
        }
        if changed && meanwhile == Meanwhile::Nothing {
            self.form.note = Some(format!("Changed meanwhile: {}.", changes.join(", ")));
        }
        self.form.follow(meanwhile) || changed
    }
}

impl DialogLogic for EditForm {
    fn on(&mut self, _: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let busy = self.form.sending || self.form.pointless;
        match input {
            Input::Do(Action::NextField | Action::Down) if !busy => self.turn(true),
            Input::Do(Action::PreviousField | Action::Up) if !busy => self.turn(false),
            Input::Edit(edit) if !busy => return self.edit(edit),
            Input::Do(action) => {
                let changes = if busy { Ok(KeyEdit::default()) } else { self.changes() };
                let id = self.key.id;
                return self.form.on(Input::Do(action), |_| {
                    changes.map(|edit| (!edit.is_empty()).then_some(Request::EditKey { id, edit }))
                });
            }
            Input::Edit(_) => {}
        }
        Vec::new()
    }

    fn replied(&mut self, _: Facts<'_>, asked: &Request, answer: Answer<'_>) -> Vec<Step> {
        self.form.replied(asked, answer)
    }

    fn notified(&mut self, facts: Facts<'_>, notice: &Notice) -> Option<Vec<Step>> {
        match notice {
            Notice::Changes if self.form.watches() => self.follow(facts).then(Vec::new),
            Notice::Unheard => self.form.look(Request::Key(self.key.id)),
            _ => None,
        }
    }

    fn watches(&self) -> bool {
        self.form.watches()
    }

    fn hints(&self) -> Vec<Hint> {
        let mut hints = self.form.hints(Hint::new(&[Action::Submit], "save"));
        if self.form.watches() {
            hints.insert(1, Hint::new(&[Action::NextField], "next"));
            hints.push(Hint::silent(&[Action::PreviousField, Action::Up, Action::Down]));
        }
        hints
    }

    fn text(&self) -> Text {
        self.form.text()
    }

    fn about(&self) -> Option<&Key> {
        Some(&self.key)
    }
}
