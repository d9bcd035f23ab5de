//! `keydeck identify --git`: what any commit has added.

use std::path::Path;
use std::process::Command;

use keydeck::secret::{Kind, Secret};

use super::keys::json;
use crate::support::home::Home;
use crate::support::process::errors;

fn key() -> Secret {
    Secret::generate(Kind::Live).expect("random bytes")
}

/// Runs git in a repository, without the configuration of whoever runs the tests.
fn git(repository: &Path, args: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    command.arg("-C").arg(repository).args(args).env("GIT_CONFIG_GLOBAL", "/dev/null");
    for (name, value) in [("NAME", "Ann"), ("EMAIL", "ann@example.com")] {
        command.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
    }
    let out = command.env("GIT_CONFIG_NOSYSTEM", "1").output().ok()?;
    assert!(out.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&out.stderr));
    Some(String::from_utf8_lossy(&out.stdout).trim_end().to_owned())
}

#[test]
fn a_key_is_found_in_whatever_commit_added_it_and_git_runs_nothing_of_the_repositorys() {
    let home = Home::new();
    let repository = home.path().join("shop");
    std::fs::create_dir(&repository).expect("a folder");
    if git(&repository, &["init", "--quiet", "--initial-branch=main"]).is_none() {
        crate::support::skipped("identify --git needs git");
        return;
    }
    let git = |args: &[&str]| git(&repository, args).expect("git ran before");
    let commit = |message: &str| {
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--message", message]);
        git(&["rev-parse", "--short=10", "HEAD"])
    };
    let write = |name: &str, text: &[u8]| std::fs::write(repository.join(name), text).expect("a file");
    let keys: Vec<Secret> = std::iter::repeat_with(key).take(8).collect();
    let text = |number: usize| keys[number].reveal();
    let mut expected = Vec::new();

    write("a file.env", format!("HOST=here\nKEY={0}\nAGAIN={0}\n", text(0)).as_bytes());
    let id = commit("first");
    expected.push((0, format!("{id}:a file.env"), 2, 5, 2));
    write("a file.env", b"HOST=here\n");
    commit("removed");
    // On a branch that is gone; in a message; added by the merge itself; stashed; in UTF-16; in an archive; in a tag.
    git(&["checkout", "--quiet", "-b", "gone"]);
    write("gone.txt", text(1).as_bytes());
    let id = commit("on a branch");
    expected.push((1, format!("{id}:gone.txt"), 1, 1, 1));
    git(&["checkout", "--quiet", "main"]);
    git(&["branch", "--quiet", "-D", "gone"]);
    write("other", b"1\n");
    let id = commit(&format!("use\n\nthe key {}", text(2)));
    expected.push((2, id, 4, 9, 1));
    git(&["checkout", "--quiet", "-b", "side", "HEAD~1"]);
    write("side", b"2\n");
    commit("side");
    git(&["checkout", "--quiet", "main"]);
    git(&["merge", "--quiet", "--no-commit", "--no-ff", "side"]);
    write("merged", text(3).as_bytes());
    let id = commit("merge");
    expected.push((3, format!("{id}:merged"), 1, 1, 1));
    let wide: Vec<u8> = format!("x\n  {}\n", text(4)).encode_utf16().flat_map(u16::to_le_bytes).collect();
    write("wide.txt", &[&[0xff, 0xfe][..], &wide].concat());
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut zip, text(5).as_bytes()).expect("memory");
    write("log.gz", &zip.finish().expect("memory"));
    let id = commit("forms");
    expected.push((4, format!("{id}:wide.txt"), 2, 3, 1));
    expected.push((5, format!("{id}:log.gz"), 1, 1, 1));
    git(&["tag", "--annotate", "v1", "--message", &format!("with {}", text(6))]);
    expected.push((6, "tags".to_owned(), 2, 6, 1));
    write("other", text(7).as_bytes());
    git(&["stash", "push", "--quiet"]);
    let id = git(&["rev-parse", "--short=10", "stash@{0}"]);
    expected.push((7, format!("{id}:other"), 1, 1, 1));

    let trap = home.path().join("trap");
    let command = format!("touch {}", trap.display());
    for name in
        ["diff.external", "core.fsmonitor", "core.pager", "diff.x.textconv", "diff.x.command", "gpg.program"]
    {
        git(&["config", name, &command]);
    }
    git(&["config", "log.showSignature", "true"]);
    git(&["config", "diff.noprefix", "true"]);
    write(".gitattributes", b"* diff=x\n");

    let out = home.run(&["identify", "--git", "shop", "--output", "json"]);
    assert_eq!(out.status.code(), Some(0), "{}", errors(&out));
    let said = String::from_utf8(out.stdout.clone()).expect("UTF-8");
    let page = json(&said);
    let items = page["items"].as_array().expect("items");
    for (number, file, line, column, count) in &expected {
        let hint = keys[*number].hint().to_string();
        let found = items.iter().find(|item| item["hint"] == *hint && item["file"] == **file);
        let found = found.unwrap_or_else(|| panic!("key {number} in {file}: {said}"));
        let place = (&found["line"], &found["column"], &found["count"]);
        assert_eq!(place, (&(*line).into(), &(*column).into(), &(*count).into()), "{file}: {said}");
    }
    assert!(keys.iter().all(|key| !said.contains(key.reveal()) && !errors(&out).contains(key.reveal())));
    assert!(page["notSearched"].as_array().expect("a list").is_empty(), "{said}");
    assert!(!trap.exists(), "a program of the repository's configuration was run");

    // What hooks set, and what replaces or hides a part of the history, leads nowhere else.
    let first = git(&["rev-list", "--max-parents=0", "main"]);
    git(&["replace", first.lines().next().expect("a commit"), "main"]);
    git(&["config", "diff.relative", "true"]);
    git(&["config", "i18n.logOutputEncoding", "UTF-16"]);
    let mut command = home.command(&["identify", "--git", "shop", "--output", "json"]);
    let again = command.env("GIT_DIR", home.path().join("elsewhere")).output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&again.stdout), said, "{}", errors(&again));

    // A checksum that does not fit is named as in files: with its place, masked, counted.
    let wrong = super::identify::mistyped(text(0));
    write("wrong.env", format!("A=1\nB=2\nKEY={wrong}\n").as_bytes());
    git(&["add", "wrong.env"]);
    git(&["commit", "--quiet", "--message", "wrong", "--", "wrong.env"]);
    let id = git(&["rev-parse", "--short=10", "HEAD"]);
    let out = home.run(&["identify", "--offline", "--git", "shop", "--output", "json"]);
    assert_eq!(out.status.code(), Some(0), "{}", errors(&out));
    let hint = keys[0].hint().to_string();
    let words = format!("{id}:wrong.env, line 3, column 5: possible key with a wrong checksum: {hint}");
    assert!(errors(&out).contains(&words), "{}", errors(&out));
    assert!(errors(&out).ends_with("keydeck: 1 possible key has a wrong checksum\n"), "{}", errors(&out));
    assert_eq!(json(&String::from_utf8_lossy(&out.stdout))["possibleKeys"][0]["line"], 3);

    let shallow = home.path().join("shallow");
    let url = format!("file://{}", repository.display());
    git(&["clone", "--quiet", "--depth", "1", &url, &shallow.display().to_string()]);
    let out = home.run(&["identify", "--git", "shallow"]);
    assert!(errors(&out).contains("shallow: skipped: a shallow clone"), "{}", errors(&out));

    // A folder that is none, and one that is missing, are named.
    std::fs::create_dir(home.path().join("plain")).expect("a folder");
    for (name, why) in [("plain", "not a git repository"), ("missing", "cannot change to")] {
        let out = home.run(&["identify", "--git", name]);
        assert_eq!(out.status.code(), Some(1), "{}", errors(&out));
        assert!(errors(&out).contains(&format!("{name}: skipped: git: {why}")), "{}", errors(&out));
    }
}
