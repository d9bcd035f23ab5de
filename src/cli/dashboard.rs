//! The dashboard: it draws first and connects afterwards.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::args::Cli;
use super::contexts::shown;
use super::exit::{Exit, Failure};
use super::here::{Absent, EDGE, EdgeMode, LaunchOptions, needed_for};
use super::holder;
use super::link::Link;
use crate::client::Via;
use crate::config::edit::{self, Change};
use crate::config::{self, Clipboard, Settings, Target, context};
use crate::tui::model::keymap::Binding;
use crate::tui::model::{self, Contexts, FailureKind, Keymap, Place};
use crate::tui::view::{Symbols, Theme};
use crate::tui::{self, ClipboardSetting, Connected, RunError, SaveTheme, Token};
use crate::wire::zone::Zone;

/// Runs it to its end.
///
/// # Errors
/// Exit 2 where there is no terminal, or the settings are wrong.
pub fn run(cli: &Cli, settings: Settings) -> Result<ExitCode, Failure> {
    // What can be known to be wrong without any I/O is said before the screen is taken.
    let (keymap, bad) = keymap(&settings);
    let (zone, unknown_zone) = Zone::of_system();
    let faults = settings.faults.iter().map(|fault| fault.line_text(&settings.file));
    let warnings = faults.chain(bad).chain(unknown_zone).collect();
    let target = settings.target()?;
    if !matches!(target, Target::Server(_)) {
        settings.check_plan()?;
    }
    let home = Arc::new(Home {
        edge: if cli.no_edge { EdgeMode::Follow } else { EdgeMode::Prefer(EDGE) },
        read_only: cli.target.read_only,
        links: links(&settings),
        leaving: CancellationToken::new(),
        settings,
    });
    let (opening, closing) = (Arc::clone(&home), Arc::clone(&home));
    let options = tui::Options {
        connect: Arc::new(
            move |name: &str, token| -> BoxFuture<'static, Result<Connected, model::Failure>> {
                let (home, name) = (Arc::clone(&opening), name.to_owned());
                Box::pin(async move { home.connect(&name, token).await.map_err(connection_failure) })
            },
        ),
        close: Box::new(move |drain| Box::pin(async move { closing.close(drain).await })),
        contexts: contexts(&home.settings)?,
        read_only: cli.target.read_only,
        demo: home.settings.demo,
        zone,
        copy_new_key: home.settings.copy_new_key.value,
        clipboard: clipboard(&home.settings),
        holder: holder::command(),
        unsaved: home.settings.directories.state.join("unstored"),
        columns: (!home.settings.demo).then(|| home.settings.directories.state.join("columns")),
        filters: (!home.settings.demo).then(|| home.settings.directories.state.join("filters")),
        theme: theme(&home.settings),
        theme_name: (home.settings.theme.value.clone(), no_colour()),
        save_theme: (!home.settings.demo).then(|| save_theme(home.settings.file.clone())),
        ask_background: asks_background(&home.settings),
        keymap,
        mouse: home.settings.mouse.value,
        needed_for,
        warnings,
    };
    let code = tui::run(options).map_err(|error| match error {
        RunError::NoTerminal(_) => Failure::usage(error.to_string()),
        RunError::Terminal(_) => Failure::new(Exit::Failed, error.to_string()),
    })?;
    Ok(ExitCode::from(code))
}

/// The theme wanted; none of its colours where `NO_COLOR` is set, whatever the file says: the environment beats it.
/// Its signs are those of the file, or else of the locale.
fn theme(settings: &Settings) -> Theme {
    let variable = |name: &str| std::env::var_os(name);
    let theme =
        if no_colour() { Theme::MONO } else { Theme::named(&settings.theme.value).unwrap_or(Theme::DEFAULT) };
    let symbols = match settings.symbols.value {
        // Elsewhere a terminal takes text, and not bytes of a locale.
        config::Symbols::Auto if cfg!(unix) => Symbols::of_locale(&variable),
        config::Symbols::Auto | config::Symbols::Unicode => Symbols::Unicode,
        config::Symbols::Ascii => Symbols::Ascii,
    };
    Theme { symbols, ..theme }
}

/// Whether the environment wants no colours.
fn no_colour() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Writes a theme into the configuration file.
fn save_theme(file: PathBuf) -> SaveTheme {
    Arc::new(move |name| {
        edit::change(&file, &[Change::Theme(name)])
            .map(|()| file.display().to_string())
            .map_err(|error| format!("Cannot save the theme: {error}"))
    })
}

/// Whether `theme = "auto"` can ask the terminal: only where the answer is quick (no SSH, tmux, screen) and RGB colours
/// are supported.
fn asks_background(settings: &Settings) -> bool {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let far = ["NO_COLOR", "TMUX", "STY", "SSH_CONNECTION", "SSH_TTY"]
        .into_iter()
        .any(|name| variable(name).is_some());
    let colours = variable("COLORTERM").is_some_and(|value| value == "truecolor" || value == "24bit");
    cfg!(unix) && settings.theme.value == "auto" && colours && !far
}

/// All that is wrong with the configuration file, in the order of its lines.
pub fn problems(settings: &Settings) -> Vec<String> {
    let faults = settings.faults.iter().map(|fault| (fault.line, fault.line_text(&settings.file)));
    let (_, bad) = keymap(settings);
    let line = |text: &str| text.split_once("line ")?.1.split(':').next()?.parse::<usize>().ok();
    let mut all: Vec<_> = faults.chain(bad.into_iter().map(|text| (line(&text), text))).collect();
    all.sort_by_key(|(line, _)| *line);
    all.into_iter().map(|(_, text)| text).collect()
}

/// The default keys with those of the configuration in their place, and what of it cannot be used.
fn keymap(settings: &Settings) -> (Keymap, Vec<String>) {
    let bindings: Vec<Binding> = settings
        .keys
        .value
        .iter()
        .map(|binding| Binding {
            action: binding.action.clone(),
            keys: binding.keys.clone(),
            line: binding.line,
        })
        .collect();
    let (keymap, bad) = Keymap::forgiving(&bindings);
    let file = settings.file.file_name().unwrap_or_default().to_string_lossy();
    (keymap, bad.iter().map(|bad| format!("{file}, {bad}")).collect())
}

/// The places one can go to: what is used without a context, then the contexts by their names.
fn contexts(settings: &Settings) -> Result<Contexts, Failure> {
    // A file that names two places names no default one; the contexts are there all the same.
    let bare = match settings.within(context::DEFAULT)?.target() {
        Ok(Target::Server(url)) => Some((url.clone(), url)),
        Ok(Target::Database(url)) => Some(("local".to_owned(), shown(&url))),
        Ok(Target::Embedded) => Some(("local".to_owned(), "local database".to_owned())),
        Ok(Target::Demo) => Some(("demo".to_owned(), "demo (nothing is kept)".to_owned())),
        Err(_) => None,
    };
    let bare = bare.map(|(title, place)| model::Context {
        name: context::DEFAULT.to_owned(),
        title,
        place,
        colour: None,
        prod: false,
        read_only: false,
    });
    // The demo leads nowhere else.
    let named = settings.contexts.iter().filter(|_| !settings.demo).map(|context| model::Context {
        name: context.name.clone(),
        title: context.name.clone(),
        place: match &context.place {
            context::Place::Server(url) => url.clone(),
            context::Place::Database(url) => shown(url),
        },
        colour: context.colour,
        prod: context.prod,
        read_only: context.read_only,
    });
    let all: Vec<model::Context> = bare.into_iter().chain(named).collect();
    let at = all.iter().position(|context| context.name == settings.name()).unwrap_or(0);
    Ok(Contexts { all, at })
}

/// What the dashboard is connected to, for as long as it runs. What was opened stays open when one goes to
/// another context: an embedded server serves on, and a change that is under way comes to its end.
struct Home {
    settings: Settings,
    edge: EdgeMode,
    read_only: bool,
    links: HashMap<String, Mutex<Option<Link>>>,
    /// No connection is awaited any more.
    leaving: CancellationToken,
}

fn links(settings: &Settings) -> HashMap<String, Mutex<Option<Link>>> {
    let names = settings.contexts.iter().map(|context| context.name.clone());
    names.chain([context::DEFAULT.to_owned()]).map(|name| (name, Mutex::default())).collect()
}

impl Home {
    /// Connects, or gives the connection that is there: its client finds another way by itself.
    async fn connect(&self, name: &str, token: Token) -> Result<Connected, Failure> {
        let settings = self.settings.within(name)?;
        let Some(slot) = self.links.get(name) else { return Err(Failure::fault()) };
        let mut slot = slot.lock().await;
        let known = slot.take();
        let refused = |link: &Link| token == Token::Anew && link.client.kind() == Via::Remote;
        let link = match known.filter(|link| !refused(link)) {
            Some(link) => link,
            None => self.open(&settings).await?,
        };
        let (client, server) = (link.client.clone(), link.server.clone());
        let identity = link.identity.clone();
        let here = link.edge_address().await;
        *slot = Some(link);
        drop(slot);
        let socket = client.kind() == Via::Socket;
        let edge = match here {
            Some(address) => Some(address.to_string()),
            // The owner of the socket knows where its Edge API is.
            None if socket => client.session().await.ok().and_then(|session| {
                session.nodes.into_iter().find(|node| node.live).and_then(|node| node.edge)
            }),
            None => None,
        };
        let server = match server {
            _ if socket => "socket".to_owned(),
            // The header has the word already, as the context.
            _ if self.settings.demo => "demo (nothing is kept)".to_owned(),
            server => server,
        };
        Ok(Connected { client, place: Place { server, edge, by_socket: socket }, identity })
    }

    async fn open(&self, settings: &Settings) -> Result<Link, Failure> {
        let wanted = LaunchOptions { absent: Absent::Create, ..LaunchOptions::of(settings, self.edge) };
        let open = Link::open(settings, wanted, self.read_only);
        if !matches!(settings.target()?, Target::Server(_)) {
            return open.await;
        }
        // Its token may come from a pipe into which nothing is written. Nothing begins before the token is there.
        tokio::select! {
            link = open => link,
            () = self.leaving.cancelled() => Err(Failure::fault()),
        }
    }

    async fn close(&self, drain: Duration) {
        self.leaving.cancel();
        let ends = self.links.values().map(async |slot| {
            let link = slot.lock().await.take();
            if let Some(link) = link {
                link.ender().end_within(drain).await;
            }
        });
        futures_util::future::join_all(ends).await;
    }
}

/// The setting as the dashboard takes it.
pub fn clipboard(settings: &Settings) -> ClipboardSetting {
    match settings.clipboard.value {
        Clipboard::Auto => ClipboardSetting::Auto,
        Clipboard::Native => ClipboardSetting::Native,
        Clipboard::Osc52 => ClipboardSetting::Osc52,
        Clipboard::Tmux => ClipboardSetting::Tmux,
        Clipboard::Command => ClipboardSetting::Command(settings.clipboard_command.clone()),
        Clipboard::Off => ClipboardSetting::Off,
    }
}

/// Converts a connection failure for the dashboard.
fn connection_failure(failure: Failure) -> model::Failure {
    let kind = match failure.exit {
        // Before the server is asked, only a token that is not there is in the way.
        Exit::Denied => FailureKind::NoToken,
        Exit::NotFound => FailureKind::NotFound,
        Exit::Conflict => FailureKind::Conflict,
        Exit::Usage => FailureKind::Invalid,
        _ => FailureKind::Unreachable,
    };
    model::Failure { kind, text: failure.to_string(), code: None }
}
