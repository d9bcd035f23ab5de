//! Access reviews in a real pseudo-terminal, by keys alone: one of 200 keys that is interrupted and continued, and
//! two dashboards that review at once.

use std::time::Duration;

use keydeck::secret::Secret;
use keydeck::store::sql::{Options, SqlStore, sqlite_url};
use keydeck::store::{By, Keys as _, NewKeyRecord, Projects as _};
use keydeck::wire::keys::Mode;
use keydeck::wire::session::Plan;
use keydeck::wire::time::system_clock;
use serde_json::Value;

use super::story::dashboard;
use crate::support::home::Home;
use crate::support::pty::Pty;

/// The most key presses that a review of 200 keys may take.
const MOST: usize = 450;

/// Keys of a project `shop` that were never used: so many that are stale, and so many that are not.
fn keys(home: &Home, stale: usize, young: usize) {
    std::fs::create_dir_all(home.data()).expect("a folder");
    let url = sqlite_url(&home.data().join("keydeck.db"));
    let now = system_clock()();
    let ago = |days: u64| By::new("local:ben", now - Duration::from_secs(days * 86_400));
    let make = async {
        let store = SqlStore::open(&url, Options::default()).await.expect("a database");
        let shop = store.create_project(&ago(400), "shop").await.expect("a project").value.id;
        for number in 0..stale + young {
            let secret = Secret::generate(Mode::Live.kind()).expect("random bytes");
            let (hint, hash) = (secret.hint(), secret.hash().expect("random bytes"));
            let record = NewKeyRecord::new(format!("key-{number:03}"), Mode::Live, hint, hash);
            let days = if number < stale { 200 } else { 10 };
            store.create_key(&ago(days), shop, &record, Plan::Enterprise).await.expect("a key");
        }
        store.close().await;
    };
    tokio::runtime::Runtime::new().expect("a runtime").block_on(make);
}

/// A person at a terminal, whose key presses are counted.
struct Person {
    pty: Pty,
    pressed: usize,
}

impl Person {
    fn at(pty: Pty) -> Person {
        Person { pty, pressed: 0 }
    }

    fn press(&mut self, keys: &str) {
        self.pressed += keys.replace("\x1b[A", "^").chars().count();
        self.pty.press(keys);
    }

    /// The next undecided key, once so many are decided.
    fn next(&self, decided: usize) -> String {
        let words = format!(" {} of 200 left", 200 - decided);
        self.pty.until(&words, |screen| screen.contains(&words) && screen.contains("○ undecided"))
    }

    /// Decides on keys until so many are decided.
    fn decide(&mut self, from: usize, to: usize) {
        for decided in from..to {
            let screen = self.next(decided);
            let high = screen.contains("high      Not used");
            match (decided % 5, high) {
                (0, true) if decided == 0 => {
                    self.press("o");
                    self.pty.sees("Enter keep");
                    self.press("yearly\r");
                }
                (0, true) => {
                    self.press("o");
                    self.pty.sees("↑ last reason");
                    self.press("\x1b[A\r");
                }
                (1, true) => self.press("P"),
                (_, true) => self.press("x"),
                (0, false) => {
                    self.press("i");
                    self.pty.sees("Enter ask");
                    self.press("?\r");
                }
                (1, false) => self.press("z"),
                (_, false) => self.press("o"),
            }
        }
    }
}

/// What a command says as JSON.
fn json(home: &Home, args: &[&str]) -> Value {
    let args: Vec<&str> = args.iter().copied().chain(["--output", "json"]).collect();
    serde_json::from_str(&home.ok(&args)).expect("JSON")
}

#[test]
fn two_hundred_keys_are_reviewed_by_keys_alone_killed_midway_and_continued() {
    let home = Home::new();
    keys(&home, 60, 140);
    let mut person = Person::at(dashboard(&home, &[]));
    person.press("2");
    person.pty.sees("of 200");
    person.press("V");
    person.pty.sees("New access review");
    person.press("\r");
    person.decide(0, 100);
    person.next(100);
    person.pty.sees_no_more("saving");
    person.pty.signal("KILL");
    person.pty.ends();

    person.pty = dashboard(&home, &[]);
    person.press("V");
    person.decide(100, 200);
    person.pty.sees("All keys are decided.");
    person.pty.sees_no_more("saving");
    person.press("X");
    person.pty.sees("Type 48 to confirm");
    person.press("48");
    person.pty.until("the number", |screen| screen.contains("confirm 48"));
    person.pressed += 1;
    let executed = "✓ Executed (confirmed by 1 of 1 node";
    // A change that came late has the summary checked again: then it says so, and asks for Enter again.
    let again = "Still checking what would be done. Press Enter again";
    let seen = |screen: &str| screen.contains(executed) || screen.contains(again);
    while !person.pty.press_until("\r", executed, seen).contains(executed) {
        std::thread::park_timeout(std::time::Duration::from_millis(350));
    }
    assert!(person.pressed <= MOST, "{} key presses", person.pressed);

    let review = json(&home, &["audit", "review", "list"])["items"][0].clone();
    assert_eq!(review["status"], "executed", "{review}");
    let decisions = &review["decisions"];
    for (decision, count) in
        [("keep", 12 + 84), ("revoke", 36), ("pause", 12), ("ask", 28), ("skip", 28), ("undecided", 0)]
    {
        assert_eq!(decisions[decision], count, "{decision}: {decisions}");
    }
    let revoked = json(&home, &["keys", "list", "--status", "revoked"]);
    assert_eq!(revoked["total"], 36, "what was decided was executed, and nothing else");
}

#[test]
fn two_dashboards_review_at_once_and_each_sees_what_the_other_decides() {
    let home = Home::new();
    keys(&home, 12, 0);
    let mut one = dashboard(&home, &[]);
    one.press("V");
    one.sees("New access review");
    one.press("\r");
    one.sees("· 12 of 12 left");
    let mut two = dashboard(&home, &[]);
    two.press("V");
    two.sees("○ undecided");
    // Both look at the same key.
    one.press("x");
    two.sees("· 11 of 12 left");
    two.sees("✕ revoke by local:");
    two.press("j");
    two.sees("○ undecided");
    two.press("P");
    one.sees("· 10 of 12 left");
    for decided in 2..12 {
        let (who, other) = if decided % 2 == 0 { (&mut one, &two) } else { (&mut two, &one) };
        // Whoever stands on a key that the other has decided on goes on to an undecided one by deciding again.
        who.press("g");
        who.sees("key 1 of 12");
        while !who.screen().contains("○ undecided") {
            let at = who.screen();
            who.press("j");
            who.until("another key", |screen| screen != at);
        }
        who.press("x");
        let words =
            if decided == 11 { "all decided".to_owned() } else { format!(" {} of 12 left", 11 - decided) };
        who.sees(&words);
        other.sees(&words);
    }
    let review = json(&home, &["audit", "review", "list"])["items"][0].clone();
    assert_eq!(review["decisions"]["revoke"], 11, "{review}");
    assert_eq!(review["decisions"]["pause"], 1, "{review}");
}
