//! `keydeck identify`: is this one of ours, and which?
//!
//! What is looked through stays in memory that is wiped; only masks are printed, and a server is asked by
//! handle and last four characters alone.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use zeroize::Zeroizing;

use super::args::{Cli, IdentifyArgs};
use super::command::{self, Run};
use super::exit::{Exit, Failure};
use super::here::{EdgeDoor, Wanted};
use super::output::{self, Cell, Table};
use super::{pick, reveal};
use crate::config::{Settings, Target};
use crate::secret::{self, Hint, KEY_LEN, Kind, Secret};
use crate::wire::problem::Code;
use crate::wire::tokens::Token;

/// How much of a file is looked at in one go.
const CHUNK: usize = 64 * 1024;

/// A whole key, and where it stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Found {
    /// The file; `-` is standard input.
    pub file: String,
    /// 1 is the first line.
    pub line: u64,
    /// Its mask.
    pub hint: String,
    /// `live`, `test` or `management`.
    pub kind: &'static str,
    /// What the server has with this mask; absent when it was not asked, or does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches: Option<Vec<Match>>,
    #[serde(skip)]
    mask: Hint,
}

/// A key or token of the server that has the mask.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Match {
    /// Its id.
    pub id: String,
    /// Its project; a token has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Its name.
    pub name: String,
    /// `active` or `revoked`.
    pub status: &'static str,
}

/// Runs it.
///
/// # Errors
/// Exit 4 when nothing was found, or nothing that the server knows; exit 1 when a file could not be read.
pub fn run(cli: &Cli, args: &IdentifyArgs, settings: &Settings) -> Result<ExitCode, Failure> {
    let mut found = Vec::new();
    let mut unreadable = 0;
    for (name, error) in look_through(args, &mut found)? {
        unreadable += 1;
        output::say(&format!("{name}: {error}"));
    }
    if args.offline || found.is_empty() || !somebody_to_ask(settings)? {
        output::print(cli.target.output, &pick::page(found.clone(), None), &places(&found))?;
    } else {
        command::on_runtime(async {
            let run = command::open(cli, settings, Wanted::of(settings, EdgeDoor::None)).await?;
            let done = which(&run, &mut found).await;
            run.end().await;
            done
        })?;
    }
    if unreadable > 0 {
        return Err(Failure::new(Exit::Failed, format!("{unreadable} of the files could not be read")));
    }
    if found.is_empty() {
        let text = "no key is in there: a prefix (redir_live_, redir_test_, redir_mgmt_), 32 letters and \
                    digits, and a checksum that is right";
        return Err(Failure::new(Exit::NotFound, text));
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether a server or a database is named, or the embedded one is there already: none is made for this.
fn somebody_to_ask(settings: &Settings) -> Result<bool, Failure> {
    Ok(match settings.target()? {
        Target::Server(_) | Target::Database(_) | Target::Demo => true,
        Target::Embedded => settings.directories.data.join("keydeck.db").exists(),
    })
}

/// Looks through all files; those that could not be read, with the reason.
fn look_through(args: &IdentifyArgs, found: &mut Vec<Found>) -> Result<Vec<(String, io::Error)>, Failure> {
    let standard_input = [Path::new("-").to_owned()];
    let files = if args.files.is_empty() { &standard_input[..] } else { &args.files[..] };
    let mut unreadable = Vec::new();
    for file in files {
        let name = file.display().to_string();
        let looked = if name != "-" {
            File::open(file).and_then(|mut file| keys_in(&mut file, &name, found))
        } else if io::stdin().is_terminal() {
            let text = reveal::ask("Text to look through (one line; not shown):")?;
            keys_in(&mut text.as_bytes(), &name, found)
        } else {
            keys_in(&mut io::stdin().lock(), &name, found)
        };
        if let Err(error) = looked {
            unreadable.push((name, error));
        }
    }
    Ok(unreadable)
}

/// Each whole key in a stream of any bytes and any length.
fn keys_in(input: &mut dyn Read, file: &str, found: &mut Vec<Found>) -> io::Result<()> {
    let mut buffer = Zeroizing::new(vec![0; CHUNK + KEY_LEN]);
    let (mut kept, mut line) = (0, 1);
    loop {
        let read = match input.read(&mut buffer[kept..]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        let length = kept + read;
        // Keys are ASCII. The other bytes are replaced where they are: decoding would make a copy.
        for byte in &mut buffer[kept..length] {
            if !byte.is_ascii() {
                *byte = b'?';
            }
        }
        let text = std::str::from_utf8(&buffer[..length]).expect("all of it is ASCII");
        let lines = |part: &str| part.bytes().filter(|byte| *byte == b'\n').count() as u64;
        let mut done = 0;
        while let Some(at) = secret::find(&text[done..]) {
            let (start, end) = (done + at.start, done + at.end);
            line += lines(&text[done..start]);
            let mask = Secret::parse(&text[start..end]).expect("it was found as a key").hint();
            let kind = match mask.kind() {
                Kind::Live => "live",
                Kind::Test => "test",
                Kind::Management => "management",
            };
            found.push(Found {
                file: file.to_owned(),
                line,
                hint: mask.to_string(),
                kind,
                matches: None,
                mask,
            });
            done = end;
        }
        if read == 0 {
            return Ok(());
        }
        // The beginning of a key may be at the end of what was read.
        let rest = done.max(length.saturating_sub(KEY_LEN - 1));
        line += lines(&text[done..rest]);
        buffer.copy_within(rest..length, 0);
        kept = length - rest;
    }
}

async fn which(run: &Run, found: &mut [Found]) -> Result<(), Failure> {
    let mut tokens: Option<Result<Vec<Token>, Failure>> = None;
    let mut untold = None;
    for at in 0..found.len() {
        let mask = found[at].mask;
        if let Some(known) = found[..at].iter().find(|other| other.mask == mask) {
            found[at].matches = known.matches.clone();
            continue;
        }
        if mask.kind() != Kind::Management {
            let keys = pick::all_by_hint(&run.client, &mask).await?;
            let of = |key: &crate::wire::keys::Key| Match {
                id: key.id.to_string(),
                project: Some(key.project_name.to_string()),
                name: key.name.clone(),
                status: key.status.as_str(),
            };
            found[at].matches = Some(keys.iter().map(of).collect());
            continue;
        }
        if tokens.is_none() {
            tokens = Some(match run.client.tokens_all(None).await {
                // The other keys can be told all the same.
                Err(error) if error.problem().is_some_and(|problem| problem.code == Code::Forbidden) => {
                    Err(error.into())
                }
                tokens => Ok(tokens?),
            });
        }
        match &tokens {
            Some(Ok(tokens)) => {
                let of = |token: &Token| Match {
                    id: token.id.to_string(),
                    project: None,
                    name: token.name.clone(),
                    status: if token.revoked_at.is_some() { "revoked" } else { "active" },
                };
                let ours = tokens.iter().filter(|token| token.hint == found[at].hint).map(of).collect();
                found[at].matches = Some(ours);
            }
            Some(Err(failure)) => untold = Some(failure.clone()),
            None => {}
        }
    }
    output::print(run.output, &pick::page(found.to_vec(), None), &matches(found))?;
    let known = found.iter().any(|found| found.matches.as_ref().is_some_and(|ours| !ours.is_empty()));
    match untold {
        _ if known => Ok(()),
        Some(failure) => Err(failure),
        None => {
            let text = format!("none of these is known here ({})", run.server);
            Err(Failure::new(Exit::NotFound, text))
        }
    }
}

fn place(found: &Found) -> Cell {
    let file = if found.file == "-" { "standard input" } else { &found.file };
    Cell::from(format!("{file}:{}", found.line))
}

fn places(found: &[Found]) -> Table {
    let mut table = Table::new(&["place", "hint", "kind"]);
    for found in found {
        table.row([place(found), Cell::from(&found.hint), Cell::from(found.kind)]);
    }
    table
}

/// A row for each match, and one for each key that has none.
fn matches(found: &[Found]) -> Table {
    let mut table = Table::new(&["place", "hint", "kind", "status", "project", "name", "id"]);
    for found in found {
        let mut row = |status: Cell, ours: Option<&Match>| {
            table.row([
                place(found),
                Cell::from(&found.hint),
                Cell::from(found.kind),
                status,
                Cell::or_dash(ours.and_then(|ours| ours.project.as_ref())),
                Cell::or_dash(ours.map(|ours| &ours.name)),
                Cell::or_dash(ours.map(|ours| &ours.id)),
            ]);
        };
        match &found.matches {
            None => row(Cell::from("not told"), None),
            Some(ours) if ours.is_empty() => row(Cell::from("unknown"), None),
            Some(ours) => ours.iter().for_each(|ours| row(Cell::from(ours.status), Some(ours))),
        }
    }
    table
}
