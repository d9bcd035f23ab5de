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
        TokensCommand::List { list } => {
            let columns = output::choose(list, run.output, &output::columns::<Token>(), &USUAL)?;
            let page = output::list(run.client.tokens_all(None).await?);
            output::print_list(run.output, list, &page, &table(&columns, &page.items))
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
            let table = table(&USUAL, std::slice::from_ref(&revoked.token));
            output::print(run.output, &revoked, &table)
        }
    }
}

/// The columns of a table.
const USUAL: [&str; 7] = ["id", "name", "role", "hint", "createdAt", "createdBy", "revokedAt"];

fn table(columns: &[&'static str], tokens: &[Token]) -> Table {
    Table::of(columns, tokens, |token, name| (name == "revokedAt").then(|| Cell::or_dash(token.revoked_at)))
}
