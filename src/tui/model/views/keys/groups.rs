//! Keys by creator, project, state or owner: the counts, opening a group, marking all of its keys.

use super::KeysView;
use super::act::marked_words;
use crate::tui::model::dialogs::OpenDialog;
use crate::tui::model::dialogs::interaction::{ActFacts, GroupId, GroupsOf, Picked, Step};
use crate::tui::model::list::Line;
use crate::tui::model::messages::{Level, number};
use crate::wire::filter::Filter;
use crate::wire::key_groups::{GroupBy, KeyGroupQuery, KeyGroups};
use crate::wire::keys::Key;
use crate::wire::page::MAX_LIMIT;
use crate::wire::time::Timestamp;

/// A group whose keys are shown.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct OpenedGroup {
    by: GroupBy,
    id: GroupId,
    /// The filter before it was opened, and since then.
    before: String,
    filter: String,
}

impl KeysView {
    /// What to ask the server for to count the keys that the list is about.
    pub fn group_query(&self, by: GroupBy) -> KeyGroupQuery {
        let query = self.query(&self.list.filter.applied);
        let (project, status) = (query.project, query.status);
        KeyGroupQuery { by, filter: query.filter, project, status, limit: Some(MAX_LIMIT) }
    }

    /// The same counts from the loaded rows; none where others match, too.
    pub fn groups(&self, by: GroupBy, now: Timestamp) -> Option<KeyGroups> {
        let rows = &self.list.rows;
        let whole = rows.is_complete() && self.list.filter.suffices();
        whole.then(|| KeyGroups::of(self.shown_keys(), by, self.list.as_of(now)))
    }

    fn shown_keys(&self) -> impl Iterator<Item = &Key> {
        (0..self.list.rows.lines()).filter_map(|line| match self.list.rows.line(line) {
            Some(Line::Row(key)) => Some(key),
            _ => None,
        })
    }

    /// The groups; from an opened one back to them.
    pub(super) fn show_groups(&mut self, facts: ActFacts<'_>) -> Vec<Step> {
        if let Some(why) = self.list.filter.not_applied(facts.keymap) {
            return vec![Step::Say(Level::Warn, why)];
        }
        self.leave_group().unwrap_or_else(|| vec![self.open_groups(GroupBy::default(), None)])
    }

    fn open_groups(&self, by: GroupBy, at: Option<GroupId>) -> Step {
        Step::Open(OpenDialog::Groups(GroupsOf {
            stale: self.idle_days.is_some(),
            idle_days: self.other_threshold(),
            by,
            at,
        }))
    }

    /// Back to the groups, while the keys of one are shown.
    pub(super) fn leave_group(&mut self) -> Option<Vec<Step>> {
        let opened = self.opened.take().filter(|opened| opened.filter == self.list.filter.applied)?;
        Some(vec![Step::Filter(opened.before), self.open_groups(opened.by, Some(opened.id))])
    }

    /// Shows the keys of a group, by its term.
    pub fn open_group(&mut self, picked: &Picked) -> Step {
        let before = self.list.filter.applied.clone();
        let filter = format!("{before} {}", picked.term).trim().to_owned();
        let (by, id) = (picked.by, picked.id.clone());
        self.opened = Some(OpenedGroup { by, id, before, filter: filter.clone() });
        Step::Filter(filter)
    }

    /// Marks the keys of a group; what is not loaded is loaded first.
    pub fn mark_group(&mut self, picked: &Picked, now: Timestamp) -> Vec<Step> {
        let (term, keys) = (&picked.term, picked.keys);
        let Ok(filter) = Filter::parse(term) else { return Vec::new() };
        self.marks.range = None;
        if !(self.list.rows.is_complete() && self.list.filter.suffices()) {
            let all = format!("{} {term}", self.list.filter.applied);
            return self.gather(self.filter_text(all.trim()), (keys, false));
        }
        let as_of = self.list.as_of(now);
        let group: Vec<Key> = self.shown_keys().filter(|key| filter.matches(key, as_of)).cloned().collect();
        let marked = group.iter().filter(|key| self.marks.add(key)).count();
        vec![Step::Say(Level::Info, marked_words(marked, group.len() - marked))]
    }

    /// Takes the marks of a group's keys away.
    pub fn unmark_group(&mut self, picked: &Picked, now: Timestamp) -> Vec<Step> {
        let Ok(filter) = Filter::parse(&picked.term) else { return Vec::new() };
        let words = match self.marks.remove_matching(&filter, now) {
            1 => "1 key unmarked".to_owned(),
            count => format!("{} keys unmarked", number(count as u64)),
        };
        vec![Step::Say(Level::Info, words)]
    }
}
