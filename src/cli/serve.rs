//! `keydeck serve`: a server, until it is told to end.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use super::args::{EdgeArgs, LogFormat, Modes, NodeArgs, ServeArgs};
use super::database::Database;
use super::exit::{Exit, Failure};
use super::here::{Absent, DRAIN, EdgeMode, Here, LaunchOptions, Opened};
use super::process::{self, Shutdown};
use super::tls::Tls;
use super::{log, runtime};
use crate::config::{self, Settings, Source, context};
use crate::edge;
use crate::secret::{Kind, Secret};
use crate::server;
use crate::store::By;
use crate::store::owner::Owner;
use crate::store::sql::asynchronous_standbys;
use crate::wire::problem::Code;
use crate::wire::time::system_clock;
use crate::wire::tokens::Role;

/// The database in the data directory.
const FILE: &str = "keydeck.db";
/// Where the first admin token is, beside the database.
const TOKEN_FILE: &str = "admin-token";

/// Runs it to its end.
///
/// # Errors
/// Exit 5 when another process holds the file, 2 when the flags or the environment are wrong, 1 otherwise.
pub fn run(args: &ServeArgs, settings: &Settings, shutdown: &Shutdown) -> Result<ExitCode, Failure> {
    let tls = match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => Some(Arc::new(Tls::open(certificate, key, system_clock()())?)),
        _ => None,
    };
    if !args.manage.ip().is_loopback() && tls.is_none() && !args.behind_tls_proxy {
        return Err(Failure::usage(format!(
            "refusing to serve the management API on {} without TLS; use a loopback address, --tls-cert \
             and --tls-key, or --behind-tls-proxy",
            args.manage
        )));
    }
    let runtime = runtime::build()?;
    let ended = runtime.block_on(serve(args, settings, tls, shutdown));
    runtime.shutdown_background();
    ended.map(|()| ExitCode::SUCCESS)
}

async fn serve(
    args: &ServeArgs,
    settings: &Settings,
    tls: Option<Arc<Tls>>,
    shutdown: &Shutdown,
) -> Result<(), Failure> {
    let scheme = if tls.is_some() { "https" } else { "http" };
    let database = match database(settings)? {
        Some(url) => Database::parse(&url)?,
        None => Database::File(settings.directories.data.join(FILE)),
    };
    // The file first: a second server of it is told who holds it, not that its port is taken.
    let owner = database.file().map(Owner::acquire).transpose()?;
    let wanted = LaunchOptions {
        manage: Some(args.manage),
        tls: tls.clone(),
        absent: Absent::Create,
        ..node_options(&args.node, settings, args.edge)
    };
    let form = args.node.log_format;
    if let (Database::Postgres(_), None) = (&database, given_token()?) {
        check_token(&database, settings, form).await?;
    }
    let standbys = warn_of_standbys(&database);
    let opened = Opened::open(database, owner, wanted).await?;
    standbys.await;
    first_token(&opened, form).await?;
    let here = opened.start().await?;
    shutdown.serves();
    announce(form, "management API", scheme, here.manage_address());
    announce(form, "Edge API", "http", here.edge_address());
    say(form, "ready");
    let watch = tls.map(|tls| tokio::spawn(tls.watch(system_clock())));
    #[cfg(unix)]
    let pauses = tokio::spawn(super::stopped::log_pauses(system_clock()));
    let ended = tokio::select! {
        () = asked_to_end(&here, args.node.drain, shutdown) => Ok(()),
        lost = here.lost() => Err(lost),
    };
    if let Some(watch) = watch {
        watch.abort();
    }
    #[cfg(unix)]
    pauses.abort();
    here.end(DRAIN).await;
    ended
}

/// Runs a node that serves the Edge API alone, to its end.
///
/// # Errors
/// Exit 5 when the database is a SQLite file that another process holds, 2 when it is none that processes can share, 1
/// otherwise.
pub fn run_edge(args: &EdgeArgs, settings: &Settings, shutdown: &Shutdown) -> Result<ExitCode, Failure> {
    let runtime = runtime::build()?;
    let ended = runtime.block_on(serve_edge(args, settings, shutdown));
    runtime.shutdown_background();
    ended.map(|()| ExitCode::SUCCESS)
}

async fn serve_edge(args: &EdgeArgs, settings: &Settings, shutdown: &Shutdown) -> Result<(), Failure> {
    let database = match database(settings)? {
        Some(url) => Database::parse(&url)?,
        None => Database::File(settings.directories.data.join(FILE)),
    };
    if let Some(path) = database.file().filter(|path| path.exists()) {
        // Whoever holds it is named.
        Owner::acquire(path)?;
    }
    if !matches!(database, Database::Postgres(_)) {
        return Err(Failure::usage(
            "edge needs PostgreSQL: pass --database postgres://…; a SQLite file is served by one process, see \
             `keydeck serve`",
        ));
    }
    let standbys = warn_of_standbys(&database);
    let opened = Opened::open(database, None, node_options(&args.node, settings, args.edge)).await?;
    standbys.await;
    let form = args.node.log_format;
    let here = opened.start().await?;
    shutdown.serves();
    announce(form, "Edge API", "http", here.edge_address());
    say(form, "ready");
    let ended = tokio::select! {
        () = asked_to_end(&here, args.node.drain, shutdown) => Ok(()),
        lost = here.lost() => Err(lost),
    };
    here.end(DRAIN).await;
    ended
}

/// Returns once the process is asked to end and load balancers have had the time to notice.
async fn asked_to_end(here: &Here, drain: u32, shutdown: &Shutdown) {
    shutdown.requested().await;
    here.drain(Duration::from_secs(drain.into())).await;
}

/// Says in the log which standbys may lack what was answered.
fn warn_of_standbys(database: &Database) -> impl Future<Output = ()> + use<> {
    let url = if let Database::Postgres(url) = database { Some(url.clone()) } else { None };
    async move {
        let Some(url) = url else { return };
        let standbys = asynchronous_standbys(&url).await;
        if !standbys.is_empty() {
            tracing::warn!(
                standbys = standbys.join(", "),
                "PostgreSQL has asynchronous standbys: after a failover to one, answered revocations may be lost; \
                 name them in synchronous_standby_names"
            );
        }
    }
}

fn node_options(args: &NodeArgs, settings: &Settings, edge: SocketAddr) -> LaunchOptions {
    LaunchOptions {
        lease: args.lease.map(|seconds| Duration::from_secs(seconds.into())),
        name: args.name.clone(),
        region: args.region.clone(),
        modes: match args.mode {
            Modes::Live => edge::Modes::Live,
            Modes::Test => edge::Modes::Test,
            Modes::Both => edge::Modes::Both,
        },
        trusted_proxies: args.trusted_proxy.clone(),
        ..LaunchOptions::of(settings, EdgeMode::Exactly(edge))
    }
}

/// The URL of the database to serve. The context that is used from now on may be a server elsewhere: that is
/// for clients. One that was asked for here is refused.
fn database(settings: &Settings) -> Result<Option<String>, Failure> {
    settings.check_context()?;
    let settings = match &settings.context {
        Some(context) if settings.database.is_none() => {
            if !matches!(context.source, Source::File(_)) {
                return Err(Failure::usage(format!(
                    "the context {} is a remote server; remove {}, or choose a context with a database",
                    context.value.name,
                    if context.source == Source::Flag { "--context" } else { "KEYDECK_CONTEXT" }
                )));
            }
            &settings.within(context::DEFAULT)?
        }
        _ => settings,
    };
    Ok(settings.database.as_ref().map(|database| database.value.clone()))
}

fn announce(form: LogFormat, what: &str, scheme: &str, address: Option<SocketAddr>) {
    if let Some(address) = address {
        say(form, &format!("{what} on {scheme}://{address}"));
    }
}

/// Where programs read the log, what people are told is one of its lines.
fn say(form: LogFormat, line: &str) {
    match form {
        LogFormat::Text => log::say(line),
        LogFormat::Json => tracing::info!("{line}"),
    }
}

/// Refuses a shared database that has no token. Without a node: the first process that has one chooses the length of
/// leases for all, and one that is refused must choose nothing.
async fn check_token(database: &Database, settings: &Settings, form: LogFormat) -> Result<(), Failure> {
    let options = LaunchOptions { absent: Absent::Create, ..LaunchOptions::of(settings, EdgeMode::None) };
    let opened = Opened::open(database.clone(), None, options).await?;
    let checked = first_token(&opened, form).await;
    opened.close().await;
    checked
}

/// A database without tokens gets its first admin token: the one given, else a new one in a file.
async fn first_token(opened: &Opened, form: LogFormat) -> Result<(), Failure> {
    let store = opened.store();
    if store.has_tokens().await? {
        return Ok(());
    }
    let given = given_token()?;
    let (secret, file) = match (given, opened.database()) {
        (Some(secret), _) => (secret, None),
        (None, Database::File(path)) => {
            let secret = Secret::generate(Kind::Management)
                .map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
            // The file first: a token that nobody can read would lock everybody out.
            let file = write_token(path, &secret)?;
            (secret, Some(file))
        }
        (None, Database::Memory | Database::Postgres(_)) => {
            return Err(Failure::usage(
                "this database has no management token; set KEYDECK_ADMIN_TOKEN or \
                 KEYDECK_ADMIN_TOKEN_FILE (redir_mgmt_…), or run `keydeck tokens create admin --role admin \
                 --database URL`",
            ));
        }
    };
    let by = By::new(format!("local:{}", process::user()), (opened.clock())());
    let made = server::create_token_for(&store, &by, "admin", Role::Admin, &secret).await;
    match (made, file) {
        (Ok(_), Some(file)) => {
            say(form, &format!("admin token written to {}", file.display()));
            Ok(())
        }
        (Ok(_), None) => Ok(()),
        // Another process that began at the same time has made the first one.
        (Err(problem), None) if problem.code == Code::NameTaken => Ok(()),
        (Err(problem), Some(file)) if problem.code == Code::Timeout => {
            // Its record may be there, and then this is the only copy.
            let failure = Failure::from(problem);
            let text = format!("{}; the token stays in {}, start again", failure.message, file.display());
            Err(Failure::new(failure.exit, text))
        }
        (Err(problem), file) => {
            if let Some(file) = file {
                // Of no use without its record.
                let _ = std::fs::remove_file(file);
            }
            Err(problem.into())
        }
    }
}

/// The first token as the environment gives it.
fn given_token() -> Result<Option<Secret>, Failure> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(text) = variable("KEYDECK_ADMIN_TOKEN") {
        let text = zeroize::Zeroizing::new(text.to_string_lossy().into_owned());
        let token = config::management_token(&text);
        return token.map(Some).map_err(|reason| Failure::usage(format!("KEYDECK_ADMIN_TOKEN: {reason}")));
    }
    match variable("KEYDECK_ADMIN_TOKEN_FILE").map(PathBuf::from) {
        Some(file) => Ok(Some(config::token_from_file(&file)?)),
        None => Ok(None),
    }
}

/// Writes it beside the database, to a file of mode 0600 that was not there; says to which. Of two databases in
/// one folder the second one's token has a name of its own.
fn write_token(database: &Path, secret: &Secret) -> Result<PathBuf, Failure> {
    let mut text = zeroize::Zeroizing::new(Vec::with_capacity(secret.reveal().len() + 1));
    text.extend_from_slice(secret.reveal().as_bytes());
    text.push(b'\n');
    let mut names = vec![OsString::from(TOKEN_FILE)];
    if let Some(name) = database.file_name().filter(|name| *name != FILE) {
        let mut own = name.to_owned();
        own.push(".");
        own.push(TOKEN_FILE);
        names.push(own);
    }
    let mut file = PathBuf::new();
    for name in names {
        file = database.with_file_name(name);
        match crate::files::write_new(&file, &text) {
            Ok(()) => return Ok(file),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                let text = format!("cannot write the admin token to {}: {error}", file.display());
                return Err(Failure::new(Exit::Failed, text));
            }
        }
    }
    let file = file.display();
    Err(Failure::new(
        Exit::Conflict,
        format!(
            "this database has no management token, but {file} already exists; move the file away, or use \
             its token with KEYDECK_ADMIN_TOKEN_FILE={file}"
        ),
    ))
}
