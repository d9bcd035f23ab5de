//! The open dialogs, the topmost last.

use super::Dialog;

/// Names one open dialog, so that an answer finds who asked. Never used twice in one run.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DialogId(u64);

/// The open dialogs.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Stack {
    open: Vec<(DialogId, Dialog)>,
    opened: u64,
}

impl Stack {
    /// Opens a dialog on top of the others.
    pub fn push(&mut self, dialog: Dialog) -> DialogId {
        self.opened += 1;
        let id = DialogId(self.opened);
        self.open.push((id, dialog));
        id
    }

    /// Goes on counting where another stack ended, so that an answer to a dialog of that one finds none here.
    pub fn after(other: &Stack) -> Stack {
        Stack { open: Vec::new(), opened: other.opened }
    }

    /// The topmost.
    pub fn last(&self) -> Option<&Dialog> {
        self.open.last().map(|(_, dialog)| dialog)
    }

    /// The id of the topmost.
    pub fn top(&self) -> Option<DialogId> {
        self.open.last().map(|(id, _)| *id)
    }

    /// The ids of all of them, the topmost last.
    pub fn ids(&self) -> Vec<DialogId> {
        self.open.iter().map(|(id, _)| *id).collect()
    }

    /// The id of the first that is like this.
    pub fn find(&self, wanted: impl Fn(&Dialog) -> bool) -> Option<DialogId> {
        self.open.iter().find(|(_, dialog)| wanted(dialog)).map(|(id, _)| *id)
    }

    /// Takes a dialog out, to be put back at its place.
    pub fn take(&mut self, id: DialogId) -> Option<(usize, Dialog)> {
        let at = self.open.iter().position(|(other, _)| *other == id)?;
        Some((at, self.open.remove(at).1))
    }

    /// Puts a dialog back at its place.
    pub fn put(&mut self, id: DialogId, (at, dialog): (usize, Dialog)) {
        self.open.insert(at, (id, dialog));
    }

    /// How many are open.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// All of them, the topmost last.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Dialog> {
        self.open.iter().map(|(_, dialog)| dialog)
    }

    /// All of them, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Dialog> {
        self.open.iter_mut().map(|(_, dialog)| dialog)
    }

    /// Closes those that are not wanted.
    pub fn retain(&mut self, wanted: impl Fn(&Dialog) -> bool) {
        self.open.retain(|(_, dialog)| wanted(dialog));
    }
}
