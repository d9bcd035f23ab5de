//! Arguments of `keydeck identify`.

use std::path::PathBuf;

use clap::Args;

/// `keydeck identify`.
#[derive(Args, Clone, Debug)]
pub struct IdentifyArgs {
    /// Files, pipes and directories to search; - or none reads standard input
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Only check format and checksum; do not contact a server
    #[arg(long)]
    pub offline: bool,
    /// In directories, skip files listed in .gitignore and .ignore
    #[arg(long)]
    pub respect_ignore: bool,
    /// Search the history of git repositories: everything any commit added, on any branch, and all messages [default: the current repository]
    #[arg(long, conflicts_with = "respect_ignore")]
    pub git: bool,
    /// Revoke each API key that is found by sending it to the Edge API; needs no management token
    #[arg(long)]
    pub revoke: bool,
    /// Address of the Edge API [default: that of the server, if it runs on this machine]
    #[arg(long, value_name = "URL", requires = "revoke")]
    pub edge: Option<String>,
    /// Revoke without confirmation
    #[arg(long, requires = "revoke")]
    pub yes: bool,
}
