//! The filters that the user saved under a name, for each context and view, and the format of the file that keeps
//! them.

use std::fmt::Write as _;

use crate::secret;
use crate::wire::filter::MAX_LEN;
use crate::wire::text::{self, fold};

/// The most saved filters of a view in a context.
pub const MOST: usize = 100;

/// A filter with a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SavedFilter {
    /// The name, unique in its view and context, ignoring case.
    pub name: String,
    /// The text of the filter line.
    pub filter: String,
}

/// The context and the view that a filter was saved in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FilterScope {
    /// Name of the context; the address of the server or database where it has none.
    pub context: String,
    /// Name of the view: `keys`.
    pub view: String,
}

/// A change to the saved filters of a view.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FilterChange {
    /// Save a filter, in place of one with that name.
    Save(SavedFilter),
    /// Rename the filter with the first name.
    Rename(String, String),
    /// Delete the filter with this name.
    Delete(String),
}

/// All saved filters.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SavedFilters(Vec<(FilterScope, SavedFilter)>);

impl FilterScope {
    /// The scope of a view in a context.
    pub fn new(context: &str, view: &str) -> FilterScope {
        FilterScope { context: one_field(context), view: one_field(view) }
    }
}

impl SavedFilter {
    /// A filter to be saved under a name that was typed.
    ///
    /// # Errors
    /// What is wrong with the name or the filter, in words.
    pub fn new(name: &str, filter: &str) -> Result<SavedFilter, String> {
        let name = text::name(name).map_err(|bad| format!("The name {bad}."))?;
        let filter = one_field(filter.trim());
        if filter.is_empty() {
            return Err("The filter is empty.".to_owned());
        }
        if filter.chars().count() > MAX_LEN {
            return Err(format!("The filter is longer than {MAX_LEN} characters."));
        }
        if secret::find(&filter).is_some() || secret::find(&name).is_some() {
            return Err("API keys cannot be saved. Filter by the masked key.".to_owned());
        }
        Ok(SavedFilter { name, filter })
    }
}

impl SavedFilter {
    /// A filter that the dashboard offers by itself.
    pub(super) fn built_in(name: &str, filter: &str) -> SavedFilter {
        SavedFilter { name: name.to_owned(), filter: filter.to_owned() }
    }
}

impl SavedFilters {
    /// The filters of a scope, by name.
    pub fn of(&self, scope: &FilterScope) -> Vec<SavedFilter> {
        let here = self.0.iter().filter(|(other, _)| other == scope);
        let mut filters: Vec<SavedFilter> = here.map(|(_, filter)| filter.clone()).collect();
        filters.sort_by_cached_key(|filter| fold(&filter.name));
        filters
    }

    /// Changes the filters of a scope.
    pub fn apply(&mut self, scope: &FilterScope, change: FilterChange) {
        match change {
            FilterChange::Save(filter) => {
                self.delete(scope, &filter.name);
                self.0.push((scope.clone(), filter));
            }
            FilterChange::Rename(from, to) => {
                let Some(filter) = self.delete(scope, &from) else { return };
                self.delete(scope, &to);
                self.0.push((scope.clone(), SavedFilter { name: to, ..filter }));
            }
            FilterChange::Delete(name) => {
                self.delete(scope, &name);
            }
        }
    }

    fn delete(&mut self, scope: &FilterScope, name: &str) -> Option<SavedFilter> {
        let name = fold(name);
        let at = self.0.iter().position(|(other, filter)| other == scope && fold(&filter.name) == name)?;
        Some(self.0.remove(at).1)
    }

    /// Parses the file; the second value is the number of lines that cannot be read. Contexts and views that are not
    /// known here are kept.
    pub fn read(text: &str) -> (SavedFilters, usize) {
        let mut filters = SavedFilters::default();
        let mut damaged = 0;
        for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            let filter = match fields.as_slice() {
                [context, view, name, filter] if !view.is_empty() => SavedFilter::new(name, filter)
                    .ok()
                    .map(|filter| (FilterScope::new(context, view), filter)),
                _ => None,
            };
            match filter {
                Some((scope, filter)) => filters.apply(&scope, FilterChange::Save(filter)),
                None => damaged += 1,
            }
        }
        (filters, damaged)
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text = String::from(
            "# Saved filters of the dashboard: context, view, name and filter, separated by tabs.\n",
        );
        for (FilterScope { context, view }, SavedFilter { name, filter }) in &self.0 {
            // Memory takes every text.
            let _ = writeln!(text, "{context}\t{view}\t{name}\t{filter}");
        }
        text
    }
}

/// A text without what separates the fields and lines of the file.
fn one_field(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect()
}
