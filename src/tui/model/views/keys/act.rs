//! What actions do in a list of keys: editing, pausing, revoking and rotating the selected or the marked keys; marking one
//! row, a range, or every row that the filter matches; another threshold.

use std::sync::Arc;

use super::KeysView;
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::OpenDialog;
use crate::tui::model::dialogs::interaction::{ActFacts, NewKey, Step};
use crate::tui::model::effect::Request;
use crate::tui::model::event::Failure;
use crate::tui::model::list::Line;
use crate::tui::model::list::marks::Gather;
use crate::tui::model::messages::{Level, number};
use crate::tui::model::wording::words;
use crate::wire::keys::{Key, KeyQuery, Sort, Status, StatusQuery};
use crate::wire::page::{MAX_LIMIT, Page};

const NONE_SELECTED: &str = "Select a key first.";

impl KeysView {
    /// Does what an action does to keys; none where it does nothing of its own here, or no key is selected for it.
    pub(super) fn do_action(&mut self, facts: ActFacts<'_>, action: Action) -> Option<Vec<Step>> {
        let rows = &self.list.rows;
        Some(match action {
            Action::OpenProject => vec![self.open_project()],
            Action::History => vec![Step::Audit(format!("key:{}", rows.selected()?.id))],
            Action::Rename => vec![match self.only_one(facts, "edited")? {
                Ok(key) => edit(key),
                Err(said) => said,
            }],
            Action::Pause => self.pause(facts)?,
            Action::Rotate => vec![match self.only_one(facts, "rotated")? {
                Ok(key) => rotate(key),
                Err(said) => said,
            }],
            Action::Revoke => self.revoke(facts)?,
            Action::Mark => self.mark(),
            Action::Range => self.mark_range(facts),
            Action::MarkAll => self.mark_all(facts),
            Action::Group => self.show_groups(facts),
            Action::Back => self.unmark().or_else(|| self.leave_group())?,
            Action::Longer | Action::Shorter => self.turn_threshold(action == Action::Longer)?,
            _ => return None,
        })
    }

    /// To the keys of the selected key's project.
    fn open_project(&self) -> Step {
        self.list.rows.selected().map_or(Step::NothingSelected(NONE_SELECTED), |key| {
            Step::Scope(key.project_id, key.project_name.to_string())
        })
    }

    /// The confirmation for the marked keys, else for the selected one.
    fn revoke(&mut self, facts: ActFacts<'_>) -> Option<Vec<Step>> {
        let mut steps = self.end_range();
        if self.marks.gather.is_some() {
            let back = facts.keymap.hint(Action::Back);
            let words = format!("Still marking keys. Wait, or press {back} to stop.");
            return Some(vec![Step::Say(Level::Info, words)]);
        }
        let marked = self.marks.iter().map(|marked| (Arc::clone(&marked.key), marked.hidden));
        let targets: Vec<(Arc<Key>, bool)> = marked.collect();
        let dialog = match targets.as_slice() {
            [] => OpenDialog::Revoke(self.list.rows.selected()?.clone()),
            [(key, false)] => OpenDialog::Revoke((**key).clone()),
            _ => OpenDialog::Bulk { idle_days: self.idle_days, targets },
        };
        steps.push(Step::Open(dialog));
        Some(steps)
    }

    /// The marked key, else the selected one, for what is done to one key at a time. Of several marked ones it says so.
    fn only_one(&self, facts: ActFacts<'_>, done: &str) -> Option<Result<&Key, Step>> {
        let marked: Vec<&Arc<Key>> = self.marks.iter().map(|marked| &marked.key).collect();
        Some(match marked.as_slice() {
            [] => Ok(self.list.rows.selected()?),
            [key] => Ok(key),
            many => {
                let (count, back) = (number(many.len() as u64), facts.keymap.hint(Action::Back));
                let words = format!(
                    "Keys are {done} one at a time, and {count} are marked. {back} clears the marks."
                );
                Err(Step::Say(Level::Info, words))
            }
        })
    }

    /// The confirmation of a pause, or of a resume. Keys are paused one by one.
    fn pause(&self, facts: ActFacts<'_>) -> Option<Vec<Step>> {
        let key = match self.only_one(facts, "paused")? {
            Ok(key) => key,
            Err(said) => return Some(vec![said]),
        };
        Some(vec![if key.status == Status::Revoked {
            Step::Say(Level::Info, format!("{} is revoked and cannot be paused.", key.full_name()))
        } else {
            Step::Open(OpenDialog::Pause(Key::clone(key)))
        }])
    }

    /// Marks the selected row, or takes its mark away, and moves on.
    fn mark(&mut self) -> Vec<Step> {
        let Some(key) = self.list.rows.selected() else {
            return vec![Step::NothingSelected(NONE_SELECTED)];
        };
        let mut steps = Vec::new();
        if !self.marks.remove(key.id) && !self.marks.add(key) {
            let words = format!("{} is revoked and cannot be marked.", key.full_name());
            steps.push(Step::Say(Level::Info, words));
        }
        steps.push(Step::Do(Action::NextRow));
        steps
    }

    /// Begins a range at the selected row, or marks everything from there to here.
    fn mark_range(&mut self, facts: ActFacts<'_>) -> Vec<Step> {
        if self.marks.range.is_some() {
            return self.end_range();
        }
        let Some(key) = self.list.rows.selected() else {
            return vec![Step::NothingSelected(NONE_SELECTED)];
        };
        self.marks.range = Some(key.id);
        let range = facts.keymap.hint(Action::Range);
        let words = format!("Range starts at {}. Move, then press {range} to mark it.", key.full_name());
        vec![Step::Say(Level::Info, words)]
    }

    /// Marks the rows of the range, if one is open.
    fn end_range(&mut self) -> Vec<Step> {
        let lines = self.range_lines();
        if self.marks.range.take().is_none() {
            return Vec::new();
        }
        let Some((from, to)) = lines else {
            let words = "The start of the range is no longer shown. Nothing was marked.";
            return vec![Step::Say(Level::Warn, words.into())];
        };
        let (mut words, gap) = self.mark_lines(from..=to);
        if gap {
            words.push_str(" (rows that are not loaded were skipped)");
        }
        vec![Step::Say(if gap { Level::Warn } else { Level::Info }, words)]
    }

    /// Marks the keys of these lines. Gives what is said of it, and whether some of the lines are not loaded.
    fn mark_lines(&mut self, lines: impl Iterator<Item = usize>) -> (String, bool) {
        let (mut marked, mut left, mut gap) = (0, 0, false);
        for at in lines {
            match self.list.rows.line(at) {
                Some(Line::Row(key)) if self.marks.add(key) => marked += 1,
                Some(Line::Row(_)) => left += 1,
                Some(Line::Gap) => gap = true,
                None => {}
            }
        }
        (marked_words(marked, left), gap)
    }

    /// The lines of the open range, both ends included.
    pub fn range_lines(&self) -> Option<(usize, usize)> {
        let from = self.marks.range?;
        // While other rows are awaited, the range has no end.
        self.list.rows.selected()?;
        let at = self.list.rows.line_of(from)?;
        let cursor = self.list.rows.cursor();
        Some((at.min(cursor), at.max(cursor)))
    }

    /// Marks every row that the filter matches. What is not loaded is loaded first, page by page.
    fn mark_all(&mut self, facts: ActFacts<'_>) -> Vec<Step> {
        // The rows that are shown are more than those that are meant.
        if let Some(why) = self.list.filter.not_applied(facts.keymap) {
            return vec![Step::Say(Level::Warn, why)];
        }
        self.marks.range = None;
        if self.marks.gather.is_some() {
            return Vec::new();
        }
        if self.list.rows.is_complete() && !facts.awaited {
            let (words, _) = self.mark_lines(0..self.list.rows.lines());
            return vec![Step::Say(Level::Info, words)];
        }
        if facts.connection.session.is_none() {
            return vec![Step::Say(Level::Info, "Nothing is loaded yet.".into())];
        }
        let filter = self.filter_text(&self.list.filter.applied);
        self.gather(filter, self.list.rows.total())
    }

    /// Loads the keys that a filter matches, as many as these, to mark them.
    pub(super) fn gather(&mut self, filter: String, total: (u64, bool)) -> Vec<Step> {
        let within = self.filter_text(&self.list.filter.applied);
        self.marks.gather = Some(Gather { filter, within, cursor: None, taken: 0, total });
        self.gather_more()
    }

    fn gather_more(&self) -> Vec<Step> {
        let query = self.gather_query().into_iter();
        query.map(|query| Step::Ask(Request::Keys { query, etag: None })).collect()
    }

    fn gather_query(&self) -> Option<KeyQuery> {
        let gather = self.marks.gather.as_ref()?;
        Some(KeyQuery {
            filter: gather.filter.clone(),
            project: self.project.as_ref().map(|(id, _)| *id),
            status: Some(StatusQuery::Active),
            sort: Some(Sort::default()),
            limit: Some(MAX_LIMIT),
            cursor: gather.cursor.clone(),
            ..KeyQuery::default()
        })
    }

    /// A page of rows to be marked has come. One that was asked for before another filter or project is not meant.
    pub(in crate::tui::model) fn gathered(&mut self, asked: &Request, page: &Page<Key>) -> Vec<Step> {
        let meant =
            matches!(asked, Request::Keys { query, .. } if self.gather_query().as_ref() == Some(query));
        let Some(gather) = self.marks.gather.as_mut().filter(|_| meant) else { return Vec::new() };
        let more = gather.take(page.items.len(), (page.total, page.more), page.next.clone());
        for key in &page.items {
            self.marks.add(key);
        }
        if more.is_some() {
            return self.gather_more();
        }
        self.marks.gather = None;
        vec![Step::Say(Level::Info, marked_words(self.marks.len(), 0))]
    }

    /// Rows to be marked did not come.
    pub(in crate::tui::model) fn gather_failed(&mut self, failure: &Failure) -> Vec<Step> {
        self.marks.gather = None;
        let marked = number(self.marks.len() as u64);
        let words = format!("Marked only {marked} keys. {}", words(failure));
        vec![Step::Say(Level::Bad, words)]
    }

    /// Stops loading rows to be marked; what has come stays marked.
    pub(super) fn stop_loading_marks(&mut self) -> Vec<Step> {
        if self.marks.gather.take().is_none() {
            return Vec::new();
        }
        let words = format!("Stopped. {} keys marked.", number(self.marks.len() as u64));
        vec![Step::Forget, Step::Say(Level::Warn, words)]
    }

    /// One step back among marks: the loading, the range, the marks.
    fn unmark(&mut self) -> Option<Vec<Step>> {
        let stopped = self.stop_loading_marks();
        if !stopped.is_empty() {
            return Some(stopped);
        }
        let words = if self.marks.range.take().is_some() {
            "Range cancelled".to_owned()
        } else {
            match self.marks.clear() {
                0 => return None,
                1 => "1 key unmarked".to_owned(),
                count => format!("{} keys unmarked", number(count as u64)),
            }
        };
        Some(vec![Step::Say(Level::Info, words)])
    }

    /// Keys that are idle for longer, or not so long.
    fn turn_threshold(&mut self, longer: bool) -> Option<Vec<Step>> {
        self.idle_days?;
        let Some(days) = self.next_threshold(longer) else {
            let words = if longer {
                "The longest threshold is 365 days."
            } else {
                "The shortest threshold is 7 days."
            };
            return Some(vec![Step::Say(Level::Info, words.into())]);
        };
        (self.idle_days, self.own_threshold) = (Some(days), true);
        let mut steps = self.stop_loading_marks();
        steps.push(Step::Refetch);
        Some(steps)
    }
}

fn edit(key: &Key) -> Step {
    if key.status == Status::Revoked {
        return Step::Say(Level::Info, "A revoked key cannot be edited.".into());
    }
    Step::Open(OpenDialog::Edit(key.clone()))
}

/// A revoked key cannot be rotated: nothing of it lives on in a new one.
fn rotate(key: &Key) -> Step {
    Step::Open(match key.status {
        Status::Revoked => OpenDialog::NewKey(NewKey::like(key)),
        _ => OpenDialog::Rotate(key.clone()),
    })
}

pub(super) fn marked_words(marked: usize, left: usize) -> String {
    let keys = if marked == 1 { "key" } else { "keys" };
    let count = number(marked as u64);
    match left {
        0 => format!("{count} {keys} marked"),
        1 => format!("{count} {keys} marked (1 revoked key skipped)"),
        left => format!("{count} {keys} marked ({} revoked keys skipped)", number(left as u64)),
    }
}
