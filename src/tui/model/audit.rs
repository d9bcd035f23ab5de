//! The audit log, newest first.

use std::cmp::Ordering;

use super::effect::Request;
use super::filter::FilterLine;
use super::keys::PAGE;
use super::rows::{Row, Rows, Slot};
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

fn searchable(event: &Event) -> String {
    let project = event.project.map(|id| id.to_string()).unwrap_or_default();
    let key = event.key.map(|id| id.to_string()).unwrap_or_default();
    format!("{} {} {} {project} {key} {}", event.seq, event.action, event.actor, event.detail)
}
