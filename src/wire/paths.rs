//! Where each thing is: one constant a route for the server, one function a call for the client.

use super::id::{KeyId, NodeId, ProjectId, ReviewId, TokenId};

/// Who is asking.
pub const SESSION: &str = "/v1/session";
/// All projects.
pub const PROJECTS: &str = "/v1/projects";
/// One project.
pub const PROJECT: &str = "/v1/projects/{id}";
/// A project's keys, to make one.
pub const PROJECT_KEYS: &str = "/v1/projects/{id}/keys";
/// A project's rules.
pub const PROJECT_RULES: &str = "/v1/projects/{id}/rules";
/// A project's deployments.
pub const PROJECT_DEPLOYMENTS: &str = "/v1/projects/{id}/deployments";
/// One deployment of a project, with its rules.
pub const PROJECT_DEPLOYMENT: &str = "/v1/projects/{id}/deployments/{version}";
/// All keys.
pub const KEYS: &str = "/v1/keys";
/// Keys by creator, project, status or owner, with counts.
pub const KEY_GROUPS: &str = "/v1/keys/groups";
/// One key.
pub const KEY: &str = "/v1/keys/{id}";
/// Revokes one key.
pub const KEY_REVOKE: &str = "/v1/keys/{id}/revoke";
/// Pauses one key.
pub const KEY_PAUSE: &str = "/v1/keys/{id}/pause";
/// Resumes one paused key.
pub const KEY_RESUME: &str = "/v1/keys/{id}/resume";
/// Findings of all keys, counted.
pub const FINDINGS: &str = "/v1/findings";
/// All access reviews.
pub const REVIEWS: &str = "/v1/reviews";
/// One review.
pub const REVIEW: &str = "/v1/reviews/{id}";
/// The keys of a review.
pub const REVIEW_ITEMS: &str = "/v1/reviews/{id}/items";
/// One key of a review, to decide on it.
pub const REVIEW_ITEM: &str = "/v1/reviews/{id}/items/{key}";
/// Executes the decisions of a review.
pub const REVIEW_EXECUTE: &str = "/v1/reviews/{id}/execute";
/// Signs a review.
pub const REVIEW_SIGN: &str = "/v1/reviews/{id}/sign";
/// Evidence packs.
pub const REPORTS: &str = "/v1/reports";
/// Revokes many keys.
pub const KEYS_REVOKE: &str = "/v1/keys/revoke";
/// Makes a key that succeeds another.
pub const KEY_ROTATE: &str = "/v1/keys/{id}/rotate";
/// The guided rotation of a key.
pub const KEY_ROTATION: &str = "/v1/keys/{id}/rotation";
/// A key's use by day.
pub const KEY_USAGE: &str = "/v1/keys/{id}/usage";
/// A key's callers.
pub const KEY_CALLERS: &str = "/v1/keys/{id}/callers";
/// The audit log.
pub const AUDIT_EVENTS: &str = "/v1/audit-events";
/// Changes and uses as they happen.
pub const EVENTS: &str = "/v1/events";
/// All management tokens.
pub const TOKENS: &str = "/v1/tokens";
/// Revokes a token.
pub const TOKEN_REVOKE: &str = "/v1/tokens/{id}/revoke";
/// All nodes.
pub const NODES: &str = "/v1/nodes";
/// Removes a node that will not return.
pub const NODE_FORGET: &str = "/v1/nodes/{id}/forget";
/// Lets nodes serve a history that replaced the one they knew.
pub const NODES_ACCEPT_HISTORY: &str = "/v1/nodes/accept-history";
/// Closes an idempotency key, and says what was created with it.
pub const IDEMPOTENCY_CLOSE: &str = "/v1/idempotency/close";
/// What this API is, for programs.
pub const OPENAPI: &str = "/v1/openapi.json";
/// What the server counts.
pub const METRICS: &str = "/metrics";
/// Whether the process lives.
pub const HEALTHZ: &str = "/healthz";
/// Whether it can answer.
pub const READYZ: &str = "/readyz";
/// Edge: which redirect a path gets.
pub const LOOKUP: &str = "/v1/lookup";
/// Edge: a deployment in the words of other programs.
pub const EXPORT: &str = "/v1/export";
/// Edge: a key revokes itself.
pub const REVOKE: &str = "/v1/revoke";

/// The header that carries the audit head on every write's answer.
pub const AUDIT_HEAD_HEADER: &str = "keydeck-audit-head";
/// The header with the receipt of a deletion, as JSON: its answer has no body.
pub const RECEIPT_HEADER: &str = "keydeck-receipt";
/// The header with which a client of the same user shows that it could read the owner's file, where the
/// system has no socket with an owner.
pub const LOCAL_TOKEN_HEADER: &str = "keydeck-local-token";
/// The header of an answer that goes on inside one process: nothing can cut it, so its silence means nothing
/// and no sign of life is sent. It never leaves the process.
pub const UNBROKEN_HEADER: &str = "keydeck-unbroken";
/// The header by which a caller on the socket asks to be an auditor; elsewhere it means nothing.
pub const READ_ONLY_HEADER: &str = "keydeck-read-only";
/// The header that says where a stream of events was cut off.
pub const LAST_EVENT_HEADER: &str = "last-event-id";
/// The header that makes a create safe to repeat.
pub const IDEMPOTENCY_HEADER: &str = "idempotency-key";

/// Path of a project.
pub fn project(id: ProjectId) -> String {
    PROJECT.replace("{id}", &id.to_string())
}

/// Path of a project's keys.
pub fn project_keys(id: ProjectId) -> String {
    PROJECT_KEYS.replace("{id}", &id.to_string())
}

/// Path of a project's rules.
pub fn project_rules(id: ProjectId) -> String {
    PROJECT_RULES.replace("{id}", &id.to_string())
}

/// Path of a project's deployments.
pub fn project_deployments(id: ProjectId) -> String {
    PROJECT_DEPLOYMENTS.replace("{id}", &id.to_string())
}

/// Path of a deployment.
pub fn project_deployment(id: ProjectId, version: u32) -> String {
    PROJECT_DEPLOYMENT.replace("{id}", &id.to_string()).replace("{version}", &version.to_string())
}

/// Path of a key.
pub fn key(id: KeyId) -> String {
    KEY.replace("{id}", &id.to_string())
}

/// Path that revokes a key.
pub fn key_revoke(id: KeyId) -> String {
    KEY_REVOKE.replace("{id}", &id.to_string())
}

/// Path that pauses a key.
pub fn key_pause(id: KeyId) -> String {
    KEY_PAUSE.replace("{id}", &id.to_string())
}

/// Path that resumes a key.
pub fn key_resume(id: KeyId) -> String {
    KEY_RESUME.replace("{id}", &id.to_string())
}

/// Path of the guided rotation of a key.
pub fn key_rotation(id: KeyId) -> String {
    KEY_ROTATION.replace("{id}", &id.to_string())
}

/// Path of a review.
pub fn review(id: ReviewId) -> String {
    REVIEW.replace("{id}", &id.to_string())
}

/// Path of the keys of a review.
pub fn review_items(id: ReviewId) -> String {
    REVIEW_ITEMS.replace("{id}", &id.to_string())
}

/// Path of a key of a review.
pub fn review_item(id: ReviewId, key: KeyId) -> String {
    REVIEW_ITEM.replace("{id}", &id.to_string()).replace("{key}", &key.to_string())
}

/// Path that executes the decisions of a review.
pub fn review_execute(id: ReviewId) -> String {
    REVIEW_EXECUTE.replace("{id}", &id.to_string())
}

/// Path that signs a review.
pub fn review_sign(id: ReviewId) -> String {
    REVIEW_SIGN.replace("{id}", &id.to_string())
}

/// Path that makes a key's successor.
pub fn key_rotate(id: KeyId) -> String {
    KEY_ROTATE.replace("{id}", &id.to_string())
}

/// Path of a key's use by day.
pub fn key_usage(id: KeyId) -> String {
    KEY_USAGE.replace("{id}", &id.to_string())
}

/// Path of a key's callers.
pub fn key_callers(id: KeyId) -> String {
    KEY_CALLERS.replace("{id}", &id.to_string())
}

/// Where a node is removed.
pub fn node_forget(id: NodeId) -> String {
    NODE_FORGET.replace("{id}", &id.to_string())
}

/// Path that revokes a token.
pub fn token_revoke(id: TokenId) -> String {
    TOKEN_REVOKE.replace("{id}", &id.to_string())
}
