//! `keydeck tokens`.

use super::args::TokensCommand;
use super::exit::Failure;
use super::log;
use super::output::{self, Cell, Table};
use super::run::Run;
use crate::client::Made;
use crate::wire::tokens::Token;

/// Runs it.
///
/// # Errors
/// What went wrong, with its exit code.
pub async fn run(run: &Run, command: &TokensCommand) -> Result<(), Failure> {
    match command {
        TokensCommand::List => {
            let page = output::list(run.client.tokens_all(None).await?);
            output::print(run.output, &page, &table(&page.items))
        }
        TokensCommand::Create { name, role } => {
            let Made { made, notice } = run.client.make_token(name, *role).await?;
            if let Some(notice) = notice {
                log::say(&notice);
            }
            let token = made.token;
            let about = vec![
                ("name", token.name.clone()),
                ("role", token.role.as_str().to_owned()),
                ("server", run.server.clone()),
                ("id", token.id.to_string()),
            ];
            let created = format!("{} ({}) on {}: {}", token.name, token.role.as_str(), run.server, token.id);
            run.hand_out("token", token, about, created, made.secret).await
        }
        TokensCommand::Revoke { id } => {
            let revoked = run.client.revoke_token(*id).await?;
            let table = table(std::slice::from_ref(&revoked.token));
            output::print(run.output, &revoked, &table)
        }
    }
}

fn table(tokens: &[Token]) -> Table {
    let mut table = Table::new(&["id", "name", "role", "hint", "createdAt", "createdBy", "revokedAt"]);
    for token in tokens {
        table.row([
            Cell::from(&token.id),
            Cell::from(&token.name),
            Cell::from(token.role.as_str()),
            Cell::from(&token.hint),
            Cell::from(&token.created_at),
            Cell::from(&token.created_by),
            Cell::or_dash(token.revoked_at),
        ]);
    }
    table
}
