//! The dashboard takes nothing of its terminal for granted: in real pseudo-terminals and in tmux.

use std::time::{Duration, Instant};

use super::story::{dashboard, edge, job, make_project, start_sized, start_with};
use crate::support::display::Tmux;
use crate::support::home::{Home, KEYDECK, get};
use crate::support::process::signal;
use crate::support::pty::Pty;

/// What a slow connection makes of a sequence: two parts with a pause between. False where this machine was so busy
/// that the pause came near to the time after which a lone ESC is a key.
fn cut(pty: &mut Pty, (first, second): (&str, &str)) -> bool {
    let begun = Instant::now();
    pty.press(first);
    std::thread::park_timeout(Duration::from_millis(30));
    pty.press(second);
    begun.elapsed() < Duration::from_millis(45)
}

#[test]
fn a_sequence_in_two_parts_is_one_key_and_no_commands() {
    let home = Home::new();
    home.ok(&["projects", "create", "blog"]);
    home.ok(&["projects", "create", "shop"]);
    let mut pty = dashboard(&home, &["--no-edge"]);
    pty.sees("> blog");
    pty.press("G");
    pty.sees("> shop");
    // Each of them as letters: delete this project, the contexts, nothing.
    for parts in [("\x1b", "[D"), ("\x1b", "[C"), ("\x1b[", "D"), ("\x1bO", "D"), ("\x1b", "[A")] {
        while !cut(&mut pty, parts) {
            pty.press("\x1b");
        }
        pty.press("?");
        let screen = pty.sees("Keyboard shortcuts");
        assert!(!screen.contains("Delete"), "{parts:?}\n{screen}");
        pty.press("\x1b");
        let screen = pty.sees_no_more("Keyboard shortcuts");
        assert!(!screen.contains("Delete") && !screen.contains("Contexts"), "{parts:?}\n{screen}");
    }
    pty.sees("> blog");
    // Whatever its timing, a sequence that has begun is none of its letters.
    pty.press("\x1b[");
    std::thread::park_timeout(Duration::from_millis(300));
    pty.press("B");
    pty.sees("> shop");
}

#[test]
fn a_paste_in_two_parts_is_no_command() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    let mut pty = dashboard(&home, &["--no-edge"]);
    pty.sees("> shop");
    let (begin, end) = ("\x1b[200~Dnx\rq", "\x1b[201~");
    for (first, second, pause) in [
        ("\x1b[200~", "Dnx\rq\x1b[201~", 1_500),
        ("\x1b[200~D", "nx\rq\x1b[201~", 1_500),
        ("\x1b[20", "0~Dnx\rq\x1b[201~", 300),
        (begin, end, 300),
        ("\x1b[200~Dnx\rq\x1b[20", "1~", 300),
    ] {
        pty.press(first);
        std::thread::park_timeout(Duration::from_millis(pause));
        pty.press(second);
        pty.press("?");
        pty.sees("Keyboard shortcuts");
        pty.press("\x1b");
        let screen = pty.sees_no_more("Keyboard shortcuts");
        assert!(screen.contains("> shop") && !screen.contains("Delete"), "{first:?}\n{screen}");
    }
    // Its end never comes: then keys are keys again.
    pty.press("2");
    pty.sees_no_more("Paste ignored");
    pty.press("\x1b[200~Dn");
    let screen = pty.sees("Paste ignored");
    assert!(!screen.contains("Delete"), "{screen}");
    pty.press("?");
    pty.sees("Keyboard shortcuts");
}

#[test]
fn a_line_break_in_a_name_is_removed_and_that_is_said_at_once() {
    let home = Home::new();
    let mut pty = dashboard(&home, &["--no-edge"]);
    for (name, paste) in [("ab", "\x1b[200~a\nb\x1b[201~"), ("cd", "c\nd"), ("ef", "e\rf"), ("gh", "g\r\nh")]
    {
        pty.press("n");
        pty.sees("New project");
        pty.press(paste);
        let screen = pty.sees("Line break removed.");
        assert!(screen.contains(name) && screen.contains("New project"), "{screen}");
        pty.press("\r");
        pty.sees(&format!("Project {name} created"));
    }
    // A line break that ends what was typed is Enter, as a script sends it.
    make_project(&mut pty, "shop");
}

#[test]
fn ctrl_z_is_refused_where_an_edge_api_would_stop_with_it() {
    let home = Home::new();
    let mut owner = job(&home, &[]);
    let address = edge(&owner.sees("edge 127.0.0.1:"));
    let dashboard = owner.in_front();
    owner.press("\x1a");
    owner.sees("Cannot suspend: that would stop the Edge API. Use `keydeck serve` or --no-edge.");
    // The same from outside.
    owner.press("2");
    owner.sees("[Keys");
    signal(&dashboard, "TSTP");
    owner.press("1");
    owner.sees("[Projects");
    // It answers, whatever it says to a request without a key.
    assert!(get(&address, "/healthz", &[]).status > 0);

    // A client of it stops nothing but itself.
    let mut client = job(&home, &[]);
    client.sees("served by another process");
    client.stop();
    client.go_on();
    client.until_screen("the dashboard", |screen| {
        screen.alternate_screen() && screen.contents().contains("Projects")
    });
    client.press("N");
    client.sees("local database");
    client.press("\x03");
    owner.press("\x03");
}

#[test]
fn who_takes_the_database_over_says_so_and_where_its_own_edge_api_is() {
    let home = Home::new();
    let mut server = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    server.until_said("keydeck: ready");
    let mut client = dashboard(&home, &[]);
    let screen = client.sees("edge 127.0.0.1:");
    let before = edge(&screen);
    assert!(screen.contains("local database") && screen.contains("served by another process"), "{screen}");
    assert!(!screen.contains("socket"), "{screen}");
    server.kill();
    let screen = client.sees("This process now owns the database.");
    assert!(!screen.contains("served by"), "{screen}");
    let now = edge(&screen);
    assert_ne!(now, before);
    client.sees(&format!("Edge API: {now} ({before} has ended)."));
    assert!(get(&now, "/healthz", &[]).status > 0, "it answers there");
    client.press("\x03");
}

#[test]
fn suspended_with_the_database_in_its_hands_it_says_so() {
    let home = Home::new();
    let mut pty = job(&home, &["--no-edge"]);
    pty.stop();
    pty.sees("suspended while owning the database; other commands cannot revoke keys");
    pty.go_on();
    pty.sees("live");
    pty.press("\x03");
}

#[test]
fn every_signal_that_ends_a_process_and_can_be_caught_gives_the_terminal_back() {
    let home = Home::new();
    let mut signals = vec![("ABRT", 6), ("USR1", 10), ("USR2", 12), ("QUIT", 3), ("ALRM", 14), ("XCPU", 24)];
    signals.extend([("XFSZ", 25), ("VTALRM", 26), ("PROF", 27), ("TRAP", 5), ("SYS", 31)]);
    signals.extend([("ILL", 4), ("FPE", 8), ("SEGV", 11)]);
    if cfg!(target_os = "linux") {
        signals.extend([("IO", 29), ("PWR", 30), ("STKFLT", 16), ("BUS", 7), ("40", 40)]);
    }
    for (signal, number) in signals {
        let mut pty = dashboard(&home, &["--demo", "--no-edge"]);
        assert!(!pty.is_whole());
        pty.signal(signal);
        assert_eq!(pty.ends(), 128 + number, "{signal}");
        assert!(pty.is_whole(), "{signal}\n{}", pty.screen());
    }
}

#[test]
fn the_first_frame_clears_what_stood_there_and_ctrl_l_draws_over_what_others_wrote() {
    let home = Home::new();
    let lines = "set -g alternate-screen off\n";
    let script = format!("yes old-text-of-another-program | head -40; exec {KEYDECK} --demo --no-edge");
    let Some(mut tmux) = Tmux::configured(&home, &["sh", "-c", &script], &[], lines) else { return };
    tmux.outer.sees("live");
    tmux.outer.press("2");
    let screen = tmux.outer.sees("****...****");
    assert!(!screen.contains("old-text"), "{screen}");
    // The last count that comes: from here on the rows that are compared stay as they are.
    tmux.outer.sees("Nodes 1");
    let pane = tmux.ask(&["display-message", "-p", "#{pane_tty}"]);
    for (keys, title) in [("", "[Keys 127]"), ("?", "Keyboard shortcuts"), ("n", "New key")] {
        tmux.outer.press(keys);
        tmux.outer.sees(title);
        std::fs::write(pane.trim(), "\x1b[Hwritten over it\x1b[2;1Hby another\x1b[3;1Hprogram")
            .expect("its terminal");
        tmux.outer.sees("written over it");
        tmux.outer.press("\x0c");
        tmux.outer.until("the frame again", |after| {
            let row = |at| after.lines().nth(at).unwrap_or_default();
            let foreign = ["written over it", "by another", "program"];
            after.starts_with("demo ")
                && after.contains(title)
                && row(1).starts_with(" Projects")
                && row(2).starts_with("  NAME")
                && !foreign.iter().any(|text| after.contains(text))
        });
        if !keys.is_empty() {
            tmux.outer.press("\x1b");
            tmux.outer.sees_no_more(title);
        }
    }
}

#[test]
fn a_terminal_that_does_not_know_its_size_is_80x24_or_what_the_variables_say() {
    let home = Home::new();
    for (size, variables, last) in [
        ("rows 0 cols 0", "", 24),
        ("rows 0 cols 80", "", 24),
        ("rows 24 cols 0", "", 24),
        ("rows 0 cols 0", "COLUMNS=100 LINES=28", 28),
        ("rows 0 cols 0", "COLUMNS=0 LINES=many", 24),
    ] {
        let script = format!("stty {size}; exec env {variables} {KEYDECK} --demo --no-edge");
        let env = home.env();
        let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut pty = Pty::start("/bin/sh".as_ref(), &["-c", &script], &env, 120, 30);
        pty.sees("live");
        pty.press("2");
        let screen = pty.sees("▸ all projects");
        assert_eq!(screen.trim_end().lines().count(), last, "{size} {variables}\n{screen}");
        let columns = if variables.contains("COLUMNS=1") { 100 } else { 80 };
        assert!(screen.lines().all(|line| line.chars().count() <= columns), "{size} {variables}\n{screen}");
        // It learns its size later.
        pty.resize(110, 20);
        pty.until("the new size", |screen| screen.trim_end().lines().count() == 20);
        pty.press("\x03");
        assert_eq!(pty.ends(), 0);
    }
}

#[test]
fn where_the_locale_is_not_utf_8_a_mask_reads_right_in_tmux() {
    let home = Home::new();
    let env = [("LC_ALL", "C")];
    let Some(mut tmux) = Tmux::configured(&home, &[KEYDECK, "--demo", "--no-edge"], &env, "") else { return };
    tmux.outer.sees("live");
    tmux.outer.press("2");
    let screen = tmux.outer.sees("****...****");
    assert!(screen.is_ascii(), "{screen}");
    let row = screen.lines().find(|line| line.contains("****...****")).expect("a mask");
    assert!(!row.contains("__") && screen.contains(" * "), "{screen}");
}

#[test]
fn the_setting_decides_about_signs_before_the_locale_does() {
    let home = Home::new();
    let file = home.path().join("mine.toml");
    let config = file.to_str().expect("UTF-8").to_owned();
    for (setting, locale, ascii) in
        [("ascii", "C.UTF-8", true), ("unicode", "C", false), ("auto", "C", true), ("auto", "C.UTF-8", false)]
    {
        std::fs::write(&file, format!("symbols = \"{setting}\"\n")).expect("a file");
        let env = [("KEYDECK_CONFIG", &*config), ("LC_ALL", locale)];
        let mut pty = start_with(&home, &["--demo", "--no-edge"], &env);
        let screen = pty.sees("live");
        assert_eq!(screen.is_ascii(), ascii, "{setting} {locale}\n{screen}");
        pty.press("\x03");
        assert_eq!(pty.ends(), 0);
    }
}

#[test]
fn a_key_that_comes_with_a_resize_is_not_lost() {
    let home = Home::new();
    let mut pty = start_sized(&home, &["--demo", "--no-edge"], (120, 30));
    pty.sees("live");
    let views = [("2", "[Keys"), ("3", "[Stale"), ("4", "[Audit"), ("1", "[Projects")];
    for (turn, (view, tab)) in views.iter().cycle().take(12).enumerate() {
        pty.resize(100 + turn as u16, 30);
        pty.press(view);
        pty.sees(tab);
    }
    pty.press("\x03");
    assert_eq!(pty.ends(), 0);
}
