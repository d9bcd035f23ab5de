//! Three nodes behind HAProxy, with the configuration that is shipped: what clients of the load balancer see while nodes
//! leave, stand still and die.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::harness::{Fleet, Key, LEASE, NODES, STUCK, free_port};
use crate::support::process::Running;
use crate::support::{program, skipped};

/// How long after a node has died each request must be answered by the others.
const NOTICED: Duration = Duration::from_secs(1);
/// How long a single request may take, whatever happens to the node that it met first.
const PATIENCE: Duration = Duration::from_secs(3);

/// HAProxy in front of the nodes.
struct Balancer {
    edge: String,
    manage: String,
    running: Running,
}

impl Balancer {
    async fn start(haproxy: &Path, fleet: &Fleet) -> Balancer {
        let (edge, manage) = (format!("127.0.0.1:{}", free_port()), format!("127.0.0.1:{}", free_port()));
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/deploy/haproxy.cfg");
        let mut command = Command::new(haproxy);
        command.args(["-db", "-f", file]).env("EDGE_BIND", &edge).env("MANAGE_BIND", &manage);
        for node in 0..NODES {
            command.env(format!("EDGE_{}", node + 1), fleet.edge_address(node));
            command.env(format!("MANAGE_{}", node + 1), fleet.manage_address(node));
        }
        let balancer = Balancer { edge, manage, running: Running::start(command) };
        let until = Instant::now() + Duration::from_secs(20);
        for address in [&balancer.edge, &balancer.manage] {
            let url = format!("http://{address}/readyz");
            while !fleet.http.get(&url).send().await.is_ok_and(|answer| answer.status() == 200) {
                assert!(Instant::now() < until, "HAProxy never answers:\n{}", balancer.running.said());
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        balancer
    }
}

/// A request through the load balancer.
struct Asked {
    key: usize,
    began: Instant,
    took: Duration,
    /// None where there was no answer.
    status: Option<u16>,
}

impl Asked {
    /// An answer about the key itself.
    fn is_answered(&self) -> bool {
        matches!(self.status, Some(400 | 401))
    }
}

/// When the end of a key was asked for, and when it was answered.
type End = (Instant, Option<Instant>);

/// What clients saw, and when the end of each key was asked for and answered.
struct Clients {
    asked: Mutex<Vec<Asked>>,
    ends: Mutex<Vec<Option<End>>>,
    stop: AtomicBool,
}

impl Clients {
    fn new(keys: usize) -> Arc<Clients> {
        let (asked, ends) = (Mutex::default(), Mutex::new(vec![None; keys]));
        Arc::new(Clients { asked, ends, stop: AtomicBool::new(false) })
    }

    /// Asks for one key after the other, until it is told to stop.
    async fn ask(self: Arc<Clients>, fleet: Arc<Fleet>, address: String, keys: Arc<Vec<Key>>, first: usize) {
        for key in (0..keys.len()).cycle().skip(first) {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            let began = Instant::now();
            let status = fleet.accepts_at(&address, &keys[key]).await;
            let asked = Asked { key, began, took: began.elapsed(), status };
            self.asked.lock().expect("no panic").push(asked);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// What nobody may see: a key that is accepted after its end was answered, or refused before it was asked for.
    fn wrong(&self) -> Vec<String> {
        let (asked, ends) = (self.asked.lock().expect("no panic"), self.ends.lock().expect("no panic"));
        let is_wrong = |asked: &&Asked| match (asked.status, ends[asked.key]) {
            (Some(400), Some((_, Some(answered)))) => asked.began > answered,
            (Some(401), Some((sent, _))) => asked.began + asked.took < sent,
            (Some(401), None) => true,
            (Some(400 | 502 | 503 | 504) | None, _) => false,
            (Some(_), _) => true,
        };
        let wrong = asked.iter().filter(is_wrong);
        wrong.map(|asked| format!("key {}: {:?} after {:?}", asked.key, asked.status, asked.took)).collect()
    }

    /// The statuses without an answer about the key since then: how many, and from when to when.
    fn unanswered(&self, since: Instant) -> BTreeMap<Option<u16>, (usize, Duration, Duration)> {
        let asked = self.asked.lock().expect("no panic");
        let mut found = BTreeMap::new();
        for asked in asked.iter().filter(|asked| asked.began >= since && !asked.is_answered()) {
            let at = asked.began - since;
            let (count, first, last) = found.entry(asked.status).or_insert((0, at, at));
            (*count, *first, *last) = (*count + 1, at.min(*first), at.max(*last));
        }
        found
    }

    /// Requests that began since then, how many of them got no answer about their key, and the slowest.
    fn since(&self, since: Instant) -> (usize, usize, Duration) {
        let asked = self.asked.lock().expect("no panic");
        let asked: Vec<&Asked> = asked.iter().filter(|asked| asked.began >= since).collect();
        let unanswered = asked.iter().filter(|asked| !asked.is_answered()).count();
        let slowest = asked.iter().map(|asked| asked.took).max().unwrap_or_default();
        (asked.len(), unanswered, slowest)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_haproxy_a_node_may_leave_stand_still_or_die_and_clients_get_right_answers_from_the_others() {
    let Some(haproxy) = program("haproxy") else {
        return skipped("three nodes behind HAProxy: haproxy is not installed");
    };
    let Some(fleet) = Fleet::with_args("HAProxy", vec!["--drain", "2"]).await else { return };
    let keys = Arc::new(fleet.keys(12).await);
    let balancer = Balancer::start(&haproxy, &fleet).await;
    let clients = Clients::new(keys.len());
    let tasks: Vec<_> = (0..4)
        .map(|first| {
            let (fleet, keys) = (Arc::clone(&fleet), Arc::clone(&keys));
            tokio::spawn(Arc::clone(&clients).ask(fleet, balancer.edge.clone(), keys, first * 3))
        })
        .collect();
    let revoke = async |key: usize| -> Value {
        clients.ends.lock().expect("no panic")[key] = Some((Instant::now(), None));
        let path = format!("/v1/keys/{}/revoke", keys[key].id);
        let (status, answer) =
            fleet.call_at(&balancer.manage, "POST", &path, json!({})).await.expect("an answer");
        assert_eq!(status, 200, "{answer}");
        if let Some((_, answered)) = &mut clients.ends.lock().expect("no panic")[key] {
            *answered = Some(Instant::now());
        }
        answer["receipt"].clone()
    };
    let receipt = revoke(0).await;
    assert_eq!((&receipt["confirmedBy"], &receipt["nodes"]), (&json!(3), &json!(3)), "{receipt}");

    // One that leaves in order: nobody notices.
    let left = Instant::now();
    fleet.leave(1).await;
    let receipt = revoke(1).await;
    assert_eq!((&receipt["confirmedBy"], &receipt["nodes"]), (&json!(2), &json!(2)), "{receipt}");
    let (requests, unanswered, slowest) = clients.since(left);
    println!("a node left: {requests} requests, {unanswered} unanswered, the slowest {slowest:?}");
    assert!(requests > 50 && unanswered == 0, "{unanswered} of {requests}");
    fleet.up(1);
    fleet.ready(1).await;

    // One that stands still: its health check finds out, and so does its lease.
    println!("stopped after {:?}", left.elapsed());
    fleet.signal(2, "STOP");
    let receipt = revoke(2).await;
    assert_eq!(receipt["expired"], json!(["node-2"]), "{receipt}");
    // It may have been stopped with the lock of all changes, for which the database lets the others wait.
    tokio::time::sleep(STUCK + LEASE).await;
    let later = Instant::now();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (requests, unanswered, slowest) = clients.since(later);
    println!("a node stands still: {requests} requests, {unanswered} unanswered, the slowest {slowest:?}");
    assert!(
        requests > 50 && unanswered == 0 && slowest < PATIENCE,
        "{unanswered} of {requests}, {slowest:?}"
    );
    fleet.signal(2, "CONT");
    fleet.ready(2).await;
    tokio::time::sleep(NOTICED).await;

    // One that dies.
    fleet.kill(0);
    let died = Instant::now();
    let receipt = revoke(3).await;
    assert_eq!(receipt["expired"], json!(["node-0"]), "{receipt}");
    tokio::time::sleep(NOTICED).await;
    let (requests, unanswered, slowest) = clients.since(died + NOTICED);
    println!("a node died: {requests} requests, {unanswered} unanswered, the slowest {slowest:?}");
    assert!(
        requests > 50 && unanswered == 0 && slowest < PATIENCE,
        "{unanswered} of {requests}, {slowest:?}"
    );

    clients.stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.expect("no panic");
    }
    let (requests, unanswered, slowest) = clients.since(left);
    println!("in all: {requests} requests, {unanswered} unanswered, the slowest {slowest:?}");
    println!("without an answer about the key: {:?}", clients.unanswered(left));
    assert_eq!(clients.wrong(), Vec::<String>::new());
    assert_eq!(fleet.accepts_at(&balancer.edge, &keys[3]).await, Some(401));
}
