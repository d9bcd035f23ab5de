//! Exporting what is shown: at once where all of its rows are loaded, else after the others were asked for,
//! oldest first, so that a key that is used meanwhile is not missed.

use super::dialogs::export::{ExportDialog, Form, Gathering, Rows};
use super::dialogs::{Dialog, Edited, edit};
use super::effect::{Effect, RequestId};
use super::event::{KeyCode, KeyPress, PressKind, Reply};
use super::field::Field;
use super::list::Slot;
use super::messages::Level;
use super::sheets;
use super::state::{State, What};
use crate::wire::page::Page;

impl State {
    pub(super) fn open_export(&mut self) {
        let view = self.views.of(self.view);
        let seen = view.window().seen();
        let (shown, (total, more)) = (seen.shown, seen.total);
        if shown == 0 {
            self.say(Level::Info, "there is nothing shown to export");
            return;
        }
        let rows = match (self.loaded_fit(), seen.complete) {
            (true, true) => shown.to_string(),
            (true, false) => format!("{total}{}", if more { "+" } else { "" }),
            (false, _) => "all that match, asked of the server".to_owned(),
        };
        let dialog = ExportDialog {
            about: view.about(),
            filter: self.filter_line().applied.clone(),
            rows,
            at: 0,
            name: format!("keydeck-{}-{}", view.noun(), self.now.utc().format("%Y%m%d-%H%M%S")),
            place: None,
            gathering: None,
            error: None,
        };
        self.dialogs.push(Dialog::Export(Box::new(dialog)));
        self.dirty();
    }

    pub(super) fn key_export(&mut self, fx: &mut Vec<Effect>, key: KeyPress) {
        let Some(Dialog::Export(dialog)) = self.dialogs.last_mut() else { return };
        if dialog.place.is_some() {
            self.key_export_place(fx, key);
            return;
        }
        if key.kind != PressKind::Press || key.ctrl || key.alt {
            return;
        }
        let count = Form::ALL.len();
        match key.code {
            KeyCode::Esc | KeyCode::Char('q') => {
                self.cancel(fx, |what| what == What::Export);
                self.dialogs.pop();
            }
            _ if dialog.gathering.is_some() => return,
            KeyCode::Up | KeyCode::Left | KeyCode::BackTab | KeyCode::Char('k') => {
                dialog.at = (dialog.at + count - 1) % count;
            }
            KeyCode::Down | KeyCode::Right | KeyCode::Tab => dialog.at = (dialog.at + 1) % count,
            KeyCode::Enter => {
                let form = Form::ALL[dialog.at.min(count - 1)];
                self.choose_form(fx, form);
            }
            KeyCode::Char(c) => {
                match Form::ALL.into_iter().find(|form| form.extension().starts_with(c.to_ascii_lowercase()))
                {
                    Some(form) => self.choose_form(fx, form),
                    None => return,
                }
            }
            _ => return,
        }
        self.dirty();
    }

    /// Writes the file where the dialog says, or asks where: the demo writes nothing unasked.
    fn choose_form(&mut self, fx: &mut Vec<Effect>, form: Form) {
        match self.dialogs.last_mut() {
            Some(Dialog::Export(dialog)) if self.setup.demo => {
                (dialog.place, dialog.error) = (Some((form, Field::default())), None);
            }
            _ => self.export(fx, form, None),
        }
    }

    /// Keys while somebody types where the file is to go.
    fn key_export_place(&mut self, fx: &mut Vec<Effect>, key: KeyPress) {
        let Some(Dialog::Export(dialog)) = self.dialogs.last_mut() else { return };
        let Some((form, place)) = &mut dialog.place else { return };
        match key.code {
            KeyCode::Esc => (dialog.place, dialog.error) = (None, None),
            KeyCode::Enter => match place.file_place() {
                Ok(place) => {
                    let form = *form;
                    dialog.place = None;
                    self.export(fx, form, Some(place));
                }
                Err(why) => dialog.error = Some(why),
            },
            _ => {
                if let Edited::Yes(masked) = edit(place, key) {
                    dialog.error = None;
                    self.dirty();
                    self.offer_if(fx, masked);
                }
                return;
            }
        }
        self.dirty();
    }

    fn export(&mut self, fx: &mut Vec<Effect>, form: Form, place: Option<String>) {
        if let Some(rows) = self.shown_rows() {
            self.write_export(fx, form, place, &rows);
            return;
        }
        let view = self.views.of(self.view);
        let (rows, request) = (view.no_rows(), view.export(None));
        let sent = self.ask(fx, What::Export, request);
        if let Some(Dialog::Export(dialog)) = self.dialogs.last_mut() {
            (dialog.gathering, dialog.error) = (Some(Gathering { form, place, sent, rows }), None);
        }
    }

    /// Whether the loaded rows are those that the filter is about: not while others are awaited, or did not come.
    fn loaded_fit(&self) -> bool {
        let view = self.view;
        let fit = self.filter_line().suffices();
        fit && self.failure(view).is_none() && !self.awaits(|what| what == What::List(view, Slot::First))
    }

    /// The rows to be seen, if they are all that match.
    fn shown_rows(&self) -> Option<Rows> {
        if !self.loaded_fit() {
            return None;
        }
        self.views.of(self.view).rows()
    }

    /// A page of the rows that were not loaded.
    pub(super) fn export_came(&mut self, fx: &mut Vec<Effect>, id: RequestId, reply: Reply) {
        let mut gathering = None;
        for dialog in self.dialogs.iter_mut() {
            if let Dialog::Export(open) = dialog {
                gathering = open.gathering.take_if(|gathering| gathering.sent == id);
            }
        }
        let Some(mut gathering) = gathering else { return };
        let next = match (&mut gathering.rows, reply) {
            (Rows::Keys(rows), Reply::Keys { page, .. }) => take(rows, page),
            (Rows::Projects(rows), Reply::Projects(page)) => take(rows, page),
            (Rows::Events(rows), Reply::AuditEvents(page)) => take(rows, page),
            _ => return,
        };
        if next.is_some() {
            let request = self.views.of(self.view).export(next);
            gathering.sent = self.ask(fx, What::Export, request);
            for dialog in self.dialogs.iter_mut() {
                if let Dialog::Export(open) = dialog {
                    open.gathering = Some(gathering.clone());
                }
            }
        } else {
            let mut rows = gathering.rows;
            self.views.of(self.view).arrange(&mut rows, self.server_now());
            self.write_export(fx, gathering.form, gathering.place, &rows);
        }
        self.dirty();
    }

    pub(super) fn export_failed(&mut self, id: RequestId, words: String) {
        let awaits = |open: &ExportDialog| open.gathering.as_ref().is_some_and(|it| it.sent == id);
        let open = self.dialogs.iter_mut().find_map(|dialog| match dialog {
            Dialog::Export(open) if awaits(open) => Some(open),
            _ => None,
        });
        if let Some(open) = open {
            (open.gathering, open.error) = (None, Some(words));
        }
    }

    fn write_export(&mut self, fx: &mut Vec<Effect>, form: Form, place: Option<String>, rows: &Rows) {
        let at = self.dialogs.iter().position(|dialog| matches!(dialog, Dialog::Export(_)));
        let Some(Dialog::Export(dialog)) = at.map(|at| self.dialogs.remove(at)) else { return };
        let (rows_shown, filter) = match dialog.filter.as_str() {
            "" => (rows.len(), String::new()),
            filter => (rows.len(), format!(", filter {filter}")),
        };
        let title = format!("{}: {rows_shown}{filter}, {}", dialog.about, self.server_now());
        let name = format!("{}.{}", dialog.name, form.extension());
        let text = sheets::text(form, rows, &title);
        fx.push(Effect::WriteExport { name, place, text, rows: rows.len() });
        self.dirty();
    }

    /// What became of the file.
    pub(super) fn export_written(&mut self, rows: usize, result: Result<String, String>) {
        match result {
            Ok(path) => {
                let noun = if rows == 1 { "row" } else { "rows" };
                self.say(Level::Good, format!("{rows} {noun} are in {path}"));
            }
            Err(why) => self.say(Level::Bad, format!("nothing was exported: {why}")),
        }
    }
}

fn take<T>(rows: &mut Vec<T>, page: Page<T>) -> Option<String> {
    // A page without rows has no next one: nobody is asked for ever.
    let next = page.next.filter(|_| !page.items.is_empty());
    rows.extend(page.items);
    next
}
