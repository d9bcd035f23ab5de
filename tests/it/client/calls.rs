//! Each call, on each transport.

use keydeck::client::{Client, ClientError, Fresh, Kind, Transport, Via};
use keydeck::secret::{Kind as KeyKind, Secret};
use keydeck::wire::audit::{Action, EventQuery};
use keydeck::wire::id::KeyId;
use keydeck::wire::key_groups::{GroupBy, KeyGroupQuery, KeyGroups};
use keydeck::wire::keys::{KeyQuery, Mode, NewKey, Outcome, RevokeKeys, Status, StatusQuery};
use keydeck::wire::page::PageQuery;
use keydeck::wire::problem::Code;
use keydeck::wire::projects::ProjectQuery;
use keydeck::wire::rules::{Match, Rule};
use keydeck::wire::session::Plan;
use keydeck::wire::time::Timestamp;
use keydeck::wire::tokens::Role;

use crate::support::api::{Api, on_each_transport};

#[tokio::test]
async fn who_asks_is_the_token_or_the_person_at_this_machine() {
    on_each_transport(async |api, client| {
        let session = client.session().await.expect("a session");
        let (principal, describe) = match client.kind() {
            Via::Remote => ("token:root", format!("http://{}", api.address)),
            Via::Socket => ("local:ann", "the local server".to_owned()),
            Via::Embedded => ("local:ann", "local database".to_owned()),
        };
        assert_eq!((session.principal.as_str(), session.role), (principal, Role::Admin));
        assert_eq!(client.describe(), describe);
        client.ready().await.expect("ready");
    })
    .await;
}

#[tokio::test]
async fn projects_are_made_renamed_and_listed() {
    on_each_transport(async |_, client| {
        let shop = client.create_project("shöp & co").await.expect("a project");
        assert_eq!(client.project(shop.id).await, Ok(shop.clone()));
        let renamed = client.rename_project(shop.id, "store").await.expect("renamed");
        let head = client.audit_head().expect("the head of the write");
        assert_eq!(client.session().await.expect("a session").audit_head, head);
        client.create_project("blog").await.expect("another");
        let query = ProjectQuery { limit: Some(1), ..ProjectQuery::default() };
        let page = client.projects(&query).await.expect("a page");
        assert_eq!((page.items[0].name.as_str(), page.total, page.next.is_some()), ("blog", 2, true));
        let next =
            client.projects(&ProjectQuery { cursor: page.next, ..query }).await.expect("the next page");
        assert_eq!(next.items, [renamed]);
        let names: Vec<_> =
            client.projects_all(None).await.expect("all").into_iter().map(|row| row.name).collect();
        assert_eq!(names, ["blog", "store"]);
    })
    .await;
}

#[tokio::test]
async fn a_key_is_made_with_its_secret_renamed_revoked_and_looked_at() {
    on_each_transport(async |_, client| {
        let project = client.create_project("shop").await.expect("a project").id;
        let new = NewKey::named("web", Mode::Test);
        let made = client.create_key(project, &new).await.expect("a key");
        assert_eq!((made.secret.kind(), made.secret.hint()), (KeyKind::Test, made.key.hint));
        assert_eq!(client.key(made.key.id).await, Ok(made.key.clone()));
        assert_eq!(client.rename_key(made.key.id, "app").await.expect("renamed").name, "app");
        let revoked = client.revoke_key(made.key.id, Some("left the team")).await.expect("revoked");
        assert_eq!((revoked.key.status, revoked.key.confirmed), (Status::Revoked, true));
        assert_eq!(revoked.key.revoke_reason.as_deref(), Some("left the team"));
        assert_eq!((revoked.receipt.confirmed_by, revoked.receipt.nodes), (1, 1));
        let again = client.revoke_key(made.key.id, None).await.expect("a repeat");
        assert_eq!((again.key, again.receipt.revision), (revoked.key, revoked.receipt.revision));
        assert_eq!(client.key_usage(made.key.id, 7).await.expect("days").len(), 7);
        assert_eq!(client.key_callers(made.key.id).await, Ok(vec![]));
        let query = KeyGroupQuery { by: GroupBy::Status, filter: "app".into(), ..KeyGroupQuery::default() };
        assert_eq!(client.key_groups(&query).await, Ok(KeyGroups::default()), "no active key is left");
        let query = KeyGroupQuery { status: Some(StatusQuery::All), project: Some(project), ..query };
        let groups = client.key_groups(&query).await.expect("groups");
        assert_eq!((&*groups.items[0].group, groups.items[0].keys, groups.keys), ("revoked", 1, 1));
    })
    .await;
}

#[tokio::test]
async fn a_key_is_rotated_many_are_revoked_and_a_project_is_deleted() {
    on_each_transport(async |_, client| {
        let project = client.create_project("shop").await.expect("a project").id;
        let new = NewKey::named("web", Mode::Test);
        let old = client.create_key(project, &new).await.expect("a key").key;
        let next = client.rotate_key(old.id, None).await.expect("a successor");
        assert_eq!((next.key.name.as_str(), next.key.rotated_from), ("web-2", Some(old.id)));
        assert_eq!((next.secret.kind(), next.secret.hint()), (KeyKind::Test, next.key.hint));
        assert_eq!(client.rotate_key(old.id, Some("app")).await.expect("another").key.name, "app");
        assert_eq!(client.key(old.id).await, Ok(old.clone()), "the old key stays active");

        let nobody = KeyId::from_number(7);
        let body = RevokeKeys { ids: vec![old.id, nobody, old.id], dry_run: true, ..RevokeKeys::default() };
        let said = client.revoke_keys(&body).await.expect("a dry run");
        let outcomes: Vec<_> = said.results.iter().map(|result| (result.id, result.outcome)).collect();
        assert_eq!(outcomes, [(old.id, Outcome::Revoked), (nobody, Outcome::NotFound)]);
        assert_eq!(said.receipt, None);
        let body = RevokeKeys { dry_run: false, reason: Some("done".into()), ..body };
        let receipt = client.revoke_keys(&body).await.expect("revoked").receipt.expect("a receipt");
        assert_eq!((receipt.confirmed_by, receipt.nodes), (1, 1));
        let revoked = client.key(old.id).await.expect("a key");
        assert_eq!((revoked.status, revoked.confirmed), (Status::Revoked, true));
        assert_eq!(
            client.revoke_keys(&body).await.expect("a repeat").receipt.map(|it| it.revision),
            Some(receipt.revision)
        );

        let refused = client.delete_project(project, false).await.expect_err("active keys");
        assert_eq!(refused.problem().expect("a problem").code, Code::ProjectHasActiveKeys);
        let receipt = client.delete_project(project, true).await.expect("deleted").expect("a receipt");
        assert_eq!((receipt.confirmed_by, receipt.nodes), (1, 1));
        let again = client.delete_project(project, false).await.expect("a repeat").expect("a receipt");
        assert_eq!(again.revision, receipt.revision);
        let query = KeyQuery { status: Some(StatusQuery::All), ..KeyQuery::default() };
        let keys = client.keys(&query).await.expect("keys").items;
        assert!(keys.len() == 3 && keys.iter().all(|key| key.status == Status::Revoked && key.confirmed));
        client.create_project("shop").await.expect("the name is free");
    })
    .await;
}

#[tokio::test]
async fn keys_are_asked_for_by_any_query_and_not_sent_again_unless_changed() {
    on_each_transport(async |_, client| {
        let project = client.create_project("shop").await.expect("a project").id;
        for name in ["a & b", "c+d", "ünï"] {
            client.create_key(project, &NewKey::named(name, Mode::Live)).await.expect("a key");
        }
        for (filter, name) in [("name:\"a & b\"", "a & b"), ("c+d", "c+d"), ("name:ÜN", "ünï")] {
            let query = KeyQuery { filter: filter.into(), ..KeyQuery::default() };
            let found = client.keys(&query).await.expect("keys").items;
            assert_eq!(found.iter().map(|key| key.name.as_str()).collect::<Vec<_>>(), [name], "{filter}");
        }
        let query = KeyQuery {
            project: Some(project),
            status: Some(StatusQuery::All),
            sort: Some("-name".parse().expect("an order")),
            ..KeyQuery::default()
        };
        let Fresh::Changed(page, tag) = client.keys_unless(&query, None).await.expect("keys") else {
            panic!("unchanged without a tag");
        };
        assert_eq!(client.keys_unless(&query, tag.as_deref()).await, Ok(Fresh::Unchanged));
        client.revoke_key(page.items[0].id, None).await.expect("revoked");
        let changed = client.keys_unless(&query, tag.as_deref()).await.expect("keys");
        assert!(matches!(changed, Fresh::Changed(page, Some(_)) if page.items[0].status == Status::Revoked));
        // The other lists that a dashboard asks for again and again.
        let (projects, events) = (ProjectQuery::default(), EventQuery::default());
        let Ok(Fresh::Changed(_, Some(tag))) = client.projects_unless(&projects, None).await else {
            panic!("projects");
        };
        assert_eq!(client.projects_unless(&projects, Some(&tag)).await, Ok(Fresh::Unchanged));
        let Ok(Fresh::Changed(_, Some(events_tag))) = client.audit_events_unless(&events, None).await else {
            panic!("events");
        };
        assert_eq!(client.audit_events_unless(&events, Some(&events_tag)).await, Ok(Fresh::Unchanged));
        let reviews = PageQuery::default();
        let Ok(Fresh::Changed(_, Some(reviews_tag))) = client.reviews_unless(&reviews, None).await else {
            panic!("reviews");
        };
        assert_eq!(client.reviews_unless(&reviews, Some(&reviews_tag)).await, Ok(Fresh::Unchanged));
        client.rename_project(project, "renamed").await.expect("renamed");
        assert!(matches!(client.projects_unless(&projects, Some(&tag)).await, Ok(Fresh::Changed(..))));
        let events = client.audit_events_unless(&events, Some(&events_tag)).await;
        assert!(matches!(events, Ok(Fresh::Changed(..))));
    })
    .await;
}

#[tokio::test]
async fn a_walk_takes_every_row_once_and_stops_at_its_limit() {
    // One server for all transports: more than a page of keys takes its time to make.
    let api = Api::start().await;
    let project = api.project("shop").await;
    let by = keydeck::store::By::new("local:ann", Timestamp::default());
    let secret = Secret::generate(KeyKind::Live).expect("random bytes");
    for n in 0..1003 {
        let record = keydeck::store::NewKeyRecord::new(
            format!("key {n}"),
            Mode::Live,
            secret.hint(),
            secret.hash().expect("random bytes"),
        );
        api.store.create_key(&by, project, &record, Plan::default()).await.expect("a key");
    }
    api.until_followed().await;
    for via in [Via::Embedded, Via::Socket, Via::Remote] {
        let client = api.client(via);
        let query = KeyQuery { sort: Some("name".parse().expect("an order")), ..KeyQuery::default() };
        let all = client.keys_all(&query, None).await.expect("keys");
        let ids: std::collections::HashSet<_> = all.iter().map(|key| key.id).collect();
        assert_eq!((all.len(), ids.len()), (1003, 1003));
        assert_eq!(client.keys_all(&query, Some(1001)).await.expect("keys"), all[..1001]);
        assert_eq!(client.keys_all(&query, Some(2)).await.expect("keys"), all[..2]);
    }
}

#[tokio::test]
async fn rules_are_put_read_and_deployed() {
    on_each_transport(async |_, client| {
        let project = client.create_project("shop").await.expect("a project").id;
        let rule = Rule {
            source: "/a".into(),
            destination: "/b".into(),
            status: 308,
            matching: Match::StartsWith,
            priority: -1,
        };
        let page = client.put_rules(project, std::slice::from_ref(&rule), true).await.expect("put").page;
        assert_eq!(page.items, std::slice::from_ref(&rule));
        let csv = client.rules_csv(project).await.expect("csv");
        assert_eq!(csv, "source,destination,status,match,priority\n/a,/b,308,starts_with,-1\n");
        client.put_rules(project, &[], false).await.expect("none");
        assert_eq!(client.rules(project, &PageQuery::default()).await.expect("a page").items, []);
        client.put_rules_csv(project, csv.into_bytes()).await.expect("put");
        assert_eq!(client.rules(project, &PageQuery::default()).await.expect("a page").items, [rule]);
        assert_eq!(client.deploy(project, false).await.expect("deployed").deployment.version, 1);
        assert_eq!(client.deploy(project, true).await.expect("deployed").deployment.version, 2);
        let all = client.deployments_all(project, None).await.expect("all");
        assert_eq!(client.deployments(project, &PageQuery::default()).await.expect("a page").items, all);
        let deployed = client.deployment(project, 2).await.expect("a deployment");
        assert_eq!((&deployed.deployment, deployed.items.len()), (&all[0], 1));
        let none = client.deployment(project, 3).await.expect_err("none");
        assert_eq!(none.problem().expect("a problem").code, Code::NotFound);
        let bad = client.put_rules_csv(project, b"source,destination\na,/b\n".to_vec()).await;
        assert!(bad.expect_err("refused").to_string().contains("row 1, source"));
    })
    .await;
}

#[tokio::test]
async fn tokens_and_the_audit_log_are_read_and_written() {
    on_each_transport(async |api, client| {
        let made = client.create_token("ci", Role::Auditor).await.expect("a token");
        let address = format!("http://{}", api.address);
        let ci = Client::new(Transport::remote(&address, &made.secret).expect("an address"));
        assert_eq!(ci.session().await.expect("a session").role, Role::Auditor);
        let refused = ci.create_project("shop").await.expect_err("an auditor");
        assert_eq!(
            (refused.kind(), refused.problem().expect("a problem").code),
            (Kind::Denied, Code::ReadOnly)
        );
        assert!(client.revoke_token(made.token.id).await.expect("revoked").token.revoked_at.is_some());
        assert_eq!(ci.session().await.expect_err("revoked").kind(), Kind::Denied);
        let all = client.tokens_all(None).await.expect("tokens");
        assert_eq!(client.tokens(&PageQuery::default()).await.expect("a page").items, all);
        let query = EventQuery { action: Some(Action::TokenRevoked), ..EventQuery::default() };
        let events = client.audit_events(&query).await.expect("events").items;
        assert_eq!(events.len(), 1);
        let everything = client.audit_events_all(&EventQuery::default(), None).await.expect("events");
        assert_eq!(everything.len() as u64, api.seq().await);
    })
    .await;
}

#[tokio::test]
async fn a_refusal_keeps_its_code_field_and_request_id() {
    on_each_transport(async |_, client| {
        client.create_project("shop").await.expect("a project");
        let taken = client.create_project("Shop").await.expect_err("taken");
        let problem = taken.problem().expect("a problem").clone();
        assert_eq!((problem.code, problem.field.as_deref()), (Code::NameTaken, Some("name")));
        assert!(problem.request_id.expect("an id").starts_with("req_"));
        assert_eq!(taken.kind(), Kind::Conflict);
        let missing = client.key(KeyId::from_number(7)).await.expect_err("no such key");
        assert_eq!((missing.kind(), missing.to_string().as_str()), (Kind::NotFound, "key not found"));
        let filter = KeyQuery { filter: "used:often".into(), ..KeyQuery::default() };
        assert_eq!(client.keys(&filter).await.expect_err("a bad filter").kind(), Kind::Invalid);
    })
    .await;
}

#[tokio::test]
async fn a_whole_key_in_a_text_is_refused_before_it_is_sent() {
    const KEY: &str = "redir_live_7kf2Q9w3ErTy5UiOp1AsDf8GhJ2I1YZq";
    // Nobody listens: an attempt to send would say so.
    let token = Secret::generate(KeyKind::Management).expect("random bytes");
    for transport in [
        Transport::remote("http://127.0.0.1:1", &token).expect("an address"),
        Transport::socket("/nowhere/keydeck.sock"),
        Transport::embedded(axum::Router::new()),
    ] {
        let client = Client::new(transport);
        let filter = KeyQuery { filter: format!("name:{KEY}"), ..KeyQuery::default() };
        let encoded = format!("/%72{}", &KEY[1..]);
        let rule = Rule {
            source: "/a".into(),
            destination: format!("/{KEY}"),
            status: 301,
            matching: Match::Exact,
            priority: 0,
        };
        let id = keydeck::wire::id::ProjectId::from_number(1);
        for (error, field) in [
            (client.keys(&filter).await.map(drop), "filter"),
            (client.create_project(KEY).await.map(drop), "name"),
            (client.revoke_key(KeyId::from_number(1), Some(KEY)).await.map(drop), "reason"),
            (client.put_rules(id, std::slice::from_ref(&rule), false).await.map(drop), "body"),
            (
                client.put_rules(id, &[Rule { destination: encoded.clone(), ..rule }], false).await.map(drop),
                "body",
            ),
            (
                client
                    .put_rules_csv(id, format!("source,destination\n/a,/{KEY}\n").into_bytes())
                    .await
                    .map(drop),
                "body",
            ),
        ] {
            let error = error.expect_err("refused");
            let problem = error.problem().expect("a problem");
            assert_eq!((problem.code, problem.field.as_deref()), (Code::SecretInText, Some(field)));
            assert!(!format!("{error} {error:?}").contains(KEY));
        }
    }
}

#[tokio::test]
async fn an_answer_with_a_secret_shows_it_in_no_debug_text() {
    let api = Api::start().await;
    let client = api.client(Via::Remote);
    let project = client.create_project("shop").await.expect("a project").id;
    let made = client.create_key(project, &NewKey::named("web", Mode::Live)).await.expect("a key");
    let shown = format!("{made:?} {client:?} {:?}", Transport::remote("https://example.com", &made.secret));
    assert!(keydeck::secret::find(&shown).is_none());
    assert!(!shown.contains(&made.secret.reveal()[15..37]));
}

#[test]
fn an_address_that_would_show_the_token_is_refused() {
    const TOKEN: &str = "redir_mgmt_AbCdEfGhIjKlMnOpQrStUvWxYz3iKEgY";
    let token = Secret::parse(TOKEN).expect("well-formed");
    for good in [
        "https://keys.example.com",
        "https://example.com/keydeck/",
        "http://127.0.0.1:7474",
        "http://127.8.9.1",
        "http://[::1]:7474",
        "http://LOCALHOST:7474",
    ] {
        assert!(Transport::remote(good, &token).is_ok(), "{good}");
    }
    for bad in [
        "http://keys.example.com",
        "http://10.0.0.1:7474",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "ftp://localhost",
        "localhost:7474",
        "keys.example.com",
        "",
        "https://ann:pass@example.com",
        "https://example.com/?token=1",
        "https://example.com/#a",
        &format!("https://example.com/{TOKEN}"),
    ] {
        let error = Transport::remote(bad, &token).expect_err(bad);
        assert!(matches!(error, ClientError::Address { .. }), "{bad}");
        assert_eq!(error.kind(), Kind::Invalid);
        let text = error.to_string();
        assert!(!text.contains(TOKEN) && !text.contains("pass@"), "{text}");
    }
}
