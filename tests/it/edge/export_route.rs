//! `GET /v1/export`: who gets what, and the order of errors.

use axum::http::Method;
use keydeck::edge::export::{Format, text};
use keydeck::store::{Follow as _, Projects as _};
use keydeck::wire::keys::Mode;
use keydeck::wire::rules;
use keydeck::wire::session::Plan;

use crate::edge::fixture::{World, by, create_key, exact, prefix, request, send};

fn uri(world: &World, query: &str) -> String {
    format!("/v1/export?project={}{query}", world.project)
}

#[tokio::test]
async fn each_format_is_a_file() {
    let world = World::new().await;
    let edge = world.start(world.config()).await;
    let rules = [exact("/old", "/new"), prefix("/docs/", "https://docs.example/")];
    for (format, name, kind) in [
        ("csv", "redirects.csv", "text/csv; charset=utf-8"),
        ("nginx", "redirects.conf", "text/plain; charset=utf-8"),
        ("nginx-map-exact", "redirects.map", "text/plain; charset=utf-8"),
        ("nginx-map-prefix", "redirects.map", "text/plain; charset=utf-8"),
        ("haproxy", "redirects.cfg", "text/plain; charset=utf-8"),
        ("haproxy-map-exact", "redirects.map", "text/plain; charset=utf-8"),
        ("haproxy-map-prefix", "redirects.map", "text/plain; charset=utf-8"),
    ] {
        let uri = uri(&world, &format!("&format={format}"));
        let answer = world.get(&edge, &uri).await;
        assert_eq!(answer.status, 200, "{format}");
        assert_eq!(answer.header("content-type"), kind, "{format}");
        assert_eq!(answer.header("content-disposition"), format!("attachment; filename=\"{name}\""));
        assert_eq!(answer.header("x-ratelimit-limit"), "unlimited");
        assert_eq!(answer.header("cache-control"), "private, no-cache", "the key is looked at each time");
        assert_eq!(answer.body, text(Format::parse(format).expect("a format"), &rules), "{format}");
        let destinations = rules.iter().filter(|rule| answer.body.contains(&rule.destination)).count();
        assert_eq!(destinations, if format.contains("-map-") { 1 } else { 2 }, "{format}");
        let head =
            send(&edge, request(&uri).method(Method::HEAD).header("x-api-key", world.secret.reveal())).await;
        assert_eq!((head.status, head.body.as_str()), (200, ""));
        for header in ["content-type", "content-disposition", "etag", "x-ratelimit-limit"] {
            assert_eq!(head.header(header), answer.header(header), "{format} {header}");
        }
        assert_eq!(head.header("content-length"), answer.body.len().to_string());
    }
    edge.shutdown().await;
    assert_eq!(world.counts(world.key).await, (14, 0, 0), "each is a use");
}

#[tokio::test]
async fn who_has_it_already_is_told_so() {
    let world = World::new().await;
    let edge = world.start(world.config()).await;
    let uri = uri(&world, "&format=nginx");
    let first = world.get(&edge, &uri).await;
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 10, "{tag}");
    let ask = |known: &str| {
        let asked = request(&uri).header("x-api-key", world.secret.reveal());
        send(&edge, asked.header("if-none-match", known))
    };
    for known in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
        let answer = ask(&known).await;
        assert_eq!((answer.status, answer.body.as_str()), (304, ""), "{known}");
        assert_eq!(answer.header("etag"), tag);
        assert_eq!(answer.header("x-ratelimit-limit"), "unlimited");
        assert_eq!(answer.header("content-length"), first.body.len().to_string(), "that of the file");
    }
    assert_eq!(ask("\"other\"").await.body, first.body);
    world.deploy(&[exact("/old", "/newer")]).await;
    world.store.changes().acknowledged(world.store.changes().newest()).await;
    let answer = ask(&tag).await;
    assert_eq!(answer.status, 200, "another deployment");
    assert_ne!(answer.header("etag"), tag);

    // Whoever may not ask is not told whether they have it.
    let asked = request(&uri).header("if-none-match", "*");
    assert_eq!(send(&edge, asked).await.code(), "MISSING_API_KEY");
}

#[tokio::test]
async fn each_error_has_its_place_in_the_order() {
    let world = World::new().await;
    let edge = world.start(world.config()).await;
    let project = world.project;
    let other = world.store.create_project(&by(), "other").await.expect("a project").value.id;
    for (status, code, query) in [
        (401, "INVALID_API_KEY", format!("project={other}&format=csv")),
        (400, "DUPLICATE_PARAMETER", format!("project={project}&format=csv&f%6Frmat=csv")),
        (400, "DUPLICATE_PARAMETER", format!("project={project}&version=1&version=1")),
        (400, "MISSING_PROJECT", "format=csv".to_owned()),
        (400, "MISSING_PROJECT", String::new()),
        (400, "MISSING_FORMAT", format!("project={project}")),
        (400, "MISSING_FORMAT", format!("project={project}&format=&version=0")),
        (400, "INVALID_FORMAT", format!("project={project}&format=apache&version=0")),
        (400, "INVALID_FORMAT", format!("project={project}&format=CSV")),
        (400, "INVALID_FORMAT", format!("project={project}&format=%FF")),
        (400, "INVALID_VERSION", format!("project={project}&format=csv&version=0")),
        (400, "INVALID_VERSION", format!("project={project}&format=csv&version=1e3")),
        (404, "VERSION_NOT_FOUND", format!("project={project}&format=csv&version=2")),
    ] {
        let answer = world.get(&edge, &format!("/v1/export?{query}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{query}");
        assert_eq!(answer.headers.contains_key("x-ratelimit-limit"), status != 401, "{query}");
    }
    let answer = world.get(&edge, &uri(&world, "&format=apache")).await;
    for format in Format::ALL {
        assert!(answer.field("error").contains(format.as_str()), "{}", answer.body);
    }
    let posted = request("/v1/export").method(Method::POST).header("x-api-key", world.secret.reveal());
    let answer = send(&edge, posted).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD"));
    // What is not of a route does no harm there.
    let answer = world.get(&edge, &uri(&world, "&format=csv&path=old&path=old")).await;
    assert_eq!(answer.status, 200);
    let answer = world.get(&edge, &format!("{}&format=x&format=x", world.lookup("/old"))).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_version_selects_a_deployment_and_none_has_no_rules() {
    let world = World::new().await;
    world.deploy(&[exact("/old", "/newer")]).await;
    let edge = world.start(world.config()).await;
    for (version, count) in [("", 1), ("1", 2), ("2", 1), ("1", 2)] {
        let answer = world.get(&edge, &uri(&world, &format!("&format=csv&version={version}"))).await;
        let rules = rules::from_csv(answer.body.as_bytes()).expect("rules");
        assert_eq!(rules.len(), count, "version {version:?}");
    }
    let empty = world.store.create_project(&by(), "empty").await.expect("a project").value.id;
    let (_, secret) = create_key(&world.store, empty, "web", Mode::Live).await;
    world.store.changes().acknowledged(world.store.changes().newest()).await;
    for format in Format::ALL {
        let uri = format!("/v1/export?project={empty}&format={}", format.as_str());
        let answer = send(&edge, request(&uri).header("x-api-key", secret.reveal())).await;
        assert_eq!((answer.status, answer.body), (200, text(format, &[])));
    }
}

#[tokio::test]
async fn exports_and_lookups_share_a_window() {
    let world = World::new().await;
    let edge = world.start_with(Plan::Free).await;
    for _ in 0..50 {
        assert_eq!(world.get(&edge, &world.lookup("/old")).await.status, 200);
        assert_eq!(world.get(&edge, &uri(&world, "&format=csv")).await.status, 200);
    }
    let answer = world.get(&edge, &uri(&world, "&format=csv")).await;
    assert_eq!((answer.status, answer.code().as_str()), (429, "RATE_LIMIT_EXCEEDED"));
    assert!(answer.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn sources_and_priorities_are_exported_as_they_are_in_force() {
    let world = World::new().await;
    let mut put = vec![exact("/caf%c3%a9?x=1#y", "/é \"quoted\", twice"), prefix("/a", "/b")];
    put[1].priority = -7;
    put[1].status = 307;
    world.deploy(&put).await;
    let edge = world.start(world.config()).await;
    let answer = world.get(&edge, &uri(&world, "&format=csv")).await;
    // The source as it is in force, the destination as a Location header can hold it.
    put[0].source = "/caf%c3%a9".into();
    put[0].destination = "/%C3%A9%20%22quoted%22,%20twice".into();
    assert_eq!(rules::from_csv(answer.body.as_bytes()), Ok(put));
}
