//! Which parts of the bulk dialog a screen has room for: for the keys that scroll and for the picture alike.

use super::bulk::{BulkDialog, BulkFocus, Phase};

/// Rows of each part, from top to bottom.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BulkParts {
    /// Who would be hurt, or what became of the keys.
    pub words: u16,
    /// The names of the columns.
    pub header: bool,
    /// The keys.
    pub rows: u16,
    /// The field for the count.
    pub count: bool,
    /// The field for the reason.
    pub reason: bool,
    /// The box for the keys that the filter hides.
    pub hidden: bool,
    /// The box for the keys that are used meanwhile.
    pub used: bool,
    /// What has to be said.
    pub note: u16,
    /// Which keys it takes.
    pub help: bool,
}

impl BulkParts {
    /// How high the box is, with its border.
    pub fn height(&self) -> u16 {
        let lines = [self.header, self.count, self.reason, self.hidden, self.used, self.help, true];
        let lines = lines.into_iter().filter(|line| *line).count() as u16;
        2 + lines + self.words + self.rows + self.note
    }
}

/// The parts that fit on a screen of this size: the warnings and one key always do.
pub fn bulk_parts(open: &BulkDialog, size: (u16, u16)) -> BulkParts {
    let asking = open.phase == Phase::Asking;
    let mut parts = BulkParts {
        words: 1,
        rows: 1,
        count: asking,
        hidden: asking && open.hidden_count() > 0,
        reason: asking && open.focus == BulkFocus::Reason,
        used: asking && open.focus == BulkFocus::Used,
        note: u16::from(open.note.is_some()),
        // What has to be said comes first where there is one line for both.
        help: open.note.is_none(),
        ..BulkParts::default()
    };
    let mut left = size.1.saturating_sub(parts.height());
    let mut one_more = |wanted: bool| {
        let fits = wanted && left > 0;
        left -= u16::from(fits);
        fits
    };
    parts.help |= one_more(!parts.help);
    parts.header = one_more(true);
    parts.reason |= one_more(asking && !parts.reason);
    parts.used |= one_more(asking && !parts.used);
    parts.words += u16::from(one_more(true));
    parts.note += u16::from(one_more(open.note.is_some()));
    parts.words += u16::from(one_more(!asking));
    parts.note += u16::from(one_more(open.note.is_some()));
    let rows = u16::try_from(open.chosen_count()).unwrap_or(u16::MAX);
    parts.rows += left.min(rows.saturating_sub(1));
    parts
}
