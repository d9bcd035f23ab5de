//! What the dashboard is told at its start, and the places that it can go to.

use super::keymap::Keymap;
use crate::colour::Colour;
use crate::wire::time::Timestamp;
use crate::wire::zone::Zone;

/// What the dashboard is told at its start.
#[derive(Clone, PartialEq, Debug)]
pub struct Setup {
    /// The context's name, for the header and the title.
    pub context: String,
    /// Whether the context is production.
    pub prod: bool,
    /// Whether this run of the dashboard changes nothing (`--read-only`).
    pub read_only: bool,
    /// Whether a new key is copied when it is shown.
    pub copy_new_key: bool,
    /// The zone of local times.
    pub zone: Zone,
    /// Whether the data is made up: a file is written only where somebody says so.
    pub demo: bool,
    /// The working directory, to be shown before a file is written into it; empty when unknown.
    pub folder: String,
    /// The time.
    pub now: Timestamp,
    /// Columns and rows.
    pub size: (u16, u16),
    /// The places one can go to, and which of them this is.
    pub contexts: Contexts,
    /// Which key does what.
    pub keymap: Keymap,
    /// Whether the mouse is taken from the start.
    pub mouse: bool,
    /// The themes there are.
    pub themes: Themes,
    /// The file of chosen columns, as it was read.
    pub columns: String,
    /// The file of saved filters, as it was read.
    pub filters: String,
}

impl Setup {
    /// The same in another context, by its place in the list.
    pub(super) fn in_context(&self, at: usize, now: Timestamp) -> Option<Setup> {
        let context = self.contexts.all.get(at)?;
        let mut setup = Setup { context: context.title.clone(), prod: context.prod, now, ..self.clone() };
        setup.contexts.at = at;
        Some(setup)
    }

    /// What tells this context from others: its name, or the place that is used without one.
    pub(super) fn identity(&self) -> &str {
        match self.contexts.here() {
            Some(context) if context.name == UNNAMED => &context.place,
            Some(context) => &context.name,
            None => &self.context,
        }
    }
}

/// The themes to choose from. How they look is not known here.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Themes {
    /// Their names.
    pub names: Vec<&'static str>,
    /// The name of the one in the configuration.
    pub current: String,
    /// Whether it was chosen in this run of the dashboard.
    pub chosen: bool,
    /// Whether no other can be chosen (`NO_COLOR`).
    pub fixed: bool,
}

/// The name of what is used without a context.
const UNNAMED: &str = "default";

/// A place to work with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Context {
    /// Its name in the configuration.
    pub name: String,
    /// What people call it: mostly the same.
    pub title: String,
    /// Where it is, for the list.
    pub place: String,
    /// The colour of its name.
    pub colour: Option<Colour>,
    /// Whether it is production.
    pub prod: bool,
    /// Whether it refuses changes until somebody allows them.
    pub read_only: bool,
}

/// All contexts, and which of them one is in.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Contexts {
    /// In the order of the list.
    pub all: Vec<Context>,
    /// Counted from 0.
    pub at: usize,
}

impl Contexts {
    /// The one that one is in.
    pub fn here(&self) -> Option<&Context> {
        self.all.get(self.at)
    }

    /// What names a context in a command, with a blank before it: nothing where the command finds it by itself.
    pub(super) fn flags(&self, name: &str) -> String {
        match self.all.iter().find(|context| context.name == name) {
            Some(context) if context.name != UNNAMED => format!(" --context {}", context.name),
            Some(context) if context.place.starts_with("http") => format!(" --server {}", context.place),
            _ => String::new(),
        }
    }
}
