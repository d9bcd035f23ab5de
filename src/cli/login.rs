//! `keydeck login`: a token is asked for, tried, and stored; a context of the configuration says where it is for.

use std::path::Path;

use super::args::{LoginArgs, Output};
use super::exit::{Exit, Failure};
use super::runtime::blocking;
use super::vault::{Kept, Vault};
use super::{log, output, prompt};
use crate::client::{Client, Transport};
use crate::config::context::Place;
use crate::config::edit::{self, Change};
use crate::config::{Settings, context, management_token};
use crate::secret;
use crate::wire::text;

/// Runs it.
///
/// # Errors
/// What went wrong, with its exit code; what is stored is as it was then.
pub async fn run(settings: &Settings, args: &LoginArgs, form: Output) -> Result<(), Failure> {
    // What can be known to be wrong is said before anybody types a token.
    let url = address(&args.url)?;
    let name = match &args.name {
        Some(name) => name.clone(),
        None => of_host(&url),
    };
    context::check_name(&name).map_err(|reason| Failure::usage(format!("--name {name}: {reason}")))?;
    let ca_file = args.ca_file.as_deref().map(std::path::absolute).transpose();
    let ca_file = ca_file.map_err(|error| Failure::usage(format!("--ca-file: {error}")))?;

    let question = format!("Management token for {url} (redir_mgmt_…):");
    let typed = blocking(move || prompt::ask(&question)).await?;
    if typed.is_empty() {
        return Err(Failure::usage(
            "no token; enter it when prompted, or pass it on standard input (keydeck login URL < FILE)",
        ));
    }
    let token = management_token(&typed).map_err(Failure::usage)?;
    let known = settings.contexts.iter().find(|context| context.name == name);
    let trusted = ca_file.clone().or_else(|| known.and_then(|known| known.ca_file.clone()));
    let trusted = trusted.or_else(|| settings.general_ca_file().map(Path::to_owned));
    let mut transport = Transport::remote(&url, &token)?;
    if let Some(file) = &trusted {
        let file = file.clone();
        transport = blocking(move || Ok(transport.trusting(&file)?)).await?;
    }
    let session = Client::new(transport).session().await.map_err(|error| refused(error.into()))?;

    let vault = Vault::named(settings, &name, &url);
    let old = known.and_then(|known| Vault::of(settings, known));
    let before = match &old {
        // One that cannot be read is no loss.
        Some(old) => old.read().await.unwrap_or(None).map(|found| (old, found)),
        None => None,
    };
    let kept = vault.store(token, args.in_file).await?;
    let add = Change::Add { name: &name, server: &url, ca_file: ca_file.as_deref() };
    if let Err(error) = edit::change(&settings.file, &[add, Change::Use(&name)]) {
        // The context is as it was, and so is its token.
        let removed = vault.remove().await;
        if let Some((old, (token, kept))) = before {
            old.store(token, kept != Kept::Keyring).await?;
        }
        removed?;
        return Err(error.into());
    }
    // From now on nobody finds the token of the context's earlier server any more.
    if let Some(old) = old.filter(|old| *old != vault) {
        old.remove_from_keyring().await?;
    }
    log::say(&format!(
        "logged in to {url} as {} ({}); token saved in {kept}",
        session.principal,
        session.role.as_str()
    ));
    if let Some(file) = known.and_then(|known| known.token_file.as_ref()) {
        log::say(&format!(
            "the context has a token_file, {}, which takes precedence; remove it from the configuration",
            file.display()
        ));
    }
    if let Some(known) = known {
        let was = match &known.place {
            Place::Server(server) if *server != url => format!(" (was {server})"),
            _ => String::new(),
        };
        log::say(&format!("replaced the context {name}{was} and its token"));
    }
    log::say(&format!("switched to context {name}; list contexts with `keydeck contexts list`"));
    if form == Output::Json {
        let json = serde_json::json!({ "name": name, "server": url }).to_string();
        return output::write(format!("{}\n", text::inert_json(&json)).as_bytes());
    }
    Ok(())
}

/// The address without what does not belong to it, in one form.
fn address(url: &str) -> Result<String, Failure> {
    if secret::find(url).is_some() {
        return Err(Failure::usage("the URL contains a whole key; pass only the server's address"));
    }
    let url = if url.contains("://") { url.to_owned() } else { format!("https://{url}") };
    Ok(Transport::check(&url)?)
}

/// A context's name for a server: its host, and its port where it is written.
fn of_host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or(rest);
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    host.trim_matches(['[', ']']).chars().map(plain).collect()
}

fn refused(failure: Failure) -> Failure {
    match failure.exit {
        Exit::Denied => {
            Failure::new(Exit::Denied, format!("the server rejected the token: {}", failure.message))
        }
        _ => failure,
    }
}
