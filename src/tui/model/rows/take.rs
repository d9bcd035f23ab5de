//! Taking pages in: each knows the interval of the list that it covers, so that what moved is nowhere twice and
//! what was deleted is gone.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::{Mark, Row, Rows, Slot};
use crate::wire::page::Page;

impl<T: Row> Rows<T> {
    /// Takes a page in. Says whether anything is different now.
    pub fn take(&mut self, slot: Slot, page: Page<T>, etag: Option<String>) -> bool {
        let before = (self.total, self.more, self.complete, self.loaded);
        (self.total, self.more) = (page.total, page.more);
        self.loaded = true;
        let changed = match slot {
            Slot::First => self.take_first(page.items, page.next, etag),
            Slot::Head => self.take_head(page.items, page.next, etag),
            Slot::End => self.take_end(page.items, page.next, etag),
            Slot::Tail => self.take_tail(page.items, page.next, etag),
            Slot::Again(mark) => self.take_again(mark, page.items, page.next, etag),
        };
        changed || before != (self.total, self.more, self.complete, self.loaded)
    }

    fn take_first(&mut self, items: Vec<T>, next: Option<String>, etag: Option<String>) -> bool {
        self.marks = vec![Mark {
            cursor: None,
            reversed: false,
            etag,
            anchor: None,
            last: next.as_ref().and(items.last().cloned()),
        }];
        self.split = items.len();
        self.complete = next.is_none();
        (self.head_next, self.tail_next) = (next, None);
        self.rows = items;
        self.grown = 0;
        self.matches = None;
        true
    }

    fn take_head(&mut self, items: Vec<T>, next: Option<String>, etag: Option<String>) -> bool {
        let anchor = self.rows[..self.split].last().cloned();
        let last = next.as_ref().and(items.last().cloned());
        self.marks.push(Mark { cursor: self.head_next.clone(), reversed: false, etag, anchor, last });
        let ids: HashSet<T::Id> = items.iter().map(Row::id).collect();
        let mut tail = self.rows.split_off(self.split);
        let joined = tail.iter().any(|row| ids.contains(&row.id()));
        self.rows.retain(|row| !ids.contains(&row.id()));
        self.rows.extend(items);
        self.split = self.rows.len();
        if next.is_none() {
            // The beginning reached the end: what else was known of the end is gone from the server.
            tail.clear();
        }
        tail.retain(|row| !ids.contains(&row.id()));
        self.rows.extend(tail);
        self.complete = joined || next.is_none();
        self.head_next = next;
        self.finish_join();
        true
    }

    fn take_end(&mut self, mut items: Vec<T>, next: Option<String>, etag: Option<String>) -> bool {
        let last = next.as_ref().and(items.last().cloned());
        items.reverse();
        let ids: HashSet<T::Id> = items.iter().map(Row::id).collect();
        self.rows.truncate(self.split);
        self.marks.retain(|mark| !mark.reversed);
        let joined = self.rows.iter().any(|row| ids.contains(&row.id()));
        if next.is_none() {
            self.rows.clear();
        }
        self.rows.retain(|row| !ids.contains(&row.id()));
        self.split = self.rows.len();
        self.rows.extend(items);
        self.marks.push(Mark { cursor: None, reversed: true, etag, anchor: None, last });
        self.complete = joined || next.is_none();
        self.tail_next = next;
        self.finish_join();
        true
    }

    fn take_tail(&mut self, mut items: Vec<T>, next: Option<String>, etag: Option<String>) -> bool {
        let anchor = self.rows.get(self.split).cloned();
        let last = next.as_ref().and(items.last().cloned());
        self.marks.push(Mark { cursor: self.tail_next.clone(), reversed: true, etag, anchor, last });
        items.reverse();
        let ids: HashSet<T::Id> = items.iter().map(Row::id).collect();
        let mut tail = self.rows.split_off(self.split);
        let joined = self.rows.iter().any(|row| ids.contains(&row.id()));
        if next.is_none() {
            self.rows.clear();
        }
        self.rows.retain(|row| !ids.contains(&row.id()));
        tail.retain(|row| !ids.contains(&row.id()));
        self.split = self.rows.len();
        self.rows.extend(items);
        self.rows.extend(tail);
        self.complete = joined || next.is_none();
        self.tail_next = next;
        self.finish_join();
        true
    }

    fn finish_join(&mut self) {
        if self.complete {
            self.split = self.rows.len();
            (self.head_next, self.tail_next) = (None, None);
        }
    }

    /// Replaces what lies between the page's anchor and its last row; rows that moved are taken away elsewhere.
    fn take_again(
        &mut self,
        at: usize,
        mut items: Vec<T>,
        next: Option<String>,
        etag: Option<String>,
    ) -> bool {
        let sort = self.sort;
        let Some(mark) = self.marks.get_mut(at) else { return false };
        mark.etag = etag;
        mark.last = next.as_ref().and(items.last().cloned());
        let (anchor, last, reversed) = (mark.anchor.clone(), mark.last.clone(), mark.reversed);
        if reversed {
            items.reverse();
        }
        // The anchor is not part of the page, its last row is.
        let (lower, upper) = if reversed { (last, anchor) } else { (anchor, last) };
        let place = |bound: &T| {
            let before = |order: Ordering| if reversed { order.is_lt() } else { order.is_le() };
            self.rows.partition_point(|row| before(row.order(bound, sort)))
        };
        let from = lower.as_ref().map_or(0, place);
        let to = upper.as_ref().map_or(self.rows.len(), place).max(from);
        let was_last = !reversed && to == self.rows.len();
        let ends_alike = if next.is_none() { self.complete } else { !(was_last && self.complete) };
        // A page of the end that reaches into the beginning, or the other way round, leaves nothing between them.
        let in_both = if reversed { from < self.split } else { to > self.split };
        let joins = in_both && !self.complete && self.split < self.rows.len();
        if ends_alike && !joins && self.rows[from..to] == items[..] {
            return false;
        }
        let ids: HashSet<T::Id> = items.iter().map(Row::id).collect();
        let in_head = !(reversed && self.split <= from);
        let mut items = Some(items);
        let old = std::mem::take(&mut self.rows);
        let (old_split, mut split) = (self.split, 0);
        for (place, row) in old.into_iter().enumerate() {
            if place == from {
                self.rows.extend(items.take().unwrap_or_default());
                split = if in_head { self.rows.len() } else { split };
            }
            if !(from..to).contains(&place) && !ids.contains(&row.id()) {
                self.rows.push(row);
                split = if place < old_split { self.rows.len() } else { split };
            }
        }
        if let Some(items) = items {
            self.rows.extend(items);
            split = if in_head { self.rows.len() } else { split };
        }
        self.split = split;
        if next.is_none() || joins {
            self.complete = true;
        } else if was_last && self.complete {
            // The last page has grown beyond its limit.
            self.complete = false;
            self.head_next = next;
        }
        self.finish_join();
        true
    }
}
