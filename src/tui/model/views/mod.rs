//! The views, a file each, and the one table from a view's name to what it is.

pub mod audit;
pub mod keys;
pub mod nodes;
pub mod projects;
pub mod reviews;

use std::collections::HashSet;
use std::time::Duration;

use self::audit::AuditView;
use self::keys::KeysView;
use self::nodes::NodesView;
use self::projects::ProjectsView;
use self::reviews::ReviewsView;
use super::action::Action;
use super::change_batch::ChangeBatch;
use super::columns::{Cell, Drawn, TakeCell};
use super::detail_text::DetailWriter;
use super::dialogs::interaction::{ActFacts, Facts, PackScope, ReviewScope, Step};
use super::effect::Request;
use super::export_rows::Rows;
use super::fit::{Placed, Shape};
use super::list::{List, Rows as Loaded};
use super::saved_filters::SavedFilter;
use super::tabs::View;
use super::tone::Tone;
use crate::wire::id::KeyId;
use crate::wire::keys::{Key, Sort, SortBy};
use crate::wire::projects::Project;
use crate::wire::time::Timestamp;

/// How many rows one request asks for.
pub const PAGE: u32 = 200;

/// What each view shows.
#[derive(Clone, PartialEq, Debug)]
pub struct Views {
    /// The projects.
    pub projects: ProjectsView,
    /// Keys of a project or of all.
    pub keys: KeysView,
    /// Keys that nobody has used for long.
    pub stale: KeysView,
    /// What was done, by whom.
    pub audit: AuditView,
    /// Access reviews.
    pub reviews: ReviewsView,
    /// The nodes that serve the Edge API.
    pub nodes: NodesView,
}

/// What a view is, beside its list.
pub trait ViewLogic: List {
    /// What its rows are called in the name of a file.
    fn noun(&self) -> &'static str;
    /// What it shows, in words.
    fn about(&self) -> String;
    /// What its tab is called while it shows something else than its name says.
    fn tab_words(&self) -> Option<String> {
        None
    }

    /// Whether its tab is left out first where there is no room for all.
    fn can_be_spared(&self) -> bool {
        false
    }
    /// Its order in words.
    fn order_words(&self) -> &'static str;
    /// All of its columns: the name and the head of each.
    fn columns(&self) -> Vec<(&'static str, &'static str)>;
    /// Indexes of the default columns, in order.
    fn usual_columns(&self) -> Vec<usize>;
    /// The columns that are shown: those that were chosen, or else the usual ones. `beside` is whether the detail of
    /// the selected row stands beside the table.
    fn shapes(&self, chosen: Option<&[usize]>, beside: bool) -> Vec<Shape>;
    /// Writes the cells of a line.
    fn row(&self, line: usize, placed: &[Placed], cell: &mut Cell<'_>, take: TakeCell<'_>) -> Drawn;
    /// Why there is no row, and what to press.
    fn empty(&self, facts: Facts<'_>) -> Vec<(Tone, String)>;
    /// What can be copied of the selected row, the usual thing first.
    fn copied(&self) -> Vec<(&'static str, String)>;
    /// The keys that are worth most here, in order.
    fn hints(&self, facts: Facts<'_>) -> Vec<(Action, &'static str)>;
    /// Writes the detail of the selected row. Gives whose it is.
    fn page(&self, facts: Facts<'_>, page: &mut DetailWriter) -> Option<String>;
    /// What an action does here, in the words of the help (at most 32 columns); none where it does nothing.
    fn does(&self, action: Action) -> Option<&'static str>;

    /// The rows to be seen, if all that match are loaded.
    fn rows(&self) -> Option<Rows>;
    /// What to ask for rows that are not loaded, in an order that no use changes.
    fn export(&self, cursor: Option<String>) -> Request;
    /// The same before any of them has come.
    fn no_rows(&self) -> Rows;

    /// Brings such rows into the order of the view, and leaves out what its filter hides.
    fn arrange(&self, _rows: &mut Rows, _now: Timestamp) {}

    /// Whether the audit log of the selected row can be shown.
    fn has_log(&self) -> bool {
        true
    }

    /// Whether its tab says how many rows it has.
    fn counts(&self) -> bool {
        true
    }

    /// Whether any key is found in it.
    fn has_all_keys(&self) -> bool {
        false
    }

    /// Whether it holds the rows of one project alone.
    fn is_narrowed(&self) -> bool {
        false
    }

    /// Whether it is loaded as soon as a server answers, for the count on its tab. Else it is when it is shown first.
    fn loads_at_once(&self) -> bool {
        self.counts()
    }

    /// The number of rows, estimated from the projects until the view is loaded.
    fn known_count(&self, _projects: &Loaded<Project>) -> Option<u64> {
        None
    }

    /// What its tab counts once it is loaded, where that is not all of its rows.
    fn tab_count(&self) -> Option<u64> {
        None
    }

    /// After which time it is asked for again, whatever events tell; `seen` is whether it is shown.
    fn poll_every(&self, _seen: bool) -> Option<Duration> {
        None
    }

    /// The same while a change waits for what its rows say.
    fn poll_while_waiting(&self) -> Option<Duration> {
        None
    }

    /// What a review that is started here begins with.
    fn review_scope(&self) -> ReviewScope {
        ReviewScope::default()
    }

    /// What an evidence pack that is created here is about.
    fn pack(&self) -> Option<PackScope> {
        None
    }

    /// What all of its rows have in common, where its name does not say it.
    fn scope_words(&self) -> String {
        String::new()
    }

    /// What can be typed into its filter, by examples.
    fn filter_examples(&self) -> &'static str;

    /// Filters that are always offered, at most five.
    fn built_in_filters(&self, _facts: Facts<'_>) -> Vec<SavedFilter> {
        Vec::new()
    }

    /// How many rows are marked, in words.
    fn marked_words(&self) -> String {
        String::new()
    }

    /// Its rows in sums, as far as there is room.
    fn summary_words(&self, _room: usize) -> String {
        String::new()
    }

    /// The filter as a title says it.
    fn filter_words(&self) -> String {
        self.window().filter().words()
    }

    /// What a selected row is called before its name in the detail.
    fn label(&self) -> &'static str {
        "name"
    }

    /// The order of its rows, or why there is no other one.
    fn sort(&self) -> Result<Sort, &'static str>;
    /// The columns that its rows can be sorted by.
    fn orders(&self) -> &'static [SortBy] {
        &[]
    }
    /// Gives its rows another order when they are asked for again. Says whether it is another one.
    fn sort_by(&mut self, _sort: Sort) -> bool {
        false
    }

    /// The lines of a range of rows that is being marked, both ends included.
    fn range(&self) -> Option<(usize, usize)> {
        None
    }

    /// Whether the daily requests of keys are among these columns.
    fn shows_daily(&self, _placed: &[Placed]) -> bool {
        false
    }

    /// What a click on a column's name sorts by.
    fn sorts(&self, _column: usize) -> Option<SortBy> {
        None
    }

    /// What an action does here, where it is something of this view alone.
    fn act(&mut self, _facts: ActFacts<'_>, _action: Action) -> Option<Vec<Step>> {
        None
    }

    /// Stops loading rows to be marked.
    fn stop_gathering(&mut self) -> Vec<Step> {
        Vec::new()
    }

    /// Whether the page of an empty server may stand here, which leads to the first key.
    fn welcomes(&self) -> bool {
        false
    }

    /// Whether nothing was ever made here, and we may make something: the page that says how to begin is shown.
    fn first_run(&self, facts: Facts<'_>) -> bool {
        let nothing = facts.projects.is_complete() && facts.projects.all().is_empty();
        self.welcomes() && nothing && facts.read_only.is_none()
    }

    /// Its keys, if it is a list of keys.
    fn keys(&self) -> Option<&KeysView> {
        None
    }

    /// The same, to be changed.
    fn keys_mut(&mut self) -> Option<&mut KeysView> {
        None
    }
}

/// What an action does in whichever view; none where the view decides that.
fn does_anywhere(action: Action) -> Option<&'static str> {
    let of_view = matches!(
        action,
        Action::Open
            | Action::OpenProject
            | Action::History
            | Action::New
            | Action::Rename
            | Action::Pause
            | Action::Revoke
            | Action::Rotate
            | Action::DeleteProject
            | Action::Execute
            | Action::Mark
            | Action::Range
            | Action::MarkAll
            | Action::CopyMask
            | Action::CopyMenu
            | Action::Sort
            | Action::Reverse
            | Action::Group
            | Action::Longer
            | Action::Shorter
    );
    (!of_view).then(|| action.words())
}

/// The usual words where a filter lets nothing through.
fn no_match(none: &str, filter: &str, facts: Facts<'_>) -> Vec<(Tone, String)> {
    let keys = [Action::Back, Action::Filter].map(|action| facts.key(action));
    vec![
        (Tone::Text, format!("{none} match {filter:?}.")),
        (Tone::Text, format!("{} clear filter · {} edit filter", keys[0], keys[1])),
    ]
}

impl Views {
    /// Nothing is loaded yet; keys that are idle for so many days are stale.
    pub fn new(stale_days: u32) -> Views {
        Views {
            projects: ProjectsView::default(),
            keys: KeysView::all(),
            stale: KeysView::stale(stale_days),
            audit: AuditView::default(),
            reviews: ReviewsView::default(),
            nodes: NodesView::default(),
        }
    }

    /// A view by its name.
    pub fn of(&self, view: View) -> &dyn ViewLogic {
        match view {
            View::Projects => &self.projects,
            View::Keys => &self.keys,
            View::Stale => &self.stale,
            View::Audit => &self.audit,
            View::Reviews => &self.reviews,
            View::Nodes => &self.nodes,
        }
    }

    /// The same, to be changed.
    pub fn of_mut(&mut self, view: View) -> &mut dyn ViewLogic {
        match view {
            View::Projects => &mut self.projects,
            View::Keys => &mut self.keys,
            View::Stale => &mut self.stale,
            View::Audit => &mut self.audit,
            View::Reviews => &mut self.reviews,
            View::Nodes => &mut self.nodes,
        }
    }

    /// The loaded keys of both lists of keys.
    pub fn loaded_keys(&self) -> impl Iterator<Item = &Key> {
        self.keys.list.rows.all().iter().chain(self.stale.list.rows.all())
    }

    /// How many changes the lists do not show yet: those that they show already are of what was changed here.
    pub fn not_shown(&self, batch: &ChangeBatch) -> u64 {
        if batch.events.is_empty() {
            return batch.waiting();
        }
        let shown = |known: &&Key| {
            let told = batch.keys.get(&known.id);
            told.is_some_and(|told| told.name == known.name && told.status == known.status)
        };
        let keys: HashSet<KeyId> = self.loaded_keys().filter(shown).map(|known| known.id).collect();
        let projects = &self.projects.list.rows;
        let seen = batch.events.iter().filter(|event| match (event.key, event.project) {
            (Some(id), _) => keys.contains(&id),
            (None, Some(id)) => match (batch.projects.get(&id), projects.get(id)) {
                (Some(Some(told)), Some(known)) => told.name == known.name,
                (Some(None), None) => projects.is_complete(),
                _ => false,
            },
            (None, None) => false,
        });
        batch.waiting().saturating_sub(seen.count() as u64)
    }

    /// Keeps each selection in its place after rows or the height of the table have changed.
    pub fn settle(&mut self, height: usize) {
        for view in View::ALL {
            self.of_mut(view).window_mut().settle(height);
        }
    }

    /// What has to be said of marks that others took away by revoking their keys. Both lists may have marked one; once
    /// is enough.
    pub fn gone_words(&mut self) -> Option<String> {
        let words = [self.keys.marks.gone_words(), self.stale.marks.gone_words()];
        words.into_iter().flatten().next()
    }
}
