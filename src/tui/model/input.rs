//! Keys and pastes: to the topmost overlay, to the filter that is typed, or to the table.

use super::action::Action;
use super::dialogs::Dialog;
use super::effect::Effect;
use super::event::{KeyCode, KeyPress, Pasted, PressKind};
use super::field::Edit;
use super::hints::{Hint, Input, Text};
use super::interaction::OpenDialog;
use super::list::Arrival;
use super::lists;
use super::messages::Level;
use super::state::State;
use super::tabs::View;
use super::typing::OneLine;
use crate::secret::{self, Hint as Mask, Secret};
use crate::wire::keys::Key;

impl State {
    pub(super) fn key(&mut self, fx: &mut Vec<Effect>, key: KeyPress) {
        if self.screen().is_none() {
            self.key_unseen(fx, key);
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
        let offers = self.dialogs.len();
        self.route(fx, key);
        // A terminal without bracketed paste types a pasted key; its first characters were commands.
        if let Some(hint) = typed.filter(|_| !self.shows_secret()) {
            let offered =
                self.dialogs.len() > offers && matches!(self.dialogs.last(), Some(Dialog::Offer(_)));
            if !offered {
                self.drop_typed(fx);
                self.offer(fx, hint);
            }
        }
    }

    /// While nothing can be drawn, only leaving and redrawing work, and not past a key that was never stored.
    fn key_unseen(&mut self, fx: &mut Vec<Effect>, key: KeyPress) {
        let action = self.setup.keymap.action(key);
        if action == Some(Action::Redraw) {
            fx.push(Effect::Redraw);
            return;
        }
        let quits = matches!(action, Some(Action::Quit | Action::Close));
        if quits && !self.shows_secret() {
            fx.push(Effect::Quit);
        }
    }

    fn route(&mut self, fx: &mut Vec<Effect>, key: KeyPress) {
        let action = self.setup.keymap.action(key);
        // Stopping closes nothing, and takes what is shown off the screen.
        if action == Some(Action::Suspend) {
            fx.push(Effect::Suspend);
            return;
        }
        if action == Some(Action::Redraw) {
            fx.push(Effect::Redraw);
            return;
        }
        let letter = matches!(key.code, KeyCode::Char(_)) && !key.ctrl && !key.alt;
        if let Some(dialog) = self.dialogs.last().map(Dialog::logic) {
            let (hints, text) = (dialog.hints(), dialog.text());
            let asked = hints.iter().any(|hint| hint.actions.contains(&Action::Quit));
            if action == Some(Action::Quit) && !asked && !letter {
                fx.push(Effect::Quit);
            } else if let Some(input) = self.setup.keymap.input(key, &hints, text) {
                self.give_dialog(fx, input);
            }
            return;
        }
        if self.filter_line().editing {
            // A letter is a letter where one types, whatever it is bound to.
            if action == Some(Action::Quit) && !letter {
                fx.push(Effect::Quit);
            } else if let Some(input) = self.setup.keymap.input(key, &filter_hints(), Text::Chosen) {
                self.edit_filter(fx, input);
            }
            return;
        }
        match action {
            Some(action) => self.act(fx, action),
            // Once is enough: who knows the help needs no reminder.
            None if key.kind == PressKind::Press && !self.told_unknown => {
                self.told_unknown = true;
                let help = self.setup.keymap.hint(Action::Help);
                self.say(Level::Info, format!("that key does nothing here; {help} shows the keys"));
            }
            None => {}
        }
    }

    /// What was typed of a key before it was known for one: fields that it went into are emptied and closed.
    fn drop_typed(&mut self, fx: &mut Vec<Effect>) {
        self.dialogs.retain(|dialog| dialog.logic().shows_secret());
        if self.filter_line().editing {
            self.leave_filter(fx);
        }
    }

    /// The filter line takes the keys from here on.
    pub(super) fn begin_filter(&mut self) {
        if !self.filter_line().editing {
            self.filter_line_mut().editing = true;
            let filter = self.filter_line().applied.clone();
            self.window_mut(self.view).remember(&filter, true);
        }
    }

    /// Closes the filter line and shows all rows again, with the cursor where it was before.
    fn leave_filter(&mut self, fx: &mut Vec<Effect>) {
        self.filter_line_mut().set("");
        self.window_mut(self.view).recall_first();
        lists::apply_filter(self, fx, Arrival::Back);
    }

    fn edit_filter(&mut self, fx: &mut Vec<Effect>, input: Input<'_>) {
        match input {
            Input::Do(Action::Submit) => {
                let refused = self.filter_line().not_applied(&self.setup.keymap);
                self.filter_line_mut().editing = refused.is_some();
                if let Some(why) = refused {
                    self.say(Level::Warn, why);
                }
                self.dirty();
            }
            Input::Do(Action::Cancel) => self.leave_filter(fx),
            Input::Do(Action::NextField) => {
                let offers = self.key_list().is_some();
                if offers && self.filter_line_mut().take_offer() {
                    lists::apply_filter(self, fx, Arrival::Top);
                }
            }
            Input::Do(action) => self.act(fx, action),
            Input::Edit(edit) => {
                let masked = self.filter_line_mut().field.edit(edit);
                lists::apply_filter(self, fx, Arrival::Top);
                self.offer_if(fx, masked);
            }
        }
    }

    pub(super) fn paste(&mut self, fx: &mut Vec<Effect>, pasted: &Pasted) {
        if self.screen().is_none() {
            return;
        }
        self.typed.forget();
        let text = pasted.as_str();
        let line = OneLine::of(text);
        if self.dialogs.is_empty() && self.filter_line().editing {
            let masked = self.filter_line_mut().field.insert_str(line.text());
            lists::apply_filter(self, fx, Arrival::Top);
            self.say_removed(&line);
            self.offer_if(fx, masked);
            return;
        }
        let takes = |text| matches!(text, Text::Pasted | Text::Typed | Text::Chosen);
        if self.dialogs.last().is_some_and(|dialog| takes(dialog.logic().text())) {
            self.give_dialog(fx, Input::Edit(Edit::Paste(line.text())));
            self.say_removed(&line);
            return;
        }
        if self.shows_secret() {
            return;
        }
        match secret::find(text).and_then(|at| Secret::parse(&text[at]).ok()) {
            Some(key) => self.offer(fx, key.hint()),
            None => self.say(
                Level::Info,
                "the pasted text was ignored: here only a whole key can be pasted, to go to it",
            ),
        }
    }

    pub(super) fn offer_if(&mut self, fx: &mut Vec<Effect>, masked: Option<Mask>) {
        if let Some(hint) = masked {
            self.offer(fx, hint);
        }
    }

    /// Offers the key that a text held, in place of one that was offered before.
    pub(super) fn offer(&mut self, fx: &mut Vec<Effect>, mask: Mask) {
        self.typed.forget();
        if let Some(before) = self.dialogs.find(|dialog| matches!(dialog, Dialog::Offer(_))) {
            self.close_dialog(fx, before);
        }
        self.open_dialog(fx, OpenDialog::Offer(mask));
    }

    /// Goes to the keys with this mask, mostly one: at once, whatever is loaded.
    pub(super) fn go_to(&mut self, fx: &mut Vec<Effect>, hint: Mask, keys: Vec<Key>) {
        self.filter_line_mut().editing = false;
        let height = self.height();
        self.view = View::Keys;
        self.detail_only = false;
        let inside = self
            .views
            .keys
            .project
            .as_ref()
            .is_none_or(|(id, _)| keys.iter().all(|key| key.project_id == *id));
        if !inside {
            self.views.keys.project = None;
        }
        if let [key] = keys.as_slice() {
            let rows = &mut self.views.keys.list.rows;
            if inside && rows.select(key.id, height) {
                lists::show(self, fx, View::Keys);
                self.dirty();
                return;
            }
            rows.aim(key.id);
        }
        // Its place among all keys is not loaded: the list of that mask alone is one request.
        self.views.keys.list.filter.set(&hint.to_string());
        self.window_mut(View::Keys).read();
        // They are known: what is done next must not fall on a row of the list before.
        let now = self.server_now();
        self.views.keys.list.show(keys, now);
        lists::reload(self, fx, Arrival::Keep);
    }
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
