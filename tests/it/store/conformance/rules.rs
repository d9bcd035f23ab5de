//! Rules and deployments.

use keydeck::store::{SharedStore, StoreError};
use keydeck::wire::id::ProjectId;
use keydeck::wire::page::PageQuery;
use keydeck::wire::rules::{Match, Rule, Shadowed};

use crate::store::support::{NOON, ann, at, project};

super::on_each_database!(
    a_draft_is_replaced_whole,
    a_draft_comes_a_page_at_a_time,
    a_deployment_is_an_immutable_snapshot,
    a_shadowed_prefix_is_named_and_left_out,
    a_draft_with_unsafe_rules_is_not_deployed,
    a_strict_deployment_has_no_warnings,
    rules_need_a_project,
    other_writes_go_on_while_a_long_draft_is_checked,
    a_draft_that_changes_meanwhile_is_deployed_whole,
);

async fn a_draft_is_replaced_whole(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let first = [exact("/a", "/b"), prefix("/old/", "/new/", 5)];
    let put = store.put_rules(&ann(at(1)), shop, &first).await.unwrap();
    assert_eq!((put.value.items.as_slice(), put.value.total, put.revision), (first.as_slice(), 2, 2));
    assert_eq!(store.rules(shop, &PageQuery::default()).await.unwrap(), put.value);
    assert_eq!(store.project(shop, NOON).await.unwrap().rules, 2);
    let again = store.put_rules(&ann(at(2)), shop, &first).await.unwrap();
    assert_eq!((again.revision, &again.head), (2, &put.head), "the same draft again changes nothing");
    let second = [exact("/c\u{1f600}\"\\", "https://example.com/?a=1#b")];
    let put = store.put_rules(&ann(at(3)), shop, &second).await.unwrap();
    assert_eq!((put.value.items.as_slice(), put.revision), (second.as_slice(), 3));
    let empty = store.put_rules(&ann(at(4)), shop, &[]).await.unwrap();
    assert_eq!((empty.value.total, empty.revision), (0, 4));
    assert!(store.rules(shop, &PageQuery::default()).await.unwrap().items.is_empty());
}

async fn a_draft_comes_a_page_at_a_time(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let draft: Vec<Rule> = (0..2500).map(|number| exact(&format!("/{number}"), "/x")).collect();
    let first = store.put_rules(&ann(NOON), shop, &draft).await.unwrap().value;
    assert_eq!((first.items.len(), first.total, first.more), (100, 2500, false));
    for limit in [7, 300, 1000] {
        let mut query = PageQuery { limit: Some(limit), cursor: None };
        let mut seen = Vec::new();
        loop {
            let page = store.rules(shop, &query).await.unwrap();
            assert!(page.items.len() <= limit as usize);
            seen.extend(page.items);
            query.cursor = page.next;
            if query.cursor.is_none() {
                break;
            }
        }
        assert!(seen == draft, "pages of {limit} make the draft");
    }
    store.put_rules(&ann(NOON), shop, &draft[1..]).await.unwrap();
    let stale = PageQuery { limit: None, cursor: first.next };
    assert!(matches!(store.rules(shop, &stale).await, Err(StoreError::Cursor)), "that draft is gone");
}

async fn a_deployment_is_an_immutable_snapshot(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let other = project(&store, "Other").await;
    let empty = store.deploy(&ann(at(1)), other, false).await.unwrap().value.deployment;
    assert_eq!((empty.version, empty.rules), (1, 0), "an empty draft can be published");
    for version in 1..=3 {
        store.put_rules(&ann(NOON), shop, &[exact("/a", &format!("/{version}"))]).await.unwrap();
        let deployed = store.deploy(&ann(at(version)), shop, false).await.unwrap().value.deployment;
        assert_eq!((i64::from(deployed.version), deployed.rules), (version, 1));
        assert_eq!((deployed.created_at, deployed.created_by.as_str()), (at(version), "local:ann"));
        assert_eq!(store.project(shop, NOON).await.unwrap().live_version, Some(version as u32));
    }
    for version in 1..=3 {
        let deployed = store.deployed(shop, version).await.unwrap();
        assert_eq!(deployed.rules, [exact("/a", &format!("/{version}"))]);
        assert_eq!((deployed.project, deployed.deployment.version), (shop, version));
    }
    let newest = store.deployments(shop, &PageQuery { limit: Some(2), cursor: None }).await.unwrap();
    let versions: Vec<u32> = newest.items.iter().map(|deployment| deployment.version).collect();
    assert_eq!((versions, newest.total), (vec![3, 2], 3));
    let rest = store.deployments(shop, &PageQuery { limit: Some(2), cursor: newest.next }).await.unwrap();
    assert_eq!((rest.items.len(), rest.items[0].version, rest.next), (1, 1, None));
    assert!(matches!(store.deployed(shop, 4).await, Err(StoreError::NotFound("deployment"))));
    assert!(matches!(store.deployed(shop, 0).await, Err(StoreError::NotFound("deployment"))));
    let mut live = store.live_versions().await.unwrap();
    live.sort();
    let mut expected = vec![(shop, 3), (other, 1)];
    expected.sort();
    assert_eq!(live, expected);
}

async fn a_shadowed_prefix_is_named_and_left_out(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let draft = [
        prefix("/blog/2020/", "/deep", 9),
        prefix("/blog/", "/blog", 1),
        prefix("/blog/new/", "/better", 0),
        prefix("/blog/same/", "/longest wins among equals", 1),
        exact("/blog/2020/exact", "/exact"),
        prefix("/b%6Cog/20", "/decoded", 2),
        prefix("/other/", "/other", 50),
    ];
    store.put_rules(&ann(NOON), shop, &draft).await.unwrap();
    let deployed = store.deploy(&ann(NOON), shop, false).await.unwrap().value.deployment;
    let shadowed = |source: &str| Shadowed { source: source.into(), covered_by: "/blog/".into() };
    assert_eq!(deployed.shadowed, [shadowed("/blog/2020/"), shadowed("/b%6Cog/20")]);
    assert_eq!(deployed.rules, 5);
    let served = store.deployed(shop, 1).await.unwrap();
    assert_eq!(served.deployment, deployed);
    let sources: Vec<&str> = served.rules.iter().map(|rule| &*rule.source).collect();
    assert_eq!(sources, ["/blog/", "/blog/new/", "/blog/same/", "/blog/2020/exact", "/other/"]);
}

/// As an older version took it, which looked at no destination.
async fn a_draft_with_unsafe_rules_is_not_deployed(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let draft = [
        exact("/a", "/b"),
        exact("/c", "javascript:alert(1)"),
        prefix("/é", "//host", 0),
        exact("/e\u{301}", "/d"),
        prefix("/e\u{301}", "/e", 0),
    ];
    let put = store.put_rules(&ann(NOON), shop, &draft).await.unwrap();
    let StoreError::Rules(bad) = store.deploy(&ann(NOON), shop, false).await.unwrap_err() else { panic!() };
    let named: Vec<_> = bad.errors.iter().map(|bad| (bad.row, bad.column.as_str(), bad.line)).collect();
    assert_eq!(named, [(2, "destination", None), (3, "destination", None), (5, "source", None)]);
    assert_eq!(store.audit_head().await.unwrap(), put.head, "nothing was changed");
    assert_eq!(store.project(shop, NOON).await.unwrap().live_version, None);
    store.put_rules(&ann(NOON), shop, &draft[..1]).await.unwrap();
    assert_eq!(store.deploy(&ann(NOON), shop, false).await.unwrap().value.deployment.version, 1);
}

async fn a_strict_deployment_has_no_warnings(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let put = store.put_rules(&ann(NOON), shop, &[exact("/b", "/c"), exact("/a?x", "/b")]).await.unwrap();
    let StoreError::Warned(warned) = store.deploy(&ann(NOON), shop, true).await.unwrap_err() else {
        panic!()
    };
    let codes: Vec<_> = warned.list.iter().map(|warning| (warning.rule, warning.code.as_str())).collect();
    assert_eq!((codes, warned.count), (vec![(2, "queryIgnored"), (2, "chain")], 2));
    assert_eq!(store.audit_head().await.unwrap(), put.head, "nothing was changed");
    let new = store.deploy(&ann(NOON), shop, false).await.unwrap().value;
    assert_eq!((new.warnings, new.warning_count, new.deployment.version), (warned.list, 2, 1));
}

async fn rules_need_a_project(store: SharedStore) {
    let nowhere = ProjectId::from_number(3);
    let lost = |error: StoreError| assert!(matches!(error, StoreError::NotFound("project")), "{error:?}");
    lost(store.put_rules(&ann(NOON), nowhere, &[]).await.unwrap_err());
    lost(store.rules(nowhere, &PageQuery::default()).await.unwrap_err());
    lost(store.deploy(&ann(NOON), nowhere, false).await.unwrap_err());
    lost(store.deployments(nowhere, &PageQuery::default()).await.unwrap_err());
    assert!(store.live_versions().await.unwrap().is_empty());
}

async fn other_writes_go_on_while_a_long_draft_is_checked(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let draft: Vec<Rule> = (0..20_000).map(|number| exact(&format!("/{number}"), "/x")).collect();
    store.put_rules(&ann(NOON), shop, &draft).await.unwrap();
    let deploying = tokio::spawn({
        let store = store.clone();
        async move { store.deploy(&ann(NOON), shop, false).await }
    });
    // If it held the others up, the first or second of them would end after it.
    let mut made = 0;
    while !deploying.is_finished() && made < 4 {
        made += 1;
        project(&store, &format!("Other {made}")).await;
    }
    assert!(!deploying.is_finished(), "{made} writes went through while the draft was checked");
    assert_eq!(deploying.await.unwrap().unwrap().value.deployment.rules, 20_000);
}

async fn a_draft_that_changes_meanwhile_is_deployed_whole(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let draft = |version: usize| -> Vec<Rule> {
        (0..1500 + version).map(|number| exact(&format!("/{number}"), &format!("/to/{version}"))).collect()
    };
    store.put_rules(&ann(NOON), shop, &draft(0)).await.unwrap();
    let deploying = tokio::spawn({
        let store = store.clone();
        async move {
            for version in 1..=4 {
                let made = store.deploy(&ann(NOON), shop, false).await.unwrap().value.deployment;
                assert_eq!(made.version, version);
            }
        }
    });
    for version in 1..=12 {
        store.put_rules(&ann(NOON), shop, &draft(version)).await.unwrap();
    }
    deploying.await.unwrap();
    for version in 1..=4 {
        let deployed = store.deployed(shop, version).await.unwrap().rules;
        assert!(deployed == draft(deployed.len() - 1500), "version {version} is one draft, whole");
    }
    assert_eq!(store.deploy(&ann(NOON), shop, false).await.unwrap().value.deployment.rules, 1512);
}

fn exact(source: &str, destination: &str) -> Rule {
    Rule {
        source: source.into(),
        destination: destination.into(),
        status: 301,
        matching: Match::Exact,
        priority: 0,
    }
}

fn prefix(source: &str, destination: &str, priority: i32) -> Rule {
    Rule { matching: Match::StartsWith, priority, status: 308, ..exact(source, destination) }
}
