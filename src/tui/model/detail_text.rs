//! The detail of the selected row as lines, in sections: absolute times in local time and UTC beside each age, callers.
//! Update scrolls through them and view draws them, so both have them from here.

use std::num::NonZeroU32;

use super::ages::{Age, Due, When, late_words, local, utc};
use super::messages::{number, requests};
use super::tone::Tone;
use super::wording::{refused_words, still_sending};
use crate::tui::layout::Area;
use crate::tui::wrap::{width, wrap};
use crate::wire::findings::{Finding, FindingCode, Severity};
use crate::wire::keys::{Caller, Key, Status};
use crate::wire::rotations::{Rotation, RotationState};
use crate::wire::text::inert;
use crate::wire::time::{Timestamp, date_alone};
use crate::wire::zone::Zone;

/// The title of the section that says how a key is.
pub(super) const STATE: &str = "State";
/// Columns before a value: its name.
const LABEL: u16 = 10;
/// Callers that are shown beside a table.
const CALLERS: usize = 8;
/// From this width on, sections stand side by side.
const SIDE_BY_SIDE: u16 = 110;
/// Blank columns between them.
const GAP: u16 = 3;
/// From this height on, a blank line separates sections.
const AIRY: u16 = 30;

/// A line of the detail: texts side by side, each with its own tone.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DetailLine {
    /// From the left.
    pub parts: Vec<(Tone, String)>,
}

impl DetailLine {
    pub(super) fn of(tone: Tone, text: impl Into<String>) -> DetailLine {
        DetailLine { parts: vec![(tone, text.into())] }
    }

    /// A name and its value; a name that is empty continues the value of the line before.
    pub(super) fn named(name: &str, tone: Tone, value: String) -> DetailLine {
        let label = format!("{name:<width$}", width = usize::from(LABEL));
        DetailLine { parts: vec![(Tone::Text, label), (tone, value)] }
    }

    /// How many columns it takes.
    pub(super) fn width(&self) -> usize {
        self.parts.iter().map(|(_, text)| width(text)).sum()
    }
}

/// Where a section goes when there is room for two side by side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    /// The left half.
    Left,
    /// The right half.
    Right,
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

/// How many requests with a key were refused since it was `paused` or `revoked`, and when the last was; none where
/// there was none.
pub(in crate::tui) fn tried_words(key: &Key, since: &str, absolute: bool, now: Timestamp) -> Option<String> {
    let refused =
        if key.status == Status::Paused { key.refused_since_paused } else { key.refused_since_revoked };
    let last = key.last_refused_at.map(|at| format!(", the last {}", When { at, now, absolute }));
    (refused > 0).then(|| format!("{} since it was {since}{}", requests(refused), last.unwrap_or_default()))
}

/// How a severity looks, beside its word.
pub(super) const fn severity_tone(severity: Severity) -> Tone {
    match severity {
        Severity::High => Tone::Bad,
        Severity::Medium => Tone::Warn,
        Severity::Low | Severity::Other(_) => Tone::Text,
    }
}

/// Writes a detail, line after line.
pub struct DetailWriter {
    left: Vec<DetailLine>,
    right: Vec<DetailLine>,
    side: Side,
    area: Area,
    zone: Zone,
    now: Timestamp,
    absolute: bool,
    /// It has the screen for itself.
    pub(super) alone: bool,
    /// It has no sections that could stand side by side.
    undivided: bool,
}

impl DetailWriter {
    /// For this place. Times are seen from the server's `now`, as ages or `absolute`.
    pub(super) fn new(area: Area, zone: Zone, (now, absolute): (Timestamp, bool)) -> DetailWriter {
        let (left, right, side) = (Vec::new(), Vec::new(), Side::Left);
        DetailWriter { left, right, side, area, zone, now, absolute, alone: false, undivided: false }
    }

    /// Its lines have the whole width, however wide that is.
    pub(super) fn undivided(&mut self) {
        self.undivided = true;
    }

    /// A time as it is shown on a line with something else.
    pub(super) fn when(&self, at: Timestamp) -> When {
        When { at, now: self.now, absolute: self.absolute }
    }

    /// The page from this line on, with its title. A title that is cut is repeated below, named by `label`.
    pub(super) fn finish(mut self, title: String, label: &'static str, top: usize) -> Page {
        let room = usize::from(self.area.height.saturating_sub(1));
        let right = std::mem::take(&mut self.right);
        let mut lines = std::mem::take(&mut self.left);
        let left = usize::from(self.widths().0);
        lines.resize(lines.len().max(right.len()), DetailLine::default());
        for (line, beside) in lines.iter_mut().zip(right) {
            let blank = (left + usize::from(GAP)).saturating_sub(line.width());
            line.parts.push((Tone::Text, " ".repeat(blank)));
            line.parts.extend(beside.parts);
        }
        let mut page = Page { title, lines, room, top };
        // The position stands beside the name; a name that is cut there is said whole below.
        let beside = page.position().map_or(0, |position| width(&position) + POSITION);
        if width(&inert(&page.title)) + beside > usize::from(self.area.width) {
            self.side = Side::Left;
            self.fact(label, &page.title, Tone::Text);
            page.lines.splice(0..0, self.left);
        }
        page.top = page.top.min(page.end());
        page
    }

    /// Columns of the left and of the right half; all of them are the left one where there is room for one.
    fn widths(&self) -> (u16, u16) {
        let all = self.area.width;
        if self.undivided || all < SIDE_BY_SIDE {
            return (all, 0);
        }
        let left = (all * 2 / 5).max(48);
        (left, all - left - GAP)
    }

    /// Whether sections stand side by side.
    pub(super) fn is_wide(&self) -> bool {
        self.widths().1 > 0
    }

    /// Columns of the lines that are being written.
    pub(super) fn width(&self) -> u16 {
        match self.side {
            Side::Left => self.widths().0,
            Side::Right => self.widths().1,
        }
    }

    /// Rows of the detail without its title.
    pub(super) fn height(&self) -> u16 {
        self.area.height.saturating_sub(1)
    }

    /// Whether times are shown, not ages.
    pub(super) fn absolute(&self) -> bool {
        self.absolute
    }

    /// The server's time.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    fn lines(&mut self) -> &mut Vec<DetailLine> {
        match self.side {
            Side::Left => &mut self.left,
            Side::Right => &mut self.right,
        }
    }

    /// Begins a section. Its side matters only where there is room for two.
    pub(super) fn section(&mut self, name: &'static str, side: Side) {
        self.side = if self.is_wide() { side } else { Side::Left };
        if self.area.height >= AIRY && !self.lines().is_empty() {
            self.push(DetailLine::default());
        }
        let rule = usize::from(self.width()).saturating_sub(width(name) + 1);
        let rule = format!(" {}", "─".repeat(rule));
        self.push(DetailLine { parts: vec![(Tone::Title, name.to_owned()), (Tone::Dim, rule)] });
    }

    pub(super) fn push(&mut self, line: DetailLine) {
        self.lines().push(line);
    }

    pub(super) fn line(&mut self, text: &str, tone: Tone) {
        for text in wrap(&inert(text), self.width()) {
            self.push(DetailLine::of(tone, text));
        }
    }

    /// A name and its value. A value without blanks that has no room beside its name has lines of their own.
    pub(super) fn fact(&mut self, name: &'static str, value: &str, tone: Tone) {
        let value = inert(value);
        let room = self.width().saturating_sub(LABEL);
        if width(&value) > room.into() && !value.contains(' ') && !name.is_empty() {
            self.push(DetailLine::of(Tone::Text, name));
            let indent = usize::from(self.width()).saturating_sub(width(&value)).min(2);
            for text in wrap(&value, self.width()) {
                self.push(DetailLine::of(tone, format!("{}{text}", " ".repeat(indent))));
            }
            return;
        }
        for (row, text) in wrap(&value, room).into_iter().enumerate() {
            self.push(DetailLine::named(if row == 0 { name } else { "" }, tone, text));
        }
    }

    /// What happened at a time; where it is broken, it continues below itself.
    pub(super) fn entry(&mut self, when: &str, what: &str) {
        let label = (width(when) + 2).max(LABEL.into());
        let room = usize::from(self.width()).saturating_sub(label).max(1);
        for (row, text) in wrap(&inert(what), room as u16).into_iter().enumerate() {
            let when = if row == 0 { when } else { "" };
            self.push(DetailLine::of(Tone::Text, format!("{when:<label$}{text}")));
        }
    }

    /// A time: how long ago, and when exactly, in local time and UTC; on as few lines as they fit.
    pub(super) fn time(&mut self, name: &'static str, at: Option<Timestamp>, who: Option<&str>) {
        let Some(at) = at else { return };
        let age = Age { at, now: self.now };
        let by = who.map(|who| format!(" by {who}")).unwrap_or_default();
        if self.absolute {
            return self.fact(name, &format!("{}{by}", utc(at)), Tone::Text);
        }
        let mut parts = vec![format!("{age}{}", inert(&by)), local(at, &self.zone)];
        if self.zone.offset_at(at) != 0 {
            parts.push(utc(at));
        }
        self.parts(name, parts, " · ");
    }

    /// A value of parts, on as few lines as they fit: a line ends between two of them.
    pub(super) fn parts(
        &mut self,
        name: &'static str,
        parts: impl IntoIterator<Item = String>,
        between: &str,
    ) {
        let room = usize::from(self.width().saturating_sub(LABEL));
        let mut rows: Vec<String> = Vec::new();
        for part in parts {
            match rows.last_mut() {
                Some(row) if width(row) + width(between) + width(&part) <= room => {
                    row.push_str(between);
                    row.push_str(&part);
                }
                _ => rows.push(part),
            }
        }
        for (row, text) in rows.iter().enumerate() {
            self.fact(if row == 0 { name } else { "" }, text, Tone::Text);
        }
    }

    /// A time by which something is due: how long until then or since then, and when exactly.
    pub(super) fn due(&mut self, name: &'static str, at: Option<Timestamp>) {
        let Some(at) = at else { return };
        let (passed, due) = Due { at, now: self.now, absolute: false }.label();
        let words = match (self.absolute, passed) {
            (true, true) => format!("▲ {}", date_alone(at).unwrap_or_else(|| utc(at))),
            (true, false) => date_alone(at).unwrap_or_else(|| utc(at)),
            // The end of a day in UTC is another day elsewhere, and not what was typed.
            (false, _) => format!("{due} · {}", date_alone(at).unwrap_or_else(|| local(at, &self.zone))),
        };
        let tone = if passed { Tone::Bad } else { Tone::Text };
        self.fact(name, &words, tone);
    }

    /// The last use, and by how much the real one may be later where that is known.
    pub(super) fn used(&mut self, at: Option<Timestamp>, late: Option<NonZeroU32>) {
        match at {
            Some(_) => self.time("last used", at, None),
            None => self.fact("last used", "never", Tone::Text),
        }
        if let Some(words) = late_words(at, late, self.now) {
            self.fact("", &words, Tone::Text);
        }
    }

    /// Something that was done at a time, on one line: how long ago, by whom, and why.
    pub(super) fn done(&mut self, name: &'static str, at: Timestamp, by: Option<&str>, why: Option<&str>) {
        let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        self.fact(name, &format!("{}{by}{why}", self.when(at)), Tone::Text);
    }

    /// What a reviewer should look at, the most severe first.
    pub(super) fn findings(&mut self, findings: &[Finding]) {
        // How long a key has not been used says also that it never was.
        let exact = |finding: &Finding| matches!(finding.code, FindingCode::Stale | FindingCode::Idle);
        let said = |finding: &Finding| finding.code == FindingCode::NeverUsed && findings.iter().any(exact);
        for finding in findings.iter().filter(|finding| !said(finding)) {
            let tone = severity_tone(finding.severity);
            let label = usize::from(LABEL);
            let severity = inert(finding.severity.as_str());
            let room = self.width().saturating_sub(LABEL);
            for (row, text) in wrap(&inert(&finding.text), room).into_iter().enumerate() {
                let severity = if row == 0 { &*severity } else { "" };
                let parts = vec![(tone, format!("{severity:<label$}")), (Tone::Text, text)];
                self.push(DetailLine { parts });
            }
        }
    }

    /// How far the guided rotation is in which the key replaces another; `old` is the name of that one, `guide` the
    /// keys that show more.
    pub(super) fn replacing(&mut self, rotation: &Rotation, old: &str, guide: &str) {
        let callers = still_using(rotation);
        let (words, tone) = match rotation.state {
            RotationState::Pending => (format!("guided; replace {old} with this key"), Tone::Text),
            RotationState::ReplacementUsed => (format!("guided; {callers} {old}"), Tone::Text),
            RotationState::Quiet => (format!("guided; {old} can be revoked"), Tone::Warn),
            RotationState::Done | RotationState::Cancelled | RotationState::Other(_) => return,
        };
        let more = if guide.is_empty() { String::new() } else { format!(" ({guide} opens the guide)") };
        self.fact("rotation", &format!("{words}{more}"), tone);
    }

    /// How far the guided rotation of the key is; `guide` is the key that shows more.
    pub(super) fn rotation(&mut self, rotation: &Rotation, guide: &str) {
        let new = rotation.replacement_name.as_deref().unwrap_or("the replacement");
        let callers = still_using(rotation);
        let (words, tone) = match rotation.state {
            RotationState::Pending if rotation.replacement.is_none() => {
                ("guided; there is no replacement".to_owned(), Tone::Warn)
            }
            RotationState::Pending => (format!("guided; {new} has never been used"), Tone::Text),
            RotationState::ReplacementUsed => {
                (format!("guided; {new} is in use, {callers} this key"), Tone::Text)
            }
            RotationState::Quiet => (format!("guided; only {new} is in use, revoke this key"), Tone::Warn),
            RotationState::Done | RotationState::Cancelled | RotationState::Other(_) => return,
        };
        let more = match (guide, rotation.has_replacement()) {
            ("", _) => String::new(),
            (_, true) => format!(" ({guide} opens the guide)"),
            (_, false) => format!(" ({guide} creates one)"),
        };
        self.fact("rotation", &format!("{words}{more}"), tone);
    }

    /// Who uses the key: beside a table the latest; `all` is the key that shows the others too.
    pub(super) fn callers(&mut self, key: &Key, callers: Option<&Result<Vec<Caller>, String>>, all: &str) {
        match callers {
            None => self.line("Loading…", Tone::Dim),
            Some(Err(why)) => self.line(why, Tone::Bad),
            Some(Ok(callers)) if callers.is_empty() => match (key.last_used_at, &key.last_used_from) {
                (None, _) => self.line("No requests yet.", Tone::Text),
                (Some(_), None) => self.line("Not known yet.", Tone::Text),
                (Some(at), Some(from)) => {
                    let when = self.when(at);
                    self.line(&format!("{from}  {when}"), Tone::Text);
                }
            },
            Some(Ok(callers)) => {
                let sending = still_sending(key, callers).map_or(0, |sending| sending.len());
                if sending > 0 {
                    self.line(&format!("▲ {}.", refused_words(sending)), Tone::Bad);
                }
                // One line that says that there is another caller could as well say which.
                let few = !self.alone && callers.len() > CALLERS + 1 && !all.is_empty();
                let count = if few { CALLERS } else { callers.len() };
                for caller in &callers[..count] {
                    let sent = match (caller.allowed, caller.refused) {
                        (allowed, 0) => requests(allowed),
                        (0, refused) => format!("{} refused", requests(refused)),
                        (allowed, refused) => format!("{}, {} refused", requests(allowed), number(refused)),
                    };
                    let when = self.when(caller.last_at);
                    self.line(&format!("{}  {sent} · {when}", caller.address), Tone::Text);
                }
                if few {
                    let words = format!("…and {} more · {all} all callers", callers.len() - count);
                    self.line(&words, Tone::Text);
                }
            }
        }
    }
}

/// How many callers have not moved to the replacement, before the name of the old key: `3 callers still use`.
fn still_using(rotation: &Rotation) -> String {
    match rotation.callers.len() {
        1 => "1 caller still uses".to_owned(),
        callers => format!("{callers} callers still use"),
    }
}
