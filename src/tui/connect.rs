//! How the dashboard connects: the caller that starts it knows the ways to a server.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::model::{Failure, Place};
use crate::client::Client;

/// Connects to the server of a context, by its name; called after the first frame, and again after a failure.
pub type Connect = Arc<dyn Fn(&str, Token) -> BoxFuture<'static, Result<Connected, Failure>> + Send + Sync>;

/// Closes the connections and ends what runs for them in this process; the time is for requests that have begun.
pub type Close = Box<dyn FnOnce(Duration) -> BoxFuture<'static, ()> + Send>;

/// Writes the name of a theme where the next start finds it: the path, or why not.
pub type SaveTheme = Arc<dyn Fn(&'static str) -> Result<String, String> + Send + Sync>;

/// Which token a connection is made with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Token {
    /// The one that was read before, if any.
    Known,
    /// Read again: the server has refused the one from before.
    Anew,
}

/// A connection to a server.
pub struct Connected {
    /// Typed calls to it.
    pub client: Client,
    /// How the header names it.
    pub place: Place,
    /// What tells it from other servers of this user's; none where nothing of it outlives this process.
    pub identity: Option<String>,
}
