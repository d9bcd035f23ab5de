//! The command palette: any action, project or key by its name, whether its row is loaded or not.

use std::time::Duration;

use keydeck::tui::model::action::Scope;
use keydeck::tui::model::{Effect, Event, FailureKind, KeyCode, KeyPress, Reply, Request, View};
use keydeck::wire::keys::Status;
use keydeck::wire::page::Page;

use crate::support::fixtures::{Desk, World, failure};

const SIZE: (u16, u16) = (80, 24);

/// What stands on the chosen line.
fn chosen(desk: &Desk) -> String {
    let screen = desk.screen(SIZE);
    let line = screen.lines().find(|line| line.contains("│ > ")).unwrap_or_else(|| panic!("{screen}"));
    line.split("│ > ").nth(1).expect("behind the mark").trim_end_matches(['│', ' ']).to_owned()
}

fn key_queries(desk: &Desk) -> Vec<String> {
    let query = |request: &Request| match request {
        Request::Keys { query, .. } => Some(query.filter.clone()).filter(|filter| !filter.is_empty()),
        _ => None,
    };
    desk.asked.iter().filter_map(query).collect()
}

/// Types without letting time pass between the characters.
fn type_fast(desk: &mut Desk, text: &str) {
    text.chars().for_each(|c| desk.tap(KeyCode::Char(c)));
}

#[test]
fn rev_means_revoke_first() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2:rev");
    assert!(chosen(&desk).contains("revoke this key"), "{}", desk.screen(SIZE));
}

#[test]
fn it_lists_every_action_with_its_key_then_the_projects() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys(":");
    let screen = desk.screen(SIZE);
    for words in ["Command palette", "n           new project", "Enter       open"] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    let views = keydeck::tui::model::views::Views::new(90);
    let actions = keydeck::tui::model::action::ACTIONS.iter();
    for action in actions.filter(|(action, ..)| action.works_in(Scope::Table)) {
        desk.happen(Event::Key(KeyPress::ctrl('u')));
        desk.keys(action.1);
        let screen = desk.screen(SIZE);
        let words = views.of(View::Projects).does(action.0).unwrap_or(action.2);
        assert!(screen.contains(words), "{}: {screen}", action.1);
    }
    desk.happen(Event::Key(KeyPress::ctrl('u')));
    desk.keys("blo");
    assert_eq!(chosen(&desk), "project     blog");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("▸ blog"), "{}", desk.screen(SIZE));
}

#[test]
fn before_anything_is_typed_it_begins_with_what_is_worth_most_in_this_view() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2:");
    let screen = desk.screen(SIZE);
    let first: Vec<&str> = screen.lines().skip(3).take(10).collect();
    for words in ["n           new key ", "revoke this key", "rotate", "Stale keys", "filter"] {
        assert!(first.iter().any(|line| line.contains(words)), "{words}: {screen}");
    }
    assert!(!screen.lines().take(13).any(|line| line.contains("page down")), "{screen}");
}

#[test]
fn the_guide_is_found_by_its_name_and_the_help_knows_what_to_do_with_a_leaked_key() {
    for words in ["guide", "guided rot"] {
        let mut desk = Desk::new(World::small(), SIZE);
        desk.keys(&format!("2:{words}"));
        assert!(chosen(&desk).contains("guided rotation"), "{}", desk.screen(SIZE));
    }
    for words in ["", "paste", "leak"] {
        let mut desk = Desk::new(World::small(), SIZE);
        desk.keys(&format!("?{words}"));
        let screen = desk.screen(SIZE);
        assert!(screen.contains("Paste a key, such as a leaked one, to find or revoke it."), "{screen}");
        assert!(!screen.contains("No match"), "{screen}");
    }
}

#[test]
fn where_nothing_fits_the_box_says_so_and_what_to_do() {
    for (keys, words) in
        [(":zzqq", "No matching action, project or key."), ("?zzqq", "No matching shortcut.")]
    {
        let mut desk = Desk::new(World::small(), SIZE);
        desk.keys(keys);
        desk.wait(Duration::from_secs(1));
        let screen = desk.screen(SIZE);
        assert!(screen.contains(words) && screen.contains("Ctrl-U clears the search"), "{screen}");
    }
}

#[test]
fn an_action_runs_by_its_name_and_by_its_words() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys(":stale");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("[Stale"), "{}", desk.screen(SIZE));
    desk.happen(Event::Key(KeyPress::ctrl('p')));
    desk.keys("audlg");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("[Audit"), "{}", desk.screen(SIZE));
    desk.keys(":quit");
    desk.press(KeyCode::Enter);
    assert!(desk.effects.contains(&Effect::Quit));
}

#[test]
fn a_key_known_by_name_is_revoked_in_five_key_presses_and_its_name() {
    for opening in [":", "2:", "3:"] {
        let mut desk = Desk::new(World::small(), SIZE);
        desk.keys(opening);
        desk.keys("mobile");
        desk.press(KeyCode::Enter);
        desk.press(KeyCode::Char('x'));
        assert!(desk.screen(SIZE).contains("mobile"), "{}", desk.screen(SIZE));
        desk.press(KeyCode::Char('y'));
        assert_eq!(desk.world.keys[1].status, Status::Revoked, "{opening}");
    }
}

#[test]
fn what_stands_in_a_name_as_typed_comes_before_its_letters_here_and_there() {
    for count in [20, 6_000] {
        let mut world = World::large(count);
        // Its letters begin two words: that alone would score more.
        world.keys[3].name = "icon-renderer".to_owned();
        world.keys[3].project_name = "checkout".into();
        world.keys[9].name = "medici".to_owned();
        let mut desk = Desk::new(world, SIZE);
        desk.keys("2:ci");
        desk.wait(Duration::from_secs(1));
        assert!(chosen(&desk).contains("medici"), "{}", desk.screen(SIZE));
    }
}

#[test]
fn no_action_is_chosen_for_its_scattered_letters_while_the_keys_are_searched() {
    let mut world = World::large(2_000);
    world.keys[1_900].name = "web".to_owned();
    let mut desk = Desk::new(world, SIZE);
    desk.keys(":");
    type_fast(&mut desk, "web");
    assert!(!desk.screen(SIZE).contains("wide table"), "{}", desk.screen(SIZE));
    desk.wait(Duration::from_secs(1));
    desk.answer();
    assert!(chosen(&desk).contains("shop/web"), "{}", desk.screen(SIZE));
}

#[test]
fn a_key_whose_row_is_not_loaded_is_asked_for_once_typing_rests() {
    let mut desk = Desk::new(World::large(2_000), SIZE);
    desk.keys("2:");
    desk.asked.clear();
    type_fast(&mut desk, "shop/s-000777");
    assert_eq!(key_queries(&desk), Vec::<String>::new(), "nothing is asked while one types");
    desk.wait(Duration::from_millis(200));
    assert_eq!(key_queries(&desk), ["\"shop\" \"s-000777\""]);
    assert!(chosen(&desk).starts_with("key         shop/s-000777"), "{}", chosen(&desk));
    desk.tap(KeyCode::Enter);
    // Before any answer the row is there and is what x acts upon.
    desk.tap(KeyCode::Char('x'));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Revoke this key?") && screen.contains("s-000777"), "{screen}");
}

#[test]
fn going_on_typing_takes_the_question_back() {
    let mut desk = Desk::new(World::large(2_000), SIZE);
    desk.keys("2:");
    type_fast(&mut desk, "s-0007");
    let due = desk.state.next_wake().expect("it is due");
    desk.now = due;
    desk.happen(Event::Tick(due));
    assert_eq!(desk.open.len(), 1, "{:?}", desk.open);
    desk.tap(KeyCode::Char('7'));
    assert!(desk.open.is_empty(), "{:?}", desk.open);
    desk.wait(Duration::from_millis(200));
    desk.tap(KeyCode::Char('7'));
    desk.tap(KeyCode::Esc);
    desk.wait(Duration::from_millis(200));
    assert!(!desk.screen(SIZE).contains("Command palette"));
}

#[test]
fn enter_before_the_answer_goes_to_what_the_server_finds() {
    let mut desk = Desk::new(World::large(2_000), SIZE);
    desk.keys("2:");
    type_fast(&mut desk, "s-000777");
    desk.tap(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("Searching…"), "{}", desk.screen(SIZE));
    desk.wait(Duration::from_millis(200));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("> s-000777") && !screen.contains("Command palette"), "{screen}");
}

#[test]
fn loaded_keys_are_found_without_asking_and_by_their_mask() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2:");
    desk.asked.clear();
    desk.keys("live_0003");
    assert!(chosen(&desk).starts_with("key         shop/old-batch"), "{}", chosen(&desk));
    assert_eq!(key_queries(&desk).len(), 0, "all of them are loaded: {:?}", desk.asked);
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("> old-batch"), "{}", desk.screen(SIZE));
    desk.keys(":leaked");
    assert!(chosen(&desk).starts_with("✕ revoked   blog/leaked"), "{}", chosen(&desk));
}

#[test]
fn a_server_that_does_not_answer_is_named_and_what_is_loaded_is_still_found() {
    let mut desk = Desk::new(World::large(2_000), SIZE);
    desk.keys("2:");
    desk.world.down = Some(failure(FailureKind::TimedOut, "no answer within 10 s"));
    desk.keys("stale");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Not all keys could be searched. No answer"), "{screen}");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("[Stale"));
}

#[test]
fn words_are_looked_for_as_they_stand_whatever_they_mean_in_a_filter() {
    let mut desk = Desk::new(World::large(2_000), SIZE);
    desk.keys("2:");
    desk.asked.clear();
    type_fast(&mut desk, "status:x \"!idle> ");
    desk.wait(Duration::from_millis(200));
    assert_eq!(key_queries(&desk), ["\"status:x\" \"!idle>\""]);
}

#[test]
fn the_choice_stays_where_it_was_moved_to_when_more_comes() {
    let mut desk = Desk::new(World::large(2_000), SIZE);
    desk.keys("2:");
    type_fast(&mut desk, "s-0001");
    desk.tap(KeyCode::Down);
    let before = chosen(&desk);
    desk.wait(Duration::from_millis(200));
    assert_eq!(chosen(&desk), before);
}

#[test]
fn typing_on_finds_what_typing_all_at_once_finds() {
    let mut world = World::large(300);
    for (at, name) in
        ["Élan vital", "back\\ slash", "redir 0042", "a b c", "x9m1", "straße", "0042"].iter().enumerate()
    {
        world.keys[at * 7].name = (*name).to_owned();
    }
    world.keys[3].project_name = "00_42".into();
    // What stands in the box, below what is typed.
    let found = |desk: &Desk| {
        let screen = desk.screen(SIZE);
        let lines = screen.lines().skip_while(|line| !line.contains("Command palette")).skip(2);
        let box_of = |line: &str| line.split('│').nth(1).map(str::to_owned);
        lines.filter_map(box_of).collect::<Vec<_>>()
    };
    for text in [
        "s-0001",
        "0042",
        "x9m1",
        "redir_live_00",
        "élan v",
        "elan",
        "a b c",
        "back\\ s",
        "key_0000",
        "s s 1 2",
    ] {
        let mut typed = Desk::new(world_of(&world), SIZE);
        typed.keys("2:");
        let mut before = String::new();
        for c in text.chars() {
            type_fast(&mut typed, &c.to_string());
            before.push(c);
            typed.wait(Duration::from_secs(1));
            let mut pasted = Desk::new(world_of(&world), SIZE);
            pasted.keys("2:");
            pasted.paste(&before);
            pasted.wait(Duration::from_secs(1));
            assert_eq!(found(&typed), found(&pasted), "{before}");
        }
        // Rows that change meanwhile are looked at anew.
        typed.world.keys[200].name = format!("{text} renamed");
        typed.tell();
        typed.wait(Duration::from_secs(5));
        typed.happen(Event::Key(KeyPress::plain(KeyCode::Char(' '))));
        type_fast(&mut typed, "ren");
        typed.wait(Duration::from_secs(1));
        assert!(
            typed.screen(SIZE).contains(&format!("shop/{text} renamed")),
            "{text}: {}",
            typed.screen(SIZE)
        );
    }
}

fn world_of(world: &World) -> World {
    World { keys: world.keys.clone(), projects: world.projects.clone(), ..World::empty() }
}

#[test]
fn among_many_loaded_keys_the_best_comes_first_as_among_few() {
    let found = |count: u128| {
        let mut world = World::large(count);
        for (at, name) in
            ["wxexb", "wide-ember-web", "my-web-app", "web-1", "web", "Web-App"].iter().enumerate()
        {
            world.keys[at * 9].name = (*name).to_owned();
        }
        let mut desk = Desk::new(world, SIZE);
        desk.tap(KeyCode::Char('2'));
        let asked = desk.open.iter().find(|(_, request)| matches!(request, Request::Keys { .. })).cloned();
        let page = Page::whole(desk.world.keys.clone());
        desk.open.clear();
        desk.happen(Event::Replied(asked.expect("the keys").0, Ok(Reply::Keys { page, etag: None })));
        desk.keys(":web");
        let screen = desk.screen(SIZE);
        assert!(screen.contains("│ 6 · ↑ ↓ choose"), "{screen}");
        let lines = screen.lines().filter(|line| line.contains("shop/"));
        let names: Vec<String> =
            lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        names.iter().map(|line| line.split(" · ").next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let few = found(60);
    assert_eq!(few.len(), 6, "{few:?}");
    assert!(few[0].ends_with("key shop/web"), "{few:?}");
    assert_eq!(few, found(6_000));
}

/// The name of the chosen key.
fn chosen_key(desk: &Desk) -> String {
    let line = chosen(desk);
    line.split_whitespace().find_map(|word| word.strip_prefix("shop/")).expect("a key").to_owned()
}

#[test]
fn what_was_seen_chosen_stays_chosen_when_the_server_finds_better() {
    let mut world = World::large(2_000);
    // Its row is not loaded, and it fits best.
    world.keys[1999].name = "s-00192".into();
    let mut desk = Desk::new(world, SIZE);
    desk.keys("2:");
    type_fast(&mut desk, "s-00192");
    let seen = chosen_key(&desk);
    assert_ne!(seen, "s-00192");
    desk.wait(Duration::from_millis(200));
    assert!(desk.screen(SIZE).contains("shop/s-00192"), "{}", desk.screen(SIZE));
    assert_eq!(chosen_key(&desk), seen, "{}", desk.screen(SIZE));
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains(&format!("> {seen}")), "{}", desk.screen(SIZE));
}

#[test]
fn enter_before_the_answer_acts_on_nothing_else_than_was_seen() {
    let mut world = World::large(2_000);
    world.keys[1999].name = "s-00192".into();
    let mut desk = Desk::new(world, SIZE);
    desk.keys("2:");
    type_fast(&mut desk, "s-00192");
    let seen = chosen_key(&desk);
    desk.tap(KeyCode::Enter);
    desk.wait(Duration::from_millis(200));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Command palette") && screen.contains("shop/s-00192"), "{screen}");
    assert!(screen.contains("Better matches arrived. Press Enter again to choose."), "{screen}");
    assert_eq!(chosen_key(&desk), seen);
}

#[test]
fn the_help_explains_the_signs_of_the_states() {
    let size = (80, 24);
    let mut desk = Desk::new(World::small(), size);
    desk.keys("2?");
    let legend = "● in use  ○ new  ◐ idle  ▲ stale  ‖ paused  … revoking  ✕ revoked";
    assert!(desk.screen(size).contains(legend), "{}", desk.screen(size));
    desk.press(KeyCode::Esc);
    // The palette explains nothing.
    desk.keys(":");
    assert!(!desk.screen(size).contains(legend), "{}", desk.screen(size));
}

#[test]
fn an_action_comes_before_a_key_whose_name_begins_with_the_same_letters() {
    let mut world = World::small();
    world.keys[0].name = "exporter".into();
    let mut desk = Desk::new(world, SIZE);
    desk.keys("2:exp");
    assert!(chosen(&desk).contains("export"), "{}", desk.screen(SIZE));
    assert!(!chosen(&desk).contains("exporter"), "{}", desk.screen(SIZE));
    // The whole name means the key.
    desk.keys("orter");
    assert!(chosen(&desk).contains("exporter"), "{}", desk.screen(SIZE));
}

#[test]
fn nothing_of_a_cut_key_but_its_public_start_is_looked_for() {
    let mut desk = Desk::new(World::large(2_000), SIZE);
    let mask = desk.world.keys[777].hint.to_string();
    let start = &mask[.."redir_live_".len() + 4];
    let cut = &format!("{start}Q9wErTyUiOpAsDfGhJk");
    desk.keys("2:");
    desk.asked.clear();
    type_fast(&mut desk, cut);
    desk.wait(Duration::from_secs(1));
    assert_eq!(key_queries(&desk), [format!("\"{start}\"")]);
    let screen = desk.screen(SIZE);
    assert!(!screen.contains(&cut[..=start.len()]), "{screen}");
    // The start alone finds the same.
    let found = chosen(&desk);
    desk.happen(Event::Key(KeyPress::ctrl('u')));
    type_fast(&mut desk, start);
    desk.wait(Duration::from_secs(1));
    assert_eq!(chosen(&desk), found);
}
