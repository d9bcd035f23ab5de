//! Arguments of `keydeck rules`.

use std::path::PathBuf;

use clap::Subcommand;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::edge::export::Format;

/// `keydeck rules`.
#[derive(Subcommand, Debug)]
pub enum RulesCommand {
    /// Import rules from a file into the draft, replacing all rules
    #[command(
        after_help = "Examples:\n  keydeck rules import redirects.csv --project shop\n  keydeck rules import - -p shop --strict < redirects.json"
    )]
    Import {
        /// CSV or JSON file; - reads standard input
        file: PathBuf,
        /// Project (id or name)
        #[arg(short, long, value_name = "PROJECT")]
        project: String,
        /// Fail if there are warnings
        #[arg(long)]
        strict: bool,
    },
    /// Deploy the draft as the next version
    #[command(after_help = "Examples:\n  keydeck rules deploy --project shop")]
    Deploy {
        /// Project (id or name)
        #[arg(short, long, value_name = "PROJECT")]
        project: String,
        /// Fail if there are warnings
        #[arg(long)]
        strict: bool,
    },
    /// Export a deployment for nginx, HAProxy or CSV
    #[command(
        after_help = "Examples:\n  keydeck rules export --project shop --format nginx > redirects.conf\n  keydeck rules export -p shop --format csv --version 3"
    )]
    Export {
        /// Project (id or name)
        #[arg(short, long, value_name = "PROJECT")]
        project: String,
        /// Target format; --output json prints the deployment itself
        #[arg(long, value_name = "FORMAT", value_parser = format())]
        format: Format,
        /// Version [default: latest]
        #[arg(long, allow_hyphen_values = true, value_name = "N", value_parser = super::number::<1, 2_147_483_647>)]
        version: Option<u32>,
    },
    /// Show the rules of the draft
    #[command(after_help = "Examples:\n  keydeck rules show --project shop")]
    Show {
        /// Project (id or name)
        #[arg(short, long, value_name = "PROJECT")]
        project: String,
    },
}

/// Lists the formats one by one, for help and completions.
fn format() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::as_str))
        .map(|text| Format::parse(&text).expect("one of the names of formats"))
}
