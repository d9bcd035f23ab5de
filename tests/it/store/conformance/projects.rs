//! Projects.

use keydeck::store::{KeyUsage, SharedStore, StoreError};
use keydeck::wire::id::ProjectId;
use keydeck::wire::projects::{KeyCounts, ProjectQuery};

use crate::store::support::{NOON, ann, at, days_ago, key, project};

super::on_each_database!(
    a_project_is_made_renamed_and_shown,
    a_projects_name_is_taken_without_regard_to_case,
    a_repeated_rename_changes_nothing,
    a_project_counts_its_keys,
    projects_come_by_name_a_page_at_a_time,
    projects_come_in_each_order_and_its_reverse,
);

async fn a_project_is_made_renamed_and_shown(store: SharedStore) {
    let made = store.create_project(&ann(at(5)), "Shop").await.unwrap();
    assert_eq!((made.value.name.as_str(), made.value.created_at, made.revision), ("Shop", at(5), 1));
    assert_eq!((made.value.live_version, made.value.rules, made.value.last_used_at), (None, 0, None));
    let renamed = store.rename_project(&ann(at(6)), made.value.id, "Store").await.unwrap();
    assert_eq!((renamed.value.name.as_str(), renamed.revision), ("Store", 2));
    assert_eq!(store.project(made.value.id, NOON).await.unwrap(), renamed.value);

    let nobody = ProjectId::from_number(1);
    assert!(matches!(store.project(nobody, NOON).await, Err(StoreError::NotFound("project"))));
    let lost = store.rename_project(&ann(NOON), nobody, "x").await;
    assert!(matches!(lost, Err(StoreError::NotFound("project"))));
    assert_eq!(store.audit_head().await.unwrap(), renamed.head, "what failed left no event");
}

async fn a_projects_name_is_taken_without_regard_to_case(store: SharedStore) {
    let first = project(&store, "Café").await;
    for name in ["Café", "CAFÉ", "café"] {
        let taken = store.create_project(&ann(NOON), name).await.unwrap_err();
        // The name that is there is told, since it may look different.
        let alike = match name {
            "Café" => "another project is named \"Café\"; choose another name".to_owned(),
            name => format!(
                "another project is named \"Café\" (names are compared without case: {name:?}); choose \
                 another name"
            ),
        };
        assert_eq!(taken.to_string(), alike);
    }
    let second = project(&store, "Bar").await;
    let taken = store.rename_project(&ann(NOON), second, "CAFÉ").await;
    assert!(matches!(taken, Err(StoreError::NameTaken { noun: "project", .. })));
    // Its own name in other letters is free to a project.
    let own = store.rename_project(&ann(NOON), first, "CAFÉ").await.unwrap();
    assert_eq!((own.value.name.as_str(), own.revision), ("CAFÉ", 3));
}

async fn a_repeated_rename_changes_nothing(store: SharedStore) {
    let id = project(&store, "Shop").await;
    let first = store.rename_project(&ann(at(1)), id, "Store").await.unwrap();
    project(&store, "Other").await;
    let again = store.rename_project(&ann(at(2)), id, "Store").await.unwrap();
    assert_eq!((again.revision, &again.value), (first.revision, &first.value));
    assert_eq!(again.head, store.audit_head().await.unwrap());
    assert_eq!(again.head.seq, 3);
}

async fn a_project_counts_its_keys(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let other = project(&store, "Other").await;
    key(&store, other, "theirs", days_ago(500)).await;
    key(&store, shop, "new", days_ago(1)).await;
    key(&store, shop, "one day short of stale", days_ago(89)).await;
    key(&store, shop, "stale", days_ago(90)).await;
    let used = key(&store, shop, "old but used", days_ago(400)).await;
    let gone = key(&store, shop, "revoked", days_ago(300)).await;
    store.revoke_key(&ann(NOON), gone.id, None).await.unwrap();
    let usage = |key, at| KeyUsage {
        key,
        last_used: Some((at, "192.0.2.1".parse().unwrap())),
        refusals: Vec::new(),
        days: Vec::new(),
        callers: Vec::new(),
        others: None,
    };
    store.record_usage(&[usage(used.id, days_ago(3)), usage(gone.id, days_ago(2))], NOON).await.unwrap();
    let counted = store.project(shop, NOON).await.unwrap();
    assert_eq!(counted.keys, KeyCounts { active: 4, paused: 0, revoked: 1, stale: 1 });
    assert_eq!(counted.last_used_at, Some(days_ago(2)), "the last use of any key, revoked ones too");
    let listed = store.projects(&ProjectQuery::default(), NOON).await.unwrap();
    assert_eq!(listed.items.iter().find(|listed| listed.id == shop), Some(&counted));
}

async fn projects_come_in_each_order_and_its_reverse(store: SharedStore) {
    let mut made = Vec::new();
    for (number, name) in ["b", "A", "c"].into_iter().enumerate() {
        let by = ann(days_ago(9 - number as i64));
        made.push(store.create_project(&by, name).await.unwrap().value.id);
    }
    // `A` has two active keys and `c` one, which was used; the key of `b` was used and revoked.
    key(&store, made[1], "one", days_ago(5)).await;
    key(&store, made[1], "two", days_ago(5)).await;
    let used = key(&store, made[2], "one", days_ago(5)).await;
    let gone = key(&store, made[0], "one", days_ago(5)).await;
    let usage = |key, at| KeyUsage {
        key,
        last_used: Some((at, "192.0.2.1".parse().unwrap())),
        refusals: Vec::new(),
        days: Vec::new(),
        callers: Vec::new(),
        others: None,
    };
    store.record_usage(&[usage(used.id, days_ago(3)), usage(gone.id, days_ago(6))], NOON).await.unwrap();
    store.revoke_key(&ann(days_ago(1)), gone.id, None).await.unwrap();
    for (sort, expected) in
        [("name", "A b c"), ("created", "b A c"), ("keys", "b c A"), ("lastUsed", "A b c")]
    {
        for (sort, reversed) in [(sort.to_owned(), false), (format!("-{sort}"), true)] {
            let sort = Some(sort.parse().unwrap());
            let mut names = Vec::new();
            let mut query = ProjectQuery { sort, limit: Some(1), cursor: None };
            loop {
                let page = store.projects(&query, NOON).await.unwrap();
                names.extend(page.items.into_iter().map(|project| project.name));
                query.cursor = page.next;
                if query.cursor.is_none() {
                    break;
                }
                let foreign = ProjectQuery { sort: Some("-created".parse().unwrap()), ..query.clone() };
                let refused = matches!(store.projects(&foreign, NOON).await, Err(StoreError::Cursor));
                assert_eq!(refused, foreign != query, "a cursor belongs to its order");
            }
            if reversed {
                names.reverse();
            }
            assert_eq!(names.join(" "), expected, "{query:?}");
        }
    }
}

async fn projects_come_by_name_a_page_at_a_time(store: SharedStore) {
    for name in ["delta", "Alpha", "Émile", "charlie", "Bravo", "_under", "Zulu"] {
        project(&store, name).await;
    }
    let mut names = Vec::new();
    let mut query = ProjectQuery { limit: Some(2), ..ProjectQuery::default() };
    loop {
        let page = store.projects(&query, NOON).await.unwrap();
        assert!(page.items.len() <= 2);
        assert_eq!((page.total, page.more), (7, false));
        names.extend(page.items.into_iter().map(|project| project.name));
        query.cursor = page.next;
        if query.cursor.is_none() {
            break;
        }
    }
    // By the bytes of the folded names, alike on each database.
    assert_eq!(names, ["_under", "Alpha", "Bravo", "charlie", "delta", "Zulu", "Émile"]);
    for cursor in ["", "nonsense", "WzEsMiwzXQ"] {
        let query = ProjectQuery { cursor: Some(cursor.into()), ..ProjectQuery::default() };
        assert!(matches!(store.projects(&query, NOON).await, Err(StoreError::Cursor)), "{cursor}");
    }
}
