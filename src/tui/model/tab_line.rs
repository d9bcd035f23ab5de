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
    /// Whether it can be shortened. That comes before all but the order is dropped.
    cut: bool,
}

/// The rank of the order.
const ORDER: u8 = 3;
/// The rank of which rows of how many are shown, and of how many match where a filter has chosen them.
const COUNT: (u8, u8) = (2, 1);
/// A filter is shortened to so many columns.
const MIN_FILTER: usize = 16;

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
    // What a shortened filter leaves to others.
    let spare: usize =
        facts.iter().filter(|fact| fact.cut).map(|fact| width(&fact.text).saturating_sub(MIN_FILTER)).sum();
    let fits = |level: &Level, (rank, spare): (u8, usize)| {
        end(&tabs_of(state, area, *level)) + needed(rank) <= usize::from(area.width) + spare
    };
    let all = [Level::Counts, Level::Compact, Level::Names, Level::Short];
    // The filter is worth more than the counts of other tabs, but not more than their names.
    // Of rows that a filter has chosen, it is said how many they are: the filter itself is shortened for that.
    // An order that no head shows is worth as much, as long as there is room for all tabs.
    let filtered = !state.filter_line().applied.is_empty();
    let order = order_of(state.views.of(state.view).order_words());
    let ordered = facts.iter().any(|fact| fact.rank == ORDER && fact.text == order);
    let tries: &[(u8, usize)] = match (filtered, ordered) {
        (true, _) => &[(2, 0), (COUNT.1, 0), (COUNT.1, spare), (0, 0)],
        (false, true) => &[(ORDER, 0), (COUNT.0, 0), (1, 0), (0, 0)],
        (false, false) => &[(1, 0), (0, 0)],
    };
    let find = |levels: &[Level]| {
        tries.iter().find_map(|tried| {
            let fit = |level: &Level| fits(level, *tried);
            // A filter is not cut for the counts of other tabs.
            let cuts = tried.1 > 0;
            if cuts { levels.iter().rev().copied().find(fit) } else { levels.iter().copied().find(fit) }
        })
    };
    let level = find(&all).or_else(|| find(&[Level::Few])).unwrap_or(Level::Own);
    let tabs = tabs_of(state, area, level);
    let room = usize::from(area.width).saturating_sub(end(&tabs));
    while wide(&facts) > room {
        let over = wide(&facts) - room;
        let Some(worst) = (0..facts.len()).max_by_key(|&at| facts[at].rank) else { break };
        let worst_rank = facts[worst].rank;
        let is_long = |fact: &Fact| fact.cut && width(&fact.text) >= MIN_FILTER + over;
        match facts.iter().position(is_long) {
            // The order gives way first, then the end of the filter.
            Some(filter) if worst_rank < ORDER => {
                facts[filter].text = shortened(&facts[filter].text, over);
            }
            _ if worst_rank > 1 || worst_rank > 0 && facts.len() > 1 => {
                facts.remove(worst);
            }
            // Marks and filters are cut, not dropped: the filter first, and where it is drawn the rest.
            _ => match facts.iter_mut().find(|fact| fact.cut && width(&fact.text) > 1) {
                Some(filter) => filter.text = shortened(&filter.text, over.min(width(&filter.text) - 1)),
                None => break,
            },
        }
    }
    TabLine { tabs, facts: facts.into_iter().map(|fact| fact.text).collect() }
}

/// A filter without so many columns at its end.
fn shortened(text: &str, columns: usize) -> String {
    let room = width(text).saturating_sub(columns + 1);
    let mut short = String::with_capacity(text.len());
    for c in text.chars() {
        short.push(c);
        if width(&short) > room {
            short.pop();
            break;
        }
    }
    format!("{}…", short.trim_end())
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
    // Its key shows all rows again, and not those of one project.
    if !list.counts() || view != state.view && list.is_narrowed() {
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
    let filtered = !state.filter_line().applied.is_empty();
    let (scope, counts) = if filtered { (COUNT.0, COUNT.1) } else { (COUNT.1, COUNT.0) };
    let all = [
        (0, view.marked_words(), false),
        (0, waiting, false),
        (0, view.filter_words(), true),
        (scope, view.scope_words(), false),
        (counts, count(view.window().seen(), state.height()), false),
        (ORDER, order, false),
    ];
    let facts = all.into_iter().filter(|(_, text, _)| !text.is_empty());
    facts.map(|(rank, text, cut)| Fact { rank, text, cut }).collect()
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
