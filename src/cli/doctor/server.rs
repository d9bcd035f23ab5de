//! The database, the server behind it or elsewhere, the token, clocks, the Edge API.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use super::Check;
use crate::cli::database::Database;
use crate::cli::exit::{Exit, Failure};
use crate::cli::here::{EdgeDoor, Wanted};
use crate::cli::link::Link;
use crate::client::probe::{self, Readiness};
use crate::client::{Client, ClientError, Via, process};
use crate::config::{Settings, Target};
use crate::store::StoreError;
use crate::store::owner::Owner;
use crate::store::reserve::{self, Space};
use crate::store::sql::SCHEMA;
use crate::wire::audit::EventQuery;
use crate::wire::id::ProjectId;
use crate::wire::keys::KeyQuery;
use crate::wire::session::Session;
use crate::wire::text::fold;
use crate::wire::time::system_clock;

/// Clocks that differ by less are alike.
const SKEW: Duration = Duration::from_secs(2);
/// The most active keys whose names are compared.
const MOST_NAMES: u64 = 10_000;
/// How long the Edge API may take to say that it is healthy.
const PATIENCE: Duration = Duration::from_secs(3);

/// Looks at all of it; what is looked at needs what was looked at before it.
pub async fn look(settings: &Settings, read_only: bool) -> Vec<Check> {
    let mut checks = Vec::new();
    let Ok(target) = settings.target() else { return checks };
    let file = match &target {
        Target::Embedded => Some(settings.directories.data.join("keydeck.db")),
        Target::Database(url) => {
            Database::parse(url).ok().and_then(|database| database.file().map(Into::into))
        }
        Target::Server(_) | Target::Demo => None,
    };
    if let Some(file) = &file {
        checks.extend(file.exists().then(|| disk(file)).flatten());
        match Owner::acquire_existing(file) {
            Ok(owner) => drop(owner),
            Err(StoreError::Missing(_)) if target == Target::Embedded => {
                let words = format!("{} does not exist yet; the first start creates it", file.display());
                checks.push(Check::ok("database", words));
                checks.push(Check::skipped("server", "there is no database yet"));
                return checks;
            }
            Err(error @ StoreError::Missing(_)) => {
                let way = "check the path, or put the file back";
                checks.push(Check::failed("database", error.to_string(), way));
                return checks;
            }
            Err(StoreError::Held { pid, .. } | StoreError::HeldBeside { pid, .. })
                if process::state(pid) == process::State::Stopped =>
            {
                let words = format!("{} is in use by process {pid}, which is stopped", file.display());
                let way = format!("run `kill -CONT {pid}`, or `fg` in its terminal, to continue it");
                checks.push(Check::failed("owner", words, way));
                return checks;
            }
            Err(StoreError::Held { pid, .. }) => {
                let words =
                    format!("{} is held by process {pid}, which is asked in its place", file.display());
                checks.push(Check::ok("owner", words));
            }
            Err(error @ StoreError::HeldBeside { pid, .. }) => {
                let way = match pid {
                    0 => "end that process".to_owned(),
                    pid => format!("end it with `kill {pid}`"),
                };
                checks.push(Check::failed("owner", error.to_string(), way));
                return checks;
            }
            Err(error) => {
                checks.push(Check::failed(
                    "database",
                    error.to_string(),
                    "look at the file, its owner and its mode",
                ));
                return checks;
            }
        }
    }
    let link = match Link::open(settings, Wanted::of(settings, EdgeDoor::None), read_only).await {
        Ok(link) => link,
        Err(failure) => {
            let check = if matches!(target, Target::Server(_)) { "server" } else { "database" };
            checks.push(Check::failed(check, failure.to_string(), way_out(&failure, &target)));
            return checks;
        }
    };
    if link.client.kind() == Via::Embedded {
        let words = format!(
            "{} opens; its tables are of version {SCHEMA}, the newest that this program knows",
            link.server
        );
        checks.push(Check::ok("database", words));
    }
    checks.extend(ask(&link.client, &target).await);
    link.ender().end().await;
    checks
}

/// How much space is left where the database lies, and whether some is set aside for revocations.
fn disk(database: &Path) -> Option<Check> {
    let space = Space::around(&std::fs::File::open(database.parent()?).ok()?)?;
    let reserve = reserve::size_of(database);
    let set_aside = mib(reserve.unwrap_or(0));
    let words = format!("{} free, {set_aside} set aside for revocations", mib(space.free));
    Some(if space.is_low(reserve) {
        let words = format!("the disk is full: only revocations are written ({words})");
        Check::warning("disk", words, "free some space")
    } else {
        Check::ok("disk", words)
    })
}

fn mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / (1024.0 * 1024.0))
}

async fn ask(client: &Client, target: &Target) -> Vec<Check> {
    let mut checks = Vec::new();
    let begun = Instant::now();
    let before = (system_clock())();
    let session = match client.session().await {
        Ok(session) => session,
        Err(error) => {
            let failure = Failure::from(error);
            let check = if failure.exit == Exit::Denied { "token" } else { "server" };
            checks.push(Check::failed(check, failure.to_string(), way_out(&failure, target)));
            return checks;
        }
    };
    let took = begun.elapsed();
    let version = &session.server_version;
    let words = format!("{} answers in {} ms, version {version}", client.describe(), took.as_millis());
    checks.push(if version == env!("CARGO_PKG_VERSION") {
        Check::ok("server", words)
    } else {
        let words = format!("{words}; this program is {}", env!("CARGO_PKG_VERSION"));
        Check::warning("server", words, "use the same version on both sides")
    });
    checks.push(Check::ok("token", format!("you are {}, role {}", session.principal, session.role.as_str())));
    let apart = session.now.millis().abs_diff(before.millis()).saturating_sub(took.as_millis() as u64);
    checks.push(if Duration::from_millis(apart) < SKEW {
        Check::ok("clock", "this machine's clock and the server's agree")
    } else {
        let ahead = if session.now > before { "behind" } else { "ahead of" };
        Check::warning(
            "clock",
            format!("this machine's clock is {} s {ahead} the server's", apart.div_ceil(1000)),
            "set both by NTP: ages and last uses go by the server's",
        )
    });
    checks.push(chain(client, &session).await);
    checks.push(names(client).await);
    checks.extend(edges(client, &session, target).await);
    checks
}

/// The end of the audit chain: the newest event belongs to the head, and its hash to its text.
async fn chain(client: &Client, session: &Session) -> Check {
    let head = &session.audit_head;
    if head.seq == 0 {
        return Check::ok("audit log", "nothing has happened yet");
    }
    let query = EventQuery { limit: Some(1), ..EventQuery::default() };
    match client.audit_events(&query).await {
        Ok(page) => match page.items.into_iter().next() {
            Some(newest) if newest.clone().sealed().hash == newest.hash && newest.seq >= head.seq => {
                Check::ok(
                    "audit log",
                    format!("its end is whole: {head}; `keydeck audit verify` checks all of it"),
                )
            }
            _ => Check::failed(
                "audit log",
                "its newest event does not belong to the end of its chain",
                "run `keydeck audit verify`: somebody has changed the log",
            ),
        },
        Err(error) => Check::failed("audit log", error.to_string(), "look at the server's log"),
    }
}

/// Names that an older Keydeck kept apart, and that are the same today.
async fn names(client: &Client) -> Check {
    match alike(client).await {
        Err(error) => Check::failed("names", error.to_string(), "look at the server's log"),
        Ok(None) => Check::skipped("names", format!("more than {MOST_NAMES} active keys are not compared")),
        Ok(Some(pairs)) => match pairs.as_slice() {
            [] => {
                Check::ok("names", "no two active keys of a project have the same name, and no two projects")
            }
            [first, rest @ ..] => {
                let more = if rest.is_empty() { String::new() } else { format!(", and {} more", rest.len()) };
                Check::warning(
                    "names",
                    format!("{first} have the same name apart from case{more}; all of them work"),
                    "rename one: `keydeck keys rename KEY NAME` or `keydeck projects rename PROJECT NAME`",
                )
            }
        },
    }
}

/// Pairs of projects, and of active keys of a project, with the same folded name; none where there are too many keys.
async fn alike(client: &Client) -> Result<Option<Vec<String>>, ClientError> {
    let mut seen: HashMap<String, String> = HashMap::new();
    let mut pairs = Vec::new();
    for project in client.projects_all(None).await? {
        let about = format!("the project {:?} ({})", project.name, project.id);
        if let Some(other) = seen.insert(fold(&project.name), about.clone()) {
            pairs.push(format!("{other} and {about}"));
        }
    }
    let query = KeyQuery { limit: Some(1), ..KeyQuery::default() };
    let page = client.keys(&query).await?;
    if page.more || page.total > MOST_NAMES {
        return Ok(None);
    }
    let mut seen: HashMap<(ProjectId, String), String> = HashMap::new();
    for key in client.keys_all(&KeyQuery::default(), None).await? {
        let about = format!("the key {:?} ({})", key.name, key.id);
        if let Some(other) = seen.insert((key.project_id, fold(&key.name)), about.clone()) {
            pairs.push(format!("{other} and {about}"));
        }
    }
    Ok(Some(pairs))
}

/// The Edge API of each node, where it can be reached from here.
async fn edges(client: &Client, session: &Session, target: &Target) -> Vec<Check> {
    let here = match target {
        Target::Server(url) => ["://127.", "://localhost", "://[::1]"].iter().any(|host| url.contains(host)),
        _ => true,
    };
    let live: Vec<_> = session.nodes.iter().filter(|node| node.live).collect();
    if live.is_empty() {
        let words = if client.kind() == Via::Embedded {
            "no Edge API runs: the dashboard and `keydeck serve` bring one"
        } else {
            "no node serves the Edge API"
        };
        return vec![Check::skipped("edge", words)];
    }
    let mut checks = Vec::new();
    for node in live {
        let Some(address) = &node.edge else {
            checks.push(Check::skipped("edge", format!("{} serves no address", node.name)));
            continue;
        };
        if !here && address.starts_with("127.") {
            checks.push(Check::skipped("edge", format!("{address} is another machine's own")));
            continue;
        }
        checks.push(match probe::edge(address, PATIENCE).await {
            Readiness::Ready => Check::ok("edge", format!("http://{address} is healthy")),
            Readiness::NotReady => Check::failed(
                "edge",
                format!("http://{address} is not ready"),
                "look at its log: a node that cannot vouch for its keys refuses all of them",
            ),
            Readiness::Unreachable(cause) => Check::failed(
                "edge",
                format!("http://{address}: {cause}"),
                "look whether that node still runs",
            ),
            Readiness::Silent => {
                Check::failed("edge", format!("http://{address} does not answer"), "look at that node's log")
            }
        });
    }
    checks
}

fn way_out(failure: &Failure, target: &Target) -> String {
    match (failure.exit, target) {
        (Exit::Denied, Target::Server(url)) => format!("`keydeck login {url}` stores another token"),
        (Exit::Conflict, _) => "end that process, or name another database".to_owned(),
        (Exit::Usage, _) => "correct that setting".to_owned(),
        (Exit::Unreachable, Target::Server(_)) => {
            "look whether it runs, and whether this machine's network and proxy lead there".to_owned()
        }
        (Exit::Unreachable, Target::Database(url)) if !url.starts_with("sqlite:") => {
            "look whether the database server runs, and at its address".to_owned()
        }
        (Exit::Unreachable, _) => "continue or end the process that has the database".to_owned(),
        _ => "look at the log: keydeck.log in the state directory".to_owned(),
    }
}
