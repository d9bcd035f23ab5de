//! Size -> named areas and visible rows, for update and view alike.

/// A rectangle of the screen, in cells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Area {
    /// Columns from the left.
    pub x: u16,
    /// Rows from the top.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

/// The smallest screen that is drawn at all.
pub const SMALLEST: (u16, u16) = (40, 10);
/// From this width on, the detail stands beside the table.
pub const TWO_PANES: u16 = 100;
/// From this width on, the projects stand beside both.
pub const THREE_PANES: u16 = 150;

/// What decides where things are, besides the size.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Shape {
    /// The table has the whole width.
    pub wide: bool,
    /// The detail pane is wanted where there is room for it.
    pub pane: bool,
    /// The view is one where projects may stand at the left.
    pub side: bool,
    /// The detail has the screen for itself.
    pub detail_only: bool,
    /// Rows of the filter; 0 while it is not to be seen.
    pub filter: u16,
    /// Rows of the message; one where this is 0.
    pub message: u16,
}

/// Where everything is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Screen {
    /// Context, server, connection.
    pub header: Area,
    /// The views.
    pub tabs: Area,
    /// The filter, and below it what is wrong with it or what one can type.
    pub filter: Option<Area>,
    /// The projects at the left.
    pub side: Option<Area>,
    /// The table with the heads of its columns; none while the detail has the screen.
    pub table: Option<Area>,
    /// The detail.
    pub detail: Option<Area>,
    /// What was said last, or a line.
    pub message: Area,
    /// The keys to press.
    pub footer: Area,
}

/// Where everything is on a screen of this size; none when it is too small for anything but a word.
pub fn screen(size: (u16, u16), shape: Shape) -> Option<Screen> {
    let (width, height) = size;
    if width < SMALLEST.0 || height < SMALLEST.1 {
        return None;
    }
    let row = |y: u16| Area { x: 0, y, width, height: 1 };
    // The head of the table and a row of it stay.
    let rows = shape.filter.min(height - 6);
    let message = shape.message.clamp(1, (height - 5 - rows).max(1));
    let filter = (rows > 0).then_some(Area { x: 0, y: 2, width, height: rows });
    let top = 2 + rows;
    let body = Area { x: 0, y: top, width, height: height - top - 1 - message };
    let (side, table, detail) = panes(body, shape);
    Some(Screen {
        header: row(0),
        tabs: row(1),
        filter,
        side,
        table,
        detail,
        message: Area { height: message, ..row(height - 1 - message) },
        footer: row(height - 1),
    })
}

fn panes(body: Area, shape: Shape) -> (Option<Area>, Option<Area>, Option<Area>) {
    let width = body.width;
    if shape.detail_only {
        return (None, None, Some(body));
    }
    if shape.wide || width < TWO_PANES {
        return (None, Some(body), None);
    }
    let side = if shape.side && width >= THREE_PANES { 26 } else { 0 };
    let detail = match shape.pane {
        false => 0,
        true if width >= THREE_PANES => (width - 108).clamp(40, 48),
        // The table keeps room for its masks as long as it can.
        true => (width - 80).clamp(34, 44),
    };
    let at = |x: u16, width: u16| Area { x, width, ..body };
    let table =
        at(side + u16::from(side > 0), width - side - u16::from(side > 0) - detail - u16::from(detail > 0));
    ((side > 0).then(|| at(0, side)), Some(table), (detail > 0).then(|| at(width - detail, detail)))
}

impl Screen {
    /// How many rows of the table can be seen, below the heads of its columns; while the detail has its
    /// place, how many will be.
    pub fn rows(&self) -> usize {
        self.table.or(self.detail).map_or(0, |table| usize::from(table.height.saturating_sub(1)))
    }
}

/// The width of a column of the help: keys, and what they do.
const HELP_COLUMN: u16 = 48;

/// How many columns the help has room for.
pub fn help_columns(size: (u16, u16)) -> u16 {
    (size.0.saturating_sub(6) / HELP_COLUMN).clamp(1, 3)
}

/// The box of a list that one chooses from by typing, with so many columns.
pub fn finder(size: (u16, u16), columns: u16) -> Area {
    let (width, height) = if columns > 1 { (columns * HELP_COLUMN + 4, 40) } else { (76, 30) };
    centred(size, width, size.1.saturating_sub(2).min(height))
}

/// How many rows can be seen in it, below what is typed and above the words at the bottom.
pub fn finder_rows(size: (u16, u16), columns: u16) -> usize {
    usize::from(finder(size, columns).height.saturating_sub(4))
}

/// The box of the menu of so many orders.
pub fn sort_menu(size: (u16, u16), count: usize) -> Area {
    centred(size, 52, count as u16 + 4)
}

/// The box of so many themes, and how many of them can be seen: the states of keys and the keys to press stand below.
pub fn themes(size: (u16, u16), count: usize) -> (Area, usize) {
    let area = centred(size, 84, count as u16 + 4);
    (area, usize::from(area.height.saturating_sub(4)))
}

/// The box of so many groups of keys.
pub fn groups(size: (u16, u16), count: usize) -> Area {
    let rows = u16::try_from(count.clamp(1, 23)).unwrap_or(u16::MAX);
    centred(size, 76, rows + GROUPS_ABOVE + 4)
}

/// Rows of it above the groups: the border, the choices to group by, the heads.
pub const GROUPS_ABOVE: u16 = 3;

/// How many groups can be seen in it, above the sums and the keys to press.
pub fn group_rows(size: (u16, u16), count: usize) -> usize {
    usize::from(groups(size, count).height.saturating_sub(GROUPS_ABOVE + 4))
}

/// The box of so many lines of saved filters.
pub fn saved_filters(size: (u16, u16), lines: usize) -> Area {
    let rows = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(5);
    centred(size, 76, rows.min(size.1))
}

/// How many lines can be seen in it, above a note and the keys to press.
pub fn saved_filter_rows(size: (u16, u16), lines: usize) -> usize {
    usize::from(saved_filters(size, lines).height.saturating_sub(5))
}

/// The box of the choice among so many columns.
pub fn columns(size: (u16, u16), count: usize) -> Area {
    let rows = u16::try_from(count).unwrap_or(u16::MAX).saturating_add(4);
    centred(size, 40, rows.min(size.1))
}

/// How many of them can be seen in it, above the words at the bottom.
pub fn column_rows(size: (u16, u16), count: usize) -> usize {
    usize::from(columns(size, count).height.saturating_sub(4))
}

/// The screen of a review: one key at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReviewScreen {
    /// The name of the review, and how many keys are decided.
    pub title: Area,
    /// How many keys have each decision; the filter while it is typed.
    pub counts: Area,
    /// The key.
    pub body: Area,
    /// What has to be said.
    pub note: Area,
    /// The keys to press.
    pub keys: Area,
}

/// Where everything of a review is; the header above it stays.
pub fn review(size: (u16, u16)) -> ReviewScreen {
    let (width, height) = size;
    let keys = match width {
        140.. => 1,
        72.. => 2,
        _ => 3,
    };
    let few = height < 16;
    let row = |y: u16, rows: u16| Area { x: 1, y, width: width.saturating_sub(2), height: rows };
    let top = if few { 2 } else { 4 };
    let note = if few { 1 } else { 2 };
    let below = keys + note;
    ReviewScreen {
        title: row(1, 1),
        counts: row(2, u16::from(!few)),
        body: row(top, height.saturating_sub(top + below)),
        note: row(height.saturating_sub(below), note),
        keys: row(height.saturating_sub(keys), keys),
    }
}

/// The box of a review's summary.
pub fn review_summary(size: (u16, u16)) -> Area {
    centred(size, 100, size.1)
}

/// How many lines can be seen in it: above what is typed, a note, the buttons and the keys to press; of a result, above
/// the keys alone.
pub fn review_summary_rows(size: (u16, u16), result: bool) -> usize {
    let below = match size.1 {
        ..16 => 6,
        _ if result => 5,
        _ => 9,
    };
    usize::from(review_summary(size).height.saturating_sub(below))
}

impl Area {
    /// Whether a place lies in it.
    pub const fn holds(&self, x: u16, y: u16) -> bool {
        x >= self.x && x < self.x + self.width && y >= self.y && y < self.y + self.height
    }
}

/// A box in the middle of the screen, as large as asked for or as fits.
pub fn centred(size: (u16, u16), width: u16, height: u16) -> Area {
    let (width, height) = (width.min(size.0), height.min(size.1));
    Area { x: (size.0 - width) / 2, y: (size.1 - height) / 2, width, height }
}
