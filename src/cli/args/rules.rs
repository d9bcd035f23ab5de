//! What may be typed after `keydeck rules`.

use std::path::PathBuf;

use clap::Subcommand;

/// `keydeck rules`.
#[derive(Subcommand, Debug)]
pub enum RulesCommand {
    /// Replace the draft of a project by the rules of a file
    Import {
        /// CSV or JSON; - reads standard input
        file: PathBuf,
        /// Id or name
        #[arg(long, value_name = "P")]
        project: String,
    },
    /// Publish the draft as the next version
    Deploy {
        /// Id or name
        #[arg(long, value_name = "P")]
        project: String,
    },
    /// Show the draft
    Show {
        /// Id or name
        #[arg(long, value_name = "P")]
        project: String,
    },
}
