//! Management tokens.

use serde::Deserialize;

use super::Client;
use super::call::{Answer, Call};
use super::error::ClientError;
use super::pages::gather;
use super::repeat::{First, IdempotencyKeys, Made, left};
use crate::secret::Secret;
use crate::wire::id::TokenId;
use crate::wire::page::{Page, PageQuery};
use crate::wire::paths;
use crate::wire::tokens::{CreatedToken, NewToken, RevokedToken, Role, Token};

impl Client {
    /// A page of tokens, by creation; revoked ones too.
    pub async fn tokens(&self, query: &PageQuery) -> Result<Page<Token>, ClientError> {
        self.call(Call::get(paths::TOKENS).query(query)).await?.json()
    }

    /// All tokens, page by page, at most `limit`.
    pub async fn tokens_all(&self, limit: Option<usize>) -> Result<Vec<Token>, ClientError> {
        gather(self.watch.as_ref(), limit, |page| async move { self.tokens(&page).await })
            .await
            .map(|page| page.items)
    }

    /// Makes a token. Its secret is in this answer and in no other. One whose answer was lost is revoked, and
    /// another is made: [`Client::make_token`] says so.
    pub async fn create_token(&self, name: &str, role: Role) -> Result<CreatedToken, ClientError> {
        self.make_token(name, role).await.map(|made| made.made)
    }

    /// The same, with what people should know.
    pub async fn make_token(&self, name: &str, role: Role) -> Result<Made<CreatedToken>, ClientError> {
        let body = NewToken { name: name.to_owned(), role };
        let (call, keys) = (Call::post(paths::TOKENS).json(&body), IdempotencyKeys::generate());
        let (unseen, lost) = match self.first(&call, &keys).await? {
            First::Made(answer) => return Ok(Made { made: created(&answer)?, notice: None }),
            First::Unseen(answer, lost) => (answer.json::<Unseen>()?.token, lost),
        };
        let unseen_token = format!("the token {}", unseen.hint);
        if let Err(refused) = self.revoke_token(unseen.id).await {
            return Err(left(&unseen_token, lost, &refused));
        }
        let (answer, notice) = self.another(&call, &keys, &unseen_token).await?;
        Ok(Made { made: created(&answer)?, notice: Some(notice) })
    }

    /// Revokes a token for ever. When this answers, no server accepts it any more.
    pub async fn revoke_token(&self, id: TokenId) -> Result<RevokedToken, ClientError> {
        self.call(Call::post(paths::token_revoke(id))).await?.json()
    }
}

fn created(answer: &Answer) -> Result<CreatedToken, ClientError> {
    // Borrowed from memory that is wiped, so that no copy of the secret is left behind.
    let created: Created<'_> = answer.parsed()?;
    let secret = Secret::parse(created.secret).map_err(|_| answer.not_keydeck())?;
    Ok(CreatedToken { token: created.token, secret })
}

#[derive(Deserialize)]
struct Unseen {
    token: Token,
}

#[derive(Deserialize)]
struct Created<'a> {
    token: Token,
    secret: &'a str,
}
