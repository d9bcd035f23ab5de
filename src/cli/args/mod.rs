//! What may be typed after `keydeck`: here what all commands have in common, else one file a noun.

mod audit;
mod contexts;
mod keys;
mod projects;
mod rules;
mod serve;
mod tokens;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use self::audit::AuditCommand;
pub use self::contexts::{ContextsCommand, LoginArgs};
pub use self::keys::KeysCommand;
pub use self::projects::ProjectsCommand;
pub use self::rules::RulesCommand;
pub use self::serve::{Modes, ServeArgs};
pub use self::tokens::TokensCommand;
use crate::wire::time::Timestamp;

/// A terminal dashboard for API keys: browse, create once, revoke with a receipt, and find the ones nobody uses.
///
/// Without a command it opens the dashboard.
#[derive(Parser, Debug)]
#[command(name = "keydeck", version, disable_help_subcommand = true)]
pub struct Cli {
    /// Where to.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Try it with made-up data in memory: nothing is read from your database or written to disk
    #[arg(long)]
    pub demo: bool,
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
    /// Use the server or database of this context of the configuration
    #[arg(long, global = true, value_name = "NAME")]
    pub context: Option<String>,
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
    /// Store the management token of a server, and make a context of it
    Login(LoginArgs),
    /// Servers and databases with a name
    #[command(subcommand, arg_required_else_help = false)]
    Contexts(ContextsCommand),
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| "expected a whole number from 1 on".to_owned())
}

fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).map_err(|_| "expected a time such as 2026-11-23T17:04:05Z".to_owned())
}
