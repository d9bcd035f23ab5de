//! Notes of keys that were asked for claim what their own request may have made, and nothing else.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::story::{make_key, show_key, start_with};
use super::unsaved::{TITLE, records};
use crate::support::api::Api;
use crate::support::home::Home;
use crate::support::pty::Pty;
use keydeck::wire::id::ProjectId;

/// A way to a server that can be cut and mended.
struct Road {
    url: String,
    open: Arc<watch::Sender<bool>>,
}

impl Road {
    async fn to(api: &Api) -> Road {
        let open = Arc::new(watch::Sender::new(true));
        let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", tcp.local_addr().expect("an address"));
        let (server, state) = (api.address, Arc::clone(&open));
        tokio::spawn(async move {
            while let Ok((mut from, _)) = tcp.accept().await {
                let mut state = state.subscribe();
                tokio::spawn(async move {
                    let mut to = TcpStream::connect(server).await.expect("it listens");
                    tokio::select! {
                        biased;
                        _ = state.wait_for(|open| !open) => {}
                        _ = tokio::io::copy_bidirectional(&mut from, &mut to) => {}
                    }
                });
            }
        });
        Road { url, open }
    }

    /// A dashboard at its end, with the keys of `shop` on the screen.
    fn dashboard(&self, home: &Home, api: &Api) -> Pty {
        let mut pty = start_with(home, &["--server", &self.url], &[("KEYDECK_TOKEN", api.admin.reveal())]);
        pty.sees("shop");
        pty.press("\r");
        pty.until("the keys or a question", |screen| {
            super::story::shows_project(screen, "shop") || screen.contains(TITLE)
        });
        pty
    }

    /// A note of a request to make this, asked for now.
    async fn note(&self, home: &Home, api: &Api, name: &str, what: Value) -> PathBuf {
        let session = api.ask("GET /v1/session", "").await.json();
        let note = json!({ "actor": session["principal"], "after": 0, "at": session["now"], "what": what });
        let folder = home.path().join("state/keydeck/unstored");
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join(format!("asked-{name}"));
        std::fs::write(&path, format!("{}\n{note}\n", self.url)).expect("a file");
        path
    }
}

/// Makes a key as the one who asks in the dashboards.
async fn key(api: &Api, project: ProjectId, name: &str) -> String {
    let body = json!({ "name": name }).to_string();
    let made = api.ask(&format!("POST /v1/projects/{project}/keys"), &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()["key"]["id"].as_str().expect("an id").to_owned()
}

/// What was written then was written two minutes before.
fn make_older(path: &PathBuf) {
    let file = std::fs::File::options().write(true).open(path).expect("a file");
    let written = file.metadata().and_then(|data| data.modified()).expect("a time");
    file.set_modified(written - Duration::from_mins(2)).expect("an older time");
}

fn leave(mut pty: Pty) {
    pty.press("\x03");
    assert_eq!(pty.ends(), 0);
}

/// The next start asks about nothing, and the one after it knows of nothing.
fn asks_no_more(road: &Road, home: &Home, api: &Api, name: &str) {
    let pty = road.dashboard(home, api);
    pty.until("the key, and no question", |screen| screen.contains(name) && !screen.contains(TITLE));
    leave(pty);
    records(home).iter().for_each(make_older);
    let pty = road.dashboard(home, api);
    pty.until("no note", |_| records(home).is_empty());
    assert!(!pty.screen().contains(TITLE), "{}", pty.screen());
    leave(pty);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_asked_for_again_and_stored_is_not_asked_about() {
    let api = Api::start().await;
    api.project("shop").await;
    let (road, home) = (Road::to(&api).await, Home::new());
    let mut pty = road.dashboard(&home, &api);
    pty.press("n");
    pty.sees("New key");
    road.open.send_replace(false);
    pty.press("web\r");
    pty.until("a note without an answer", |screen| {
        screen.contains("its secret was never shown") && !records(&home).is_empty()
    });
    road.open.send_replace(true);
    let screen = pty.sees("live");
    assert!(screen.contains("New key"), "the form stays open\n{screen}");
    pty.press("\r");
    pty.until("the key", |screen| keydeck::secret::find(screen).is_some());
    assert_eq!(records(&home).len(), 2, "its own, too: {:?}", records(&home));
    pty.press_until("\r", "no key", |screen| keydeck::secret::find(screen).is_none());
    // The server says at the next start that the first request created nothing.
    pty.until("its own is gone", |_| records(&home).len() == 1);
    leave(pty);
    asks_no_more(&road, &home, &api, "web");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_of_a_request_that_came_nowhere_goes_with_the_key_that_was_made_instead() {
    let api = Api::start().await;
    let shop = api.project("shop").await;
    let (road, home) = (Road::to(&api).await, Home::new());
    road.note(&home, &api, "0", json!({ "New": { "project": shop, "name": " Web" } })).await;
    let mut pty = road.dashboard(&home, &api);
    make_key(&mut pty, "web");
    pty.until("no record", |_| records(&home).is_empty());
    leave(pty);
    asks_no_more(&road, &home, &api, "web");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_successors_whose_names_the_server_chose_the_unseen_one_alone_is_asked_about() {
    let api = Api::start().await;
    let shop = api.project("shop").await;
    let web = key(&api, shop, "web").await;
    let (road, home) = (Road::to(&api).await, Home::new());
    for lost in [false, true] {
        api.advance(600_000);
        road.note(&home, &api, "0", json!({ "Successor": { "of": web, "name": null } })).await;
        let mut pty = road.dashboard(&home, &api);
        if lost {
            // What the lost request made comes late.
            let made = api.ask(&format!("POST /v1/keys/{web}/rotate"), "{}").await;
            assert_eq!(made.json()["key"]["name"], "web-3");
            pty.sees("web-3");
        }
        assert!(!pty.screen().contains(TITLE), "{}", pty.screen());
        pty.press("G");
        pty.sees("> web  ");
        pty.press("R");
        pty.sees("Rotate key shop/web");
        pty.press_until("\r", "the key", |screen| keydeck::secret::find(screen).is_some());
        pty.press_until("\r", "no key", |screen| keydeck::secret::find(screen).is_none());
        pty.sees("Next steps");
        pty.press("\x1b");
        pty.sees_no_more("Next steps");
        leave(pty);
        assert_eq!(records(&home).len(), 1, "{:?}", records(&home));
        if lost {
            let pty = road.dashboard(&home, &api);
            let screen = pty.sees(TITLE);
            assert!(screen.contains("shop/web-3") && !screen.contains("shop/web-4"), "{screen}");
        } else {
            asks_no_more(&road, &home, &api, "web-2");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_claims_no_key_that_was_made_at_another_time() {
    let api = Api::start().await;
    let shop = api.project("shop").await;
    let (road, home) = (Road::to(&api).await, Home::new());
    let web = key(&api, shop, "web").await;
    key(&api, shop, "before").await;
    api.advance(300_000);
    for (number, name) in ["before", "now", "later"].iter().enumerate() {
        let what = json!({ "New": { "project": shop, "name": name } });
        road.note(&home, &api, &number.to_string(), what).await;
    }
    let successor = json!({ "Successor": { "of": web, "name": null } });
    road.note(&home, &api, "3", successor).await;
    key(&api, shop, "now").await;
    api.advance(300_000);
    key(&api, shop, "later").await;
    let made = api.ask(&format!("POST /v1/keys/{web}/rotate"), "{}").await;
    assert_eq!(made.status, 201, "{}", made.text);
    let mut pty = road.dashboard(&home, &api);
    let screen = pty.sees(TITLE);
    let offered = screen.lines().filter(|line| line.contains("shop/") && line.contains(" · created")).count();
    assert!(screen.contains("shop/now") && offered == 1, "{screen}");
    pty.press_until("h", "no question", |screen| !screen.contains(TITLE));
    leave(pty);
    asks_no_more(&road, &home, &api, "web-2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_whose_key_is_known_by_itself_goes() {
    let api = Api::start().await;
    let shop = api.project("shop").await;
    let (road, home) = (Road::to(&api).await, Home::new());
    let mut pty = road.dashboard(&home, &api);
    show_key(&mut pty, "web");
    pty.signal("KILL");
    pty.ends();
    // It died between the two.
    let note = road.note(&home, &api, "0", json!({ "New": { "project": shop, "name": "web" } })).await;
    let mut pty = road.dashboard(&home, &api);
    let screen = pty.sees(TITLE);
    assert_eq!(screen.matches("shop/web").count(), 1, "{screen}");
    assert!(!note.exists() && records(&home).len() == 1, "{:?}", records(&home));
    pty.press_until("h", "no question", |screen| !screen.contains(TITLE));
    leave(pty);
    asks_no_more(&road, &home, &api, "web");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_being_written_at_a_crash_is_swept_away() {
    let api = Api::start().await;
    api.project("shop").await;
    let (road, home) = (Road::to(&api).await, Home::new());
    let folder = home.path().join("state/keydeck/unstored");
    std::fs::create_dir_all(&folder).expect("a folder");
    let [old, young] = ["asked-0.new", "asked-1.new"].map(|name| folder.join(name));
    for path in [&old, &young] {
        std::fs::write(path, "").expect("a file");
    }
    make_older(&old);
    let pty = road.dashboard(&home, &api);
    pty.until("one is gone", |_| !old.exists());
    assert!(young.exists(), "somebody may be writing it");
    leave(pty);
}
