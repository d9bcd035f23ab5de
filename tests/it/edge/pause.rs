//! A paused key is refused like a revoked one, and can still be revoked with itself.

use std::time::Duration;

use keydeck::edge::EdgeConfig;
use keydeck::store::{By, Follow as _, Keys as _};
use keydeck::wire::keys::Status;

use super::fixture::{World, by, request, send};

#[tokio::test]
async fn a_paused_key_is_refused_counted_and_accepted_again_when_it_is_resumed() {
    let world = World::new().await;
    let edge = world.start(world.config()).await;
    assert_eq!(world.get(&edge, &world.lookup("/old")).await.status, 200);
    let paused = world.store.pause_key(&by(), world.key, None).await.expect("a pause");
    world.store.changes().acknowledged(paused.revision).await;
    let answer = world.get(&edge, &world.lookup("/old")).await;
    let revoked_alike = (answer.status, answer.code());
    assert_eq!(revoked_alike, (401, "INVALID_API_KEY".to_owned()));
    world.flush().await;
    let key = world.stored(world.key).await;
    assert_eq!((key.status, key.refused_since_paused, key.refused_since_revoked), (Status::Paused, 1, 0));
    assert_eq!(world.counts(world.key).await, (1, 0, 1));

    let resumed = world.store.resume_key(&by(), world.key).await.expect("resumed");
    world.store.changes().acknowledged(resumed.revision).await;
    assert_eq!(world.get(&edge, &world.lookup("/old")).await.status, 200);

    let paused = world.store.pause_key(&by(), world.key, None).await.expect("a pause");
    world.store.changes().acknowledged(paused.revision).await;
    let own = request("/v1/revoke").method("POST").header("x-api-key", world.secret.reveal());
    assert_eq!(send(&edge, own).await.status, 200, "whoever finds it need not know that it is paused");
    assert_eq!(world.stored(world.key).await.status, Status::Revoked);
    assert!(world.store.resume_key(&by(), world.key).await.is_err(), "never again");
    assert_eq!(world.get(&edge, &world.lookup("/old")).await.status, 401);
}

#[tokio::test]
async fn refusals_that_are_written_late_count_for_the_pause_or_the_revocation_that_they_met() {
    let world = World::new().await;
    let edge = world.start(EdgeConfig { flush_every: Duration::from_hours(1), ..world.config() }).await;
    let refused = async |times| {
        for _ in 0..times {
            assert_eq!(world.get(&edge, &world.lookup("/old")).await.status, 401);
        }
    };
    let changed = async |revision| {
        world.store.changes().acknowledged(revision).await;
        world.advance(Duration::from_millis(100));
    };
    let pause = async || {
        let by = By { now: world.now(), ..by() };
        changed(world.store.pause_key(&by, world.key, None).await.expect("a pause").revision).await;
    };
    let resume =
        async || changed(world.store.resume_key(&by(), world.key).await.expect("resumed").revision).await;
    let counts = async || {
        world.flush().await;
        let key = world.stored(world.key).await;
        (key.refused_since_paused, key.refused_since_revoked, key.last_refused_at)
    };
    pause().await;
    refused(2).await;
    resume().await;
    assert_eq!(world.get(&edge, &world.lookup("/old")).await.status, 200);
    pause().await;
    refused(1).await;
    assert_eq!(counts().await, (1, 0, Some(world.now())), "of the latest pause alone");

    resume().await;
    pause().await;
    refused(1).await;
    let last = world.now();
    resume().await;
    assert_eq!(counts().await, (1, 0, Some(last)), "it was resumed before it was written");

    pause().await;
    refused(3).await;
    let last = world.now();
    let by = By { now: world.now(), ..by() };
    changed(world.store.revoke_key(&by, world.key, None).await.expect("revoked").revision).await;
    assert_eq!(counts().await, (3, 0, Some(last)), "it was revoked before it was written");
    refused(2).await;
    assert_eq!(counts().await, (3, 2, Some(world.now())));
    assert_eq!(world.counts(world.key).await, (1, 0, 9));
}
