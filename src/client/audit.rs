//! The audit log.

use super::Client;
use super::call::Call;
use super::error::ClientError;
use super::keys::Fresh;
use super::pages::gather;
use crate::wire::audit::{Event, EventQuery};
use crate::wire::page::Page;
use crate::wire::paths;

impl Client {
    /// A page of events, newest first.
    pub async fn audit_events(&self, query: &EventQuery) -> Result<Page<Event>, ClientError> {
        self.call(Call::get(paths::AUDIT_EVENTS).query(query)).await?.json()
    }

    /// The same, unless it is still what had this tag.
    pub async fn audit_events_unless(
        &self,
        query: &EventQuery,
        etag: Option<&str>,
    ) -> Result<Fresh<Page<Event>>, ClientError> {
        self.fresh(Call::get(paths::AUDIT_EVENTS).query(query), etag).await
    }

    /// All events of a query, newest first, page by page, at most `limit`.
    pub async fn audit_events_all(
        &self,
        query: &EventQuery,
        limit: Option<usize>,
    ) -> Result<Vec<Event>, ClientError> {
        self.audit_events_listed(query, limit).await.map(|page| page.items)
    }

    /// The same as one page, which says how many there are in all.
    pub async fn audit_events_listed(
        &self,
        query: &EventQuery,
        limit: Option<usize>,
    ) -> Result<Page<Event>, ClientError> {
        gather(self.watch.as_ref(), limit, |page| {
            let query = EventQuery { limit: page.limit, cursor: page.cursor, ..query.clone() };
            async move { self.audit_events(&query).await }
        })
        .await
    }
}
