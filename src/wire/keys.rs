//! API keys.
//!
//! | module | what |
//! |---|---|
//! | `query` | how a list of keys is asked for |
//! | `changes` | the bodies of requests that change keys, and their answers |
//! | `json` | a key as JSON |

mod changes;
mod json;
mod query;

use std::num::NonZeroU32;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::changes::{
    BULK_MAX, CreatedKey, KeyEdit, KeyReceipt, NewKey, Outcome, PROJECT_DELETED, PauseKey, Receipt,
    ResumeKey, RevokeKey, RevokeKeys, RevokeResult, RevokedKeys, RotateKey, Slowest,
};
use self::json::KeyJson;
pub use self::query::{BadSort, KeyQuery, Sort, SortBy, StatusQuery};
use super::findings::{self, Finding, Severity};
use super::id::{KeyId, ProjectId};
use super::shared::Pool;
use super::sheet::{Column, Sheet, some};
use super::text::numbered;
use super::time::Timestamp;
use super::word::{Word, open_word};
use crate::secret::{Kind, MaskedKey};

/// An API key, without its secret. In JSON it is one object, with the members of [`KeyExtra`] among the others.
///
/// Dashboards hold 100,000 of them. So what most keys do not have is apart; it is read and written as if it were not:
/// a key dereferences to it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(from = "KeyJson", into = "KeyJson")]
pub struct Key {
    /// `key_` and a ULID.
    pub id: KeyId,
    /// Id of its project.
    pub project_id: ProjectId,
    /// Name of its project.
    pub project_name: Arc<str>,
    /// Name, unique among the project's active keys, ignoring case.
    pub name: String,
    /// `live` or `test`.
    pub mode: Mode,
    /// The masked key.
    pub hint: MaskedKey,
    /// `active`, `paused` or `revoked`.
    pub status: Status,
    /// Whether all live nodes have applied its last change.
    pub confirmed: bool,
    /// The real last use may be this many seconds later than `last_used_at`; none when the server does not tell.
    pub last_used_precision: Option<NonZeroU32>,
    /// Time of creation.
    pub created_at: Timestamp,
    /// Actor who created it.
    pub created_by: Arc<str>,
    /// Who is responsible for it.
    pub owner: Option<Arc<str>>,
    /// Time of the last request.
    pub last_used_at: Option<Timestamp>,
    /// IP address of the last request.
    pub last_used_from: Option<Arc<str>>,
    /// Requests in the last 30 UTC days, including today.
    pub requests30d: u64,
    /// What a reviewer should look at, the most severe first.
    pub findings: Box<[Finding]>,
    /// Accepted requests on each of the last 30 UTC days, oldest first; only where they were asked for.
    pub daily: Option<Arc<Vec<u64>>>,
    /// All else.
    pub extra: Extra,
}

/// What most keys do not have.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KeyExtra {
    /// What the key is for.
    pub purpose: Option<Arc<str>>,
    /// Time since when it is paused.
    pub paused_at: Option<Timestamp>,
    /// Actor who paused it.
    pub paused_by: Option<Arc<str>>,
    /// Reason given for the pause.
    pub pause_reason: Option<Arc<str>>,
    /// Time of the last review.
    pub reviewed_at: Option<Timestamp>,
    /// Actor who decided in the last review.
    pub reviewed_by: Option<Arc<str>>,
    /// Time until which the last review decided to keep it.
    pub keep_until: Option<Timestamp>,
    /// Time of revocation.
    pub revoked_at: Option<Timestamp>,
    /// Actor who revoked it.
    pub revoked_by: Option<Arc<str>>,
    /// Reason given for the revocation.
    pub revoke_reason: Option<Arc<str>>,
    /// Id of the key that this one replaces.
    pub rotated_from: Option<KeyId>,
    /// Requests that were refused since it was revoked.
    pub refused_since_revoked: u64,
    /// Requests that were refused since it was last paused.
    pub refused_since_paused: u64,
    /// Time of the last request that was refused while it was revoked or paused.
    pub last_refused_at: Option<Timestamp>,
}

static NOTHING: KeyExtra = KeyExtra {
    purpose: None,
    paused_at: None,
    paused_by: None,
    pause_reason: None,
    reviewed_at: None,
    reviewed_by: None,
    keep_until: None,
    revoked_at: None,
    revoked_by: None,
    revoke_reason: None,
    rotated_from: None,
    refused_since_revoked: 0,
    refused_since_paused: 0,
    last_refused_at: None,
};

/// A [`KeyExtra`] that takes no room while it holds nothing.
#[derive(Clone, Debug, Default)]
pub struct Extra(Option<Box<KeyExtra>>);

impl From<KeyExtra> for Extra {
    fn from(extra: KeyExtra) -> Extra {
        Extra((extra != NOTHING).then(|| Box::new(extra)))
    }
}

impl PartialEq for Extra {
    fn eq(&self, other: &Extra) -> bool {
        **self == **other
    }
}

impl Eq for Extra {}

impl Deref for Extra {
    type Target = KeyExtra;

    fn deref(&self) -> &KeyExtra {
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

impl DerefMut for Extra {
    fn deref_mut(&mut self) -> &mut KeyExtra {
        self.0.get_or_insert_default()
    }
}

impl Deref for Key {
    type Target = KeyExtra;

    fn deref(&self) -> &KeyExtra {
        &self.extra
    }
}

impl DerefMut for Key {
    fn deref_mut(&mut self) -> &mut KeyExtra {
        &mut self.extra
    }
}

/// How many seconds a last use is late at most where all is well: an edge node gathers uses for four seconds at most and
/// writes them within one. Where many nodes share a database it may be more.
pub const USAGE_PRECISION: NonZeroU32 = NonZeroU32::new(5).expect("not 0");

/// By how much last uses may be later than usual: some node has not written its uses for so long.
pub fn unusually_late(precision: Option<NonZeroU32>) -> Duration {
    let seconds = precision.map_or(0, NonZeroU32::get);
    Duration::from_secs(seconds.saturating_sub(USAGE_PRECISION.get()).into())
}

impl Key {
    /// Whether the last request of a caller was refused because the key is paused or revoked. The requests that it sent
    /// before that were allowed, and are no sign that it still sends any.
    pub fn refuses(&self, caller: &Caller) -> bool {
        let since = match self.status {
            Status::Paused => self.paused_at,
            Status::Revoked => self.revoked_at,
            Status::Active | Status::Other(_) => return false,
        };
        caller.refused > 0 && since.is_none_or(|since| caller.last_at >= since)
    }

    /// The names for its replacement, in the order in which they are tried: the first free one is used. A number
    /// that rotation added is counted on from, so that `web`, `web-2`, `web-3` follow each other; one that a user
    /// chose is a part of the name.
    pub fn successor_names(&self) -> impl Iterator<Item = String> {
        let added = self.name.rsplit_once('-').and_then(|(base, number)| {
            let number: u32 = number.parse().ok().filter(|number| *number > 1 && *number < 1_000_000)?;
            (self.rotated_from.is_some() && !base.is_empty()).then_some((base, number))
        });
        let (base, first) = added.map_or((self.name.as_str(), 2), |(base, number)| (base, number + 1));
        (first..).map(move |number| numbered(base, number))
    }

    /// Its name after that of its project: `shop/web`. Names alone repeat from project to project.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.project_name, self.name)
    }

    /// Since when it has been idle as far as is known: the last use, or its creation when it was never used.
    pub fn idle_since(&self) -> Timestamp {
        self.last_used_at.unwrap_or(self.created_at)
    }

    /// Since when it has certainly been idle. This decides whether it is idle or stale: where last uses come later
    /// than usual, one may have happened that is not known yet.
    pub fn certainly_idle_since(&self) -> Timestamp {
        self.idle_since() + unusually_late(self.last_used_precision)
    }

    /// The severity of its worst finding.
    pub fn severity(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// The key without last times in the future: what a clock that was ahead has noted happened by `now`.
    pub fn clamped(mut self, now: Timestamp) -> Key {
        self.last_used_at = self.last_used_at.map(|at| at.at_most(now));
        if let Some(last) = self.last_refused_at {
            self.last_refused_at = Some(last.at_most(now));
        }
        self
    }

    /// Holds what it has in common with other keys in one piece of memory with them.
    pub fn share(&mut self, texts: &mut Pool) {
        texts.share(&mut self.project_name);
        texts.share(&mut self.created_by);
        for finding in &mut self.findings {
            texts.share(&mut finding.text);
        }
        let some = [&mut self.owner, &mut self.last_used_from];
        some.into_iter().flatten().for_each(|text| texts.share(text));
        let Some(extra) = &mut self.extra.0 else { return };
        let some = [
            &mut extra.purpose,
            &mut extra.paused_by,
            &mut extra.pause_reason,
            &mut extra.reviewed_by,
            &mut extra.revoked_by,
            &mut extra.revoke_reason,
        ];
        some.into_iter().flatten().for_each(|text| texts.share(text));
    }
}

/// Number of days in `daily` of a key.
pub const DAILY: usize = 30;

/// The kind of requests a key is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Mode {
    /// Production.
    #[default]
    Live,
    /// Tests.
    Test,
    /// A value of a newer server.
    Other(Word),
}

open_word!(Mode, "The kind of requests a key is for.", Live = "live", Test = "test");

impl Mode {
    /// The key's prefix that goes with it. No key of an unknown mode is created or accepted here.
    pub const fn kind(self) -> Kind {
        match self {
            Mode::Live | Mode::Other(_) => Kind::Live,
            Mode::Test => Kind::Test,
        }
    }
}

/// The status of a key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Status {
    /// Accepted by the Edge API.
    Active,
    /// Refused by the Edge API until it is resumed.
    Paused,
    /// Permanently revoked.
    Revoked,
    /// One that this program does not know: not revoked, and not accepted either.
    Other(Word),
}

impl Status {
    /// Its place in a list by status.
    pub const fn place(self) -> usize {
        match self {
            Status::Active => 0,
            Status::Paused => 1,
            Status::Revoked | Status::Other(_) => 2,
        }
    }
}

open_word!(Status, "The status of a key.", Active = "active", Paused = "paused", Revoked = "revoked");

/// Usage of a key on one day.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct UsageDay {
    /// UTC date, such as `2026-11-23`.
    #[schema(format = Date)]
    pub date: String,
    /// Requests answered.
    pub allowed: u64,
    /// Requests over the rate limit (429).
    pub limited: u64,
    /// Requests refused although the key was genuine: it was revoked, or belongs to another project or mode.
    pub refused: u64,
}

/// A caller of a key. The last entry may be `others`, the sum of older addresses.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Caller {
    /// IP address, or `others`.
    pub address: String,
    /// Time of the first request.
    pub first_at: Timestamp,
    /// Time of the last request.
    pub last_at: Timestamp,
    /// Number of allowed requests.
    pub allowed: u64,
    /// Number of refused requests.
    pub refused: u64,
}

impl Sheet for Key {
    const COLUMNS: &'static [Column<Key>] = &[
        Column::new("id", |key| some(key.id)),
        Column::new("project", |key| some(&key.project_name)),
        Column::new("name", |key| some(&key.name)),
        Column::new("hint", |key| some(key.hint)),
        Column::new("mode", |key| some(key.mode.as_str())),
        Column::new("status", |key| some(key.status.as_str())),
        Column::new("createdAt", |key| some(key.created_at)),
        Column::new("createdBy", |key| some(&key.created_by)),
        Column::new("owner", |key| key.owner.as_ref().and_then(some)),
        Column::new("purpose", |key| key.purpose.as_ref().and_then(some)),
        Column::new("lastUsedAt", |key| key.last_used_at.and_then(some)),
        Column::new("lastUsedPrecision", |key| key.last_used_precision.and_then(some)),
        Column::new("lastUsedFrom", |key| key.last_used_from.as_ref().and_then(some)),
        Column::new("requests30d", |key| some(key.requests30d)),
        Column::new("rotatedFrom", |key| key.rotated_from.and_then(some)),
        Column::new("reviewedAt", |key| key.reviewed_at.and_then(some)),
        Column::new("reviewedBy", |key| key.reviewed_by.as_ref().and_then(some)),
        Column::new("keepUntil", |key| key.keep_until.and_then(some)),
        Column::new("findings", |key| some(findings::codes(&key.findings))),
        Column::new("pausedAt", |key| key.paused_at.and_then(some)),
        Column::new("pausedBy", |key| key.paused_by.as_ref().and_then(some)),
        Column::new("pauseReason", |key| key.pause_reason.as_ref().and_then(some)),
        Column::new("refusedSincePaused", |key| some(key.refused_since_paused)),
        Column::new("revokedAt", |key| key.revoked_at.and_then(some)),
        Column::new("revokedBy", |key| key.revoked_by.as_ref().and_then(some)),
        Column::new("revokeReason", |key| key.revoke_reason.as_ref().and_then(some)),
        Column::new("refusedSinceRevoked", |key| some(key.refused_since_revoked)),
        Column::new("lastRefusedAt", |key| key.last_refused_at.and_then(some)),
    ];
}
