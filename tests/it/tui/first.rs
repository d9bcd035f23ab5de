//! An empty server, and the way to its first key.

use keydeck::tui::model::{Event, KeyCode, Place};
use keydeck::wire::tokens::Role;

use crate::support::fixtures::{Desk, World};

const SIZE: (u16, u16) = (100, 30);

/// Presses keys that are no part of a name, and counts them.
struct Counted(Desk, usize);

impl Counted {
    fn press(&mut self, code: KeyCode) {
        self.1 += 1;
        self.0.press(code);
    }
}

#[test]
fn an_empty_server_leads_to_the_first_key_in_three_key_presses() {
    for view in ["1", "2"] {
        let mut desk = Desk::new(World::empty(), SIZE);
        desk.keys(view);
        assert!(desk.screen(SIZE).contains("Enter  create your first key"), "{}", desk.screen(SIZE));
        let mut counted = Counted(desk, 0);
        counted.press(KeyCode::Enter);
        counted.0.keys("shop");
        counted.press(KeyCode::Enter);
        counted.0.keys("web");
        counted.press(KeyCode::Enter);
        let Counted(mut desk, presses) = counted;
        let screen = desk.screen(SIZE);
        let whole = keydeck::secret::find(&screen).is_some();
        assert!(whole && screen.contains("web") && screen.contains("shop"), "{screen}");
        assert_eq!(presses, 3, "names aside");
        desk.press(KeyCode::Enter);
        let screen = desk.screen(SIZE);
        assert!(screen.contains("▸ shop") && screen.contains("> web"), "{screen}");
        desk.press(KeyCode::Esc);
        assert!(!desk.screen(SIZE).contains("Welcome"), "{}", desk.screen(SIZE));
    }
}

#[test]
fn the_page_says_where_the_edge_is_and_leaves_out_what_it_does_not_know() {
    let desk = Desk::new(World::empty(), SIZE);
    let screen = desk.screen(SIZE);
    for words in ["Welcome", "Edge API: http://127.0.0.1:7475", "keydeck --demo", "? help"] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    let mut desk = Desk::cold(World::empty(), SIZE);
    let session = desk.world.session();
    desk.happen(Event::Connected { session, place: Place::default() });
    desk.answer();
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Welcome") && !screen.contains("Edge API"), "{screen}");
}

#[test]
fn who_may_only_look_and_who_has_projects_is_not_led() {
    let auditor = World { role: Role::Auditor, ..World::empty() };
    for world in [auditor, World::small()] {
        let mut desk = Desk::new(world, SIZE);
        assert!(!desk.screen(SIZE).contains("Welcome"), "{}", desk.screen(SIZE));
        desk.press(KeyCode::Enter);
        assert!(!desk.screen(SIZE).contains("Your first key"), "{}", desk.screen(SIZE));
    }
    let mut desk = Desk::new(World::empty(), SIZE);
    desk.keys("/x");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("No projects match"), "{}", desk.screen(SIZE));
}

#[test]
fn esc_leads_away_and_a_plain_new_project_asks_for_no_key() {
    let mut desk = Desk::new(World::empty(), SIZE);
    desk.press(KeyCode::Enter);
    desk.press(KeyCode::Esc);
    assert!(desk.screen(SIZE).contains("Welcome"));
    desk.press(KeyCode::Enter);
    desk.keys("shop");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("New key"));
    desk.press(KeyCode::Esc);
    assert!(desk.screen(SIZE).contains("No API keys yet"), "{}", desk.screen(SIZE));

    let mut desk = Desk::new(World::empty(), SIZE);
    desk.keys("nshop");
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Project shop created") && !screen.contains("New key"), "{screen}");
}
