//! Exporting what is shown: at once where all of its rows are loaded, else after the others were asked for.

use super::dialogs::stack::DialogId;
use super::effect::Effect;
use super::interaction::{Export, OpenDialog, WantRows};
use super::messages::Level;
use super::state::State;

impl State {
    pub(super) fn open_export(&mut self, fx: &mut Vec<Effect>) {
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
        let export = Export {
            about: view.about(),
            filter: self.filter_line().applied.clone(),
            rows,
            name: format!("keydeck-{}-{}", view.noun(), self.now.utc().format("%Y%m%d-%H%M%S")),
            asks_place: self.setup.demo,
        };
        self.open_dialog(fx, OpenDialog::Export(export));
    }

    /// Whether the loaded rows are those that the filter is about: not while others are awaited, or did not come.
    fn loaded_fit(&self) -> bool {
        let view = self.view;
        let fit = self.filter_line().suffices();
        fit && self.failure(view).is_none() && !self.requests.awaits_first(view)
    }

    /// Gives a dialog the rows that it wants, or what to ask for them.
    pub(super) fn give_rows(&mut self, fx: &mut Vec<Effect>, id: DialogId, wanted: WantRows) {
        let view = self.views.of(self.view);
        let rows = match wanted {
            WantRows::Shown => {
                let shown = if self.loaded_fit() { view.rows() } else { None };
                shown.ok_or_else(|| (view.no_rows(), view.export(None)))
            }
            WantRows::After(cursor) => Err((view.no_rows(), view.export(Some(cursor)))),
            WantRows::Arranged(mut rows) => {
                view.arrange(&mut rows, self.server_now());
                Ok(rows)
            }
        };
        self.with_dialog(fx, id, |dialog, facts| dialog.rows(facts, rows));
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
