//! The confirmation of a revocation of many keys: who would be hurt, which keys, and what became of each.

use ratatui::style::Style;

use super::border::{Border, listed};
use super::boxes::input;
use super::keys::{self, keys_in};
use crate::tui::layout::{Area, centred};
use crate::tui::model::ages::{Age, Condition};
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::dialogs::{
    BULK_LABEL as LABEL, BULK_WIDTH, BulkDialog, BulkFocus, Phase, Progress, Target,
};
use crate::tui::model::tone::Tone;
use crate::tui::view::canvas::{Canvas, Cursor, number};
use crate::tui::view::theme::Theme;
use crate::tui::wrap::width;
use crate::wire::keys::Outcome;

/// Below so many columns of the screen all is said in few words.
const NARROW: u16 = 60;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &BulkDialog, theme: &Theme) -> Cursor {
    let size = facts.size();
    let parts = open.parts(facts);
    let area = centred(size, BULK_WIDTH.min(size.0), parts.height());
    let border = if open.phase == Phase::Asking { Border::Danger } else { Border::Plain };
    let rows = usize::from(parts.rows);
    let last = open.targets.chosen_count().saturating_sub(rows);
    let top = open.top.min(last);
    let title = listed(&title(open), (top, rows), open.targets.chosen_count());
    border.draw(canvas, area, theme, &title);
    let inner = Area { x: area.x + 2, y: area.y + 1, width: area.width.saturating_sub(4), height: 1 };
    let mut y = inner.y;
    let mut place = |height: u16| {
        y += height;
        Area { y: y - height, height, ..inner }
    };

    fact(canvas, place(1), "server", &facts.place_words(), place_style(facts, theme), theme);
    // Where there is one row for it, it takes the label's room too: the addresses are what matters.
    let few = parts.words == 1;
    let about = open.about_keys(facts, few);
    let (label, style) = match open.phase {
        Phase::Asking if about.hurts => ("callers", theme.warn),
        Phase::Asking => ("callers", theme.text),
        Phase::Sending => ("progress", theme.warn),
        Phase::Done => ("result", if open.targets.all_dead() { theme.good } else { theme.warn }),
    };
    let label = if few && open.phase == Phase::Asking { "" } else { label };
    fact(canvas, place(parts.words), label, &about.words, style, theme);
    if parts.fresh {
        let words = open.stale_words(facts).unwrap_or_default();
        fact(canvas, place(1), "idle time", &words, theme.warn, theme);
    }
    if parts.header {
        header(canvas, place(1), open, theme);
    }
    let rows = place(parts.rows);
    let columns = columns(rows, open);
    for (row, target) in open.targets.chosen().skip(top).take(parts.rows.into()).enumerate() {
        row_of(
            canvas,
            Area { y: rows.y + row as u16, height: 1, ..rows },
            facts,
            open,
            (&columns, target),
            theme,
        );
    }
    let mut cursor = None;
    if parts.count {
        let focus = open.focus == BulkFocus::Count;
        let at = field(
            canvas,
            place(1),
            &format!("Type {} to confirm:", open.targets.chosen_count()),
            &open.count,
            focus,
            theme,
        );
        cursor = focus.then_some(at);
    }
    if parts.reason {
        let focus = open.focus == BulkFocus::Reason;
        let at = field(canvas, place(1), "reason", &open.reason, focus, theme);
        cursor = if focus { Some(at) } else { cursor };
    }
    if parts.hidden {
        let hidden = number(open.targets.hidden_count() as u64);
        let words = if open.idle_days.is_some() {
            format!("the {hidden} not shown")
        } else {
            format!("the {hidden} hidden by the filter")
        };
        let words = if size.0 < NARROW { format!("also {words}") } else { format!("also revoke {words}") };
        let at = tick(
            canvas,
            place(1),
            (open.targets.with_hidden, open.focus == BulkFocus::Hidden),
            &words,
            theme,
        );
        cursor = cursor.or(at);
    }
    if parts.used {
        let words = match size.0 {
            0..70 => "also keys used since then",
            _ => "also revoke keys used since this list was loaded",
        };
        let at = tick(canvas, place(1), (open.targets.used_too, open.focus == BulkFocus::Used), words, theme);
        cursor = cursor.or(at);
    }
    if let Some(note) = open.note.as_ref().filter(|_| parts.note > 0) {
        canvas.wrapped(place(parts.note), &format!("! {note}"), theme.bad);
    }
    if parts.help {
        let place = place(1);
        let mut keys = keys_in(facts, open, false);
        if keys::width(&keys) > place.width {
            keys = keys_in(facts, open, true);
        }
        keys::draw(canvas, place, &keys, theme);
    }
    cursor
}

fn title(open: &BulkDialog) -> String {
    let count = open.targets.chosen_count();
    let keys = if count == 1 { "key" } else { "keys" };
    match (&open.phase, open.targets.hidden_count()) {
        (Phase::Asking, 0) => format!("Revoke {} marked {keys}?", number(count as u64)),
        (Phase::Asking, hidden) => {
            let why = if open.idle_days.is_some() { "not shown" } else { "hidden by the filter" };
            if count == 0 {
                let keys = if hidden == 1 { "key" } else { "keys" };
                return format!("Revoke {} marked {keys}? (all {why})", number(hidden as u64));
            }
            let included = if open.targets.with_hidden { "included" } else { "not included" };
            let hidden = number(hidden as u64);
            format!("Revoke {} marked {keys}? ({hidden} {why}, {included})", number(count as u64))
        }
        (Phase::Sending, _) => format!("Revoking {} {keys}", number(count as u64)),
        (Phase::Done, _) if open.targets.all_dead() => format!("{} {keys} revoked", number(count as u64)),
        (Phase::Done, _) => {
            let revoked = open.targets.count(Progress::Answered(Outcome::Revoked));
            format!("Result: {} of {} revoked", number(revoked as u64), number(count as u64))
        }
    }
}

fn header(canvas: &mut Canvas<'_>, area: Area, open: &BulkDialog, theme: &Theme) {
    let Columns { name, project, state, last } = columns(area, open);
    canvas.text(name.x, area.y, name.width, "NAME", theme.title);
    if let Some((status, idle)) = state {
        canvas.text(status.x, area.y, status.width, "STATUS", theme.title);
        canvas.right(idle.x, area.y, idle.width, "IDLE", theme.title);
    }
    canvas.text(
        last.x,
        area.y,
        last.width,
        if open.phase == Phase::Asking { "LAST USED" } else { "RESULT" },
        theme.title,
    );
    canvas.text(project.x, area.y, project.width, "PROJECT", theme.title);
}

/// The columns of the list.
struct Columns {
    name: Area,
    project: Area,
    /// Status and idle days, while it asks and there is room for them.
    state: Option<(Area, Area)>,
    /// The last use or the result.
    last: Area,
}

/// Columns as wide as what is in them. Where there is less room, projects are cut before names.
fn columns(area: Area, open: &BulkDialog) -> Columns {
    const STATUS: u16 = 10;
    const IDLE: u16 = 6;
    let asks = open.phase == Phase::Asking;
    let states = asks && area.width >= 66;
    let state = if states { STATUS + IDLE + 3 } else { 0 };
    let hidden = open.targets.chosen().any(|target| target.hidden);
    let last = if asks && !hidden { 9 } else { 18 }.min(area.width / 3);
    let widest = |text: fn(&Target) -> &str| {
        let widest = open.targets.chosen().map(|target| width(text(target))).max();
        u16::try_from(widest.unwrap_or(0)).unwrap_or(u16::MAX)
    };
    let names = widest(|target| &target.key.name);
    let room = area.width.saturating_sub(last + 2 + state);
    let project =
        widest(|target| &target.key.project_name).clamp(12, 24).min(room.saturating_sub(names).max(12));
    let name = room.saturating_sub(project);
    let at = |x: u16, width: u16| Area { x, width, ..area };
    let behind = area.x + name + project + 2;
    Columns {
        name: at(area.x, name),
        project: at(area.x + name + 1, project),
        state: states.then(|| (at(behind, STATUS), at(behind + STATUS + 1, IDLE))),
        last: at(area.x + area.width - last, last),
    }
}

fn row_of(
    canvas: &mut Canvas<'_>,
    area: Area,
    facts: Facts<'_>,
    open: &BulkDialog,
    (columns, target): (&Columns, &Target),
    theme: &Theme,
) {
    let Columns { name, project, state, last } = columns;
    let key = &target.key;
    canvas.text(name.x, area.y, name.width, &key.name, theme.title);
    canvas.text(project.x, area.y, project.width, &key.project_name, theme.text);
    let now = facts.server_now;
    if open.phase != Phase::Asking {
        let (words, style) = progress_words(target.progress, theme);
        canvas.text(last.x, area.y, last.width, words, style);
        return;
    }
    if let Some((status, idle)) = state {
        let condition = Condition::of(key, facts.thresholds(), now);
        canvas.text(
            status.x,
            area.y,
            status.width,
            condition.label(),
            theme.style(Tone::Condition(condition)),
        );
        let days = number(key.idle_since().age(now).as_secs() / 86_400);
        canvas.right(idle.x, area.y, idle.width, &format!("{days}d"), theme.text);
    }
    let used = match key.last_used_at {
        Some(at) => Age { at, now }.to_string(),
        None => "never".into(),
    };
    let hidden = if target.hidden { " (hidden)" } else { "" };
    canvas.print(last.x, area.y, last.width, format_args!("{used}{hidden}"), theme.text);
}

fn progress_words(progress: Progress, theme: &Theme) -> (&'static str, Style) {
    match progress {
        Progress::Unsent => ("- not sent", theme.warn),
        Progress::Pending => ("… pending", theme.warn),
        Progress::Unknown => ("? unknown", theme.bad),
        Progress::Answered(Outcome::Revoked) => ("✓ revoked", theme.good),
        Progress::Answered(Outcome::Already) => ("✓ already revoked", theme.good),
        Progress::Answered(Outcome::UsedSince) => ("▲ used since", theme.bad),
        Progress::Answered(Outcome::NotFound) => ("? not found", theme.bad),
        Progress::Answered(Outcome::Other(word)) => (word.as_str(), theme.bad),
    }
}

fn place_style(facts: Facts<'_>, theme: &Theme) -> Style {
    if facts.setup.prod { theme.bad } else { theme.text }
}

fn fact(canvas: &mut Canvas<'_>, area: Area, name: &str, text: &str, style: Style, theme: &Theme) {
    let label = if name.is_empty() { 0 } else { LABEL };
    canvas.text(area.x, area.y, label, name, theme.dim);
    let place = Area { x: area.x + label, width: area.width.saturating_sub(label), ..area };
    canvas.wrapped(place, text, style);
}

fn field(
    canvas: &mut Canvas<'_>,
    area: Area,
    name: &str,
    field: &crate::tui::model::field::Field,
    focus: bool,
    theme: &Theme,
) -> (u16, u16) {
    let label = LABEL.max(width(name) as u16 + 1);
    canvas.text(area.x, area.y, label, name, if focus { theme.title } else { theme.dim });
    input(canvas, (area.x + label, area.y, area.width.saturating_sub(label)), field, focus, theme)
}

/// A box to be ticked; gives its place when it has the focus.
fn tick(
    canvas: &mut Canvas<'_>,
    area: Area,
    (ticked, focus): (bool, bool),
    words: &str,
    theme: &Theme,
) -> Cursor {
    let sign = if ticked { "[x]" } else { "[ ]" };
    let style = if focus { theme.field } else { theme.text };
    canvas.print(area.x, area.y, area.width, format_args!("{sign} {words}"), style);
    focus.then_some((area.x + 1, area.y))
}
