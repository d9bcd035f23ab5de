//! Which review is meant.

use super::{day, several};
use crate::cli::exit::{Exit, Failure};
use crate::client::Client;
use crate::wire::id::ReviewId;
use crate::wire::reviews::{Review, ReviewStatus};

/// The review with this id or name.
///
/// # Errors
/// There is none, or there are several.
pub async fn review(client: &Client, named: &str) -> Result<Review, Failure> {
    if let Ok(id) = named.parse::<ReviewId>() {
        return Ok(client.review(id).await?);
    }
    let mut found = client.reviews_all().await?;
    found.retain(|review| review.name == named);
    // One that is still worked on is meant rather than those that have ended.
    if found.iter().filter(|review| review.status == ReviewStatus::Open).count() == 1 {
        found.retain(|review| review.status == ReviewStatus::Open);
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(Failure::new(
            Exit::NotFound,
            "review not found; list reviews with `keydeck audit review list`",
        )),
        _ => {
            let described = |review: &Review| {
                format!("{} ({}, started {})", review.id, review.status.as_str(), day(review.started_at))
            };
            Err(several("reviews", named, &found.iter().map(described).collect::<Vec<_>>()))
        }
    }
}
