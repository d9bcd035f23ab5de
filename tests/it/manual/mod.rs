//! What README and manual say: the commands, settings, keys, routes and files that they name exist, and none is
//! missing.

mod commands;
#[cfg(unix)]
mod deploy;
mod routes;
mod settings;
#[cfg(unix)]
mod tour;

use std::path::{Path, PathBuf};

use keydeck::manual::CHAPTERS;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn chapter(name: &str) -> String {
    read(&format!("assets/manual/{name}.md"))
}

/// Path and text of all that is written for users.
fn documents() -> Vec<(String, String)> {
    let chapters = CHAPTERS.iter().map(|chapter| format!("assets/manual/{}.md", chapter.name));
    let others = ["README.md", ".github/SECURITY.md", ".github/CONTRIBUTING.md", ".github/CHANGELOG.md"];
    let files = chapters.chain(others.map(str::to_owned));
    files
        .map(|file| {
            let text = read(&file);
            (file, text)
        })
        .collect()
}

/// The fenced blocks, each with its language.
fn fenced(text: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        match (line.trim_start().strip_prefix("```"), open.take()) {
            (Some(language), None) => open = Some((language.to_owned(), String::new())),
            (Some(_), Some(block)) => blocks.push(block),
            (None, Some((language, body))) => open = Some((language, body + line + "\n")),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a fence is not closed");
    blocks
}

/// What is between backticks, outside of fenced blocks.
fn quoted(text: &str) -> Vec<String> {
    let mut prose = String::new();
    let mut inside = false;
    for line in text.lines() {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        if !inside && !fence {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    prose.split('`').skip(1).step_by(2).map(|code| code.replace("\\|", "|")).collect()
}

/// The command lines after a prompt, with the lines that they continue on.
fn typed(text: &str) -> Vec<String> {
    let blocks = fenced(text).into_iter().filter(|(language, _)| language == "console");
    let mut lines = Vec::new();
    for (_, block) in blocks {
        let block = block.replace("\\\n", " ");
        lines.extend(block.lines().filter_map(|line| line.strip_prefix("$ ")).map(str::to_owned));
    }
    lines
}

#[test]
fn the_readme_is_short_and_begins_with_the_two_commands() {
    let text = read("README.md");
    assert!(text.lines().count() <= 130, "{} lines", text.lines().count());
    let commands = typed(&text);
    assert_eq!(commands[..2], ["cargo run --release", "cargo test"]);
}

#[test]
fn each_link_leads_to_a_file_or_a_folder() {
    let (mut wrong, mut found) = (Vec::new(), 0);
    for (file, text) in documents() {
        let folder = root().join(&file).parent().map(PathBuf::from).expect("a folder");
        let inline = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let defined =
            text.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: ").map(|(_, to)| to));
        for to in inline.chain(defined).filter(|to| !to.starts_with("http")) {
            found += 1;
            let to = to.split('#').next().unwrap_or_default();
            if !to.is_empty() && !folder.join(to).exists() {
                wrong.push(format!("{file}: {to}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(found > 25, "{found} links");
}

/// A block without a language would be a test of Rust in the documentation.
#[test]
fn each_block_of_code_says_its_language() {
    for (file, text) in documents() {
        for (language, block) in fenced(&text) {
            assert!(!matches!(&*language, "" | "rust"), "{file}: {block}");
        }
    }
}
