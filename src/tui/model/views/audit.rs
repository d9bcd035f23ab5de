//! The audit log, newest first. A filter looks through the whole of it: here where all of it is loaded, by asking
//! the server where not. Both say the same, since a whole log tells what everything in it is called now.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;

use super::super::action::Action;
use super::super::change_batch::ChangeBatch;
use super::super::columns::{Cell, Column, Drawn, TakeCell, draw_row, shapes, shown};
use super::super::detail_text::DetailWriter;
use super::super::dialogs::interaction::{ActFacts, Facts, Step};
use super::super::effect::Request;
use super::super::event::Reply;
use super::super::export_rows::Rows;
use super::super::fit::{Placed, Shape};
use super::super::list::{Entry, Filtered, List, ListChange, Row, Slot, Window};
use super::super::messages::Level;
use super::super::tone::Tone;
use super::{PAGE, ViewLogic, does_anywhere, no_match};
use crate::tui::model::saved_filters::SavedFilter;
use crate::tui::wrap::width;
use crate::wire::audit::{self, Event, EventQuery};
use crate::wire::filter::{AsOf, EventFilter, Names, searchable};
use crate::wire::id::ProjectId;
use crate::wire::keys::Sort;
use crate::wire::page::{EXACT_TOTAL, MAX_LIMIT};
use crate::wire::time::Timestamp;

/// Audit events.
#[derive(Clone, PartialEq, Debug)]
pub struct AuditView {
    /// The events.
    pub list: Filtered<Event>,
    /// When its first page was read.
    read_at: Timestamp,
    /// The names of deleted projects, as far as the log was read.
    pub deleted: HashMap<ProjectId, String>,
}

impl Row for Event {
    type Id = u64;

    fn id(&self) -> u64 {
        self.seq
    }

    fn order(&self, other: &Event, _: Sort) -> Ordering {
        other.seq.cmp(&self.seq)
    }
}

impl Entry for Event {
    type Query = EventFilter;
    type Names = Names;
    const SEARCHED_OFFLINE: bool = true;

    fn push_text(&self, texts: &mut String) {
        texts.push_str(&searchable(self));
    }

    fn names(events: &[Event]) -> Names {
        Names::of(events)
    }

    fn passes(&self, query: &EventFilter, text: &str, names: &Names, as_of: AsOf) -> bool {
        query.matches_text(text, self, names, as_of.now)
    }
}

impl Default for AuditView {
    fn default() -> AuditView {
        let (list, read_at) = (Filtered::new(Sort::default()), Timestamp::from_millis(0));
        AuditView { list, read_at, deleted: HashMap::new() }
    }
}

impl List for AuditView {
    fn window(&self) -> &dyn Window {
        &self.list
    }

    fn window_mut(&mut self) -> &mut dyn Window {
        &mut self.list
    }

    fn request(&mut self, slot: Slot) -> Request {
        let filter = self.list.ask(slot);
        let cursor = self.list.rows.cursor_for(slot);
        let query = EventQuery { filter, limit: Some(PAGE), cursor, ..EventQuery::default() };
        Request::AuditEvents { query, etag: self.list.rows.etag_for(slot) }
    }

    fn take(&mut self, slot: Slot, reply: Reply, now: Timestamp) -> bool {
        let Reply::AuditEvents { page, etag } = reply else { return false };
        if slot == Slot::First {
            self.read_at = now;
        }
        self.note_deleted(&page.items);
        self.list.take(slot, page, etag, now)
    }

    fn refilter(&mut self, now: Timestamp, answers: bool) -> bool {
        self.list.refilter(now, answers)
    }

    /// Those that the filter lets through come.
    fn apply(&mut self, batch: &ChangeBatch, now: Timestamp, awaited: bool) -> ListChange {
        self.list.overtaken |= awaited && batch.changes > 0;
        self.note_deleted(&batch.events);
        if !self.list.rows.is_loaded() || batch.changes == 0 {
            return ListChange::default();
        }
        if let (Some((total, more)), Some(last)) = (&mut self.list.everything, batch.events.back()) {
            // The log has no gaps: its last number is how many there are.
            *more |= last.seq > EXACT_TOTAL;
            *total = last.seq.clamp(*total, EXACT_TOTAL.max(*total));
        }
        let newest = self.list.rows.all().first().map_or(0, |event| event.seq);
        let mut new: Vec<Event> = batch.events.iter().filter(|event| event.seq > newest).cloned().collect();
        // Events that were left out would be missing between these and what is loaded.
        let left_out = if self.list.filter.asked.is_empty() {
            new.first().is_some_and(|oldest| oldest.seq != newest + 1)
        } else {
            batch.changes > batch.events.len() as u64
        };
        if left_out {
            return ListChange { reload: true, ..ListChange::default() };
        }
        let mut again = false;
        if !self.list.filter.asked.is_empty() {
            let filter = EventFilter::parse(&self.list.filter.asked).unwrap_or_default();
            let names = names(batch);
            new.retain(|event| filter.matches(event, &names, now));
            // What has another name now may be found by it, or no longer.
            let renamed = |event: &Event| {
                matches!(event.action, audit::Action::KeyRenamed | audit::Action::ProjectRenamed)
            };
            // An event of a review is found by the review's name, which the server knows.
            again = batch.events.iter().any(|event| renamed(event) || event.review().is_some());
        }
        let count = new.len();
        let changed = self.list.rows.add(new, count).changed;
        if changed {
            self.list.changed(now, true);
        }
        ListChange { changed, again, ..ListChange::default() }
    }
}

/// What the things that the changes are about are called now.
fn names(batch: &ChangeBatch) -> Names {
    let mut names = Names::of(batch.events.iter().rev());
    for key in batch.keys.values() {
        names.key(key.id, &key.name);
        names.project(key.project_id, &key.project_name);
    }
    for project in batch.projects.values().flatten() {
        names.project(project.id, &project.name);
    }
    names
}

static COLUMNS: [Column<Event>; 6] = [
    Column::number("seq", "SEQ", |event, cell| cell.number(Tone::Dim, event.seq)),
    Column::age("when", "WHEN", |event, cell| cell.age(Tone::Text, event.at)),
    Column::text("action", "ACTION", (15, 19, 24), |event, cell| cell.text(Tone::Text, event.action.words())),
    Column::text("actor", "ACTOR", (10, 12, 24), |event, cell| cell.text(Tone::Text, &event.actor)),
    Column::text("details", "DETAILS", (12, 16, 40), |event, cell| {
        let room = if cell.measured() { usize::MAX } else { cell.width.into() };
        cell.text(Tone::Text, &about(event, cell.facts, room))
    }),
    Column::text("hash", "HASH", (12, 12, 64), |event, cell| cell.text(Tone::Dim, &event.hash)),
];

/// The usual columns, each with its rank.
const USUAL: [(usize, u8); 5] = [(0, 3), (1, 0), (2, 0), (3, 2), (4, 1)];

impl ViewLogic for AuditView {
    fn noun(&self) -> &'static str {
        "audit"
    }

    fn about(&self) -> String {
        "audit log".into()
    }

    /// Only ever grows, so that scrolling does not move the columns.
    fn counts(&self) -> bool {
        false
    }

    fn filter_examples(&self) -> &'static str {
        "any text  action:key.revoked  by:ann,ben  at<7d  project:shop  key:web  !by:ben"
    }

    fn built_in_filters(&self, _: Facts<'_>) -> Vec<SavedFilter> {
        vec![
            SavedFilter::built_in("last 24 hours", "at<24h"),
            SavedFilter::built_in("last 7 days", "at<7d"),
            SavedFilter::built_in("keys revoked", "action:key.revoked"),
            SavedFilter::built_in("keys rotated", "action:key.rotated"),
            SavedFilter::built_in("deployments", "action:rules.deployed"),
        ]
    }

    fn order_words(&self) -> &'static str {
        "newest first"
    }

    fn filter_words(&self) -> String {
        let words = self.list.filter.words();
        if !self.list.filter.loaded_only {
            return words;
        }
        let loaded = self.list.rows.all().len();
        let among = match self.list.filter.asked.as_str() {
            "" => format!("newest {loaded} events only"),
            asked => format!("{loaded} events matching {asked} only"),
        };
        if words.is_empty() { among } else { format!("{words} ({among})") }
    }

    fn columns(&self) -> Vec<(&'static str, &'static str)> {
        COLUMNS.iter().map(|column| (column.name, column.shape.title)).collect()
    }

    fn usual_columns(&self) -> Vec<usize> {
        USUAL.iter().map(|(at, _)| *at).collect()
    }

    fn shapes(&self, chosen: Option<&[usize]>, _: bool) -> Vec<Shape> {
        shapes(&COLUMNS, shown(&USUAL, chosen), &self.list.widths, Some((1, true)))
    }

    fn row(&self, line: usize, placed: &[Placed], cell: &mut Cell<'_>, take: TakeCell<'_>) -> Drawn {
        draw_row(&self.list, line, placed, &COLUMNS, |_| false, cell, take)
    }

    fn empty(&self, facts: Facts<'_>) -> Vec<(Tone, String)> {
        if self.list.filter.applied.is_empty() {
            let each = "Changes to projects, keys and rules appear here.";
            return vec![(Tone::Text, "No audit events yet.".into()), (Tone::Text, each.into())];
        }
        let none = if self.list.filter.loaded_only { "No loaded events" } else { "No events" };
        no_match(none, &self.list.filter.applied, facts)
    }

    fn copied(&self) -> Vec<(&'static str, String)> {
        let of = |event: &Event| vec![("hash", event.hash.clone()), ("id", event.id.to_string())];
        self.list.rows.selected().map(of).unwrap_or_default()
    }

    fn hints(&self, _: Facts<'_>) -> Vec<(Action, &'static str)> {
        self.list.rows.selected().map(|_| (Action::Open, "detail")).into_iter().collect()
    }

    fn has_log(&self) -> bool {
        false
    }

    fn does(&self, action: Action) -> Option<&'static str> {
        Some(match action {
            Action::Open => "open details",
            Action::CopyMask => "copy the hash",
            Action::CopyMenu => "copy… (hash, id)",
            _ => return does_anywhere(action),
        })
    }

    fn label(&self) -> &'static str {
        "event"
    }

    fn page(&self, facts: Facts<'_>, page: &mut DetailWriter) -> Option<String> {
        let event = self.list.rows.selected()?;
        page.undivided();
        page.time("time", Some(event.at), Some(&event.actor));
        if let Some(token) = event.actor_token() {
            page.fact("token", &format!("{} {}", token.hint, token.id), Tone::Text);
        }
        let subject = subject(event, facts, usize::MAX);
        if !subject.is_empty() {
            page.fact("about", &subject.join(" "), Tone::Text);
        }
        page.fact("action", event.action.as_str(), Tone::Text);
        if let Some(reason) = event.detail_text("reason") {
            page.fact("reason", reason, Tone::Text);
        }
        let mut words = event.words();
        words.retain(|words| Some(words.as_str()) != event.detail_text("reason"));
        if !words.is_empty() {
            page.fact("details", &words.join(" · "), Tone::Text);
        }
        let named = event.key.is_none() && event.detail_text("name").is_some();
        if let Some(id) = event.detail_text("review").filter(|_| !named) {
            let review = id.parse().ok().and_then(|id| facts.reviews.get(id));
            page.fact("review", review.map_or(id, |review| &review.name), Tone::Text);
        }
        if let Some(mask) = event.detail.get("hint").and_then(Value::as_str) {
            page.fact("key", mask, Tone::Text);
        }
        if let Some(project) = event.project {
            page.fact("project", &project.to_string(), Tone::Text);
        }
        if let Some(key) = event.key {
            page.fact("key id", &key.to_string(), Tone::Text);
        }
        if event.action.has_receipt() {
            page.fact("receipt", &self.receipt(event, facts), Tone::Text);
        }
        page.fact("hash", &event.hash, Tone::Dim);
        page.fact("previous", &event.previous_hash, Tone::Dim);
        Some(format!("{} {}", event.seq, event.action.words()))
    }

    fn rows(&self) -> Option<Rows> {
        self.list.rows.all_shown().map(Rows::Events)
    }

    fn no_rows(&self) -> Rows {
        Rows::Events(Vec::new())
    }

    fn export(&self, cursor: Option<String>) -> Request {
        let filter = self.list.filter.applied.clone();
        let query = EventQuery { filter, limit: Some(MAX_LIMIT), cursor, ..EventQuery::default() };
        Request::AuditEvents { query, etag: None }
    }

    fn sort(&self) -> Result<Sort, &'static str> {
        Err("The audit log is always newest first.")
    }

    fn act(&mut self, facts: ActFacts<'_>, action: Action) -> Option<Vec<Step>> {
        if action != Action::New {
            return None;
        }
        let [one, two] = [1, 2].map(|view| facts.keymap.hint(Action::View(view)));
        let words = format!("Nothing to create here. Press {one} for projects or {two} for keys.");
        Some(vec![Step::Say(Level::Info, words)])
    }
}

impl AuditView {
    /// Nothing else names a deleted project.
    fn note_deleted<'a>(&mut self, events: impl IntoIterator<Item = &'a Event>) {
        let deleted = events.into_iter().filter(|event| event.action == audit::Action::ProjectArchived);
        let named = deleted.filter_map(|event| Some((event.project?, event.detail_text("name")?.to_owned())));
        self.deleted.extend(named);
    }

    /// What the answer to a change said of the nodes.
    fn receipt(&self, event: &Event, facts: Facts<'_>) -> String {
        /// The receipt of a change may be written so long after its event.
        const LATER: Duration = Duration::from_secs(30);
        match &event.receipt {
            Some(receipt) => receipt.kept_words(),
            // It was heard of, or read, before its receipt was known.
            None if event.at + LATER > self.read_at => {
                format!("not loaded; press {} to refresh", facts.key(Action::Refresh))
            }
            None => "not kept".to_owned(),
        }
    }
}

/// What an event is about, in one line: which key or project it was, then why, then the rest. Before all that stands
/// what a reviewer decided: whatever is cut, that is not.
fn about(event: &Event, facts: Facts<'_>, room: usize) -> String {
    let mut more = event.words();
    let decision = event.decision();
    let first = decision.as_ref().map_or(0, |decision| width(decision) + 3);
    if decision.is_some() {
        // The same in more words.
        more.remove(0);
        more.extend((event.detail.get("ownKey") == Some(&Value::Bool(true))).then(|| "own key".to_owned()));
    }
    // What follows may be cut, the blank before it not.
    let after = if more.is_empty() { 0 } else { 2 };
    let mut words: Vec<String> = decision.into_iter().collect();
    words.extend(subject(event, facts, room.saturating_sub(first + after)));
    words.extend(more);
    if words.is_empty() {
        words.extend(event.key.map(|id| id.to_string()));
        words.extend(event.project.map(|id| id.to_string()));
    }
    words.join(" · ")
}

/// The name of its key or project, if it is known, in so many columns.
fn subject(event: &Event, facts: Facts<'_>, room: usize) -> Vec<String> {
    let project = event.project.and_then(|id| {
        let loaded = facts.projects.get(id).map(|project| project.name.clone());
        loaded.or_else(|| {
            let keys = facts.keys.all().iter().chain(facts.stale.all());
            let named = keys.into_iter().find(|key| key.project_id == id);
            named.map(|key| key.project_name.to_string()).or_else(|| facts.deleted.get(&id).cloned())
        })
    });
    match (event.detail_text("name"), project) {
        (Some(name), Some(project)) if event.key.is_some() => vec![full_name(&project, name, room)],
        (Some(name), _) => vec![name.to_owned()],
        (None, project) => project.into_iter().collect(),
    }
}

/// The name of a key behind that of its project. Where there is no room for both, the project is cut.
fn full_name(project: &str, name: &str, room: usize) -> String {
    let left = room.saturating_sub(width(name) + 1);
    if width(project) <= left || left < 2 {
        return format!("{project}/{name}");
    }
    let mut begin = String::new();
    for c in project.chars() {
        begin.push(c);
        if width(&begin) >= left {
            begin.pop();
            break;
        }
    }
    format!("{begin}…/{name}")
}
