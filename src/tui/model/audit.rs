//! The audit log, newest first. A filter looks through the whole of it: here where all of it is loaded, by asking
//! the server where not. Both say the same, since a whole log tells what everything in it is called now.

use std::cmp::Ordering;

use serde_json::Value;

use super::effect::Request;
use super::filter::FilterLine;
use super::keys::PAGE;
use super::rows::{Row, Rows, Slot};
use super::state::State;
use crate::wire::audit::{ActorToken, Event, EventQuery};
use crate::wire::filter::{EventFilter, Names, searchable};
use crate::wire::keys::Sort;
use crate::wire::page::Page;
use crate::wire::time::Timestamp;

/// Audit events.
#[derive(Clone, PartialEq, Debug)]
pub struct AuditList {
    /// The loaded rows.
    pub rows: Rows<Event>,
    /// The filter line.
    pub filter: FilterLine,
    /// What of it holds.
    parsed: EventFilter,
    /// The filter that the loaded rows were asked for with.
    pub(super) asked: String,
    /// The filter of the first page that was asked for and did not come yet.
    pub(super) asking: Option<String>,
    /// Events were told while a page was under way, which may have been read before them.
    pub(super) overtaken: bool,
    /// How many events there are without a filter, and whether there are more than that.
    pub(super) everything: Option<(u64, bool)>,
    /// What words are looked for in, of the loaded rows, and what is called how.
    texts: Option<(Vec<String>, Names)>,
    /// The server did not answer: the rows shown are what the filter lets through of those that are loaded.
    loaded_only: bool,
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

impl Default for AuditList {
    fn default() -> AuditList {
        AuditList {
            rows: Rows::new(Sort::default()),
            filter: FilterLine::default(),
            parsed: EventFilter::default(),
            asked: String::new(),
            asking: None,
            overtaken: false,
            everything: None,
            texts: None,
            loaded_only: false,
        }
    }
}

impl AuditList {
    /// What to ask for a part of the list.
    pub fn request(&mut self, slot: Slot) -> Request {
        let filter = if slot == Slot::First { &self.filter.applied } else { &self.asked }.clone();
        if slot == Slot::First {
            self.asking = Some(filter.clone());
        }
        let cursor = self.rows.cursor_for(slot);
        Request::AuditEvents(EventQuery { filter, limit: Some(PAGE), cursor, ..EventQuery::default() })
    }

    /// Of how many events the rows are those that the filter lets through, where the server has filtered them.
    pub fn filtered_of(&self) -> Option<(u64, bool)> {
        self.everything.filter(|_| !self.asked.is_empty() && !self.rows.is_filtered())
    }

    /// The filter as a title says it, and what it looks through if that is not the whole log.
    pub fn words(&self) -> String {
        let words = self.filter.words();
        if !self.loaded_only {
            return words;
        }
        let loaded = self.rows.all().len();
        let among = match self.asked.as_str() {
            "" => format!("only the newest {loaded} events are searched"),
            asked => format!("only the {loaded} events that came for {asked} are searched"),
        };
        if words.is_empty() { among } else { format!("{words} ({among})") }
    }

    /// Whether only what is loaded is searched, since the server did not answer.
    pub fn searches_loaded(&self) -> bool {
        self.loaded_only
    }

    /// Whether what the filter lets through of the loaded rows is all that it would of the log, if the rows are
    /// complete.
    pub(super) fn suffices(&self) -> bool {
        self.asked.is_empty() || self.asked == self.filter.applied
    }

    /// Reads what is typed. Says whether the list is to show something else now.
    pub fn read(&mut self) -> bool {
        match self.filter.read_as() {
            Some(parsed) => {
                self.parsed = parsed;
                true
            }
            None => false,
        }
    }

    /// Lets a filter hold that was shown before, though what is typed cannot be read.
    pub(super) fn hold(&mut self, text: &str) {
        self.parsed = self.filter.hold_as(text);
    }

    /// Takes a page in. Says whether anything is different now.
    pub fn take(&mut self, slot: Slot, page: Page<Event>, now: Timestamp) -> bool {
        if slot == Slot::First {
            self.asked = self.asking.take().unwrap_or_default();
        }
        if self.asked.is_empty() {
            self.everything = Some((page.total, page.more));
        }
        let changed = self.rows.take(slot, page, None);
        if changed {
            self.changed(now);
        }
        changed
    }

    /// The rows are others than before: what the filter shows of them is too.
    pub(super) fn changed(&mut self, now: Timestamp) {
        self.texts = None;
        if self.loaded_only {
            self.refilter_loaded(now);
        } else {
            self.refilter(now);
        }
    }

    /// Forgets the rows: they are asked for when they are to be seen.
    pub fn unload(&mut self) {
        self.rows.unload();
        (self.texts, self.loaded_only, self.asking) = (None, false, None);
    }

    /// A page did not come.
    pub(super) fn failed(&mut self, slot: Slot, now: Timestamp) {
        if slot == Slot::First {
            self.asking = None;
        }
        if self.rows.is_loaded() {
            self.refilter_loaded(now);
        }
    }

    /// Shows what the filter lets through, of the loaded rows. Says whether they suffice: otherwise the server has
    /// to be asked.
    pub fn refilter(&mut self, now: Timestamp) -> bool {
        self.loaded_only = false;
        if self.asked == self.filter.applied {
            self.rows.set_matches(None);
            return true;
        }
        if !self.asked.is_empty() || !self.rows.is_complete() {
            return false;
        }
        self.filter_loaded(now);
        true
    }

    /// The same where the server does not answer: of the loaded rows alone, and the title says so.
    pub fn refilter_loaded(&mut self, now: Timestamp) {
        if !self.refilter(now) {
            self.filter_loaded(now);
            self.loaded_only = true;
        }
    }

    fn filter_loaded(&mut self, now: Timestamp) {
        if self.parsed.is_empty() {
            self.rows.set_matches(None);
            return;
        }
        let events = self.rows.all();
        let (texts, names) =
            self.texts.get_or_insert_with(|| (events.iter().map(searchable).collect(), Names::of(events)));
        let passes = |(text, event): (&String, &Event)| self.parsed.matches_text(text, event, names, now);
        let places = texts.iter().zip(events).enumerate();
        let matches = places.filter(|(_, one)| passes(*one)).map(|(place, _)| place as u32).collect();
        self.rows.set_matches(Some(matches));
    }
}

impl State {
    /// What an event is about, in one line: which key or project it was, then why, then the rest.
    pub(in crate::tui) fn about(&self, event: &Event) -> String {
        let none = serde_json::Map::new();
        let detail = event.detail.as_object().unwrap_or(&none);
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let name = detail.get("name").filter(|name| !name.is_null()).map(text);
        let project = event.project.and_then(|id| {
            let loaded = self.projects.rows.get(id).map(|project| project.name.clone());
            loaded.or_else(|| {
                let keys = self.keys.rows.all().iter().chain(self.stale.rows.all());
                keys.into_iter().find(|key| key.project_id == id).map(|key| key.project_name.to_string())
            })
        });
        let of_key = event.key.is_some();
        let mut words: Vec<String> = match (name, project) {
            (Some(name), Some(project)) if of_key => vec![format!("{name} in {project}")],
            (Some(name), _) => vec![name],
            (None, Some(project)) => vec![project],
            (None, None) => Vec::new(),
        };
        let apart = |name: &str| name == "name" || name == ActorToken::MEMBER;
        let rest = detail.iter().filter(|(name, value)| !apart(name) && !value.is_null());
        let mut rest: Vec<_> = rest.collect();
        rest.sort_by_key(|(name, _)| match name.as_str() {
            "reason" => 0,
            "hint" => 1,
            _ => 2,
        });
        words.extend(rest.into_iter().map(|(name, value)| format!("{name} {}", text(value))));
        if words.is_empty() {
            words.extend(event.key.map(|id| id.to_string()));
            words.extend(event.project.map(|id| id.to_string()));
        }
        words.join(", ")
    }
}
