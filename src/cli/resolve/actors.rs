//! Who did something: an actor of the audit log.

use super::tokens::described;
use crate::cli::exit::{Exit, Failure};
use crate::cli::log;
use crate::client::{Client, ClientError};
use crate::secret::{Kind, MaskedKey};
use crate::wire::id::TokenId;
use crate::wire::text::fold;
use crate::wire::tokens::Token;

/// The actor of a query for audit events. Where several tokens had the name, says which.
///
/// # Errors
/// Exit 2 when the text can be no actor, exit 4 when there is no such token, as far as the caller may know.
pub async fn actor(client: &Client, text: &str) -> Result<String, Failure> {
    let text = text.trim();
    let is_hint = text.parse::<MaskedKey>().is_ok_and(|hint| hint.kind() == Kind::Management);
    if text.parse::<TokenId>().is_ok() || is_hint {
        if let Some(tokens) = tokens(client).await?
            && !tokens.iter().any(|token| token.id.to_string() == text || token.hint == text)
        {
            return Err(Failure::new(
                Exit::NotFound,
                "token not found; list tokens with `keydeck tokens \
                 list`",
            ));
        }
        return Ok(text.to_owned());
    }
    if let Some(name) = text.strip_prefix("token:") {
        let named: Vec<Token> = tokens(client)
            .await?
            .into_iter()
            .flatten()
            .filter(|token| fold(&token.name) == fold(name.trim()))
            .collect();
        if named.len() > 1 {
            let all: Vec<String> = named.iter().map(described).collect();
            log::say(&format!(
                "the name {name} matches {} tokens: {}; pass an id to --actor",
                all.len(),
                all.join(", ")
            ));
        }
        return Ok(text.to_owned());
    }
    if text.starts_with("local:") || text.starts_with("key:") {
        return Ok(text.to_owned());
    }
    Err(Failure::usage(
        "invalid --actor; expected local:USER, token:NAME, key:MASKED-KEY, or the id or masked form of a \
         management token (for a part of a name, use --filter by:NAME)",
    ))
}

/// All tokens; none where the caller may not list them.
async fn tokens(client: &Client) -> Result<Option<Vec<Token>>, Failure> {
    match client.tokens_all(None).await {
        Ok(tokens) => Ok(Some(tokens)),
        Err(ClientError::Refused { status: 403, .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
