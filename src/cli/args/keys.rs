//! Arguments of `keydeck keys`.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use super::{ListArgs, at_least_one, number, time};
use crate::wire::key_groups::GroupBy;
use crate::wire::keys::{Sort, StatusQuery};
use crate::wire::rotations::QUIET_SECONDS_MAX;
use crate::wire::time::{Timestamp, span};

/// `keydeck keys`.
#[derive(Subcommand, Debug)]
pub enum KeysCommand {
    /// List keys
    #[command(
        after_help = "Examples:\n  keydeck keys list --project shop\n  keydeck keys list --filter \"idle>90d by:ann\" --sort -idle\n  keydeck keys list --status all -o csv > keys.csv\n  keydeck keys list --group-by creator"
    )]
    List {
        /// Filter by project (id or name)
        #[arg(short, long, value_name = "PROJECT")]
        project: Option<String>,
        /// Filter as in the dashboard: words, name: project: status: mode: by: owner: used:never idle>90d created<7d finding:any
        #[arg(long, value_name = "FILTER")]
        filter: Option<String>,
        /// Filter by status: active (not revoked), paused, in-use, idle, stale, unused, new, revoked or all [default: active, unless the filter has a status]
        #[arg(long, value_parser = status(), value_name = "STATUS", hide_possible_values = true)]
        status: Option<ListStatus>,
        /// Sort by name, created, lastUsed, idle, findings (worst first), creator, owner, project or status; prefix with - to reverse
        #[arg(long, value_name = "SORT", allow_hyphen_values = true)]
        sort: Option<Sort>,
        /// Count the keys by creator, project, status or owner instead
        #[arg(long, value_name = "BY", value_parser = group_by(), hide_possible_values = true, conflicts_with_all = ["sort", "ids"])]
        group_by: Option<GroupBy>,
        /// Maximum number of rows [default: all]
        #[arg(long, allow_hyphen_values = true, value_name = "N", value_parser = at_least_one)]
        limit: Option<usize>,
        /// Which columns to print.
        #[command(flatten)]
        list: ListArgs,
    },
    /// Show one key
    #[command(after_help = "Examples:\n  keydeck keys show shop/web\n  keydeck keys show - < leaked-key.txt")]
    Show {
        /// Which key.
        #[command(flatten)]
        key: KeyArgs,
    },
    /// Create a key (shown once)
    #[command(
        after_help = "Examples:\n  keydeck keys create web --project shop > web.key\n  keydeck keys create shop/web > web.key\n  keydeck keys create ci -p shop --test --owner \"Team CI\" --purpose \"nightly tests\""
    )]
    Create {
        /// Name, 1 to 64 characters; or project/name
        name: String,
        /// Project (id or name)
        #[arg(short, long, value_name = "PROJECT")]
        project: Option<String>,
        /// Create a test key (redir_test_…)
        #[arg(long)]
        test: bool,
        /// Who is responsible for the key, at most 64 characters
        #[arg(long, value_name = "OWNER")]
        owner: Option<String>,
        /// What the key is for, at most 200 characters
        #[arg(long, value_name = "PURPOSE")]
        purpose: Option<String>,
    },
    /// Change the name, owner or purpose of a key
    #[command(
        after_help = "Examples:\n  keydeck keys edit shop/web --owner \"Team Web\"\n  keydeck keys edit shop/web --name site --purpose \"the web site\""
    )]
    Edit {
        /// Which key.
        #[command(flatten)]
        key: KeyArgs,
        /// New name, 1 to 64 characters
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// New owner, at most 64 characters; an empty text clears it
        #[arg(long, value_name = "OWNER")]
        owner: Option<String>,
        /// New purpose, at most 200 characters; an empty text clears it
        #[arg(long, value_name = "PURPOSE")]
        purpose: Option<String>,
    },
    /// Pause a key: it is refused until it is resumed
    #[command(after_help = "Examples:\n  keydeck keys pause shop/web --reason \"is it still needed?\"")]
    Pause {
        /// Which key.
        #[command(flatten)]
        key: KeyArgs,
        /// Reason, at most 500 characters, recorded in the audit log
        #[arg(long, value_name = "REASON")]
        reason: Option<String>,
        /// No effect: pausing asks for no confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Resume a paused key
    #[command(after_help = "Examples:\n  keydeck keys resume shop/web")]
    Resume {
        /// Which key.
        #[command(flatten)]
        key: KeyArgs,
        /// No effect: resuming asks for no confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Create a replacement key (shown once); the old one stays active
    #[command(
        after_help = "Examples:\n  keydeck keys rotate shop/web > web-2.key\n  keydeck keys rotate shop/web --guided --quiet 24h > web-2.key"
    )]
    Rotate {
        /// Which key.
        #[command(flatten)]
        key: KeyArgs,
        /// Name of the replacement [default: the old name with the next free number, such as web-2]
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Start a guided rotation: it shows when the old key is no longer used
        #[arg(long)]
        guided: bool,
        /// Time for which the old key must not be used, such as 24h or 7d [default: the server's, 24h]
        #[arg(long, allow_hyphen_values = true, value_name = "SPAN", value_parser = quiet, requires = "guided")]
        quiet: Option<u32>,
    },
    /// Show the progress of a guided rotation: who still uses the old key, and when it can be revoked
    #[command(
        after_help = "Examples:\n  keydeck keys rotation shop/web --watch\n  keydeck keys rotation shop/web --cancel"
    )]
    Rotation {
        /// Which key.
        #[command(flatten)]
        key: KeyArgs,
        /// Wait until it can be revoked, and print each change
        #[arg(long)]
        watch: bool,
        /// Cancel the guided rotation; both keys stay as they are
        #[arg(long, conflicts_with = "watch")]
        cancel: bool,
    },
    /// Revoke keys permanently
    #[command(
        after_help = "Examples:\n  keydeck keys revoke shop/web --reason leaked\n  keydeck keys revoke - < leaked-key.txt\n  keydeck keys revoke --filter \"used:never created>1y\" --project shop --dry-run\n\nTo test that a key is revoked, send the id of its project (project=prj_…, see `keydeck keys show`): the Edge API refuses a project's name even with an active key."
    )]
    Revoke(RevokeArgs),
    /// Show the usage of a key by day, or its callers
    #[command(
        after_help = "Examples:\n  keydeck keys usage shop/web --days 7\n  keydeck keys usage shop/web --callers"
    )]
    Usage {
        /// Which key.
        #[command(flatten)]
        key: KeyArgs,
        /// Number of days, 1 to 90
        #[arg(long, allow_hyphen_values = true, value_name = "N", default_value_t = 30, value_parser = number::<1, 90>)]
        days: u32,
        /// Show the addresses that called with the key instead
        #[arg(long, conflicts_with = "days")]
        callers: bool,
    },
    /// Rename a key
    #[command(after_help = "Examples:\n  keydeck keys rename shop/web site")]
    Rename {
        /// Which key.
        #[command(flatten)]
        key: KeyArgs,
        /// New name, 1 to 64 characters
        name: String,
    },
}

/// A key, and the project in which it is looked for.
#[derive(Args, Clone, Debug)]
pub struct KeyArgs {
    /// Id, project/name or masked key; - reads it (or a whole key) from standard input
    pub key: String,
    /// Project of the key (id or name); KEY may then be its name alone
    #[arg(short, long, value_name = "PROJECT")]
    pub project: Option<String>,
}

/// `keydeck keys revoke`.
#[derive(Args, Clone, Debug)]
pub struct RevokeArgs {
    /// Id, project/name or masked key; - reads one of these, a whole key, or many ids (one per line) from standard input
    #[arg(conflicts_with = "filter", value_name = "KEY")]
    pub keys: Vec<String>,
    /// Revoke all active keys that match a filter, as in the dashboard: words, name: project: by: used:never idle>90d
    #[arg(long, value_name = "FILTER")]
    pub filter: Option<String>,
    /// Filter by project (id or name); KEY may then be a name alone
    #[arg(short, long, value_name = "PROJECT")]
    pub project: Option<String>,
    /// Skip keys used after TIME, such as 2026-11-23 (a date means 00:00 UTC), 2026-11-23T17:04:05Z or 7d (ago)
    #[arg(long, allow_hyphen_values = true, value_name = "TIME", value_parser = time)]
    pub unused_since: Option<Timestamp>,
    /// Show what would be revoked
    #[arg(long)]
    pub dry_run: bool,
    /// Reason, at most 500 characters, recorded in the audit log
    #[arg(long, value_name = "REASON")]
    pub reason: Option<String>,
    /// Skip confirmation
    #[arg(long)]
    pub yes: bool,
}

fn group_by() -> impl TypedValueParser<Value = GroupBy> {
    PossibleValuesParser::new(GroupBy::ALL.map(GroupBy::as_str))
        .map(|text| GroupBy::ALL.into_iter().find(|by| by.as_str() == text).unwrap_or_default())
}

fn quiet(text: &str) -> Result<u32, String> {
    let span = span(text).map_err(str::to_owned)?;
    let seconds =
        u32::try_from(span.as_secs()).ok().filter(|seconds| (1..=QUIET_SECONDS_MAX).contains(seconds));
    seconds.ok_or_else(|| "expected a time from 1s to 1y".to_owned())
}

/// Which keys `keys list --status` lists.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListStatus {
    /// A status that the API knows as a parameter.
    Query(StatusQuery),
    /// A status or state that the filter language knows, as its term.
    Term(&'static str),
}

/// The words of `--status`, in the order in which they are completed.
const STATUSES: [(&str, ListStatus); 9] = [
    ("active", ListStatus::Query(StatusQuery::Active)),
    ("paused", ListStatus::Term("status:paused")),
    ("in-use", ListStatus::Term("status:in-use")),
    ("idle", ListStatus::Term("status:idle")),
    ("stale", ListStatus::Term("status:stale")),
    ("unused", ListStatus::Term("status:unused")),
    ("new", ListStatus::Term("status:new")),
    ("revoked", ListStatus::Query(StatusQuery::Revoked)),
    ("all", ListStatus::Query(StatusQuery::All)),
];

fn status() -> impl TypedValueParser<Value = ListStatus> {
    let value = |(word, _)| match word {
        "in-use" => PossibleValue::new(word).alias("in use"),
        word => PossibleValue::new(word),
    };
    PossibleValuesParser::new(STATUSES.map(value)).map(|text| {
        let text = text.replace(' ', "-");
        let named = STATUSES.into_iter().find(|(word, _)| *word == text);
        named.map_or(ListStatus::Query(StatusQuery::Active), |(_, status)| status)
    })
}
