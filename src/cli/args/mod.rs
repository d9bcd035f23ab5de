//! What may be typed after `keydeck`: here what all commands have in common, else one file a noun.

mod audit;
mod contexts;
mod identify;
mod keys;
mod projects;
mod rules;
mod serve;
mod tokens;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub use self::audit::{AuditCommand, Idle};
pub use self::contexts::{ContextsCommand, LoginArgs};
pub use self::identify::IdentifyArgs;
pub use self::keys::KeysCommand;
pub use self::projects::ProjectsCommand;
pub use self::rules::RulesCommand;
pub use self::serve::{LogFormat, Modes, ServeArgs};
pub use self::tokens::TokensCommand;
use crate::wire::time::Timestamp;

/// The version, with the commit (if it is known), the profile and the target of the build.
pub const LONG_VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("KEYDECK_BUILD"), ")");

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not authenticated or not allowed, 4 not found, 5 conflict, limit or \
held by another process, 6 unreachable; `audit stale --fail` exits with 7 where there are stale keys.";

/// A terminal dashboard for API keys: browse, create once, revoke with a receipt, and find the ones nobody uses.
///
/// Without a command it opens the dashboard.
#[derive(Parser, Debug)]
#[command(name = "keydeck", version, long_version = LONG_VERSION, disable_help_subcommand = true, after_help = EXIT_CODES)]
pub struct Cli {
    /// Where to.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Use demo data in memory: nothing is read from your database, and nothing is written to disk unless you name
    /// a file
    #[arg(long)]
    pub demo: bool,
    /// Serve no Edge API beside the dashboard
    #[arg(long)]
    pub no_edge: bool,
    /// What to do; the dashboard when absent.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Under which flags of every command stand in the help.
const EVERYWHERE: &str = "Options of every command";

/// Flags of every command.
#[derive(Args, Clone, Debug, Default)]
pub struct TargetArgs {
    /// Use the management API of a server at this URL
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "URL")]
    pub server: Option<String>,
    /// Use this database: sqlite:///path, sqlite::memory: or postgres://…
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "URL")]
    pub database: Option<String>,
    /// Use the server or database of this context of the configuration
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "NAME")]
    pub context: Option<String>,
    /// Change nothing: writes are refused
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub read_only: bool,
    /// How to print what was asked for
    #[arg(long, global = true, help_heading = EVERYWHERE, value_enum, value_name = "table|json|csv", hide_possible_values = true, default_value_t)]
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
    /// Find API keys in files, folders, pipes or standard input and identify them
    ///
    /// Keys are recognized by format and checksum, also in UTF-16 and UTF-32, percent-encoded or escaped, in base64, between terminal colors, and in gzip and zip files. Folders are searched whole, with hidden and ignored files; symbolic links in them are not followed. If a server or database is configured, or the embedded one exists, it says which key it is; it is asked by handle and last four characters only. Only masks are printed.
    ///
    /// Exit codes: 0 a key was found (and the server, if asked, knows it); otherwise 1 if something could not be searched or asked; otherwise 4.
    Identify(IdentifyArgs),
    /// Look at everything this program needs, and say in words what is wrong and what to do
    ///
    /// Exit codes: 0 all is well, 1 something does not work. No secret is printed.
    Doctor,
    /// Write the completions of a shell to standard output
    Completions {
        /// bash, elvish, fish, powershell or zsh
        #[arg(value_enum, value_name = "SHELL")]
        shell: Shell,
    },
    /// Print the man page or a topic of the manual, or write all man pages into a directory
    Man {
        /// dashboard, command-line, configuration, server, api, rules, security or scaling-and-speed; or an existing directory
        #[arg(value_name = "TOPIC|DIR")]
        place: Option<PathBuf>,
    },
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| "expected a whole number from 1 on".to_owned())
}

fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_loose(text)
        .ok_or_else(|| "expected a time such as 2026-11-23 or 2026-11-23T17:04:05Z".to_owned())
}
