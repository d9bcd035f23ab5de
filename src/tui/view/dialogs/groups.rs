//! The groups of keys with their counts.

use ratatui::style::Style;

use super::border::{frame, listed};
use super::keys::{self, keys_of};
use crate::tui::layout::{self, Area, GROUPS_ABOVE};
use crate::tui::model::Action;
use crate::tui::model::ages::Condition;
use crate::tui::model::dialogs::GroupList;
use crate::tui::model::dialogs::groups::ONLY_REVOKED;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::tone::Tone;
use crate::tui::view::canvas::{Canvas, number};
use crate::tui::view::theme::Theme;
use crate::wire::key_groups::{GroupBy, KeyGroup};
use crate::wire::session::Freshness;
use crate::wire::text::clause;
use crate::wire::time::Timestamp;

/// The columns behind the name: the head, its width, the cell.
type Count = (&'static str, u16, fn(&KeyGroup, Facts<'_>) -> String);

/// Of all keys, the first to be left out on a narrow screen at the end.
const COUNTS: [Count; 5] = [
    ("KEYS", 8, |group, _| number(group.keys)),
    ("ACTIVE", 8, |group, _| number(group.active)),
    ("UNUSED", 8, |group, _| number(group.unused)),
    ("STALE", 8, |group, _| number(group.stale)),
    ("LONGEST IDLE", 14, longest_idle),
];

fn longest_idle(group: &KeyGroup, facts: Facts<'_>) -> String {
    let days = |since: Timestamp| since.age(facts.server_now).as_secs() / 86_400;
    group.oldest_idle_at.map_or_else(|| "-".to_owned(), |since| format!("{}d", number(days(since))))
}

/// The least columns for the name of a group.
const NAME: u16 = 18;

/// Draws them; gives the place of the selected one.
pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &GroupList, theme: &Theme) -> (u16, u16) {
    let area = layout::groups(facts.size(), open.items().len());
    let title = match open.idle_days {
        Some(days) => format!("Keys idle for {days}+ days by group"),
        None if open.stale => "Stale keys by group".to_owned(),
        None => "Keys by group".to_owned(),
    };
    let room = layout::group_rows(facts.size(), open.items().len());
    let (top, cursor, marked) = (open.top(room), open.cursor(), open.marked(facts));
    frame(canvas, area, theme, &listed(&title, (top, room), open.items().len()));
    let (x, width) = (area.x + 2, area.width.saturating_sub(4));
    choices(canvas, Area { x, y: area.y + 1, width, height: 1 }, facts, open, theme);
    let counts = shown(open, width);
    let behind: u16 = counts.iter().map(|(_, width, _)| width).sum();
    let name = width.saturating_sub(behind + 2);
    let head = match open.by {
        GroupBy::Creator => "CREATED BY",
        GroupBy::Project => "PROJECT",
        GroupBy::Status => "STATUS",
        GroupBy::Owner => "OWNER",
    };
    canvas.text(x + 2, area.y + 2, name, head, theme.title);
    let mut at = x + 2 + name;
    for (head, width, _) in &counts {
        canvas.right(at, area.y + 2, *width, head, theme.title);
        at += width;
    }
    for (row, group) in open.items().iter().enumerate().skip(top).take(room) {
        let y = area.y + GROUPS_ABOVE + (row - top) as u16;
        let here = row == cursor;
        let style = |plain: Style| if here { theme.selected } else { plain };
        canvas.fill(Area { x, y, width, height: 1 }, style(theme.text));
        let in_marks = GroupList::marked_in(&marked, group);
        let sign = if here { ">" } else { " " };
        canvas.text(x, y, 1, sign, style(theme.text));
        if in_marks > 0 {
            canvas.text(x + 1, y, 1, "*", style(theme.title));
        }
        let (label, tone) = label(open.by, group, theme);
        canvas.text(x + 2, y, name.saturating_sub(1), label, style(tone));
        let mut at = x + 2 + name;
        for (_, width, cell) in &counts {
            canvas.right(at, y, *width, &cell(group, facts), style(theme.text));
            at += width;
        }
    }
    let last = area.y + area.height.saturating_sub(1);
    sums(canvas, Area { x, y: last.saturating_sub(3), width, height: 1 }, facts, (open, marked.keys), theme);
    keys::draw(canvas, Area { x, y: last.saturating_sub(2), width, height: 2 }, &keys_of(facts, open), theme);
    (x, area.y + GROUPS_ABOVE + (cursor - top) as u16)
}

/// What one can group by, with the keys.
fn choices(canvas: &mut Canvas<'_>, area: Area, facts: Facts<'_>, open: &GroupList, theme: &Theme) {
    let mut x = area.x;
    let gap = if area.width < 40 { 1 } else { 2 };
    for (by, action, word) in [
        (GroupBy::Creator, Action::ByCreator, "creator"),
        (GroupBy::Project, Action::ByProject, "project"),
        (GroupBy::Status, Action::ByState, "state"),
        (GroupBy::Owner, Action::ByOwner, "owner"),
    ] {
        let room = (area.x + area.width).saturating_sub(x);
        let key = facts.key(action);
        if by == open.by {
            x += canvas.print(x, area.y, room, format_args!("[{word}]"), theme.tab) + gap;
        } else {
            x += canvas.text(x, area.y, room, &key, theme.key) + 1;
            let room = (area.x + area.width).saturating_sub(x);
            x += canvas.text(x, area.y, room, word, theme.text) + gap;
        }
    }
}

/// The counts for which there is room. Stale keys are active and stale, all of them; those idle for as long as another
/// threshold are all active.
fn shown(open: &GroupList, width: u16) -> Vec<Count> {
    let mut counts: Vec<Count> = COUNTS
        .into_iter()
        .filter(|(head, ..)| match *head {
            "ACTIVE" => !open.stale,
            "STALE" => !open.stale || open.idle_days.is_some(),
            _ => true,
        })
        .collect();
    for dropped in ["ACTIVE", "STALE", "LONGEST IDLE", "UNUSED"] {
        let needed: u16 = counts.iter().map(|(_, width, _)| width).sum();
        if needed + NAME + 2 > width {
            counts.retain(|(head, ..)| *head != dropped);
        }
    }
    counts
}

/// What a group is called.
fn label<'a>(by: GroupBy, group: &'a KeyGroup, theme: &Theme) -> (&'a str, Style) {
    let condition = match (by, &*group.group) {
        (GroupBy::Status, "in use") => Condition::Fresh,
        (GroupBy::Status, "idle") => Condition::Idle,
        (GroupBy::Status, "stale") => Condition::Stale,
        (GroupBy::Status, "new") => Condition::Never(Freshness::Fresh),
        (GroupBy::Status, "paused") => Condition::Paused,
        (GroupBy::Status, "revoked") => Condition::Revoked,
        (GroupBy::Owner, "") => return ("no owner", theme.dim),
        _ => return (&group.group, theme.text),
    };
    (condition.label(), theme.style(Tone::Condition(condition)))
}

fn sums(
    canvas: &mut Canvas<'_>,
    area: Area,
    facts: Facts<'_>,
    (open, marked): (&GroupList, u64),
    theme: &Theme,
) {
    if let Some(why) = &open.failure {
        canvas.print(area.x, area.y, area.width, format_args!("! {why}"), theme.bad);
        return;
    }
    let Some(groups) = &open.groups else {
        canvas.text(area.x, area.y, area.width, "counting keys…", theme.dim);
        return;
    };
    if let Some(note) = &open.note {
        canvas.text(area.x, area.y, area.width, note, theme.warn);
        return;
    }
    let noun = |count: u64, one: &'static str, many: &'static str| if count == 1 { one } else { many };
    let mut words = vec![format!(
        "{} {} in {} {}",
        number(groups.keys),
        noun(groups.keys, "key", "keys"),
        number(groups.total),
        noun(groups.total, "group", "groups")
    )];
    if let Some(gather) = facts.marks.and_then(|marks| marks.gather.as_ref()) {
        words.push(format!("marking {} of {}…", number(gather.taken), number(gather.total.0)));
    } else if marked > 0 {
        words.push(format!("{} marked", number(marked)));
    }
    if !open.marks() {
        words.push(clause(ONLY_REVOKED));
    }
    let more = groups.total.saturating_sub(groups.items.len() as u64);
    if more > 0 {
        words.push(format!("{} smaller groups not shown", number(more)));
    }
    canvas.text(area.x, area.y, area.width, &words.join(" · "), theme.text);
}
