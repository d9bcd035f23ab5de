//! Arguments of `keydeck audit`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;

use super::{ListArgs, ReviewCommand, at_least_one, stale_days};
use crate::cli::near::{either, nearest};
use crate::standards;
use crate::wire::audit::{Action, BadAction, Head};
use crate::wire::findings::Severity;
use crate::wire::text::fold;
use crate::wire::time::{self, Timestamp};
use crate::wire::word::OpenWord as _;

/// A minimum idle time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Idle {
    /// As typed, with its unit: `90d`.
    pub text: String,
    /// The same as a duration.
    pub span: Duration,
}

fn idle(text: &str) -> Result<Idle, String> {
    let text = text.trim();
    super::existing_date(text)?;
    if let Some(since) = Timestamp::parse_loose(text) {
        return idle_since(since);
    }
    if let Some(days) = standards::preset(text) {
        return Ok(Idle { text: format!("{days}d"), span: Duration::from_hours(u64::from(days) * 24) });
    }
    let span = time::span(text)
        .map_err(|error| format!("{error}, a date such as 2026-11-01, or {}", standards::presets()))?;
    let days = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    Ok(Idle { text: if days { format!("{text}d") } else { text.to_owned() }, span })
}

/// Idle since then.
fn idle_since(since: Timestamp) -> Result<Idle, String> {
    let now = (time::system_clock())();
    if since > now {
        return Err("the date is in the future".to_owned());
    }
    let span = since.age(now);
    Ok(Idle { text: format!("{}d", span.as_secs() / 86_400), span })
}

/// An action as it is stored or as tables print it, however its words are separated.
fn action(text: &str) -> Result<Action, String> {
    let plain = |name: &str| fold(name.trim()).replace(['.', '-', '_'], " ");
    let wanted = plain(text);
    let named = |action: &Action| [action.as_str(), action.words()].iter().any(|name| plain(name) == wanted);
    if let Some(action) = Action::ALL.iter().copied().find(named) {
        return Ok(action);
    }
    let near = |name: fn(&Action) -> &'static str| {
        nearest(text.trim(), Action::ALL.iter().map(name).map(str::to_owned))
    };
    // One spelling of each action at a time: two of one action would look like two.
    let meant = near(|action| action.as_str()).or_else(|| near(|action| action.words())).or_else(|| {
        let part = |name: &&str| wanted.len() > 2 && plain(name).split(' ').any(|word| word == wanted);
        either(Action::ALL.iter().map(|action| action.as_str()).filter(part).map(str::to_owned).collect())
    });
    Err(meant.map_or_else(|| BadAction.to_string(), |meant| format!("unknown action; did you mean {meant}?")))
}

fn severity(text: &str) -> Result<Severity, String> {
    Severity::known(text).ok_or_else(|| "expected low, medium or high".to_owned())
}

/// `keydeck audit`.
#[derive(Subcommand, Debug)]
pub enum AuditCommand {
    /// List active keys that are no longer used
    #[command(
        after_help = "Examples:\n  keydeck audit stale --idle 180d\n  keydeck audit stale --by token:ci --ids\n  keydeck audit stale --fail"
    )]
    Stale {
        /// Minimum idle time, such as 90d, 3mo or 90 (days), or the days of a standard: stig (35), cis (45) or pci (90); or a date, for keys idle since then [default: the server's threshold]
        #[arg(long, allow_hyphen_values = true, value_name = "SPAN", value_parser = idle)]
        idle: Option<Idle>,
        /// Filter by creator, such as local:ann or token:ci (or part of it)
        #[arg(long, value_name = "CREATOR")]
        by: Option<String>,
        /// Filter by project (id or name)
        #[arg(short, long, value_name = "PROJECT")]
        project: Option<String>,
        /// Filter as in the dashboard: words, name: project: mode: used:never created<7d
        #[arg(long, value_name = "FILTER")]
        filter: Option<String>,
        /// Exit with code 7 if any key is listed
        #[arg(long)]
        fail: bool,
        /// Which columns to print.
        #[command(flatten)]
        list: ListArgs,
    },
    /// Review keys: decide on each, then execute the decisions
    #[command(subcommand, arg_required_else_help = false)]
    Review(ReviewCommand),
    /// List findings: keys that need attention, the worst first
    #[command(
        after_help = "Examples:\n  keydeck audit findings --severity high --stale stig\n  keydeck audit findings --filter owner:none -o csv"
    )]
    Findings {
        /// Only findings of at least this severity
        #[arg(long, value_name = "low|medium|high", value_parser = severity)]
        severity: Option<Severity>,
        /// Filter by project (id or name)
        #[arg(short, long, value_name = "PROJECT")]
        project: Option<String>,
        /// Filter keys as in the dashboard: words, project: by: owner:none finding:stale
        #[arg(long, value_name = "FILTER")]
        filter: Option<String>,
        /// Days after which a key is stale: a number, stig (35), cis (45) or pci (90) [default: the server's threshold]
        #[arg(long, allow_hyphen_values = true, value_name = "DAYS", value_parser = stale_days)]
        stale: Option<u32>,
        /// Exit with code 7 if any key is listed
        #[arg(long)]
        fail: bool,
        /// Which columns to print.
        #[command(flatten)]
        list: ListArgs,
    },
    /// List audit events, newest first
    #[command(
        after_help = "Examples:\n  keydeck audit events --key shop/web\n  keydeck audit events --review \"Q4 2026\"\n  keydeck audit events --action key.revoked --after 7d"
    )]
    Events {
        /// Filter as in the dashboard: words, action: by: project: key: at<7d
        #[arg(long, value_name = "FILTER")]
        filter: Option<String>,
        /// Filter by project (id or name, also of a deleted project)
        #[arg(short, long, value_name = "PROJECT")]
        project: Option<String>,
        /// Filter by key (id, project/name or masked key, also of a revoked key); with --project, also its name alone
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
        /// Filter by review (id or name): its own events, its decisions, what their execution changed, and its reports
        #[arg(long, value_name = "REVIEW")]
        review: Option<String>,
        /// Filter by actor: local:USER, token:NAME, key:MASKED-KEY, or the id or masked form of a token
        #[arg(long, value_name = "ACTOR")]
        actor: Option<String>,
        /// Filter by action, such as key.revoked or "key revoked"
        #[arg(long, value_name = "ACTION", value_parser = action)]
        action: Option<Action>,
        /// Only events at or after TIME, such as 2026-11-23 (a date means 00:00 UTC), 2026-11-23T17:04:05Z or 7d (ago)
        #[arg(long, allow_hyphen_values = true, value_name = "TIME", value_parser = super::time)]
        after: Option<Timestamp>,
        /// Only events before TIME
        #[arg(long, allow_hyphen_values = true, value_name = "TIME", value_parser = super::time)]
        before: Option<Timestamp>,
        /// Maximum number of rows [default: all]
        #[arg(long, allow_hyphen_values = true, value_name = "N", value_parser = at_least_one)]
        limit: Option<usize>,
        /// Which columns to print.
        #[command(flatten)]
        list: ListArgs,
    },
    /// Create an evidence pack: keys, decisions and the audit log, with a report
    ///
    /// The pack is a directory, or an archive if PATH ends in .tar.gz. Record its head elsewhere: with it, `keydeck audit verify PACK --head SEQ:HASH` later proves that the pack is real.
    #[command(
        after_help = "Examples:\n  keydeck audit report --out q4.tar.gz\n  keydeck audit report --review \"Q4 2026\" --since q3.tar.gz --out q4.tar.gz"
    )]
    Report {
        /// Report on a review (id or name); its keys are in scope
        #[arg(long, value_name = "REVIEW", conflicts_with = "filter")]
        review: Option<String>,
        /// Only keys of this project (id or name) are in scope
        #[arg(short, long, value_name = "PROJECT", conflicts_with = "review")]
        project: Option<String>,
        /// Only keys that match a filter are in scope, as in the dashboard [default: all keys that are not revoked]
        #[arg(long, value_name = "FILTER")]
        filter: Option<String>,
        /// Show what has changed since an earlier pack
        #[arg(long, value_name = "PACK")]
        since: Option<PathBuf>,
        /// Directory or .tar.gz to create [default: keydeck-report-DATE]
        #[arg(long = "out", value_name = "PATH")]
        path: Option<PathBuf>,
    },
    /// Verify that no audit event was edited, removed or reordered; or verify an evidence pack
    ///
    /// With PACK, no server or database is needed. If --server, --context or --database is given, the pack is also compared with the audit log there; the environment and the current context do not count, because the pack may be of another server.
    #[command(
        after_help = "Examples:\n  keydeck audit verify\n  keydeck audit verify q4.tar.gz --head SEQ:HASH"
    )]
    Verify {
        /// An evidence pack: a directory or a .tar.gz
        pack: Option<PathBuf>,
        /// Also verify that the log contains this head, recorded earlier
        #[arg(long, value_name = "SEQ:HASH", value_parser = super::head)]
        head: Option<Head>,
    },
}
