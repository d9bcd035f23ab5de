//! What may be typed after `keydeck projects`.

use clap::Subcommand;

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
