//! Taking pages in: each knows the interval of the list that it covers, so that what moved is nowhere twice and
//! what was deleted is gone.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::{LoadedPage, Row, Rows, Slot};
use crate::wire::page::Page;

impl<T: Row> Rows<T> {
    /// Takes a page in. Says whether anything is different now.
    pub fn take(&mut self, slot: Slot, page: Page<T>, etag: Option<String>) -> bool {
        let before = (self.total, self.more, self.complete, self.loaded);
        (self.total, self.more) = (page.total, page.more);
        self.loaded = true;
        let changed = match slot {
            Slot::Again(at) => self.take_again(at, page.items, page.next, etag),
            _ => self.take_next(slot, page.items, page.next, etag),
        };
        changed || before != (self.total, self.more, self.complete, self.loaded)
    }

    /// Takes the next page of the beginning in, or of the end. Where it reaches what is known of the other side, nothing
    /// is left between them.
    fn take_next(
        &mut self,
        slot: Slot,
        mut items: Vec<T>,
        next: Option<String>,
        etag: Option<String>,
    ) -> bool {
        let reversed = matches!(slot, Slot::End | Slot::Tail);
        let cursor = self.cursor_for(slot);
        let mut tail = self.rows.split_off(self.split.min(self.rows.len()));
        let mut head = std::mem::take(&mut self.rows);
        match slot {
            Slot::First => {
                (head, tail) = (Vec::new(), Vec::new());
                self.pages.clear();
                (self.grown, self.matches, self.tail_next) = (0, None, None);
            }
            Slot::End => {
                tail.clear();
                self.pages.retain(|page| !page.reversed);
            }
            _ => {}
        }
        let anchor = if reversed { tail.first() } else { head.last() }.cloned();
        let last = next.as_ref().and(items.last().cloned());
        self.pages.push(LoadedPage { cursor, reversed, etag, anchor, last });
        let (near, far) = if reversed { (&mut tail, &mut head) } else { (&mut head, &mut tail) };
        let known = !near.is_empty() || !far.is_empty();
        let ids: HashSet<T::Id> = items.iter().filter(|_| known).map(Row::id).collect();
        self.complete = next.is_none() || far.iter().any(|row| ids.contains(&row.id()));
        if next.is_none() {
            // It reached the other end of the list: what else was known there is gone from the server.
            far.clear();
        }
        near.retain(|row| !ids.contains(&row.id()));
        far.retain(|row| !ids.contains(&row.id()));
        if reversed {
            items.reverse();
            self.tail_next = next;
        } else {
            self.head_next = next;
        }
        self.rows = head;
        if !reversed {
            self.rows.append(&mut items);
        }
        self.split = self.rows.len();
        self.rows.append(&mut items);
        self.rows.append(&mut tail);
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
        let Some(page) = self.pages.get_mut(at) else { return false };
        page.etag = etag;
        page.last = next.as_ref().and(items.last().cloned());
        let (anchor, last, reversed) = (page.anchor.clone(), page.last.clone(), page.reversed);
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
