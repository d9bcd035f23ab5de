//! A list that one chooses from by typing: the help, and the command palette.

use super::super::action::Action;
use super::super::field::Field;
use crate::wire::id::ProjectId;
use crate::wire::keys::Key;
use crate::wire::time::Timestamp;

/// The most choices that are kept: nobody reads on, one types on.
pub const MOST: usize = 200;

/// Something to choose.
#[derive(Clone, PartialEq, Debug)]
pub enum Choice {
    /// Do this.
    Action(Action),
    /// Go to the keys of this project.
    Project(ProjectId, String),
    /// Go to this key.
    Key(Box<Key>),
}

/// The list.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Finder {
    /// What is typed.
    pub field: Field,
    /// What fits to it, the best first, at most [`MOST`].
    pub choices: Vec<Choice>,
    /// How much fits to it.
    pub fits: usize,
    /// The place of the chosen one.
    pub cursor: usize,
    /// The first visible one.
    pub top: usize,
    /// Keys that the server found.
    pub came: Vec<Key>,
    /// When to ask the server.
    pub due: Option<Timestamp>,
    /// Enter was pressed before the server had answered: go to the best then.
    pub enter: bool,
    /// Enter was pressed before the server had answered, and its answer fits better than what was chosen then.
    pub better: bool,
    /// Why the server did not answer.
    pub failed: Option<String>,
    /// What is chosen has been seen: it stays chosen, whatever comes in besides.
    seen: bool,
    /// What was chosen when Enter was pressed.
    entered: Option<Box<Choice>>,
}

impl Choice {
    /// Whether both are the same thing, however it has changed.
    fn is(&self, other: &Choice) -> bool {
        match (self, other) {
            (Choice::Action(one), Choice::Action(two)) => one == two,
            (Choice::Project(one, _), Choice::Project(two, _)) => one == two,
            (Choice::Key(one), Choice::Key(two)) => one.id == two.id,
            _ => false,
        }
    }
}

impl Finder {
    /// The chosen one.
    pub fn chosen(&self) -> Option<&Choice> {
        self.choices.get(self.cursor)
    }

    /// What is typed, without blanks around it.
    pub fn query(&self) -> &str {
        self.field.text().trim()
    }

    /// Something else was typed: the best comes first again.
    pub fn typed(&mut self) {
        (self.cursor, self.top, self.seen, self.enter) = (0, 0, false, false);
        (self.entered, self.better) = (None, false);
        self.failed = None;
    }

    /// Takes what fits now. The best of what fits to something typed is chosen; what comes later changes nothing of
    /// that, so that Enter never meets another one than was seen.
    pub fn take(&mut self, mut choices: Vec<Choice>, mut fits: usize, height: usize) {
        let kept = self.chosen().filter(|_| self.seen).cloned();
        let at = kept.map(|kept| {
            choices.iter().position(|choice| choice.is(&kept)).unwrap_or_else(|| {
                fits += usize::from(fits == choices.len());
                choices.push(kept);
                choices.len() - 1
            })
        });
        (self.choices, self.fits) = (choices, fits);
        self.cursor = at.unwrap_or(0);
        self.seen = !self.choices.is_empty();
        self.follow(height);
    }

    /// Enter was pressed before the server had answered.
    pub fn enter_later(&mut self) {
        self.enter = true;
        self.entered = self.chosen().cloned().map(Box::new);
    }

    /// Whether what is best now is what was chosen when Enter was pressed, or nothing was.
    pub fn is_as_entered(&mut self) -> bool {
        let entered = self.entered.take();
        entered.is_none_or(|entered| self.choices.first().is_some_and(|best| best.is(&entered)))
    }

    /// Moves by so many choices.
    pub fn step(&mut self, by: isize, height: usize) {
        self.cursor = self.cursor.saturating_add_signed(by).min(self.choices.len().saturating_sub(1));
        (self.seen, self.better) = (true, false);
        self.follow(height);
    }

    fn follow(&mut self, height: usize) {
        let height = height.max(1);
        self.top = self.top.min(self.cursor).min(self.choices.len().saturating_sub(height));
        if self.cursor >= self.top + height {
            self.top = self.cursor + 1 - height;
        }
    }
}
