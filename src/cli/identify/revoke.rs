//! Revokes what was found: each key with itself on the Edge API, by possession alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;

use serde::Serialize;

use super::{Asker, Match};
use crate::cli::args::{IdentifyArgs, Output};
use crate::cli::exit::{Exit, Failure};
use crate::cli::key_tables::receipt_words;
use crate::cli::output::{Cell, Table};
use crate::cli::revoke::merged;
use crate::cli::runtime::blocking;
use crate::cli::scan::Hit;
use crate::cli::{log, prompt};
use crate::client::{Client, ClientError, Transport, Via};
use crate::secret::{Kind, Secret};
use crate::wire::keys::Receipt;
use crate::wire::problem::Code;
use crate::wire::session::Node;

/// The outcome for one key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Outcome {
    /// Revoked by this command.
    Revoked,
    /// The server has it as revoked.
    Already,
    /// Not confirmed at the question.
    Declined,
    /// The server does not know it, so it was sent nowhere.
    Unknown,
    /// The Edge API does not accept it.
    Refused,
    /// A management token, which the Edge API knows nothing of.
    ManagementToken,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Outcome::Revoked => "revoked",
            Outcome::Already => "already",
            Outcome::Declined => "declined",
            Outcome::Unknown => "unknown",
            Outcome::Refused => "refused",
            Outcome::ManagementToken => "managementToken",
        }
    }

    /// The same for people.
    fn words(self) -> &'static str {
        match self {
            Outcome::Revoked => "revoked",
            Outcome::Already => "already revoked",
            Outcome::Declined => "not confirmed",
            Outcome::Unknown => "unknown to the server",
            Outcome::Refused => "refused by the Edge API",
            Outcome::ManagementToken => "management token",
        }
    }
}

/// What became of a key.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Revocation {
    /// Its first place: file, line, column.
    place: String,
    hint: String,
    outcome: Outcome,
    id: Option<String>,
    project: Option<String>,
    name: Option<String>,
    receipt: Option<Receipt>,
    /// Refused although the server has it as active.
    #[serde(skip)]
    alive: bool,
}

/// The keys to be revoked, in memory that is wiped.
#[derive(Default)]
pub(super) struct Leaks {
    keys: Vec<(Secret, String)>,
    done: Vec<Revocation>,
    /// Why it ended early.
    failed: Option<Failure>,
}

/// Refuses what could not be revoked anyway, before anything is searched.
pub(super) fn check(args: &IdentifyArgs, asker: &Asker<'_>) -> Result<(), Failure> {
    let reads_input =
        args.files.is_empty() && !args.git || args.files.iter().any(|file| file.as_os_str() == "-");
    match reads_input {
        _ if args.yes => {}
        true => prompt::check_terminal_beside("the text to search")?,
        false => prompt::check_terminal()?,
    }
    match &args.edge {
        Some(edge) => Transport::check(edge).map(drop).map_err(Failure::from),
        None if !asker.asks() => {
            Err(Failure::usage("there is no server to ask for its Edge API; pass --edge URL"))
        }
        None => Ok(()),
    }
}

impl Leaks {
    /// Takes the key out of a finding; one that was found before is dropped.
    pub(super) fn take(&mut self, file: &str, hit: &mut Hit) {
        let Some(key) = hit.key.take() else { return };
        if !self.keys.iter().any(|(known, _)| *known == key) {
            let file = if file == "-" { "standard input" } else { file };
            self.keys.push((key, format!("{file}:{}:{}", hit.line, hit.column)));
        }
    }

    /// What became of them.
    pub(super) fn revocations(&self) -> &[Revocation] {
        &self.done
    }

    /// Asks about each key that is ours, and revokes it. Those before a failure are revoked.
    pub(super) async fn revoke(&mut self, args: &IdentifyArgs, asker: &mut Asker<'_>) {
        let mut edges: Option<Vec<String>> = None;
        for (key, place) in std::mem::take(&mut self.keys) {
            match one(&key, &place, args, asker, &mut edges).await {
                Ok(done) => self.done.push(done),
                Err(failure) if self.failed.is_none() => self.failed = Some(failure),
                Err(_) => {}
            }
            if self.failed.is_some() {
                self.keys.push((key, place));
            }
        }
    }

    /// How it ends; nothing where no key was found that could be revoked.
    pub(super) fn conclude(&self) -> Option<Result<ExitCode, Failure>> {
        let receipt = self.done.iter().fold(None, |all, one| merged(all, one.receipt.clone()));
        if let Some(receipt) = &receipt {
            log::say(&receipt_words(receipt));
        }
        let count = |outcome| self.done.iter().filter(|one| one.outcome == outcome).count();
        let keys = |count: usize| if count == 1 { "1 key".to_owned() } else { format!("{count} keys") };
        if count(Outcome::ManagementToken) > 0 {
            log::say("management tokens are not revoked by this; use `keydeck tokens revoke`");
        }
        if count(Outcome::Unknown) > 0 {
            log::say(&format!("{} unknown to the server: left alone", keys(count(Outcome::Unknown))));
        }
        if let Some(failure) = &self.failed {
            let rest = match count(Outcome::Revoked) {
                0 => String::new(),
                _ => format!("; {} left, run it again", keys(self.keys.len())),
            };
            return Some(Err(Failure::new(failure.exit, format!("{}{rest}", failure.message))));
        }
        let alive = self.done.iter().filter(|one| one.alive).count();
        if alive > 0 {
            let text = format!(
                "the Edge API refused {}, which the server lists as active; check the node's --mode, or use \
                 `keydeck keys revoke`",
                keys(alive)
            );
            return Some(Err(Failure::new(Exit::Failed, text)));
        }
        if count(Outcome::Revoked) + count(Outcome::Already) > 0 {
            return Some(Ok(ExitCode::SUCCESS));
        }
        let nothing = |exit, why: &str| Some(Err(Failure::new(exit, format!("{why}; nothing was revoked"))));
        if count(Outcome::Declined) > 0 {
            return nothing(Exit::Failed, "cancelled");
        }
        if count(Outcome::Refused) > 0 {
            return nothing(Exit::NotFound, "the Edge API knows none of these keys, or they are revoked");
        }
        if count(Outcome::ManagementToken) > 0 {
            return nothing(Exit::Failed, "only management tokens were found");
        }
        None
    }

    /// A row for each key.
    pub(super) fn table(&self, form: Output) -> Table {
        let people = form == Output::Table;
        let mut table = Table::new(if people {
            &["hint", "project", "name", "outcome"]
        } else {
            &["place", "hint", "id", "project", "name", "outcome", "revision", "confirmedBy", "nodes"]
        });
        for one in &self.done {
            let hint = Cell::from(&one.hint);
            let (project, name) = (Cell::or_dash(one.project.as_ref()), Cell::or_dash(one.name.as_ref()));
            if people {
                table.row([hint, project, name, Cell::from(one.outcome.words())]);
                continue;
            }
            let outcome = Cell::from(one.outcome.as_str());
            let id = Cell::or_dash(one.id.as_ref());
            let receipt = one.receipt.as_ref();
            let revision = Cell::or_dash(receipt.map(|receipt| receipt.revision));
            let confirmed = Cell::or_dash(receipt.map(|receipt| receipt.confirmed_by));
            let nodes = Cell::or_dash(receipt.map(|receipt| receipt.nodes));
            let place = Cell::from(&one.place);
            table.row([place, hint, id, project, name, outcome, revision, confirmed, nodes]);
        }
        table
    }
}

async fn one(
    key: &Secret,
    place: &str,
    args: &IdentifyArgs,
    asker: &mut Asker<'_>,
    edges: &mut Option<Vec<String>>,
) -> Result<Revocation, Failure> {
    let mask = key.hint();
    let matches = if key.kind() == Kind::Management { None } else { asker.ask(&mask).await.0 };
    let ours =
        matches.as_deref().and_then(|ours| ours.iter().find(|one| one.status != "revoked").or(ours.first()));
    let mut done = Revocation {
        place: place.to_owned(),
        hint: mask.to_string(),
        outcome: Outcome::Unknown,
        id: ours.map(|ours| ours.id.clone()),
        project: ours.and_then(|ours| ours.project.clone()),
        name: ours.map(|ours| ours.name.clone()),
        receipt: None,
        alive: false,
    };
    if key.kind() == Kind::Management {
        done.outcome = Outcome::ManagementToken;
        return Ok(done);
    }
    match ours {
        Some(ours) if ours.status == "revoked" => {
            done.outcome = Outcome::Already;
            return Ok(done);
        }
        None if matches.is_some() => return Ok(done),
        _ => {}
    }
    let edges = match edges {
        Some(edges) => edges,
        None => edges.insert(addresses(args, asker).await?),
    };
    if !args.yes && !confirm(ours, &done, asker, &edges[0]).await? {
        done.outcome = Outcome::Declined;
        return Ok(done);
    }
    match with_itself(key, edges, asker).await {
        Ok(receipt) => (done.outcome, done.receipt) = (Outcome::Revoked, Some(receipt)),
        Err(error) if error.problem().is_some_and(|problem| problem.code == Code::InvalidApiKey) => {
            done.outcome = Outcome::Refused;
            if ours.is_some() {
                // Another may have been faster.
                let now = asker.look_up(&mask).await?.unwrap_or_default();
                done.alive = now.iter().any(|one| one.status != "revoked");
                done.outcome = if done.alive { Outcome::Refused } else { Outcome::Already };
            }
        }
        Err(ClientError::NotKeydeck { server, answered }) => {
            let text = format!("{server} {answered}; check that it is the address of an Edge API");
            return Err(Failure::new(Exit::Unreachable, text));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(done)
}

async fn confirm(
    ours: Option<&Match>,
    key: &Revocation,
    asker: &Asker<'_>,
    edge: &str,
) -> Result<bool, Failure> {
    let (hint, place) = (&key.hint, &key.place);
    let question = match ours {
        Some(ours) => {
            let project = ours.project.as_deref().unwrap_or("-");
            let server = asker.server.as_deref().unwrap_or(edge);
            let paused = if ours.status == "paused" { "paused; " } else { "" };
            let (name, used) = (&ours.name, &ours.used);
            format!(
                "Revoke {name} in {project} on {server} ({hint}; {paused}{used}; found in {place})? This \
                 cannot be undone."
            )
        }
        None => format!("Revoke {hint} on {edge} (found in {place})? This cannot be undone."),
    };
    blocking(move || prompt::confirm(&question)).await
}

/// The Edge API that was named, or those of the server that can be reached from here without TLS.
async fn addresses(args: &IdentifyArgs, asker: &Asker<'_>) -> Result<Vec<String>, Failure> {
    if let Some(edge) = &args.edge {
        return Ok(vec![edge.clone()]);
    }
    // Nobody knows where else to send it.
    if let (true, Some(failure)) = (asker.given_up, &asker.failed) {
        return Err(failure.clone());
    }
    let none = || {
        let text = "the server reports no Edge API on this machine; pass --edge URL";
        Failure::usage(text)
    };
    let Some(run) = &asker.run else { return Err(none()) };
    // Plain HTTP reaches this machine only.
    let near = run.client.kind() != Via::Remote || run.client.describe().starts_with("http://");
    let session = run.client.session().await?;
    let edges: Vec<String> =
        session.nodes.iter().filter(|node| near && node.live).filter_map(address).collect();
    if edges.is_empty() { Err(none()) } else { Ok(edges) }
}

fn address(node: &Node) -> Option<String> {
    let mut address: SocketAddr = node.edge.as_deref()?.parse().ok()?;
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        ip if !ip.is_loopback() => return None,
        _ => {}
    }
    Some(format!("http://{address}"))
}

/// Revokes a key with itself, at the first address that can be connected to.
async fn with_itself(key: &Secret, edges: &[String], asker: &Asker<'_>) -> Result<Receipt, ClientError> {
    let authorities = asker.settings.and_then(|settings| settings.ca_file.as_ref());
    let mut failed = None;
    for edge in edges {
        let mut transport = Transport::edge(edge, key)?;
        if let Some(file) = authorities.filter(|_| edge.starts_with("https:")) {
            transport = transport.trusting(&file.value)?;
        }
        match Client::new(transport).revoke_itself().await {
            Err(error @ ClientError::Unreachable { .. }) => failed = Some(error),
            answered => return answered,
        }
    }
    Err(failed.expect("at least one address"))
}
