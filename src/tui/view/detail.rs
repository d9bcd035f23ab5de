//! The detail of the selected row: absolute times in local and UTC beside each age, callers, use by day.

use ratatui::style::Style;

use super::audit;
use super::canvas::{Canvas, number};
use super::keys::condition_style;
use super::theme::Theme;
use crate::tui::layout::Area;
use crate::tui::model::ages::{Age, Condition, local, utc};
use crate::tui::model::{State, View};
use crate::wire::keys::{Caller, Key, UsageDay};
use crate::wire::time::Timestamp;

/// Writes line after line into the pane.
struct Pane<'a, 'b> {
    canvas: &'a mut Canvas<'b>,
    area: Area,
    y: u16,
    theme: &'a Theme,
    offset: i32,
    now: Timestamp,
}

impl Pane<'_, '_> {
    fn line(&mut self, text: &str, style: Style) {
        if self.y < self.area.y + self.area.height {
            self.canvas.text(self.area.x, self.y, self.area.width, text, style);
        }
        self.y += 1;
    }

    fn fact(&mut self, name: &str, value: &str, style: Style) {
        if self.y < self.area.y + self.area.height {
            let label = 9.min(self.area.width);
            self.canvas.text(self.area.x, self.y, label, name, self.theme.dim);
            let left = self.area.height - (self.y - self.area.y);
            let place = Area {
                x: self.area.x + label,
                y: self.y,
                width: self.area.width - label,
                height: left.min(3),
            };
            let used = self.canvas.wrapped(place, value, style);
            self.y += used.saturating_sub(1);
        }
        self.y += 1;
    }

    fn time(&mut self, name: &str, at: Option<Timestamp>, who: Option<&str>) {
        let Some(at) = at else { return };
        let age = Age { at, now: self.now };
        let by = who.map(|who| format!(" by {who}")).unwrap_or_default();
        self.fact(name, &format!("{age}{by}"), self.theme.text);
        self.fact("", &local(at, self.offset), self.theme.dim);
        if self.offset != 0 {
            self.fact("", &utc(at), self.theme.dim);
        }
    }
}

/// Draws the detail of what is selected in the view.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Area, state: &State, theme: &Theme) {
    let now = state.server_now();
    let mut pane = Pane { canvas, area, y: area.y, theme, offset: state.setup.utc_offset, now };
    match state.view {
        View::Keys | View::Stale => match state.selected_key() {
            Some(key) => of_key(&mut pane, state, key),
            None => pane.line("Detail", theme.title),
        },
        View::Projects => of_project(&mut pane, state),
        View::Audit => of_event(&mut pane, state),
    }
}

fn of_key(pane: &mut Pane<'_, '_>, state: &State, key: &Key) {
    let theme = pane.theme;
    pane.line(&key.name, theme.title);
    let condition = Condition::of(key, state.link.thresholds(), pane.now);
    let glyph = condition.label().chars().next().unwrap_or(' ');
    pane.fact("status", &format!("{glyph} {}", condition.sentence()), condition_style(condition, theme));
    pane.fact("project", &key.project_name, theme.text);
    pane.line(&key.hint.to_string(), theme.text);
    pane.fact("mode", key.mode.as_str(), theme.text);
    match key.last_used_at {
        Some(_) => pane.time("used", key.last_used_at, None),
        None => pane.fact("used", "never", theme.text),
    }
    if let Some(from) = &key.last_used_from {
        pane.fact("from", from, theme.text);
    }
    pane.time("created", Some(key.created_at), Some(&key.created_by));
    pane.time("revoked", key.revoked_at, key.revoked_by.as_deref());
    if let Some(reason) = &key.revoke_reason {
        pane.fact("because", reason, theme.text);
    }
    if key.refused_since_revoked > 0 {
        let times = if key.refused_since_revoked == 1 { "time" } else { "times" };
        let tried =
            format!("still tried: {} {times} since it was revoked", number(key.refused_since_revoked));
        pane.fact("refused", &tried, theme.bad);
        pane.time("last try", key.last_refused_at, None);
    }
    let uses = if key.requests30d == 1 { "use" } else { "uses" };
    pane.fact("30 days", &format!("{} {uses}", number(key.requests30d)), theme.text);
    pane.line(&key.id.to_string(), theme.dim);
    if state.detail.key == Some(key.id) {
        usage(pane, state.detail.usage.as_ref());
        callers(pane, state.detail.callers.as_ref());
    }
}

fn usage(pane: &mut Pane<'_, '_>, usage: Option<&Result<Vec<UsageDay>, String>>) {
    const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let theme = pane.theme;
    let days = match usage {
        None => return,
        Some(Err(why)) => return pane.fact("use", why, theme.bad),
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
        pane.fact("by day", &bars, theme.good);
        pane.fact("", &format!("most on a day: {}", number(most)), theme.dim);
    }
    let (limited, refused) = (sum(|day| day.limited), sum(|day| day.refused));
    if limited + refused > 0 {
        let words = format!("{} over the limit, {} refused", number(limited), number(refused));
        pane.fact("of these", &words, theme.warn);
    }
}

fn callers(pane: &mut Pane<'_, '_>, callers: Option<&Result<Vec<Caller>, String>>) {
    let theme = pane.theme;
    match callers {
        None => {}
        Some(Err(why)) => pane.fact("callers", why, theme.bad),
        Some(Ok(callers)) if callers.is_empty() => pane.fact("callers", "none yet", theme.dim),
        Some(Ok(callers)) => {
            pane.line("callers, latest first", theme.dim);
            for caller in callers {
                let now = pane.now;
                let refused = match caller.refused {
                    0 => String::new(),
                    refused => format!(", {} refused", number(refused)),
                };
                let age = Age { at: caller.last_at, now };
                let words = format!("{}  {age}, {} allowed{refused}", caller.address, number(caller.allowed));
                pane.line(&words, theme.text);
            }
        }
    }
}

fn of_project(pane: &mut Pane<'_, '_>, state: &State) {
    let theme = pane.theme;
    let Some(project) = state.projects.rows.selected() else { return pane.line("Detail", theme.title) };
    pane.line(&project.name, theme.title);
    let keys = project.keys;
    pane.fact(
        "keys",
        &format!("{} active, {} revoked", number(keys.active), number(keys.revoked)),
        theme.text,
    );
    match keys.stale {
        0 => pane.fact("stale", "none", theme.text),
        stale => pane.fact("stale", &format!("▲ {} not used for long", number(stale)), theme.bad),
    }
    match project.last_used_at {
        Some(_) => pane.time("used", project.last_used_at, None),
        None => pane.fact("used", "never", theme.text),
    }
    pane.time("created", Some(project.created_at), None);
    pane.fact("rules", &number(project.rules), theme.text);
    let version =
        project.live_version.map_or("nothing deployed yet".into(), |version| format!("version {version}"));
    pane.fact("deployed", &version, theme.text);
    pane.line(&project.id.to_string(), theme.dim);
}

fn of_event(pane: &mut Pane<'_, '_>, state: &State) {
    let theme = pane.theme;
    let Some(event) = state.audit.rows.selected() else { return pane.line("Detail", theme.title) };
    pane.line(&format!("{} {}", event.seq, event.action), theme.title);
    pane.time("at", Some(event.at), Some(&event.actor));
    pane.fact("about", &audit::about(state, event), theme.text);
    if let Some(project) = event.project {
        pane.fact("project", &project.to_string(), theme.text);
    }
    if let Some(key) = event.key {
        pane.fact("key", &key.to_string(), theme.text);
    }
    pane.fact("hash", &event.hash, theme.dim);
    pane.fact("after", &event.previous_hash, theme.dim);
}
