//! Acting on many in a real pseudo-terminal: stale keys revoked together, a key rotated, a project deleted; and
//! what the Edge API says to their keys afterwards.

use std::time::Duration;

use keydeck::secret::Secret;
use keydeck::store::sql::{Options, SqlStore, sqlite_url};
use keydeck::store::{BulkRevoke, By, Keys as _, NewKeyRecord, Projects as _};
use keydeck::wire::keys::Mode;
use keydeck::wire::session::Plan;
use keydeck::wire::time::system_clock;

use super::story::{dashboard, edge, key_on, left_no_trace, make_key, make_project, project_id};
use crate::support::home::{Home, get};

/// Keys of a project `shop`, each made so many days ago and never used; their texts.
fn keys_made_ago(home: &Home, keys: &[(&str, u64)]) -> Vec<Secret> {
    std::fs::create_dir_all(home.data()).expect("a folder");
    let url = sqlite_url(&home.data().join("keydeck.db"));
    let now = system_clock()();
    let ago = |days: u64| By::new("local:ann", now - Duration::from_secs(days * 86_400));
    let make = async {
        let store = SqlStore::open(&url, Options::default()).await.expect("a database");
        let shop = store.create_project(&ago(400), "shop").await.expect("a project").value.id;
        let mut secrets = Vec::new();
        for (name, days) in keys {
            let secret = Secret::generate(Mode::Live.kind()).expect("random bytes");
            let hash = secret.hash().expect("random bytes");
            let record = NewKeyRecord::new(*name, Mode::Live, secret.hint(), hash);
            store.create_key(&ago(*days), shop, &record, Plan::Enterprise).await.expect("a key");
            secrets.push(secret);
        }
        store.close().await;
        secrets
    };
    tokio::runtime::Runtime::new().expect("a runtime").block_on(make)
}

/// A log of more than seven pages, at whose beginning something was revoked that is called otherwise now.
fn long_log(home: &Home) {
    std::fs::create_dir_all(home.data()).expect("a folder");
    let url = sqlite_url(&home.data().join("keydeck.db"));
    let now = system_clock()();
    let by = |who: &str| By::new(who, now - Duration::from_hours(24));
    let make = async {
        let store = SqlStore::open(&url, Options::default()).await.expect("a database");
        let shop = store.create_project(&by("local:ann"), "shop").await.expect("a project").value.id;
        let mut made = Vec::new();
        for number in 0..751 {
            let secret = Secret::generate(Mode::Live.kind()).expect("random bytes");
            let (hint, hash) = (secret.hint(), secret.hash().expect("random bytes"));
            let record = NewKeyRecord::new(format!("batch {number}"), Mode::Live, hint, hash);
            let key =
                store.create_key(&by("local:ann"), shop, &record, Plan::Enterprise).await.expect("a key");
            made.push(key.value.id);
            if number == 0 {
                store.rename_key(&by("local:ben"), made[0], "needle").await.expect("another name");
                store.revoke_key(&by("local:ben"), made[0], Some("in a Public Gist")).await.expect("revoked");
            }
        }
        let all = BulkRevoke { reason: Some("spring cleaning".into()), ..BulkRevoke::default() };
        store.revoke_keys(&by("local:ann"), &made[1..], &all).await.expect("revoked");
        store.close().await;
    };
    tokio::runtime::Runtime::new().expect("a runtime").block_on(make);
}

#[test]
fn an_auditor_finds_who_decided_what_long_ago_by_typing_a_word_of_it() {
    let home = Home::new();
    long_log(&home);
    let mut pty = dashboard(&home, &[]);
    pty.press("4");
    pty.sees("of 1,504");
    pty.press("/gist by:ben");
    // A frame comes in pieces: all of it is waited for.
    pty.until("the one event of the word", |screen| {
        screen.contains("1 of 1,504") && screen.contains("shop/needle") && !screen.contains("batch")
    });
    pty.press("\x15key:\"batch 0\"");
    pty.until("what it was when it was called otherwise", |screen| {
        let both = screen.contains("key created") && screen.contains("key renamed");
        screen.contains("2 of 1,504") && both
    });
    pty.press("\x15cleaning");
    pty.sees("750 of 1,504");
    let found = home.ok(&["audit", "events", "--filter", "gist", "--output", "csv"]);
    assert_eq!(found.lines().count(), 2, "the command finds the same: {found}");
}

#[test]
fn stale_keys_are_marked_revoked_together_and_refused_and_one_in_use_is_left_alone() {
    let home = Home::new();
    let keys = [("batch", 120), ("backup", 200), ("importer", 95), ("web", 3)];
    let secrets = keys_made_ago(&home, &keys);
    let mut pty = dashboard(&home, &[]);
    let edge = edge(&pty.sees("edge 127.0.0.1:"));
    let path = format!("/v1/lookup?project={}&path=/x", project_id(&home, "shop"));
    let status = |key: &Secret| get(&edge, &path, &[("X-API-Key", key.reveal())]).status;

    // From the opening screen: two key presses find and mark them.
    pty.press("3a");
    let screen = pty.sees("3 marked");
    assert!(!screen.contains(" web "), "{screen}");
    pty.press("x");
    let screen = pty.sees("Revoke 3 marked keys?");
    for words in ["batch", "backup", "importer", "shop", "never", "None used in the last 24 h"] {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    // While the dialog is open, somebody uses one of them after all.
    assert_eq!(status(&secrets[2]), 204);
    pty.press("2");
    pty.press_until("\r", "what is missing", |screen| screen.contains("That is not 3."));
    pty.press("\x7f3");
    pty.press("\r");
    let screen = pty.sees("2 keys revoked (confirmed by 1 of 1 node");
    assert!(screen.contains("1 used since, not revoked"), "{screen}");
    for (name, outcome) in [("importer", "▲ used since"), ("batch", "✓ revoked"), ("backup", "✓ revoked")]
    {
        let row = screen.lines().find(|line| line.contains(&format!("│ {name} "))).expect("its outcome");
        assert!(row.contains(outcome), "{name} {outcome}\n{screen}");
    }
    assert_eq!(secrets.iter().map(status).collect::<Vec<_>>(), [401, 401, 204, 204]);

    // What was not revoked stays marked. It is stale no longer, so it is left out unless told.
    pty.press("\r");
    pty.sees("1 marked (1 not shown)");
    pty.press("x");
    pty.sees("Revoke 1 marked key? (all not shown)");
    pty.press(" ");
    let screen = pty.sees("▲ Used in the last 24 h by 127.0.0.1.");
    assert!(screen.contains("Revoke 1 marked key?") && screen.contains("importer"), "{screen}");
    // It is in use all the time: it is revoked all the same when that is said.
    pty.press("\t ");
    pty.sees("[x] also revoke keys used");
    pty.press_until("y", "the receipt", |screen| screen.contains("1 key revoked (confirmed by 1 of 1 node"));
    pty.press("\r");
    assert_eq!(secrets.iter().map(status).collect::<Vec<_>>(), [401, 401, 401, 204]);
    pty.sees_no_more("marked");
    pty.press("\x03");
    assert_eq!(pty.ends(), 0);
    assert!(pty.is_whole());
}

#[test]
fn a_rotated_key_works_beside_its_successor_until_it_is_revoked() {
    let home = Home::new();
    let mut pty = dashboard(&home, &[]);
    let edge = edge(&pty.sees("edge 127.0.0.1:"));
    make_project(&mut pty, "shop");
    let path = format!("/v1/lookup?project={}&path=/x", project_id(&home, "shop"));
    let status = |key: &str| get(&edge, &path, &[("X-API-Key", key)]).status;
    let old = make_key(&mut pty, "web");

    pty.press("R");
    pty.sees("Rotate key shop/web");
    let screen = pty.press_until("\r", "the successor", |screen| keydeck::secret::find(screen).is_some());
    let new = key_on(&screen);
    assert!(screen.contains("web-2") && screen.contains("Replaces shop/web"), "{screen}");
    assert_ne!(new, old);
    assert_eq!((status(&old), status(&new)), (204, 204));

    let next = |screen: &str| screen.contains("Next steps");
    pty.press_until("\r", "what comes next", next);
    pty.press("x");
    let screen = pty.sees("Revoke this key?");
    assert!(screen.contains("name      web "), "the old one\n{screen}");
    pty.press_until("y", "the receipt", |screen| screen.contains("web revoked (confirmed by 1 of 1 node"));
    assert_eq!((status(&old), status(&new)), (401, 204));
    pty.press("\x03");
    assert_eq!(pty.ends(), 0);
    left_no_trace(&home, &pty, &new);
}

#[test]
fn a_deleted_project_takes_its_keys_with_it() {
    let home = Home::new();
    let secrets = keys_made_ago(&home, &[("web", 3), ("ci", 30)]);
    let mut pty = dashboard(&home, &[]);
    let edge = edge(&pty.sees("edge 127.0.0.1:"));
    let path = format!("/v1/lookup?project={}&path=/x", project_id(&home, "shop"));
    let status = |key: &Secret| get(&edge, &path, &[("X-API-Key", key.reveal())]).status;
    pty.sees("shop");
    assert_eq!(secrets.iter().map(status).collect::<Vec<_>>(), [204, 204]);
    pty.press("D");
    pty.sees("2 active keys will be revoked");
    pty.press("shop\r");
    pty.sees("Project shop deleted");
    assert_eq!(secrets.iter().map(status).collect::<Vec<_>>(), [401, 401]);
    pty.press("2");
    let screen = pty.until("both keys, dead", |screen| screen.matches("✕ revoked").count() >= 2);
    assert!(screen.contains("web") && screen.contains("ci"), "they stay listed\n{screen}");
}
