//! Arguments of `keydeck projects`.

use clap::Subcommand;

use super::ListArgs;
use crate::wire::projects::ProjectSort;

/// `keydeck projects`.
#[derive(Subcommand, Debug)]
pub enum ProjectsCommand {
    /// List projects
    #[command(
        after_help = "Examples:\n  keydeck projects list --sort -keys\n  keydeck projects list --columns name,active,stale"
    )]
    List {
        /// Sort by name, created, keys (active ones) or lastUsed; prefix with - to reverse
        #[arg(long, value_name = "SORT", allow_hyphen_values = true)]
        sort: Option<ProjectSort>,
        /// Which columns to print.
        #[command(flatten)]
        list: ListArgs,
    },
    /// Create a project
    #[command(after_help = "Examples:\n  keydeck projects create shop")]
    Create {
        /// Name, 1 to 64 characters
        name: String,
    },
    /// Rename a project
    #[command(after_help = "Examples:\n  keydeck projects rename shop \"Web shop\"")]
    Rename {
        /// Project (id or name)
        project: String,
        /// New name, 1 to 64 characters
        name: String,
    },
    /// Delete a project; its keys stay in the audit log
    #[command(after_help = "Examples:\n  keydeck projects delete shop --revoke-keys")]
    Delete {
        /// Project (id or name)
        project: String,
        /// Also revoke its active keys
        #[arg(long)]
        revoke_keys: bool,
        /// Skip confirmation
        #[arg(long)]
        yes: bool,
    },
}
