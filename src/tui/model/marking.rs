//! Marking: one row, a range, every row that the filter matches.

use super::effect::{Effect, Request};
use super::event::Failure;
use super::list::marks::Gather;
use super::list::{Line, Motion};
use super::lists;
use super::messages::{Level, number};
use super::requests::Asker;
use super::state::State;
use super::tabs::View;
use super::views::keys::KeysView;
use super::wording::words;
use crate::wire::keys::{Key, KeyQuery, Sort, StatusQuery};
use crate::wire::page::{MAX_LIMIT, Page};

impl State {
    fn marked_list(&mut self) -> Option<&mut KeysView> {
        let (two, three) = (self.key_of_view(2), self.key_of_view(3));
        if self.key_list().is_none() {
            self.say(Level::Info, format!("only keys can be marked: {two} and {three} show them"));
        }
        self.list_of(self.view)
    }

    /// Marks the selected row, or takes its mark away, and moves on.
    pub(super) fn mark(&mut self, fx: &mut Vec<Effect>) {
        let Some(list) = self.marked_list() else { return };
        let Some(key) = list.list.rows.selected().cloned() else {
            return self.say_nothing_selected("No key is selected. Select one first.");
        };
        if !list.marks.remove(key.id) && !list.marks.add(&key) {
            self.say(Level::Info, format!("{} is revoked: there is nothing to mark it for", key.name));
        }
        lists::step(self, fx, Motion::By(1));
        self.dirty();
    }

    /// Begins a range at the selected row, or marks everything from there to here.
    pub(super) fn mark_range(&mut self) {
        let v = self.setup.keymap.hint(super::Action::Range);
        let Some(list) = self.marked_list() else { return };
        if list.marks.range.is_some() {
            return self.end_range();
        }
        match list.list.rows.selected().map(|key| (key.id, key.name.clone())) {
            Some((id, name)) => {
                list.marks.range = Some(id);
                self.say(Level::Info, format!("a range begins at {name}: move, then {v} marks all of it"));
            }
            None => self.say_nothing_selected("No key is selected. Select one first."),
        }
    }

    /// Marks the rows of the range, if one is open.
    pub(super) fn end_range(&mut self) {
        let Some(list) = self.marked_list() else { return };
        let lines = list.range_lines();
        if list.marks.range.take().is_none() {
            return;
        }
        let Some((from, to)) = lines else {
            return self
                .say(Level::Warn, "the range's first row is no longer to be seen: nothing was marked");
        };
        let (mut marked, mut left, mut gap) = (0, 0, false);
        for at in from..=to {
            match list.list.rows.line(at) {
                Some(Line::Row(key)) if list.marks.add(key) => marked += 1,
                Some(Line::Row(_)) => left += 1,
                Some(Line::Gap) => gap = true,
                None => {}
            }
        }
        let mut words = marked_words(marked, left);
        if gap {
            words.push_str("; the rows between that are not loaded are not marked");
        }
        self.say(if gap { Level::Warn } else { Level::Info }, words);
    }

    /// Marks every row that the filter matches. What is not loaded is loaded first, page by page.
    pub(super) fn mark_all(&mut self, fx: &mut Vec<Effect>) {
        let view = self.view;
        let awaited = self.requests.awaits_first(view);
        let connected = self.link.session.is_some();
        // The rows that are shown are more than those that are meant.
        if let Some(why) = self.filter_line().not_applied(&self.setup.keymap) {
            return self.say(Level::Warn, why);
        }
        let Some(list) = self.marked_list() else { return };
        list.marks.range = None;
        if list.marks.gather.is_some() {
            return;
        }
        if list.list.rows.is_complete() && !awaited {
            let (mut marked, mut left) = (0, 0);
            for at in 0..list.list.rows.lines() {
                match list.list.rows.line(at) {
                    Some(Line::Row(key)) if list.marks.add(key) => marked += 1,
                    Some(_) => left += 1,
                    None => {}
                }
            }
            return self.say(Level::Info, marked_words(marked, left));
        }
        if !connected {
            return self.say(Level::Info, "nothing is loaded yet that could be marked");
        }
        let gather = Gather {
            filter: list.filter_text(&list.list.filter.applied),
            cursor: None,
            taken: 0,
            total: list.list.rows.total(),
        };
        list.marks.gather = Some(gather);
        self.gather_more(fx, view);
        self.dirty();
    }

    fn gather_more(&mut self, fx: &mut Vec<Effect>, view: View) {
        let Some(list) = self.list_of(view) else { return };
        let Some(query) = list.gather_query() else { return };
        self.ask(fx, Asker::Gather(view), Request::Keys { query, etag: None });
    }

    /// A page of rows to be marked has come.
    pub(super) fn gathered(&mut self, fx: &mut Vec<Effect>, view: View, asked: &KeyQuery, page: &Page<Key>) {
        let Some(list) = self.list_of(view) else { return };
        // Those that were asked for before another filter or project are not meant.
        let meant = list.gather_query().is_some_and(|query| query == *asked);
        let Some(gather) = list.marks.gather.as_mut().filter(|_| meant) else { return };
        let more = gather.take(page.items.len(), (page.total, page.more), page.next.clone());
        for key in &page.items {
            list.marks.add(key);
        }
        if more.is_some() {
            self.gather_more(fx, view);
            self.dirty();
        } else {
            list.marks.gather = None;
            let marked = list.marks.len();
            self.say(Level::Info, marked_words(marked, 0));
        }
    }

    pub(super) fn gather_failed(&mut self, view: View, failure: &Failure) {
        let Some(list) = self.list_of(view) else { return };
        list.marks.gather = None;
        let marked = number(list.marks.len() as u64);
        self.say(Level::Bad, format!("not all were marked: {} — {marked} are marked", words(failure)));
    }

    /// Stops loading rows to be marked; what has come stays marked. Says whether there was anything to stop.
    pub(super) fn stop_gathering(&mut self, fx: &mut Vec<Effect>, view: View) -> bool {
        let Some(list) = self.list_of(view) else { return false };
        let stopped = list.marks.gather.take().is_some();
        let marked = number(list.marks.len() as u64);
        if stopped {
            self.requests.cancel(fx, |asker| asker == Asker::Gather(view));
            self.say(Level::Warn, format!("stopped: {marked} of them are marked"));
        }
        stopped
    }

    /// One step back among marks: the loading, the range, the marks. Says whether there was any.
    pub(super) fn unmark(&mut self, fx: &mut Vec<Effect>) -> bool {
        let view = self.view;
        if self.stop_gathering(fx, view) {
            return true;
        }
        let Some(list) = self.list_of(view) else { return false };
        if list.marks.range.take().is_some() {
            self.say(Level::Info, "the range is given up");
            return true;
        }
        let count = list.marks.clear();
        if count > 0 {
            let keys = if count == 1 { "key is" } else { "keys are" };
            self.say(Level::Info, format!("{} {keys} marked no longer", number(count as u64)));
        }
        count > 0
    }

    /// Says which marks others took away by revoking their keys.
    pub(super) fn tell_gone(&mut self) {
        let words = [self.views.keys.marks.gone_words(), self.views.stale.marks.gone_words()];
        // Both lists may have marked it; once is enough.
        if let Some(words) = words.into_iter().flatten().next() {
            self.say(Level::Warn, words);
        }
    }

    pub(super) fn list_of(&mut self, view: View) -> Option<&mut KeysView> {
        self.views.of_mut(view).keys_mut()
    }
}

impl KeysView {
    /// The lines of the open range, both ends included.
    pub fn range_lines(&self) -> Option<(usize, usize)> {
        let from = self.marks.range?;
        // While other rows are awaited, the range has no end.
        self.list.rows.selected()?;
        let at = self.list.rows.line_of(from)?;
        let cursor = self.list.rows.cursor();
        Some((at.min(cursor), at.max(cursor)))
    }

    fn gather_query(&self) -> Option<KeyQuery> {
        let gather = self.marks.gather.as_ref()?;
        Some(KeyQuery {
            filter: gather.filter.clone(),
            project: self.project.as_ref().map(|(id, _)| *id),
            status: Some(StatusQuery::Active),
            sort: Some(Sort::default()),
            limit: Some(MAX_LIMIT),
            cursor: gather.cursor.clone(),
            ..KeyQuery::default()
        })
    }
}

fn marked_words(marked: usize, left: usize) -> String {
    let keys = if marked == 1 { "key" } else { "keys" };
    let count = number(marked as u64);
    match left {
        0 => format!("{count} {keys} marked"),
        1 => format!("{count} {keys} marked; a revoked one is not"),
        left => format!("{count} {keys} marked; {} revoked ones are not", number(left as u64)),
    }
}
