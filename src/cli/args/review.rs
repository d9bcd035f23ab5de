//! Arguments of `keydeck audit review`.

use std::path::PathBuf;

use clap::Subcommand;

use super::{KeyArgs, ListArgs, future, stale_days};
use crate::wire::audit::Head;
use crate::wire::reviews::{Decision, DecisionFilter};
use crate::wire::time::Timestamp;
use crate::wire::word::OpenWord as _;

/// `keydeck audit review`.
#[derive(Subcommand, Debug)]
pub enum ReviewCommand {
    /// List reviews, newest first
    #[command(after_help = "Examples:\n  keydeck audit review list")]
    List,
    /// Start a review of the keys that exist now
    #[command(
        after_help = "Examples:\n  keydeck audit review start \"Q4 2026\" --project shop --due 14d\n  keydeck audit review start \"No owner\" --filter owner:none"
    )]
    Start {
        /// Name, 1 to 64 characters
        name: String,
        /// Filter by project (id or name); repeatable
        #[arg(short, long = "project", value_name = "PROJECT")]
        projects: Vec<String>,
        /// Only keys that match a filter, as in the dashboard: words, by: owner:none idle>90d finding:any
        #[arg(long, value_name = "FILTER")]
        filter: Option<String>,
        /// Days after which a key is stale in this review: a number, stig (35), cis (45) or pci (90) [default: the server's threshold]
        #[arg(long, allow_hyphen_values = true, value_name = "DAYS", value_parser = stale_days)]
        stale: Option<u32>,
        /// When it should be done, such as 2026-12-31 (a date means its end, 23:59:59 UTC) or 14d (from now)
        #[arg(long, allow_hyphen_values = true, value_name = "TIME", value_parser = future)]
        due: Option<Timestamp>,
    },
    /// Rename an open review, or move or clear its due date
    #[command(group(clap::ArgGroup::new("change").required(true).multiple(true).args(["name", "due"])))]
    #[command(
        after_help = "Examples:\n  keydeck audit review edit \"Q4 2026\" --due 7d\n  keydeck audit review edit \"Q4 2026\" --due none"
    )]
    Edit {
        /// Review (id or name)
        review: String,
        /// New name, 1 to 64 characters
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// When it should be done, such as 2026-12-31 (a date means its end, 23:59:59 UTC) or 14d (from now); none clears the date
        #[arg(long, allow_hyphen_values = true, value_name = "TIME|none", value_parser = due)]
        due: Option<Due>,
    },
    /// Show one review
    #[command(after_help = "Examples:\n  keydeck audit review show \"Q4 2026\"")]
    Show {
        /// Review (id or name)
        review: String,
    },
    /// List the keys of a review with the decisions, the worst first
    #[command(after_help = "Examples:\n  keydeck audit review items \"Q4 2026\" --decision undecided")]
    Items {
        /// Review (id or name)
        review: String,
        /// Filter by decision
        #[arg(long, value_name = "keep|revoke|rotate|pause|ask|skip|undecided")]
        decision: Option<DecisionFilter>,
        /// Filter by project (id or name)
        #[arg(short, long, value_name = "PROJECT")]
        project: Option<String>,
        /// Filter keys as in the dashboard: words, project: by: owner:none finding:stale
        #[arg(long, value_name = "FILTER")]
        filter: Option<String>,
        /// Which columns to print.
        #[command(flatten)]
        list: ListArgs,
    },
    /// Decide on a key; nothing happens until the review is executed
    #[command(
        after_help = "Examples:\n  keydeck audit review decide \"Q4 2026\" shop/web keep --until 90d\n  keydeck audit review decide \"Q4 2026\" shop/ci revoke --reason unused"
    )]
    Decide {
        /// Review (id or name)
        review: String,
        /// Which key.
        #[command(flatten)]
        key: KeyArgs,
        /// keep, revoke, rotate, pause, ask (the owner) or skip
        #[arg(value_parser = decision, value_name = "DECISION")]
        decision: Decision,
        /// Reason, at most 500 characters; required to keep a key with a finding of high severity
        #[arg(long, value_name = "REASON")]
        reason: Option<String>,
        /// With keep: until when, such as 2027-03-31 (a date means its end, 23:59:59 UTC) or 90d (from now)
        #[arg(long, allow_hyphen_values = true, value_name = "TIME", value_parser = future)]
        until: Option<Timestamp>,
        /// Replace a different decision of another reviewer without confirmation (asked on a terminal only)
        #[arg(long)]
        yes: bool,
    },
    /// Undo a decision: the key is undecided again, also if there was an earlier decision
    #[command(after_help = "Examples:\n  keydeck audit review undo \"Q4 2026\" shop/web")]
    Undo {
        /// Review (id or name)
        review: String,
        /// Which key.
        #[command(flatten)]
        key: KeyArgs,
        /// Undo the decision of another reviewer without confirmation (asked on a terminal only)
        #[arg(long)]
        yes: bool,
    },
    /// Execute the decisions
    #[command(after_help = "Examples:\n  keydeck audit review execute \"Q4 2026\" --dry-run")]
    Execute {
        /// Review (id or name)
        review: String,
        /// Show what would be done
        #[arg(long)]
        dry_run: bool,
        /// Skip confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Sign an executed review
    ///
    /// You sign an evidence pack of the review that was created after its execution.
    #[command(group(clap::ArgGroup::new("which").required(true).args(["head", "pack"])))]
    #[command(after_help = "Examples:\n  keydeck audit review sign \"Q4 2026\" --pack q4.tar.gz")]
    Sign {
        /// Review (id or name)
        review: String,
        /// Head of the pack, which `keydeck audit report` printed
        #[arg(long, value_name = "SEQ:HASH", value_parser = super::head)]
        head: Option<Head>,
        /// Evidence pack to sign: a directory or a .tar.gz, which is verified first
        #[arg(long, value_name = "PATH")]
        pack: Option<PathBuf>,
        /// Sign even if you decided or executed; later packs show it
        #[arg(long)]
        same_person: bool,
    },
    /// Cancel an open review
    #[command(after_help = "Examples:\n  keydeck audit review cancel \"Q4 2026\"")]
    Cancel {
        /// Review (id or name)
        review: String,
        /// Skip confirmation
        #[arg(long)]
        yes: bool,
    },
}

/// A due date, or that there is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Due(pub Option<Timestamp>);

fn due(text: &str) -> Result<Due, String> {
    // Before the other errors, which offer `none`.
    super::existing_date(text)?;
    match text {
        "none" => Ok(Due(None)),
        text => future(text).map(Some).map(Due).map_err(|expected| format!("{expected}, or none")),
    }
}

fn decision(text: &str) -> Result<Decision, String> {
    Decision::known(text).ok_or_else(|| "expected keep, revoke, rotate, pause, ask or skip".to_owned())
}
