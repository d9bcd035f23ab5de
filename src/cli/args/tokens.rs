//! Arguments of `keydeck tokens`.

use clap::Subcommand;

use super::ListArgs;
use crate::wire::tokens::Role;

/// `keydeck tokens`.
#[derive(Subcommand, Debug)]
pub enum TokensCommand {
    /// List management tokens
    #[command(after_help = "Examples:\n  keydeck tokens list")]
    List {
        /// Which columns to print.
        #[command(flatten)]
        list: ListArgs,
    },
    /// Create a management token (shown once)
    #[command(after_help = "Examples:\n  keydeck tokens create ci --role member > ci.token")]
    Create {
        /// Name, 1 to 64 characters
        name: String,
        /// admin (everything), member (no tokens, and no deletion of projects) or auditor (only reads and reviews)
        #[arg(long, value_parser = role, value_name = "admin|member|auditor")]
        role: Role,
    },
    /// Revoke a management token permanently
    #[command(after_help = "Examples:\n  keydeck tokens revoke ci")]
    Revoke {
        /// Id (tok_…), name or masked token
        token: String,
        /// Skip the confirmation for the token in use
        #[arg(long)]
        yes: bool,
    },
}

fn role(text: &str) -> Result<Role, String> {
    [Role::Admin, Role::Member, Role::Auditor]
        .into_iter()
        .find(|role| role.as_str() == text)
        .ok_or_else(|| "expected admin, member or auditor".to_owned())
}
