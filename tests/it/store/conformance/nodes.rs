//! Nodes: in memory where one process has all, in the tables where many share a database.

use std::time::Duration;

use futures_util::FutureExt as _;
use keydeck::store::changes::Need;
use keydeck::store::lease::Grant;
use keydeck::store::{BulkRevoke, SharedStore, StoreError};
use keydeck::wire::audit::{Action, Event, EventQuery, Head, Verifier};
use keydeck::wire::id::NodeId;
use keydeck::wire::nodes::{Node, NodeState};

use crate::store::support::{HandNode, NOON, ann, key, project};

super::on_each_database!(
    a_change_waits_for_each_node_that_is_live,
    a_node_that_leaves_is_not_waited_for,
    a_receipt_is_kept_beside_the_events_of_its_change_and_not_in_the_chain,
    a_node_is_shown_with_what_it_has_applied,
    usage_is_settled_once_each_node_says_so,
    keys_come_by_their_ids,
    a_history_is_accepted_by_a_head_that_it_contains,
    only_a_node_that_has_applied_all_goes_live,
    a_node_that_does_not_follow_is_extended_once,
    a_history_that_does_not_contain_what_was_applied_is_another,
);

async fn a_change_waits_for_each_node_that_is_live(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let web = key(&store, shop, "web", NOON).await;
    let nodes = [HandNode::enter(&store, "a").await, HandNode::enter(&store, "b").await];
    let revoked = store.revoke_key(&ann(NOON), web.id, None).await.unwrap();
    let mut answered = Box::pin(store.confirm(&revoked.awaited));
    assert!((&mut answered).now_or_never().is_none());
    acknowledge(&store, &nodes[0]).await;
    assert!(tokio::time::timeout(Duration::from_millis(100), &mut answered).await.is_err(), "one of two");
    acknowledge(&store, &nodes[1]).await;
    let receipt = answered.await;
    assert_eq!((receipt.revision, receipt.confirmed_by, receipt.nodes), (revoked.revision, 2, 2));
    assert!(receipt.expired.is_empty());
    assert_eq!(store.changes().applied_by_all(), revoked.revision);

    // A repeat waits for the same, and finds it done.
    let again = store.revoke_key(&ann(NOON), web.id, None).await.unwrap();
    let receipt = store.confirm(&again.awaited).await;
    assert_eq!((receipt.revision, receipt.confirmed_by, receipt.nodes), (revoked.revision, 2, 2));
}

async fn a_node_that_leaves_is_not_waited_for(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let (stays, leaves) = (HandNode::enter(&store, "stays").await, HandNode::enter(&store, "leaves").await);
    let web = key(&store, shop, "web", NOON).await;
    let revoked = store.revoke_key(&ann(NOON), web.id, None).await.unwrap();
    acknowledge(&store, &stays).await;
    let mut answered = Box::pin(store.confirm(&revoked.awaited));
    assert!((&mut answered).now_or_never().is_none());
    leaves.follower.leave();
    if let Some(ledger) = store.ledger() {
        ledger.leave(leaves.follower.id()).await.unwrap();
    }
    let receipt = answered.await;
    assert_eq!((receipt.confirmed_by, receipt.nodes, receipt.expired), (1, 1, Vec::new()));
    assert!(!leaves.follower.is_live());
    if let Some(ledger) = store.ledger() {
        let states: Vec<_> = store.nodes().await.unwrap().iter().map(Node::state).collect();
        assert_eq!(states, [NodeState::Live, NodeState::Silent], "it may have usage to write");
        ledger.remove(leaves.follower.id()).await.unwrap();
    }
    assert_eq!(store.nodes().await.unwrap().len(), 1);
}

async fn usage_is_settled_once_each_node_says_so(store: SharedStore) {
    store.settle_usage(Need::Other).await.expect("no node has any");
    let node = HandNode::enter(&store, "eu-1").await;
    // In one process the nodes are asked, and this one has nothing to write.
    let Some(ledger) = store.ledger() else {
        return store.settle_usage(Need::Revocation).await.expect("nothing is left to write");
    };
    let mut asked = store.changes().subscribe_fence().expect("a database of many");
    let mut settled = Box::pin(store.settle_usage(Need::Revocation));
    assert!(tokio::time::timeout(Duration::from_millis(200), &mut settled).await.is_err(), "eu-1 is silent");
    let number = *asked.borrow_and_update();
    ledger.note_usage(node.follower.id(), 0, number - 1).await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(200), &mut settled).await.is_err(), "that was before");
    ledger.note_usage(node.follower.id(), 0, number).await.unwrap();
    settled.await.expect("it is written");
}

async fn a_receipt_is_kept_beside_the_events_of_its_change_and_not_in_the_chain(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c", "d"] {
        ids.push(key(&store, shop, name, NOON).await.id);
    }
    let node = HandNode::enter(&store, "eu-1").await;
    acknowledge(&store, &node).await;
    let revoked = store.revoke_key(&ann(NOON), ids[0], None).await.unwrap();
    acknowledge(&store, &node).await;
    let first = store.confirm(&revoked.awaited).await;
    let several = store.revoke_keys(&ann(NOON), &ids[..3], &BulkRevoke::default()).await.unwrap();
    acknowledge(&store, &node).await;
    let second = store.confirm(&several.awaited).await;
    // What is waited for without an answer that says so, and what nobody has waited for yet.
    let paused = store.pause_key(&ann(NOON), ids[3], None).await.unwrap();
    acknowledge(&store, &node).await;
    store.confirm(&paused.awaited.unkept()).await;
    // A repeat has a receipt of its own, and no event.
    let again = store.revoke_key(&ann(NOON), ids[0], None).await.unwrap();
    node.follower.leave();
    assert_eq!(store.confirm(&again.awaited).await.revision, first.revision);

    let receipts = async || -> Vec<_> {
        let events = store.audit_events(&EventQuery::default(), NOON).await.unwrap().items;
        let of = |event: Event| (event.action.to_string(), event.receipt.map(|receipt| *receipt));
        events.into_iter().map(of).take(4).collect()
    };
    assert!(receipts().await.iter().all(|(_, receipt)| receipt.is_none()), "none is written yet");
    store.write_receipts().await.unwrap();
    store.write_receipts().await.unwrap();
    assert_eq!((first.confirmed_by, first.nodes), (1, 1));
    assert_eq!(
        receipts().await,
        [
            ("key.paused".to_owned(), None),
            ("key.revoked".to_owned(), Some(second.clone())),
            ("key.revoked".to_owned(), Some(second)),
            ("key.revoked".to_owned(), Some(first)),
        ]
    );
    let mut chain = Verifier::default();
    for (body, hash) in store.audit_chain(0, 100).await.unwrap() {
        assert!(!body.contains("receipt"));
        chain.take(&body, &hash).unwrap();
    }
    let events = store.audit_events(&EventQuery::default(), NOON).await.unwrap().items;
    assert!(events.iter().all(|event| Event::hash_of(&event.previous_hash, &event.body()) == event.hash));
}

async fn a_node_is_shown_with_what_it_has_applied(store: SharedStore) {
    assert!(store.nodes().await.unwrap().is_empty());
    let node = HandNode::enter(&store, "eu-1").await;
    project(&store, "Shop").await;
    let [shown] = &store.nodes().await.unwrap()[..] else { panic!("one node") };
    assert_eq!((shown.id, shown.name.as_str(), shown.live), (node.follower.id(), "eu-1", true));
    assert_eq!((shown.revision, shown.lag, shown.state()), (0, 1, NodeState::Behind));
    let newest = store.newest_change().await.unwrap();
    assert_eq!(newest.revision, 1);
    acknowledge(&store, &node).await;
    assert_eq!(store.nodes().await.unwrap()[0].state(), NodeState::Live);
}

async fn keys_come_by_their_ids(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let ids = [key(&store, shop, "a", NOON).await.id, key(&store, shop, "b", NOON).await.id];
    key(&store, shop, "c", NOON).await;
    let unknown = keydeck::wire::id::KeyId::from_number(1);
    let head = store.audit_head().await.unwrap();
    let mut found = store.verifiers_of(&[ids[0], unknown, ids[1]], &head).await.unwrap();
    found.sort_by_key(|verifier| verifier.id);
    let mut wanted = ids;
    wanted.sort();
    assert_eq!(found.iter().map(|verifier| verifier.id).collect::<Vec<_>>(), wanted);

    // A server that was replaced still answers, and does not contain what is asked for.
    let newer = Head { seq: head.seq + 1, hash: head.hash };
    let all = store.verifiers(None, 10, &newer).await;
    let some = store.verifiers_of(&ids, &newer).await;
    if store.ledger().is_some() {
        assert!(
            matches!(all, Err(StoreError::Unavailable(_))) && matches!(some, Err(StoreError::Unavailable(_)))
        );
    }
}

async fn a_history_is_accepted_by_a_head_that_it_contains(store: SharedStore) {
    project(&store, "Shop").await;
    let head = store.audit_head().await.unwrap();
    let other = Head { seq: head.seq, hash: "0".repeat(64) };
    let longer = Head { seq: head.seq + 5, hash: head.hash.clone() };
    for refused in [other, longer] {
        let refused = store.accept_history(&ann(NOON), &refused).await;
        assert!(matches!(refused, Err(StoreError::UnknownHead)), "{refused:?}");
    }
    assert_eq!(store.audit_head().await.unwrap(), head, "nothing was changed");
    let accepted = store.accept_history(&ann(NOON), &head).await.unwrap();
    assert_eq!(accepted.revision, head.seq + 1);
    let event = store.audit_events_after(head.seq, 1).await.unwrap().remove(0);
    assert_eq!(
        (event.action, event.detail_text("head")),
        (Action::HistoryAccepted, Some(head.to_string().as_str()))
    );
    if let Some(ledger) = store.ledger() {
        assert_eq!(ledger.acceptances().await.unwrap(), [event.hash]);
    }
    let nobody = NodeId::from_number(1);
    let refused = store.forget_node(&ann(NOON), nobody).await;
    assert!(matches!(refused, Err(StoreError::NotFound("node"))), "{refused:?}");
}

async fn only_a_node_that_has_applied_all_goes_live(store: SharedStore) {
    let before = store.audit_head().await.unwrap();
    project(&store, "Shop").await;
    let node = HandNode { follower: store.changes().register_empty("late", None) };
    assert_eq!(node.renew(&store, &before, None).await, Grant::None);
    assert!(!node.follower.is_live());
    assert!(store.newest_change().await.unwrap().nodes.is_empty(), "nobody waits for it");
    assert_eq!(node.renew(&store, &store.audit_head().await.unwrap(), None).await, Grant::Whole);
    assert!(node.follower.is_live());
}

/// Only where leases are in tables: in memory the follower has it all, see `store::changes`.
async fn a_node_that_does_not_follow_is_extended_once(store: SharedStore) {
    let Some(_) = store.ledger() else { return };
    let node = HandNode::enter(&store, "lags").await;
    let old = store.audit_head().await.unwrap();
    project(&store, "Shop").await;
    let newer = store.audit_head().await.unwrap();
    assert_eq!(node.renew(&store, &old, Some(&old)).await, Grant::Previous);
    assert_eq!(node.renew(&store, &old, Some(&newer)).await, Grant::None);
    assert_eq!(node.renew(&store, &newer, Some(&newer)).await, Grant::Whole);
}

async fn a_history_that_does_not_contain_what_was_applied_is_another(store: SharedStore) {
    let Some(ledger) = store.ledger() else { return };
    let node = HandNode::enter(&store, "of another history").await;
    project(&store, "Shop").await;
    let head = store.audit_head().await.unwrap();
    for other in [
        Head { seq: head.seq, hash: "f".repeat(64) },
        Head { seq: head.seq + 1, hash: head.hash.clone() },
        Head { seq: 0, hash: "f".repeat(64) },
    ] {
        assert!(!ledger.begin_renewal(&other).await.unwrap().continues(), "{other}");
        // Nor does it confirm anything.
        ledger.acknowledge(&node.follower, &other).await.unwrap();
        assert_eq!(store.nodes().await.unwrap()[0].revision, 0, "{other}");
    }
    for part in [Head::genesis(), head] {
        assert!(ledger.begin_renewal(&part).await.unwrap().continues(), "{part}");
    }
}

async fn acknowledge(store: &SharedStore, node: &HandNode) {
    let head = store.audit_head().await.unwrap();
    node.follower.acknowledge(head.seq);
    if let Some(ledger) = store.ledger() {
        ledger.acknowledge(&node.follower, &head).await.unwrap();
    }
}
