//! Rows, and what they are as the text of a file.

use serde::Serialize;

use crate::secret;
use crate::wire::audit::Event;
use crate::wire::keys::Key;
use crate::wire::nodes::Node;
use crate::wire::page::Page;
use crate::wire::projects::Project;
use crate::wire::reviews::Review;
use crate::wire::sheet::{self, Sheet};

/// A form that a file can have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// For spreadsheets.
    Csv,
    /// As the API has it.
    Json,
    /// For people.
    Markdown,
}

impl Form {
    /// All of them, the usual one first.
    pub const ALL: [Form; 3] = [Form::Csv, Form::Json, Form::Markdown];

    /// The name in the dialog.
    pub const fn name(self) -> &'static str {
        match self {
            Form::Csv => "CSV",
            Form::Json => "JSON",
            Form::Markdown => "Markdown",
        }
    }

    /// The end of the file's name; its first letter chooses the form.
    pub const fn extension(self) -> &'static str {
        match self {
            Form::Csv => "csv",
            Form::Json => "json",
            Form::Markdown => "md",
        }
    }
}

/// Rows of one noun.
#[derive(Clone, PartialEq, Debug)]
pub enum Rows {
    /// Keys.
    Keys(Vec<Key>),
    /// Projects.
    Projects(Vec<Project>),
    /// Audit events.
    Events(Vec<Event>),
    /// Access reviews.
    Reviews(Vec<Review>),
    /// Nodes.
    Nodes(Vec<Node>),
}

impl Rows {
    /// How many.
    pub(in crate::tui) fn len(&self) -> usize {
        match self {
            Rows::Keys(rows) => rows.len(),
            Rows::Projects(rows) => rows.len(),
            Rows::Events(rows) => rows.len(),
            Rows::Reviews(rows) => rows.len(),
            Rows::Nodes(rows) => rows.len(),
        }
    }
}

/// The file's text. Whole keys in it are masked, whatever a server put into a name.
pub(super) fn text(form: Form, rows: &Rows, title: &str) -> String {
    let text = match rows {
        Rows::Keys(rows) => of(form, rows, title),
        Rows::Projects(rows) => of(form, rows, title),
        Rows::Events(rows) => of(form, rows, title),
        Rows::Reviews(rows) => of(form, rows, title),
        Rows::Nodes(rows) => of(form, rows, title),
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
