//! A full disk does not block a revocation.

use std::path::Path;
use std::time::{Duration, Instant};

use keydeck::cli::here::{EdgeMode, LaunchOptions};
use keydeck::cli::link::Link;
use keydeck::client::Via;

use super::processes::settings_with;
use crate::support::disk::{Disk, fill};
use crate::support::home::{Home, get};
use crate::support::process::{Running, assert_failed, errors};

const SERVE: [&str; 5] = ["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"];

/// A user whose database lies on a small disk of its own.
struct Small {
    home: Home,
    disk: Disk,
    keys: Vec<String>,
}

impl Small {
    /// Creates keys, so many, and notes their texts.
    fn new(test: &str, mib: u32) -> Option<Small> {
        Some(Small { home: Home::new(), disk: Disk::mount(test, mib)?, keys: Vec::new() })
    }

    fn url(&self) -> String {
        format!("sqlite://{}/keydeck.db", self.disk.path().display())
    }

    fn run(&self, args: &[&str]) -> std::process::Output {
        let url = self.url();
        let mut all = vec!["--database", url.as_str()];
        all.extend(args);
        self.home.run(&all)
    }

    fn ok(&self, args: &[&str]) -> String {
        let out = self.run(args);
        assert!(out.status.success(), "{args:?}: {}", errors(&out));
        String::from_utf8(out.stdout).expect("UTF-8")
    }

    fn serve(&self) -> (Running, String) {
        let url = self.url();
        let mut all = vec!["--database", url.as_str()];
        all.extend(SERVE);
        let owner = self.home.start(&all);
        let line = owner.until_said("Edge API on http://");
        owner.until_said("keydeck: ready");
        (owner, line.rsplit_once("http://").expect("an address").1.to_owned())
    }

    fn create(&mut self, count: usize) {
        self.ok(&["projects", "create", "shop"]);
        for number in 0..count {
            let key = self.ok(&["keys", "create", &format!("k{number}"), "--project", "shop"]);
            self.keys.push(key.trim().to_owned());
        }
    }

    fn fill(&self, name: &str) {
        fill(&self.disk.path().join(name));
    }
}

fn lookup(edge: &str, key: &str) -> u16 {
    get(edge, "/v1/lookup?path=/", &[("X-API-Key", key)]).status
}

#[test]
fn a_server_on_a_full_disk_revokes_in_every_way_and_again_after_a_restart() {
    let Some(mut small) = Small::new("a server on a full disk", 20) else { return };
    let (mut owner, edge) = small.serve();
    small.create(24);
    assert_eq!(lookup(&edge, &small.keys[0]), 400, "the key is good, no project was named");
    small.fill("ballast");
    assert_failed(&small.run(&["keys", "create", "new", "--project", "shop"]), 6, "the disk is full");
    assert_failed(&small.run(&["projects", "create", "new"]), 6, "nothing was changed");
    for number in 0..8 {
        let begun = Instant::now();
        small.ok(&["keys", "revoke", &format!("shop/k{number}"), "--yes"]);
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
        assert_eq!(lookup(&edge, &small.keys[number]), 401);
    }
    // The key itself, over the Edge API.
    let answer = post_revoke(&edge, &small.keys[8]);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(lookup(&edge, &small.keys[8]), 401);
    owner.kill();

    // Killed, and what it left is filled up.
    small.fill("ballast-2");
    let (mut owner, edge) = small.serve();
    assert_eq!(lookup(&edge, &small.keys[8]), 401, "what was answered holds");
    assert_eq!(lookup(&edge, &small.keys[9]), 400);
    small.ok(&["keys", "revoke", "shop/k9", "shop/k10", "shop/k11", "--yes"]);
    for number in 9..12 {
        assert_eq!(lookup(&edge, &small.keys[number]), 401);
    }
    owner.terminate();

    // Ended in order, and filled up again.
    small.fill("ballast-3");
    let (mut owner, edge) = small.serve();
    assert_eq!(lookup(&edge, &small.keys[12]), 400);
    small.ok(&["projects", "delete", "shop", "--revoke-keys", "--yes"]);
    for key in &small.keys {
        assert_eq!(lookup(&edge, key), 401);
    }
    assert_failed(&small.run(&["projects", "create", "new"]), 6, "the disk is full");
    small.ok(&["audit", "verify"]);
    for ballast in ["ballast", "ballast-2", "ballast-3"] {
        std::fs::remove_file(small.disk.path().join(ballast)).expect("space again");
    }
    small.ok(&["projects", "create", "new"]);
    owner.terminate();
    small.ok(&["audit", "verify"]);
}

#[test]
fn the_embedded_server_revokes_on_a_full_disk() {
    let Some(mut small) = Small::new("embedded server on a full disk", 20) else { return };
    small.create(40);
    let settings = settings_with(&small.home, &small.url());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let link =
            Link::open(&settings, LaunchOptions::of(&settings, EdgeMode::Follow), false).await.expect("open");
        assert_eq!(link.client.kind(), Via::Embedded);
        small.fill("ballast");
        assert!(link.client.create_project("new").await.is_err());
        let keys = link.client.keys(&keydeck::wire::keys::KeyQuery::default()).await.expect("keys").items;
        for key in &keys[..20] {
            let revoked = link.client.revoke_key(key.id, None).await.expect("revoked on a full disk");
            assert_eq!(revoked.receipt.confirmed_by, revoked.receipt.nodes);
        }
        link.ender().end().await;
    });
    // A command that opens the full disk by itself.
    small.fill("ballast-2");
    small.ok(&["keys", "revoke", "shop/k0", "shop/k39", "--yes"]);
    small.ok(&["audit", "verify"]);
    assert!(Path::new(&small.disk.path().join("keydeck.db.reserve")).exists());
    let doctor = String::from_utf8(small.run(&["doctor"]).stdout).expect("UTF-8");
    assert!(doctor.contains("disk full: only revocations can be written"), "{doctor}");
}

#[test]
fn unused_keys_are_revoked_on_a_full_disk_and_a_use_that_is_not_written_yet_counts() {
    let Some(mut small) = Small::new("revoking unused keys on a full disk", 20) else { return };
    let (mut owner, edge) = small.serve();
    small.create(12);
    small.fill("ballast");
    for round in 0..3 {
        let first = 4 * round;
        let names = [0, 1, 2, 3].map(|number| format!("shop/k{}", first + number));
        assert_eq!(lookup(&edge, &small.keys[first]), 400, "used, and not written yet");
        let mut args = vec!["keys", "revoke", "--unused-since", "2020-01-01T00:00:00Z", "--yes"];
        args.extend(names.iter().map(String::as_str));
        let out = small.run(&args);
        let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), errors(&out));
        assert_eq!(lookup(&edge, &small.keys[first]), 400, "one that is used stays: {said}");
        for key in &small.keys[first + 1..first + 4] {
            assert_eq!(lookup(&edge, key), 401, "{said}");
        }
    }
    assert_failed(&small.run(&["projects", "create", "new"]), 6, "the disk is full");
    owner.terminate();
    small.ok(&["audit", "verify"]);
}

fn post_revoke(edge: &str, key: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(edge).expect("it listens");
    let request = format!(
        "POST /v1/revoke HTTP/1.1\r\nHost: {edge}\r\nConnection: close\r\nX-API-Key: {key}\r\nContent-Length: 0\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}
