//! What the state and a dialog or a view say to each other. Neither is named here, so that a dialog knows nothing
//! of the state.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::OpenDialog;
use crate::secret::MaskedKey;
use crate::tui::model::action::Action;
use crate::tui::model::change_batch::ChangeBatch;
use crate::tui::model::connection::Connection;
use crate::tui::model::detail::Detail;
use crate::tui::model::effect::{Effect, Request};
use crate::tui::model::event::{ClipboardOutcome, Failure, Reply};
use crate::tui::model::export_rows::{Form, Rows};
use crate::tui::model::fleet::Fleet;
use crate::tui::model::hints::{Hint, Input, Pointed, Text};
use crate::tui::model::keymap::Keymap;
use crate::tui::model::list::Rows as Loaded;
use crate::tui::model::list::marks::Marks;
use crate::tui::model::messages::{Level, Messages};
use crate::tui::model::saved_filters::{FilterChange, SavedFilter};
use crate::tui::model::setup::Setup;
use crate::wire::audit::Event;
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::key_groups::{GroupBy, KeyGroups};
use crate::wire::keys::{Key, Mode, PROJECT_DELETED, Sort, Status};
use crate::wire::projects::Project;
use crate::wire::reviews::{Review, Scope};
use crate::wire::session::Thresholds;
use crate::wire::time::Timestamp;

/// For so long after a confirmation opens, the keys that would confirm it do nothing: they were typed before it
/// could be read.
const GUARD: Duration = Duration::from_millis(300);

/// What a dialog or a view may look at.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The time.
    pub now: Timestamp,
    /// The server's time.
    pub server_now: Timestamp,
    /// Tables and details show times in UTC, not ages.
    pub absolute: bool,
    /// What the dashboard was told at its start: the context, the size of the screen, the keys.
    pub setup: &'a Setup,
    /// The connection and what the server said of itself.
    pub connection: &'a Connection,
    /// Why nothing can be changed, if so.
    pub read_only: Option<&'static str>,
    /// Why nothing can be decided in reviews, if so: an auditor, who changes nothing else, decides.
    pub reviews_refused: Option<&'static str>,
    /// The loaded projects.
    pub projects: &'a Loaded<Project>,
    /// The names of deleted projects, as far as the audit log was read.
    pub deleted: &'a HashMap<ProjectId, String>,
    /// The loaded keys of the Keys view.
    pub keys: &'a Loaded<Key>,
    /// The loaded keys of the Stale view.
    pub stale: &'a Loaded<Key>,
    /// The loaded access reviews.
    pub reviews: &'a Loaded<Review>,
    /// The nodes that serve the Edge API.
    pub fleet: &'a Fleet,
    /// What is known of the selected key beside its row.
    pub detail: &'a Detail,
    /// The view holds all keys that there are.
    pub all_keys: bool,
    /// The Keys view holds all keys that there are, whichever view is shown.
    pub every_key: bool,
    /// What was told and is not in the lists yet.
    pub batch: &'a ChangeBatch,
    /// The marked keys of the view.
    pub marks: Option<&'a Marks>,
    /// What was said.
    pub messages: &'a Messages,
}

impl<'a> Facts<'a> {
    /// Columns and rows of the screen.
    pub fn size(self) -> (u16, u16) {
        self.setup.size
    }

    /// Which key does what.
    pub fn keymap(self) -> &'a Keymap {
        &self.setup.keymap
    }

    /// The first key of an action, for words about it.
    pub fn key(self, action: Action) -> String {
        self.setup.keymap.hint(action)
    }

    /// A loaded key, from whichever list has it.
    pub fn loaded(self, id: KeyId) -> Option<&'a Key> {
        self.keys.get(id).or_else(|| self.stale.get(id))
    }

    /// Whether a loaded key replaces this one and was created after this time.
    pub fn replaced_since(self, id: KeyId, since: Option<Timestamp>) -> bool {
        let mut loaded = self.keys.all().iter().chain(self.stale.all());
        loaded.any(|key| key.rotated_from == Some(id) && Some(key.created_at) >= since)
    }

    /// From how much idle time a key counts as idle and as stale.
    pub fn thresholds(self) -> Thresholds {
        self.connection.thresholds()
    }

    /// Whether the context is read-only by its configuration alone, which can be unlocked.
    pub fn locked_only(self) -> bool {
        self.setup.contexts.here().is_some_and(|context| context.read_only) && !self.setup.read_only
    }

    /// Whether a confirmation that opened then is too young to be confirmed.
    pub fn too_fast(self, opened: Timestamp) -> bool {
        self.now >= opened && opened.age(self.now) < GUARD
    }

    /// What to answer to a key that was pressed before anybody could read what it confirms.
    pub fn too_fast_words(self, action: Action) -> String {
        format!("Ignored: key pressed too quickly. Press {} again.", self.key(action))
    }

    /// How many nodes have confirmed a change that is in flight. `doing` is what is done, as `Revoking`; the change
    /// is the newest event that is `ours`.
    pub fn waiting_words(self, doing: &str, ours: impl Fn(&Event) -> bool) -> String {
        self.fleet.waiting_words(doing, self.revision_of(ours), self.server_now)
    }

    /// The newest change that was told and is one of these.
    pub fn revision_of(self, ours: impl Fn(&Event) -> bool) -> Option<u64> {
        self.batch.events.iter().rev().find(|event| ours(event)).map(|event| event.seq)
    }

    /// Where an Edge API listens, as far as it is known.
    pub fn edge_address(self) -> Option<&'a str> {
        let of_node = || {
            let session = self.connection.session.as_ref()?;
            session.nodes.iter().find(|node| node.live).and_then(|node| node.edge.as_deref())
        };
        self.connection.place.edge.as_deref().or_else(of_node)
    }

    /// Whether the project of this key was deleted, as far as it is known. Deleting it revoked its keys.
    pub fn project_deleted(self, key: &Key) -> bool {
        key.status == Status::Revoked
            && self.projects.get(key.project_id).is_none()
            && (self.projects.is_complete() || key.revoke_reason.as_deref() == Some(PROJECT_DELETED))
    }

    /// Where a file with this name goes, as it is shown before it is written.
    pub fn file_place(self, name: &str) -> String {
        let folder = match self.setup.folder.as_str() {
            "" => ".",
            folder => folder.trim_end_matches('/'),
        };
        format!("{folder}/{name}")
    }

    /// The context and its server in words, for every dialog that changes something.
    pub fn place_words(self) -> String {
        let prod = if self.setup.prod { ", PROD" } else { "" };
        match self.connection.place.names(&self.setup.context) {
            (name, None) => format!("{name}{prod}"),
            (name, Some(server)) => format!("{name}{prod} — {server}"),
        }
    }
}

/// What a view may look at while it acts on its own rows.
#[derive(Clone, Copy, Debug)]
pub struct ActFacts<'a> {
    /// Which key does what.
    pub keymap: &'a Keymap,
    /// The connection and what the server said of itself.
    pub connection: &'a Connection,
    /// The first page of its list is awaited.
    pub awaited: bool,
}

/// What a dialog or a view wants to happen, in this order.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// Ask the server; the answer comes back to the dialog, if it is still open.
    Ask(Request),
    /// Ask the server of another context, by its name.
    AskIn(String, Request),
    /// Say something in the message line.
    Say(Level, String),
    /// Say why there is nothing to act on: the rows are still loading, or these words.
    NothingSelected(&'static str),
    /// Open a dialog.
    Open(OpenDialog),
    /// Close the dialog that says so. What it asked and only reads is taken back.
    Close,
    /// Do what this action does: in the dialog below, if it takes the action, else in the table.
    Do(Action),
    /// Show the keys of a project.
    Scope(ProjectId, String),
    /// Show the audit log with this filter.
    Audit(String),
    /// Go to the keys with this mask, mostly one.
    GoTo(MaskedKey, Vec<Key>),
    /// A whole key was put in: offer to go to it or revoke it.
    Offer(MaskedKey),
    /// Rows of the view are wanted.
    Rows(WantRows),
    /// What was asked and only reads is no longer wanted.
    Forget,
    /// The view's list is to hold other rows: ask for it from its beginning.
    Refetch,
    /// Look for what fits to what is typed.
    Find,
    /// This key was revoked: offer to create it again.
    OfferReplacement(Key),
    /// Changes are allowed for a while.
    Allow,
    /// Give the view's list another order.
    Sort(Sort),
    /// Keep this theme.
    KeepTheme(&'static str),
    /// Show these columns in the view, or the usual ones.
    Columns(Option<Vec<usize>>),
    /// Count the keys of the view by this.
    Groups(GroupBy),
    /// Show the keys of a group.
    OpenGroup(Picked),
    /// Mark the keys of a group.
    MarkGroup(Picked),
    /// Take the marks of a group's keys away.
    UnmarkGroup(Picked),
    /// Filter the view.
    Filter(String),
    /// Change the saved filters of the view.
    ChangeFilters(FilterChange),
    /// Go to another context, by its place in the list.
    Switch(usize),
    /// Rows have changed in many places: read them again soon.
    Reload,
    /// The same, and the stale keys and the projects now.
    ReadAgain,
    /// Something for outside.
    Effect(Effect),
}

/// What is exported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Export {
    /// What it is: `keys of shop`.
    pub about: String,
    /// The filter that it has, in words; empty when there is none.
    pub filter: String,
    /// How many rows, as far as it is known.
    pub rows: String,
    /// The name of the file, without its form's extension.
    pub name: String,
    /// It is asked where the file is to go.
    pub asks_place: bool,
    /// What an evidence pack would be about, where one can be created of it.
    pub pack: Option<PackScope>,
}

impl Export {
    /// A short name for such a file: `audit.csv`.
    pub(in crate::tui) fn example(&self, form: Form) -> String {
        let noun = self.name.split('-').nth(1).unwrap_or("export");
        format!("{noun}.{}", form.extension())
    }
}

/// What an evidence pack is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PackScope {
    /// The review whose keys are in scope.
    pub review: Option<Box<Review>>,
    /// Without a review, a filter of the keys in scope; empty for all that are not revoked.
    pub filter: String,
    /// What it is, in words: `review Autumn`.
    pub about: String,
}

impl PackScope {
    /// A pack of a review.
    pub fn review(review: &Review) -> PackScope {
        let about = format!("review {}", review.name);
        PackScope { review: Some(Box::new(review.clone())), filter: String::new(), about }
    }
}

/// What a group is known by: its project, and its name.
pub type GroupId = (Option<ProjectId>, Arc<str>);

/// Which groups to show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupsOf {
    /// Of the stale keys.
    pub stale: bool,
    /// Of the keys idle for so many days, where that is another threshold than that of stale keys.
    pub idle_days: Option<u32>,
    /// What to group by first.
    pub by: GroupBy,
    /// The group to select; the largest without one.
    pub at: Option<GroupId>,
}

/// A group to act on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Picked {
    /// What was grouped by.
    pub by: GroupBy,
    /// The group.
    pub id: GroupId,
    /// The filter term that selects its keys.
    pub term: String,
    /// Number of its keys that are not revoked.
    pub keys: u64,
}

/// Rows that a dialog wants of the view.
#[derive(Clone, PartialEq, Debug)]
pub enum WantRows {
    /// Those to be seen, or what to ask for where they are not all that match.
    Shown,
    /// What to ask for the rows after this cursor.
    After(String),
    /// These, in the order of the view and without what its filter hides.
    Arranged(Rows),
}

/// What a name is for.
#[derive(Clone, PartialEq, Debug)]
pub enum Naming {
    /// A new project.
    NewProject,
    /// The first project of all; its first key comes next.
    FirstProject,
    /// This project.
    Project(Box<Project>),
}

impl Naming {
    /// The name that there is.
    pub fn name(&self) -> &str {
        match self {
            Naming::NewProject | Naming::FirstProject => "",
            Naming::Project(project) => &project.name,
        }
    }
}

/// What the form for a new access review begins with.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReviewScope {
    /// Of this project alone, with its name.
    pub project: Option<(ProjectId, String)>,
    /// Which keys, as a filter.
    pub filter: String,
    /// From how many idle days on a key is stale in it, where that is another threshold than the server's.
    pub stale_days: Option<u32>,
    /// What its keys have in common, for its name: `Stale keys`.
    pub keys: String,
    /// How many keys these are, where all of them are loaded.
    pub count: Option<u64>,
    /// The names of other reviews. None of them is suggested: two of a name are hard to tell apart.
    pub taken: Vec<String>,
}

impl ReviewScope {
    /// Whether a review is about the keys that are looked at: about the same ones, or nothing narrows them.
    pub fn is_of(&self, review: &Scope) -> bool {
        let ReviewScope { project, filter, stale_days, .. } = self;
        project.as_ref().is_none_or(|(id, _)| review.projects == [*id])
            && (filter.is_empty() || *filter == review.filter)
            && stale_days.is_none_or(|days| review.stale_days == Some(days))
    }
}

/// What a form for a new key begins with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewKey {
    /// Where it is made, with that project's name.
    pub project: (ProjectId, String),
    /// Whether another project may be chosen.
    pub choose: bool,
    /// Its name; mostly empty.
    pub name: String,
    /// Live or test.
    pub mode: Mode,
    /// Its owner; mostly empty.
    pub owner: String,
    /// What it is for; mostly empty.
    pub purpose: String,
    /// The name of the revoked key that it is to be like.
    pub like: Option<String>,
}

impl NewKey {
    /// A key of this project, or of another one where that may be chosen.
    pub fn of(project: (ProjectId, String), choose: bool) -> NewKey {
        let (name, owner, purpose) = Default::default();
        NewKey { project, choose, name, mode: Mode::Live, owner, purpose, like: None }
    }

    /// A new key like a revoked one, which cannot be rotated: of its project, mode, owner and purpose, and with its
    /// name or the next free one.
    pub fn like(key: &Key) -> NewKey {
        let project = (key.project_id, key.project_name.to_string());
        let (name, like) = (key.name.clone(), Some(key.name.clone()));
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let (owner, purpose) = (text(key.owner.as_deref()), text(key.purpose.as_deref()));
        NewKey { name, mode: key.mode, owner, purpose, like, ..NewKey::of(project, false) }
    }
}

/// Something to choose by typing.
#[derive(Clone, PartialEq, Debug)]
pub enum Choice {
    /// A title above the choices that follow it; nothing to choose.
    Heading(&'static str),
    /// Do this, and what it does in words.
    Action(Action, &'static str),
    /// Go to the keys of this project.
    Project(ProjectId, String),
    /// Apply this saved filter to the view.
    Filter(SavedFilter),
    /// Go to this key.
    Key(Box<Key>),
}

impl Choice {
    /// Whether both are the same thing, however it has changed.
    pub fn is(&self, other: &Choice) -> bool {
        match (self, other) {
            (Choice::Action(one, _), Choice::Action(two, _)) => one == two,
            (Choice::Project(one, _), Choice::Project(two, _)) => one == two,
            (Choice::Filter(one), Choice::Filter(two)) => one.name == two.name,
            (Choice::Key(one), Choice::Key(two)) => one.id == two.id,
            _ => false,
        }
    }
}

/// What is looked for among everything that can be chosen.
#[derive(Clone, Debug)]
pub struct Seek<'a> {
    /// What was typed; of a whole or a cut key only the public start.
    pub query: Cow<'a, str>,
    /// Among projects and keys too, not the actions alone.
    pub everything: bool,
    /// Keys that the server found.
    pub came: &'a [Key],
}

/// The answer to a request of a dialog, or why there is none.
pub type Answer<'a> = Result<&'a Reply, &'a Failure>;

/// Something that happened outside, for the dialog that it is about.
#[derive(Clone, PartialEq, Debug)]
pub enum Notice {
    /// What became of the copy of this key.
    Copied(KeyId, ClipboardOutcome),
    /// What became of the copy of a public text, in words.
    CopiedText((Level, String)),
    /// Time went on.
    Time,
    /// Something was told of what happens elsewhere.
    Changes,
    /// No event tells what happens elsewhere: who has to know has to ask.
    Unheard,
    /// The server answers again.
    Reconnected,
    /// What became of writing this key to a file: the path, or why not.
    Written(KeyId, Result<String, String>),
    /// What became of writing so many rows to a file: the path, or why not.
    Exported(usize, Result<String, String>),
}

/// What a dialog does. It sees no more than [`Facts`], and changes nothing but itself.
pub trait DialogLogic {
    /// It was opened: asks for what it needs.
    fn opened(&mut self, _facts: Facts<'_>) -> Vec<Step> {
        Vec::new()
    }

    /// A key was pressed or a text pasted.
    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step>;

    /// What it asked was answered, or not.
    fn replied(&mut self, _facts: Facts<'_>, _asked: &Request, _answer: Answer<'_>) -> Vec<Step> {
        Vec::new()
    }

    /// Whether it answers this failure with a question to the user: then the failure is not among the messages.
    fn asks_user_after(&self, _failure: &Failure) -> bool {
        false
    }

    /// Something happened outside; none where that is nothing of its own.
    fn notified(&mut self, _facts: Facts<'_>, _notice: &Notice) -> Option<Vec<Step>> {
        None
    }

    /// The mouse was used over it.
    fn pointed(&mut self, _facts: Facts<'_>, _pointed: Pointed) -> Vec<Step> {
        Vec::new()
    }

    /// What it looks for, where one chooses by typing.
    fn seeks(&self) -> Option<Seek<'_>> {
        None
    }

    /// What fits to what it looks for, the best first, and how much fits in all.
    fn found(&mut self, _facts: Facts<'_>, _choices: Vec<Choice>, _fits: usize) -> Vec<Step> {
        Vec::new()
    }

    /// The rows that it wanted; or what to ask for them, with the rows before any has come.
    fn rows(&mut self, _facts: Facts<'_>, _rows: Result<Rows, (Rows, Request)>) -> Vec<Step> {
        Vec::new()
    }

    /// The counts that it wanted.
    fn groups(&mut self, _facts: Facts<'_>, _groups: KeyGroups) -> Vec<Step> {
        Vec::new()
    }

    /// When it is to be told that time went on.
    fn due(&self) -> Option<Timestamp> {
        None
    }

    /// The clock was set, by so many milliseconds.
    fn clock_set(&mut self, _by: i64) {}

    /// Its last line, which is also the list of keys that it takes.
    fn hints(&self) -> Vec<Hint>;

    /// What it does with text now.
    fn text(&self) -> Text {
        Text::Refused
    }

    /// The title of its own keys in the help.
    fn keys_title(&self) -> &'static str {
        "In this dialog"
    }

    /// Whether it may be closed to go elsewhere. If not, it says why by itself.
    fn may_leave(&mut self) -> bool {
        true
    }

    /// Whether something is decided in it: rows wait for that.
    fn decides(&self) -> bool {
        true
    }

    /// Whether it has to know what happens elsewhere, though no event may tell it.
    fn watches(&self) -> bool {
        false
    }

    /// Whether the whole text of a key stands in it: it is drawn alone, and takes no mouse.
    fn shows_secret(&self) -> bool {
        false
    }

    /// The name of a theme that is shown for as long as it is open.
    fn theme(&self) -> Option<&'static str> {
        None
    }

    /// The key that it is about.
    fn about(&self) -> Option<&Key> {
        None
    }
}
