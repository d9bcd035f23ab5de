//! What may be typed after `keydeck identify`.

use std::path::PathBuf;

use clap::Args;

/// `keydeck identify`.
#[derive(Args, Clone, Debug)]
pub struct IdentifyArgs {
    /// Files, pipes and folders to search; standard input when absent or -
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Ask no server: tell by format and checksum alone
    #[arg(long)]
    pub offline: bool,
    /// In folders, leave out what .gitignore and .ignore name
    #[arg(long)]
    pub respect_ignore: bool,
}
