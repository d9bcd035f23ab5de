//! The signature of a review: which pack, and whether by a second person.

use serde_json::{Value, json};
use sqlx::AnyConnection;

use super::SqlStore;
use super::event_row::{decode, event};
use super::fail::fail;
use super::reviews::{closed, read, review_row};
use super::statement::{Columns as _, Sql};
use crate::store::{By, Result, StoreError, Written};
use crate::wire::audit::{Action, Event, Head};
use crate::wire::id::ReviewId;
use crate::wire::reports::Sign;
use crate::wire::reviews::{AsOf, Review, ReviewStatus};

/// How many events are read at once.
const CHUNK: i64 = 1_000;

impl SqlStore {
    pub(super) async fn sign(&self, by: &By, id: ReviewId, sign: &Sign) -> Result<Written<Review>> {
        // What was decided and executed does not change any more, so it is read before the lock is taken.
        let mut db = self.read.acquire().await.map_err(fail)?;
        let row = review_row(&mut db, id).await?;
        let review = read(&mut db, &row).await?;
        let same_person = took_part(&mut db, by, &review).await?;
        drop(db);

        let mut write = self.begin(by).await?;
        let row = review_row(write.db(), id).await?;
        let review = read(write.db(), &row).await?;
        let changed = row.count("changed_seq")?;
        match review.status {
            ReviewStatus::Executed => {}
            ReviewStatus::Open => {
                let text = "the review is not executed yet; execute it, create a pack, then sign";
                return Err(StoreError::UnknownPack(text));
            }
            _ => {
                let signed = signature(write.db(), &review, changed).await?;
                if signed.is_some_and(|(head, _)| head == sign.head)
                    && review.signed_by.as_deref() == Some(by.actor.as_str())
                {
                    return write.unchanged(review, changed).await;
                }
                return Err(closed(&review));
            }
        }
        let created = pack(write.db(), &sign.head).await?;
        if created.detail.pointer("/scope/review/id").and_then(Value::as_str) != Some(&*id.to_string()) {
            return Err(StoreError::UnknownPack("the pack with this head is not of this review"));
        }
        let as_of: Option<AsOf> =
            created.detail.get("asOf").and_then(|as_of| serde_json::from_value(as_of.clone()).ok());
        if as_of.is_none_or(|as_of| as_of.seq < changed) {
            let text = "the pack with this head was created before the review was executed; create a new one";
            return Err(StoreError::UnknownPack(text));
        }
        if same_person && !sign.same_person {
            return Err(StoreError::SamePerson);
        }
        let seq = write.seq();
        let mut sql = Sql::new("update reviews set status = 2, signed_at = ");
        sql.arg(by.now.millis()).push(", signed_by = ").arg(by.actor.as_str());
        sql.push(", changed_seq = ").arg(seq).push(" where id = ").arg(id.to_string());
        sql.once(write.db()).await?;
        let detail =
            json!({ "review": id, "name": review.name, "head": sign.head, "samePerson": same_person });
        write.append(Action::ReviewSigned, None, None, detail).await?;
        let row = review_row(write.db(), id).await?;
        let review = read(write.db(), &row).await?;
        write.commit(review).await
    }
}

/// The event `report.created` of the pack with this head.
pub(super) async fn pack(db: &mut sqlx::AnyConnection, head: &Head) -> Result<Event> {
    let found = event(db, head.seq).await?.filter(|event| event.hash == head.hash);
    found.filter(|event| event.action == Action::ReportCreated).ok_or(StoreError::UnknownPack(
        "no pack of this server has this head; take it from manifest.json or from the answer of the report",
    ))
}

/// The head that was signed, and whether by somebody who took part. Nothing changes a review after its signature, so
/// that is the event of its last change.
pub(super) async fn signature(
    db: &mut AnyConnection,
    review: &Review,
    changed: u64,
) -> Result<Option<(Head, bool)>> {
    if review.status != ReviewStatus::Signed {
        return Ok(None);
    }
    let event = event(db, changed).await?.filter(|event| event.action == Action::ReviewSigned);
    Ok(event.and_then(|event| {
        let head = event.detail_text("head")?.parse().ok()?;
        Some((head, event.detail.get("samePerson") == Some(&Value::Bool(true))))
    }))
}

/// Whether who signs decided or executed anything in a review.
async fn took_part(db: &mut AnyConnection, by: &By, review: &Review) -> Result<bool> {
    let id = review.id.to_string();
    let of_review = |event: &Event| event.detail_text("review") == Some(id.as_str());
    for action in [
        Action::ReviewDecided,
        Action::ReviewExecuted,
        Action::KeyReviewed,
        Action::KeyRevoked,
        Action::KeyPaused,
    ] {
        let mut after = review.as_of.seq as i64;
        loop {
            let mut sql = Sql::new("select seq, body, hash from audit_events where action = ");
            sql.arg(action.as_str()).push(" and seq > ").arg(after);
            sql.push(" order by seq limit ").arg(CHUNK);
            let rows = sql.rows(&mut *db).await?;
            let Some(last) = rows.last() else { break };
            after = last.int("seq")?;
            for row in &rows {
                let event = decode(row)?;
                if of_review(&event) && is_same(by, &event) {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}

/// Whether an event is by this person, as far as that can be told: by the token, where both have one, since its name
/// can be used again; else by the actor.
fn is_same(by: &By, event: &Event) -> bool {
    match (&by.token, event.actor_token()) {
        (Some(own), Some(other)) => own.id == other.id,
        _ => by.actor == event.actor,
    }
}
