//! What may be typed after `keydeck audit`.

use clap::Subcommand;

use super::{at_least_one, time};
use crate::wire::audit::{Action, Head};
use crate::wire::time::Timestamp;

/// `keydeck audit`.
#[derive(Subcommand, Debug)]
pub enum AuditCommand {
    /// List active keys that nobody uses
    Stale {
        /// Idle for at least so long, as in 90d; the server's own threshold when absent
        #[arg(long, value_name = "SPAN")]
        idle: Option<String>,
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
        /// At or after this time, which is not in the future, such as 2026-11-23T00:00:00Z
        #[arg(long, value_name = "TIME", value_parser = time)]
        after: Option<Timestamp>,
        /// Before this time, which is later than --after
        #[arg(long, value_name = "TIME", value_parser = time)]
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
