//! Text that many things have alike: the project's name in each of its keys, an address, a creator.

use std::collections::HashSet;
use std::sync::Arc;

/// Makes equal texts one piece of memory, so that 100,000 keys of one project hold its name once.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Pool(HashSet<Arc<str>>);

/// More different texts than this are not kept: they are not those that many have alike.
const MOST: usize = 4096;

impl Pool {
    /// Puts the copy that is known already in a text's place, or keeps this one for the next.
    pub fn share(&mut self, text: &mut Arc<str>) {
        match self.0.get(text) {
            Some(known) => text.clone_from(known),
            None if self.0.len() < MOST => _ = self.0.insert(text.clone()),
            None => {}
        }
    }
}
