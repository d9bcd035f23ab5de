//! The line of tabs: each view with how many rows it has, and at its right what decides which rows are shown.

use super::list::Seen;
use super::messages::number;
use super::state::State;
use super::tabs::View;
use crate::tui::layout::Area;
use crate::tui::wrap::width;

/// A tab in its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::tui) struct Tab {
    /// Its view.
    pub view: View,
    /// Where it is.
    pub area: Area,
    /// What is written there.
    pub text: String,
}

/// The line of tabs on a screen of some width.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::tui) struct TabLine {
    /// The tabs that there is room for: at least that of the view.
    pub tabs: Vec<Tab>,
    /// Marks, filter, and which rows of how many are shown.
    pub facts: Vec<String>,
}

/// Between the facts.
pub(in crate::tui) const BETWEEN: &str = " · ";

/// Part of the status on the right; higher ranks are dropped first.
struct Fact {
    rank: u8,
    text: String,
}

/// The rank of an order that no head shows, while no filter takes the room.
const ORDER: u8 = 1;

/// How much of the tabs is shown, from all of it to the view's own tab alone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Counts,
    /// The same with large counts shortened.
    Compact,
    Names,
    Short,
    /// The same without those that can be spared.
    Few,
    Own,
}

/// Lays out the line of tabs. Marks and filters take precedence over the names of other tabs.
pub(in crate::tui) fn tab_line(state: &State, area: Area) -> TabLine {
    let mut facts = facts_of_rows(state);
    // A blank stands before them, and what separates them between them.
    let wide = |facts: &[Fact]| {
        facts.iter().map(|fact| width(&fact.text) + width(BETWEEN)).sum::<usize>().saturating_sub(2)
    };
    let needed = |rank: u8| -> usize {
        let fits = facts.iter().filter(|fact| fact.rank <= rank);
        fits.map(|fact| width(&fact.text) + width(BETWEEN)).sum::<usize>().saturating_sub(2)
    };
    let end = |tabs: &[Tab]| tabs.last().map_or(0, |tab| usize::from(tab.area.x - area.x) + width(&tab.text));
    let fits = |level: &Level, rank: u8| {
        end(&tabs_of(state, area, *level)) + needed(rank) <= usize::from(area.width)
    };
    let named = [Level::Counts, Level::Compact, Level::Names, Level::Short, Level::Few];
    // The filter is worth more than the counts of other tabs, but not more than their names.
    // Of rows that a filter has chosen, it is said how many they are.
    // The same holds for an order that no head shows.
    let filtered = !state.filter_line().applied.is_empty();
    let order = order_of(state.views.of(state.view).order_words());
    let ordered = facts.iter().any(|fact| fact.rank == ORDER && fact.text == order);
    let ranks: &[u8] = if filtered || ordered { &[2, 1, 0] } else { &[1, 0] };
    let level = ranks.iter().find_map(|rank| named.into_iter().find(|level| fits(level, *rank)));
    let level = level.unwrap_or(Level::Own);
    let tabs = tabs_of(state, area, level);
    let room = usize::from(area.width).saturating_sub(end(&tabs));
    while wide(&facts) > room {
        // Marks and filters are cut, not dropped.
        let worst = (0..facts.len()).max_by_key(|&at| facts[at].rank);
        let Some(worst) = worst.filter(|&at| facts[at].rank > 1 || facts.len() > 1) else { break };
        facts.remove(worst);
    }
    TabLine { tabs, facts: facts.into_iter().map(|fact| fact.text).collect() }
}

fn tabs_of(state: &State, area: Area, level: Level) -> Vec<Tab> {
    let mut x = area.x;
    let shown = View::ALL.into_iter().filter(|view| match level {
        Level::Counts | Level::Compact | Level::Names | Level::Short => true,
        Level::Few => *view == state.view || !state.views.of(*view).can_be_spared(),
        Level::Own => *view == state.view,
    });
    let mut tabs = Vec::with_capacity(View::ALL.len());
    for view in shown {
        let here = view == state.view;
        let name = state.views.of(view).tab_words().unwrap_or_else(|| view.tab().to_owned());
        let count = match level {
            Level::Counts => count_of(state, view, number),
            Level::Compact => count_of(state, view, compact),
            Level::Names | Level::Short | Level::Few | Level::Own if here => count_of(state, view, compact),
            _ => None,
        };
        let text = match count {
            Some(count) => format!("{name} {count}"),
            None => name,
        };
        // The same width selected or not, so that no tab moves when another one is selected.
        let text = match (here, level) {
            (true, _) => format!("[{text}]"),
            (false, Level::Short | Level::Few) => text,
            (false, _) => format!(" {text} "),
        };
        let columns = (width(&text) as u16).min((area.x + area.width).saturating_sub(x));
        tabs.push(Tab { view, area: Area { x, width: columns, ..area }, text });
        x += columns + u16::from(matches!(level, Level::Short | Level::Few));
    }
    tabs
}

/// A count in four columns or little more: `12.3k`. What is smaller stays exact.
fn compact(count: u64) -> String {
    match count {
        ..10_000 => number(count),
        10_000..100_000 if count % 1_000 >= 100 => format!("{}.{}k", count / 1_000, count % 1_000 / 100),
        10_000..1_000_000 => format!("{}k", count / 1_000),
        _ => format!("{}.{}M", count / 1_000_000, count % 1_000_000 / 100_000),
    }
}

/// The count in a tab, if it is known.
fn count_of(state: &State, view: View, number: fn(u64) -> String) -> Option<String> {
    let words = |(total, more): (u64, bool)| format!("{}{}", number(total), if more { "+" } else { "" });
    let list = state.views.of(view);
    let seen = state.window(view).seen();
    if !list.counts() {
        return None;
    }
    if seen.loaded {
        if let Some(count) = list.tab_count() {
            return (count > 0).then(|| words((count, false)));
        }
        return Some(words(seen.filtered_of.unwrap_or(seen.total)));
    }
    list.known_count(&state.views.projects.list.rows).map(|count| words((count, false)))
}

/// What determines the visible rows, most important first.
fn facts_of_rows(state: &State) -> Vec<Fact> {
    let view = state.views.of(state.view);
    let waiting = if state.loading(state.view) { "loading…".to_owned() } else { String::new() };
    // Where no head has the arrow of the order, words say it.
    let table = state.screen().and_then(|screen| screen.table);
    let arrow = table.is_some_and(|table| state.placed(table).iter().any(|head| head.sorted.is_some()));
    let order = if arrow { String::new() } else { order_of(view.order_words()).to_owned() };
    let all = [
        (0, view.marked_words()),
        (0, waiting),
        (0, view.filter_words()),
        (1, view.scope_words()),
        (2, count(view.window().seen(), state.height())),
        (if state.filter_line().applied.is_empty() { ORDER } else { 3 }, order),
    ];
    let facts = all.into_iter().filter(|(_, text)| !text.is_empty());
    facts.map(|(rank, text)| Fact { rank, text }).collect()
}

/// The newest first are the last that were created, so that need not be said where there is little room.
fn order_of(words: &'static str) -> &'static str {
    words.strip_prefix("created, ").unwrap_or(words)
}

/// Which rows of how many are shown: `1–18 of 127`.
fn count(seen: Seen, height: usize) -> String {
    if !seen.loaded {
        return String::new();
    }
    let (total, more) = seen.total;
    let plus = if more { "+" } else { "" };
    let all = format!("{}{plus}", number(total));
    let lines = seen.lines;
    let (first, last) = (seen.offset, (seen.offset + height).min(lines));
    if let Some((of, more)) = seen.filtered_of {
        return format!("{all} of {}{}", number(of), if more { "+" } else { "" });
    }
    if seen.filtered {
        return format!("{} of {all}", number(lines as u64));
    }
    if lines == 0 {
        return all;
    }
    match seen.gap {
        Some(gap) if first > gap && more => format!("the last {} of {all}", number((lines - first) as u64)),
        Some(gap) if first > gap => {
            let (before, after) = ((lines - first) as u64, (lines - last) as u64);
            let (from, to) = ((total + 1).saturating_sub(before), total.saturating_sub(after));
            format!("{}–{} of {all}", number(from), number(to))
        }
        _ => format!("{}–{} of {all}", number(first as u64 + 1), number(last as u64)),
    }
}
