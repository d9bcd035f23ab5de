//! From which networks a key was used. A network that was never seen in a long time of observation is a finding.
//!
//! Beside the callers, of which only the latest are kept: a network that comes back after years is not new.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Serialize;
use sqlx::AnyConnection;

use super::Dialect;
use super::statement::Column::{self, Number, Text};
use super::statement::{Columns as _, ROWS, Sql};
use crate::store::Result;
use crate::wire::finding_rules::LONG_DAYS;
use crate::wire::time::DAY_MS;

/// The most networks of a key. Of a key with more nothing can be said.
const MAX: i64 = 256;

const COLUMNS: [Column; 3] = [Text("key"), Text("network"), Number("at")];

/// First uses by key and network.
pub(super) type Networks = BTreeMap<(String, String), i64>;

/// The network of an address: its /24, or its /48. None where the text is no address.
pub(super) fn of(address: &str) -> Option<String> {
    Some(match address.parse::<IpAddr>().ok()?.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{}/48", std::net::Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
    })
}

/// A network of a key.
#[derive(Serialize)]
struct NetworkRow<'a> {
    key: &'a str,
    network: &'a str,
    at: i64,
}

/// Keeps those that are new, and notes at the key which was the latest new one.
pub(super) async fn note(db: &mut AnyConnection, dialect: Dialect, networks: &Networks) -> Result<()> {
    let rows: Vec<NetworkRow<'_>> =
        networks.iter().map(|((key, network), at)| NetworkRow { key, network, at: *at }).collect();
    for rows in rows.chunks(ROWS) {
        let mut sql = Sql::new(
            "insert into key_networks (key_id, network, first_at) select v.key, v.network, v.at from ",
        );
        sql.table(dialect, &COLUMNS, rows);
        sql.push(
            " as v where true on conflict (key_id, network) do nothing returning key_id, network, first_at",
        );
        let mut new: BTreeMap<String, Vec<(String, i64)>> = BTreeMap::new();
        for row in sql.rows(&mut *db).await? {
            new.entry(row.text("key_id")?).or_default().push((row.text("network")?, row.int("first_at")?));
        }
        if !new.is_empty() {
            judge(db, dialect, &new).await?;
        }
    }
    Ok(())
}

/// What new networks say of their keys.
async fn judge(
    db: &mut AnyConnection,
    dialect: Dialect,
    new: &BTreeMap<String, Vec<(String, i64)>>,
) -> Result<()> {
    let keys: Vec<&String> = new.keys().collect();
    let mut sql = Sql::new(
        "select key_id, count(*) as networks, cast(coalesce(min(first_at), 0) as bigint) as observed \
         from key_networks where key_id in ",
    );
    sql.texts(dialect, &keys).push(" group by key_id order by key_id");
    let (mut latest, mut beyond) = (Vec::new(), Vec::new());
    for row in sql.rows(&mut *db).await? {
        let Some((key, found)) = new.get_key_value(&row.text("key_id")?) else { continue };
        if row.int("networks")? > MAX {
            beyond.extend(found.iter().map(|(network, at)| NetworkRow { key, network, at: *at }));
            latest.push(NetworkRow { key, network: "", at: 0 });
            continue;
        }
        let since = row.int("observed")? + i64::from(LONG_DAYS) * DAY_MS;
        let newest = found.iter().filter(|(_, at)| *at >= since).max_by_key(|(_, at)| *at);
        latest.extend(newest.map(|(network, at)| NetworkRow { key, network, at: *at }));
    }
    if !beyond.is_empty() {
        let mut sql =
            Sql::new("delete from key_networks where (key_id, network) in (select v.key, v.network from ");
        sql.table(dialect, &COLUMNS, &beyond).push(" as v)").kept(&mut *db).await?;
    }
    if !latest.is_empty() {
        let mut sql = Sql::new("update api_keys set network = v.network, network_at = v.at from ");
        sql.table(dialect, &COLUMNS, &latest).push(" as v where api_keys.id = v.key").kept(&mut *db).await?;
    }
    Ok(())
}
