//! `keydeck rules`.

use std::io::Read;
use std::path::Path;

use serde::Deserialize;

use super::args::{Output, RulesCommand};
use super::command::Run;
use super::exit::{Exit, Failure};
use super::output::{self, Cell, Table};
use super::pick;
use crate::edge::export::{self, Format};
use crate::wire::rules::{self, Row, Rule};

/// The server takes no larger body.
const MAX_BYTES: u64 = 64 << 20;

/// Runs it.
///
/// # Errors
/// What went wrong, with its exit code.
pub async fn run(run: &Run, command: &RulesCommand) -> Result<(), Failure> {
    match command {
        RulesCommand::Import { file, project } => {
            // Read and checked first: a bad file costs no request and changes nothing.
            let rules = read(file)?;
            let project = pick::project(&run.client, project).await?;
            let count = rules.len();
            let page = run.client.put_rules(project, &rules).await?;
            let mut table = Table::new(&["imported"]);
            table.row([Cell::from(count)]);
            output::print(run.output, &page, &table)
        }
        RulesCommand::Deploy { project } => {
            let project = pick::project(&run.client, project).await?;
            let deployment = run.client.deploy(project).await?;
            let mut table = Table::new(&["version", "createdAt", "createdBy", "rules", "shadowed"]);
            table.row([
                Cell::from(&deployment.version),
                Cell::from(&deployment.created_at),
                Cell::from(&deployment.created_by),
                Cell::from(&deployment.rules),
                Cell::from(deployment.shadowed.len()),
            ]);
            for shadowed in &deployment.shadowed {
                output::say(&format!(
                    "left out: {} can never be reached, {} covers it",
                    shadowed.source, shadowed.covered_by
                ));
            }
            output::print(run.output, &deployment, &table)
        }
        RulesCommand::Export { project, format, version } => export(run, project, *format, *version).await,
        RulesCommand::Show { project } => {
            let project = pick::project(&run.client, project).await?;
            // As one CSV: the server reads the draft whole, whatever is put meanwhile.
            let csv = run.client.rules_csv(project).await?;
            let rules = rules::from_csv(csv.as_bytes())
                .map_err(|error| Failure::new(Exit::Failed, format!("the server's draft: {error}")))?;
            let page = pick::page(rules, None);
            output::print(run.output, &page, &table(&page.items))
        }
    }
}

/// The same text that the Edge API exports, or as JSON the deployment with its rules.
async fn export(run: &Run, project: &str, format: Format, version: Option<u32>) -> Result<(), Failure> {
    let project = pick::project(&run.client, project).await?;
    let newest = match version {
        Some(version) => Some(version),
        None => run.client.project(project).await?.live_version,
    };
    let version = newest.ok_or_else(|| {
        Failure::new(Exit::NotFound, "nothing is published yet; `keydeck rules deploy` publishes the draft")
    })?;
    let deployed = run.client.deployment(project, version).await?;
    match run.output {
        Output::Json => output::print(run.output, &deployed, &table(&deployed.items)),
        Output::Table | Output::Csv => output::write(export::text(format, &deployed.items).as_bytes()),
    }
}

fn table(rules: &[Rule]) -> Table {
    let mut table = Table::new(&["source", "destination", "status", "match", "priority"]);
    for rule in rules {
        table.row([
            Cell::from(&rule.source),
            Cell::from(&rule.destination),
            Cell::from(&rule.status),
            Cell::from(rule.matching.as_str()),
            Cell::from(&rule.priority),
        ]);
    }
    table
}

fn read(file: &Path) -> Result<Vec<Rule>, Failure> {
    let name = if file == Path::new("-") { "standard input".into() } else { file.display().to_string() };
    let bad = |text: String| Failure::new(Exit::Failed, format!("{name}: {text}; nothing was changed"));
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| bad(format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(bad("is larger than 64 MiB".to_owned()));
    }
    let rules = match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => return Err(bad("is empty; a file with the header alone removes all rules".to_owned())),
        Some(b'[' | b'{') => from_json(&bytes).map_err(|error| bad(error.to_string()))?,
        Some(_) => rules::from_csv(&bytes).map_err(|error| bad(error.to_string()))?,
    };
    rules::check(&rules).map_err(|error| bad(error.to_string()))?;
    Ok(rules)
}

/// An array of rules, or what `rules show --output json` prints.
fn from_json(bytes: &[u8]) -> serde_json::Result<Vec<Rule>> {
    #[derive(Deserialize)]
    struct Wrapped {
        items: Vec<Row>,
    }
    let array = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let rows: Vec<Row> =
        if array { serde_json::from_slice(bytes)? } else { serde_json::from_slice::<Wrapped>(bytes)?.items };
    Ok(rows.into_iter().map(|Row(rule)| rule).collect())
}
