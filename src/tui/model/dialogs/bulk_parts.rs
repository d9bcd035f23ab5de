//! Which parts of the bulk dialog a screen has room for: for the keys that scroll and for the picture alike.

/// The most rows of the words about the keys.
const WORDS: u16 = 6;

/// Rows of each part, from top to bottom.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BulkParts {
    /// Who would be hurt, or what became of the keys.
    pub words: u16,
    /// How many keys are not stale.
    pub fresh: bool,
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

/// What there is to show of the dialog.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BulkContent {
    /// Nothing was sent yet.
    pub asking: bool,
    /// The keys go to the field for the reason.
    pub reason: bool,
    /// They go to the box for the keys that are used meanwhile.
    pub used: bool,
    /// The filter hides some of the keys.
    pub hidden: bool,
    /// Some of a list of idle keys are not stale.
    pub fresh: bool,
    /// Something has to be said.
    pub note: bool,
    /// Rows that the words about the keys take.
    pub words: u16,
    /// How many keys are meant.
    pub keys: usize,
}

impl BulkParts {
    /// How high the box is, with its border.
    pub fn height(&self) -> u16 {
        let lines =
            [self.fresh, self.header, self.count, self.reason, self.hidden, self.used, self.help, true];
        let lines = lines.into_iter().filter(|line| *line).count() as u16;
        2 + lines + self.words + self.rows + self.note
    }

    /// The parts that fit on a screen of this size: the warnings and one key always do.
    pub fn of(content: BulkContent, size: (u16, u16)) -> BulkParts {
        let BulkContent { asking, note, .. } = content;
        let mut parts = BulkParts {
            words: 1,
            rows: 1,
            count: asking,
            hidden: asking && content.hidden,
            reason: asking && content.reason,
            used: asking && content.used,
            note: u16::from(note),
            // What has to be said comes first where there is one line for both.
            help: !note,
            ..BulkParts::default()
        };
        let mut left = size.1.saturating_sub(parts.height());
        let mut one_more = |wanted: bool| {
            let fits = wanted && left > 0;
            left -= u16::from(fits);
            fits
        };
        parts.help |= one_more(!parts.help);
        parts.fresh = one_more(content.fresh);
        parts.header = one_more(true);
        parts.reason |= one_more(asking && !parts.reason);
        parts.used |= one_more(asking && !parts.used);
        // Whom it hurts comes before a second key. A row below one of them sets it apart.
        for row in 1..content.words.clamp(2, WORDS) {
            parts.words += u16::from(one_more(true));
            if row == 1 {
                parts.note += u16::from(one_more(note));
            }
        }
        parts.note += u16::from(one_more(note));
        let rows = u16::try_from(content.keys).unwrap_or(u16::MAX);
        parts.rows += left.min(rows.saturating_sub(1));
        parts
    }
}
