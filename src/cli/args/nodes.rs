//! Arguments of `keydeck nodes`.

use clap::{Args, Subcommand};

use super::ListArgs;
use crate::wire::audit::Head;

/// `keydeck nodes`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct NodesArgs {
    /// What is done; without it, the nodes are listed.
    #[command(subcommand)]
    pub command: Option<NodesCommand>,
    /// Which columns to print.
    #[command(flatten)]
    pub list: ListArgs,
}

/// What is done with nodes.
#[derive(Subcommand, Debug)]
pub enum NodesCommand {
    /// List the nodes that serve the Edge API
    #[command(
        after_help = "Examples:\n  keydeck nodes list\n  keydeck nodes list --columns name,state,leaseUntil"
    )]
    List {
        /// Which columns to print.
        #[command(flatten)]
        list: ListArgs,
    },
    /// Remove a node that will not return
    ///
    /// Waits until its lease has ended. Changes wait for the node until then.
    #[command(after_help = "Examples:\n  keydeck nodes forget eu-2")]
    Forget {
        /// Node id (node_…), or a name that only one node has
        #[arg(value_name = "NODE")]
        node: String,
    },
    /// Let nodes serve after the history of the database was replaced
    ///
    /// After an older backup was restored, or a standby without the newest changes was promoted, nodes that have seen the other history answer 503. Check that the database is the right one, then run this with its audit head (`keydeck audit verify` prints it): the nodes read all keys again. Keys that were revoked in the lost history may be active again.
    #[command(after_help = "Examples:\n  keydeck nodes accept-history SEQ:HASH")]
    AcceptHistory {
        /// Audit head of the database, which `keydeck audit verify` prints
        #[arg(value_name = "SEQ:HASH", value_parser = super::head)]
        head: Head,
    },
}
