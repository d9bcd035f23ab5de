//! A dashboard on the demo: the real store, node, management API and client, with the clock held still.

use std::sync::Arc;
use std::time::Duration;

use keydeck::cli::demo;
use keydeck::client::{Client, Transport};
use keydeck::edge::{Edge, EdgeConfig};
use keydeck::server::{self, LocalCaller, Metrics, ServerConfig};
use keydeck::store::SharedStore;
use keydeck::store::sql::{Options, SqlStore};
use keydeck::tui::model::dialogs::Dialog;
use keydeck::tui::model::{
    ChangeBatch, Contexts, Effect, Event, KeyCode, KeyPress, Keymap, Place, Reply, Request, Setup, State,
    View, update,
};
use keydeck::tui::perform::call;
use keydeck::tui::view::{Theme, draw};
use keydeck::wire::audit::{Event as AuditEvent, EventQuery};
use keydeck::wire::events::{Changed, Message};
use keydeck::wire::keys::{Key, KeyQuery, Receipt, StatusQuery};
use keydeck::wire::nodes::Node;
use keydeck::wire::session::{Plan, Thresholds};
use keydeck::wire::time::{Clock, Timestamp};
use keydeck::wire::tokens::Role;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use tokio::runtime::Runtime;

use super::fixtures::NOW;

/// What a dashboard shows, and how long it has been shown.
pub(crate) struct Stage {
    runtime: Runtime,
    client: Client,
    _edge: Arc<Edge>,
    state: State,
    now: Timestamp,
    size: (u16, u16),
    /// Where the server is, in words.
    place: String,
    /// What was to be done outside, other than to ask the server.
    pub(crate) effects: Vec<Effect>,
    /// What the server says of its nodes instead: a database in memory has one.
    pub(crate) fleet: Option<Vec<Node>>,
}

impl Stage {
    /// Connected to the demo, with the first rows on the screen.
    pub(crate) fn new(size: (u16, u16)) -> Stage {
        Stage::within(size, Contexts::default())
    }

    /// The same in one of these contexts.
    pub(crate) fn within(size: (u16, u16), contexts: Contexts) -> Stage {
        let mut stage = Stage::start(size, contexts, true);
        stage.connect();
        stage
    }

    /// Started, and not connected to its server, which nothing is on.
    pub(crate) fn cold(size: (u16, u16)) -> Stage {
        Stage::start(size, Contexts::default(), false)
    }

    fn start(size: (u16, u16), contexts: Contexts, seeded: bool) -> Stage {
        let runtime = Runtime::new().expect("threads");
        let (client, edge) = runtime.block_on(serve(seeded));
        let setup = Setup {
            context: contexts.here().map_or("demo".into(), |context| context.title.clone()),
            prod: contexts.here().is_some_and(|context| context.prod),
            read_only: false,
            copy_new_key: true,
            zone: keydeck::wire::zone::Zone::UTC,
            demo: contexts.all.is_empty(),
            folder: String::new(),
            now: NOW,
            size,
            keymap: Keymap::default(),
            contexts,
            mouse: false,
            themes: super::fixtures::themes(),
            columns: String::new(),
            filters: String::new(),
        };
        let place =
            setup.contexts.here().map_or("demo (nothing is kept)".into(), |context| context.place.clone());
        let state = State::new(setup);
        let effects = Vec::new();
        let mut stage =
            Stage { runtime, client, _edge: edge, state, now: NOW, size, place, effects, fleet: None };
        stage.happen(Event::Started);
        stage
    }

    /// The server answers who we are.
    pub(crate) fn connect(&mut self) {
        let session = self.runtime.block_on(self.client.session()).expect("a session");
        let place =
            Place { server: self.place.clone(), edge: Some("127.0.0.1:7475".into()), by_socket: false };
        self.happen(Event::Connected { session, place });
    }

    /// The dialog that takes the keys.
    pub(crate) fn dialog(&self) -> Option<&Dialog> {
        self.state.dialog()
    }

    /// The view that is shown.
    pub(crate) fn view(&self) -> View {
        self.state.view()
    }

    pub(crate) fn happen(&mut self, event: Event) {
        let mut events = vec![event];
        while !events.is_empty() {
            for effect in update(&mut self.state, events.remove(0)) {
                let (id, request) = match effect {
                    Effect::Request(id, request) => (id, request),
                    Effect::Follow(_) => {
                        events.push(Event::Changes(Box::new(ChangeBatch::opened())));
                        continue;
                    }
                    other => {
                        self.effects.push(other);
                        continue;
                    }
                };
                let mut reply = self.runtime.block_on(call(&self.client, request));
                if let (Ok(Reply::Nodes(nodes)), Some(fleet)) = (&mut reply, &self.fleet) {
                    nodes.clone_from(fleet);
                }
                if let Ok(Reply::Revoked(done) | Reply::Paused(done) | Reply::Resumed(done)) = &mut reply {
                    settle(&mut done.receipt);
                }
                if let Ok(Reply::Executed(done)) = &mut reply {
                    done.receipt.iter_mut().for_each(settle);
                }
                events.push(Event::Replied(id, reply));
            }
        }
    }

    /// Presses a key, and lets a human moment pass.
    pub(crate) fn press(&mut self, code: KeyCode) {
        self.happen(Event::Key(KeyPress::plain(code)));
        self.now = self.now + Duration::from_millis(400);
        self.happen(Event::Tick(self.now));
    }

    /// Time goes on without a key.
    pub(crate) fn wait(&mut self, time: Duration) {
        self.now = self.now + time;
        self.happen(Event::Tick(self.now));
    }

    pub(crate) fn keys(&mut self, text: &str) {
        text.chars().for_each(|c| self.press(KeyCode::Char(c)));
    }

    /// Somebody deletes all projects with their keys, and the server tells this dashboard.
    pub(crate) fn delete_projects(&mut self) {
        let mut batch = ChangeBatch::default();
        self.runtime.block_on(async {
            let before = self.client.session().await.expect("a session").audit_head.seq;
            for project in self.client.projects_all(None).await.expect("projects") {
                self.client.delete_project(project.id, true).await.expect("deleted");
            }
            let now = self.client.session().await.expect("a session").audit_head.seq;
            let new = usize::try_from(now - before).expect("few events");
            let events = self.client.audit_events_listed(&EventQuery::default(), Some(new)).await;
            for event in events.expect("events").items.into_iter().rev() {
                let key = match event.key {
                    Some(id) => Some(self.client.key(id).await.expect("a key")),
                    None => None,
                };
                let changed = Changed { event, key, project: None };
                batch.take(Message::Changed(Box::new(changed)), None);
            }
        });
        self.happen(Event::Changes(Box::new(batch)));
    }

    /// The names of all keys.
    pub(crate) fn names(&self) -> Vec<String> {
        self.all_keys().into_iter().map(|key| key.name).collect()
    }

    /// All keys, with the revoked ones.
    pub(crate) fn all_keys(&self) -> Vec<Key> {
        let query = KeyQuery { limit: Some(1000), status: Some(StatusQuery::All), ..KeyQuery::default() };
        let page = match self.runtime.block_on(call(&self.client, Request::Keys { query, etag: None })) {
            Ok(Reply::Keys { page, .. }) => page,
            other => panic!("no keys: {other:?}"),
        };
        page.items
    }

    /// The audit log, newest first.
    pub(crate) fn events(&self) -> Vec<AuditEvent> {
        let query = EventQuery::default();
        self.runtime.block_on(self.client.audit_events_all(&query, None)).expect("the audit log")
    }

    /// The screen as text, without blanks at the ends of lines.
    pub(crate) fn screen(&self) -> String {
        let buffer = self.buffer();
        let line = |y| (0..self.size.0).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..self.size.1).map(|y| line(y).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn buffer(&self) -> Buffer {
        self.buffer_in(&Theme::DEFAULT)
    }

    pub(crate) fn buffer_in(&self, theme: &Theme) -> Buffer {
        let mut terminal = Terminal::new(TestBackend::new(self.size.0, self.size.1)).expect("memory");
        terminal.draw(|frame| draw(frame, frame.area(), &self.state, theme)).expect("memory");
        terminal.backend().buffer().clone()
    }
}

/// How long a node takes is another each time.
fn settle(receipt: &mut Receipt) {
    receipt.slowest.iter_mut().for_each(|slowest| slowest.ms = 1);
}

async fn serve(seeded: bool) -> (Client, Arc<Edge>) {
    let options = Options { lease: Some(Duration::from_mins(10)), ..Options::default() };
    let store: SharedStore = SqlStore::open("sqlite::memory:", options).await.expect("a store");
    if seeded {
        demo::seed(&store, NOW).await.expect("an empty store");
    }
    let clock: Clock = Arc::new(|| NOW);
    let config = EdgeConfig::new("this-machine", Arc::clone(&clock));
    let edge = Edge::start(Arc::clone(&store), config, None).await.expect("a node");
    let config = ServerConfig {
        plan: Plan::Enterprise,
        thresholds: Thresholds::default(),
        clock,
        version: env!("CARGO_PKG_VERSION"),
        metrics: Metrics::default(),
    };
    let caller = LocalCaller { user: "maya".into(), role: Role::Admin };
    let router = server::local(server::router(store, config), caller);
    (Client::new(Transport::embedded(router)), edge)
}
