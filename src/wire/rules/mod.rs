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

/// One redirect.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The path, or its beginning, that the rule matches. A query or fragment is not compared.
    #[schema(min_length = 1, max_length = 2048, pattern = "^/")]
    pub source: String,
    /// A path that begins with a single `/`, or an http or https URL with a host. Lookups return it as it was
    /// put. At most 2,048 characters; a percent sequence counts as the character it stands for.
    #[schema(min_length = 1, pattern = "^(/|[hH][tT][tT][pP][sS]?://)")]
    pub destination: String,
    /// 301, 302, 307 or 308; 301 when absent.
    #[serde(default = "Rule::default_status")]
    #[schema(default = 301, minimum = 301, maximum = 308)]
    pub status: u16,
    /// Exact when absent.
    #[serde(default, rename = "match")]
    pub matching: Match,
    /// Lower numbers first, among prefix rules; 0 when absent.
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

/// How a rule's source compares with a path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// The whole path.
    #[default]
    Exact,
    /// The path's beginning.
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
    /// Where it leads, as the rule has it.
    #[serde(borrow)]
    pub destination: Cow<'a, str>,
    /// 301, 302, 307 or 308.
    pub status_code: u16,
    /// How the rule met the path.
    pub match_type: Match,
}

/// An immutable numbered snapshot of a project's rules.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    /// 1, 2, 3 … for each project.
    pub version: u32,
    /// When it was published.
    pub created_at: Timestamp,
    /// Who published it.
    pub created_by: String,
    /// How many rules it serves.
    pub rules: u64,
    /// Prefix rules that were left out, since a shorter one of better priority covers them.
    pub shadowed: Vec<Shadowed>,
}

/// A deployment with the rules that it serves.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct DeployedRules {
    /// What is said of it.
    #[serde(flatten)]
    pub deployment: Deployment,
    /// The rules, in the order of the draft, without the shadowed ones.
    pub items: Vec<Rule>,
}

/// The draft after a change, with what is odd about it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PutRules {
    /// The first page of the draft.
    #[serde(flatten)]
    pub page: Page<Rule>,
    /// Rules that do other than they seem to say, in the order of the rules; at most 1,000.
    #[serde(default)]
    pub warnings: Vec<Warning>,
    /// How many warnings there are in all.
    #[serde(default)]
    pub warning_count: u64,
    /// What was left out of the file: comments, blank lines, empty rows and columns.
    #[serde(default)]
    pub skipped: Vec<Skipped>,
}

/// A new deployment, with what is odd about its rules.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewDeployment {
    /// The deployment.
    #[serde(flatten)]
    pub deployment: Deployment,
    /// Rules that do other than they seem to say, in the order of the draft; at most 1,000.
    #[serde(default)]
    pub warnings: Vec<Warning>,
    /// How many warnings there are in all.
    #[serde(default)]
    pub warning_count: u64,
}

/// A prefix rule that can never be reached.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shadowed {
    /// Its source.
    pub source: String,
    /// The source of the rule that covers it.
    pub covered_by: String,
}
