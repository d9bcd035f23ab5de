//! Several processes and one file.

use std::sync::Arc;

use keydeck::cli::here::{EdgeMode, LaunchOptions};
use keydeck::cli::link::Link;
use keydeck::client::Via;
use keydeck::config::{Flags, Settings};

use super::keys::json;
use crate::support::home::Home;
use crate::support::process::{Running, assert_failed, feed};

const ANY: [&str; 5] = ["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"];

fn serving(home: &Home) -> Running {
    let owner = home.start(&ANY);
    owner.until_said("keydeck: ready");
    owner
}

pub(crate) fn settings(home: &Home) -> Settings {
    load(home, &Flags::default())
}

/// The settings of one who names a database.
#[cfg(target_os = "linux")]
pub(crate) fn settings_with(home: &Home, database: &str) -> Settings {
    load(home, &Flags { database: Some(database.to_owned()), ..Flags::default() })
}

fn load(home: &Home, flags: &Flags) -> Settings {
    let variables = home.env();
    let environment = |name: &str| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone().into())
    };
    Settings::load(flags, &environment).expect("settings")
}

#[test]
fn a_second_process_becomes_a_client_of_the_owner() {
    let home = Home::new();
    let mut owner = serving(&home);
    let made = json(&home.ok(&["projects", "create", "shop", "--output", "json"]));
    assert!(home.ok(&["projects", "list"]).contains("shop"));
    // The owner answered.
    owner.until_said("/v1/projects");
    let events = json(&home.ok(&["audit", "events", "--output", "json"]));
    assert_eq!(events["items"][0]["project"], made["id"]);
    assert!(events["items"][0]["actor"].as_str().expect("an actor").starts_with("local:"));
    assert_failed(&home.run(&["--read-only", "projects", "create", "x"]), 3, "--read-only refuses");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let socket = std::fs::metadata(home.data().join("keydeck.sock")).expect("the socket");
        assert_eq!(socket.permissions().mode() & 0o777, 0o600);
    }
    owner.terminate();
    assert!(!home.data().join("keydeck.sock").exists(), "it goes with its owner");
}

#[test]
fn serve_on_a_held_file_ends_with_5_and_names_the_process() {
    let home = Home::new();
    let owner = serving(&home);
    assert_failed(&home.run(&ANY), 5, &format!("process {}", owner.id()));
}

#[test]
fn a_taken_port_is_a_sentence() {
    let home = Home::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address").to_string();
    let edge = home.run(&["serve", "--manage", "127.0.0.1:0", "--edge", &address]);
    assert_failed(&edge, 1, &format!("Edge API cannot listen on {address}: the address is in use"));
    let manage = home.run(&["serve", "--manage", &address, "--edge", "127.0.0.1:0"]);
    assert_failed(&manage, 1, "management API cannot listen");
}

#[test]
fn when_the_owner_leaves_a_client_takes_the_file_over() {
    let home = Home::new();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for gently in [true, false] {
        let mut owner = serving(&home);
        let settings = settings(&home);
        runtime.block_on(async {
            let wanted = LaunchOptions::of(&settings, EdgeMode::None);
            let link = Link::open(&settings, wanted, false).await.expect("a client");
            assert_eq!(link.client.kind(), Via::Socket);
            let name = format!("made by a client {gently}");
            link.client.create_project(&name).await.expect("made");
            if gently {
                owner.terminate();
            } else {
                owner.kill();
            }
            let projects = link.client.projects_all(None).await.expect("another owner answers");
            assert!(projects.iter().any(|project| project.name == name));
            assert_eq!(link.client.kind(), Via::Embedded, "this process owns the file now");
            // And is the owner for others.
            assert!(home.ok(&["projects", "list"]).contains(&name));
            link.ender().end().await;
        });
    }
}

#[test]
fn of_many_clients_one_takes_over_and_the_others_follow_it() {
    let home = Home::new();
    let mut owner = serving(&home);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let settings = Arc::new(settings(&home));
    runtime.block_on(async {
        let mut links = Vec::new();
        for _ in 0..4 {
            let wanted = LaunchOptions::of(&settings, EdgeMode::None);
            links.push(Link::open(&settings, wanted, false).await.expect("a client"));
        }
        owner.kill();
        let tasks: Vec<_> = links
            .iter()
            .map(|link| link.client.clone())
            .map(|client| tokio::spawn(async move { client.projects_all(None).await.map(|_| client.kind()) }))
            .collect();
        let mut owners = 0;
        for task in tasks {
            let kind = task.await.expect("no panic").expect("an answer");
            owners += usize::from(kind == Via::Embedded);
        }
        assert_eq!(owners, 1);
        for link in links {
            link.ender().end().await;
        }
    });
}

#[test]
fn many_commands_at_once_all_succeed() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    let names: Vec<String> = (0..8).map(|number| format!("k{number}")).collect();
    std::thread::scope(|scope| {
        for name in &names {
            let home = &home;
            scope.spawn(move || home.ok(&["keys", "create", name, "--project", "shop"]));
        }
    });
    let page = json(&home.ok(&["keys", "list", "--output", "json"]));
    assert_eq!(page["total"], 8);
    home.ok(&["audit", "verify"]);
}

#[test]
fn a_path_too_long_for_a_socket_has_its_socket_elsewhere() {
    let home = Home::new();
    let data = home.path().join("a-rather-long-name-for-a-directory".repeat(4));
    let with_data = |mut command: std::process::Command| {
        command.env("KEYDECK_DATA", &data);
        command
    };
    let mut owner = Running::start(with_data(home.command(&ANY)));
    owner.until_said("keydeck: ready");
    let made = feed(with_data(home.command(&["projects", "create", "shop"])), "");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    // Through the owner.
    owner.until_said("/v1/projects");
    owner.terminate();
    let left: Vec<_> = std::fs::read_dir(home.path().join("tmp")).expect("the directory").collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_socket_that_was_left_behind_is_replaced() {
    let home = Home::new();
    let mut owner = serving(&home);
    owner.kill();
    assert!(home.data().join("keydeck.sock").exists(), "left behind");
    home.ok(&["projects", "create", "shop"]);
    let mut owner = serving(&home);
    assert!(home.ok(&["projects", "list"]).contains("shop"));
    owner.terminate();
}

#[cfg(unix)]
#[test]
fn an_interrupted_write_says_that_its_outcome_is_unknown() {
    use std::io::Read as _;
    let home = Home::new();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("its address"));
    let token = keydeck::secret::Secret::generate(keydeck::secret::Kind::Management).expect("a token");
    for (args, method, told) in [
        (
            &["projects", "create", "shop"][..],
            "POST",
            "the outcome is unknown. Check with `keydeck projects list`",
        ),
        (&["projects", "list"][..], "GET", ""),
    ] {
        for (name, code) in [("INT", 130), ("TERM", 143)] {
            let mut command = home.command(args);
            command.env("KEYDECK_SERVER", &url).env("KEYDECK_TOKEN", token.reveal());
            let mut running = crate::support::process::Running::start(command);
            let (mut stream, _) = silent.accept().expect("a connection");
            let mut request = [0; 16];
            let count = stream.read(&mut request).expect("a request");
            assert!(request[..count].starts_with(method.as_bytes()), "{request:?}");
            crate::support::process::signal(&running.id().to_string(), name);
            assert_eq!(running.wait().code(), Some(code));
            if told.is_empty() {
                assert_eq!(running.said(), "", "a read has no outcome");
            } else {
                running.until_said(told);
                assert_eq!(running.said().matches("interrupted").count(), 1, "{}", running.said());
            }
        }
    }
}
