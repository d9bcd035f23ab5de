//! `keydeck projects`.

use super::args::{Output, ProjectsCommand};
use super::exit::{Exit, Failure};
use super::output::{self, Table};
use super::run::Run;
use super::{log, prompt, resolve};
use crate::wire::projects::Project;
use crate::wire::text::inert;

/// Runs it.
///
/// # Errors
/// What went wrong, with its exit code.
pub async fn run(run: &Run, command: &ProjectsCommand) -> Result<(), Failure> {
    match command {
        ProjectsCommand::List { sort, list } => {
            let columns = output::choose(list, run.output, &output::columns::<Project>(), &USUAL)?;
            let page = output::list(run.client.projects_sorted(*sort, None).await?);
            let table = Table::of(&columns, &page.items, |_, _| None);
            output::print_list(run.output, list, &page, &table)
        }
        ProjectsCommand::Create { name } => {
            let project = run.client.create_project(name).await?;
            output::print(run.output, &project, &table(std::slice::from_ref(&project)))
        }
        ProjectsCommand::Rename { project, name } => {
            let id = resolve::project(&run.client, project).await?;
            let project = run.client.rename_project(id, name).await?;
            output::print(run.output, &project, &table(std::slice::from_ref(&project)))
        }
        ProjectsCommand::Delete { project, revoke_keys, yes } => {
            delete(run, project, *revoke_keys, *yes).await
        }
    }
}

async fn delete(run: &Run, project: &str, revoke_keys: bool, yes: bool) -> Result<(), Failure> {
    if !yes {
        prompt::check_terminal()?;
    }
    let project = run.client.project(resolve::project(&run.client, project).await?).await?;
    if !yes {
        let keys = match (project.keys.active, revoke_keys) {
            (0, _) | (_, false) => String::new(),
            (count, true) => format!(" and revoke its {count} active keys"),
        };
        let question = format!("Delete {}{keys} on {}? This cannot be undone.", project.name, run.server);
        if !run.confirm(question).await? {
            return Err(Failure::new(Exit::Failed, "canceled; nothing was deleted"));
        }
    }
    run.client.delete_project(project.id, revoke_keys).await?;
    log::say(&format!("deleted project {}", inert(&project.name)));
    match run.output {
        Output::Json => output::print(run.output, &project, &table(std::slice::from_ref(&project))),
        Output::Table | Output::Csv => Ok(()),
    }
}

/// The columns of a table.
const USUAL: [&str; 8] = ["id", "name", "active", "stale", "revoked", "rules", "liveVersion", "lastUsedAt"];

fn table(projects: &[Project]) -> Table {
    Table::of(&USUAL, projects, |_, _| None)
}
