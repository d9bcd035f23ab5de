//! Keys and pastes: to the topmost overlay, to the filter that is typed, or to the table.

use super::action::{Action, Scope};
use super::dialogs::{BulkFocus, Dialog, Edited, Found, Offer, RevokeFocus, edit};
use super::effect::{Effect, Request};
use super::event::{KeyCode, KeyPress, Pasted, PressKind};
use super::field::Edit;
use super::hints::{Input, Text};
use super::interaction::OpenDialog;
use super::lists;
use super::messages::Level;
use super::rows::Arrival;
use super::state::{State, What};
use super::tabs::View;
use super::typing::OneLine;
use crate::secret::{self, Hint, Kind, Secret};
use crate::wire::keys::{Key, Status as KeyStatus};

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
        if let Some(Dialog::ShownOnce(_)) = self.dialogs.last() {
            // What leaves from anywhere asks here.
            let key = match action {
                Some(Action::Quit) => KeyPress { kind: key.kind, ..KeyPress::ctrl('c') },
                _ if key.ctrl && key.code == KeyCode::Char('c') => KeyPress { code: KeyCode::Other, ..key },
                // Letters are letters while a path is typed.
                _ if self.types_place() => self.setup.keymap.in_dialog(key, Scope::Dialog, false),
                _ => self.setup.keymap.in_dialog(key, Scope::NewKey, true),
            };
            self.key_shown_once(fx, key);
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
        if let Some(dialog) = self.dialogs.last().and_then(Dialog::logic) {
            let input = self.setup.keymap.input(key, &dialog.hints(), dialog.text());
            if let Some(input) = input {
                self.give_dialog(fx, input);
            }
            return;
        }
        let letters = self.asks_to_confirm();
        let key = if types { self.setup.keymap.in_dialog(key, Scope::Dialog, letters) } else { key };
        match self.dialogs.last() {
            Some(Dialog::Help(_) | Dialog::Palette(_)) => self.key_finder(fx, key),
            Some(Dialog::Sort(_)) => self.key_sort(fx, key, action),
            Some(Dialog::Messages(_)) => self.key_reader(key, action),
            Some(Dialog::Offer(_)) => self.key_offer(fx, key),
            Some(Dialog::Revoke(_)) => self.key_revoke(fx, key),
            Some(Dialog::Unstored(_)) => self.key_unstored(fx, key),
            Some(Dialog::CopyMenu(_)) => self.key_copy_menu(fx, key),
            Some(Dialog::Export(_)) => self.key_export(fx, key),
            Some(Dialog::Bulk(_)) => self.key_bulk(fx, key),
            Some(Dialog::Contexts(_)) => self.key_contexts(fx, key),
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

    /// Whether somebody types where the file of a new key is to go.
    fn types_place(&self) -> bool {
        matches!(self.dialogs.last(), Some(Dialog::ShownOnce(open)) if open.place.is_some())
    }

    /// Whether a letter may confirm something: it goes into no field, and the dialog has none of its own.
    fn asks_to_confirm(&self) -> bool {
        match self.dialogs.last() {
            Some(Dialog::Revoke(open)) => open.focus != RevokeFocus::Reason,
            Some(Dialog::Bulk(open)) => open.focus != BulkFocus::Reason,
            Some(Dialog::Unstored(_)) => true,
            _ => false,
        }
    }

    /// What was typed of a key before it was known for one: fields that it went into are emptied and closed.
    fn drop_typed(&mut self, fx: &mut Vec<Effect>) {
        self.dialogs.retain(|dialog| matches!(dialog, Dialog::ShownOnce(_)));
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
            (_, Some(Action::Palette)) if key.ctrl => self.open_palette(),
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
            Some(Dialog::Revoke(open)) if open.sending.is_none() && open.key.status != KeyStatus::Revoked => {
                open.focus = super::dialogs::RevokeFocus::Reason;
                Some(&mut open.reason)
            }
            Some(Dialog::Help(_) | Dialog::Palette(_)) => {
                let masked = self.finder_mut().and_then(|finder| finder.field.insert_str(line.text()));
                self.finder_typed(fx);
                self.say_removed(&line);
                self.offer_if(fx, masked);
                return;
            }
            Some(Dialog::Contexts(list)) => {
                list.at = 0;
                Some(&mut list.field)
            }
            Some(Dialog::ShownOnce(open)) if open.place.is_some() => {
                // Nothing is offered while a key is shown.
                if let Some(place) = &mut open.place {
                    place.insert_str(line.text());
                }
                self.dirty();
                self.say_removed(&line);
                return;
            }
            Some(Dialog::Export(open)) if open.place.is_some() => open.place.as_mut().map(|(_, field)| field),
            Some(Dialog::Bulk(open)) if open.phase == super::dialogs::Phase::Asking => {
                open.focus = super::dialogs::BulkFocus::Reason;
                Some(&mut open.reason)
            }
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

    pub(super) fn offer_if(&mut self, fx: &mut Vec<Effect>, masked: Option<Hint>) {
        if let Some(hint) = masked {
            self.offer(fx, hint);
        }
    }

    /// Offers the key that a text held: asks the server whose it is, by its public parts alone.
    pub(super) fn offer(&mut self, fx: &mut Vec<Effect>, hint: Hint) {
        self.typed.forget();
        self.cancel(fx, |what| what == What::Find);
        self.dialogs.retain(|dialog| !matches!(dialog, Dialog::Offer(_)));
        let found = if hint.kind() == Kind::Management {
            Found::Token
        } else {
            let request =
                Request::FindKey { handle: hint.handle().to_owned(), last4: hint.last4().to_owned() };
            self.ask(fx, What::Find, request);
            Found::Looking
        };
        self.dialogs.push(Dialog::Offer(Offer::new(hint, found)));
        self.dirty();
    }

    fn key_offer(&mut self, fx: &mut Vec<Effect>, key: KeyPress) {
        let Some(Dialog::Offer(offer)) = self.dialogs.last_mut() else { return };
        if key.kind != PressKind::Press || key.ctrl || key.alt {
            return;
        }
        match (key.code, &offer.found) {
            (KeyCode::Esc | KeyCode::Char('q'), _) => {
                self.cancel(fx, |what| what == What::Find);
                self.dialogs.pop();
            }
            (KeyCode::Enter, Found::Looking) => (offer.go, offer.revoke) = (true, false),
            (KeyCode::Char('x'), Found::Looking) => (offer.go, offer.revoke) = (false, true),
            (KeyCode::Enter, Found::Keys(_)) => self.go_to_offered(fx),
            (KeyCode::Char('x'), Found::Keys(_)) => self.revoke_offered(fx),
            (KeyCode::Enter | KeyCode::Char('x'), Found::Unknown | Found::Token) => {
                self.dialogs.pop();
            }
            (KeyCode::Enter | KeyCode::Char('x' | 'r'), Found::Failed(_)) => {
                let hint = offer.hint;
                let revoke = key.code == KeyCode::Char('x');
                self.offer(fx, hint);
                if let Some(Dialog::Offer(offer)) = self.dialogs.last_mut() {
                    offer.revoke = revoke;
                }
            }
            _ => return,
        }
        self.dirty();
    }

    fn offered(&self) -> Option<(Hint, Vec<Key>)> {
        self.dialogs.iter().find_map(|dialog| match dialog {
            Dialog::Offer(Offer { hint, found: Found::Keys(keys), .. }) => Some((*hint, keys.clone())),
            _ => None,
        })
    }

    pub(super) fn go_to_offered(&mut self, fx: &mut Vec<Effect>) {
        let Some((hint, keys)) = self.offered() else { return };
        self.dialogs.retain(|dialog| matches!(dialog, Dialog::ShownOnce(_)));
        self.go_to(fx, hint, keys);
    }

    /// Goes to the keys with this mask, mostly one: at once, whatever is loaded.
    pub(super) fn go_to(&mut self, fx: &mut Vec<Effect>, hint: Hint, keys: Vec<Key>) {
        self.filter_line_mut().editing = false;
        let height = self.height();
        self.view = View::Keys;
        self.detail_only = false;
        let inside =
            self.keys.project.as_ref().is_none_or(|(id, _)| keys.iter().all(|key| key.project_id == *id));
        if !inside {
            self.keys.project = None;
        }
        if let [key] = keys.as_slice() {
            self.goal = Some(key.id);
            if inside && self.keys.rows.select(key.id, height) {
                self.goal = None;
                lists::show(self, fx, View::Keys);
                self.dirty();
                return;
            }
        }
        // Its place among all keys is not loaded: the list of that mask alone is one request.
        self.keys.filter.set(&hint.to_string());
        self.keys.filter.read();
        // They are known: what is done next must not fall on a row of the list before.
        self.keys.show(keys, self.server_now());
        lists::reload(self, fx, Arrival::Keep);
    }

    pub(super) fn revoke_offered(&mut self, fx: &mut Vec<Effect>) {
        let Some((_, keys)) = self.offered() else { return };
        match keys.as_slice() {
            [key] => {
                let key = key.clone();
                self.dialogs.retain(|dialog| !matches!(dialog, Dialog::Offer(_)));
                self.open_dialog(fx, OpenDialog::Revoke(key));
            }
            // Several share the mask: which one is meant cannot be known without the key.
            _ => self.go_to_offered(fx),
        }
    }

    fn messages_page(&self) -> usize {
        usize::from(self.setup.size.1.saturating_sub(6)).max(1)
    }

    /// Scrolls no further than there are messages.
    pub(super) fn bound_messages(&mut self) {
        // Each may take several rows, so that the last one may come to stand at the top.
        let last = self.messages.newest_first().count().saturating_sub(1);
        if let Some(Dialog::Messages(top)) = self.dialogs.last_mut() {
            *top = (*top).min(last);
        }
        self.dirty();
    }

    fn key_reader(&mut self, key: KeyPress, action: Option<Action>) {
        let page = self.messages_page();
        let last = self.messages.newest_first().count().saturating_sub(1);
        let Some(Dialog::Messages(top)) = self.dialogs.last_mut() else { return };
        let by = |top: usize, by: isize| top.saturating_add_signed(by).min(last);
        *top = match action {
            Some(Action::Up) => by(*top, -1),
            Some(Action::Down) => by(*top, 1),
            Some(Action::PageUp | Action::HalfUp) => by(*top, -(page as isize)),
            Some(Action::PageDown | Action::HalfDown) => by(*top, page as isize),
            Some(Action::First) => 0,
            Some(Action::Last) => last,
            // Any other key does nothing: what is typed on would act on the table.
            Some(Action::Close | Action::Back | Action::Messages | Action::Open)
                if key.kind == PressKind::Press =>
            {
                self.dialogs.pop();
                self.dirty();
                return;
            }
            _ if key.code == KeyCode::Esc => {
                self.dialogs.pop();
                self.dirty();
                return;
            }
            _ => return,
        };
        self.dirty();
    }
}

/// Whether an action works from anywhere: in each dialog and while one types.
fn leaves(action: Action) -> bool {
    matches!(action, Action::Quit | Action::Suspend | Action::Redraw)
}
