//! Guided rotations in any order of events: the old key is offered only where it is given up, and a restart changes
//! nothing.

use std::cell::Cell;

use keydeck::store::SharedStore;
use keydeck::store::sql::{Options, SqlStore, sqlite_url};
use keydeck::wire::rotations::RotationState as State;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::conformance::rotations::{knock, replacement};
use super::support::{ann, at, key, project};

/// What may happen.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// The old key is used, or refused while it is paused.
    Old,
    /// The newest replacement is used.
    New,
    Wait(i64),
    Restart,
    Pause,
    Resume,
    Rotate,
    /// The newest replacement is revoked.
    RevokeNew,
}

/// What is to come out of it.
#[derive(Default)]
struct Model {
    now: i64,
    last_old: i64,
    paused: bool,
    /// Replacements that are not revoked: whether each was used.
    replacements: Vec<bool>,
}

const QUIET: i64 = 60_000;
const LATE: i64 = 5_000;

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => Just(Event::Old),
        3 => Just(Event::New),
        3 => (1_i64..90_000).prop_map(Event::Wait),
        1 => Just(Event::Restart),
        1 => Just(Event::Pause),
        1 => Just(Event::Resume),
        2 => Just(Event::Rotate),
        1 => Just(Event::RevokeNew),
    ]
}

#[test]
fn the_old_key_is_offered_only_after_nobody_used_it_for_the_quiet_time() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner =
        TestRunner::new_with_rng(Config { cases: 40, failure_persistence: None, ..Config::default() }, rng);
    let seen = [const { Cell::new(0_u32) }; 3];
    runner
        .run(&proptest::collection::vec(event(), 4..24), |events| {
            runtime.block_on(async {
                let folder = tempfile::tempdir().unwrap();
                let url = sqlite_url(&folder.path().join("keydeck.db"));
                let mut sql = SqlStore::open(&url, Options::default()).await.unwrap();
                let mut store: SharedStore = sql.clone();
                let shop = project(&store, "Shop").await;
                let web = key(&store, shop, "web", at(0)).await.id;
                store.start_rotation(&ann(at(0)), web, Some(60)).await.unwrap();
                let (mut model, mut ids) = (Model::default(), Vec::new());
                for event in events {
                    model.now += 1;
                    let now = at(model.now);
                    match event {
                        Event::Old => {
                            knock(&store, web, "192.0.2.1", now, !model.paused).await;
                            model.last_old = model.now + LATE;
                        }
                        Event::New => {
                            if let (Some(used), Some(id)) = (model.replacements.last_mut(), ids.last()) {
                                knock(&store, *id, "192.0.2.1", now, true).await;
                                *used = true;
                            }
                        }
                        Event::Wait(ms) => model.now += ms,
                        Event::Restart => {
                            sql.close().await;
                            sql = SqlStore::open(&url, Options::default()).await.unwrap();
                            store = sql.clone();
                        }
                        Event::Pause => {
                            store.pause_key(&ann(now), web, None).await.unwrap();
                            model.paused = true;
                        }
                        Event::Resume => {
                            store.resume_key(&ann(now), web).await.unwrap();
                            model.paused = false;
                        }
                        Event::Rotate => {
                            ids.push(replacement(&store, web, now).await.id);
                            model.replacements.push(false);
                        }
                        Event::RevokeNew => {
                            if let Some(id) = ids.pop() {
                                store.revoke_key(&ann(now), id, None).await.unwrap();
                                model.replacements.pop();
                            }
                        }
                    }
                    let rotation = store.rotation(web, at(model.now)).await.unwrap();
                    let quiet = model.now >= model.last_old + QUIET;
                    let expected = match (model.replacements.last(), quiet) {
                        (Some(true), true) => State::Quiet,
                        (Some(true), false) => State::ReplacementUsed,
                        _ => State::Pending,
                    };
                    prop_assert_eq!(rotation.state, expected, "after {:?} at {}", event, model.now);
                    let used = model.last_old > 0 && !quiet;
                    prop_assert_eq!(rotation.callers.len(), usize::from(used), "who uses it is named");
                    let states = [State::Pending, State::ReplacementUsed, State::Quiet];
                    let reached = &seen[states.iter().position(|state| *state == expected).unwrap()];
                    reached.set(reached.get() + 1);
                }
                Ok(())
            })
        })
        .unwrap();
    assert!(seen.iter().all(|times| times.get() > 20), "each state was reached: {seen:?}");
}
