//! Evidence packs from the dashboard: created, verified, saved, and signed.

use keydeck::pack;
use keydeck::tui::model::{CopyText, Effect, Event, FailureKind, KeyCode, KeyPress, Setup};
use keydeck::wire::audit::Action;
use keydeck::wire::reviews::ReviewStatus;
use keydeck::wire::tokens::Role;

#[cfg(unix)]
use super::export::starts;
use super::reviews::{SIZE, queue, reviewed};
use crate::support::fixtures::{Desk, World, failure, setup};
#[cfg(unix)]
use crate::support::home::Home;
use crate::support::stage::Stage;

/// A review that was executed a moment ago, with its result on the screen.
fn executed() -> Stage {
    let mut stage = queue(SIZE);
    stage.keys("xXy");
    assert!(stage.screen().contains("1 key revoked:"), "{}", stage.screen());
    stage
}

/// What the dialog says, without its blanks and line breaks.
fn inside(screen: &str) -> String {
    let inner = |row: &str| row.split('│').nth(1).unwrap_or_default().replace(' ', "");
    screen.lines().map(inner).collect()
}

/// How often a report was created, as the audit log says.
fn reports(stage: &Stage) -> usize {
    let events = stage.events();
    events.iter().filter(|event| event.action == Action::ReportCreated).count()
}

#[test]
fn a_pack_is_saved_verified_and_its_head_signed_without_being_typed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("q4.tar.gz");
    let mut stage = executed();
    assert!(stage.screen().contains("E create the pack"), "{}", stage.screen());
    stage.keys("E");
    let screen = stage.screen();
    for part in ["Create an evidence pack", "review Stale keys, November 2026", "all keys (masked)"] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    stage.press(KeyCode::Enter);
    assert!(stage.screen().contains("! Type a path, such as ~/keydeck-report-"), "{}", stage.screen());
    stage.keys(&path.display().to_string());
    stage.press(KeyCode::Enter);
    let screen = stage.screen();
    assert!(screen.contains("Evidence pack created") && screen.contains("(32 in scope)"), "{screen}");
    let opened = pack::open(&path).expect("a pack");
    let head = pack::verify(opened.folder(), None).expect("it verifies").head.to_string();
    assert!(inside(&screen).contains(&head), "the whole head: {screen}");
    stage.keys("y");
    let copied = stage.effects.last().cloned();
    assert_eq!(copied, Some(Effect::Copy(CopyText::Public("head", head.clone()))));
    // The head is in the field, and who executed may sign on purpose only.
    stage.keys("X");
    let screen = stage.screen();
    assert!(screen.contains("Sign this review") && screen.contains(&head[head.len() - 40..]), "{screen}");
    stage.press(KeyCode::Enter);
    assert!(stage.screen().contains("sign anyway"), "{}", stage.screen());
    stage.press(KeyCode::Enter);
    assert!(!stage.screen().contains("Sign this review"), "{}", stage.screen());
    assert_eq!(reports(&stage), 1);
    let signed = stage.events().into_iter().find(|event| event.action == Action::ReviewSigned);
    assert_eq!(signed.expect("it is signed").detail_text("head"), Some(&*head));
}

#[test]
fn a_path_that_cannot_be_written_is_answered_before_the_server_creates_a_report() {
    let folder = tempfile::tempdir().expect("a folder");
    let taken = folder.path().join("q4.tar.gz");
    std::fs::write(&taken, "mine").expect("written");
    let mut stage = executed();
    stage.keys("E");
    stage.keys(&taken.display().to_string());
    stage.press(KeyCode::Enter);
    let words = inside(&stage.screen());
    assert!(
        words.contains("alreadyexists;filesareneveroverwritten;q4-2.tar.gzisfree."),
        "{}",
        stage.screen()
    );
    assert!(words.contains("Nopackwassaved."), "{}", stage.screen());
    stage.happen(Event::Key(KeyPress::ctrl('u')));
    stage.keys(&folder.path().join("none/q4.tar.gz").display().to_string());
    stage.press(KeyCode::Enter);
    let words = inside(&stage.screen());
    assert!(words.contains("doesnotexist"), "{}", stage.screen());
    assert_eq!(reports(&stage), 0, "nothing was asked of the server");
    assert_eq!(std::fs::read_to_string(&taken).expect("it is there"), "mine");
    // A directory that exists gets the usual name, and a name without an ending becomes a directory.
    for (typed, made) in
        [(folder.path().to_owned(), "keydeck-report-2026-11-23.tar.gz"), (folder.path().join("q4"), "q4")]
    {
        stage.happen(Event::Key(KeyPress::ctrl('u')));
        stage.keys(&typed.display().to_string());
        stage.press(KeyCode::Enter);
        assert!(stage.screen().contains("Evidence pack created"), "{}", stage.screen());
        let opened = pack::open(&folder.path().join(made)).expect("a pack");
        pack::verify(opened.folder(), None).expect("it verifies");
        stage.press(KeyCode::Esc);
        stage.keys("5gE");
        stage.keys("p");
    }
    let left = std::fs::read_dir(folder.path()).expect("it is there").count();
    assert_eq!(left, 3, "nothing else is left there");
}

#[test]
fn the_export_offers_a_pack_where_keys_can_be_in_its_scope() {
    let mut stage = Stage::new(SIZE);
    for (view, offers) in [("1", false), ("2", true), ("3", true), ("4", false), ("5", true), ("6", false)] {
        stage.keys(view);
        stage.keys("E");
        let screen = stage.screen();
        assert!(screen.contains("Export this view"), "{view}: {screen}");
        assert_eq!(screen.contains("p  Evidence pack"), offers, "{view}: {screen}");
        stage.press(KeyCode::Esc);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("stale");
    stage.keys("3Ep");
    let screen = stage.screen();
    assert!(
        screen.contains("keys idle for 90 days or more") && screen.contains("!status:revoked"),
        "{screen}"
    );
    stage.keys(&path.display().to_string());
    stage.press(KeyCode::Enter);
    assert!(stage.screen().contains("(32 in scope)"), "as many as the view has: {}", stage.screen());
    assert!(!stage.screen().contains("X sign"), "there is no review to sign: {}", stage.screen());
    // Of one project, it has exactly its keys.
    stage.press(KeyCode::Esc);
    stage.keys("1");
    stage.press(KeyCode::Enter);
    stage.keys("Ep");
    assert!(stage.screen().contains("project=prj_"), "{}", stage.screen());
}

#[test]
fn a_pack_that_is_not_created_says_why_and_can_be_tried_again() {
    let (mut desk, _) = reviewed(World::small());
    desk.keys("5rEp");
    let suggestion = "keydeck-report-2026-11-23.tar.gz";
    assert!(desk.screen(SIZE).contains(suggestion), "{}", desk.screen(SIZE));
    desk.world.down = Some(failure(FailureKind::Unreachable, "no answer from the server"));
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("! No answer from the server. No pack was saved."), "{screen}");
    assert!(screen.contains(suggestion) && screen.contains("Enter create the pack"), "{screen}");
    desk.press(KeyCode::Esc);
    assert!(!desk.screen(SIZE).contains("evidence pack"), "{}", desk.screen(SIZE));
}

#[test]
fn a_pack_that_comes_after_its_dialog_was_closed_is_told() {
    let (mut desk, _) = reviewed(World::small());
    desk.keys("5rEp");
    desk.happen(Event::Key(KeyPress::plain(KeyCode::Enter)));
    assert!(desk.screen(SIZE).contains("Creating and verifying the pack…"), "{}", desk.screen(SIZE));
    desk.happen(Event::Key(KeyPress::plain(KeyCode::Esc)));
    assert!(!desk.screen(SIZE).contains("Create an evidence pack"), "{}", desk.screen(SIZE));
    desk.answer();
    assert!(desk.screen(SIZE).contains("✓ Evidence pack saved to /work/q4.tar.gz"), "{}", desk.screen(SIZE));
}

#[test]
fn a_pack_that_does_not_verify_is_kept_and_not_offered_to_be_signed() {
    let (mut desk, _) = reviewed(World::small());
    desk.world.reviews.all[0].0.status = ReviewStatus::Executed;
    desk.world.pack_fault = Some("keys.csv line 3: differs".into());
    desk.keys("5rEp");
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    for part in
        ["/work/q4.tar.gz", "! This pack does not verify: keys.csv line 3: differs.", "▲ Evidence pack saved"]
    {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    assert!(!screen.contains("sign") && !screen.contains("No pack was saved"), "{screen}");
}

#[test]
fn who_may_change_nothing_creates_no_pack_and_an_auditor_does() {
    let (mut desk, _) = reviewed(World::small());
    desk.world.role = Role::Auditor;
    desk.connect();
    desk.keys("5rEp");
    assert!(desk.screen(SIZE).contains("Create an evidence pack"), "{}", desk.screen(SIZE));
    let (desk, _) = reviewed(World::small());
    let mut desk = Desk::with(desk.world, Setup { read_only: true, ..setup(SIZE) });
    desk.connect();
    desk.keys("5rEp");
    let screen = desk.screen(SIZE);
    assert!(!screen.contains("Create an evidence pack") && screen.contains("read-only"), "{screen}");
}

#[cfg(unix)]
#[test]
fn the_terminal_saves_packs_beside_each_other_under_their_usual_name() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    home.ok(&["audit", "review", "start", "Autumn"]);
    let folder = home.path().join("packs");
    std::fs::create_dir(&folder).expect("a folder");
    let mut pty = starts(&home, &folder, "--no-edge");
    for _ in 0..2 {
        pty.press("5");
        pty.sees("Autumn");
        pty.press("E");
        pty.sees("p  Evidence pack");
        pty.press("p");
        pty.sees("Create an evidence pack");
        pty.press("\r");
        pty.sees("Evidence pack created");
        pty.press("\r");
        pty.sees_no_more("Evidence pack created");
    }
    pty.press("q");
    pty.ends();
    let entries = std::fs::read_dir(&folder).expect("a folder").flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(
        names.iter().all(|name| name.starts_with("keydeck-report-") && name.ends_with(".tar.gz")),
        "{names:?}"
    );
    for name in names {
        home.ok(&["audit", "verify", &folder.join(name).display().to_string()]);
    }
}
