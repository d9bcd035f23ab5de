//! Revoking what is unused, while nodes still hold uses in memory.

use std::time::Duration;

use keydeck::edge::EdgeConfig;
use keydeck::store::{BulkRevoke, Follow as _, Keys as _};
use keydeck::wire::keys::Outcome;

use super::fixture::{START, World, by};
use crate::support::troubled_store::Trouble;

#[tokio::test]
async fn a_use_that_is_not_written_yet_is_written_when_asked_for() {
    let world = World::new().await;
    // Nothing is written by itself within this test.
    let edge = world.start(EdgeConfig { flush_every: EdgeConfig::FLUSH_MAX, ..world.config() }).await;
    let (other, _) = world.key_of_mode("other", keydeck::wire::keys::Mode::Live).await;
    world.advance(Duration::from_mins(1));
    assert_eq!(world.get(&edge, &world.lookup("/old")).await.status, 200);
    assert!(world.store.changes().flush_usage(keydeck::store::changes::Need::Revocation).await);
    assert_eq!(world.stored(world.key).await.last_used_at, Some(world.now()));
    let how = BulkRevoke { unused_since: Some(START), ..BulkRevoke::default() };
    let done = world.store.revoke_keys(&by(), &[world.key, other], &how).await.expect("revoked");
    assert_eq!(done.value, [Outcome::UsedSince, Outcome::Revoked]);

    world.store.usage.set(Trouble::Fails);
    assert_eq!(world.get(&edge, &world.lookup("/old")).await.status, 200);
    assert!(
        !world.store.changes().flush_usage(keydeck::store::changes::Need::Revocation).await,
        "what is not writable is said"
    );
    world.store.usage.set(Trouble::None);
    assert!(world.store.changes().flush_usage(keydeck::store::changes::Need::Revocation).await);
    edge.shutdown().await;
    assert!(
        world.store.changes().flush_usage(keydeck::store::changes::Need::Revocation).await,
        "nobody holds any more"
    );
}
