//! What somebody else does to a key or a project while a dialog about it is open.

use std::time::Duration;

use keydeck::tui::model::{ChangeBatch, Event, KeyCode, Request};
use keydeck::wire::audit::Action;
use keydeck::wire::events::{Changed, Message};
use keydeck::wire::id::ProjectId;
use keydeck::wire::keys::{Key, Status};
use keydeck::wire::projects::Project;

use super::live::changed;
use super::story::dashboard;
use crate::support::fixtures::{Desk, NOW, World, ago, event};
use crate::support::home::Home;

const SIZE: (u16, u16) = (120, 30);

/// The key with this name, revoked by somebody else.
fn revoked_elsewhere(name: &str) -> Key {
    let mut key = World::small().keys.into_iter().find(|key| key.name == name).expect("a key");
    (key.status, key.revoked_at, key.revoked_by) = (Status::Revoked, Some(NOW), Some("token:ci".into()));
    key
}

fn renamed_elsewhere(name: &str, new: &str) -> Key {
    let mut key = World::small().keys.into_iter().find(|key| key.name == name).expect("a key");
    key.name = new.into();
    key
}

fn revocations(desk: &Desk) -> usize {
    let sent = |request: &&Request| matches!(request, Request::RevokeKey { .. } | Request::RevokeKeys(_));
    desk.asked.iter().filter(sent).count()
}

/// The dialog for `web`.
fn asked(mut desk: Desk) -> Desk {
    desk.keys("2/web");
    desk.press(KeyCode::Enter);
    desk.keys("x");
    assert!(desk.screen(SIZE).contains("Revoke this key?"), "{}", desk.screen(SIZE));
    desk
}

#[test]
fn a_key_that_is_revoked_elsewhere_is_said_to_be_in_the_open_dialog_and_nothing_is_sent() {
    for confirm in [KeyCode::Char('y'), KeyCode::Enter, KeyCode::Char(' '), KeyCode::Esc] {
        let mut desk = asked(Desk::new(World::small(), SIZE));
        desk.hears([changed(9, Action::KeyRevoked, &revoked_elsewhere("web"))]);
        let screen = desk.screen(SIZE);
        assert!(screen.contains("Already revoked by token:ci at 2026-"), "{screen}");
        assert!(!screen.contains("Revoke this key?") && !screen.contains("Revoke ]"), "{screen}");
        desk.tap(confirm);
        assert_eq!(revocations(&desk), 0, "{confirm:?}");
        let screen = desk.screen(SIZE);
        assert!(screen.contains("web was already revoked by token:ci"), "{confirm:?}: {screen}");
        assert!(screen.contains("✕ revok"), "the row follows: {screen}");
    }
}

#[test]
fn a_key_that_is_renamed_elsewhere_has_its_new_name_in_the_open_dialog_and_needs_a_fresh_look() {
    let mut desk = asked(Desk::new(World::small(), SIZE));
    desk.hears([changed(9, Action::KeyRenamed, &renamed_elsewhere("web", "site"))]);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("┃ name      site "), "{screen}");
    assert!(screen.contains("Renamed meanwhile (was web in shop). Press y to revoke it."), "{screen}");
    // It was pressed for the old name.
    desk.tap(KeyCode::Char('y'));
    assert!(desk.screen(SIZE).contains("pressed too quickly"), "{}", desk.screen(SIZE));
    desk.wait(Duration::from_millis(400));
    desk.press(KeyCode::Char('y'));
    assert_eq!(revocations(&desk), 1);
    assert_eq!(desk.world.keys[0].status, Status::Revoked);
}

#[test]
fn where_no_event_comes_the_open_dialog_asks_for_its_key() {
    let mut desk = asked(Desk::polling(World::small(), SIZE));
    desk.world.keys[0] = revoked_elsewhere("web");
    desk.wait(Duration::from_secs(4));
    assert!(desk.screen(SIZE).contains("Already revoked by token:ci at"), "{}", desk.screen(SIZE));
    desk.asked.clear();
    desk.wait(Duration::from_secs(20));
    assert_eq!(desk.asked.len(), 0, "nothing more is to be found out");
}

#[test]
fn where_changes_were_left_out_the_open_dialog_asks_for_its_key() {
    let mut desk = asked(Desk::new(World::small(), SIZE));
    desk.world.keys[0] = renamed_elsewhere("web", "site");
    desk.happen(Event::Changes(Box::new(ChangeBatch { reload: true, ..ChangeBatch::default() })));
    desk.answer();
    assert!(desk.screen(SIZE).contains("Renamed meanwhile (was web in shop)"), "{}", desk.screen(SIZE));
}

#[test]
fn the_targets_of_many_follow_what_others_revoke_and_rename() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2ax5");
    assert!(desk.screen(SIZE).contains("Revoke 5 marked keys?"), "{}", desk.screen(SIZE));
    desk.hears([changed(9, Action::KeyRevoked, &revoked_elsewhere("old-batch"))]);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Revoke 4 marked keys?"), "{screen}");
    assert!(screen.contains("old-batch was already revoked by token:ci at 2026-"), "{screen}");
    assert!(screen.contains("Enter revoke 4 keys"), "{screen}");
    desk.hears([changed(10, Action::KeyRenamed, &renamed_elsewhere("mobile", "phone"))]);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("mobile is now phone") && screen.contains("Revoke 4 marked keys?"), "{screen}");
    desk.wait(Duration::from_millis(400));
    // The number that was typed for the others is gone.
    desk.press(KeyCode::Enter);
    assert_eq!(revocations(&desk), 0);
    desk.keys("4");
    desk.press(KeyCode::Enter);
    let ids = desk.asked.iter().find_map(|request| match request {
        Request::RevokeKeys(body) => Some(body.ids.clone()),
        _ => None,
    });
    assert_eq!(ids.map(|ids| ids.len()), Some(4));
}

#[test]
fn what_is_used_while_many_wait_to_be_confirmed_is_still_left_alone() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2ax");
    let mut used = World::small().keys[2].clone();
    (used.last_used_at, used.name) = (Some(NOW), "batch".into());
    desk.hears([changed(9, Action::KeyRenamed, &used)]);
    desk.wait(Duration::from_millis(400));
    desk.keys("5");
    desk.press(KeyCode::Enter);
    let since = desk.asked.iter().find_map(|request| match request {
        Request::RevokeKeys(body) => body.unused_since,
        _ => None,
    });
    assert!(since.is_some_and(|since| since < NOW && since >= ago(3600)), "{since:?}");
}

#[test]
fn another_process_revokes_and_renames_under_an_open_dialog() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    for name in ["web", "mobile"] {
        home.ok(&["keys", "create", name, "--project", "shop"]);
    }
    let mut pty = dashboard(&home, &["--no-edge"]);
    pty.press("2");
    pty.sees("> mobile");
    pty.press("x");
    pty.sees("Revoke this key?");
    home.ok(&["keys", "rename", "shop/mobile", "phone"]);
    pty.sees("Renamed meanwhile (was mobile in shop)");
    home.ok(&["keys", "revoke", "shop/phone", "--yes"]);
    pty.sees("Already revoked by local:");
    pty.press("y");
    pty.sees("phone was already revoked by local:");
    let list = home.ok(&["keys", "list", "--status", "all"]);
    assert!(list.contains("web") && list.matches("revoked").count() == 1, "{list}");
    pty.press("q");
    assert_eq!(pty.ends(), 0);
}

/// The project with this name.
fn project(name: &str) -> Project {
    World::small().projects.into_iter().find(|project| project.name == name).expect("a project")
}

/// A change of a project, as the server tells it; none when it was deleted.
fn project_changed(seq: u64, action: Action, id: ProjectId, project: Option<Project>) -> Message {
    let key = World::small().keys[0].id;
    let event = keydeck::wire::audit::Event { action, key: None, ..event(seq, id, key) };
    Message::Changed(Box::new(Changed { event, key: None, project }))
}

fn writes(desk: &Desk) -> usize {
    desk.asked.iter().filter(|request| request.writes()).count()
}

#[test]
fn the_form_for_another_name_follows_what_others_do_to_its_key() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/web");
    desk.press(KeyCode::Enter);
    desk.keys("e");
    desk.hears([changed(9, Action::KeyRenamed, &renamed_elsewhere("web", "site"))]);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Edit key shop/site") && screen.contains("web is now site"), "{screen}");
    assert!(screen.contains("│ name      site"), "nobody has typed a name yet: {screen}");
    desk.keys("2");
    assert!(desk.screen(SIZE).contains("│ name      site2"), "{}", desk.screen(SIZE));
    desk.hears([changed(10, Action::KeyRenamed, &renamed_elsewhere("web", "shop-site"))]);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("site is now shop-site"), "{screen}");
    assert!(screen.contains("│ name      site2"), "what was typed stays: {screen}");
    desk.hears([changed(11, Action::KeyRevoked, &revoked_elsewhere("web"))]);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("web was already revoked by token:ci at 2026-"), "{screen}");
    desk.press(KeyCode::Enter);
    assert_eq!(writes(&desk), 0, "nothing is left to be renamed");
    let screen = desk.screen(SIZE);
    assert!(!screen.contains("Edit key") && screen.contains("web was already revoked"), "{screen}");
}

#[test]
fn the_form_for_another_name_follows_what_others_do_to_its_project() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("e");
    let blog = project("blog");
    let renamed = Project { name: "journal".into(), ..blog.clone() };
    desk.hears([project_changed(9, Action::ProjectRenamed, blog.id, Some(renamed))]);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Rename project journal") && screen.contains("blog is now journal"), "{screen}");
    desk.hears([project_changed(10, Action::ProjectArchived, blog.id, None)]);
    assert!(desk.screen(SIZE).contains("Project journal was deleted meanwhile"), "{}", desk.screen(SIZE));
    desk.keys("x");
    desk.press(KeyCode::Enter);
    assert_eq!(writes(&desk), 0);
    let screen = desk.screen(SIZE);
    assert!(!screen.contains("Rename project") && screen.contains("was deleted meanwhile"), "{screen}");
}

#[test]
fn the_form_for_a_successor_follows_what_others_do_to_its_key() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/web");
    desk.press(KeyCode::Enter);
    desk.keys("R");
    desk.hears([changed(9, Action::KeyRenamed, &renamed_elsewhere("web", "site"))]);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Rotate key shop/site") && screen.contains("web is now site"), "{screen}");
    // It was pressed for the old name.
    desk.tap(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("pressed too quickly"), "{}", desk.screen(SIZE));
    assert_eq!(writes(&desk), 0);
    let shop = project("shop");
    desk.hears([project_changed(10, Action::ProjectArchived, shop.id, None)]);
    assert!(
        desk.screen(SIZE).contains("site was revoked: project shop was deleted"),
        "{}",
        desk.screen(SIZE)
    );
    desk.wait(Duration::from_millis(400));
    desk.press(KeyCode::Enter);
    assert_eq!(writes(&desk), 0);
    assert!(!desk.screen(SIZE).contains("Rotate key"), "{}", desk.screen(SIZE));
}

#[test]
fn the_deletion_of_a_project_follows_what_others_do_to_it() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("Dblog");
    let blog = project("blog");
    let renamed = Project { name: "journal".into(), ..blog.clone() };
    desk.world
        .projects
        .iter_mut()
        .filter(|project| project.id == blog.id)
        .for_each(|it| *it = renamed.clone());
    desk.hears([project_changed(9, Action::ProjectRenamed, blog.id, Some(renamed))]);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("┃ project   journal") && screen.contains("blog is now journal"), "{screen}");
    // The name that was typed is gone: it was the old one's.
    desk.wait(Duration::from_millis(400));
    desk.press(KeyCode::Enter);
    assert_eq!(writes(&desk), 0);
    assert!(desk.screen(SIZE).contains("Type journal to confirm"), "{}", desk.screen(SIZE));
    // Somebody creates a key in it: its keys are counted again, once.
    desk.answer();
    desk.asked.clear();
    let mut key = World::small().keys.into_iter().find(|key| key.project_id == blog.id).expect("a key");
    key.name = "feed".into();
    desk.hears([changed(10, Action::KeyCreated, &key)]);
    desk.answer();
    let counted = desk.asked.iter().filter(|request| matches!(request, Request::Project(_))).count();
    assert_eq!(counted, 1);
    desk.hears([project_changed(11, Action::ProjectArchived, blog.id, None)]);
    assert!(desk.screen(SIZE).contains("Project journal was deleted meanwhile"), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Enter);
    assert_eq!(writes(&desk), 0);
    assert!(!desk.screen(SIZE).contains("Delete this project?"), "{}", desk.screen(SIZE));
}

#[test]
fn where_no_event_comes_the_forms_ask_for_what_they_are_about() {
    for (open, words) in [("e", "Edit key"), ("R", "Rotate key")] {
        let mut desk = Desk::polling(World::small(), SIZE);
        desk.keys("2/web");
        desk.press(KeyCode::Enter);
        desk.keys(open);
        assert!(desk.screen(SIZE).contains(words), "{}", desk.screen(SIZE));
        desk.world.keys[0] = revoked_elsewhere("web");
        desk.wait(Duration::from_secs(4));
        assert!(desk.screen(SIZE).contains("web was already revoked by token:ci"), "{}", desk.screen(SIZE));
    }
    for open in ["e", "D"] {
        let mut desk = Desk::polling(World::small(), SIZE);
        desk.keys(open);
        desk.world.projects.retain(|project| project.name != "blog");
        desk.wait(Duration::from_secs(4));
        assert!(desk.screen(SIZE).contains("Project blog was deleted meanwhile"), "{}", desk.screen(SIZE));
    }
}

#[test]
fn another_process_renames_and_deletes_under_an_open_form() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    let mut pty = dashboard(&home, &["--no-edge"]);
    pty.press("2");
    pty.sees("> web");
    pty.press("e");
    pty.sees("Edit key shop/web");
    home.ok(&["keys", "rename", "shop/web", "site"]);
    pty.sees("web is now site");
    home.ok(&["projects", "delete", "shop", "--revoke-keys", "--yes"]);
    // By its own revocation, or by the deletion of its project: whichever event comes first.
    pty.sees("! site was ");
    pty.sees("Enter Esc close");
    pty.press("\r");
    pty.sees("Keys");
    pty.press("q");
    assert_eq!(pty.ends(), 0);
}

#[test]
fn who_types_a_reason_at_once_is_heard_from_the_first_letter() {
    for (key, deed) in [("x", "Revoke this key?"), ("P", "Pause this key?")] {
        let mut desk = Desk::new(World::small(), SIZE);
        desk.keys("2/web");
        desk.press(KeyCode::Enter);
        desk.keys(key);
        assert!(desk.screen(SIZE).contains(deed), "{}", desk.screen(SIZE));
        desk.keys("leaked by ann, yes");
        let screen = desk.screen(SIZE);
        assert!(screen.contains(deed) && screen.contains("reason    leaked by ann, yes"), "{screen}");
        assert_eq!(
            desk.asked.iter().filter(|request| request.writes()).count(),
            0,
            "nothing is done by typing"
        );
        desk.press(KeyCode::Enter);
        desk.press(KeyCode::Enter);
        let reason = desk.asked.iter().find_map(|request| match request {
            Request::RevokeKey { reason, .. } | Request::PauseKey { reason, .. } => Some(reason.clone()),
            _ => None,
        });
        assert_eq!(reason, Some(Some("leaked by ann, yes".to_owned())), "{key}");
    }
}

#[test]
fn a_reason_may_begin_with_no_and_esc_leaves_it_before_the_dialog() {
    for (key, deed) in [("x", "Revoke this key?"), ("P", "Pause this key?")] {
        let mut desk = Desk::new(World::small(), SIZE);
        desk.keys("2/web");
        desk.press(KeyCode::Enter);
        desk.keys(key);
        desk.keys("no longer used");
        let screen = desk.screen(SIZE);
        assert!(screen.contains(deed) && screen.contains("reason    no longer used"), "{screen}");
        assert!(
            screen.contains("Enter go to ") && screen.contains("Esc back (keeps the reason)"),
            "{screen}"
        );
        desk.press(KeyCode::Esc);
        let screen = desk.screen(SIZE);
        assert!(screen.contains(deed) && screen.contains("reason    no longer used"), "{screen}");
        assert!(screen.contains("> [ Cancel ]") && screen.contains("Esc cancel"), "{screen}");
        desk.press(KeyCode::Esc);
        assert!(!desk.screen(SIZE).contains(deed), "{}", desk.screen(SIZE));
        assert_eq!(desk.asked.iter().filter(|request| request.writes()).count(), 0, "nothing was done");
    }
}

#[test]
fn where_no_reason_is_asked_for_n_still_says_no() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/web");
    desk.press(KeyCode::Enter);
    desk.keys("Py");
    desk.keys("P");
    assert!(desk.screen(SIZE).contains("Resume this key?"), "{}", desk.screen(SIZE));
    desk.keys("n");
    assert!(!desk.screen(SIZE).contains("Resume this key?"), "{}", desk.screen(SIZE));
    assert_eq!(desk.world.keys[0].status, Status::Paused);
}

#[test]
fn the_keys_of_the_dialog_stay_keys_and_shift_tab_goes_back_the_way_that_tab_came() {
    let mut desk = asked(Desk::new(World::small(), SIZE));
    let focus = |desk: &Desk| {
        let screen = desk.screen(SIZE);
        match (screen.contains("> [ Cancel ]"), screen.contains("> [ y  Revoke ]")) {
            (true, false) => "cancel",
            (false, true) => "revoke",
            _ => "reason",
        }
    };
    let mut forward = vec![focus(&desk)];
    for _ in 0..3 {
        desk.press(KeyCode::Tab);
        forward.push(focus(&desk));
    }
    assert_eq!(forward, ["cancel", "reason", "revoke", "cancel"]);
    let mut back = vec![focus(&desk)];
    for _ in 0..3 {
        desk.press(KeyCode::BackTab);
        back.push(focus(&desk));
    }
    back.reverse();
    assert_eq!(back, forward);
    // j and k move there as the arrows do.
    desk.keys("k");
    assert_eq!(focus(&desk), "revoke");
    desk.keys("j");
    assert_eq!(focus(&desk), "cancel");
    desk.keys(" ");
    assert!(!desk.screen(SIZE).contains("Revoke this key?"), "a blank cancels: {}", desk.screen(SIZE));
    assert_eq!(revocations(&desk), 0);
}
