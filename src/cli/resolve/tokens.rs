//! Management tokens by id, name or masked form.

use super::keys::hint;
use super::missing::missing;
use super::{day, prefer, several};
use crate::cli::exit::Failure;
use crate::client::Client;
use crate::secret::Kind;
use crate::wire::id::TokenId;
use crate::wire::text::fold;
use crate::wire::tokens::Token;

/// The token with this id, name or masked form, of several the one that is not revoked. The token itself only
/// where it was found by its name, which another one may have had before.
///
/// # Errors
/// Exit 4 when there is none, exit 5 when several fit, exit 2 when the text can be none of these.
pub async fn token(client: &Client, text: &str) -> Result<(TokenId, Option<Token>), Failure> {
    let text = text.trim();
    match text.parse::<TokenId>() {
        Ok(id) => return Ok((id, None)),
        Err(error) if text.starts_with(TokenId::PREFIX) => return Err(Failure::usage(error.to_string())),
        Err(_) => {}
    }
    let masked = hint(text);
    if masked.is_some_and(|hint| hint.kind() != Kind::Management) {
        return Err(Failure::usage("this is an API key; see `keydeck keys revoke`"));
    }
    let all = client.tokens_all(None).await?;
    let matches = |token: &&Token| match &masked {
        Some(hint) => token.hint == hint.to_string(),
        None => fold(&token.name) == fold(text),
    };
    let mut found: Vec<&Token> = all.iter().filter(matches).collect();
    prefer(&mut found, |token| token.revoked_at.is_none());
    prefer(&mut found, |token| token.name == text);
    match found[..] {
        [] => Err(missing("token", text, all.into_iter().map(|token| token.name))),
        [token] => Ok((token.id, masked.is_none().then(|| token.clone()))),
        _ => Err(several("tokens", text, &found.into_iter().map(described).collect::<Vec<_>>())),
    }
}

/// `tok_… (redir_mgmt_AbCd****...****KEgY, revoked 2026-11-30)`.
pub(super) fn described(token: &Token) -> String {
    let state = token.revoked_at.map_or_else(|| "active".to_owned(), |at| format!("revoked {}", day(at)));
    format!("{} ({}, {state})", token.id, token.hint)
}
