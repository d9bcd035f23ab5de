//! `GET /v1/lookup` and its errors.

use std::time::Duration;

use axum::http::Method;
use keydeck::edge::{EdgeConfig, Modes};
use keydeck::secret::{Kind, Secret};
use keydeck::store::{Follow as _, Keys as _, Projects as _};
use keydeck::wire::keys::Mode;
use keydeck::wire::session::Plan;

use super::fixture::{PEER, START, World, by, create_key, exact, request, send};

#[tokio::test]
async fn a_path_is_looked_up_in_the_newest_deployment() {
    let world = World::new().await;
    let edge = world.start(world.config()).await;
    let answer = world.get(&edge, &world.lookup("/old")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, r#"{"destination":"/new","statusCode":301,"matchType":"exact"}"#);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("x-ratelimit-limit"), "unlimited");
    assert_eq!(answer.header("x-ratelimit-remaining"), "unlimited");
    assert!(!answer.headers.contains_key("x-ratelimit-reset"));

    let answer = world.get(&edge, &world.lookup("%2Fdocs%2fa+b%3Fx")).await;
    assert_eq!(
        answer.body,
        r#"{"destination":"https://docs.example/","statusCode":301,"matchType":"starts_with"}"#
    );
    let answer = world.get(&edge, &world.lookup("/old/")).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert_eq!(answer.header("x-ratelimit-limit"), "unlimited");
}

#[tokio::test]
async fn each_error_has_its_status_and_code() {
    let world = World::new().await;
    let edge = world.start(world.config()).await;
    let key = world.secret.reveal();
    let unknown = Secret::generate(Kind::Live).expect("random bytes");
    let token = Secret::generate(Kind::Management).expect("random bytes");
    let good = world.lookup("/old");
    let project = world.project;
    let other = world.store.create_project(&by(), "other").await.expect("a project").value.id;
    let mistyped = format!("{}!", &key[..42]);

    let get = |uri: &str, key: &str| (Method::GET, uri.to_owned(), vec![("x-api-key", key.to_owned())]);
    let bare = |uri: &str| (Method::GET, uri.to_owned(), vec![]);
    let with = |headers: &[(&'static str, &str)]| {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        (Method::GET, good.clone(), headers)
    };
    let of = |query: String| get(&format!("/v1/lookup?{query}"), key);
    let cases = [
        (404, "NOT_FOUND", bare("/")),
        (404, "NOT_FOUND", bare("/v1/lookup/")),
        (404, "NOT_FOUND", get("/v1/keys", key)),
        (405, "METHOD_NOT_ALLOWED", (Method::POST, good.clone(), vec![])),
        (405, "METHOD_NOT_ALLOWED", (Method::DELETE, "/healthz".into(), vec![])),
        (401, "MISSING_API_KEY", bare(&good)),
        (401, "MISSING_API_KEY", bare("/v1/lookup")),
        (401, "MISSING_API_KEY", bare(&format!("{good}&apiKey={key}&key={key}&x-api-key={key}"))),
        (401, "MISSING_API_KEY", get(&good, "")),
        (401, "MISSING_API_KEY", with(&[("authorization", "Basic YTpi")])),
        (401, "MISSING_API_KEY", with(&[("authorization", "Bearer")])),
        (401, "MISSING_API_KEY", with(&[("authorization", "Bearer ")])),
        (401, "INVALID_API_KEY", get(&good, "redir_live_nonsense")),
        (401, "INVALID_API_KEY", get(&good, &mistyped)),
        (401, "INVALID_API_KEY", get(&good, unknown.reveal())),
        (401, "INVALID_API_KEY", get(&good, token.reveal())),
        (401, "INVALID_API_KEY", with(&[("x-api-key", "clé")])),
        (401, "INVALID_API_KEY", with(&[("x-api-key", key), ("x-api-key", key)])),
        (
            401,
            "INVALID_API_KEY",
            with(&[("authorization", &format!("Bearer {key}")), ("authorization", "a")]),
        ),
        (401, "INVALID_API_KEY", of(format!("project={other}&path=/old"))),
        (401, "INVALID_API_KEY", of("project=prj_x&path=/old".into())),
        (401, "INVALID_API_KEY", of("project=%FF&path=/old".into())),
        (401, "INVALID_API_KEY", of(format!("project={}&path=/old", project.to_string().to_uppercase()))),
        (401, "INVALID_API_KEY", of(format!("project={other}&project={other}&path=/old"))),
        (400, "DUPLICATE_PARAMETER", of(format!("project={project}&project={project}&path=/old"))),
        (400, "DUPLICATE_PARAMETER", of(format!("project={other}&project={project}&path=/old"))),
        (400, "DUPLICATE_PARAMETER", of(format!("project={project}&path=/old&p%61th=/old"))),
        (400, "DUPLICATE_PARAMETER", of(format!("project={project}&path=/old&version=1&version=1"))),
        (400, "MISSING_PROJECT", of("path=/old".into())),
        (400, "MISSING_PROJECT", of("project=&path=/old".into())),
        (400, "MISSING_PROJECT", of(String::new())),
        (400, "MISSING_PATH", of(format!("project={project}"))),
        (400, "MISSING_PATH", of(format!("project={project}&path="))),
        (400, "INVALID_PATH", of(format!("project={project}&path=old"))),
        (400, "INVALID_PATH", of(format!("project={project}&path=https://shop.example/old"))),
        (400, "INVALID_PATH", of(format!("project={project}&path=/%zz"))),
        (400, "INVALID_PATH", of(format!("project={project}&path=/%FF"))),
        (400, "INVALID_PATH", of(format!("project={project}&path=/100%25"))),
        (400, "INVALID_PATH", of(format!("project={project}&path=/%25FF"))),
        (400, "INVALID_PATH", of(format!("project={project}&path=old&version=0"))),
        (400, "INVALID_VERSION", of(format!("project={project}&path=/old&version=0"))),
        (400, "INVALID_VERSION", of(format!("project={project}&path=/old&version=-1"))),
        (400, "INVALID_VERSION", of(format!("project={project}&path=/old&version=%2B1"))),
        (400, "INVALID_VERSION", of(format!("project={project}&path=/old&version=one"))),
        (400, "INVALID_VERSION", of(format!("project={project}&path=/old&version=1.0"))),
        (400, "INVALID_VERSION", of(format!("project={project}&path=/old&version=2147483648"))),
        (404, "VERSION_NOT_FOUND", of(format!("project={project}&path=/old&version=2"))),
        (404, "VERSION_NOT_FOUND", of(format!("project={project}&path=/old&version=2147483647"))),
        (414, "PATH_TOO_LONG", of(format!("project={project}&path=/{}", "a".repeat(8192)))),
    ];
    for (status, code, (method, uri, headers)) in cases {
        let what = format!("{method} {uri} {:?}", headers.iter().map(|(name, _)| name).collect::<Vec<_>>());
        let what = what.replace(key, "KEY");
        let mut request = request(&uri).method(method);
        for (name, value) in headers {
            request = request.header(name, value.as_bytes());
        }
        let answer = send(&edge, request).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{what}: {}", answer.body);
        let error = answer.field("error");
        assert!(!error.is_empty(), "{what}");
        assert_eq!(status == 401, error == "Unauthorized", "{what}: all alike to the caller");
        assert_eq!(answer.header("content-type"), "application/json", "{what}");
        let verified = matches!(status, 400 | 414) || code == "VERSION_NOT_FOUND";
        assert_eq!(answer.headers.contains_key("x-ratelimit-limit"), verified, "{what}");
        assert_eq!(status == 405, answer.header("allow") == "GET, HEAD", "{what}");
    }
    let longest = world.get(&edge, &world.lookup(&format!("/{}", "a".repeat(8191)))).await;
    assert_eq!(longest.status, 204, "8 KiB are still read");
}

#[tokio::test]
async fn one_way_to_say_a_thing_beats_the_next() {
    let world = World::new().await;
    let edge = world.start(world.config()).await;
    let key = world.secret.reveal();
    let project = world.project.to_string();
    let other = "prj_00000000000000000000000001";
    let cases = [
        (200, format!("project={project}&projectId={other}&path=/old"), Some(other)),
        (200, format!("projectId={project}&path=/old"), Some(other)),
        (200, format!("project=&projectId={project}&path=/old"), None),
        (200, "path=/old".to_owned(), Some(project.as_str())),
        (200, "project=&projectId=&path=/old".to_owned(), Some(project.as_str())),
        (401, format!("project={other}&projectId={project}&path=/old"), Some(project.as_str())),
        (401, format!("projectId={other}&path=/old"), Some(project.as_str())),
        (401, "path=/old".to_owned(), Some(other)),
    ];
    for (status, query, header) in cases {
        let mut request = request(&format!("/v1/lookup?{query}")).header("x-api-key", key);
        if let Some(header) = header {
            request = request.header("X-Project-ID", header);
        }
        assert_eq!(send(&edge, request).await.status, status, "{query} {header:?}");
    }

    let uri = world.lookup("/old");
    let bearer = |scheme: &str, key: &str| request(&uri).header("authorization", format!("{scheme} {key}"));
    let unknown = Secret::generate(Kind::Live).expect("random bytes");
    assert_eq!(send(&edge, bearer("Bearer", key)).await.status, 200);
    assert_eq!(send(&edge, bearer("bearer", key)).await.status, 200, "a scheme has no case");
    assert_eq!(send(&edge, bearer("Bearer", unknown.reveal()).header("x-api-key", key)).await.status, 200);
    assert_eq!(send(&edge, bearer("Bearer", key).header("x-api-key", unknown.reveal())).await.status, 401);
    assert_eq!(send(&edge, bearer("Bearer", key).header("x-api-key", "")).await.status, 200);
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let world = World::new().await;
    let edge = world.start(world.config()).await;
    for uri in
        [world.lookup("/old"), world.lookup("/none"), world.lookup("old"), "/healthz".into(), "/no".into()]
    {
        let ask = |method| request(&uri).method(method).header("x-api-key", world.secret.reveal());
        let (get, head) = (send(&edge, ask(Method::GET)).await, send(&edge, ask(Method::HEAD)).await);
        assert_eq!(head.status, get.status, "{uri}");
        assert_eq!(head.body, "", "{uri}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{uri}");
        assert_eq!(head.header("x-ratelimit-limit"), get.header("x-ratelimit-limit"), "{uri}");
        if get.status != 204 {
            assert_eq!(head.header("content-length"), get.body.len().to_string(), "{uri}");
        }
    }
}

#[tokio::test]
async fn a_version_selects_a_deployment() {
    let world = World::new().await;
    world.deploy(&[exact("/old", "/newer")]).await;
    world.deploy(&[exact("/old", "/newest")]).await;
    let edge = world.start(world.config()).await;
    let versioned = |version: &str| format!("{}&version={version}", world.lookup("/old"));
    for (version, destination) in
        [("1", "/new"), ("2", "/newer"), ("1", "/new"), ("3", "/newest"), ("", "/newest")]
    {
        let answer = world.get(&edge, &versioned(version)).await;
        assert_eq!((answer.status, answer.field("destination").as_str()), (200, destination), "{version}");
    }
    assert_eq!(world.get(&edge, &versioned("4")).await.code(), "VERSION_NOT_FOUND");

    let empty = world.store.create_project(&by(), "empty").await.expect("a project").value.id;
    let (_, secret) = create_key(&world.store, empty, "web", Mode::Live).await;
    world.store.changes().acknowledged(world.store.changes().newest()).await;
    let uri = format!("/v1/lookup?project={empty}&path=/old");
    let ask = |uri: &str| send(&edge, request(uri).header("x-api-key", secret.reveal()));
    assert_eq!(ask(&uri).await.status, 204, "no deployment yet");
    assert_eq!(ask(&format!("{uri}&version=1")).await.code(), "VERSION_NOT_FOUND");
}

#[tokio::test]
async fn an_answer_to_a_verified_key_tells_its_limit_also_where_the_request_is_not_counted() {
    let world = World::new().await;
    let edge = world.start_with(Plan::Free).await;
    let uri = world.lookup("/old");
    let long = world.lookup(&format!("/{}", "a".repeat(8192)));
    let asked = |uri: &str, at_least: &str| {
        let request = request(uri).header("x-api-key", world.secret.reveal());
        send(&edge, if at_least.is_empty() { request } else { request.header("keydeck-at-least", at_least) })
    };
    for (uri, at_least, status) in [(&uri, "99999", 503), (&uri, "soon", 400), (&long, "", 414)] {
        let answer = asked(uri, at_least).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert_eq!(answer.header("x-ratelimit-limit"), "100", "{status}");
        assert_eq!(answer.header("x-ratelimit-remaining"), "100", "{status}");
        assert_eq!(answer.header("x-ratelimit-reset"), "1795000061", "{status}");
    }
    world.advance(Duration::from_secs(10));
    let first = asked(&uri, "").await;
    assert_eq!((first.status, first.header("x-ratelimit-remaining")), (200, "99"));
    assert_eq!(first.header("x-ratelimit-reset"), "1795000071", "the window opens with what counts");
    let later = asked(&uri, "99999").await;
    assert_eq!((later.status, later.header("x-ratelimit-remaining")), (503, "99"));
    assert_eq!(later.header("x-ratelimit-reset"), "1795000071");
    // A node that cannot verify keys tells nothing of the key.
    let stranger = request(&uri).header("x-api-key", "redir_live_7kf2Q9w3ErTy5UiOp1AsDf8GhJ2I1YZq");
    let refused = send(&edge, stranger.header("keydeck-at-least", "99999")).await;
    assert_eq!((refused.status, refused.headers.contains_key("x-ratelimit-limit")), (401, false));
}

#[tokio::test]
async fn a_plan_limits_a_projects_requests_a_minute() {
    let world = World::new().await;
    let edge = world.start_with(Plan::Free).await;
    let uri = world.lookup("/old");
    for left in (0..100).rev() {
        let answer = world.get(&edge, if left % 2 == 0 { &uri } else { "/v1/lookup" }).await;
        assert_ne!(answer.status, 429);
        assert_eq!(answer.header("x-ratelimit-limit"), "100");
        assert_eq!(answer.header("x-ratelimit-remaining"), left.to_string());
        assert_eq!(answer.header("x-ratelimit-reset"), "1795000061");
    }
    world.advance(Duration::from_secs(30));
    for uri in [uri.as_str(), "/v1/lookup"] {
        let answer = world.get(&edge, uri).await;
        assert_eq!((answer.status, answer.code().as_str()), (429, "RATE_LIMIT_EXCEEDED"), "before any 400");
        assert_eq!(answer.field("error"), "Too Many Requests");
        assert_eq!(answer.header("retry-after"), "30");
        assert_eq!(answer.header("x-ratelimit-remaining"), "0");
        assert_eq!(answer.header("x-ratelimit-reset"), "1795000061");
    }
    let (_, second) = world.key_of_mode("second", Mode::Live).await;
    world.store.changes().acknowledged(world.store.changes().newest()).await;
    let answer = send(&edge, request(&uri).header("x-api-key", second.reveal())).await;
    assert_eq!(answer.status, 429, "the window is the project's, not the key's");
    world.advance(Duration::from_secs(30));
    assert_eq!(world.get(&edge, &uri).await.status, 200);

    edge.shutdown().await;
    assert_eq!(world.counts(world.key).await, (101, 2, 0));
}

#[tokio::test]
async fn a_clock_that_is_set_gives_nobody_another_minute_of_requests_and_holds_nobody_up() {
    const HOUR: i64 = 3_600_000;
    let world = World::new().await;
    let edge = world.start_with(Plan::Free).await;
    let uri = world.lookup("/old");
    for _ in 0..100 {
        assert_eq!(world.get(&edge, &uri).await.status, 200);
    }
    world.advance(Duration::from_secs(20));
    for set in [HOUR, -2 * HOUR, 24 * 365 * HOUR] {
        world.set_clock(set);
        let answer = world.get(&edge, &uri).await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, "40"), "set by {set}");
        let ends = (world.now() + Duration::from_secs(40)).millis().unsigned_abs().div_ceil(1000);
        assert_eq!(answer.header("x-ratelimit-reset"), ends.to_string(), "set by {set}");
    }
    world.set_clock(-24 * 365 * HOUR);
    world.advance(Duration::from_secs(40));
    assert_eq!(world.get(&edge, &uri).await.status, 200, "a minute has passed");
}

#[tokio::test]
async fn every_answer_to_a_verified_key_is_a_use() {
    let world = World::new().await;
    let edge = world.start_with(Plan::Pro).await;
    assert_eq!(world.stored(world.key).await.last_used_at, None);
    let uris = [
        (200, world.lookup("/old")),
        (204, world.lookup("/none")),
        (400, world.lookup("none")),
        (404, format!("{}&version=9", world.lookup("/old"))),
    ];
    for (count, (status, uri)) in (1..).zip(uris) {
        world.advance(Duration::from_secs(1));
        assert_eq!(world.get(&edge, &uri).await.status, status);
        world.flush().await;
        assert_eq!(world.stored(world.key).await.last_used_at, Some(world.now()));
        assert_eq!(world.counts(world.key).await, (count, 0, 0));
    }
    assert_eq!(world.stored(world.key).await.last_used_from.as_deref(), Some(PEER));
    let callers = world.store.key_callers(world.key).await.expect("callers");
    let caller = callers.first().expect("one caller");
    assert_eq!((callers.len(), caller.address.as_str()), (1, PEER));
    assert_eq!((caller.allowed, caller.refused), (4, 0));
    assert_eq!((caller.first_at, caller.last_at), (START + Duration::from_secs(1), world.now()));
}

#[tokio::test]
async fn the_right_secret_in_the_wrong_place_is_refused_and_shows() {
    let world = World::new().await;
    let (test_key, test_secret) = world.key_of_mode("tests", Mode::Test).await;
    let edge = world.start(EdgeConfig { modes: Modes::Live, ..world.config() }).await;
    let uri = world.lookup("/old");
    let with = |secret: &Secret, uri: &str| send(&edge, request(uri).header("x-api-key", secret.reveal()));

    assert_eq!(with(&test_secret, &uri).await.code(), "INVALID_API_KEY", "a test key on a live node");
    let elsewhere = "/v1/lookup?project=prj_00000000000000000000000001&path=/old";
    assert_eq!(with(&world.secret, elsewhere).await.code(), "INVALID_API_KEY", "another project");
    // Written first: of one batch the store cannot tell what came before the revocation.
    world.flush().await;
    assert_eq!(world.counts(world.key).await, (0, 0, 1));
    let revision = world.revoke(world.key).await;
    world.store.changes().acknowledged(revision).await;
    world.advance(Duration::from_mins(1));
    for uri in [uri.as_str(), "/v1/lookup"] {
        let answer = with(&world.secret, uri).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "INVALID_API_KEY"), "revoked");
        assert!(!answer.headers.contains_key("x-ratelimit-limit"));
    }
    edge.shutdown().await;

    assert_eq!(world.counts(test_key).await, (0, 0, 1));
    assert_eq!(world.counts(world.key).await, (0, 0, 3));
    let key = world.stored(world.key).await;
    assert_eq!(key.last_used_at, None, "a refusal is no use");
    assert_eq!((key.refused_since_revoked, key.last_refused_at), (2, Some(world.now())));
    let callers = world.store.key_callers(world.key).await.expect("callers");
    assert_eq!((callers[0].address.as_str(), callers[0].allowed, callers[0].refused), (PEER, 0, 3));
}

#[tokio::test]
async fn modes_serve_their_keys_alone() {
    let world = World::new().await;
    let (_, test_secret) = world.key_of_mode("tests", Mode::Test).await;
    let uri = world.lookup("/old");
    for (modes, live, test) in [(Modes::Live, 200, 401), (Modes::Test, 401, 200), (Modes::Both, 200, 200)] {
        let edge = world.start(EdgeConfig { modes, ..world.config() }).await;
        assert_eq!(world.get(&edge, &uri).await.status, live, "{modes:?}");
        let answer = send(&edge, request(&uri).header("x-api-key", test_secret.reveal())).await;
        assert_eq!(answer.status, test, "{modes:?}");
    }
}

#[tokio::test]
async fn a_trusted_proxy_says_who_called() {
    let world = World::new().await;
    let trusted_proxies = vec![format!("{PEER}/32").parse().expect("a network")];
    let edge = world.start(EdgeConfig { trusted_proxies, ..world.config() }).await;
    let asked = request(&world.lookup("/old"))
        .header("x-api-key", world.secret.reveal())
        .header("x-forwarded-for", "6.6.6.6, 198.51.100.7");
    assert_eq!(send(&edge, asked).await.status, 200);
    edge.shutdown().await;
    assert_eq!(world.stored(world.key).await.last_used_from.as_deref(), Some("198.51.100.7"));
}

#[test]
fn the_path_of_a_lookup_names_no_store() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/edge");
    // These have the store; everything else lies on the path of a lookup or an export.
    let fed =
        ["mod.rs", "load.rs", "node.rs", "flush.rs", "settle.rs", "revoker.rs"].map(|name| root.join(name));
    let mut read = 0;
    let entries =
        |folder| std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path());
    for path in entries(root.clone()).chain(entries(root.join("export"))) {
        if fed.contains(&path) || path.is_dir() {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source file");
        let words: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'))
            .collect();
        for name in ["SharedStore", "SqlStore", "Store", "Follow", "Usage", "dyn"] {
            assert!(!words.contains(&name), "{} names {name}", path.display());
        }
        assert!(!text.contains("load::") && !text.contains("flush::"), "{}", path.display());
        read += 1;
    }
    assert!(read > 10, "the sources were found");
}
