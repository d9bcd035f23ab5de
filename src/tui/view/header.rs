//! The two rows at the top: which server one is on and how things stand, then the tabs.

use ratatui::style::Style;

use super::canvas::Canvas;
use super::theme::Theme;
use crate::tui::layout::Area;
use crate::tui::model::action::Action;
use crate::tui::model::ages::{Age, minutes_left};
use crate::tui::model::connection::Status;
use crate::tui::model::{BETWEEN, FailureKind, State, tab_line};
use unicode_width::UnicodeWidthStr;

/// A piece of the header; the higher its rank, the earlier it drops.
struct Piece {
    rank: u8,
    text: String,
    style: Style,
}

pub(super) fn header(canvas: &mut Canvas<'_>, area: Area, state: &State, theme: &Theme) {
    let mut pieces = pieces(state, theme);
    let width = |pieces: &[Piece]| pieces.iter().map(|piece| piece.text.width() + 2).sum::<usize>();
    while width(&pieces) > usize::from(area.width) + 2 {
        let worst = pieces.iter().enumerate().max_by_key(|(_, piece)| piece.rank);
        match worst.filter(|(_, piece)| piece.rank > 0).map(|(at, _)| at) {
            Some(at) => {
                pieces.remove(at);
            }
            None => break,
        }
    }
    let mut x = area.x;
    for piece in &pieces {
        let room = (area.x + area.width).saturating_sub(x);
        x += canvas.text(x, area.y, room, &piece.text, piece.style) + 2;
    }
}

fn pieces(state: &State, theme: &Theme) -> Vec<Piece> {
    let piece = |rank: u8, text: String, style: Style| Piece { rank, text, style };
    let colour = state.setup.contexts.here().and_then(|context| context.colour);
    let name = super::dialogs::contexts::coloured(theme.title, colour, theme);
    let place = &state.connection.place;
    let (context, server) = place.names(&state.setup.context);
    let mut pieces = vec![piece(0, crate::wire::text::inert(context).into_owned(), name)];
    if let Some(list) = state.key_list() {
        // After the keys of one project, the stale keys of all projects could be taken for those of that one.
        let rank = if state.views.keys.project.is_some() { 2 } else { 7 };
        pieces.push(match &list.project {
            Some((_, project)) => piece(0, format!("▸ {}", crate::wire::text::inert(project)), theme.title),
            None => piece(rank, "▸ all projects".into(), theme.text),
        });
    }
    if state.setup.prod {
        pieces.push(piece(0, " PROD ".into(), theme.prod));
    }
    if state.read_only().is_some() {
        // An auditor changes no key, and does change reviews.
        let word = if state.facts().reviews_refused.is_none() { "auditor" } else { "read-only" };
        pieces.push(piece(0, word.into(), theme.title));
    }
    if let Some(until) = state.allowed_until {
        let left = minutes_left(until, state.now);
        pieces.push(piece(0, format!("changes allowed ({left})"), theme.title));
    }
    pieces.push(status(state, theme));
    if state.connection.still_tried > 0 {
        let key = state.setup.keymap.hint(Action::StillTried);
        let key = if key.is_empty() { key } else { format!(" ({key})") };
        let tried = crate::tui::model::messages::number(state.connection.still_tried);
        pieces.push(piece(3, format!("▲ {tried} still tried{key}"), theme.warn));
    }
    // Who is disconnected hears of no lease, and knows of no node how it is.
    let fleet = state.facts().fleet.words(state.server_now());
    if let Some((warns, words)) = fleet.filter(|_| state.connection.is_up()) {
        pieces.push(if warns { piece(1, words, theme.warn) } else { piece(5, words, theme.text) });
    }
    pieces.extend(server.map(|server| piece(6, server.to_owned(), theme.text)));
    if place.by_socket {
        // The same data without a server of its own: it goes on when that process ends.
        pieces.push(piece(6, "served by another process".to_owned(), theme.text));
    }
    if state.connection.edge_starts() {
        pieces.push(piece(2, "Edge API starting".into(), theme.warn));
    } else if let Some(edge) = &place.edge {
        pieces.push(piece(4, format!("edge {edge}"), theme.text));
    }
    if let Some(session) = &state.connection.session {
        let name = session.principal.strip_prefix("local:").unwrap_or(&session.principal);
        pieces.push(piece(8, format!("you: {name}"), theme.text));
    }
    pieces
}

fn status(state: &State, theme: &Theme) -> Piece {
    let (text, style) = match &state.connection.status {
        Status::Connecting { since } if since.age(state.now) >= crate::tui::model::timers::LOADING => {
            ("… connecting".to_owned(), theme.warn)
        }
        Status::Connecting { .. } => (String::new(), theme.text),
        Status::Up if state.waiting().is_some() => {
            (format!("… no answer for {} s", state.waiting().unwrap_or_default()), theme.warn)
        }
        Status::Up if state.live.frozen => (frozen(state.views.not_shown(&state.live.waiting)), theme.warn),
        Status::Up if state.live.open => ("● live".to_owned(), theme.good),
        Status::Up => ("○ polling".to_owned(), theme.good),
        Status::Lost { .. } if state.connection.session.is_none() => {
            ("! not connected".to_owned(), theme.bad)
        }
        Status::Lost { since, .. } => {
            (format!("! disconnected ({})", Age { at: *since, now: state.now }), theme.bad)
        }
        Status::Refused(failure) => {
            let word = match failure.kind {
                FailureKind::NoToken => "! no token",
                // A file or an address of ours is wrong: nobody was asked.
                FailureKind::Invalid => "! not connected",
                _ => "! access denied",
            };
            (word.to_owned(), theme.bad)
        }
    };
    Piece { rank: 1, text, style }
}

fn frozen(waiting: u64) -> String {
    match waiting {
        0 => "■ live updates off".to_owned(),
        waiting => format!("■ live updates off, {waiting} pending"),
    }
}

/// The line of tabs; at its right, which rows of how many are shown, and why these.
pub(super) fn tabs(canvas: &mut Canvas<'_>, area: Area, state: &State, theme: &Theme) {
    let line = tab_line(state, area);
    let mut end = area.x;
    for tab in &line.tabs {
        let Area { x, y, width, .. } = tab.area;
        canvas.text(x, y, width, &tab.text, if tab.view == state.view { theme.tab } else { theme.text });
        end = x + width;
    }
    let room = (area.x + area.width).saturating_sub(end + 1);
    canvas.print_right(end + 1, area.y, room, format_args!("{}", line.facts.join(BETWEEN)), theme.text);
}
