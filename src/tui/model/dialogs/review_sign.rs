//! The signature of an executed review: which pack was looked at.

use super::form::Form;
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, Notice, Step};
use crate::tui::model::dialogs::review_pack::pack_command;
use crate::tui::model::effect::{CopyText, Effect, Request};
use crate::tui::model::event::Failure;
use crate::tui::model::field::Edit;
use crate::tui::model::hints::{Hint, Input, Text};
use crate::tui::model::messages::Level;
use crate::wire::audit::Head;
use crate::wire::problem::Code;
use crate::wire::reports::Sign;
use crate::wire::reviews::Review;

/// The dialog.
#[derive(Clone, PartialEq, Debug)]
pub struct SignReview {
    /// The review.
    pub review: Review,
    /// The head of the pack.
    pub form: Form,
    /// The signer took part and has read that: the next Enter signs all the same.
    pub same_person: bool,
    /// What became of the last copy of the command.
    pub copied: Option<(Level, String)>,
}

impl SignReview {
    /// For this review.
    pub fn new(review: Review) -> SignReview {
        SignReview { review, form: Form::default(), same_person: false, copied: None }
    }
}

impl DialogLogic for SignReview {
    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        if matches!(input, Input::Edit(_)) {
            // Another head is another question.
            self.same_person = false;
        }
        // A head begins with a number, so the first letter can be a key of its own.
        let copies = |c: char| facts.key(Action::CopyMask) == c.to_string();
        if self.form.field.text().is_empty() && matches!(input, Input::Edit(Edit::Insert(c)) if copies(c)) {
            let copy = CopyText::Public("command", pack_command(&self.review, facts));
            return vec![Step::Effect(Effect::Copy(copy))];
        }
        let (id, same_person) = (self.review.id, self.same_person);
        self.form.on(input, |form| {
            let head: Head = form.field.text().trim().parse().map_err(|_| {
                "Paste the head of a pack: SEQ:HASH, a number, a colon and 64 hex digits.".to_owned()
            })?;
            Ok(Some(Request::SignReview { id, sign: Sign { head, same_person } }))
        })
    }

    fn replied(&mut self, facts: Facts<'_>, asked: &Request, answer: Answer<'_>) -> Vec<Step> {
        if let Err(failure) = answer
            && failure.code == Some(Code::SamePerson)
        {
            let sign = facts.key(Action::Submit);
            self.form.sending = false;
            self.same_person = true;
            self.form.note = Some(format!(
                "You made decisions in this review or executed it, so another person should sign it. To sign it yourself \
                 anyway, press {sign} again; later packs show it."
            ));
            return Vec::new();
        }
        self.form.replied(asked, answer)
    }

    fn asks_user_after(&self, failure: &Failure) -> bool {
        failure.code == Some(Code::SamePerson)
    }

    fn notified(&mut self, _: Facts<'_>, notice: &Notice) -> Option<Vec<Step>> {
        let Notice::CopiedText(copied) = notice else { return None };
        self.copied = Some(copied.clone());
        Some(Vec::new())
    }

    fn hints(&self) -> Vec<Hint> {
        let does = if self.same_person { "sign anyway" } else { "sign" };
        self.form.hints(Hint::new(&[Action::Submit], does).or("sign"))
    }

    fn text(&self) -> Text {
        self.form.text()
    }
}
