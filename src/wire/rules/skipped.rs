//! What is left out of a file of rules: comments, blank lines, empty rows and columns.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What was skipped in a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Skipped {
    /// `commentLines`, `blankLines`, `emptyRows`, `emptyColumns` or `separatorLines`.
    pub what: String,
    /// Number of occurrences.
    pub count: u64,
    /// Message for people.
    pub text: String,
}

/// Counts what is left out.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Skips {
    pub(super) comment_lines: u64,
    pub(super) blank_lines: u64,
    pub(super) empty_rows: u64,
    pub(super) empty_columns: u64,
    pub(super) separator_lines: u64,
}

impl Skips {
    /// Everything that was left out at least once, in words too.
    pub(super) fn list(self) -> Vec<Skipped> {
        let kinds = [
            ("commentLines", "comment line", self.comment_lines),
            ("blankLines", "blank line", self.blank_lines),
            ("emptyRows", "empty row", self.empty_rows),
            ("emptyColumns", "empty column", self.empty_columns),
            ("separatorLines", "separator line", self.separator_lines),
        ];
        let counted = kinds.into_iter().filter(|(.., count)| *count > 0);
        let skipped = counted.map(|(what, words, count)| {
            let plural = if count == 1 { "" } else { "s" };
            Skipped { what: what.to_owned(), count, text: format!("{count} {words}{plural} skipped") }
        });
        skipped.collect()
    }
}
