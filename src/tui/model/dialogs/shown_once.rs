//! The key, once: the only place of the state that holds a secret. Nothing closes it but a decision.

use std::fmt::Write as _;
use std::time::Duration;

use super::menu::{MOVES, Pick, choose};
use crate::secret::Secret;
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::OpenDialog;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, Notice, Step};
use crate::tui::model::effect::{CopyText, Effect, Request};
use crate::tui::model::event::ClipboardOutcome;
use crate::tui::model::field::{Edit, Field};
use crate::tui::model::hints::{Hint, Input, Text};
use crate::tui::model::messages::Level;
use crate::tui::model::wording::outcome;
use crate::wire::keys::Key;
use crate::wire::paths;
use crate::wire::time::Timestamp;

/// What became of the copy.
#[derive(Clone, PartialEq, Debug)]
pub enum Copied {
    /// The setting says that nothing is copied by itself.
    NotAsked,
    /// Under way.
    Copying,
    /// This.
    Done(ClipboardOutcome),
}

/// What became of the file.
#[derive(Clone, PartialEq, Debug)]
pub enum FileState {
    /// Nobody asked for one.
    NotAsked,
    /// Under way.
    Writing,
    /// Written: the path, or why not.
    Done(Result<String, String>),
}

/// The question whether it was stored, and what leads to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leaving {
    /// When the question was asked.
    asked: Timestamp,
    /// Whether the dashboard is to be left afterwards.
    quit: bool,
    /// Whether "revoke" has the focus, not "keep showing".
    pub revoke: bool,
}

/// The dialog.
#[derive(Clone, PartialEq, Debug)]
pub struct ShownOnce {
    /// The key.
    pub key: Key,
    /// Its full text.
    pub secret: Secret,
    /// What became of the copy.
    pub copied: Copied,
    /// In how many seconds the clipboard is cleared, as the screen says it; 0 when that time is over.
    pub clears_in: u64,
    /// How many copies were made.
    pub copies: u32,
    /// When the copy came, which the clipboard is cleared from.
    copied_at: Timestamp,
    /// What became of the file.
    pub file: FileState,
    /// Where the file is to go, while that is typed.
    pub place: Option<Field>,
    /// A file was asked for and is not written, and no copy was made since: the next Enter says so and does not close.
    unsaved: bool,
    /// Enter was pressed while the file is being written: it closes once that is done.
    closing: bool,
    /// What was typed for the file that is being written.
    typed: Option<Field>,
    /// How many files were asked for: each has a name of its own.
    pub files: u32,
    /// The question whether it was stored.
    pub leaving: Option<Leaving>,
    /// The menu of what to copy it as, and its marked line.
    pub menu: Option<usize>,
    /// Its revocation was sent.
    pub revoking: bool,
    /// What has to be said: too fast, not revoked.
    pub note: Option<String>,
    /// The context that it was made in, by its name and its title, if that was left meanwhile.
    pub away: Option<(String, String)>,
    /// What else the client told: an unseen key was revoked.
    pub notice: Option<String>,
    /// The key that this one succeeds.
    pub old: Option<Box<Key>>,
    opened: Timestamp,
}

/// A new key as part of a text: what stands before and after it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SecretForm {
    /// Before it.
    pub before: String,
    /// After it.
    pub after: String,
}

impl ShownOnce {
    /// Just made.
    pub fn new(
        key: Key,
        secret: Secret,
        opened: Timestamp,
        copied: Copied,
        notice: Option<String>,
    ) -> ShownOnce {
        ShownOnce {
            key,
            secret,
            opened,
            copied,
            clears_in: 0,
            copies: 0,
            copied_at: opened,
            file: FileState::NotAsked,
            place: None,
            unsaved: false,
            closing: false,
            typed: None,
            files: 0,
            leaving: None,
            menu: None,
            revoking: false,
            note: None,
            away: None,
            notice,
            old: None,
        }
    }

    /// A name for a new file: project and key, then the number of the file where that is not the first.
    pub fn file_name(&self, files: u32) -> String {
        let plain = |text: &str| {
            let text: String = text
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
                .collect();
            text.trim_matches('-').chars().take(40).collect::<String>()
        };
        let mut name = format!("{}-{}", plain(&self.key.project_name), plain(&self.key.name));
        if files > 1 {
            name = format!("{name}-{files}");
        }
        format!("{}.key", name.trim_matches('-'))
    }

    /// As what the key can be copied: alone, for a shell, for a `.env` file, and as a call of the Edge API.
    pub fn forms(&self, edge: Option<&str>) -> [SecretForm; 4] {
        let form = |before: String, after: String| SecretForm { before, after };
        let name = variable(&self.key.name);
        let address = edge.filter(|edge| is_plain(edge)).unwrap_or("http://127.0.0.1:7475");
        let scheme = if address.contains("://") { "" } else { "http://" };
        let query = format!("?project={}&path=/", self.key.project_id);
        let call = format!("\" \"{scheme}{address}{}{query}\"", paths::LOOKUP);
        [
            form(String::new(), String::new()),
            form(format!("export {name}="), String::new()),
            form(format!("{name}="), String::new()),
            form("curl -H \"X-API-Key: ".to_owned(), call),
        ]
    }

    /// After how many seconds the clipboard is cleared, where it is.
    fn clears_after(&self) -> Option<u64> {
        match self.copied {
            Copied::Done(ClipboardOutcome::Copied { clears_in }) => clears_in,
            _ => None,
        }
    }

    /// How many of them are left.
    fn left(&self, now: Timestamp) -> u64 {
        self.clears_after().unwrap_or(0).saturating_sub(self.copied_at.age(now).as_secs())
    }

    /// Whether it was saved to a file.
    pub fn is_saved(&self) -> bool {
        matches!(self.file, FileState::Done(Ok(_)))
    }

    fn copy(&mut self) -> Vec<Step> {
        (self.copied, self.note) = (Copied::Copying, None);
        vec![Step::Effect(Effect::Copy(CopyText::Secret(self.key.id, self.secret.clone())))]
    }

    /// Writes the key into a file.
    fn write(&mut self, place: Option<String>) -> Vec<Step> {
        self.files += 1;
        (self.file, self.note, self.unsaved) = (FileState::Writing, None, true);
        let (name, secret) = (self.file_name(self.files), self.secret.clone());
        vec![Step::Effect(Effect::WriteSecretFile { key: self.key.id, name, place, secret })]
    }

    /// Closes, so that the secret is dropped, and takes what was drawn off the screen. With words, the key is stored.
    fn close(&self, words: Option<String>) -> Vec<Step> {
        let stored = words.is_some().then_some(Step::Effect(Effect::Stored(self.key.id)));
        let message = words.map(|words| Step::Say(Level::Good, words));
        let wipe = [Step::Effect(Effect::Wipe), Step::Reload];
        stored.into_iter().chain([Step::Close]).chain(message).chain(wipe).collect()
    }

    /// Closes because the key is saved, and goes on with the rotation that it belongs to.
    fn confirm(&mut self) -> Vec<Step> {
        let mut words = format!("Key {} created in {}", self.key.name, self.key.project_name);
        if let FileState::Done(Ok(path)) = &self.file {
            let _ = write!(words, ", saved to {path}");
        }
        let mut steps = self.close(Some(words));
        let next = self.old.take().map(|old| OpenDialog::Successor(*old, self.key.name.clone()));
        steps.extend(next.map(Step::Open));
        steps
    }

    /// Keys while it is just shown.
    fn shown(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let asks = |quit| Some(Leaving { asked: facts.now, quit, revoke: false });
        match input {
            Input::Do(Action::Submit) if facts.too_fast(self.opened) => {
                let again = facts.key(Action::Submit);
                self.note = Some(format!(
                    "Ignored: key pressed too quickly. Press {again} again once you have saved the key."
                ));
            }
            Input::Do(Action::Submit) if self.unsaved => {
                // The next one counts only when this could be read.
                (self.unsaved, self.opened) = (false, facts.now);
                self.closing = self.file == FileState::Writing;
                let again = facts.key(Action::Submit);
                self.note = Some(if self.closing {
                    format!("Saving… This closes once the key is saved. Press {again} again to close anyway.")
                } else {
                    format!("The key was not saved. Press {again} again to close anyway.")
                });
            }
            Input::Do(Action::Submit) => return self.confirm(),
            Input::Do(Action::Cancel) => (self.leaving, self.note) = (asks(false), None),
            Input::Do(Action::CopyAgain) => return self.copy(),
            Input::Do(Action::CopyAs) => (self.menu, self.note) = (Some(0), None),
            Input::Do(Action::WriteFile) => match &self.file {
                FileState::Writing => {}
                FileState::Done(Ok(path)) => self.note = Some(format!("Already saved to {path}.")),
                FileState::NotAsked | FileState::Done(Err(_)) if facts.setup.demo => {
                    (self.place, self.note) = (Some(Field::default()), None);
                }
                FileState::NotAsked | FileState::Done(Err(_)) => return self.write(None),
            },
            _ => {
                let [submit, copy, write] =
                    [Action::Submit, Action::CopyAgain, Action::WriteFile].map(|action| facts.key(action));
                self.note = Some(format!(
                    "Press {submit} once you have saved the key ({copy} copy, {write} save to file)."
                ));
            }
        }
        Vec::new()
    }

    /// Keys in the menu of what to copy it as.
    fn copy_as(&mut self, facts: Facts<'_>, at: usize, input: Input<'_>) -> Vec<Step> {
        let forms = self.forms(facts.edge_address());
        match choose(input, at, forms.len()) {
            Pick::Mark(at) => self.menu = Some(at),
            Pick::Take(at) => {
                // A second Enter must not confirm that the key is saved.
                (self.menu, self.opened) = (None, facts.now);
                if at == 0 {
                    return self.copy();
                }
                (self.copied, self.note) = (Copied::Copying, None);
                let (key, secret) = (self.key.id, self.secret.clone());
                let form = forms.into_iter().nth(at);
                let around =
                    form.map(|form| CopyText::Around { key, before: form.before, secret, after: form.after });
                return around.map(|text| Step::Effect(Effect::Copy(text))).into_iter().collect();
            }
            Pick::Close => self.menu = None,
            Pick::Nothing => {}
        }
        Vec::new()
    }

    /// Keys while it is typed where the file is to go.
    fn type_place(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let Some(place) = &mut self.place else { return Vec::new() };
        match input {
            Input::Do(Action::Submit) => match place.file_place("shop.key") {
                Ok(typed) => {
                    self.typed = self.place.take();
                    // A second Enter must not confirm that the key is saved.
                    self.opened = facts.now;
                    return self.write(Some(typed));
                }
                Err(why) => self.note = Some(why),
            },
            Input::Do(_) => (self.place, self.note) = (None, None),
            // Nothing is offered while a key is shown.
            Input::Edit(edit) => {
                place.edit(edit);
                self.note = None;
            }
        }
        Vec::new()
    }

    /// Keys at the question whether it was stored.
    fn leave(&mut self, facts: Facts<'_>, mut leaving: Leaving, input: Input<'_>) -> Vec<Step> {
        // Not the key that copies: one key never both keeps and destroys.
        let takes = matches!(input, Input::Do(Action::Submit | Action::Toggle));
        let revokes = matches!(input, Input::Do(Action::Revoke)) || (takes && leaving.revoke);
        match input {
            _ if self.revoking => {}
            _ if revokes && facts.too_fast(leaving.asked) => {
                self.note = Some(facts.too_fast_words(Action::Revoke));
            }
            _ if revokes => {
                (self.revoking, self.note) = (true, None);
                let request = Request::RevokeKey { id: self.key.id, reason: None };
                return vec![match &self.away {
                    Some((context, _)) => Step::AskIn(context.clone(), request),
                    None => Step::Ask(request),
                }];
            }
            Input::Do(Action::NextField | Action::PreviousField) | Input::Edit(Edit::Left | Edit::Right) => {
                leaving.revoke = !leaving.revoke;
                self.leaving = Some(leaving);
            }
            Input::Do(Action::Submit | Action::Toggle | Action::Cancel | Action::Up) => {
                (self.leaving, self.note) = (None, None);
            }
            Input::Do(_) | Input::Edit(_) => {
                let (revoke, cancel) = (facts.key(Action::Revoke), facts.key(Action::Cancel));
                self.note = Some(format!("Choose: {revoke} revoke · {cancel} go back"));
            }
        }
        Vec::new()
    }
}

impl DialogLogic for ShownOnce {
    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        // Another key takes the wish to close back.
        if input != Input::Do(Action::Submit) && std::mem::take(&mut self.closing) {
            (self.unsaved, self.note) = (true, None);
        }
        if input == Input::Do(Action::Quit) && self.leaving.is_none() {
            self.leaving = Some(Leaving { asked: facts.now, quit: true, revoke: false });
            (self.menu, self.place, self.note) = (None, None, None);
            return Vec::new();
        }
        match (self.menu, self.leaving) {
            (Some(at), _) => self.copy_as(facts, at, input),
            (None, Some(leaving)) => self.leave(facts, leaving, input),
            (None, None) if self.place.is_some() => self.type_place(facts, input),
            (None, None) => self.shown(facts, input),
        }
    }

    fn replied(&mut self, _: Facts<'_>, asked: &Request, answer: Answer<'_>) -> Vec<Step> {
        match answer {
            Ok(_) => {
                let mut steps = self.close(None);
                if self.leaving.is_some_and(|leaving| leaving.quit) {
                    steps.push(Step::Effect(Effect::Quit));
                }
                steps
            }
            Err(failure) => {
                (self.revoking, self.note) = (false, Some(outcome(asked, failure)));
                Vec::new()
            }
        }
    }

    fn notified(&mut self, facts: Facts<'_>, notice: &Notice) -> Option<Vec<Step>> {
        match notice {
            Notice::Copied(key, outcome) if *key == self.key.id => {
                (self.copied, self.copied_at) = (Copied::Done(outcome.clone()), facts.now);
                self.copies += u32::from(outcome.is_made());
                self.unsaved &= !outcome.is_made() || self.file == FileState::Writing;
                self.clears_in = self.left(facts.now);
            }
            Notice::Time if self.left(facts.now) != self.clears_in => {
                self.clears_in = self.left(facts.now);
            }
            Notice::Written(key, result) if *key == self.key.id => {
                self.file = FileState::Done(result.clone());
                self.unsaved = result.is_err();
                let closing = std::mem::take(&mut self.closing);
                if result.is_ok() && closing {
                    return Some(self.confirm());
                }
                if closing {
                    // That it closes by itself is no longer so.
                    self.note = None;
                }
                if result.is_ok() {
                    self.note = None;
                    // It will not be missed after a crash.
                    return Some(vec![Step::Effect(Effect::Stored(self.key.id))]);
                }
                // A path that was typed is there to be put right, and Enter behind it does not say that the key is
                // stored. Whatever else was asked makes way: keys never go where nothing is shown.
                if let Some(typed) = self.typed.take().filter(|_| !self.revoking) {
                    self.place = Some(typed);
                    (self.menu, self.leaving) = (None, None);
                }
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    fn hints(&self) -> Vec<Hint> {
        let quit = Hint::silent(&[Action::Quit]);
        if self.menu.is_some() {
            return vec![
                Hint::new(&[Action::Submit], "or 1–4 copy"),
                Hint::new(&[Action::Cancel], "close"),
                Hint::silent(MOVES),
                Hint::silent(&[Action::CopyAs]),
                quit,
            ];
        }
        if self.leaving.is_some() {
            return vec![
                Hint::new(&[Action::Submit], "select"),
                Hint::new(&[Action::Revoke], "revoke"),
                Hint::new(&[Action::Cancel], "go back"),
                Hint::silent(&[Action::NextField, Action::PreviousField, Action::Toggle, Action::Up]),
                quit,
            ];
        }
        if self.place.is_some() {
            return vec![Hint::new(&[Action::Submit], "save"), Hint::new(&[Action::Cancel], "cancel"), quit];
        }
        vec![
            Hint::new(&[Action::Submit], "done, I saved it"),
            Hint::new(&[Action::CopyAgain], "copy"),
            Hint::new(&[Action::CopyAs], "copy as…"),
            Hint::new(&[Action::WriteFile], "save to file"),
            Hint::silent(&[Action::Cancel]),
            quit,
        ]
    }

    fn due(&self) -> Option<Timestamp> {
        let all = self.clears_after().filter(|_| self.clears_in > 0)?;
        Some(self.copied_at + Duration::from_secs(all.saturating_sub(self.clears_in) + 1))
    }

    fn clock_set(&mut self, by: i64) {
        self.copied_at = Timestamp::from_millis(self.copied_at.millis().saturating_add(by));
    }

    fn text(&self) -> Text {
        if self.place.is_some() { Text::Typed } else { Text::Refused }
    }

    fn shows_secret(&self) -> bool {
        true
    }

    fn about(&self) -> Option<&Key> {
        Some(&self.key)
    }
}

/// A name for a variable of a shell: upper case, words joined by `_`.
fn variable(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_uppercase());
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
    }
    let name = out.trim_end_matches('_');
    match name.chars().next() {
        None => "API_KEY".to_owned(),
        Some(c) if c.is_ascii_digit() => format!("KEY_{name}"),
        Some(_) => name.to_owned(),
    }
}

/// Whether an address means nothing to a shell but itself: it comes from a server.
fn is_plain(address: &str) -> bool {
    !address.is_empty() && address.chars().all(|c| c.is_ascii_alphanumeric() || "./:[]-_".contains(c))
}
