//! Writing what is shown into a file: in which form, and the rows that have still to come for it.

use super::super::effect::RequestId;
use super::super::field::Field;
use crate::wire::audit::Event;
use crate::wire::keys::Key;
use crate::wire::projects::Project;

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

/// The dialog.
#[derive(Clone, PartialEq, Debug)]
pub struct ExportDialog {
    /// What is exported: `keys of shop`.
    pub about: String,
    /// The filter that it has, in words; empty when there is none.
    pub filter: String,
    /// How many rows, as far as it is known.
    pub rows: String,
    /// Which form is marked.
    pub at: usize,
    /// The name of the file, without its form's extension.
    pub name: String,
    /// The form that was chosen and where the file is to go, while somebody types that.
    pub place: Option<(Form, Field)>,
    /// What has come of the rows that were not loaded.
    pub gathering: Option<Gathering>,
    /// Why they did not come.
    pub error: Option<String>,
}

/// Rows on their way into a file.
#[derive(Clone, PartialEq, Debug)]
pub struct Gathering {
    /// The form that was chosen.
    pub form: Form,
    /// Where the file is to go, if somebody typed that.
    pub place: Option<String>,
    /// The request under way.
    pub sent: RequestId,
    /// What has come.
    pub rows: Rows,
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
}

impl Rows {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Rows::Keys(rows) => rows.len(),
            Rows::Projects(rows) => rows.len(),
            Rows::Events(rows) => rows.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
