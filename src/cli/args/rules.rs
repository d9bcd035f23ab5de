//! What may be typed after `keydeck rules`.

use std::path::PathBuf;

use clap::Subcommand;
use clap::builder::{PossibleValuesParser, TypedValueParser};

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
        /// Exit 1 and change nothing if there are warnings
        #[arg(long)]
        strict: bool,
    },
    /// Publish the draft as the next version
    Deploy {
        /// Id or name
        #[arg(long, value_name = "P")]
        project: String,
        /// Exit 1 and publish nothing if there are warnings
        #[arg(long)]
        strict: bool,
    },
    /// Write a published version in the words of another program; with --output json the version itself
    Export {
        /// Id or name
        #[arg(long, value_name = "P")]
        project: String,
        /// For whom
        #[arg(long, value_name = "F", value_parser = format())]
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

/// Named one by one, so that help and completions know them.
fn format() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::as_str))
        .map(|text| Format::parse(&text).expect("one of the names of formats"))
}
