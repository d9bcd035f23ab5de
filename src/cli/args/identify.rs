//! Arguments of `keydeck identify`.

use std::path::PathBuf;

use clap::Args;

/// `keydeck identify`.
#[derive(Args, Clone, Debug)]
pub struct IdentifyArgs {
    /// Files, pipes and directories to search [default: standard input; also -]
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Only check format and checksum; do not contact a server
    #[arg(long)]
    pub offline: bool,
    /// In directories, skip files listed in .gitignore and .ignore
    #[arg(long)]
    pub respect_ignore: bool,
    /// Search the history of git repositories: what any commit has added, on any branch, and all messages [default: the one here]
    #[arg(long, conflicts_with = "respect_ignore")]
    pub git: bool,
}
