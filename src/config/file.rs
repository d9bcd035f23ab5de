//! The configuration file, `config.toml`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use toml::de::DeTable;

use super::ConfigError;
use super::context::{Context, Place, check_name};
use super::fault::{Fault, Matters};
use super::keys::{self, KeyBinding};
use super::pass_over::pass_over;
use super::url;
use crate::colour::Colour;
use crate::files;
use crate::secret;
use crate::standards::{self, DAYS_MAX};

/// Days until a key is idle, when nobody says otherwise.
pub const WARN_DAYS: u32 = 30;
/// Days until a key is stale, when nobody says otherwise.
pub const STALE_DAYS: u32 = 90;
/// After how many days a key must be reviewed again.
pub const REVIEW_EVERY_DAYS: u32 = 90;
/// Hours for which a key must not be used before a guided rotation offers to revoke it.
pub const QUIET_HOURS: u32 = 24;

/// How a key gets into the clipboard.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Clipboard {
    /// Whatever works here.
    #[default]
    Auto,
    /// The desktop's clipboard.
    Native,
    /// An escape sequence that the terminal takes.
    Osc52,
    /// tmux, which gives it to the terminal.
    Tmux,
    /// The program of `clipboard_command`.
    Command,
    /// Never.
    Off,
}

/// Which signs the dashboard draws.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Symbols {
    /// ASCII where the locale is not UTF-8.
    #[default]
    Auto,
    /// All of them, whatever the locale is.
    Unicode,
    /// ASCII alone.
    Ascii,
}

/// The name of a plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlanName {
    /// One active key a project.
    Free,
    /// 1,000 requests per minute.
    Pro,
    /// No limits.
    #[default]
    Enterprise,
}

/// What stands in the file; absent is absent.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stored {
    /// The URL of a server.
    pub server: Option<String>,
    /// The URL of a database.
    pub database: Option<String>,
    /// The file that holds the token; relative paths start at the configuration file's directory.
    pub token_file: Option<PathBuf>,
    /// The certificates of further authorities; relative paths start at the same place.
    pub ca_file: Option<PathBuf>,
    /// The name of the context that is used, and the line that says so.
    pub context: Option<(String, usize)>,
    /// The contexts, in the order of their names.
    pub contexts: Vec<Context>,
    /// Whether a new key is copied when its dialog opens.
    pub copy_new_key: Option<bool>,
    /// The name of the theme.
    pub theme: Option<String>,
    /// Which signs are drawn.
    pub symbols: Option<Symbols>,
    /// How to copy.
    pub clipboard: Option<Clipboard>,
    /// The program that copies, with its arguments.
    pub clipboard_command: Option<Vec<String>>,
    /// Whether the dashboard takes the mouse from its start.
    pub mouse: Option<bool>,
    /// Other keys for the dashboard's actions.
    pub keys: Vec<KeyBinding>,
    /// Days until a key is idle.
    pub warn_days: Option<u32>,
    /// Days until a key is stale.
    pub stale_days: Option<u32>,
    /// Days after which a key must be reviewed again.
    pub review_every_days: Option<u32>,
    /// Hours for which a key must not be used before a guided rotation offers to revoke it.
    pub quiet_hours: Option<u32>,
    /// The plan of the server that runs here.
    pub plan: Option<PlanName>,
}

/// Reads the file. One that was not `named` may be missing.
///
/// # Errors
/// File, line and what was expected.
pub fn read(path: &Path, named: bool) -> Result<Stored, ConfigError> {
    strict(path, forgiving(path, named))
}

fn strict(path: &Path, (stored, faults): (Stored, Vec<Fault>)) -> Result<Stored, ConfigError> {
    match faults.first() {
        Some(fault) => Err(fault.error(path)),
        None => Ok(stored),
    }
}

/// Reads the file and passes over what is wrong. All of it is told beside what is left, in the order of lines, with
/// what depends on it: what it is connected to is never guessed.
pub fn forgiving(path: &Path, named: bool) -> (Stored, Vec<Fault>) {
    match text(path, named) {
        Ok(text) => gather(path, &text),
        Err(reason) => (Stored::default(), vec![Fault { line: None, reason, matters: Matters::File }]),
    }
}

/// The same of a text that stands at `path`.
pub fn gather(path: &Path, text: &str) -> (Stored, Vec<Fault>) {
    let fault = |wrong: Wrong, matters| Fault {
        line: Some(wrong.at.map_or(1, |at| line(text, at.start))),
        reason: wrong.reason,
        matters,
    };
    if let Some(at) = secret::find(text) {
        let wrong = Wrong { at: Some(at), reason: TOKEN_REFUSED.to_owned() };
        return (Stored::default(), vec![fault(wrong, Matters::File)]);
    }
    let (mut table, errors) = DeTable::parse_recoverable(text);
    let mut faults: Vec<Fault> = errors.into_iter().map(|error| fault(error.into(), Matters::File)).collect();
    // One slip may be told in several ways.
    faults.sort_by_key(|fault| fault.line);
    faults.dedup_by_key(|fault| fault.line);
    let broken = !faults.is_empty();
    let mut kept = loop {
        match stored(path, text, table.clone()) {
            Ok(stored) => break stored,
            Err(wrong) => {
                let at = wrong.at.as_ref().map(|at| at.start);
                let matters = at.and_then(|at| pass_over(table.get_mut(), at));
                let done = matters.is_none();
                let fault = fault(wrong, matters.unwrap_or(Matters::File));
                if !faults.iter().any(|other| other.line == fault.line && other.matters == Matters::File) {
                    faults.push(fault);
                }
                if done {
                    break Stored::default();
                }
            }
        }
    };
    if broken {
        // Half a context may lack what one must know there.
        let Stored { copy_new_key, theme, symbols, clipboard, clipboard_command, mouse, .. } = kept;
        kept =
            Stored { copy_new_key, theme, symbols, clipboard, clipboard_command, mouse, ..Stored::default() };
    }
    faults.sort_by_key(|fault| fault.line);
    (kept, faults)
}

fn text(path: &Path, named: bool) -> Result<String, String> {
    let bad = |reason: &str| format!("cannot be read: {reason}");
    match files::read(path, files::CONFIG_MAX) {
        Ok(bytes) => files::text(&bytes).map(str::to_owned).map_err(bad),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !named => Ok(String::new()),
        Err(error) => Err(bad(&error.to_string())),
    }
}

/// Reads the text of a file that stands at `path`.
///
/// # Errors
/// File, line and what was expected.
pub fn parse(path: &Path, text: &str) -> Result<Stored, ConfigError> {
    strict(path, gather(path, text))
}

/// What is wrong, and where in the text.
struct Wrong {
    at: Option<Range<usize>>,
    reason: String,
}

impl From<toml::de::Error> for Wrong {
    fn from(error: toml::de::Error) -> Wrong {
        let reason = secret::masked(error.message()).trim().replace('\n', "; ");
        Wrong { at: error.span(), reason: url::without_user(&reason).into_owned() }
    }
}

fn line(text: &str, at: usize) -> usize {
    text[..at.min(text.len())].matches('\n').count() + 1
}

fn stored(path: &Path, text: &str, table: toml::Spanned<DeTable<'_>>) -> Result<Stored, Wrong> {
    let bad = |at: Option<Range<usize>>, reason: String| Wrong { at, reason };
    let beside = |file: PathBuf| path.parent().unwrap_or(Path::new("")).join(file);
    let table = Table::deserialize(toml::Deserializer::from(table))?;
    if let Some(clipboard) = table.clipboard.as_ref().filter(|set| *set.get_ref() == Clipboard::Command)
        && table.clipboard_command.as_ref().is_none_or(Vec::is_empty)
    {
        let reason = "clipboard = \"command\" requires clipboard_command = [\"program\", \"argument\"], a \
             program that reads standard input";
        return Err(bad(Some(clipboard.span()), reason.to_owned()));
    }
    let thresholds = table.thresholds.as_ref();
    let days = thresholds.map_or(Thresholds::default(), |stored| *stored.get_ref());
    let (warn_days, stale_days) = (days.warn_days.map(|days| days.0), days.stale_days.map(|days| days.0));
    let (warn, stale) = (warn_days.unwrap_or(WARN_DAYS), stale_days.unwrap_or(STALE_DAYS));
    if warn > stale {
        let reason = format!("warn_days ({warn}) must not exceed stale_days ({stale})");
        return Err(bad(thresholds.map(toml::Spanned::span), reason));
    }
    let contexts = table.contexts.into_iter().map(|(name, table)| {
        let at = table.span();
        context(name, table.into_inner(), beside).map_err(|reason| bad(Some(at), reason))
    });
    let contexts = contexts.collect::<Result<Vec<_>, _>>()?;
    Ok(Stored {
        server: table.server.map(|server| server.0),
        database: table.database,
        token_file: table.token_file.map(beside),
        ca_file: table.ca_file.map(beside),
        context: table.context.map(|name| (name.get_ref().clone(), line(text, name.span().start))),
        contexts,
        copy_new_key: table.copy_new_key,
        theme: table.theme.map(|theme| theme.0),
        symbols: table.symbols,
        clipboard: table.clipboard.map(toml::Spanned::into_inner),
        clipboard_command: table.clipboard_command,
        mouse: table.mouse,
        keys: keys::bindings(text, table.keys),
        warn_days,
        stale_days,
        review_every_days: days.review_every_days.map(|days| days.0),
        quiet_hours: days.quiet_hours.map(|hours| hours.0),
        plan: table.plan,
    })
}

fn context(
    name: String,
    table: ContextTable,
    beside: impl Fn(PathBuf) -> PathBuf,
) -> Result<Context, String> {
    check_name(&name)?;
    let place = match (table.server, table.database) {
        (Some(server), None) => Place::Server(server.0),
        (None, Some(database)) => Place::Database(database),
        (Some(_), Some(_)) => {
            return Err(format!("context {name}: server and database are mutually exclusive"));
        }
        (None, None) => {
            return Err(format!("context {name}: server or database is missing"));
        }
    };
    Ok(Context {
        name,
        place,
        colour: table.colour,
        prod: table.prod.unwrap_or(false),
        read_only: table.read_only.unwrap_or(false),
        token_file: table.token_file.map(&beside),
        ca_file: table.ca_file.map(&beside),
    })
}

const TOKEN_REFUSED: &str = "a token must not be in this file; save it in a file of mode 0600 and set \
     token_file, or set KEYDECK_TOKEN";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    server: Option<Server>,
    database: Option<String>,
    token_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
    #[serde(default, rename = "token")]
    _token: Option<Refused>,
    context: Option<toml::Spanned<String>>,
    #[serde(default)]
    contexts: BTreeMap<String, toml::Spanned<ContextTable>>,
    copy_new_key: Option<bool>,
    theme: Option<Theme>,
    symbols: Option<Symbols>,
    clipboard: Option<toml::Spanned<Clipboard>>,
    clipboard_command: Option<Vec<String>>,
    mouse: Option<bool>,
    #[serde(default)]
    keys: keys::Table,
    thresholds: Option<toml::Spanned<Thresholds>>,
    plan: Option<PlanName>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "expected a table with server or database")]
struct ContextTable {
    server: Option<Server>,
    database: Option<String>,
    #[serde(alias = "color")]
    colour: Option<Colour>,
    prod: Option<bool>,
    read_only: Option<bool>,
    token_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
    #[serde(default, rename = "token")]
    _token: Option<Refused>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Thresholds {
    warn_days: Option<Days>,
    stale_days: Option<StaleDays>,
    review_every_days: Option<Days>,
    quiet_hours: Option<Hours>,
}

/// A number of days, or the name of a standard.
#[derive(Clone, Copy)]
struct StaleDays(u32);

impl<'de> Deserialize<'de> for StaleDays {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<StaleDays, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Given {
            Number(i64),
            Name(String),
            Other(serde::de::IgnoredAny),
        }
        let known = match Given::deserialize(deserializer)? {
            Given::Number(number) => return days(number).map(StaleDays),
            Given::Name(name) => standards::preset(&name),
            Given::Other(_) => None,
        };
        known.map(StaleDays).ok_or_else(|| {
            let names = standards::STALE_PRESETS.map(|(name, days)| format!("\"{name}\" ({days})"));
            D::Error::custom(format!("expected a number of days, or one of {}", names.join(", ")))
        })
    }
}

#[derive(Clone, Copy)]
struct Days(u32);

impl<'de> Deserialize<'de> for Days {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Days, D::Error> {
        i64::deserialize(deserializer).and_then(days).map(Days)
    }
}

fn days<E: serde::de::Error>(number: i64) -> Result<u32, E> {
    match number {
        days if (1..=i64::from(DAYS_MAX)).contains(&days) => Ok(days as u32),
        days => Err(E::custom(format!("{days} is not a number of days from 1 to {DAYS_MAX}"))),
    }
}

/// A number of hours up to a year.
#[derive(Clone, Copy)]
struct Hours(u32);

impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Hours, D::Error> {
        match i64::deserialize(deserializer)? {
            hours @ 1..=8_760 => Ok(Hours(hours as u32)),
            hours => Err(D::Error::custom(format!("{hours} is not a number of hours from 1 to 8760"))),
        }
    }
}

/// The themes there are.
pub const THEMES: [&str; 7] = ["default", "mono", "high-contrast", "colour-blind", "dark", "light", AUTO];
/// Follows the background of the terminal: `dark` or `light`.
const AUTO: &str = "auto";

struct Theme(String);

impl<'de> Deserialize<'de> for Theme {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Theme, D::Error> {
        let name = String::deserialize(deserializer)?;
        if THEMES.contains(&name.as_str()) {
            Ok(Theme(name))
        } else {
            Err(D::Error::custom(format!("unknown theme; expected one of {}", THEMES.join(", "))))
        }
    }
}

struct Server(String);

impl<'de> Deserialize<'de> for Server {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Server, D::Error> {
        let server = String::deserialize(deserializer)?;
        if url::has_user(&server) { Err(D::Error::custom(url::USER_REFUSED)) } else { Ok(Server(server)) }
    }
}

/// A token in the file is refused whatever it is.
struct Refused;

impl<'de> Deserialize<'de> for Refused {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Refused, D::Error> {
        Err(D::Error::custom(TOKEN_REFUSED))
    }
}
