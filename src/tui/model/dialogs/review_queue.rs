//! The queue of a review: one key at a time with everything to decide on it, and one key press for each decision.
//! Decisions are sent in the background. One that was not saved leads back to its key. Where the queue goes on is
//! read from the server, so that another dashboard can continue it.

mod decisions;
mod loading;

use self::loading::filter_and_decision;
use super::review_page::{Callers, page};
use super::review_reason::ReasonForm;
use super::review_rows::{OwnDecision, QueueRow, QueueRows, Wanted};
use crate::secret::public_starts;
use crate::tui::layout;
use crate::tui::model::action::Action;
use crate::tui::model::detail_text;
use crate::tui::model::dialogs::OpenDialog;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, Notice, PackScope, Step};
use crate::tui::model::effect::Request;
use crate::tui::model::event::{Failure, Reply};
use crate::tui::model::field::{Edit, Field};
use crate::tui::model::hints::{Hint, Input, Pointed, Text};
use crate::tui::model::wording::words;
use crate::wire::id::KeyId;
use crate::wire::keys::Key;
use crate::wire::problem::Code;
use crate::wire::reviews::{Review, ReviewStatus};
use crate::wire::time::Timestamp;

/// What decides, in a review that is open.
const DECIDES: [Action; 8] = [
    Action::Keep,
    Action::Revoke,
    Action::Rotate,
    Action::Pause,
    Action::Ask,
    Action::Skip,
    Action::Undo,
    Action::Rename,
];

/// The queue.
#[derive(Clone, PartialEq, Debug)]
pub struct Queue {
    /// The review.
    pub review: Review,
    /// Its keys.
    pub rows: QueueRows,
    /// Which of them is shown.
    pub at: usize,
    /// The filter that the keys match.
    pub filter: String,
    /// The filter while it is typed.
    pub typing: Option<Field>,
    /// The reason while it is typed.
    pub reason: Option<ReasonForm>,
    /// What has to be said, and whether it went wrong.
    pub note: Option<(bool, String)>,
    /// All that is known of the key is shown.
    pub all: bool,
    /// Why no key is shown.
    pub failed: Option<String>,
    top: usize,
    callers: Callers,
    asking: Option<KeyId>,
    loading: bool,
    looking: bool,
    /// It changed while it was asked how the review is.
    look_again: bool,
    /// Keys that others decided on while a page was loading, with the version of the decision. The page may hold an
    /// older version.
    late: Vec<(KeyId, u64)>,
    /// The keys are to be read again from the first, once every decision is saved.
    load_again: bool,
    /// The first undecided key is shown once it is loaded.
    seeking: bool,
    /// The last decision is undone once all keys are loaded.
    undoing: bool,
    /// The decision on this key is undone once it is known what stood before.
    looking_back: Option<KeyId>,
    /// This key is shown once it is loaded again.
    aim: Option<KeyId>,
    /// What was decided here, the last decision last.
    mine: Vec<OwnDecision>,
    /// What was undone here, the last one last. The decision before it stands again, with the time of the undo.
    undone: Vec<OwnDecision>,
    /// A decision was undone here.
    took_back: bool,
    /// Decisions that met one of somebody else: what was wanted, until that one is known.
    met: Vec<(KeyId, Wanted)>,
    /// Decisions that were not saved.
    unsaved: Vec<KeyId>,
    /// Another key came up by itself then.
    jumped: Timestamp,
    last_reason: Option<String>,
    /// Others execute what is decided here.
    auditor: bool,
    /// Nothing can be decided or executed here.
    locked: bool,
    /// What was told and is taken in already.
    heard: u64,
}

impl Queue {
    /// The queue of this review.
    pub fn new(review: Review) -> Queue {
        let rows = QueueRows::new(review.decisions);
        Queue {
            review,
            rows,
            at: 0,
            filter: String::new(),
            typing: None,
            reason: None,
            note: None,
            all: false,
            failed: None,
            top: 0,
            callers: None,
            asking: None,
            loading: false,
            looking: false,
            look_again: false,
            late: Vec::new(),
            load_again: false,
            seeking: true,
            undoing: false,
            looking_back: None,
            aim: None,
            mine: Vec::new(),
            undone: Vec::new(),
            took_back: false,
            met: Vec::new(),
            unsaved: Vec::new(),
            jumped: Timestamp::from_millis(0),
            last_reason: None,
            auditor: false,
            locked: false,
            heard: 0,
        }
    }

    /// The key that is shown, with its decision.
    pub fn row(&self) -> Option<&QueueRow> {
        self.rows.get(self.at)
    }

    /// Its page, in its place on the screen.
    pub fn page(&self, facts: Facts<'_>) -> Option<detail_text::Page> {
        let area = layout::review(facts.size()).body;
        self.row().map(|row| page(facts, area, row, &self.callers, (self.all, self.top)))
    }

    /// Whether the keys are still read.
    pub fn is_loading(&self) -> bool {
        self.loading
    }

    fn go(&mut self, at: usize) {
        self.at = at.min(self.rows.len().saturating_sub(1));
        self.top = 0;
    }

    fn act(&mut self, facts: Facts<'_>, action: Action) -> Vec<Step> {
        let rows = isize::try_from(self.rows.len()).unwrap_or(isize::MAX);
        let by = match action {
            Action::Up => -1,
            Action::Down => 1,
            Action::First => -rows,
            Action::Last => rows,
            Action::PageUp => -10,
            Action::PageDown => 10,
            Action::ScrollUp | Action::ScrollDown => {
                self.scroll(facts, if action == Action::ScrollUp { -3 } else { 3 });
                return Vec::new();
            }
            _ => 0,
        };
        if by != 0 {
            (self.note, self.seeking) = (None, false);
            self.cancel_undo();
            self.unsaved.clear();
            self.go(self.at.saturating_add_signed(by));
            return Vec::new();
        }
        if matches!(action, Action::Filter | Action::Rename | Action::Execute) {
            self.cancel_undo();
        }
        match action {
            Action::Cancel if self.all => self.all = false,
            Action::Cancel if !self.filter.is_empty() => return self.apply(facts, "", action),
            Action::Cancel if !self.may_leave() => {}
            Action::Cancel => return vec![Step::Close],
            Action::Help => return vec![Step::Open(OpenDialog::Help)],
            Action::Palette => return vec![Step::Open(OpenDialog::Palette)],
            Action::Open => (self.all, self.top) = (!self.all, 0),
            Action::Filter => {
                self.typing = Some(Field::with(&self.filter));
                self.note = Some((false, apply_words(facts)));
            }
            Action::Undo => return self.undo(facts),
            // What the screen lacks is requested after each key.
            Action::Refresh => (self.failed, self.note) = (None, None),
            Action::History if !self.may_leave() => {}
            Action::History => return vec![Step::Close, Step::Audit(self.review.id.to_string())],
            Action::Export => return vec![Step::Open(OpenDialog::Pack(PackScope::review(&self.review)))],
            Action::Rename => return self.explain(facts),
            Action::Execute if self.rows.is_saving() => {
                self.note = Some((true, "Some decisions are still being saved.".to_owned()));
            }
            Action::Execute if self.review.status == ReviewStatus::Executed => {
                return vec![Step::Open(OpenDialog::SignReview(Box::new(self.review.clone()), None))];
            }
            Action::Execute => {
                return vec![Step::Open(OpenDialog::ExecuteReview(Review {
                    decisions: self.rows.decisions,
                    ..self.review.clone()
                }))];
            }
            decision => return self.decide(facts, decision),
        }
        Vec::new()
    }

    fn scroll(&mut self, facts: Facts<'_>, by: isize) {
        let end = self.page(facts).map_or(0, |page| page.lines.len().saturating_sub(page.room));
        self.top = self.top.saturating_add_signed(by).min(end);
    }

    /// Shows the keys that match this filter, after a key for this action was pressed.
    fn apply(&mut self, facts: Facts<'_>, filter: &str, action: Action) -> Vec<Step> {
        if let Err(why) = filter_and_decision(filter) {
            self.note = Some((true, why));
            return Vec::new();
        }
        if self.rows.is_saving() || self.loading {
            let key = facts.key(action);
            self.note = Some((true, format!("Still working. Press {key} again in a moment.")));
            return Vec::new();
        }
        (self.typing, self.note, self.undoing) = (None, None, false);
        if self.filter == filter {
            return Vec::new();
        }
        filter.clone_into(&mut self.filter);
        self.seeking = true;
        let steps = self.load(true);
        // Of other keys the first undecided one is shown.
        (self.aim, self.at) = (None, 0);
        steps
    }
}

impl DialogLogic for Queue {
    fn opened(&mut self, facts: Facts<'_>) -> Vec<Step> {
        self.auditor = facts.connection.auditor();
        self.locked = facts.reviews_refused.is_some() && !facts.locked_only();
        let mut steps: Vec<Step> = self.look().into_iter().collect();
        steps.extend(self.want(facts));
        steps
    }

    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let submits = input == Input::Do(Action::Submit) && self.typing.is_none();
        if submits && self.met_in_form(facts, true) {
            return Vec::new();
        }
        let mut steps = match (input, &mut self.typing, &mut self.reason) {
            (Input::Do(Action::Submit), Some(field), _) => {
                let filter = public_starts(field.text().trim()).into_owned();
                self.apply(facts, &filter, Action::Submit)
            }
            (Input::Do(action), Some(_), _) => {
                (self.typing, self.note) = (None, None);
                if self.filter.is_empty() { Vec::new() } else { self.apply(facts, "", action) }
            }
            (Input::Edit(edit), Some(field), _) => {
                // What was said of a wrong filter is over with the next edit.
                let said = filter_and_decision(&public_starts(field.text().trim())).err();
                if self.note.as_ref().is_some_and(|(bad, words)| *bad && said.as_ref() == Some(words)) {
                    self.note = Some((false, apply_words(facts)));
                }
                field.edit(edit).map(Step::Offer).into_iter().collect()
            }
            (Input::Do(Action::Cancel), _, Some(_)) => {
                self.reason = None;
                Vec::new()
            }
            (Input::Do(Action::Submit), _, Some(form)) => match form.wanted(facts.server_now) {
                Some(wanted) => {
                    let key = form.key;
                    self.last_reason = wanted.reason.clone().or(self.last_reason.take());
                    self.reason = None;
                    self.set(facts, key, wanted)
                }
                None => Vec::new(),
            },
            (Input::Do(action), _, Some(form)) => {
                form.act(action);
                Vec::new()
            }
            (Input::Edit(edit), _, Some(form)) => form.edit(edit).map(Step::Offer).into_iter().collect(),
            (Input::Do(action), None, None) => self.act(facts, action),
            // The keys that decide are none of this dialog once it is over.
            (Input::Edit(Edit::Insert(c)), None, None)
                if !self.review.is_open() && DECIDES.iter().any(|it| facts.key(*it) == c.to_string()) =>
            {
                self.note = Some((true, over_words(self.review.status)));
                Vec::new()
            }
            (Input::Edit(Edit::Insert(c)), None, None)
                if self.locked
                    && DECIDES.iter().chain([&Action::Execute]).any(|it| facts.key(*it) == c.to_string()) =>
            {
                self.note = facts.reviews_refused.map(|why| (true, why.to_owned()));
                Vec::new()
            }
            (Input::Edit(Edit::Insert(c)), None, None)
                if self.review.status == ReviewStatus::Signed
                    && facts.key(Action::Execute) == c.to_string() =>
            {
                self.note = Some((true, "This review is already signed.".to_owned()));
                Vec::new()
            }
            (Input::Edit(Edit::Insert(c)), None, None)
                if self.failed.is_some()
                    && self.rows.is_empty()
                    && DECIDES.iter().any(|it| facts.key(*it) == c.to_string()) =>
            {
                let retry = facts.key(Action::Refresh);
                self.note = Some((true, format!("No keys are loaded. Press {retry} to load them.")));
                Vec::new()
            }
            (Input::Edit(Edit::Insert(c)), None, None) => {
                let [close, help] = [Action::Cancel, Action::Help].map(|action| facts.key(action));
                let words = format!(
                    "{c} does nothing in a review. Press {close} to close it or {help} for its keys."
                );
                self.note = Some((false, words));
                Vec::new()
            }
            (Input::Edit(_), None, None) => Vec::new(),
        };
        steps.extend(self.want(facts));
        steps
    }

    fn replied(&mut self, facts: Facts<'_>, asked: &Request, answer: Answer<'_>) -> Vec<Step> {
        let mut steps = Vec::new();
        match (asked, answer) {
            (Request::ReviewItems { query, .. }, Ok(Reply::ReviewItems(page))) => {
                steps.extend(self.came(facts, query, page));
            }
            (Request::ReviewItems { query, .. }, Err(failure)) if query.limit.is_some() => {
                let why = words(failure);
                let retry = facts.key(Action::Refresh);
                if std::mem::take(&mut self.undoing) {
                    self.note =
                        Some((true, format!("Cannot load the other decisions. Nothing was undone. {why}")));
                } else if !self.rows.is_empty() {
                    let words = format!("Cannot load the next keys. {why} Press {retry} to retry.");
                    self.note = Some((true, words));
                }
                (self.loading, self.failed) = (false, Some(why));
            }
            (Request::ReviewItems { .. }, Err(_)) => self.rows.forget_undone(),
            (Request::Review(_), Ok(Reply::Review(review))) => {
                self.looking = false;
                if !self.rows.is_saving() {
                    self.rows.decisions = review.decisions;
                }
                if review.status != self.review.status {
                    // What was said of the next step is over.
                    self.note = None;
                }
                self.review = (**review).clone();
                self.count();
                if std::mem::take(&mut self.look_again) {
                    steps.extend(self.look());
                }
            }
            (Request::Review(_), Err(_)) => self.looking = false,
            (Request::Callers(id), answer) => {
                self.asking = None;
                self.callers = match answer {
                    Ok(Reply::Callers(callers)) => Some((*id, Ok(callers.clone()))),
                    Ok(_) => None,
                    Err(failure) => Some((*id, Err(words(failure)))),
                };
            }
            (Request::AuditEvents { .. }, Ok(Reply::AuditEvents { page, .. })) => {
                steps.extend(self.looked_back(facts, Ok(&page.items)));
            }
            (Request::AuditEvents { .. }, Err(failure)) => {
                steps.extend(self.looked_back(facts, Err(words(failure))));
            }
            (Request::Decide { .. }, Ok(Reply::Decided(item))) => {
                steps.extend(self.rows.saved(self.review.id, item).map(Step::Ask));
            }
            (Request::Undecide { key, .. }, Ok(_)) => {
                self.rows.undone(*key);
                steps.push(self.read(*key));
            }
            (_, Err(failure)) => steps.extend(self.failed_to_decide(facts, asked, failure)),
            _ => {}
        }
        if self.load_again {
            steps.extend(self.load_anew());
        }
        steps.extend(self.want(facts));
        steps
    }

    fn asks_user_after(&self, failure: &Failure) -> bool {
        failure.code == Some(Code::DecisionChanged)
    }

    fn notified(&mut self, facts: Facts<'_>, notice: &Notice) -> Option<Vec<Step>> {
        let mut steps = match notice {
            Notice::Changes => self.tell(facts),
            Notice::Unheard => {
                let row = self.row().filter(|row| !row.is_saving()).map(|row| row.item.key.id);
                let mut steps: Vec<Step> = row.map(|key| self.read(key)).into_iter().collect();
                steps.extend(self.look());
                steps
            }
            Notice::Reconnected => {
                (self.looking, self.note) = (false, self.note.take().filter(|_| self.failed.is_none()));
                self.failed = None;
                self.callers.take_if(|(_, callers)| callers.is_err());
                self.look().into_iter().collect()
            }
            _ => return None,
        };
        steps.extend(self.want(facts));
        Some(steps)
    }

    fn pointed(&mut self, facts: Facts<'_>, pointed: Pointed) -> Vec<Step> {
        if let Pointed::Wheel(by) = pointed {
            self.scroll(facts, by);
        }
        Vec::new()
    }

    fn hints(&self) -> Vec<Hint> {
        if self.typing.is_some() {
            return vec![Hint::new(&[Action::Submit], "apply"), Hint::new(&[Action::Cancel], "clear")];
        }
        if let Some(form) = &self.reason {
            return form.hints();
        }
        let mut hints = Vec::with_capacity(16);
        if self.failed.is_some() {
            hints.push(Hint::new(&[Action::Refresh], "retry"));
        }
        if self.review.is_open() && !self.locked && !(self.failed.is_some() && self.rows.is_empty()) {
            let is_decided = self.row().is_none_or(|row| row.shown().is_some());
            let explains = if is_decided { "reason, date" } else { "keep with reason" };
            hints.extend([
                Hint::new(&[Action::Keep], "keep"),
                Hint::new(&[Action::Revoke], "revoke"),
                Hint::new(&[Action::Rotate], "rotate"),
                Hint::new(&[Action::Pause], "pause"),
                Hint::new(&[Action::Ask], "ask owner").or("ask"),
                Hint::new(&[Action::Skip], "skip"),
                Hint::new(&[Action::Undo], "undo"),
                Hint::new(&[Action::Rename], explains).or(""),
            ]);
        }
        let details = if self.all { "less" } else { "details" };
        hints.extend([
            Hint::new(&[Action::Filter], "filter").or(""),
            Hint::new(&[Action::Open], details).or(""),
        ]);
        if self.review.is_open() && (self.auditor || self.locked) {
            hints.push(Hint::new(&[Action::Execute], "summary"));
        } else if self.review.is_open() {
            hints.push(Hint::new(&[Action::Execute], "execute"));
        }
        if self.review.status == ReviewStatus::Executed && !self.locked {
            hints.push(Hint::new(&[Action::Execute], "sign"));
        }
        let pack = Hint::new(&[Action::Export], "evidence pack").or("");
        let (next, later) = if self.review.is_open() { (None, Some(pack)) } else { (Some(pack), None) };
        hints.extend(next.filter(|_| !self.locked));
        let back = if self.all || !self.filter.is_empty() { "back" } else { "close" };
        hints.push(Hint::new(&[Action::Cancel], back));
        hints.push(Hint::new(&[Action::Help], "help"));
        // Of an open review a pack is rarely wanted: where there is no room, it is left out first.
        hints.extend(later.filter(|_| !self.locked));
        hints.push(Hint::silent(&[
            Action::History,
            Action::Palette,
            Action::Down,
            Action::Up,
            Action::First,
            Action::Last,
            Action::PageUp,
            Action::PageDown,
            Action::ScrollUp,
            Action::ScrollDown,
        ]));
        hints
    }

    fn keys_title(&self) -> &'static str {
        "In this review"
    }

    fn may_leave(&mut self) -> bool {
        // What was decided after a decision that is not answered would never be sent.
        let queued = self.rows.has_queued();
        if queued {
            self.note = Some((true, "Some decisions are still being saved.".to_owned()));
        }
        !queued
    }

    fn text(&self) -> Text {
        if self.typing.is_some() || self.reason.is_some() { Text::Typed } else { Text::Refused }
    }

    fn decides(&self) -> bool {
        false
    }

    fn watches(&self) -> bool {
        true
    }

    fn about(&self) -> Option<&Key> {
        self.row().map(|row| &row.item.key)
    }
}

/// Why nothing can be decided in a review that is over.
pub(super) fn over_words(status: ReviewStatus) -> String {
    format!("This review is {}; its decisions cannot be changed.", status.as_str())
}

/// A filter loads the keys again, so it applies at Enter and not while it is typed.
fn apply_words(facts: Facts<'_>) -> String {
    format!("Press {} to filter the keys of this review.", facts.key(Action::Submit))
}
