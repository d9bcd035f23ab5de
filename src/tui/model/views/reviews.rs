//! Access reviews, newest first: how far each is, and when it is due.

use std::cmp::Ordering;

use super::super::action::Action;
use super::super::ages::{Due, local};
use super::super::change_batch::ChangeBatch;
use super::super::columns::{Cell, Column, Drawn, TakeCell, draw_row, shapes, shown};
use super::super::detail_text::{DetailWriter, STATE, Side};
use super::super::dialogs::OpenDialog;
use super::super::dialogs::interaction::{ActFacts, Facts, PackScope, ReviewScope, Step};
use super::super::dialogs::reviews::names;
use super::super::effect::Request;
use super::super::event::Reply;
use super::super::export_rows::Rows;
use super::super::fit::{Placed, SPARE, Shape};
use super::super::list::filter::Words;
use super::super::list::{Entry, Filtered, List, ListChange, Row, Slot, Window};
use super::super::messages::{Level, number};
use super::super::review_words::{scope_words, status, whole_scope_words};
use super::super::tone::Tone;
use super::{PAGE, ViewLogic, does_anywhere, no_match};
use crate::wire::audit;
use crate::wire::filter::AsOf;
use crate::wire::id::ReviewId;
use crate::wire::keys::Sort;
use crate::wire::page::{MAX_LIMIT, PageQuery};
use crate::wire::reviews::{Decision, Review, ReviewStatus};
use crate::wire::text::fold_search_into;
use crate::wire::time::{Timestamp, date_alone};
use crate::wire::tokens::Role;

/// Access reviews.
#[derive(Clone, PartialEq, Debug)]
pub struct ReviewsView {
    /// The reviews. Their filter is plain words.
    pub list: Filtered<Review>,
}

impl Row for Review {
    type Id = ReviewId;

    fn id(&self) -> ReviewId {
        self.id
    }

    fn order(&self, other: &Review, _: Sort) -> Ordering {
        other.started_at.cmp(&self.started_at).then_with(|| other.id.cmp(&self.id))
    }
}

impl Entry for Review {
    type Query = Words;
    type Names = ();
    const FILTERED_BY_SERVER: bool = false;

    fn push_text(&self, texts: &mut String) {
        for text in [&self.name, &self.started_by, &self.scope.filter, self.status.as_str()] {
            fold_search_into(texts, text);
            texts.push('\n');
        }
        texts.push_str(&self.id.to_string());
    }

    fn names(_: &[Review]) {}

    fn passes(&self, query: &Words, text: &str, (): &(), _: AsOf) -> bool {
        query.are_in(text)
    }
}

impl Default for ReviewsView {
    fn default() -> ReviewsView {
        ReviewsView { list: Filtered::new(Sort::default()) }
    }
}

impl ReviewsView {
    /// A review was started or changed.
    pub fn changed(&mut self, review: &Review, now: Timestamp) {
        if self.list.rows.get(review.id).is_some() {
            self.list.replace(review, now);
        } else {
            self.list.insert(review.clone(), now);
        }
    }
}

impl List for ReviewsView {
    fn window(&self) -> &dyn Window {
        &self.list
    }

    fn window_mut(&mut self) -> &mut dyn Window {
        &mut self.list
    }

    fn request(&mut self, slot: Slot) -> Request {
        let rows = &self.list.rows;
        let query = PageQuery { limit: Some(PAGE), cursor: rows.cursor_for(slot) };
        Request::Reviews { query, etag: rows.etag_for(slot) }
    }

    fn take(&mut self, slot: Slot, reply: Reply, now: Timestamp) -> bool {
        let Reply::Reviews { page, etag } = reply else { return false };
        self.list.take(slot, page, etag, now)
    }

    fn refilter(&mut self, now: Timestamp, answers: bool) -> bool {
        self.list.refilter(now, answers)
    }

    /// There are few, and the tab counts the open ones among all.
    fn wants_all(&self) -> bool {
        true
    }

    /// Events name a review and do not say how it is: the page is asked for again.
    fn apply(&mut self, batch: &ChangeBatch, _: Timestamp, _: bool) -> ListChange {
        use audit::Action::{
            ReviewCancelled, ReviewDecided, ReviewExecuted, ReviewSigned, ReviewStarted, ReviewUpdated,
        };
        let told = |wanted: &[audit::Action]| batch.events.iter().any(|event| wanted.contains(&event.action));
        ListChange {
            again: told(&[ReviewDecided]),
            now: told(&[ReviewStarted, ReviewUpdated, ReviewExecuted, ReviewSigned, ReviewCancelled]),
            ..ListChange::default()
        }
    }
}

/// Whether the caller may edit and cancel a review: who started it, and admins.
fn may_edit(review: &Review, facts: Facts<'_>) -> bool {
    let session = facts.connection.session.as_ref();
    session.is_none_or(|session| session.role == Role::Admin || session.principal == review.started_by)
}

static COLUMNS: [Column<Review>; 16] = [
    Column::text("name", "NAME", (14, 26, 40), |review, cell| cell.text(Tone::Text, &review.name)),
    Column::fixed("status", "STATUS", 11, |review, cell| {
        let (tone, label) = status(review);
        cell.print(tone, label)
    }),
    Column::fixed("due", "DUE", 15, |review, cell| match review.due_at {
        // Nothing of it is due any more: no time is left.
        Some(at) if !review.is_open() => cell.print(Tone::Text, at.utc().format("%Y-%m-%d")),
        None => cell.none(),
        Some(at) => {
            let (now, absolute) = (cell.facts.server_now, cell.facts.absolute);
            let (passed, label) = Due { at, now, absolute }.label();
            cell.print(if passed { Tone::Bad } else { Tone::Text }, label)
        }
    }),
    Column::number("decided", "DECIDED", |review, cell| {
        cell.print(Tone::Text, format_args!("{}/{}", review.decided(), review.population.in_scope))
    }),
    Column::text("scope", "SCOPE", (12, 20, 40), |review, cell| {
        let words = scope_words(review, cell.facts.projects.all());
        cell.print(Tone::Text, words)
    }),
    Column::age("started", "STARTED", |review, cell| cell.age(Tone::Text, review.started_at)),
    Column::text("started-by", "BY", (10, 10, 16), |review, cell| cell.text(Tone::Text, &review.started_by)),
    Column::number("keep", "KEEP", |review, cell| cell.number(Tone::Text, review.decisions.keep)),
    Column::number("revoke", "REVOKE", |review, cell| cell.number(Tone::Text, review.decisions.revoke)),
    Column::number("rotate", "ROTATE", |review, cell| cell.number(Tone::Text, review.decisions.rotate)),
    Column::number("pause", "PAUSE", |review, cell| cell.number(Tone::Text, review.decisions.pause)),
    Column::number("ask", "ASK", |review, cell| cell.number(Tone::Text, review.decisions.ask)),
    Column::number("skip", "SKIP", |review, cell| cell.number(Tone::Text, review.decisions.skip)),
    Column::text("executed-by", "EXECUTED BY", (11, 11, 16), |review, cell| match &review.executed_by {
        Some(by) => cell.text(Tone::Text, by),
        None => cell.none(),
    }),
    Column::text("signed-by", "SIGNED BY", (10, 10, 16), |review, cell| match &review.signed_by {
        Some(by) => cell.text(Tone::Text, by),
        None => cell.none(),
    }),
    Column::fixed("id", "ID", 30, |review, cell| cell.print(Tone::Text, review.id)),
];

/// The usual columns, each with its rank.
const USUAL: [(usize, u8); 7] = [(0, 0), (1, 1), (2, 0), (3, 0), (4, SPARE + 1), (5, 3), (6, SPARE + 2)];

impl ViewLogic for ReviewsView {
    fn noun(&self) -> &'static str {
        "reviews"
    }

    fn about(&self) -> String {
        "access reviews".into()
    }

    fn filter_examples(&self) -> &'static str {
        "part of a name, a status, a filter or who started it"
    }

    fn order_words(&self) -> &'static str {
        "newest first"
    }

    fn columns(&self) -> Vec<(&'static str, &'static str)> {
        COLUMNS.iter().map(|column| (column.name, column.shape.title)).collect()
    }

    fn usual_columns(&self) -> Vec<usize> {
        USUAL.iter().map(|(at, _)| *at).collect()
    }

    fn shapes(&self, chosen: Option<&[usize]>, _: bool) -> Vec<Shape> {
        shapes(&COLUMNS, shown(&USUAL, chosen), &self.list.widths, Some((5, true)))
    }

    fn row(&self, line: usize, placed: &[Placed], cell: &mut Cell<'_>, take: TakeCell<'_>) -> Drawn {
        draw_row(&self.list, line, placed, &COLUMNS, |_| false, cell, take)
    }

    fn empty(&self, facts: Facts<'_>) -> Vec<(Tone, String)> {
        if !self.list.filter.applied.is_empty() {
            return no_match("No reviews", &self.list.filter.applied, facts);
        }
        let [new, stale] = [Action::Review, Action::View(3)].map(|action| facts.key(action));
        vec![
            (Tone::Text, "No access reviews yet.".into()),
            (Tone::Text, "A review records who decided what on each key, and why.".into()),
            (Tone::Text, format!("{new} start a review · {stale} look at the stale keys")),
        ]
    }

    fn copied(&self) -> Vec<(&'static str, String)> {
        let of = |review: &Review| vec![("id", review.id.to_string()), ("name", review.name.clone())];
        self.list.rows.selected().map(of).unwrap_or_default()
    }

    fn hints(&self, facts: Facts<'_>) -> Vec<(Action, &'static str)> {
        let Some(review) = self.list.rows.selected() else {
            return vec![(Action::Review, "start a review")];
        };
        let mut hints = vec![(Action::Open, if review.is_open() { "review keys" } else { "show keys" })];
        if review.is_open() && facts.reviews_refused.is_none() {
            // To an auditor it shows what others execute.
            if facts.connection.auditor() {
                hints.push((Action::Execute, "summary"));
            } else {
                hints.push((Action::Execute, "execute"));
            }
        }
        if review.status == ReviewStatus::Executed && facts.reviews_refused.is_none() {
            hints.push((Action::Execute, "sign"));
        }
        hints.push((Action::History, "who decided"));
        if facts.reviews_refused.is_none() {
            hints.push((Action::New, "new review"));
        }
        if review.is_open() && facts.reviews_refused.is_none() && may_edit(review, facts) {
            hints.push((Action::Rename, "edit"));
            hints.push((Action::DeleteProject, "cancel"));
        }
        hints
    }

    fn label(&self) -> &'static str {
        "review"
    }

    fn page(&self, facts: Facts<'_>, page: &mut DetailWriter) -> Option<String> {
        let review = self.list.rows.selected()?;
        let (tone, label) = status(review);
        page.section(STATE, Side::Left);
        page.fact("status", &label, tone);
        if review.is_open() {
            page.due("due", review.due_at);
        } else if let Some(at) = review.due_at {
            let due = date_alone(at).unwrap_or_else(|| local(at, &facts.setup.zone));
            page.fact("due", &due, Tone::Text);
        }
        page.fact("scope", &whole_scope_words(review, facts.projects.all()), Tone::Text);
        if let Some(days) = review.scope.stale_days {
            page.fact("stale", &format!("idle for {days} days or more"), Tone::Text);
        }
        let (decided, all) = (number(review.decided()), number(review.population.in_scope));
        page.fact("decided", &format!("{decided} of {all} keys"), Tone::Text);
        page.section("Decisions", Side::Right);
        let mut decisions = review.decisions;
        for decision in Decision::ALL {
            page.fact(decision.as_str(), &number(*decisions.of(Some(decision))), Tone::Text);
        }
        page.fact("undecided", &number(decisions.undecided), Tone::Text);
        page.section("History", Side::Left);
        page.time("started", Some(review.started_at), Some(&review.started_by));
        page.time("executed", review.executed_at, review.executed_by.as_deref());
        page.time("signed", review.signed_at, review.signed_by.as_deref());
        page.fact("as of", &format!("{}:{}", review.as_of.seq, review.as_of.hash), Tone::Dim);
        page.fact("id", &review.id.to_string(), Tone::Dim);
        Some(review.name.clone())
    }

    fn pack(&self) -> Option<PackScope> {
        self.list.rows.selected().map(PackScope::review)
    }

    fn does(&self, action: Action) -> Option<&'static str> {
        Some(match action {
            Action::Open => "open the review",
            Action::History => "audit log of this review",
            Action::New => "new access review",
            Action::Export if self.pack().is_some() => "export CSV, JSON, evidence pack",
            Action::Rename => "edit name and due date",
            Action::DeleteProject => "cancel this review",
            Action::Execute => action.words(),
            Action::CopyMask => "copy the id",
            Action::CopyMenu => "copy… (id, name)",
            _ => return does_anywhere(action),
        })
    }

    fn rows(&self) -> Option<Rows> {
        self.list.rows.all_shown().map(Rows::Reviews)
    }

    fn no_rows(&self) -> Rows {
        Rows::Reviews(Vec::new())
    }

    fn export(&self, cursor: Option<String>) -> Request {
        Request::Reviews { query: PageQuery { limit: Some(MAX_LIMIT), cursor }, etag: None }
    }

    /// The open ones: the others are done.
    fn tab_count(&self) -> Option<u64> {
        Some(self.list.rows.all().iter().filter(|review| review.is_open()).count() as u64)
    }

    fn sort(&self) -> Result<Sort, &'static str> {
        Err("Access reviews are always newest first.")
    }

    fn act(&mut self, facts: ActFacts<'_>, action: Action) -> Option<Vec<Step>> {
        let selected = self.list.rows.selected();
        let step = match action {
            Action::New => Step::Open(OpenDialog::NewReview(ReviewScope {
                taken: names(self.list.rows.all()),
                ..ReviewScope::default()
            })),
            Action::Open => Step::Open(OpenDialog::Queue(selected?.clone())),
            Action::Review => Step::Open(OpenDialog::Queue(selected.filter(|it| it.is_open())?.clone())),
            // The next step of a review: it is executed, then signed.
            Action::Execute => Step::Open(match selected? {
                review if review.status == ReviewStatus::Executed => {
                    OpenDialog::SignReview(Box::new(review.clone()), None)
                }
                review => OpenDialog::ExecuteReview(review.clone()),
            }),
            Action::Rename => match selected? {
                review if review.is_open() => Step::Open(OpenDialog::EditReview(review.clone())),
                review => {
                    let words = format!("This review is {}; it cannot be changed.", review.status.as_str());
                    Step::Say(Level::Info, words)
                }
            },
            Action::DeleteProject => match selected {
                Some(review) => Step::Open(OpenDialog::CancelReview(review.clone())),
                None => Step::NothingSelected("Select a review first."),
            },
            Action::History => Step::Audit(selected?.id.to_string()),
            Action::Rotate | Action::Revoke | Action::Pause => {
                let open = facts.keymap.hint(Action::Open);
                let words = format!("This list has no keys. Press {open} on a review to see its keys.");
                Step::Say(Level::Info, words)
            }
            _ => return None,
        };
        Some(vec![step])
    }
}
