//! Which columns of a table fit and where they are, for drawing them and for clicks on their names.

use super::layout::Area;
use crate::wire::keys::SortBy;

/// A column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Column {
    /// Its name.
    pub title: &'static str,
    /// The least width.
    pub width: u16,
    /// Its part of the room that is left.
    pub grows: u16,
    /// The higher, the earlier it drops; 0 never does.
    pub rank: u8,
}

/// A column that found its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placed {
    /// Which of the columns.
    pub column: usize,
    /// From the left of the screen.
    pub x: u16,
    /// Columns of the screen.
    pub width: u16,
}

/// Columns before the first: the mark of the selected row.
pub const MARK: u16 = 2;

/// The columns of a list of keys.
pub mod keys {
    use super::{Column, SortBy};

    /// The key's name.
    pub const NAME: usize = 0;
    /// Its project.
    pub const PROJECT: usize = 1;
    /// Its mask.
    pub const MASK: usize = 2;
    /// What it is like.
    pub const STATUS: usize = 3;
    /// Its last use.
    pub const LAST_USED: usize = 4;
    /// When it was made.
    pub const CREATED: usize = 5;
    /// Live or test.
    pub const MODE: usize = 6;
    /// Uses in 30 days.
    pub const USES: usize = 7;
    /// Who made it.
    pub const BY: usize = 8;

    const ALL: [Column; 9] = [
        Column { title: "NAME", width: 11, grows: 3, rank: 0 },
        Column { title: "PROJECT", width: 10, grows: 2, rank: 5 },
        Column { title: "MASK", width: 30, grows: 0, rank: 4 },
        Column { title: "STATUS", width: 10, grows: 0, rank: 1 },
        Column { title: "LAST USED", width: 9, grows: 0, rank: 0 },
        Column { title: "CREATED", width: 9, grows: 0, rank: 6 },
        Column { title: "MODE", width: 4, grows: 0, rank: 7 },
        Column { title: "30 DAYS", width: 9, grows: 0, rank: 8 },
        Column { title: "BY", width: 12, grows: 1, rank: 9 },
    ];

    /// The columns of a list. One of a single project needs no column for it: its title says which.
    pub fn of(scoped: bool) -> Vec<Column> {
        ALL.into_iter()
            .enumerate()
            .filter(|(at, _)| !scoped || *at != PROJECT)
            .map(|(_, column)| column)
            .collect()
    }

    /// Which column stands at a place among those of a list.
    pub const fn at(place: usize, scoped: bool) -> usize {
        place + (scoped && place >= PROJECT) as usize
    }

    /// What a column sorts by, if it does.
    pub const fn sorts(column: usize) -> Option<SortBy> {
        match column {
            NAME => Some(SortBy::Name),
            LAST_USED => Some(SortBy::LastUsed),
            CREATED => Some(SortBy::Created),
            _ => None,
        }
    }
}

/// Finds a place for the columns that fit, and drops the others from the least useful.
pub fn place(columns: &[Column], area: Area) -> Vec<Placed> {
    let mut kept: Vec<usize> = (0..columns.len()).collect();
    let needed = |kept: &[usize]| -> u16 {
        MARK + kept.iter().map(|&at| columns[at].width + 1).sum::<u16>().saturating_sub(1)
    };
    while needed(&kept) > area.width {
        let worst = kept.iter().copied().max_by_key(|&at| columns[at].rank);
        match worst.filter(|&at| columns[at].rank > 0) {
            Some(worst) => kept.retain(|&at| at != worst),
            None => break,
        }
    }
    let mut left = area.width.saturating_sub(needed(&kept));
    let mut parts: u16 = kept.iter().map(|&at| columns[at].grows).sum();
    let mut x = area.x + MARK;
    let mut placed = Vec::with_capacity(kept.len());
    for at in kept {
        let Column { width, grows, .. } = columns[at];
        let more = (left * grows).checked_div(parts).unwrap_or(0);
        left -= more;
        parts -= grows;
        let room = (area.x + area.width).saturating_sub(x);
        placed.push(Placed { column: at, x, width: (width + more).min(room) });
        x += width + more + 1;
    }
    placed
}
