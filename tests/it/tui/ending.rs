//! What ends the dashboard from outside ends it at once, whatever is under way; and what is to stop it stops it
//! only where somebody can continue it.

use std::time::{Duration, Instant};

use super::leaving::desk;
use super::story::{dashboard, edge, make_key, make_project, project_id, show_key};
use crate::support::display::Tmux;
use crate::support::home::{Home, KEYDECK, get};
use crate::support::process::{Running, parent, signal, work};
use crate::support::pty::Pty;

/// The most that an end may take, and the most work in it, in hundredths of a second.
const AT_ONCE: Duration = Duration::from_secs(1);
const WORK: u64 = 50;
/// So often a time is taken: the machine may be busy with something else. Work is not excused.
const TRIES: u32 = 3;

/// Does what ends a process, and waits for its end.
fn outlives(pid: &str, end: impl FnOnce()) -> Duration {
    let before = work(pid).expect("it runs");
    end();
    let (since, mut last) = (Instant::now(), before);
    while let Some(now) = work(pid) {
        last = now;
        assert!(since.elapsed() < Duration::from_secs(20), "it goes on and on");
        std::thread::park_timeout(Duration::from_millis(5));
    }
    let took = since.elapsed();
    assert!(last - before < WORK, "it worked for {} hundredths of a second", last - before);
    took
}

/// Holds that an end takes less than a second, which each call of `once` brings about and measures.
fn at_once(what: &str, mut once: impl FnMut() -> Option<Duration>) {
    let mut took = Vec::new();
    for _ in 0..TRIES {
        match once() {
            None => return,
            Some(time) if time < AT_ONCE => return,
            Some(time) => took.push(time),
        }
    }
    panic!("{what}: it ended after {took:?} only");
}

/// No fault is written down: an end that is a fault would look like an end.
fn without_fault(home: &Home) {
    let log = std::fs::read_to_string(home.log()).unwrap_or_default();
    assert!(!log.contains("panic") && !log.contains("too long"), "{log}");
}

/// Programs that start a dashboard: as it is, with hangups ignored as `nohup` does, and in another session than
/// its terminal's, where no hangup comes.
fn programs(args: &str) -> [String; 3] {
    [
        format!("exec {KEYDECK} {args}"),
        format!("trap '' HUP; exec {KEYDECK} {args}"),
        format!("setsid {KEYDECK} {args}; exit"),
    ]
}

/// The process of the dashboard in a pane of tmux.
fn in_pane(tmux: &Tmux) -> String {
    let pane = tmux.ask(&["display-message", "-p", "#{pane_pid}"]).trim().to_owned();
    let children = std::fs::read_to_string(format!("/proc/{pane}/task/{pane}/children")).unwrap_or_default();
    let name = |pid: &str| std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    let child = children.split_whitespace().find(|pid| name(pid).trim() == "keydeck");
    child.map_or(pane, str::to_owned)
}

/// Takes the terminal away without a word.
fn take_away(tmux: &Tmux) {
    signal(tmux.ask(&["display-message", "-p", "#{pid}"]).trim(), "KILL");
}

#[test]
fn a_terminal_that_goes_away_ends_it_at_once_with_a_key_on_the_screen() {
    for program in programs("--no-edge") {
        at_once(&program, || {
            let home = Home::new();
            let mut tmux = Tmux::configured(&home, &["sh", "-c", &program], &[], "")?;
            tmux.outer.sees("live");
            make_project(&mut tmux.outer, "shop");
            show_key(&mut tmux.outer, "web");
            let took = outlives(&in_pane(&tmux), || take_away(&tmux));
            without_fault(&home);
            Some(took)
        });
    }
}

/// A server and a key of it, and a dashboard on it in a tmux.
fn desk_in_tmux(home: &Home, program: &str) -> Option<(Running, Tmux)> {
    let server = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    server.until_said("keydeck: ready");
    let url = format!("http://{}", crate::cli::serve::address(&server, "management API"));
    let token = home.data().join("admin-token");
    home.ok(&["projects", "create", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    let env = [("KEYDECK_SERVER", url.as_str()), ("KEYDECK_TOKEN_FILE", token.to_str().expect("UTF-8"))];
    let tmux = Tmux::configured(home, &["sh", "-c", program], &env, "")?;
    tmux.outer.sees("live");
    Some((server, tmux))
}

/// Asks for a key of a server that answers no more.
fn ask_in_vain(pty: &mut Pty, server: &Running) {
    pty.press("2");
    pty.sees("> web");
    pty.press("n");
    pty.sees("New key");
    signal(&server.id().to_string(), "STOP");
    pty.press("late\r");
    pty.until("the waiting", |screen| screen.contains("Creating…") || screen.contains("no answer"));
}

#[test]
fn a_terminal_that_goes_away_ends_it_at_once_with_a_key_under_way() {
    for program in programs("") {
        at_once(&program, || {
            let home = Home::new();
            let (server, mut tmux) = desk_in_tmux(&home, &program)?;
            ask_in_vain(&mut tmux.outer, &server);
            let took = outlives(&in_pane(&tmux), || take_away(&tmux));
            signal(&server.id().to_string(), "CONT");
            without_fault(&home);
            Some(took)
        });
    }
}

#[test]
fn a_signal_ends_it_at_once_with_a_key_under_way() {
    for (name, code) in [("TERM", 143), ("HUP", 129)] {
        at_once(name, || {
            let home = Home::new();
            let (server, mut pty) = desk(&home);
            ask_in_vain(&mut pty, &server);
            let took = outlives(&pty.id().to_string(), || pty.signal(name));
            assert_eq!(pty.ends(), code);
            signal(&server.id().to_string(), "CONT");
            assert!(pty.is_whole(), "{}", pty.screen());
            assert!(pty.scrollback().contains("creating key late was not confirmed"), "{}", pty.scrollback());
            Some(took)
        });
    }
}

#[test]
fn a_signal_ends_it_at_once_where_the_terminal_takes_nothing() {
    at_once("unread", || {
        let home = Home::new();
        let mut pty = dashboard(&home, &["--demo"]);
        let pid = pty.id().to_string();
        let took = pty.unread(|input| {
            // Frame after frame, until it is stuck in writing one.
            for keys in ["1", "2", "3", "4"].iter().cycle().take(400) {
                input.write_all(keys.as_bytes()).expect("the terminal takes input");
                std::thread::park_timeout(Duration::from_millis(3));
            }
            outlives(&pid, || signal(&pid, "TERM"))
        });
        assert_eq!(pty.ends(), 143);
        assert!(pty.is_cooked(), "the shell has its lines and its echo");
        Some(took)
    });
}

#[test]
fn a_signal_ends_it_at_once_where_the_terminal_takes_nothing_more_and_nothing_was_drawn() {
    at_once("held", || {
        let home = Home::new();
        let mut pty = dashboard(&home, &["--no-edge"]);
        let pid = pty.id().to_string();
        // Giving the terminal back is then the first that it does not take.
        pty.hold();
        let took = outlives(&pid, || signal(&pid, "TERM"));
        assert_eq!(pty.ends(), 143);
        assert!(pty.is_cooked(), "the shell has its lines and its echo");
        let log = std::fs::read_to_string(home.log()).unwrap_or_default();
        assert!(log.contains("too long"), "it was not held\n{log}");
        Some(took)
    });
}

#[test]
fn a_signal_loses_no_use_where_others_are_slow_to_end_their_requests() {
    use std::io::Write as _;

    for (name, code) in [("TERM", 143), ("HUP", 129)] {
        let home = Home::new();
        let mut pty = dashboard(&home, &[]);
        let edge = edge(&pty.sees("edge 127.0.0.1:"));
        make_project(&mut pty, "shop");
        let key = make_key(&mut pty, "web");
        let path = format!("/v1/lookup?project={}&path=/a", project_id(&home, "shop"));
        // Somebody has begun a request and does not come to its end.
        let mut slow = std::net::TcpStream::connect(&edge).expect("it listens");
        slow.write_all(b"GET /v1/lookup HTTP/1.1\r\nHost: x\r\n").expect("it reads");
        let answer = get(&edge, &path, &[("X-API-Key", &key)]);
        assert_eq!(answer.status, 204, "{}", answer.head);
        pty.signal(name);
        assert_eq!(pty.ends(), code);
        let shown = home.ok(&["keys", "show", "shop/web", "--output", "json"]);
        let shown: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
        assert!(shown["lastUsedAt"].is_string(), "{name}: the use was written: {shown}");
        assert_eq!(shown["requests30d"], 1);
        let log = std::fs::read_to_string(home.log()).expect("a log");
        assert!(log.contains("database closed"), "{name}: in order\n{log}");
    }
}

#[test]
fn a_signal_loses_no_use_where_the_terminal_takes_nothing() {
    let home = Home::new();
    let mut pty = dashboard(&home, &[]);
    let edge = edge(&pty.sees("edge 127.0.0.1:"));
    make_project(&mut pty, "shop");
    let key = make_key(&mut pty, "web");
    let path = format!("/v1/lookup?project={}&path=/a", project_id(&home, "shop"));
    pty.hold();
    assert_eq!(get(&edge, &path, &[("X-API-Key", &key)]).status, 204);
    pty.signal("TERM");
    assert_eq!(pty.ends(), 143);
    let shown = home.ok(&["keys", "show", "shop/web", "--output", "json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    assert!(shown["lastUsedAt"].is_string(), "the use was written: {shown}");
}

#[test]
fn ctrl_z_stops_nothing_where_the_shell_is_gone_and_its_session_goes_on() {
    // The leader of the session waits; a shell with job control below it starts the dashboard, and is killed.
    let script = format!("sh -c 'set -m; {KEYDECK} --no-edge; exit'; exec sleep 600");
    let home = Home::new();
    let env = home.env();
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut pty = Pty::start("/bin/sh".as_ref(), &["-c", &script], &env, 120, 30);
    pty.sees("live");
    let program = pty.in_front();
    let shell = parent(&program).expect("a shell");
    assert_ne!(shell, pty.id().to_string());
    signal(&shell, "KILL");
    pty.until("nobody above it", |_| parent(&program).is_some_and(|above| above != shell));
    pty.press("\x1a");
    pty.sees("Cannot suspend: there is no shell");
    // It goes on as if nothing had been.
    pty.press("?");
    pty.sees("Keyboard shortcuts");
    pty.press("\x1b");
    pty.sees_no_more("Keyboard shortcuts");
    signal(&program, "TSTP");
    pty.press("n");
    pty.sees("New project");
    assert!(!pty.is_whole());
    signal(&program, "TERM");
    pty.becomes_whole();
}
