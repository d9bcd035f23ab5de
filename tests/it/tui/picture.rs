//! Pictures of every screen, and the README's tour, drawn from real frames of the demo.
//!
//! `KEYDECK_UPDATE_SCREENS=1 cargo test picture` draws them again, into `assets/screens`.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;

use keydeck::tui::model::dialogs::interaction::Naming;
use keydeck::tui::model::dialogs::{Deed, Dialog, OpenDialog};
use keydeck::tui::model::{Contexts, Event, FailureKind, KeyCode, Pasted, View};
use keydeck::tui::view::Theme;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use crate::support::fixtures::{NOW, ago, contexts, failure, node};
use crate::support::stage::Stage;

/// Pixels of a cell, and how far below its top the text's baseline lies.
const CELL: (u32, u32, u32) = (9, 20, 15);
/// Pixels around the screen.
const EDGE: u32 = 14;
/// The size of a screen's picture.
const SIZE: (u16, u16) = (120, 40);
/// The tour is at most this large, so that a README loads quickly.
const TOUR_BYTES: usize = 1_000_000;

/// What a terminal looks like before anything is drawn.
struct Paper {
    folder: &'static str,
    theme: Theme,
    foreground: &'static str,
    background: &'static str,
}

const PAPERS: [Paper; 2] = [
    Paper { folder: "", theme: Theme::DEFAULT, foreground: "#cdd6f4", background: "#11111b" },
    Paper { folder: "light/", theme: Theme::LIGHT, foreground: "#1f2328", background: "#ffffff" },
];

type Scene = (&'static str, (u16, u16), fn(&mut Stage));

/// Each picture: its size, and how to get there. The first four are in the README. Where a dialog would cover a part
/// of the detail, or hashes stand there, the pane is hidden: what is random in it would change the picture.
const SCENES: &[Scene] = &[
    ("keys", (146, 29), |stage| {
        stage.keys("1G");
        stage.press(KeyCode::Enter);
        stage.keys("Gkk");
    }),
    ("stale", (132, 29), |stage| stage.keys("3pjjjjjjj")),
    ("revoke", (132, 26), |stage| {
        stage.keys("1jjjjj");
        stage.press(KeyCode::Enter);
        stage.keys("pjx");
    }),
    ("receipt", (132, 26), |stage| {
        stage.keys("1jjjjj");
        stage.press(KeyCode::Enter);
        stage.keys("pjxy");
    }),
    ("projects", SIZE, |_| {}),
    ("all-keys", SIZE, |stage| stage.keys("2")),
    ("detail", SIZE, |stage| {
        stage.keys("2jj");
        stage.press(KeyCode::Enter);
    }),
    ("audit", SIZE, |stage| stage.keys("p4")),
    ("filter", SIZE, |stage| stage.keys("2/by:ci idle>30d")),
    ("marked", SIZE, |stage| stage.keys("3 jv")),
    ("bulk", SIZE, |stage| stage.keys("p3ax")),
    ("new-key", SIZE, |stage| stage.keys("p2nnightly-build")),
    ("key-shown-once", SIZE, |stage| {
        stage.keys("2nnightly-build");
        stage.press(KeyCode::Enter);
    }),
    ("close-unsaved", SIZE, |stage| {
        stage.keys("2nnightly-build");
        stage.press(KeyCode::Enter);
        stage.press(KeyCode::Esc);
    }),
    ("rotate", SIZE, |stage| stage.keys("p2jR")),
    ("edit", SIZE, |stage| stage.keys("p2je")),
    ("delete-project", SIZE, |stage| stage.keys("p1jD")),
    ("new-project", SIZE, |stage| stage.keys("p1nbilling")),
    ("first-project", SIZE, |stage| {
        *stage = Stage::cold(SIZE);
        stage.connect();
        stage.press(KeyCode::Enter);
    }),
    ("rename-project", SIZE, |stage| stage.keys("p1je")),
    ("sort", SIZE, |stage| stage.keys("p2s")),
    ("columns", SIZE, |stage| stage.keys("p2c")),
    ("filters", SIZE, |stage| {
        stage.keys("p2/status:stale project:legacy");
        stage.press(KeyCode::Enter);
        stage.keys("Fnlegacy, stale");
        stage.press(KeyCode::Enter);
    }),
    ("groups", SIZE, |stage| stage.keys("p3b")),
    ("export", SIZE, |stage| stage.keys("p3E")),
    ("copy", SIZE, |stage| stage.keys("p2Y")),
    ("contexts", SIZE, |stage| {
        *stage = Stage::within(SIZE, contexts());
        stage.keys("pC");
    }),
    ("help", SIZE, |stage| stage.keys("p?")),
    ("palette", SIZE, |stage| stage.keys("p:")),
    ("messages", SIZE, |stage| stage.keys("p2jxy!")),
    ("stale-keys", SIZE, |stage| stage.keys("3jj")),
    ("reviews", SIZE, |stage| stage.keys("p5")),
    ("nodes", SIZE, |stage| {
        fleet(stage);
        stage.keys("6j");
    }),
    ("first-start", SIZE, |stage| {
        *stage = Stage::cold(SIZE);
        stage.connect();
    }),
    ("connection-error", SIZE, |stage| {
        *stage = Stage::cold(SIZE);
        let text = "Cannot reach http://127.0.0.1:7474: connection refused. Is the server running?";
        stage.happen(Event::ConnectFailed(failure(FailureKind::Unreachable, text)));
    }),
    ("filter-error", SIZE, |stage| stage.keys("2/by:ci idle>3x")),
    ("revoke-key", SIZE, |stage| stage.keys("p2jjx")),
    ("pause", SIZE, |stage| stage.keys("p2jjP")),
    ("resume", SIZE, |stage| stage.keys("p2jjPyP")),
    ("paste", SIZE, |stage| {
        stage.keys("p2nnightly-build");
        stage.press(KeyCode::Enter);
        let key = new_key(&stage.buffer()).expect("it is shown");
        stage.press(KeyCode::Enter);
        stage.happen(Event::Paste(Pasted::new(format!("redir_live_{key}"))));
    }),
    ("unsaved", SIZE, |stage| {
        let keys = stage.all_keys().into_iter().filter(|key| &*key.created_by == "local:maya").take(3);
        let keys = keys.collect();
        stage.keys("p");
        stage.happen(Event::Unsaved(keys));
    }),
    ("unlock", SIZE, |stage| {
        *stage = Stage::within(SIZE, Contexts { at: 1, ..contexts() });
        stage.keys("p2jx");
    }),
    ("rotate-next", SIZE, |stage| {
        stage.keys("p2jjR");
        stage.press(KeyCode::Enter);
        stage.press(KeyCode::Enter);
    }),
    ("guided-rotation", SIZE, |stage| {
        stage.keys("p2jjR");
        stage.press(KeyCode::Enter);
        stage.press(KeyCode::Enter);
        stage.keys("g");
    }),
    ("theme", SIZE, |stage| stage.keys("p2L")),
    ("review-menu", SIZE, |stage| {
        stage.keys("p5n");
        stage.press(KeyCode::Enter);
        stage.press(KeyCode::Esc);
        stage.keys("1V");
    }),
    ("review-new", SIZE, |stage| stage.keys("p5n")),
    ("review-edit", SIZE, |stage| stage.keys("p5e")),
    ("review-queue", SIZE, |stage| stage.keys("p5Vx")),
    ("review-summary", SIZE, |stage| stage.keys("p5X")),
    ("review-result", SIZE, |stage| {
        stage.keys("p5X3");
        stage.press(KeyCode::Enter);
    }),
    ("review-sign", SIZE, |stage| {
        stage.keys("p5X3");
        stage.press(KeyCode::Enter);
        stage.press(KeyCode::Enter);
        stage.keys("X");
    }),
    ("pack", SIZE, |stage| {
        stage.keys("p5Ep");
        stage.keys("~/q4.tar.gz");
    }),
    ("review-cancel", SIZE, |stage| stage.keys("p5D")),
    ("forget-node", SIZE, |stage| {
        fleet(stage);
        stage.keys("p6jx");
    }),
];

/// Three nodes, the second of which is dead.
fn fleet(stage: &mut Stage) {
    let mut fleet = vec![node(1, "eu-1"), node(2, "eu-2"), node(3, "us-1")];
    (fleet[1].live, fleet[1].seen_at, fleet[1].lease_until) = (false, ago(90), Some(ago(83)));
    fleet[2].region = Some("us".into());
    stage.fleet = Some(fleet);
}

#[test]
fn the_pictures_are_what_the_dashboard_draws() {
    let mut changed = Vec::new();
    for (name, size, scene) in SCENES {
        let mut stage = Stage::new(*size);
        scene(&mut stage);
        for paper in &PAPERS {
            let mut buffer = stage.buffer_in(&paper.theme);
            settle(&mut buffer);
            for key in stage.all_keys().iter().filter(|key| key.created_at >= NOW) {
                settle_mask(&mut buffer, (key.hint.handle(), key.hint.last4()));
            }
            let (columns, rows) = size;
            let drawn = document(*columns, *rows, paper, &cells(&buffer, paper));
            keep(&format!("{}{name}", paper.folder), &drawn, &mut changed);
        }
    }
    assert!(changed.is_empty(), "{changed:?} have changed: KEYDECK_UPDATE_SCREENS=1 cargo test picture");
}

/// Compares a picture with the one in `assets/screens`, or writes it there.
fn keep(name: &str, drawn: &str, changed: &mut Vec<String>) {
    assert!(keydeck::secret::find(drawn).is_none(), "no picture holds a whole key");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("assets/screens/{name}.svg"));
    if std::env::var_os("KEYDECK_UPDATE_SCREENS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
        std::fs::write(&path, drawn).expect("the picture is written");
    }
    if std::fs::read_to_string(&path).unwrap_or_default() != drawn {
        changed.push(name.to_owned());
    }
}

/// A step of the tour: what is pressed, the words below the screen, and how long they stay, in milliseconds.
type Step = (&'static [KeyCode], &'static str, u32);

const TOUR: &[Step] = &[
    (&[], "all projects, with their stale keys", 1600),
    (&[KeyCode::Char('j')], "j  move", 350),
    (&[KeyCode::Char('j')], "j  move", 350),
    (&[KeyCode::Char('j')], "j  move", 350),
    (&[KeyCode::Enter], "Enter  open its keys", 1500),
    (&[KeyCode::Char('j')], "j  move", 700),
    (&[KeyCode::Char('x')], "x  revoke: who would notice?", 2600),
    (&[KeyCode::Char('y')], "y  revoked, and confirmed by every node", 2400),
    (&[KeyCode::Char('n')], "n  new key", 900),
    (&[KeyCode::Char('c'), KeyCode::Char('i')], "type its name", 600),
    (&[KeyCode::Char('-'), KeyCode::Char('2')], "type its name", 900),
    (&[KeyCode::Enter], "Enter  the key, shown once and copied", 2600),
    (&[KeyCode::Enter], "Enter  saved", 1000),
    (&[KeyCode::Char('3')], "3  keys that nobody uses", 1800),
    (&[KeyCode::Char('/')], "/  filter", 700),
    (&[KeyCode::Char('i'), KeyCode::Char('d'), KeyCode::Char('l'), KeyCode::Char('e')], "/  filter", 400),
    (&[KeyCode::Char('>'), KeyCode::Char('1'), KeyCode::Char('y')], "/  filter", 900),
    (&[KeyCode::Enter], "Enter  apply", 700),
    (&[KeyCode::Char('a')], "a  mark them all", 1200),
    (&[KeyCode::Char('x')], "x  revoke them: type their number to confirm", 2600),
    (&[KeyCode::Esc], "Esc  not today", 700),
    (&[KeyCode::Char('4')], "4  everything is in the audit log", 2200),
];

/// A picture, and whether this dialog is open on it.
type Pictured = (&'static str, fn(&Dialog) -> bool);

/// Each dialog that can be opened: its picture, and what is open there.
macro_rules! dialogs {
    ($($opened:pat => $scene:literal, $open:pat $(if $like:expr)?,)*) => {
        /// One that is new has no arm here, and this is no Rust until it has.
        const fn scene_of(opened: &OpenDialog) -> &'static str {
            match opened {
                $($opened => $scene,)*
            }
        }

        /// The pictures, each with whether it shows its dialog.
        const DIALOGS: &[Pictured] =
            &[$(($scene, |dialog| matches!(dialog, $open $(if $like)?)),)*];
    };
}

dialogs! {
    OpenDialog::Unlock(_) => "unlock", Dialog::Unlock(_),
    OpenDialog::Help => "help", Dialog::Help(_),
    OpenDialog::Palette => "palette", Dialog::Palette(_),
    OpenDialog::Sort(..) => "sort", Dialog::Sort(_),
    OpenDialog::Theme => "theme", Dialog::Theme(_),
    OpenDialog::Columns(_) => "columns", Dialog::Columns(_),
    OpenDialog::Filters(_) => "filters", Dialog::Filters(_),
    OpenDialog::Groups(_) => "groups", Dialog::Groups(_),
    OpenDialog::Messages => "messages", Dialog::Messages(_),
    OpenDialog::Contexts => "contexts", Dialog::Contexts(_),
    OpenDialog::CopyMenu(_) => "copy", Dialog::CopyMenu(_),
    OpenDialog::Offer(_) => "paste", Dialog::Offer(_),
    OpenDialog::Unsaved(_) => "unsaved", Dialog::Unsaved(_),
    OpenDialog::Name(Naming::NewProject) => "new-project", Dialog::Name(_),
    OpenDialog::Name(Naming::FirstProject) => "first-project", Dialog::Name(_),
    OpenDialog::Name(Naming::Project(_)) => "rename-project", Dialog::Name(_),
    OpenDialog::Edit(_) => "edit", Dialog::Edit(_),
    OpenDialog::Pause(_) => "pause", Dialog::Confirm(open) if open.deed == Deed::Pause,
    OpenDialog::NewKey(_) => "new-key", Dialog::NewKey(_),
    OpenDialog::Rotate(_) => "rotate", Dialog::Rotate(_),
    OpenDialog::Successor(..) => "rotate-next", Dialog::Successor(_),
    OpenDialog::Guide(..) => "guided-rotation", Dialog::Guide(_),
    OpenDialog::Export(_) => "export", Dialog::Export(_),
    OpenDialog::Reviews(_) => "review-menu", Dialog::Reviews(_),
    OpenDialog::NewReview(_) => "review-new", Dialog::ReviewForm(_),
    OpenDialog::EditReview(_) => "review-edit", Dialog::ReviewForm(_),
    OpenDialog::Queue(_) => "review-queue", Dialog::Queue(_),
    OpenDialog::ExecuteReview(_) => "review-summary", Dialog::ExecuteReview(_),
    OpenDialog::Pack(_) => "pack", Dialog::Pack(_),
    OpenDialog::SignReview(..) => "review-sign", Dialog::SignReview(_),
    OpenDialog::ForgetNode(_) => "forget-node", Dialog::ForgetNode(_),
    OpenDialog::CancelReview(_) => "review-cancel", Dialog::CancelReview(_),
    OpenDialog::Delete(_) => "delete-project", Dialog::Delete(_),
    OpenDialog::Revoke(_) => "revoke-key", Dialog::Confirm(open) if open.deed == Deed::Revoke,
    OpenDialog::Bulk { .. } => "bulk", Dialog::Bulk(_),
}

/// What is opened in another way, or is one more of the same.
const MORE: &[Pictured] = &[
    ("key-shown-once", |dialog| matches!(dialog, Dialog::ShownOnce(_))),
    ("resume", |dialog| matches!(dialog, Dialog::Confirm(open) if open.deed == Deed::Resume)),
];

/// The picture of a view.
const fn scene_of_view(view: View) -> &'static str {
    match view {
        View::Projects => "projects",
        View::Keys => "all-keys",
        View::Stale => "stale-keys",
        View::Audit => "audit",
        View::Reviews => "reviews",
        View::Nodes => "nodes",
    }
}

#[test]
fn each_view_and_dialog_has_a_picture_at_the_common_size() {
    let stage = |name: &str| {
        let scene = SCENES.iter().find(|(scene, size, _)| *scene == name && *size == SIZE);
        let (_, size, scene) = scene.unwrap_or_else(|| panic!("no picture {name} of {SIZE:?}"));
        let mut stage = Stage::new(*size);
        scene(&mut stage);
        stage
    };
    assert_eq!(scene_of(&OpenDialog::Help), "help");
    for view in View::ALL {
        let name = scene_of_view(view);
        let stage = stage(name);
        assert!(stage.view() == view && stage.dialog().is_none(), "{name}: {}", stage.screen());
    }
    for (name, is_open) in DIALOGS.iter().chain(MORE) {
        let stage = stage(name);
        assert!(stage.dialog().is_some_and(is_open), "{name}: {}", stage.screen());
    }
}

#[test]
fn the_tour_is_what_the_dashboard_draws() {
    let (columns, rows) = (110, 26);
    let mut stage = Stage::new((columns, rows));
    let paper = &PAPERS[0];
    let total: u32 = TOUR.iter().map(|(_, _, stays)| stays).sum();
    let percent = |at: u32| f64::from(at) * 100.0 / f64::from(total);
    let (mut style, mut body, mut at) = (String::new(), String::new(), 0);
    stage.keys("p");
    let mut made = None;
    for (number, (pressed, words, stays)) in TOUR.iter().enumerate() {
        pressed.iter().for_each(|key| stage.press(*key));
        let mut buffer = stage.buffer_in(&paper.theme);
        made = made.or_else(|| new_key(&buffer));
        settle(&mut buffer);
        if let Some(key) = &made {
            settle_mask(&mut buffer, (&key[..4], &key[key.len() - 4..]));
        }
        let (from, to) = (percent(at), percent(at + stays));
        at += stays;
        // Where nothing moves, for example because the reader asked for less motion, the first frame stays.
        let before = if number == 0 { String::new() } else { "0%{visibility:hidden}".to_owned() };
        let after = if at == total { String::new() } else { format!("{to:.2}%{{visibility:hidden}}") };
        writeln!(style, "@keyframes f{number}{{{before}{from:.2}%{{visibility:visible}}{after}}}")
            .expect("memory");
        let hidden = if number == 0 { "visible" } else { "hidden" };
        let seconds = f64::from(total) / 1000.0;
        writeln!(
            body,
            "<g style=\"visibility:{hidden};animation:f{number} {seconds:.2}s step-end infinite\">\n{}{}</g>",
            cells(&buffer, paper),
            caption(rows, columns, words, paper),
        )
        .expect("memory");
    }
    let style = format!(
        "<style>\n{style}@media (prefers-reduced-motion: reduce){{g{{animation:none !important}}}}\n</style>\n"
    );
    let drawn = document(columns, rows + 2, paper, &(style + &body));
    assert!(drawn.len() <= TOUR_BYTES, "the tour has {} bytes", drawn.len());
    let mut changed = Vec::new();
    keep("tour", &drawn, &mut changed);
    assert!(changed.is_empty(), "the tour has changed: KEYDECK_UPDATE_SCREENS=1 cargo test picture");
}

/// What is pressed, in the middle below the screen.
fn caption(rows: u16, columns: u16, words: &str, paper: &Paper) -> String {
    let (width, height, baseline) = CELL;
    format!(
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" font-weight=\"bold\" fill=\"{}\" xml:space=\"preserve\">{}</text>\n",
        u32::from(columns) * width / 2,
        u32::from(rows + 1) * height + baseline,
        colour(Color::Cyan, paper.foreground),
        escaped(words),
    )
}

/// What a picture shows in place of a new key. It fails its checksum, so that it is no key.
const KEY: &str = "Cz8FyAoqvoprl0W2oz5cX3IolW2EXAMP";

/// The new key that a screen shows, if it shows one.
fn new_key(buffer: &Buffer) -> Option<String> {
    let text: String = buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect();
    text.split_whitespace()
        .filter_map(|word| word.strip_prefix("redir_live_"))
        .find(|key| key.len() == KEY.len() && key.chars().all(|c| c.is_ascii_alphanumeric()))
        .map(str::to_owned)
}

/// The masks of a new key become those of the key in the pictures.
fn settle_mask(buffer: &mut Buffer, (handle, last): (&str, &str)) {
    for (mask, fixed) in [
        (format!("live_{handle}…{last}"), format!("live_{}…{}", &KEY[..4], &KEY[KEY.len() - 4..])),
        (
            format!("live_{handle}****...****{last}"),
            format!("live_{}****...****{}", &KEY[..4], &KEY[KEY.len() - 4..]),
        ),
    ] {
        let signs: Vec<String> = mask.chars().map(String::from).collect();
        let cells = buffer.content.len();
        for at in 0..cells.saturating_sub(signs.len()) {
            if buffer.content[at..at + signs.len()]
                .iter()
                .zip(&signs)
                .all(|(cell, sign)| cell.symbol() == sign)
            {
                for (cell, sign) in buffer.content[at..].iter_mut().zip(fixed.chars()) {
                    cell.set_char(sign);
                }
            }
        }
    }
}

/// What is another one each time is always the same in a picture: ids and new keys.
fn settle(buffer: &mut Buffer) {
    const ID: &str = "01kd3v9m2x7q4w8n5t6r1s0yhz";
    let area = buffer.area;
    for y in 0..area.height {
        for x in 0..area.width {
            let text = |from: u16, to: u16| -> String {
                (from..to.min(area.width)).map(|x| buffer[(x, y)].symbol()).collect()
            };
            let fixed = match text(x, x + 4).as_str() {
                "key_" | "prj_" | "rev_" => Some((4, ID)),
                "redi" if text(x, x + 11).ends_with('_') => Some((11, KEY)),
                _ => None,
            };
            let Some((from, fixed)) = fixed else { continue };
            let found = text(x + from, x + from + fixed.len() as u16);
            if found.len() == fixed.len() && found.chars().all(|c| c.is_ascii_alphanumeric()) {
                for (at, c) in fixed.chars().enumerate() {
                    buffer[(x + from + at as u16, y)].set_char(c);
                }
            }
        }
    }
}

/// The whole picture around what is drawn on it.
fn document(columns: u16, rows: u16, paper: &Paper, drawn: &str) -> String {
    let (width, height, _) = CELL;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-{EDGE} -{EDGE} {w} {h}\" width=\"{w}\" height=\"{h}\" \
         font-family=\"ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"15\">\n\
         <rect x=\"-{EDGE}\" y=\"-{EDGE}\" width=\"{w}\" height=\"{h}\" rx=\"10\" fill=\"{}\"/>\n{drawn}</svg>\n",
        paper.background,
        w = u32::from(columns) * width + 2 * EDGE,
        h = u32::from(rows) * height + 2 * EDGE,
    )
}

/// A screen: one text element for each run of equal style, cells at fixed places.
fn cells(buffer: &Buffer, paper: &Paper) -> String {
    let (width, height, baseline) = CELL;
    let area = buffer.area;
    let mut out = String::new();
    for y in 0..area.height {
        let mut x = 0;
        while x < area.width {
            let style = look(buffer, x, y, paper);
            let start = x;
            let mut text = String::new();
            while x < area.width && look(buffer, x, y, paper) == style {
                text.push_str(buffer[(x, y)].symbol());
                x += 1;
            }
            let (left, top, span) =
                (u32::from(start) * width, u32::from(y) * height, u32::from(x - start) * width);
            if style.background != paper.background {
                writeln!(
                    out,
                    "<rect x=\"{left}\" y=\"{top}\" width=\"{span}\" height=\"{height}\" fill=\"{}\"/>",
                    style.background
                )
                .expect("memory");
            }
            // Blanks are left out, so that the file stays small.
            let shown = text.trim_start_matches(' ');
            let skipped = text.chars().count() - shown.chars().count();
            let shown = shown.trim_end_matches(' ');
            if !shown.is_empty() {
                let signs = shown.chars().count();
                let weight = if style.bold { " font-weight=\"bold\"" } else { "" };
                let dim = if style.dim { " fill-opacity=\".65\"" } else { "" };
                let line = if style.underlined { " text-decoration=\"underline\"" } else { "" };
                writeln!(
                    out,
                    "<text x=\"{}\" y=\"{}\" textLength=\"{}\" fill=\"{}\"{weight}{dim}{line} xml:space=\"preserve\">{}</text>",
                    left + skipped as u32 * width,
                    top + baseline,
                    signs as u32 * width,
                    style.foreground,
                    escaped(shown),
                )
                .expect("memory");
            }
        }
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[derive(PartialEq)]
struct Look {
    foreground: Cow<'static, str>,
    background: Cow<'static, str>,
    bold: bool,
    dim: bool,
    underlined: bool,
}

fn look(buffer: &Buffer, x: u16, y: u16, paper: &Paper) -> Look {
    let cell = &buffer[(x, y)];
    let (foreground, background) = (colour(cell.fg, paper.foreground), colour(cell.bg, paper.background));
    let has = |modifier| cell.modifier.contains(modifier);
    let (foreground, background) =
        if has(Modifier::REVERSED) { (background, foreground) } else { (foreground, background) };
    Look {
        foreground,
        background,
        bold: has(Modifier::BOLD),
        dim: has(Modifier::DIM),
        underlined: has(Modifier::UNDERLINED),
    }
}

/// The colours of a common terminal.
fn colour(colour: Color, default: &'static str) -> Cow<'static, str> {
    Cow::Borrowed(match colour {
        Color::Black => "#181825",
        Color::Red => "#f38ba8",
        Color::Green => "#a6e3a1",
        Color::Yellow => "#f9e2af",
        Color::Blue => "#89b4fa",
        Color::Magenta => "#cba6f7",
        Color::Cyan => "#89dceb",
        Color::Gray => "#bac2de",
        Color::DarkGray => "#7f849c",
        Color::Rgb(red, green, blue) => return Cow::Owned(format!("#{red:02x}{green:02x}{blue:02x}")),
        _ => default,
    })
}
