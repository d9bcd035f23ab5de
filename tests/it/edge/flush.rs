//! What a node has noted is written, each request once.

use keydeck::edge::EdgeConfig;
use keydeck::store::Follow as _;
use keydeck::store::changes::Need;

use super::fixture::World;
use crate::support::troubled_store::Trouble;

#[tokio::test]
async fn requests_are_counted_once_though_the_answer_to_their_batch_was_lost() {
    let world = World::new().await;
    let edge = world.start(EdgeConfig { flush_every: EdgeConfig::FLUSH_MAX, ..world.config() }).await;
    let look = async || assert_eq!(world.get(&edge, &world.lookup("/old")).await.status, 200);
    look().await;
    world.store.usage.set(Trouble::Unheard);
    for _ in 0..3 {
        assert!(!world.store.changes().flush_usage(Need::Other).await, "nobody knows whether it was written");
        assert_eq!(world.counts(world.key).await, (1, 0, 0), "it was, once");
        look().await;
    }
    world.store.usage.set(Trouble::None);
    world.flush().await;
    assert_eq!(world.counts(world.key).await, (4, 0, 0));
    look().await;
    edge.shutdown().await;
    assert_eq!(world.counts(world.key).await, (5, 0, 0));
}
