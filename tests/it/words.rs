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
            print("create replacement", "with a blank before", "select range", "p { margin: 0; }", "update a set b = 1");
        }
    "##;
    let mut found = BTreeSet::new();
    sentences(code.parse().expect("tokens"), &mut found);
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        [
            "a \"raw\" text",
            "cannot read {0}",
            "create replacement",
            "select range",
            "with a blank before",
            "wrote {n} rows to {path}"
        ]
    );
}

#[test]
fn a_word_that_stands_alone_on_the_screen_is_found_too() {
    let code = r#"
        fn hints() -> Vec<Hint> {
            vec![Hint::new(&[Action::Cancel], "cancel").or("no"), Hint::silent(&[Action::Up])]
        }
        fn page(page: &mut DetailWriter) {
            page.fact("owner", name, Tone::Text);
            page.keep("internal");
        }
        fn label(self) -> &'static str {
            match self {
                Condition::Idle => "idle",
            }
        }
        fn name(self) -> &'static str { "idle-name" }
    "#;
    let mut found = BTreeSet::new();
    labels(code.parse().expect("tokens"), false, &mut found);
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["cancel", "idle", "no", "owner"]);
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
            // Not `.snap.new`: what a failed test has left.
            path.extension().filter(|ending| *ending == "snap")?;
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

/// Each text of more than one word in the code, and each word that is shown alone, by its file.
fn messages() -> String {
    let mut files = sources();
    files.sort();
    let mut out = heading("Messages in the code");
    for (file, text) in files.into_iter().filter(|(file, _)| file != "build.rs") {
        let mut found = BTreeSet::new();
        sentences(text.parse().expect("Rust"), &mut found);
        if file.contains("store/sql/") {
            found.retain(|text| !is_part_of_sql(text));
        }
        // The names of actions stand in the configuration; their words are sentences.
        if file.starts_with("src/tui") || file.starts_with("tui") {
            labels(text.parse().expect("Rust"), file.ends_with("action.rs"), &mut found);
        }
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

/// What a person reads of a word that stands alone: the first argument of these.
const SHOW: [&str; 5] = ["fact", "section", "Fact", "Spare", "or"];
/// Functions that give words.
const GIVE: [&str; 4] = ["label", "tab", "verb", "title"];

/// Words that stand alone on the screen: beside the key of an action, before a fact, and what functions named for that
/// give.
fn labels(tokens: TokenStream, of_actions: bool, found: &mut BTreeSet<String>) {
    let (mut before, mut function) = (String::new(), String::new());
    for token in tokens {
        match token {
            TokenTree::Ident(name) => {
                let name = name.to_string();
                if before == "fn" {
                    function.clone_from(&name);
                }
                before = name;
            }
            TokenTree::Group(group) => {
                let call = group.delimiter() == Delimiter::Parenthesis;
                let body = group.delimiter() == Delimiter::Brace;
                let beside = !of_actions && group.stream().to_string().contains("Action ::");
                if call && (beside || SHOW.contains(&before.as_str())) {
                    found.extend(literals(group.stream(), false).filter(|text| is_word(text)));
                }
                if body && GIVE.contains(&std::mem::take(&mut function).as_str()) {
                    found.extend(literals(group.stream(), true).filter(|text| is_word(text)));
                }
                labels(group.stream(), of_actions, found);
                before.clear();
            }
            TokenTree::Literal(_) | TokenTree::Punct(_) => before.clear(),
        }
    }
}

/// The texts among these tokens; where it is deep, in their groups too.
fn literals(tokens: TokenStream, deep: bool) -> Box<dyn Iterator<Item = String>> {
    Box::new(tokens.into_iter().flat_map(move |token| match token {
        TokenTree::Literal(literal) => {
            let text = syn::parse_str::<syn::LitStr>(&literal.to_string()).ok();
            Box::new(text.map(|text| text.value()).into_iter()) as Box<dyn Iterator<Item = String>>
        }
        TokenTree::Group(group) if deep => literals(group.stream(), true),
        _ => Box::new(std::iter::empty()),
    }))
}

/// One word of letters.
fn is_word(text: &str) -> bool {
    text.chars().count() > 1 && text.chars().all(char::is_alphabetic)
}

/// More than one word, and none of a language for programs.
fn is_sentence(text: &str) -> bool {
    let words = text.split_whitespace().filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 1);
    words.count() > 1 && !is_sql(text) && !is_css(text) && !text.contains("; charset=")
}

/// A statement: all of it in small letters, and its words in the order that SQL wants.
fn is_sql(text: &str) -> bool {
    const STATEMENTS: [(&str, &[&str]); 10] = [
        ("select ", &[" from ", "("]),
        ("insert into ", &[]),
        ("update ", &[" set "]),
        ("delete from ", &[]),
        ("create ", &["create table ", "create index ", "create unique ", "create temp", "create trigger "]),
        ("alter table ", &[]),
        ("pragma ", &[]),
        ("with ", &[" as ("]),
        ("drop ", &["drop table ", "drop index ", "drop trigger "]),
        ("begin ", &["begin immediate", "begin transaction", "begin read", "begin isolation"]),
    ];
    let begin = text.trim_start();
    let statement = STATEMENTS.iter().any(|(first, then)| {
        begin.starts_with(first) && (then.is_empty() || then.iter().any(|word| begin.contains(word)))
    });
    statement && text.to_lowercase() == *text
}

/// The same of a part, where SQL is put together and a message seldom begins like one.
fn is_part_of_sql(text: &str) -> bool {
    const FIRST: &[&str] = &[
        "select ",
        "from ",
        "where ",
        "order by ",
        "and ",
        "or ",
        "set ",
        "limit ",
        "with ",
        "values ",
        "update ",
        "begin ",
        "union ",
        "as ",
        "desc ",
        "join ",
        "left join ",
        "escape ",
        "vacuum ",
        "cast(",
        "then ",
        "c.",
        "g.",
        "k.",
        ", ",
        ") ",
        "), ",
    ];
    text.to_lowercase() == *text && FIRST.iter().any(|first| text.trim_start().starts_with(first))
}

fn is_css(text: &str) -> bool {
    text.contains(" { ") && text.contains("; }") && text.contains(": ") && !text.contains('$')
}
