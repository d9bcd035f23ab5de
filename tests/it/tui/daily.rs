//! The column of daily requests: drawn where there is room, and asked for only then.

use axum::Router;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use axum::routing::get;
use keydeck::client::{Client, Transport};
use keydeck::secret::{Kind, Secret};
use keydeck::tui::model::{Effect, Event, KeyCode, Reply, Request};
use keydeck::tui::perform::call;
use keydeck::tui::view::{Symbols, Theme};
use keydeck::wire::keys::KeyQuery;
use keydeck::wire::page::Page;
use serde_json::json;

use crate::support::fixtures::{Desk, World, key, project};
use crate::support::stage::Stage;

/// The usage of the fixtures: it grows each day.
const BARS: &str = " ▁▁▁▁▂▂▂▂▃▃▃▃▄▄▄▄▅▅▅▅▆▆▆▆▇▇▇▇▇";
/// The same in a third of the room.
const FEW_BARS: &str = "▁▁▂▃▄▄▅▆▇▇";

/// The requests for keys so far, with whether daily requests are wanted.
fn asked(desk: &Desk) -> Vec<bool> {
    let daily = |request: &Request| match request {
        Request::Keys { query, .. } => Some(query.daily),
        _ => None,
    };
    desk.asked.iter().filter_map(daily).collect()
}

#[test]
fn requests_of_30_days_are_drawn_in_the_rows_of_a_wide_screen() {
    let mut stage = Stage::new((200, 50));
    stage.keys("2");
    let screen = stage.screen();
    assert!(screen.contains("REQ 30D TREND 30D") && screen.contains(" token:ci-deploy "), "{screen}");
    for head in ["PROJECT", "STATUS", "LAST USED", "CREATED", "CREATED BY", "REQ 30D"] {
        assert!(screen.contains(head), "{head}: {screen}");
    }
    stage.keys("w");
    let screen = stage.screen();
    let bars = |line: &str| line.chars().filter(|c| "▁▂▃▄▅▆▇█".contains(*c)).count();
    assert!(
        screen.contains("MODE")
            && screen.contains("TREND 30D")
            && screen.lines().filter(|line| bars(line) > 25).count() > 10,
        "{screen}"
    );
}

#[test]
fn each_day_has_its_bar_and_each_three_days_where_there_is_less_room() {
    let size = (200, 30);
    let mut desk = Desk::new(World::small(), size);
    desk.keys("2w");
    let screen = desk.screen(size);
    let row = |screen: &str, name: &str| {
        screen.lines().find(|line| line.contains(name)).expect("its row").to_owned()
    };
    assert!(row(&screen, " web ").contains(BARS.trim_start()), "{screen}");
    assert!(!row(&screen, " forgotten ").contains('▁'), "{screen}");
    desk.happen(Event::Resize(126, 30));
    let screen = desk.screen((126, 30));
    assert!(row(&screen, " web ").contains(FEW_BARS) && !screen.contains(BARS.trim_start()), "{screen}");
    let ascii = Theme { symbols: Symbols::Ascii, ..Theme::DEFAULT };
    let (buffer, _) = desk.buffer_in(&ascii, (126, 30));
    let line = |y| (0..126).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    assert!((0..30).any(|y| line(y).contains("1123445677")), "numbers, where blocks are not drawn");
}

#[test]
fn nothing_is_asked_for_that_is_not_on_the_screen() {
    let size = (80, 24);
    let mut desk = Desk::new(World::small(), size);
    desk.keys("23214");
    desk.wait(std::time::Duration::from_mins(5));
    assert!(asked(&desk).iter().all(|daily| !daily), "{:?}", desk.asked);
}

#[test]
fn the_column_is_filled_as_soon_as_it_is_chosen_and_costs_one_request() {
    let size = (80, 24);
    let mut desk = Desk::new(World::small(), size);
    desk.keys("2c");
    // Where there is little room, the last of the chosen columns are dropped.
    desk.keys("jjjjjjjjKKKKKKKK");
    desk.asked.clear();
    desk.press(KeyCode::Enter);
    let screen = desk.screen(size);
    assert!(screen.contains("TREND 30D") && screen.contains(FEW_BARS), "{screen}");
    assert_eq!(asked(&desk), [true]);
    desk.asked.clear();
    desk.keys("jjkk");
    assert_eq!(asked(&desk), [false; 0]);
    // A key that is told of keeps its bars.
    desk.world.keys[0].name = "renamed".into();
    desk.tell();
    let row = |screen: &str| screen.lines().find(|line| line.contains("renamed")).map(str::to_owned);
    assert!(row(&desk.screen(size)).is_some_and(|row| row.contains(FEW_BARS)), "{}", desk.screen(size));
    assert_eq!(asked(&desk), [false; 0]);
}

#[test]
fn an_export_does_not_depend_on_the_columns_on_the_screen() {
    let export = |size| {
        let mut desk = Desk::new(World::small(), size);
        desk.keys("2w");
        desk.asked.clear();
        desk.keys("Ej");
        assert_eq!(asked(&desk), [false; 0], "of what is loaded");
        let text = desk.effects.iter().find_map(|effect| match effect {
            Effect::WriteExport { text, .. } => Some(text.clone()),
            _ => None,
        });
        text.expect("a file")
    };
    assert_eq!(export((200, 30)), export((80, 24)));
}

#[tokio::test]
async fn an_older_server_lists_its_keys_without_daily_requests() {
    let page = Page::whole(vec![key(1, "web", &project(1, "shop"), Some(5))]);
    let keys = move |RawQuery(query): RawQuery| {
        let refused = query.unwrap_or_default().contains("daily");
        let problem =
            json!({ "code": "INVALID_FIELD", "error": "unknown parameter \"daily\"", "field": "daily" });
        let page = page.clone();
        async move {
            if refused {
                (StatusCode::BAD_REQUEST, axum::Json(problem)).into_response()
            } else {
                axum::Json(page).into_response()
            }
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let server =
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/v1/keys", get(keys))).await });
    let token = Secret::generate(Kind::Management).expect("random bytes");
    let client = Client::new(Transport::remote(&url, &token).expect("a URL"));
    let query = KeyQuery { daily: true, ..KeyQuery::default() };
    let reply = call(&client, Request::Keys { query, etag: None }).await.expect("an answer");
    let Reply::Keys { page, .. } = reply else { panic!("keys") };
    assert_eq!((page.items.len(), page.items[0].daily.as_deref()), (1, Some(&Vec::new())));
    server.abort();
}
