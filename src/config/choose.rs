//! Which context is meant, and what it changes.

use std::path::{Path, PathBuf};

use super::context::{self, Context};
use super::{ConfigError, Setting, Settings, Source, url};

impl Settings {
    /// The name of the context, or of what is used without one.
    pub fn name(&self) -> &str {
        self.context.as_ref().map_or(context::DEFAULT, |context| &context.value.name)
    }

    /// Whether the context that was named exists.
    ///
    /// # Errors
    /// When it does not: the error names where it was named, and those that exist.
    pub fn check_context(&self) -> Result<(), ConfigError> {
        match &self.unknown {
            Some((name, place)) => Err(self.no_context(name, place)),
            None => Ok(()),
        }
    }

    /// The certificates of further authorities that are believed in every context.
    pub fn general_ca_file(&self) -> Option<&Path> {
        self.bare.ca_file.as_ref().map(|file| file.value.as_path())
    }

    /// The context of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(&self, name: &str) -> Result<&Context, ConfigError> {
        let found = self.contexts.iter().find(|context| context.name == name);
        found.ok_or_else(|| self.no_context(name, ""))
    }

    /// These settings as they are in another context, or without one. A token of the environment is for the
    /// context that one starts in, so it does not come along: another server shall not see it.
    ///
    /// # Errors
    /// When there is no such context.
    pub fn within(&self, name: &str) -> Result<Settings, ConfigError> {
        if name == self.name() && self.unknown.is_none() {
            return Ok(self.clone());
        }
        let of_file = |setting: &Setting<PathBuf>| matches!(setting.source, Source::File(_));
        let bare = Settings {
            server: self.bare.server.clone(),
            database: self.bare.database.clone(),
            token_file: self.bare.token_file.clone().filter(of_file),
            ca_file: self.bare.ca_file.clone(),
            token: None,
            context: None,
            unknown: None,
            ..self.clone()
        };
        if name == context::DEFAULT {
            return Ok(bare);
        }
        let found = self.find(name)?.clone();
        Ok(bare.enter(Setting { value: found, source: Source::Flag }))
    }

    /// Takes the context that was chosen, unless a stronger place names a server or database.
    pub(super) fn choose(mut self, chosen: Setting<String>, line: usize) -> Result<Settings, ConfigError> {
        let rank = chosen.source.rank();
        let beaten =
            |other: &Option<Setting<String>>| other.as_ref().is_some_and(|other| other.source.rank() > rank);
        let equal = |other: &Option<Setting<String>>| {
            rank > 1 && other.as_ref().is_some_and(|other| other.source.rank() == rank)
        };
        for (other, flag, variable) in [
            (&self.server, "--context and --server", "KEYDECK_CONTEXT and KEYDECK_SERVER"),
            (&self.database, "--context and --database", "KEYDECK_CONTEXT and KEYDECK_DATABASE"),
        ] {
            if equal(other) {
                let place = if chosen.source == Source::Flag { flag } else { variable };
                return Err(ConfigError::TwoTargets(place.to_owned()));
            }
        }
        if beaten(&self.server) || beaten(&self.database) {
            return Ok(self);
        }
        if chosen.value == context::DEFAULT {
            return Ok(self);
        }
        if let Some(value) = self.contexts.iter().find(|context| context.name == chosen.value).cloned() {
            return Ok(self.enter(Setting { value, source: chosen.source }));
        }
        let place = match &chosen.source {
            Source::Flag => "--context".to_owned(),
            Source::File(path) => format!("{}, line {line}", path.display()),
            other => other.to_string(),
        };
        self.unknown = Some((chosen.value, place));
        Ok(self)
    }

    fn enter(mut self, chosen: Setting<Context>) -> Settings {
        let context = &chosen.value;
        let source = || Source::Context(context.name.clone());
        let (server, database) = match &context.place {
            context::Place::Server(url) => (Some(url.clone()), None),
            context::Place::Database(url) => (None, Some(url.clone())),
        };
        self.server = server.map(|value| Setting { value, source: source() });
        self.database = database.map(|value| Setting { value, source: source() });
        // What the file says outside of contexts is for the server it names there.
        let stronger = |setting: &Setting<PathBuf>| matches!(setting.source, Source::Environment(_));
        let own = |file: &Option<PathBuf>| file.clone().map(|value| Setting { value, source: source() });
        self.token_file = self.token_file.filter(stronger).or_else(|| own(&context.token_file));
        let general = self.ca_file.take();
        self.ca_file = general.clone().filter(stronger).or_else(|| own(&context.ca_file)).or(general);
        self.context = Some(chosen);
        self
    }

    fn no_context(&self, name: &str, place: &str) -> ConfigError {
        let contexts = self.contexts.iter().map(|context| context.name.clone()).collect();
        ConfigError::NoContext {
            name: url::without_user(name).into_owned(),
            place: place.to_owned(),
            contexts,
        }
    }
}

/// Where a context is named, unless it is an argument that one has just typed.
pub(super) fn named_in(place: &str) -> String {
    if matches!(place, "" | "--context") { String::new() } else { format!(" (named in {place})") }
}

pub(super) fn known(contexts: &[String]) -> String {
    if contexts.is_empty() {
        "no contexts yet; add one with `keydeck login URL --name NAME`".to_owned()
    } else {
        format!("available: {}", contexts.join(", "))
    }
}
