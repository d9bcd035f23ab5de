//! A real server on which a thousand things change each second: the dashboard answers its user all the while, draws
//! once for many changes, shows the truth at the end, and keeps nothing of it.
//!
//! A test takes floods of one second. `KEYDECK_FLOOD_SECONDS=30 cargo test --test it tui::flood -- --nocapture`
//! takes longer ones, and `KEYDECK_FLOODS=10` more of them; the figures that count are taken with `--release`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use keydeck::client::{Client, Transport};
use keydeck::secret::Secret;
use keydeck::wire::id::{KeyId, ProjectId};
use keydeck::wire::keys::{Mode, NewKey, RevokeKeys};

use super::story::start_with;
use crate::support::home::Home;
use crate::support::process::resident_kib;
use crate::support::pty::Pty;

/// Changes a second, and in one call.
const RATE: u64 = 1000;
const BATCH: usize = 100;
/// A flood, then the same again: what the first one has left in buffers and in the allocator is used again.
const FLOODS: usize = 2;
/// Keys that are there before and after.
const REST: usize = 20;
/// What memory may grow by after the first flood. Two thousand changes that were kept, each with its key, would need
/// more.
const GROWTH_KIB: u64 = 2048;
/// A key press is answered before so many more things have changed.
const MEANWHILE: u64 = RATE;
/// News are told at most once in this time, and each time may cost a frame.
const PACE: Duration = Duration::from_millis(100);
/// The most frames of one key press: the view, its rows as they come, and what stands beside them.
const FRAMES: usize = 6;

/// A server, and what has happened on it.
struct Source {
    client: Client,
    project: ProjectId,
    happened: AtomicU64,
    over: AtomicBool,
}

impl Source {
    /// So many new keys, as fast as the server makes them.
    async fn make(&self, count: usize, name: &str) -> Vec<KeyId> {
        let mut ids = Vec::with_capacity(count);
        for number in 0..count {
            let key = NewKey::named(format!("{name}-{number:05}"), Mode::Live);
            ids.push(self.client.create_key(self.project, &key).await.expect("a key").key.id);
            self.happened.fetch_add(1, Ordering::SeqCst);
        }
        ids
    }

    /// Revokes them, at the rate.
    async fn revoke(&self, ids: Vec<KeyId>) -> Duration {
        let since = tokio::time::Instant::now();
        let between = Duration::from_millis(1000 * BATCH as u64 / RATE);
        let mut pace = tokio::time::interval(between);
        for batch in ids.chunks(BATCH) {
            pace.tick().await;
            let body = RevokeKeys { ids: batch.to_vec(), ..RevokeKeys::default() };
            let done = self.client.revoke_keys(&body).await.expect("revoked");
            assert!(done.receipt.is_some());
            self.happened.fetch_add(batch.len() as u64, Ordering::SeqCst);
        }
        since.elapsed()
    }
}

/// What came of the key presses during a flood.
#[derive(Default)]
struct Answers {
    took: Vec<Duration>,
    /// The most that changed before one of them was answered.
    meanwhile: u64,
}

impl Answers {
    /// Presses keys as long as the flood goes on, one after the other is answered.
    fn during(source: &Source, pty: &mut Pty) -> Answers {
        let mut answers = Answers::default();
        let views = [("4", "[Audit"), ("2", "[Keys"), ("3", "[Stale"), ("2", "[Keys")];
        for (key, tab) in views.into_iter().cycle() {
            if source.over.load(Ordering::SeqCst) {
                break;
            }
            let (happened, since) = (source.happened.load(Ordering::SeqCst), Instant::now());
            pty.press(key);
            pty.until_screen(tab, |screen| screen.contents_between(1, 0, 1, 60).contains(tab));
            answers.took.push(since.elapsed());
            let now = source.happened.load(Ordering::SeqCst);
            answers.meanwhile = answers.meanwhile.max(now - happened);
            std::thread::park_timeout(PACE.saturating_sub(since.elapsed()));
        }
        answers.took.sort_unstable();
        answers
    }

    /// The time that this part of them took at most.
    fn within(&self, part: f64) -> Duration {
        let at = (self.took.len() as f64 * part) as usize;
        self.took.get(at.min(self.took.len().saturating_sub(1))).copied().unwrap_or_default()
    }
}

/// How many frames have been drawn.
fn frames(pty: &Pty) -> usize {
    pty.raw().windows(8).filter(|part| part == b"\x1b[?2026h").count()
}

/// The memory of a process that has come to rest: the least of some looks.
fn at_rest(pid: u32) -> u64 {
    let look = |_| {
        std::thread::park_timeout(Duration::from_millis(100));
        resident_kib(pid).expect("it runs")
    };
    (0..10).map(look).min().expect("some")
}

#[test]
fn a_thousand_changes_a_second_neither_keep_a_key_press_waiting_nor_stay_in_memory() {
    let given = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let (seconds, floods) =
        (given("KEYDECK_FLOOD_SECONDS").unwrap_or(1), given("KEYDECK_FLOODS").unwrap_or(FLOODS).max(2));
    let home = Home::new();
    let server = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    server.until_said("keydeck: ready");
    let url = format!("http://{}", crate::cli::serve::address(&server, "management API"));
    let token = std::fs::read_to_string(home.data().join("admin-token")).expect("the admin token");
    let token = Secret::parse(token.trim_end()).expect("a token");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let client = Client::new(Transport::remote(&url, &token).expect("an address"));
    let project = runtime.block_on(client.create_project("flood")).expect("a project").id;
    let (happened, over) = (AtomicU64::new(0), AtomicBool::new(false));
    let source = Arc::new(Source { client, project, happened, over });
    runtime.block_on(source.make(REST, "rest"));

    // Logged line by line, a flood would be one of the disk.
    let env = [("KEYDECK_TOKEN", token.reveal()), ("KEYDECK_LOG", "info")];
    let mut pty = start_with(&home, &["--server", &url], &env);
    pty.sees("live");
    pty.sees("Keys 20");
    pty.press("2");
    // What is revoked leaves the list, so that it is the same after each flood.
    pty.press("/status:active\r");
    pty.until("the keys", |screen| screen.contains("of 20"));
    let mut rest = Vec::new();
    let mut meanwhile = Vec::new();
    println!("flood: {} KiB before", at_rest(pty.id()));
    for number in 0..floods {
        source.over.store(false, Ordering::SeqCst);
        let (before, happened) = (frames(&pty), source.happened.load(Ordering::SeqCst));
        let (flooding, since) = (Arc::clone(&source), Instant::now());
        let flood = runtime.spawn(async move {
            let ids = flooding.make(seconds * RATE as usize, &format!("flood-{number}")).await;
            let took = flooding.revoke(ids).await;
            flooding.over.store(true, Ordering::SeqCst);
            took
        });
        let answers = Answers::during(&source, &mut pty);
        let revoking = runtime.block_on(flood).expect("the server takes it all");
        let took = since.elapsed();
        // The truth, without a question: what was there before is there, and nothing else.
        pty.press("2");
        // Where all keys were loaded before they were filtered, the number of all stands beside theirs.
        let rest_alone = |screen: &str| screen.contains("of 20") || screen.contains("· 20 of ");
        pty.until("the truth", |screen| rest_alone(screen) && !screen.contains("flood-"));
        let (drawn, changes) = (frames(&pty) - before, source.happened.load(Ordering::SeqCst) - happened);
        let all = |screen: &str| (0..REST).all(|number| screen.contains(&format!("rest-{number:05}")));
        pty.until("all of the rest", all);
        rest.push(at_rest(pty.id()));
        meanwhile.push(answers.meanwhile);
        println!(
            "flood: {changes} changes in {took:.1?}, the last {} in {revoking:.1?}; {} key presses answered in \
             {:.1?} median, {:.1?} p95, {:.1?} most, before {} more changes; {drawn} frames; {} KiB afterwards",
            seconds * RATE as usize,
            answers.took.len(),
            answers.within(0.5),
            answers.within(0.95),
            answers.within(1.0),
            answers.meanwhile,
            rest[number],
        );
        let paced = took.as_millis() / PACE.as_millis();
        let most = paced as usize + FRAMES * answers.took.len() + 20;
        assert!(drawn <= most, "{drawn} frames for {} key presses in {took:?}", answers.took.len());
        assert!(answers.took.len() >= 5, "{} key presses", answers.took.len());
    }
    // A busy machine may keep one waiting; a flood that starves its user does so each time.
    let least = meanwhile.iter().min().expect("some");
    assert!(*least <= MEANWHILE, "key presses were answered after {meanwhile:?} more changes only");
    let later = rest[1..].iter().min().expect("some");
    assert!(*later <= rest[0] + GROWTH_KIB, "memory grows with each flood: {rest:?} KiB");
    pty.press("\x03");
    assert_eq!(pty.ends(), 0);
}
