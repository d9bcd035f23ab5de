//! Arguments of `keydeck backup`, `keydeck restore` and `keydeck migrate`.

use std::path::PathBuf;

use clap::Args;

/// `keydeck backup`.
#[derive(Args, Debug)]
pub struct BackupArgs {
    /// File to create; an existing one is never overwritten
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// `keydeck restore`.
#[derive(Args, Debug)]
pub struct RestoreArgs {
    /// File that `keydeck backup` wrote
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Database to replace: sqlite:///path [default: the selected database]
    #[arg(long, value_name = "URL")]
    pub to: Option<String>,
    /// Skip confirmation
    #[arg(long)]
    pub yes: bool,
}

/// `keydeck migrate`.
#[derive(Args, Debug)]
pub struct MigrateArgs {
    /// Database to copy: sqlite:///path or postgres://…
    #[arg(long, value_name = "URL")]
    pub from: String,
    /// Empty database to copy to; a SQLite file is created
    #[arg(long, value_name = "URL")]
    pub to: String,
}
