//! Guided rotations.

use super::Client;
use super::call::Call;
use super::error::ClientError;
use crate::wire::id::KeyId;
use crate::wire::paths;
use crate::wire::rotations::{Rotation, StartRotation};

impl Client {
    /// How far the guided rotation of a key is.
    pub async fn rotation(&self, id: KeyId) -> Result<Rotation, ClientError> {
        self.call(Call::get(paths::key_rotation(id))).await?.json()
    }

    /// Starts it, or gives it another quiet time.
    pub async fn start_rotation(&self, id: KeyId, start: StartRotation) -> Result<Rotation, ClientError> {
        self.call(Call::post(paths::key_rotation(id)).json(&start)).await?.json()
    }

    /// Ends it; both keys stay as they are.
    pub async fn cancel_rotation(&self, id: KeyId) -> Result<Rotation, ClientError> {
        self.call(Call::delete(paths::key_rotation(id))).await?.json()
    }
}
