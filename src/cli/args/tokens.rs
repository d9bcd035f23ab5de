//! What may be typed after `keydeck tokens`.

use clap::Subcommand;

use crate::wire::id::TokenId;
use crate::wire::tokens::Role;

/// `keydeck tokens`.
#[derive(Subcommand, Debug)]
pub enum TokensCommand {
    /// List management tokens
    List,
    /// Make a management token; its text is shown once
    Create {
        /// 1 to 64 characters
        name: String,
        /// What it may do
        #[arg(long, value_parser = role, value_name = "admin|member|auditor")]
        role: Role,
    },
    /// Revoke a management token for ever
    Revoke {
        /// tok_…
        id: TokenId,
    },
}

fn role(text: &str) -> Result<Role, String> {
    [Role::Admin, Role::Member, Role::Auditor]
        .into_iter()
        .find(|role| role.as_str() == text)
        .ok_or_else(|| "expected admin, member or auditor".to_owned())
}
