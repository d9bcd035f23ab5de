//! Lists of keys: of a project, of all, and of those that nobody has used for long.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::super::action::Action;
use super::super::ages::Condition;
use super::super::columns::{Cell, Column, Drawn, Placed, Shape, TakeCell, draw_row};
use super::super::dialogs::export::Rows;
use super::super::effect::Request;
use super::super::event::Reply;
use super::super::interaction::{Facts, Naming, OpenDialog, Step};
use super::super::list::marks::Marks;
use super::super::list::{Becomes, Entry, Filtered, List, ListChange, Row, Slot, Window};
use super::super::messages::{Level, number};
use super::super::news::{News, is_renamed, key_after};
use super::super::page::PageWriter;
use super::super::tone::Tone;
use super::{PAGE, ViewLogic, no_match};
use crate::wire::events::Use;
use crate::wire::filter::{AsOf, Filter, push_haystack};
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::{Key, KeyQuery, Sort, SortBy, Status, StatusQuery};
use crate::wire::page::MAX_LIMIT;
use crate::wire::session::Thresholds;
use crate::wire::shared::{Pool, Shared};
use crate::wire::text::fold;
use crate::wire::time::Timestamp;

/// The thresholds that `+` and `-` go through, in days.
pub const IDLE_DAYS: [u32; 7] = [7, 14, 30, 60, 90, 180, 365];

/// A list of keys with its filter and its order.
#[derive(Clone, PartialEq, Debug)]
pub struct KeysView {
    /// The keys.
    pub list: Filtered<Key>,
    /// Of this project alone, with its name.
    pub project: Option<(ProjectId, String)>,
    /// Only active keys that have been idle for longer than so many days.
    pub idle_days: Option<u32>,
    /// The order wanted; the rows have it once they have come.
    pub sort: Sort,
    /// Keys that are to be acted on together.
    pub marks: Marks,
    /// Texts that many of the rows have alike.
    texts: Pool,
}

impl Row for Key {
    type Id = KeyId;

    fn id(&self) -> KeyId {
        self.id
    }

    fn order(&self, other: &Key, sort: Sort) -> Ordering {
        let used = |key: &Key| key.last_used_at.map_or(0, Timestamp::millis);
        let by = match sort.by {
            SortBy::Name => fold(&self.name).cmp(&fold(&other.name)),
            SortBy::Created => self.created_at.cmp(&other.created_at),
            SortBy::LastUsed => used(self).cmp(&used(other)),
            SortBy::Idle => self.idle_since().cmp(&other.idle_since()),
        };
        let order = by.then_with(|| self.id.cmp(&other.id));
        // The longest idle time is the smallest time.
        if sort.descending == (sort.by == SortBy::Idle) { order } else { order.reverse() }
    }
}

impl Entry for Key {
    type Query = Filter;
    type Names = ();

    fn push_text(&self, texts: &mut String) {
        push_haystack(texts, self);
    }

    fn names(_: &[Key]) {}

    fn passes(&self, query: &Filter, text: &str, (): &(), as_of: AsOf) -> bool {
        query.matches_haystack(text, self, as_of)
    }

    fn narrows(query: &Filter, older: &Filter) -> bool {
        query.narrows(older)
    }
}

impl KeysView {
    /// All keys, the newest first.
    pub fn all() -> KeysView {
        KeysView::with(Sort { by: SortBy::Created, descending: true }, None)
    }

    /// Keys that have been idle for so many days, the longest first.
    pub fn stale(days: u32) -> KeysView {
        KeysView::with(Sort { by: SortBy::Idle, descending: true }, Some(days))
    }

    fn with(sort: Sort, idle_days: Option<u32>) -> KeysView {
        KeysView {
            list: Filtered::new(sort),
            project: None,
            idle_days,
            sort,
            marks: Marks::default(),
            texts: Pool::default(),
        }
    }

    /// The server has these thresholds: what the filter shows may be something else then.
    pub fn set_thresholds(&mut self, thresholds: Thresholds, now: Timestamp) {
        if self.list.set_thresholds(thresholds, now) {
            self.marks.set_thresholds(thresholds, now);
        }
    }

    /// Forgets the rows and the marks: another project, another threshold.
    pub fn reset(&mut self) {
        self.marks.clear();
        self.list.reset(self.sort);
        self.texts = Pool::default();
    }

    /// Whether the loaded rows are all keys that there are.
    pub fn holds_all(&self) -> bool {
        let unbound = self.project.is_none() && self.idle_days.is_none() && self.list.filter.asked.is_empty();
        unbound && self.list.rows.is_complete()
    }

    /// A filter together with the list's own.
    pub fn filter_text(&self, words: &str) -> String {
        match (self.idle_days, words) {
            (None, text) => text.to_owned(),
            (Some(days), "") => format!("idle>{days}d"),
            (Some(days), text) => format!("idle>{days}d {text}"),
        }
    }

    /// Which keys the list holds, of those on the server, with this filter.
    pub fn query(&self, filter: &str) -> KeyQuery {
        KeyQuery {
            filter: self.filter_text(filter),
            project: self.project.as_ref().map(|(id, _)| *id),
            status: Some(if self.idle_days.is_some() { StatusQuery::Active } else { StatusQuery::All }),
            ..KeyQuery::default()
        }
    }

    /// Puts a changed key in its place.
    pub fn replace(&mut self, key: &Key, now: Timestamp) {
        self.marks.learn(key, now);
        self.list.replace(key, now);
    }

    /// Many keys were revoked: when, by whom and why.
    pub fn revoked(&mut self, ids: &HashSet<KeyId>, how: (Timestamp, Option<&str>, Option<&str>)) {
        let (now, by, reason) = how;
        let by = by.map(Shared::from);
        let changed = self.list.rows.change(|key| {
            let revoked = ids.contains(&key.id);
            if revoked {
                (key.status, key.revoked_at) = (Status::Revoked, Some(now));
                (key.revoked_by, key.revoke_reason) = (by.clone(), reason.map(Into::into));
            }
            revoked
        });
        if changed {
            self.list.changed(now, false);
        }
    }

    /// Takes a new key in, if it belongs here and its place is loaded. Says whether it is to be seen.
    pub fn insert(&mut self, key: &Key, now: Timestamp) -> bool {
        let here =
            self.idle_days.is_none() && self.project.as_ref().is_none_or(|(id, _)| *id == key.project_id);
        here && self.list.query().matches(key, self.list.as_of(now)) && self.list.insert(key.clone(), now)
    }

    /// Shows the keys of all projects again. Says whether they were those of one.
    pub fn leave_project(&mut self) -> bool {
        let left = self.project.take().is_some();
        if left {
            self.reset();
        }
        left
    }

    fn column(&self, at: usize) -> &'static Column<Key> {
        &COLUMNS[at + usize::from(self.project.is_some() && at >= PROJECT)]
    }

    /// Finds out which marked keys the list does not show.
    fn judge_marks(&mut self, now: Timestamp) {
        self.marks.judge(&self.filter_text(&self.list.filter.applied), now);
    }

    /// The next longer or shorter threshold; none at the end of the scale.
    pub fn next_threshold(&self, longer: bool) -> Option<u32> {
        let days = self.idle_days?;
        if longer {
            IDLE_DAYS.into_iter().find(|next| *next > days)
        } else {
            IDLE_DAYS.into_iter().rev().find(|next| *next < days)
        }
    }
}

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
    Column::<Key>::new("BY", 12, 1, 11, |key, cell| cell.text(Tone::Dim, &key.created_by)),
];

fn condition(key: &Key, cell: &Cell<'_>) -> Condition {
    Condition::of(key, cell.facts.thresholds(), cell.facts.server_now)
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

    fn act(&self, _: Facts<'_>, action: Action) -> Option<Vec<Step>> {
        let selected = self.list.rows.selected().filter(|_| action == Action::Rename)?;
        let step = if selected.status == Status::Revoked {
            Step::Say(Level::Info, "a revoked key keeps its name, for audits".into())
        } else {
            Step::Open(OpenDialog::Name(Naming::Key(selected.id, selected.name.clone())))
        };
        Some(vec![step])
    }

    fn keys(&self) -> Option<&KeysView> {
        Some(self)
    }

    fn keys_mut(&mut self) -> Option<&mut KeysView> {
        Some(self)
    }
}

impl List for KeysView {
    fn window(&self) -> &dyn Window {
        &self.list
    }

    fn window_mut(&mut self) -> &mut dyn Window {
        &mut self.list
    }

    fn request(&mut self, slot: Slot) -> Request {
        let filter = self.list.ask(slot);
        let rows = &self.list.rows;
        let page = match slot {
            Slot::Again(at) => rows.page(at),
            _ => None,
        };
        let reversed = matches!(slot, Slot::End | Slot::Tail) || page.is_some_and(|page| page.reversed);
        let sort = if slot == Slot::First { self.sort } else { rows.sort };
        let query = KeyQuery {
            sort: Some(Sort { descending: sort.descending != reversed, ..sort }),
            limit: Some(PAGE),
            cursor: rows.cursor_for(slot),
            ..self.query(&filter)
        };
        Request::Keys { query, etag: page.and_then(|page| page.etag.clone()) }
    }

    fn take(&mut self, slot: Slot, reply: Reply, now: Timestamp) -> bool {
        let Reply::Keys { mut page, etag } = reply else { return false };
        if slot == Slot::First {
            self.list.rows.sort = self.sort;
        }
        page.items.iter_mut().for_each(|key| key.share(&mut self.texts));
        if !self.marks.is_empty() {
            page.items.iter().for_each(|key| self.marks.learn(key, now));
        }
        let changed = self.list.take(slot, page, etag, now);
        if changed {
            self.judge_marks(now);
        }
        changed
    }

    fn refilter(&mut self, now: Timestamp, answers: bool) -> bool {
        self.judge_marks(now);
        self.list.refilter(now, answers)
    }

    fn has_reverse(&self) -> bool {
        true
    }

    /// A key that belongs here no longer goes, one that does now comes.
    fn apply(&mut self, news: &News, now: Timestamp, _: bool) -> ListChange {
        let marked: Vec<Key> = self.marks.iter().filter_map(|marked| key_after(&marked.key, news)).collect();
        for key in &marked {
            self.marks.learn(key, now);
        }
        if !self.list.rows.is_loaded() {
            return ListChange::default();
        }
        let scope = self.project.as_ref().map(|(id, _)| *id);
        let filter = Filter::parse(&self.filter_text(&self.list.filter.asked)).unwrap_or_default();
        let (active_only, as_of) = (self.idle_days.is_some(), self.list.as_of(now));
        let belongs = |key: &Key| {
            scope.is_none_or(|id| id == key.project_id)
                && (!active_only || key.status == Status::Active)
                && (filter.is_empty() || filter.matches(key, as_of))
        };
        // Of many loaded rows few are told of: the others cost one look each.
        let told = news.keys.keys().chain(news.uses.keys()).chain(&news.confirmed);
        let mut unknown: HashSet<KeyId> = told.copied().collect();
        let mut texts = false;
        let becomes = |key: &Key| {
            if !unknown.remove(&key.id) && !is_renamed(key, news) {
                return Becomes::Same;
            }
            match key_after(key, news) {
                None => Becomes::Same,
                Some(next) if !belongs(&next) => Becomes::Gone,
                Some(next) => {
                    texts |= key.name != next.name || key.project_name != next.project_name;
                    Becomes::Row(next)
                }
            }
        };
        let complete = self.list.rows.is_complete();
        let first = self.list.rows.revise(becomes);
        let others: Vec<Key> =
            unknown.iter().filter_map(|id| news.keys.get(id)).filter(|key| belongs(key)).cloned().collect();
        // Others than new ones were counted before, as far as can be known; they may have moved to where rows
        // are loaded.
        let new = others.iter().filter(|key| complete || news.made.contains(&key.id)).count();
        let mut again =
            !complete && unknown.iter().any(|id| news.keys.contains_key(id) && !news.made.contains(id));
        let second = self.list.rows.add(others, new);
        let in_scope = |one: &&Use| scope.is_none_or(|id| id == one.project);
        let used_elsewhere = unknown.iter().filter_map(|id| news.uses.get(id)).any(|one| in_scope(&one));
        let by_use = matches!(self.list.rows.sort.by, SortBy::LastUsed | SortBy::Idle) || active_only;
        again |= used_elsewhere && ((!complete && by_use) || !self.list.filter.asked.is_empty());
        let changed = first.changed || second.changed;
        if changed {
            self.list.changed(now, first.moved || second.moved || texts);
        }
        ListChange { changed, again, reload: false }
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
