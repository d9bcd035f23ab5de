//! Why a key of a review is kept, and until when; or what to ask its owner.

use crate::secret::MaskedKey;
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::review_rows::Wanted;
use crate::tui::model::field::{Edit, Field};
use crate::tui::model::hints::Hint;
use crate::tui::model::review_words::{future, needs_reason};
use crate::wire::id::KeyId;
use crate::wire::reviews::{Decision, ReviewItem};
use crate::wire::time::Timestamp;

/// The small form over the queue.
#[derive(Clone, PartialEq, Debug)]
pub struct ReasonForm {
    /// The key.
    pub key: KeyId,
    /// Its name.
    pub name: String,
    /// The decision that was read: another one is not replaced before it was read, too.
    pub version: u64,
    /// What is decided.
    pub decision: Decision,
    /// Why.
    pub reason: Field,
    /// Until when it is kept.
    pub until: Field,
    /// The keys go to the date.
    pub dates: bool,
    /// Whether it cannot be kept without a reason.
    pub needed: bool,
    /// What is wrong.
    pub note: Option<String>,
    /// The reason that was given last, for keys that are alike.
    pub last: Option<String>,
    /// Who owns the key.
    pub owner: Option<String>,
    /// Who created it, for a key without an owner.
    pub creator: String,
}

/// For how long a key is kept, to choose from.
const PRESETS: [&str; 3] = ["30d", "90d", "180d"];

impl ReasonForm {
    /// For this decision on this key, with the reason that it has.
    pub fn new(item: &ReviewItem, decision: Decision, last: Option<String>) -> ReasonForm {
        let same = item.decision == Some(decision);
        let reason = item.reason.as_deref().filter(|_| same).unwrap_or_default();
        let until = item.until.filter(|_| same).map(|until| until.utc().format("%Y-%m-%d").to_string());
        ReasonForm {
            key: item.key.id,
            name: item.key.full_name(),
            version: item.version,
            decision,
            reason: Field::with(reason),
            until: Field::with(&until.unwrap_or_default()),
            dates: false,
            needed: decision == Decision::Keep && needs_reason(item),
            note: None,
            last,
            owner: item.key.owner.as_deref().map(str::to_owned),
            creator: item.key.created_by.to_string(),
        }
    }

    /// Whether a date may be given.
    pub fn has_date(&self) -> bool {
        self.decision == Decision::Keep
    }

    /// Who is to be asked, and that this is left to the reviewer; none for other decisions.
    pub fn whom_to_ask(&self) -> Option<String> {
        (self.decision == Decision::Ask).then(|| match &self.owner {
            Some(owner) => {
                format!("Keydeck contacts no one: ask {owner} yourself. The note is for this review.")
            }
            None => format!(
                "This key has no owner; {} created it. Keydeck contacts no one: the note is for this review.",
                self.creator
            ),
        })
    }

    /// Whether arrows choose a time to keep it for; in a text that was typed they move the cursor.
    fn chooses(&self) -> bool {
        self.dates && (self.until.is_suggestion() || self.until.text().is_empty())
    }

    /// The next or previous time to keep it for.
    fn choose(&mut self, forward: bool) {
        let at = PRESETS.iter().position(|preset| *preset == self.until.text());
        let next = match (at, forward) {
            (None, true) => Some(0),
            (None, false) => Some(PRESETS.len() - 1),
            (Some(at), true) => (at + 1 < PRESETS.len()).then_some(at + 1),
            (Some(at), false) => at.checked_sub(1),
        };
        self.until = Field::suggesting(next.map_or("", |at| PRESETS[at]));
    }

    /// What is decided; none where something is wrong.
    pub fn wanted(&mut self, now: Timestamp) -> Option<Wanted> {
        let reason = match self.reason.reason() {
            Ok(None) if self.needed => Err("Keeping a key with a high finding needs a reason.".to_owned()),
            reason => reason,
        };
        let until = future("Until", self.until.text(), now);
        match (reason, until) {
            (Ok(reason), Ok(until)) => Some(Wanted { decision: Some(self.decision), reason, until }),
            (Err(why), _) => {
                (self.dates, self.note) = (false, Some(why));
                None
            }
            (_, Err(why)) => {
                (self.dates, self.note) = (true, Some(why));
                None
            }
        }
    }

    /// Types. Gives the mask of a whole key that was put in.
    pub fn edit(&mut self, edit: Edit<'_>) -> Option<MaskedKey> {
        self.note = None;
        if matches!(edit, Edit::Left | Edit::Right) && self.chooses() {
            self.choose(edit == Edit::Right);
            return None;
        }
        if self.dates { self.until.edit(edit) } else { self.reason.edit(edit) }
    }

    /// Another field, or the last reason again.
    pub fn act(&mut self, action: Action) {
        match (action, &self.last) {
            (Action::Up, Some(last)) if !self.dates => self.reason = Field::with(last),
            (Action::NextField | Action::PreviousField | Action::Down, _) if self.has_date() => {
                self.dates = !self.dates;
            }
            _ => {}
        }
    }

    /// The keys that work.
    pub fn hints(&self) -> Vec<Hint> {
        let mut hints = vec![Hint::new(&[Action::Submit], self.decision.as_str())];
        if self.has_date() {
            hints.push(Hint::new(&[Action::NextField], if self.dates { "reason" } else { "until" }).or(""));
        }
        if self.chooses() {
            hints.push(Hint::words("← → 30, 90 or 180 days").or("← →"));
        }
        if self.last.is_some() && !self.dates {
            hints.push(Hint::words("↑ last reason").or(""));
        }
        hints.push(Hint::new(&[Action::Cancel], "cancel"));
        hints.push(Hint::silent(&[Action::PreviousField, Action::Up, Action::Down]));
        hints
    }
}
