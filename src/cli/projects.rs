//! `keydeck projects`.

use super::args::ProjectsCommand;
use super::command::Run;
use super::exit::Failure;
use super::output::{self, Cell, Table};
use super::pick;
use crate::wire::projects::Project;

/// Runs it.
///
/// # Errors
/// What went wrong, with its exit code.
pub async fn run(run: &Run, command: &ProjectsCommand) -> Result<(), Failure> {
    match command {
        ProjectsCommand::List => {
            let page = pick::page(run.client.projects_all(None).await?, None);
            output::print(run.output, &page, &table(&page.items))
        }
        ProjectsCommand::Create { name } => {
            let project = run.client.create_project(name).await?;
            output::print(run.output, &project, &table(std::slice::from_ref(&project)))
        }
        ProjectsCommand::Rename { project, name } => {
            let id = pick::project(&run.client, project).await?;
            let project = run.client.rename_project(id, name).await?;
            output::print(run.output, &project, &table(std::slice::from_ref(&project)))
        }
    }
}

fn table(projects: &[Project]) -> Table {
    let mut table =
        Table::new(&["id", "name", "active", "stale", "revoked", "rules", "liveVersion", "lastUsedAt"]);
    for project in projects {
        table.row([
            Cell::from(&project.id),
            Cell::from(&project.name),
            Cell::from(&project.keys.active),
            Cell::from(&project.keys.stale),
            Cell::from(&project.keys.revoked),
            Cell::from(&project.rules),
            Cell::or_dash(project.live_version),
            Cell::or_never(project.last_used_at),
        ]);
    }
    table
}
