//! `keydeck login`, `keydeck contexts`, and commands in a context.

use std::path::PathBuf;

use keydeck::secret::{Kind, Secret};

use super::keys::json;
use crate::support::certificates::Certificates;
use crate::support::home::Home;
use crate::support::hostile::WHOLE_KEY;
use crate::support::process::{Running, assert_failed, errors, feed};

const UNKNOWN: &str = "redir_mgmt_AbCdEfGhIjKlMnOpQrStUvWxYz3iKEgY";

/// A server of another user: its URL and its admin's token.
pub(crate) struct Elsewhere {
    pub(crate) home: Home,
    pub(crate) owner: Running,
    pub(crate) url: String,
    pub(crate) token: String,
}

impl Elsewhere {
    pub(crate) fn start(flags: &[&str]) -> Elsewhere {
        let home = Home::new();
        let any = ["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"];
        let owner = home.start(&[&any[..], flags].concat());
        owner.until_said("keydeck: ready");
        let line = owner.until_said("management API on ");
        let url = line.rsplit_once(' ').expect("a URL").1.to_owned();
        let token = std::fs::read_to_string(home.data().join("admin-token")).expect("a token");
        Elsewhere { home, owner, url, token: token.trim().to_owned() }
    }
}

fn config(home: &Home) -> PathBuf {
    home.path().join("config/keydeck/config.toml")
}

fn configure(home: &Home, text: &str) {
    std::fs::create_dir_all(config(home).parent().expect("a folder")).expect("a folder");
    std::fs::write(config(home), text).expect("a file");
}

/// Logs this user in there.
pub(crate) fn login(home: &Home, elsewhere: &Elsewhere, name: &str) {
    let out = feed(home.command(&["login", &elsewhere.url, "--name", name]), &elsewhere.token);
    assert!(out.status.success(), "{}", errors(&out));
}

#[test]
fn login_stores_the_token_in_a_private_file_where_there_is_no_keyring_and_says_so() {
    let there = Elsewhere::start(&[]);
    there.home.ok(&["projects", "create", "theirs"]);
    let home = Home::new();
    let out = feed(home.command(&["login", &there.url, "--name", "shop"]), &format!("{}\n", there.token));
    assert!(out.status.success(), "{}", errors(&out));
    assert!(out.stdout.is_empty());
    let said = errors(&out);
    let file = home.path().join("state/keydeck/tokens/shop");
    assert!(said.contains("as token:admin (admin)") && said.contains(file.to_str().unwrap()), "{said}");
    assert!(!said.contains(&there.token), "{said}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        for (path, mode) in [(file.as_path(), 0o600), (file.parent().unwrap(), 0o700)] {
            assert_eq!(std::fs::metadata(path).expect("it").permissions().mode() & 0o777, mode);
        }
    }
    assert_eq!(home.files_holding(&there.token), vec![file], "nowhere else");
    assert_eq!(
        std::fs::read_to_string(config(&home)).expect("the configuration"),
        format!("context = \"shop\"\n\n[contexts.shop]\nserver = \"{}\"\n", there.url)
    );

    // From now on commands go there.
    assert!(home.ok(&["projects", "list"]).contains("theirs"));
    assert!(!home.data().exists(), "no database was made here");
    let list = json(&home.ok(&["contexts", "list", "--output", "json"]));
    assert_eq!(
        list["items"][0],
        serde_json::json!({
            "name": "default", "current": false, "server": null, "database": null, "colour": null,
            "prod": false, "readOnly": false,
        })
    );
    assert_eq!((&list["items"][1]["name"], &list["items"][1]["current"]), (&"shop".into(), &true.into()));

    // Flags and the environment are stronger, and so is another choice.
    home.ok(&["--context", "default", "projects", "create", "mine"]);
    assert!(!home.ok(&["--context", "default", "projects", "list"]).contains("theirs"));
    let mut command = home.command(&["projects", "list"]);
    let out = command.env("KEYDECK_CONTEXT", "default").output().expect("it runs");
    assert!(String::from_utf8_lossy(&out.stdout).contains("mine"));
    home.ok(&["contexts", "use", "default"]);
    assert!(home.ok(&["projects", "list"]).contains("mine"));
    home.ok(&["contexts", "use", "shop"]);
    assert!(home.ok(&["projects", "list"]).contains("theirs"));

    // Removed, nothing of it is left.
    let out = home.run(&["contexts", "remove", "shop"]);
    assert!(out.status.success() && errors(&out).contains("deleted its token from"), "{}", errors(&out));
    assert_eq!(home.files_holding(&there.token), Vec::<PathBuf>::new());
    assert!(home.ok(&["projects", "list"]).contains("mine"));
}

/// Where a keyring runs, and what is done in its session: log in, ask, remove. `$0` is the program, `$1` the server.
#[cfg(target_os = "linux")]
const IN_A_SESSION: &str = r#"
printf password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
"$0" login "$1" --name shop && "$0" doctor; "$0" projects list
echo "files: $(find . -path '*tokens/*')"
"$0" contexts remove shop
echo "left: $(secret-tool search service keydeck 2>/dev/null)"
"#;

/// The keyring of GNOME, for real, in a session bus of its own.
#[cfg(target_os = "linux")]
#[test]
fn login_stores_the_token_in_the_keyring_where_there_is_one() {
    if let Some(missing) = ["dbus-run-session", "gnome-keyring-daemon", "secret-tool"]
        .into_iter()
        .find(|name| crate::support::program(name).is_none())
    {
        return crate::support::skipped(&format!("{missing} is not installed"));
    }
    let there = Elsewhere::start(&[]);
    there.home.ok(&["projects", "create", "theirs"]);
    let home = Home::new();
    let program = home.command(&[]);
    let mut command = std::process::Command::new("dbus-run-session");
    command.args(["--", "sh", "-c", IN_A_SESSION]).arg(program.get_program()).arg(&there.url);
    command.env_clear().current_dir(home.path());
    command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let out = feed(command, &there.token);
    let (text, said) = (String::from_utf8_lossy(&out.stdout), errors(&out));
    assert!(said.contains("token saved in the system keyring"), "{said}");
    assert!(!said.contains(&there.token) && !text.contains(&there.token), "{said}{text}");
    assert!(text.contains("tokens stored in the system keyring"), "{text}");
    assert!(text.contains("theirs"), "commands use it: {text}{said}");
    assert!(text.contains("files: \n"), "no file holds it: {text}");
    assert!(said.contains("deleted its token from the system keyring"), "{said}");
    assert!(text.contains("left: \n"), "{text}");
}

#[test]
fn what_a_person_wrote_in_the_configuration_stays() {
    let there = Elsewhere::start(&[]);
    let home = Home::new();
    let text = "# my settings\ntheme = \"mono\"   # easier on the eyes\n\n[thresholds]\nwarn_days = 7 # a week\n\n\
                [contexts.shop] # the shop\nserver = \"https://old.example.com\" # moves soon\ncolour = \"red\"\nprod = true\n";
    configure(&home, text);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(config(&home), std::fs::Permissions::from_mode(0o640)).expect("a mode");
        // Dotfiles are often links.
        let real = home.path().join("dotfile.toml");
        std::fs::rename(config(&home), &real).expect("moved");
        std::os::unix::fs::symlink(&real, config(&home)).expect("a link");
    }
    login(&home, &there, "shop");
    let expected = text.replace("https://old.example.com", &there.url);
    let expected =
        expected.replace("[thresholds]", "context = \"shop\"\n\n[thresholds]").replace("eyes\n\n", "eyes\n");
    assert_eq!(std::fs::read_to_string(config(&home)).expect("the file"), expected);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert!(std::fs::symlink_metadata(config(&home)).expect("it").is_symlink());
        assert_eq!(std::fs::metadata(config(&home)).expect("it").permissions().mode() & 0o777, 0o640);
    }
    home.ok(&["contexts", "remove", "shop"]);
    let left = std::fs::read_to_string(config(&home)).expect("the file");
    assert!(left.contains("# my settings") && left.contains("# a week") && !left.contains("shop"), "{left}");
}

#[test]
fn a_token_that_is_wrong_is_not_stored() {
    let there = Elsewhere::start(&[]);
    let home = Home::new();
    let live = Secret::generate(Kind::Live).expect("random bytes");
    for (typed, code, about) in [
        ("", 2, "no token; enter it when prompted"),
        ("redir_mgmt_tooshort", 2, "not a management token"),
        (live.reveal(), 2, "redir_mgmt_"),
        (UNKNOWN, 3, "invalid or revoked token"),
    ] {
        let out = feed(home.command(&["login", &there.url]), typed);
        assert_failed(&out, code, about);
        assert!(typed.is_empty() || !errors(&out).contains(typed));
    }
    for (url, code, about) in [
        ("http://keys.example.com", 2, "use https"),
        ("ftp://127.0.0.1", 2, "https://"),
        ("127.0.0.1:9/x?y", 2, "query"),
        ("http://127.0.0.1:9", 6, "cannot reach"),
    ] {
        assert_failed(&feed(home.command(&["login", url]), UNKNOWN), code, about);
    }
    let out = feed(home.command(&["login", &there.url, "--name", "../x"]), &there.token);
    assert_failed(&out, 2, "letters, digits");
    let out = feed(home.command(&["login", &there.url, "--name", "default"]), &there.token);
    assert_failed(&out, 2, "choose another name");
    let out = home.run(&["login", &format!("https://{WHOLE_KEY}")]);
    assert_failed(&out, 2, "whole key");
    assert!(!config(&home).exists() && !home.path().join("state/keydeck/tokens").exists());
    assert_eq!(home.files_holding(&there.token), Vec::<PathBuf>::new());
    drop(there.owner);
}

#[test]
fn a_login_that_fails_at_last_leaves_the_token_that_works() {
    let (there, other) = (Elsewhere::start(&[]), Elsewhere::start(&[]));
    // Breaks the configuration between its reading and its change: while the token is tried.
    let broken = |home: &Home, there: &Elsewhere| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let (file, server) = (config(home), there.url.trim_start_matches("http://").to_owned());
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                std::fs::write(&file, "context = \n").expect("written");
                let far = std::net::TcpStream::connect(&server).expect("it listens");
                for (mut from, mut to) in
                    [(near.try_clone().expect("a copy"), far.try_clone().expect("a copy")), (far, near)]
                {
                    std::thread::spawn(move || std::io::copy(&mut from, &mut to));
                }
            }
        });
        url
    };
    let home = Home::new();
    login(&home, &there, "shop");
    let good = std::fs::read_to_string(config(&home)).expect("the file");
    let url = broken(&home, &other);
    let out = feed(home.command(&["login", &url, "--name", "shop"]), &other.token);
    assert_failed(&out, 2, "config.toml, line 1");
    std::fs::write(config(&home), good).expect("written");
    home.ok(&["projects", "list"]);
    assert_eq!(home.files_holding(&other.token), Vec::<PathBuf>::new());
}

#[test]
fn a_login_leaves_the_token_of_a_context_with_a_similar_name() {
    let (there, other) = (Elsewhere::start(&[]), Elsewhere::start(&[]));
    let home = Home::new();
    login(&home, &there, "a.new");
    login(&home, &other, "a");
    home.ok(&["--context", "a.new", "projects", "list"]);
    home.ok(&["--context", "a", "projects", "list"]);
}

#[test]
fn an_address_that_gets_no_token_is_wrong_whether_there_is_one_or_not() {
    let home = Home::new();
    for (url, about) in [
        ("ftp://x", "must begin with https:// or http://"),
        ("nonsense", "not a URL"),
        ("http://keys.example", "use https"),
    ] {
        assert_failed(&home.run(&["--server", url, "projects", "list"]), 2, about);
    }
    assert_failed(&home.run(&["--server", "https://x", "projects", "list"]), 3, "keydeck login https://x");
}

#[test]
fn something_that_is_not_keydeck_gets_no_context() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("its address"));
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\nConnection: close\r\n\r\n<html>hi</html>");
        }
    });
    let home = Home::new();
    assert_failed(
        &feed(home.command(&["login", &url]), UNKNOWN),
        6,
        "check that the address is a Keydeck management API",
    );
    assert!(!config(&home).exists());
}

#[test]
fn a_context_sends_its_token_to_its_own_server_alone() {
    let (there, other) = (Elsewhere::start(&[]), Elsewhere::start(&[]));
    let home = Home::new();
    login(&home, &there, "shop");
    let text = std::fs::read_to_string(config(&home)).expect("the file").replace(&there.url, &other.url);
    std::fs::write(config(&home), text).expect("written");
    assert_failed(&home.run(&["projects", "list"]), 3, &format!("keydeck login {} --name shop", other.url));
    // Logged in there, the old one is forgotten.
    login(&home, &other, "shop");
    home.ok(&["projects", "list"]);
    assert_eq!(home.files_holding(&there.token), Vec::<PathBuf>::new());
}

#[test]
fn a_private_authority_goes_with_its_context() {
    let folder = tempfile::tempdir().expect("a folder");
    let certificates = Certificates::good(folder.path());
    let there = Elsewhere::start(&certificates.flags());
    let home = Home::new();
    let refused = feed(home.command(&["login", &there.url]), &there.token);
    assert_failed(&refused, 6, "not signed by a trusted CA");
    let authority = certificates.authority.to_str().expect("UTF-8");
    let out = feed(home.command(&["login", &there.url, "--ca-file", authority]), &there.token);
    assert!(out.status.success(), "{}", errors(&out));
    home.ok(&["projects", "list"]);
    let name = there.url.trim_start_matches("https://").replace(':', "-");
    assert!(home.ok(&["contexts", "list"]).contains(&name));
}

#[test]
fn a_read_only_context_changes_nothing_and_a_database_can_be_one() {
    let home = Home::new();
    let database = home.path().join("own.db");
    configure(
        &home,
        &format!(
            "[contexts.mine]\ndatabase = \"sqlite://{0}\"\n[contexts.look]\ndatabase = \"sqlite://{0}\"\nread_only = true\n",
            database.display()
        ),
    );
    home.ok(&["--context", "mine", "projects", "create", "shop"]);
    assert!(database.exists() && !home.data().join("keydeck.db").exists());
    assert!(home.ok(&["--context", "look", "projects", "list"]).contains("shop"));
    let refused = home.run(&["--context", "look", "projects", "create", "x"]);
    assert_failed(&refused, 3, "the context look is read-only");
}

#[test]
fn serve_runs_no_server_elsewhere() {
    let there = Elsewhere::start(&[]);
    let home = Home::new();
    login(&home, &there, "shop");
    let any = ["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"];
    // What clients use from now on is no matter of a server's.
    let owner = home.start(&any);
    owner.until_said("keydeck: ready");
    assert!(home.data().join("keydeck.db").exists());
    assert_failed(&home.run(&[&any[..], &["--context", "shop"]].concat()), 2, "a remote server");
}

#[test]
fn a_context_that_is_none_or_one_too_many_is_wrong_usage() {
    let home = Home::new();
    assert_failed(&home.run(&["--context", "gone", "projects", "list"]), 2, "no contexts yet");
    configure(
        &home,
        "\ncontext = \"gone\"\n[contexts.a]\nserver = \"https://a\"\n[contexts.b]\nserver = \"https://b\"\n",
    );
    let out = home.run(&["projects", "list"]);
    assert_failed(&out, 2, "config.toml, line 2); available: a, b");
    assert_failed(
        &home.run(&["--context", "c", "projects", "list"]),
        2,
        "context \"c\" not found; available: a, b",
    );
    assert_failed(&home.run(&["contexts", "use", "c"]), 4, "context \"c\" not found");
    assert_failed(&home.run(&["contexts", "remove", "default"]), 4, "context \"default\" not found");
    assert_failed(&home.run(&["--context", "gone", "serve"]), 2, "context \"gone\" not found");
    for target in [["--server", "https://x"], ["--database", "sqlite::memory:"]] {
        let out = home.run(&["--context", "a", target[0], target[1], "projects", "list"]);
        assert_failed(&out, 2, &format!("--context and {}", target[0]));
    }
    // It can be mended without an editor.
    home.ok(&["contexts", "use", "default"]);
    home.ok(&["projects", "list"]);
}

#[test]
fn a_program_reads_which_context_was_changed() {
    let home = Home::new();
    configure(&home, "[contexts.prod]\nserver = \"https://keys.example\"\nprod = true\n");
    let prod = |current: bool| {
        serde_json::json!({
            "name": "prod", "current": current, "server": "https://keys.example", "database": null,
            "colour": null, "prod": true, "readOnly": false,
        })
    };
    let used = home.ok(&["contexts", "use", "prod", "--output", "json"]);
    assert_eq!(json(&used), prod(true));
    let default = json(&home.ok(&["contexts", "use", "default", "--output", "json"]));
    assert_eq!((&default["name"], &default["current"]), (&"default".into(), &true.into()));
    let removed = home.ok(&["contexts", "remove", "prod", "--output", "json"]);
    assert_eq!(json(&removed), prod(false));
    // People are told on standard error.
    let out = home.run(&["contexts", "use", "default"]);
    assert_eq!((out.stdout.len(), errors(&out).as_str()), (0, "keydeck: switched to context default\n"));
}
