//! Keys counted by creator, project, state or owner: open a group, or mark all of its keys.

use std::sync::Arc;
use std::time::Duration;

use super::menu::{SCROLLS, moves};
use crate::tui::layout;
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::interaction::{
    Answer, DialogLogic, Facts, GroupId, GroupsOf, Notice, Picked, Step,
};
use crate::tui::model::effect::Request;
use crate::tui::model::event::{FailureKind, Reply};
use crate::tui::model::field::Edit;
use crate::tui::model::hints::{Hint, Input, Pointed};
use crate::tui::model::list::marks::Marks;
use crate::tui::model::wording::words;
use crate::wire::filter::AsOf;
use crate::wire::key_groups::{GroupBy, KeyGroup, KeyGroups};
use crate::wire::time::Timestamp;

/// Changed counts are asked for again at most this often.
const EVERY: Duration = Duration::from_secs(1);

/// The groups.
#[derive(Clone, PartialEq, Debug)]
pub struct GroupList {
    /// Of the stale keys.
    pub stale: bool,
    /// Of the keys idle for so many days, where that is another threshold than that of stale keys.
    pub idle_days: Option<u32>,
    /// What is grouped by.
    pub by: GroupBy,
    /// The counts, once they are known.
    pub groups: Option<KeyGroups>,
    /// Why they are not known.
    pub failure: Option<String>,
    /// Why the last key did nothing.
    pub note: Option<String>,
    /// The selected group.
    at: Option<GroupId>,
    /// Counts may have changed; from this time on they are asked for again.
    due: Option<Timestamp>,
    counted: Timestamp,
}

impl GroupList {
    /// Before the groups are known.
    pub fn new(of: GroupsOf, now: Timestamp) -> GroupList {
        let GroupsOf { stale, idle_days, by, at } = of;
        let (groups, failure, note, due) = (None, None, None, None);
        GroupList { stale, idle_days, by, groups, failure, note, at, due, counted: now }
    }

    /// The groups to choose from, the largest first.
    pub fn items(&self) -> &[KeyGroup] {
        self.groups.as_ref().map_or(&[], |groups| &groups.items)
    }

    /// The place of the selected group.
    pub fn cursor(&self) -> usize {
        let id = self.at.as_ref();
        id.and_then(|id| self.items().iter().position(|group| id_of(group) == *id)).unwrap_or(0)
    }

    /// The first visible group when `room` groups fit.
    pub fn top(&self, room: usize) -> usize {
        (self.cursor() + 1).saturating_sub(room)
    }

    /// How many keys of each group are marked.
    pub fn marked(&self, facts: Facts<'_>) -> KeyGroups {
        let as_of = AsOf { now: facts.server_now, thresholds: facts.thresholds() };
        let marks = facts.marks.into_iter().flat_map(Marks::iter);
        KeyGroups::of(marks.map(|marked| &*marked.key), self.by, as_of)
    }

    /// How many keys of a group are marked, of those counted by [`GroupList::marked`].
    pub fn marked_in(marked: &KeyGroups, group: &KeyGroup) -> u64 {
        marked.items.iter().find(|other| id_of(other) == id_of(group)).map_or(0, |other| other.keys)
    }

    fn picked(&self) -> Option<Picked> {
        let groups = self.groups.as_ref()?;
        let group = groups.items.get(self.cursor())?;
        let term = groups.term(group, self.by);
        Some(Picked { by: self.by, id: id_of(group), term, keys: group.active })
    }

    /// Whether the selected group has keys to mark: revoked ones cannot be marked.
    pub fn marks(&self) -> bool {
        self.items().get(self.cursor()).is_none_or(|group| group.active > 0)
    }

    fn select(&mut self, at: usize) {
        self.at = self.items().get(at).map(id_of);
    }

    fn group_by(&mut self, by: GroupBy) -> Vec<Step> {
        if by == self.by {
            return Vec::new();
        }
        (self.by, self.at, self.groups, self.failure) = (by, None, None, None);
        vec![Step::Forget, Step::Groups(by)]
    }

    fn turn(&mut self, forward: bool) -> Vec<Step> {
        let all = GroupBy::ALL;
        let at = all.iter().position(|by| *by == self.by).unwrap_or(0);
        self.group_by(all[(at + if forward { 1 } else { all.len() - 1 }) % all.len()])
    }

    fn mark(&mut self, facts: Facts<'_>) -> Vec<Step> {
        let (at, marked) = (self.cursor(), self.marked(facts));
        let Some(picked) = self.picked() else { return Vec::new() };
        if still_marking(facts) {
            return self.refuse("Still marking keys. Wait a moment.".into());
        }
        if !self.marks() {
            return self.refuse(ONLY_REVOKED.into());
        }
        let known = self.items().get(at).map_or(0, |group| GroupList::marked_in(&marked, group));
        let all = known > 0 && known >= picked.keys;
        self.select((at + 1).min(self.items().len().saturating_sub(1)));
        vec![if all { Step::UnmarkGroup(picked) } else { Step::MarkGroup(picked) }]
    }

    fn refuse(&mut self, why: String) -> Vec<Step> {
        self.note = Some(why);
        Vec::new()
    }

    fn revoke(&mut self, facts: Facts<'_>) -> Vec<Step> {
        if still_marking(facts) {
            return self.refuse("Still marking keys. Wait a moment.".into());
        }
        if facts.marks.is_none_or(Marks::is_empty) {
            return self.refuse(format!("Mark a group first (press {}).", facts.key(Action::Toggle)));
        }
        vec![Step::Close, Step::Do(Action::Revoke)]
    }

    /// The counts.
    fn take(&mut self, groups: KeyGroups, now: Timestamp) {
        (self.groups, self.failure, self.counted) = (Some(groups), None, now);
        let known = self.at.as_ref().is_some_and(|id| self.items().iter().any(|group| id_of(group) == *id));
        if !known {
            self.select(0);
        }
    }
}

/// Why a group cannot be marked.
pub const ONLY_REVOKED: &str = "Revoked keys cannot be marked.";

/// What a group is known by.
fn id_of(group: &KeyGroup) -> GroupId {
    (group.project_id, Arc::clone(&group.group))
}

/// Whether keys are being loaded to be marked.
fn still_marking(facts: Facts<'_>) -> bool {
    facts.marks.is_some_and(|marks| marks.gather.is_some())
}

impl DialogLogic for GroupList {
    fn opened(&mut self, _: Facts<'_>) -> Vec<Step> {
        vec![Step::Groups(self.by)]
    }

    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        self.note = None;
        match input {
            Input::Do(Action::Submit) => match self.picked() {
                Some(picked) => return vec![Step::Close, Step::OpenGroup(picked)],
                None => return Vec::new(),
            },
            Input::Do(Action::Toggle) => return self.mark(facts),
            Input::Do(Action::Revoke) => return self.revoke(facts),
            Input::Do(Action::ByCreator) => return self.group_by(GroupBy::Creator),
            Input::Do(Action::ByProject) => return self.group_by(GroupBy::Project),
            Input::Do(Action::ByState) => return self.group_by(GroupBy::Status),
            Input::Do(Action::ByOwner) => return self.group_by(GroupBy::Owner),
            Input::Do(Action::NextField) | Input::Edit(Edit::Right) => return self.turn(true),
            Input::Do(Action::PreviousField) | Input::Edit(Edit::Left) => return self.turn(false),
            Input::Do(action) => {
                let page = layout::group_rows(facts.size(), self.items().len()) as isize;
                let Some(by) = moves(action, page) else { return vec![Step::Close] };
                let last = self.items().len().saturating_sub(1);
                self.select(self.cursor().saturating_add_signed(by).min(last));
            }
            Input::Edit(_) => {}
        }
        Vec::new()
    }

    fn groups(&mut self, facts: Facts<'_>, groups: KeyGroups) -> Vec<Step> {
        self.take(groups, facts.now);
        Vec::new()
    }

    fn replied(&mut self, facts: Facts<'_>, asked: &Request, answer: Answer<'_>) -> Vec<Step> {
        let Request::KeyGroups(query) = asked else { return Vec::new() };
        match answer {
            Ok(Reply::KeyGroups(groups)) if query.by == self.by => self.take(groups.clone(), facts.now),
            Err(failure) if query.by == self.by => {
                self.failure = Some(match failure.kind {
                    // Older servers take `groups` for the id of a key.
                    FailureKind::NotFound => "This server is too old to count keys by group.".into(),
                    _ => words(failure),
                });
            }
            _ => {}
        }
        Vec::new()
    }

    fn notified(&mut self, facts: Facts<'_>, notice: &Notice) -> Option<Vec<Step>> {
        match notice {
            Notice::Changes | Notice::Unheard | Notice::Reconnected => {
                self.due.get_or_insert((self.counted + EVERY).max(facts.now));
                None
            }
            Notice::Time if self.due.is_some_and(|due| facts.now >= due) => {
                self.due = None;
                Some(vec![Step::Groups(self.by)])
            }
            _ => None,
        }
    }

    fn due(&self) -> Option<Timestamp> {
        self.due
    }

    fn pointed(&mut self, facts: Facts<'_>, pointed: Pointed) -> Vec<Step> {
        let (size, count) = (facts.size(), self.items().len());
        let (room, last) = (layout::group_rows(size, count), count.saturating_sub(1));
        match pointed {
            Pointed::Wheel(by) => self.select(self.cursor().saturating_add_signed(by).min(last)),
            Pointed::Click(..) => {
                let row = pointed.row_in(layout::groups(size, count), layout::GROUPS_ABOVE);
                let row = row.filter(|row| *row < room).map(|row| self.top(room) + row);
                if let Some(at) = row.filter(|at| *at <= last) {
                    self.select(at);
                }
            }
        }
        Vec::new()
    }

    fn hints(&self) -> Vec<Hint> {
        vec![
            Hint::new(&[Action::Submit], "open"),
            if self.marks() { Hint::new(&[Action::Toggle], "mark") } else { Hint::silent(&[Action::Toggle]) },
            Hint::new(&[Action::Revoke], "revoke marked").or("revoke"),
            Hint::new(&[Action::ByCreator, Action::ByProject, Action::ByState, Action::ByOwner], "by").or(""),
            Hint::new(&[Action::Cancel], "close"),
            Hint::silent(&[
                Action::Group,
                Action::Up,
                Action::Down,
                Action::NextField,
                Action::PreviousField,
            ]),
            Hint::silent(SCROLLS),
        ]
    }

    fn decides(&self) -> bool {
        false
    }

    fn watches(&self) -> bool {
        true
    }
}
