//! The signature of an executed review: which pack was looked at.

use super::form::Form;
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::OpenDialog;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, Notice, PackScope, Step};
use crate::tui::model::dialogs::pack::pack_command;
use crate::tui::model::effect::{CopyText, Effect, Request};
use crate::tui::model::event::{Failure, Reply};
use crate::tui::model::field::Edit;
use crate::tui::model::hints::{Hint, Input, Text};
use crate::tui::model::messages::Level;
use crate::tui::model::wording::words;
use crate::wire::audit::Head;
use crate::wire::page::MAX_LIMIT;
use crate::wire::problem::Code;
use crate::wire::reports::Sign;
use crate::wire::reviews::{Decision, DecisionFilter, ItemQuery, NotDone, Review};

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
    /// The decisions that were not carried out.
    not_done: NotDone,
    /// Why that is not known.
    unread: Option<String>,
}

impl SignReview {
    /// For this review; with the head of a pack that was created just now.
    pub fn new(review: Review, head: Option<Head>) -> SignReview {
        let (not_done, unread) = (NotDone::default(), None);
        let form = head.map_or_else(Form::default, |head| Form::with(&head.to_string()));
        SignReview { review, form, same_person: false, copied: None, not_done, unread }
    }

    /// What was decided and not carried out: `1 used since the decision · 2 to be rotated`; none where all was.
    pub fn not_done_words(&self) -> Option<String> {
        if let Some(why) = &self.unread {
            return Some(format!("unknown: {why}"));
        }
        self.not_done.words()
    }

    /// Asks for the keys with this decision, page by page: what became of each is not part of a review.
    fn items(&self, decision: Decision, cursor: Option<String>) -> Step {
        let decision = Some(DecisionFilter(Some(decision)));
        let query = ItemQuery { decision, limit: Some(MAX_LIMIT), cursor, ..ItemQuery::default() };
        Step::Ask(Request::ReviewItems { id: self.review.id, query })
    }

    fn all_items(&mut self) -> Vec<Step> {
        (self.not_done, self.unread) = (NotDone::default(), None);
        NotDone::DECISIONS.map(|it| self.items(it, None)).into()
    }
}

/// The head as it is typed, or as `keydeck audit report` prints it: `Head: 17:abab…`.
fn head(text: &str) -> Option<Head> {
    let text = text.trim();
    text.strip_prefix("Head:").unwrap_or(text).trim().parse().ok()
}

impl DialogLogic for SignReview {
    fn opened(&mut self, _: Facts<'_>) -> Vec<Step> {
        self.all_items()
    }

    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        if matches!(input, Input::Edit(_)) {
            // Another head is another question.
            self.same_person = false;
        }
        // A head begins with a number, so the first letter can be a key.
        if self.form.field.text().is_empty()
            && let Input::Edit(Edit::Insert(c)) = input
        {
            let is = |action| facts.key(action) == c.to_string();
            if is(Action::CopyMask) {
                let copy = CopyText::Public("command", pack_command(&self.review, facts));
                return vec![Step::Effect(Effect::Copy(copy))];
            }
            if is(Action::Export) {
                return vec![Step::Close, Step::Open(OpenDialog::Pack(PackScope::review(&self.review)))];
            }
        }
        let (id, same_person) = (self.review.id, self.same_person);
        self.form.on(input, |form| {
            let head = head(form.field.text()).ok_or_else(|| {
                "Paste the head of a pack: SEQ:HASH, a number, a colon and 64 hex digits.".to_owned()
            })?;
            Ok(Some(Request::SignReview { id, sign: Sign { head, same_person } }))
        })
    }

    fn replied(&mut self, facts: Facts<'_>, asked: &Request, answer: Answer<'_>) -> Vec<Step> {
        if let Request::ReviewItems { query, .. } = asked {
            match answer {
                Ok(Reply::ReviewItems(page)) => {
                    self.not_done.count(&page.items);
                    let decision = query.decision.and_then(|filter| filter.0);
                    let next = decision.zip(page.next.clone());
                    return next
                        .map(|(decision, next)| self.items(decision, Some(next)))
                        .into_iter()
                        .collect();
                }
                Ok(_) => {}
                Err(failure) => self.unread = Some(words(failure)),
            }
            return Vec::new();
        }
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
        if *notice == Notice::Reconnected && self.unread.is_some() {
            return Some(self.all_items());
        }
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
