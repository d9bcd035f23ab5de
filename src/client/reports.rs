//! Evidence packs.

use axum::body::Bytes;
use reqwest::Response;

use super::Client;
use super::call::Call;
use super::error::ClientError;
use crate::wire::paths;
use crate::wire::reports::{MEDIA, NewReport};

/// A pack as it comes: a `.tar.gz`, part by part.
pub struct Pack {
    client: Client,
    response: Response,
}

impl Client {
    /// Creates a pack.
    pub async fn create_report(&self, new: &NewReport) -> Result<Pack, ClientError> {
        let response = self.stream(Call::post(paths::REPORTS).accept(MEDIA).json(new)).await?;
        Ok(Pack { client: self.clone(), response })
    }
}

impl Pack {
    /// The next part; none at the end.
    ///
    /// # Errors
    /// The connection broke, or nothing came for too long.
    pub async fn part(&mut self) -> Result<Option<Bytes>, ClientError> {
        let (server, after) = (self.client.describe(), self.client.deadlines.read);
        match tokio::time::timeout(after, self.response.chunk()).await {
            Ok(Ok(part)) => Ok(part),
            // The pack itself is nothing that a server keeps: another is created the same way.
            Ok(Err(_)) => Err(ClientError::Broken { server, outcome_unknown: false }),
            Err(_) => Err(ClientError::TimedOut { server, after, outcome_unknown: false }),
        }
    }
}
