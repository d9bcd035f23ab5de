//! The list of contexts, filtered as one types.

use super::super::field::Field;
use super::super::setup::Context;
use crate::wire::text::fold;

/// The list.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ContextList {
    /// What is typed.
    pub field: Field,
    /// Which of the contexts that match is selected.
    pub at: usize,
}

impl ContextList {
    /// The places of the contexts whose name, title or address holds every word typed.
    pub fn matches(&self, all: &[Context]) -> Vec<usize> {
        let typed = fold(self.field.text());
        let fits = |context: &Context| {
            let prod = if context.prod { "PROD" } else { "" };
            let text = fold(&format!("{}\n{}\n{}\n{prod}", context.title, context.name, context.place));
            typed.split_whitespace().all(|word| text.contains(word))
        };
        all.iter().enumerate().filter(|(_, context)| fits(context)).map(|(place, _)| place).collect()
    }
}
