//! Three nodes on one PostgreSQL server, each through a proxy of its own; and clients that remember what they saw.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use keydeck::secret::{Kind, Secret};
use serde_json::{Value, json};

use crate::support::cluster::{Cluster, Proxy};
use crate::support::home::Home;
use crate::support::process::{Running, signal};

/// The lease of these nodes: short, so that much happens in a minute.
pub(crate) const LEASE: Duration = Duration::from_secs(2);
/// How long a process that stops in the middle of a transaction holds up the others.
pub(crate) const STUCK: Duration = Duration::from_secs(3);
pub(crate) const NODES: usize = 3;

/// Three nodes.
pub(crate) struct Fleet {
    pub(crate) cluster: Cluster,
    pub(crate) proxies: Vec<Proxy>,
    pub(crate) nodes: Mutex<Vec<Option<Running>>>,
    pub(crate) manage: Vec<u16>,
    pub(crate) edge: Vec<u16>,
    home: Home,
    token: Secret,
    pub(crate) http: reqwest::Client,
    extra: Vec<(&'static str, String)>,
    args: Vec<&'static str>,
}

impl Fleet {
    /// Starts them; `None`, said aloud, where PostgreSQL is not installed.
    pub(crate) async fn start(test: &str) -> Option<Arc<Fleet>> {
        Fleet::with(test, Vec::new()).await
    }

    /// The same with further arguments for each.
    pub(crate) async fn with_args(test: &str, args: Vec<&'static str>) -> Option<Arc<Fleet>> {
        Fleet::begin(test, Vec::new(), args).await
    }

    /// The same with further variables in the environment of the last one.
    pub(crate) async fn with(test: &str, extra: Vec<(&'static str, String)>) -> Option<Arc<Fleet>> {
        Fleet::begin(test, extra, Vec::new()).await
    }

    async fn begin(
        test: &str,
        extra: Vec<(&'static str, String)>,
        args: Vec<&'static str>,
    ) -> Option<Arc<Fleet>> {
        let cluster = Cluster::start(test)?;
        let mut proxies = Vec::new();
        for _ in 0..NODES {
            proxies.push(Proxy::to(cluster.address()).await);
        }
        let ports = || (0..NODES).map(|_| free_port()).collect::<Vec<_>>();
        let fleet = Fleet {
            cluster,
            proxies,
            nodes: Mutex::new((0..NODES).map(|_| None).collect()),
            manage: ports(),
            edge: ports(),
            home: Home::new(),
            token: Secret::generate(Kind::Management).expect("random bytes"),
            http: http_client().timeout(Duration::from_secs(20)).build().expect("a client"),
            extra,
            args,
        };
        for node in 0..NODES {
            fleet.up(node);
        }
        for node in 0..NODES {
            fleet.ready(node).await;
        }
        Some(Arc::new(fleet))
    }

    /// Starts a node.
    pub(crate) fn up(&self, node: usize) {
        let url = Cluster::url_at(self.proxies[node].address);
        let (manage, edge) = (self.manage_address(node), self.edge_address(node));
        let (name, lease) = (format!("node-{node}"), LEASE.as_secs().to_string());
        let mut command = self.home.command(&[
            "serve",
            "--manage",
            &manage,
            "--edge",
            &edge,
            "--name",
            &name,
            "--lease",
            &lease,
            "--database",
            &url,
        ]);
        command.args(&self.args).env("KEYDECK_ADMIN_TOKEN", self.token.reveal()).env("KEYDECK_LOG", "info");
        if node == NODES - 1 {
            command.envs(self.extra.iter().map(|(name, value)| (*name, value)));
        }
        let running = Running::start(command);
        self.nodes.lock().expect("no panic")[node] = Some(running);
    }

    /// Ends a node without a word.
    pub(crate) fn kill(&self, node: usize) {
        if let Some(mut running) = self.nodes.lock().expect("no panic")[node].take() {
            running.kill();
        }
    }

    /// Ends a node in order, and waits until it has ended.
    pub(crate) async fn leave(&self, node: usize) {
        let running = self.nodes.lock().expect("no panic")[node].take();
        let mut running = running.expect("it runs");
        let ended = tokio::task::spawn_blocking(move || (running.terminate().code(), running.said())).await;
        let (code, said) = ended.expect("no panic");
        assert_eq!(code, Some(0), "{said}");
    }

    /// Starts a node that has ended by itself.
    pub(crate) fn up_again(&self, node: usize) {
        if self.has_ended(node) {
            self.up(node);
        }
    }

    fn has_ended(&self, node: usize) -> bool {
        match &mut self.nodes.lock().expect("no panic")[node] {
            Some(running) => running.has_ended(),
            None => true,
        }
    }

    /// Sends a signal to a node.
    pub(crate) fn signal(&self, node: usize, name: &str) {
        if let Some(running) = &self.nodes.lock().expect("no panic")[node] {
            signal(&running.id().to_string(), name);
        }
    }

    /// What a node has said.
    pub(crate) fn said(&self, node: usize) -> String {
        self.nodes.lock().expect("no panic")[node].as_ref().map(Running::said).unwrap_or_default()
    }

    /// Waits until a node serves.
    pub(crate) async fn ready(&self, node: usize) {
        let until = Instant::now() + Duration::from_mins(1);
        loop {
            let url = format!("http://{}/readyz", self.edge_address(node));
            let ready = self.http.get(url).timeout(Duration::from_secs(1)).send().await;
            if ready.is_ok_and(|answer| answer.status() == 200) {
                return;
            }
            let late = Instant::now() >= until || self.has_ended(node);
            assert!(!late, "node {node} never serves:\n{}", self.said(node));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A call of a node's management API: the status and the answer.
    pub(crate) async fn call(
        &self,
        node: usize,
        method: &str,
        path: &str,
        body: Value,
    ) -> Result<(u16, Value), reqwest::Error> {
        self.call_at(&self.manage_address(node), method, path, body).await
    }

    /// A call of a management API behind any address.
    pub(crate) async fn call_at(
        &self,
        address: &str,
        method: &str,
        path: &str,
        body: Value,
    ) -> Result<(u16, Value), reqwest::Error> {
        let url = format!("http://{address}{path}");
        let method = method.parse().expect("a method");
        let call = self.http.request(method, url).bearer_auth(self.token.reveal());
        let call = if body.is_null() {
            call
        } else {
            call.body(body.to_string()).header("content-type", "application/json")
        };
        let answer = call.send().await?;
        let status = answer.status().as_u16();
        let text = answer.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    /// The same, which must work.
    pub(crate) async fn ok(&self, node: usize, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(node, method, path, body).await.expect("an answer");
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// A project with so many keys: their ids and secrets.
    pub(crate) async fn keys(&self, count: usize) -> Vec<Key> {
        let project = self.ok(0, "POST", "/v1/projects", json!({"name": "shop"})).await;
        let path = format!("/v1/projects/{}/keys", project["id"].as_str().expect("an id"));
        let make = async |number: usize| {
            let made = self.ok(number % NODES, "POST", &path, json!({"name": format!("key {number}")})).await;
            Key {
                id: made["key"]["id"].as_str().expect("an id").to_owned(),
                project: project["id"].as_str().expect("an id").to_owned(),
                secret: made["secret"].as_str().expect("a secret").to_owned(),
            }
        };
        let mut keys = Vec::with_capacity(count);
        for first in (0..count).step_by(25) {
            keys.extend(join_all((first..(first + 25).min(count)).map(&make)).await);
        }
        keys
    }

    /// Whether a node accepts a key: none when it does not answer.
    pub(crate) async fn accepts(&self, node: usize, key: &Key) -> Option<u16> {
        self.accepts_at(&self.edge_address(node), key).await
    }

    /// The same behind any address.
    pub(crate) async fn accepts_at(&self, address: &str, key: &Key) -> Option<u16> {
        let url = format!("http://{address}/v1/lookup?path=/a");
        let answer =
            self.http.get(url).header("x-api-key", &key.secret).timeout(Duration::from_secs(3)).send().await;
        Some(answer.ok()?.status().as_u16())
    }

    pub(crate) fn manage_address(&self, node: usize) -> String {
        format!("127.0.0.1:{}", self.manage[node])
    }

    pub(crate) fn edge_address(&self, node: usize) -> String {
        format!("127.0.0.1:{}", self.edge[node])
    }
}

/// A key and its text.
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) project: String,
    pub(crate) secret: String,
}

/// What clients saw: when an accepted request with a key began, and when its end was answered.
#[derive(Default)]
pub(crate) struct History {
    /// The last accepted request of each key: when it began, and at which node.
    accepted: Mutex<Vec<Option<(Instant, usize)>>>,
    /// When the revocation or pause of each key was answered.
    dead: Mutex<Vec<Option<Instant>>>,
    pub(crate) requests: std::sync::atomic::AtomicU64,
    pub(crate) refused: std::sync::atomic::AtomicU64,
    pub(crate) unavailable: std::sync::atomic::AtomicU64,
    stop: AtomicBool,
    /// The key that ends next: those that ended before it are tried most.
    pub(crate) focus: std::sync::atomic::AtomicUsize,
}

impl History {
    pub(crate) fn of(keys: usize) -> Arc<History> {
        let history = History::default();
        *history.accepted.lock().expect("no panic") = vec![None; keys];
        *history.dead.lock().expect("no panic") = vec![None; keys];
        Arc::new(history)
    }

    /// The end of a key was answered now.
    pub(crate) fn died(&self, key: usize) {
        self.dead.lock().expect("no panic")[key].get_or_insert_with(Instant::now);
    }

    /// Whether the end of a key was answered.
    pub(crate) fn is_dead(&self, key: usize) -> bool {
        self.dead.lock().expect("no panic")[key].is_some()
    }

    /// How many keys are dead.
    pub(crate) fn dead(&self) -> usize {
        self.dead.lock().expect("no panic").iter().flatten().count()
    }

    /// Requests that began after their key's end was answered and were accepted all the same.
    pub(crate) fn violations(&self) -> Vec<String> {
        let (accepted, dead) = (self.accepted.lock().expect("no panic"), self.dead.lock().expect("no panic"));
        let mut found = Vec::new();
        for (key, (accepted, dead)) in accepted.iter().zip(dead.iter()).enumerate() {
            if let (Some((began, node)), Some(dead)) = (accepted, dead)
                && began > dead
            {
                found.push(format!(
                    "key {key}: node {node} accepted a request {:?} after the answer",
                    *began - *dead
                ));
            }
        }
        found
    }

    /// Watches all nodes, with so many tasks each.
    pub(crate) fn watch_all(
        self: &Arc<History>,
        fleet: &Arc<Fleet>,
        keys: &Arc<Vec<Key>>,
        each: usize,
    ) -> Watch {
        let task = |at: usize| {
            let (fleet, keys) = (Arc::clone(fleet), Arc::clone(keys));
            tokio::spawn(Arc::clone(self).watch(fleet, at % NODES, keys, at + 1))
        };
        Watch { history: Arc::clone(self), tasks: (0..NODES * each).map(task).collect() }
    }

    /// Asks a node again and again, with dead and living keys, until it is told to stop.
    async fn watch(self: Arc<History>, fleet: Arc<Fleet>, node: usize, keys: Arc<Vec<Key>>, seed: usize) {
        let mut at = seed;
        while !self.stop.load(Ordering::Relaxed) {
            at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let random = at >> 33;
            // Mostly those that have just ended, or end next.
            let focus = self.focus.load(Ordering::Relaxed);
            let key =
                if random.is_multiple_of(4) { random / 4 } else { (focus + random % 8).saturating_sub(6) };
            let key = key % keys.len();
            let began = Instant::now();
            let status = fleet.accepts(node, &keys[key]).await;
            self.requests.fetch_add(1, Ordering::Relaxed);
            match status {
                Some(200 | 204 | 400 | 404 | 429) => {
                    let mut accepted = self.accepted.lock().expect("no panic");
                    if accepted[key].is_none_or(|(before, _)| before < began) {
                        accepted[key] = Some((began, node));
                    }
                }
                Some(401) => {
                    self.refused.fetch_add(1, Ordering::Relaxed);
                }
                Some(503) => {
                    self.unavailable.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Some(other) => panic!("an answer that nobody expects: {other}"),
                None => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }
}

/// Tasks that watch nodes.
pub(crate) struct Watch {
    history: Arc<History>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Watch {
    /// Ends them.
    pub(crate) async fn end(self) {
        self.history.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.expect("no panic");
        }
    }
}

pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a port")
        .port()
}

fn http_client() -> reqwest::ClientBuilder {
    // Another test may have done it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
}
