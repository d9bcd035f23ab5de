//! `keydeck rules`.

use std::path::Path;

use super::args::{Output, RulesCommand};
use super::exit::{Exit, Failure};
use super::output::{self, Cell, Table};
use super::run::Run;
use super::{log, resolve};
use crate::client::ClientError;
use crate::edge::export::{self, Format};
use crate::files;
use crate::wire::rules::{self, BadRule, Draft, Form, Rule, Unreadable, Warning};

/// The server takes no larger body.
const MAX_BYTES: u64 = 64 << 20;
/// The most warnings that are said on standard error.
const SHOWN: usize = 100;

/// Runs it.
///
/// # Errors
/// What went wrong, with its exit code.
pub async fn run(run: &Run, command: &RulesCommand) -> Result<(), Failure> {
    match command {
        RulesCommand::Import { file, project, strict } => import(run, file, project, *strict).await,
        RulesCommand::Deploy { project: project_name, strict } => {
            let project = resolve::project(&run.client, project_name).await?;
            let answer = run.client.deploy(project, *strict).await;
            let new = answer.map_err(|error| refused(error, "the draft", &[]))?;
            warn(run.output, "the draft", &new.warnings, new.warning_count);
            let deployment = &new.deployment;
            if deployment.rules == 0 && run.output != Output::Json {
                log::say(&format!(
                    "warning: version {} has no rules: every lookup in {project_name} is answered 204 (no match)",
                    deployment.version
                ));
            }
            let mut table = Table::new(&["version", "createdAt", "createdBy", "rules", "shadowed"]);
            table.row([
                Cell::from(&deployment.version),
                Cell::from(&deployment.created_at),
                Cell::from(&deployment.created_by),
                Cell::from(&deployment.rules),
                Cell::from(deployment.shadowed.len()),
            ]);
            for shadowed in &deployment.shadowed {
                log::say(&format!(
                    "skipped: {} is unreachable because {} covers it",
                    shadowed.source, shadowed.covered_by
                ));
            }
            output::print(run.output, &new, &table)
        }
        RulesCommand::Export { project, format, version } => export(run, project, *format, *version).await,
        RulesCommand::Show { project } => {
            let project = resolve::project(&run.client, project).await?;
            // As one CSV: the server reads the draft whole, whatever is put meanwhile.
            let csv = run.client.rules_csv(project).await?;
            let rules = rules::from_csv(csv.as_bytes())
                .map_err(|error| Failure::new(Exit::Failed, format!("cannot read the draft: {error}")))?;
            let page = output::list(rules);
            if page.items.is_empty() {
                run.advise(
                    "no rules in the draft; import some with: keydeck rules import FILE --project PROJECT",
                );
            }
            output::print(run.output, &page, &table(&page.items))
        }
    }
}

/// The same text that the Edge API exports, or as JSON the deployment with its rules.
async fn export(run: &Run, project: &str, format: Format, version: Option<u32>) -> Result<(), Failure> {
    let project = resolve::project(&run.client, project).await?;
    let newest = match version {
        Some(version) => Some(version),
        None => run.client.project(project).await?.live_version,
    };
    let version = newest.ok_or_else(|| {
        Failure::new(Exit::NotFound, "no deployment yet; deploy the draft with `keydeck rules deploy`")
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

async fn import(run: &Run, file: &Path, project: &str, strict: bool) -> Result<(), Failure> {
    let name = if file == Path::new("-") { "standard input".into() } else { file.display().to_string() };
    // Read and checked first: a bad file costs no request and changes nothing.
    let Draft { rules, lines, skipped } = read(file, &name)?;
    for skipped in &skipped {
        log::say(&format!("{name}: {}", skipped.text));
    }
    let project = resolve::project(&run.client, project).await?;
    let count = rules.len();
    let answer = run.client.put_rules(project, &rules, strict).await;
    let mut put = answer.map_err(|error| refused(error, &name, &lines))?;
    // The server was sent the rules and not the file.
    set_lines(&mut put.warnings, &lines);
    put.skipped = skipped;
    warn(run.output, &name, &put.warnings, put.warning_count);
    if run.output == Output::Table {
        let rules = if count == 1 { "rule" } else { "rules" };
        return output::write(format!("Imported {count} {rules}\n").as_bytes());
    }
    let mut table = Table::new(&["imported"]);
    table.row([Cell::from(count)]);
    output::print(run.output, &put, &table)
}

fn set_lines(warnings: &mut [Warning], lines: &[u64]) {
    for warning in warnings {
        let at = usize::try_from(warning.rule).ok().and_then(|rule| rule.checked_sub(1));
        warning.line = at.and_then(|at| lines.get(at)).copied();
    }
}

/// Says the warnings on standard error, unless they are in the data.
fn warn(form: Output, name: &str, warnings: &[Warning], count: u64) {
    if form != Output::Json {
        say_warnings(name, warnings, count);
    }
}

fn say_warnings(name: &str, warnings: &[Warning], count: u64) {
    let shown = &warnings[..warnings.len().min(SHOWN)];
    for warning in shown {
        log::say(&format!("warning: {name}: {warning}"));
    }
    if let more @ 1.. = count.saturating_sub(shown.len() as u64) {
        log::say(&format!("warning: {name}: {more} more; see all with --output json"));
    }
}

/// What a server refused: each error and warning on a line of its own.
fn refused(error: ClientError, name: &str, lines: &[u64]) -> Failure {
    let ClientError::Refused { mut problem, status } = error else { return error.into() };
    if !problem.warnings.is_empty() {
        set_lines(&mut problem.warnings, lines);
        let count = problem.warnings.len();
        say_warnings(name, &problem.warnings, count as u64);
        return changed_nothing(name, count, "warning", " (--strict)");
    }
    if problem.errors.len() > 1 {
        say_errors(name, &problem.errors);
        return changed_nothing(name, problem.errors.len(), "error", "");
    }
    ClientError::Refused { problem, status }.into()
}

fn say_errors(name: &str, errors: &[BadRule]) {
    for bad in errors {
        log::say(&format!("{name}: {bad}"));
    }
}

fn changed_nothing(name: &str, count: usize, what: &str, why: &str) -> Failure {
    let plural = if count == 1 { "" } else { "s" };
    Failure::new(Exit::Failed, format!("{name}: {count} {what}{plural}; nothing was changed{why}"))
}

fn read(file: &Path, name: &str) -> Result<Draft, Failure> {
    let bad = |text: String| Failure::new(Exit::Failed, format!("{text}; nothing was changed"));
    let bytes = if file == Path::new("-") {
        files::read_all(std::io::stdin().lock(), MAX_BYTES)
    } else {
        files::read(file, MAX_BYTES)
    };
    let bytes = bytes.map_err(|error| bad(format!("{name}: {error}")))?;
    if bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes).trim_ascii().is_empty() {
        return Err(bad(format!(
            "{name}: the file is empty; to remove all rules, pass a file with only the \
             header"
        )));
    }
    rules::read(&bytes, Form::Any).map_err(|error| match error {
        Unreadable::Rules(errors) if errors.total > 1 => {
            say_errors(name, &errors.errors);
            let more = match errors.unlisted() {
                0 => String::new(),
                _ => format!(" (showing the first {})", errors.errors.len()),
            };
            changed_nothing(name, errors.total, "error", &more)
        }
        Unreadable::File(_) | Unreadable::NoList => bad(format!("{name} {error}")),
        error => bad(format!("{name}: {error}")),
    })
}
