//! A key typed into the filter over 100,000 loaded rows, to the frame that shows what it lets through.
//!
//! The bar: 16 ms for each key at p95, the first one included; and for the key that opens the filter.

use std::cell::RefCell;

use divan::Bencher;
use keydeck::secret::{Kind, MaskedKey};
use keydeck::tui::model::setup::Contexts;
use keydeck::tui::model::{
    Effect, Event, KeyCode, KeyPress, Keymap, Place, Reply, Request, Setup, State, update,
};
use keydeck::tui::view::{Theme, draw};
use keydeck::wire::audit::Head;
use keydeck::wire::id::{KeyId, ProjectId};
use keydeck::wire::keys::{Key, Mode, Status};
use keydeck::wire::page::Page;
use keydeck::wire::session::{Plan, Session, Thresholds};
use keydeck::wire::time::{DAY_MS, Timestamp};
use keydeck::wire::tokens::Role;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

const KEYS: i64 = 100_000;
const NOW: Timestamp = Timestamp::from_millis(1_768_478_400_000);
const SIZE: (u16, u16) = (120, 53);

/// What is typed, key by key: words that fit to all rows, to some and to none, a mask, fields and times.
const TYPED: [&str; 6] = ["service-01234", "zebra", "_live_00", "name:7 !web", "idle>90d", "project:9 12"];

fn main() {
    divan::main();
}

fn key(number: i64) -> Key {
    let project = number % 50;
    let used = (number % 10 != 0).then(|| Timestamp::from_millis(NOW.millis() - number % 400 * DAY_MS));
    Key {
        id: KeyId::from_number(number as u128),
        project_id: ProjectId::from_number(project as u128),
        project_name: format!("Project {project}").into(),
        name: format!("{}-{number:06}", ["service", "Worker", "web"][number as usize % 3]),
        mode: Mode::Live,
        hint: MaskedKey::new(Kind::Live, &format!("{:04}", number % 10_000), "x9m1").expect("a mask"),
        status: if number % 20 == 0 { Status::Revoked } else { Status::Active },
        created_at: Timestamp::from_millis(NOW.millis() - number * 60_000),
        created_by: "local:ann".into(),
        last_used_at: used,
        last_used_from: used.map(|_| "203.0.113.7".into()),
        owner: None,
        last_used_precision: std::num::NonZeroU32::new(5),
        confirmed: true,
        requests30d: 12_345,
        daily: None,
        findings: Box::default(),
        extra: keydeck::wire::keys::Extra::default(),
    }
}

struct Dashboard {
    state: State,
    screen: Terminal<TestBackend>,
}

impl Dashboard {
    /// With all rows loaded.
    fn filled() -> Dashboard {
        let setup = Setup {
            context: "bench".into(),
            prod: false,
            read_only: false,
            copy_new_key: true,
            zone: keydeck::wire::zone::Zone::UTC,
            demo: false,
            folder: String::new(),
            now: NOW,
            size: SIZE,
            keymap: Keymap::default(),
            contexts: Contexts::default(),
            mouse: false,
            themes: keydeck::tui::model::Themes::default(),
            columns: String::new(),
            filters: String::new(),
        };
        let screen = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).expect("a screen");
        let mut dashboard = Dashboard { state: State::new(setup), screen };
        let session = Session {
            principal: "local:ann".into(),
            role: Role::Admin,
            plan: Plan::Enterprise,
            limits: Plan::Enterprise.limits(),
            server_version: "bench".into(),
            nodes: vec![],
            thresholds: Thresholds::default(),
            audit_head: Head::genesis(),
            now: NOW,
        };
        dashboard.happen(Event::Started);
        dashboard.happen(Event::Connected { session, place: Place::default() });
        dashboard.press(KeyPress::char('2'));
        dashboard
    }

    fn happen(&mut self, event: Event) {
        for effect in update(&mut self.state, event) {
            if let Effect::Request(id, request) = effect {
                let reply = match request {
                    Request::Projects { .. } => Reply::Projects { page: Page::whole(vec![]), etag: None },
                    Request::Keys { .. } => {
                        Reply::Keys { page: Page::whole((0..KEYS).map(key).collect()), etag: None }
                    }
                    Request::Callers(_) => Reply::Callers(vec![]),
                    Request::Usage { .. } => Reply::Usage(vec![]),
                    _ => continue,
                };
                self.happen(Event::Replied(id, Ok(reply)));
            }
        }
    }

    fn press(&mut self, key: KeyPress) {
        self.happen(Event::Key(key));
        let (state, screen) = (&self.state, &mut self.screen);
        screen.draw(|frame| draw(frame, frame.area(), state, &Theme::DEFAULT)).expect("a frame");
    }

    fn type_in(&mut self, text: &str) {
        text.chars().for_each(|c| self.press(KeyPress::char(c)));
    }
}

thread_local! {
    static DASHBOARD: RefCell<Dashboard> = RefCell::new(Dashboard::filled());
}

/// The keys of all texts, each after those before it; the time is of one key.
#[divan::bench(sample_count = 400, sample_size = 1)]
fn a_typed_key(bencher: Bencher) {
    let keys: Vec<(&str, char)> =
        TYPED.iter().flat_map(|text| text.char_indices().map(|(at, c)| (&text[..at], c))).collect();
    let mut turn = keys.iter().cycle();
    bencher
        .with_inputs(|| {
            let (before, c) = turn.next().expect("it goes round");
            DASHBOARD.with_borrow_mut(|dashboard| {
                dashboard.press(KeyPress::plain(KeyCode::Esc));
                dashboard.type_in("/");
                dashboard.type_in(before);
            });
            *c
        })
        .bench_local_values(|c| DASHBOARD.with_borrow_mut(|dashboard| dashboard.press(KeyPress::char(c))));
}

/// The key that opens the filter: all texts are folded for it, once.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn the_key_that_opens_it(bencher: Bencher) {
    bencher.with_inputs(Dashboard::filled).bench_local_refs(|dashboard| dashboard.press(KeyPress::char('/')));
}

/// A key typed into the palette over the same rows.
#[divan::bench(sample_count = 40, sample_size = 1)]
fn a_key_typed_into_the_palette(bencher: Bencher) {
    let mut turn = "service-01234".char_indices().cycle();
    bencher
        .with_inputs(|| {
            let (at, c) = turn.next().expect("it goes round");
            DASHBOARD.with_borrow_mut(|dashboard| {
                dashboard.press(KeyPress::plain(KeyCode::Esc));
                dashboard.press(KeyPress::plain(KeyCode::Esc));
                dashboard.type_in(":");
                dashboard.type_in(&"service-01234"[..at]);
            });
            c
        })
        .bench_local_values(|c| DASHBOARD.with_borrow_mut(|dashboard| dashboard.press(KeyPress::char(c))));
}
