//! The database, the server behind it or elsewhere, the token, clocks, the Edge API.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use super::Check;
use crate::cli::database::Database;
use crate::cli::exit::{Exit, Failure};
use crate::cli::here::{EdgeMode, LaunchOptions};
use crate::cli::link::Link;
use crate::client::probe::{self, Readiness};
use crate::client::{Client, ClientError, Via, process};
use crate::config::{Settings, Target};
use crate::store::StoreError;
use crate::store::owner::Owner;
use crate::store::reserve::{self, Space};
use crate::store::sql::{SCHEMA, asynchronous_standbys};
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
                checks.push(Check::skipped("server", "no database yet"));
                return checks;
            }
            Err(error @ StoreError::Missing(_)) => {
                let way = "check the path, or restore the file";
                checks.push(Check::failed("database", error.to_string(), way));
                return checks;
            }
            Err(StoreError::Held { pid, .. } | StoreError::HeldBeside { pid, .. })
                if process::state(pid) == process::State::Stopped =>
            {
                let words = format!("{} is in use by process {pid}, which is suspended", file.display());
                let way = format!("resume it with `kill -CONT {pid}`, or with `fg` in its terminal");
                checks.push(Check::failed("owner", words, way));
                return checks;
            }
            Err(StoreError::Held { pid, .. }) => {
                let words =
                    format!("{} is in use by process {pid}; checking through that process", file.display());
                checks.push(Check::ok("owner", words));
            }
            Err(error @ StoreError::HeldBeside { pid, .. }) => {
                let way = match pid {
                    0 => "stop that process".to_owned(),
                    pid => format!("stop it with `kill {pid}`"),
                };
                checks.push(Check::failed("owner", error.to_string(), way));
                return checks;
            }
            Err(error) => {
                checks.push(Check::failed(
                    "database",
                    error.to_string(),
                    "check the file, its owner and its mode",
                ));
                return checks;
            }
        }
    }
    let link = match Link::open(settings, LaunchOptions::of(settings, EdgeMode::None), read_only).await {
        Ok(link) => link,
        Err(failure) => {
            let check = if matches!(target, Target::Server(_)) { "server" } else { "database" };
            checks.push(Check::failed(check, failure.to_string(), fix_for(&failure, &target)));
            return checks;
        }
    };
    if link.client.kind() == Via::Embedded {
        let words = format!("{} opens; schema version {SCHEMA} (current)", link.server);
        checks.push(Check::ok("database", words));
    }
    if let Target::Database(url) = &target {
        checks.extend(standbys(url).await);
    }
    checks.extend(ask(&link.client, &target).await);
    link.ender().end().await;
    checks
}

/// Whether a failover of PostgreSQL may lose what was answered.
async fn standbys(url: &str) -> Option<Check> {
    if !matches!(Database::parse(url), Ok(Database::Postgres(_))) {
        return None;
    }
    let names = asynchronous_standbys(url).await;
    (!names.is_empty()).then(|| {
        let words = format!(
            "asynchronous: {}; after a failover to one, answered revocations may be lost",
            names.join(", ")
        );
        Check::warning("standbys", words, "name them in synchronous_standby_names of PostgreSQL")
    })
}

/// How much space is left where the database lies, and whether some is set aside for revocations.
fn disk(database: &Path) -> Option<Check> {
    let space = Space::around(&std::fs::File::open(database.parent()?).ok()?)?;
    let reserve = reserve::size_of(database);
    let set_aside = mib(reserve.unwrap_or(0));
    let words = format!("{} free, {set_aside} reserved for revocations", mib(space.free));
    Some(if space.is_low(reserve) {
        let words = format!("disk full: only revocations can be written ({words})");
        Check::warning("disk", words, "free some disk space")
    } else {
        Check::ok("disk", words)
    })
}

fn mib(bytes: u64) -> String {
    let mib = bytes as f64 / (1024.0 * 1024.0);
    if mib < 1024.0 { format!("{mib:.1} MiB") } else { format!("{:.1} GiB", mib / 1024.0) }
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
            checks.push(Check::failed(check, failure.to_string(), fix_for(&failure, target)));
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
        Check::warning("server", words, "use the same version on client and server")
    });
    checks.push(Check::ok(
        "token",
        format!("logged in as {} (role {})", session.principal, session.role.as_str()),
    ));
    let apart = session.now.millis().abs_diff(before.millis()).saturating_sub(took.as_millis() as u64);
    checks.push(if Duration::from_millis(apart) < SKEW {
        Check::ok("clock", "in sync with the server")
    } else {
        let ahead = if session.now > before { "behind" } else { "ahead of" };
        Check::warning(
            "clock",
            format!("this machine's clock is {} s {ahead} the server's", apart.div_ceil(1000)),
            "synchronize both clocks with NTP; ages are computed with the server's clock",
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
        return Check::ok("audit log", "no events yet");
    }
    let query = EventQuery { limit: Some(1), ..EventQuery::default() };
    match client.audit_events(&query).await {
        Ok(page) => match page.items.into_iter().next() {
            Some(newest) if newest.clone().sealed().hash == newest.hash && newest.seq >= head.seq => {
                Check::ok(
                    "audit log",
                    format!("last entry verified: {head}; check the whole log with `keydeck audit verify`"),
                )
            }
            _ => Check::failed(
                "audit log",
                "the newest event does not match the end of the hash chain",
                "the log was tampered with; run `keydeck audit verify`",
            ),
        },
        Err(error) => Check::failed("audit log", error.to_string(), "check the server log"),
    }
}

/// Names that an older Keydeck kept apart, and that are the same today.
async fn names(client: &Client) -> Check {
    match alike(client).await {
        Err(error) => Check::failed("names", error.to_string(), "check the server log"),
        Ok(None) => Check::skipped("names", format!("more than {MOST_NAMES} active keys; not compared")),
        Ok(Some(pairs)) => match pairs.as_slice() {
            [] => Check::ok("names", "no duplicate names"),
            [first, rest @ ..] => {
                let more = if rest.is_empty() { String::new() } else { format!(", and {} more", rest.len()) };
                Check::warning(
                    "names",
                    format!("{first} have names that differ only in case{more}; all of them work"),
                    "rename one with `keydeck keys rename KEY NAME` or `keydeck projects rename PROJECT \
                     NAME`",
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
        let about = format!("project {:?} ({})", project.name, project.id);
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
        let about = format!("key {:?} ({})", key.name, key.id);
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
            "not running; start it with the dashboard or `keydeck serve`"
        } else {
            "no node is running"
        };
        return vec![Check::skipped("edge", words)];
    }
    let mut checks = Vec::new();
    for node in live {
        let Some(address) = &node.edge else {
            checks.push(Check::skipped("edge", format!("{} has no address", node.name)));
            continue;
        };
        if !here && address.starts_with("127.") {
            checks.push(Check::skipped("edge", format!("{address} is local to another machine")));
            continue;
        }
        checks.push(edge(address).await);
    }
    checks
}

/// Whether the Edge API at an address is ready.
pub async fn edge(address: &str) -> Check {
    match probe::edge(address, PATIENCE).await {
        Readiness::Ready => Check::ok("edge", format!("http://{address} is healthy")),
        Readiness::NotReady => Check::failed(
            "edge",
            format!("http://{address} is not ready"),
            "check its log; a node that is not ready rejects all keys",
        ),
        Readiness::Unreachable(cause) => {
            Check::failed("edge", format!("http://{address}: {cause}"), "check that the node is running")
        }
        Readiness::Silent => {
            let text = format!("http://{address} does not answer");
            Check::failed("edge", text, "check the log of that node")
        }
    }
}

fn fix_for(failure: &Failure, target: &Target) -> String {
    match (failure.exit, target) {
        (Exit::Denied, Target::Server(url)) => format!("log in again with `keydeck login {url}`"),
        (Exit::Conflict, _) => "stop that process, or choose another database".to_owned(),
        (Exit::Usage, _) => "fix that setting".to_owned(),
        (Exit::Unreachable, Target::Server(_)) => {
            "check that the server is running, and your network and proxy settings".to_owned()
        }
        (Exit::Unreachable, Target::Database(url)) if !url.starts_with("sqlite:") => {
            "check that the database server is running, and its address".to_owned()
        }
        (Exit::Unreachable, _) => "resume or stop the process that has the database open".to_owned(),
        _ => "check keydeck.log in the state directory".to_owned(),
    }
}
