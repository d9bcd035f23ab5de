//! A paused key is refused like a revoked one, and can still be revoked with itself.

use keydeck::store::{Follow as _, Keys as _};
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
