//! Walking through the pages of a list.

use crate::wire::page::{MAX_LIMIT, Page};

/// Rows gathered page by page, up to a limit.
pub(super) struct Walk<T> {
    pub(super) rows: Vec<T>,
    limit: usize,
}

impl<T> Walk<T> {
    pub(super) fn new(limit: Option<usize>) -> Walk<T> {
        Walk { rows: Vec::new(), limit: limit.unwrap_or(usize::MAX) }
    }

    /// How many rows to ask for next.
    pub(super) fn ask(&self) -> u32 {
        let left = self.limit.saturating_sub(self.rows.len()).max(1);
        u32::try_from(left).unwrap_or(MAX_LIMIT).min(MAX_LIMIT)
    }

    /// Takes a page and moves the cursor behind it; whether there is more to fetch.
    pub(super) fn take(&mut self, page: Page<T>, cursor: &mut Option<String>) -> bool {
        let left = self.limit - self.rows.len();
        self.rows.extend(page.items.into_iter().take(left));
        // A server that gives the same cursor again would be asked for ever.
        let moves = page.next.is_some() && page.next != *cursor;
        *cursor = page.next;
        moves && self.rows.len() < self.limit
    }
}
