//! The audit log, newest first.

use std::cmp::Ordering;

use serde_json::Value;

use super::effect::Request;
use super::filter::FilterLine;
use super::keys::PAGE;
use super::rows::{Row, Rows, Slot};
use super::state::State;
use crate::wire::audit::{Event, EventQuery};
use crate::wire::keys::Sort;
use crate::wire::page::Page;

/// Audit events.
#[derive(Clone, PartialEq, Debug)]
pub struct AuditList {
    /// The loaded rows.
    pub rows: Rows<Event>,
    /// The filter line: plain words, looked for in what is loaded.
    pub filter: FilterLine,
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
        AuditList { rows: Rows::new(Sort::default()), filter: FilterLine::default() }
    }
}

impl AuditList {
    /// What to ask for a part of the list.
    pub fn request(&self, slot: Slot) -> Request {
        Request::AuditEvents(EventQuery {
            limit: Some(PAGE),
            cursor: self.rows.cursor_for(slot),
            ..EventQuery::default()
        })
    }

    /// Takes a page in. Says whether anything is different now.
    pub fn take(&mut self, slot: Slot, page: Page<Event>) -> bool {
        let changed = self.rows.take(slot, page, None);
        if changed {
            self.refilter();
        }
        changed
    }

    /// Whether the filter lets an event through.
    pub fn shows(&self, event: &Event) -> bool {
        self.filter.words_match(&searchable(event))
    }

    /// Shows what the filter lets through, of what is loaded.
    pub fn refilter(&mut self) {
        let matches = (!self.filter.applied.is_empty()).then(|| {
            let rows = self.rows.all().iter().enumerate();
            rows.filter(|(_, event)| self.shows(event)).map(|(place, _)| place as u32).collect()
        });
        self.rows.set_matches(matches);
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
        let rest = detail.iter().filter(|(name, value)| *name != "name" && !value.is_null());
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

fn searchable(event: &Event) -> String {
    let project = event.project.map(|id| id.to_string()).unwrap_or_default();
    let key = event.key.map(|id| id.to_string()).unwrap_or_default();
    format!("{} {} {} {project} {key} {}", event.seq, event.action, event.actor, event.detail)
}
