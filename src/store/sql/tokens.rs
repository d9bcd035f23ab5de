//! Management tokens.

use async_trait::async_trait;
use serde_json::json;
use sqlx::any::AnyRow;

use super::SqlStore;
use super::fail::{fail, is_taken};
use super::page::{Place, Value, limit, page};
use super::refold::Alike;
use super::statement::{Columns as _, Sql, damaged};
use crate::secret::{ALGORITHM_SHA256, Hash, Kind, MaskedKey};
use crate::store::{By, Result, StoreError, TokenRecord, Tokens, Written};
use crate::wire::audit::Action;
use crate::wire::id::TokenId;
use crate::wire::page::{EXACT_TOTAL, Page, PageQuery};
use crate::wire::text::fold;
use crate::wire::tokens::{Role, Token};
use crate::wire::word::Word;

const COLUMNS: &str =
    "id, name, role, handle, last4, created_at, created_by, revoked_at, revoked_by, changed_seq";

impl SqlStore {
    /// Revokes a token in a restored database, where it was revoked before: also the last one of an admin, which
    /// would let in who was shut out. Answers whether it was there and active.
    pub(super) async fn revoke_token_again(&self, by: &By, id: TokenId, reason: &str) -> Result<bool> {
        match self.revoke_token_once(by, id, Some(reason)).await {
            Ok((_, changed)) => Ok(changed),
            Err(StoreError::NotFound(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Answers whether anything was changed. With a reason it is done again.
    async fn revoke_token_once(
        &self,
        by: &By,
        id: TokenId,
        again: Option<&str>,
    ) -> Result<(Written<Token>, bool)> {
        let mut write = self.begin_revocation(by).await?;
        let mut sql = Sql::new("select ");
        sql.push(COLUMNS).push(" from tokens where id = ").arg(id.to_string());
        let rows = sql.rows(write.db()).await?;
        let row = rows.first().ok_or(StoreError::NotFound("token"))?;
        let mut token = decode(row)?;
        if token.revoked_at.is_some() {
            return Ok((write.unchanged(token, row.count("changed_seq")?).await?, false));
        }
        if token.role == Role::Admin && again.is_none() {
            let mut admins = Sql::new("select count(*) from tokens where revoked_at = 0 and role = ");
            admins.arg(role_number(Role::Admin));
            if admins.number(write.db()).await? < 2 {
                return Err(StoreError::LastAdmin);
            }
        }
        let seq = write.seq();
        sqlx::query("update tokens set revoked_at = $1, revoked_by = $2, changed_seq = $3 where id = $4")
            .bind(by.now.millis())
            .bind(by.actor.as_str())
            .bind(seq)
            .bind(id.to_string())
            .execute(write.db())
            .await
            .map_err(fail)?;
        token.revoked_at = Some(by.now);
        token.revoked_by = Some(by.actor.clone());
        let mut detail = json!({ "token": id, "name": token.name, "hint": token.hint });
        if let Some(reason) = again {
            detail["reason"] = json!(reason);
        }
        write.append(Action::TokenRevoked, None, None, detail).await?;
        Ok((write.commit(token).await?, true))
    }
}

#[async_trait]
impl Tokens for SqlStore {
    async fn create_token(
        &self,
        by: &By,
        name: &str,
        role: Role,
        hint: MaskedKey,
        hash: &Hash,
    ) -> Result<Written<Token>> {
        let taken =
            |existing: String| StoreError::NameTaken { noun: "token", name: name.to_owned(), existing };
        let (taken, hint) = (&taken, &hint);
        self.retried(|| async move {
            let mut write = self.begin(by).await?;
            write.first_time().await?;
            let mut others = Sql::new("select name from tokens where revoked_at = 0 and ");
            Alike::of(name).push(&mut others);
            if let Some(other) = others.rows(write.db()).await?.first() {
                return Err(taken(other.text("name")?));
            }
            let id = TokenId::generate();
            let seq = write.seq();
            sqlx::query(
                "insert into tokens (id, name, folded, role, handle, last4, algorithm, salt, digest, created_at, \
                 created_by, revoked_at, revoked_by, changed_seq) \
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, '', $12)",
            )
            .bind(id.to_string())
            .bind(name)
            .bind(fold(name))
            .bind(role_number(role))
            .bind(hint.handle())
            .bind(hint.last4())
            .bind(ALGORITHM_SHA256)
            .bind(hash.salt.to_vec())
            .bind(hash.digest.to_vec())
            .bind(by.now.millis())
            .bind(by.actor.as_str())
            .bind(seq)
            .execute(write.db())
            .await
            .map_err(|error| if is_taken(&error) { taken(name.to_owned()) } else { fail(error) })?;
            let detail = json!({ "token": id, "name": name, "role": role, "hint": hint.to_string() });
            write.remember(id.to_string()).await?;
            write.append(Action::TokenCreated, None, None, detail).await?;
            let token = Token {
                id,
                name: name.to_owned(),
                role,
                hint: hint.to_string(),
                created_at: by.now,
                created_by: by.actor.clone(),
                revoked_at: None,
                revoked_by: None,
            };
            write.commit(token).await
        })
        .await
    }

    async fn revoke_token(&self, by: &By, id: TokenId) -> Result<Written<Token>> {
        loop {
            let tried =
                self.retried(|| self.revoke_token_once(by, id, None)).await.map(|(written, _)| written);
            if let Some(written) = self.unless_full(tried).await? {
                return Ok(written);
            }
        }
    }

    async fn tokens(&self, query: &PageQuery) -> Result<Page<Token>> {
        const LIST: &str = "tokens";
        let limit = limit(query.limit);
        let mut sql = Sql::new("select ");
        sql.push(COLUMNS).push(" from tokens");
        if let Some(place) = Place::read(LIST, query.cursor.as_deref())? {
            sql.push(" where (created_at, id) > (").arg(place.number()?);
            sql.push(", ").arg(place.2.as_str()).push(")");
        }
        sql.push(" order by created_at, id limit ").arg(limit as i64 + 1);
        let mut count = Sql::new("select count(*) from (select 1 as one from tokens limit ");
        count.arg(EXACT_TOTAL as i64 + 1).push(") c");
        let rows = sql.rows(&self.read).await?;
        let total = count.number(&self.read).await?;
        let tokens = rows.iter().map(decode).collect::<Result<Vec<_>>>()?;
        Ok(page(tokens, limit, total.unsigned_abs(), |token| {
            Place::cursor(LIST, Value::Int(token.created_at.millis()), token.id.to_string())
        }))
    }

    async fn tokens_by_handle(&self, handle: &str) -> Result<Vec<TokenRecord>> {
        if handle.contains('\0') {
            return Ok(Vec::new());
        }
        let mut sql = Sql::new("select salt, digest, ");
        sql.push(COLUMNS).push(" from tokens where handle = ").arg(handle).push(" and revoked_at = 0");
        let rows = sql.rows(&self.read).await?;
        rows.iter()
            .map(|row| {
                let hash = Hash { salt: row.bytes("salt")?, digest: row.bytes("digest")? };
                Ok(TokenRecord { token: decode(row)?, hash })
            })
            .collect()
    }

    async fn has_tokens(&self) -> Result<bool> {
        let count = Sql::new("select count(*) from (select 1 as one from tokens limit 1) c");
        Ok(count.number(&self.read).await? > 0)
    }
}

const fn role_number(role: Role) -> i64 {
    match role {
        // No token is created with it.
        Role::Other(_) => -1,
        Role::Auditor => 0,
        Role::Member => 1,
        Role::Admin => 2,
    }
}

fn decode(row: &AnyRow) -> Result<Token> {
    let role = match row.int("role")? {
        0 => Role::Auditor,
        1 => Role::Member,
        2 => Role::Admin,
        _ => Role::Other(Word::of("unknown")),
    };
    let hint = MaskedKey::new(Kind::Management, &row.text("handle")?, &row.text("last4")?)
        .map_err(|_| damaged("handle"))?;
    Ok(Token {
        id: row.parsed("id")?,
        name: row.text("name")?,
        role,
        hint: hint.to_string(),
        created_at: row.time("created_at")?,
        created_by: row.text("created_by")?,
        revoked_at: row.some_time("revoked_at")?,
        revoked_by: row.some_text("revoked_by")?,
    })
}
