//! Whether a node answers: for `doctor`, which asks without a token.

use std::time::Duration;

use super::transport::{plain_http, root_cause};

/// What an Edge API says when it is asked whether it is ready.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Readiness {
    /// It answers lookups.
    Ready,
    /// It runs, and answers no lookups.
    NotReady,
    /// It did not answer in time.
    Silent,
    /// There is no connection, or no HTTP behind it.
    Unreachable(String),
}

/// Asks the Edge API at an address such as `127.0.0.1:7475`. Nothing but the path is sent, to no other address: no
/// token, through no proxy, and a redirect is not followed. `deadline` is for all of it.
pub async fn edge(address: &str, deadline: Duration) -> Readiness {
    let asked = async {
        let http = plain_http(deadline).build()?;
        http.get(format!("http://{address}/readyz")).timeout(deadline).send().await
    };
    match asked.await {
        Ok(answer) if answer.status() == reqwest::StatusCode::OK => Readiness::Ready,
        Ok(_) => Readiness::NotReady,
        Err(error) if error.is_timeout() => Readiness::Silent,
        Err(error) => Readiness::Unreachable(root_cause(&error)),
    }
}
