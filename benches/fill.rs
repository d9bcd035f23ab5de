//! A database with many keys, for the benchmarks that need one.

use keydeck::wire::id::{KeyId, ProjectId};
use keydeck::wire::time::{DAY_MS, Timestamp};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

/// Rows as the store writes them, thousands a transaction: 5% revoked, 10% never used, 30 days of usage for
/// every tenth.
pub(crate) async fn keys(url: &str, projects: &[ProjectId], count: i64, now: Timestamp) {
    let mut db = AnyConnection::connect(url).await.expect("the file");
    let mut tx = db.begin().await.expect("a transaction");
    for number in 0..count {
        let id = KeyId::from_number((number as u128) << 64 | (number as u128).wrapping_mul(0x9e37_79b9));
        let name = format!("{} key {number}", ["Mobile", "Web", "Batch", "Edge"][(number % 4) as usize]);
        let handle = format!("{:04}", number % 10_000);
        let created = now.millis() - (400 - number % 400) * DAY_MS - number;
        let used = if number % 10 == 0 { 0 } else { now.millis() - (number * 7919 % 300) * DAY_MS - number };
        let search =
            format!("{}\nlocal:bench\nredir_live_{handle}****...****{handle}\n{id}", name.to_lowercase());
        sqlx::query(
            "insert into api_keys (id, project_id, name, folded, mode, handle, last4, algorithm, salt, digest, \
             status, created_at, created_by, last_used_at, last_used_from, idle_since, revoked_at, revoked_by, \
             revoke_reason, changed_seq, rotated_from, refused_since_revoked, last_refused_at, search) values \
             ($1, $2, $3, $4, 0, $5, $5, 1, $6, $7, $8, $9, 'local:bench', $10, '192.0.2.7', $11, 0, '', '', 1, \
             '', 0, 0, $12)",
        )
        .bind(id.to_string())
        .bind(projects[number as usize % projects.len()].to_string())
        .bind(name.as_str())
        .bind(name.to_lowercase())
        .bind(handle)
        .bind(vec![7u8; 16])
        .bind(vec![9u8; 32])
        .bind(i64::from(number % 20 == 0))
        .bind(created)
        .bind(used)
        .bind(if used == 0 { created } else { used })
        .bind(search)
        .execute(&mut *tx)
        .await
        .expect("a key");
        if number % 10 == 1 {
            let days = (0..30).map(|day| format!("('{id}', {}, 3, 1, 0)", now.day() - day));
            let days = days.collect::<Vec<_>>().join(", ");
            let text =
                format!("insert into usage_days (key_id, day, allowed, limited, refused) values {days}");
            sqlx::query(AssertSqlSafe(text)).persistent(false).execute(&mut *tx).await.expect("days");
        }
    }
    tx.commit().await.expect("a commit");
    db.close().await.expect("an orderly end");
}
