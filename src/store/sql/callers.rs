//! Who uses a key, by address.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::fail::fail;
use super::statement::Columns as _;
use crate::store::Result;
use crate::wire::id::KeyId;
use crate::wire::keys::Caller;

/// The name of the caller that sums older ones.
pub(super) const OTHERS: &str = "others";

/// The callers of a key, latest first; `others` is last.
pub(super) async fn callers(db: &mut AnyConnection, id: KeyId) -> Result<Vec<Caller>> {
    let rows = sqlx::query(
        "select address, first_at, last_at, allowed, refused from key_callers where key_id = $1 \
         order by case when address = $2 then 1 else 0 end, last_at desc, address",
    )
    .bind(id.to_string())
    .bind(OTHERS)
    .fetch_all(db)
    .await
    .map_err(fail)?;
    rows.iter().map(decode_caller).collect()
}

fn decode_caller(row: &AnyRow) -> Result<Caller> {
    Ok(Caller {
        address: row.text("address")?,
        first_at: row.time("first_at")?,
        last_at: row.time("last_at")?,
        allowed: row.count("allowed")?,
        refused: row.count("refused")?,
    })
}
