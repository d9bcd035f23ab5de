//! Lists of keys: of a project, of all, and of the stale ones.

use ratatui::style::Style;

use super::canvas::{Canvas, number};
use super::table;
use super::theme::Theme;
use crate::tui::columns::Placed;
use crate::tui::columns::keys::{self, BY, CREATED, LAST_USED, MASK, MODE, NAME, PROJECT, STATUS, USES};
use crate::tui::layout::Area;
use crate::tui::model::ages::{Age, Condition};
use crate::tui::model::keys::KeyList;
use crate::tui::model::{Action, State};
use crate::wire::keys::{Key, Sort, SortBy};
use crate::wire::session::Freshness;

/// Before the name of a marked key: it reads without colour.
const MARKED: &str = "*";

/// The style of a condition: colour beside its glyph and word.
pub(super) fn condition_style(condition: Condition, theme: &Theme) -> Style {
    match condition {
        Condition::Fresh => theme.good,
        Condition::Idle | Condition::Revoking | Condition::Other(_) => theme.warn,
        Condition::Stale | Condition::Never(Freshness::Stale) => theme.bad,
        Condition::Never(_) => theme.never,
        Condition::Revoked => theme.gone,
    }
}

/// Draws the list of the view; gives the place of the selected row.
pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    area: Area,
    state: &State,
    list: &KeyList,
    theme: &Theme,
) -> Option<(u16, u16)> {
    let rows = &list.rows;
    table::title(canvas, area, theme, &name(list, area.width), rows, list.filtered_of(), &about(state, list));
    let scoped = list.project.is_some();
    if rows.shown() == 0 {
        let words = table::absent(state, state.view, rows.is_loaded(), theme)
            .unwrap_or_else(|| empty(state, list, theme));
        table::instead(canvas, area, &words);
        return None;
    }
    let columns = keys::of(scoped);
    let thresholds = state.link.thresholds();
    let now = state.server_now();
    let range = list.range_lines();
    table::table(canvas, area, theme, rows, &columns, |canvas, y, place, key, over| {
        let column = keys::at(place.column, scoped);
        let Placed { x, width, .. } = place;
        let plain = over.unwrap_or(theme.text);
        let dim = over.unwrap_or(theme.dim);
        let condition = Condition::of(key, thresholds, now);
        let name_style = if condition == Condition::Revoked { dim } else { plain };
        match column {
            NAME => {
                let line = rows.offset() + usize::from(y.saturating_sub(area.y + 2));
                if list.marks.has(key.id) || range.is_some_and(|(from, to)| (from..=to).contains(&line)) {
                    canvas.text(x.saturating_sub(1), y, 1, MARKED, over.unwrap_or(theme.title));
                }
                canvas.text(x, y, width, &key.name, name_style);
            }
            PROJECT => {
                canvas.text(x, y, width, &key.project_name, plain);
            }
            MASK if width <= keys::SHORT_MASK => {
                let (handle, last4) = (key.hint.handle(), key.hint.last4());
                canvas.print(x, y, width, format_args!("{}_{handle}…{last4}", key.mode.as_str()), dim);
            }
            MASK => {
                canvas.print(x, y, width, format_args!("{}", key.hint), dim);
            }
            STATUS => {
                let style = over.unwrap_or_else(|| condition_style(condition, theme));
                canvas.text(x, y, width, condition.label(), style);
            }
            LAST_USED => last_used(canvas, (x, y, width), key, now, over, theme),
            CREATED => {
                canvas.print(x, y, width, format_args!("{}", Age { at: key.created_at, now }), dim);
            }
            MODE => {
                canvas.text(x, y, width, key.mode.as_str(), plain);
            }
            USES => canvas.print_right(x, y, width.min(7), format_args!("{}", key.requests30d), plain),
            BY => {
                canvas.text(x, y, width, &key.created_by, dim);
            }
            _ => {}
        }
    })
}

fn last_used(
    canvas: &mut Canvas<'_>,
    (x, y, width): (u16, u16, u16),
    key: &Key,
    now: crate::wire::time::Timestamp,
    over: Option<Style>,
    theme: &Theme,
) {
    match key.last_used_at {
        Some(at) => {
            canvas.print(x, y, width, format_args!("{}", Age { at, now }), over.unwrap_or(theme.text))
        }
        None => canvas.text(x, y, width, "never", over.unwrap_or(theme.dim)),
    };
}

fn name(list: &KeyList, width: u16) -> String {
    match (&list.project, list.idle_days) {
        // What is counted and marked matters more than the words before it.
        (_, Some(days)) if width < 60 => format!("Idle over {days} days"),
        (None, None) if width < 60 => "All keys".into(),
        (_, Some(days)) => format!("Keys idle for more than {days} days"),
        (Some((_, name)), None) => format!("Keys of {name}"),
        (None, None) => "Keys of all projects".into(),
    }
}

fn about(state: &State, list: &KeyList) -> [String; 4] {
    let waiting = if state.loading(state.view) { "loading …".to_owned() } else { String::new() };
    [marked(list), waiting, list.filter.words(), sort_words(list.sort).to_owned()]
}

/// How many keys are marked, and how many of them are not to be seen.
fn marked(list: &KeyList) -> String {
    let marks = &list.marks;
    if let Some(gather) = &marks.gather {
        let (total, more) = gather.total;
        let plus = if more { "+" } else { "" };
        return format!("marking {} of {}{plus} …", number(gather.taken), number(total));
    }
    match (marks.len(), marks.hidden()) {
        (0, _) => String::new(),
        (all, 0) => format!("{} marked", number(all as u64)),
        (all, hidden) => {
            // A key that was used meanwhile leaves the stale ones without anybody's filter.
            let why = if list.idle_days.is_some() { "not shown" } else { "hidden by the filter" };
            format!("{} marked ({} {why})", number(all as u64), number(hidden as u64))
        }
    }
}

/// An order in words.
pub(super) fn sort_words(sort: Sort) -> &'static str {
    match (sort.by, sort.descending) {
        (SortBy::Name, false) => "by name",
        (SortBy::Name, true) => "by name, from Z",
        (SortBy::Created, false) => "oldest first",
        (SortBy::Created, true) => "newest first",
        (SortBy::LastUsed, false) => "last use, oldest first",
        (SortBy::LastUsed, true) => "last use, newest first",
        (SortBy::Idle, false) => "idle time, shortest first",
        (SortBy::Idle, true) => "idle time, longest first",
    }
}

fn empty(state: &State, list: &KeyList, theme: &Theme) -> Vec<(String, Style)> {
    let key = |action: Action| state.setup.keymap.hint(action);
    let line = |text: String| (text, theme.text);
    let hint = |text: String| (text, theme.dim);
    if !list.filter.applied.is_empty() {
        return vec![
            line(format!("No key matches the filter {:?}.", list.filter.applied)),
            hint(format!("{} clears the filter, {} changes it.", key(Action::Back), key(Action::Filter))),
        ];
    }
    if let Some(days) = list.idle_days {
        return vec![
            line(format!("No active key has been idle for more than {days} days.")),
            hint(format!(
                "{} and {} look with another threshold.",
                key(Action::Longer),
                key(Action::Shorter)
            )),
        ];
    }
    if state.read_only().is_some() {
        return vec![line("There is no key yet, and you may only look.".into())];
    }
    if state.first_run() {
        return super::first::page(state, theme);
    }
    vec![line("There is no key yet.".into()), hint(format!("{} makes the first key.", key(Action::New)))]
}
