//! Standbys of PostgreSQL that may lack what was answered.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection};

use super::postgres;

/// How long the question may take. What it tells is a warning: nothing waits for it longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Standbys that follow changes by themselves. A backup that is being taken is none, nor is a logical subscriber.
const ASYNCHRONOUS: &str = "select coalesce(nullif(application_name, ''), client_addr::text, 'unnamed') \
    from pg_stat_replication r where sync_state = 'async' \
    and application_name not in ('pg_basebackup', 'pg_receivewal') and not exists \
    (select 1 from pg_replication_slots s where s.active_pid = r.pid and s.slot_type = 'logical') order by 1";

/// The names of the standbys of a PostgreSQL database to which a commit is sent without waiting for them: after a
/// failover to one of these, answered changes may be lost. Empty where that cannot be asked.
pub async fn asynchronous_standbys(url: &str) -> Vec<String> {
    if postgres::check_url(url).is_err() {
        return Vec::new();
    }
    let ask = async {
        let mut db = PgConnection::connect(url).await?;
        let names = sqlx::query_scalar(ASYNCHRONOUS).fetch_all(&mut db).await;
        let _ = db.close().await;
        names
    };
    tokio::time::timeout(PATIENCE, ask).await.ok().and_then(Result::ok).unwrap_or_default()
}
