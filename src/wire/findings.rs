//! Findings: what a reviewer should look at in a key, as data with a sentence beside it. The rules are in
//! [`super::finding_rules`].

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time::Timestamp;
use super::word::{Word, open_word};

/// Something about a key that a reviewer should look at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// Which rule it is.
    pub code: FindingCode,
    /// How severe it is.
    pub severity: Severity,
    /// Since when the rule applies.
    #[serde(default)]
    #[schema(value_type = Timestamp, required = true)]
    pub since: Option<Timestamp>,
    /// A sentence for people.
    #[schema(value_type = String)]
    pub text: Arc<str>,
}

/// The rules.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FindingCode {
    /// Idle for `staleDays` days or more.
    Stale,
    /// Overdue for a review.
    ReviewOverdue,
    /// Revoked or paused, and still tried.
    Refused,
    /// Never used.
    NeverUsed,
    /// Its replacement is in use.
    ReplacementActive,
    /// Used again after a long time.
    WokeUp,
    /// Used from a new network.
    NewNetwork,
    /// Idle for `warnDays` days or more.
    Idle,
    /// No owner.
    NoOwner,
    /// Never reviewed.
    NeverReviewed,
    /// A rule of a newer server.
    Other(Word),
}

open_word!(
    FindingCode,
    "The rule of a finding.",
    Stale = "stale",
    ReviewOverdue = "reviewOverdue",
    Refused = "refused",
    NeverUsed = "neverUsed",
    ReplacementActive = "replacementActive",
    WokeUp = "wokeUp",
    NewNetwork = "newNetwork",
    Idle = "idle",
    NoOwner = "noOwner",
    NeverReviewed = "neverReviewed",
);

impl FindingCode {
    /// All rules, the most severe first.
    pub const ALL: [FindingCode; 10] = [
        FindingCode::Stale,
        FindingCode::ReviewOverdue,
        FindingCode::Refused,
        FindingCode::NeverUsed,
        FindingCode::ReplacementActive,
        FindingCode::WokeUp,
        FindingCode::NewNetwork,
        FindingCode::Idle,
        FindingCode::NoOwner,
        FindingCode::NeverReviewed,
    ];

    /// How severe it is.
    pub const fn severity(self) -> Severity {
        match self {
            FindingCode::Stale | FindingCode::ReviewOverdue | FindingCode::Refused => Severity::High,
            FindingCode::NeverUsed
            | FindingCode::ReplacementActive
            | FindingCode::WokeUp
            | FindingCode::NewNetwork => Severity::Medium,
            FindingCode::Idle | FindingCode::NoOwner | FindingCode::NeverReviewed | FindingCode::Other(_) => {
                Severity::Low
            }
        }
    }
}

/// How severe a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// Tidy up.
    Low,
    /// Look at it.
    Medium,
    /// Act on it.
    High,
    /// A value of a newer server.
    Other(Word),
}

open_word!(Severity, "How severe a finding is.", Low = "low", Medium = "medium", High = "high",);

/// How many keys have each finding, of all keys of the server.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct FindingCounts {
    /// Number of keys by code of a finding.
    #[schema(value_type = std::collections::BTreeMap<String, u64>)]
    pub counts: std::collections::BTreeMap<String, u64>,
    /// Number of keys that have any finding.
    pub keys: u64,
}

/// The codes of findings in one text: `stale noOwner`.
pub fn codes(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(finding.code.as_str());
    }
    text
}
