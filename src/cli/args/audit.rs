//! What may be typed after `keydeck audit`.

use std::time::Duration;

use clap::Subcommand;

use super::at_least_one;
use crate::wire::audit::{Action, Head};
use crate::wire::time::{self, Timestamp};

/// How long a key has been idle: as it was typed, and what that means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Idle {
    /// As it was typed.
    pub text: String,
    /// What it means.
    pub span: Duration,
}

fn idle(text: &str) -> Result<Idle, String> {
    let text = text.trim();
    let span = time::span(text)?;
    let days = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    Ok(Idle { text: if days { format!("{text}d") } else { text.to_owned() }, span })
}

/// `keydeck audit`.
#[derive(Subcommand, Debug)]
pub enum AuditCommand {
    /// List active keys that nobody uses
    Stale {
        /// Idle for at least this long, such as 90d, 3mo or 90 (days); default: the server's threshold
        #[arg(long, value_name = "SPAN", value_parser = idle)]
        idle: Option<Idle>,
        /// Exit with 7 when there are any
        #[arg(long)]
        fail: bool,
    },
    /// List what happened, newest first
    Events {
        /// As in the dashboard: words, action: by: project: key: at<7d
        #[arg(long, value_name = "F")]
        filter: Option<String>,
        /// About this project: id or name, of a deleted one too
        #[arg(long, value_name = "P")]
        project: Option<String>,
        /// About this key: id, project/name or mask, of a revoked one too
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
        /// By this actor: local:USER, token:NAME, key:MASK, or the id or masked form of a token
        #[arg(long, value_name = "WHO")]
        actor: Option<String>,
        /// Of this kind, such as key.revoked
        #[arg(long, value_name = "A")]
        action: Option<Action>,
        /// At or after this time, which is not in the future, such as 2026-11-23 or 2026-11-23T17:04:05Z (UTC)
        #[arg(long, value_name = "TIME", value_parser = super::time)]
        after: Option<Timestamp>,
        /// Before this time, which is later than --after
        #[arg(long, value_name = "TIME", value_parser = super::time)]
        before: Option<Timestamp>,
        /// At most so many
        #[arg(long, value_name = "N", value_parser = at_least_one)]
        limit: Option<usize>,
    },
    /// Check that nothing in the audit log was edited, removed or reordered
    Verify {
        /// Prove also that the log contains this head, noted earlier
        #[arg(long, value_name = "SEQ:HASH")]
        head: Option<Head>,
    },
}
