//! Every sentence that a person can read, gathered in `assets/words.txt`: to read in one sitting, and so that a
//! changed word shows in review. `KEYDECK_WORDS=write cargo test --test it words` writes it again.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::support::imports::sources;

#[test]
fn each_word_that_people_read_is_in_one_file() {
    let path = root().join("assets/words.txt");
    let gathered = [intro(), help(), screens(), command_lines(), api(), messages()].concat();
    if std::env::var_os("KEYDECK_WORDS").is_some_and(|value| value == "write") {
        std::fs::write(&path, &gathered).expect("the file is written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let changed: Vec<&str> = gathered.lines().filter(|line| !kept.contains(line)).take(20).collect();
    assert!(
        kept == gathered,
        "assets/words.txt is out of date; write it with KEYDECK_WORDS=write cargo test --test it words\n{}",
        changed.join("\n")
    );
}

#[test]
fn the_cross_means_revoked_and_nothing_else() {
    let words = std::fs::read_to_string(root().join("assets/words.txt")).expect("the gathered words");
    let others: Vec<&str> = words
        .lines()
        .filter_map(|line| {
            line.split_once("✕ ").filter(|(_, behind)| !behind.contains("revoke")).map(|_| line)
        })
        .collect();
    assert!(words.contains("✕ revoked"), "the words of screens are there");
    assert!(others.is_empty(), "{others:#?}");
}

#[test]
fn a_message_in_the_code_is_found_wherever_it_stands() {
    let code = r##"
        /// A comment that nobody sees at run time.
        #[derive(Error)]
        enum Fault {
            #[error("cannot read {0}")]
            Read(String),
        }
        fn tell() {
            print(format!("wrote {n} rows \
                to {path}"), "select a from b", "one", r#"a "raw" text"#, b"bytes are no text");
            map.get(1).expect("only a fault of ours");
        }
    "##;
    let mut found = BTreeSet::new();
    sentences(code.parse().expect("tokens"), &mut found);
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        ["a \"raw\" text", "cannot read {0}", "wrote {n} rows to {path}"]
    );
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn intro() -> String {
    "What Keydeck says: its help, its screens, its command line, its API, and every message in the code.\n\
     Written by a test (tests/it/words.rs); to change a sentence, change it where it is said.\n"
        .to_owned()
}

fn heading(text: &str) -> String {
    format!("\n\n{}\n{}\n", text.to_uppercase(), "=".repeat(text.chars().count()))
}

/// The snapshots whose names fit, without what the snapshot library writes above them.
fn snapshots(fits: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let folder = root().join("tests/it/snapshots");
    let mut all: Vec<(String, String)> = std::fs::read_dir(folder)
        .expect("the snapshots")
        .filter_map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_stem()?.to_str()?.to_owned();
            let text = std::fs::read_to_string(&path).ok()?;
            let (_, text) = text.trim_start_matches("---").split_once("\n---\n")?;
            fits(&name).then(|| (name, text.to_owned()))
        })
        .collect();
    all.sort();
    all
}

fn help() -> String {
    let shown = snapshots(|name| name == "cli_help");
    heading("Help") + "\n" + &shown.into_iter().map(|(_, text)| text).collect::<String>()
}

/// Each screen at its common size, without its empty rows.
fn screens() -> String {
    let mut out = heading("Screens at 80x24");
    for (name, text) in snapshots(|name| name.ends_with("_80x24")) {
        writeln!(out, "\n-- {}", name.trim_end_matches("_80x24").replace('_', " ")).expect("memory");
        for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
            writeln!(out, "{line}").expect("memory");
        }
    }
    out
}

fn command_lines() -> String {
    let mut out = heading("Command lines");
    for (_, text) in snapshots(|name| name.starts_with("cli_") && name != "cli_help") {
        write!(out, "\n{text}").expect("memory");
    }
    out
}

/// Summaries and descriptions of the API's document, each once.
fn api() -> String {
    let text = std::fs::read_to_string(root().join("assets/openapi.json")).expect("the document");
    let document: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let mut seen = BTreeSet::new();
    let mut out = heading("API");
    if let Some(about) = document.pointer("/info/description").and_then(|about| about.as_str()) {
        writeln!(out, "\n{about}").expect("memory");
        seen.insert(about.to_owned());
    }
    for part in ["paths", "components"] {
        for (_, things) in document[part].as_object().into_iter().flatten() {
            described(things, &mut seen, &mut out);
        }
    }
    out
}

fn described(value: &serde_json::Value, seen: &mut BTreeSet<String>, out: &mut String) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, field) in fields {
                match field.as_str().filter(|_| name == "description" || name == "summary") {
                    Some(text) if seen.insert(text.to_owned()) => writeln!(out, "{text}").expect("memory"),
                    Some(_) => {}
                    None => described(field, seen, out),
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| described(item, seen, out)),
        _ => {}
    }
}

/// Each text of more than one word in the code, by its file.
fn messages() -> String {
    let mut files = sources();
    files.sort();
    let mut out = heading("Messages in the code");
    for (file, text) in files.into_iter().filter(|(file, _)| file != "build.rs") {
        let mut found = BTreeSet::new();
        sentences(text.parse().expect("Rust"), &mut found);
        if !found.is_empty() {
            writeln!(out, "\n-- {file}").expect("memory");
            for text in found {
                writeln!(out, "{}", text.trim().replace('\n', "\n    ")).expect("memory");
            }
        }
    }
    out
}

/// The texts of the code, without comments, reasons of lints, what is said where `expect` fails, and SQL.
fn sentences(tokens: TokenStream, found: &mut BTreeSet<String>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(sign) if sign.as_char() == '#' => {
                if tokens
                    .peek()
                    .is_some_and(|next| matches!(next, TokenTree::Punct(sign) if sign.as_char() == '!'))
                {
                    tokens.next();
                }
                let skipped = tokens.peek().is_some_and(|next| {
                    matches!(next, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket
                        && ["doc", "expect", "cfg_attr", "serde"]
                            .iter()
                            .any(|name| group.stream().to_string().trim_start().starts_with(name)))
                });
                if skipped {
                    tokens.next();
                }
            }
            TokenTree::Ident(name) if name == "expect" => {
                if tokens.peek().is_some_and(|next| matches!(next, TokenTree::Group(_))) {
                    tokens.next();
                }
            }
            TokenTree::Group(group) => sentences(group.stream(), found),
            TokenTree::Literal(literal) => {
                if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                    found.extend(Some(text.value()).filter(|text| is_sentence(text)));
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// More than one word, and no SQL.
fn is_sentence(text: &str) -> bool {
    let words = text.split_whitespace().filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 1);
    let sql = [
        "select ",
        "insert ",
        "update ",
        "delete ",
        "create ",
        "alter ",
        "pragma ",
        "with ",
        "drop ",
        " where ",
        " from ",
        " order by ",
        " and ",
        " set ",
        "begin ",
        "values ",
    ];
    words.count() > 1
        && !(text.to_lowercase() == *text
            && sql.iter().any(|word| text.trim_start_matches('\n').starts_with(word)))
}
