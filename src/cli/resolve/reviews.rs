//! Which review is meant.

use crate::cli::exit::{Exit, Failure};
use crate::client::Client;
use crate::wire::id::ReviewId;
use crate::wire::reviews::Review;

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
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(Failure::new(
            Exit::NotFound,
            "review not found; list reviews with `keydeck audit review list`",
        )),
        _ => {
            let ids: Vec<String> = found.iter().map(|review| review.id.to_string()).collect();
            let text = format!("several reviews have this name; use an id: {}", ids.join(", "));
            Err(Failure::usage(text))
        }
    }
}
