//! `keydeck identify`: is this one of ours, and which?
//!
//! | module | what |
//! |---|---|
//! | [`search`], `tar` | files, folders, pipes and archives; what could not be searched |
//! | [`damaged`] | keys that were cut or mistyped |
//! | `git` | the history of a repository |
//! | `print` | findings as they come |
//! | `revoke` | revokes what was found, if that is asked for |
//!
//! Only masks are printed, and a server is asked by handle and last four characters alone. A whole key leaves the
//! search only to be revoked with itself. The search runs on a
//! thread of its own, so that a pipe that says nothing does not keep a signal from ending it.

pub mod damaged;
mod git;
mod print;
mod revoke;
pub mod search;
mod tar;

use std::collections::HashSet;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;
use tokio::sync::mpsc;

use self::damaged::{Damage, DamagedKey};
use self::print::Printer;
use self::revoke::Leaks;
use self::search::Search;
use super::args::{Cli, IdentifyArgs};
use super::exit::{Exit, Failure};
use super::here::{EdgeMode, LaunchOptions};
use super::process::Shutdown;
use super::progress::Progress;
use super::run::Run;
use super::scan::{Hit, LOOKS_PACKED};
use super::{command, log, reveal, runtime};
use crate::config::{Settings, Target};
use crate::secret::{self, KEY_LEN, Kind, MaskedKey};
use crate::wire::problem::Code;
use crate::wire::tokens::Token;

/// The count of files is shown after so many more.
const SHOWN_EVERY: u64 = 64;

/// A whole key, and where it stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Found {
    /// The file; `-` is standard input.
    pub file: String,
    /// The line of its first place; 1 is the first.
    pub line: u64,
    /// The byte of that line at which it begins; 1 is the first.
    pub column: u64,
    /// How often it stands in the file; null where the end of the file is not waited for, as with a pipe.
    pub count: Option<u64>,
    /// Its mask.
    pub hint: String,
    /// `live`, `test` or `management`.
    pub kind: &'static str,
    /// What the server has with this mask; absent when it was not asked, or does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches: Option<Vec<Match>>,
    /// Why it is absent.
    #[serde(skip)]
    untold: &'static str,
}

/// A key or token of the server that has the mask.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Match {
    /// Unique id.
    pub id: String,
    /// Its project; a token has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Its name.
    pub name: String,
    /// `active`, `paused` or `revoked`.
    pub status: &'static str,
    /// Its last use, in words.
    #[serde(skip)]
    used: String,
}

/// What was not searched.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Missed {
    /// The file; `-` is standard input.
    pub file: String,
    /// Why.
    pub reason: String,
}

/// Text that looks like a key but is not valid.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PossibleKey {
    /// The file; `-` is standard input.
    pub file: String,
    /// 1 is the first line.
    pub line: u64,
    /// The byte of that line at which it begins; 1 is the first.
    pub column: u64,
    /// Its mask, with the prefix that it has.
    pub hint: String,
    /// What does not fit: `checksum` or `prefix`.
    pub problem: &'static str,
}

/// Runs it. Keys found are printed even if the settings are invalid.
///
/// # Errors
/// Exit 1 when something could not be searched, or nobody could be asked, and no key was found that is known; exit 4
/// when nothing was found, or nothing that the server knows.
pub fn run(
    cli: &Cli,
    args: &IdentifyArgs,
    settings: &Result<Settings, Failure>,
    shutdown: &Shutdown,
) -> Result<ExitCode, Failure> {
    if args.revoke {
        command::check_context(settings.as_ref().map_err(Clone::clone)?)?;
        if cli.target.read_only {
            return Err(command::read_only());
        }
    }
    let runtime = runtime::build()?;
    let ended = runtime.block_on(async {
        let mut asker = Asker::new(cli, args, settings);
        if args.revoke {
            revoke::check(args, &asker)?;
        }
        let mut printer = Printer::new(cli.target.output, asker.asks(), args.revoke);
        let mut unclear = Unclear::default();
        let mut leaks = Leaks::default();
        let ended = tokio::select! {
            ended = async {
                let tally = follow(args, &mut asker, &mut printer, &mut unclear, &mut leaks).await?;
                if args.revoke {
                    leaks.revoke(args, &mut asker).await;
                }
                Ok(tally)
            } => ended,
            exit = shutdown.requested() => {
                reveal::restore();
                Err(Failure::new(exit, ""))
            }
        };
        printer.end(&unclear, &leaks)?;
        let tally = ended?;
        asker.end().await;
        if args.revoke
            && let Some(ended) = leaks.conclude()
        {
            return ended;
        }
        conclude(&tally, &unclear, &asker)
    });
    // The search may wait for a pipe, and cannot be joined.
    runtime.shutdown_background();
    ended
}

/// What came of all findings.
#[derive(Default)]
struct Tally {
    found: usize,
    known: bool,
}

/// What is reported beside the findings.
#[derive(Default)]
struct Unclear {
    missed: Vec<Missed>,
    possible: Vec<PossibleKey>,
}

impl Unclear {
    /// Says that a file is not searched, and notes it.
    fn miss(&mut self, missed: Missed) {
        // Each layer of a file that is compressed twice may end too early.
        if self.missed.last() == Some(&missed) {
            return;
        }
        let name = if missed.file == "-" { "standard input" } else { &missed.file };
        log::say(&format!("{name}: skipped: {}", missed.reason));
        self.missed.push(missed);
    }
}

/// The keys of one file, each with its first place.
#[derive(Default)]
struct OneFile {
    /// Its end is not waited for.
    endless: bool,
    keys: Vec<(String, Hit, u64)>,
    files: u64,
}

impl OneFile {
    /// Takes a finding in. Says whether the key is new in the file.
    fn take(&mut self, file: String, hit: Hit) -> bool {
        let known = self.keys.iter_mut().find(|(name, known, _)| known.mask == hit.mask && *name == file);
        if let Some((_, _, count)) = known {
            *count += 1;
            return false;
        }
        self.keys.push((file, hit, 1));
        true
    }
}

/// Searches, and prints a line for each key of a file: at the end of the file, or at once where that may not come.
async fn follow(
    args: &IdentifyArgs,
    asker: &mut Asker<'_>,
    printer: &mut Printer,
    unclear: &mut Unclear,
    leaks: &mut Leaks,
) -> Result<Tally, Failure> {
    let (mut tally, mut one, mut progress) = (Tally::default(), OneFile::default(), Progress::new());
    let mut whole = HashSet::new();
    // A file that looks packed is named once: another reason says more than this guess.
    let mut guessed: Option<Missed> = None;
    let mut said = begin(args)?;
    while let Some(said) = said.recv().await {
        let is_of = |file: &str| matches!(&said, search::SearchEvent::NotSearched(other, _) if other == file);
        if let Some(guess) = guessed.take().filter(|guess| !is_of(&guess.file)) {
            progress.clear();
            unclear.miss(guess);
        }
        match said {
            search::SearchEvent::Next { ends, files } => {
                tell(&mut one, asker, printer, &mut tally, &mut progress).await?;
                let shown = one.files / SHOWN_EVERY;
                (one.endless, one.files) = (!ends, one.files + files);
                if one.files / SHOWN_EVERY > shown {
                    progress.show(&format!("Searching… {} files, {} keys found", one.files, tally.found));
                }
            }
            search::SearchEvent::Found(file, mut hit) => {
                leaks.take(&file, &mut hit);
                whole.insert((file.clone(), hit.mask.to_string()));
                let new = one.take(file.clone(), hit.clone());
                if one.endless && new {
                    progress.clear();
                    found(file, hit, None, asker, printer, &mut tally).await?;
                }
            }
            search::SearchEvent::NotSearched(file, reason) => {
                let missed = Missed { file, reason };
                if missed.reason == LOOKS_PACKED {
                    guessed = Some(missed);
                } else {
                    progress.clear();
                    unclear.miss(missed);
                }
            }
            search::SearchEvent::Damaged(file, key) => {
                // Cut by the end of a line, it may have been found whole.
                let is_part =
                    |mask: &str| matches!(key.damage, Damage::Cut(_)) && mask.starts_with(&key.shown);
                if !whole.iter().any(|(name, mask)| *name == file && is_part(mask)) {
                    progress.clear();
                    say_damaged(&file, &key);
                    unclear.possible.extend(possible(file, key));
                }
            }
        }
    }
    if let Some(guess) = guessed {
        progress.clear();
        unclear.miss(guess);
    }
    tell(&mut one, asker, printer, &mut tally, &mut progress).await?;
    Ok(tally)
}

fn say_damaged(file: &str, DamagedKey { line, column, shown, damage }: &DamagedKey) {
    let name = if file == "-" { "standard input" } else { file };
    let what = match damage {
        Damage::Cut(length) => {
            let start = secret::start_of_damaged(shown);
            let next = start.map_or_else(
                || "search where it was copied from".to_owned(),
                |start| format!("`keydeck keys list --filter {start}` lists the keys that begin like it"),
            );
            format!("truncated key: {length} of {KEY_LEN} characters ({shown}…); {next}")
        }
        Damage::Mistyped => {
            format!("possible key with a wrong checksum: {shown}; a character may be mistyped")
        }
        Damage::Prefix(kind) => {
            format!("possible key with a wrong prefix: {shown}; expected {}", kind.prefix())
        }
    };
    log::say(&format!("{name}, line {line}, column {column}: {what}"));
}

/// A damaged key that may be a key; one that was cut is none.
fn possible(file: String, DamagedKey { line, column, shown, damage }: DamagedKey) -> Option<PossibleKey> {
    let problem = match damage {
        Damage::Cut(_) => return None,
        Damage::Mistyped => "checksum",
        Damage::Prefix(_) => "prefix",
    };
    Some(PossibleKey { file, line, column, hint: shown, problem })
}

/// Prints what was found in a file that has ended.
async fn tell(
    one: &mut OneFile,
    asker: &mut Asker<'_>,
    printer: &mut Printer,
    tally: &mut Tally,
    progress: &mut Progress,
) -> Result<(), Failure> {
    for (file, hit, count) in std::mem::take(&mut one.keys) {
        if !one.endless {
            progress.clear();
            found(file, hit, Some(count), asker, printer, tally).await?;
        }
    }
    Ok(())
}

async fn found(
    file: String,
    Hit { line, column, mask, .. }: Hit,
    count: Option<u64>,
    asker: &mut Asker<'_>,
    printer: &mut Printer,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let (matches, untold) = asker.ask(&mask).await;
    let kind = match mask.kind() {
        Kind::Live => "live",
        Kind::Test => "test",
        Kind::Management => "management",
    };
    tally.found += 1;
    tally.known |= !asker.asks() || matches.as_ref().is_some_and(|ours| !ours.is_empty());
    printer.found(&Found { file, line, column, count, hint: mask.to_string(), kind, matches, untold })
}

/// Begins the search on a thread that nobody waits for.
fn begin(args: &IdentifyArgs) -> Result<mpsc::Receiver<search::SearchEvent>, Failure> {
    let (sender, receiver) = mpsc::channel(64);
    let mut paths = args.files.clone();
    if paths.is_empty() {
        paths.push(PathBuf::from(if args.git { "." } else { "-" }));
    }
    let (respect_ignore, git, revoke) = (args.respect_ignore, args.git, args.revoke);
    let search = move || {
        // Nobody listens any more when the process ends.
        let mut report = |mut event| {
            if let (search::SearchEvent::Found(_, hit), false) = (&mut event, revoke) {
                hit.key = None;
            }
            drop(sender.blocking_send(event));
        };
        let mut search = Search::new(&mut report, respect_ignore);
        for path in &paths {
            if git {
                search.history(path);
            } else {
                search.named(path);
            }
        }
    };
    let thread = std::thread::Builder::new().name("search".to_owned()).spawn(search);
    thread.map_err(|error| Failure::new(Exit::Failed, format!("cannot start threads: {error}")))?;
    Ok(receiver)
}

fn conclude(tally: &Tally, unclear: &Unclear, asker: &Asker<'_>) -> Result<ExitCode, Failure> {
    let files: std::collections::BTreeSet<&str> = unclear.missed.iter().map(|missed| &*missed.file).collect();
    let count = match files.len() {
        0 => None,
        1 => Some("skipped 1 file".to_owned()),
        count => Some(format!("skipped {count} files")),
    };
    let mistyped = match unclear.possible.iter().filter(|key| key.problem == "checksum").count() {
        0 => None,
        1 => Some("1 possible key has a wrong checksum".to_owned()),
        count => Some(format!("{count} possible keys have a wrong checksum")),
    };
    if tally.known {
        let notes: Vec<String> = count.into_iter().chain(mistyped).collect();
        if !notes.is_empty() {
            log::say(&notes.join("; "));
        }
        return Ok(ExitCode::SUCCESS);
    }
    if tally.found > 0
        && let Some(failure) = &asker.failed
    {
        let text = format!("found keys, but cannot look them up: {failure}");
        return Err(Failure::new(Exit::Failed, text));
    }
    let nothing = match &asker.server {
        Some(server) if tally.found > 0 => format!("found keys, but none of them exists on {server}"),
        _ => "no keys found (redir_live_, redir_test_ or redir_mgmt_, 32 letters and digits, valid \
             checksum)"
            .to_owned(),
    };
    let mistyped = mistyped.map(|mistyped| format!("; {mistyped}")).unwrap_or_default();
    match count {
        Some(count) => Err(Failure::new(Exit::Failed, format!("{nothing}; {count}{mistyped}"))),
        None => Err(Failure::new(Exit::NotFound, format!("{nothing}{mistyped}"))),
    }
}

/// Asks a server which keys these are, from the first finding on.
struct Asker<'a> {
    cli: &'a Cli,
    settings: Option<&'a Settings>,
    /// The Edge API of a database that this process opens.
    edge: EdgeMode,
    /// Where to ask, if anywhere.
    asks: bool,
    run: Option<Run>,
    /// How people call the server.
    server: Option<String>,
    /// Why it cannot be asked, or does not tell.
    failed: Option<Failure>,
    /// Whether nothing more is asked.
    given_up: bool,
    known: Vec<(MaskedKey, Vec<Match>)>,
    tokens: Option<Vec<Token>>,
}

impl<'a> Asker<'a> {
    fn new(cli: &'a Cli, args: &IdentifyArgs, settings: &'a Result<Settings, Failure>) -> Asker<'a> {
        let somebody = settings.as_ref().map_err(Clone::clone).and_then(somebody_to_ask);
        let (asks, failed) = match somebody {
            _ if args.offline => (false, None),
            Ok(somebody) => (somebody, None),
            Err(failure) => (true, Some(failure)),
        };
        Asker {
            cli,
            settings: settings.as_ref().ok(),
            edge: if args.revoke && args.edge.is_none() {
                EdgeMode::Exactly((Ipv4Addr::LOCALHOST, 0).into())
            } else {
                EdgeMode::None
            },
            asks,
            run: None,
            server: None,
            given_up: failed.is_some(),
            failed,
            known: Vec::new(),
            tokens: None,
        }
    }

    fn asks(&self) -> bool {
        self.asks
    }

    /// What the server has with this mask, or why that is not known.
    async fn ask(&mut self, mask: &MaskedKey) -> (Option<Vec<Match>>, &'static str) {
        if !self.asks || self.given_up {
            return (None, "not asked");
        }
        if let Some((_, ours)) = self.known.iter().find(|(known, _)| known == mask) {
            return (Some(ours.clone()), "");
        }
        match self.look_up(mask).await {
            Ok(Some(ours)) => {
                self.known.push((*mask, ours.clone()));
                (Some(ours), "")
            }
            Ok(None) => (None, "not permitted"),
            Err(failure) => {
                // Reported once, beside the first key concerned; the search continues.
                log::say(&format!("cannot look up keys: {failure}"));
                self.failed = Some(failure);
                self.given_up = true;
                (None, "not asked")
            }
        }
    }

    async fn look_up(&mut self, mask: &MaskedKey) -> Result<Option<Vec<Match>>, Failure> {
        if self.run.is_none() {
            let Some(settings) = self.settings else { return Ok(None) };
            let run = Run::open(self.cli, settings, LaunchOptions::of(settings, self.edge)).await?;
            self.server = Some(run.server.clone());
            self.run = Some(run);
        }
        let Some(run) = &self.run else { return Ok(None) };
        if mask.kind() != Kind::Management {
            let keys = run.client.keys_by_hint(mask).await?;
            let ours = keys.iter().map(|key| Match {
                id: key.id.to_string(),
                project: Some(key.project_name.to_string()),
                name: key.name.clone(),
                status: key.status.as_str(),
                used: match key.last_used_at {
                    Some(at) => {
                        let from = key.last_used_from.as_deref().unwrap_or("an unknown address");
                        format!("last used {at} from {from}")
                    }
                    None => "never used".to_owned(),
                },
            });
            return Ok(Some(ours.collect()));
        }
        if self.tokens.is_none() {
            match run.client.tokens_all(None).await {
                Ok(tokens) => self.tokens = Some(tokens),
                // The other keys can be told all the same.
                Err(error) if error.problem().is_some_and(|problem| problem.code == Code::Forbidden) => {
                    self.failed = Some(error.into());
                    return Ok(None);
                }
                Err(error) => return Err(error.into()),
            }
        }
        let hint = mask.to_string();
        let ours = self.tokens.iter().flatten().filter(|token| token.hint == hint).map(|token| Match {
            id: token.id.to_string(),
            project: None,
            name: token.name.clone(),
            status: if token.revoked_at.is_some() { "revoked" } else { "active" },
            used: String::new(),
        });
        Ok(Some(ours.collect()))
    }

    async fn end(&self) {
        if let Some(run) = &self.run {
            run.end().await;
        }
    }
}

/// Whether a server or a database is named, or the embedded one is there already: none is made for this.
fn somebody_to_ask(settings: &Settings) -> Result<bool, Failure> {
    Ok(match settings.target()? {
        Target::Server(_) | Target::Database(_) | Target::Demo => true,
        Target::Embedded => settings.directories.data.join("keydeck.db").exists(),
    })
}
