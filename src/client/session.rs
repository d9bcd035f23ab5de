//! Who is asking, and whether the server lives.

use super::Client;
use super::call::Call;
use super::error::ClientError;
use crate::wire::paths;
use crate::wire::session::Session;

impl Client {
    /// Who is asking, and what the server is like.
    pub async fn session(&self) -> Result<Session, ClientError> {
        self.call(Call::get(paths::SESSION)).await?.json()
    }

    /// Whether the server can answer: its process lives and its database answers.
    pub async fn ready(&self) -> Result<(), ClientError> {
        self.call(Call::get(paths::READYZ)).await?.json::<serde_json::Map<_, _>>().map(drop)
    }
}
