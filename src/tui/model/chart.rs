//! Daily requests of a key as a chart: bars over the days, with an axis for each. Where there is little room, one row.

use super::detail_text::{DetailLine, DetailWriter};
use super::messages::number;
use super::tone::Tone;
use crate::tui::wrap::width;
use crate::wire::keys::UsageDay;

/// From this height on, the detail has room for a chart of several rows.
const ROOM: u16 = 16;
/// Rows of the tallest chart.
const TALLEST: u16 = 14;
/// Columns of the widest bar, with the blank behind it.
const WIDEST: usize = 4;
/// How much of a cell is filled, in eighths.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Requests that were not answered, so that they differ from the others without colour.
const REJECTED: char = '▒';
/// Said of a day that is not over yet, in UTC.
const TODAY: &str = "today";

/// Requests of a day that were not answered.
fn rejected(day: &UsageDay) -> u64 {
    day.limited.saturating_add(day.refused)
}

fn total(day: &UsageDay) -> u64 {
    day.allowed.saturating_add(rejected(day))
}

impl DetailWriter {
    /// Daily requests, or why they are not known.
    pub(super) fn usage(&mut self, usage: Option<&Result<Vec<UsageDay>, String>>) {
        // With sections side by side, only the history is below.
        let part = if self.is_wide() { 3 } else { 5 };
        let rows = if self.height() < ROOM { 1 } else { (self.height() / part).clamp(3, TALLEST) };
        let days = match usage {
            // The lines below keep their place.
            None => {
                self.line("Loading…", Tone::Dim);
                (1..if rows == 1 { 2 } else { rows + 2 }).for_each(|_| self.push(DetailLine::default()));
                return;
            }
            Some(Err(why)) => return self.line(why, Tone::Bad),
            Some(Ok(days)) => days,
        };
        if days.iter().all(|day| total(day) == 0) {
            let words = format!("No requests in the last {} days.", days.len());
            return self.line(&words, Tone::Text);
        }
        if rows == 1 {
            self.sparkline(days);
        } else {
            self.chart(days, rows.into());
        }
        self.rejected(days, rows > 1);
    }

    /// One row: a bar for each day, then the peak and the days that it shows.
    fn sparkline(&mut self, days: &[UsageDay]) {
        let days = last(days, usize::from(self.width()).saturating_sub(10));
        let totals: Vec<u64> = days.iter().map(total).collect();
        let peak = totals.iter().copied().max().unwrap_or(0);
        self.push(DetailLine::named("daily", Tone::Text, bars(&totals)));
        let (first, last) = self.dates(days, true);
        let last = if last.ends_with(TODAY) { TODAY } else { &last };
        self.fact("", &format!("peak {}/day · {first} to {last}", number(peak)), Tone::Text);
    }

    /// Several rows, with the peak and 0 at the left, and the first and the last day below.
    fn chart(&mut self, days: &[UsageDay], rows: usize) {
        // The label depends on the peak, which depends on how many days fit.
        let label = width(&number(days.iter().map(total).max().unwrap_or(0)));
        let room = usize::from(self.width()).saturating_sub(label + 2);
        let days = last(days, room);
        let peak = days.iter().map(total).max().unwrap_or(0).max(1);
        let step = room.checked_div(days.len()).unwrap_or(1).clamp(1, WIDEST);
        let bars: Vec<Bar> = days.iter().map(|day| Bar::of(day, rows, peak)).collect();
        for row in (0..rows).rev() {
            let (value, axis) = if row + 1 == rows { (number(peak), "┤") } else { (String::new(), "│") };
            let mut line = DetailLine {
                parts: vec![(Tone::Text, format!("{value:>label$} ")), (Tone::Dim, axis.to_owned())],
            };
            for bar in &bars {
                let (tone, sign) = bar.cell(row);
                let cell = sign.to_string().repeat(step.saturating_sub(1).max(1));
                let gap = if step > 1 { " " } else { "" };
                match line.parts.last_mut() {
                    Some((before, text)) if *before == tone => text.extend([cell.as_str(), gap]),
                    _ => line.parts.push((tone, format!("{cell}{gap}"))),
                }
            }
            self.push(line);
        }
        let length = step * days.len();
        let axis = format!("└{}", "─".repeat(length));
        self.push(DetailLine { parts: vec![(Tone::Text, format!("{:>label$} ", 0)), (Tone::Dim, axis)] });
        let (mut first, mut end) = self.dates(days, false);
        if width(&first) + width(&end) + 1 > length {
            (first, end) = self.dates(days, true);
        }
        let between = length.saturating_sub(width(&first) + width(&end));
        let dates = format!("{}{first}{}{end}", " ".repeat(label + 2), " ".repeat(between.max(1)));
        self.push(DetailLine { parts: vec![(Tone::Text, dates)] });
    }

    /// How many requests were not answered, and why; under a chart, with what its bars stand for.
    fn rejected(&mut self, days: &[UsageDay], legend: bool) {
        let sum = |of: fn(&UsageDay) -> u64| days.iter().map(of).fold(0, u64::saturating_add);
        let counts = [(sum(|day| day.limited), "rate-limited"), (sum(|day| day.refused), "refused")];
        let words = counts.iter().filter(|(count, _)| *count > 0);
        let words: Vec<String> = words.map(|(count, why)| format!("{} {why}", number(*count))).collect();
        if words.is_empty() {
            return;
        }
        let words = words.join(", ");
        if !legend {
            return self.fact("rejected", &words, Tone::Warn);
        }
        let allowed = format!(" {} allowed", number(sum(|day| day.allowed)));
        let mut line = DetailLine { parts: vec![(Tone::Allowed, "█".to_owned()), (Tone::Text, allowed)] };
        let rejected = [(Tone::Rejected, REJECTED.to_string()), (Tone::Text, format!(" {words}"))];
        let fits = line.width() + 4 + width(&words) <= self.width().into();
        if fits {
            line.parts.push((Tone::Text, "  ".to_owned()));
            line.parts.extend(rejected);
            self.push(line);
        } else {
            self.push(line);
            self.push(DetailLine { parts: rejected.into() });
        }
    }

    /// The first and the last day, in UTC as the days are; whether the last one is today.
    fn dates(&self, days: &[UsageDay], short: bool) -> (String, String) {
        let date = |day: Option<&UsageDay>| {
            let date = day.map_or("", |day| day.date.as_str());
            if short { date.split_once('-').map_or(date, |(_, rest)| rest) } else { date }.to_owned()
        };
        let today = self.now().utc().format("%Y-%m-%d").to_string();
        let is_today = days.last().is_some_and(|day| day.date == today);
        let last = date(days.last());
        (date(days.first()), if is_today { format!("{last} {TODAY}") } else { last })
    }
}

/// The bar of a day.
struct Bar {
    /// Answered requests, in eighths of a cell.
    allowed: usize,
    /// Cells of others, above them.
    rejected: usize,
}

impl Bar {
    fn of(day: &UsageDay, rows: usize, peak: u64) -> Bar {
        let all = scaled(total(day), rows * 8, peak);
        let allowed = scaled(day.allowed, rows * 8, peak);
        if rejected(day) == 0 {
            return Bar { allowed, rejected: 0 };
        }
        // One refused request among thousands shows too.
        let rejected = (all - allowed.min(all)).div_ceil(8).clamp(1, rows);
        Bar { allowed: allowed.min((rows - rejected) * 8), rejected }
    }

    /// What its cell in a row shows, counted from the bottom.
    fn cell(&self, row: usize) -> (Tone, char) {
        let filled = self.allowed.saturating_sub(row * 8).min(8);
        let top = self.allowed.div_ceil(8);
        if filled > 0 {
            (Tone::Allowed, EIGHTHS[filled])
        } else if (top..top + self.rejected).contains(&row) {
            (Tone::Rejected, REJECTED)
        } else {
            (Tone::Allowed, ' ')
        }
    }
}

/// A bar of one row for each value, the largest as high as the row.
fn bars(values: &[u64]) -> String {
    of_height(values, 8)
}

/// The same, a little lower, so that rows below each other stay apart.
pub(super) fn low_bars(values: &[u64]) -> String {
    of_height(values, 7)
}

/// The height is in eighths of a row.
fn of_height(values: &[u64], height: usize) -> String {
    let peak = values.iter().copied().max().unwrap_or(0);
    values.iter().map(|value| EIGHTHS[scaled(*value, height, peak)]).collect()
}

/// A value as a part of so many; what is not 0 is at least 1.
fn scaled(value: u64, parts: usize, peak: u64) -> usize {
    let parts = u128::try_from(parts).unwrap_or(u128::MAX);
    let scaled = (u128::from(value) * parts).div_ceil(u128::from(peak.max(1)));
    usize::try_from(scaled.min(parts)).unwrap_or(0)
}

/// The last so many.
fn last(days: &[UsageDay], count: usize) -> &[UsageDay] {
    &days[days.len().saturating_sub(count.max(1))..]
}
