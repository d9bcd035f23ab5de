//! `keydeck login` and `keydeck contexts`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `keydeck login`.
#[derive(Args, Clone, Debug)]
pub struct LoginArgs {
    /// URL of the server. The token is prompted for, or read from standard input
    pub url: String,
    /// Name of the context [default: the server's host]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Additional CA certificates (PEM)
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Save the token in a file (mode 0600) instead of the system keyring
    #[arg(long)]
    pub in_file: bool,
}

/// `keydeck contexts`.
#[derive(Subcommand, Debug)]
pub enum ContextsCommand {
    /// List contexts
    #[command(after_help = "Examples:\n  keydeck contexts list")]
    List,
    /// Switch to a context; `default` means no context
    #[command(after_help = "Examples:\n  keydeck contexts use prod")]
    Use {
        /// Name of the context
        name: String,
    },
    /// Remove a context and its saved token
    #[command(after_help = "Examples:\n  keydeck contexts remove prod")]
    Remove {
        /// Name of the context
        name: String,
    },
}
