//! Lists of keys: of a project, of all, and of those that nobody has used for long.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::effect::Request;
use super::filter::{FilterLine, Haystacks};
use super::marks::Marks;
use super::rows::{Row, Rows, Slot};
use crate::wire::filter::{AsOf, Filter};
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::{Key, KeyQuery, Sort, SortBy, Status, StatusQuery};
use crate::wire::page::Page;
use crate::wire::session::Thresholds;
use crate::wire::shared::{Pool, Shared};
use crate::wire::text::fold;
use crate::wire::time::Timestamp;

/// How many rows one request asks for.
pub const PAGE: u32 = 200;

/// The thresholds that `+` and `-` go through, in days.
pub const IDLE_DAYS: [u32; 7] = [7, 14, 30, 60, 90, 180, 365];

/// A list of keys with its filter and its order.
#[derive(Clone, PartialEq, Debug)]
pub struct KeyList {
    /// The loaded rows.
    pub rows: Rows<Key>,
    /// The filter line.
    pub filter: FilterLine,
    /// Of this project alone, with its name.
    pub project: Option<(ProjectId, String)>,
    /// Only active keys that have been idle for longer than so many days.
    pub idle_days: Option<u32>,
    /// The server's thresholds, by which `status:stale` and its like are judged.
    thresholds: Thresholds,
    /// The order wanted; the rows have it once they have come.
    pub sort: Sort,
    /// Keys that are to be acted on together.
    pub marks: Marks,
    /// The filter that the loaded rows were asked for with.
    pub(super) asked: String,
    /// How many keys there are without a filter, and whether there are more than that.
    everything: Option<(u64, bool)>,
    /// Texts that many of the rows have alike.
    texts: Pool,
    pub(super) hay: Option<Haystacks>,
    /// The filter whose matches the rows show, while the rows are as they were.
    pub(super) matched: Option<Filter>,
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
            SortBy::Created => self.created_at.cmp(&other.created_at),
            SortBy::LastUsed => used(self).cmp(&used(other)),
            SortBy::Idle => self.idle_since().cmp(&other.idle_since()),
        };
        let order = by.then_with(|| self.id.cmp(&other.id));
        // The longest idle time is the smallest time.
        if sort.descending == (sort.by == SortBy::Idle) { order } else { order.reverse() }
    }
}

impl KeyList {
    /// All keys, the newest first.
    pub fn all() -> KeyList {
        KeyList::with(Sort { by: SortBy::Created, descending: true }, None)
    }

    /// Keys that have been idle for so many days, the longest first.
    pub fn stale(days: u32) -> KeyList {
        KeyList::with(Sort { by: SortBy::Idle, descending: true }, Some(days))
    }

    fn with(sort: Sort, idle_days: Option<u32>) -> KeyList {
        KeyList {
            rows: Rows::new(sort),
            filter: FilterLine::default(),
            project: None,
            idle_days,
            thresholds: Thresholds::default(),
            sort,
            marks: Marks::default(),
            asked: String::new(),
            everything: None,
            texts: Pool::default(),
            hay: None,
            matched: None,
        }
    }

    /// The server has these thresholds: what the filter shows may be something else then.
    pub fn set_thresholds(&mut self, thresholds: Thresholds, now: Timestamp) {
        if self.thresholds != thresholds {
            self.thresholds = thresholds;
            self.marks.set_thresholds(thresholds, now);
            self.matched = None;
            self.refilter(now);
        }
    }

    /// The time and the thresholds by which filters are judged.
    pub(super) fn as_of(&self, now: Timestamp) -> AsOf {
        AsOf { now, thresholds: self.thresholds }
    }

    /// Forgets the rows and the marks: another project, another threshold.
    pub fn reset(&mut self) {
        self.marks.clear();
        self.rows = Rows::new(self.sort);
        (self.everything, self.hay, self.matched) = (None, None, None);
        self.texts = Pool::default();
    }

    /// Of how many keys the rows are those that the filter lets through, where the server has filtered them. One
    /// cannot tell by the count who did.
    pub fn filtered_of(&self) -> Option<(u64, bool)> {
        self.everything.filter(|_| !self.asked.is_empty() && !self.rows.is_filtered())
    }

    /// Whether the loaded rows are all keys that there are.
    pub fn holds_all(&self) -> bool {
        let unbound = self.project.is_none() && self.idle_days.is_none() && self.asked.is_empty();
        unbound && self.rows.is_complete()
    }

    /// Shows these keys and no others, with the filter as it is: what the server says of it is asked for next.
    pub fn show(&mut self, keys: Vec<Key>, now: Timestamp) {
        self.asked = self.filter.applied.clone();
        self.take(Slot::First, Page::whole(keys), None, now);
        self.rows.rewind();
    }

    /// What to ask for a part of the list.
    pub fn request(&mut self, slot: Slot) -> Request {
        if slot == Slot::First {
            self.asked = self.filter.applied.clone();
        }
        let mark = match slot {
            Slot::Again(at) => self.rows.mark(at),
            _ => None,
        };
        let reversed = matches!(slot, Slot::End | Slot::Tail) || mark.is_some_and(|mark| mark.reversed);
        let sort = if slot == Slot::First { self.sort } else { self.rows.sort };
        let query = KeyQuery {
            sort: Some(Sort { descending: sort.descending != reversed, ..sort }),
            limit: Some(PAGE),
            cursor: self.rows.cursor_for(slot),
            ..self.query()
        };
        Request::Keys { query, etag: mark.and_then(|mark| mark.etag.clone()) }
    }

    /// A filter together with the list's own.
    pub fn filter_text(&self, words: &str) -> String {
        match (self.idle_days, words) {
            (None, text) => text.to_owned(),
            (Some(days), "") => format!("idle>{days}d"),
            (Some(days), text) => format!("idle>{days}d {text}"),
        }
    }

    /// Which keys the list holds, of those on the server.
    pub fn query(&self) -> KeyQuery {
        KeyQuery {
            filter: self.filter_text(&self.asked),
            project: self.project.as_ref().map(|(id, _)| *id),
            status: Some(if self.idle_days.is_some() { StatusQuery::Active } else { StatusQuery::All }),
            ..KeyQuery::default()
        }
    }

    /// Takes a page in. Says whether anything is different now.
    pub fn take(&mut self, slot: Slot, mut page: Page<Key>, etag: Option<String>, now: Timestamp) -> bool {
        if slot == Slot::First {
            self.rows.sort = self.sort;
        }
        page.items.iter_mut().for_each(|key| key.share(&mut self.texts));
        if !self.marks.is_empty() {
            page.items.iter().for_each(|key| self.marks.learn(key, now));
        }
        if self.asked.is_empty() {
            self.everything = Some((page.total, page.more));
        }
        let changed = self.rows.take(slot, page, etag);
        if changed {
            (self.hay, self.matched) = (None, None);
            self.refilter(now);
        }
        changed
    }

    /// Shows what the filter lets through, of the loaded rows. Says whether they suffice: otherwise the server
    /// has to be asked.
    pub fn refilter(&mut self, now: Timestamp) -> bool {
        self.marks.judge(&self.filter_text(&self.filter.applied), now);
        if self.asked == self.filter.applied {
            self.rows.set_matches(None);
            if !self.filter.editing {
                // Folded texts of 100,000 keys are 11 MB that nobody needs until the next `/`.
                (self.hay, self.matched) = (None, None);
            }
            return true;
        }
        if !self.asked.is_empty() || !self.rows.is_complete() {
            return false;
        }
        if self.filter.parsed.is_empty() {
            self.rows.set_matches(None);
            return true;
        }
        let as_of = self.as_of(now);
        let filter = &self.filter.parsed;
        let keys = self.rows.all();
        let hay = self.hay.get_or_insert_with(|| Haystacks::of(keys));
        // Who types on narrows what is there; only that is looked at again.
        let before = self.matched.as_ref().filter(|before| filter.narrows(before));
        let matches = match before.and(self.rows.matches()) {
            Some(places) => hay.narrow(filter, keys, places, as_of),
            None => hay.matches(filter, keys, as_of),
        };
        self.rows.set_matches(Some(matches));
        self.matched = Some(self.filter.parsed.clone());
        true
    }

    /// Folds all loaded keys once, so that the first key typed into the filter is as quick as the others.
    pub fn prepare(&mut self) {
        if self.hay.is_none() && self.rows.is_complete() {
            self.hay = Some(Haystacks::of(self.rows.all()));
        }
    }

    /// The loaded keys with their folded texts.
    pub(super) fn with_texts(&mut self) -> (&[Key], &mut Haystacks) {
        let keys = self.rows.all();
        (keys, self.hay.get_or_insert_with(|| Haystacks::of(keys)))
    }

    /// Folded texts of 100,000 keys are 11 MB that nobody needs once the palette is closed.
    pub(super) fn forget_texts(&mut self) {
        if !self.rows.is_filtered() && !self.filter.editing {
            (self.hay, self.matched) = (None, None);
        }
    }

    /// Puts a changed key in its place.
    pub fn replace(&mut self, key: &Key, now: Timestamp) {
        self.marks.learn(key, now);
        if self.rows.replace(key) {
            (self.hay, self.matched) = (None, None);
            self.refilter(now);
        }
    }

    /// Many keys were revoked: when, by whom and why.
    pub fn revoked(&mut self, ids: &HashSet<KeyId>, how: (Timestamp, Option<&str>, Option<&str>)) {
        let (now, by, reason) = how;
        let by = by.map(Shared::from);
        let changed = self.rows.change(|key| {
            let revoked = ids.contains(&key.id);
            if revoked {
                (key.status, key.revoked_at) = (Status::Revoked, Some(now));
                (key.revoked_by, key.revoke_reason) = (by.clone(), reason.map(Into::into));
            }
            revoked
        });
        if changed {
            self.matched = None;
            self.refilter(now);
        }
    }

    /// Takes a new key in, if it belongs here and its place is loaded. Says whether it is to be seen.
    pub fn insert(&mut self, key: &Key, now: Timestamp) -> bool {
        let here =
            self.idle_days.is_none() && self.project.as_ref().is_none_or(|(id, _)| *id == key.project_id);
        if !here || !self.filter.parsed.matches(key, self.as_of(now)) || !self.rows.insert(key.clone()) {
            return false;
        }
        (self.hay, self.matched) = (None, None);
        self.refilter(now);
        true
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
