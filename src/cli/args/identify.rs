//! What may be typed after `keydeck identify`.

use std::path::PathBuf;

use clap::Args;

/// `keydeck identify`.
#[derive(Args, Clone, Debug)]
pub struct IdentifyArgs {
    /// Files to look through; standard input when absent or -
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Ask nobody: tell by format and checksum alone
    #[arg(long)]
    pub offline: bool,
}
