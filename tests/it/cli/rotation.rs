//! A guided rotation with a real server and two real clients that move over one after the other.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::keys::{json, with_key};
use super::serve::address;
use crate::support::home::{Home, get, over_socket};
use crate::support::process::{assert_failed, errors};

const QUIET: Duration = Duration::from_secs(1);

/// A client at an address of its own, with a key of two.
struct Client {
    /// Whether it uses the new key.
    moved: AtomicBool,
    ended: AtomicBool,
    /// When it last began to use the old key.
    last_old: Mutex<Instant>,
}

impl Client {
    fn start(number: u8, edge: &str, keys: [String; 2]) -> (Arc<Client>, std::thread::JoinHandle<()>) {
        let now = Mutex::new(Instant::now());
        let client = Client { moved: AtomicBool::new(false), ended: AtomicBool::new(false), last_old: now };
        let client = Arc::new(client);
        let (of, url) = (client.clone(), format!("http://{edge}/v1/lookup?path=/a"));
        let from = IpAddr::V4(Ipv4Addr::new(127, 0, 0, number));
        let work = std::thread::spawn(move || {
            let _ = rustls::crypto::ring::default_provider().install_default();
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let http = reqwest::Client::builder().local_address(from).build().expect("a client");
            runtime.block_on(async {
                while !of.ended.load(Ordering::Acquire) {
                    let moved = of.moved.load(Ordering::Acquire);
                    if !moved {
                        *of.last_old.lock().expect("a time") = Instant::now();
                    }
                    let request = http.get(&url).header("X-API-Key", &keys[usize::from(moved)]);
                    let status = request.send().await.expect("an answer").status().as_u16();
                    // No project was named; the key is good.
                    assert_eq!(status, 400);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            });
        });
        (client, work)
    }

    fn move_over(&self, moved: bool) {
        self.moved.store(moved, Ordering::Release);
    }
}

/// Asks until the rotation is as wanted. It is never quiet while a client uses the old key.
fn until(home: &Home, id: &str, clients: &[Arc<Client>], what: &str, wanted: impl Fn(&Value) -> bool) {
    let begun = Instant::now();
    let socket = home.data().join("keydeck.sock");
    loop {
        let asked = Instant::now();
        let answer = over_socket(&socket, "GET", &format!("/v1/keys/{id}/rotation"), "").expect("an answer");
        let rotation = json(&answer.body);
        if rotation["state"] == "quiet" {
            for client in clients {
                let last = *client.last_old.lock().expect("a time");
                assert!(last + QUIET <= asked || last > asked, "in use, and offered: {rotation}");
            }
        }
        if wanted(&rotation) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "no {what}: {rotation}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn callers(rotation: &Value) -> Vec<&str> {
    let callers = rotation["callers"].as_array().expect("callers");
    callers.iter().filter_map(|caller| caller["address"].as_str()).collect()
}

#[test]
fn the_old_key_is_offered_for_revocation_once_the_last_client_has_moved_over() {
    let (home, old) = with_key();
    let owner = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    owner.until_said("keydeck: ready");
    let edge = address(&owner, "Edge API");
    let rotated = home.run(&["keys", "rotate", "shop/web", "--guided", "--quiet", "1s"]);
    assert!(errors(&rotated).contains("guided rotation of shop/web started"), "{}", errors(&rotated));
    let new = String::from_utf8(rotated.stdout).expect("UTF-8").trim_end().to_owned();
    let shown = json(&home.ok(&["keys", "show", "shop/web", "--output", "json"]));
    let id = shown["id"].as_str().expect("an id").to_owned();
    let again = home.run(&["keys", "rotate", "shop/web", "--guided"]);
    assert!(errors(&again).contains("web-2 already replaces shop/web"), "{}", errors(&again));
    assert!(again.stdout.is_empty(), "no table stands where a script expects a key");
    assert!(
        errors(&again).contains("; no key was created, and standard output has none\n"),
        "{}",
        errors(&again)
    );
    assert!(!errors(&again).contains("quiet time of"), "{}", errors(&again));
    for (quiet, changed) in [("2h", "from 1 s to 2 h"), ("1s", "from 2 h to 1 s")] {
        let again = home.run(&["keys", "rotate", "shop/web", "--guided", "--quiet", quiet]);
        let wanted =
            format!("keydeck: the quiet time of the guided rotation of shop/web was changed {changed}\n");
        assert!(errors(&again).contains(&wanted), "{}", errors(&again));
        let again = home.run(&["keys", "rotate", "shop/web", "--guided", "--quiet", quiet]);
        assert!(!errors(&again).contains("was changed"), "only what is new is said: {}", errors(&again));
    }

    let (first, one) = Client::start(21, &edge, [old.clone(), new.clone()]);
    let (second, two) = Client::start(22, &edge, [old, new]);
    let clients = [first.clone(), second.clone()];
    let until = |what: &str, wanted: &dyn Fn(&Value) -> bool| until(&home, &id, &clients, what, wanted);
    until("pending with two callers", &|now| now["state"] == "pending" && callers(now).len() == 2);
    first.move_over(true);
    until("one caller left", &|now| now["state"] == "replacementUsed" && callers(now) == ["127.0.0.22"]);
    let shown = home.run(&["keys", "rotation", "shop/web"]);
    assert!(errors(&shown).contains("1 caller used shop/web within the quiet time"), "{}", errors(&shown));
    second.move_over(true);
    until("quiet", &|now| now["state"] == "quiet" && callers(now).is_empty());
    let shown = home.run(&["keys", "rotation", "shop/web", "--watch"]);
    assert!(errors(&shown).contains("run: keydeck keys revoke"), "{}", errors(&shown));

    // One of them goes back: the quiet time starts anew.
    first.move_over(false);
    until("a caller that is back", &|now| callers(now) == ["127.0.0.21"]);
    first.move_over(true);
    until("quiet again", &|now| now["state"] == "quiet");
    home.ok(&["keys", "revoke", "shop/web", "--yes"]);
    until("the end", &|now| now["state"] == "done" && now["quietUntil"].is_null());
    for client in &clients {
        client.ended.store(true, Ordering::Release);
    }
    one.join().expect("a client that got its answers");
    two.join().expect("a client that got its answers");
}

#[test]
fn who_still_sends_a_paused_key_is_said_to_be_refused() {
    let (home, old) = with_key();
    let owner = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    owner.until_said("keydeck: ready");
    let edge = address(&owner, "Edge API");
    let send = |key: &str| get(&edge, "/v1/lookup?path=/a", &[("X-API-Key", key)]).status;
    let new = home.ok(&["keys", "rotate", "shop/web", "--guided", "--quiet", "1h"]);
    let shown = json(&home.ok(&["keys", "show", "shop/web", "--output", "json"]));
    let id = shown["id"].as_str().expect("an id").to_owned();
    // A request that was allowed before the pause is no sign that anyone still sends it.
    assert_eq!((send(new.trim_end()), send(&old)), (400, 400), "no project was named; the keys are good");
    until(&home, &id, &[], "use of both", |now| now["state"] == "replacementUsed" && callers(now).len() == 1);
    home.ok(&["keys", "pause", "shop/web", "--yes"]);
    let said = errors(&home.run(&["keys", "rotation", "shop/web"]));
    assert!(said.contains("1 caller used shop/web within the quiet time"), "{said}");

    assert_eq!(send(&old), 401);
    until(&home, &id, &[], "a refused request", |now| now["callers"][0]["refused"] == 1);
    let shown = home.run(&["keys", "rotation", "shop/web"]);
    let said = errors(&shown);
    let next =
        ". 1 address still sends requests with shop/web. They are refused, but each restarts the wait\n";
    assert!(said.contains("next: wait until 20") && said.ends_with(next), "{said}");
    assert!(String::from_utf8_lossy(&shown.stdout).contains(" (refused)"));
}

#[test]
fn a_revocation_that_skips_a_used_key_says_so() {
    let (home, key) = with_key();
    let owner = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    owner.until_said("keydeck: ready");
    get(&address(&owner, "Edge API"), "/v1/lookup?path=/a", &[("X-API-Key", &key)]);
    let revoke = ["keys", "revoke", "shop/web", "--unused-since", "2020-01-01", "--yes"];
    let out = home.run(&revoke);
    let said = errors(&out);
    let why = "used after 2020-01-01T00:00:00.000Z";
    assert!(out.status.success() && said.contains(&format!("1 key was not revoked: {why}")), "{said}");
    let table = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(table.contains(why) && !table.contains("usedSince"), "{table}");
    let dry = errors(&home.run(&[&revoke[..], &["--dry-run"]].concat()));
    assert!(dry.contains(&format!("1 key would not be revoked: {why}")), "{dry}");
    let csv = home.ok(&[&revoke[..], &["--output", "csv"]].concat());
    assert!(csv.contains(",usedSince\n"), "{csv}");
    // Nothing was said of a key that is dead already.
    home.ok(&["keys", "revoke", "shop/web", "--yes"]);
    let again = errors(&home.run(&revoke));
    assert!(again.contains("1 key was not revoked: already revoked"), "{again}");
}

#[test]
fn a_rotation_that_is_cancelled_twice_says_what_happened_each_time() {
    let (home, _) = with_key();
    home.ok(&["keys", "rotate", "shop/web", "--guided"]);
    let cancel = ["keys", "rotation", "shop/web", "--cancel"];
    let first = home.run(&cancel);
    assert!(first.status.success());
    assert!(errors(&first).ends_with("the guided rotation of shop/web is cancelled; no key was changed\n"));
    let second = home.run(&cancel);
    assert_eq!(second.status.code(), Some(0), "as every repeat that finds all done");
    let said = errors(&second);
    assert!(said.contains("the guided rotation of shop/web was already cancelled at 20"), "{said}");
    assert!(said.contains(" by local:") && said.ends_with("; nothing was changed\n"), "{said}");
}

#[test]
fn a_revoked_key_is_not_sent_to_a_rotation_that_is_refused() {
    let (home, _) = with_key();
    home.ok(&["keys", "revoke", "shop/web", "--yes"]);
    for command in [&["keys", "rotation", "shop/web"][..], &["keys", "rotation", "shop/web", "--cancel"]] {
        let out = home.run(command);
        assert_failed(
            &out,
            4,
            "shop/web has no guided rotation, and it is revoked; create a key in its place: ",
        );
        let said = errors(&out);
        assert!(
            said.contains("keydeck keys create NAME --project prj_") && !said.contains("rotate"),
            "{said}"
        );
    }
}

#[test]
fn the_rotation_of_a_replacement_names_the_guided_rotation_that_goes_on() {
    let (home, _) = with_key();
    home.ok(&["keys", "rotate", "shop/web", "--guided"]);
    let note = "note: shop/web-2 replaces shop/web (guided rotation); to see how far it is, run: keydeck keys rotation \
                shop/web";
    let guided = home.run(&["keys", "rotate", "shop/web-2", "--guided"]);
    assert!(guided.status.success() && errors(&guided).contains(note), "{}", errors(&guided));
    let refused = home.run(&["keys", "rotate", "shop/web-2", "--name", "web"]);
    assert_failed(&refused, 5, "web");
    let plain = home.run(&["keys", "rotate", "shop/web-2", "--output", "json"]);
    assert!(plain.status.success() && errors(&plain).contains(note), "{}", errors(&plain));
    // One that is over is no news.
    home.ok(&["keys", "rotation", "shop/web", "--cancel"]);
    let after = home.run(&["keys", "rotate", "shop/web-2"]);
    assert!(after.status.success() && !errors(&after).contains("guided rotation"), "{}", errors(&after));
}
