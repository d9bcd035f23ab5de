//! What the server counts, as a scraper reads it.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::Request;
use keydeck::client::Via;
use tower::ServiceExt as _;

use crate::support::api::{Api, ask};

/// Each sample and the whole part of its value.
async fn samples(api: &Api) -> BTreeMap<String, u64> {
    let answer = api.ask_as(Some(&api.auditor), "GET /metrics", "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert!(answer.text.ends_with("# EOF\n"), "{}", answer.text);
    let samples = answer.text.lines().filter(|line| !line.starts_with('#'));
    let samples = samples.filter(|line| !line.contains("_seconds_sum")).map(|line| {
        let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no sample: {line}"));
        (name.to_owned(), value.parse::<f64>().unwrap_or_else(|_| panic!("no value: {line}")) as u64)
    });
    samples.collect()
}

#[tokio::test]
async fn what_happens_is_counted_and_what_is_so_is_told() {
    let api = Api::start().await;
    let project = api.project("shop").await;
    let (key, secret) = api.key(project, "web").await;
    let (old, old_secret) = api.key(project, "old").await;
    api.client(Via::Embedded).revoke_key(old.id, None).await.expect("revoked");
    api.ask("GET /v1/keys", "").await;
    api.ask("GET /v1/keys?limit=0", "").await;
    api.ask("FANCY /v1/keys", "").await;
    api.ask("GET /nowhere", "").await;
    let lookup = async |secret: &str, what: &str| {
        let request = Request::get(format!("/v1/lookup?{what}")).header("x-api-key", secret);
        api.edge.router().oneshot(request.body(Body::empty()).expect("a request")).await
    };
    let found = format!("project={project}&path=/a");
    for (secret, what) in [
        (secret.reveal(), found.as_str()),
        (secret.reveal(), &found),
        (secret.reveal(), "path=/a"),
        (old_secret.reveal(), &found),
    ] {
        lookup(secret, what).await.expect("an answer");
    }
    assert!(api.store.changes().flush_usage(keydeck::store::changes::Need::Revocation).await);
    let seq = api.seq().await;

    let samples = samples(&api).await;
    for (name, value) in [
        ("keydeck_build_info{version=\"0.1.0-test\"}", 1),
        ("keydeck_http_requests_total{method=\"GET\",route=\"/v1/keys\",status=\"200\"}", 1),
        ("keydeck_http_requests_total{method=\"GET\",route=\"/v1/keys\",status=\"400\"}", 1),
        ("keydeck_http_requests_total{method=\"other\",route=\"/v1/keys\",status=\"405\"}", 1),
        ("keydeck_http_requests_total{method=\"GET\",route=\"(none)\",status=\"404\"}", 1),
        ("keydeck_http_request_duration_seconds_count{route=\"/v1/keys\"}", 3),
        ("keydeck_http_request_duration_seconds_bucket{le=\"30.0\",route=\"/v1/keys\"}", 3),
        ("keydeck_database_up", 1),
        ("keydeck_keys{state=\"active\"}", 1),
        ("keydeck_keys{state=\"revoked\"}", 1),
        ("keydeck_keys{state=\"stale\"}", 0),
        ("keydeck_audit_seq", seq),
        ("keydeck_node_revision{node=\"here\"}", seq),
        ("keydeck_node_live{node=\"here\"}", 1),
        ("keydeck_node_lag{node=\"here\"}", 0),
        ("keydeck_edge_lookups_total{outcome=\"no_rule\"}", 2),
        ("keydeck_edge_lookups_total{outcome=\"invalid\"}", 1),
        ("keydeck_edge_lookups_total{outcome=\"unauthorized\"}", 1),
        ("keydeck_edge_exports_total{outcome=\"found\"}", 0),
        ("keydeck_edge_usage_flushes_total{result=\"failed\"}", 0),
    ] {
        assert_eq!(samples.get(name), Some(&value), "{name} in {samples:#?}");
    }
    assert!(samples["keydeck_node_lease_seconds{node=\"here\"}"] > 0, "{samples:#?}");
    assert!(samples["keydeck_edge_usage_flushes_total{result=\"written\"}"] >= 1);
    if cfg!(target_os = "linux") {
        assert!(samples["keydeck_resident_memory_bytes"] > 1_000_000);
    }

    api.advance(90 * 24 * 3_600_000);
    assert_eq!(self::samples(&api).await["keydeck_keys{state=\"stale\"}"], 1, "{} is stale", key.id);
}

#[tokio::test]
async fn while_the_database_is_away_the_rest_is_told_and_a_node_without_lease_is_not_live() {
    let api = Api::start().await;
    let headers = [("accept", "application/openmetrics-text; version=1.0.0".to_owned())];
    let answer = ask(&api.local, "GET /metrics", &headers, "").await;
    let media = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!((answer.status, answer.header("content-type")), (200, media));
    api.sql.close().await;
    api.edge.shutdown().await;
    let answer = ask(&api.local, "GET /metrics", &[], "").await;
    assert_eq!(answer.status, 200);
    assert!(answer.text.contains("\nkeydeck_database_up 0\n"), "{}", answer.text);
    assert!(!answer.text.contains("keydeck_keys{") && !answer.text.contains("keydeck_audit_seq"));
    assert!(!answer.text.contains("keydeck_node_live{node=\"here\"} 1"), "{}", answer.text);
}
