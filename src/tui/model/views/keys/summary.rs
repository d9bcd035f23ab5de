//! The summary of stale keys: how many there are, how many of them unused, and who created them.

use std::time::Duration;

use super::KeysView;
use crate::tui::model::effect::Request;
use crate::tui::model::event::Reply;
use crate::tui::model::messages::number;
use crate::tui::wrap::width;
use crate::wire::key_groups::{GroupBy, KeyGroupQuery, KeyGroups};
use crate::wire::time::Timestamp;

/// While rows keep changing, the server is asked for new counts at most this often.
const EVERY: Duration = Duration::from_secs(2);

/// More loaded rows than these are not counted at each change.
const MAX_COUNTED_ROWS: usize = 2_000;

/// A line names few creators; the sums are of all.
const CREATORS: u32 = 10;

/// What is known of the keys of the list.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Summary {
    /// What was counted, or is being counted, and the generation of the rows then.
    of: Option<(KeyGroupQuery, u64)>,
    groups: Option<KeyGroups>,
    asked: Option<Timestamp>,
    failed: bool,
    /// Keys have changed that may not be loaded.
    pub(super) old: bool,
}

/// What of the list and its summary is awaited.
#[derive(Clone, Copy, Debug)]
pub struct Awaited {
    /// Its first page.
    pub rows: bool,
    /// Its counts.
    pub counts: bool,
    /// The loaded rows are those that its filter is about.
    pub fit: bool,
}

/// The result of an update of the summary.
#[derive(Clone, PartialEq, Debug)]
pub enum Summed {
    /// It is as it was.
    Same,
    /// It is another one; what was asked for it is no longer wanted.
    Changed,
    /// The server has to count.
    Ask(Request),
}

impl KeysView {
    /// Keeps the summary up to date; only stale keys have one.
    pub fn summarise(&mut self, now: Timestamp, server_now: Timestamp, awaited: Awaited) -> Summed {
        if self.idle_days.is_none() {
            return Summed::Same;
        }
        let (query, generation) = (self.group_query(GroupBy::Creator), self.list.generation);
        let same = self.summary.of.as_ref().is_some_and(|(of, _)| *of == query);
        if !self.list.rows.is_loaded() || awaited.rows {
            // The rows are others soon.
            if !same {
                self.summary = Summary::default();
            }
            return Summed::Same;
        }
        let of = Some((query, generation));
        if !self.summary.old && self.summary.of == of {
            return Summed::Same;
        }
        let soon = self.summary.asked.is_some_and(|at| now >= at && at.age(now) < EVERY);
        if same && soon && self.list.rows.all().len() > MAX_COUNTED_ROWS {
            return Summed::Same;
        }
        let local = if awaited.fit { self.groups(GroupBy::Creator, server_now) } else { None };
        if local.is_some() {
            let changed = self.summary.groups != local || awaited.counts;
            self.summary = Summary { of, groups: local, asked: Some(now), ..Summary::default() };
            return if changed { Summed::Changed } else { Summed::Same };
        }
        if same && (awaited.counts || soon) {
            return Summed::Same;
        }
        let groups = self.summary.groups.take().filter(|_| same);
        self.summary = Summary { of, groups, asked: Some(now), ..Summary::default() };
        let query = KeyGroupQuery { limit: Some(CREATORS), ..self.group_query(GroupBy::Creator) };
        Summed::Ask(Request::KeyGroups(query))
    }

    /// The counts came, or did not: then the table is complete without them.
    pub fn summarised(&mut self, reply: Option<Reply>) {
        match reply {
            Some(Reply::KeyGroups(groups)) => self.summary.groups = Some(groups),
            _ => self.summary.failed = true,
        }
    }

    /// The summary: `32 keys, 7 unused · dana 12 · ci-bot 9 · 11 by 3 others`. Empty where there is none.
    pub(super) fn summary_text(&self, room: usize) -> String {
        let counted = self.summary.of.is_some() && !self.summary.failed && self.list.rows.is_loaded();
        match &self.summary.groups {
            _ if !counted => String::new(),
            None => "counting keys…".to_owned(),
            Some(groups) if groups.keys == 0 => String::new(),
            Some(groups) => words(groups, room),
        }
    }
}

/// The sums, then as many creators as fit.
fn words(groups: &KeyGroups, room: usize) -> String {
    let keys = if groups.keys == 1 { "key" } else { "keys" };
    let mut text = format!("{} {keys}, {} unused", number(groups.keys), number(groups.unused));
    let names: Vec<&str> = groups.items.iter().map(|group| short(&group.group)).collect();
    let rest = |named: usize| -> String {
        let keys: u64 = groups.items[..named].iter().map(|group| group.keys).sum();
        match groups.total - named as u64 {
            0 => String::new(),
            1 => format!(" · {} by 1 other", number(groups.keys - keys)),
            others => format!(" · {} by {} others", number(groups.keys - keys), number(others)),
        }
    };
    let mut named = 0;
    for (at, group) in groups.items.iter().enumerate() {
        // The kind of a creator is said where two have the same name.
        let unique = names.iter().filter(|name| **name == names[at]).count() == 1;
        let name = if unique { names[at] } else { &group.group };
        let longer = format!("{text} · {name} {}", number(group.keys));
        if width(&longer) + width(&rest(at + 1)) > room {
            break;
        }
        (text, named) = (longer, at + 1);
    }
    let rest = rest(named);
    if named == 0 || width(&text) + width(&rest) > room { text } else { text + &rest }
}

/// The name of a creator without its kind.
fn short(creator: &str) -> &str {
    creator.split_once(':').map_or(creator, |(_, name)| name)
}
