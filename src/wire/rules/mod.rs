//! Redirect rules and their deployments.
//!
//! | module | what |
//! |---|---|
//! | [`mod@read`], [`csv`] | a file of rules, as CSV or JSON, for the API and the command line alike |
//! | [`mod@check`] | what a draft may hold; every error with its line, row and column |
//! | [`path`], [`destination`] | the form in which paths are compared; which destinations are safe |
//! | [`lookup`], [`prefixes`], [`shadow`] | which rule a path meets |
//! | [`warn`] | rules that do other than they seem to say |

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::page::Page;
use super::time::Timestamp;

pub mod check;
pub mod csv;
pub mod destination;
pub mod lookup;
pub mod path;
mod pattern;
pub mod prefixes;
pub mod read;
pub mod shadow;
mod skipped;
pub mod warn;

pub use check::{BadRule, BadRules, check};
pub use csv::{from_csv, to_csv};
pub use destination::URL_MAX;
pub use path::{BadPath, canonical_path};
pub use read::{Draft, Form, Unreadable, read};
pub use skipped::Skipped;
pub use warn::{Warning, WarningCode, Warnings};

/// A redirect rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The path to match, or its beginning. A query or fragment is ignored.
    #[schema(min_length = 1, max_length = 2048, pattern = "^/")]
    pub source: String,
    /// A path that begins with a single `/`, or an http or https URL with a host. Lookups return it unchanged.
    /// At most 2,048 characters; a percent sequence counts as one character.
    #[schema(min_length = 1, pattern = "^(/|[hH][tT][tT][pP][sS]?://)")]
    pub destination: String,
    /// 301, 302, 307 or 308. Default: 301.
    #[serde(default = "Rule::default_status")]
    #[schema(default = 301, minimum = 301, maximum = 308)]
    pub status: u16,
    /// Default: `exact`.
    #[serde(default, rename = "match")]
    pub matching: Match,
    /// Priority among prefix rules; lower numbers win. Default: 0.
    #[serde(default)]
    pub priority: i32,
}

impl Rule {
    /// The statuses that a rule may answer.
    pub const STATUSES: [u16; 4] = [301, 302, 307, 308];

    const fn default_status() -> u16 {
        301
    }

    /// The rule with its source as it is in force: without a query or fragment, which is not compared.
    pub fn in_force(mut self) -> Rule {
        self.source.truncate(path::without_query(&self.source).len());
        self
    }
}

/// How a rule matches a path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// The source equals the path.
    #[default]
    Exact,
    /// The path begins with the source.
    StartsWith,
}

impl Match {
    /// `exact` or `starts_with`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Match::Exact => "exact",
            Match::StartsWith => "starts_with",
        }
    }
}

/// The answer to a lookup.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Redirect<'a> {
    /// The destination of the rule.
    #[serde(borrow)]
    pub destination: Cow<'a, str>,
    /// 301, 302, 307 or 308.
    pub status_code: u16,
    /// How the rule matched the path.
    pub match_type: Match,
}

/// A deployment: an immutable, numbered snapshot of the rules of a project.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    /// 1, 2, 3 … for each project.
    pub version: u32,
    /// Time of the deployment.
    pub created_at: Timestamp,
    /// Actor who deployed it.
    pub created_by: String,
    /// Number of rules served.
    pub rules: u64,
    /// Unreachable prefix rules, which are not served because a shorter rule with a better priority covers
    /// them.
    pub shadowed: Vec<Shadowed>,
}

/// A deployment with its rules.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct DeployedRules {
    /// The deployment without its rules.
    #[serde(flatten)]
    pub deployment: Deployment,
    /// The rules served, in the order of the draft.
    pub items: Vec<Rule>,
}

/// The draft after an import, with warnings.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PutRules {
    /// The first page of the new draft.
    #[serde(flatten)]
    pub page: Page<Rule>,
    /// Warnings about rules that are valid but probably not intended, in the order of the rules; at most 1,000.
    #[serde(default)]
    pub warnings: Vec<Warning>,
    /// Total number of warnings.
    #[serde(default)]
    pub warning_count: u64,
    /// What was skipped in the file: comments, blank lines, empty rows and columns.
    #[serde(default)]
    pub skipped: Vec<Skipped>,
}

/// A new deployment, with warnings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewDeployment {
    /// The new deployment.
    #[serde(flatten)]
    pub deployment: Deployment,
    /// Warnings about rules that are valid but probably not intended, in the order of the draft; at most 1,000.
    #[serde(default)]
    pub warnings: Vec<Warning>,
    /// Total number of warnings.
    #[serde(default)]
    pub warning_count: u64,
}

/// An unreachable prefix rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shadowed {
    /// Source of the unreachable rule.
    pub source: String,
    /// Source of the rule that covers it.
    pub covered_by: String,
}
