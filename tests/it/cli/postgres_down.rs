//! A PostgreSQL server that is not there yet, does not answer, or takes no connections: what is said, and that it is
//! used again by itself.

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use keydeck::secret::{Kind, Secret};
use sqlx::{AnyConnection, Connection as _};

use crate::support::cluster::Cluster;
use crate::support::home::{Home, get};
use crate::support::process::{Running, assert_failed, errors};
use crate::support::until;

const LEASE: &str = "1";
/// What a supervisor starts again: everything but wrong usage.
const UNREACHABLE: i32 = 6;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
}

/// A server whose database `shop` belongs to a user that may have so many connections.
fn limited(test: &str, connections: u32) -> Option<Cluster> {
    let cluster = Cluster::start(test)?;
    runtime().block_on(async {
        cluster.execute(&["create role shop login", "create database shop owner shop"]).await;
        limit(&cluster, connections).await;
    });
    Some(cluster)
}

async fn limit(cluster: &Cluster, connections: u32) {
    let alter = format!("alter role shop connection limit {connections}");
    cluster.execute_text(&alter).await;
}

fn url(address: SocketAddr) -> String {
    format!("postgres://shop@{address}/shop")
}

#[test]
fn no_connection_left_is_said_and_commands_work_again_once_there_is_one() {
    let Some(cluster) = limited("a connection limit", 1) else { return };
    let (runtime, home) = (runtime(), Home::new());
    sqlx::any::install_default_drivers();
    let list = ["projects", "list", "--database", &url(cluster.address())];
    let words = "accepts no further connection: too many connections for role \"shop\"; stop other clients, or \
                 raise max_connections";
    // Somebody else has it.
    let held = runtime.block_on(AnyConnection::connect(&url(cluster.address()))).expect("the only one");
    assert_failed(&home.run(&list), UNREACHABLE, words);
    runtime.block_on(held.close()).expect("an orderly end");
    // There is one, and Keydeck needs more.
    assert_failed(&home.run(&list), UNREACHABLE, words);
    runtime.block_on(limit(&cluster, 15));
    home.ok(&list);
}

#[test]
fn a_server_that_shuts_down_or_starts_is_said_to() {
    let Some(cluster) = limited("a server that shuts down", 20) else { return };
    let (runtime, home) = (runtime(), Home::new());
    sqlx::any::install_default_drivers();
    let url = url(cluster.address());
    let list = ["projects", "list", "--database", &url];
    home.ok(&list);
    // It waits for this client to go, and takes no other meanwhile.
    let held = runtime.block_on(AnyConnection::connect(&url)).expect("it runs");
    cluster.begin_to_end();
    let mut out = home.run(&list);
    for _ in 0..100 {
        if !out.status.success() {
            break;
        }
        out = home.run(&list);
    }
    assert_failed(
        &out,
        UNREACHABLE,
        "accepts no connections now: the database system is shutting down; try again",
    );
    drop(held);
    cluster.down();
    assert_failed(&home.run(&list), UNREACHABLE, "cannot reach the database");
    cluster.up();
    home.ok(&list);
}

#[test]
fn a_server_without_connections_answers_503_and_comes_back_by_itself() {
    let Some(cluster) = limited("connections that are gone midway", 40) else { return };
    let (runtime, home) = (runtime(), Home::new());
    let url = url(cluster.address());
    let token = Secret::generate(Kind::Management).expect("random bytes");
    let serve =
        ["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0", "--lease", LEASE, "--database", &url];
    let mut command = home.command(&serve);
    command.env("KEYDECK_ADMIN_TOKEN", token.reveal());
    let mut server = Running::start(command);
    let at = |what: &str| {
        let line = server.until_said(what);
        line.rsplit("http://").next().expect("an address").to_owned()
    };
    let (manage, edge) = (at("management API on "), at("Edge API on "));
    server.until_said("keydeck: ready");
    let server_url = format!("http://{manage}");
    let on_server = |args: &[&str]| {
        let mut command = home.command(&[args, &["--server", &server_url]].concat());
        command.env("KEYDECK_TOKEN", token.reveal()).output().expect("the program runs")
    };
    assert!(on_server(&["projects", "create", "shop"]).status.success());
    let out = on_server(&["keys", "create", "web", "--project", "shop"]);
    let key = String::from_utf8(out.stdout).expect("UTF-8").trim().to_owned();
    let lookup = || get(&edge, "/v1/lookup?path=/a", &[("X-API-Key", &key)]).status;
    assert_eq!(lookup(), 400, "the key is good, and the request names no project");

    runtime.block_on(async {
        limit(&cluster, 0).await;
        cluster
            .execute(&["select pg_terminate_backend(pid) from pg_stat_activity where usename = 'shop'"])
            .await;
    });
    until("the Edge API refuses to guess", || lookup() == 503);
    assert_eq!(get(&edge, "/readyz", &[]).status, 503);
    assert_eq!(get(&edge, "/healthz", &[]).status, 200, "a restart would mend nothing");
    let failed = on_server(&["keys", "revoke", "shop/web", "--yes"]);
    assert_failed(&failed, UNREACHABLE, "the database did not respond; nothing was changed");

    runtime.block_on(limit(&cluster, 40));
    until("the key works again", || lookup() == 400);
    until("changes work again", || on_server(&["keys", "revoke", "shop/web", "--yes"]).status.success());
    assert_eq!(lookup(), 401);
    assert_eq!(server.terminate().code(), Some(0), "{}", server.said());
}

#[test]
fn servers_that_start_before_their_database_end_with_6_and_serve_once_started_again() {
    let Some(cluster) = limited("a database that is not there yet", 60) else { return };
    let home = Home::new();
    let url = url(cluster.address());
    home.ok(&["tokens", "create", "ops", "--role", "admin", "--database", &url]);
    cluster.down();
    let serve = ["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0", "--database", &url];
    let edge = ["edge", "--edge", "127.0.0.1:0", "--database", &url];
    for args in [&serve[..], &edge] {
        let out = home.run(args);
        assert_eq!(out.status.code(), Some(UNREACHABLE), "{}", errors(&out));
        assert!(errors(&out).contains("cannot reach the database 127.0.0.1:"), "{}", errors(&out));
        assert!(errors(&out).contains("connection refused; is it running?"), "{}", errors(&out));
    }
    // As a supervisor does: start it again until it stays.
    let supervised = |args: &[&str]| {
        let until = Instant::now() + Duration::from_mins(1);
        let mut starts = 0;
        loop {
            starts += 1;
            let mut running = home.start(args);
            while !running.has_ended() {
                if running.said().contains("keydeck: ready") {
                    return (running, starts);
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            assert_eq!(running.wait().code(), Some(UNREACHABLE), "{}", running.said());
            assert!(Instant::now() < until, "it never serves:\n{}", running.said());
        }
    };
    std::thread::scope(|scope| {
        let both = [&serve[..], &edge].map(|args| scope.spawn(|| supervised(args)));
        std::thread::sleep(Duration::from_millis(500));
        cluster.up();
        for thread in both {
            let (mut running, starts) = thread.join().expect("it serves");
            assert!(starts > 1, "{starts}");
            assert_eq!(running.terminate().code(), Some(0), "{}", running.said());
        }
    });
}

#[test]
fn a_server_that_does_not_answer_is_not_waited_for_for_ever() {
    let home = Home::new();
    // It takes connections, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = url(silent.local_addr().expect("its address"));
    let begun = Instant::now();
    let out = home.run(&["projects", "list", "--database", &url]);
    assert_failed(&out, UNREACHABLE, "does not answer; check its address and the network");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}
