//! The nodes that serve the Edge API.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::App;
use super::auth::Principal;
use super::body::{Json as Body, Nothing};
use super::path::Id;
use super::problem::Failure;
use super::write;
use crate::wire::id::NodeId;
use crate::wire::nodes::{AcceptHistory, Accepted, Nodes};
use crate::wire::paths;

/// List the nodes
///
/// All nodes that serve the Edge API, oldest first. A node that shut down in order is not listed; one that was killed
/// is listed until it is forgotten.
#[utoipa::path(
    get, path = paths::NODES, tag = "Server", operation_id = "listNodes",
    responses((status = 200, description = "The nodes", body = Nodes))
)]
pub(crate) async fn nodes(State(app): State<App>) -> Result<Json<Nodes>, Failure> {
    let now = app.now();
    let nodes = app.store().nodes().await?;
    Ok(Json(Nodes { items: nodes.into_iter().map(|node| node.seen_at(now)).collect() }))
}

/// Forget a node
///
/// Removes a node that will not return. The answer is sent after one lease, when the node can serve nothing any more;
/// changes wait for it until then. A node that still runs joins again.
#[utoipa::path(
    post, path = paths::NODE_FORGET, tag = "Server", operation_id = "forgetNode",
    params(("id" = NodeId, Path, description = "The node")),
    request_body(content = Option<Nothing>, description = "Empty, or an empty object"),
    responses((status = 204, description = "The node is removed"))
)]
pub(crate) async fn forget_node(
    State(app): State<App>,
    principal: Principal,
    Id(id): Id<NodeId>,
    Body(Nothing {}): Body<Nothing>,
) -> Result<Response, Failure> {
    write::spawned(async move {
        let written = app.store().forget_node(&app.by(&principal), id).await?;
        Ok(write::with_head(StatusCode::NO_CONTENT.into_response(), &written.head))
    })
    .await
}

/// Accept a history
///
/// After the history of the database was replaced (an older backup was restored, or a standby without the newest
/// changes was promoted), nodes that have seen the other history answer 503. This lets them read all keys again and serve. The
/// head must be part of the audit log that is in the database now.
#[utoipa::path(
    post, path = paths::NODES_ACCEPT_HISTORY, tag = "Server", operation_id = "acceptHistory",
    request_body = AcceptHistory,
    responses((status = 200, description = "The head that was accepted", body = Accepted))
)]
pub(crate) async fn accept_history(
    State(app): State<App>,
    principal: Principal,
    Body(given): Body<AcceptHistory>,
) -> Result<Response, Failure> {
    write::spawned(async move {
        let written = app.store().accept_history(&app.by(&principal), &given.head).await?;
        Ok(write::answer(StatusCode::OK, &written.head, &Accepted { head: given.head }))
    })
    .await
}
