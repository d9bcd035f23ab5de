//! A key that was on the screen when the dashboard ended, and that nobody said to have stored.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request as HttpRequest, StatusCode};
use axum::middleware::{self, Next};
use keydeck::secret::Secret;
use keydeck::tui::model::{Effect, Event, FailureKind, KeyCode, Request};
use keydeck::wire::keys::Status;
use keydeck::wire::tokens::Role;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::story::{dashboard, make_key, make_project, show_key, start_with};
use crate::support::api::Api;
use crate::support::fixtures::{Desk, World, failure};
use crate::support::home::Home;
use crate::support::pty::Pty;
use crate::support::until;

const SIZE: (u16, u16) = (100, 30);
pub(super) const TITLE: &str = "Unsaved keys from an earlier session";

/// A desk that asks about so many keys of its world.
fn asked(count: usize) -> Desk {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.press(KeyCode::Char('2'));
    let keys = desk.world.keys[..count].to_vec();
    desk.happen(Event::Unsaved(keys));
    assert!(desk.screen(SIZE).contains(TITLE), "{}", desk.screen(SIZE));
    desk.effects.clear();
    desk
}

fn revocations(desk: &Desk) -> usize {
    desk.asked.iter().filter(|request| matches!(request, Request::RevokeKey { .. })).count()
}

#[test]
fn one_is_revoked_with_two_key_presses_and_never_with_one() {
    let mut desk = asked(2);
    desk.tap(KeyCode::Char('x'));
    assert!(desk.screen(SIZE).contains("pressed too quickly"));
    desk.press(KeyCode::Char('y'));
    assert_eq!(revocations(&desk), 0);
    desk.keys("x");
    assert!(desk.screen(SIZE).contains("Revoke shop/web?"), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Esc);
    desk.keys("xy");
    assert_eq!(desk.world.keys[0].status, Status::Revoked);
    assert_eq!(desk.world.keys[0].revoke_reason.as_deref(), Some("never confirmed as saved"));
    assert_eq!(desk.effects, [Effect::Stored(desk.world.keys[0].id)]);
    // The other one is left to be decided on.
    let screen = desk.screen(SIZE);
    assert!(screen.contains(TITLE) && screen.contains("> shop/mobile"), "{screen}");
    // Out of habit, Enter is pressed at anything: it forgets nothing.
    desk.effects.clear();
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(screen.contains(TITLE) && screen.contains("h I have it · Esc later"), "{screen}");
    assert!(desk.effects.is_empty());
    desk.keys("h");
    assert!(!desk.screen(SIZE).contains(TITLE));
    assert_eq!(desk.world.keys[1].status, Status::Active);
    assert!(desk.effects.contains(&Effect::Stored(desk.world.keys[1].id)));
}

#[test]
fn several_are_revoked_with_their_number_and_none_with_another() {
    let mut desk = asked(3);
    desk.wait(std::time::Duration::from_millis(400));
    desk.keys("X2");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("Type 3 and press Enter"), "{}", desk.screen(SIZE));
    assert_eq!(revocations(&desk), 0);
    desk.press(KeyCode::Backspace);
    desk.keys("3");
    desk.press(KeyCode::Enter);
    assert_eq!(revocations(&desk), 3);
    assert!(desk.world.keys[..3].iter().all(|key| key.status == Status::Revoked));
    assert!(!desk.screen(SIZE).contains(TITLE));
}

#[test]
fn all_may_be_had_and_who_does_not_know_is_asked_again() {
    let mut desk = asked(3);
    desk.wait(std::time::Duration::from_millis(400));
    desk.keys("A");
    let ids: Vec<_> = desk.world.keys[..3].iter().map(|key| Effect::Stored(key.id)).collect();
    assert_eq!(desk.effects, ids);
    let mut desk = asked(2);
    desk.press(KeyCode::Esc);
    assert!(desk.screen(SIZE).contains("Will ask again next time"));
    let ids: Vec<_> = desk.world.keys[..2].iter().map(|key| Effect::StoredLater(key.id)).collect();
    assert_eq!((desk.effects.clone(), revocations(&desk)), (ids, 0));
}

#[test]
fn a_revocation_that_fails_leaves_the_key_in_the_list_with_the_reason() {
    let mut desk = asked(1);
    desk.wait(std::time::Duration::from_millis(400));
    desk.world.down = Some(failure(FailureKind::Unreachable, "nothing answers"));
    desk.keys("xy");
    let screen = desk.screen(SIZE);
    assert!(screen.contains(TITLE) && screen.contains("Nothing answers."), "{screen}");
    assert!(!desk.effects.contains(&Effect::Stored(desk.world.keys[0].id)));
    desk.world.down = None;
    desk.keys("xy");
    assert_eq!(desk.world.keys[0].status, Status::Revoked);
}

#[test]
fn nobody_is_asked_in_the_middle_of_something_nor_who_may_not_revoke() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2nweb-2");
    let keys = desk.world.keys[..1].to_vec();
    desk.happen(Event::Unsaved(keys.clone()));
    assert!(!desk.screen(SIZE).contains(TITLE));
    desk.press(KeyCode::Enter);
    assert!(!desk.screen(SIZE).contains(TITLE), "the new key is on the screen");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains(TITLE), "{}", desk.screen(SIZE));

    let mut desk = Desk::new(World { role: Role::Auditor, ..World::small() }, SIZE);
    desk.happen(Event::Unsaved(keys));
    assert!(!desk.screen(SIZE).contains(TITLE));
}

/// The records of this home's user.
pub(super) fn records(home: &Home) -> Vec<PathBuf> {
    let folder = home.path().join("state/keydeck/unstored");
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.flatten().map(|entry| entry.path()).collect()
}

#[test]
fn a_key_on_the_screen_of_a_killed_dashboard_is_offered_at_the_next_start() {
    let home = Home::new();
    let mut first = dashboard(&home, &[]);
    make_project(&mut first, "shop");
    make_key(&mut first, "kept");
    assert!(records(&home).is_empty(), "a key that is stored is not noted any more");
    let key = show_key(&mut first, "lost");
    let noted = records(&home);
    assert_eq!(noted.len(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&noted[0]).expect("a file").permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(home.files_holding(&key[15..37]), Vec::<PathBuf>::new(), "no record holds a secret");

    // While the key is on a screen, another dashboard does not ask about it.
    let other = dashboard(&home, &[]);
    other.sees("shop");
    other.until("rows, and no question", |screen| screen.contains("shop") && !screen.contains(TITLE));
    drop(other);
    assert_eq!(records(&home).len(), 1);

    first.signal("KILL");
    drop(first);
    let mut second = dashboard(&home, &[]);
    let screen = second.sees(TITLE);
    assert!(screen.contains("shop/lost") && !screen.contains("shop/kept"), "{screen}");
    second.press("\x1b");
    second.sees("Will ask again next time");
    second.press("\x03");
    assert_eq!(second.ends(), 0);

    let mut third = dashboard(&home, &[]);
    third.sees(TITLE);
    third.press_until("x", "the question", |screen| screen.contains("Revoke shop/lost?"));
    third.press_until("y", "the receipt", |screen| screen.contains("revoked (confirmed by 1 of 1 node"));
    third.press("\x03");
    assert_eq!(third.ends(), 0);
    assert!(records(&home).is_empty());
    let keys = home.ok(&["keys", "list", "--status", "revoked"]);
    assert!(keys.contains("lost") && !keys.contains("kept"), "{keys}");

    let fourth = dashboard(&home, &[]);
    fourth.until("no question", |screen| screen.contains("shop") && !screen.contains(TITLE));
}

/// A way to a server that makes keys and keeps their answers back.
pub(super) struct Late {
    url: String,
    made: Arc<AtomicBool>,
    answers: Arc<Notify>,
}

impl Late {
    pub(super) async fn before(api: &Api) -> Late {
        Late::before_router(api.router.clone()).await
    }

    pub(super) async fn before_router(router: Router) -> Late {
        let (made, answers) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()));
        let (seen, release) = (Arc::clone(&made), Arc::clone(&answers));
        let late = middleware::from_fn(move |request: HttpRequest<Body>, next: Next| {
            let (seen, release) = (Arc::clone(&seen), Arc::clone(&release));
            async move {
                let waits = request.method() == Method::POST;
                let answer = next.run(request).await;
                if waits && answer.status() == StatusCode::CREATED {
                    seen.store(true, Ordering::SeqCst);
                    release.notified().await;
                }
                answer
            }
        });
        let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", tcp.local_addr().expect("an address"));
        tokio::spawn(axum::serve(tcp, router.layer(late)).into_future());
        Late { url, made, answers }
    }

    /// A dashboard behind it.
    pub(super) fn start(&self, home: &Home, api: &Api) -> Pty {
        self.start_as(home, &api.admin)
    }

    /// The same of who has this token.
    pub(super) fn start_as(&self, home: &Home, token: &Secret) -> Pty {
        start_with(home, &["--server", &self.url], &[("KEYDECK_TOKEN", token.reveal())])
    }

    /// The same with the keys of `shop` on the screen.
    pub(super) fn dashboard(&self, home: &Home, api: &Api) -> Pty {
        self.dashboard_as(home, &api.admin)
    }

    /// The same of who has this token.
    pub(super) fn dashboard_as(&self, home: &Home, token: &Secret) -> Pty {
        let mut pty = self.start_as(home, token);
        pty.sees("shop");
        pty.press("\r");
        pty.until("its keys", |screen| super::story::shows_project(screen, "shop"));
        pty
    }

    /// The key is made, and its answer waits.
    pub(super) fn makes(&self) {
        until("the key is made", || self.has_made());
    }

    /// Whether a key was made.
    pub(super) fn has_made(&self) -> bool {
        self.made.load(Ordering::SeqCst)
    }
}

pub(super) fn asks_for_late(pty: &mut Pty) {
    pty.press("n");
    pty.sees("New key");
    pty.press("late\r");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_whose_answer_comes_after_the_dashboard_was_left_is_offered_at_the_next_start() {
    let api = Api::start().await;
    api.project("shop").await;
    let server = Late::before(&api).await;
    let home = Home::new();
    let mut first = server.dashboard(&home, &api);
    asks_for_late(&mut first);
    server.makes();
    first.press("\x03");
    first.until("the terminal is given back at once", |screen| !screen.contains("New key"));
    server.answers.notify_one();
    assert_eq!(first.ends(), 1, "something is left to be done");
    let said = first.scrollback();
    assert!(said.contains("keydeck: key late was created while you were quitting"), "{said}");
    assert_eq!(records(&home).len(), 1, "by its id alone");
    let second = server.start(&home, &api);
    let screen = second.sees(TITLE);
    assert!(screen.contains("shop/late"), "{screen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_whose_answer_nobody_read_is_offered_at_the_next_start() {
    // However it ends: a new key, or a successor; killed without a word, or told to end.
    for (keys, name, signal) in [("n", "late", "KILL"), ("R", "web-2", "KILL"), ("n", "late", "TERM")] {
        let api = Api::start().await;
        let shop = api.project("shop").await;
        api.key(shop, "web").await;
        let server = Late::before(&api).await;
        let home = Home::new();
        let mut first = server.dashboard(&home, &api);
        first.sees("> web");
        if keys == "n" {
            asks_for_late(&mut first);
        } else {
            first.press("R");
            first.sees("Rotate key shop/web");
            first.press("web-2\r");
        }
        server.makes();
        let noted = records(&home);
        assert_eq!(noted.len(), 1, "noted before its answer: {noted:?}");
        let text = std::fs::read_to_string(&noted[0]).expect("a file");
        assert!(keydeck::secret::find(&text).is_none() && !text.contains("redir_"), "{text}");

        // Another dashboard beside it asks about none whose answer is awaited.
        let beside = server.dashboard(&home, &api);
        beside.until("the key, and no question", |screen| screen.contains(name) && !screen.contains(TITLE));
        drop(beside);
        first.signal(signal);
        first.ends();
        drop(first);
        let mut second = server.start(&home, &api);
        let screen = second.sees(TITLE);
        let offered =
            screen.lines().filter(|line| line.contains("shop/") && line.contains(" · created")).count();
        assert!(screen.contains(&format!("shop/{name}")) && offered == 1, "{screen}");
        second.press("\x1b");
        second.sees("Will ask again next time");
        second.press("\x03");
        assert_eq!(second.ends(), 0);

        let mut third = server.start(&home, &api);
        third.sees(TITLE);
        third.press_until("x", "the question", |screen| screen.contains(&format!("Revoke shop/{name}?")));
        third.press_until("y", "the receipt", |screen| screen.contains("revoked (confirmed by 1 of 1 node"));
        third.press("\x03");
        assert_eq!(third.ends(), 0);
        assert!(records(&home).is_empty(), "{:?}", records(&home));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_refused_leaves_no_note_and_one_that_may_be_under_way_leaves_its_own() {
    let api = Api::start().await;
    let shop = api.project("shop").await;
    api.key(shop, "late").await;
    let server = Late::before(&api).await;
    let home = Home::new();
    let mut first = server.dashboard(&home, &api);
    asks_for_late(&mut first);
    first.sees("Another key is named");
    assert!(records(&home).is_empty(), "a refusal is an answer");
    first.press("\x1b");
    drop(first);
    // A note of a request that never came anywhere, as long as it may come yet.
    let folder = home.path().join("state/keydeck/unstored");
    let note = folder.join("asked-0");
    let asked = r#"{"actor":"token:admin","after":0,"at":"2026-01-01T00:00:00Z","what":{"New":{"project":"prj_00000000000000000000000000","name":"x"}}}"#;
    std::fs::write(&note, format!("{}\n{asked}\n", server.url)).expect("a file");
    let second = server.dashboard(&home, &api);
    second.until("rows and no question", |screen| screen.contains("late") && !screen.contains(TITLE));
    assert_eq!(records(&home).len(), 1);
    drop(second);
    let file = std::fs::File::options().write(true).open(&note).expect("a file");
    let written = file.metadata().and_then(|data| data.modified()).expect("a time");
    file.set_modified(written - std::time::Duration::from_mins(2)).expect("an older time");
    drop(file);
    let third = server.dashboard(&home, &api);
    third.until("no note", |_| records(&home).is_empty());
    assert!(!third.screen().contains(TITLE));
}

#[test]
fn a_key_that_was_revoked_meanwhile_is_not_asked_about() {
    let home = Home::new();
    let mut first = dashboard(&home, &[]);
    make_project(&mut first, "shop");
    show_key(&mut first, "lost");
    first.signal("TERM");
    assert_eq!(first.ends(), 143);
    home.ok(&["keys", "revoke", "shop/lost", "--yes"]);
    let second = dashboard(&home, &[]);
    second.until("no record", |_| records(&home).is_empty());
    assert!(!second.screen().contains(TITLE));
}

#[test]
fn another_server_is_not_asked_about_it_and_memory_leaves_no_record() {
    let home = Home::new();
    let mut first = dashboard(&home, &[]);
    make_project(&mut first, "shop");
    show_key(&mut first, "lost");
    first.signal("KILL");
    drop(first);
    let mut memory = dashboard(&home, &["--database", "sqlite::memory:"]);
    make_project(&mut memory, "mine");
    show_key(&mut memory, "gone");
    assert_eq!(records(&home).len(), 1);
    memory.press("\r");
    drop(memory);
    let file = format!("sqlite://{}", home.path().join("other.db").display());
    let mut other = dashboard(&home, &["--database", &file]);
    make_project(&mut other, "theirs");
    assert!(!other.screen().contains(TITLE));
    assert_eq!(records(&home).len(), 1);
    drop(other);
    // The same file by its own name is the same server.
    let same = format!("sqlite://{}", home.data().join("keydeck.db").display());
    dashboard(&home, &["--database", &same]).sees(TITLE);
}
