//! Which columns of a table fit, and where: names are shown whole before constants are, and no column is wider than
//! its content needs.

use crate::tui::layout::Area;

/// How wide a column is, and when it is dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shape {
    /// Its place in the view's list of columns.
    pub column: usize,
    /// The head.
    pub title: &'static str,
    /// The least width.
    pub least: u16,
    /// The width assumed when choosing which columns fit, so that the choice does not change with every name.
    pub usual: u16,
    /// Up to this width, content matters more than a spare column. Equals `least` where cells are never cut.
    pub most: u16,
    /// Columns with a higher rank are dropped first; 0 is never dropped.
    pub rank: u8,
    /// A narrower form of its cells with its head, taken before any column is dropped.
    pub short: Option<(u16, &'static str)>,
    /// Its cells end at its right, as numbers and ages do.
    pub right: bool,
    /// The widest cell seen so far.
    pub content: u16,
    /// The rows are sorted by it: whether the largest comes first.
    pub sorted: Option<bool>,
}

/// A column that found its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placed {
    /// Its place in the view's list of columns.
    pub column: usize,
    /// The head.
    pub title: &'static str,
    /// Its cells end at its right.
    pub right: bool,
    /// The rows are sorted by it: whether the largest comes first.
    pub sorted: Option<bool>,
    /// From the left of the screen.
    pub x: u16,
    /// Columns of the screen.
    pub width: u16,
}

/// Columns of the screen before the first: the marks of the selected and of the marked rows.
pub const MARK: u16 = 2;
/// From this rank on, a column is dropped before a name of usual length is cut; above it, before a long one is.
pub const SPARE: u8 = 100;
/// Names longer than this are cut before a column is dropped for them.
const LONG: u16 = 40;
/// Extra blanks between two columns where there is room.
const AIR: u16 = 2;

/// The widest cells of each column seen so far, and for which rows that is known.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Widths {
    widest: Vec<u16>,
    measured: Option<(usize, usize)>,
}

impl Widths {
    /// The widest cell seen in a column.
    pub fn of(&self, column: usize) -> u16 {
        self.widest.get(column).copied().unwrap_or(0)
    }

    /// Whether this block of rows needs measuring; `lines` is the length of the list when it was measured.
    pub(super) fn lacks(&self, block: usize, lines: usize) -> bool {
        self.measured != Some((block, lines))
    }

    /// Widens a column to hold a cell of this width.
    pub(super) fn take(&mut self, column: usize, width: u16) {
        if self.widest.len() <= column {
            self.widest.resize(column + 1, 0);
        }
        self.widest[column] = self.widest[column].max(width);
    }

    /// Marks this block as measured.
    pub(super) fn done(&mut self, block: usize, lines: usize) {
        self.measured = Some((block, lines));
    }

    /// Whether all columns have the same widths.
    pub(super) fn same_as(&self, other: &Widths) -> bool {
        self.widest == other.widest
    }

    /// Measures the visible rows again at the next frame. Columns do not become narrower.
    pub fn stale(&mut self) {
        self.measured = None;
    }
}

impl Shape {
    /// Whether its cells may be cut.
    const fn gives(&self) -> bool {
        self.most > self.least
    }

    /// The width below which it is not cut.
    fn floor(&self) -> u16 {
        let arrow = u16::from(self.sorted.is_some());
        let title = self.title.len() as u16 + arrow;
        if self.gives() { self.least.max(title) } else { self.least.max(title).max(self.content) }
    }

    /// The width it gets before a spare column is shown.
    fn decides(&self) -> u16 {
        let cells = if self.gives() { self.content.clamp(self.usual, self.most) } else { self.floor() };
        cells.max(self.head())
    }

    /// The same, for columns that rank below a long name.
    fn wishes(&self) -> u16 {
        let name = self.gives() && self.rank < SPARE;
        if name { self.content.min(LONG).max(self.decides()) } else { self.decides() }
    }

    /// The width of its whole content.
    fn whole(&self) -> u16 {
        self.content.max(self.floor()).max(self.head())
    }

    /// The width of its head, with a blank before the arrow.
    fn head(&self) -> u16 {
        let arrow = if self.sorted.is_some() { 2 } else { 0 };
        self.title.len() as u16 + arrow
    }
}

/// Finds a place for the columns that fit. The others are shortened or dropped, the least useful first.
pub fn place(shapes: Vec<Shape>, area: Area) -> Vec<Placed> {
    let mut kept = shapes;
    give_up(&mut kept, area.width, Shape::wishes, SPARE + 1);
    give_up(&mut kept, area.width, Shape::decides, SPARE);
    give_up(&mut kept, area.width, Shape::floor, 1);
    // Names first.
    let wants = [Shape::wishes, Shape::decides].into_iter().find(|wants| needed(&kept, *wants) <= area.width);
    let wants: fn(&Shape) -> u16 = wants.unwrap_or(Shape::floor);
    let mut widths: Vec<u16> = kept.iter().map(wants).collect();
    let mut left = area.width.saturating_sub(needed(&kept, wants));
    // The same for all that are cut, so that as many as possible are whole.
    loop {
        let cut: Vec<usize> = (0..kept.len()).filter(|&at| widths[at] < kept[at].whole()).collect();
        if cut.is_empty() || left == 0 {
            break;
        }
        let share = (left / cut.len() as u16).max(1);
        for at in cut {
            let more = share.min(kept[at].whole() - widths[at]).min(left);
            widths[at] += more;
            left -= more;
        }
    }
    let air = left.checked_div((kept.len() as u16).saturating_sub(1)).unwrap_or(0).min(AIR);
    let mut x = area.x + MARK;
    let mut placed = Vec::with_capacity(kept.len());
    for (shape, width) in kept.iter().zip(widths) {
        let room = (area.x + area.width).saturating_sub(x);
        let Shape { column, title, right, sorted, .. } = *shape;
        placed.push(Placed { column, title, right, sorted, x, width: width.min(room) });
        x += width + 1 + air;
    }
    placed
}

/// Shortens and drops columns of at least this rank until the others fit.
fn give_up(kept: &mut Vec<Shape>, width: u16, wants: fn(&Shape) -> u16, rank: u8) {
    while needed(kept, wants) > width {
        let long = kept.iter_mut().filter(|shape| shape.short.is_some());
        if let Some(shape) = long.max_by_key(|shape| shape.rank) {
            let Some((short, title)) = shape.short.take() else { continue };
            shape.title = title;
            (shape.least, shape.usual, shape.most, shape.content) = (short, short, short, short);
            continue;
        }
        let worst = (0..kept.len()).max_by_key(|&at| kept[at].rank).filter(|&at| kept[at].rank >= rank);
        match worst {
            Some(at) => drop(kept.remove(at)),
            None => return,
        }
    }
}

fn needed(kept: &[Shape], wants: fn(&Shape) -> u16) -> u16 {
    let cells: u16 = kept.iter().map(wants).sum();
    MARK + cells + (kept.len() as u16).saturating_sub(1)
}
