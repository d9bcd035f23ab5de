//! Shell completion: commands and options from the description of the command line, and the names of projects, keys,
//! reviews and contexts.
//!
//! A person waits for the answer and has not asked for anything yet. So it never prompts, reads no keyring (which may
//! prompt), creates nothing, listens nowhere, and is silent on every error.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::Duration;

use clap::{Command, CommandFactory as _};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use super::args::Cli;
use super::database::Database;
use super::here::{EdgeMode, LaunchOptions, Opened};
use super::vault::Vault;
use super::{runtime, socket};
use crate::client::{Client, Transport};
use crate::config::{Flags, Settings, Target};
use crate::secret;
use crate::store::owner::Owner;
use crate::wire::keys::{Key, KeyQuery};
use crate::wire::projects::Project;
use crate::wire::reviews::ReviewStatus;
use crate::wire::text::{fold, inert};

/// The variable by which a shell asks for completions.
pub const VARIABLE: &str = "KEYDECK_COMPLETE";
/// Without names after this time, there are none.
const PATIENCE: Duration = Duration::from_secs(1);
/// The most names that are offered.
const MOST: usize = 200;

/// Answers a shell, if one asks. Then the process must end.
pub fn answer() -> bool {
    let folder = std::env::current_dir().ok();
    let asked = CompleteEnv::with_factory(|| named(Cli::command())).var(VARIABLE).completer("keydeck");
    asked.try_complete(std::env::args_os(), folder.as_deref()).unwrap_or(true)
}

/// The description of the command line, with a completer for each argument that is a name.
fn named(command: Command) -> Command {
    let of_contexts = command.get_name() == "contexts";
    let command = command.mut_args(|arg| match arg.get_id().as_str() {
        "context" => arg.add(contexts()),
        "project" => arg.add(projects()),
        "key" | "keys" => arg.add(keys()),
        "review" => arg.add(reviews()),
        _ => arg,
    });
    command.mut_subcommands(|sub| {
        let sub = if of_contexts {
            sub.mut_args(|arg| if arg.get_id() == "name" { arg.add(contexts()) } else { arg })
        } else {
            sub
        };
        named(sub)
    })
}

/// Completes the name of a context.
fn contexts() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let names = settings().map(|settings| {
            let names = settings.contexts.iter().map(|context| context.name.clone());
            names.chain([crate::config::context::DEFAULT.to_owned()]).collect()
        });
        candidates(typed, names)
    })
}

/// Completes the name of a project.
fn projects() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let names = ask(async |client| {
            let projects = client.projects_all(Some(1000)).await.ok()?;
            Some(projects.into_iter().map(|project| project.name).collect())
        });
        candidates(typed, names)
    })
}

/// Completes the name of a review that was not cancelled.
fn reviews() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let names = ask(async |client| {
            let mut reviews = client.reviews_all().await.ok()?;
            reviews.retain(|review| review.status != ReviewStatus::Cancelled);
            Some(reviews.into_iter().map(|review| review.name).collect())
        });
        candidates(typed, names)
    })
}

/// Completes `project/name` of an active key, or its name alone behind `--project`.
fn keys() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let Some(text) = typed.to_str().filter(|text| !secret::holds(text)) else { return Vec::new() };
        // The server narrows the list down; the shell gets what begins with the text.
        let term = |field: &str, text: &str| match text.trim() {
            "" => String::new(),
            text if text.contains('"') => String::new(),
            text => format!("{field}:\"{text}\" "),
        };
        let project = value(&["--project", "-p"]);
        let filter = match text.split_once('/') {
            _ if project.is_some() => term("name", text),
            Some((project, name)) => term("project", project) + &term("name", name),
            None => term("project", text),
        };
        let names = ask(async move |client| {
            let mut query = KeyQuery { filter, ..KeyQuery::default() };
            let Some(project) = project else {
                let keys = client.keys_all(&query, Some(1000)).await.ok()?;
                return Some(keys.iter().map(Key::full_name).collect());
            };
            let all = client.projects_all(None).await.ok()?;
            let named =
                |other: &&Project| fold(&other.name) == fold(&project) || other.id.to_string() == project;
            query.project = Some(all.iter().find(named)?.id);
            let keys = client.keys_all(&query, Some(1000)).await.ok()?;
            Some(keys.into_iter().map(|key| key.name).collect())
        });
        candidates(typed, names)
    })
}

fn candidates(typed: &OsStr, names: Option<Vec<String>>) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let fit = names.into_iter().flatten().filter(|name| name.starts_with(&*typed));
    fit.take(MOST).map(|name| CompletionCandidate::new(inert(&name).into_owned())).collect()
}

/// The words typed so far.
fn typed() -> Vec<OsString> {
    std::env::args_os().skip_while(|word| word != "--").skip(1).collect()
}

/// The value of an option among the words typed so far, by any of its names.
fn value(flags: &[&str]) -> Option<String> {
    let typed = typed();
    let mut words = typed.iter();
    while let Some(word) = words.next() {
        let word = word.to_str()?;
        if flags.contains(&word) {
            return words.next()?.to_str().map(str::to_owned);
        }
        let with = |flag: &&str| word.strip_prefix(*flag)?.strip_prefix('=');
        if let Some(value) = flags.iter().find_map(with) {
            return Some(value.to_owned());
        }
    }
    None
}

/// The settings that the options typed so far select.
fn settings() -> Option<Settings> {
    let flags = Flags {
        server: value(&["--server"]),
        database: value(&["--database"]),
        context: value(&["--context"]).filter(|name| !name.is_empty()),
        plan: None,
        demo: typed().iter().any(|word| word == "--demo"),
    };
    Settings::load(&flags, &|name| std::env::var_os(name)).ok()
}

/// Asks the server or database of the settings; none where it does not answer in time.
fn ask<F>(question: impl FnOnce(Client) -> F) -> Option<Vec<String>>
where
    F: Future<Output = Option<Vec<String>>>,
{
    let settings = settings()?;
    let runtime = runtime::build().ok()?;
    let names = runtime.block_on(async {
        let answer = async {
            match source(&settings).await? {
                Source::Client(client) => question(client).await,
                Source::Own(opened) => {
                    let names = question(Client::new(Transport::embedded(opened.reader()))).await;
                    opened.close().await;
                    names
                }
            }
        };
        tokio::time::timeout(PATIENCE, answer).await.ok().flatten()
    });
    runtime.shutdown_background();
    names
}

enum Source {
    /// A server, or the process that has the database open.
    Client(Client),
    /// A database that no process has open, for the moment.
    Own(Box<Opened>),
}

async fn source(settings: &Settings) -> Option<Source> {
    match settings.target().ok()? {
        Target::Server(url) => remote(settings, &url).map(Source::Client),
        Target::Embedded => of_file(settings, &settings.directories.data.join("keydeck.db")).await,
        Target::Database(url) => of_file(settings, Database::parse(&url).ok()?.file()?).await,
        Target::Demo => None,
    }
}

fn remote(settings: &Settings, url: &str) -> Option<Client> {
    Transport::check(url).ok()?;
    let saved = || {
        let context = settings.context.as_ref()?;
        Vault::of(settings, &context.value)?.read_saved().ok()?
    };
    let token = settings.read_token().ok()?.or_else(saved)?;
    let mut transport = Transport::remote(url, &token).ok()?;
    if let Some(file) = &settings.ca_file {
        transport = transport.trusting(&file.value).ok()?;
    }
    Some(Client::new(transport))
}

async fn of_file(settings: &Settings, file: &Path) -> Option<Source> {
    if !file.exists() {
        return None;
    }
    if let socket::Found::At(path) = socket::find(file).await {
        let transport = Transport::socket_read_only(path);
        #[cfg(unix)]
        let transport = transport.trusting_user(socket::trusted(file));
        return Some(Source::Client(Client::new(transport)));
    }
    let owner = Owner::acquire_existing(file).ok()?;
    let options = LaunchOptions::of(settings, EdgeMode::None);
    let opened = Opened::open(Database::File(file.to_owned()), Some(owner), options).await.ok()?;
    Some(Source::Own(Box::new(opened)))
}
