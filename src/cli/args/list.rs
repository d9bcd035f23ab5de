//! What every list takes: which columns to print, or only ids.

use clap::Args;

/// The columns of a list.
#[derive(Args, Clone, Debug, Default)]
pub struct ListArgs {
    /// Columns to print, by heading or JSON name; an unknown name lists them all
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// Print only ids, one per line
    #[arg(long, conflicts_with = "columns")]
    pub ids: bool,
}
