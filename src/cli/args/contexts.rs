//! `keydeck login` and `keydeck contexts`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `keydeck login`.
#[derive(Args, Clone, Debug)]
pub struct LoginArgs {
    /// The server's URL. Its token is asked for without echo, or read from standard input
    pub url: String,
    /// The context's name; the server's host when absent
    #[arg(long, value_name = "N")]
    pub name: Option<String>,
    /// Believe also the authorities whose certificates stand in this PEM file
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Keep the token in a file of mode 0600, not in the operating system's keyring
    #[arg(long)]
    pub in_file: bool,
}

/// `keydeck contexts`.
#[derive(Subcommand, Debug)]
pub enum ContextsCommand {
    /// List all contexts
    List,
    /// Use a context from now on; `default` is what is used without one
    Use {
        /// Its name
        name: String,
    },
    /// Remove a context and its stored token
    Remove {
        /// Its name
        name: String,
    },
}
