//! Arguments of `keydeck`: the global options here, the others in one file per noun.

mod audit;
mod contexts;
mod doctor;
mod identify;
mod keys;
mod list;
mod moves;
mod nodes;
mod projects;
mod review;
mod rules;
mod serve;
mod tokens;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub use self::audit::{AuditCommand, Idle};
pub use self::contexts::{ContextsCommand, LoginArgs};
pub use self::doctor::DoctorArgs;
pub use self::identify::IdentifyArgs;
pub use self::keys::{KeyArgs, KeysCommand, ListStatus, RevokeArgs};
pub use self::list::ListArgs;
pub use self::moves::{BackupArgs, MigrateArgs, RestoreArgs};
pub use self::nodes::{NodesArgs, NodesCommand};
pub use self::projects::ProjectsCommand;
pub use self::review::{Due, ReviewCommand};
pub use self::rules::RulesCommand;
pub use self::serve::{EdgeArgs, LogFormat, Modes, NodeArgs, ServeArgs};
pub use self::tokens::TokensCommand;
use crate::standards;
use crate::wire::audit::Head;
use crate::wire::time::{self, Timestamp};

/// The version, with the commit (if it is known), the profile and the target of the build.
pub const LONG_VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("KEYDECK_BUILD"), ")");

const EXIT_CODES: &str = "Exit codes: 0 success, 1 failure, 2 usage error, 3 not authenticated or not \
     permitted, 4 not found, 5 conflict, limit reached or database in use, 6 server unreachable. `audit \
     stale --fail` and `audit findings --fail` exit with 7 if they list any keys.";

/// A terminal dashboard for API keys: create, rotate and revoke them, and find the ones no longer used.
///
/// Without a command, keydeck opens the dashboard.
#[derive(Parser, Debug)]
#[command(name = "keydeck", version, long_version = LONG_VERSION, disable_help_subcommand = true, after_help = EXIT_CODES)]
pub struct Cli {
    /// The server or database, and the output format.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Use in-memory demo data
    #[arg(long)]
    pub demo: bool,
    /// Don't start the Edge API
    #[arg(long)]
    pub no_edge: bool,
    /// None opens the dashboard.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The heading in the help above the flags of every command.
const EVERYWHERE: &str = "Global options";

/// Flags of every command.
#[derive(Args, Clone, Debug, Default)]
pub struct TargetArgs {
    /// Connect to the server at URL
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "URL")]
    pub server: Option<String>,
    /// Use a database: sqlite:///path, sqlite::memory: or postgres://…
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "URL")]
    pub database: Option<String>,
    /// Use the server or database of a context
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "NAME")]
    pub context: Option<String>,
    /// Read-only: refuse all changes
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub read_only: bool,
    /// Output format
    #[arg(short, long, global = true, help_heading = EVERYWHERE, value_enum, value_name = "table|json|csv", hide_possible_values = true, default_value_t)]
    pub output: Output,
}

/// The format of standard output.
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

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run a server: the management API and the Edge API
    #[command(
        after_help = "Examples:\n  keydeck serve\n  keydeck serve --database postgres://db/keydeck --manage 0.0.0.0:7474 \\\n    --tls-cert cert.pem --tls-key key.pem"
    )]
    Serve(ServeArgs),
    /// Run a node that serves only the Edge API, on a shared PostgreSQL database
    #[command(
        after_help = "Examples:\n  keydeck edge --edge 0.0.0.0:7475 --database postgres://db/keydeck --name us-1 --region us"
    )]
    Edge(EdgeArgs),
    /// Manage projects
    #[command(subcommand, arg_required_else_help = false)]
    Projects(ProjectsCommand),
    /// Manage API keys
    #[command(subcommand, arg_required_else_help = false)]
    Keys(KeysCommand),
    /// Manage and deploy redirect rules
    #[command(subcommand, arg_required_else_help = false)]
    Rules(RulesCommand),
    /// Read the audit log, find stale keys, review keys and create evidence packs
    #[command(subcommand, arg_required_else_help = false)]
    Audit(AuditCommand),
    /// List and manage the nodes of a server
    #[command(after_help = "Examples:\n  keydeck nodes\n  keydeck nodes --columns name,state,leaseUntil")]
    Nodes(NodesArgs),
    /// Create, list and revoke management tokens
    #[command(subcommand, arg_required_else_help = false)]
    Tokens(TokensCommand),
    /// Back up a SQLite database to a new file, also while it is in use
    ///
    /// The file is readable only by you. Its audit log is verified, and its head is printed: record it to identify the backup later.
    #[command(after_help = "Examples:\n  keydeck backup keydeck-2026-11-29.db")]
    Backup(BackupArgs),
    /// Replace a SQLite database with a backup
    ///
    /// No process may be using the database. Keys and tokens that were revoked or paused in it since the backup are revoked or paused again. The replaced database is kept as keydeck.db.replaced-TIME.
    #[command(after_help = "Examples:\n  keydeck restore keydeck-2026-11-29.db")]
    Restore(RestoreArgs),
    /// Copy a database to an empty one, from SQLite to PostgreSQL or back
    ///
    /// No other process may be using either database. Every row is compared afterwards, and the audit log is verified in the copy. If it is interrupted, run it again: it continues after the last row it copied. Until it has finished, other commands refuse the copy.
    #[command(
        after_help = "Examples:\n  keydeck migrate --from sqlite:///var/lib/keydeck/keydeck.db --to postgres://db/keydeck"
    )]
    Migrate(MigrateArgs),
    /// Log in to a server and save it as a context
    #[command(after_help = "Examples:\n  keydeck login https://keys.example.com --name prod")]
    Login(LoginArgs),
    /// Manage contexts (saved servers and databases)
    #[command(subcommand, arg_required_else_help = false)]
    Contexts(ContextsCommand),
    /// Find API keys in files or stdin and identify them
    ///
    /// Keys are recognized by format and checksum, also in UTF-16 and UTF-32, percent-encoded or escaped, in base64, between terminal colors, and in gzip and zip files. Directories are searched recursively, including hidden and ignored files; symbolic links in them are not followed. If a server or database is available, each key is looked up there by its handle and last four characters; the key itself is never sent. Only masked keys are printed.
    ///
    /// Exit codes: 0 a key was found (and the server, if available, knows it), 1 something could not be searched or looked up, 4 no key found.
    #[command(
        after_help = "Examples:\n  keydeck identify app.log config/\n  kubectl logs web | keydeck identify\n  keydeck identify --git"
    )]
    Identify(IdentifyArgs),
    /// Diagnose setup problems
    ///
    /// Exit codes: 0 no problems, 1 something does not work. Secrets are never printed.
    #[command(after_help = "Examples:\n  keydeck doctor\n  keydeck doctor --edge 127.0.0.1:7475")]
    Doctor(DoctorArgs),
    /// Generate shell completions
    ///
    /// Completes commands, options, and the names of projects, keys, reviews and contexts. To load it when a shell starts, add one line to its configuration:
    ///
    /// bash (~/.bashrc): source <(keydeck completions bash)
    ///
    /// zsh (~/.zshrc): source <(keydeck completions zsh)
    ///
    /// fish (~/.config/fish/config.fish): keydeck completions fish | source
    ///
    /// elvish (~/.elvish/rc.elv): eval (keydeck completions elvish | slurp)
    ///
    /// PowerShell ($PROFILE): keydeck completions powershell | Out-String | Invoke-Expression
    ///
    /// Names come from the server or database that your options and the configuration select. Completion never prompts, reads no keyring, starts no server, and offers no names if they are not available within a second.
    Completions {
        /// bash, elvish, fish, powershell or zsh
        #[arg(value_enum, value_name = "SHELL", hide_possible_values = true)]
        shell: Shell,
    },
    /// Print the manual or one of its topics, or write all man pages to a directory
    #[command(
        after_help = "Examples:\n  keydeck man dashboard\n  keydeck man --text | less\n  keydeck man /usr/local/share/man/man1"
    )]
    Man {
        /// dashboard, command-line, configuration, server, api, rules, security, evidence or scaling-and-speed; or an existing directory
        #[arg(value_name = "TOPIC|DIR")]
        place: Option<PathBuf>,
        /// Print plain text, also into a pipe, rather than the source of the man page
        #[arg(long)]
        text: bool,
    },
    /// Print help for a command
    #[command(after_help = "Examples:\n  keydeck help keys create")]
    Help {
        /// Command, such as keys create [default: all commands]
        #[arg(value_name = "COMMAND")]
        words: Vec<String>,
    },
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| "expected a number greater than 0".to_owned())
}

/// An audit head as commands print it.
fn head(text: &str) -> Result<Head, String> {
    let printed = "`keydeck audit verify` prints that of the log, `keydeck audit report` that of a pack";
    Head::parse_loose(text).map_err(|error| format!("{error}; {printed}"))
}

/// Where a server listens.
fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "expected an IP address and a port, such as 127.0.0.1:7475".to_owned())
}

/// A number of a range, both ends included.
fn number<const LEAST: u32, const MOST: u32>(text: &str) -> Result<u32, String> {
    text.parse()
        .ok()
        .filter(|number| (LEAST..=MOST).contains(number))
        .ok_or_else(|| format!("expected a number from {LEAST} to {MOST}"))
}

/// The days after which a key is stale: a number, or the name of a standard.
fn stale_days(text: &str) -> Result<u32, String> {
    standards::stale_days(text).ok_or_else(|| format!("expected {}", standards::expected()))
}

/// A time in the future as people type it: an absolute one, the end of a day, or how far from now.
fn future(text: &str) -> Result<Timestamp, String> {
    let ahead = |span: std::time::Duration| (time::system_clock())() + span;
    existing_date(text)?;
    if let Some(before) = negative_span(text) {
        return Err(format!("{before} ago has passed; choose a later date, such as 2026-12-31 or 90d"));
    }
    time::deadline(text).or_else(|| time::span(text.trim()).ok().map(ahead)).ok_or_else(|| {
        "expected a time such as 2026-12-31 or 2026-12-31T17:00:00Z, or a span from now such as 90d"
            .to_owned()
    })
}

/// A time as people type it: an absolute one, or how long ago it was.
fn time(text: &str) -> Result<Timestamp, String> {
    existing_date(text)?;
    if let Some(before) = negative_span(text) {
        return Err(format!("a span counts back from now; write {before} for {before} ago"));
    }
    let ago = |span: std::time::Duration| {
        let now = (time::system_clock())().millis();
        Timestamp::from_millis(now.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    };
    Timestamp::parse_loose(text).or_else(|| time::span(text.trim()).ok().map(ago)).ok_or_else(|| {
        "expected a time such as 2026-11-23 or 2026-11-23T17:04:05Z, or an age such as 90d".to_owned()
    })
}

/// Refuses a date such as 2026-11-31.
fn existing_date(text: &str) -> Result<(), String> {
    time::nonexistent_date(text).map_or(Ok(()), Err)
}

/// A span with a minus before it: `-1d`, without the minus.
fn negative_span(text: &str) -> Option<&str> {
    text.trim().strip_prefix('-').map(str::trim).filter(|span| time::span(span).is_ok())
}
