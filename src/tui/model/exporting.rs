//! Exporting what is shown: at once where all of its rows are loaded, else after the others were asked for,
//! oldest first, so that a key that is used meanwhile is not missed.

use super::dialogs::export::{ExportDialog, Form, Gathering, Rows};
use super::dialogs::{Dialog, Edited, edit};
use super::effect::{Effect, Request, RequestId};
use super::event::{KeyCode, KeyPress, PressKind, Reply};
use super::field::Field;
use super::keys::KeyList;
use super::messages::Level;
use super::rows::{Line, Row, Rows as List, Slot};
use super::sheets;
use super::state::{State, What};
use super::tabs::View;
use crate::wire::audit::EventQuery;
use crate::wire::keys::{KeyQuery, Sort, SortBy};
use crate::wire::page::{MAX_LIMIT, Page, PageQuery};

impl State {
    pub(super) fn open_export(&mut self) {
        let (shown, complete, total) = match self.view {
            View::Projects => facts(&self.projects.rows),
            View::Keys => facts(&self.keys.rows),
            View::Stale => facts(&self.stale.rows),
            View::Audit => facts(&self.audit.rows),
        };
        if shown == 0 {
            self.say(Level::Info, "there is nothing shown to export");
            return;
        }
        let rows = match (self.loaded_fit(), complete) {
            (true, true) => shown.to_string(),
            (true, false) => total,
            (false, _) => "all that match, asked of the server".to_owned(),
        };
        let dialog = ExportDialog {
            about: self.exported(),
            filter: self.filter_line().applied.clone(),
            rows,
            at: 0,
            name: self.export_name(),
            place: None,
            gathering: None,
            error: None,
        };
        self.dialogs.push(Dialog::Export(Box::new(dialog)));
        self.dirty();
    }

    /// What the view shows, in words.
    fn exported(&self) -> String {
        match (self.view, &self.keys.project, self.stale.idle_days) {
            (View::Projects, ..) => "projects".into(),
            (View::Keys, Some((_, name)), _) => format!("keys of {name}"),
            (View::Keys, None, _) => "keys of all projects".into(),
            (View::Stale, _, days) => {
                format!("keys idle for more than {} days", days.unwrap_or_default())
            }
            (View::Audit, ..) => "audit log".into(),
        }
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
        let rows = match self.view {
            View::Projects => Rows::Projects(Vec::new()),
            View::Keys | View::Stale => Rows::Keys(Vec::new()),
            View::Audit => Rows::Events(Vec::new()),
        };
        let request = self.export_request(None);
        let sent = self.ask(fx, What::Export, request);
        if let Some(Dialog::Export(dialog)) = self.dialogs.last_mut() {
            (dialog.gathering, dialog.error) = (Some(Gathering { form, place, sent, rows }), None);
        }
    }

    /// Whether the loaded rows are those that the filter is about: not while others are awaited, or did not come.
    fn loaded_fit(&self) -> bool {
        let view = self.view;
        let fit = view != View::Audit || self.audit.suffices();
        fit && self.failure(view).is_none() && !self.awaits(|what| what == What::List(view, Slot::First))
    }

    /// The rows to be seen, if they are all that match.
    fn shown_rows(&self) -> Option<Rows> {
        if !self.loaded_fit() {
            return None;
        }
        match self.view {
            View::Projects => all(&self.projects.rows).map(Rows::Projects),
            View::Keys => all(&self.keys.rows).map(Rows::Keys),
            View::Stale => all(&self.stale.rows).map(Rows::Keys),
            View::Audit => all(&self.audit.rows).map(Rows::Events),
        }
    }

    fn export_request(&self, cursor: Option<String>) -> Request {
        let of_keys = |list: &KeyList, cursor| {
            let sort = Some(Sort { by: SortBy::Created, descending: false });
            let query = KeyQuery { sort, limit: Some(MAX_LIMIT), cursor, ..list.query() };
            Request::Keys { query, etag: None }
        };
        match self.view {
            View::Projects => Request::Projects(PageQuery { limit: Some(MAX_LIMIT), cursor }),
            View::Keys => of_keys(&self.keys, cursor),
            View::Stale => of_keys(&self.stale, cursor),
            View::Audit => {
                let filter = self.audit.filter.applied.clone();
                let query = EventQuery { filter, limit: Some(MAX_LIMIT), cursor, ..EventQuery::default() };
                Request::AuditEvents(query)
            }
        }
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
            let request = self.export_request(next);
            gathering.sent = self.ask(fx, What::Export, request);
            for dialog in self.dialogs.iter_mut() {
                if let Dialog::Export(open) = dialog {
                    open.gathering = Some(gathering.clone());
                }
            }
        } else {
            let mut rows = gathering.rows;
            self.order_as_shown(&mut rows);
            self.write_export(fx, gathering.form, gathering.place, &rows);
        }
        self.dirty();
    }

    /// Brings rows into the order of the view, and leaves out what a filter of words hides.
    fn order_as_shown(&self, rows: &mut Rows) {
        match rows {
            Rows::Keys(rows) => {
                let list = if self.view == View::Stale { &self.stale } else { &self.keys };
                let sort = list.rows.sort;
                rows.sort_by(|one, other| one.order(other, sort));
            }
            Rows::Projects(rows) => rows.retain(|project| self.projects.shows(project)),
            // They come as they are shown.
            Rows::Events(_) => {}
        }
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

    /// A name for the file, without extension.
    fn export_name(&self) -> String {
        let view = match self.view {
            View::Projects => "projects",
            View::Keys => "keys",
            View::Stale => "stale",
            View::Audit => "audit",
        };
        format!("keydeck-{view}-{}", self.now.utc().format("%Y%m%d-%H%M%S"))
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

/// How many rows are to be seen, whether these are all, and how many there are then.
fn facts<T: Row>(rows: &List<T>) -> (usize, bool, String) {
    let (total, more) = rows.total();
    (rows.shown(), rows.is_complete(), format!("{total}{}", if more { "+" } else { "" }))
}

fn all<T: Row>(rows: &List<T>) -> Option<Vec<T>> {
    rows.is_complete().then(|| {
        (0..rows.lines())
            .filter_map(|line| match rows.line(line) {
                Some(Line::Row(row)) => Some(row.clone()),
                _ => None,
            })
            .collect()
    })
}
