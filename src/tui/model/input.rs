//! Keys and pastes: to the topmost overlay, to the filter that is typed, or to the table.

use super::action::{Action, Scope};
use super::dialogs::{Dialog, Edited, edit};
use super::effect::Effect;
use super::event::{KeyCode, KeyPress, Pasted, PressKind};
use super::field::Edit;
use super::hints::{Input, Text};
use super::interaction::{DialogLogic, OpenDialog};
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
        if let Some(dialog) = self.dialogs.last().and_then(Dialog::logic) {
            let (hints, text) = (dialog.hints(), dialog.text());
            let asked = hints.iter().any(|hint| hint.actions.contains(&Action::Quit));
            let letter = matches!(key.code, KeyCode::Char(_)) && !key.ctrl && !key.alt;
            if action == Some(Action::Quit) && !asked && !letter {
                fx.push(Effect::Quit);
            } else if let Some(input) = self.setup.keymap.input(key, &hints, text) {
                self.give_dialog(fx, input);
            }
            return;
        }
        // A letter that somebody bound to them is a letter where one types.
        let letter = matches!(key.code, KeyCode::Char(_)) && !key.ctrl && !key.alt;
        let types = !self.dialogs.is_empty() || self.filter_line().editing;
        let action = action.filter(|action| !(letter && types && leaves(*action)));
        if action == Some(Action::Quit) {
            fx.push(Effect::Quit);
            return;
        }
        let key = if types { self.setup.keymap.in_dialog(key, Scope::Dialog, false) } else { key };
        match self.dialogs.last() {
            Some(Dialog::Export(_)) => self.key_export(fx, key),
            Some(_) => {}
            None if self.filter_line().editing => self.key_filter(fx, key, action),
            None => match action {
                Some(action) => self.act(fx, action),
                // Once is enough: who knows the help needs no reminder.
                None if key.kind == PressKind::Press && !self.told_unknown => {
                    self.told_unknown = true;
                    let help = self.setup.keymap.hint(Action::Help);
                    self.say(Level::Info, format!("that key does nothing here; {help} shows the keys"));
                }
                None => {}
            },
        }
    }

    /// What was typed of a key before it was known for one: fields that it went into are emptied and closed.
    fn drop_typed(&mut self, fx: &mut Vec<Effect>) {
        self.dialogs.retain(|dialog| dialog.logic().is_some_and(DialogLogic::shows_secret));
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

    fn key_filter(&mut self, fx: &mut Vec<Effect>, key: KeyPress, action: Option<Action>) {
        match (key.code, action) {
            (KeyCode::Enter, _) => {
                let refused = self.filter_line().not_applied(&self.setup.keymap);
                self.filter_line_mut().editing = refused.is_some();
                if let Some(why) = refused {
                    self.say(Level::Warn, why);
                }
                self.dirty();
            }
            (KeyCode::Esc, _) => self.leave_filter(fx),
            (KeyCode::Tab, _) => {
                let offers = self.key_list().is_some();
                if offers && self.filter_line_mut().take_offer() {
                    lists::apply_filter(self, fx, Arrival::Top);
                }
            }
            (KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown, Some(action)) => {
                self.act(fx, action);
            }
            (_, Some(Action::Palette)) if key.ctrl => self.open_dialog(fx, OpenDialog::Palette),
            _ => {
                if let Edited::Yes(masked) = edit(&mut self.filter_line_mut().field, key) {
                    lists::apply_filter(self, fx, Arrival::Top);
                    self.offer_if(fx, masked);
                }
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
        if let Some(dialog) = self.dialogs.last().and_then(Dialog::logic)
            && matches!(dialog.text(), Text::Pasted | Text::Typed | Text::Chosen)
        {
            self.give_dialog(fx, Input::Edit(Edit::Paste(line.text())));
            self.say_removed(&line);
            return;
        }
        let field = match self.dialogs.last_mut() {
            Some(Dialog::Export(open)) if open.place.is_some() => open.place.as_mut().map(|(_, field)| field),
            Some(_) => None,
            None => None,
        };
        if let Some(field) = field {
            let masked = field.insert_str(line.text());
            self.dirty();
            self.say_removed(&line);
            self.offer_if(fx, masked);
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

/// Whether an action works from anywhere: in each dialog and while one types.
fn leaves(action: Action) -> bool {
    matches!(action, Action::Quit | Action::Suspend | Action::Redraw)
}
