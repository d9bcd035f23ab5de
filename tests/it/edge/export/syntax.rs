//! Read as the targets read them, exports say what the rules say and nothing else.

use keydeck::edge::export::{Format, text};
use keydeck::wire::rules::destination::encoded;
use keydeck::wire::rules::{self, Match, Rule};
use proptest::prelude::*;

use super::hostile_rules;

/// A word, and whether it stood in quotes; `{`, `}` and `;` without quotes are words of their own.
type Words = Vec<(String, bool)>;

/// The words of nginx, by its own rules: comments, quotes, escapes.
fn nginx_words(text: &str) -> Words {
    let mut words = Words::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\n' | '\t' | '\r' => {}
            '#' => while chars.next().is_some_and(|c| c != '\n') {},
            '{' | '}' | ';' => words.push((c.to_string(), false)),
            '"' => {
                let mut word = String::new();
                loop {
                    match chars.next().expect("the quotes end") {
                        '"' => break,
                        '\\' => match chars.next().expect("the quotes end") {
                            c @ ('"' | '\'' | '\\') => word.push(c),
                            c => panic!("an escape that is none: {c:?} in {text}"),
                        },
                        c => word.push(c),
                    }
                }
                let after = chars.peek().copied();
                assert!(
                    matches!(after, None | Some(' ' | '\n' | ';' | ')')),
                    "{after:?} after quotes in {text}"
                );
                words.push((word, true));
            }
            c => {
                let mut word = c.to_string();
                while let Some(c) = chars.next_if(|c| !matches!(c, ' ' | '\n' | ';' | '{' | '}')) {
                    assert!(!matches!(c, '"' | '\'' | '\\'), "{c:?} within a bare word of {text}");
                    word.push(c);
                }
                words.push((word, false));
            }
        }
    }
    words
}

/// The words of a line of HAProxy's configuration.
fn haproxy_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut chars = line.chars().peekable();
    while chars.peek().is_some() {
        if chars.next_if_eq(&' ').is_some() {
            continue;
        }
        let mut word = String::new();
        let mut within = false;
        while let Some(c) = chars.next_if(|c| within || *c != ' ') {
            match c {
                '\'' => within = !within,
                c if within => word.push(c),
                '\\' => word.push(chars.next().expect("something is escaped")),
                c => {
                    assert!(!matches!(c, '#' | '"' | '$'), "a bare {c:?} in {line}");
                    word.push(c);
                }
            }
        }
        assert!(!within, "the quotes end: {line}");
        words.push(word);
    }
    words
}

/// The pattern without its escapes.
fn unescaped(pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let c = chars.next().expect("something is escaped");
                assert!(c.is_ascii_punctuation(), "\\{c} means something else in {pattern}");
                out.push(c);
            }
            c => {
                assert!(!".|?*+^$()[]{}".contains(c), "a bare {c} in {pattern}");
                out.push(c);
            }
        }
    }
    out
}

fn left_out(text: &str) -> usize {
    text.lines().filter(|line| line.starts_with("# Skipped (")).count()
}

/// What `$uri` is for a source.
fn uri(rule: &Rule) -> String {
    let path = rules::canonical_path(&rule.source).expect("a good source");
    path.replace("%3F", "?").replace("%23", "#").replace("%25", "%")
}

/// The rule that nginx is told: how it matches, what, where it leads.
fn served(rules: &[Rule], matching: Match, path: &str, destination: &str) -> bool {
    rules.iter().any(|rule| {
        rule.matching == matching && uri(rule) == path && encoded(&rule.destination) == destination
    })
}

proptest! {
    #[test]
    fn nginx_reads_one_location_a_rule(rules in hostile_rules()) {
        let text = text(Format::Nginx, &rules);
        let words = nginx_words(&text);
        let mut words = words.iter().map(|(word, quoted)| (word.as_str(), *quoted));
        let mut count = 0;
        while let Some(word) = words.next() {
            prop_assert_eq!(word, ("location", false));
            let (how, name) = (words.next(), words.next());
            let matching = match (how, name) {
                (Some(("=", false)), Some((_, true))) => Match::Exact,
                (Some(("^~", false)), Some((_, true))) => Match::StartsWith,
                (Some(("~", false)), Some(("^/", true))) => Match::StartsWith,
                other => panic!("{other:?} in {text}"),
            };
            let name = name.expect("a name").0.trim_start_matches('^');
            prop_assert_eq!(words.next(), Some(("{", false)));
            prop_assert_eq!(words.next(), Some(("return", false)));
            let (status, _) = words.next().expect("a status");
            let (destination, quoted) = words.next().expect("a destination");
            prop_assert!(quoted && !destination.contains('$'));
            prop_assert_eq!(words.next(), Some((";", false)));
            prop_assert_eq!(words.next(), Some(("}", false)));
            prop_assert!(served(&rules, matching, name, destination), "{} {}: {}", name, destination, text);
            prop_assert!(rules.iter().any(|rule| rule.status.to_string() == status));
            count += 1;
        }
        prop_assert_eq!(count + left_out(&text), rules.len(), "{}", text);
    }

    #[test]
    fn nginx_reads_one_entry_a_rule(rules in hostile_rules()) {
        for (format, matching, name) in [
            (Format::NginxMapExact, Match::Exact, "$redirect_exact"),
            (Format::NginxMapPrefix, Match::StartsWith, "$redirect_prefix"),
        ] {
            let text = text(format, &rules);
            let words = nginx_words(&text);
            let mut words = words.iter().map(|(word, quoted)| (word.as_str(), *quoted));
            for expected in ["map", "$uri", name, "{"] {
                prop_assert_eq!(words.next(), Some((expected, false)));
            }
            let mut count = 0;
            loop {
                let (key, quoted) = words.next().expect("the map ends");
                if (key, quoted) == ("}", false) {
                    break;
                }
                prop_assert!(quoted);
                let path = match key.strip_prefix("~^") {
                    None => key.to_owned(),
                    Some(pattern) if matching == Match::Exact => {
                        unescaped(pattern.strip_suffix("\\z").expect("the whole path"))
                    }
                    Some(pattern) => unescaped(pattern),
                };
                prop_assert!(path.starts_with('/'), "{}", text);
                let (destination, quoted) = words.next().expect("a destination");
                prop_assert!(quoted && !destination.contains('$'));
                prop_assert_eq!(words.next(), Some((";", false)));
                prop_assert!(served(&rules, matching, &path, destination), "{} {}: {}", path, destination, text);
                count += 1;
            }
            prop_assert_eq!(words.next(), None);
            let wanted = rules.iter().filter(|rule| rule.matching == matching);
            prop_assert_eq!(count + left_out(&text), wanted.clone().count(), "{}", text);
            let others = wanted.filter(|rule| rule.status != 301).count();
            prop_assert!(text.matches("# The next rule has status ").count() <= others);
        }
    }

    #[test]
    fn haproxy_reads_one_line_a_rule(rules in hostile_rules()) {
        let text = text(Format::Haproxy, &rules);
        let mut lines = text.lines().filter(|line| !line.starts_with('#'));
        prop_assert!(lines.next().is_some_and(|line| line.starts_with("http-request set-var(")));
        let mut count = 0;
        for line in lines {
            let words = haproxy_words(line);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let ["http-request", "redirect", "code", status, "location", destination, "if", "{", "var(txn.keydeck_path)", "-m", how, path, "}"] = words[..]
            else {
                panic!("{words:?} in {line}");
            };
            prop_assert!(!destination.replace("%%", "").contains('%'), "{}", line);
            let destination = destination.replace("%%", "%");
            let known = rules.iter().any(|rule| {
                encoded(&rule.destination) == destination
                    && rule.status.to_string() == status
                    && (rule.matching == Match::Exact) == (how == "str")
                    && rules::canonical_path(&rule.source).as_deref() == Ok(path)
            });
            prop_assert!(known, "{}", line);
            count += 1;
        }
        prop_assert_eq!(count + left_out(&text), rules.len(), "{}", text);
    }

    #[test]
    fn haproxy_reads_a_source_up_to_the_blank_and_the_rest_as_destination(rules in hostile_rules()) {
        for (format, matching) in [
            (Format::HaproxyMapExact, Match::Exact),
            (Format::HaproxyMapPrefix, Match::StartsWith),
        ] {
            let text = text(format, &rules);
            let mut met = std::collections::HashSet::new();
            let mut sources = std::collections::HashSet::new();
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                let (source, destination) = line.split_once(' ').expect("two parts");
                prop_assert_eq!(destination.trim_matches(' '), destination);
                prop_assert!(sources.insert(source.to_owned()), "twice: {}", line);
                let path = rules::canonical_path(source).expect("a path");
                let rule = rules.iter().position(|rule| {
                    rule.matching == matching
                        && encoded(&rule.destination) == destination
                        && rules::canonical_path(&rule.source).as_deref() == Ok(&path)
                });
                met.insert(rule.expect("a rule of these"));
            }
            let wanted = rules.iter().filter(|rule| rule.matching == matching).count();
            prop_assert_eq!(met.len() + left_out(&text), wanted, "{}", text);
        }
    }

    #[test]
    fn each_line_is_short_enough_for_the_buffers_of_both(
        pieces in prop::collection::vec("[\"'%\u{1f511}é/a-]", 1..4),
        lengths in (1..2047usize, 1..2048usize),
    ) {
        let long = |count: usize| pieces.concat().chars().cycle().take(count).collect::<String>().replace('%', "%25");
        let rules: Vec<Rule> = [Match::Exact, Match::StartsWith].map(|matching| Rule {
            source: format!("/{}", long(lengths.0)),
            destination: long(lengths.1),
            status: 302,
            matching,
            priority: 0,
        }).into();
        for format in [Format::Nginx, Format::NginxMapExact, Format::NginxMapPrefix] {
            for (word, _) in nginx_words(&text(format, &rules)) {
                prop_assert!(word.len() < 4096);
            }
        }
        for format in Format::ALL.into_iter().filter(|format| *format != Format::Csv) {
            for line in text(format, &rules).lines() {
                prop_assert!(line.len() < 15_000);
                prop_assert!(!line.starts_with('#') || line.len() < 2048);
            }
        }
    }
}
