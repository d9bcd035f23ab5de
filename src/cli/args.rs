//! What may be typed after `keydeck`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;

use crate::config::PlanName;
use crate::wire::audit::{Action, Head};
use crate::wire::id::TokenId;
use crate::wire::keys::{Sort, StatusQuery};
use crate::wire::time::Timestamp;
use crate::wire::tokens::Role;

/// A terminal dashboard for API keys: browse, create once, revoke with a receipt, and find the ones nobody uses.
///
/// Without a command it opens the dashboard.
#[derive(Parser, Debug)]
#[command(name = "keydeck", version, disable_help_subcommand = true)]
pub struct Cli {
    /// Where to.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Serve no Edge API beside the dashboard
    #[arg(long)]
    pub no_edge: bool,
    /// What to do; the dashboard when absent.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Flags of every command.
#[derive(Args, Clone, Debug, Default)]
pub struct TargetArgs {
    /// Use the management API of a server at this URL
    #[arg(long, global = true, value_name = "URL")]
    pub server: Option<String>,
    /// Use this database: sqlite:///path, sqlite::memory: or postgres://…
    #[arg(long, global = true, value_name = "URL")]
    pub database: Option<String>,
    /// Change nothing: writes are refused
    #[arg(long, global = true)]
    pub read_only: bool,
    /// How to print what was asked for
    #[arg(long, global = true, value_enum, value_name = "FORM", default_value_t)]
    pub output: Output,
}

/// The form of what stands on standard output.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Output {
    /// Columns for people
    #[default]
    Table,
    /// The API's own JSON
    Json,
    /// Comma-separated values with a header
    Csv,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run a server: the management API and the Edge API
    Serve(ServeArgs),
    /// Projects own keys, rules and deployments
    #[command(subcommand, arg_required_else_help = false)]
    Projects(ProjectsCommand),
    /// API keys
    #[command(subcommand, arg_required_else_help = false)]
    Keys(KeysCommand),
    /// Redirect rules and their deployments
    #[command(subcommand, arg_required_else_help = false)]
    Rules(RulesCommand),
    /// What happened, and what nobody uses
    #[command(subcommand, arg_required_else_help = false)]
    Audit(AuditCommand),
    /// Management tokens
    #[command(subcommand, arg_required_else_help = false)]
    Tokens(TokensCommand),
}

/// `keydeck serve`.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// Address of the management API
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7474")]
    pub manage: SocketAddr,
    /// Address of the Edge API
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7475")]
    pub edge: SocketAddr,
    /// What projects are allowed
    #[arg(long, value_parser = plan, value_name = "free|pro|enterprise")]
    pub plan: Option<PlanName>,
    /// Which keys the Edge API serves
    #[arg(long, value_enum, default_value_t)]
    pub mode: Modes,
    /// Believe X-Forwarded-For of callers in this network; may be given again
    #[arg(long, value_name = "CIDR")]
    pub trusted_proxy: Vec<IpNet>,
    /// How long a node may serve without having heard of newer changes
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=20))]
    pub lease: u64,
    /// Allow a management address that is not loopback: a proxy in front of it speaks TLS
    #[arg(long)]
    pub behind_tls_proxy: bool,
}

/// Which keys a node serves.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Modes {
    /// Keys for production
    Live,
    /// Keys for tests
    Test,
    /// All keys
    #[default]
    Both,
}

/// `keydeck projects`.
#[derive(Subcommand, Debug)]
pub enum ProjectsCommand {
    /// List all projects
    List,
    /// Make a project
    Create {
        /// 1 to 64 characters
        name: String,
    },
    /// Give a project another name
    Rename {
        /// Id or name
        project: String,
        /// 1 to 64 characters
        name: String,
    },
    /// Archive a project: its name is free again, its keys stay listed
    Delete {
        /// Id or name
        project: String,
        /// Revoke its active keys with it
        #[arg(long)]
        revoke_keys: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

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
        /// Leave out those used after this time, such as 2026-11-23T00:00:00Z
        #[arg(long, value_name = "TIME", value_parser = time)]
        unused_since: Option<Timestamp>,
        /// Say what would become of each, and change nothing
        #[arg(long)]
        dry_run: bool,
        /// Why; it stays in the audit log
        #[arg(long, value_name = "R")]
        reason: Option<String>,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Give a key another name
    Rename {
        /// Id, project/name or mask; - reads it (or a whole key) from standard input
        key: String,
        /// 1 to 64 characters
        name: String,
    },
}

/// `keydeck rules`.
#[derive(Subcommand, Debug)]
pub enum RulesCommand {
    /// Replace the draft of a project by the rules of a file
    Import {
        /// CSV or JSON; - reads standard input
        file: PathBuf,
        /// Id or name
        #[arg(long, value_name = "P")]
        project: String,
    },
    /// Publish the draft as the next version
    Deploy {
        /// Id or name
        #[arg(long, value_name = "P")]
        project: String,
    },
    /// Show the draft
    Show {
        /// Id or name
        #[arg(long, value_name = "P")]
        project: String,
    },
}

/// `keydeck audit`.
#[derive(Subcommand, Debug)]
pub enum AuditCommand {
    /// List active keys that nobody uses
    Stale {
        /// Idle for at least so long, as in 90d; the server's own threshold when absent
        #[arg(long, value_name = "SPAN")]
        idle: Option<String>,
        /// Exit with 7 when there are any
        #[arg(long)]
        fail: bool,
    },
    /// List what happened, newest first
    Events {
        /// About this project: id or name
        #[arg(long, value_name = "P")]
        project: Option<String>,
        /// About this key: id, project/name or mask
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
        /// By exactly this actor
        #[arg(long, value_name = "WHO")]
        actor: Option<String>,
        /// Of this kind, such as key.revoked
        #[arg(long, value_name = "A")]
        action: Option<Action>,
        /// At or after this time, such as 2026-11-23T00:00:00Z
        #[arg(long, value_name = "TIME", value_parser = time)]
        after: Option<Timestamp>,
        /// Before this time
        #[arg(long, value_name = "TIME", value_parser = time)]
        before: Option<Timestamp>,
        /// At most so many
        #[arg(long, value_name = "N", value_parser = at_least_one)]
        limit: Option<usize>,
    },
    /// Check that nothing in the audit log was edited, removed or reordered
    Verify {
        /// Prove also that the log contains this head, noted earlier
        #[arg(long, value_name = "SEQ:HASH")]
        head: Option<Head>,
    },
}

/// `keydeck tokens`.
#[derive(Subcommand, Debug)]
pub enum TokensCommand {
    /// List management tokens
    List,
    /// Make a management token; its text is shown once
    Create {
        /// 1 to 64 characters
        name: String,
        /// What it may do
        #[arg(long, value_parser = role, value_name = "admin|member|auditor")]
        role: Role,
    },
    /// Revoke a management token for ever
    Revoke {
        /// tok_…
        id: TokenId,
    },
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| "expected a whole number from 1 on".to_owned())
}

fn plan(text: &str) -> Result<PlanName, String> {
    match text {
        "free" => Ok(PlanName::Free),
        "pro" => Ok(PlanName::Pro),
        "enterprise" => Ok(PlanName::Enterprise),
        _ => Err("expected free, pro or enterprise".to_owned()),
    }
}

fn status(text: &str) -> Result<StatusQuery, String> {
    [StatusQuery::Active, StatusQuery::Revoked, StatusQuery::All]
        .into_iter()
        .find(|status| status.as_str() == text)
        .ok_or_else(|| "expected active, revoked or all".to_owned())
}

fn role(text: &str) -> Result<Role, String> {
    [Role::Admin, Role::Member, Role::Auditor]
        .into_iter()
        .find(|role| role.as_str() == text)
        .ok_or_else(|| "expected admin, member or auditor".to_owned())
}

fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).map_err(|_| "expected a time such as 2026-11-23T17:04:05Z".to_owned())
}
