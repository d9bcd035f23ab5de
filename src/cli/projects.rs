//! `keydeck projects`.

use super::args::{Output, ProjectsCommand};
use super::exit::{Exit, Failure};
use super::key_tables::confirmed_words;
use super::output::{self, Table};
use super::run::Run;
use super::{log, prompt, repeated, resolve};
use crate::wire::audit::{Action, EventQuery};
use crate::wire::id::ProjectId;
use crate::wire::keys::Receipt;
use crate::wire::projects::Project;
use crate::wire::text::{inert, number};

/// Runs it.
///
/// # Errors
/// What went wrong, with its exit code.
pub async fn run(run: &Run, command: &ProjectsCommand) -> Result<(), Failure> {
    match command {
        ProjectsCommand::List { sort, list } => {
            let columns = output::choose(list, run.output, &output::columns::<Project>(), &USUAL)?;
            let page = output::list(run.client.projects_sorted(*sort, None).await?);
            if page.items.is_empty() {
                run.advise("no projects; create one with: keydeck projects create NAME");
            }
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
    let by_id = project.parse::<ProjectId>().is_ok();
    let project = run.client.project(resolve::project(&run.client, project).await?).await?;
    if !by_id {
        check_name(run, &project, !yes).await?;
    }
    if !yes {
        let keys = match project.keys.active {
            0 => String::new(),
            1 => "1 active key".to_owned(),
            count => format!("{count} active keys"),
        };
        // The answer is known before the question.
        if !revoke_keys && !keys.is_empty() {
            let text = format!("the project has {keys}; pass --revoke-keys to revoke them too");
            return Err(Failure::new(Exit::Conflict, text));
        }
        let keys = if keys.is_empty() { keys } else { format!(" and revoke its {keys}") };
        let question = format!("Delete {}{keys} on {}? This cannot be undone.", project.name, run.server);
        if !run.confirm(question).await? {
            return Err(Failure::new(Exit::Failed, "cancelled; nothing was deleted"));
        }
    }
    let receipt = run.client.delete_project(project.id, revoke_keys).await?;
    let revoked = if revoke_keys { revoked_words(run, project.id, receipt.as_ref()).await } else { None };
    log::say(&format!("deleted project {}{}", inert(&project.name), revoked.unwrap_or_default()));
    match run.output {
        Output::Json => output::print(run.output, &project, &table(std::slice::from_ref(&project))),
        Output::Table | Output::Csv => Ok(()),
    }
}

/// How many keys were revoked with a project, and which nodes have confirmed it; nothing where there were none. The project
/// is deleted: words that cannot be found are no failure.
async fn revoked_words(run: &Run, project: ProjectId, receipt: Option<&Receipt>) -> Option<String> {
    let action = Some(Action::ProjectArchived);
    let query = EventQuery { project: Some(project), action, ..EventQuery::default() };
    let event = run.client.audit_events_all(&query, Some(1)).await.ok()?.pop()?;
    let count = event.detail.get("revokedKeys")?.as_u64()?;
    let keys = match count {
        0 => return None,
        1 => "1 key".to_owned(),
        count => format!("{} keys", number(count)),
    };
    let confirmed = receipt.map(|receipt| format!(": {}", confirmed_words(run, receipt)));
    Some(format!(" and revoked {keys}{}", confirmed.unwrap_or_default()))
}

/// Refuses a name if another project of that name was deleted a moment ago: a command that is repeated because its answer
/// was lost must not delete the project that was created since.
async fn check_name(run: &Run, project: &Project, asks: bool) -> Result<(), Failure> {
    let Some(before) = repeated::of_name(run, Action::ProjectArchived, &project.name).await? else {
        return Ok(());
    };
    let Some(id) = before.project.filter(|id| *id != project.id) else { return Ok(()) };
    let what = format!(
        "project {} was deleted at {} by {} ({id}); the project that has this name now is {} (created {})",
        project.name, before.at, before.actor, project.id, project.created_at
    );
    let keys = if project.keys.active > 0 { " --revoke-keys" } else { "" };
    // Used only if the command does not ask for confirmation.
    let instead = format!(
        "nothing was deleted; to delete the newer one: keydeck projects delete {}{keys} --yes",
        project.id
    );
    repeated::refuse(asks, &what, &instead)
}

/// The columns of a table.
const USUAL: [&str; 8] = ["id", "name", "active", "stale", "revoked", "rules", "liveVersion", "lastUsedAt"];

fn table(projects: &[Project]) -> Table {
    Table::of(&USUAL, projects, |_, _| None)
}
