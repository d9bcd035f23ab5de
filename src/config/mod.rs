//! Where each setting comes from: flags > environment > file > default.
//!
//! | module | what |
//! |---|---|
//! | [`file`](mod@file) | the configuration file: one line wrong is named with file, line and what was expected |
//! | [`fault`] | what is wrong in it, and what depends on that |
//! | [`keys`] | its `[keys]`: other keys for the dashboard's actions |
//! | [`context`], `choose` | several servers, each with a name; which one is meant |
//! | [`edit`] | changes of the configuration file |
//! | [`url`] | what a server's URL must not hold, and no error repeats |
//! | [`dirs`] | where data, state and configuration are |
//!
//! The environment is passed in as a function, so that tests need no process of their own.

mod choose;
pub mod context;
pub mod dirs;
pub mod edit;
pub mod fault;
pub mod file;
pub mod keys;
mod pass_over;
pub mod url;

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

pub use self::context::Context;
pub use self::dirs::Directories;
pub use self::fault::{Fault, Matters};
pub use self::file::{Clipboard, PlanName, Symbols};
pub use self::keys::KeyBinding;
use crate::files;
use crate::secret::{Kind, Malformed, Secret};

/// Reads a variable of the environment.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// What was given on the command line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Flags {
    /// `--server`.
    pub server: Option<String>,
    /// `--database`.
    pub database: Option<String>,
    /// `--context`.
    pub context: Option<String>,
    /// `--plan` of `serve`.
    pub plan: Option<PlanName>,
    /// `--demo`.
    pub demo: bool,
}

/// Where a value comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// The command line.
    Flag,
    /// This variable.
    Environment(&'static str),
    /// This file.
    File(PathBuf),
    /// The context of this name.
    Context(String),
    /// Nobody said anything.
    Default,
}

impl Source {
    /// How strong it is: the larger beats the smaller.
    const fn rank(&self) -> u8 {
        match self {
            Source::Flag => 3,
            Source::Environment(_) => 2,
            Source::File(_) | Source::Context(_) => 1,
            Source::Default => 0,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Flag => f.write_str("command line"),
            Source::Environment(name) => f.write_str(name),
            Source::File(path) => write!(f, "{}", path.display()),
            Source::Context(name) => write!(f, "context {name}"),
            Source::Default => f.write_str("default"),
        }
    }
}

/// A value and where it comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Who said so.
    pub source: Source,
}

/// Where the management API is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A server at this URL.
    Server(String),
    /// This database, opened here or by the process that owns it.
    Database(String),
    /// `keydeck.db` in the data directory.
    Embedded,
    /// Made-up data in memory.
    Demo,
}

/// All settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Whether the demo is wanted, and nothing else is to be found.
    pub demo: bool,
    /// Where data, state and configuration are.
    pub directories: Directories,
    /// The URL of a server.
    pub server: Option<Setting<String>>,
    /// The URL of a database.
    pub database: Option<Setting<String>>,
    /// The file that holds the management token.
    pub token_file: Option<Setting<PathBuf>>,
    /// The management token, from the environment alone.
    pub token: Option<Secret>,
    /// The certificates of further authorities.
    pub ca_file: Option<Setting<PathBuf>>,
    /// The context that is used, if one is.
    pub context: Option<Setting<Context>>,
    /// All contexts of the file, in the order of their names.
    pub contexts: Vec<Context>,
    /// The configuration file, be it there or not.
    pub file: PathBuf,
    /// Whether a new key is copied when its dialog opens.
    pub copy_new_key: Setting<bool>,
    /// The name of the theme.
    pub theme: Setting<String>,
    /// Which signs the dashboard draws.
    pub symbols: Setting<Symbols>,
    /// How to copy.
    pub clipboard: Setting<Clipboard>,
    /// The program that copies, with its arguments; for `clipboard = "command"` alone.
    pub clipboard_command: Vec<String>,
    /// Whether the dashboard takes the mouse from its start.
    pub mouse: Setting<bool>,
    /// Other keys for the dashboard's actions, in the order of the file.
    pub keys: Setting<Vec<KeyBinding>>,
    /// After how many idle days a key is idle.
    pub warn_days: Setting<u32>,
    /// After how many idle days a key is stale.
    pub stale_days: Setting<u32>,
    /// Days after which a key must be reviewed again.
    pub review_every_days: Setting<u32>,
    /// Hours for which a key must not be used before a guided rotation offers to revoke it.
    pub quiet_hours: Setting<u32>,
    /// The plan of the server that runs here.
    pub plan: Setting<PlanName>,
    /// What is wrong with the file, in the order of its lines.
    pub faults: Vec<Fault>,
    /// A context that was named and is none: its name, and where it was named.
    unknown: Option<(String, String)>,
    /// What holds without a context.
    bare: Bare,
}

/// What a context replaces.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Bare {
    server: Option<Setting<String>>,
    database: Option<Setting<String>>,
    token_file: Option<Setting<PathBuf>>,
    ca_file: Option<Setting<PathBuf>>,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A line of the configuration file.
    #[error("{}, line {line}: {reason}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// 1 is the first line.
        line: usize,
        /// What was found and what was expected.
        reason: String,
    },
    /// A file or folder cannot be used.
    #[error("{what} {}: {reason}", path.display())]
    Path {
        /// What was being done.
        what: &'static str,
        /// With which path.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A variable of the environment, or a flag.
    #[error("{name}: {reason}")]
    Variable {
        /// Its name.
        name: &'static str,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A server and a database were named in one place.
    #[error("{0} are mutually exclusive")]
    TwoTargets(String),
    /// A context was named that is not in the file.
    #[error("context {name:?} not found{}; {}", choose::named_in(.place), choose::known(.contexts))]
    NoContext {
        /// What was named.
        name: String,
        /// Where.
        place: String,
        /// Those that are there.
        contexts: Vec<String>,
    },
    /// There is no home directory.
    #[error("no home directory; set KEYDECK_DATA to a directory for the database")]
    Homeless,
}

impl Settings {
    /// Gathers the settings.
    ///
    /// # Errors
    /// What is wrong, where, and what was expected; nothing was changed.
    pub fn load(flags: &Flags, environment: Environment<'_>) -> Result<Settings, ConfigError> {
        let directories = Directories::find(environment)?;
        let variable =
            |name: &'static str| text(environment, name).map(|value| value.map(|value| (name, value)));
        let (path, named) = named_file(environment, &directories);
        let (file, faults) = file::forgiving(&path, named);
        let from_file = || Source::File(path.clone());
        let either = |flag: &Option<String>, name, stored: Option<String>| {
            Ok::<_, ConfigError>(match (flag.clone(), variable(name)?, stored) {
                (Some(value), ..) => Some(Setting { value, source: Source::Flag }),
                (None, Some((name, value)), _) => Some(Setting { value, source: Source::Environment(name) }),
                (None, None, Some(value)) => Some(Setting { value, source: from_file() }),
                (None, None, None) => None,
            })
        };
        let server = either(&flags.server, "KEYDECK_SERVER", file.server)?;
        if let Some(server) = server.as_ref().filter(|server| url::has_user(&server.value)) {
            let name = if server.source == Source::Flag { "--server" } else { "KEYDECK_SERVER" };
            return Err(ConfigError::Variable { name, reason: url::USER_REFUSED.to_owned() });
        }
        let database = either(&flags.database, "KEYDECK_DATABASE", file.database)?;
        let line = file.context.as_ref().map_or(1, |(_, line)| *line);
        let chosen = either(&flags.context, "KEYDECK_CONTEXT", file.context.map(|(name, _)| name))?
            .filter(|_| !flags.demo);
        let named_path = |name: &'static str, stored: Option<PathBuf>| match environment(name)
            .filter(|value| !value.is_empty())
        {
            Some(path) => Some(Setting { value: PathBuf::from(path), source: Source::Environment(name) }),
            None => stored.map(|value| Setting { value, source: from_file() }),
        };
        let token_file = named_path("KEYDECK_TOKEN_FILE", file.token_file);
        let ca_file = named_path("KEYDECK_CA_FILE", file.ca_file);
        let token = match variable("KEYDECK_TOKEN")? {
            Some((name, text)) => {
                Some(management_token(&text).map_err(|reason| ConfigError::Variable { name, reason })?)
            }
            None => None,
        };
        let bare = Bare { server, database, token_file, ca_file };
        let settings = Settings {
            demo: flags.demo,
            server: bare.server.clone(),
            database: bare.database.clone(),
            token_file: bare.token_file.clone(),
            token,
            ca_file: bare.ca_file.clone(),
            context: None,
            contexts: file.contexts,
            unknown: None,
            faults,
            bare,
            copy_new_key: or_default(file.copy_new_key, true, &path),
            theme: or_default(file.theme, "default".to_owned(), &path),
            symbols: or_default(file.symbols, Symbols::default(), &path),
            clipboard: or_default(file.clipboard, Clipboard::default(), &path),
            clipboard_command: file.clipboard_command.unwrap_or_default(),
            mouse: or_default(file.mouse, false, &path),
            keys: or_default(Some(file.keys).filter(|keys| !keys.is_empty()), Vec::new(), &path),
            warn_days: or_default(file.warn_days, file::WARN_DAYS, &path),
            stale_days: or_default(file.stale_days, file::STALE_DAYS, &path),
            review_every_days: or_default(file.review_every_days, file::REVIEW_EVERY_DAYS, &path),
            quiet_hours: or_default(file.quiet_hours, file::QUIET_HOURS, &path),
            plan: match flags.plan {
                Some(value) => Setting { value, source: Source::Flag },
                None => or_default(file.plan, PlanName::default(), &path),
            },
            directories,
            file: path,
        };
        match chosen {
            Some(chosen) => settings.choose(chosen, line),
            None => Ok(settings),
        }
    }

    /// Where the management API is: the demo, or the stronger of server and database.
    ///
    /// # Errors
    /// When the same place names both, or a context that is none.
    pub fn target(&self) -> Result<Target, ConfigError> {
        if self.demo {
            return Ok(Target::Demo);
        }
        self.check_file()?;
        self.check_context()?;
        Ok(match (&self.server, &self.database) {
            (None, None) => Target::Embedded,
            (Some(server), None) => Target::Server(server.value.clone()),
            (None, Some(database)) => Target::Database(database.value.clone()),
            (Some(server), Some(database)) => match server.source.rank().cmp(&database.source.rank()) {
                std::cmp::Ordering::Greater => Target::Server(server.value.clone()),
                std::cmp::Ordering::Less => Target::Database(database.value.clone()),
                std::cmp::Ordering::Equal => {
                    let place = match &server.source {
                        Source::Environment(_) => "KEYDECK_SERVER and KEYDECK_DATABASE".to_owned(),
                        Source::Flag => "--server and --database".to_owned(),
                        source => source.to_string(),
                    };
                    return Err(ConfigError::TwoTargets(place));
                }
            },
        })
    }

    /// Whether the server or database is known for certain, whatever is wrong with the file.
    ///
    /// # Errors
    /// The first fault that leaves it open.
    pub fn check_file(&self) -> Result<(), ConfigError> {
        let named = |setting: &Option<Setting<String>>| {
            setting.as_ref().is_some_and(|setting| setting.source.rank() > 1)
        };
        let given = named(&self.server) || named(&self.database);
        let chosen = self.context.as_ref().is_some_and(|context| context.source.rank() > 1);
        let unknown = self.unknown.as_ref().map(|(name, _)| name);
        let blocks = |fault: &&Fault| match &fault.matters {
            Matters::Looks | Matters::Plan => false,
            Matters::Context(name) => !given && unknown == Some(name),
            Matters::Place => !given && !chosen,
            Matters::File => !given,
        };
        match self.faults.iter().find(blocks) {
            Some(fault) if !self.demo => Err(fault.error(&self.file)),
            _ => Ok(()),
        }
    }

    /// Whether the plan of a server that runs here is known.
    ///
    /// # Errors
    /// When it is wrong in the file, and no flag says another one.
    pub fn check_plan(&self) -> Result<(), ConfigError> {
        let wrong = self.faults.iter().find(|fault| matches!(fault.matters, Matters::Plan));
        match wrong {
            Some(fault) if !self.demo && self.plan.source != Source::Flag => Err(fault.error(&self.file)),
            _ => Ok(()),
        }
    }

    /// What is wrong with the file, though the other settings cannot be used either.
    pub fn faults_of_file(environment: Environment<'_>) -> (PathBuf, Vec<Fault>) {
        let Ok(directories) = Directories::find(environment) else { return Default::default() };
        let (path, named) = named_file(environment, &directories);
        let (_, faults) = file::forgiving(&path, named);
        (path, faults)
    }

    /// The management token: of the environment, else of the token file.
    ///
    /// # Errors
    /// When the file cannot be read or holds something else.
    pub fn read_token(&self) -> Result<Option<Secret>, ConfigError> {
        match (&self.token, &self.token_file) {
            (Some(token), _) => Ok(Some(token.clone())),
            (None, Some(file)) => token_from_file(&file.value).map(Some),
            (None, None) => Ok(None),
        }
    }
}

/// Reads a management token from a file that holds nothing else.
///
/// # Errors
/// When the file cannot be read or holds something else; what it holds is not repeated.
pub fn token_from_file(path: &Path) -> Result<Secret, ConfigError> {
    let bad = |reason: String| ConfigError::Path { what: "the token file", path: path.to_owned(), reason };
    let bytes = files::read(path, files::TOKEN_MAX).map_err(|error| bad(error.to_string()))?;
    let text = files::text(&bytes).map_err(|what| bad(format!("{what}; {TOKEN_EXPECTED}")))?;
    management_token(text).map_err(bad)
}

const TOKEN_EXPECTED: &str = "expected only a management token (redir_mgmt_…)";

/// Reads a management token, blanks around it and a byte order mark aside.
///
/// # Errors
/// What is wrong; the text is not repeated.
pub fn management_token(text: &str) -> Result<Secret, String> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(format!("it is empty; {TOKEN_EXPECTED}"));
    }
    let lines = text.lines().count();
    if lines > 1 {
        return Err(format!("it has {lines} lines; {TOKEN_EXPECTED}"));
    }
    let token = Secret::parse(text).map_err(|error| match error {
        // An API key would not do either.
        Malformed::Prefix => "not a management token: it does not start with redir_mgmt_".to_owned(),
        error => format!("not a management token: {error}"),
    })?;
    if token.kind() == Kind::Management {
        Ok(token)
    } else {
        Err("this is an API key; a management token starts with redir_mgmt_".to_owned())
    }
}

/// The configuration file, and whether somebody named it.
fn named_file(environment: Environment<'_>, directories: &Directories) -> (PathBuf, bool) {
    match environment("KEYDECK_CONFIG").filter(|value| !value.is_empty()) {
        Some(path) => (PathBuf::from(path), true),
        None => (directories.config.join("config.toml"), false),
    }
}

fn or_default<T>(stored: Option<T>, default: T, path: &Path) -> Setting<T> {
    match stored {
        Some(value) => Setting { value, source: Source::File(path.to_owned()) },
        None => Setting { value: default, source: Source::Default },
    }
}

fn text(environment: Environment<'_>, name: &'static str) -> Result<Option<String>, ConfigError> {
    match environment(name).filter(|value| !value.is_empty()) {
        None => Ok(None),
        Some(value) => value
            .into_string()
            .map(Some)
            .map_err(|_| ConfigError::Variable { name, reason: "it is not UTF-8".to_owned() }),
    }
}
