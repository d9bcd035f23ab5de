//! A list that one chooses from by typing: the help, and the command palette. The palette knows all actions, all
//! projects, and the loaded keys; the server is asked for the others, once typing rests.

use std::borrow::Cow;
use std::time::Duration;

use super::menu::{MOVES, moves};
use crate::secret::public_starts;
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
/// From this height on, the help explains the states of keys.
const EXPLAINS: u16 = 16;
/// From this size on, the help says that keys can be pasted.
const TELLS_OF_PASTE: (u16, u16) = (72, 24);
/// From this width on, that stands beside the states of keys.
const PASTE_BESIDE: u16 = 140;
/// What can be done without a key.
pub(in crate::tui) const PASTE: &str = "Paste a key, such as a leaked one, to find or revoke it.";
/// How many words of what is typed it is asked for.
const WORDS: usize = 8;

/// What can be chosen.
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
    /// What can be chosen.
    pub offered: Offered,
    /// What is typed.
    pub field: Field,
    /// What fits to it, the best first.
    pub choices: Vec<Choice>,
    /// How much fits to it.
    pub fits: usize,
    /// The place of the chosen one.
    pub cursor: usize,
    /// The first visible row of the sheet.
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

    /// What is looked for. Nothing secret of a whole or a cut key leaves the field: its public start finds the key.
    fn query(&self) -> Cow<'_, str> {
        public_starts(self.field.text().trim())
    }

    /// Something else was typed: the best comes first again.
    fn typed(&mut self, facts: Facts<'_>) -> Vec<Step> {
        (self.cursor, self.top, self.seen, self.enter) = (0, 0, false, false);
        (self.entered, self.better, self.failed, self.asked) = (None, false, None, false);
        let asks = self.offered == Offered::Everything && !facts.all_keys && words(&self.query()).is_some();
        self.due = asks.then(|| facts.now + DEBOUNCE);
        vec![Step::Forget, Step::Find]
    }

    /// Takes what fits now. The best of what fits to something typed is chosen; what comes later changes nothing of
    /// that, so that Enter never meets another one than was seen.
    fn take(&mut self, facts: Facts<'_>, mut choices: Vec<Choice>, mut fits: usize) {
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
        self.step(facts, 0);
    }

    /// Moves by so many choices; a heading is none.
    fn step(&mut self, facts: Facts<'_>, by: isize) {
        let to_choose = |at: &usize| !matches!(self.choices[*at], Choice::Heading(_));
        let last = self.choices.len().saturating_sub(1);
        let at = self.cursor.saturating_add_signed(by).min(last);
        let mut down = (at..self.choices.len()).filter(to_choose);
        let mut up = (0..self.choices.len().min(at + 1)).rev().filter(to_choose);
        let to = if by < 0 { up.next().or_else(|| down.next()) } else { down.next().or_else(|| up.next()) };
        self.cursor = to.unwrap_or(0);
        self.follow(facts);
    }

    /// Scrolls so far that the chosen one can be seen, and the heading above it.
    fn follow(&mut self, facts: Facts<'_>) {
        let height = self.visible_rows(facts.size()).max(1);
        let sheet = self.sheet(facts.size());
        let row = sheet.places.get(self.cursor).map_or(0, |place| place.1);
        let heads = self.cursor > 0 && matches!(self.choices[self.cursor - 1], Choice::Heading(_));
        let above = row.saturating_sub(usize::from(heads));
        self.top = self.top.min(above).min(sheet.height.saturating_sub(height));
        if row >= self.top + height {
            self.top = row + 1 - height;
        }
    }

    /// How many columns the box is wide enough for.
    pub fn columns(&self, size: (u16, u16)) -> u16 {
        if self.offered == Offered::Actions { layout::help_columns(size) } else { 1 }
    }

    /// Whether the states of keys are explained below the choices: in the help, where there is room.
    pub fn explains(&self, size: (u16, u16)) -> bool {
        self.offered == Offered::Actions && size.1 >= EXPLAINS
    }

    /// Whether the help says below the choices that keys can be pasted.
    pub fn tells_of_paste(&self, size: (u16, u16)) -> bool {
        self.offered == Offered::Actions && size.0 >= TELLS_OF_PASTE.0 && size.1 >= TELLS_OF_PASTE.1
    }

    /// Whether that has a row of its own.
    pub fn has_paste_row(&self, size: (u16, u16)) -> bool {
        self.tells_of_paste(size) && layout::finder(size, self.columns(size)).width < PASTE_BESIDE
    }

    /// Whether what is typed is answered by that alone.
    pub fn is_of_paste(&self) -> bool {
        let (query, words) = (fold_search(&self.query()), fold_search(PASTE));
        self.offered == Offered::Actions
            && self.choices.is_empty()
            && query.split_whitespace().all(|word| words.contains(word))
    }

    /// How many rows of choices can be seen.
    pub fn visible_rows(&self, size: (u16, u16)) -> usize {
        let notes = usize::from(self.explains(size)) + usize::from(self.has_paste_row(size));
        layout::finder_rows(size, self.columns(size)).saturating_sub(notes)
    }

    /// The place of each choice.
    pub fn sheet(&self, size: (u16, u16)) -> Sheet {
        Sheet::of(&self.choices, usize::from(if self.query().is_empty() { self.columns(size) } else { 1 }))
    }

    /// To the choice beside this one, in another column.
    fn step_aside(&mut self, facts: Facts<'_>, right: bool) {
        let places = self.sheet(facts.size()).places;
        let Some((column, row)) = places.get(self.cursor).copied() else { return };
        let Some(column) = (if right { Some(column + 1) } else { column.checked_sub(1) }) else { return };
        let beside = |at: &usize| places[*at].0 == column && !matches!(self.choices[*at], Choice::Heading(_));
        let nearest = (0..places.len()).filter(beside).min_by_key(|at| places[*at].1.abs_diff(row));
        if let Some(at) = nearest {
            self.cursor = at;
            self.step(facts, 0);
        }
    }

    /// Does what is chosen, or goes there.
    fn choose(&mut self) -> Vec<Step> {
        let chosen = self.choices.get(self.cursor).filter(|choice| !matches!(choice, Choice::Heading(_)));
        let Some(choice) = chosen.cloned() else {
            self.enter = self.asks();
            return Vec::new();
        };
        let named = |name: &str| fold_search(name) == fold_search(&self.query());
        let certain = match &choice {
            Choice::Heading(_) | Choice::Action(..) | Choice::Filter(_) => true,
            Choice::Project(_, name) => named(name),
            Choice::Key(key) => named(&key.name),
        };
        // What the server finds may fit better than what happens to be loaded.
        if self.asks() && !certain && self.cursor == 0 {
            (self.enter, self.entered) = (true, Some(Box::new(choice)));
            return Vec::new();
        }
        let goes = match choice {
            Choice::Heading(_) => return Vec::new(),
            Choice::Action(action, _) => Step::Do(action),
            Choice::Project(id, name) => Step::Scope(id, name),
            Choice::Filter(filter) => Step::Filter(filter.filter),
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
        let height = self.visible_rows(facts.size());
        let page = isize::try_from(height.max(1)).unwrap_or(1);
        match input {
            Input::Do(Action::Submit) => return self.choose(),
            Input::Do(action) => match moves(action, page) {
                Some(by) => {
                    (self.seen, self.better) = (true, false);
                    self.step(facts, by);
                }
                None => return vec![Step::Close],
            },
            Input::Edit(edit @ (Edit::Left | Edit::Right)) if self.field.text().is_empty() => {
                self.step_aside(facts, edit == Edit::Right);
            }
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
        let filter = words(&self.query())?;
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
        self.take(facts, choices, fits);
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
        let (size, columns) = (facts.size(), self.columns(facts.size()));
        (self.seen, self.better) = (true, false);
        if let Pointed::Wheel(by) = pointed {
            self.step(facts, by);
            return Vec::new();
        }
        let area = layout::finder(size, columns);
        let row = pointed.row_in(area, 2).filter(|row| *row < self.visible_rows(size));
        let (Some(row), Pointed::Click(x, _)) = (row, pointed) else { return Vec::new() };
        let sheet = self.sheet(size);
        let column = usize::from(
            (x - area.x).saturating_sub(2) / (area.width.saturating_sub(4) / sheet.columns).max(1),
        );
        let clicked = (column.min(usize::from(sheet.columns) - 1), self.top + row);
        let Some(at) = sheet.places.iter().position(|place| *place == clicked) else { return Vec::new() };
        // The first click moves there, the second one chooses.
        if at == self.cursor {
            return self.choose();
        }
        if !matches!(self.choices[at], Choice::Heading(_)) {
            self.cursor = at;
            self.step(facts, 0);
        }
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
            Offered::Actions => Hint::words("type to search · arrows choose").or(""),
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

/// The choices in columns, each read downwards, with an empty row above a heading.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sheet {
    /// Column and row of each choice.
    pub places: Vec<(usize, usize)>,
    /// The number of columns.
    pub columns: u16,
    /// The rows of the longest column.
    pub height: usize,
}

impl Sheet {
    /// The lowest sheet with so many columns.
    fn of(choices: &[Choice], columns: usize) -> Sheet {
        let mut height = choices.len().div_ceil(columns.max(1)).max(1);
        loop {
            let places = place(choices, if columns > 1 { height } else { usize::MAX });
            if places.last().is_none_or(|(column, _)| *column < columns) {
                let height = places.iter().map(|(_, row)| row + 1).max().unwrap_or(0);
                return Sheet { places, columns: columns as u16, height };
            }
            height += 1;
        }
    }
}

/// Places choices in columns of this height. A heading is never the last of its column.
fn place(choices: &[Choice], height: usize) -> Vec<(usize, usize)> {
    let (mut column, mut row) = (0, 0);
    let places = choices.iter().map(|choice| {
        let heading = matches!(choice, Choice::Heading(_));
        row += usize::from(heading && row > 0);
        if row + usize::from(heading) >= height {
            (column, row) = (column + 1, 0);
        }
        row += 1;
        (column, row - 1)
    });
    places.collect()
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
