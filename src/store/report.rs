//! One state of the database, read part by part for an evidence pack.

use async_trait::async_trait;

use super::{KeptReceipt, Result};
use crate::wire::audit::Head;
use crate::wire::id::KeyId;
use crate::wire::keys::Key;
use crate::wire::reports::{PreviousPack, ReportReview};
use crate::wire::reviews::{Population, Review, ReviewItem};
use crate::wire::session::Thresholds;
use crate::wire::time::Timestamp;

/// What is known of the state before its keys are read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReportAbout {
    /// The end of the audit log.
    pub head: Head,
    /// The hash of the first audit event.
    pub first: Option<String>,
    /// The thresholds of the findings.
    pub thresholds: Thresholds,
    /// The review, with what a pack tells of it.
    pub review: Option<(Review, ReportReview)>,
    /// How many keys there are, and how many are in scope.
    pub population: Population,
    /// The earlier pack.
    pub previous: Option<PreviousPack>,
}

/// A key of the state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReportKey {
    /// The key.
    pub key: Key,
    /// Whether it is in scope.
    pub in_scope: bool,
    /// The decision about it, if it is a key of the review.
    pub item: Option<ReviewItem>,
    /// Its latest use after at least 30 idle days.
    pub woke_at: Option<Timestamp>,
}

/// One state of the database. While it is held, what others write does not show in it.
#[async_trait]
pub trait ReportState: Send {
    /// What is known before its keys are read.
    fn about(&self) -> &ReportAbout;
    /// The keys after this one, in the order of ids, as many as are read at once; empty at the end.
    async fn keys_after(&mut self, after: Option<KeyId>) -> Result<Vec<ReportKey>>;
    /// The receipts after this revision, in order, as many as are read at once; empty at the end.
    async fn receipts_after(&mut self, after: u64) -> Result<Vec<KeptReceipt>>;
    /// The stored texts of the events after this one, in order, as many as are read at once; empty at the end.
    async fn events_after(&mut self, after: u64) -> Result<Vec<String>>;
}
