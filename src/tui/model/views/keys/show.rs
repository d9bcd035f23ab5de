//! How keys are shown: columns, words, what is copied, the detail.

use super::super::{ViewLogic, no_match};
use super::KeysView;
use crate::tui::model::action::Action;
use crate::tui::model::ages::Condition;
use crate::tui::model::columns::{Cell, Column, Drawn, Placed, Shape, TakeCell, draw_row};
use crate::tui::model::dialogs::interaction::{ActFacts, Facts, Step};
use crate::tui::model::effect::Request;
use crate::tui::model::list::Row as _;
use crate::tui::model::messages::number;
use crate::tui::model::page::PageWriter;
use crate::tui::model::sheets::Rows;
use crate::tui::model::tone::Tone;
use crate::wire::keys::{Key, KeyQuery, Sort, SortBy};
use crate::wire::page::MAX_LIMIT;
use crate::wire::time::Timestamp;

/// Which column names a key's project.
const PROJECT: usize = 1;
/// Columns of a mask in its short form, `live_7kf2…x9m1`.
const SHORT_MASK: u16 = 14;

static COLUMNS: [Column<Key>; 9] = [
    // Names are what people know keys by; on the smallest screen they take what the others leave.
    Column::<Key>::new("NAME", 20, 3, 0, |key, cell| {
        let gone = condition(key, cell) == Condition::Revoked;
        cell.text(if gone { Tone::Dim } else { Tone::Text }, &key.name)
    })
    .or(16, 6)
    .sorts(SortBy::Name),
    Column::<Key>::new("PROJECT", 12, 2, 4, |key, cell| cell.text(Tone::Text, &key.project_name)).or(9, 7),
    // The mask is what other programs and reports print: whole from 80 columns on. Below, all that two masks differ
    // in stands in the short form.
    Column::<Key>::new("MASK", 30, 0, 3, |key, cell| {
        if cell.width <= SHORT_MASK {
            let (handle, last4) = (key.hint.handle(), key.hint.last4());
            cell.print(Tone::Dim, format_args!("{}_{handle}…{last4}", key.mode.as_str()))
        } else {
            cell.print(Tone::Dim, key.hint)
        }
    })
    .or(SHORT_MASK, 5),
    Column::<Key>::new("STATUS", 10, 0, 1, |key, cell| {
        let condition = condition(key, cell);
        cell.text(Tone::Condition(condition), condition.label())
    }),
    Column::<Key>::new("LAST USED", 9, 0, 0, |key, cell| cell.age_or_never(key.last_used_at))
        .sorts(SortBy::LastUsed),
    Column::<Key>::new("CREATED", 9, 0, 8, |key, cell| cell.age(Tone::Dim, key.created_at))
        .sorts(SortBy::Created),
    Column::<Key>::new("MODE", 4, 0, 9, |key, cell| cell.text(Tone::Text, key.mode.as_str())),
    Column::<Key>::new("30 DAYS", 9, 0, 10, |key, cell| cell.print(Tone::Text, key.requests30d)).right(7),
    Column::<Key>::new("CREATED BY", 12, 1, 11, |key, cell| cell.text(Tone::Dim, &key.created_by)),
];

fn condition(key: &Key, cell: &Cell<'_>) -> Condition {
    Condition::of(key, cell.facts.thresholds(), cell.facts.server_now)
}

impl KeysView {
    fn column(&self, at: usize) -> &'static Column<Key> {
        &COLUMNS[at + usize::from(self.project.is_some() && at >= PROJECT)]
    }
}

impl ViewLogic for KeysView {
    fn noun(&self) -> &'static str {
        if self.idle_days.is_some() { "stale" } else { "keys" }
    }

    fn title(&self, width: u16) -> String {
        match (&self.project, self.idle_days) {
            // What is counted and marked matters more than the words before it.
            (_, Some(days)) if width < 60 => format!("Idle over {days} days"),
            (None, None) if width < 60 => "All keys".into(),
            (_, Some(days)) => format!("Keys idle for more than {days} days"),
            (Some((_, name)), None) => format!("Keys of {name}"),
            (None, None) => "Keys of all projects".into(),
        }
    }

    fn about(&self) -> String {
        match (&self.project, self.idle_days) {
            (_, Some(days)) => format!("keys idle for more than {days} days"),
            (Some((_, name)), None) => format!("keys of {name}"),
            (None, None) => "keys of all projects".into(),
        }
    }

    fn order_words(&self) -> &'static str {
        sort_words(self.sort)
    }

    fn marked_words(&self) -> String {
        let marks = &self.marks;
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
                let why = if self.idle_days.is_some() { "not shown" } else { "hidden by the filter" };
                format!("{} marked ({} {why})", number(all as u64), number(hidden as u64))
            }
        }
    }

    fn shapes(&self) -> Vec<Shape> {
        // One of a single project needs no column for it: its title says which.
        let columns = COLUMNS.iter().enumerate().filter(|(at, _)| self.project.is_none() || *at != PROJECT);
        columns.map(|(_, column)| column.shape).collect()
    }

    fn row(&self, line: usize, placed: &[Placed], cell: &mut Cell<'_>, take: TakeCell<'_>) -> Drawn {
        let marked = |key: &Key| self.marks.has(key.id);
        draw_row(&self.list, line, placed, |at| self.column(at), marked, cell, take)
    }

    fn range(&self) -> Option<(usize, usize)> {
        self.range_lines()
    }

    fn sorts(&self, column: usize) -> Option<SortBy> {
        self.column(column).sorts
    }

    fn sort(&self) -> Result<Sort, &'static str> {
        Ok(self.sort)
    }

    fn welcomes(&self) -> bool {
        let rows = &self.list.rows;
        let nothing = rows.is_complete() && rows.all().is_empty() && self.list.filter.applied.is_empty();
        nothing && self.project.is_none() && self.idle_days.is_none()
    }

    fn empty(&self, facts: Facts<'_>) -> Vec<(Tone, String)> {
        if !self.list.filter.applied.is_empty() {
            return no_match("No key", &self.list.filter.applied, facts);
        }
        if let Some(days) = self.idle_days {
            let keys = [Action::Longer, Action::Shorter].map(|action| facts.key(action));
            return vec![
                (Tone::Text, format!("No active key has been idle for more than {days} days.")),
                (Tone::Dim, format!("{} and {} look with another threshold.", keys[0], keys[1])),
            ];
        }
        if facts.read_only.is_some() {
            return vec![(Tone::Text, "There is no key yet, and you may only look.".into())];
        }
        vec![
            (Tone::Text, "There is no key yet.".into()),
            (Tone::Dim, format!("{} makes the first key.", facts.key(Action::New))),
        ]
    }

    fn copied(&self) -> Vec<(&'static str, String)> {
        let of = |key: &Key| {
            vec![
                ("mask", key.hint.to_string()),
                ("id", key.id.to_string()),
                ("name", key.name.clone()),
                ("path", format!("{}/{}", key.project_name, key.name)),
            ]
        };
        self.list.rows.selected().map(of).unwrap_or_default()
    }

    fn hints(&self, facts: Facts<'_>) -> Vec<(Action, &'static str)> {
        let (writes, idle) = (facts.read_only.is_none(), self.idle_days.is_some());
        let mut hints = Vec::with_capacity(8);
        if writes && !idle {
            hints.push((Action::New, "new key"));
        }
        if writes {
            hints.push((Action::Revoke, "revoke"));
        }
        if idle {
            hints.extend([(Action::Longer, "longer"), (Action::Shorter, "shorter")]);
        }
        hints.push((Action::Open, if self.first_run(facts) { "first key" } else { "detail" }));
        if !idle {
            hints.push((Action::Sort, "sort"));
        }
        hints
    }

    fn page(&self, facts: Facts<'_>, page: &mut PageWriter) -> Option<String> {
        let key = self.list.rows.selected()?;
        let condition = Condition::of(key, facts.thresholds(), facts.server_now);
        let glyph = condition.label().chars().next().unwrap_or(' ');
        page.fact("status", &format!("{glyph} {}", condition.sentence()), Tone::Condition(condition));
        page.fact("project", &key.project_name, Tone::Text);
        page.line(&key.hint.to_string(), Tone::Text);
        page.fact("mode", key.mode.as_str(), Tone::Text);
        page.used(key.last_used_at);
        if let Some(from) = &key.last_used_from {
            page.fact("from", from, Tone::Text);
        }
        page.time("created", Some(key.created_at), Some(&key.created_by));
        page.time("revoked", key.revoked_at, key.revoked_by.as_deref());
        if let Some(reason) = &key.revoke_reason {
            page.fact("because", reason, Tone::Text);
        }
        if key.refused_since_revoked > 0 {
            let times = if key.refused_since_revoked == 1 { "time" } else { "times" };
            let tried =
                format!("still tried: {} {times} since it was revoked", number(key.refused_since_revoked));
            page.fact("refused", &tried, Tone::Bad);
            page.time("last try", key.last_refused_at, None);
        }
        let uses = if key.requests30d == 1 { "use" } else { "uses" };
        page.fact("30 days", &format!("{} {uses}", number(key.requests30d)), Tone::Text);
        page.line(&key.id.to_string(), Tone::Dim);
        if facts.detail.key == Some(key.id) {
            page.usage(facts.detail.usage.as_ref());
            page.callers(facts.detail.callers.as_ref());
        }
        Some(key.name.clone())
    }

    fn rows(&self) -> Option<Rows> {
        self.list.rows.all_shown().map(Rows::Keys)
    }

    fn no_rows(&self) -> Rows {
        Rows::Keys(Vec::new())
    }

    fn export(&self, cursor: Option<String>) -> Request {
        let sort = Some(Sort { by: SortBy::Created, descending: false });
        let query = self.query(&self.list.filter.applied);
        Request::Keys { query: KeyQuery { sort, limit: Some(MAX_LIMIT), cursor, ..query }, etag: None }
    }

    fn arrange(&self, rows: &mut Rows, _: Timestamp) {
        if let Rows::Keys(rows) = rows {
            rows.sort_by(|one, other| one.order(other, self.list.rows.sort));
        }
    }

    fn act(&mut self, facts: ActFacts<'_>, action: Action) -> Option<Vec<Step>> {
        self.do_action(facts, action)
    }

    fn stop_gathering(&mut self) -> Vec<Step> {
        self.stop_loading_marks()
    }

    fn keys(&self) -> Option<&KeysView> {
        Some(self)
    }

    fn keys_mut(&mut self) -> Option<&mut KeysView> {
        Some(self)
    }
}

/// An order in words.
pub fn sort_words(sort: Sort) -> &'static str {
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
