//! What a shell completes: commands, options, and real names, quickly and in silence.

use std::net::TcpListener;
use std::process::{Output, Stdio};

use super::keys::with_key;
use super::serve::address;
use crate::support::home::Home;
use crate::support::skipped;

/// What the program answers to a shell, where the last word is the one being typed.
fn asked(home: &Home, words: &[&str], env: &[(&str, &str)]) -> Output {
    let mut command = home.command(&[&["--", "keydeck"], words].concat());
    command.env("KEYDECK_COMPLETE", "fish").envs(env.iter().copied());
    command.stdin(Stdio::null()).output().expect("the program runs")
}

/// The candidates, without their descriptions. Nothing else is printed.
fn completed(home: &Home, words: &[&str]) -> Vec<String> {
    let out = asked(home, words, &[]);
    assert!(
        out.status.success() && out.stderr.is_empty(),
        "{words:?}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    let text = String::from_utf8(out.stdout).expect("UTF-8");
    let words = text.lines().map(|line| line.split('\t').next().unwrap_or_default());
    // Where nothing was typed, the options follow.
    let options = words.clone().filter(|word| word.starts_with("--")).count();
    let names = if options > 1 { words.clone().count() - options } else { usize::MAX };
    words.take(names).map(str::to_owned).collect()
}

#[test]
fn commands_options_and_real_names_are_completed() {
    let (home, _) = with_key();
    home.ok(&["projects", "create", "The Blog"]);
    home.ok(&["keys", "create", "app", "--project", "shop"]);
    assert_eq!(completed(&home, &["keys", "ro"]), ["rotate", "rotation"]);
    assert_eq!(completed(&home, &["keys", "revoke", "--unu"]), ["--unused-since"]);
    assert_eq!(completed(&home, &["keys", "list", "--status", "p"]), ["paused"]);
    assert_eq!(completed(&home, &["keys", "list", "--status", "un"]), ["unused"]);
    assert_eq!(completed(&home, &["keys", "create", "x", "--project", ""]), ["shop", "The Blog"]);
    assert_eq!(completed(&home, &["projects", "delete", "The"]), ["The Blog"]);
    assert_eq!(completed(&home, &["keys", "show", "shop/w"]), ["shop/web"]);
    let mut keys = completed(&home, &["keys", "revoke", "sh"]);
    keys.sort();
    assert_eq!(keys, ["shop/app", "shop/web"]);
    assert_eq!(completed(&home, &["keys", "show", "nothing"]), Vec::<String>::new());
    // Behind a project the name alone is enough, however the project is written.
    for project in [&["--project", "shop"][..], &["-p", "Shop"], &["--project=shop"]] {
        assert_eq!(completed(&home, &[&["keys", "revoke"], project, &["w"]].concat()), ["web"]);
    }
    assert_eq!(completed(&home, &["keys", "pause", "web", "--project", "s"]), ["shop"]);
    for name in ["Q4 2026", "Q3"] {
        home.ok(&["audit", "review", "start", name]);
    }
    home.ok(&["audit", "review", "cancel", "Q3", "--yes"]);
    for command in [&["audit", "review", "show"][..], &["audit", "events", "--review"]] {
        assert_eq!(completed(&home, &[command, &["Q"]].concat()), ["Q4 2026"]);
    }
    // Others can still use the database: nothing stays open.
    home.ok(&["keys", "revoke", "shop/web", "--yes"]);
    assert_eq!(completed(&home, &["keys", "show", "shop/"]), ["shop/app"], "revoked keys are not offered");
}

#[test]
fn names_come_from_the_process_that_has_the_database() {
    let (home, _) = with_key();
    let owner = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    owner.until_said("keydeck: ready");
    assert_eq!(completed(&home, &["keys", "show", "shop/"]), ["shop/web"]);
    // A server elsewhere is asked with the token of the environment.
    let url = format!("http://{}", address(&owner, "management API"));
    let token = std::fs::read_to_string(home.data().join("admin-token")).expect("a token");
    let other = Home::new();
    let out =
        asked(&other, &["--server", &url, "projects", "rename", "s"], &[("KEYDECK_TOKEN", token.trim())]);
    assert_eq!(String::from_utf8_lossy(&out.stdout).trim_end(), "shop");
    assert!(!other.data().exists());
}

#[test]
fn contexts_are_completed_and_select_where_names_come_from() {
    let (home, _) = with_key();
    let other = home.path().join("other.db");
    let url = format!("sqlite://{}", other.display());
    home.ok(&["--database", &url, "projects", "create", "elsewhere"]);
    std::fs::create_dir_all(home.path().join("config/keydeck")).expect("a folder");
    std::fs::write(
        home.path().join("config/keydeck/config.toml"),
        format!(
            "[contexts.prod]\nserver = \"https://keys.example\"\n[contexts.other]\ndatabase = \"{url}\"\n"
        ),
    )
    .expect("written");
    assert_eq!(completed(&home, &["contexts", "use", ""]), ["other", "prod", "default"]);
    assert_eq!(completed(&home, &["--context", "pr"]), ["prod"]);
    assert_eq!(completed(&home, &["--context", "other", "projects", "delete", ""]), ["elsewhere"]);
    assert_eq!(completed(&home, &["--context=other", "projects", "delete", ""]), ["elsewhere"]);
    assert_eq!(completed(&home, &["projects", "delete", ""]), ["shop"]);
    // No token, and nobody is asked for one.
    assert_eq!(completed(&home, &["--context", "prod", "projects", "delete", ""]), Vec::<String>::new());
}

#[test]
fn without_a_database_or_an_answer_there_are_no_names_and_no_words() {
    let home = Home::new();
    assert_eq!(completed(&home, &["keys", "show", ""]), Vec::<String>::new());
    assert!(!home.data().exists(), "nothing is created");
    // A server that accepts connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let token = [("KEYDECK_TOKEN", "redir_mgmt_AbCdEfGhIjKlMnOpQrStUvWxYz3iKEgY")];
    let out = asked(&home, &["--server", &url, "projects", "delete", "s"], &token);
    assert!(out.status.success() && out.stdout.is_empty() && out.stderr.is_empty(), "{out:?}");
    std::fs::create_dir_all(home.path().join("config/keydeck")).expect("a folder");
    std::fs::write(home.path().join("config/keydeck/config.toml"), "contexts = 7\n").expect("written");
    assert_eq!(completed(&home, &["contexts", "use", ""]), ["default"], "what can be read");
}

#[test]
fn bash_completes_a_key_with_the_printed_script() {
    let (home, _) = with_key();
    let script = home.ok(&["completions", "bash"]);
    let ask = format!(
        "{script}\nCOMP_WORDS=(keydeck keys show sh); COMP_CWORD=3; COMP_TYPE=9; _clap_complete_keydeck keydeck sh show; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    );
    let program = std::path::Path::new(crate::support::home::KEYDECK).parent().expect("a folder");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").expect("a PATH"));
    let mut bash = std::process::Command::new("bash");
    bash.args(["--norc", "-c", &ask]).env_clear().envs(home.env()).env("PATH", path).stdin(Stdio::null());
    let Ok(out) = bash.output() else { return skipped("completions in bash: bash is not installed") };
    assert_eq!(
        String::from_utf8_lossy(&out.stdout),
        "shop/web\n",
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
}
