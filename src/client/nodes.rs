//! The nodes that serve the Edge API.

use super::Client;
use super::call::Call;
use super::error::ClientError;
use crate::wire::audit::Head;
use crate::wire::id::NodeId;
use crate::wire::nodes::{AcceptHistory, Accepted, Node, Nodes};
use crate::wire::paths;

impl Client {
    /// All nodes, oldest first.
    pub async fn nodes(&self) -> Result<Vec<Node>, ClientError> {
        self.call(Call::get(paths::NODES)).await?.json::<Nodes>().map(|nodes| nodes.items)
    }

    /// Removes a node that will not return; this takes one lease.
    pub async fn forget_node(&self, id: NodeId) -> Result<(), ClientError> {
        self.call(Call::post(paths::node_forget(id))).await.map(|_| ())
    }

    /// Lets nodes serve the history that is in the database now.
    pub async fn accept_history(&self, head: &Head) -> Result<Accepted, ClientError> {
        let body = AcceptHistory { head: head.clone() };
        self.call(Call::post(paths::NODES_ACCEPT_HISTORY).json(&body)).await?.json()
    }
}
