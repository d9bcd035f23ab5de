//! The queue of a review: one key at a time with everything to decide on it, and one key press for each decision.
//! Decisions are sent in the background. One that was not saved leads back to its key. Where the queue goes on is
//! read from the server, so that another dashboard can continue it.

use super::review_page::{Callers, is_in_use, page};
use super::review_reason::ReasonForm;
use super::review_rows::{QueueRow, QueueRows, Wanted};
use crate::tui::layout;
use crate::tui::model::action::Action;
use crate::tui::model::change_batch::key_told;
use crate::tui::model::detail_text;
use crate::tui::model::dialogs::OpenDialog;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, Notice, Step};
use crate::tui::model::effect::Request;
use crate::tui::model::event::{Failure, FailureKind, Reply};
use crate::tui::model::field::Field;
use crate::tui::model::hints::{Hint, Input, Pointed, Text};
use crate::tui::model::review_words::{decision_label, needs_reason};
use crate::tui::model::wording::{outcome, words};
use crate::wire::audit;
use crate::wire::filter::Filter;
use crate::wire::id::KeyId;
use crate::wire::keys::{Key, Sort, SortBy};
use crate::wire::page::Page;
use crate::wire::problem::Code;
use crate::wire::reviews::{Decision, ItemQuery, Review, ReviewItem};
use crate::wire::text::sentence;
use crate::wire::time::Timestamp;

/// How many keys one request asks for.
const PAGE: u32 = 200;
/// The next page is asked for when the key is this near to the end of what is loaded.
const NEAR: usize = 60;
/// Of more keys than these that others decided on, all are read again.
const FEW: usize = 10;

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
    /// The keys are to be read again from the first, once every decision is saved.
    load_again: bool,
    /// The first undecided key is shown once it is loaded.
    seeking: bool,
    /// This key is shown once it is loaded again.
    aim: Option<KeyId>,
    /// The keys that were decided here, the last one last.
    mine: Vec<KeyId>,
    /// Decisions that met one of somebody else: what was wanted, until that one is known.
    met: Vec<(KeyId, Wanted)>,
    /// Decisions that were not saved.
    unsaved: Vec<KeyId>,
    /// Another key came up by itself then.
    jumped: Timestamp,
    last_reason: Option<String>,
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
            load_again: false,
            seeking: true,
            aim: None,
            mine: Vec::new(),
            met: Vec::new(),
            unsaved: Vec::new(),
            jumped: Timestamp::from_millis(0),
            last_reason: None,
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

    fn load(&mut self, from_the_first: bool) -> Vec<Step> {
        if self.loading {
            return Vec::new();
        }
        if from_the_first {
            self.aim = self.row().map(|row| row.item.key.id);
            self.rows = QueueRows::new(self.rows.decisions);
        }
        (self.loading, self.failed) = (true, None);
        let query = ItemQuery {
            filter: self.filter.clone(),
            sort: Some(Sort { by: SortBy::Findings, descending: false }),
            limit: Some(PAGE),
            cursor: self.rows.next.clone(),
            decision: None,
        };
        vec![Step::Ask(Request::ReviewItems { id: self.review.id, query })]
    }

    /// Reads the keys again from the first. A decision that is not saved yet stands in a row: that comes first.
    fn load_anew(&mut self) -> Vec<Step> {
        self.load_again = self.loading || self.rows.is_saving();
        if self.load_again { Vec::new() } else { self.load(true) }
    }

    /// Asks for what the screen lacks: the next keys, and the callers of the one that is shown.
    fn want(&mut self, facts: Facts<'_>) -> Vec<Step> {
        let near = self.seeking || self.aim.is_some() || self.at + NEAR >= self.rows.len();
        let mut steps = Vec::new();
        if near && !self.rows.complete && self.failed.is_none() {
            steps.extend(self.load(false));
        }
        if let (Some(row), None) = (self.row(), self.asking) {
            let key = &row.item.key;
            let known = self.callers.as_ref().is_some_and(|(id, _)| *id == key.id);
            if !known && (self.all || is_in_use(key, facts.server_now)) {
                let id = key.id;
                self.asking = Some(id);
                steps.push(Step::Ask(Request::Callers(id)));
            }
        }
        steps
    }

    /// Asks how the review is.
    fn look(&mut self) -> Option<Step> {
        let asks = !self.looking;
        self.look_again |= self.looking;
        self.looking = true;
        asks.then_some(Step::Ask(Request::Review(self.review.id)))
    }

    /// Asks how a key of the review is.
    fn read(&self, key: KeyId) -> Step {
        let query = ItemQuery { filter: format!("\"{key}\""), ..ItemQuery::default() };
        Step::Ask(Request::ReviewItems { id: self.review.id, query })
    }

    /// Counts the decisions where all keys are loaded.
    fn count(&mut self) {
        if self.rows.complete && self.filter.is_empty() {
            self.rows.count();
        }
    }

    fn go(&mut self, at: usize) {
        self.at = at.min(self.rows.len().saturating_sub(1));
        self.top = 0;
    }

    /// To the next undecided key.
    fn advance(&mut self, facts: Facts<'_>) {
        match self.rows.undecided_after(self.at) {
            Some(at) => self.go(at),
            None if !self.rows.complete => self.seeking = true,
            None => {
                let words = match (self.filter.is_empty(), facts.key(Action::Execute)) {
                    (true, key) => format!("All keys are decided. Press {key} to execute the decisions."),
                    (false, _) => {
                        format!("All keys that match are decided. {} shows all.", facts.key(Action::Cancel))
                    }
                };
                self.note = Some((false, words));
            }
        }
    }

    /// Whether keys are decided on here; says why not.
    fn may_decide(&mut self, facts: Facts<'_>) -> Result<(), Vec<Step>> {
        if !self.review.is_open() {
            self.note = Some((true, format!("This review is {}.", self.review.status.as_str())));
            return Err(Vec::new());
        }
        let Some(why) = facts.reviews_refused else { return Ok(()) };
        let locked = facts.setup.contexts.here().is_some_and(|context| context.read_only);
        if locked && !facts.setup.read_only {
            return Err(vec![Step::Open(OpenDialog::Unlock(Vec::new()))]);
        }
        self.note = Some((true, why.to_owned()));
        Err(Vec::new())
    }

    fn decide(&mut self, facts: Facts<'_>, action: Action) -> Vec<Step> {
        let decision = match action {
            Action::Keep => Decision::Keep,
            Action::Revoke => Decision::Revoke,
            Action::Rotate => Decision::Rotate,
            Action::Pause => Decision::Pause,
            Action::Ask => Decision::Ask,
            _ => Decision::Skip,
        };
        if let Err(steps) = self.may_decide(facts) {
            return steps;
        }
        if facts.too_fast(self.jumped) {
            self.note = Some((true, facts.too_fast_words(action)));
            return Vec::new();
        }
        let Some(row) = self.row() else { return Vec::new() };
        if decision == Decision::Ask || decision == Decision::Keep && needs_reason(&row.item) {
            self.reason = Some(ReasonForm::new(&row.item, decision, self.last_reason.clone()));
            return Vec::new();
        }
        self.set(facts, row.item.key.id, Wanted::of(decision))
    }

    /// Gives the decision a reason, and keep a date.
    fn explain(&mut self, facts: Facts<'_>) -> Vec<Step> {
        if let Err(steps) = self.may_decide(facts) {
            return steps;
        }
        if let Some(row) = self.row() {
            let decision = row.shown().unwrap_or(Decision::Keep);
            self.reason = Some(ReasonForm::new(&row.item, decision, self.last_reason.clone()));
        }
        Vec::new()
    }

    /// Decides and goes on.
    fn set(&mut self, facts: Facts<'_>, key: KeyId, wanted: Wanted) -> Vec<Step> {
        let Some(at) = self.rows.place(key) else { return Vec::new() };
        let same = self.rows.get(at).is_some_and(|row| !row.is_saving() && wanted.is_in(&row.item));
        self.note = None;
        let mut steps = Vec::new();
        if !same {
            self.mine.retain(|id| *id != key);
            self.mine.push(key);
            steps.extend(self.rows.decide(self.review.id, at, wanted).map(Step::Ask));
        }
        self.advance(facts);
        steps
    }

    /// Takes back the last decision of this person.
    fn undo(&mut self, facts: Facts<'_>) -> Vec<Step> {
        if let Err(steps) = self.may_decide(facts) {
            return steps;
        }
        let me = facts.connection.session.as_ref().map(|session| session.principal.as_str());
        let decided = |key: &KeyId| self.rows.place(*key).and_then(|at| self.rows.get(at)?.shown()).is_some();
        while self.mine.last().is_some_and(|key| !decided(key)) {
            self.mine.pop();
        }
        let key = self.mine.pop().or_else(|| self.rows.last_of(me?));
        let Some((key, at)) = key.and_then(|key| Some((key, self.rows.place(key)?))) else {
            self.note = Some((false, "You have not decided on any key yet.".to_owned()));
            return Vec::new();
        };
        let request = self.rows.decide(self.review.id, at, Wanted::default());
        self.go(at);
        let name = self.rows.get(at).map(|row| row.item.key.name.clone()).unwrap_or_default();
        self.note = Some((false, format!("Decision on {name} undone.")));
        self.mine.retain(|id| *id != key);
        request.map(Step::Ask).into_iter().collect()
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
            self.unsaved.clear();
            self.go(self.at.saturating_add_signed(by));
            return Vec::new();
        }
        match action {
            Action::Cancel if self.all => self.all = false,
            Action::Cancel if !self.filter.is_empty() => return self.apply(facts, ""),
            // What was decided after a decision that is not answered would never be sent.
            Action::Cancel if self.rows.has_queued() => {
                self.note = Some((true, "Some decisions are still being saved.".to_owned()));
            }
            Action::Cancel => return vec![Step::Close],
            Action::Open => (self.all, self.top) = (!self.all, 0),
            Action::Filter => self.typing = Some(Field::with(&self.filter)),
            Action::Undo => return self.undo(facts),
            Action::Rename => return self.explain(facts),
            Action::Execute if self.rows.is_saving() => {
                self.note = Some((true, "Some decisions are still being saved.".to_owned()));
            }
            Action::Execute => return vec![Step::Open(OpenDialog::ExecuteReview(self.review.clone()))],
            decision => return self.decide(facts, decision),
        }
        Vec::new()
    }

    fn scroll(&mut self, facts: Facts<'_>, by: isize) {
        let end = self.page(facts).map_or(0, |page| page.lines.len().saturating_sub(page.room));
        self.top = self.top.saturating_add_signed(by).min(end);
    }

    /// Shows the keys that match this filter.
    fn apply(&mut self, facts: Facts<'_>, filter: &str) -> Vec<Step> {
        if let Err(error) = Filter::parse(filter) {
            self.note = Some((true, sentence(&error.to_string())));
            return Vec::new();
        }
        if self.rows.is_saving() || self.loading {
            let submit = facts.key(Action::Submit);
            self.note = Some((true, format!("Still working. Press {submit} again in a moment.")));
            return Vec::new();
        }
        (self.typing, self.note) = (None, None);
        if self.filter == filter {
            return Vec::new();
        }
        filter.clone_into(&mut self.filter);
        self.seeking = true;
        let steps = self.load(true);
        // Of other keys the first undecided one is shown.
        self.aim = None;
        steps
    }

    /// A page of keys, or one that was read again.
    fn came(&mut self, facts: Facts<'_>, query: &ItemQuery, page: &Page<ReviewItem>) -> Vec<Step> {
        if query.limit.is_none() {
            return page.items.iter().filter_map(|item| self.reread(facts, item)).collect();
        }
        self.loading = false;
        self.rows.take(page);
        self.count();
        if let Some(at) = self.aim.and_then(|key| self.rows.place(key)) {
            (self.aim, self.seeking) = (None, false);
            self.go(at);
        } else if self.rows.complete {
            self.aim = None;
        }
        if self.seeking && self.aim.is_none() {
            match self.rows.first_undecided() {
                Some(at) => {
                    self.seeking = false;
                    self.go(at);
                }
                None => self.seeking = !self.rows.complete,
            }
        }
        Vec::new()
    }

    fn reread(&mut self, facts: Facts<'_>, item: &ReviewItem) -> Option<Step> {
        let key = item.key.id;
        if self.rows.is_undone(key) {
            return self.rows.saved(self.review.id, item).map(Step::Ask);
        }
        self.rows.refresh(item);
        let met = self.met.iter().position(|(id, _)| *id == key)?;
        let (_, wanted) = self.met.remove(met);
        let (_, mine) = decision_label(wanted.decision);
        let by = item.decided_by.as_deref().unwrap_or("someone else");
        let name = &item.key.name;
        let words = match item.decision {
            Some(decision) if wanted.is_in(item) => {
                format!("{by} has also decided to {} {name}.", decision.as_str())
            }
            Some(decision) => format!(
                "{by} decided {} on {name} meanwhile. Your decision ({mine}) was not saved; decide again to replace it.",
                decision.as_str()
            ),
            None => format!("The decision on {name} was undone meanwhile. Yours ({mine}) was not saved."),
        };
        self.note = Some((true, words));
        self.back_to(facts, key);
        None
    }

    /// Shows a key that the reviewer has left: what was pressed before it could be read is not meant for it.
    fn back_to(&mut self, facts: Facts<'_>, key: KeyId) {
        let Some(at) = self.rows.place(key) else { return };
        (self.seeking, self.reason) = (false, None);
        if at != self.at {
            self.jumped = facts.now;
            self.go(at);
        }
    }

    fn failed_to_decide(&mut self, facts: Facts<'_>, asked: &Request, failure: &Failure) -> Vec<Step> {
        let (Request::Decide { key, .. } | Request::Undecide { key, .. }) = asked else { return Vec::new() };
        let wanted = self.rows.refused(*key);
        self.mine.retain(|id| id != key);
        let name = self.rows.place(*key).and_then(|at| self.rows.get(at));
        let name = name.map_or_else(|| key.to_string(), |row| row.item.key.name.clone());
        match failure.code {
            Some(Code::DecisionChanged) => {
                self.met.extend(wanted.map(|wanted| (*key, wanted)));
                return vec![self.read(*key)];
            }
            Some(Code::ReviewClosed) => {
                self.note = Some((true, format!("{name}: {}", outcome(asked, failure))));
                return self.look().into_iter().collect();
            }
            _ => {}
        }
        self.unsaved.push(*key);
        let why = outcome(asked, failure);
        self.note = Some((
            true,
            match self.unsaved.len() {
                1 => format!("{name}: {why}"),
                many => format!("{many} decisions were not saved, the first on {name}. {}", words(failure)),
            },
        ));
        let first = self.unsaved.iter().min_by_key(|key| self.rows.place(**key)).copied();
        if let Some(first) = first {
            self.back_to(facts, first);
        }
        if failure.kind == FailureKind::OutcomeUnknown { vec![self.read(*key)] } else { Vec::new() }
    }

    /// Takes in what was told of the review and its keys.
    fn tell(&mut self, facts: Facts<'_>) -> Vec<Step> {
        use audit::Action::{ReviewCancelled, ReviewDecided, ReviewExecuted, ReviewUpdated};
        let batch = facts.batch;
        if std::mem::replace(&mut self.heard, batch.mark()) == batch.mark() {
            return Vec::new();
        }
        if batch.reload {
            return self.load_anew();
        }
        let findings = self.review.scope.stale_days.is_none();
        let keys: Vec<KeyId> = batch.keys.keys().chain(batch.uses.keys()).copied().collect();
        for key in keys {
            self.rows.tell(key, findings, |key: &Key| key_told(key, batch));
        }
        let id = self.review.id.to_string();
        let me = facts.connection.session.as_ref().map(|session| session.principal.as_str());
        let (mut old, mut look) = (Vec::new(), false);
        for event in batch.events.iter().filter(|event| event.told("review") == Some(id.as_str())) {
            match (event.action, event.key) {
                (ReviewDecided, Some(key)) => {
                    let version = event.detail.get("version").and_then(serde_json::Value::as_u64);
                    let row = self.rows.place(key).and_then(|at| self.rows.get(at));
                    let known = row.is_some_and(|row| Some(row.item.version) >= version || row.is_saving());
                    let mine = me.is_some_and(|me| event.actor == me);
                    look |= row.is_none() || !mine && !self.rows.complete;
                    if row.is_some() && !known && !old.contains(&key) {
                        old.push(key);
                    }
                }
                (ReviewUpdated, _) => look = true,
                (ReviewExecuted | ReviewCancelled, _) => {
                    look = true;
                    old.extend(self.rows.iter().map(|row| row.item.key.id));
                }
                _ => {}
            }
        }
        let mut steps: Vec<Step> = if look { self.look().into_iter().collect() } else { Vec::new() };
        if old.len() > FEW {
            steps.extend(self.load_anew());
        } else {
            steps.extend(old.into_iter().map(|key| self.read(key)));
        }
        steps
    }
}

impl DialogLogic for Queue {
    fn opened(&mut self, facts: Facts<'_>) -> Vec<Step> {
        let mut steps: Vec<Step> = self.look().into_iter().collect();
        steps.extend(self.want(facts));
        steps
    }

    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let mut steps = match (input, &mut self.typing, &mut self.reason) {
            (Input::Do(Action::Submit), Some(field), _) => {
                let filter = field.text().trim().to_owned();
                self.apply(facts, &filter)
            }
            (Input::Do(_), Some(_), _) => {
                (self.typing, self.note) = (None, None);
                if self.filter.is_empty() { Vec::new() } else { self.apply(facts, "") }
            }
            (Input::Edit(edit), Some(field), _) => field.edit(edit).map(Step::Offer).into_iter().collect(),
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
                (self.loading, self.failed) = (false, Some(words(failure)));
            }
            (Request::ReviewItems { .. }, Err(_)) => self.rows.forget_undone(),
            (Request::Review(_), Ok(Reply::Review(review))) => {
                self.looking = false;
                if !self.rows.is_saving() {
                    self.rows.decisions = review.decisions;
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
                (self.failed, self.looking) = (None, false);
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
        if self.review.is_open() {
            hints.extend([
                Hint::new(&[Action::Keep], "keep"),
                Hint::new(&[Action::Revoke], "revoke"),
                Hint::new(&[Action::Rotate], "rotate"),
                Hint::new(&[Action::Pause], "pause"),
                Hint::new(&[Action::Ask], "ask owner").or("ask"),
                Hint::new(&[Action::Skip], "skip"),
                Hint::new(&[Action::Undo], "undo"),
                Hint::new(&[Action::Rename], "reason, date").or(""),
            ]);
        }
        let details = if self.all { "less" } else { "details" };
        hints.extend([
            Hint::new(&[Action::Down, Action::Up], "move").or(""),
            Hint::new(&[Action::Filter], "filter").or(""),
            Hint::new(&[Action::Open], details).or(""),
        ]);
        if self.review.is_open() {
            hints.push(Hint::new(&[Action::Execute], "execute"));
        }
        let back = if self.all || !self.filter.is_empty() { "back" } else { "close" };
        hints.push(Hint::new(&[Action::Cancel], back));
        hints.push(Hint::silent(&[
            Action::First,
            Action::Last,
            Action::PageUp,
            Action::PageDown,
            Action::ScrollUp,
            Action::ScrollDown,
        ]));
        hints
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
