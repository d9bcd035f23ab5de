//! Access reviews.

use super::Client;
use super::call::Call;
use super::error::ClientError;
use super::keys::Fresh;
use super::pages::gather;
use crate::wire::id::{KeyId, ReviewId};
use crate::wire::page::{Page, PageQuery};
use crate::wire::paths;
use crate::wire::reports::Sign;
use crate::wire::reviews::{Decide, Execute, Executed, ItemQuery, NewReview, Review, ReviewEdit, ReviewItem};

/// The query of an undone decision.
#[derive(serde::Serialize)]
struct UndecideQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
}

impl Client {
    /// A page of reviews, newest first.
    pub async fn reviews(&self, query: &PageQuery) -> Result<Page<Review>, ClientError> {
        self.call(Call::get(paths::REVIEWS).query(query)).await?.json()
    }

    /// The same, unless it is still what had this tag.
    pub async fn reviews_unless(
        &self,
        query: &PageQuery,
        etag: Option<&str>,
    ) -> Result<Fresh<Page<Review>>, ClientError> {
        self.fresh(Call::get(paths::REVIEWS).query(query), etag).await
    }

    /// All reviews, newest first.
    pub async fn reviews_all(&self) -> Result<Vec<Review>, ClientError> {
        let reviews = gather(self.watch.as_ref(), None, |page| async move { self.reviews(&page).await });
        reviews.await.map(|page| page.items)
    }

    /// Starts a review of the keys that match its scope now.
    pub async fn start_review(&self, new: &NewReview) -> Result<Review, ClientError> {
        self.call(Call::post(paths::REVIEWS).json(new)).await?.json()
    }

    /// One review.
    pub async fn review(&self, id: ReviewId) -> Result<Review, ClientError> {
        self.call(Call::get(paths::review(id))).await?.json()
    }

    /// Renames a review, moves its due date, or cancels it.
    pub async fn edit_review(&self, id: ReviewId, edit: &ReviewEdit) -> Result<Review, ClientError> {
        self.call(Call::patch(paths::review(id)).json(edit)).await?.json()
    }

    /// A page of a review's keys with their decisions.
    pub async fn review_items(
        &self,
        id: ReviewId,
        query: &ItemQuery,
    ) -> Result<Page<ReviewItem>, ClientError> {
        self.call(Call::get(paths::review_items(id)).query(query)).await?.json()
    }

    /// All keys of a review that match, page by page, at most `limit`.
    pub async fn review_items_listed(
        &self,
        id: ReviewId,
        query: &ItemQuery,
        limit: Option<usize>,
    ) -> Result<Page<ReviewItem>, ClientError> {
        gather(self.watch.as_ref(), limit, |page| {
            let query = ItemQuery { limit: page.limit, cursor: page.cursor, ..query.clone() };
            async move { self.review_items(id, &query).await }
        })
        .await
    }

    /// Decides on a key of a review.
    pub async fn decide(&self, id: ReviewId, key: KeyId, decide: &Decide) -> Result<ReviewItem, ClientError> {
        self.call(Call::put(paths::review_item(id, key)).json(decide)).await?.json()
    }

    /// Undoes a decision: with a `version` only if nobody has decided since.
    pub async fn undecide(&self, id: ReviewId, key: KeyId, version: Option<u64>) -> Result<(), ClientError> {
        let query = UndecideQuery { version };
        self.call(Call::delete(paths::review_item(id, key)).query(&query)).await.map(|_| ())
    }

    /// Signs a review with the head of a pack.
    pub async fn sign_review(&self, id: ReviewId, sign: &Sign) -> Result<Review, ClientError> {
        self.call(Call::post(paths::review_sign(id)).json(sign)).await?.json()
    }

    /// Executes the decisions of a review, or returns what would be done.
    pub async fn execute_review(&self, id: ReviewId, execute: &Execute) -> Result<Executed, ClientError> {
        self.call(Call::post(paths::review_execute(id)).json(execute)).await?.json()
    }
}
