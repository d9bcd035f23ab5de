//! Names can be used again, so they are no identities: an audit event tells which token it was, and events are found
//! by that.

use keydeck::secret::{Kind, Secret};
use keydeck::server::create_token_for;
use keydeck::store::By;
use keydeck::wire::audit::{Event, Verifier};
use keydeck::wire::id::TokenId;
use keydeck::wire::time::Timestamp;
use keydeck::wire::tokens::Role;
use serde_json::Value;

use crate::support::api::Api;

struct Token {
    id: TokenId,
    hint: String,
    secret: Secret,
}

/// A token that is called `ci`.
async fn ci(api: &Api) -> Token {
    let secret = Secret::generate(Kind::Management).expect("random bytes");
    let by = By::new("local:ann", Timestamp::from_millis(1_768_478_400_000));
    let made = create_token_for(&api.store, &by, "ci", Role::Member, &secret).await.expect("a token").value;
    Token { id: made.id, hint: made.hint, secret }
}

async fn revoke(api: &Api, token: &Token) {
    let answer = api.ask(&format!("POST /v1/tokens/{}/revoke", token.id), "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

async fn create_project(api: &Api, token: &Token, name: &str) {
    let answer =
        api.ask_as(Some(&token.secret), "POST /v1/projects", &format!(r#"{{"name":"{name}"}}"#)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

/// The names in the events that a query finds, newest first.
async fn names(api: &Api, query: &str) -> Vec<String> {
    let answer = api.ask(&format!("GET /v1/audit-events?{query}"), "").await;
    assert_eq!(answer.status, 200, "{query}: {answer:?}");
    let page = answer.json();
    let items = page["items"].as_array().expect("items");
    assert_eq!(page["total"].as_u64(), Some(items.len() as u64), "{query}");
    items.iter().map(|event| event["detail"]["name"].as_str().unwrap_or("-").to_owned()).collect()
}

#[tokio::test]
async fn two_tokens_of_one_name_are_told_apart_in_events_and_by_the_actor_filter() {
    let api = Api::start().await;
    let first = ci(&api).await;
    create_project(&api, &first, "one").await;
    revoke(&api, &first).await;
    let second = ci(&api).await;
    create_project(&api, &second, "two").await;

    assert_eq!(names(&api, "actor=token:ci").await, ["two", "one"], "the name is that of both");
    for (token, project) in [(&first, "one"), (&second, "two")] {
        assert_eq!(names(&api, &format!("actor={}", token.id)).await, [project]);
        let hint = token.hint.replace('*', "%2A");
        assert_eq!(names(&api, &format!("actor={hint}")).await, [project]);
        assert_eq!(names(&api, &format!("actor={}&filter={project}", token.id)).await, [project]);
        assert_eq!(names(&api, &format!("actor={}&filter=nothing", token.id)).await, [""; 0]);
        // Its masked form is a word of the event, too.
        assert!(names(&api, &format!("filter={hint}&action=project.created")).await == [project]);
        let event = api.ask(&format!("GET /v1/audit-events?actor={}", token.id), "").await.json();
        let by = &event["items"][0]["detail"]["by"];
        assert_eq!(
            (by["id"].as_str(), by["hint"].as_str()),
            (Some(&*token.id.to_string()), Some(&*token.hint))
        );
        assert_eq!(event["items"][0]["actor"], "token:ci", "the actor is the one that programs know");
    }
    assert_eq!(names(&api, &format!("actor={}", TokenId::from_number(7))).await, [""; 0]);
    // `by:` stays a part of the actor, `key:` a part of a key's name or masked form.
    assert_eq!(names(&api, "filter=by:ci").await, ["two", "one"]);
    assert_eq!(names(&api, &format!("filter=key:{}", first.hint.replace('*', "%2A"))).await, [""; 0]);
    chain_holds(&api).await;
}

#[tokio::test]
async fn events_of_an_older_version_are_found_by_the_token_that_had_the_name_then() {
    let api = Api::start().await;
    // As an older version wrote them: the name alone.
    let older = |at: i64| By::new("token:ci", Timestamp::from_millis(1_768_478_400_000 + at));
    let first = ci(&api).await;
    api.store.create_project(&older(1), "one").await.expect("a project");
    revoke(&api, &first).await;
    let second = ci(&api).await;
    api.store.create_project(&older(2), "two").await.expect("a project");
    create_project(&api, &second, "three").await;
    assert_eq!(names(&api, &format!("actor={}", first.id)).await, ["one"]);
    assert_eq!(names(&api, &format!("actor={}", second.id)).await, ["three", "two"]);
    chain_holds(&api).await;
}

#[tokio::test]
async fn a_name_cannot_pretend_to_be_another_token() {
    let api = Api::start().await;
    let (first, second) = {
        let first = ci(&api).await;
        revoke(&api, &first).await;
        (first, ci(&api).await)
    };
    let forged = format!(r#"\"by\":{{\"hint\":\"{}\",\"id\":\"{}\"}}"#, first.hint, first.id);
    let made = api.ask_as(Some(&second.secret), "POST /v1/projects", r#"{"name":"p"}"#).await.json();
    let project = made["id"].as_str().expect("an id");
    let key = format!("POST /v1/projects/{project}/keys");
    let key = api.ask_as(Some(&second.secret), &key, r#"{"name":"web"}"#).await.json();
    let what = format!("POST /v1/keys/{}/revoke", key["key"]["id"].as_str().expect("an id"));
    let answer = api.ask_as(Some(&second.secret), &what, &format!(r#"{{"reason":"{forged}"}}"#)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(names(&api, &format!("actor={}", first.id)).await, [""; 0]);
    assert_eq!(names(&api, &format!("actor={}", second.id)).await.len(), 3);
}

#[tokio::test]
async fn every_write_is_answered_with_the_audit_head() {
    let api = Api::start().await;
    let mut seen = Vec::new();
    let mut write = async |what: String, body: &str, status: u16| -> Value {
        let answer = api.ask(&what, body).await;
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        let head = api.store.audit_head().await.expect("a head").to_string();
        assert_eq!(answer.header("keydeck-audit-head"), head, "{what}");
        seen.push(what);
        if answer.text.is_empty() { Value::Null } else { answer.json() }
    };
    let project = write("POST /v1/projects".into(), r#"{"name":"shop"}"#, 201).await;
    let project = project["id"].as_str().expect("an id").to_owned();
    write(format!("PATCH /v1/projects/{project}"), r#"{"name":"store"}"#, 200).await;
    write(format!("PATCH /v1/projects/{project}"), r#"{"name":"store"}"#, 200).await;
    let rules = r#"[{"source":"/a","destination":"/b"}]"#;
    write(format!("PUT /v1/projects/{project}/rules"), rules, 200).await;
    write(format!("POST /v1/projects/{project}/deployments"), "", 201).await;
    let key = write(format!("POST /v1/projects/{project}/keys"), r#"{"name":"web"}"#, 201).await;
    let key = key["key"]["id"].as_str().expect("an id").to_owned();
    write(format!("PATCH /v1/keys/{key}"), r#"{"name":"app"}"#, 200).await;
    write(format!("POST /v1/keys/{key}/rotate"), "", 201).await;
    write("POST /v1/keys/revoke".into(), &format!(r#"{{"ids":["{key}"],"dryRun":true}}"#), 200).await;
    write("POST /v1/keys/revoke".into(), &format!(r#"{{"ids":["{key}"]}}"#), 200).await;
    write(format!("POST /v1/keys/{key}/revoke"), "", 200).await;
    let token = write("POST /v1/tokens".into(), r#"{"name":"ci","role":"auditor"}"#, 201).await;
    let token = token["token"]["id"].as_str().expect("an id").to_owned();
    write(format!("POST /v1/tokens/{token}/revoke"), "", 200).await;
    write(format!("POST /v1/tokens/{token}/revoke"), "", 200).await;
    write(format!("DELETE /v1/projects/{project}?revokeKeys=true"), "", 204).await;
    let session = api.ask("GET /v1/session", "").await.json();
    assert_eq!(session["auditHead"], api.store.audit_head().await.expect("a head").to_string());
    assert_eq!(seen.len(), 15);

    // A repeat with an idempotency key changes nothing, and tells the head all the same.
    let bearer = ("authorization", format!("Bearer {}", api.admin.reveal()));
    let headers =
        [bearer, ("content-type", "application/json".to_owned()), ("idempotency-key", "once".to_owned())];
    let project = api.project("next").await;
    for (path, body) in [
        (format!("POST /v1/projects/{project}/keys"), r#"{"name":"web"}"#),
        ("POST /v1/tokens".to_owned(), r#"{"name":"once","role":"auditor"}"#),
    ] {
        for status in [201, 200] {
            let answer = crate::support::api::ask(&api.router, &path, &headers, body).await;
            let head = api.store.audit_head().await.expect("a head").to_string();
            assert_eq!(
                (answer.status, answer.header("keydeck-audit-head")),
                (status, head.as_str()),
                "{path}"
            );
        }
    }
}

async fn chain_holds(api: &Api) {
    let mut verifier = Verifier::default();
    for (body, hash) in api.store.audit_chain(0, 1000).await.expect("the chain") {
        verifier.take(&body, &hash).expect("it holds");
        let mut event: Value = serde_json::from_str(&body).expect("JSON");
        event["hash"] = hash.into();
        let event: Event = serde_json::from_value(event).expect("an event");
        assert_eq!(event.body(), body, "a client reads and writes the same bytes");
    }
    assert_eq!(verifier.head().seq, api.seq().await);
}
