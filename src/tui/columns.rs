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
    /// A narrower form of it, and the rank at which it is taken.
    pub short: Option<(u16, u8)>,
}

impl Column {
    /// A column with one form.
    pub const fn new(title: &'static str, width: u16, grows: u16, rank: u8) -> Column {
        Column { title, width, grows, rank, short: None }
    }

    /// The same with a narrower form, which is taken at another rank.
    const fn or(self, width: u16, rank: u8) -> Column {
        Column { short: Some((width, rank)), ..self }
    }
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

    /// Columns of a mask in its short form, `live_7kf2…x9m1`.
    pub const SHORT_MASK: u16 = 14;

    const ALL: [Column; 9] = [
        // Names are what people know keys by; on the smallest screen they take what the others leave.
        Column::new("NAME", 20, 3, 0).or(16, 6),
        Column::new("PROJECT", 12, 2, 4).or(9, 7),
        // The mask is what other programs and reports print: whole from 80 columns on. Below, all that two
        // masks differ in stands in the short form.
        Column::new("MASK", 30, 0, 3).or(SHORT_MASK, 5),
        Column::new("STATUS", 10, 0, 1),
        Column::new("LAST USED", 9, 0, 0),
        Column::new("CREATED", 9, 0, 8),
        Column::new("MODE", 4, 0, 9),
        Column::new("30 DAYS", 9, 0, 10),
        Column::new("BY", 12, 1, 11),
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

/// Finds a place for the columns that fit; the others are shortened or dropped, from the least useful.
pub fn place(columns: &[Column], area: Area) -> Vec<Placed> {
    let mut kept: Vec<(usize, Column)> = columns.iter().copied().enumerate().collect();
    let needed = |kept: &[(usize, Column)]| -> u16 {
        MARK + kept.iter().map(|(_, column)| column.width + 1).sum::<u16>().saturating_sub(1)
    };
    let next = |column: &Column| column.short.map_or(column.rank, |(_, rank)| rank);
    while needed(&kept) > area.width {
        let worst = (0..kept.len()).max_by_key(|&at| next(&kept[at].1));
        let Some(worst) = worst.filter(|&at| next(&kept[at].1) > 0) else { break };
        match kept[worst].1.short.take() {
            Some((width, _)) => kept[worst].1.width = width,
            None => drop(kept.remove(worst)),
        }
    }
    let mut left = area.width.saturating_sub(needed(&kept));
    let mut parts: u16 = kept.iter().map(|(_, column)| column.grows).sum();
    let mut x = area.x + MARK;
    let mut placed = Vec::with_capacity(kept.len());
    for (at, Column { width, grows, .. }) in kept {
        let more = (left * grows).checked_div(parts).unwrap_or(0);
        left -= more;
        parts -= grows;
        let room = (area.x + area.width).saturating_sub(x);
        placed.push(Placed { column: at, x, width: (width + more).min(room) });
        x += width + more + 1;
    }
    placed
}
