//! The folded texts of many rows, one after the other in one piece of memory: what is typed is looked for in them.

use super::Entry;

/// The folded texts of many rows, in their order.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Haystacks {
    arena: String,
    ends: Vec<usize>,
    /// Those that fitted to what was typed into the palette last.
    pub(in crate::tui::model) fitting: Fitting,
}

/// The rows that fitted to what was typed last. Who types on looks at no others.
#[derive(Clone, PartialEq, Debug, Default)]
pub(in crate::tui::model) struct Fitting {
    pub(in crate::tui::model) query: String,
    pub(in crate::tui::model) places: Vec<u32>,
}

impl Haystacks {
    /// Of these rows, in this order.
    pub fn of<'a, T: Entry + 'a>(
        rows: impl IntoIterator<Item = &'a T, IntoIter: ExactSizeIterator>,
    ) -> Haystacks {
        let rows = rows.into_iter();
        let mut search_text =
            Haystacks { arena: String::with_capacity(rows.len() * 120), ..Haystacks::default() };
        search_text.ends.reserve_exact(rows.len());
        for row in rows {
            row.push_text(&mut search_text.arena);
            search_text.ends.push(search_text.arena.len());
        }
        search_text
    }

    /// The folded mask of the key at a place, and its id in the next line.
    pub(in crate::tui::model) fn mask_and_id(&self, at: usize) -> &str {
        let text = self.text(at);
        // The last two lines; a name that came from elsewhere may hold line breaks.
        text.rmatch_indices('\n').nth(1).map_or("", |(end, _)| &text[end + 1..])
    }

    /// The folded names of the key at a place and of its project, and what [`Haystacks::mask_and_id`] gives.
    pub(in crate::tui::model) fn parts(&self, at: usize) -> (&str, &str, &str) {
        let text = self.text(at);
        let (name, rest) = text.split_once('\n').unwrap_or((text, ""));
        let (project, rest) = rest.split_once('\n').unwrap_or((rest, ""));
        (name, project, rest.split_once('\n').map_or("", |(_, mask_and_id)| mask_and_id))
    }

    /// The text of the row at a place.
    pub fn text(&self, at: usize) -> &str {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.arena[start..self.ends[at]]
    }

    /// All texts, in order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |&end| &self.arena[std::mem::replace(&mut start, end)..end])
    }
}
