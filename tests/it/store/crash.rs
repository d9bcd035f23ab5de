//! What was answered survives `kill -9`, whatever the process was writing at that moment.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use keydeck::store::sql::{Options, SqlStore};
use keydeck::store::{Audit as _, Keys as _};
use keydeck::wire::audit::Verifier;
use keydeck::wire::id::KeyId;
use keydeck::wire::keys::{KeyQuery, Status, StatusQuery};
use keydeck::wire::time::Timestamp;
use rand::rngs::SysRng;
use rand::{RngExt as _, SeedableRng as _, TryRng as _};

use crate::support::home::{Home, over_socket};

/// How often the process is killed.
const KILLS: u32 = 200;
/// A point is at most this many written bytes after the first answer: some ten transactions of a small file.
const WINDOW: u64 = 1_000_000;

/// What the server has answered for a key: its name and whether it is revoked.
type Answered = BTreeMap<KeyId, (String, bool)>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_200_points_of_writing_every_answered_write_is_there_and_the_chain_verifies() {
    let home = Home::new();
    let mut seed = [0u8; 32];
    SysRng.try_fill_bytes(&mut seed).unwrap();
    println!("seed {seed:?}");
    let mut random = rand::rngs::SmallRng::from_seed(seed[..32].try_into().unwrap());
    let mut answered = Answered::new();
    let mut project = None;
    for round in 0..KILLS {
        let offset = random.random_range(0..WINDOW);
        let mut server = serve(&home);
        let socket = home.data().join("keydeck.sock");
        wait_for(&mut server, &socket);
        let project = project.get_or_insert_with(|| {
            let answer =
                over_socket(&socket, "POST", "/v1/projects", r#"{"name":"crash"}"#).expect("an answer");
            field(&answer.body, "id")
        });
        let stop = AtomicBool::new(false);
        let pid = server.id();
        let point = written(pid) + offset;
        std::thread::scope(|scope| {
            let killer = scope.spawn(|| {
                while written(pid) < point && !stop.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
                let pid = rustix::process::Pid::from_raw(pid as i32).expect("a process");
                rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it was running");
            });
            for number in 0.. {
                if !write_one(&socket, project, round, number, &mut answered) {
                    break;
                }
            }
            stop.store(true, Ordering::Relaxed);
            killer.join().expect("the killer");
        });
        server.wait().expect("it is dead");
        check(&home, &answered).await;
    }
    assert!(answered.len() > 200, "the writers were heard: {}", answered.len());
}

/// One write; false when the server is gone. Only an answered write is noted.
fn write_one(socket: &Path, project: &str, round: u32, number: u32, answered: &mut Answered) -> bool {
    let post = |method, path: &str, body: &str| over_socket(socket, method, path, body);
    let name = format!("k{round}-{number}");
    let Some(made) =
        post("POST", &format!("/v1/projects/{project}/keys"), &format!(r#"{{"name":"{name}"}}"#))
    else {
        return false;
    };
    assert_eq!(made.status, 201, "{}", made.body);
    let id: KeyId = field(&made.body, "id").parse().expect("an id");
    answered.insert(id, (name.clone(), false));
    match number % 3 {
        0 => {
            let Some(done) = post("POST", &format!("/v1/keys/{id}/revoke"), "{}") else {
                return uncertain(id, answered);
            };
            assert_eq!(done.status, 200, "{}", done.body);
            answered.insert(id, (name, true));
        }
        1 => {
            let renamed = format!("{name}-renamed");
            let Some(done) = post("PATCH", &format!("/v1/keys/{id}"), &format!(r#"{{"name":"{renamed}"}}"#))
            else {
                return uncertain(id, answered);
            };
            assert_eq!(done.status, 200, "{}", done.body);
            answered.insert(id, (renamed, false));
        }
        _ => {}
    }
    true
}

/// A change of this key was sent and not answered: either outcome is right, so it is no longer compared.
fn uncertain(id: KeyId, answered: &mut Answered) -> bool {
    answered.remove(&id);
    false
}

async fn check(home: &Home, answered: &Answered) {
    let url = format!("sqlite://{}", home.data().join("keydeck.db").display());
    let store = SqlStore::open(&url, Options::default()).await.expect("the file opens after a kill");
    let mut verifier = Verifier::default();
    let mut created = 0;
    let mut revoked = 0;
    loop {
        let events = store.audit_chain(verifier.head().seq, 1000).await.expect("events");
        if events.is_empty() {
            break;
        }
        for (body, hash) in events {
            verifier.take(&body, &hash).expect("the chain verifies");
            created += usize::from(body.contains("\"action\":\"key.created\""));
            revoked += usize::from(body.contains("\"action\":\"key.revoked\""));
        }
    }
    assert_eq!(*verifier.head(), store.audit_head().await.expect("a head"), "the head is the last event");
    let mut query = KeyQuery { status: Some(StatusQuery::All), limit: Some(1000), ..KeyQuery::default() };
    let mut keys = BTreeMap::new();
    loop {
        let page = store.keys(&query, Timestamp::from_millis(0), u64::MAX).await.expect("keys");
        keys.extend(page.items.into_iter().map(|key| (key.id, (key.name, key.status == Status::Revoked))));
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(keys.len(), created, "each key has its event and each event its key");
    assert_eq!(keys.values().filter(|(_, revoked)| *revoked).count(), revoked, "likewise for revocations");
    for (id, told) in answered {
        assert_eq!(keys.get(id), Some(told), "what was answered for {id} is there");
    }
    store.close().await;
}

fn serve(home: &Home) -> Child {
    let url = format!("sqlite://{}", home.data().join("keydeck.db").display());
    home.command(&["serve", "--database", &url, "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the server starts")
}

fn wait_for(server: &mut Child, socket: &Path) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while over_socket(socket, "GET", "/healthz", "").is_none_or(|answer| answer.status != 200) {
        assert!(server.try_wait().expect("its state").is_none(), "the server ended at once");
        assert!(std::time::Instant::now() < deadline, "the server never answered");
        std::thread::yield_now();
    }
}

/// Bytes that a process has handed to write calls, its database's pages among them.
fn written(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/io")).unwrap_or_default();
    text.lines().find_map(|line| line.strip_prefix("wchar: ")?.parse().ok()).unwrap_or(u64::MAX)
}

fn field(json: &str, name: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(json).expect("JSON");
    let value = value.get("key").unwrap_or(&value);
    value[name].as_str().expect("a text").to_owned()
}
