//! Rows as the text of a file.

use serde::Serialize;

use super::dialogs::export::{Form, Rows};
use crate::secret;
use crate::wire::page::Page;
use crate::wire::sheet::{self, Sheet};

/// The file's text. Whole keys in it are masked, whatever a server put into a name.
pub(super) fn text(form: Form, rows: &Rows, title: &str) -> String {
    let text = match rows {
        Rows::Keys(rows) => of(form, rows, title),
        Rows::Projects(rows) => of(form, rows, title),
        Rows::Events(rows) => of(form, rows, title),
    };
    secret::masked(&text).into_owned()
}

fn of<T: Sheet + Serialize + Clone>(form: Form, rows: &[T], title: &str) -> String {
    // People read names.
    const FOR_PROGRAMS: [&str; 4] = ["id", "rotatedFrom", "hash", "lastUsedFrom"];
    let kept = T::COLUMNS.iter().filter(|it| form != Form::Markdown || !FOR_PROGRAMS.contains(&it.name));
    let names: Vec<_> = kept.clone().map(|column| column.name).collect();
    let cells = || -> Vec<Vec<Option<String>>> {
        rows.iter().map(|row| kept.clone().map(|column| (column.cell)(row)).collect()).collect()
    };
    match form {
        // In the form of the API's lists.
        Form::Json => {
            let page = Page::whole(rows.to_vec());
            serde_json::to_string_pretty(&page).expect("what the API says is JSON") + "\n"
        }
        Form::Csv => String::from_utf8(sheet::csv(&names, &cells())).unwrap_or_default(),
        Form::Markdown => format!("# {}\n\n{}", sheet::plain(title), sheet::markdown(&names, &cells())),
    }
}
