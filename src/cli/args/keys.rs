//! What may be typed after `keydeck keys`.

use clap::Subcommand;

use super::{at_least_one, time};
use crate::wire::keys::{Sort, StatusQuery};
use crate::wire::time::Timestamp;

/// `keydeck keys`.
#[derive(Subcommand, Debug)]
pub enum KeysCommand {
    /// List keys
    List {
        /// Of this project alone: id or name
        #[arg(long, value_name = "P")]
        project: Option<String>,
        /// As in the dashboard: words, name: project: status: mode: by: used:never idle>90d created<7d
        #[arg(long, value_name = "F")]
        filter: Option<String>,
        /// active, revoked or all; active when neither this nor the filter says so
        #[arg(long, value_parser = status, value_name = "active|revoked|all")]
        status: Option<StatusQuery>,
        /// name, created, lastUsed; with a leading - the other way round
        #[arg(long, value_name = "S", allow_hyphen_values = true)]
        sort: Option<Sort>,
        /// At most so many
        #[arg(long, value_name = "N", value_parser = at_least_one)]
        limit: Option<usize>,
    },
    /// Show one key
    Show {
        /// Id, project/name or mask; - reads it (or a whole key) from standard input
        key: String,
    },
    /// Make a key; its text is shown once
    Create {
        /// 1 to 64 characters
        name: String,
        /// Its project: id or name
        #[arg(long, value_name = "P")]
        project: String,
        /// A key for tests
        #[arg(long)]
        test: bool,
    },
    /// Make a key that succeeds another, which stays active; its text is shown once
    Rotate {
        /// Id, project/name or mask; - reads it (or a whole key) from standard input
        key: String,
        /// 1 to 64 characters; the old name with the next free number when absent
        #[arg(long, value_name = "N")]
        name: Option<String>,
    },
    /// Revoke keys for ever
    Revoke {
        /// Id, project/name or mask; - reads it (or a whole key) from standard input. Several are revoked at once
        #[arg(required = true, value_name = "KEY")]
        keys: Vec<String>,
        /// Leave out those used after this time, which is not in the future, such as 2026-11-23 or 2026-11-23T17:04:05Z (UTC)
        #[arg(long, value_name = "TIME", value_parser = time)]
        unused_since: Option<Timestamp>,
        /// Show what would be revoked, and change nothing
        #[arg(long)]
        dry_run: bool,
        /// Why; it stays in the audit log
        #[arg(long, value_name = "R")]
        reason: Option<String>,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Show a key's use by day, or who used it
    Usage {
        /// Id, project/name or mask; - reads it (or a whole key) from standard input
        key: String,
        /// The last so many days, 1 to 90
        #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=90))]
        days: u32,
        /// The addresses that used it, in place of days
        #[arg(long, conflicts_with = "days")]
        callers: bool,
    },
    /// Give a key another name
    Rename {
        /// Id, project/name or mask; - reads it (or a whole key) from standard input
        key: String,
        /// 1 to 64 characters
        name: String,
    },
}

fn status(text: &str) -> Result<StatusQuery, String> {
    [StatusQuery::Active, StatusQuery::Revoked, StatusQuery::All]
        .into_iter()
        .find(|status| status.as_str() == text)
        .ok_or_else(|| "expected active, revoked or all".to_owned())
}
