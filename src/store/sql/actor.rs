//! Events by an actor: exactly as it is written, or by one management token, whatever other tokens are called.
//!
//! An event tells its actor's token in its `detail`. Those of older versions tell the name alone; but of a name one
//! token works at a time, so they are the token's that lie between its creation and its revocation.

use serde_json::json;
use sqlx::AnyPool;

use super::fail::fail;
use super::filter::{escaped, holding};
use super::statement::{Columns as _, Sql};
use crate::secret::{Kind, MaskedKey};
use crate::store::Result;
use crate::wire::audit::{Action, ActorToken};
use crate::wire::id::TokenId;

/// Who did it.
pub(super) enum Actor {
    /// The actor, as it is written.
    Written(String),
    /// A token.
    Token {
        /// `token:<name>`.
        actor: String,
        /// The part of an event's body that tells the token.
        told: String,
        /// The number of the event of its creation.
        created: i64,
        /// The number of the event of its revocation; the largest number while it works.
        revoked: i64,
    },
}

/// The actors that a text means: those with this id or masked form of a token, else the one with just this text.
/// None when there is no such token.
pub(super) async fn find(read: &AnyPool, text: &str) -> Result<Vec<Actor>> {
    let mut sql = Sql::new("select id, name, handle, last4, revoked_at, changed_seq from tokens where ");
    if let Ok(id) = text.parse::<TokenId>() {
        sql.push("id = ").arg(id.to_string());
    } else if let Some(hint) = text.parse::<MaskedKey>().ok().filter(|hint| hint.kind() == Kind::Management) {
        sql.push("handle = ").arg(hint.handle()).push(" and last4 = ").arg(hint.last4());
    } else {
        return Ok(vec![Actor::Written(text.to_owned())]);
    }
    let mut db = read.acquire().await.map_err(fail)?;
    let mut actors = Vec::new();
    for row in sql.rows(&mut *db).await? {
        let id: TokenId = row.parsed("id")?;
        let hint = MaskedKey::new(Kind::Management, &row.text("handle")?, &row.text("last4")?)
            .map_err(|_| super::statement::damaged("handle"))?;
        let mut made = Sql::new("select coalesce(min(seq), 0) from audit_events where action = ");
        made.arg(Action::TokenCreated.as_str()).push(" and body like ");
        made.arg(holding(&format!("\"token\":\"{id}\""))).push(" escape '\\'");
        let by = ActorToken { id, hint: hint.to_string() };
        actors.push(Actor::Token {
            actor: format!("token:{}", row.text("name")?),
            told: member(&json!({ ActorToken::MEMBER: by })),
            created: made.number(&mut *db).await?,
            revoked: if row.int("revoked_at")? == 0 { i64::MAX } else { row.int("changed_seq")? },
        });
    }
    Ok(actors)
}

/// The one member of an object as it stands within a larger one. A text within JSON cannot look like it, since
/// quotes are escaped there.
fn member(object: &serde_json::Value) -> String {
    let text = object.to_string();
    text[1..text.len() - 1].to_owned()
}

/// Appends ` and …` where somebody in particular did it.
pub(super) fn conditions(sql: &mut Sql, actors: &[Actor]) {
    for (at, actor) in actors.iter().enumerate() {
        sql.push(if at == 0 { " and (" } else { " or " });
        match actor {
            Actor::Written(text) => {
                sql.push("e.actor = ").arg(text.as_str());
            }
            Actor::Token { actor, told, created, revoked } => {
                let any = escaped(&format!("\"{}\":{{\"hint\":", ActorToken::MEMBER));
                sql.push("e.actor = ").arg(actor.as_str()).push(" and (e.body like ").arg(holding(told));
                sql.push(" escape '\\' or e.seq > ").arg(*created).push(" and e.seq <= ").arg(*revoked);
                sql.push(" and e.body not like ").arg(format!("%{any}%")).push(" escape '\\')");
            }
        }
    }
    if !actors.is_empty() {
        sql.push(")");
    }
}
