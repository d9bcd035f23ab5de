//! A server of a later version stays readable: unknown words are their text, absent members are unknown, unknown
//! kinds of events are skipped.

use keydeck::client::{Client, Live, Transport};
use keydeck::secret::Secret;
use keydeck::wire::audit::{Action, EventQuery, Verifier};
use keydeck::wire::events::Message;
use keydeck::wire::keys::{KeyQuery, NewKey, Outcome, RevokeKeys, Status};
use keydeck::wire::page::PageQuery;
use keydeck::wire::projects::ProjectQuery;
use keydeck::wire::tokens::NewToken;
use keydeck::wire::word::Word;

use crate::support::newer::{Newer, quarantined, quarantining};

fn client(server: &Newer) -> Client {
    let token = Secret::parse(&server.token).expect("a token");
    Client::new(Transport::remote(&server.url, &token).expect("an address"))
}

#[test]
fn lists_and_answers_with_words_of_a_later_version_are_read() {
    let server = Newer::start();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let client = client(&server);
        let session = client.session().await.expect("a session");
        assert_eq!((session.role.as_str(), session.plan.as_str()), ("owner", "galactic"));
        let page = client.keys(&KeyQuery::default()).await.expect("a list");
        let names: Vec<&str> = page.items.iter().map(|key| key.name.as_str()).collect();
        assert_eq!(names, ["web", "api"]);
        assert_eq!(page.items[0].status, Status::Other(Word::of("quarantined")));
        assert_eq!((page.items[0].mode.as_str(), page.items[1].status), ("staging", Status::Active));
        // What was read is written as it came.
        let written = serde_json::to_value(&page.items[0]).expect("JSON");
        for member in ["id", "status", "mode", "name", "hint", "lastUsedAt"] {
            assert_eq!(written[member], quarantined()[member], "{member}");
        }
        let projects = client.projects(&ProjectQuery::default()).await.expect("projects");
        assert_eq!((projects.items[0].keys.active, projects.items[0].keys.stale), (2, 0));
        let tokens = client.tokens(&PageQuery::default()).await.expect("tokens");
        assert_eq!(tokens.items[0].role.as_str(), "owner");
        let done = client
            .revoke_keys(&RevokeKeys { ids: vec![page.items[1].id], ..RevokeKeys::default() })
            .await
            .expect("an answer");
        assert_eq!(done.results[0].outcome, Outcome::Other(Word::of("deferred")));
        let events = client.audit_events(&EventQuery::default()).await.expect("events");
        assert_eq!(events.items[0].action, Action::Other(Word::of("key.quarantined")));
        let mut verifier = Verifier::default();
        verifier
            .take(&events.items[0].body(), &events.items[0].hash)
            .expect("its bytes are those that were hashed");
    });
}

#[test]
fn a_stream_with_kinds_and_words_of_a_later_version_goes_on() {
    let server = Newer::start();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut events = client(&server).events(None);
        assert_eq!(events.next().await, Some(Live::Open));
        assert!(matches!(events.next().await, Some(Live::Message(Message::Ready(_), None))));
        match events.next().await {
            Some(Live::Message(Message::Changed(changed), Some(1))) => {
                assert_eq!(changed.event.action.as_str(), quarantining()["action"]);
                assert_eq!(changed.key.expect("the key").status.as_str(), "quarantined");
            }
            other => panic!("the kind before was not skipped: {other:?}"),
        }
    });
}

#[test]
fn what_is_sent_to_a_server_stays_strict() {
    let mode = serde_json::from_str::<NewKey>(r#"{"name":"a","mode":"staging"}"#).unwrap_err();
    assert!(mode.to_string().contains("`live` or `test`"), "{mode}");
    let role = serde_json::from_str::<NewToken>(r#"{"name":"a","role":"owner"}"#).unwrap_err();
    assert!(role.to_string().contains("`admin`"), "{role}");
    "key.quarantined".parse::<Action>().unwrap_err();
}

#[test]
fn unknown_words_fill_no_memory() {
    let long = "x".repeat(100);
    assert_eq!(Word::of(&long).as_str(), "unknown");
    assert_eq!(Word::of("some-word"), Word::of("some-word"));
    assert_ne!(Word::of("some-word"), Word::of("some-other-word"));
}
