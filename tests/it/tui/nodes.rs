//! The nodes: their view, what the header says of them, how one is forgotten, and receipts as they come in.

use std::time::Duration;

use keydeck::tui::model::{Contexts, Event, FailureKind, KeyCode, Request, Setup};
use keydeck::wire::audit::Action;
use keydeck::wire::keys::{Receipt, Slowest};
use keydeck::wire::tokens::Role;

use crate::support::fixtures::{Desk, NOW, World, contexts, event, failure, node, setup};

const SIZE: (u16, u16) = (80, 24);
const SECOND: Duration = Duration::from_secs(1);

/// Three nodes; the second is dead, and its lease lasts for so long still.
fn fleet(eu2: i64) -> World {
    let mut world = World::small();
    world.fleet = vec![node(1, "eu-1"), node(2, "eu-2"), node(3, "us-1")];
    world.fleet[1].lease_until = Some(keydeck::wire::time::Timestamp::from_millis(NOW.millis() + eu2));
    world
}

fn row(screen: &str, name: &str) -> String {
    screen
        .lines()
        .skip(1)
        .find(|line| line.contains(&format!(" {name} ")))
        .unwrap_or_else(|| panic!("{screen}"))
        .into()
}

/// All words of the screen, wherever its lines are broken.
fn words(desk: &Desk) -> String {
    let screen = desk.screen(SIZE).replace(['│', '┃'], " ");
    screen.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn header(desk: &Desk) -> String {
    desk.screen(SIZE).lines().next().unwrap_or_default().to_owned()
}

#[test]
fn the_view_lists_the_nodes_by_name_with_what_each_does() {
    let mut world = fleet(8000);
    world.fleet.reverse();
    world.fleet[0].requests_per_second = 1234.4;
    let mut desk = Desk::new(world, SIZE);
    desk.keys("6");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("[Nodes 3]"), "{screen}");
    let at = |name: &str| screen.find(&format!(" {name} ")).unwrap_or_else(|| panic!("{name}: {screen}"));
    assert!(at("eu-1") < at("eu-2") && at("eu-2") < at("us-1"), "{screen}");
    for part in ["● live", "12.5", "just now", "8 s"] {
        assert!(row(&screen, "eu-1").contains(part), "{part}: {screen}");
    }
    assert!(row(&screen, "us-1").contains("1,234"), "{screen}");

    let wide = (200, 50);
    desk.happen(Event::Resize(wide.0, wide.1));
    desk.keys("w");
    let screen = desk.screen(wide);
    for part in ["eu", "0.1.0", "http://127.0.0.1:7701", "17"] {
        assert!(row(&screen, "eu-1").contains(part), "{part}: {screen}");
    }
}

#[test]
fn the_view_is_kept_new_while_it_is_open_and_draws_nothing_where_nothing_changed() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.world.fleet[0].seen_at = NOW + Duration::from_mins(1);
    desk.world.fleet[0].lease_until = None;
    desk.keys("6");
    desk.wait(12 * SECOND);
    let drawn = desk.state.revision();
    let asked = desk.asked.len();
    desk.wait(6 * SECOND);
    assert_eq!(desk.asked[asked..].iter().filter(|asked| **asked == Request::Nodes).count(), 2);
    assert_eq!(desk.state.revision(), drawn);
    desk.world.fleet[0].requests_per_second = 99.9;
    desk.wait(4 * SECOND);
    assert!(desk.screen(SIZE).contains("99.9"), "{}", desk.screen(SIZE));

    // One node that is not shown is asked for seldom.
    desk.keys("1");
    let asked = desk.asked.len();
    desk.wait(30 * SECOND);
    assert!(!desk.asked[asked..].contains(&Request::Nodes));
}

#[test]
fn the_only_node_is_not_forgotten_while_it_serves() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.world.fleet[0].lease_until = Some(NOW + Duration::from_mins(1));
    desk.keys("6x");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("is the only node; stop its server instead"), "{screen}");
    assert!(!screen.contains("Forget this node?"), "{screen}");
}

#[test]
fn a_node_that_is_silent_is_marked_in_the_header_of_every_view() {
    let mut desk = Desk::new(World::small(), SIZE);
    assert!(!header(&desk).contains("node"), "one node is nothing to speak of: {}", header(&desk));
    desk.world.fleet = fleet(8000).fleet;
    desk.keys("r6");
    assert!(header(&desk).contains("3 nodes"), "{}", header(&desk));
    // No change has found out that its lease has ended.
    desk.world.fleet[1].lease_until = Some(NOW);
    desk.world.fleet[0].lease_until = Some(NOW + Duration::from_mins(1));
    desk.world.fleet[2].lease_until = Some(NOW + Duration::from_mins(1));
    desk.wait(6 * SECOND);
    for view in ["1", "2", "3", "4", "5", "6"] {
        desk.keys(view);
        assert!(header(&desk).contains("▲ eu-2 silent"), "{view}: {}", header(&desk));
    }
    let screen = desk.screen(SIZE);
    assert!(row(&screen, "eu-2").contains("▲ silent") && row(&screen, "eu-2").contains("ended"), "{screen}");
    desk.world.fleet[2].live = false;
    desk.wait(4 * SECOND);
    assert!(header(&desk).contains("▲ 1 of 3 nodes live"), "{}", header(&desk));
}

#[test]
fn a_node_lags_once_it_has_not_applied_what_was_there_before() {
    let mut desk = Desk::new(fleet(60_000), SIZE);
    for node in &mut desk.world.fleet {
        node.lease_until = Some(NOW + Duration::from_mins(1));
    }
    desk.keys("6");
    // A change that was committed a moment ago is on its way to every node.
    desk.world.fleet[2].lag = 1;
    desk.wait(3 * SECOND);
    assert!(header(&desk).contains("3 nodes"), "{}", header(&desk));
    desk.wait(3 * SECOND);
    assert!(header(&desk).contains("▲ us-1 behind"), "{}", header(&desk));
    assert!(row(&desk.screen(SIZE), "us-1").contains("◐ behind"), "{}", desk.screen(SIZE));
}

#[test]
fn a_silent_node_is_forgotten_and_the_row_says_so_while_its_lease_ends() {
    let mut desk = Desk::new(fleet(-60_000), SIZE);
    desk.keys("6j");
    assert!(desk.screen(SIZE).contains("x forget"), "{}", desk.screen(SIZE));
    desk.keys("x");
    let screen = desk.screen(SIZE);
    for part in ["Forget this node?", "eu-2", "silent", "it joins again", "y forget"] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    assert!(!screen.contains("This node is serving requests"), "{screen}");
    // Enter takes the harmless answer.
    desk.press(KeyCode::Enter);
    assert!(!desk.asked.iter().any(|asked| matches!(asked, Request::ForgetNode { .. })));

    desk.keys("x");
    desk.tap(KeyCode::Char('y'));
    assert!(
        desk.screen(SIZE).contains("Forgetting… waiting until its lease has ended"),
        "{}",
        desk.screen(SIZE)
    );
    let (id, request) = desk.open.pop().expect("it was asked");
    // The server has barred it, and says so before it answers.
    desk.world.fleet[1].forgotten = true;
    let mut told = event(18, desk.world.projects[0].id, desk.world.keys[0].id);
    (told.action, told.project, told.key) = (Action::NodeForgotten, None, None);
    told.detail = serde_json::json!({ "node": desk.world.fleet[1].id, "name": "eu-2" });
    desk.world.events.push(told);
    desk.wait(5 * SECOND);
    let screen = desk.screen(SIZE);
    assert!(!screen.contains("Forget this node?"), "{screen}");
    assert!(row(&screen, "eu-2").contains("– being forgotten"), "{screen}");
    assert!(!header(&desk).contains("no answer"), "{}", header(&desk));

    let reply = desk.world.answer(&request);
    desk.happen(Event::Replied(id, reply));
    desk.answer();
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Node eu-2 forgotten") && screen.contains("[Nodes 2]"), "{screen}");
}

#[test]
fn two_nodes_of_one_name_are_two_rows_and_the_question_says_which_is_forgotten() {
    let mut world = fleet(-60_000);
    world.fleet[0].name = "eu-2".to_owned();
    let ids = [world.fleet[0].id, world.fleet[1].id];
    let mut desk = Desk::new(world, SIZE);
    desk.keys("6");
    let screen = desk.screen(SIZE);
    let rows: Vec<&str> = screen.lines().filter(|line| line.contains(" eu-2 ")).collect();
    assert!(screen.contains("[Nodes 3]") && rows.len() >= 2, "{screen}");
    let mut forgotten = Vec::new();
    for _ in ids {
        desk.keys("x");
        let screen = desk.screen(SIZE);
        let shown = ids.iter().find(|id| screen.contains(&id.to_string()));
        desk.tap(KeyCode::Char('y'));
        let asked = desk.asked.iter().rev().find_map(|asked| match asked {
            Request::ForgetNode { id, .. } => Some(*id),
            _ => None,
        });
        assert_eq!(shown.copied(), asked, "{screen}");
        forgotten.extend(asked);
        desk.press(KeyCode::Esc);
    }
    forgotten.sort_unstable();
    assert_eq!(forgotten, ids, "each of the two");
}

#[test]
fn to_forget_a_live_node_is_warned_of_and_a_read_only_dashboard_refuses() {
    let mut desk = Desk::new(fleet(8000), SIZE);
    desk.keys("6x");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("▲ This node is serving requests."), "{screen}");
    desk.press(KeyCode::Esc);

    let mut desk = Desk::new(fleet(-60_000), SIZE);
    desk.world.role = Role::Auditor;
    desk.connect();
    desk.keys("6jx");
    let screen = desk.screen(SIZE);
    assert!(
        screen.contains("Permission denied: requires the admin role (you are auditor); ask an admin.")
            && !screen.contains("Forget this node?"),
        "{screen}"
    );
}

#[test]
fn what_takes_an_admin_is_not_offered_to_a_member_and_its_refusal_stays_in_its_view() {
    let refusal = "Permission denied: requires the admin role (you are member); ask an admin.";
    let mut desk = Desk::new(fleet(-60_000), SIZE);
    desk.keys("6j");
    assert!(desk.screen(SIZE).contains("x forget"), "an admin may: {}", desk.screen(SIZE));
    desk.world.role = Role::Member;
    desk.connect();
    assert!(!desk.screen(SIZE).contains("x forget"), "{}", desk.screen(SIZE));
    desk.keys("x");
    assert!(words(&desk).contains(refusal) && !desk.screen(SIZE).contains("Forget this node?"));
    desk.keys("1");
    assert!(!words(&desk).contains("Permission denied"), "{}", desk.screen(SIZE));
    for (role, refusal) in [(Role::Member, refusal), (Role::Auditor, &*refusal.replace("member", "auditor"))]
    {
        desk.world.role = role;
        desk.connect();
        desk.keys("1D");
        assert!(words(&desk).contains(refusal), "{}", desk.screen(SIZE));
        desk.keys("2");
        assert!(!words(&desk).contains("Permission denied"), "{}", desk.screen(SIZE));
    }
    // Where nothing may be changed the role is the reason all the same.
    let mut desk = Desk::with(World { role: Role::Member, ..fleet(-60_000) }, in_locked());
    desk.connect();
    desk.keys("6jx");
    assert!(words(&desk).contains(refusal) && !words(&desk).contains("Type PROD"), "{}", desk.screen(SIZE));
}

/// The start of a dashboard in a context that is locked.
fn in_locked() -> Setup {
    let plain = setup(SIZE);
    let contexts = Contexts { at: 1, ..contexts() };
    let here = contexts.all[1].clone();
    Setup { context: here.title, prod: here.prod, contexts, ..plain }
}

/// Answers all but the revocation.
fn answer_others(desk: &mut Desk) {
    while let Some(at) = desk.open.iter().position(|(_, asked)| !asked.writes()) {
        let (id, request) = desk.open.remove(at);
        let reply = desk.world.answer(&request);
        desk.happen(Event::Replied(id, reply));
    }
}

/// Lets time pass while the revocation is not answered.
fn waits(desk: &mut Desk, time: Duration) {
    let end = desk.now + time;
    desk.tell();
    while let Some(due) = desk.state.next_wake().filter(|due| *due <= end) {
        desk.now = due.max(desk.now);
        desk.happen(Event::Tick(desk.now));
        answer_others(desk);
    }
    desk.now = end;
    desk.happen(Event::Tick(end));
}

#[test]
fn a_revocation_that_waits_says_who_has_confirmed_it_and_for_whom_it_waits() {
    let mut desk = Desk::new(fleet(4000), SIZE);
    desk.keys("2x");
    let asked = desk.asked.len();
    desk.tap(KeyCode::Char('y'));
    assert!(
        desk.screen(SIZE).contains("Revoking… waiting for all nodes to confirm"),
        "{}",
        desk.screen(SIZE)
    );
    waits(&mut desk, Duration::from_millis(200));
    assert!(!desk.asked[asked..].contains(&Request::Nodes), "nobody asks for what is quick");

    let key = desk.world.keys.iter().find(|key| key.name == "new-ci").expect("the first one").clone();
    let mut told = event(18, key.project_id, key.id);
    told.action = Action::KeyRevoked;
    desk.world.events.push(told);
    for node in [0, 2] {
        desk.world.fleet[node].revision = 18;
    }
    desk.world.fleet[1].lag = 1;
    waits(&mut desk, SECOND);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Revoking… 2 of 3 confirmed; eu-2 is silent, its lease"), "{screen}");
    assert!(!screen.contains("no answer"), "{screen}");
    let polled = desk.asked[asked..].iter().filter(|asked| **asked == Request::Nodes).count();
    assert!((2..=4).contains(&polled), "{polled}");
    waits(&mut desk, 4 * SECOND);
    assert!(words(&desk).contains("eu-2 is silent, making sure"), "{}", desk.screen(SIZE));

    let at = desk.open.iter().position(|(_, asked)| asked.writes()).expect("it waits");
    let (id, request) = desk.open.remove(at);
    let mut reply = desk.world.answer(&request).expect("it is revoked");
    if let keydeck::tui::model::Reply::Revoked(done) = &mut reply {
        let slowest = Some(Slowest { node: "us-1".into(), ms: 14 });
        done.receipt =
            Receipt { revision: 18, confirmed_by: 2, nodes: 3, slowest, expired: vec!["eu-2".into()] };
    }
    desk.happen(Event::Replied(id, Ok(reply)));
    desk.answer();
    desk.keys("!");
    let words = words(&desk);
    for part in ["confirmed by 2 of 3 nodes; lease", "refusing all requests: eu-2; slowest us-1 in 14 ms)"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    desk.press(KeyCode::Esc);
    // Nobody asks so often any more.
    let asked = desk.asked.len();
    desk.wait(3 * SECOND);
    assert!(desk.asked[asked..].iter().filter(|asked| **asked == Request::Nodes).count() <= 2);
}

#[test]
fn a_server_without_a_list_of_nodes_is_no_trouble() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.world.fleet.clear();
    desk.keys("6");
    assert!(desk.screen(SIZE).contains("`keydeck serve` starts one"), "{}", desk.screen(SIZE));
}

#[test]
fn without_a_connection_no_node_is_called_silent_or_forgotten() {
    let mut desk = Desk::new(fleet(8000), SIZE);
    desk.keys("6j");
    desk.world.down = Some(failure(FailureKind::Unreachable, "nothing answers at 127.0.0.1:7474"));
    desk.keys("r");
    desk.wait(Duration::from_mins(1));
    let screen = desk.screen(SIZE);
    assert!(header(&desk).contains("disconnected"), "{screen}");
    assert!(
        !screen.contains("silent") && !screen.contains("ended") && !screen.contains("x forget"),
        "{screen}"
    );
    assert!(row(&screen, "eu-2").contains("unknown"), "{screen}");
    desk.keys("x");
    let screen = desk.screen(SIZE);
    assert!(
        !screen.contains("Forget this node?") && screen.contains("state of the nodes is unknown"),
        "{screen}"
    );
    desk.press(KeyCode::Enter);
    assert!(words(&desk).contains("Keydeck is disconnected. The node may be serving requests."));
}
