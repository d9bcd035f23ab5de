//! From which networks a key was used. A network that was never seen in a long time of observation is a finding.
//!
//! Beside the callers, of which only the latest are kept: a network that comes back after years is not new.

use std::collections::BTreeMap;
use std::net::IpAddr;

use sqlx::AnyConnection;

use super::statement::{Arg, Columns as _, Sql};
use crate::store::Result;
use crate::wire::finding_rules::LONG_DAYS;
use crate::wire::time::DAY_MS;

/// The most networks of a key. Of a key with more nothing can be said.
const MAX: i64 = 256;

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

/// Keeps those that are new, and notes at the key which was the latest new one.
pub(super) async fn note(db: &mut AnyConnection, networks: &Networks, rows: usize) -> Result<()> {
    let networks: Vec<_> = networks.iter().collect();
    let mut new: BTreeMap<String, Vec<(String, i64)>> = BTreeMap::new();
    for networks in networks.chunks(rows) {
        let mut sql = Sql::new("insert into key_networks (key_id, network, first_at) values ");
        for (at, ((key, network), first)) in networks.iter().enumerate() {
            sql.push(if at == 0 { "" } else { ", " }).list([
                Arg::from(key.as_str()),
                Arg::from(network.as_str()),
                Arg::from(**first),
            ]);
        }
        sql.push(" on conflict (key_id, network) do nothing returning key_id, network, first_at");
        for row in sql.rows_once(&mut *db).await? {
            new.entry(row.text("key_id")?).or_default().push((row.text("network")?, row.int("first_at")?));
        }
    }
    for (key, found) in new {
        let mut sql = Sql::new(
            "select count(*) as networks, cast(coalesce(min(first_at), 0) as bigint) as observed \
             from key_networks where key_id = ",
        );
        let rows = sql.arg(key.as_str()).rows(&mut *db).await?;
        let Some(row) = rows.first() else { continue };
        let mut update = Sql::new("update api_keys set network = ");
        if row.int("networks")? > MAX {
            let mut delete = Sql::new("delete from key_networks where key_id = ");
            delete.arg(key.as_str()).push(" and network in ");
            delete.list(found.iter().map(|(network, _)| network.as_str())).once(&mut *db).await?;
            update.push("'', network_at = 0");
        } else {
            let since = row.int("observed")? + i64::from(LONG_DAYS) * DAY_MS;
            let latest = found.iter().filter(|(_, first)| *first >= since).max_by_key(|(_, first)| *first);
            let Some((network, first)) = latest else { continue };
            update.arg(network.as_str()).push(", network_at = ").arg(*first);
        }
        update.push(" where id = ").arg(key.as_str()).once(&mut *db).await?;
    }
    Ok(())
}
