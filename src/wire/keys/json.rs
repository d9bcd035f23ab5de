//! A key as JSON: one object, whatever is apart in memory.

use std::num::NonZeroU32;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{Key, KeyExtra, Mode, Status};
use crate::secret::MaskedKey;
use crate::wire::findings::Finding;
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::time::Timestamp;

impl From<KeyJson> for Key {
    fn from(json: KeyJson) -> Key {
        let extra = KeyExtra {
            purpose: json.purpose,
            paused_at: json.paused_at,
            paused_by: json.paused_by,
            pause_reason: json.pause_reason,
            reviewed_at: json.reviewed_at,
            reviewed_by: json.reviewed_by,
            keep_until: json.keep_until,
            revoked_at: json.revoked_at,
            revoked_by: json.revoked_by,
            revoke_reason: json.revoke_reason,
            rotated_from: json.rotated_from,
            refused_since_revoked: json.refused_since_revoked,
            refused_since_paused: json.refused_since_paused,
            last_refused_at: json.last_refused_at,
        };
        Key {
            id: json.id,
            project_id: json.project_id,
            project_name: json.project_name,
            name: json.name,
            mode: json.mode,
            hint: json.hint,
            status: json.status,
            confirmed: json.confirmed,
            created_at: json.created_at,
            created_by: json.created_by,
            owner: json.owner,
            last_used_at: json.last_used_at,
            last_used_from: json.last_used_from,
            requests30d: json.requests30d,
            findings: json.findings,
            daily: json.daily,
            last_used_precision: json.last_used_precision.and_then(NonZeroU32::new),
            extra: extra.into(),
        }
    }
}

impl From<Key> for KeyJson {
    fn from(key: Key) -> KeyJson {
        let extra = key.extra.0.map_or_else(KeyExtra::default, |extra| *extra);
        KeyJson {
            id: key.id,
            project_id: key.project_id,
            project_name: key.project_name,
            name: key.name,
            mode: key.mode,
            hint: key.hint,
            status: key.status,
            confirmed: key.confirmed,
            created_at: key.created_at,
            created_by: key.created_by,
            owner: key.owner,
            last_used_at: key.last_used_at,
            last_used_from: key.last_used_from,
            requests30d: key.requests30d,
            findings: key.findings,
            daily: key.daily,
            last_used_precision: key.last_used_precision.map(NonZeroU32::get),
            purpose: extra.purpose,
            paused_at: extra.paused_at,
            paused_by: extra.paused_by,
            pause_reason: extra.pause_reason,
            reviewed_at: extra.reviewed_at,
            reviewed_by: extra.reviewed_by,
            keep_until: extra.keep_until,
            revoked_at: extra.revoked_at,
            revoked_by: extra.revoked_by,
            revoke_reason: extra.revoke_reason,
            rotated_from: extra.rotated_from,
            refused_since_revoked: extra.refused_since_revoked,
            refused_since_paused: extra.refused_since_paused,
            last_refused_at: extra.last_refused_at,
        }
    }
}

impl PartialSchema for Key {
    fn schema() -> RefOr<Schema> {
        KeyJson::schema()
    }
}

impl ToSchema for Key {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        KeyJson::schemas(schemas);
    }
}

/// An API key, without its secret.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Key)]
pub(super) struct KeyJson {
    /// `key_` and a ULID.
    id: KeyId,
    /// Id of its project.
    project_id: ProjectId,
    /// Name of its project.
    #[schema(value_type = String)]
    project_name: Arc<str>,
    /// Name, unique among the project's active keys, ignoring case.
    name: String,
    /// `live` or `test`.
    mode: Mode,
    /// The masked key.
    #[serde(with = "hint")]
    #[schema(value_type = String, example = "redir_live_7kf2****...****x9m1")]
    hint: MaskedKey,
    /// `active`, `paused` or `revoked`.
    status: Status,
    /// Time of creation.
    created_at: Timestamp,
    /// Actor who created it.
    #[serde(default)]
    #[schema(value_type = String, required = true)]
    created_by: Arc<str>,
    /// Who is responsible for the key, or null.
    #[serde(default)]
    #[schema(value_type = Option<String>, required = true)]
    owner: Option<Arc<str>>,
    /// What the key is for, or null.
    #[serde(default)]
    #[schema(value_type = Option<String>, required = true)]
    purpose: Option<Arc<str>>,
    /// Time of the last request; null if never used. At most `lastUsedPrecision` seconds late.
    last_used_at: Option<Timestamp>,
    /// The real last use may be this many seconds later than `lastUsedAt`.
    #[serde(default)]
    #[schema(value_type = u32, required = true)]
    last_used_precision: Option<u32>,
    /// IP address of the last request.
    #[schema(value_type = Option<String>)]
    last_used_from: Option<Arc<str>>,
    /// Time since when the key is paused; null if it is not.
    #[serde(default)]
    #[schema(required = true)]
    paused_at: Option<Timestamp>,
    /// Actor who paused it; null if it is not paused.
    #[serde(default)]
    #[schema(value_type = Option<String>, required = true)]
    paused_by: Option<Arc<str>>,
    /// Reason given for the pause, or null.
    #[serde(default)]
    #[schema(value_type = Option<String>, required = true)]
    pause_reason: Option<Arc<str>>,
    /// Time of the last review; null if never reviewed.
    #[serde(default)]
    #[schema(required = true)]
    reviewed_at: Option<Timestamp>,
    /// Actor who decided in the last review; null if never reviewed.
    #[serde(default)]
    #[schema(value_type = Option<String>, required = true)]
    reviewed_by: Option<Arc<str>>,
    /// Time until which the last review decided to keep the key, or null.
    #[serde(default)]
    #[schema(required = true)]
    keep_until: Option<Timestamp>,
    /// Time of revocation; null if not revoked.
    revoked_at: Option<Timestamp>,
    /// Actor who revoked it; null if not revoked.
    #[schema(value_type = Option<String>)]
    revoked_by: Option<Arc<str>>,
    /// Reason given for the revocation, or null.
    #[schema(value_type = Option<String>)]
    revoke_reason: Option<Arc<str>>,
    /// Whether all live nodes have applied the last change of the key. False between the commit of a revocation
    /// and its answer.
    #[serde(default)]
    #[schema(required = true)]
    confirmed: bool,
    /// Id of the key that this one replaces, or null.
    rotated_from: Option<KeyId>,
    /// Requests in the last 30 UTC days, including today.
    #[serde(default)]
    #[schema(required = true)]
    requests30d: u64,
    /// Requests with this key that were refused since it was revoked.
    #[serde(default)]
    #[schema(required = true)]
    refused_since_revoked: u64,
    /// Requests with this key that were refused since it was last paused.
    #[serde(default)]
    #[schema(required = true)]
    refused_since_paused: u64,
    /// Time of the last request that was refused while the key was revoked or paused; null if none.
    last_refused_at: Option<Timestamp>,
    /// What a reviewer should look at, the most severe first.
    #[serde(default)]
    #[schema(value_type = Vec<Finding>, required = true)]
    findings: Box<[Finding]>,
    /// Accepted requests on each of the last 30 UTC days, oldest first; the last is today. Only in a list, with
    /// `daily=true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<u64>>, nullable = false, min_items = 30, max_items = 30)]
    daily: Option<Arc<Vec<u64>>>,
}

mod hint {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::secret::MaskedKey;

    pub(super) fn serialize<S: Serializer>(hint: &MaskedKey, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(hint)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<MaskedKey, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
