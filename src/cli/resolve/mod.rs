//! Which project, key, review, token or actor is meant: by id, by name, by masked key, or by a whole key on standard input.
//!
//! Names can be used again. So what was deleted, revoked or renamed is found too where the past counts, and a name
//! that several things have or had is refused with the ids of all of them.

mod actors;
mod keys;
mod missing;
mod projects;
mod reviews;
mod tokens;

pub use self::actors::actor;
pub use self::keys::{By, Found, Within, any_key, key, keys};
pub use self::projects::{any_project, new_key, project};
pub use self::reviews::review;
pub use self::tokens::token;
use super::exit::{Exit, Failure};
use crate::wire::time::Timestamp;

fn several(noun: &str, text: &str, all: &[String]) -> Failure {
    let text = format!("{} {noun} match {}: {}; use an id", all.len(), text.trim(), all.join(", "));
    Failure::new(Exit::Conflict, text)
}

/// Keeps those that are preferred, where there are any.
fn prefer<T>(found: &mut Vec<T>, preferred: impl Fn(&T) -> bool) {
    if found.iter().any(&preferred) {
        found.retain(preferred);
    }
}

/// The day in UTC.
fn day(at: Timestamp) -> String {
    at.utc().date_naive().to_string()
}
