//! Which key does what: the defaults, what a configuration changes, and what it may not.

use std::collections::BTreeMap;
use std::time::Duration;

use keydeck::tui::model::action::{ACTIONS, Group};
use keydeck::tui::model::chord::Chord;
use keydeck::tui::model::keymap::Binding;
use keydeck::tui::model::views::Views;
use keydeck::tui::model::{
    Action, Effect, Event, KeyCode, KeyPress, Keymap, PressKind, Request, Setup, View,
};
use keydeck::wire::reviews::Scope;

use crate::support::fixtures::{Desk, WHOLE_KEY, World, setup};

const SIZE: (u16, u16) = (100, 30);

/// A line of a configuration: an action and its keys.
type Line<'a> = (&'a str, &'a [&'a str]);

/// One line of a configuration after the other.
fn lines(table: &[Line<'_>]) -> Vec<Binding> {
    let binding = |(at, (action, keys)): (usize, &Line<'_>)| Binding {
        action: (*action).to_owned(),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        line: at + 1,
    };
    table.iter().enumerate().map(binding).collect()
}

fn configured(table: &[Line<'_>]) -> Keymap {
    Keymap::configured(&lines(table)).expect("these can be used")
}

fn refused(table: &[Line<'_>]) -> String {
    Keymap::configured(&lines(table)).expect_err("this cannot be used").to_string()
}

#[test]
fn the_keys_of_the_file_in_the_assets_are_the_defaults_and_each_action_stands_in_it() {
    let text = include_str!("../../../assets/keymap.toml");
    let table: toml::Table = text.parse().expect("TOML");
    let keys: BTreeMap<&str, Vec<String>> = table["keys"]
        .as_table()
        .expect("a table")
        .iter()
        .map(|(name, keys)| {
            let keys = keys.as_array().expect("a list").iter();
            (name.as_str(), keys.map(|key| key.as_str().expect("a key").to_owned()).collect())
        })
        .collect();
    assert_eq!(keys.len(), ACTIONS.len(), "each action stands there, and nothing else");
    let keymap = Keymap::default();
    for (action, name, words, _) in ACTIONS {
        let of_file: Vec<Chord> = keys[name].iter().map(|key| Chord::parse(key).expect("a key")).collect();
        let of_keymap: Vec<Chord> = keymap.keys(*action).collect();
        assert_eq!(of_file, of_keymap, "{name}");
        assert!(!of_file.is_empty() && !words.is_empty(), "{name}");
        assert_eq!(Action::named(name), Some(*action));
        assert!(words.chars().count() <= 32, "{name}: the help's columns would cut it");
    }
    // The file can be used as a configuration as it is: no key stands in it twice.
    let whole: Vec<(&str, Vec<&str>)> =
        keys.iter().map(|(name, keys)| (*name, keys.iter().map(String::as_str).collect())).collect();
    let whole: Vec<Line<'_>> = whole.iter().map(|(name, keys)| (*name, keys.as_slice())).collect();
    configured(&whole);
}

#[test]
fn a_configuration_gives_actions_other_keys_and_help_and_footer_say_so() {
    let keymap = configured(&[("revoke", &["X", "delete"]), ("help", &["x"]), ("suspend", &[])]);
    assert_eq!(keymap.action(KeyPress::char('x')), Some(Action::Help));
    assert_eq!(keymap.action(KeyPress::plain(KeyCode::Delete)), Some(Action::Revoke));
    assert_eq!(keymap.action(KeyPress::char('?')), None, "only the keys that are named");
    assert_eq!(keymap.action(KeyPress::ctrl('z')), None);
    assert_eq!(keymap.hint(Action::Revoke), "X");
    let setup = Setup { keymap, ..setup(SIZE) };
    let mut desk = Desk::with(World::small(), setup);
    desk.connect();
    desk.keys("2");
    assert!(desk.screen(SIZE).contains("X revoke"), "{}", desk.screen(SIZE));
    desk.keys("x");
    desk.keys("revoke");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("X Del") && screen.contains("revoke this key or marked keys"), "{screen}");
    desk.press(KeyCode::Esc);
    desk.keys("X");
    assert!(desk.screen(SIZE).contains("Revoke this key?"));
}

#[test]
fn a_key_that_only_a_default_has_goes_where_the_configuration_wants_it() {
    let keymap = configured(&[("rename", &["d"]), ("detail", &["e"])]);
    assert_eq!(keymap.action(KeyPress::char('d')), Some(Action::Rename));
    assert_eq!(keymap.action(KeyPress::char('e')), Some(Action::Detail));
    let keymap = configured(&[("rename", &["x"])]);
    assert_eq!(keymap.keys(Action::Revoke).count(), 0, "and the default goes without");
}

#[test]
fn what_cannot_be_used_is_said_with_its_line() {
    let cases: [(&[Line<'_>], &[&str]); 26] = [
        (&[("up", &["u"]), ("revok", &["X"])], &["line 2", "\"revok\"", "revoke, "]),
        (&[("up", &["u"]), ("revoke", &["hyper-x"])], &["line 2", "\"hyper-x\"", "ctrl-d"]),
        (&[("up", &["u"]), ("down", &["U", "u"])], &["line 2", "\"u\"", "line 1", "to up"]),
        (&[("up", &["u", "u"])], &["line 1", "\"u\""]),
        (&[("revoke", &["ctrl-x"])], &["line 1", "revoke", "without Ctrl"]),
        (&[("up", &["ctrl-c"])], &["line 1", "quit would be left without a key"]),
        (&[("up", &["u"]), ("quit", &[])], &["line 2", "quit would be left without a key"]),
        (&[("up", &["ctrl-i"])], &["line 1", "tab"]),
        (&[("up", &[""])], &["line 1", "unknown key"]),
        (&[("up", &["u"]), ("cancel", &["enter"])], &["line 2", "submit would be left without a key"]),
        (&[("submit", &["f2"]), ("cancel", &["f2"])], &["line 2", "\"f2\"", "line 1", "to submit"]),
        (&[("up", &["u"]), ("submit", &[])], &["line 2", "submit would be left without a key"]),
        (&[("submit", &["s"])], &["line 1", "typed as text"]),
        (&[("cancel", &["ctrl-w"])], &["line 1", "edits a field"]),
        (&[("next-field", &["down"])], &["line 1", "moves or edits"]),
        (&[("confirm", &["q"])], &["line 1", "already used in dialogs"]),
        (&[("confirm", &["ctrl-y"])], &["line 1", "without Ctrl"]),
        (&[("up", &["u"]), ("revoke", &["y"])], &["line 2", "both open and confirm revoke"]),
        (&[("up", &["u"]), ("down", &["alt-["])], &["line 2", "\"alt-[\"", "cannot be used"]),
        (&[("down", &["alt-]"])], &["cannot be used"]),
        (&[("down", &["alt-O"])], &["cannot be used"]),
        (&[("down", &["alt-P"])], &["cannot be used"]),
        (&[("down", &["alt-X"])], &["cannot be used"]),
        (&[("down", &["alt-^"])], &["cannot be used"]),
        (&[("submit", &["alt-_"])], &["cannot be used"]),
        (&[("write-file", &["y"]), ("copy-again", &["y"])], &["line 2", "line 1", "to write-file"]),
    ];
    for (table, words) in cases {
        let said = refused(table);
        for word in words {
            assert!(said.contains(word), "{table:?}: {word:?} in {said}");
        }
    }
}

#[test]
fn a_line_that_takes_the_last_key_of_another_action_is_told_and_holds() {
    let (keymap, told) = Keymap::forgiving(&lines(&[("up", &["U"]), ("revoke", &["n"])]));
    assert_eq!(keymap.action(KeyPress::char('n')), Some(Action::Revoke));
    let told: Vec<String> = told.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["line 2: n is now bound to revoke; new has no key left, bind one"]);
    // Who leaves an action without a key means it, and one that has others is not without.
    for table in [&[("revoke", &["n"] as &[&str]), ("new", &[])], &[("up", &["j"]), ("down", &["U"])]] {
        assert_eq!(Keymap::forgiving(&lines(table)).1, []);
    }
    // Lines that cannot be used are as if they were not there.
    let (keymap, told) = Keymap::forgiving(&lines(&[("revok", &["X"]), ("up", &["U"]), ("quit", &[])]));
    assert_eq!(told.iter().map(|bad| bad.line).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(keymap.action(KeyPress::char('U')), Some(Action::Up));
    assert_eq!(keymap.action(KeyPress::ctrl('c')), Some(Action::Quit));
}

#[test]
fn the_way_out_may_move_but_a_letter_of_it_is_a_letter_where_one_types() {
    let keymap = configured(&[("up", &["ctrl-c"]), ("quit", &["Q"])]);
    let mut desk = Desk::with(World::small(), Setup { keymap, ..setup(SIZE) });
    desk.connect();
    desk.keys("nQ");
    assert!(!desk.effects.contains(&Effect::Quit));
    assert!(desk.screen(SIZE).contains("name      Q"), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Esc);
    desk.keys("/Q");
    assert!(!desk.effects.contains(&Effect::Quit));
    desk.press(KeyCode::Esc);
    desk.happen(Event::Key(KeyPress::char('Q')));
    assert!(desk.effects.contains(&Effect::Quit));
}

/// A dashboard with these keys, on its Keys view.
fn desk_with(table: &[Line<'_>]) -> Desk {
    let mut desk = Desk::with(World::small(), Setup { keymap: configured(table), ..setup(SIZE) });
    desk.connect();
    desk.keys("2");
    desk
}

/// The dialogs say and take the keys that a configuration gives them, and no longer their own ones.
#[test]
fn the_keys_of_dialogs_may_move_and_the_dialogs_say_so() {
    let mut desk = desk_with(&[
        ("submit", &["ctrl-s"]),
        ("cancel", &["f4"]),
        ("next-field", &["f2"]),
        ("confirm", &["Z"]),
        ("copy-again", &["c"]),
        ("copy-as", &["C"]),
        ("write-file", &["f"]),
        // The same letters are free in the table, and mean there what they meant.
        ("quit", &["ctrl-q"]),
    ]);
    let ctrl = |desk: &mut Desk, c| {
        desk.happen(Event::Key(KeyPress::ctrl(c)));
        desk.answer();
        desk.wait(std::time::Duration::from_millis(400));
    };
    let revocations =
        |desk: &Desk| desk.asked.iter().filter(|asked| matches!(asked, Request::RevokeKey { .. })).count();
    desk.keys("x");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Z revoke (cannot be undone) · F4 cancel · F2 reason"), "{screen}");
    // No key of the dialog any more: a letter of the reason.
    desk.keys("y");
    assert_eq!(revocations(&desk), 0, "{}", desk.screen(SIZE));
    assert!(desk.screen(SIZE).contains("reason    y "), "{}", desk.screen(SIZE));
    desk.press(KeyCode::F(4));
    desk.press(KeyCode::F(4));
    desk.keys("x");
    for code in [KeyCode::Esc, KeyCode::Tab, KeyCode::Enter] {
        desk.press(code);
        assert!(desk.screen(SIZE).contains("> [ Cancel ]"), "{code:?}: {}", desk.screen(SIZE));
    }
    desk.press(KeyCode::F(4));
    assert!(!desk.screen(SIZE).contains("Revoke this key?"));
    desk.keys("xZ");
    assert_eq!(revocations(&desk), 1);
    assert!(desk.screen(SIZE).contains("revoked (confirmed by 1 of 1 node"), "{}", desk.screen(SIZE));

    // Letters of confirmations are letters where one types.
    desk.keys("nZyf");
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Zyf") && screen.contains("Ctrl-s create · F2 next · F4 cancel"), "{screen}");
    ctrl(&mut desk, 's');
    let screen = desk.screen(SIZE);
    assert!(screen.contains(WHOLE_KEY) && screen.contains("Ctrl-s done, I saved it · c copy"), "{screen}");
    desk.effects.clear();
    desk.keys("yYw");
    desk.press(KeyCode::Enter);
    ctrl(&mut desk, 'c');
    assert_eq!(desk.effects, [], "{}", desk.screen(SIZE));
    assert!(desk.screen(SIZE).contains("Press Ctrl-s once you have saved the key (c copy, f save to file)."));
    desk.keys("cf");
    assert!(
        matches!(desk.effects[..], [Effect::Copy(_), Effect::WriteSecretFile { .. }]),
        "{:?}",
        desk.effects
    );
    ctrl(&mut desk, 'q');
    assert!(desk.screen(SIZE).contains("Not saved yet"), "{}", desk.screen(SIZE));
    desk.press(KeyCode::F(4));
    desk.happen(Event::SecretFile(desk.shown(), Ok("/home/ann/blog-ci.key".into())));
    ctrl(&mut desk, 's');
    assert!(!desk.screen(SIZE).contains(WHOLE_KEY));

    // The filter and the palette are left and taken by the same keys.
    desk.keys("/web");
    assert!(desk.screen(SIZE).contains("F4 clear  Ctrl-s apply"), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("/ web"), "{}", desk.screen(SIZE));
    desk.press(KeyCode::F(4));
    desk.keys(":stale");
    assert!(desk.screen(SIZE).contains("Ctrl-s run or open · F4 close"), "{}", desk.screen(SIZE));
    ctrl(&mut desk, 's');
    assert!(desk.screen(SIZE).contains("[Stale"), "{}", desk.screen(SIZE));
}

#[test]
fn the_same_letter_may_be_of_a_table_and_of_a_dialog() {
    let mut desk = desk_with(&[("mark", &["y"]), ("copy-mask", &["c"])]);
    desk.keys("y");
    assert!(desk.screen(SIZE).contains("1 marked"), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Esc);
    desk.keys("x");
    assert!(desk.screen(SIZE).contains("y revoke (cannot be undone)"), "{}", desk.screen(SIZE));
    // And what works in dialogs alone is said to, where somebody chooses it from the help.
    desk.press(KeyCode::Esc);
    desk.keys("?save to file");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("w works only in dialogs"), "{}", desk.screen(SIZE));
}

#[test]
fn keys_are_read_as_they_are_shown() {
    let shown = ["g", "G", "Ctrl-d", "Alt-x", "Enter", "PgUp", "Space", "F1", "Tab", "Shift-Tab", "Esc"];
    for text in shown {
        assert_eq!(Chord::parse(text).expect("a key").to_string(), text);
    }
    assert_eq!(Chord::parse("CTRL-D").expect("a key"), Chord::parse("ctrl-d").expect("a key"));
    assert_eq!(Chord::parse("ctrl--").expect("a key").to_string(), "Ctrl--");
    assert_eq!(Chord::parse("ß").expect("a key").code, KeyCode::Char('ß'));
    for text in ["", "xy", "f0", "f13", "ctrl-", "alt-", "ctrl-xy", "shift-x"] {
        assert!(Chord::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn a_held_key_moves_and_does_nothing_else() {
    let keymap = Keymap::default();
    let held = |c| KeyPress { kind: PressKind::Repeat, ..KeyPress::char(c) };
    assert_eq!(keymap.action(held('j')), Some(Action::Down));
    assert_eq!(keymap.action(held('x')), None);
}

#[test]
fn nothing_destructive_is_on_a_ctrl_key() {
    let keymap = Keymap::default();
    for (action, ..) in ACTIONS.iter().filter(|(action, ..)| action.destroys()) {
        assert!(keymap.keys(*action).all(|chord| !chord.ctrl), "{action:?}");
    }
}

#[test]
fn the_help_finds_by_key_name_and_words_and_runs_what_is_chosen() {
    let mut desk = Desk::with(World::small(), setup(SIZE));
    desk.connect();
    desk.keys("2?");
    desk.keys("newest");
    assert!(desk.screen(SIZE).contains("No match"), "{}", desk.screen(SIZE));
    desk.happen(Event::Key(KeyPress::ctrl('u')));
    desk.keys("copy mask");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("copy the masked key") && !screen.contains("rename"), "{screen}");
    desk.press(KeyCode::Enter);
    let copied = desk.effects.iter().any(|effect| matches!(effect, Effect::Copy(_)));
    assert!(copied && !desk.screen(SIZE).contains("copy the masked key"));
    desk.keys("?pgdn");
    assert!(desk.screen(SIZE).contains("page down"), "{}", desk.screen(SIZE));
}

#[test]
fn the_help_begins_with_this_view_and_shows_all_groups_in_columns_where_there_is_room() {
    let large = (160, 45);
    let mut desk = Desk::new(World::small(), large);
    desk.keys("3?");
    let screen = desk.screen(large);
    let titles = ["In this view", "Keys and projects", "Find", "Go to", "Move", "Dashboard", "In dialogs"];
    for title in titles {
        assert!(screen.contains(title), "{title}: {screen}");
    }
    let views = Views::new(90);
    for (action, name, ..) in ACTIONS {
        // Keys are created here, and no projects; none is deleted.
        let Some(words) = views.of(View::Stale).does(*action) else { continue };
        assert!(screen.contains(words), "{name}: {screen}");
    }
    assert!(!screen.contains("delete project") && !screen.contains("execute a review"), "{screen}");
    // What this view can do stands first, and the cursor on it.
    let place = |words: &str| screen.lines().position(|line| line.contains(words)).expect("a line");
    assert!(
        place("In this view") < place("> x") && place("> x") < place("raise the idle threshold"),
        "{screen}"
    );
    assert!(place("raise the idle threshold") < place("Keys and projects"), "{screen}");
    // To the column beside it and back.
    desk.press(KeyCode::Right);
    assert!(!desk.screen(large).contains("> x"), "{}", desk.screen(large));
    desk.press(KeyCode::Left);
    assert!(desk.screen(large).contains("> x"), "{}", desk.screen(large));
    desk.press(KeyCode::Enter);
    assert!(desk.screen(large).contains("Revoke this key?"), "{}", desk.screen(large));
}

#[test]
fn the_help_of_a_view_has_what_works_there_and_says_what_it_does_there() {
    let large = (160, 48);
    let views = Views::new(90);
    let refusals = [
        "Select a ",
        "Only keys",
        "Only projects",
        "Nothing to create",
        "This list has no keys",
        "threshold applies to",
        "are always",
        "is always",
    ];
    for (number, view) in (1..).zip(View::ALL) {
        let open = || {
            let mut world = World::small();
            let keys = world.keys.clone();
            world.reviews.start("Autumn", Scope::default(), None, &keys);
            let mut desk = Desk::new(world, large);
            desk.keys(&number.to_string());
            desk
        };
        for (action, name, _, group) in ACTIONS {
            if matches!(group, Group::Move | Group::Dashboard | Group::Dialogs) {
                continue;
            }
            let key = match &*Keymap::default().hint(*action) {
                "Enter" => KeyCode::Enter,
                "Space" => KeyCode::Char(' '),
                one if one.chars().count() == 1 => KeyCode::Char(one.chars().next().expect("one")),
                _ => continue,
            };
            if !action.works_in(keydeck::tui::model::action::Scope::Table) {
                continue;
            }
            let mut desk = open();
            let before = desk.screen(large);
            desk.press(key);
            let screen = desk.screen(large);
            let refused = refusals.iter().find(|words| screen.contains(**words) && !before.contains(**words));
            let does = views.of(view).does(*action);
            assert_eq!(
                does.is_none(),
                refused.is_some(),
                "{view:?}, {name}: {does:?}, {refused:?}\n{screen}"
            );
            let mut desk = open();
            desk.keys("?");
            desk.keys(name);
            let screen = desk.screen(large);
            let words = does.unwrap_or(action.words());
            assert_eq!(screen.contains(words), does.is_some(), "{view:?}, {name}, {words}\n{screen}");
        }
    }
    let mut desk = Desk::new(World::small(), large);
    desk.keys("5?");
    let screen = desk.screen(large);
    for words in ["open the review", "edit name and due date", "cancel this review", "copy the id"] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    for words in ["rename", "purpose", "revoke this key", "delete project", "idle threshold"] {
        assert!(!screen.contains(words), "{words}: {screen}");
    }
}

#[test]
fn a_group_is_found_by_its_title() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("?go to");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Audit log") && screen.contains("switch context"), "{screen}");
    assert!(!screen.contains("rename"), "{screen}");
}

#[test]
fn the_footer_offers_nothing_that_cannot_work_here() {
    let footer = |desk: &Desk| desk.screen(SIZE).lines().last().expect("a footer").to_owned();
    let mut empty = Desk::new(World::empty(), SIZE);
    for (view, not) in [("1", "e rename"), ("2", "x revoke"), ("3", "x revoke"), ("4", "Enter")] {
        empty.keys(view);
        let footer = footer(&empty);
        assert!(
            !footer.contains(not) && !footer.contains("s sort") && footer.contains("? help"),
            "{view}: {footer}"
        );
    }
    // A new key can be like a revoked one, which cannot be revoked again.
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/status:revoked");
    desk.press(KeyCode::Enter);
    desk.wait(Duration::from_secs(1));
    for _ in 0..2 {
        let footer = footer(&desk);
        assert!(footer.contains("R new key like this") && !footer.contains("x revoke"), "{footer}");
        // The same in its detail.
        desk.press(KeyCode::Enter);
    }
}

#[test]
fn a_pane_that_has_no_room_is_said_and_changes_nothing() {
    let small = (80, 24);
    let mut desk = Desk::new(World::small(), small);
    desk.keys("2");
    for (key, words) in [
        ("p", "The detail pane needs 100 columns, and there are 80; Enter opens the details."),
        ("w", "The wide table needs 100 columns, and there are 80."),
    ] {
        desk.keys(key);
        let screen = desk.screen(small);
        assert!(screen.contains(words), "{screen}");
    }
    desk.press(KeyCode::Enter);
    desk.keys("p");
    assert!(desk.screen(small).contains("Press Esc to return to the table."), "{}", desk.screen(small));
    desk.press(KeyCode::Esc);
    desk.happen(Event::Resize(SIZE.0, SIZE.1));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("│new-ci") && screen.contains("> new-ci"), "table and pane: {screen}");
}
