//! What a deployment serves answers every path as the whole draft would.

use keydeck::store::SharedStore;
use keydeck::wire::id::ProjectId;
use keydeck::wire::rules::{Match, Rule, canonical_path, check};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::support::{NOON, ann, memory_store, project};

#[test]
fn the_longest_prefix_of_a_deployment_is_the_winner_of_the_draft() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (store, shop) = runtime.block_on(async {
        let store = memory_store().await;
        let shop = project(&store, "Shop").await;
        (store, shop)
    });
    let mut runner = TestRunner::new_with_rng(
        Config { cases: 300, failure_persistence: None, ..Config::default() },
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let source = || proptest::collection::vec(proptest::sample::select(&["a", "b", "/", "%61"][..]), 0..6);
    let source = move || source().prop_map(|pieces| format!("/{}", pieces.concat()));
    let rule = (source(), 0..4).prop_map(|(source, priority)| Rule {
        destination: format!("https://to{source}"),
        source,
        status: 301,
        matching: Match::StartsWith,
        priority,
    });
    let case = (proptest::collection::vec(rule, 0..14), proptest::collection::vec(source(), 20));
    runner
        .run(&case, |(mut draft, paths)| {
            // Sources that are equal once canonical are refused before they come here.
            while let Err(bad) = check(&draft) {
                draft.remove(bad.errors[0].row as usize - 1);
            }
            let (served, left_out) = runtime.block_on(deploy(&store, shop, &draft));
            prop_assert_eq!(served.len() + left_out, draft.len());
            for path in paths {
                let path = canonical_path(&path).unwrap();
                let fits = |rule: &&Rule| path.starts_with(&canonical_path(&rule.source).unwrap());
                let length = |rule: &Rule| canonical_path(&rule.source).unwrap().len();
                let winner = draft
                    .iter()
                    .filter(fits)
                    .min_by_key(|rule| (rule.priority, std::cmp::Reverse(length(rule))));
                let longest = served.iter().filter(fits).max_by_key(|rule| length(rule));
                prop_assert_eq!(longest, winner, "{}", path);
            }
            Ok(())
        })
        .unwrap();
}

async fn deploy(store: &SharedStore, shop: ProjectId, draft: &[Rule]) -> (Vec<Rule>, usize) {
    store.put_rules(&ann(NOON), shop, draft).await.unwrap();
    let deployment = store.deploy(&ann(NOON), shop, false).await.unwrap().value.deployment;
    let served = store.deployed(shop, deployment.version).await.unwrap().rules;
    (served, deployment.shadowed.len())
}
