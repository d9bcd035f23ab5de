//! Walking through the pages of a list.

use super::Watch;
use super::error::ClientError;
use crate::wire::page::{MAX_LIMIT, Page, PageQuery};

/// The rows of a list in one page, fetched page by page: at most `limit` of them. `fetch` asks for the rows behind a
/// cursor.
///
/// `watch` is called after each page but the last.
pub(super) async fn gather<T, F>(
    watch: Option<&Watch>,
    limit: Option<usize>,
    mut fetch: impl FnMut(PageQuery) -> F,
) -> Result<Page<T>, ClientError>
where
    F: Future<Output = Result<Page<T>, ClientError>>,
{
    let (mut walk, mut cursor) = (Walk::new(limit), None);
    loop {
        let page = fetch(PageQuery { limit: Some(walk.ask()), cursor: cursor.clone() }).await?;
        let more = walk.take(page, &mut cursor);
        if let Some(watch) = watch {
            watch(more.then(|| walk.progress()));
        }
        if !more {
            return Ok(walk.page());
        }
    }
}

/// Rows gathered page by page, up to a limit.
struct Walk<T> {
    rows: Vec<T>,
    limit: usize,
    /// `total` of the first page.
    counted: Option<u64>,
    /// Whether rows are left that were not fetched.
    cut: bool,
}

impl<T> Walk<T> {
    fn new(limit: Option<usize>) -> Walk<T> {
        Walk { rows: Vec::new(), limit: limit.unwrap_or(usize::MAX), counted: None, cut: false }
    }

    /// How many rows to ask for next.
    fn ask(&self) -> u32 {
        let left = self.limit.saturating_sub(self.rows.len()).max(1);
        u32::try_from(left).unwrap_or(MAX_LIMIT).min(MAX_LIMIT)
    }

    /// Takes a page and moves the cursor behind it; whether there is more to fetch.
    fn take(&mut self, page: Page<T>, cursor: &mut Option<String>) -> bool {
        let left = self.limit - self.rows.len();
        self.counted.get_or_insert(page.total);
        self.cut = page.next.is_some() || page.items.len() > left;
        self.rows.extend(page.items.into_iter().take(left));
        // A server that gives the same cursor again would be asked for ever.
        let moves = page.next.is_some() && page.next != *cursor;
        *cursor = page.next;
        moves && self.rows.len() < self.limit
    }

    /// How many rows are here, and how many there will be.
    fn progress(&self) -> (u64, u64) {
        let rows = self.rows.len() as u64;
        let most = u64::try_from(self.limit).unwrap_or(u64::MAX);
        (rows, self.counted.unwrap_or(rows).max(rows).min(most))
    }

    /// All that was gathered as one page, with the number of rows there are in all. `more` is true where rows are
    /// left, be it that the server did not count them all.
    fn page(self) -> Page<T> {
        let gathered = self.rows.len() as u64;
        let total = match self.counted {
            Some(total) if self.cut => total.max(gathered),
            _ => gathered,
        };
        Page { items: self.rows, next: None, total, more: self.cut }
    }
}
