//! Lists of keys: of a project, of all, and of those that nobody has used for long.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use self::groups::OpenedGroup;
use super::super::change_batch::{ChangeBatch, is_renamed, key_after};
use super::super::effect::Request;
use super::super::event::Reply;
use super::super::list::marks::Marks;
use super::super::list::{Becomes, Entry, Filtered, Line, List, ListChange, Row, Slot, Window};
use super::PAGE;
use crate::wire::events::Use;
use crate::wire::filter::{AsOf, Filter, push_haystack};
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::{Key, KeyQuery, Sort, SortBy, Status, StatusQuery};
use crate::wire::projects::Project;
use crate::wire::session::Thresholds;
use crate::wire::shared::Pool;
use crate::wire::text::{fold, fold_search};
use crate::wire::time::Timestamp;

pub use self::show::sort_words;
use self::summary::Summary;
pub use self::summary::{Awaited, Summed};

mod act;
mod groups;
mod show;
mod summary;

/// The thresholds that `+` and `-` go through, in days.
pub const IDLE_DAYS: [u32; 7] = [7, 14, 30, 60, 90, 180, 365];

/// A list of keys with its filter and its order.
#[derive(Clone, PartialEq, Debug)]
pub struct KeysView {
    /// The keys.
    pub list: Filtered<Key>,
    /// Of this project alone, with its name.
    pub project: Option<(ProjectId, String)>,
    /// Only keys that are not revoked and have been idle for so many days or more.
    pub idle_days: Option<u32>,
    /// That was changed by hand: the server's threshold does not matter here.
    own_threshold: bool,
    /// The order wanted; the rows have it once they have come.
    pub sort: Sort,
    /// Keys that are to be acted on together.
    pub marks: Marks,
    summary: Summary,
    /// The group that was opened last, to go back from.
    opened: Option<OpenedGroup>,
    /// The column of daily requests is shown: rows are asked for with them.
    daily: bool,
    /// When rows were asked for again to learn their daily requests.
    daily_asked: Option<Timestamp>,
    /// Texts that many of the rows have alike.
    texts: Pool,
}

impl Row for Key {
    type Id = KeyId;

    fn id(&self) -> KeyId {
        self.id
    }

    fn order(&self, other: &Key, sort: Sort) -> Ordering {
        let used = |key: &Key| key.last_used_at.map_or(0, Timestamp::millis);
        let by = match sort.by {
            SortBy::Name => fold(&self.name).cmp(&fold(&other.name)),
            SortBy::Created | SortBy::Keys => self.created_at.cmp(&other.created_at),
            SortBy::LastUsed => used(self).cmp(&used(other)),
            SortBy::Idle => self.idle_since().cmp(&other.idle_since()),
            SortBy::Findings => {
                let worst = other.severity().cmp(&self.severity());
                worst.then_with(|| self.idle_since().cmp(&other.idle_since()))
            }
            SortBy::Creator => self.created_by.cmp(&other.created_by),
            SortBy::Owner => {
                let owner = |key: &Key| key.owner.as_deref().map(fold_search).unwrap_or_default();
                owner(self).cmp(&owner(other))
            }
            SortBy::Project => fold(&self.project_name).cmp(&fold(&other.project_name)),
            SortBy::Status => {
                let status = self.status.place().cmp(&other.status.place());
                status.then_with(|| self.idle_since().cmp(&other.idle_since()))
            }
        };
        let order = by.then_with(|| self.id.cmp(&other.id));
        // The longest idle time is the smallest time.
        if sort.descending == (sort.by == SortBy::Idle) { order } else { order.reverse() }
    }
}

impl Entry for Key {
    type Query = Filter;
    type Names = ();

    fn push_text(&self, texts: &mut String) {
        push_haystack(texts, self);
    }

    fn names(_: &[Key]) {}

    fn passes(&self, query: &Filter, text: &str, (): &(), as_of: AsOf) -> bool {
        query.matches_haystack(text, self, as_of)
    }

    fn narrows(query: &Filter, older: &Filter) -> bool {
        query.narrows(older)
    }
}

impl KeysView {
    /// All keys, the newest first.
    pub fn all() -> KeysView {
        KeysView::with(Sort { by: SortBy::Created, descending: true }, None)
    }

    /// Keys that have been idle for so many days, the longest first.
    pub fn stale(days: u32) -> KeysView {
        KeysView::with(Sort { by: SortBy::Idle, descending: true }, Some(days))
    }

    fn with(sort: Sort, idle_days: Option<u32>) -> KeysView {
        KeysView {
            list: Filtered::new(sort),
            project: None,
            idle_days,
            own_threshold: false,
            sort,
            marks: Marks::default(),
            summary: Summary::default(),
            opened: None,
            daily: false,
            daily_asked: None,
            texts: Pool::default(),
        }
    }

    /// The server has these thresholds: what the filter shows may be something else then.
    pub fn set_thresholds(&mut self, thresholds: Thresholds, now: Timestamp) {
        if self.list.set_thresholds(thresholds, now) {
            self.marks.set_thresholds(thresholds, now);
        }
        let stale = self.idle_days.map(|_| thresholds.stale_days);
        if !self.own_threshold && self.idle_days != stale {
            self.idle_days = stale;
            self.marks.clear();
            self.unload();
        }
    }

    /// Forgets the rows and the marks: another project, another threshold.
    pub fn reset(&mut self) {
        self.marks.clear();
        self.list.reset(self.sort);
        self.texts = Pool::default();
    }

    /// Whether the loaded rows are all keys that there are.
    pub fn holds_all(&self) -> bool {
        let unbound = self.project.is_none() && self.idle_days.is_none() && self.list.filter.asked.is_empty();
        unbound && self.list.rows.is_complete()
    }

    /// A filter together with the list's own.
    pub fn filter_text(&self, words: &str) -> String {
        match (self.idle_days, words) {
            (None, text) => text.to_owned(),
            (Some(days), "") => format!("idle>{days}d"),
            (Some(days), text) => format!("idle>{days}d {text}"),
        }
    }

    /// Which keys the list holds, of those on the server, with this filter.
    pub fn query(&self, filter: &str) -> KeyQuery {
        KeyQuery {
            filter: self.filter_text(filter),
            project: self.project.as_ref().map(|(id, _)| *id),
            status: Some(if self.idle_days.is_some() { StatusQuery::Active } else { StatusQuery::All }),
            ..KeyQuery::default()
        }
    }

    /// Puts a changed key in its place.
    pub fn replace(&mut self, key: &Key, now: Timestamp) {
        self.marks.learn(key, now);
        let known = self.list.rows.get(key.id).and_then(|known| known.daily.clone());
        self.list.replace(&Key { daily: known, ..key.clone() }, now);
    }

    /// Many keys were revoked: when, by whom and why.
    pub fn revoked(&mut self, ids: &HashSet<KeyId>, how: (Timestamp, Option<&str>, Option<&str>)) {
        let (now, by, reason) = how;
        let by = by.map(Arc::from);
        let changed = self.list.rows.change(|key| {
            let revoked = ids.contains(&key.id);
            if revoked {
                (key.status, key.revoked_at) = (Status::Revoked, Some(now));
                (key.revoked_by, key.revoke_reason) = (by.clone(), reason.map(Into::into));
            }
            revoked
        });
        if changed {
            self.list.changed(now, false);
        }
    }

    /// A project was deleted: by whom and why its keys are revoked.
    pub fn project_deleted(&mut self, id: ProjectId, how: (Timestamp, Option<&str>, Option<&str>)) {
        let of_it = |key: &&Key| key.project_id == id && key.status != Status::Revoked;
        let ids = self.list.rows.all().iter().filter(of_it).map(|key| key.id).collect();
        self.revoked(&ids, how);
        self.marks.forget_project(id);
        if self.project.as_ref().is_some_and(|(project, _)| *project == id) {
            self.leave_project();
        }
    }

    /// A project was changed, maybe its name. Says whether that is shown here.
    pub fn project_changed(&mut self, project: &Project) -> bool {
        let name = self.project.as_mut().filter(|(id, name)| *id == project.id && *name != project.name);
        let changed = name.is_some();
        if let Some((_, name)) = name {
            name.clone_from(&project.name);
        }
        changed
    }

    /// Takes a new key in, if it belongs here and its place is loaded. Says whether it is to be seen.
    pub fn insert(&mut self, key: &Key, now: Timestamp) -> bool {
        let here =
            self.idle_days.is_none() && self.project.as_ref().is_none_or(|(id, _)| *id == key.project_id);
        here && self.list.query().matches(key, self.list.as_of(now)) && self.list.insert(key.clone(), now)
    }

    /// Shows the keys of all projects again. Says whether they were those of one.
    pub fn leave_project(&mut self) -> bool {
        let left = self.project.take().is_some();
        if left {
            self.reset();
        }
        left
    }

    /// The column of daily requests is shown or hidden from now on.
    pub fn show_daily(&mut self, shown: bool) {
        self.daily = shown;
    }

    /// The page of a visible row whose daily requests are shown and not known, to be asked for again; at most once
    /// in a second.
    pub fn lacks_daily(&mut self, height: usize, now: Timestamp) -> Option<Slot> {
        const EVERY: Duration = Duration::from_secs(1);
        let rows = &self.list.rows;
        if !self.daily || self.daily_asked.is_some_and(|at| now >= at && at.age(now) < EVERY) {
            return None;
        }
        let visible = rows.offset()..rows.offset() + height;
        let lacks = |line: &usize| matches!(rows.line(*line), Some(Line::Row(key)) if key.daily.is_none());
        let slot = rows.page_at(visible.into_iter().find(lacks)?);
        self.daily_asked = Some(now);
        Some(slot)
    }

    /// Finds out which marked keys the list does not show.
    fn judge_marks(&mut self, now: Timestamp) {
        self.marks.judge(&self.filter_text(&self.list.filter.applied), now);
    }

    /// The threshold, where it is another than the one from which keys are stale.
    pub fn other_threshold(&self) -> Option<u32> {
        self.idle_days.filter(|days| *days != self.list.thresholds().stale_days)
    }

    /// The next longer or shorter threshold; none at the end of the scale.
    pub fn next_threshold(&self, longer: bool) -> Option<u32> {
        let days = self.idle_days?;
        if longer {
            IDLE_DAYS.into_iter().find(|next| *next > days)
        } else {
            IDLE_DAYS.into_iter().rev().find(|next| *next < days)
        }
    }
}

impl List for KeysView {
    fn window(&self) -> &dyn Window {
        &self.list
    }

    fn window_mut(&mut self) -> &mut dyn Window {
        &mut self.list
    }

    fn request(&mut self, slot: Slot) -> Request {
        let filter = self.list.ask(slot);
        let rows = &self.list.rows;
        let page = match slot {
            Slot::Again(at) => rows.page(at),
            _ => None,
        };
        let reversed = matches!(slot, Slot::End | Slot::Tail) || page.is_some_and(|page| page.reversed);
        let sort = if slot == Slot::First { self.sort } else { rows.sort };
        let query = KeyQuery {
            sort: Some(Sort { descending: sort.descending != reversed, ..sort }),
            limit: Some(PAGE),
            cursor: rows.cursor_for(slot),
            daily: self.daily,
            ..self.query(&filter)
        };
        Request::Keys { query, etag: rows.etag_for(slot) }
    }

    fn take(&mut self, slot: Slot, reply: Reply, now: Timestamp) -> bool {
        let Reply::Keys { mut page, etag } = reply else { return false };
        if slot == Slot::First {
            self.list.rows.sort = self.sort;
        }
        page.items.iter_mut().for_each(|key| key.share(&mut self.texts));
        if !self.marks.is_empty() {
            page.items.iter().for_each(|key| self.marks.learn(key, now));
        }
        let (asked, before) = (self.list.filter.asked.clone(), self.list.rows.total());
        if self.idle_days.is_some() && asked.is_empty() && self.list.rows.is_loaded() {
            // A filter may be asked for now. Revoked keys stay among the rows until then, and are not stale.
            let revoked =
                self.list.rows.all().iter().filter(|key| key.status == Status::Revoked).count() as u64;
            self.list.everything = Some((before.0.saturating_sub(revoked), before.1));
        }
        let changed = self.list.take(slot, page, etag, now);
        if self.idle_days.is_some() && !asked.is_empty() && asked == self.list.filter.asked {
            self.list.recount(before);
        }
        if changed {
            self.judge_marks(now);
        }
        changed
    }

    fn refilter(&mut self, now: Timestamp, answers: bool) -> bool {
        self.judge_marks(now);
        self.list.refilter(now, answers)
    }

    fn has_reverse(&self) -> bool {
        true
    }

    /// A key that belongs here no longer goes, one that does now comes.
    fn apply(&mut self, batch: &ChangeBatch, now: Timestamp, _: bool) -> ListChange {
        self.summary.old = true;
        let marked: Vec<Key> = self.marks.iter().filter_map(|marked| key_after(&marked.key, batch)).collect();
        for key in &marked {
            self.marks.learn(key, now);
        }
        if !self.list.rows.is_loaded() {
            return ListChange::default();
        }
        let scope = self.project.as_ref().map(|(id, _)| *id);
        let filter = Filter::parse(&self.filter_text(&self.list.filter.asked)).unwrap_or_default();
        let (active_only, as_of) = (self.idle_days.is_some(), self.list.as_of(now));
        let in_view = |key: &Key| {
            scope.is_none_or(|id| id == key.project_id) && (!active_only || key.status != Status::Revoked)
        };
        let belongs = |key: &Key| in_view(key) && (filter.is_empty() || filter.matches(key, as_of));
        // Of many loaded rows few are told of: the others cost one look each.
        let told = batch.keys.keys().chain(batch.uses.keys()).chain(&batch.confirmed);
        let mut unknown: HashSet<KeyId> = told.copied().collect();
        let mut texts = false;
        let becomes = |key: &Key| {
            if !unknown.remove(&key.id) && !is_renamed(key, batch) {
                return Becomes::Same;
            }
            match key_after(key, batch) {
                None => Becomes::Same,
                Some(next) if !belongs(&next) => Becomes::Gone,
                Some(next) => {
                    texts |= key.name != next.name || key.project_name != next.project_name;
                    Becomes::Row(next)
                }
            }
        };
        let complete = self.list.rows.is_complete();
        let before = self.list.rows.total();
        let first = self.list.rows.revise(becomes);
        let others: Vec<Key> =
            unknown.iter().filter_map(|id| batch.keys.get(id)).filter(|key| belongs(key)).cloned().collect();
        // Others than new ones were counted before, as far as can be known; they may have moved to where rows
        // are loaded.
        let new = others.iter().filter(|key| complete || batch.made.contains(&key.id)).count();
        let mut again =
            !complete && unknown.iter().any(|id| batch.keys.contains_key(id) && !batch.made.contains(id));
        let second = self.list.rows.add(others, new);
        let in_scope = |one: &&Use| scope.is_none_or(|id| id == one.project);
        let used_elsewhere = unknown.iter().filter_map(|id| batch.uses.get(id)).any(|one| in_scope(&one));
        let by_use = matches!(self.list.rows.sort.by, SortBy::LastUsed | SortBy::Idle | SortBy::Status);
        let by_use = by_use || active_only;
        again |= used_elsewhere && ((!complete && by_use) || !self.list.filter.asked.is_empty());
        if !self.list.filter.asked.is_empty() {
            if active_only {
                self.list.recount(before);
            } else if let Some((total, false)) = &mut self.list.everything {
                // Whatever the filter, there is one more key for each new one; none ever leaves.
                let made = batch.made.iter().filter_map(|id| batch.keys.get(id));
                *total += made.filter(|key| in_view(key)).count() as u64;
            }
        }
        let changed = first.changed || second.changed;
        if changed {
            self.list.changed(now, first.moved || second.moved || texts);
        }
        ListChange { changed, again, ..ListChange::default() }
    }
}
