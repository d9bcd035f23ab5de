//! The detail of the selected row as lines: absolute times in local and UTC beside each age, callers, use by day.
//! Update scrolls through them and view draws them, so both have them from here.

use super::ages::{Age, local, utc};
use super::messages::{number, requests};
use super::tone::Tone;
use crate::tui::layout::Area;
use crate::tui::wrap::{width, wrap};
use crate::wire::keys::{Caller, UsageDay};
use crate::wire::text::inert;
use crate::wire::time::Timestamp;
use crate::wire::zone::Zone;

/// Columns before a fact: its name.
pub const LABEL: u16 = 9;

/// A row of the detail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DetailLine {
    /// The fact's name, on its first row.
    pub label: &'static str,
    /// Whether it stands behind a name, or behind where one would be.
    pub fact: bool,
    /// What it says.
    pub text: String,
    /// What it is like.
    pub tone: Tone,
}

/// The detail, and how much of it is to be seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// Whose detail it is; stays where it is while the lines are scrolled.
    pub title: String,
    /// All lines below the title.
    pub lines: Vec<DetailLine>,
    /// How many of them can be seen at once.
    pub room: usize,
    /// The first one that is seen.
    pub top: usize,
}

impl Page {
    /// Whether it is longer than its place.
    pub fn is_long(&self) -> bool {
        self.lines.len() > self.room
    }

    /// Which lines of how many are seen, where that is not all of them: `1–6 of 14`.
    pub fn position(&self) -> Option<String> {
        let last = (self.top + self.room).min(self.lines.len());
        self.is_long().then(|| format!("{}–{last} of {}", self.top + 1, self.lines.len()))
    }

    /// The line that is the first one when the last one is seen.
    pub(super) fn end(&self) -> usize {
        self.lines.len().saturating_sub(self.room)
    }
}

/// How far the detail is scrolled, and of what: the detail of another row begins at its top.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Scroll {
    pub(super) of: Option<u64>,
    pub(super) top: usize,
}

/// Columns that stand around the position: ` · ` and, beside a table, the keys that scroll.
const POSITION: usize = 9;

/// Writes a detail, line after line.
pub struct DetailWriter {
    lines: Vec<DetailLine>,
    area: Area,
    zone: Zone,
    now: Timestamp,
}

impl DetailWriter {
    /// For this place.
    pub(super) fn new(area: Area, zone: Zone, now: Timestamp) -> DetailWriter {
        DetailWriter { lines: Vec::new(), area, zone, now }
    }

    /// The page from this line on, with its title. What the title is called is said where it is cut.
    pub(super) fn finish(mut self, title: String, label: &'static str, top: usize) -> Page {
        let room = usize::from(self.area.height.saturating_sub(1));
        let mut page = Page { title, lines: std::mem::take(&mut self.lines), room, top };
        // The position stands beside the name; a name that is cut there is said whole below.
        let beside = page.position().map_or(0, |position| width(&position) + POSITION);
        if width(&inert(&page.title)) + beside > usize::from(self.area.width) {
            self.fact(label, &page.title, Tone::Text);
            page.lines.splice(0..0, self.lines);
        }
        page.top = page.top.min(page.end());
        page
    }

    pub(super) fn line(&mut self, text: &str, tone: Tone) {
        let rows = wrap(&inert(text), self.area.width);
        self.lines.extend(rows.into_iter().map(|text| DetailLine { label: "", fact: false, text, tone }));
    }

    pub(super) fn fact(&mut self, name: &'static str, value: &str, tone: Tone) {
        let rows = wrap(&inert(value), self.area.width.saturating_sub(LABEL)).into_iter().enumerate();
        let line =
            |(row, text)| DetailLine { label: if row == 0 { name } else { "" }, fact: true, text, tone };
        self.lines.extend(rows.map(line));
    }

    pub(super) fn time(&mut self, name: &'static str, at: Option<Timestamp>, who: Option<&str>) {
        let Some(at) = at else { return };
        let age = Age { at, now: self.now };
        let by = who.map(|who| format!(" by {who}")).unwrap_or_default();
        self.fact(name, &format!("{age}{by}"), Tone::Text);
        self.fact("", &local(at, &self.zone), Tone::Dim);
        if self.zone.offset_at(at) != 0 {
            self.fact("", &utc(at), Tone::Dim);
        }
    }

    pub(super) fn used(&mut self, at: Option<Timestamp>) {
        match at {
            Some(_) => self.time("last use", at, None),
            None => self.fact("last use", "never", Tone::Text),
        }
    }

    pub(super) fn usage(&mut self, usage: Option<&Result<Vec<UsageDay>, String>>) {
        const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let days = match usage {
            None => return,
            Some(Err(why)) => return self.fact("requests", why, Tone::Bad),
            Some(Ok(days)) => days,
        };
        let sum = |of: fn(&UsageDay) -> u64| days.iter().map(of).sum::<u64>();
        let most = days.iter().map(|day| day.allowed + day.limited).max().unwrap_or(0);
        if most > 0 {
            let bars = days.iter().map(|day| {
                let uses = day.allowed + day.limited;
                BARS[(uses * 8).div_ceil(most.max(1)).min(8) as usize]
            });
            let bars: String = bars.collect();
            self.lines.push(DetailLine { label: "daily", fact: true, text: bars, tone: Tone::Good });
            self.fact("", &format!("peak {} per day", number(most)), Tone::Dim);
        }
        let (limited, refused) = (sum(|day| day.limited), sum(|day| day.refused));
        if limited + refused > 0 {
            let parts = [(limited, "rate-limited"), (refused, "refused")];
            let parts = parts.iter().filter(|(count, _)| *count > 0);
            let parts: Vec<String> = parts.map(|(count, why)| format!("{} {why}", number(*count))).collect();
            self.fact("rejected", &parts.join(", "), Tone::Warn);
        }
    }

    pub(super) fn callers(&mut self, callers: Option<&Result<Vec<Caller>, String>>) {
        match callers {
            None => {}
            Some(Err(why)) => self.fact("callers", why, Tone::Bad),
            Some(Ok(callers)) if callers.is_empty() => self.fact("callers", "no requests yet", Tone::Dim),
            Some(Ok(callers)) => {
                self.line("Recent callers", Tone::Dim);
                for caller in callers {
                    let refused = match caller.refused {
                        0 => String::new(),
                        refused => format!(", {} refused", number(refused)),
                    };
                    let age = Age { at: caller.last_at, now: self.now };
                    let requests = requests(caller.allowed);
                    self.line(&format!("{}  {requests}{refused} · {age}", caller.address), Tone::Text);
                }
            }
        }
    }
}
