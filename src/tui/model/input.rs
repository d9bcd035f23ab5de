//! Keys, pastes and the mouse: to the topmost dialog, to the filter that is typed, or to the table.

use std::cmp::Ordering;

use super::action::Action;
use super::acts::LINES;
use super::chord::Chord;
use super::dialogs::{Dialog, OpenDialog, PastedKeys};
use super::effect::Effect;
use super::event::{KeyCode, KeyPress, Mouse, MouseKind, Pasted, PressKind};
use super::field::Edit;
use super::hints::{Hint, Input, Pointed, Text};
use super::list::{Arrival, Motion};
use super::messages::Level;
use super::mouse::{Clicked, clicked};
use super::one_line::{OneLine, removed_char};
use super::state::State;
use crate::secret;
use crate::wire::text::is_hostile;

impl State {
    pub(super) fn key(&mut self, effects: &mut Vec<Effect>, key: KeyPress) {
        if self.screen().is_none() {
            self.key_unseen(effects, key);
            return;
        }
        if self.refuses(key) {
            return;
        }
        let typed = match key.code {
            KeyCode::Char(c) if !key.ctrl && !key.alt => self.typed.take(c),
            _ => {
                self.typed.forget();
                None
            }
        };
        let taken = self.goes_on(effects, key);
        let offers = self.dialogs.len();
        match (taken, &typed) {
            (true, None) => return,
            // It ends a whole key, so what came behind the key that confirmed was a text.
            (true, Some(_)) => self.burst.ignore(),
            (false, _) => self.route(effects, key),
        }
        // A terminal without bracketed paste types a pasted key; its first characters were commands.
        if let Some(hint) = typed.filter(|_| !self.shows_secret()) {
            let offered = self.dialogs.len() > offers && self.dialogs.last().is_some_and(Dialog::is_offer);
            if !offered {
                // The fields that it went into are emptied and closed.
                self.dialogs.retain(|dialog| dialog.logic().shows_secret());
                if self.filter_line().editing {
                    self.leave_filter(effects);
                }
                self.offer(effects, hint);
            }
        }
    }

    /// While nothing can be drawn, only leaving and redrawing work, and not past a key that was never stored.
    fn key_unseen(&mut self, effects: &mut Vec<Effect>, key: KeyPress) {
        let action = self.setup.keymap.action(key);
        if action == Some(Action::Redraw) {
            effects.push(Effect::Redraw);
        } else if matches!(action, Some(Action::Quit | Action::Close)) && !self.shows_secret() {
            effects.push(Effect::Quit);
        }
    }

    /// Whether this key goes on with a text whose first letter confirmed something.
    fn goes_on(&mut self, effects: &mut Vec<Effect>, key: KeyPress) -> bool {
        let takes = self.burst.takes(key, self.now);
        if !takes {
            self.end_burst(effects);
        }
        takes
    }

    /// One or two keys were no text: they are done now.
    pub(super) fn end_burst(&mut self, effects: &mut Vec<Effect>) {
        for key in self.burst.end() {
            self.route(effects, key);
        }
    }

    /// Says that keys were ignored, beside what became of the change.
    pub(super) fn say_ignored(&mut self) {
        if self.requests.unanswered().is_some() {
            return;
        }
        let Some((words, said)) = self.burst.words() else { return };
        let told = self.messages.current().filter(|_| self.messages.said() > said);
        match told.map(|told| (told.level, told.text.clone())) {
            Some((level, told)) => {
                let stop = if told.ends_with(['.', '?', '!']) { "" } else { "." };
                self.messages.take_back();
                self.say(level, format!("{told}{stop} {words}"));
            }
            None => self.say(Level::Warn, words),
        }
    }

    fn route(&mut self, effects: &mut Vec<Effect>, key: KeyPress) {
        let action = self.setup.keymap.action(key);
        // Stopping closes nothing, and takes what is shown off the screen.
        if action == Some(Action::Suspend) {
            effects.push(Effect::Suspend);
            return;
        }
        if action == Some(Action::Redraw) {
            effects.push(Effect::Redraw);
            return;
        }
        let letter = matches!(key.code, KeyCode::Char(_)) && !key.ctrl && !key.alt;
        if let Some(dialog) = self.dialogs.last().map(Dialog::logic) {
            let (hints, text) = (dialog.hints(), dialog.text());
            let asked = hints.iter().any(|hint| hint.actions.contains(&Action::Quit));
            if action == Some(Action::Quit) && !asked && !letter {
                effects.push(Effect::Quit);
            } else if let Some(input) = self.setup.keymap.input(key, &hints, text) {
                self.give_dialog(effects, input);
            }
            return;
        }
        if self.filter_line().editing {
            // A letter is a letter where one types, whatever it is bound to.
            if action == Some(Action::Quit) && !letter {
                effects.push(Effect::Quit);
            } else if let Some(input) = self.setup.keymap.input(key, &filter_hints(), Text::Chosen) {
                self.edit_filter(effects, input);
            }
            return;
        }
        match action {
            Some(action) => self.act(effects, action),
            // Once is enough: who knows the help needs no reminder.
            None if key.kind == PressKind::Press && !self.told_unknown => {
                self.told_unknown = true;
                let help = self.setup.keymap.hint(Action::Help);
                let chord = Chord::of(key);
                self.say(Level::Info, format!("{chord} does nothing here. Press {help} for help."));
            }
            None => {}
        }
    }

    fn edit_filter(&mut self, effects: &mut Vec<Effect>, input: Input<'_>) {
        match input {
            Input::Do(Action::Submit) => {
                // What is wrong stands under it until it is right.
                let line = self.filter_line_mut();
                line.editing = line.error.is_some();
                self.dirty();
            }
            Input::Do(Action::Cancel) => self.leave_filter(effects),
            Input::Do(Action::NextField) => {
                let offers = self.key_list().is_some();
                if offers && self.filter_line_mut().take_offer() {
                    self.apply_filter(effects, Arrival::Top);
                }
            }
            Input::Do(action) => self.act(effects, action),
            Input::Edit(edit) => {
                let masked = self.filter_line_mut().field.edit(edit);
                self.apply_filter(effects, Arrival::Top);
                if let Some(mask) = masked {
                    self.offer(effects, mask);
                }
            }
        }
    }

    pub(super) fn paste(&mut self, effects: &mut Vec<Effect>, pasted: &Pasted) {
        if self.screen().is_none() {
            return;
        }
        self.end_burst(effects);
        self.typed.forget();
        let text = pasted.as_str();
        let line = OneLine::of(text);
        let takes = |text| matches!(text, Text::Pasted | Text::Typed | Text::Chosen);
        let edit = Input::Edit(Edit::Paste(line.text()));
        if self.dialogs.is_empty() && self.filter_line().editing {
            self.edit_filter(effects, edit);
            if let Some((damage, start)) = damage(text) {
                self.say_of_paste(Level::Warn, format!("{damage} Only its start, {start}, is searched for."));
                return;
            }
        } else if self.dialogs.last().is_some_and(|dialog| takes(dialog.logic().text())) {
            self.give_dialog(effects, edit);
        } else if !self.shows_secret() {
            match PastedKeys::of(text) {
                Some(keys) => self.offer(effects, keys),
                None => match damage(text) {
                    Some((damage, start)) => {
                        let [filter, keys] = [Action::Filter, Action::View(2)].map(|it| self.facts().key(it));
                        let here = self.views.of(self.view).has_all_keys();
                        let first = if here { String::new() } else { format!("{keys} then ") };
                        self.say_of_paste(
                            Level::Warn,
                            format!("{damage} Find it with {first}{filter} {start}"),
                        );
                    }
                    None => {
                        self.say_of_paste(Level::Info, "Paste ignored: only an API key can be pasted here.");
                    }
                },
            }
            return;
        } else {
            return;
        }
        if let Some(words) = line.removed_words() {
            self.say(Level::Warn, words);
        }
    }

    /// A line break in the middle of text that came at once: a paste without brackets. In a form it must not submit
    /// half of the text.
    pub(super) fn line_break(&mut self, effects: &mut Vec<Effect>, key: KeyPress) {
        let form = self.dialogs.last().is_some_and(|dialog| dialog.logic().text() == Text::Typed);
        match removed_char('\n').filter(|_| form && self.screen().is_some()) {
            Some(words) => self.say(Level::Warn, words),
            None => self.key(effects, key),
        }
    }

    fn say_of_paste(&mut self, level: Level, words: impl Into<String>) {
        self.messages.say_of_paste(self.now, level, words);
        self.dirty();
    }

    /// Whether this key is a character that no line of text takes; that is said then.
    fn refuses(&mut self, key: KeyPress) -> bool {
        let refused = match key.code {
            KeyCode::Char(c) if !key.ctrl && !key.alt && is_hostile(c) => c,
            // LF, as a paste without brackets may hold it.
            KeyCode::Char('j') if key.ctrl && !key.alt && self.setup.keymap.action(key).is_none() => '\n',
            _ => return false,
        };
        let types = match self.dialogs.last() {
            None => self.filter_line().editing,
            Some(dialog) => matches!(dialog.logic().text(), Text::Typed | Text::Chosen),
        };
        let words = removed_char(refused).filter(|_| types);
        let refuses = words.is_some();
        if let Some(words) = words {
            self.say(Level::Warn, words);
        }
        refuses
    }

    /// Offers the keys that a text held, in place of those that were offered before.
    pub(super) fn offer(&mut self, effects: &mut Vec<Effect>, keys: impl Into<PastedKeys>) {
        self.typed.forget();
        if self.messages.withdraw_of_paste() {
            self.dirty();
        }
        if let Some(before) = self.dialogs.find(Dialog::is_offer) {
            self.close_dialog(effects, before);
        }
        self.open_dialog(effects, OpenDialog::Offer(keys.into()));
    }

    /// Tells the terminal when the mouse is wanted or not any more: never while a key is shown, whose text
    /// somebody may want to select.
    pub(super) fn capture_mouse(&mut self, effects: &mut Vec<Effect>) {
        let wanted = self.mouse && !self.shows_secret();
        if wanted != self.captured {
            self.captured = wanted;
            effects.push(Effect::CaptureMouse(wanted));
        }
    }

    /// A click or a turn of the wheel. In a dialog it works in lists to choose from; elsewhere a dialog is answered by
    /// keys alone.
    pub(super) fn mouse(&mut self, effects: &mut Vec<Effect>, Mouse { kind, x, y }: Mouse) {
        if self.screen().is_none() {
            return;
        }
        self.end_burst(effects);
        let Some(screen) = self.screen().filter(|_| !self.shows_secret()) else { return };
        let pointed = match kind {
            MouseKind::Click => Pointed::Click(x, y),
            MouseKind::WheelUp => Pointed::Wheel(-LINES),
            MouseKind::WheelDown => Pointed::Wheel(LINES),
        };
        if let Some(id) = self.dialogs.top() {
            self.with_dialog(effects, id, |dialog, facts| dialog.pointed(facts, pointed));
            return;
        }
        match pointed {
            Pointed::Click(..) => {
                let clicked = clicked(self, &screen, (x, y));
                self.click(effects, clicked);
            }
            Pointed::Wheel(by) if screen.detail.is_some_and(|area| area.holds(x, y)) => {
                // Where all of it is to be seen, the wheel says nothing.
                if self.visible_page().is_some_and(|page| page.is_long()) {
                    self.scroll_page(Motion::By(by));
                }
            }
            Pointed::Wheel(by) if screen.table.is_some_and(|area| area.holds(x, y)) => {
                self.step(effects, Motion::By(by));
            }
            Pointed::Wheel(_) => {}
        }
    }

    fn click(&mut self, effects: &mut Vec<Effect>, clicked: Clicked) {
        self.dirty();
        if clicked == Clicked::Filter {
            return self.begin_filter();
        }
        self.filter_line_mut().editing = false;
        match clicked {
            Clicked::Act(action) => self.act(effects, action),
            Clicked::Project(id, name) => self.open_project(effects, id, name),
            Clicked::Column(by) => self.sort_by_column(effects, by),
            Clicked::Row(row) => {
                let (view, height) = (self.view, self.height());
                if !self.window(view).seen().adrift || !self.requests.awaits_first(view) {
                    self.ends_offer(Action::First);
                    self.window_mut(view).select_at(row, height);
                }
            }
            Clicked::Filter | Clicked::Nothing => {}
        }
    }
}

/// What is wrong with a text that looks like a key and is none, and the public start of it.
fn damage(text: &str) -> Option<(String, &str)> {
    let start = secret::start_of_damaged(text)?;
    let (length, whole) = (text.trim().chars().count(), secret::KEY_LEN);
    let words = match length.cmp(&whole) {
        Ordering::Less => format!("This key is cut: {length} of {whole} characters."),
        Ordering::Equal => "Wrong checksum: this key is mistyped.".to_owned(),
        Ordering::Greater => format!("This is not a key: {length} characters instead of {whole}."),
    };
    Some((words, start))
}

/// The keys that work while one types a filter.
fn filter_hints() -> [Hint; 1] {
    const KEYS: &[Action] = &[
        Action::Submit,
        Action::Cancel,
        Action::NextField,
        Action::Up,
        Action::Down,
        Action::PageUp,
        Action::PageDown,
        Action::Palette,
    ];
    [Hint::silent(KEYS)]
}
