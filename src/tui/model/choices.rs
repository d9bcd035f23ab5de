//! The columns that the user chose for each view, and the format of the file that keeps them.

use std::fmt::Write as _;

use super::tabs::View;
use super::views::Views;

/// The chosen columns of each view, in their order, by their places in its list of columns.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Choices([Option<Vec<usize>>; View::ALL.len()]);

impl Choices {
    /// The chosen columns of a view; none where it has the usual ones.
    pub(super) fn of(&self, view: View) -> Option<&[usize]> {
        self.0[place(view)].as_deref()
    }

    /// Chooses the columns of a view, or its usual ones again.
    pub(super) fn choose(&mut self, view: View, columns: Option<Vec<usize>>) {
        self.0[place(view)] = columns.filter(|columns| !columns.is_empty());
    }

    /// Parses the file. Unknown views and columns are skipped; the second value is a message for each.
    pub(super) fn read(text: &str, views: &Views) -> (Choices, Vec<String>) {
        let mut choices = Choices::default();
        let mut unknown = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (name, columns) = line.split_once('=').unwrap_or((line, ""));
            let Some(view) = View::ALL.into_iter().find(|view| views.of(*view).noun() == name.trim()) else {
                unknown.push(name.trim());
                continue;
            };
            let known = views.of(view).columns();
            let mut chosen = Vec::new();
            for column in columns.split_whitespace() {
                match known.iter().position(|(name, _)| *name == column) {
                    Some(at) if !chosen.contains(&at) => chosen.push(at),
                    Some(_) => {}
                    None => unknown.push(column),
                }
            }
            choices.choose(view, Some(chosen));
        }
        let told = match unknown.as_slice() {
            [] => Vec::new(),
            names => vec![format!("Unknown columns ignored: {}", names.join(", "))],
        };
        (choices, told)
    }

    /// The text of the file.
    pub(super) fn text(&self, views: &Views) -> String {
        let mut text = String::from(
            "# Columns of the dashboard, as chosen there. Without a line, a view has the usual ones.\n",
        );
        for view in View::ALL {
            let Some(chosen) = self.of(view) else { continue };
            let known = views.of(view).columns();
            let names: Vec<&str> = chosen.iter().map(|at| known[*at].0).collect();
            // Memory takes every text.
            let _ = writeln!(text, "{} = {}", views.of(view).noun(), names.join(" "));
        }
        text
    }
}

fn place(view: View) -> usize {
    View::ALL.iter().position(|other| *other == view).unwrap_or(0)
}
