//! A batch of usage whose connection breaks at its commit: sent again, it counts once.

use keydeck::store::changes::Need;
use keydeck::store::{BatchId, DayCount, KeyUsage, StoreError};
use keydeck::wire::id::NodeId;
use url::Url;

use super::support::{NOON, key, open, project};
use crate::support::cluster::{Flow, Proxy};
use crate::support::postgres;

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_whose_connection_breaks_at_the_commit_counts_once() {
    let Some(database) = postgres::database("a broken commit").await else { return };
    let mut url = Url::parse(&database.url).unwrap();
    let server = url.socket_addrs(|| Some(5432)).unwrap()[0];
    let proxy = Proxy::to(server).await;
    url.set_host(Some(&proxy.address.ip().to_string())).unwrap();
    url.set_port(Some(proxy.address.port())).unwrap();
    let (store, direct) = (open(url.as_str()).await, open(&database.url).await);
    let shop = project(&direct, "Shop").await;
    let made = key(&direct, shop, "Web", NOON).await.id;
    let counted = KeyUsage {
        key: made,
        last_used: None,
        refusals: Vec::new(),
        days: vec![DayCount { day: NOON.day(), allowed: 1, ..DayCount::default() }],
        callers: Vec::new(),
        others: None,
    };
    let node = NodeId::from_number(1);
    for (flow, there) in [(Flow::LosesCommits, 0), (Flow::LosesAnswersToCommits, 1)] {
        for number in 1..=3 {
            let before = direct.key(made, NOON, 0).await.unwrap().requests30d;
            let id = BatchId { node, number: number + if there == 0 { 0 } else { 3 } };
            proxy.set(flow);
            let broken = store.record_batch(id, std::slice::from_ref(&counted), NOON, Need::Other).await;
            assert!(matches!(broken, Err(StoreError::OutcomeUnknown(_))), "{flow:?}: {broken:?}");
            proxy.set(Flow::Passes);
            // The connection that broke may not be gone yet.
            let counts = direct.key(made, NOON, 0).await.unwrap().requests30d;
            assert_eq!(counts, before + there, "{flow:?}: what the server has done");
            for _ in 0..2 {
                store.record_batch(id, std::slice::from_ref(&counted), NOON, Need::Other).await.unwrap();
                assert_eq!(direct.key(made, NOON, 0).await.unwrap().requests30d, before + 1, "{flow:?}");
            }
        }
    }
    store.changes().end();
    database.remove().await;
}
