//! Keys counted by creator, project, state or owner.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::filter::{AsOf, KeyState};
use super::id::ProjectId;
use super::keys::{Key, Status, StatusQuery};
use super::sheet::{Column, Sheet, some};
use super::time::Timestamp;

/// What keys are grouped by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum GroupBy {
    /// The actor who created them.
    #[default]
    Creator,
    /// Their project.
    Project,
    /// Their state: `in use`, `idle`, `stale`, `new` or `revoked`.
    Status,
    /// Their owner.
    Owner,
}

impl GroupBy {
    /// All of them, in the order in which they are offered.
    pub const ALL: [GroupBy; 4] = [GroupBy::Creator, GroupBy::Project, GroupBy::Status, GroupBy::Owner];

    /// `creator`, `project`, `status` or `owner`.
    pub const fn as_str(self) -> &'static str {
        match self {
            GroupBy::Creator => "creator",
            GroupBy::Project => "project",
            GroupBy::Status => "status",
            GroupBy::Owner => "owner",
        }
    }
}

/// The query of `GET /v1/keys/groups`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct KeyGroupQuery {
    /// What to group by. Default: `creator`.
    #[serde(default)]
    #[param(inline, required = false)]
    pub by: GroupBy,
    /// A filter, as for `GET /v1/keys`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub filter: String,
    /// Filter by project id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    /// Filter by status. Default: `active`, or `all` if the filter has a `status:` term.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub status: Option<StatusQuery>,
    /// Maximum number of groups, 1–1000. Default: 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000, default = 100)]
    pub limit: Option<u32>,
}

/// Groups of keys, the largest first. The sums cover all groups, those beyond the limit too; every number is exact.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyGroups {
    /// The groups, by number of keys, then by name.
    pub items: Vec<KeyGroup>,
    /// Number of groups.
    pub total: u64,
    /// Number of keys in all groups.
    pub keys: u64,
    /// Number of keys that are not revoked.
    pub active: u64,
    /// Number of active keys that were never used.
    pub unused: u64,
    /// Number of stale keys.
    pub stale: u64,
}

/// The keys that have a creator, a project, a state or an owner in common.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyGroup {
    /// The creator, the project's name, the state or the owner. Each key is in one state: `new` was never used and is
    /// neither idle nor stale. Empty for the keys without an owner.
    #[schema(value_type = String, example = "local:dana")]
    pub group: Arc<str>,
    /// Id of the project; null unless grouped by project.
    pub project_id: Option<ProjectId>,
    /// Number of keys.
    pub keys: u64,
    /// Number of keys that are not revoked.
    pub active: u64,
    /// Number of active keys that were never used.
    pub unused: u64,
    /// Number of stale keys.
    pub stale: u64,
    /// Since when the longest idle active key has been idle; null if there is none.
    pub oldest_idle_at: Option<Timestamp>,
}

impl Sheet for KeyGroup {
    const COLUMNS: &'static [Column<KeyGroup>] = &[
        Column::new("group", |group| some(&group.group).filter(|name| !name.is_empty())),
        Column::new("projectId", |group| group.project_id.map(|id| id.to_string())),
        Column::new("keys", |group| some(group.keys)),
        Column::new("active", |group| some(group.active)),
        Column::new("unused", |group| some(group.unused)),
        Column::new("stale", |group| some(group.stale)),
        Column::new("oldestIdleAt", |group| group.oldest_idle_at.map(|at| at.to_string())),
    ];
}

/// The most groups of an answer for which no limit is given.
pub const DEFAULT_GROUPS: u32 = 100;

/// The state that a key is counted in.
pub fn state_word(key: &Key, as_of: AsOf) -> &'static str {
    match key.status {
        Status::Active if KeyState::Stale.is_of(key, as_of) => "stale",
        Status::Active if KeyState::Idle.is_of(key, as_of) => "idle",
        Status::Active if key.last_used_at.is_none() => "new",
        Status::Active => "in use",
        status => status.as_str(),
    }
}

impl KeyGroups {
    /// Groups these keys, as the server does.
    pub fn of<'a>(keys: impl IntoIterator<Item = &'a Key>, by: GroupBy, as_of: AsOf) -> KeyGroups {
        let mut groups: HashMap<(Option<ProjectId>, &'a str), KeyGroup> = HashMap::new();
        let mut all = KeyGroups::default();
        for key in keys {
            let (id, name) = match by {
                GroupBy::Creator => (None, &*key.created_by),
                GroupBy::Project => (Some(key.project_id), &*key.project_name),
                GroupBy::Status => (None, state_word(key, as_of)),
                GroupBy::Owner => (None, key.owner.as_deref().unwrap_or("")),
            };
            let group = groups.entry((id, name)).or_insert_with(|| KeyGroup {
                group: name.into(),
                project_id: id,
                keys: 0,
                active: 0,
                unused: 0,
                stale: 0,
                oldest_idle_at: None,
            });
            let unused = u64::from(KeyState::Unused.is_of(key, as_of));
            let stale = u64::from(KeyState::Stale.is_of(key, as_of));
            let active = u64::from(key.status != Status::Revoked);
            for (count, more) in [
                (&mut group.keys, 1),
                (&mut group.active, active),
                (&mut group.unused, unused),
                (&mut group.stale, stale),
                (&mut all.keys, 1),
                (&mut all.active, active),
                (&mut all.unused, unused),
                (&mut all.stale, stale),
            ] {
                *count += more;
            }
            if key.status == Status::Active {
                let since = key.idle_since().at_most(as_of.now);
                group.oldest_idle_at = Some(group.oldest_idle_at.map_or(since, |before| before.min(since)));
            }
        }
        all.total = groups.len() as u64;
        all.items = groups.into_values().collect();
        all.sort();
        all
    }

    /// The filter term that selects the keys of this group and no others.
    pub fn term(&self, group: &KeyGroup, by: GroupBy) -> String {
        // A deleted project may have had the name of another one.
        let alike = |other: &&KeyGroup| other.group == group.group;
        let known = self.total == self.items.len() as u64 && self.items.iter().filter(alike).count() < 2;
        match (by, &*group.group, group.project_id) {
            (GroupBy::Creator, creator, _) => format!("by={}", quoted(creator)),
            (GroupBy::Project, _, Some(id)) if !known => format!("project={id}"),
            (GroupBy::Project, name, _) => format!("project={}", quoted(name)),
            (GroupBy::Owner, "", _) => "owner:none".to_owned(),
            (GroupBy::Owner, owner, _) => format!("owner={}", quoted(owner)),
            (GroupBy::Status, "new", _) => "status:unused !status:idle !status:stale".to_owned(),
            (GroupBy::Status, "in use", _) => "status:in-use".to_owned(),
            (GroupBy::Status, state, _) => format!("status:{}", quoted(state)),
        }
    }

    /// The largest first, then by name.
    pub fn sort(&mut self) {
        self.items.sort_by(|one, other| {
            let by_name = || (&one.group, one.project_id).cmp(&(&other.group, other.project_id));
            other.keys.cmp(&one.keys).then_with(by_name)
        });
    }
}

/// A text as the value of a term.
pub(crate) fn quoted(text: &str) -> String {
    // A comma outside of quotes means "or".
    if text.contains(char::is_whitespace) || text.contains(['"', ',']) || text.is_empty() {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
