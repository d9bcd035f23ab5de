//! After a revocation: a new key like the revoked one, and whose project a new key is of.

use keydeck::tui::model::{KeyCode, Request};
use keydeck::wire::keys::{Mode, Status};

use crate::support::fixtures::{Desk, WHOLE_KEY, World, key};

const SIZE: (u16, u16) = (120, 30);

fn created(desk: &Desk) -> Vec<(String, String, Mode)> {
    let name_of =
        |id| desk.world.projects.iter().find(|known| known.id == id).expect("it is there").name.clone();
    let made = desk.asked.iter().filter_map(|request| match request {
        Request::CreateKey { project, key } => Some((name_of(*project), key.name.clone(), key.mode)),
        _ => None,
    });
    made.collect()
}

fn revoke(desk: &mut Desk) {
    desk.press(KeyCode::Char('x'));
    desk.press(KeyCode::Char('y'));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("R new key like it"), "{screen}");
    assert!(!screen.contains("R new key like this"), "the footer says it a second time: {screen}");
}

/// A world in which a test key of the second project is the selected one.
fn at_new_ci() -> Desk {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/new-ci");
    desk.press(KeyCode::Enter);
    desk
}

#[test]
fn the_receipt_offers_a_replacement_with_the_same_name_mode_and_project() {
    let mut desk = at_new_ci();
    revoke(&mut desk);
    desk.keys("R");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("New key like new-ci") && screen.contains("blog"), "{screen}");
    assert!(screen.contains("new-ci is revoked and cannot be rotated. This creates a"), "{screen}");
    desk.press(KeyCode::Enter);
    assert_eq!(created(&desk), [("blog".to_owned(), "new-ci".to_owned(), Mode::Test)]);
    assert!(desk.screen(SIZE).contains(WHOLE_KEY));
}

#[test]
fn the_replacement_has_the_owner_and_the_purpose_too() {
    let mut desk = at_new_ci();
    let at = desk.world.keys.iter().position(|key| key.name == "new-ci").expect("it is there");
    let key = &mut desk.world.keys[at];
    (key.owner, key.purpose) = (Some("platform".into()), Some("Nightly builds".into()));
    desk.tell();
    revoke(&mut desk);
    desk.keys("R");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("platform") && screen.contains("Nightly builds"), "{screen}");
    desk.press(KeyCode::Enter);
    let made = desk.world.keys.last().expect("a key");
    assert_eq!((made.owner.as_deref(), made.purpose.as_deref()), (Some("platform"), Some("Nightly builds")));
}

#[test]
fn where_the_revoked_key_is_no_longer_shown_the_offer_is_about_it_and_not_about_the_next_row() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("3");
    revoke(&mut desk);
    let revoked = desk.world.keys.iter().filter(|key| key.status == Status::Revoked && key.name != "leaked");
    let revoked: Vec<_> = revoked.map(|key| (key.project_name.to_string(), key.name.clone())).collect();
    desk.keys("R");
    desk.press(KeyCode::Enter);
    let [(project, name, _)] = &created(&desk)[..] else { panic!("{:?}", created(&desk)) };
    assert_eq!([(project.clone(), name.clone())], revoked[..]);
}

#[test]
fn the_warning_of_a_second_replacement_says_how_the_first_one_is() {
    for (used, status, words) in [
        (Some(5), Status::Active, "● in use"),
        (Some(300 * 86_400), Status::Active, "▲ stale"),
        (Some(5), Status::Paused, "‖ paused"),
        (None, Status::Active, "never used"),
    ] {
        let mut world = World::small();
        let mut new = key(50, "web-2", &world.projects[1], used);
        (new.rotated_from, new.status) = (Some(world.keys[0].id), status);
        world.keys.push(new);
        let mut desk = Desk::new(world, SIZE);
        desk.keys("2/name=web");
        desk.press(KeyCode::Enter);
        desk.keys("gR");
        let screen = desk.screen(SIZE);
        assert!(screen.contains(&format!("already replaces shop/web ({words}).")), "{words}: {screen}");
    }
}

#[test]
fn from_a_pasted_key_the_same() {
    let mut world = World::small();
    let shop = world.projects[1].clone();
    let leaked = keydeck::secret::Secret::parse(WHOLE_KEY).expect("a right checksum").hint();
    world.keys.push(keydeck::wire::keys::Key { hint: leaked, ..key(70, "pasted", &shop, None) });
    let mut desk = Desk::new(world, SIZE);
    desk.paste(WHOLE_KEY);
    desk.press(KeyCode::Char('x'));
    desk.wait(std::time::Duration::from_millis(400));
    desk.press(KeyCode::Char('y'));
    assert!(desk.screen(SIZE).contains("R new key like it"), "{}", desk.screen(SIZE));
    desk.keys("R");
    desk.press(KeyCode::Enter);
    assert_eq!(created(&desk), [("shop".to_owned(), "pasted".to_owned(), Mode::Live)]);
}

#[test]
fn whoever_does_something_else_rotates_the_selected_key_as_ever() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2");
    revoke(&mut desk);
    desk.keys("j");
    assert!(!desk.screen(SIZE).contains("new key like it"), "{}", desk.screen(SIZE));
    desk.keys("R");
    assert!(!desk.screen(SIZE).contains("New key"), "{}", desk.screen(SIZE));
    assert!(created(&desk).is_empty());
}

#[test]
fn a_name_that_is_taken_again_is_suggested_with_the_next_free_number() {
    let mut world = World::small();
    let blog = world.projects[0].clone();
    world.keys.push(key(70, "Leaked", &blog, None));
    world.keys.push(key(71, "leaked-2", &blog, None));
    let mut desk = Desk::new(world, SIZE);
    desk.keys("2/status:revoked");
    desk.press(KeyCode::Enter);
    // Only the revoked key is shown, and loaded.
    desk.keys("R");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("New key like leaked") && screen.contains("name      leaked-3"), "{screen}");
    desk.press(KeyCode::Enter);
    assert_eq!(created(&desk), [("blog".to_owned(), "leaked-3".to_owned(), Mode::Live)]);
}

#[test]
fn a_key_of_a_deleted_project_says_so_and_offers_no_key_that_cannot_be_created() {
    let mut world = World::small();
    world.projects.retain(|project| project.name != "blog");
    world.keys.retain(|key| &*key.project_name != "blog" || key.status == Status::Revoked);
    let mut desk = Desk::new(world, SIZE);
    desk.keys("2/leaked");
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    let row = screen.lines().find(|line| line.starts_with('>')).expect("a selected row");
    assert!(
        row.contains(" blog "),
        "its name goes before the word where there is no room for both: {screen}"
    );
    assert!(screen.contains("project   blog (deleted)"), "{screen}");
    let footer = screen.lines().last().unwrap_or_default();
    assert!(footer.contains("n new key") && !footer.contains("R new key"), "{screen}");
    desk.keys("R");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Project blog was deleted. No keys can be created in it."), "{screen}");
    // A new key is of a project that exists.
    desk.keys("nfresh");
    assert!(desk.screen(SIZE).contains("< shop >"), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Esc);
    // Among the keys of the deleted project there is nothing to create at all.
    desk.keys("oa");
    let screen = desk.screen(SIZE);
    assert!(!screen.lines().last().unwrap_or_default().contains("n new key"), "{screen}");
    for keys in ["n", "N"] {
        desk.keys(keys);
        assert!(desk.screen(SIZE).contains("Project blog was deleted."), "{}", desk.screen(SIZE));
    }
    assert!(created(&desk).is_empty());
}

#[test]
fn many_keys_revoked_at_once_offer_none() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2");
    desk.keys("  ");
    desk.press(KeyCode::Char('x'));
    desk.keys("2");
    desk.press(KeyCode::Enter);
    desk.press(KeyCode::Esc);
    assert!(!desk.screen(SIZE).contains("new key like it"), "{}", desk.screen(SIZE));
}

#[test]
fn a_new_key_is_of_the_project_of_the_key_last_acted_on_until_another_row_is_chosen() {
    // A key of the second project is pasted and revoked, though the cursor is on the first one.
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("3");
    revoke(&mut desk);
    let project = {
        let revoked =
            desk.world.keys.iter().find(|key| key.status == Status::Revoked && key.name != "leaked");
        revoked.expect("one").project_name.to_string()
    };
    desk.keys("Nfresh");
    desk.press(KeyCode::Enter);
    assert_eq!(created(&desk), [(project, "fresh".to_owned(), Mode::Live)]);
    // Whoever goes to another row means that one's project.
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/web");
    desk.press(KeyCode::Enter);
    revoke(&mut desk);
    desk.keys("1g");
    desk.keys("Nfresh");
    desk.press(KeyCode::Enter);
    assert_eq!(created(&desk)[0].0, "blog");
}

#[test]
fn a_key_that_has_a_replacement_is_revoked_without_the_offer_of_another_one() {
    for (status, offers) in [(Status::Active, false), (Status::Revoked, true)] {
        let mut world = World::small();
        let mut new = key(50, "web-2", &world.projects[1], None);
        (new.rotated_from, new.status) = (Some(world.keys[0].id), status);
        world.keys.push(new);
        let mut desk = Desk::new(world, SIZE);
        desk.keys("2/name=web");
        desk.press(KeyCode::Enter);
        desk.wait(std::time::Duration::from_secs(2));
        desk.keys("xy");
        let screen = desk.screen(SIZE);
        assert!(screen.contains("web revoked (confirmed"), "{screen}");
        assert_eq!(screen.contains("R new key like it"), offers, "{screen}");
    }
}
