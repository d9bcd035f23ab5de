//! How each list takes news in: rows change where they stand, or stand elsewhere, come or go.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::audit::AuditList;
use super::keys::KeyList;
use super::news::{News, is_renamed, key_after};
use super::projects::ProjectList;
use super::rows::Becomes;
use crate::wire::audit::{Action, Event};
use crate::wire::events::Use;
use crate::wire::filter::{EventFilter, Filter, Names};
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::{Key, SortBy, Status};
use crate::wire::page::EXACT_TOTAL;
use crate::wire::projects::Project;
use crate::wire::time::Timestamp;

/// What news did to a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Told {
    /// Something is different now.
    pub changed: bool,
    /// What is loaded may not be all: the page is to be asked for again.
    pub again: bool,
    /// What is loaded does not fit to what was told: the list is to be asked for anew.
    pub anew: bool,
}

impl KeyList {
    /// Takes news in. A key that belongs here no longer goes, one that does now comes.
    pub fn tell(&mut self, news: &News, now: Timestamp) -> Told {
        let marked: Vec<Key> = self.marks.iter().filter_map(|marked| key_after(&marked.key, news)).collect();
        for key in &marked {
            self.marks.learn(key, now);
        }
        if !self.rows.is_loaded() {
            return Told::default();
        }
        let scope = self.project.as_ref().map(|(id, _)| *id);
        let filter = Filter::parse(&self.filter_text(&self.asked)).unwrap_or_default();
        let (active_only, as_of) = (self.idle_days.is_some(), self.as_of(now));
        let belongs = |key: &Key| {
            scope.is_none_or(|id| id == key.project_id)
                && (!active_only || key.status == Status::Active)
                && (filter.is_empty() || filter.matches(key, as_of))
        };
        // Of many loaded rows few are told of: the others cost one look each.
        let told = news.keys.keys().chain(news.uses.keys()).chain(&news.confirmed);
        let mut unknown: HashSet<KeyId> = told.copied().collect();
        let mut texts = false;
        let becomes = |key: &Key| {
            if !unknown.remove(&key.id) && !is_renamed(key, news) {
                return Becomes::Same;
            }
            match key_after(key, news) {
                None => Becomes::Same,
                Some(next) if !belongs(&next) => Becomes::Gone,
                Some(next) => {
                    texts |= key.name != next.name || key.project_name != next.project_name;
                    Becomes::Row(next)
                }
            }
        };
        let complete = self.rows.is_complete();
        let first = self.rows.revise(becomes);
        let others: Vec<Key> =
            unknown.iter().filter_map(|id| news.keys.get(id)).filter(|key| belongs(key)).cloned().collect();
        // Others than new ones were counted before, as far as can be known; they may have moved to where rows
        // are loaded.
        let new = others.iter().filter(|key| complete || news.made.contains(&key.id)).count();
        let mut again =
            !complete && unknown.iter().any(|id| news.keys.contains_key(id) && !news.made.contains(id));
        let second = self.rows.add(others, new);
        let in_scope = |one: &&Use| scope.is_none_or(|id| id == one.project);
        let used_elsewhere = unknown.iter().filter_map(|id| news.uses.get(id)).any(|one| in_scope(&one));
        let by_use = matches!(self.rows.sort.by, SortBy::LastUsed | SortBy::Idle) || active_only;
        again |= used_elsewhere && ((!complete && by_use) || !self.asked.is_empty());
        let changed = first.changed || second.changed;
        if first.moved || second.moved || texts {
            self.hay = None;
        }
        if changed {
            self.matched = None;
            self.refilter(now);
        }
        Told { changed, again, anew: false }
    }

    /// Forgets the rows, and keeps the marks: the same list is asked for when it is to be seen.
    pub fn unload(&mut self) {
        self.rows.unload();
        (self.hay, self.matched) = (None, None);
    }
}

impl ProjectList {
    /// Takes news in.
    pub fn tell(&mut self, news: &News) -> Told {
        if !self.rows.is_loaded() {
            return Told::default();
        }
        let mut used: BTreeMap<ProjectId, Option<Timestamp>> = BTreeMap::new();
        for one in news.uses.values() {
            let last = used.entry(one.project).or_default();
            *last = (*last).max(one.last_used_at);
        }
        let mut unknown: BTreeSet<ProjectId> = news.projects.keys().copied().collect();
        let becomes = |project: &Project| {
            unknown.remove(&project.id);
            let mut next = match news.projects.get(&project.id) {
                Some(None) => return Becomes::Gone,
                Some(Some(told)) => told.clone(),
                None if used.contains_key(&project.id) => project.clone(),
                None => return Becomes::Same,
            };
            let last = used.get(&project.id).copied().flatten();
            next.last_used_at = next.last_used_at.max(project.last_used_at).max(last);
            Becomes::Row(next)
        };
        let first = self.rows.revise(becomes);
        let new: Vec<Project> = unknown.iter().filter_map(|id| news.projects.get(id)?.clone()).collect();
        // Whether one that is not loaded is new or stands further down cannot be told where not all are.
        let (new, again) = if self.rows.is_complete() { (new, false) } else { (Vec::new(), !new.is_empty()) };
        let count = new.len();
        let second = self.rows.add(new, count);
        let changed = first.changed || second.changed;
        if changed {
            self.refilter();
        }
        Told { changed, again, anew: false }
    }
}

impl AuditList {
    /// Takes news in: those that the filter lets through.
    pub fn tell(&mut self, news: &News, now: Timestamp) -> Told {
        if !self.rows.is_loaded() || news.changes == 0 {
            return Told::default();
        }
        if let (Some((total, more)), Some(last)) = (&mut self.everything, news.events.back()) {
            // The log has no gaps: its last number is how many there are.
            *more |= last.seq > EXACT_TOTAL;
            *total = last.seq.clamp(*total, EXACT_TOTAL.max(*total));
        }
        let newest = self.rows.all().first().map_or(0, |event| event.seq);
        let mut new: Vec<Event> = news.events.iter().filter(|event| event.seq > newest).cloned().collect();
        // Events that were left out would be missing between these and what is loaded.
        let left_out = if self.asked.is_empty() {
            new.first().is_some_and(|oldest| oldest.seq != newest + 1)
        } else {
            news.changes > news.events.len() as u64
        };
        if left_out {
            return Told { anew: true, ..Told::default() };
        }
        let mut again = false;
        if !self.asked.is_empty() {
            let filter = EventFilter::parse(&self.asked).unwrap_or_default();
            let names = names(news);
            new.retain(|event| filter.matches(event, &names, now));
            // What has another name now may be found by it, or no longer.
            let renamed = |event: &Event| matches!(event.action, Action::KeyRenamed | Action::ProjectRenamed);
            again = news.events.iter().any(renamed);
        }
        let count = new.len();
        let changed = self.rows.add(new, count).changed;
        if changed {
            self.changed(now);
        }
        Told { changed, again, anew: false }
    }
}

/// What the things that the news are about are called now.
fn names(news: &News) -> Names {
    let mut names = Names::of(news.events.iter().rev());
    for key in news.keys.values() {
        names.key(key.id, &key.name);
        names.project(key.project_id, &key.project_name);
    }
    for project in news.projects.values().flatten() {
        names.project(project.id, &project.name);
    }
    names
}
