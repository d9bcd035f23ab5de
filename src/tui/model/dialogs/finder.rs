//! A list that one chooses from by typing: the help, and the command palette. The palette knows all actions, all
//! projects, and the loaded keys; the server is asked for the others, once typing rests.

use std::time::Duration;

use super::menu::{MOVES, moves};
use crate::tui::layout;
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::interaction::{Answer, Choice, DialogLogic, Facts, Notice, Seek, Step};
use crate::tui::model::effect::Request;
use crate::tui::model::event::Reply;
use crate::tui::model::field::{Edit, Field};
use crate::tui::model::hints::{Hint, Input, Pointed, Text};
use crate::tui::model::wording::words as failure_words;
use crate::wire::keys::{Key, KeyQuery, StatusQuery};
use crate::wire::text::{self, fold_search};
use crate::wire::time::Timestamp;

/// The server is asked when nothing was typed for so long.
const DEBOUNCE: Duration = Duration::from_millis(120);
/// How many keys it is asked for.
const ASKED: u32 = 50;
/// How many words of what is typed it is asked for.
const WORDS: usize = 8;

/// The available columns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Offered {
    /// The actions with their keys.
    Actions,
    /// Any action, project or key by its name.
    Everything,
}

/// The list.
#[derive(Clone, PartialEq, Debug)]
pub struct Finder {
    /// The available columns.
    pub offered: Offered,
    /// What is typed.
    pub field: Field,
    /// What fits to it, the best first.
    pub choices: Vec<Choice>,
    /// How much fits to it.
    pub fits: usize,
    /// The place of the chosen one.
    pub cursor: usize,
    /// The first visible one.
    pub top: usize,
    /// Enter was pressed before the server had answered: go to the best then.
    pub enter: bool,
    /// Enter was pressed before the server had answered, and its answer fits better than what was chosen then.
    pub better: bool,
    /// Why the server did not answer.
    pub failed: Option<String>,
    /// Keys that the server found.
    came: Vec<Key>,
    /// When to ask the server.
    due: Option<Timestamp>,
    /// The server was asked.
    asked: bool,
    /// What is chosen has been seen: it stays chosen, whatever comes in besides.
    seen: bool,
    /// What was chosen when Enter was pressed.
    entered: Option<Box<Choice>>,
}

impl Finder {
    /// Nothing is typed yet.
    pub fn new(offered: Offered) -> Finder {
        Finder {
            offered,
            field: Field::default(),
            choices: Vec::new(),
            fits: 0,
            cursor: 0,
            top: 0,
            enter: false,
            better: false,
            failed: None,
            came: Vec::new(),
            due: None,
            asked: false,
            seen: false,
            entered: None,
        }
    }

    /// Whether the server is being asked, or will be.
    pub fn asks(&self) -> bool {
        self.due.is_some() || self.asked
    }

    fn query(&self) -> &str {
        self.field.text().trim()
    }

    /// Something else was typed: the best comes first again.
    fn typed(&mut self, facts: Facts<'_>) -> Vec<Step> {
        (self.cursor, self.top, self.seen, self.enter) = (0, 0, false, false);
        (self.entered, self.better, self.failed, self.asked) = (None, false, None, false);
        let asks = self.offered == Offered::Everything && !facts.all_keys && words(self.query()).is_some();
        self.due = asks.then(|| facts.now + DEBOUNCE);
        vec![Step::Forget, Step::Find]
    }

    /// Takes what fits now. The best of what fits to something typed is chosen; what comes later changes nothing of
    /// that, so that Enter never meets another one than was seen.
    fn take(&mut self, mut choices: Vec<Choice>, mut fits: usize, height: usize) {
        let kept = self.choices.get(self.cursor).filter(|_| self.seen).cloned();
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

    fn step(&mut self, by: isize, height: usize) {
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

    /// Does what is chosen, or goes there.
    fn choose(&mut self) -> Vec<Step> {
        let Some(choice) = self.choices.get(self.cursor).cloned() else {
            self.enter = self.asks();
            return Vec::new();
        };
        let named = |name: &str| fold_search(name) == fold_search(self.query());
        let certain = match &choice {
            Choice::Action(_) => true,
            Choice::Project(_, name) => named(name),
            Choice::Key(key) => named(&key.name),
        };
        // What the server finds may fit better than what happens to be loaded.
        if self.asks() && !certain && self.cursor == 0 {
            (self.enter, self.entered) = (true, Some(Box::new(choice)));
            return Vec::new();
        }
        let goes = match choice {
            Choice::Action(action) => Step::Do(action),
            Choice::Project(id, name) => Step::Scope(id, name),
            Choice::Key(key) => Step::GoTo(key.hint, vec![*key]),
        };
        vec![Step::Close, goes]
    }
}

impl DialogLogic for Finder {
    fn opened(&mut self, _: Facts<'_>) -> Vec<Step> {
        vec![Step::Find]
    }

    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let height = layout::finder_rows(facts.size());
        let page = isize::try_from(height.max(1)).unwrap_or(1);
        match input {
            Input::Do(Action::Submit) => return self.choose(),
            Input::Do(action) => match moves(action, page) {
                Some(by) => self.step(by, height),
                None => return vec![Step::Close],
            },
            Input::Edit(edit) => {
                let masked = self.field.edit(edit);
                // Moving in the field changes nothing of the list.
                let moves = matches!(edit, Edit::Left | Edit::Right | Edit::Home | Edit::End);
                let mut steps = if moves { Vec::new() } else { self.typed(facts) };
                steps.extend(masked.map(Step::Offer));
                return steps;
            }
        }
        Vec::new()
    }

    fn replied(&mut self, _: Facts<'_>, _: &Request, answer: Answer<'_>) -> Vec<Step> {
        self.asked = false;
        match answer {
            Ok(Reply::Keys { page, .. }) => {
                self.came.clone_from(&page.items);
                vec![Step::Find]
            }
            Ok(_) => Vec::new(),
            Err(failure) => {
                (self.failed, self.enter) = (Some(failure_words(failure)), false);
                Vec::new()
            }
        }
    }

    fn notified(&mut self, facts: Facts<'_>, notice: &Notice) -> Option<Vec<Step>> {
        if *notice != Notice::Time || self.due.is_none_or(|due| facts.now < due) {
            return None;
        }
        self.due = None;
        let filter = words(self.query())?;
        self.asked = true;
        let query =
            KeyQuery { filter, status: Some(StatusQuery::All), limit: Some(ASKED), ..KeyQuery::default() };
        Some(vec![Step::Ask(Request::Keys { query, etag: None })])
    }

    fn seeks(&self) -> Option<Seek<'_>> {
        let everything = self.offered == Offered::Everything;
        Some(Seek { query: self.query(), everything, came: &self.came })
    }

    fn found(&mut self, facts: Facts<'_>, choices: Vec<Choice>, fits: usize) -> Vec<Step> {
        self.take(choices, fits, layout::finder_rows(facts.size()));
        if !self.enter || self.asks() {
            return Vec::new();
        }
        self.enter = false;
        let entered = self.entered.take();
        if entered.is_none_or(|entered| self.choices.first().is_some_and(|best| best.is(&entered))) {
            return self.choose();
        }
        self.better = true;
        Vec::new()
    }

    fn pointed(&mut self, facts: Facts<'_>, pointed: Pointed) -> Vec<Step> {
        let height = layout::finder_rows(facts.size());
        if let Pointed::Wheel(by) = pointed {
            self.step(by, height);
            return Vec::new();
        }
        let row = pointed.row_in(layout::finder(facts.size()), 2).filter(|row| *row < height);
        let Some(at) = row.map(|row| self.top + row).filter(|at| *at < self.choices.len()) else {
            return Vec::new();
        };
        // The first click moves there, the second one chooses.
        if at == self.cursor {
            return self.choose();
        }
        self.step(at as isize - self.cursor as isize, height);
        Vec::new()
    }

    fn due(&self) -> Option<Timestamp> {
        self.due
    }

    fn clock_set(&mut self, by: i64) {
        self.due = self.due.map(|due| Timestamp::from_millis(due.millis().saturating_add(by)));
    }

    fn hints(&self) -> Vec<Hint> {
        let closes = Hint::new(&[Action::Cancel], "close");
        let does = match self.offered {
            Offered::Actions => Hint::new(&[Action::Submit], "run"),
            Offered::Everything => Hint::new(&[Action::Submit], "run or open").or("run"),
        };
        let choose = match self.offered {
            Offered::Actions => Hint::words("type to search · ↑ ↓ choose").or(""),
            Offered::Everything => Hint::words("↑ ↓ choose").or(""),
        };
        vec![choose, does, closes, Hint::silent(MOVES), Hint::silent(&[Action::PageUp, Action::PageDown])]
    }

    fn text(&self) -> Text {
        Text::Chosen
    }

    fn decides(&self) -> bool {
        false
    }
}

/// What is typed as a filter: each word as it stands, whatever it means in the filter's language.
fn words(query: &str) -> Option<String> {
    let words: Vec<String> = query
        .split(|c: char| c.is_whitespace() || c == '/')
        .map(|word| word.chars().filter(|c| *c != '"').take(text::NAME_MAX).collect::<String>())
        .filter(|word| !word.is_empty())
        .take(WORDS)
        .map(|word| format!("\"{word}\""))
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}
