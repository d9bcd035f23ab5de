//! Which review is meant.

use super::missing::missing;
use super::{day, prefer, several};
use crate::cli::exit::Failure;
use crate::client::Client;
use crate::wire::id::ReviewId;
use crate::wire::reviews::{Review, ReviewStatus};
use crate::wire::text::fold;

/// The review with this id or name.
///
/// # Errors
/// There is none, or there are several.
pub async fn review(client: &Client, named: &str) -> Result<Review, Failure> {
    if let Ok(id) = named.parse::<ReviewId>() {
        return Ok(client.review(id).await?);
    }
    let mut found = client.reviews_all().await?;
    let names: Vec<String> = found.iter().map(|review| review.name.clone()).collect();
    let name = fold(named.trim());
    found.retain(|review| fold(&review.name) == name);
    // A cancelled review never competes. Of the others none is preferred: a pack of this year's review must not pass for
    // last year's.
    prefer(&mut found, |review| review.status != ReviewStatus::Cancelled);
    // Names that differ only in case are two names where one is written so.
    prefer(&mut found, |review| review.name == named.trim());
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(missing("review", named, names)),
        _ => Err(several("reviews", named, &found.iter().map(described).collect::<Vec<_>>())),
    }
}

/// `rev_… (signed 2026-11-30, started 2026-11-02)`.
fn described(review: &Review) -> String {
    let ended = review.signed_at.or(review.executed_at).map(|at| format!(" {}", day(at))).unwrap_or_default();
    format!("{} ({}{ended}, started {})", review.id, review.status.as_str(), day(review.started_at))
}
