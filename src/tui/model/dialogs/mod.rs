//! Overlays, the topmost of which takes the keys.
//!
//! | module | what |
//! |---|---|
//! | [`names`] | a new project, another name |
//! | [`edit`] | a key's name, owner and purpose |
//! | [`new_key`] | a new key |
//! | [`confirm`] | the confirmation that a key is revoked, paused or resumed |
//! | [`bulk`], [`targets`], [`bulk_words`], [`bulk_parts`] | the same for many keys; what became of each; what is said of them; which of its parts fit on the screen |
//! | [`form`] | what the dialogs with one field have in common |
//! | [`rotate`], [`successor`], [`guide`] | a key's successor, what comes after it, and how far a guided rotation is |
//! | [`delete`] | the confirmation of a project's deletion |
//! | [`shown_once`] | the key, once |
//! | [`unsaved`] | keys that an earlier dashboard showed and that are not known to be stored |
//! | [`forget_node`] | the question before a node is forgotten |
//! | [`offer`] | whose key was pasted |
//! | [`unlock`] | the word that allows changes in a locked context |
//! | [`finder`] | choosing by typing: the help, the command palette |
//! | [`export`], [`pack`] | what is shown, into a file; an evidence pack, into another |
//! | [`contexts`] | the list of contexts |
//! | [`copy_menu`] | what can be copied of a row, or of a new key |
//! | [`sort`] | the menu of orders |
//! | [`theme`] | the themes, each shown while it is marked |
//! | [`columns`] | which columns are shown, and in which order |
//! | [`filters`] | saved filters |
//! | [`groups`] | keys by creator, project, state or owner |
//! | [`messages`] | what was said |
//! | [`reviews`], [`review_form`], [`review_cancel`], [`review_sign`] | which review to continue; the form for a new one; the question before one is cancelled; its signature |
//! | [`review_queue`], [`review_rows`], [`review_page`], [`review_reason`] | the keys of a review, one at a time; its decisions; a key as lines; the reason for a decision |
//! | [`review_execute`], [`review_plan`] | the summary of a review, executed once confirmed; its lines |
//! | [`stack`] | which of them are open |
//! | [`interaction`] | what a dialog or a view may look at, and what it wants |

pub mod bulk;
pub mod bulk_parts;
pub mod bulk_words;
pub mod columns;
pub mod confirm;
pub mod contexts;
pub mod copy_menu;
pub mod delete;
pub mod edit;
pub mod export;
pub mod filters;
pub mod finder;
pub mod forget_node;
pub mod form;
pub mod groups;
pub mod guide;
pub mod interaction;
mod menu;
pub mod messages;
pub mod names;
pub mod new_key;
pub mod offer;
pub mod pack;
pub mod review_cancel;
pub mod review_execute;
pub mod review_form;
pub mod review_page;
pub mod review_plan;
pub mod review_queue;
pub mod review_reason;
pub mod review_rows;
pub mod review_sign;
pub mod reviews;
pub mod rotate;
pub mod shown_once;
pub mod sort;
pub mod stack;
pub mod successor;
pub mod targets;
pub mod theme;
pub mod unlock;
pub mod unsaved;

use std::sync::Arc;

pub use self::bulk::{Asked, BulkDialog, BulkFocus, Phase};
pub use self::bulk_words::{BULK_LABEL, BULK_WIDTH};
pub use self::columns::{ColumnChooser, ColumnsOf};
pub use self::confirm::{ConfirmDialog, ConfirmFocus, Deed};
pub use self::contexts::ContextList;
pub use self::copy_menu::CopyMenu;
pub use self::delete::DeleteDialog;
pub use self::edit::{EditFocus, EditForm};
pub use self::export::ExportDialog;
pub use self::filters::{FilterList, FilterNaming, FiltersOf, ListLine};
pub(in crate::tui) use self::finder::PASTE;
pub use self::finder::{Finder, Offered};
pub use self::forget_node::ForgetNode;
pub use self::groups::GroupList;
pub use self::guide::GuideDialog;
use self::interaction::{DialogLogic, Export, Facts, GroupsOf, Naming, NewKey, PackScope, ReviewScope, Step};
pub use self::messages::MessageList;
pub use self::names::NameForm;
pub use self::new_key::{NewKeyFocus, NewKeyForm};
pub use self::offer::{Found, Offer, PastedKeys};
pub use self::pack::PackDialog;
pub use self::review_cancel::CancelReview;
pub use self::review_execute::{ExecuteDialog, ExecutePhase};
pub use self::review_form::{ReviewFocus, ReviewForm};
pub use self::review_queue::Queue;
pub use self::review_reason::ReasonForm;
pub use self::review_sign::SignReview;
pub use self::reviews::ReviewMenu;
pub use self::rotate::RotateForm;
pub use self::shown_once::{Copied, FileState, ShownOnce};
pub use self::sort::SortMenu;
pub use self::successor::Successor;
pub use self::targets::{Progress, Target};
pub use self::theme::ThemePicker;
pub use self::unlock::Unlock;
pub use self::unsaved::Unsaved;
use crate::wire::audit::Head;
use crate::wire::keys::{Key, Sort, SortBy};
use crate::wire::nodes::Node;
use crate::wire::projects::Project;
use crate::wire::reviews::Review;
use crate::wire::rotations::Rotation;
use crate::wire::tokens::Role;

/// Does the same with whichever dialog it is: the one table of them.
macro_rules! each {
    ($dialog:expr, $open:ident => $does:expr) => {
        match $dialog {
            Dialog::Help($open) | Dialog::Palette($open) => $does,
            Dialog::Sort($open) => $does,
            Dialog::Theme($open) => $does,
            Dialog::Columns($open) => $does,
            Dialog::Filters($open) => $does,
            Dialog::Groups($open) => $does,
            Dialog::Messages($open) => $does,
            Dialog::Contexts($open) => $does,
            Dialog::CopyMenu($open) => $does,
            Dialog::Offer($open) => $does,
            Dialog::Unsaved($open) => $does,
            Dialog::ShownOnce($open) => $does,
            Dialog::Unlock($open) => $does,
            Dialog::Name($open) => $does,
            Dialog::Edit($open) => $does,
            Dialog::NewKey($open) => $does,
            Dialog::Rotate($open) => $does,
            Dialog::Successor($open) => $does,
            Dialog::Guide($open) => $does,
            Dialog::Delete($open) => $does,
            Dialog::Confirm($open) => $does,
            Dialog::Bulk($open) => $does,
            Dialog::Export($open) => $does,
            Dialog::Pack($open) => $does,
            Dialog::Reviews($open) => $does,
            Dialog::ReviewForm($open) => $does,
            Dialog::Queue($open) => $does,
            Dialog::ExecuteReview($open) => $does,
            Dialog::CancelReview($open) => $does,
            Dialog::SignReview($open) => $does,
            Dialog::ForgetNode($open) => $does,
        }
    };
}

/// A dialog to be opened, as plain data.
#[derive(Clone, PartialEq, Debug)]
pub enum OpenDialog {
    /// The word that allows changes; then these steps.
    Unlock(Vec<Step>),
    /// The actions with their keys.
    Help,
    /// Any action, project or key by its name.
    Palette,
    /// The menu of orders, with the one that the list has.
    Sort(Sort, &'static [SortBy]),
    /// The themes.
    Theme,
    /// The columns of the view.
    Columns(ColumnsOf),
    /// The saved filters of the view.
    Filters(FiltersOf),
    /// Keys by creator, project, state or owner.
    Groups(GroupsOf),
    /// What was said.
    Messages,
    /// The contexts.
    Contexts,
    /// What can be copied of a row: what it is called, and the text.
    CopyMenu(Vec<(&'static str, String)>),
    /// Whose keys these are.
    Offer(PastedKeys),
    /// Keys that an earlier dashboard showed and that are not known to be stored.
    Unsaved(Vec<Key>),
    /// A name for a new project, or another name.
    Name(Naming),
    /// Another name, owner or purpose of a key.
    Edit(Key),
    /// The pause of a key; of a paused one, its end.
    Pause(Key),
    /// A new key.
    NewKey(NewKey),
    /// A successor for this key.
    Rotate(Key),
    /// What comes after a successor was stored: the key that it succeeds, and its own name.
    Successor(Key, String),
    /// How far the guided rotation of a key is, as it is known; without that it is started.
    Guide(Key, Option<Box<Rotation>>),
    /// What is shown, into a file.
    Export(Export),
    /// An evidence pack of these keys.
    Pack(PackScope),
    /// Which review to continue; else a new one that begins with this.
    Reviews(ReviewScope),
    /// A new review of these keys.
    NewReview(ReviewScope),
    /// Another name or due date of a review.
    EditReview(Review),
    /// The keys of a review, one at a time.
    Queue(Review),
    /// The summary of a review, before its decisions are executed.
    ExecuteReview(Review),
    /// The question before a review is cancelled.
    CancelReview(Review),
    /// The signature of an executed review, with the head of a pack where one was created here.
    SignReview(Box<Review>, Option<Head>),
    /// The question before a node is forgotten.
    ForgetNode(Node),
    /// The deletion of a project.
    Delete(Project),
    /// The revocation of a key.
    Revoke(Key),
    /// The revocation of the marked keys of a view.
    Bulk {
        /// They are marked in a list of the keys idle for so many days.
        idle_days: Option<u32>,
        /// The keys, each with whether it is hidden.
        targets: Vec<(Arc<Key>, bool)>,
    },
}

impl OpenDialog {
    /// Whether it changes something on the server: where nothing may be changed, it does not open.
    pub const fn changes(&self) -> bool {
        match self {
            OpenDialog::Name(_)
            | OpenDialog::Edit(_)
            | OpenDialog::Pause(_)
            | OpenDialog::NewKey(_)
            | OpenDialog::Rotate(_)
            | OpenDialog::Guide(_, None)
            | OpenDialog::Delete(_)
            | OpenDialog::Revoke(_)
            | OpenDialog::NewReview(_)
            | OpenDialog::EditReview(_)
            | OpenDialog::CancelReview(_)
            | OpenDialog::SignReview(..)
            | OpenDialog::Pack(_)
            | OpenDialog::ForgetNode(_)
            | OpenDialog::Bulk { .. } => true,
            OpenDialog::Unlock(_)
            | OpenDialog::Help
            | OpenDialog::Palette
            | OpenDialog::Sort(..)
            | OpenDialog::Theme
            | OpenDialog::Columns(_)
            | OpenDialog::Filters(_)
            | OpenDialog::Groups(_)
            | OpenDialog::Messages
            | OpenDialog::Contexts
            | OpenDialog::CopyMenu(_)
            | OpenDialog::Export(_)
            | OpenDialog::Offer(_)
            | OpenDialog::Unsaved(_)
            | OpenDialog::Guide(_, Some(_))
            | OpenDialog::Reviews(_)
            | OpenDialog::Queue(_)
            | OpenDialog::ExecuteReview(_)
            | OpenDialog::Successor(..) => false,
        }
    }

    /// The least role that may do what it changes.
    pub const fn role(&self) -> Role {
        match self {
            OpenDialog::Delete(_) | OpenDialog::ForgetNode(_) => Role::Admin,
            _ if self.reviews() => Role::Auditor,
            _ => Role::Member,
        }
    }

    /// Whether what it changes is a review, or the audit log by a report: auditors may do that.
    const fn reviews(&self) -> bool {
        matches!(
            self,
            OpenDialog::NewReview(_)
                | OpenDialog::EditReview(_)
                | OpenDialog::CancelReview(_)
                | OpenDialog::SignReview(..)
                | OpenDialog::Pack(_)
        )
    }
}

/// An overlay.
#[derive(Clone, PartialEq, Debug)]
pub enum Dialog {
    /// The actions with their keys.
    Help(Box<Finder>),
    /// Any action, project or key by its name.
    Palette(Box<Finder>),
    /// The menu of orders.
    Sort(Box<SortMenu>),
    /// The themes.
    Theme(Box<ThemePicker>),
    /// The columns of the view.
    Columns(Box<ColumnChooser>),
    /// The saved filters of the view.
    Filters(Box<FilterList>),
    /// Keys by creator, project, state or owner.
    Groups(Box<GroupList>),
    /// The messages.
    Messages(Box<MessageList>),
    /// The contexts.
    Contexts(Box<ContextList>),
    /// The word that allows changes.
    Unlock(Box<Unlock>),
    /// Whose key was pasted.
    Offer(Box<Offer>),
    /// A name is asked for.
    Name(Box<NameForm>),
    /// A key is edited.
    Edit(Box<EditForm>),
    /// A new key.
    NewKey(Box<NewKeyForm>),
    /// That one key is revoked, paused or resumed, to be confirmed.
    Confirm(Box<ConfirmDialog>),
    /// What to copy of a row.
    CopyMenu(Box<CopyMenu>),
    /// What is shown, into a file.
    Export(Box<ExportDialog>),
    /// An evidence pack.
    Pack(Box<PackDialog>),
    /// A key's successor.
    Rotate(Box<RotateForm>),
    /// What comes after a key's successor.
    Successor(Box<Successor>),
    /// How far a guided rotation is.
    Guide(Box<GuideDialog>),
    /// Which review to continue.
    Reviews(Box<ReviewMenu>),
    /// A new review, or another name or due date of one.
    ReviewForm(Box<ReviewForm>),
    /// The keys of a review, one at a time.
    Queue(Box<Queue>),
    /// The summary of a review.
    ExecuteReview(Box<ExecuteDialog>),
    /// A review to be cancelled.
    CancelReview(Box<CancelReview>),
    /// A review to be signed.
    SignReview(Box<SignReview>),
    /// A node to be forgotten.
    ForgetNode(Box<ForgetNode>),
    /// A project's deletion to be confirmed.
    Delete(Box<DeleteDialog>),
    /// A revocation of many keys.
    Bulk(Box<BulkDialog>),
    /// Keys that an earlier dashboard showed.
    Unsaved(Box<Unsaved>),
    /// The key, once.
    ShownOnce(Box<ShownOnce>),
}

impl Dialog {
    /// The dialog that was asked for, as it opens.
    pub fn of(what: OpenDialog, facts: Facts<'_>) -> Dialog {
        let now = facts.now;
        match what {
            OpenDialog::Unlock(then) => Dialog::Unlock(Box::new(Unlock::before(then))),
            OpenDialog::Help => Dialog::Help(Box::new(Finder::new(Offered::Actions))),
            OpenDialog::Palette => Dialog::Palette(Box::new(Finder::new(Offered::Everything))),
            OpenDialog::Sort(present, orders) => Dialog::Sort(Box::new(SortMenu::new(present, orders))),
            OpenDialog::Theme => Dialog::Theme(Box::new(ThemePicker::new(&facts.setup.themes))),
            OpenDialog::Columns(of) => Dialog::Columns(Box::new(ColumnChooser::new(of))),
            OpenDialog::Filters(of) => Dialog::Filters(Box::new(FilterList::new(of))),
            OpenDialog::Groups(of) => Dialog::Groups(Box::new(GroupList::new(of, now))),
            OpenDialog::Messages => Dialog::Messages(Box::default()),
            OpenDialog::Contexts => Dialog::Contexts(Box::new(ContextList::at(facts.setup.contexts.at))),
            OpenDialog::CopyMenu(items) => Dialog::CopyMenu(Box::new(CopyMenu { items, at: 0 })),
            OpenDialog::Offer(pasted) => Dialog::Offer(Box::new(Offer::new(pasted))),
            OpenDialog::Unsaved(keys) => Dialog::Unsaved(Box::new(Unsaved::new(keys, now))),
            OpenDialog::Name(naming) => Dialog::Name(Box::new(NameForm::new(naming))),
            OpenDialog::Edit(key) => Dialog::Edit(Box::new(EditForm::new(key))),
            OpenDialog::Pause(key) => Dialog::Confirm(Box::new(ConfirmDialog::pause(key, now))),
            OpenDialog::NewKey(from) => Dialog::NewKey(Box::new(NewKeyForm::new(from))),
            OpenDialog::Rotate(key) => Dialog::Rotate(Box::new(RotateForm::new(key, now))),
            OpenDialog::Successor(old, name) => Dialog::Successor(Box::new(Successor { old, name })),
            OpenDialog::Guide(key, rotation) => Dialog::Guide(Box::new(GuideDialog::new(key, rotation, now))),
            OpenDialog::Export(export) => Dialog::Export(Box::new(ExportDialog::new(export))),
            OpenDialog::Reviews(scope) => Dialog::Reviews(Box::new(ReviewMenu::new(scope))),
            OpenDialog::NewReview(scope) => {
                Dialog::ReviewForm(Box::new(ReviewForm::start(scope, facts.server_now)))
            }
            OpenDialog::EditReview(review) => Dialog::ReviewForm(Box::new(ReviewForm::edit(review))),
            OpenDialog::Queue(review) => Dialog::Queue(Box::new(Queue::new(review))),
            OpenDialog::ExecuteReview(review) => {
                Dialog::ExecuteReview(Box::new(ExecuteDialog::new(review, now)))
            }
            OpenDialog::Pack(scope) => Dialog::Pack(Box::new(PackDialog::new(scope, facts))),
            OpenDialog::SignReview(review, head) => {
                Dialog::SignReview(Box::new(SignReview::new(*review, head)))
            }
            OpenDialog::ForgetNode(node) => Dialog::ForgetNode(Box::new(ForgetNode::new(node, now))),
            OpenDialog::CancelReview(review) => {
                Dialog::CancelReview(Box::new(CancelReview::new(review, now)))
            }
            OpenDialog::Delete(project) => Dialog::Delete(Box::new(DeleteDialog::new(project, now))),
            OpenDialog::Revoke(key) => Dialog::Confirm(Box::new(ConfirmDialog::new(Deed::Revoke, key, now))),
            OpenDialog::Bulk { idle_days, targets } => {
                Dialog::Bulk(Box::new(BulkDialog::new(idle_days, targets, now)))
            }
        }
    }

    /// What it does.
    pub fn logic(&self) -> &dyn DialogLogic {
        each!(self, open => &**open)
    }

    /// What it does, to be changed by it.
    pub fn logic_mut(&mut self) -> &mut dyn DialogLogic {
        each!(self, open => &mut **open)
    }

    /// Whether it offers what to do with a key that was pasted.
    pub const fn is_offer(&self) -> bool {
        matches!(self, Dialog::Offer(_))
    }

    /// Whether it lists the messages, with their ages.
    pub const fn shows_messages(&self) -> bool {
        matches!(self, Dialog::Messages(_))
    }
}

/// A new key comes with an answer and not from a step: [`OpenDialog`] is plain data, and holds no secret.
impl From<ShownOnce> for Dialog {
    fn from(shown: ShownOnce) -> Dialog {
        Dialog::ShownOnce(Box::new(shown))
    }
}
