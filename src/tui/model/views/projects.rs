//! The projects.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::super::action::Action;
use super::super::change_batch::ChangeBatch;
use super::super::columns::{Cell, Column, Drawn, TakeCell, draw_row, shapes, shown};
use super::super::detail_text::DetailWriter;
use super::super::dialogs::OpenDialog;
use super::super::dialogs::interaction::{ActFacts, Facts, Naming, Step};
use super::super::effect::Request;
use super::super::event::Reply;
use super::super::export_rows::Rows;
use super::super::fit::{Placed, SPARE, Shape};
use super::super::list::filter::Words;
use super::super::list::{Becomes, Entry, Filtered, List, ListChange, Row, Slot, Window};
use super::super::messages::number;
use super::super::tone::Tone;
use super::keys::sort_words;
use super::{PAGE, ViewLogic, does_anywhere};
use crate::wire::filter::AsOf;
use crate::wire::id::ProjectId;
use crate::wire::keys::{Sort, SortBy};
use crate::wire::page::{MAX_LIMIT, PageQuery};
use crate::wire::projects::{Project, ProjectQuery, ProjectSort};
use crate::wire::text::{fold, fold_search_into};
use crate::wire::time::Timestamp;

/// Projects by name, as the server orders them.
#[derive(Clone, PartialEq, Debug)]
pub struct ProjectsView {
    /// The projects. Their filter is plain words.
    pub list: Filtered<Project>,
    /// All of them are wanted: for a filter, for the choice of a project.
    pub want_all: bool,
    /// The order wanted; the rows have it once they have come.
    sort: Sort,
}

impl Row for Project {
    type Id = ProjectId;

    fn id(&self) -> ProjectId {
        self.id
    }

    fn order(&self, other: &Project, sort: Sort) -> Ordering {
        let used = |project: &Project| project.last_used_at.map_or(0, Timestamp::millis);
        let by = match sort.by {
            SortBy::Created => self.created_at.cmp(&other.created_at),
            SortBy::Keys => self.keys.active.cmp(&other.keys.active),
            SortBy::LastUsed => used(self).cmp(&used(other)),
            _ => fold(&self.name).cmp(&fold(&other.name)),
        };
        let order = by.then_with(|| self.id.cmp(&other.id));
        if sort.descending { order.reverse() } else { order }
    }
}

impl Entry for Project {
    type Query = Words;
    type Names = ();
    const FILTERED_BY_SERVER: bool = false;

    fn push_text(&self, texts: &mut String) {
        fold_search_into(texts, &self.name);
        texts.push('\n');
        self.id.push_to(texts);
    }

    fn names(_: &[Project]) {}

    fn passes(&self, query: &Words, text: &str, (): &(), _: AsOf) -> bool {
        query.are_in(text)
    }
}

impl Default for ProjectsView {
    fn default() -> ProjectsView {
        let ProjectSort(sort) = ProjectSort::default();
        ProjectsView { list: Filtered::new(sort), want_all: false, sort }
    }
}

impl List for ProjectsView {
    fn window(&self) -> &dyn Window {
        &self.list
    }

    fn window_mut(&mut self) -> &mut dyn Window {
        &mut self.list
    }

    fn request(&mut self, slot: Slot) -> Request {
        let sort = if slot == Slot::First { self.sort } else { self.list.rows.sort };
        let page = PageQuery { limit: Some(PAGE), cursor: self.list.rows.cursor_for(slot) };
        Request::Projects { query: query(page, sort), etag: self.list.rows.etag_for(slot) }
    }

    fn take(&mut self, slot: Slot, reply: Reply, now: Timestamp) -> bool {
        let Reply::Projects { page, etag } = reply else { return false };
        if slot == Slot::First {
            self.list.rows.sort = self.sort;
        }
        self.list.take(slot, page, etag, now)
    }

    fn refilter(&mut self, now: Timestamp, answers: bool) -> bool {
        self.want_all |= !self.list.filter.applied.is_empty();
        self.list.refilter(now, answers)
    }

    fn wants_all(&self) -> bool {
        self.want_all
    }

    fn apply(&mut self, batch: &ChangeBatch, now: Timestamp, _: bool) -> ListChange {
        let rows = &mut self.list.rows;
        if !rows.is_loaded() {
            return ListChange::default();
        }
        let mut used: BTreeMap<ProjectId, Option<Timestamp>> = BTreeMap::new();
        for one in batch.uses.values() {
            let last = used.entry(one.project).or_default();
            *last = (*last).max(one.last_used_at);
        }
        let mut unknown: BTreeSet<ProjectId> = batch.projects.keys().copied().collect();
        let becomes = |project: &Project| {
            unknown.remove(&project.id);
            let mut next = match batch.projects.get(&project.id) {
                Some(None) => return Becomes::Gone,
                Some(Some(told)) => told.clone(),
                None if used.contains_key(&project.id) => project.clone(),
                None => return Becomes::Same,
            };
            let last = used.get(&project.id).copied().flatten();
            next.last_used_at = next.last_used_at.max(project.last_used_at).max(last);
            Becomes::Row(next)
        };
        let first = rows.revise(becomes);
        let new: Vec<Project> = unknown.iter().filter_map(|id| batch.projects.get(id)?.clone()).collect();
        // Whether one that is not loaded is new or stands further down cannot be told where not all are.
        let (new, again) = if rows.is_complete() { (new, false) } else { (Vec::new(), !new.is_empty()) };
        let count = new.len();
        let second = rows.add(new, count);
        let changed = first.changed || second.changed;
        if changed {
            self.list.changed(now, true);
        }
        ListChange { changed, again, ..ListChange::default() }
    }
}

static COLUMNS: [Column<Project>; 9] = [
    Column::<Project>::text("name", "NAME", (14, 20, 40), |project, cell| {
        cell.text(Tone::Text, &project.name)
    })
    .sorts(SortBy::Name),
    Column::<Project>::number("active", "ACTIVE", |project, cell| {
        cell.number(Tone::Text, project.keys.active)
    })
    .sorts(SortBy::Keys),
    Column::<Project>::number("stale", "STALE", |project, cell| match project.keys.stale {
        0 => cell.text(Tone::Dim, "0"),
        stale => cell.print(Tone::Bad, format_args!("▲ {}", number(stale))),
    }),
    Column::<Project>::number("revoked", "REVOKED", |project, cell| {
        cell.number(Tone::Text, project.keys.revoked)
    }),
    Column::<Project>::age("last-used", "LAST USED", |project, cell| cell.age_or_never(project.last_used_at))
        .sorts(SortBy::LastUsed),
    Column::<Project>::age("created", "CREATED", |project, cell| cell.age(Tone::Text, project.created_at))
        .sorts(SortBy::Created),
    Column::<Project>::number("rules", "RULES", |project, cell| cell.number(Tone::Text, project.rules)),
    Column::<Project>::number("deployed", "DEPLOYED", |project, cell| match project.live_version {
        None => cell.none(),
        Some(version) => cell.print(Tone::Text, format_args!("v{version}")),
    }),
    Column::<Project>::fixed("id", "ID", 30, |project, cell| cell.print(Tone::Text, project.id)),
];

/// The usual columns, each with its rank.
const USUAL: [(usize, u8); 8] =
    [(0, 0), (1, 1), (2, 2), (3, SPARE + 5), (4, 0), (5, SPARE + 4), (6, SPARE + 6), (7, SPARE + 7)];

impl ViewLogic for ProjectsView {
    fn noun(&self) -> &'static str {
        "projects"
    }

    fn about(&self) -> String {
        "projects".into()
    }

    fn filter_examples(&self) -> &'static str {
        "part of a name or an id"
    }

    fn order_words(&self) -> &'static str {
        sort_words(self.sort)
    }

    fn columns(&self) -> Vec<(&'static str, &'static str)> {
        COLUMNS.iter().map(|column| (column.name, column.shape.title)).collect()
    }

    fn usual_columns(&self) -> Vec<usize> {
        USUAL.iter().map(|(at, _)| *at).collect()
    }

    fn shapes(&self, chosen: Option<&[usize]>, _: bool) -> Vec<Shape> {
        let by = COLUMNS.iter().position(|column| column.sorts == Some(self.sort.by));
        let sorted = by.map(|at| (at, self.sort.descending));
        shapes(&COLUMNS, shown(&USUAL, chosen), &self.list.widths, sorted)
    }

    fn row(&self, line: usize, placed: &[Placed], cell: &mut Cell<'_>, take: TakeCell<'_>) -> Drawn {
        draw_row(&self.list, line, placed, &COLUMNS, |_| false, cell, take)
    }

    fn welcomes(&self) -> bool {
        self.list.filter.applied.is_empty()
    }

    fn empty(&self, facts: Facts<'_>) -> Vec<(Tone, String)> {
        if !self.list.filter.applied.is_empty() {
            let filter = &self.list.filter.applied;
            return vec![
                (Tone::Text, format!("No projects match {filter:?}.")),
                (Tone::Text, format!("{} clear filter", facts.key(Action::Back))),
            ];
        }
        vec![(Tone::Text, "No projects yet.".into())]
    }

    fn copied(&self) -> Vec<(&'static str, String)> {
        let of = |project: &Project| vec![("id", project.id.to_string()), ("name", project.name.clone())];
        self.list.rows.selected().map(of).unwrap_or_default()
    }

    fn hints(&self, facts: Facts<'_>) -> Vec<(Action, &'static str)> {
        let (writes, selected) = (facts.read_only.is_none(), self.list.rows.selected().is_some());
        let first = self.first_run(facts);
        let mut hints = Vec::with_capacity(8);
        if selected || first {
            hints.push((Action::Open, if first { "first key" } else { "keys" }));
        }
        if writes {
            hints.push((Action::New, "new project"));
        }
        if writes && selected {
            hints.push((Action::Rename, "rename"));
        }
        if selected {
            hints.push((Action::Sort, "sort"));
        }
        hints
    }

    fn page(&self, facts: Facts<'_>, page: &mut DetailWriter) -> Option<String> {
        let project = self.list.rows.selected()?;
        let keys = project.keys;
        let counts = format!("{} active, {} revoked", number(keys.active), number(keys.revoked));
        page.fact("keys", &counts, Tone::Text);
        match keys.stale {
            0 => page.fact("stale", "none", Tone::Text),
            stale => page.fact(
                "stale",
                &format!("▲ {} (idle for {} days or more)", number(stale), facts.thresholds().stale_days),
                Tone::Bad,
            ),
        }
        page.used(project.last_used_at, None);
        page.time("created", Some(project.created_at), None);
        page.fact("rules", &number(project.rules), Tone::Text);
        let version = project.live_version.map_or("nothing yet".into(), |version| format!("v{version}"));
        page.fact("deployed", &version, Tone::Text);
        page.line(&project.id.to_string(), Tone::Dim);
        Some(project.name.clone())
    }

    fn does(&self, action: Action) -> Option<&'static str> {
        Some(match action {
            Action::Open => "open the project's keys",
            Action::History => "audit log of this project",
            Action::New => "new project",
            Action::Rename => "rename this project",
            Action::DeleteProject => "delete this project",
            Action::CopyMask => "copy the id",
            Action::CopyMenu => "copy… (id, name)",
            Action::Sort | Action::Reverse => action.words(),
            _ => return does_anywhere(action),
        })
    }

    fn rows(&self) -> Option<Rows> {
        self.list.rows.all_shown().map(Rows::Projects)
    }

    fn no_rows(&self) -> Rows {
        Rows::Projects(Vec::new())
    }

    fn export(&self, cursor: Option<String>) -> Request {
        let query = query(PageQuery { limit: Some(MAX_LIMIT), cursor }, self.sort);
        Request::Projects { query, etag: None }
    }

    fn arrange(&self, rows: &mut Rows, now: Timestamp) {
        if let Rows::Projects(rows) = rows {
            rows.retain(|project| self.shows(project, now));
        }
    }

    fn sort(&self) -> Result<Sort, &'static str> {
        Ok(self.sort)
    }

    fn orders(&self) -> &'static [SortBy] {
        &[SortBy::Name, SortBy::Created, SortBy::Keys, SortBy::LastUsed]
    }

    fn sort_by(&mut self, sort: Sort) -> bool {
        let changed = self.sort != sort;
        self.sort = sort;
        changed
    }

    fn sorts(&self, column: usize) -> Option<SortBy> {
        COLUMNS[column].sorts
    }

    fn act(&mut self, _: ActFacts<'_>, action: Action) -> Option<Vec<Step>> {
        let selected = self.list.rows.selected();
        let step = match action {
            Action::Open => return Some(selected.map(scope).into_iter().collect()),
            Action::History => Step::Audit(format!("project:{}", selected?.id)),
            Action::New => Step::Open(OpenDialog::Name(Naming::NewProject)),
            Action::Rename => Step::Open(OpenDialog::Name(Naming::Project(Box::new(selected?.clone())))),
            Action::DeleteProject => match selected {
                Some(project) => Step::Open(OpenDialog::Delete(project.clone())),
                None => Step::NothingSelected("Select a project first."),
            },
            _ => return None,
        };
        Some(vec![step])
    }
}

/// A page in an order. By name is what every server has.
fn query(page: PageQuery, sort: Sort) -> ProjectQuery {
    ProjectQuery::of(page, Some(ProjectSort(sort)).filter(|sort| *sort != ProjectSort::default()))
}

/// Shows the keys of a project.
fn scope(project: &Project) -> Step {
    Step::Scope(project.id, project.name.clone())
}

impl ProjectsView {
    /// The first project that is to be seen beside the keys, in so many rows: the one looked at is among them.
    pub fn beside(&self, scope: Option<ProjectId>, height: usize) -> usize {
        let rows = self.list.rows.all();
        let at = scope.and_then(|id| rows.iter().position(|project| project.id == id)).unwrap_or(0);
        at.saturating_sub(height.saturating_sub(1))
    }

    /// Whether the filter lets a project through.
    pub fn shows(&self, project: &Project, now: Timestamp) -> bool {
        let mut text = String::new();
        project.push_text(&mut text);
        project.passes(self.list.query(), &text, &(), self.list.as_of(now))
    }
}
