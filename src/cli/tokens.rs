//! `keydeck tokens`.

use std::io::IsTerminal as _;

use super::args::{Output, TokensCommand};
use super::exit::{Exit, Failure};
use super::output::{self, Cell, Table};
use super::run::Run;
use super::{log, repeated, resolve};
use crate::client::Made;
use crate::wire::audit::Action;
use crate::wire::id::TokenId;
use crate::wire::text::sentence;
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
            if page.items.is_empty() {
                run.advise("no management tokens; create one with: keydeck tokens create NAME --role admin");
            }
            output::print_list(run.output, list, &page, &table(run, &columns, &page.items))
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
        TokensCommand::Revoke { token, yes } => {
            let (id, named) = resolve::token(&run.client, token).await?;
            if let Some(token) = &named {
                check_name(run, token).await?;
            }
            if !yes {
                confirm_own(run, id).await?;
            }
            let revoked = run.client.revoke_token(id).await?;
            let table = table(run, &USUAL, std::slice::from_ref(&revoked.token));
            output::print(run.output, &revoked, &table)
        }
    }
}

/// Refuses a name if another token of that name was revoked a moment ago: a repeated command must not revoke the token
/// that was created since.
async fn check_name(run: &Run, token: &Token) -> Result<(), Failure> {
    if token.revoked_at.is_some() {
        return Ok(());
    }
    let Some(before) = repeated::of_name(run, Action::TokenRevoked, &token.name).await? else {
        return Ok(());
    };
    let Some(other) = before.detail_text("token").filter(|other| *other != token.id.to_string()) else {
        return Ok(());
    };
    let what = format!(
        "token {} was revoked at {} by {} ({other}); the token that has this name now is {} (created {})",
        token.name, before.at, before.actor, token.id, token.created_at
    );
    let instead = format!("nothing was revoked; to revoke the newer one: keydeck tokens revoke {}", token.id);
    repeated::refuse(false, &what, &instead)
}

/// Whoever revokes the token that this command uses ends his own access: that is asked for by its name.
async fn confirm_own(run: &Run, id: TokenId) -> Result<(), Failure> {
    if run.client.token().is_none() {
        return Ok(());
    }
    let tokens = run.client.tokens_all(None).await?;
    let Some(own) = tokens.into_iter().find(|token| token.id == id && is_own(run, token)) else {
        return Ok(());
    };
    let lost = format!("{} is the token in use; without it you have no access to {}", own.name, run.server);
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage(format!("{lost}; pass --yes to revoke it")));
    }
    let question = format!("{}. Type {} to revoke it:", sentence(&lost).trim_end_matches('.'), own.name);
    if run.confirm_word(question, own.name).await? {
        return Ok(());
    }
    Err(Failure::new(Exit::Failed, "cancelled; nothing was revoked"))
}

/// Whether this is the token that the command itself uses.
fn is_own(run: &Run, token: &Token) -> bool {
    token.revoked_at.is_none() && run.client.token().is_some_and(|own| own.to_string() == token.hint)
}

/// The columns of a table.
const USUAL: [&str; 7] = ["id", "name", "role", "hint", "createdAt", "createdBy", "revokedAt"];

fn table(run: &Run, columns: &[&'static str], tokens: &[Token]) -> Table {
    Table::of(columns, tokens, |token, name| match name {
        "revokedAt" => Some(Cell::or_dash(token.revoked_at)),
        // Programs read names alone.
        "name" if run.output == Output::Table && is_own(run, token) => {
            Some(Cell::from(format!("{} (in use here)", token.name)))
        }
        _ => None,
    })
}
