//! How keys are shown: columns, words, what is copied, the detail.

use super::super::{ViewLogic, no_match};
use super::KeysView;
use crate::tui::layout::TWO_PANES;
use crate::tui::model::action::Action;
use crate::tui::model::ages::Condition;
use crate::tui::model::chart::low_bars;
use crate::tui::model::columns::{Cell, Column, Drawn, TakeCell, draw_row, shapes, shown};
use crate::tui::model::detail::Detail;
use crate::tui::model::detail_text::{DetailWriter, STATE, Side, severity_tone, tried_words};
use crate::tui::model::dialogs::interaction::{ActFacts, Facts, PackScope, ReviewScope, Step};
use crate::tui::model::effect::Request;
use crate::tui::model::export_rows::Rows;
use crate::tui::model::fit::{Placed, SPARE, Shape};
use crate::tui::model::list::{Row as _, Rows as Loaded};
use crate::tui::model::messages::number;
use crate::tui::model::saved_filters::SavedFilter;
use crate::tui::model::tone::Tone;
use crate::tui::wrap::width;
use crate::wire::filter::path_terms;
use crate::wire::key_groups::quoted;
use crate::wire::keys::{DAILY, Key, KeyQuery, Sort, SortBy, Status};
use crate::wire::page::MAX_LIMIT;
use crate::wire::projects::Project;
use crate::wire::time::Timestamp;

/// Columns of the screen of a masked key in its short form, `live_7kf2…x9m1`.
const SHORT_KEY: u16 = 14;

/// Columns of the screen of the daily requests in their short form.
const SHORT_DAYS: u16 = 10;

const NAME: usize = 0;
const PROJECT: usize = 1;
const KEY: usize = 2;
const STATUS: usize = 3;
const LAST_USED: usize = 4;
const IDLE: usize = 5;
const CREATED: usize = 6;
const CREATED_BY: usize = 7;
const REQUESTS: usize = 8;
const MODE: usize = 9;
const DAYS: usize = 15;
const OWNER: usize = 16;
const SEVERITY: usize = 18;
const FINDINGS: usize = 19;

static COLUMNS: [Column<Key>; 22] = [
    // Names are what people know keys by.
    Column::<Key>::text("name", "NAME", (16, 16, 24), |key, cell| {
        let gone = condition(key, cell) == Condition::Revoked;
        cell.text(if gone { Tone::Dim } else { Tone::Text }, &key.name)
    })
    .sorts(SortBy::Name),
    Column::<Key>::text("project", "PROJECT", (9, 9, 15), |key, cell| {
        if cell.facts.project_deleted(key) {
            return deleted_project(key, cell);
        }
        cell.text(Tone::Text, &key.project_name)
    })
    .sorts(SortBy::Project),
    // All that two masked keys differ in is in the short form too.
    Column::<Key>::fixed("key", "KEY", 30, |key, cell| {
        if cell.width <= SHORT_KEY {
            let (handle, last4) = (key.hint.handle(), key.hint.last4());
            cell.print(Tone::Text, format_args!("{}_{handle}…{last4}", key.mode.as_str()))
        } else {
            cell.print(Tone::Text, key.hint)
        }
    })
    .or(SHORT_KEY),
    Column::<Key>::fixed("status", "STATUS", 10, |key, cell| {
        let condition = condition(key, cell);
        cell.text(Tone::Condition(condition), condition.label())
    })
    .sorts(SortBy::Status),
    Column::<Key>::age("last-used", "LAST USED", |key, cell| cell.age_or_never(key.last_used_at))
        .sorts(SortBy::LastUsed),
    Column::<Key>::number("idle", "IDLE", |key, cell| {
        if key.status == Status::Revoked {
            return cell.none();
        }
        let days = number(key.idle_since().age(cell.facts.server_now).as_secs() / (24 * 60 * 60));
        if key.status == Status::Paused {
            // Among stale keys the column of the status often has no room: its sign tells a paused one from the others.
            let sign = Condition::Paused.label().chars().next().unwrap_or_default();
            return cell.print(Tone::Condition(Condition::Paused), format_args!("{sign} {days}d"));
        }
        cell.print(Tone::Text, format_args!("{days}d"))
    })
    .sorts(SortBy::Idle),
    Column::<Key>::age("created", "CREATED", |key, cell| cell.age(Tone::Text, key.created_at))
        .sorts(SortBy::Created),
    Column::<Key>::text("created-by", "CREATED BY", (10, 10, 12), |key, cell| {
        cell.text(Tone::Text, &key.created_by)
    })
    .sorts(SortBy::Creator),
    Column::<Key>::number("requests", "REQ 30D", |key, cell| cell.number(Tone::Text, key.requests30d)),
    Column::<Key>::fixed("mode", "MODE", 4, |key, cell| cell.text(Tone::Text, key.mode.as_str())),
    Column::<Key>::text("last-ip", "LAST IP", (8, 12, 40), |key, cell| match &key.last_used_from {
        Some(from) => cell.text(Tone::Text, from),
        None => cell.none(),
    }),
    Column::<Key>::age("revoked", "REVOKED", |key, cell| match key.revoked_at {
        Some(at) => cell.age(Tone::Text, at),
        None => cell.none(),
    }),
    Column::<Key>::text("revoked-by", "REVOKED BY", (10, 10, 24), |key, cell| match &key.revoked_by {
        Some(by) => cell.text(Tone::Text, by),
        None => cell.none(),
    }),
    Column::<Key>::text("reason", "REASON", (8, 12, 40), |key, cell| match &key.revoke_reason {
        Some(reason) => cell.text(Tone::Text, reason),
        None => cell.none(),
    }),
    Column::<Key>::fixed("id", "ID", 30, |key, cell| cell.print(Tone::Text, key.id)),
    // A bar for each day, or for every three days.
    Column::<Key>::fixed("daily", "TREND 30D", DAILY as u16, |key, cell| {
        match key.daily.as_deref().map(Vec::as_slice) {
            None => cell.text(Tone::Dim, "…"),
            Some(days) if days.iter().all(|requests| *requests == 0) => cell.none(),
            Some(days) if usize::from(cell.width) < days.len() => {
                let sums: Vec<u64> = days.chunks(3).map(|days| days.iter().sum()).collect();
                cell.text(Tone::Dim, &low_bars(&sums))
            }
            Some(days) => cell.text(Tone::Dim, &low_bars(days)),
        }
    })
    .or(SHORT_DAYS),
    Column::<Key>::text("owner", "OWNER", (8, 10, 16), |key, cell| match &key.owner {
        Some(owner) => cell.text(Tone::Text, owner),
        None => cell.none(),
    })
    .sorts(SortBy::Owner),
    Column::<Key>::text("purpose", "PURPOSE", (8, 12, 40), |key, cell| match &key.purpose {
        Some(purpose) => cell.text(Tone::Text, purpose),
        None => cell.none(),
    }),
    Column::<Key>::fixed("severity", "SEVERITY", 8, |key, cell| match key.severity() {
        Some(severity) => cell.text(severity_tone(severity), severity.as_str()),
        None => cell.none(),
    })
    .sorts(SortBy::Findings),
    Column::<Key>::text("findings", "FINDINGS", (8, 16, 24), |key, cell| {
        if key.findings.is_empty() {
            return cell.none();
        }
        let more = key.findings.iter().map(|finding| finding.code.as_str());
        for (at, code) in more.enumerate() {
            cell.print(Tone::Text, format_args!("{}{code}", if at == 0 { "" } else { " " }));
        }
        Tone::Text
    }),
    Column::<Key>::age("reviewed", "REVIEWED", |key, cell| cell.age_or_never(key.reviewed_at)),
    Column::<Key>::age("paused", "PAUSED", |key, cell| match key.paused_at {
        Some(at) => cell.age(Tone::Text, at),
        None => cell.none(),
    }),
];

/// The usual columns of all keys, each with its rank.
const USUAL: [(usize, u8); 11] = [
    (NAME, 0),
    (PROJECT, 4),
    (KEY, SPARE),
    (STATUS, 1),
    (LAST_USED, 0),
    (CREATED, SPARE + 1),
    (CREATED_BY, SPARE + 2),
    (REQUESTS, SPARE + 3),
    // The masked key says the mode, too.
    (DAYS, SPARE + 4),
    (MODE, SPARE + 6),
    (OWNER, SPARE + 5),
];

/// The columns that are shown while the rows are sorted by them. What is sorted by a time is said in words.
const ALWAYS_SORTED: [usize; 5] = [PROJECT, STATUS, CREATED_BY, OWNER, SEVERITY];

/// The columns of stale keys: how long they are idle, and who created them. Their status tells the paused ones from the
/// others, which the idle time does too.
const USUAL_STALE: [(usize, u8); 11] = [
    (NAME, 0),
    (PROJECT, 4),
    (KEY, SPARE + 3),
    (STATUS, SPARE + 7),
    (IDLE, 0),
    (LAST_USED, 0),
    (SEVERITY, SPARE + 4),
    (OWNER, SPARE + 5),
    (CREATED, SPARE + 2),
    (CREATED_BY, SPARE + 1),
    (FINDINGS, SPARE + 6),
];

/// The same beside the detail, which says who created the selected key and when: what compares keys comes first.
const USUAL_STALE_BESIDE: [(usize, u8); 11] = [
    (NAME, 0),
    (PROJECT, 4),
    (KEY, SPARE + 6),
    (STATUS, SPARE + 7),
    (IDLE, 0),
    (LAST_USED, 0),
    (SEVERITY, SPARE + 1),
    (OWNER, SPARE + 2),
    (CREATED, SPARE + 4),
    (CREATED_BY, SPARE + 3),
    (FINDINGS, SPARE + 5),
];

/// The name of a deleted project, dim. That it is deleted is said where a part of the name has room beside it; no other
/// column makes room for that.
fn deleted_project(key: &Key, cell: &mut Cell<'_>) -> Tone {
    const DELETED: &str = "(deleted)";
    /// The fewest letters by which people know a project.
    const PART: usize = 4;
    let name = &*key.project_name;
    if cell.measured() {
        return cell.text(Tone::Dim, name);
    }
    let room = usize::from(cell.width).saturating_sub(DELETED.len() + 1);
    if width(name) <= room {
        return cell.print(Tone::Dim, format_args!("{name} {DELETED}"));
    }
    if room <= PART {
        return cell.text(Tone::Dim, name);
    }
    let mut begin = String::new();
    for c in name.chars() {
        if width(&begin) + 1 >= room {
            break;
        }
        begin.push(c);
    }
    cell.print(Tone::Dim, format_args!("{begin}… {DELETED}"))
}

/// A related key with its state as it is known by now: `web-2 (● in use)`.
fn related_words(key: &Key, facts: Facts<'_>) -> String {
    let key = facts.loaded(key.id).unwrap_or(key);
    let state = match (key.status, key.last_used_at) {
        (Status::Active, None) => "never used",
        _ => Condition::of(key, facts.thresholds(), facts.server_now).label(),
    };
    format!("{} ({state})", key.name)
}

fn condition(key: &Key, cell: &Cell<'_>) -> Condition {
    Condition::of(key, cell.facts.thresholds(), cell.facts.server_now)
}

impl KeysView {
    /// The only project whose keys a filter of projects lets through, where all keys are loaded.
    fn filtered_project(&self) -> Option<String> {
        let names_project = |term: &str| term.starts_with("project:") || term.starts_with("project=");
        if !self.list.filter.applied.split_whitespace().any(names_project) {
            return None;
        }
        let shown = self.list.rows.all_shown()?;
        let first = shown.first()?;
        let one = shown.iter().all(|key| key.project_id == first.project_id);
        one.then(|| first.project_name.to_string())
    }

    /// How many keys a review of what is shown has, where all keys are loaded. Without a filter it leaves the revoked
    /// ones out.
    fn scope_count(&self) -> Option<u64> {
        let shown = self.list.rows.all_shown()?;
        let active = shown.iter().filter(|key| key.status != Status::Revoked).count();
        // A filter may ask for revoked ones.
        let known = active == shown.len() || self.list.filter.applied.is_empty();
        known.then_some(active as u64)
    }

    fn usual(&self, beside: bool) -> &'static [(usize, u8)] {
        match (self.idle_days, beside) {
            (None, _) => &USUAL,
            (Some(_), false) => &USUAL_STALE,
            (Some(_), true) => &USUAL_STALE_BESIDE,
        }
    }
}

impl ViewLogic for KeysView {
    fn noun(&self) -> &'static str {
        if self.idle_days.is_some() { "stale" } else { "keys" }
    }

    fn known_count(&self, projects: &Loaded<Project>) -> Option<u64> {
        /// Do not sum more projects than this in a frame.
        const MAX_SUMMED_PROJECTS: usize = 1000;
        let stale = self.idle_days.is_some() && !self.own_threshold;
        let known = stale && projects.is_complete() && projects.all().len() <= MAX_SUMMED_PROJECTS;
        known.then(|| projects.all().iter().map(|project| project.keys.stale).sum())
    }

    fn has_all_keys(&self) -> bool {
        self.idle_days.is_none() && self.project.is_none()
    }

    fn is_narrowed(&self) -> bool {
        self.project.is_some()
    }

    /// The projects tell how many are stale, and do not tell how many keys there are: those of deleted ones stay
    /// listed.
    fn loads_at_once(&self) -> bool {
        self.idle_days.is_none()
    }

    fn review_scope(&self) -> ReviewScope {
        let filter = self.filter_text(&self.list.filter.applied);
        let keys = match (&self.project, self.idle_days) {
            (_, Some(_)) => "Stale keys".to_owned(),
            (Some((_, name)), None) => format!("Keys of {name}"),
            (None, None) if filter.is_empty() => "All keys".to_owned(),
            (None, None) => {
                self.filtered_project().map_or("Keys".to_owned(), |name| format!("Keys of {name}"))
            }
        };
        ReviewScope {
            project: self.project.clone(),
            filter,
            stale_days: self.other_threshold(),
            count: self.scope_count(),
            keys,
            taken: Vec::new(),
        }
    }

    fn pack(&self) -> Option<PackScope> {
        let mut filter = self.filter_text(&self.list.filter.applied);
        if self.idle_days.is_some() {
            filter += " !status:revoked";
        }
        if let Some((id, _)) = &self.project {
            filter = format!("project={id} {filter}").trim_end().to_owned();
        }
        Some(PackScope { review: None, filter, about: self.about() })
    }

    fn scope_words(&self) -> String {
        match (self.idle_days, self.other_threshold()) {
            (Some(days), None) => format!("idle {days}+ days"),
            // The tab says it, where it is never left out.
            _ => String::new(),
        }
    }

    fn tab_words(&self) -> Option<String> {
        self.other_threshold().map(|days| format!("Stale {days}+ d"))
    }

    fn about(&self) -> String {
        match (&self.project, self.idle_days) {
            (_, Some(days)) => format!("keys idle for {days} days or more"),
            (Some((_, name)), None) => format!("keys in {name}"),
            (None, None) => "keys in all projects".into(),
        }
    }

    fn filter_examples(&self) -> &'static str {
        "any text  status:stale  by:ann,ben  idle>90d  used:never  created<7d  project:shop  mode:test  !name:ci"
    }

    fn built_in_filters(&self, facts: Facts<'_>) -> Vec<SavedFilter> {
        let mut filters = vec![SavedFilter::built_in("never used", "used:never")];
        if self.idle_days.is_some() {
            filters.push(SavedFilter::built_in("idle for more than a year", "idle>1y"));
        } else {
            filters.push(SavedFilter::built_in("stale", "status:stale"));
            filters.push(SavedFilter::built_in("created in the last 7 days", "created<7d"));
        }
        if let Some(session) = &facts.connection.session {
            let by = format!("by={}", quoted(&session.principal));
            filters.push(SavedFilter::built_in("created by you", &by));
        }
        if self.idle_days.is_none() {
            filters.push(SavedFilter::built_in("revoked", "status:revoked"));
        }
        filters.push(SavedFilter::built_in("no owner", "owner:none"));
        if self.idle_days.is_none() {
            filters.push(SavedFilter::built_in("with findings", "finding:any"));
        }
        filters
    }

    fn order_words(&self) -> &'static str {
        sort_words(self.sort)
    }

    fn marked_words(&self) -> String {
        let marks = &self.marks;
        if let Some(gather) = &marks.gather {
            let (total, more) = gather.total;
            let plus = if more { "+" } else { "" };
            return format!("marking {} of {}{plus}…", number(gather.taken), number(total));
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

    fn summary_words(&self, room: usize) -> String {
        self.summary_text(room)
    }

    fn columns(&self) -> Vec<(&'static str, &'static str)> {
        COLUMNS.iter().map(|column| (column.name, column.shape.title)).collect()
    }

    fn usual_columns(&self) -> Vec<usize> {
        self.usual(false).iter().map(|(at, _)| *at).collect()
    }

    fn shapes(&self, chosen: Option<&[usize]>, beside: bool) -> Vec<Shape> {
        // One project needs no column: the screen says which it is.
        let known = |at: usize| self.project.is_none() || at != PROJECT;
        let mut shown: Vec<(usize, u8)> =
            shown(self.usual(beside), chosen).filter(|(at, _)| known(*at)).collect();
        let by = COLUMNS.iter().position(|column| column.sorts == Some(self.sort.by));
        // Rows in the order of what is not to be seen look like rows without an order.
        if let Some(at) = by.filter(|at| ALWAYS_SORTED.contains(at) && known(*at)) {
            match shown.iter_mut().find(|(column, _)| *column == at) {
                Some((_, rank)) => *rank = (*rank).min(1),
                None => shown.push((at, 1)),
            }
        }
        shapes(&COLUMNS, shown.into_iter(), &self.list.widths, by.map(|at| (at, self.sort.descending)))
    }

    fn row(&self, line: usize, placed: &[Placed], cell: &mut Cell<'_>, take: TakeCell<'_>) -> Drawn {
        let marked = |key: &Key| self.marks.has(key.id);
        draw_row(&self.list, line, placed, &COLUMNS, marked, cell, take)
    }

    fn shows_daily(&self, placed: &[Placed]) -> bool {
        placed.iter().any(|placed| placed.column == DAYS)
    }

    fn range(&self) -> Option<(usize, usize)> {
        self.range_lines()
    }

    fn sorts(&self, column: usize) -> Option<SortBy> {
        COLUMNS[column].sorts
    }

    fn sort(&self) -> Result<Sort, &'static str> {
        Ok(self.sort)
    }

    fn orders(&self) -> &'static [SortBy] {
        &[
            SortBy::Created,
            SortBy::LastUsed,
            SortBy::Idle,
            SortBy::Name,
            SortBy::Findings,
            SortBy::Creator,
            SortBy::Owner,
            SortBy::Project,
            SortBy::Status,
        ]
    }

    fn sort_by(&mut self, sort: Sort) -> bool {
        let changed = self.sort != sort;
        self.sort = sort;
        changed
    }

    fn welcomes(&self) -> bool {
        let rows = &self.list.rows;
        let nothing = rows.is_complete() && rows.all().is_empty() && self.list.filter.applied.is_empty();
        nothing && self.project.is_none() && self.idle_days.is_none()
    }

    fn empty(&self, facts: Facts<'_>) -> Vec<(Tone, String)> {
        if !self.list.filter.applied.is_empty() {
            let none = match (self.idle_days, self.other_threshold()) {
                (Some(_), Some(days)) => format!("No keys idle for {days} days or more"),
                (Some(_), None) => "No stale keys".to_owned(),
                (None, _) => "No keys".to_owned(),
            };
            let mut words = no_match(&none, &self.list.filter.applied, facts);
            if let Some(terms) = path_terms(&self.list.filter.applied) {
                words.insert(1, (Tone::Text, format!("To find a key in a project, write {terms}.")));
            }
            return words;
        }
        if let Some(days) = self.idle_days {
            let keys = [Action::Longer, Action::Shorter].map(|action| facts.key(action));
            return vec![
                (Tone::Text, format!("No keys are idle for {days} days or more.")),
                (Tone::Text, format!("Press {} or {} to change the threshold.", keys[0], keys[1])),
            ];
        }
        if facts.read_only.is_some() {
            return vec![(Tone::Text, "No API keys yet.".into())];
        }
        vec![
            (Tone::Text, "No API keys yet.".into()),
            (Tone::Text, format!("{} new key", facts.key(Action::New))),
        ]
    }

    fn copied(&self) -> Vec<(&'static str, String)> {
        let of = |key: &Key| {
            vec![
                ("masked key", key.hint.to_string()),
                ("id", key.id.to_string()),
                ("name", key.name.clone()),
                ("path", key.full_name()),
            ]
        };
        self.list.rows.selected().map(of).unwrap_or_default()
    }

    fn hints(&self, facts: Facts<'_>) -> Vec<(Action, &'static str)> {
        let (writes, idle) = (facts.read_only.is_none(), self.idle_days.is_some());
        let (selected, first) = (self.list.rows.selected(), self.first_run(facts));
        let deleted = selected.is_some_and(|key| facts.project_deleted(key));
        // There the least important hint would take the place of help and quit.
        let narrow = facts.size().0 < TWO_PANES;
        let mut hints = Vec::with_capacity(8);
        if writes && !idle && !(deleted && self.project.is_some()) {
            hints.push((Action::New, "new key"));
        }
        if let Some(key) = selected.filter(|_| writes && !deleted) {
            hints.push(match key.status {
                Status::Revoked => (Action::Rotate, "new key like this"),
                _ => (Action::Revoke, "revoke"),
            });
        }
        if let Some(key) = selected.filter(|key| writes && key.status != Status::Revoked) {
            if !idle && !deleted {
                let guided = facts.detail.is_guided(key.id);
                hints.push((Action::Rotate, if guided { "guide" } else { "rotate" }));
            }
            hints.push((Action::Pause, if key.status == Status::Paused { "resume" } else { "pause" }));
        }
        if idle {
            hints.extend([(Action::Longer, "longer"), (Action::Shorter, "shorter")]);
            if !narrow {
                hints.push((Action::Group, "group"));
            }
        }
        if selected.is_some() || first {
            hints.push((Action::Open, if first { "first key" } else { "detail" }));
        }
        if !idle && selected.is_some() && !narrow {
            hints.push((Action::Sort, "sort"));
        }
        hints
    }

    fn page(&self, facts: Facts<'_>, page: &mut DetailWriter) -> Option<String> {
        let key = self.list.rows.selected()?;
        let condition = Condition::of(key, facts.thresholds(), facts.server_now);
        let glyph = condition.label().chars().next().unwrap_or(' ');
        let days = key.idle_since().age(facts.server_now).as_secs() / 86_400;
        page.section(STATE, Side::Left);
        page.fact("status", &format!("{glyph} {}", condition.sentence(days)), Tone::Condition(condition));
        if facts.project_deleted(key) {
            page.fact("project", &format!("{} (deleted)", key.project_name), Tone::Text);
        } else {
            page.fact("project", &key.project_name, Tone::Text);
        }
        page.fact("key", &key.hint.to_string(), Tone::Text);
        page.used(key.last_used_at, key.last_used_precision);
        if let Some(from) = &key.last_used_from {
            page.fact("last IP", from, Tone::Text);
        }
        if let Some(at) = key.paused_at {
            page.done("paused", at, key.paused_by.as_deref(), key.pause_reason.as_deref());
        }
        page.time("revoked", key.revoked_at, key.revoked_by.as_deref());
        if let Some(reason) = &key.revoke_reason {
            page.fact("reason", reason, Tone::Text);
        }
        let since = if key.status == Status::Paused { "paused" } else { "revoked" };
        if let Some(refused) = tried_words(key, since, page.absolute(), page.now()) {
            page.fact("refused", &refused, Tone::Bad);
        }
        if let Some(owner) = &key.owner {
            page.fact("owner", owner, Tone::Text);
        }
        if let Some(purpose) = &key.purpose {
            page.fact("purpose", purpose, Tone::Text);
        }
        if let Some(at) = key.reviewed_at {
            page.done("reviewed", at, key.reviewed_by.as_deref(), None);
        }
        let detail = Some(facts.detail).filter(|detail| detail.key == Some(key.id));
        if let Some(rotation) = detail.and_then(|detail| detail.rotation.as_deref()) {
            page.rotation(rotation, &facts.key(Action::Rotate));
        }
        let related = detail.and_then(|detail| detail.related.as_deref());
        if let Some(rotation) = detail.and_then(Detail::replacing) {
            let old = related.and_then(|related| related.replaces.as_ref());
            let old = old.map_or("the old key", |old| old.name.as_str());
            // A replacement of its own comes first.
            let replaced = related.is_some_and(|related| related.replacement.is_some());
            let keys = (facts.key(Action::Rotate), facts.key(Action::NextField));
            let guide = if replaced || keys.0.is_empty() {
                String::new()
            } else {
                format!("{}, then {}", keys.0, keys.1)
            };
            page.replacing(rotation, old, &guide);
        }
        if let Some(old) = related.and_then(|related| related.replaces.as_ref()) {
            page.fact("replaces", &related_words(old, facts), Tone::Text);
        }
        if let Some(new) = related.and_then(|related| related.replacement.as_ref()) {
            page.fact("replaced", &format!("by {}", related_words(new, facts)), Tone::Text);
        }
        page.due("review by", key.keep_until);
        page.time("created", Some(key.created_at), Some(&key.created_by));
        page.fact("mode", key.mode.as_str(), Tone::Text);
        page.fact("id", &key.id.to_string(), Tone::Text);
        if !key.findings.is_empty() {
            page.section("Findings", Side::Left);
            page.findings(&key.findings);
        }
        page.section("Usage", Side::Right);
        page.fact("requests", &format!("{} allowed in 30 days", number(key.requests30d)), Tone::Text);
        page.usage(detail.and_then(|detail| detail.usage.as_ref()));
        page.section("Callers (all time)", Side::Left);
        page.callers(key, detail.and_then(|detail| detail.callers.as_ref()), &facts.key(Action::Open));
        page.section("History", Side::Right);
        page.history(detail.and_then(|detail| detail.history.as_ref()), &facts.key(Action::History));
        Some(key.name.clone())
    }

    fn does(&self, action: Action) -> Option<&'static str> {
        Some(match action {
            Action::Open => "open details",
            Action::New => "new key",
            Action::History => "audit log of this key",
            Action::Export if self.pack().is_some() => "export CSV, JSON, evidence pack",
            Action::Rename => "edit name, owner and purpose",
            Action::DeleteProject | Action::Execute => return None,
            Action::Longer | Action::Shorter if self.idle_days.is_none() => return None,
            _ => action.words(),
        })
    }

    fn rows(&self) -> Option<Rows> {
        let plain = |key: Key| Key { daily: None, ..key };
        // What is exported does not depend on the columns on the screen.
        let rows = self.list.rows.all_shown()?;
        Some(Rows::Keys(rows.into_iter().map(plain).collect()))
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
        (SortBy::Name, false) => "name A–Z",
        (SortBy::Name, true) => "name Z–A",
        (SortBy::Created, false) => "created, oldest first",
        (SortBy::Created, true) => "created, newest first",
        (SortBy::LastUsed, false) => "last used, oldest first",
        (SortBy::LastUsed, true) => "last used, newest first",
        (SortBy::Idle, false) => "idle time, shortest first",
        (SortBy::Idle, true) => "idle time, longest first",
        (SortBy::Findings, false) => "findings, worst first",
        (SortBy::Findings, true) => "findings, worst last",
        (SortBy::Creator, false) => "creator A–Z",
        (SortBy::Creator, true) => "creator Z–A",
        (SortBy::Owner, false) => "owner A–Z, none first",
        (SortBy::Owner, true) => "owner Z–A, none last",
        (SortBy::Project, false) => "project A–Z",
        (SortBy::Project, true) => "project Z–A",
        (SortBy::Status, false) => "status, active first",
        (SortBy::Status, true) => "status, revoked first",
        (SortBy::Keys, false) => "active keys, fewest first",
        (SortBy::Keys, true) => "active keys, most first",
    }
}
