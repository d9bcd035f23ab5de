//! Management tokens.

use keydeck::secret::Secret;
use keydeck::store::{SharedStore, StoreError, Written};
use keydeck::wire::id::TokenId;
use keydeck::wire::page::PageQuery;
use keydeck::wire::time::Timestamp;
use keydeck::wire::tokens::{Role, Token};

use crate::store::support::{NOON, ann, at, token_secret};

super::on_each_database!(
    a_token_is_found_by_its_handle_while_it_works,
    a_tokens_name_is_taken_while_it_works,
    the_last_admin_token_stays,
    tokens_come_by_creation_a_page_at_a_time,
);

async fn a_token_is_found_by_its_handle_while_it_works(store: SharedStore) {
    assert!(!store.has_tokens().await.unwrap());
    let secret = token_secret();
    let made = make(&store, &secret, "ci", Role::Member, at(1)).await.unwrap();
    assert!(store.has_tokens().await.unwrap());
    assert_eq!(
        (made.value.name.as_str(), made.value.role, made.value.created_at),
        ("ci", Role::Member, at(1))
    );
    assert_eq!(made.value.hint, secret.hint().to_string());
    let found = store.tokens_by_handle(secret.handle()).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].token, made.value);
    assert!(found[0].hash.matches(secret.reveal()));
    assert!(!found[0].hash.matches(token_secret().reveal()));
    assert!(store.tokens_by_handle("\0\0\0\0").await.unwrap().is_empty());

    let revoked = store.revoke_token(&ann(at(2)), made.value.id).await.unwrap();
    assert_eq!(
        (revoked.value.revoked_at, revoked.value.revoked_by.as_deref()),
        (Some(at(2)), Some("local:ann"))
    );
    assert!(store.tokens_by_handle(secret.handle()).await.unwrap().is_empty());
    let again = store.revoke_token(&ann(at(3)), made.value.id).await.unwrap();
    assert_eq!(again, revoked, "a repeat changes nothing");
    assert!(store.has_tokens().await.unwrap(), "a revoked token was made too");
    let lost = store.revoke_token(&ann(NOON), TokenId::from_number(1)).await;
    assert!(matches!(lost, Err(StoreError::NotFound("token"))));
}

async fn a_tokens_name_is_taken_while_it_works(store: SharedStore) {
    let first = make(&store, &token_secret(), "CI", Role::Auditor, NOON).await.unwrap();
    let taken = make(&store, &token_secret(), "ci", Role::Admin, NOON).await;
    assert!(matches!(taken, Err(StoreError::NameTaken { noun: "token", .. })));
    store.revoke_token(&ann(NOON), first.value.id).await.unwrap();
    make(&store, &token_secret(), "ci", Role::Admin, NOON).await.unwrap();
}

async fn the_last_admin_token_stays(store: SharedStore) {
    let one = make(&store, &token_secret(), "one", Role::Admin, NOON).await.unwrap().value.id;
    make(&store, &token_secret(), "member", Role::Member, NOON).await.unwrap();
    let last = store.revoke_token(&ann(NOON), one).await;
    assert!(matches!(last, Err(StoreError::LastAdmin)));
    assert_eq!(store.audit_head().await.unwrap().seq, 2);
    let two = make(&store, &token_secret(), "two", Role::Admin, NOON).await.unwrap().value.id;
    store.revoke_token(&ann(NOON), one).await.unwrap();
    // The repeat of a revocation is answered, though the other is the last one now.
    store.revoke_token(&ann(NOON), one).await.unwrap();
    assert!(matches!(store.revoke_token(&ann(NOON), two).await, Err(StoreError::LastAdmin)));
}

async fn tokens_come_by_creation_a_page_at_a_time(store: SharedStore) {
    for number in 0..5 {
        make(&store, &token_secret(), &format!("token {number}"), Role::Admin, at(number)).await.unwrap();
    }
    let mut query = PageQuery { limit: Some(2), cursor: None };
    let mut names = Vec::new();
    loop {
        let page = store.tokens(&query).await.unwrap();
        assert_eq!((page.total, page.more), (5, false));
        names.extend(page.items.into_iter().map(|token| token.name));
        query.cursor = page.next;
        if query.cursor.is_none() {
            break;
        }
    }
    assert_eq!(names, ["token 0", "token 1", "token 2", "token 3", "token 4"]);
}

async fn make(
    store: &SharedStore,
    secret: &Secret,
    name: &str,
    role: Role,
    now: Timestamp,
) -> Result<Written<Token>, StoreError> {
    store.create_token(&ann(now), name, role, secret.hint(), &secret.hash().unwrap()).await
}
