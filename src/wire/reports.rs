//! Evidence packs: what a report of keys, decisions and audit events is made of, and what binds its files together.
//!
//! A pack is a folder or a `.tar.gz` with the seven files named here; one of an older version has no `receipts.csv`. The
//! audit event `report.created` is the last line of `events.jsonl`; it holds all that the manifest says except `head` and
//! `files`, and the hashes of the other files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::audit::Head;
use super::id::{ProjectId, ReviewId};
use super::reviews::{AsOf, Decisions, Review, ReviewStatus};
use super::session::Thresholds;
use super::time::{DAY_MS, Timestamp};
use super::tokens::Role;
use crate::standards;

/// The version of the form of packs.
pub const FORMAT: u32 = 1;
/// The file that names the others with their hashes.
pub const MANIFEST: &str = "manifest.json";
/// The audit log from its first event to `report.created`, the stored text of an event a line.
pub const EVENTS: &str = "events.jsonl";
/// Every key that was ever created.
pub const KEYS: &str = "keys.csv";
/// The decisions of the review, if the report is about one.
pub const DECISIONS: &str = "decisions.csv";
/// What the answers to changes said of the nodes.
pub const RECEIPTS: &str = "receipts.csv";
/// The columns of `receipts.csv`. A receipt is about the events from `firstSeq` to `revision`.
pub const RECEIPT_COLUMNS: [&str; 7] =
    ["revision", "firstSeq", "confirmedBy", "nodes", "slowestNode", "slowestMs", "expired"];
/// The report for people, to open in a browser or print.
pub const HTML: &str = "report.html";
/// The same as Markdown.
pub const MARKDOWN: &str = "report.md";

/// The files that `report.created` holds the hashes of.
pub const BOUND: [&str; 5] = [DECISIONS, KEYS, RECEIPTS, HTML, MARKDOWN];
/// The files that the manifest lists.
pub const LISTED: [&str; 6] = [DECISIONS, EVENTS, KEYS, RECEIPTS, HTML, MARKDOWN];
/// All files of a pack.
pub const ALL: [&str; 7] = [DECISIONS, EVENTS, KEYS, MANIFEST, RECEIPTS, HTML, MARKDOWN];

/// The member of the detail of `report.created` with the hashes of the files.
pub const HASHES: &str = "sha256";

/// The media type of a pack.
pub const MEDIA: &str = "application/gzip";

/// Idle days after which CIS control 5.3 calls an account dormant.
pub const CIS_DAYS: i64 = standards::CIS_DAYS as i64;
/// Idle days after which PCI DSS 8.2.6 calls an account inactive.
pub const PCI_DAYS: i64 = standards::PCI_DAYS as i64;
/// Days after which CIS control 5.5 calls a review too old.
pub const REVIEW_DAYS: i64 = 90;

/// The body of `POST /v1/reports`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewReport {
    /// The review that the report is about. Its keys are in scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewId>,
    /// A filter of keys: those that match are in scope. Default: all keys that are not revoked. Not with `review`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub filter: String,
    /// The head (`SEQ:HASH`) of an earlier pack. The report shows what changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_pack: Option<Head>,
}

/// What a report is about and what it counts: the manifest without `head` and `files`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The version of the form, [`FORMAT`].
    pub format: u32,
    /// By the server's clock. Idle times are counted up to here.
    pub created_at: Timestamp,
    /// The actor who asked for it.
    pub created_by: String,
    /// The actor's role at that time.
    pub role: Role,
    /// The version, and the database by its first event.
    pub server: ServerId,
    /// The point in the audit log that the keys are of.
    pub as_of: AsOf,
    /// What selects the keys in scope.
    pub scope: ReportScope,
    /// Why the other keys are not in scope; with those in scope they add up to all keys.
    pub exclusions: Vec<Exclusion>,
    /// Counts over `keys.csv`.
    pub counts: ReportCounts,
    /// The earlier pack whose changes since then are listed, or null.
    pub previous_pack: Option<PreviousPack>,
}

/// Which program created a report, and from which database.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ServerId {
    /// The version of Keydeck, such as `0.1.0`.
    pub version: String,
    /// The hash of the first audit event, which tells one database from another; null in an empty one.
    pub id: Option<String>,
}

/// What selects the keys in scope: a review, or else the filter.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportScope {
    /// The review that the report is about, or null.
    pub review: Option<ReportReview>,
    /// The projects that the review is limited to; empty for all.
    pub projects: Vec<ProjectId>,
    /// The filter as it was written; empty for all keys that are not revoked.
    pub filter: String,
    /// The days by which findings were computed: those of the review, if there is one.
    pub thresholds: Thresholds,
}

/// The review of a report, as it was at `asOf`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportReview {
    /// `rev_` and a ULID.
    pub id: ReviewId,
    /// As it is called when the report is created; not unique.
    pub name: String,
    /// The point in the audit log at which its keys were fixed.
    pub as_of: AsOf,
    /// When it should be executed; null without a due date.
    pub due_at: Option<Timestamp>,
    /// When its keys were fixed.
    pub started_at: Timestamp,
    /// The actor who started it.
    pub started_by: String,
    /// As it was at `asOf`. A pack can be signed if this is `executed`.
    pub status: ReviewStatus,
    /// When its decisions were executed; null while it is open or if it was cancelled.
    pub executed_at: Option<Timestamp>,
    /// The actor who executed it first, or null.
    pub executed_by: Option<String>,
    /// When a pack of it was signed, or null.
    pub signed_at: Option<Timestamp>,
    /// The actor who signed, or null.
    pub signed_by: Option<String>,
    /// The head of the pack that was signed, or null.
    pub signed_head: Option<Head>,
    /// Whether the signer also decided or executed; null if nobody has signed.
    pub same_person: Option<bool>,
}

impl ReportReview {
    /// The part of a review that a report tells.
    pub fn of(review: &Review, signature: Option<(Head, bool)>) -> ReportReview {
        let review = review.clone();
        ReportReview {
            id: review.id,
            name: review.name,
            as_of: review.as_of,
            due_at: review.due_at,
            started_at: review.started_at,
            started_by: review.started_by,
            status: review.status,
            executed_at: review.executed_at,
            executed_by: review.executed_by,
            signed_at: review.signed_at,
            signed_by: review.signed_by,
            same_person: signature.as_ref().map(|(_, same)| *same),
            signed_head: signature.map(|(head, _)| head),
        }
    }
}

/// The keys that one reason keeps out of scope.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Exclusion {
    /// `revoked`, `filter` (they do not match it), `createdSince` (the start of the review) or `reviewScope`.
    pub reason: String,
    /// Number of keys with this reason; a key has one reason.
    pub keys: u64,
}

/// An earlier pack of the same server, with which a report is compared.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreviousPack {
    /// The audit head with its event `report.created`.
    pub head: Head,
    /// The point in the audit log that its keys are of.
    pub as_of: AsOf,
    /// By the server's clock.
    pub created_at: Timestamp,
    /// The actor who asked for it.
    pub created_by: String,
}

/// A file of a pack.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PackFile {
    /// The file name, without a directory.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of its content, in hex.
    pub sha256: String,
}

/// What `manifest.json` says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// What the report is about and what it counts; the audit event `report.created` holds the same.
    #[serde(flatten)]
    pub report: Report,
    /// The head of the audit log with `report.created`.
    pub head: Head,
    /// The other files of the pack, with their hashes.
    pub files: Vec<PackFile>,
}

impl Manifest {
    /// The bytes of the file: JSON with sorted members, indented by two spaces, and a line break.
    pub fn bytes(&self) -> Vec<u8> {
        canonical(&serde_json::to_value(self).expect("a manifest is JSON"))
    }
}

/// JSON as it stands in `manifest.json`.
pub fn canonical(value: &serde_json::Value) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("a value is JSON");
    bytes.push(b'\n');
    bytes
}

/// Counts over `keys.csv`. Those from `active` on are of the keys in scope.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportCounts {
    /// All keys that were ever created.
    pub keys: u64,
    /// Keys that the report is about.
    pub in_scope: u64,
    /// Keys that are neither paused nor revoked.
    pub active: u64,
    /// Keys that are refused until they are resumed.
    pub paused: u64,
    /// Keys that no node accepts any more.
    pub revoked: u64,
    /// Keys with each finding, by code. A key can have several.
    pub findings: BTreeMap<String, u64>,
    /// Keys with any finding.
    pub with_findings: u64,
    /// Keys of any status that were not used for [`CIS_DAYS`].
    pub dormant45: u64,
    /// Those of them that are active.
    pub dormant45_active: u64,
    /// Active keys that were not used for [`PCI_DAYS`].
    pub idle90_active: u64,
    /// Active and paused keys with an owner.
    pub with_owner: u64,
    /// Active and paused keys with a purpose.
    pub with_purpose: u64,
    /// Active and paused keys that were reviewed in the last [`REVIEW_DAYS`].
    pub reviewed90: u64,
    /// Decisions on the keys of the review; null without one.
    pub decisions: Option<Decisions>,
}

/// What the counts look at in a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counted<'a> {
    /// `active`, `paused` or `revoked`.
    pub status: &'a str,
    /// Whether it is in scope.
    pub in_scope: bool,
    /// Its last use, or else its creation.
    pub idle_since: Timestamp,
    /// Whether somebody is named as its owner.
    pub owned: bool,
    /// Whether it is written down what it is for.
    pub purposed: bool,
    /// When a review last decided to keep it.
    pub reviewed_at: Option<Timestamp>,
    /// The codes of its findings, with blanks between them.
    pub findings: &'a str,
}

impl ReportCounts {
    /// Counts a key, for a report created at `now`.
    pub fn add(&mut self, key: &Counted<'_>, now: Timestamp) {
        self.keys += 1;
        if !key.in_scope {
            return;
        }
        self.in_scope += 1;
        let active = key.status == "active";
        let enabled = active || key.status == "paused";
        match key.status {
            "active" => self.active += 1,
            "paused" => self.paused += 1,
            "revoked" => self.revoked += 1,
            _ => {}
        }
        let idle = now.millis() - key.idle_since.millis();
        if idle >= CIS_DAYS * DAY_MS {
            self.dormant45 += 1;
            self.dormant45_active += u64::from(active);
        }
        self.idle90_active += u64::from(active && idle >= PCI_DAYS * DAY_MS);
        self.with_owner += u64::from(enabled && key.owned);
        self.with_purpose += u64::from(enabled && key.purposed);
        let reviewed = |at: Timestamp| now.millis() - at.millis() <= REVIEW_DAYS * DAY_MS;
        self.reviewed90 += u64::from(enabled && key.reviewed_at.is_some_and(reviewed));
        let mut any = false;
        for code in key.findings.split_ascii_whitespace() {
            any = true;
            *self.findings.entry(code.to_owned()).or_default() += 1;
        }
        self.with_findings += u64::from(any);
    }
}

/// The SHA-256 of a file and its size, as its bytes come.
#[derive(Clone, Default)]
pub struct FileHash {
    hasher: Sha256,
    bytes: u64,
}

impl FileHash {
    /// Takes further bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    /// How many bytes came.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The hash, in hex.
    pub fn hex(self) -> String {
        use std::fmt::Write as _;
        let digest: [u8; 32] = self.hasher.finalize().into();
        digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// The body of `POST /v1/reviews/{id}/sign`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sign {
    /// The head of the pack that is signed: one of this review, created after its execution.
    pub head: Head,
    /// Sign although the signer decided or executed. Later packs show it.
    #[serde(default)]
    pub same_person: bool,
}
