//! Bodies over a real connection: oversize, cut off, of unknown length.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::api::Api;

#[tokio::test]
async fn an_empty_body_is_the_same_as_an_empty_object() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    for body in ["", "{}", " {} "] {
        let (key, _) = api.key(project, "web").await;
        let answer = api.ask(&format!("POST /v1/keys/{}/revoke", key.id), body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.json()["key"]["revokeReason"].is_null());
    }
    // Some tools announce a form when they send nothing.
    let form = ("content-type", "application/x-www-form-urlencoded".to_owned());
    let bearer = ("authorization", format!("Bearer {}", api.admin.reveal()));
    let what = format!("POST /v1/projects/{project}/deployments");
    assert_eq!(crate::support::api::ask(&api.router, &what, &[form, bearer], "").await.status, 201);
}

#[tokio::test]
async fn a_body_that_ends_early_changes_nothing() {
    let api = Api::start().await;
    let before = api.seq().await;
    let head = head(&api, "POST /v1/projects", "Content-Length: 100");
    let mut stream = TcpStream::connect(api.address).await.expect("a connection");
    stream.write_all(format!("{head}{{\"name\":\"half").as_bytes()).await.expect("sent");
    stream.shutdown().await.expect("half closed");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an end");
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert_eq!(api.seq().await, before);
    assert_eq!(api.ask("GET /v1/session", "").await.status, 200);
}

#[tokio::test]
async fn an_oversize_body_is_refused_with_an_answer_that_its_sender_can_read() {
    let api = Api::start().await;
    let before = api.seq().await;
    let size = 3 * 1024 * 1024;
    let announced = head(&api, "POST /v1/projects", &format!("Content-Length: {size}"));
    let answer = exchange(api.address, announced.as_bytes(), &vec![b' '; size]).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("BODY_TOO_LARGE"), "{answer}");

    let chunked = head(&api, "POST /v1/projects", "Transfer-Encoding: chunked");
    let mut body = format!("{size:x}\r\n").into_bytes();
    body.extend(vec![b' '; size]);
    body.extend_from_slice(b"\r\n0\r\n\r\n");
    let answer = exchange(api.address, chunked.as_bytes(), &body).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("BODY_TOO_LARGE"), "{answer}");

    // Who asks first sends nothing.
    let asked = head(&api, "POST /v1/projects", &format!("Expect: 100-continue\r\nContent-Length: {size}"));
    let answer = exchange(api.address, asked.as_bytes(), b"").await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert_eq!(api.seq().await, before);
}

#[tokio::test]
async fn rules_may_be_larger_than_other_bodies() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let rules: Vec<_> = (0..30_000)
        .map(|n| serde_json::json!({ "source": format!("/old/{n}"), "destination": format!("/new/{n}") }))
        .collect();
    let body = serde_json::to_string(&rules).expect("JSON");
    assert!(body.len() > 1024 * 1024);
    let answer = api.ask(&format!("PUT /v1/projects/{project}/rules"), &body).await;
    assert_eq!((answer.status, answer.json()["items"].as_array().map(Vec::len)), (200, Some(100)));
}

fn head(api: &Api, what: &str, more: &str) -> String {
    format!(
        "{what} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\n{more}\r\n\r\n",
        api.admin.reveal()
    )
}

async fn exchange(address: SocketAddr, head: &[u8], body: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(head).await.expect("sent");
    stream.write_all(body).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer
}

#[tokio::test]
async fn an_id_or_a_time_that_is_none_says_what_is_expected() {
    let api = Api::start().await;
    for (body, text) in [
        (
            r#"{"ids":["nope"]}"#,
            "ids: has an invalid value; expected key_ and 26 lower-case ULID \
             characters.",
        ),
        (
            r#"{"ids":[],"unusedSince":"yesterday"}"#,
            "unusedSince: has an invalid value; expected a time such as 2026-11-23T17:04:05Z.",
        ),
    ] {
        let answer = api.ask("POST /v1/keys/revoke", body).await;
        assert_eq!((answer.code().as_str(), answer.json()["error"].as_str()), ("INVALID_FIELD", Some(text)));
    }
}
