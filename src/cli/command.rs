//! A command: connect, ask, print, end in order.

use std::process::ExitCode;

use serde::Serialize;

use super::args::{Cli, Command, KeysCommand, Output, ProjectsCommand, RulesCommand, TokensCommand};
use super::exit::{Exit, Failure};
use super::here::{Absent, EdgeDoor, Wanted};
use super::link::{Ender, Link};
use super::process::{self, Told};
use super::{audit, contexts, keys, login, projects, prompt, reveal, rules, tokens};
use crate::client::{Client, Via};
use crate::config::{Settings, Target};
use crate::secret::Secret;

/// What a command works with.
pub struct Run {
    /// Typed calls.
    pub client: Client,
    /// How people call the server.
    pub server: String,
    /// The form of what is printed.
    pub output: Output,
    ender: Ender,
}

impl Run {
    /// Ends what runs in this process.
    pub async fn end(&self) {
        self.ender.end().await;
    }

    /// Hands out a secret. What runs here ends first: while a person stores the key, other processes shall
    /// have the database.
    ///
    /// # Errors
    /// When it cannot be shown.
    pub async fn hand_out<T: Serialize + Send + 'static>(
        &self,
        noun: &'static str,
        thing: T,
        about: Vec<(&'static str, String)>,
        secret: Secret,
    ) -> Result<(), Failure> {
        self.ender.end().await;
        let form = self.output;
        aside(move || reveal::hand_out(form, noun, &thing, &about, &secret)).await
    }

    /// Asks on the terminal.
    ///
    /// # Errors
    /// When the terminal cannot be read.
    pub async fn confirm(&self, question: String) -> Result<bool, Failure> {
        aside(move || prompt::confirm(&question)).await
    }
}

/// Waits for a person on a thread of its own, so that signals are heard meanwhile.
///
/// # Errors
/// Those of the work.
pub async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(Failure::fault()))
}

/// Runs a command to its end.
///
/// # Errors
/// What went wrong, with its exit code.
pub fn run(cli: &Cli, command: &Command, settings: &Settings, told: &Told) -> Result<ExitCode, Failure> {
    on_runtime(told, connected(cli, command, settings)).map(|()| ExitCode::SUCCESS)
}

/// Waits for work to its end, or for a signal.
///
/// # Errors
/// Those of the work; after a signal its exit code.
pub fn on_runtime<T>(told: &Told, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        tokio::select! {
            ended = work => ended,
            exit = told.to_end() => {
                reveal::restore();
                Err(Failure::new(exit, process::unknown_outcome().unwrap_or_default()))
            }
        }
    });
    // A thread that waits for a person cannot be joined.
    runtime.shutdown_background();
    ended
}

/// The runtime of commands and of `serve`.
///
/// # Errors
/// When the operating system gives no threads.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    // Two at least: a server that sends without end keeps one busy, and deadlines would pass unseen.
    let workers = std::thread::available_parallelism().map_or(2, |count| count.get().max(2));
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Failed, format!("cannot start threads: {error}")))
}

async fn connected(cli: &Cli, command: &Command, settings: &Settings) -> Result<(), Failure> {
    match command {
        Command::Login(args) => return login::run(settings, args, cli.target.output).await,
        Command::Contexts(command) => return contexts::run(settings, command, cli.target.output).await,
        _ => {}
    }
    if let Some(context) = settings.context.as_ref().filter(|context| context.value.read_only)
        && writes(command)
    {
        let text = format!(
            "this changes something, and the context {} has read_only = true: take that out of {}, or change \
             it in the dashboard, which allows changes for 10 minutes",
            context.value.name,
            settings.file.display()
        );
        return Err(Failure::new(Exit::Denied, text));
    }
    let revokes = matches!(
        command,
        Command::Keys(KeysCommand::Revoke { .. }) | Command::Projects(ProjectsCommand::Delete { .. })
    );
    // A revocation has its receipt from a node, though it be the one of this process.
    let receipt = revokes || matches!(command, Command::Tokens(TokensCommand::Revoke { .. }));
    let edge = if receipt { EdgeDoor::Follow } else { EdgeDoor::None };
    // A token is read anew for each request, whoever serves; what nodes must follow is not done behind the back of who serves the same PostgreSQL database.
    let claim = revokes
        || matches!(
            command,
            Command::Keys(KeysCommand::Create { .. } | KeysCommand::Rotate { .. })
                | Command::Rules(RulesCommand::Deploy { .. })
        );
    // A limit that is not known is not guessed; nothing else goes by the plan.
    if matches!(command, Command::Keys(KeysCommand::Create { .. } | KeysCommand::Rotate { .. }))
        && !matches!(settings.target()?, Target::Server(_))
    {
        settings.check_plan()?;
    }
    let absent = match command {
        // What a database begins with.
        Command::Projects(ProjectsCommand::Create { .. }) | Command::Tokens(TokensCommand::Create { .. }) => {
            Absent::Create
        }
        // That all is well is said of what was looked at alone.
        Command::Audit(_) => Absent::Refuse,
        command if writes(command) => Absent::Refuse,
        _ => Absent::Empty,
    };
    let wanted = Wanted { claim, absent, ..Wanted::of(settings, edge) };
    let run = open(cli, settings, wanted).await?;
    if cli.target.read_only && run.client.kind() == Via::Remote && writes(command) {
        return Err(Failure::new(Exit::Denied, "this changes something, and --read-only forbids it"));
    }
    let done = match command {
        Command::Projects(command) => projects::run(&run, command).await,
        Command::Keys(command) => keys::run(&run, command).await,
        Command::Rules(command) => rules::run(&run, command).await,
        Command::Audit(command) => audit::run(&run, command).await,
        Command::Tokens(command) => tokens::run(&run, command).await,
        Command::Serve(_)
        | Command::Login(_)
        | Command::Contexts(_)
        | Command::Identify(_)
        | Command::Completions { .. }
        | Command::Doctor
        | Command::Man { .. } => Err(Failure::usage("this is no command of a client")),
    };
    run.end().await;
    done
}

/// Connects.
///
/// # Errors
/// What is wrong with the settings, the token, or the database.
pub async fn open(cli: &Cli, settings: &Settings, wanted: Wanted) -> Result<Run, Failure> {
    let link = Link::open(settings, wanted, cli.target.read_only).await?;
    let ender = link.ender();
    Ok(Run { client: link.client, server: link.server, output: cli.target.output, ender })
}

/// A server knows the role of a token alone, so what `--read-only` adds is held here.
fn writes(command: &Command) -> bool {
    match command {
        Command::Projects(command) => !matches!(command, ProjectsCommand::List),
        Command::Keys(command) => !matches!(
            command,
            KeysCommand::List { .. } | KeysCommand::Show { .. } | KeysCommand::Usage { .. }
        ),

        Command::Rules(command) => {
            !matches!(command, RulesCommand::Show { .. } | RulesCommand::Export { .. })
        }
        Command::Tokens(command) => !matches!(command, TokensCommand::List),
        Command::Audit(_)
        | Command::Login(_)
        | Command::Contexts(_)
        | Command::Identify(_)
        | Command::Completions { .. }
        | Command::Doctor
        | Command::Man { .. } => false,
        Command::Serve(_) => true,
    }
}
