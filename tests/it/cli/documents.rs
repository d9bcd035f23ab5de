//! Completions, the manual, the version.

use std::process::{Command, Stdio};

use keydeck::manual::CHAPTERS;

use crate::support::home::{Home, KEYDECK};
use crate::support::process::assert_failed;
#[cfg(unix)]
use crate::support::pty::Pty;
use crate::support::skipped;

#[expect(dead_code, reason = "a build script is a program: its main is called by cargo alone")]
#[path = "../../../src/build.rs"]
mod build;

#[test]
fn each_shell_gets_completions_of_every_command() {
    let home = Home::new();
    for (shell, sign) in [
        ("bash", "_clap_complete_keydeck"),
        ("elvish", "edit:completion"),
        ("fish", "complete --keep-order"),
        ("powershell", "Register-ArgumentCompleter"),
        ("zsh", "#compdef keydeck"),
    ] {
        let script = home.ok(&["completions", shell]);
        assert!(script.contains(sign) && script.contains("KEYDECK_COMPLETE"), "{shell}: {script}");
    }
    assert_failed(&home.run(&["completions", "cmd"]), 2, "powershell");
    assert_failed(&home.run(&["completions"]), 2, "SHELL");
    assert!(!home.data().exists(), "nothing was made");
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let home = Home::new();
    let page = home.ok(&["man"]);
    assert!(page.starts_with(".ie") && page.contains(".TH keydeck 1"), "{page}");
    assert!(page.contains("identify") && page.contains("NAME"));
    assert!(page.contains("keydeck\\-dashboard"), "it leads to the chapters");
    let folder = home.path().join("man1");
    std::fs::create_dir(&folder).unwrap();
    assert_eq!(home.ok(&["man", "man1"]), "");
    assert_eq!(std::fs::read_to_string(folder.join("keydeck.1")).expect("a page"), page);
    for name in ["keydeck-keys.1", "keydeck-keys-revoke.1", "keydeck-rules-export.1"] {
        let page = std::fs::read_to_string(folder.join(name)).expect(name);
        assert!(page.contains(".TH "), "{name}");
    }
    assert_failed(&home.run(&["man", "missing"]), 1, "missing");
}

#[cfg(unix)]
#[test]
fn a_man_page_in_a_pipe_says_on_the_terminal_how_to_read_it() {
    let home = Home::new();
    let text = home.ok(&["man", "--text"]);
    assert!(text.contains("Usage: keydeck") && text.contains("keydeck man dashboard"), "{text}");
    assert!(!text.contains(".TH"), "{text}");
    assert!(home.run(&["man"]).stderr.is_empty(), "a script that installs the page hears nothing");
    assert_failed(&home.run(&["man", "--text", "."]), 2, "omit the directory");
    let env = home.env();
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let line = format!("{KEYDECK} man > {}", home.path().join("page").display());
    let mut terminal = Pty::start(std::path::Path::new("/bin/sh"), &["-c", &line], &env, 80, 24);
    terminal.sees("to read it: keydeck man --text");
    assert_eq!(terminal.ends(), 0);
    let page = std::fs::read_to_string(home.path().join("page")).expect("a page");
    assert!(page.contains(".TH keydeck 1"), "{page}");
}

#[test]
fn each_topic_of_the_manual_is_printed_and_is_a_man_page() {
    let home = Home::new();
    std::fs::create_dir(home.path().join("server")).unwrap();
    for chapter in CHAPTERS {
        let text = home.ok(&["man", chapter.name]);
        let lines: Vec<&str> = chapter.text.lines().filter(|line| !line.starts_with("```")).collect();
        let title = lines[0].trim_start_matches("# ").to_uppercase();
        assert_eq!(text.lines().next(), Some(title.as_str()));
        // The head of a table's last column is not printed.
        let printed = lines.windows(2).filter(|pair| !pair[1].starts_with("|--")).map(|pair| pair[0]);
        let source = printed.collect::<Vec<_>>().join("\n").replace("\\|", " ").replace(['`', '*', '|'], "");
        for word in source.split_whitespace().filter(|word| word.chars().all(char::is_alphanumeric)) {
            assert!(text.to_lowercase().contains(&word.to_lowercase()), "{}: {word}", chapter.name);
        }
        for sign in ["](", "**", "```", "\n#"] {
            assert!(!text.contains(sign), "{}: {sign} is left", chapter.name);
        }
    }
    assert!(home.path().join("server").read_dir().unwrap().next().is_none(), "a topic is no directory");
    let folder = home.path().join("pages");
    std::fs::create_dir(&folder).unwrap();
    home.ok(&["man", "pages"]);
    for chapter in CHAPTERS {
        let page = folder.join(format!("keydeck-{}.7", chapter.name));
        let out = Command::new("man")
            .args(["--warnings", "-E", "UTF-8", "-l"])
            .arg(&page)
            .env("LC_ALL", "C.UTF-8")
            .env("MANWIDTH", "80")
            .stdin(Stdio::null())
            .output();
        let Ok(out) = out else { return skipped("man pages: man is not installed") };
        let (shown, said) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        assert_eq!(said, "", "{}", chapter.name);
        for sign in ["NAME", "DESCRIPTION", "SEE ALSO", chapter.name] {
            assert!(shown.contains(sign), "{sign} in {shown}");
        }
    }
    // The other program for man pages finds more, where it is installed.
    let pages = CHAPTERS.iter().map(|chapter| folder.join(format!("keydeck-{}.7", chapter.name)));
    if let Ok(out) = Command::new("mandoc").args(["-T", "lint", "-W", "warning"]).args(pages).output() {
        let said = String::from_utf8_lossy(&out.stdout);
        // A date would change without the text.
        let found: Vec<&str> = said.lines().filter(|line| !line.contains("missing date")).collect();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

#[test]
fn the_version_names_the_build_and_nothing_that_changes_by_itself() {
    let home = Home::new();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(home.ok(&["-V"]), format!("keydeck {version}\n"));
    let long = home.ok(&["--version"]);
    let build = long.strip_prefix(&format!("keydeck {version} (")).expect("the version first");
    let build = build.strip_suffix(")\n").expect("one line");
    assert!(build.contains(std::env::consts::ARCH), "{build}");
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    assert!(build.split(", ").any(|part| part == profile), "{build}");
    assert_eq!(build::build(Some("0123456789ab+"), "release", "t"), "commit 0123456789ab+, release, t");
    assert_eq!(build::build(None, "release", "t"), "release, t");
}

#[test]
fn a_build_knows_its_commit_where_git_does() {
    let home = Home::new();
    let here = home.path().join("checkout");
    std::fs::create_dir_all(here.join("inner")).unwrap();
    assert_eq!(build::commit_of(&here), None, "no checkout");
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.arg("-C").arg(&here).args(["-c", "user.name=a", "-c", "user.email=a@example.org"]).args(args);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").stdin(Stdio::null()).output()
    };
    let Ok(made) = git(&["init", "--quiet"]) else {
        return skipped("the commit of a build: git is not installed");
    };
    assert!(made.status.success());
    assert_eq!(build::commit_of(&here), None, "no commit");
    std::fs::write(here.join("file"), "1").unwrap();
    git(&["add", "file"]).expect("git");
    let made = git(&["commit", "--quiet", "--message", "first"]).expect("git");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let commit = build::commit_of(&here).expect("a commit");
    assert!(commit.len() == 12 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{commit}");
    std::fs::write(here.join("untracked"), "1").unwrap();
    assert_eq!(build::commit_of(&here).as_ref(), Some(&commit));
    std::fs::write(here.join("file"), "2").unwrap();
    assert_eq!(build::commit_of(&here), Some(format!("{commit}+")), "files differ from it");
    assert_eq!(build::commit_of(&here.join("inner")), None, "within the checkout of something else");
}

#[test]
fn the_manual_on_a_terminal_fits_into_a_hundred_columns() {
    let home = Home::new();
    let mut texts = vec![home.ok(&["man", "--text"])];
    texts.extend(keydeck::manual::CHAPTERS.iter().map(|chapter| home.ok(&["man", chapter.name])));
    for line in texts.iter().flat_map(|text| text.lines()) {
        // The columns of a CSV file are one line.
        assert!(line.chars().count() <= 100 || line.matches(',').count() > 8, "{line}");
    }
}
