//! What may be typed after `keydeck rules`.

use std::path::PathBuf;

use clap::Subcommand;

use crate::edge::export::Format;

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
    /// Write a published version in the words of another program; with --output json the version itself
    Export {
        /// Id or name
        #[arg(long, value_name = "P")]
        project: String,
        /// csv, nginx, nginx-map-exact, nginx-map-prefix, haproxy, haproxy-map-exact or haproxy-map-prefix
        #[arg(long, value_name = "F", value_parser = format)]
        format: Format,
        /// This one; the newest when absent
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=2_147_483_647))]
        version: Option<u32>,
    },
    /// Show the draft
    Show {
        /// Id or name
        #[arg(long, value_name = "P")]
        project: String,
    },
}

fn format(text: &str) -> Result<Format, String> {
    Format::parse(text)
        .ok_or_else(|| format!("expected one of {}", Format::ALL.map(Format::as_str).join(", ")))
}
