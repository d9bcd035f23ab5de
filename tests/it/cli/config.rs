//! Flags beat the environment, which beats the file, which beats the default.

use std::ffi::OsString;

use keydeck::config::{Flags, Matters, PlanName, Settings, Source, Target, file};

use crate::support::home::{Home, KEYDECK};
use crate::support::hostile::WHOLE_KEY;
use crate::support::process::{assert_failed, errors};
use crate::support::pty::Pty;

fn load(home: &Home, flags: &Flags, extra: &[(&str, &str)]) -> Settings {
    let config = home.path().join("config.toml").into_os_string();
    let data = home.data().into_os_string();
    let environment = |name: &str| -> Option<OsString> {
        match name {
            "KEYDECK_CONFIG" => Some(config.clone()),
            "KEYDECK_DATA" => Some(data.clone()),
            _ => extra.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value)),
        }
    };
    Settings::load(flags, &environment).expect("settings")
}

fn configured(text: &str) -> Home {
    let home = Home::new();
    std::fs::write(home.path().join("config.toml"), text).expect("a file");
    home
}

#[test]
fn flags_beat_the_environment_which_beats_the_file_which_beats_the_default() {
    let home = configured(
        "server = \"https://file\"\nplan = \"pro\"\ncopy_new_key = false\n[thresholds]\nwarn_days = 7\n",
    );
    let from_file = load(&home, &Flags::default(), &[]);
    assert_eq!(from_file.target().expect("one"), Target::Server("https://file".into()));
    assert_eq!(from_file.plan.value, PlanName::Pro);
    assert_eq!(from_file.plan.source, Source::File(home.path().join("config.toml")));
    assert_eq!((from_file.warn_days.value, from_file.stale_days.value), (7, 90));
    assert_eq!(from_file.stale_days.source, Source::Default);
    assert!(!from_file.copy_new_key.value);

    // The stronger place decides, whichever of the two it names.
    let database = [("KEYDECK_DATABASE", "sqlite::memory:")];
    let from_environment = load(&home, &Flags::default(), &database);
    assert_eq!(from_environment.target().expect("one"), Target::Database("sqlite::memory:".into()));

    let flags = Flags { server: Some("https://flag".into()), plan: Some(PlanName::Free), ..Flags::default() };
    let from_flags = load(&home, &flags, &database);
    assert_eq!(from_flags.target().expect("one"), Target::Server("https://flag".into()));
    assert_eq!((from_flags.plan.value, from_flags.plan.source), (PlanName::Free, Source::Flag));

    let both = [("KEYDECK_DATABASE", "sqlite::memory:"), ("KEYDECK_SERVER", "https://x")];
    let error = load(&home, &Flags::default(), &both).target().expect_err("two");
    assert!(error.to_string().contains("KEYDECK_SERVER and KEYDECK_DATABASE"), "{error}");

    let empty = load(&home, &Flags::default(), &[("KEYDECK_SERVER", "")]);
    assert_eq!(empty.target().expect("one"), Target::Server("https://file".into()), "empty is not set");
}

#[test]
fn a_broken_line_is_named_with_file_line_and_what_was_expected() {
    for (text, line, about) in [
        ("theme = \"default\"\nserver = 7\n", 2, "string"),
        ("# a comment\n\ntheme = \n", 3, "value"),
        ("serber = \"https://x\"\n", 1, "unknown field `serber`"),
        ("\nplan = \"gold\"\n", 2, "enterprise"),
        ("theme = \"twilight\"\n", 1, "default, mono, high-contrast, colour-blind"),
        ("copy_new_key = \"yes\"\n", 1, "boolean"),
        ("[thresholds]\nwarn_days = 0\n", 2, "1 to 36500"),
        ("[thresholds]\nwarn_days = 91\n", 1, "must not exceed stale_days (90)"),
        ("[contexts.a]\nprod = true\n", 1, "server or database is missing"),
        (
            "\n[contexts.a]\nserver = \"x\"\ndatabase = \"y\"\n",
            2,
            "server and database are mutually exclusive",
        ),
        ("[contexts.a]\nserver = \"x\"\ncolour = \"pink\"\n", 3, "magenta"),
        ("[contexts.a]\nserver = \"x\"\nporod = true\n", 3, "unknown field `porod`"),
        ("[contexts.a]\nserver = \"x\"\ntoken = \"secret\"\n", 3, "token_file"),
        ("\n\n[contexts.\"../a\"]\nserver = \"x\"\n", 3, "letters, digits"),
        ("[contexts.default]\nserver = \"x\"\n", 1, "choose another name"),
        ("[contexts]\na = 7\n", 2, "expected a table with server or database"),
        ("clipboard = \"off\"\nclipboard = \"off\"\n", 2, "duplicate"),
        ("mouse = 1\n", 1, "boolean"),
        ("[keys]\nup = 7\n", 2, "a list of keys"),
        ("[keys]\nup = \"u\"\nup = \"i\"\n", 3, "duplicate"),
    ] {
        let home = configured(text);
        let error = file::read(&home.path().join("config.toml"), true).expect_err("broken").to_string();
        assert!(error.contains(&format!("config.toml, line {line}: ")), "{text:?}: {error}");
        assert!(error.contains(about), "{text:?}: {error}");
    }
}

#[test]
fn the_program_says_which_line_is_broken_and_does_nothing() {
    let home = Home::new();
    let folder = home.path().join("config/keydeck");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("config.toml"), "theme = \"default\"\nserver = 7\n").expect("a file");
    let out = home.run(&["keys", "list"]);
    assert_failed(&out, 2, "config.toml, line 2: ");
    assert!(!home.data().exists(), "nothing was made");
}

/// A dashboard with this configuration, and its first screen with the words.
fn started(home: &Home, sees: &str) -> (Pty, String) {
    let mut env = home.env();
    env.push(("KEYDECK_CONFIG", home.path().join("config.toml").display().to_string()));
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let pty = Pty::start(std::path::Path::new(KEYDECK), &["--demo", "--no-edge"], &env, 150, 30);
    let screen = pty.sees(sees);
    (pty, screen)
}

#[test]
fn the_dashboard_says_which_line_is_wrong_and_stays_up() {
    for (text, line, about) in [
        ("[keys]\nup = \"l\"\nrevok = \"X\"\n", 3, "unknown action \"revok\""),
        ("[keys]\nup = \"l\"\n\ndown = [\"d\", \"l\"]\n", 4, "in line 2, to up"),
        ("mouse = true\n[keys]\nrevoke = \"ctrl-x\"\n", 3, "without Ctrl"),
        ("[keys]\nquit = []\n", 2, "quit would be left without a key"),
        ("[keys]\n\nrevoke = \"n\"\n", 3, "n is now bound to revoke; new has no key left, bind one"),
        ("# mine\ntheme = \"twilight\"\n", 2, "unknown theme; expected one of default, mono"),
    ] {
        let home = configured(text);
        let (mut pty, screen) = started(&home, &format!("▲ config.toml, line {line}: "));
        assert!(screen.contains(about), "{text:?}: {screen}");
        pty.sees("live");
        pty.press("q");
        assert_eq!(pty.ends(), 0);
    }
}

#[test]
fn several_wrong_lines_are_all_behind_the_messages_key() {
    let home = configured(
        "theme = \"twilight\"\ncopy_new_key = false\nsparkles = true\n[keys]\nup = 7\n[thresholds]\nwarn_days = 0\n",
    );
    let (mut pty, _) = started(&home, "▲ (3 more: press !) config.toml, line 1: unknown theme");
    pty.press("!");
    let screen = pty.sees("line 7: 0 is not a number of days");
    assert!(screen.contains("line 3: unknown field `sparkles`"), "{screen}");
    assert!(screen.contains("line 5: ") && screen.contains("line 1: "), "{screen}");
}

#[test]
fn what_the_dashboard_can_do_without_is_passed_over_and_nothing_else() {
    let path = |home: &Home| home.path().join("config.toml");
    let home = configured(
        "theme = \"twilight\"\nserver = \"https://x\"\nclipboard = \"command\"\nkeys = { up = 7, down = \"x\" }\n\
         [thresholds]\nwarn_days = 91\n[contexts.a]\ncolour = \"pink\"\nserver = \"https://y\"\nprod = true\n",
    );
    let (stored, faults) = file::forgiving(&path(&home), true);
    let lines: Vec<_> = faults.iter().filter_map(|fault| fault.line).collect();
    assert_eq!(lines, [1, 3, 4, 5, 8], "{faults:?}");
    assert!(faults.iter().all(|fault| fault.matters == Matters::Looks), "{faults:?}");
    assert_eq!(stored.server.as_deref(), Some("https://x"), "what is right holds");
    assert_eq!((stored.theme, stored.clipboard, stored.warn_days), (None, None, None));
    assert_eq!(stored.keys.len(), 1, "down keeps what it was given");
    assert!(stored.contexts[0].prod && stored.contexts[0].colour.is_none());
    for text in [
        "server = 7\n",
        "serber = \"x\"\n",
        "url = \"https://x\"\n",
        "contxt = \"prod\"\n",
        "plan = \"gold\"\n",
        "token = \"x\"\n",
        "context = \"a\"\n[contexts.a]\nserver = \"x\"\nporod = true\n",
        "context = \"a\"\n[contexts.a]\nprod = true\n",
        "theme = \n",
        "mouse = true\nmouse = true\n",
    ] {
        let home = configured(text);
        let mut command = home.command(&[]);
        let out = command.env("KEYDECK_CONFIG", path(&home)).output().expect("it runs");
        assert_failed(&out, 2, "config.toml, line ");
    }
}

#[test]
fn a_token_in_the_file_is_refused_and_not_repeated() {
    let token = "redir_mgmt_AbCdEfGhIjKlMnOpQrStUvWxYz3iKEgY";
    for text in [
        format!("\ntoken = \"{token}\"\n"),
        "\ntoken = \"something else\"\n".to_owned(),
        format!("\nserver = \"https://x/{token}\"\n"),
        format!("\n# {WHOLE_KEY}\n"),
    ] {
        let home = configured(&text);
        let error = file::read(&home.path().join("config.toml"), true).expect_err("refused").to_string();
        assert!(error.contains("line 2") && error.contains("token_file"), "{error}");
        assert!(!error.contains(token) && !error.contains(WHOLE_KEY), "{error}");
    }
}

#[test]
fn a_password_in_a_url_is_refused_or_left_out_and_not_repeated() {
    for text in [
        "\nserver = \"https://u:hunter2@example.com\"\n",
        "[contexts.w]\nserver = \"https://u:hunter2/@example.com\"\n",
        "[contexts.w]\nserver = \"u:hunter2@example.com\"\n",
        "\nplan = \"postgres://u:hunter2@example.com/x\"\n",
        "\nclipboard = \"postgres://u:p@`hunter2@example.com/x\"\n",
        "[thresholds]\nwarn_days = \"postgres://u:hunter2@example.com/x\"\n",
        "\n\"postgres://u:hunter2@example.com/x\" = 1\n",
    ] {
        let home = configured(text);
        for args in [&["contexts", "list"][..], &["--context", "w", "projects", "list"]] {
            let mut command = home.command(args);
            command.env("KEYDECK_CONFIG", home.path().join("config.toml"));
            let out = command.output().expect("it runs");
            let said = errors(&out);
            // Where the context is gone, that is what is said.
            let named = said.contains("config.toml, line 2: ") || said.contains("context \"w\" not found");
            assert!(named && said.lines().count() == 1, "{text:?}: {said}");
            assert!(!said.contains("hunter2"), "{text:?}: {said}");
            let shown = String::from_utf8_lossy(&out.stdout);
            assert!(!shown.contains("hunter2"), "{text:?}: {shown}");
        }
    }
    let home = Home::new();
    for url in ["https://u:hunter2@example.com", "u:hunter2@example.com", "https://u:x/hunter2@example.com"] {
        let flag = home.run(&["--server", url, "contexts", "list"]);
        assert_failed(&flag, 2, "--server: the URL contains a user name or password");
        let variable = home.command(&["contexts", "list"]).env("KEYDECK_SERVER", url).output();
        let variable = variable.expect("it runs");
        assert_failed(&variable, 2, "KEYDECK_SERVER: the URL contains a user name or password");
        let login = home.run(&["login", url]);
        assert_eq!(login.status.code(), Some(2));
        for out in [flag, variable, login] {
            assert!(!errors(&out).contains("hunter2"), "{}", errors(&out));
        }
    }
    let home = configured("context = \"postgres://u:hunter2@example.com/x\"\n");
    let mut command = home.command(&["projects", "list"]);
    let out = command.env("KEYDECK_CONFIG", home.path().join("config.toml")).output().expect("it runs");
    assert_failed(&out, 2, "context \"postgres://…@example.com/x\" not found");
}

#[test]
fn a_named_file_must_be_there_and_a_token_file_well_formed() {
    let home = Home::new();
    let mut command = home.command(&["keys", "list"]);
    let missing = command.env("KEYDECK_CONFIG", "/nowhere/config.toml").output().expect("it runs");
    assert_failed(&missing, 2, "/nowhere/config.toml");

    std::fs::write(home.path().join("token"), WHOLE_KEY).expect("a file");
    let mut command = home.command(&["--server", "http://127.0.0.1:9", "keys", "list"]);
    command.env("KEYDECK_TOKEN_FILE", home.path().join("token"));
    let out = command.output().expect("it runs");
    assert_failed(&out, 2, "redir_mgmt_");
    assert!(!errors(&out).contains(WHOLE_KEY));
    let mut command = home.command(&["keys", "list"]);
    let out = command.env("KEYDECK_TOKEN", "redir_mgmt_short").output().expect("it runs");
    assert_failed(&out, 2, "KEYDECK_TOKEN");
}

#[test]
fn a_clipboard_by_command_needs_the_command() {
    let path = std::path::Path::new("config.toml");
    let stored = file::parse(path, "clipboard = \"command\"\nclipboard_command = [\"wl-copy\", \"-o\"]\n")
        .expect("settings");
    assert_eq!(stored.clipboard_command, Some(vec!["wl-copy".to_owned(), "-o".to_owned()]));
    for text in ["\nclipboard = \"command\"\n", "\nclipboard = \"command\"\nclipboard_command = []\n"] {
        let error = file::parse(path, text).expect_err("no command").to_string();
        assert!(
            error.starts_with("config.toml, line 2: clipboard = \"command\" requires clipboard_command"),
            "{error}"
        );
    }
}

#[test]
fn a_token_is_read_with_a_byte_order_mark_and_anything_else_is_named() {
    let home = Home::new();
    let token = "redir_mgmt_AbCdEfGhIjKlMnOpQrStUvWxYz3iKEgY";
    let utf16: Vec<u8> = token.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let file = home.path().join("token");
    // Nothing listens there: a token that can be read gets as far as that.
    let server = "http://127.0.0.1:9";
    for (bytes, code, about) in [
        (format!("\u{feff}{token}\r\n").into_bytes(), 6, "127.0.0.1:9"),
        (format!("\n  {token}\n\n").into_bytes(), 6, "127.0.0.1:9"),
        (utf16.clone(), 2, "it is UTF-16 text"),
        ([&b"\xff\xfe"[..], &utf16].concat(), 2, "it is UTF-16 text"),
        (format!("{token}\n{token}\n").into_bytes(), 2, "it has 2 lines"),
        (b"# mine\nredir".to_vec(), 2, "it has 2 lines"),
        (b" \n".to_vec(), 2, "it is empty"),
        (b"\xef\xbb\xbf".to_vec(), 2, "it is empty"),
        (vec![b'x'; 100_000], 2, "it is larger than 64 KiB"),
        (b"caf\xe9".to_vec(), 2, "it is not UTF-8 text"),
    ] {
        std::fs::write(&file, &bytes).expect("a file");
        let mut command = home.command(&["--server", server, "keys", "list"]);
        let out = command.env("KEYDECK_TOKEN_FILE", &file).output().expect("it runs");
        assert_failed(&out, code, about);
        let mut command = home.command(&["login", server]);
        let out = command.stdin(std::fs::File::open(&file).expect("it")).output().expect("it runs");
        let login = match about {
            // It is asked for again.
            "it is empty" => "no token; enter it when prompted",
            "it is larger than 64 KiB" => "larger than 64 KiB",
            about => about,
        };
        assert!(errors(&out).contains(login), "no {login:?} in {}", errors(&out));
        if let Ok(text) = String::from_utf8(bytes)
            && !text.contains('\0')
        {
            let mut command = home.command(&["--server", server, "keys", "list"]);
            let out = command.env("KEYDECK_TOKEN", &text).output().expect("it runs");
            let about = if text.len() > 1000 { "not a management token" } else { about };
            assert_failed(&out, code, about);
        }
    }
    for (file, about) in
        [("/dev/zero", "it is a device"), (home.path().to_str().expect("UTF-8"), "it is a directory")]
    {
        let mut command = home.command(&["--server", server, "keys", "list"]);
        let out = command.env("KEYDECK_TOKEN_FILE", file).output().expect("it runs");
        assert_failed(&out, 2, about);
    }
}

/// Lines that are each wrong in another way, and that only the dashboard needs.
const LOOKS: &str = "theme = \"twilight\"\nsparkles = true\nmouse = 1\nclipboard = \"fax\"\ncopy_new_key = \"yes\"\n\
    [keys]\nfoo = \"y\"\nup = 7\nquit = []\n[thresholds]\nwarn_days = 0\nstale_days = \"x\"\n";

fn with_config(home: &Home, args: &[&str]) -> std::process::Output {
    let mut command = home.command(args);
    command.env("KEYDECK_CONFIG", home.path().join("config.toml")).stdin(std::process::Stdio::null());
    command.output().expect("it runs")
}

#[test]
fn a_command_works_whatever_is_wrong_with_what_it_does_not_need_and_warns_in_one_line() {
    let home = configured("[keys]\nfoo = \"y\"\n");
    let out = with_config(&home, &["projects", "list"]);
    assert_eq!(out.status.code(), Some(0), "{}", errors(&out));
    let said = errors(&out);
    assert!(said.starts_with("keydeck: warning: config.toml, line 2: unknown action \"foo\""), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    let home = configured(LOOKS);
    home.ok(&["projects", "create", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    let out = with_config(&home, &["keys", "revoke", "shop/web", "--yes"]);
    assert_eq!(out.status.code(), Some(0), "{}", errors(&out));
    let warnings = errors(&out).lines().filter(|line| line.contains("warning")).count();
    assert_eq!((warnings, errors(&out).lines().count()), (1, 2), "{}", errors(&out));
    assert!(
        errors(&out).contains("line 1: unknown theme") && errors(&out).contains("(9 more; see"),
        "{}",
        errors(&out)
    );
    // A colour, a context that is not meant, a file that is no TOML, one that cannot be read.
    let database = format!("sqlite://{}", home.path().join("there.db").display());
    let named = ["--database", &database, "projects", "list"];
    home.ok(&["--database", &database, "projects", "create", "shop"]);
    for (text, args) in [
        (
            "[contexts.a]\ndatabase = \"sqlite::memory:\"\ncolour = \"pink\"\n",
            &["--context", "a", "projects", "list"][..],
        ),
        (
            "[contexts.a]\ndatabase = \"sqlite::memory:\"\n[contexts.b]\nporod = 1\n",
            &["--context", "a", "projects", "list"],
        ),
        (
            "server = 7\n[contexts.a]\ndatabase = \"sqlite::memory:\"\n",
            &["--context", "a", "projects", "list"],
        ),
        ("plan = \"gold\"\n", &["projects", "list"]),
        ("server = 7\n", &named),
        ("serber = \"https://x\"\n", &named),
        ("this is no TOML\n", &named),
        ("theme = \"mono\nserver = \"x\"\n", &named),
    ] {
        std::fs::write(home.path().join("config.toml"), text).expect("a file");
        let out = with_config(&home, args);
        let said = errors(&out);
        assert_eq!(out.status.code(), Some(0), "{text:?}: {said}");
        assert!(
            said.starts_with("keydeck: warning: config.toml, line ") && said.lines().count() == 1,
            "{text:?}: {said}"
        );
    }
    std::fs::remove_file(home.path().join("config.toml")).expect("it was there");
    let out = with_config(&home, &named);
    assert_eq!((out.status.code(), errors(&out).lines().count()), (Some(0), 1), "{}", errors(&out));
    for (text, args) in [
        (
            "[contexts.a]\nserver = \"https://x\"\nread_only = tru\n",
            &["--context", "a", "projects", "list"][..],
        ),
        ("[contexts.a]\nserver = \"https://x\"\nprod = 1\n", &["--context", "a", "projects", "list"]),
        ("this is no TOML\n", &["projects", "list"]),
        ("plan = \"gold\"\n", &["keys", "create", "x", "--project", "shop"]),
        ("plan = \"gold\"\n", &["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]),
    ] {
        std::fs::write(home.path().join("config.toml"), text).expect("a file");
        let out = with_config(&home, args);
        assert_eq!(out.status.code(), Some(2), "{text:?}: {}", errors(&out));
        assert!(errors(&out).contains("config.toml, line "), "{}", errors(&out));
    }
}

#[test]
fn doctor_names_every_wrong_line() {
    let lines = |text: &str| -> (Option<i32>, Vec<String>) {
        let home = configured(text);
        let out = with_config(&home, &["doctor", "--output", "json"]);
        let found: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
        let checks = found["checks"].as_array().expect("checks").iter();
        let wrong = checks.filter(|check| check["check"] == "configuration" && check["verdict"] == "failed");
        let line = |check: &serde_json::Value| {
            let said = check["said"].as_str().expect("words");
            let line = said.split_once("config.toml, line ").map_or(said, |(_, rest)| rest);
            line.split(':').next().unwrap_or_default().to_owned()
        };
        (out.status.code(), wrong.map(line).collect())
    };
    let (code, wrong) = lines(LOOKS);
    assert_eq!(code, Some(1));
    assert_eq!(wrong, ["1", "2", "3", "4", "5", "7", "8", "9", "11", "12"].map(str::to_owned));
    let (code, wrong) = lines(
        "server = 7\nplan = \"gold\"\ncontext = \"b\"\n[contexts.a]\nporod = 1\n[contexts.b]\nprod = true\n\
         [contexts.c]\nserver = \"https://x\"\ncolour = \"pink\"\n",
    );
    assert_eq!(code, Some(1));
    assert_eq!(wrong, ["1", "2", "5", "6", "10"].map(str::to_owned));
    let (code, wrong) = lines("theme = \n\nmouse = [\n\n[keys]\nfoo = \"y\"\n");
    assert_eq!(code, Some(1));
    assert!(wrong.len() > 1 && wrong[0] == "1", "{wrong:?}");
    assert_eq!(lines("[keys]\nfoo = \"y\"\n"), (Some(1), vec!["2".to_owned()]));
}
