//! The composition root: the only place that knows every layer.
//!
//! | module | what |
//! |---|---|
//! | [`args`] | what may be typed, one file a noun |
//! | [`exit`] | exit codes and one-line errors |
//! | [`output`], [`key_tables`], [`reveal`] | data on standard output; the one secret |
//! | [`prompt`], [`progress`] | questions on the terminal; progress of long work |
//! | [`complete`] | what a shell completes: commands, options, names |
//! | [`doctor`] | what is wrong, and the way out |
//! | [`log`], [`lines`], [`process`] | the log and the thread that writes it; core dumps, panics, signals |
//! | [`database`], [`socket`] | which database; the door to its owner |
//! | `refused`, `tips` | texts that no command may take; what to type instead of what clap refuses |
//! | [`here`], [`link`] | what runs in this process; the way to the management API |
//! | [`dashboard`], [`holder`] | the dashboard, and what holds its clipboard |
//! | [`serve`], [`listen`], [`tls`] | a server, its listeners and certificate |
//! | [`shares`], [`public`] | how many connections each listener takes; threads for the Edge API |
//! | [`login`], [`contexts`], [`vault`] | servers with a name, and where their tokens are kept |
//! | [`demo`] | made-up data in memory |
//! | [`command`], [`run`](mod@run), [`runtime`] | the commands of a client; what each of them works with; threads and signals |
//! | [`resolve`] | which project, key or actor is meant |
//! | [`projects`], [`keys`], [`revoke`], [`rules`], [`audit`], [`nodes`], [`tokens`] | one file a noun, and one for revoking keys |
//! | [`review`], [`report`] | access reviews; evidence packs, created and verified |
//! | [`backup`], [`restore`], [`migrate`] | a SQLite database as one file, and back; a database copied to another |
//! | [`identify`], [`scan`] | whose key is this; whole keys in bytes of any form |
//! | [`documents`], [`manual`] | completions and man pages; the chapters of the manual as text and man pages |

pub mod args;
pub mod audit;
pub mod backup;
pub mod command;
pub mod complete;
pub mod contexts;
pub mod dashboard;
pub mod database;
pub mod demo;
pub mod doctor;
pub mod documents;
pub mod exit;
pub mod here;
pub mod holder;
pub mod identify;
pub mod key_tables;
pub mod keys;
pub mod lines;
pub mod link;
pub mod listen;
pub mod log;
pub mod login;
pub mod manual;
pub mod migrate;
mod near;
pub mod nodes;
pub mod output;
pub mod process;
pub mod progress;
pub mod projects;
pub mod prompt;
pub mod public;
mod refused;
mod repeated;
pub mod report;
pub mod resolve;
pub mod restore;
pub mod reveal;
pub mod review;
pub mod revoke;
pub mod rotation;
pub mod rules;
pub mod run;
pub mod runtime;
pub mod scan;
pub mod serve;
pub mod shares;
pub mod socket;
#[cfg(unix)]
pub mod stopped;
mod tips;
pub mod tls;
pub mod tokens;
pub mod vault;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _};

use self::args::{Cli, Command, ContextsCommand, KeysCommand, LogFormat};
use self::exit::Failure;
use crate::config::{Flags, Settings};
use crate::secret;

/// Runs the program with the process's arguments and environment.
pub fn run() -> ExitCode {
    process::harden();
    process::on_panic();
    if complete::answer() {
        return ExitCode::SUCCESS;
    }
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if let Some(code) = holder::run(&arguments) {
        return code;
    }
    let ended = parse(arguments).and_then(|cli| match cli {
        Parsed::Run(cli) => dispatch(&cli),
        Parsed::Printed => Ok(ExitCode::SUCCESS),
    });
    let code = match ended {
        Ok(code) => code,
        Err(failure) => {
            if !failure.message.is_empty() {
                log::say(&failure.to_string());
            }
            failure.exit.into()
        }
    };
    log::flush();
    code
}

enum Parsed {
    Run(Box<Cli>),
    /// Help or version was printed.
    Printed,
}

fn parse(arguments: Vec<OsString>) -> Result<Parsed, Failure> {
    // Before anything can repeat an argument: other users see it in the list of processes, and the shell
    // keeps it in its history.
    if arguments.iter().any(|argument| secret::find(&argument.to_string_lossy()).is_some()) {
        let instead = refused::whole_key(&arguments).map_or_else(
            || "pass - and write the key to standard input".to_owned(),
            |text| format!("remove it from the {text}"),
        );
        return Err(Failure::usage(format!(
            "a whole key in an argument is visible to other users and in your shell history; {instead} (treat this \
             key as leaked)"
        )));
    }
    let parsed = Cli::command().try_get_matches_from(&arguments).and_then(|matches| {
        let refused = refused::text(&matches);
        Ok((Cli::from_arg_matches(&matches)?, refused))
    });
    match parsed {
        Ok((_, Some(refused))) => Err(Failure::usage(refused)),
        Ok((cli, None)) if lacks_project(&cli) => Err(Failure::usage(
            "missing --project <PROJECT>: project (id or name); for example: keydeck keys create web --project shop > \
             web.key; see --help",
        )),
        Ok((cli, None)) => Ok(Parsed::Run(Box::new(cli))),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            output::write(error.to_string().as_bytes()).map(|()| Parsed::Printed)
        }
        Err(error) => {
            let message = tips::missing(&error, &arguments).or_else(|| tips::of(&error, &arguments));
            Err(Failure::usage(message.unwrap_or_else(|| one_line(&error.to_string()))))
        }
    }
}

/// Whether a new key has no project: neither an option nor a slash in its name names one.
fn lacks_project(cli: &Cli) -> bool {
    matches!(
        &cli.command,
        Some(Command::Keys(KeysCommand::Create { name, project: None, .. })) if !name.contains('/')
    )
}

/// What `--help` behind these words prints.
fn help(words: &[String]) -> Result<(), Failure> {
    let line = ["keydeck"].into_iter().chain(words.iter().map(String::as_str)).chain(["--help"]);
    match parse(line.map(OsString::from).collect())? {
        Parsed::Printed => Ok(()),
        // `--help` ends every command line that can be read.
        Parsed::Run(_) => Err(Failure::fault()),
    }
}

/// The first sentence of clap's several, and its tip, with the way to the help.
fn one_line(text: &str) -> String {
    let mut parts = Vec::new();
    for paragraph in text.split("\n\n") {
        let line = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.starts_with("Usage:") || line.starts_with("For more information") {
            break;
        }
        parts.push(line.trim_start_matches("error: ").to_owned());
    }
    format!("{}; see --help", parts.join("; "))
}

fn dispatch(cli: &Cli) -> Result<ExitCode, Failure> {
    // These need nothing but the program itself.
    match &cli.command {
        Some(Command::Completions { shell }) => {
            return documents::completions(*shell).map(|()| ExitCode::SUCCESS);
        }
        Some(Command::Man { place, text }) => {
            return documents::man(place.as_deref(), *text).map(|()| ExitCode::SUCCESS);
        }
        Some(Command::Help { words }) => return help(words).map(|()| ExitCode::SUCCESS),
        _ => {}
    }
    let serve = match &cli.command {
        Some(Command::Serve(serve)) => Some(&serve.node),
        Some(Command::Edge(edge)) => Some(&edge.node),
        _ => None,
    };
    if cli.demo {
        check_demo(cli)?;
    }
    check_flags(cli)?;
    let flags = Flags {
        server: cli.target.server.clone(),
        database: cli.target.database.clone(),
        context: cli.target.context.clone(),
        plan: serve.and_then(|serve| serve.plan),
        demo: cli.demo,
    };
    // The dashboard has its own way to end. Everything else ends at the first signal, from here on: the
    // configuration may be a pipe already.
    let shutdown = if cli.command.is_some() {
        Some(process::Shutdown::listen()?)
    } else {
        // Before any thread starts, such as that of the log.
        crate::tui::hold_faults();
        None
    };
    let settings = Settings::load(&flags, &|name| std::env::var_os(name));
    if let Some(Command::Doctor(args)) = &cli.command {
        // It keeps no log: it says itself what it finds, and leaves nothing behind.
        return doctor::run(cli, args, &settings);
    }
    if let (Some(Command::Identify(args)), Some(shutdown)) = (&cli.command, &shutdown) {
        let settings = settings.map_err(Failure::from);
        if let Ok(settings) = &settings {
            warn(settings);
        }
        // Its log is of use where somebody is asked.
        if let Ok(settings) = &settings
            && !cli.demo
        {
            start_log(&log::Place::File(settings.directories.state.clone()));
        }
        return identify::run(cli, args, &settings, shutdown);
    }
    let settings = settings?;
    if serve.is_some() {
        settings.check_plan()?;
    }
    if cli.command.is_some() {
        warn(&settings);
    }
    let place = match serve {
        Some(serve) if serve.log_format == LogFormat::Json => log::Place::Json,
        Some(_) => log::Place::Stderr,
        None if cli.demo => log::Place::Nowhere,
        None => log::Place::File(settings.directories.state.clone()),
    };
    start_log(&place);
    match (&cli.command, serve, &shutdown) {
        (Some(Command::Serve(args)), _, Some(shutdown)) => serve::run(args, &settings, shutdown),
        (Some(Command::Edge(args)), _, Some(shutdown)) => serve::run_edge(args, &settings, shutdown),
        (Some(command), None, Some(shutdown)) => command::run(cli, command, &settings, shutdown),
        _ => dashboard::run(cli, settings),
    }
}

/// Says in one line what is wrong with the configuration and in nobody's way. What is in the way is an error.
fn warn(settings: &Settings) {
    if settings.target().is_err() {
        return;
    }
    let problems = dashboard::problems(settings);
    if let [first, others @ ..] = &problems[..] {
        let more = match others.len() {
            0 => String::new(),
            count => format!(" ({count} more; see `keydeck doctor`)"),
        };
        log::say(&format!("warning: {first}{more}"));
    }
}

fn start_log(place: &log::Place) {
    let level = ["KEYDECK_LOG", "RUST_LOG"].into_iter().find_map(|name| std::env::var(name).ok());
    log::start(place, level.as_deref());
}

/// A flag that a command could not keep to is refused: who gave it relies on it.
fn check_flags(cli: &Cli) -> Result<(), Failure> {
    let target = &cli.target;
    let wrong = match &cli.command {
        Some(Command::Edge(_)) if target.read_only || cli.no_edge || target.server.is_some() => {
            "--read-only, --no-edge and --server cannot be used with edge; choose a database with --database"
        }
        Some(Command::Serve(_)) if target.read_only => {
            "--read-only cannot be used with serve; create tokens with the auditor role instead"
        }
        Some(Command::Serve(_)) if cli.no_edge => {
            "--no-edge cannot be used with serve, which always serves the Edge API; set its address with \
             --edge"
        }
        Some(Command::Serve(_)) if target.server.is_some() => {
            "--server cannot be used with serve; choose a database with --database"
        }
        Some(Command::Restore(_)) if target.read_only => {
            "--read-only cannot be used with restore, which replaces the database"
        }
        Some(Command::Migrate(_))
            if target.read_only
                || [&target.server, &target.database, &target.context]
                    .iter()
                    .any(|named| named.is_some()) =>
        {
            "--read-only, --server, --database and --context cannot be used with migrate; name the databases \
             with --from and --to"
        }
        Some(Command::Login(_)) if target.read_only => {
            "--read-only cannot be used with login, which saves a token and a context"
        }
        Some(Command::Contexts(ContextsCommand::Use { .. } | ContextsCommand::Remove { .. }))
            if target.read_only =>
        {
            "--read-only cannot be used with a command that changes the configuration"
        }
        Some(Command::Keys(KeysCommand::Revoke(args))) if args.keys.is_empty() && args.filter.is_none() => {
            if args.project.is_none() {
                "which keys? pass a KEY (id, project/name or masked key), - to read them from standard input, or \
                 --filter FILTER"
            } else {
                "which keys of the project? pass their names, or --filter FILTER (status:active matches all of them)"
            }
        }
        _ => return Ok(()),
    };
    Err(Failure::usage(wrong))
}

/// The demo has a database of its own, which goes with its process.
fn check_demo(cli: &Cli) -> Result<(), Failure> {
    let target = &cli.target;
    if target.server.is_some() || target.database.is_some() || target.context.is_some() {
        return Err(Failure::usage("--demo cannot be used with --server, --database or --context"));
    }
    match &cli.command {
        Some(
            Command::Serve(_)
            | Command::Edge(_)
            | Command::Login(_)
            | Command::Contexts(_)
            | Command::Backup(_)
            | Command::Restore(_)
            | Command::Migrate(_),
        ) => Err(Failure::usage("--demo cannot be used with this command")),
        _ => Ok(()),
    }
}
