//! Exports the view to a file, or opens the dialog for an evidence pack. Rows that are not loaded are requested oldest
//! first, so that a key that is used meanwhile is not missed.

use super::menu::{MOVES, Pick, choose};
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::OpenDialog;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Export, Facts, Notice, Step, WantRows};
use crate::tui::model::effect::{Effect, Request};
use crate::tui::model::event::Reply;
use crate::tui::model::export_rows::{self, Form, Rows};
use crate::tui::model::field::{Edit, Field};
use crate::tui::model::hints::{Hint, Input, Text};
use crate::tui::model::messages::Level;
use crate::tui::model::wording::{exported_words, words};
use crate::wire::page::Page;
use crate::wire::text::sentence;

/// The dialog.
#[derive(Clone, PartialEq, Debug)]
pub struct ExportDialog {
    /// What is exported.
    pub export: Export,
    /// Which form is marked.
    pub at: usize,
    /// The form that was chosen and where the file is to go, while that is typed.
    pub place: Option<(Form, Field)>,
    /// The form that was chosen, and where the file is to go if that was typed.
    chosen: Option<(Form, Option<String>)>,
    /// The file is being written.
    pub saving: bool,
    /// What has come of the rows that were not loaded.
    pub gathering: Option<Rows>,
    /// Why they did not come, or what is wrong with the place.
    pub error: Option<String>,
}

impl ExportDialog {
    /// Nothing is chosen yet.
    pub fn new(export: Export) -> ExportDialog {
        ExportDialog { export, at: 0, place: None, chosen: None, saving: false, gathering: None, error: None }
    }

    /// The marked form; none for an evidence pack.
    pub fn form(&self) -> Option<Form> {
        Form::ALL.get(self.at).copied()
    }

    /// What can be chosen, each with its letter.
    pub fn choices(&self) -> impl Iterator<Item = (char, &'static str)> {
        let letter = |form: Form| form.extension().chars().next().unwrap_or(' ');
        let forms = Form::ALL.into_iter().map(move |form| (letter(form), form.name()));
        forms.chain(self.export.pack.iter().map(|_| ('p', "Evidence pack")))
    }

    /// Writes the file where the dialog says, or asks where: the demo writes nothing unasked.
    fn choose(&mut self, facts: Facts<'_>, at: usize) -> Vec<Step> {
        let Some(form) = Form::ALL.get(at).copied() else {
            let pack = self.export.pack.clone().map(OpenDialog::Pack);
            return pack.map(|pack| vec![Step::Close, Step::Open(pack)]).unwrap_or_default();
        };
        if facts.setup.demo {
            (self.place, self.error) = (Some((form, Field::default())), None);
            return Vec::new();
        }
        self.begin(form, None)
    }

    fn begin(&mut self, form: Form, place: Option<String>) -> Vec<Step> {
        (self.chosen, self.place, self.error) = (Some((form, place)), None, None);
        vec![Step::Rows(WantRows::Shown)]
    }

    /// Takes a page in. Gives the cursor of the next one.
    fn take(&mut self, reply: &Reply) -> Option<String> {
        match (self.gathering.as_mut()?, reply) {
            (Rows::Keys(rows), Reply::Keys { page, .. }) => take(rows, page),
            (Rows::Projects(rows), Reply::Projects { page, .. }) => take(rows, page),
            (Rows::Events(rows), Reply::AuditEvents { page, .. }) => take(rows, page),
            (Rows::Reviews(rows), Reply::Reviews { page, .. }) => take(rows, page),
            (Rows::Nodes(rows), Reply::Nodes(nodes)) => take(rows, &Page::whole(nodes.clone())),
            _ => None,
        }
    }

    fn write(&mut self, facts: Facts<'_>, rows: &Rows) -> Vec<Step> {
        let Some((form, place)) = self.chosen.clone() else { return Vec::new() };
        let filter = match self.export.filter.as_str() {
            "" => String::new(),
            filter => format!(", filter {filter}"),
        };
        let count = rows.len();
        let title = format!("{}: {count}{filter}, {}", self.export.about, facts.server_now);
        let name = format!("{}.{}", self.export.name, form.extension());
        let text = export_rows::text(form, rows, &title);
        self.saving = true;
        vec![Step::Effect(Effect::WriteExport { name, place, text, rows: count })]
    }

    /// The file was written, or it was not: then another place can be tried.
    fn written(&mut self, count: usize, result: &Result<String, String>) -> Vec<Step> {
        self.saving = false;
        match result {
            Ok(path) => vec![Step::Close, Step::Say(Level::Good, exported_words(count, path))],
            Err(why) => {
                self.error = Some(sentence(why));
                if let Some((form, Some(place))) = &self.chosen {
                    self.place = Some((*form, Field::with(place)));
                }
                Vec::new()
            }
        }
    }
}

impl DialogLogic for ExportDialog {
    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let count = self.choices().count();
        if let Some((form, place)) = &mut self.place {
            match input {
                Input::Do(Action::Submit) => match place.file_place(&self.export.example(*form)) {
                    Ok(place) => {
                        let form = *form;
                        return self.begin(form, Some(place));
                    }
                    Err(why) => self.error = Some(why),
                },
                Input::Do(_) => (self.place, self.error) = (None, None),
                Input::Edit(edit) => {
                    self.error = None;
                    return place.edit(edit).map(Step::Offer).into_iter().collect();
                }
            }
            return Vec::new();
        }
        if self.gathering.is_some() || self.saving {
            return if input == Input::Do(Action::Cancel) { vec![Step::Close] } else { Vec::new() };
        }
        let picked = match input {
            Input::Edit(Edit::Left) => choose(Input::Do(Action::Up), self.at, count),
            Input::Edit(Edit::Right) => choose(Input::Do(Action::Down), self.at, count),
            Input::Edit(Edit::Insert(c)) => {
                let c = c.to_ascii_lowercase();
                self.choices().position(|(letter, _)| letter == c).map_or(Pick::Nothing, Pick::Take)
            }
            input => choose(input, self.at, count),
        };
        match picked {
            Pick::Mark(at) => self.at = at,
            Pick::Take(at) => return self.choose(facts, at),
            Pick::Close => return vec![Step::Close],
            Pick::Nothing => {}
        }
        Vec::new()
    }

    fn rows(&mut self, facts: Facts<'_>, rows: Result<Rows, (Rows, Request)>) -> Vec<Step> {
        match rows {
            Ok(rows) => self.write(facts, &rows),
            Err((none, request)) => {
                self.gathering.get_or_insert(none);
                vec![Step::Ask(request)]
            }
        }
    }

    fn replied(&mut self, _: Facts<'_>, _: &Request, answer: Answer<'_>) -> Vec<Step> {
        match answer {
            Ok(reply) => {
                if let Some(cursor) = self.take(reply) {
                    return vec![Step::Rows(WantRows::After(cursor))];
                }
                let rows = self.gathering.take();
                rows.map(|rows| Step::Rows(WantRows::Arranged(rows))).into_iter().collect()
            }
            Err(failure) => {
                (self.gathering, self.error) = (None, Some(words(failure)));
                Vec::new()
            }
        }
    }

    fn notified(&mut self, _: Facts<'_>, notice: &Notice) -> Option<Vec<Step>> {
        match notice {
            Notice::Exported(count, result) if self.saving => Some(self.written(*count, result)),
            _ => None,
        }
    }

    fn hints(&self) -> Vec<Hint> {
        if self.gathering.is_some() {
            return vec![Hint::new(&[Action::Cancel], "stop")];
        }
        if self.saving {
            return vec![Hint::new(&[Action::Cancel], "close")];
        }
        let cancel = Hint::new(&[Action::Cancel], "cancel");
        let writes = Hint::new(&[Action::Submit], "export");
        if self.place.is_some() {
            return vec![writes, cancel];
        }
        let asks = self.export.asks_place || self.form().is_none();
        let submit = if asks { Hint::new(&[Action::Submit], "choose the file") } else { writes };
        let letters = if self.export.pack.is_some() { "c j m p export as" } else { "c j m export as" };
        vec![submit, Hint::words(letters), cancel, Hint::silent(MOVES)]
    }

    fn text(&self) -> Text {
        // A form is chosen by its letter, whatever that does elsewhere.
        if self.place.is_some() { Text::Typed } else { Text::Waiting }
    }
}

fn take<T: Clone>(rows: &mut Vec<T>, page: &Page<T>) -> Option<String> {
    rows.extend_from_slice(&page.items);
    // A page without rows has no next one: nobody is asked for ever.
    page.next.clone().filter(|_| !page.items.is_empty())
}
